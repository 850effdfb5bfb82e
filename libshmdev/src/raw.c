// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Raw operations, one function per ioctl.
 *
 * The only file that fills in uapi structures, and the only one that calls
 * ioctl(2). What the kernel wrote is checked here before anyone uses it.
 */
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

static int call(int fd, unsigned int command, void *arg)
{
	int ret;

	ret = ioctl(fd, command, arg);
	/* No command returns a positive number: do not let it be success. */
	if (ret > 0)
		return shmdev_fail(EBADE);

	return ret;
}

/* Member ids start at 1. Ids that nobody asked for are not told. */
static int tell_member(uint64_t member, uint64_t *out_member)
{
	if (!member)
		return shmdev_fail(EBADE);
	if (out_member)
		*out_member = member;

	return 0;
}

/* A file descriptor that the kernel gave. */
static int checked_fd(int fd)
{
	return fd < 0 ? shmdev_fail(EBADE) : fd;
}

SHMDEV_API int shmdev_raw_version(int fd)
{
	struct shmregion_version arg = {
		.size = sizeof(arg),
	};

	if (call(fd, SHMREGION_IOC_VERSION, &arg) < 0)
		return -1;
	if (!arg.out_abi || arg.out_abi > INT_MAX)
		return shmdev_fail(EBADE);

	return (int)arg.out_abi;
}

SHMDEV_API int shmdev_raw_create(int dev_fd, uint64_t size, uint32_t mode,
				 uint32_t flags, const char *label,
				 uint64_t *out_member)
{
	struct shmregion_create arg = {
		.size = sizeof(arg),
		.flags = flags,
		.region_size = size,
		.mode = mode,
		.out_fd = -1,
	};
	size_t len;

	if (label) {
		len = strnlen(label, sizeof(arg.label));
		if (len == sizeof(arg.label))
			return shmdev_fail(EINVAL);
		memcpy(arg.label, label, len);
	}

	if (call(dev_fd, SHMREGION_IOC_CREATE, &arg) < 0 ||
	    checked_fd(arg.out_fd) < 0)
		return -1;
	if (tell_member(arg.out_member, out_member) < 0) {
		shmdev_close_keep_errno(arg.out_fd);
		return -1;
	}

	return arg.out_fd;
}

SHMDEV_API int shmdev_raw_info(int fd, struct shmregion_info *info)
{
	if (!info)
		return shmdev_fail(EINVAL);

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	if (call(fd, SHMREGION_IOC_INFO, info) < 0)
		return -1;
	if (!info->out_region_size)
		return shmdev_fail(EBADE);
	info->out_label[sizeof(info->out_label) - 1] = '\0';

	return 0;
}

SHMDEV_API int shmdev_raw_dup(int fd, uint32_t rights)
{
	struct shmregion_dup arg = {
		.size = sizeof(arg),
		.rights = rights,
		.out_fd = -1,
	};

	if (call(fd, SHMREGION_IOC_DUP, &arg) < 0)
		return -1;

	return checked_fd(arg.out_fd);
}

SHMDEV_API int shmdev_raw_attach(int fd, uint64_t *out_member)
{
	struct shmregion_attach arg = {
		.size = sizeof(arg),
	};

	if (call(fd, SHMREGION_IOC_ATTACH, &arg) < 0)
		return -1;

	return tell_member(arg.out_member, out_member);
}

SHMDEV_API int shmdev_raw_detach(int fd)
{
	struct shmregion_detach arg = {
		.size = sizeof(arg),
	};

	return call(fd, SHMREGION_IOC_DETACH, &arg);
}

SHMDEV_API int shmdev_raw_transfer(int fd, uint32_t by, uint64_t id,
				   uint32_t flags, uint64_t deadline_ns,
				   uint32_t *out_flags)
{
	struct shmregion_transfer arg = {
		.size = sizeof(arg),
		.flags = flags,
		.id = id,
		.by = by,
		.deadline_ns = deadline_ns,
	};

	if (call(fd, SHMREGION_IOC_TRANSFER, &arg) < 0)
		return -1;
	if (out_flags)
		*out_flags = arg.out_flags;

	return 0;
}

SHMDEV_API int shmdev_raw_release(int fd)
{
	struct shmregion_release arg = {
		.size = sizeof(arg),
	};

	return call(fd, SHMREGION_IOC_RELEASE, &arg);
}

SHMDEV_API int shmdev_raw_acquire(int fd, uint32_t flags, uint64_t deadline_ns,
				  uint32_t *out_flags, uint64_t *out_member)
{
	struct shmregion_acquire arg = {
		.size = sizeof(arg),
		.flags = flags,
		.deadline_ns = deadline_ns,
	};

	if (call(fd, SHMREGION_IOC_ACQUIRE, &arg) < 0)
		return -1;
	if (out_flags)
		*out_flags = arg.out_flags;

	return tell_member(arg.out_member, out_member);
}

static int convert(int fd, unsigned int command)
{
	struct shmregion_convert arg = {
		.size = sizeof(arg),
	};

	return call(fd, command, &arg);
}

SHMDEV_API int shmdev_raw_publish(int fd)
{
	return convert(fd, SHMREGION_IOC_PUBLISH);
}

SHMDEV_API int shmdev_raw_freeze(int fd)
{
	return convert(fd, SHMREGION_IOC_FREEZE);
}

SHMDEV_API int shmdev_raw_share(int fd)
{
	return convert(fd, SHMREGION_IOC_SHARE);
}

SHMDEV_API int shmdev_raw_limit(int fd, uint32_t by, uint64_t id,
				uint32_t limit)
{
	struct shmregion_limit arg = {
		.size = sizeof(arg),
		.id = id,
		.by = by,
		.limit = limit,
	};

	return call(fd, SHMREGION_IOC_LIMIT, &arg);
}

SHMDEV_API int shmdev_raw_limit_others(int fd, uint32_t limit)
{
	struct shmregion_limit_others arg = {
		.size = sizeof(arg),
		.limit = limit,
	};

	return call(fd, SHMREGION_IOC_LIMIT_OTHERS, &arg);
}

SHMDEV_API int shmdev_raw_reclaim(int fd)
{
	struct shmregion_reclaim arg = {
		.size = sizeof(arg),
	};

	return call(fd, SHMREGION_IOC_RECLAIM, &arg);
}

SHMDEV_API int shmdev_raw_destroy(int fd)
{
	struct shmregion_destroy arg = {
		.size = sizeof(arg),
	};

	return call(fd, SHMREGION_IOC_DESTROY, &arg);
}
