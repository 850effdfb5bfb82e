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

/**
 * struct shmdev_process - what names a process to a region
 * @by: of enum shmregion_by
 * @id: a member id of the region, or a process id
 *
 * Made by shmdev_by_member() or shmdev_by_pid(), so that a number of one kind is
 * never taken for one of the other.
 */
struct shmdev_process {
	uint32_t by;
	uint64_t id;
};

/**
 * shmdev_by_member() - name a process by its member id
 * @member: what shmdev_region_attach() gave to that process
 *
 * The id needs no common pid namespace and never names another process. It has
 * a meaning in that one region only.
 *
 * Return: the name. 0 is the id of nobody: calls fail with EINVAL.
 *
 * Since: 0.1
 */
struct shmdev_process shmdev_by_member(uint64_t member);

/**
 * shmdev_by_pid() - name a process by its process id
 * @pid: its id in the caller's pid namespace
 *
 * The id of a process that has died can belong to another one by now. Use it
 * for a child that has not been waited for.
 *
 * Return: the name. Calls fail with EINVAL for 0, which SO_PEERCRED and
 * getppid() give for a process of another pid namespace, and for negative ids.
 *
 * Since: 0.1
 */
struct shmdev_process shmdev_by_pid(pid_t pid);

/*
 * Regions: creation
 */

/**
 * shmdev_region_create() - create a region
 * @size: size of the region in bytes
 * @mode: SHMREGION_MODE_WRITABLE or SHMREGION_MODE_UNSAFE
 * @flags: of enum shmregion_create_flags
 * @label: printable ASCII, shorter than SHMREGION_LABEL_SIZE; NULL is the
 *	empty label
 *
 * Opens the device for the time of the call. The handle has READ and WRITE, and
 * in a region with SHMREGION_CREATE_CONTROLLED it has CONTROL too: pass on what
 * shmdev_region_duplicate() makes. Without that flag nobody can ever take the
 * region from its owner, not even the caller. The caller is attached. If the
 * process has a hook (<shmdev/hooks.h>), it creates the region instead.
 *
 * Return: a region for shmdev_region_free(); NULL on error, with the errors of
 * shmdev_open(), SHMREGION_IOC_CREATE and SHMREGION_IOC_INFO, or of the hook.
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_region_create(uint64_t size, uint32_t mode,
					   uint32_t flags, const char *label);

/**
 * shmdev_region_create_at() - create a region through an open device
 * @dev_fd: the device; stays the caller's
 * @size: see shmdev_region_create()
 * @mode: see shmdev_region_create()
 * @flags: see shmdev_region_create()
 * @label: see shmdev_region_create()
 *
 * For a process that can no longer open the device, or that creates regions
 * often.
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
 * enum shmdev_adopt_modes - modes that shmdev_region_adopt() accepts
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
 * enum shmdev_adopt_flags - what else shmdev_region_adopt() insists on
 * @SHMDEV_ADOPT_TRUST_CONTROLLER: take a region with SHMREGION_STATE_CONTROLLED
 *	too. Its controller can take the memory away at any time, change it and
 *	give it back: the caller trusts it not to, or verifies after each use.
 * @SHMDEV_ADOPT_ALLOCATED: all memory of the region must be allocated, so that
 *	no touch can fail for want of memory
 */
enum shmdev_adopt_flags {
	SHMDEV_ADOPT_TRUST_CONTROLLER = 1 << 8,
	SHMDEV_ADOPT_ALLOCATED = 1 << 9
};

/**
 * shmdev_region_adopt() - verify a file descriptor and turn it into a region
 * @fd: what claims to be a handle, received from any process
 * @modes: modes to accept, bits of enum shmdev_adopt_modes
 * @rights: rights that the handle must have at least, bits of
 *	enum shmregion_right
 * @min_size: size in bytes that the region must have at least
 * @flags: of enum shmdev_adopt_flags
 *
 * Believes only the kernel. The file system that @fd is on shows whether it is
 * a handle, before any ioctl is made; mode, rights, size, control and memory
 * are what the kernel says. On success @fd belongs to the region and is made
 * close-on-exec. On error it stays the caller's, which must close it. The call
 * does not attach the caller.
 *
 * Without SHMDEV_ADOPT_TRUST_CONTROLLER the region has no controller and never
 * will: once the caller owns it, its content changes by the caller's own acts
 * alone, and can be parsed in place.
 *
 * A file descriptor to a file system that another process serves (FUSE, say)
 * can delay the call for as long as that process likes, as it can any call.
 *
 * Return: a region for shmdev_region_free(); NULL on error:
 *
 *  - EOPNOTSUPP: an unknown bit is set in @modes or @flags.
 *  - ENOTTY: @fd is not a handle.
 *  - EINVAL: the mode is not in @modes.
 *  - ERANGE: the region is smaller than @min_size.
 *  - EACCES: the handle lacks one of @rights.
 *  - EPERM: the region has a controller, and the caller did not say that it
 *    trusts it.
 *  - ENOSPC: not all memory is allocated, and the caller insists on it.
 *  - errors of fstatfs(2) and SHMREGION_IOC_INFO
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_region_adopt(int fd, uint32_t modes,
					  uint32_t rights, uint64_t min_size,
					  uint32_t flags);

/**
 * shmdev_region_adopt_and_acquire() - adopt a region and become its owner
 * @fd: what claims to be a handle, received from any process
 * @modes: SHMDEV_ADOPT_WRITABLE, SHMDEV_ADOPT_READONLY, or both
 * @min_size: see shmdev_region_adopt()
 * @flags: see shmdev_region_adopt()
 * @deadline_ns: as for shmdev_region_acquire(). To accept only what is
 *	available now, pass shmdev_deadline_after(0).
 * @out_flags: as for shmdev_region_acquire()
 *
 * For a receiver whose sender released the region, or transfers it when it
 * knows the receiver. Verifies first, as shmdev_region_adopt(), with READ and
 * WRITE as @rights, and does not attach to a region that it refuses. When it
 * returns, the caller owns the region, and the mode is still one of @modes and
 * cannot be changed by anybody else.
 *
 * Return: a region for shmdev_region_free(); NULL on error. @fd stays the
 * caller's then. The process may be attached, but no longer waits.
 *
 *  - EINVAL: the mode is not in @modes, or no longer is when the caller has
 *    become the owner. If this call made it the owner, it releases the region.
 *  - every other error of shmdev_region_adopt() and shmdev_region_acquire()
 *
 * Since: 0.1
 */
