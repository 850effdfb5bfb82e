// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Region objects: a handle and what never changes about its region.
 *
 * Mode and owner are never kept here. They change under us, so they are asked
 * for when they are wanted.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct shmdev_region {
	int fd;
	uint32_t rights;
	uint64_t size;
	uint8_t guid[SHMREGION_GUID_SIZE];
	char label[SHMREGION_LABEL_SIZE];
};

static struct shmdev_region *region_new(int fd,
					const struct shmregion_info *info)
{
	struct shmdev_region *region;

	region = malloc(sizeof(*region));
	if (!region)
		return NULL;

	region->fd = fd;
	region->rights = info->out_rights;
	region->size = info->out_region_size;
	memcpy(region->guid, info->out_guid, sizeof(region->guid));
	memcpy(region->label, info->out_label, sizeof(region->label));

	return region;
}

/* Makes a region of a new handle, which is closed on error. */
static struct shmdev_region *region_from_new_fd(int fd)
{
	struct shmdev_region *region = NULL;
	struct shmregion_info info;

	if (fd < 0)
		return NULL;

	if (shmdev_raw_info(fd, &info) == 0)
		region = region_new(fd, &info);
	if (!region)
		shmdev_close_keep_errno(fd);

	return region;
}

SHMDEV_API struct shmdev_region *
shmdev_region_create_at(int dev_fd, uint64_t size, uint32_t mode,
			uint32_t flags, const char *label)
{
	return region_from_new_fd(shmdev_raw_create(dev_fd, size, mode, flags,
						    label));
}

static int check_handle(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -1;
	if (fs.f_type != SHMREGION_SUPER_MAGIC)
		return shmdev_fail(ENOTTY);

	return 0;
}

static int check_expected(const struct shmregion_info *info, uint32_t modes,
			  uint32_t rights, uint64_t min_size)
{
	modes &= SHMDEV_ADOPT_ANY;
	if (info->out_mode >= 32 || !(modes & (UINT32_C(1) << info->out_mode)))
		return shmdev_fail(EINVAL);
	if (info->out_region_size < min_size)
		return shmdev_fail(EINVAL);
	if (rights & ~info->out_rights)
		return shmdev_fail(EACCES);

	return 0;
}

SHMDEV_API struct shmdev_region *
shmdev_region_adopt(int fd, uint32_t modes, uint32_t rights, uint64_t min_size)
{
	struct shmdev_region *region;
	struct shmregion_info info;

	if (check_handle(fd) < 0 ||
	    shmdev_raw_info(fd, &info) < 0 ||
	    check_expected(&info, modes, rights, min_size) < 0)
		return NULL;

	region = region_new(fd, &info);
	if (!region)
		return NULL;

	/* Does not fail: FD_CLOEXEC is the only flag, and fd is open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return region;
}

SHMDEV_API struct shmdev_region *
shmdev_region_duplicate(const struct shmdev_region *region, uint32_t rights)
{
	if (!region) {
		errno = EINVAL;
		return NULL;
	}

	return region_from_new_fd(shmdev_raw_dup(region->fd, rights));
}

SHMDEV_API void shmdev_region_free(struct shmdev_region *region)
{
	int saved = errno;

	if (!region)
		return;

	close(region->fd);
	free(region);
	errno = saved;
}

SHMDEV_API int shmdev_region_steal_fd(struct shmdev_region *region)
{
	int fd;

	if (!region)
		return shmdev_fail(EINVAL);

	fd = region->fd;
	free(region);
	return fd;
}

SHMDEV_API int shmdev_region_fd(const struct shmdev_region *region)
{
	return region ? region->fd : shmdev_fail(EINVAL);
}

SHMDEV_API uint64_t shmdev_region_size(const struct shmdev_region *region)
{
	if (!region) {
		errno = EINVAL;
		return 0;
	}

	return region->size;
}

SHMDEV_API uint32_t shmdev_region_rights(const struct shmdev_region *region)
{
	if (!region) {
		errno = EINVAL;
		return 0;
	}

	return region->rights;
}

SHMDEV_API const uint8_t *
shmdev_region_guid(const struct shmdev_region *region)
{
	if (!region) {
		errno = EINVAL;
		return NULL;
	}

	return region->guid;
}

SHMDEV_API const char *shmdev_region_label(const struct shmdev_region *region)
{
	if (!region) {
		errno = EINVAL;
		return NULL;
	}

	return region->label;
}

SHMDEV_API int shmdev_region_info(const struct shmdev_region *region,
				  struct shmregion_info *info)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_info(region->fd, info);
}

SHMDEV_API int shmdev_region_mode(const struct shmdev_region *region)
{
	struct shmregion_info info;

	if (shmdev_region_info(region, &info) < 0)
		return -1;
	if (!info.out_mode || info.out_mode > INT_MAX)
		return shmdev_fail(EBADE);

	return (int)info.out_mode;
}

SHMDEV_API int shmdev_region_same(const struct shmdev_region *one,
				  const struct shmdev_region *other)
{
	struct stat first, second;

	if (!one || !other)
		return shmdev_fail(EINVAL);
	if (fstat(one->fd, &first) < 0 || fstat(other->fd, &second) < 0)
		return -1;

	/* An inode number can come again, a GUID cannot. */
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino &&
	       !memcmp(one->guid, other->guid, sizeof(one->guid));
}

