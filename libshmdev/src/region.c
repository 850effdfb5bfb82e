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

SHMDEV_API struct shmdev_process shmdev_by_member(uint64_t member)
{
	struct shmdev_process process = {
		.by = SHMREGION_BY_MEMBER,
		.id = member,
	};

	return process;
}

SHMDEV_API struct shmdev_process shmdev_by_pid(pid_t pid)
{
	struct shmdev_process process = {
		.by = SHMREGION_BY_PID,
		/* A negative one stays no possible process id. */
		.id = (uint64_t)(int64_t)pid,
	};

	return process;
}

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
						    label, NULL));
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

/* What is to be adopted. */
struct expected {
	uint32_t modes;
	uint32_t rights;
	uint64_t min_size;
	uint32_t flags;
};

static int check_known(const struct expected *expected)
{
	if (expected->modes & ~(uint32_t)SHMDEV_ADOPT_ANY)
		return shmdev_fail(EOPNOTSUPP);
	if (expected->flags & ~(uint32_t)(SHMDEV_ADOPT_TRUST_CONTROLLER |
					  SHMDEV_ADOPT_ALLOCATED))
		return shmdev_fail(EOPNOTSUPP);

	return 0;
}

static int check_mode(const struct shmregion_info *info, uint32_t modes)
{
	if (info->out_mode >= 32 || !(modes & (UINT32_C(1) << info->out_mode)))
		return shmdev_fail(EINVAL);

	return 0;
}

/* Of these only the mode can be another one later. */
static int check_expected(const struct shmregion_info *info,
			  const struct expected *expected)
{
	if (check_mode(info, expected->modes) < 0)
		return -1;
	if (info->out_region_size < expected->min_size)
		return shmdev_fail(ERANGE);
	if (expected->rights & ~info->out_rights)
		return shmdev_fail(EACCES);
	if ((info->out_state & SHMREGION_STATE_CONTROLLED) &&
	    !(expected->flags & SHMDEV_ADOPT_TRUST_CONTROLLER))
		return shmdev_fail(EPERM);
	if (!(info->out_state & SHMREGION_STATE_ALLOCATED) &&
	    (expected->flags & SHMDEV_ADOPT_ALLOCATED))
		return shmdev_fail(ENOSPC);

	return 0;
}

/* The handle stays the caller's on error. */
static struct shmdev_region *adopt(int fd, const struct expected *expected)
{
	struct shmdev_region *region;
	struct shmregion_info info;

	if (check_known(expected) < 0 ||
	    check_handle(fd) < 0 ||
	    shmdev_raw_info(fd, &info) < 0 ||
	    check_expected(&info, expected) < 0)
		return NULL;

	region = region_new(fd, &info);
	if (!region)
		return NULL;

	/* Does not fail: FD_CLOEXEC is the only flag, and fd is open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return region;
}

SHMDEV_API struct shmdev_region *
shmdev_region_adopt(int fd, uint32_t modes, uint32_t rights, uint64_t min_size,
		    uint32_t flags)
{
	struct expected expected = {
		.modes = modes,
		.rights = rights,
		.min_size = min_size,
		.flags = flags,
	};

	return adopt(fd, &expected);
}

void shmdev_region_undo_acquire(int fd, uint32_t acquired)
{
	int saved = errno;

	if (!(acquired & SHMREGION_OUT_WAS_OWNER))
		shmdev_raw_release(fd);
	errno = saved;
}

/* An earlier owner could change the mode until the caller owned the region. */
static int check_acquired(int fd, uint32_t modes, uint32_t acquired)
{
	struct shmregion_info info;

	if (shmdev_raw_info(fd, &info) == 0 && check_mode(&info, modes) == 0)
		return 0;

	shmdev_region_undo_acquire(fd, acquired);
	return -1;
}

SHMDEV_API struct shmdev_region *
shmdev_region_adopt_and_acquire(int fd, uint32_t modes, uint64_t min_size,
				uint32_t flags, uint64_t deadline_ns,
				uint32_t *out_flags)
{
	struct expected expected = {
		.modes = modes,
		.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE,
		.min_size = min_size,
		.flags = flags,
	};
	struct shmdev_region *region;
	uint32_t acquired = 0;

	region = adopt(fd, &expected);
	if (!region)
		return NULL;

	if (shmdev_raw_acquire(fd, 0, deadline_ns, &acquired, NULL) < 0 ||
	    check_acquired(fd, modes, acquired) < 0) {
		/* The handle stays the caller's. */
		free(region);
		return NULL;
	}
	if (out_flags)
		*out_flags = acquired;

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

SHMDEV_API int shmdev_region_attach(const struct shmdev_region *region,
				    uint64_t *out_member)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_attach(region->fd, out_member);
}

SHMDEV_API int shmdev_region_detach(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_detach(region->fd);
}

SHMDEV_API uint64_t shmdev_region_member(const struct shmdev_region *region)
{
	struct shmregion_info info;

	if (shmdev_region_info(region, &info) < 0)
		return 0;
	if (!info.out_member)
		errno = ESRCH;

	return info.out_member;
}

SHMDEV_API int shmdev_region_transfer(const struct shmdev_region *region,
				      struct shmdev_process to)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_transfer(region->fd, to.by, to.id, 0,
				   SHMREGION_NO_DEADLINE, NULL);
}

SHMDEV_API int
shmdev_region_transfer_and_wait(const struct shmdev_region *region,
				struct shmdev_process to, uint64_t deadline_ns,
				uint32_t *out_flags)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_transfer(region->fd, to.by, to.id,
				   SHMREGION_TRANSFER_WAIT, deadline_ns,
				   out_flags);
}

SHMDEV_API int shmdev_region_release(const struct shmdev_region *region)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_release(region->fd);
}

SHMDEV_API int shmdev_region_acquire(const struct shmdev_region *region,
				     uint64_t deadline_ns, uint32_t *out_flags)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_acquire(region->fd, 0, deadline_ns, out_flags, NULL);
}

SHMDEV_API int shmdev_region_try_acquire(const struct shmdev_region *region,
					 uint32_t *out_flags)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_acquire(region->fd, SHMREGION_ACQUIRE_NOWAIT,
				  SHMREGION_NO_DEADLINE, out_flags, NULL);
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
				   struct shmdev_process process,
				   uint32_t limit)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_limit(region->fd, process.by, process.id, limit);
}

SHMDEV_API int shmdev_region_limit_others(const struct shmdev_region *region,
					  uint32_t limit)
{
	if (!region)
		return shmdev_fail(EINVAL);

	return shmdev_raw_limit_others(region->fd, limit);
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
