// SPDX-License-Identifier: GPL-2.0-only
/* Regions of /dev/shmregion. */
#include <errno.h>
#include <shmdev.h>

#include "kind.h"

#define RIGHTS_READ	SHMREGION_RIGHT_READ
#define RIGHTS_WRITE	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

/* Nobody in the demo waits this long, unless something is broken. */
#define PATIENCE_NS	10000000000

static int make_in_mode(size_t size, enum shmregion_mode mode)
{
	struct shmdev_region *region;

	region = shmdev_region_create(size, mode, 0, "demo");
	return region ? shmdev_region_steal_fd(region) : -1;
}

static int region_make(const struct kind *kind, size_t size)
{
	(void)kind;
	return make_in_mode(size, SHMREGION_MODE_WRITABLE);
}

static int region_make_shared(const struct kind *kind, size_t size)
{
	(void)kind;
	return make_in_mode(size, SHMREGION_MODE_UNSAFE);
}

/* Without CONTROL, which is for the one who made it. */
static int region_share(int fd, bool writable)
{
	return shmdev_raw_dup(fd, writable ? RIGHTS_WRITE : RIGHTS_READ);
}

/* The kernel is asked; what the sender says of the handle does not count. */
static int region_take(int fd, size_t size)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_ANY, RIGHTS_READ, size);
	if (!region)
		return -1;
	shmdev_region_steal_fd(region);

	return 0;
}

static int region_give(int fd, pid_t pid)
{
	return shmdev_raw_transfer(fd, pid, 0, SHMREGION_NO_DEADLINE, NULL);
}

static int region_await(int fd, bool *died)
{
	uint32_t flags;

	if (shmdev_raw_acquire(fd, 0, shmdev_deadline_after(PATIENCE_NS),
			       &flags) < 0)
		return -1;
	*died = flags & SHMREGION_OUT_OWNER_DIED;

	return 0;
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

	return region_await(fd, &died) == 0 && died;
}

const struct kind kind_region = {
	.make = region_make,
	.make_shared = region_make_shared,
	.share = region_share,
	.take = region_take,
	.give = region_give,
	.await = region_await,
	.publish = region_publish,
	.freeze = region_freeze,
	.verify_final = region_verify_final,
	.destroy = region_destroy,
	.told_of_death = region_told_of_death,
};
