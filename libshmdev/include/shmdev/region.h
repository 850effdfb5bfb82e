/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Regions: a handle, and what can be done with it. */
#ifndef SHMDEV_REGION_H
#define SHMDEV_REGION_H

#include <stdint.h>
#include <sys/types.h>

#include <linux/shmregion.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_region - a handle, and what never changes about its region
 *
 * Freeing it closes the handle. Mappings and other handles stay.
 */
struct shmdev_region;

/*
 * Regions: making them
 */

/**
 * shmdev_region_create() - create a region
 * @size: size of the region in bytes
 * @mode: SHMREGION_MODE_WRITABLE or SHMREGION_MODE_UNSAFE
 * @flags: of enum shmregion_create_flags
 * @label: printable ASCII, shorter than SHMREGION_LABEL_SIZE; NULL is the
 *	empty label
 *
 * Opens the device for the time of the call. The handle has all rights,
 * SHMREGION_RIGHT_CONTROL too: pass on what shmdev_region_duplicate() makes.
 * If the process has a hook (<shmdev/hooks.h>), it creates the region instead.
 *
 * Return: a region for shmdev_region_free(); NULL on error, with the errors of
 * shmdev_open(), SHMREGION_IOC_CREATE and SHMREGION_IOC_INFO, or of the hook.
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_region_create(uint64_t size, uint32_t mode,
					   uint32_t flags, const char *label);

/**
 * shmdev_region_create_at() - create a region by an open device
 * @dev_fd: the device; stays the caller's
 * @size: see shmdev_region_create()
 * @mode: see shmdev_region_create()
 * @flags: see shmdev_region_create()
 * @label: see shmdev_region_create()
 *
 * For a process that can't open the device any more, or creates often.
 *
 * Return: a region for shmdev_region_free(); NULL on error, with the errors of
 * SHMREGION_IOC_CREATE and SHMREGION_IOC_INFO.
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_region_create_at(int dev_fd, uint64_t size,
					      uint32_t mode, uint32_t flags,
					      const char *label);

/**
 * enum shmdev_adopt_modes - modes that shmdev_region_adopt() is to take
 * @SHMDEV_ADOPT_WRITABLE: SHMREGION_MODE_WRITABLE. The owner can change the
 *	mode at any time.
 * @SHMDEV_ADOPT_READONLY: SHMREGION_MODE_READONLY. It stays so.
 * @SHMDEV_ADOPT_UNSAFE: SHMREGION_MODE_UNSAFE. It stays so.
 * @SHMDEV_ADOPT_ANY: every mode that this header knows
 */
enum shmdev_adopt_modes {
	SHMDEV_ADOPT_WRITABLE = 1 << SHMREGION_MODE_WRITABLE,
	SHMDEV_ADOPT_READONLY = 1 << SHMREGION_MODE_READONLY,
	SHMDEV_ADOPT_UNSAFE = 1 << SHMREGION_MODE_UNSAFE,
	SHMDEV_ADOPT_ANY = SHMDEV_ADOPT_WRITABLE | SHMDEV_ADOPT_READONLY |
			   SHMDEV_ADOPT_UNSAFE
};

/**
 * shmdev_region_adopt() - verify a file descriptor and make a region of it
 * @fd: what claims to be a handle, received from any process
 * @modes: modes to take, bits of enum shmdev_adopt_modes
 * @rights: rights that the handle must have at least, bits of
 *	enum shmregion_right
 * @min_size: size in bytes that the region must have at least
 *
 * Believes nobody but the kernel: that @fd is a handle is known from the file
 * system that it is on, before any ioctl; mode, rights and size are what the
 * kernel says. On success @fd belongs to the region and is made close-on-exec.
 * On error it stays the caller's, to close.
 *
 * A file descriptor to a file system that another process serves (FUSE, say)
 * can delay the call for as long as that process likes, as it can any call.
 *
 * Return: a region for shmdev_region_free(); NULL on error:
 *
 *  - ENOTTY: @fd is not a handle.
 *  - EINVAL: the mode is not in @modes, or the region is smaller than
 *    @min_size.
 *  - EACCES: the handle lacks one of @rights.
 *  - errors of fstatfs(2) and SHMREGION_IOC_INFO
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_region_adopt(int fd, uint32_t modes,
					  uint32_t rights, uint64_t min_size);

/**
 * shmdev_region_duplicate() - make another handle with the same or fewer rights
 * @region: the region
 * @rights: of the new handle, bits of enum shmregion_right
 *
 * Return: a region for shmdev_region_free(); NULL on error, with the errors of
 * SHMREGION_IOC_DUP and SHMREGION_IOC_INFO.
 *
 * Since: 0.1
 */