struct shmdev_region *
shmdev_region_adopt_and_acquire(int fd, uint32_t modes, uint64_t min_size,
				uint32_t flags, uint64_t deadline_ns,
				uint32_t *out_flags);

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
 * Mappings stay, and so does ownership. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_region_free(struct shmdev_region *region);

/**
 * shmdev_region_steal_fd() - free the object and keep the handle
 * @region: the region
 *
 * Return: the handle, which the caller must close; -1 for NULL.
 *
 * Since: 0.1
 */
int shmdev_region_steal_fd(struct shmdev_region *region);

/*
 * Regions: questions
 *
 * Size, rights, GUID and label never change, so the library asks for them once.
 * Answers to the other questions can be out of date when they arrive.
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
 * shmdev_region_info() - everything that the kernel reports, as of now
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
 * shmdev_region_attach() - agree to take part
 * @region: the region
 * @out_member: the caller's member id, to tell whoever is to transfer the region
 *	to it; may be NULL, is written on success only
 *
 * The caller can be given ownership then, if the handle has WRITE. Functions
 * that map (shmdev_region_map()) or acquire attach the caller themselves. To
 * attach again gives the same id.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_ATTACH.
 *
 * Since: 0.1
 */
int shmdev_region_attach(const struct shmdev_region *region,
			 uint64_t *out_member);

/**
 * shmdev_region_detach() - no longer take part
 * @region: the region
 *
 * Unmap everything and give ownership away first.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_DETACH.
 *
 * Since: 0.1
 */
int shmdev_region_detach(const struct shmdev_region *region);

/**
 * shmdev_region_member() - the caller's member id
 * @region: the region
 *
 * Return: 1 or more; 0 on error, with the errors of SHMREGION_IOC_INFO and:
 *
 *  - ESRCH: the process is not attached.
 *
 * Since: 0.1
 */
uint64_t shmdev_region_member(const struct shmdev_region *region);

/**
 * shmdev_region_transfer() - make another process the owner
 * @region: the region
 * @to: that process, attached: shmdev_by_member() or shmdev_by_pid()
 *
 * On success the caller's access is gone.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_TRANSFER.
 *
 * Since: 0.1
 */
int shmdev_region_transfer(const struct shmdev_region *region,
			   struct shmdev_process to);

/**
 * shmdev_region_transfer_and_wait() - the same, and wait to get it back
 * @region: the region
 * @to: as for shmdev_region_transfer()
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 * @out_flags: bits of enum shmregion_wait_out, written on success only. NULL:
 *	the caller does not care whether the content may be half written.
 *
 * Return: 0 when the caller is the owner again; -1 on error, with the errors of
 * SHMREGION_IOC_TRANSFER. After ETIMEDOUT and EINTR the transfer is done; call
 * shmdev_region_acquire() to go on waiting.
 *
 * Since: 0.1
 */
int shmdev_region_transfer_and_wait(const struct shmdev_region *region,
				    struct shmdev_process to,
				    uint64_t deadline_ns, uint32_t *out_flags);

/**
 * shmdev_region_release() - make nobody the owner
 * @region: the region
 *
 * The first process to acquire the region owns it then.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_RELEASE.
 *
 * Since: 0.1
 */
int shmdev_region_release(const struct shmdev_region *region);

/**
 * shmdev_region_acquire() - become the owner, or wait for it
 * @region: the region
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 * @out_flags: as for shmdev_region_transfer_and_wait(). With
 *	SHMREGION_OUT_WAS_OWNER the caller was the owner already: it was given
 *	the region, or never gave it away.
 *
 * Attaches the caller, which stays attached even if the call fails.
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
 * @out_flags: as for shmdev_region_acquire()
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
 * A controller is anyone who holds a handle with SHMREGION_RIGHT_CONTROL. Only
 * a region that was created with SHMREGION_CREATE_CONTROLLED has one.
 */

/**
 * shmdev_region_limit() - bound what one process may do
 * @region: the region
 * @process: one that attached: shmdev_by_member() or shmdev_by_pid()
 * @limit: 0, or READ, or READ and WRITE, of enum shmregion_right
 *
 * Holds for live mappings at once, and until that process ends or calls exec.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT.
 *
 * Since: 0.1
 */
int shmdev_region_limit(const struct shmdev_region *region,
			struct shmdev_process process, uint32_t limit);

/**
 * shmdev_region_limit_others() - bound all that have no limit of their own
 * @region: the region
 * @limit: as for shmdev_region_limit()
 *
 * Concerns all processes, also those that are not known yet, but the creator
 * and those named to shmdev_region_limit(). To give access to known members
 * alone, set this to 0 before the first handle is passed on.
 *
 * Return: 0; -1 on error, with the errors of SHMREGION_IOC_LIMIT_OTHERS.
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
 * Touching a mapping raises SIGSEGV then, in this process too.
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
