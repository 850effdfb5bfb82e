// SPDX-License-Identifier: GPL-2.0-only
/* Regions of /dev/shmregion. */
#include <errno.h>
#include <shmdev.h>

#include "kind.h"

#define RIGHTS_READ	SHMREGION_RIGHT_READ
#define RIGHTS_WRITE	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

static int make_in_mode(const struct kind *kind, size_t size,
			enum shmregion_mode mode, uint32_t flags)
{
	struct shmdev_region *region;

	if (kind->controlled)
		flags |= SHMREGION_CREATE_CONTROLLED;
	region = shmdev_region_create(size, mode, flags, "demo");
	return region ? shmdev_region_steal_fd(region) : -1;
}

static int region_make(const struct kind *kind, size_t size)
{
	return make_in_mode(kind, size, SHMREGION_MODE_WRITABLE, 0);
}

static int region_make_shared(const struct kind *kind, size_t size)
{
	return make_in_mode(kind, size, SHMREGION_MODE_UNSAFE,
			    SHMREGION_CREATE_POPULATE);
}

static int region_make_sparse(const struct kind *kind, size_t size)
{
	return make_in_mode(kind, size, SHMREGION_MODE_UNSAFE, 0);
}

/* Without CONTROL, which stays with the one who made it. */
static int region_share(int fd, bool writable)
{
	return shmdev_raw_dup(fd, writable ? RIGHTS_WRITE : RIGHTS_READ);
}

/*
 * The kernel is asked; what the sender says of the handle does not count. Whether
 * there is a controller is another question.
 */
static int region_take(int fd, size_t size)
{
	struct shmdev_region *region;
	int ret;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_ANY, RIGHTS_READ, size,
				     SHMDEV_ADOPT_TRUST_CONTROLLER);
	if (!region)
		return -1;
	ret = shmdev_region_attach(region, NULL);
	shmdev_region_steal_fd(region);

	return ret;
}

/* It is refused by itself where there is a controller. */
static int region_verify_peer(int fd)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_ANY, RIGHTS_READ, 1, 0);
	if (!region)
		return -1;
	shmdev_region_steal_fd(region);

	return 0;
}

static int region_give(int fd, pid_t pid)
{
	return shmdev_raw_transfer(fd, SHMREGION_BY_PID, (uint64_t)pid, 0,
				   SHMREGION_NO_DEADLINE, NULL);
}

static int region_await(int fd, unsigned long ns, bool *died)
{
	uint32_t flags;

	if (shmdev_raw_acquire(fd, 0, shmdev_deadline_after(ns), &flags,
			       NULL) < 0)
		return -1;
	*died = flags & SHMREGION_OUT_OWNER_DIED;

	return 0;
}

static int region_take_back(int fd)
{
	return shmdev_raw_reclaim(fd);
}

static int region_bar(int fd, pid_t pid)
{
	return shmdev_raw_limit(fd, SHMREGION_BY_PID, (uint64_t)pid, 0);
}

static int region_publish(const struct kind *kind, int fd)
{
	(void)kind;
	return shmdev_raw_publish(fd);
}

static int region_freeze(const struct kind *kind, int fd)
{
	(void)kind;
	return shmdev_raw_freeze(fd);
}

static int region_verify_final(const struct kind *kind, int fd)
{
	struct shmregion_info info;

	(void)kind;
	if (shmdev_raw_info(fd, &info) < 0)
		return -1;
	if (!(info.out_state & SHMREGION_STATE_FROZEN)) {
		errno = EINVAL;
		return -1;
	}

	return 0;
}

static int region_destroy(int fd, size_t size)
{
	(void)size;
	return shmdev_raw_destroy(fd);
}

static bool region_told_of_death(int fd)
{
	bool died;

	return region_await(fd, PATIENCE_NS, &died) == 0 && died;
}

#define REGION_OPERATIONS			\
	.make = region_make,			\
	.make_shared = region_make_shared,	\
	.make_sparse = region_make_sparse,	\
	.share = region_share,			\
	.take = region_take,			\
	.verify_peer = region_verify_peer,	\
	.give = region_give,			\
	.await = region_await,			\
	.take_back = region_take_back,		\
	.bar = region_bar,			\
	.publish = region_publish,		\
	.freeze = region_freeze,		\
	.verify_final = region_verify_final,	\
	.destroy = region_destroy,		\
	.told_of_death = region_told_of_death

const struct kind kind_region = { REGION_OPERATIONS };

const struct kind kind_controlled = {
	REGION_OPERATIONS,
	.controlled = true,
};