struct shmdev_region *
shmdev_region_duplicate(const struct shmdev_region *region, uint32_t rights);

/**
 * shmdev_region_free() - close the handle and free the object
 * @region: the region, or NULL
 *
 * Mappings stay, and so does ownership. Keeps errno.
 *
 * Since: 0.1
 */
void shmdev_region_free(struct shmdev_region *region);

/**
 * shmdev_region_steal_fd() - free the object and keep the handle
 * @region: the region
 *
 * Return: the handle, that the caller must close; -1 for NULL.
 *
 * Since: 0.1
 */
int shmdev_region_steal_fd(struct shmdev_region *region);

/*
 * Regions: questions
 *
 * Size, rights, GUID and label never change; they were asked for once. Answers
 * to the other questions can be old when they arrive.
 */

/**
 * shmdev_region_fd() - the handle, to pass on or to poll
 * @region: the region
 *
 * Return: the handle, which still belongs to the region; -1 for NULL.
 *
 * Since: 0.1
 */
int shmdev_region_fd(const struct shmdev_region *region);

/**
 * shmdev_region_size() - size in bytes, exactly as created
 * @region: the region
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
uint64_t shmdev_region_size(const struct shmdev_region *region);

/**
 * shmdev_region_rights() - rights of the handle
 * @region: the region
 *
 * Return: bits of enum shmregion_right; 0 for NULL.
 *
 * Since: 0.1
 */
uint32_t shmdev_region_rights(const struct shmdev_region *region);

/**
 * shmdev_region_guid() - the region's identity, the same for all its handles
 * @region: the region
 *
 * Return: SHMREGION_GUID_SIZE bytes that live as long as the object; NULL for
 * NULL.
 *
 * Since: 0.1
 */
const uint8_t *shmdev_region_guid(const struct shmdev_region *region);

/**
 * shmdev_region_label() - the region's name for people
 * @region: the region
 *
 * Return: a string, maybe empty, that lives as long as the object; NULL for
 * NULL.
 *
 * Since: 0.1
 */
const char *shmdev_region_label(const struct shmdev_region *region);

/**
 * shmdev_region_info() - all that the kernel tells, as of now
 * @region: the region
 * @info: see shmdev_raw_info()
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_INFO.
 *
 * Since: 0.1
 */
int shmdev_region_info(const struct shmdev_region *region,
		       struct shmregion_info *info);

/**
 * shmdev_region_mode() - the mode as of now
 * @region: the region
 *
 * Return: of enum shmregion_mode; -1 on error, with the errors of
 * SHMREGION_IOC_INFO.
 *
 * Since: 0.1
 */
int shmdev_region_mode(const struct shmdev_region *region);

/**
 * shmdev_region_same() - are two handles of one region?
 * @one: a region
 * @other: a region
 *
 * Compares the GUIDs, and has the kernel say that both are one file.
 *
 * Return: 1 or 0; -1 on error, with the errors of fstat(2).
 *
 * Since: 0.1
 */
int shmdev_region_same(const struct shmdev_region *one,
		       const struct shmdev_region *other);

/*
 * Regions: ownership
 */

/**
 * shmdev_region_attach() - agree to be given ownership
 * @region: the region
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_ATTACH.
 *
 * Since: 0.1
 */
int shmdev_region_attach(const struct shmdev_region *region);

/**
 * shmdev_region_detach() - no longer agree
 * @region: the region
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_DETACH.
 *
 * Since: 0.1
 */
int shmdev_region_detach(const struct shmdev_region *region);

/**
 * shmdev_region_transfer() - make another process the owner
 * @region: the region
 * @pid: that process, by its id in the caller's pid namespace
 *
 * On success the caller's access is gone.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_TRANSFER. EINVAL
 * too when @pid is SHMREGION_PID_NOBODY, so that an unknown id (SO_PEERCRED
 * gives 0 for a process of another pid namespace) releases nothing.
 *
 * Since: 0.1
 */
int shmdev_region_transfer(const struct shmdev_region *region, pid_t pid);

