// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The device: opening it, versions, deadlines. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	UINT64_C(1000000000)

int shmdev_fail(int error)
{
	errno = error;
	return -1;
}

void shmdev_close_keep_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

SHMDEV_API const char *shmdev_version_string(void)
{
	return SHMDEV_VERSION;
}

/* Opens the device and asks for its ABI version. */
static int open_device(int *abi)
{
	int fd;

	fd = open(SHMDEV_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;

	*abi = shmdev_raw_version(fd);
	if (*abi < 0) {
		shmdev_close_keep_errno(fd);
		return -1;
	}

	return fd;
}

SHMDEV_API int shmdev_open(void)
{
	int abi;

	return open_device(&abi);
}

SHMDEV_API int shmdev_abi_version(void)
{
	int abi, fd;

	fd = open_device(&abi);
	if (fd < 0)
		return -1;

	close(fd);
	return abi;
}

SHMDEV_API uint64_t shmdev_deadline_after(uint64_t ns)
{
	struct timespec ts;
	uint64_t now;

	/* Does not fail: every kernel has this clock. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;

	/* The kernel's own times are signed. */
	if (ns > INT64_MAX - now)
		return INT64_MAX;

	return now + ns;
}
