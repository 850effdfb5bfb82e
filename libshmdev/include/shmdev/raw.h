/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Raw operations: the interface of the kernel, one function per ioctl.
 *
 * @fd is a handle and stays the caller's. The functions do not verify that it
 * is one: anyone can answer the ioctl on a file descriptor from a process that
 * is not trusted (a FUSE daemon, say). shmdev_region_adopt() does verify.
 */
#ifndef SHMDEV_RAW_H
#define SHMDEV_RAW_H

#include <stdint.h>
#include <sys/types.h>

#include <linux/shmregion.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * shmdev_raw_version() - SHMREGION_IOC_VERSION
 * @fd: the device or a handle
 *
 * Return: newest ABI version that the kernel knows, 1 or more; -1 on error,
 * with the errors of SHMREGION_IOC_VERSION.
 *
 * Since: 0.1
 */
int shmdev_raw_version(int fd);

/**
 * shmdev_raw_create() - SHMREGION_IOC_CREATE
 * @dev_fd: the device
 * @size: size of the region in bytes
 * @mode: SHMREGION_MODE_WRITABLE or SHMREGION_MODE_UNSAFE
 * @flags: of enum shmregion_create_flags
 * @label: printable ASCII, shorter than SHMREGION_LABEL_SIZE; NULL is the
 *	empty label
 * @out_member: the caller's member id; may be NULL, is written on success only
 *
 * Return: a handle, close-on-exec, which the caller must close. It has READ and
 * WRITE, and CONTROL with SHMREGION_CREATE_CONTROLLED. -1 on error, with the
 * errors of SHMREGION_IOC_CREATE, among them EINVAL for a label that is too
 * long.
 *
 * Since: 0.1
 */
int shmdev_raw_create(int dev_fd, uint64_t size, uint32_t mode, uint32_t flags,
		      const char *label, uint64_t *out_member);

/**
 * shmdev_raw_info() - SHMREGION_IOC_INFO
 * @fd: a handle
 * @info: answer; all members are written, nothing in it needs to be set
 *
 * The label has a terminating NUL.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_INFO. *@info is
 * undefined then.
 *
 * Since: 0.1
 */
int shmdev_raw_info(int fd, struct shmregion_info *info);

/**
 * shmdev_raw_dup() - SHMREGION_IOC_DUP
 * @fd: a handle
 * @rights: of the new handle, bits of enum shmregion_right
 *
 * Return: a handle, close-on-exec, which the caller must close; -1 on error,
 * with the errors of SHMREGION_IOC_DUP.
 *
 * Since: 0.1
 */
int shmdev_raw_dup(int fd, uint32_t rights);

/**
 * shmdev_raw_attach() - SHMREGION_IOC_ATTACH
 * @fd: a handle
 * @out_member: the caller's member id; may be NULL, is written on success only
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_ATTACH.
 *
 * Since: 0.1
 */
int shmdev_raw_attach(int fd, uint64_t *out_member);

/**
 * shmdev_raw_detach() - SHMREGION_IOC_DETACH
 * @fd: a handle
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_DETACH.
 *
 * Since: 0.1
 */
int shmdev_raw_detach(int fd);

/**
 * shmdev_raw_transfer() - SHMREGION_IOC_TRANSFER
 * @fd: a handle
 * @by: what @id is, of enum shmregion_by
 * @id: the process to own the region: a member id or a process id
 * @flags: of enum shmregion_transfer_flags
 * @deadline_ns: as in struct shmregion_transfer
 * @out_flags: bits of enum shmregion_wait_out; may be NULL, is written on
 *	success only
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_TRANSFER.
 *
 * Since: 0.1
 */
int shmdev_raw_transfer(int fd, uint32_t by, uint64_t id, uint32_t flags,
			uint64_t deadline_ns, uint32_t *out_flags);

/**
 * shmdev_raw_release() - SHMREGION_IOC_RELEASE
 * @fd: a handle
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_RELEASE.
 *
 * Since: 0.1
 */
int shmdev_raw_release(int fd);

/**
 * shmdev_raw_acquire() - SHMREGION_IOC_ACQUIRE
 * @fd: a handle
 * @flags: of enum shmregion_acquire_flags
 * @deadline_ns: as in struct shmregion_acquire
 * @out_flags: bits of enum shmregion_wait_out; may be NULL, is written on
 *	success only
 * @out_member: the caller's member id; may be NULL, is written on success only
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_ACQUIRE.
 *
 * Since: 0.1
 */
int shmdev_raw_acquire(int fd, uint32_t flags, uint64_t deadline_ns,
		       uint32_t *out_flags, uint64_t *out_member);

/**
 * shmdev_raw_publish() - SHMREGION_IOC_PUBLISH
 * @fd: a handle
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_PUBLISH.
 *
 * Since: 0.1
 */
int shmdev_raw_publish(int fd);

/**
 * shmdev_raw_freeze() - SHMREGION_IOC_FREEZE
 * @fd: a handle
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_FREEZE.
 *
 * Since: 0.1
 */
int shmdev_raw_freeze(int fd);

/**
 * shmdev_raw_share() - SHMREGION_IOC_SHARE
 * @fd: a handle
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_SHARE.
 *
 * Since: 0.1
 */
int shmdev_raw_share(int fd);

/**
 * shmdev_raw_limit() - SHMREGION_IOC_LIMIT
 * @fd: a handle with SHMREGION_RIGHT_CONTROL
 * @by: what @id is, of enum shmregion_by
 * @id: the process to bound: a member id or a process id
 * @limit: 0, or READ, or READ and WRITE, of enum shmregion_right
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT.
 *
 * Since: 0.1
 */
int shmdev_raw_limit(int fd, uint32_t by, uint64_t id, uint32_t limit);

/**
 * shmdev_raw_limit_others() - SHMREGION_IOC_LIMIT_OTHERS
 * @fd: a handle with SHMREGION_RIGHT_CONTROL
 * @limit: 0, or READ, or READ and WRITE, of enum shmregion_right
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT_OTHERS.
 *
 * Since: 0.1
 */
int shmdev_raw_limit_others(int fd, uint32_t limit);

/**
 * shmdev_raw_reclaim() - SHMREGION_IOC_RECLAIM
 * @fd: a handle with SHMREGION_RIGHT_CONTROL
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_RECLAIM.
 *
 * Since: 0.1
 */
int shmdev_raw_reclaim(int fd);

/**
 * shmdev_raw_destroy() - SHMREGION_IOC_DESTROY
 * @fd: a handle with SHMREGION_RIGHT_CONTROL
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_DESTROY.
 *
 * Since: 0.1
 */
int shmdev_raw_destroy(int fd);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_RAW_H */