/**
 * shmdev_region_transfer_and_wait() - the same, and wait to get it back
 * @region: the region
 * @pid: as for shmdev_region_transfer()
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 * @out_flags: bits of enum shmregion_wait_out, written on success only. NULL:
 *	the caller does not care whether the content may be half written.
 *
 * Return: 0 when the caller is the owner again; -1 on error, with the errors
 * of SHMREGION_IOC_TRANSFER. After ETIMEDOUT and EINTR the transfer is done;
 * to wait on is to call shmdev_region_acquire().
 *
 * Since: 0.1
 */
int shmdev_region_transfer_and_wait(const struct shmdev_region *region,
				    pid_t pid, uint64_t deadline_ns,
				    uint32_t *out_flags);

/**
 * shmdev_region_release() - make nobody the owner
 * @region: the region
 *
 * The first process to acquire the region owns it then.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_TRANSFER.
 *
 * Since: 0.1
 */
int shmdev_region_release(const struct shmdev_region *region);

/**
 * shmdev_region_acquire() - become the owner, or wait for it
 * @region: the region
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 * @out_flags: as for shmdev_region_transfer_and_wait()
 *
 * Return: 0 when the caller is the owner; -1 on error, with the errors of
 * SHMREGION_IOC_ACQUIRE.
 *
 * Since: 0.1
 */
int shmdev_region_acquire(const struct shmdev_region *region,
			  uint64_t deadline_ns, uint32_t *out_flags);

/**
 * shmdev_region_try_acquire() - become the owner if that needs no wait
 * @region: the region
 * @out_flags: as for shmdev_region_transfer_and_wait()
 *
 * Return: 0 when the caller is the owner; -1 on error, with the errors of
 * SHMREGION_IOC_ACQUIRE, EAGAIN when another process is.
 *
 * Since: 0.1
 */
int shmdev_region_try_acquire(const struct shmdev_region *region,
			      uint32_t *out_flags);

/*
 * Regions: conversions, one way and for ever
 */

/**
 * shmdev_region_publish() - WRITABLE to READONLY; the owner stays the writer
 * @region: the region
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_PUBLISH.
 *
 * Since: 0.1
 */
int shmdev_region_publish(const struct shmdev_region *region);

/**
 * shmdev_region_freeze() - WRITABLE or READONLY to READONLY without a writer
 * @region: the region
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_FREEZE.
 *
 * Since: 0.1
 */
int shmdev_region_freeze(const struct shmdev_region *region);

/**
 * shmdev_region_share() - WRITABLE to UNSAFE
 * @region: the region
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_SHARE.
 *
 * Since: 0.1
 */
int shmdev_region_share(const struct shmdev_region *region);

/*
 * Regions: what a controller can do
 *
 * A controller is whoever holds a handle with SHMREGION_RIGHT_CONTROL.
 */

/**
 * shmdev_region_limit() - bound what one process may do
 * @region: the region
 * @pid: an attached process, by its id in the caller's pid namespace
 * @limit: 0, or READ, or READ and WRITE, of enum shmregion_right
 *
 * Holds for live mappings at once, and until that process ends.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT. EINVAL too
 * when @pid is SHMREGION_PID_NOBODY, so that an unknown id does not bound all
 * others.
 *
 * Since: 0.1
 */
int shmdev_region_limit(const struct shmdev_region *region, pid_t pid,
			uint32_t limit);

/**
 * shmdev_region_limit_others() - bound all that have no limit of their own
 * @region: the region
 * @limit: as for shmdev_region_limit()
 *
 * All but those named to shmdev_region_limit(): also the caller, and processes
 * that are not known yet.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT.
 *
 * Since: 0.1
 */
int shmdev_region_limit_others(const struct shmdev_region *region,
			       uint32_t limit);

/**
 * shmdev_region_reclaim() - take the region from its owner
 * @region: the region
 *
 * Return: 0 when the caller is the owner; -1 on error, with the errors of
 * SHMREGION_IOC_RECLAIM.
 *
 * Since: 0.1
 */
int shmdev_region_reclaim(const struct shmdev_region *region);

/**
 * shmdev_region_destroy() - end the region and free its memory
 * @region: the region; the object stays, for shmdev_region_free()
 *
 * Touching a mapping is SIGSEGV then, here too.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_DESTROY.
 *
 * Since: 0.1
 */
int shmdev_region_destroy(const struct shmdev_region *region);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_REGION_H */
