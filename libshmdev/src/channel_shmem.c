// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* One shmem, and what the kernel says about its region. */
#include "channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "lock.h"

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

/* A peer that goes on giving it cannot keep this process from closing. */
#define MAX_LEAVES	4

/*
 * A region that has an owner is in one channel of this process at most, so that
 * what arrives by one channel is nowhere else: whoever is a member of the region
 * does not join it again. One thread at a time asks and joins.
 */
static struct shmdev_lock join_lock;

/* What the lock guards is in the kernel, and never half done. */
static void after_fork_in_child(void)
{
	shmdev_lock_fork(&join_lock);
}

/* Without memory for it, a child of threads can find the lock held for ever. */
static void __attribute__((constructor)) handle_fork(void)
{
	pthread_atfork(NULL, NULL, after_fork_in_child);
}

struct shmdev_shmem *shmdev_shmem_new(struct shmdev_channel *channel,
				      uint64_t id, struct shmdev_region *region)
{
	struct shmdev_shmem *shmem;

	shmem = calloc(1, sizeof(*shmem));
	if (!shmem)
		return NULL;

	shmem->mapping = shmdev_region_map(region, 0,
					   shmdev_region_size(region),
					   SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	if (!shmem->mapping) {
		free(shmem);
		return NULL;
	}

	shmem->channel = channel;
	shmem->region = region;
	shmem->id = id;

	return shmem;
}

struct shmdev_shmem *shmdev_shmem_create(struct shmdev_channel *channel,
					 uint64_t id, uint64_t size,
					 uint32_t mode, uint32_t flags)
{
	struct shmdev_region *region;
	struct shmregion_info info;
	struct shmdev_shmem *shmem;

	region = shmdev_region_create(size, mode, flags, "channel");
	if (!region)
		return NULL;
	if (shmdev_region_info(region, &info) < 0)
		goto err_free_region;

	shmem = shmdev_shmem_new(channel, id, region);
	if (!shmem)
		goto err_free_region;
	shmem->here = true;
	shmem->unsafe = mode == SHMREGION_MODE_UNSAFE;
	shmem->generation = info.out_generation;
	shmem->member = info.out_member;

	return shmem;

err_free_region:
	shmdev_region_free(region);

	return NULL;
}

/* What the peer said must be what the kernel says, and what is mapped must fit. */
static int check_adopted(const struct shmdev_channel *channel,
			 const struct shmdev_region *region, uint64_t size,
			 struct shmregion_info *info)
{
	if (shmdev_region_info(region, info) < 0)
		return -1;
	if (info->out_region_size != size)
		return shmdev_fail(EPROTO);

	return shmdev_table_has_room(&channel->table, info->out_capacity,
				     &channel->limits) ?
		       0 : shmdev_fail(EDQUOT);
}

/* Fails for what this process owns, which stays so. */
static void leave(const struct shmdev_region *region)
{
	int saved = errno;

	shmdev_region_detach(region);
	errno = saved;
}

static int join_alone(const struct shmdev_channel *channel,
		      const struct shmdev_region *region,
		      const struct wire_region *said, uint64_t *member)
{
	struct shmregion_info info;

	if (check_adopted(channel, region, said->value, &info) < 0)
		return -1;
	/* This process takes part already: the peer cannot give it that. */
	if (info.out_member)
		return shmdev_fail(EPROTO);

	return shmdev_region_attach(region, member);
}

/* Agrees to be given the region by the peer. */
static int join(const struct shmdev_channel *channel,
		const struct shmdev_region *region,
		const struct wire_region *said, uint64_t *member)
{
	int ret;

	if (!said->member)
		return shmdev_fail(EPROTO);

	shmdev_lock(&join_lock);
	ret = join_alone(channel, region, said, member);
	shmdev_unlock(&join_lock);
	if (ret == 0 && *member == said->member) {
		leave(region);
		return shmdev_fail(EPROTO);
	}

	return ret;
}

/* Of an unsafe region, to which all have access at any time. */
static int join_unsafe(const struct shmdev_channel *channel,
		       const struct shmdev_region *region,
		       const struct wire_region *said)
{
	struct shmregion_info info;

	if (said->member)
		return shmdev_fail(EPROTO);

	return check_adopted(channel, region, said->value, &info);
}

/* Errors of this side stay; all others are the peer's fault. */
static int blame_peer(void)
{
	if (errno != ENOMEM && errno != EMFILE && errno != ENFILE &&
	    errno != EDQUOT)
		errno = EPROTO;

	return -1;
}

struct shmdev_shmem *shmdev_shmem_adopt(struct shmdev_channel *channel,
					const struct wire_region *said,
					uint32_t mode, int fd)
{
	bool unsafe = mode == SHMREGION_MODE_UNSAFE;
	struct shmdev_region *region;
	struct shmdev_shmem *shmem;
	uint64_t member = 0;
	int ret;

	/* A region with a controller is refused. */
	region = shmdev_region_adopt(fd, UINT32_C(1) << mode, RIGHTS,
				     said->value, 0);
	if (!region) {
		shmdev_close_keep_errno(fd);
		goto err;
	}
	ret = unsafe ? join_unsafe(channel, region, said) :
		       join(channel, region, said, &member);
	if (ret < 0)
		goto err_free_region;
	shmem = shmdev_shmem_new(channel, said->id, region);
	if (!shmem)
		goto err_leave;
	shmem->by_peer = true;
	shmem->unsafe = unsafe;
	shmem->member = member;
	shmem->peer_member = said->member;
	if (unsafe)
		shmdev_shmem_close_handle(shmem);

	return shmem;

err_leave:
	if (!unsafe)
		leave(region);
err_free_region:
	shmdev_region_free(region);
err:
	blame_peer();

	return NULL;
}

void shmdev_shmem_close_handle(struct shmdev_shmem *shmem)
{
	shmdev_region_free(shmem->region);
	shmem->region = NULL;
}

/*
 * The peer may have given it to this process, by a message that was not received:
 * then the peer can have it back, with its content as it was.
 */
static void leave_unreceived(const struct shmdev_region *region)
{
	int i;

	for (i = 0; i < MAX_LEAVES; i++) {
		if (shmdev_region_detach(region) == 0 || errno != EBUSY)
			return;
		shmdev_region_release(region);
	}
}

void shmdev_shmem_free(struct shmdev_shmem *shmem)
{
	int saved = errno;

	/* Fails for memory that the user sealed; nothing is lost but memory. */
	shmdev_mapping_unmap(shmem->mapping);
	/* What is here stays owned, so that nobody sees what is in it. */
	if (!shmem->unsafe && !shmem->here)
		leave_unreceived(shmem->region);
	else if (!shmem->unsafe)
		leave(shmem->region);
	shmdev_region_free(shmem->region);
	free(shmem);
	errno = saved;
}

/*
 * To a peer whose member id is known: nobody can step in. It is not known when a
 * shmem is sent for the first time by the side that allocated it.
 */
static int transfer(const struct shmdev_shmem *shmem)
{
	if (shmdev_region_transfer(shmem->region,
				   shmdev_by_member(shmem->peer_member)) == 0)
		return 0;
	/* It died, or has left the region, as no channel does. */
	if (errno == ESRCH || errno == EACCES)
		errno = EPIPE;

	return -1;
}

int shmdev_shmem_give(struct shmdev_shmem *shmem, uint64_t *value)
{
	if (shmem->peer_member) {
		if (transfer(shmem) < 0)
			return -1;
		*value = WIRE_TRANSFERRED;
	} else {
		if (shmdev_region_release(shmem->region) < 0)
			return -1;
		*value = shmem->generation + 1;
	}
	shmem->here = false;

	return 0;
}

/* Whether it is ours alone. */
static int check_owned(struct shmdev_shmem *shmem)
{
	struct shmregion_info info;

	if (shmdev_region_info(shmem->region, &info) < 0)
		return -1;
	if (info.out_mode != SHMREGION_MODE_WRITABLE ||
	    info.out_writers != SHMREGION_WRITERS_CALLER ||
	    info.out_access != RIGHTS)
		return shmdev_fail(EPROTO);

	shmem->generation = info.out_generation;
	return 0;
}

/* The kernel tells of a death once, also if the shmem is refused then. */
static int acquire(struct shmdev_shmem *shmem, uint32_t *out_flags)
{
	if (shmdev_region_try_acquire(shmem->region, out_flags) < 0)
		return -1;

	shmem->owner_died |= *out_flags & SHMREGION_OUT_OWNER_DIED;
	return 0;
}

/* Of a region without an owner, of whom nobody was the owner in between. */
static int take_released(struct shmdev_shmem *shmem, uint64_t generation)
{
	uint32_t out_flags;

	if (acquire(shmem, &out_flags) < 0)
		return -1;
	/* Not by this message, then. */
	if (out_flags & SHMREGION_OUT_WAS_OWNER)
		return shmdev_fail(EPROTO);

	if (check_owned(shmem) < 0 || shmem->generation != generation + 1) {
		shmdev_region_release(shmem->region);
		return shmdev_fail(EPROTO);
	}

	return 0;
}

/* Nobody else can write to it, or read it, from then on. */
static int take_transferred(struct shmdev_shmem *shmem)
{
	uint32_t out_flags;

	if (acquire(shmem, &out_flags) < 0)
		return -1;
	if ((out_flags & SHMREGION_OUT_WAS_OWNER) &&
	    !(out_flags & SHMREGION_OUT_READONLY))
		return 0;

	shmdev_region_undo_acquire(shmdev_region_fd(shmem->region), out_flags);
	return shmdev_fail(EPROTO);
}

int shmdev_shmem_take(struct shmdev_shmem *shmem, uint64_t value)
{
	int ret;

	ret = value == WIRE_TRANSFERRED ? take_transferred(shmem) :
					  take_released(shmem, value);
	if (ret < 0)
		return blame_peer();

	shmem->here = true;
	return 0;
}

void shmdev_shmem_untake(struct shmdev_shmem *shmem, uint64_t value)
{
	/* To take what was transferred has changed nothing. */
	if (value != WIRE_TRANSFERRED)
		shmdev_region_release(shmem->region);
	shmem->here = false;
}

int shmdev_shmem_take_any(struct shmdev_shmem *shmem)
{
	uint32_t out_flags;

	if (acquire(shmem, &out_flags) < 0 || check_owned(shmem) < 0)
		return -1;

	shmem->here = true;
	return 0;
}

SHMDEV_API void *shmdev_shmem_data(const struct shmdev_shmem *shmem)
{
	if (!shmem || !shmem->here) {
		errno = shmem ? EPERM : EINVAL;
		return NULL;
	}

	return shmdev_mapping_data_writable(shmem->mapping);
}

SHMDEV_API size_t shmdev_shmem_size(const struct shmdev_shmem *shmem)
{
	if (!shmem) {
		errno = EINVAL;
		return 0;
	}

	return shmdev_mapping_size(shmem->mapping);
}

SHMDEV_API uint64_t shmdev_shmem_id(const struct shmdev_shmem *shmem)
{
	if (!shmem) {
		errno = EINVAL;
		return 0;
	}

	return shmem->id;
}

SHMDEV_API bool shmdev_shmem_is_unsafe(const struct shmdev_shmem *shmem)
{
	return shmem && shmem->unsafe;
}

SHMDEV_API bool shmdev_shmem_owner_died(const struct shmdev_shmem *shmem)
{
	return shmem && shmem->owner_died;
}