SHMDEV_API int shmdev_region_attach(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_attach(region->fd);
}

SHMDEV_API int shmdev_region_detach(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_detach(region->fd);
}

SHMDEV_API int shmdev_region_transfer(const struct shmdev_region *region,
				      pid_t pid)
{
	if (!region || pid == SHMREGION_PID_NOBODY)
		return shmdev_fail(EINVAL);

	return shmdev_raw_transfer(region->fd, pid, 0, SHMREGION_NO_DEADLINE,
				   NULL);
}

SHMDEV_API int
shmdev_region_transfer_and_wait(const struct shmdev_region *region, pid_t pid,
				uint64_t deadline_ns, uint32_t *out_flags)
{
	if (!region || pid == SHMREGION_PID_NOBODY)
		return shmdev_fail(EINVAL);

	return shmdev_raw_transfer(region->fd, pid, SHMREGION_TRANSFER_WAIT,
				   deadline_ns, out_flags);
}

SHMDEV_API int shmdev_region_release(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_transfer(region->fd, SHMREGION_PID_NOBODY, 0,
				   SHMREGION_NO_DEADLINE, NULL);
}

SHMDEV_API int shmdev_region_acquire(const struct shmdev_region *region,
				     uint64_t deadline_ns, uint32_t *out_flags)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_acquire(region->fd, 0, deadline_ns, out_flags);
}

SHMDEV_API int shmdev_region_try_acquire(const struct shmdev_region *region,
					 uint32_t *out_flags)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_acquire(region->fd, SHMREGION_ACQUIRE_NOWAIT,
				  SHMREGION_NO_DEADLINE, out_flags);
}

SHMDEV_API int shmdev_region_publish(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_publish(region->fd);
}

SHMDEV_API int shmdev_region_freeze(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_freeze(region->fd);
}

SHMDEV_API int shmdev_region_share(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_share(region->fd);
}

SHMDEV_API int shmdev_region_limit(const struct shmdev_region *region,
				   pid_t pid, uint32_t limit)
{
	if (!region || pid == SHMREGION_PID_NOBODY)
		return shmdev_fail(EINVAL);

	return shmdev_raw_limit(region->fd, pid, limit);
}

SHMDEV_API int shmdev_region_limit_others(const struct shmdev_region *region,
					  uint32_t limit)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_limit(region->fd, SHMREGION_PID_NOBODY, limit);
}

SHMDEV_API int shmdev_region_reclaim(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_reclaim(region->fd);
}

SHMDEV_API int shmdev_region_destroy(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_destroy(region->fd);
}
