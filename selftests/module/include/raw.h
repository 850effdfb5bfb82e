/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the kernel, one function for each ioctl, on plain file
 * descriptors. The tests of the module stand alone, so they have their own;
 * what these do not let through is tested by ioctl().
 *
 * All return -1 with errno, as ioctl() does. What a call tells is written on
 * success only, and a pointer to it may be NULL.
 */
#ifndef SELFTESTS_RAW_H
#define SELFTESTS_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/shmregion.h>

#define RAW_DEVICE "/dev/shmregion"

static inline int raw_open(void)
{
	return open(RAW_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline int raw_version(int fd)
{
	struct shmregion_version arg = { .size = sizeof(arg) };

	return ioctl(fd, SHMREGION_IOC_VERSION, &arg) ? -1 : (int)arg.out_abi;
}

static inline int raw_create(int device, uint64_t size, uint32_t mode,
			     uint32_t flags, const char *label,
			     uint64_t *member)
{
	struct shmregion_create arg = {
		.size = sizeof(arg),
		.flags = flags,
		.region_size = size,
		.mode = mode,
		.out_fd = -1,
	};

	/* Without its NUL a label that is too long fails in the kernel. */
	if (label)
		memccpy(arg.label, label, '\0', sizeof(arg.label));
	if (ioctl(device, SHMREGION_IOC_CREATE, &arg))
		return -1;
	if (member)
		*member = arg.out_member;
	return arg.out_fd;
}

static inline int raw_info(int fd, struct shmregion_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return ioctl(fd, SHMREGION_IOC_INFO, info);
}

static inline int raw_dup(int fd, uint32_t rights)
{
	struct shmregion_dup arg = {
		.size = sizeof(arg),
		.rights = rights,
		.out_fd = -1,
	};

	return ioctl(fd, SHMREGION_IOC_DUP, &arg) ? -1 : arg.out_fd;
}

static inline int raw_attach(int fd, uint64_t *member)
{
	struct shmregion_attach arg = { .size = sizeof(arg) };

	if (ioctl(fd, SHMREGION_IOC_ATTACH, &arg))
		return -1;
	if (member)
		*member = arg.out_member;
	return 0;
}

static inline int raw_detach(int fd)
{
	struct shmregion_detach arg = { .size = sizeof(arg) };

	return ioctl(fd, SHMREGION_IOC_DETACH, &arg);
}

static inline int raw_transfer(int fd, uint32_t by, uint64_t id,
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

	if (ioctl(fd, SHMREGION_IOC_TRANSFER, &arg))
		return -1;
	if (out_flags)
		*out_flags = arg.out_flags;
	return 0;
}

static inline int raw_release(int fd)
{
	struct shmregion_release arg = { .size = sizeof(arg) };

	return ioctl(fd, SHMREGION_IOC_RELEASE, &arg);
}

static inline int raw_acquire(int fd, uint32_t flags, uint64_t deadline_ns,
			      uint32_t *out_flags, uint64_t *member)
{
	struct shmregion_acquire arg = {
		.size = sizeof(arg),
		.flags = flags,
		.deadline_ns = deadline_ns,
	};

	if (ioctl(fd, SHMREGION_IOC_ACQUIRE, &arg))
		return -1;
	if (out_flags)
		*out_flags = arg.out_flags;
	if (member)
		*member = arg.out_member;
	return 0;
}

static inline int raw_convert(int fd, unsigned int command)
{
	struct shmregion_convert arg = { .size = sizeof(arg) };

	return ioctl(fd, command, &arg);
}

static inline int raw_publish(int fd)
{
	return raw_convert(fd, SHMREGION_IOC_PUBLISH);
}

static inline int raw_freeze(int fd)
{
	return raw_convert(fd, SHMREGION_IOC_FREEZE);
}

static inline int raw_share(int fd)
{
	return raw_convert(fd, SHMREGION_IOC_SHARE);
}

static inline int raw_limit(int fd, uint32_t by, uint64_t id, uint32_t limit)
{
	struct shmregion_limit arg = {
		.size = sizeof(arg),
		.id = id,
		.by = by,
		.limit = limit,
	};

	return ioctl(fd, SHMREGION_IOC_LIMIT, &arg);
}

static inline int raw_limit_others(int fd, uint32_t limit)
{
	struct shmregion_limit_others arg = {
		.size = sizeof(arg),
		.limit = limit,
	};

	return ioctl(fd, SHMREGION_IOC_LIMIT_OTHERS, &arg);
}

static inline int raw_reclaim(int fd)
{
	struct shmregion_reclaim arg = { .size = sizeof(arg) };

	return ioctl(fd, SHMREGION_IOC_RECLAIM, &arg);
}

static inline int raw_destroy(int fd)
{
	struct shmregion_destroy arg = { .size = sizeof(arg) };

	return ioctl(fd, SHMREGION_IOC_DESTROY, &arg);
}

#endif /* SELFTESTS_RAW_H */
