/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The device, the versions and deadlines. */
#ifndef SHMDEV_DEVICE_H
#define SHMDEV_DEVICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. */
#define SHMDEV_VERSION_MAJOR	0
#define SHMDEV_VERSION_MINOR	1
#define SHMDEV_VERSION_PATCH	0
#define SHMDEV_VERSION		"0.1.0"

/* Path of the device. */
#define SHMDEV_DEVICE_PATH	"/dev/shmregion"

/**
 * shmdev_version_string() - version of the library in use
 *
 * Return: a constant string such as "0.1.0". SHMDEV_VERSION is the version
 * that the program was compiled with.
 *
 * Since: 0.1
 */
const char *shmdev_version_string(void);

/**
 * shmdev_open() - open the device
 *
 * Makes sure that the file is the device. Only creating a region needs it.
 *
 * Return: a file descriptor, close-on-exec, which the caller must close; -1 on
 * error:
 *
 *  - ENOENT, ENODEV, ENXIO: no such device; the module may not be loaded.
 *  - EACCES: the mode of the device node does not allow it.
 *  - ENOTTY: the file is something else.
 *  - every other error of open(2) and errors of SHMREGION_IOC_VERSION
 *
 * Since: 0.1
 */
int shmdev_open(void);

/**
 * shmdev_abi_version() - newest ABI version that the running kernel knows
 *
 * SHMREGION_ABI_VERSION is the version that the program was compiled with.
 *
 * Return: 1 or more; -1 on error, with the errors of shmdev_open().
 *
 * Since: 0.1
 */
int shmdev_abi_version(void);

/**
 * shmdev_deadline_after() - deadline for a call that waits
 * @ns: nanoseconds from now
 *
 * Return: an absolute time on CLOCK_MONOTONIC in nanoseconds, at most
 * INT64_MAX, never SHMREGION_NO_DEADLINE. Does not fail.
 *
 * Since: 0.1
 */
uint64_t shmdev_deadline_after(uint64_t ns);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_DEVICE_H */
