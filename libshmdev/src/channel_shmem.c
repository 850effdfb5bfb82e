// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* One shmem, and what the kernel says about its region. */
#include "channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

/*
 * One thread at a time asks who owns a region and then acquires it. Otherwise
 * two channels that know the same region could both find it without an owner
 * and both believe that they made this process the owner.
 */
static pthread_mutex_t take_lock = PTHREAD_MUTEX_INITIALIZER;

struct shmdev_shmem *shmdev_shmem_new(struct shmdev_channel *channel,
				      uint64_t id, struct shmdev_region *region)
{
	struct shmdev_shmem *shmem;

	shmem = calloc(1, sizeof(*shmem));
	if (!shmem)
		goto err_free_region;

	shmem->mapping = shmdev_region_map(region, 0,
					   shmdev_region_size(region),
					   SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	if (!shmem->mapping)
		goto err_free_shmem;

	shmem->channel = channel;
	shmem->region = region;
	shmem->id = id;

	return shmem;

err_free_shmem:
	free(shmem);
err_free_region:
	shmdev_region_free(region);

	return NULL;
}

/* A region to which nobody has CONTROL. */
static struct shmdev_region *create_region(uint64_t size, uint32_t mode)
{
	struct shmdev_region *created, *region;

	created = shmdev_region_create(size, mode, 0, "channel");
	if (!created)
		return NULL;

	region = shmdev_region_duplicate(created, RIGHTS);
	shmdev_region_free(created);

	return region;
}

struct shmdev_shmem *shmdev_shmem_create(struct shmdev_channel *channel,
					 uint64_t id, uint64_t size,
					 uint32_t mode)
{
	struct shmdev_region *region;
	struct shmregion_info info;
	struct shmdev_shmem *shmem;

	region = create_region(size, mode);
	if (!region)
		return NULL;
	if (shmdev_region_info(region, &info) < 0) {
		shmdev_region_free(region);
		return NULL;
	}

	shmem = shmdev_shmem_new(channel, id, region);
	if (!shmem)
		return NULL;
	shmem->here = true;
	shmem->unsafe = mode == SHMREGION_MODE_UNSAFE;
	shmem->generation = info.out_generation;

	return shmem;
}

/* What the peer said must be what the kernel says. */
static int check_adopted(const struct shmdev_region *region, uint64_t size)
{
	struct shmregion_info info;

	if (shmdev_region_info(region, &info) < 0)
		return -1;
	/* What this process owns already the peer cannot give. */
	if (info.out_region_size != size ||
	    info.out_writers == SHMREGION_WRITERS_CALLER)
		return shmdev_fail(EPROTO);

	return 0;
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
					uint64_t id, uint64_t size,
					uint32_t mode, int fd)
{
	struct shmdev_region *region;
	struct shmdev_shmem *shmem;

	region = shmdev_region_adopt(fd, UINT32_C(1) << mode, RIGHTS, size);
	if (!region) {
		shmdev_close_keep_errno(fd);
		goto err;
	}
	if (check_adopted(region, size) < 0)
		goto err_free_region;

	shmem = shmdev_shmem_new(channel, id, region);
	if (!shmem)
		goto err;
	shmem->by_peer = true;
	shmem->unsafe = mode == SHMREGION_MODE_UNSAFE;

	return shmem;

err_free_region:
	shmdev_region_free(region);
err:
	blame_peer();

	return NULL;
}

void shmdev_shmem_free(struct shmdev_shmem *shmem)
{
	int saved = errno;

	/* Fails for memory that the user sealed; nothing is lost but memory. */
	shmdev_mapping_unmap(shmem->mapping);
	shmdev_region_free(shmem->region);
	free(shmem);
	errno = saved;
}

int shmdev_shmem_give(struct shmdev_shmem *shmem, uint64_t *generation)
{
	if (shmdev_region_release(shmem->region) < 0)
		return -1;

	*generation = shmem->generation + 1;
	shmem->here = false;

	return 0;
}

/* Whether it waits for an owner, and nobody was the owner since it was given. */
static int check_before(const struct shmregion_info *info, uint64_t generation)
{
	if (info->out_mode != SHMREGION_MODE_WRITABLE ||
	    info->out_writers != SHMREGION_WRITERS_UNOWNED ||
	    info->out_generation != generation)
		return shmdev_fail(EPROTO);

	return 0;
}

/* Whether it is ours alone, and was nobody else's in between. */
static int check_after(const struct shmdev_region *region, uint64_t generation)
{
	struct shmregion_info info;

	if (shmdev_region_info(region, &info) < 0)
		return -1;
	if (info.out_mode != SHMREGION_MODE_WRITABLE ||
	    info.out_writers != SHMREGION_WRITERS_CALLER ||
	    info.out_access != RIGHTS ||
	    info.out_generation != generation + 1)
		return shmdev_fail(EPROTO);

	return 0;
}

static int take(const struct shmdev_region *region, uint64_t generation,
		uint32_t *out_flags)
{
	struct shmregion_info info;

	if (shmdev_region_info(region, &info) < 0 ||
	    check_before(&info, generation) < 0 ||
	    shmdev_region_try_acquire(region, out_flags) < 0)
		return -1;

	if (check_after(region, generation) < 0) {
		shmdev_region_release(region);
		return shmdev_fail(EPROTO);
	}

	return 0;
}

int shmdev_shmem_take(struct shmdev_shmem *shmem, uint64_t generation)
{
	uint32_t out_flags = 0;
	int ret;

	pthread_mutex_lock(&take_lock);
	ret = take(shmem->region, generation, &out_flags);
	pthread_mutex_unlock(&take_lock);
	/* The kernel tells this once, also if the shmem is refused. */
	shmem->owner_died |= out_flags & SHMREGION_OUT_OWNER_DIED;
	if (ret < 0)
		return blame_peer();

	shmem->generation = generation + 1;
	shmem->here = true;

	return 0;
}

int shmdev_shmem_take_any(struct shmdev_shmem *shmem)
{
	struct shmregion_info info;

	if (shmdev_region_info(shmem->region, &info) < 0)
		return -1;

	return shmdev_shmem_take(shmem, info.out_generation);
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

SHMDEV_API int shmdev_shmem_verify(const struct shmdev_shmem *shmem)
{
	struct shmregion_info info;

	if (!shmem || shmem->unsafe)
		return shmdev_fail(EINVAL);
	if (!shmem->here)
		return shmdev_fail(EPERM);
	if (shmdev_region_info(shmem->region, &info) < 0)
		return -1;
	if (info.out_generation != shmem->generation)
		return shmdev_fail(ESTALE);

	return 0;
}
