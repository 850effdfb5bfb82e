/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * shmregion: shared memory regions whose access rules the kernel enforces.
 *
 * The device is /dev/shmregion. Documentation/uapi.rst has one section for
 * each ioctl; Documentation/design.rst explains the rules.
 */
#ifndef _UAPI_LINUX_SHMREGION_H
#define _UAPI_LINUX_SHMREGION_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General ioctl format
 *
 * Every argument is a structure whose first member, @size, is the size in
 * bytes of the structure that the caller was compiled with. A kernel that
 * knows a longer structure takes the missing tail as zero. A kernel that knows
 * a shorter one accepts the call when the tail it does not know is zero. So
 * old and new programs and kernels work together in every combination, and the
 * ioctl numbers carry no size.
 *
 * Structures have the same layout for 32 and 64 bit callers. Members whose
 * name begins with out\_ are written by the kernel and ignored on entry. All
 * other members, and everything reserved, must be initialised.
 *
 * Arguments are checked in the order of this list, and a call that fails has
 * changed nothing, except where its own section says otherwise:
 *
 *  - ENOTTY: the number is not a command of this kind of file.
 *  - EFAULT: @size cannot be read at the address given.
 *  - EINVAL: @size is smaller than the first version of the structure.
 *  - E2BIG: @size is larger than a page, or the tail that this kernel does not
 *    know is not zero.
 *  - EFAULT: the rest cannot be read. Whether it can be written is found out at
 *    the end, before anything has changed.
 *  - EOPNOTSUPP: an unknown bit is set in flags, or a reserved member is not
 *    zero.
 *  - EINVAL: a value is out of its range.
 *  - EOVERFLOW: a size or a sum of sizes cannot be represented.
 *  - EPERM: the handle lacks CONTROL.
 *  - EACCES: the handle lacks the right for this.
 *  - ENODEV: the region was destroyed.
 *  - EINVAL: the region's mode does not have this operation.
 *  - EPERM: the caller is not the owner.
 *  - ESRCH: no such member or process, or one that is not attached.
 *  - EACCES: the limit of a controller forbids it.
 *  - EBUSY: the object is in use.
 *  - EAGAIN: not now; the caller asked not to wait.
 *  - ETIMEDOUT: not before the deadline.
 *  - ECANCELED: what is waited for cannot happen any more.
 *  - ENOSPC: the module's limit for one region, or for all together
 *    (Documentation/uapi.rst, LIMITS).
 *  - EDQUOT: the module's limit for the regions of one user.
 *  - ENOMEM, EMFILE, ENFILE: as for every system call.
 *
 * A signal ends a wait with EINTR. Where the handler was installed with
 * SA_RESTART, or where there is none (a process that is stopped and continued,
 * frozen or traced), the wait goes on by itself: the deadline is absolute, on
 * CLOCK_MONOTONIC as the caller's time namespace has it.
 *
 * On a handle with O_NONBLOCK set (fcntl(2), F_SETFL) nothing waits: acquire
 * fails with EAGAIN where it would wait, and so does the wait after a transfer,
 * which is done by then.
 */

/**
 * DOC: Members
 *
 * A process takes part in a region by its own explicit call: it creates the
 * region, attaches, acquires or reclaims. In that region it then is a member
 * and has a member id: a 64-bit number that starts at 1 and is never used
 * twice in the region. The id and the limit that a controller set for it belong
 * to the process until its address space goes (exit or exec): to detach and
 * attach again gives the same id and the same limit.
 *
 * A receiver is named by its member id, which needs no common pid namespace and
 * never names another process, or by its process id in the namespace of the
 * caller. SHMREGION_BY_MEMBER and SHMREGION_BY_PID tell which; 0 is no valid id
 * of either kind, so an id that could not be translated never stands for
 * nobody, nor for everybody.
 */

/* ioctl-number.rst has no other user of this letter. */
#define SHMREGION_IOC_TYPE	0xBC

/* The version that SHMREGION_IOC_VERSION reports for this header. */
#define SHMREGION_ABI_VERSION	1

/* f_type of fstatfs(2) on a handle: tells a handle from any other file. */
#define SHMREGION_SUPER_MAGIC	0x53484d52

/* Size in bytes of a label, its terminating NUL included. */
#define SHMREGION_LABEL_SIZE	32

/* Size in bytes of a GUID. */
#define SHMREGION_GUID_SIZE	16

/**
 * enum shmregion_mode - the access rule of a region
 * @SHMREGION_MODE_WRITABLE: only the owner reads and writes.
 * @SHMREGION_MODE_READONLY: everybody reads; the owner, if there is one,
 *	writes.
 * @SHMREGION_MODE_UNSAFE: everybody reads and writes; there is no owner.
 *
 * The mode only ever changes from WRITABLE to one of the other two. Zero is
 * never valid.
 */
enum shmregion_mode {
	SHMREGION_MODE_WRITABLE = 1,
	SHMREGION_MODE_READONLY = 2,
	SHMREGION_MODE_UNSAFE = 3,
};

/**
 * enum shmregion_right - what a handle allows, and what a process may do
 * @SHMREGION_RIGHT_READ: map for reading. Every handle has it.
 * @SHMREGION_RIGHT_WRITE: map for writing, own the region, hand it over.
 * @SHMREGION_RIGHT_CONTROL: set limits, reclaim, destroy. Only handles of a
 *	controlled region can have it: what create returns has it, a duplicate
 *	has it only when asked for.
 */
enum shmregion_right {
	SHMREGION_RIGHT_READ = 1 << 0,
	SHMREGION_RIGHT_WRITE = 1 << 1,
	SHMREGION_RIGHT_CONTROL = 1 << 2,
};

/* A deadline of zero, here by name: wait for as long as it takes. */
#define SHMREGION_NO_DEADLINE	0

/**
 * enum shmregion_by - how a number names a process
 * @SHMREGION_BY_MEMBER: a member id in this region
 * @SHMREGION_BY_PID: a process id in the caller's pid namespace
 *
 * Zero is never valid.
 */
enum shmregion_by {
	SHMREGION_BY_MEMBER = 1,
	SHMREGION_BY_PID = 2,
};

/**
 * struct shmregion_version - ioctl(SHMREGION_IOC_VERSION)
 * @size: sizeof(struct shmregion_version)
 * @flags: must be 0
 * @out_abi: the newest ABI version the kernel knows, 1 or more
 * @__reserved: must be 0
 *
 * Works on the device and on handles. A version adds commands, flags or
 * members; it never changes what an older one has.
 */
struct shmregion_version {
	__u32 size;
	__u32 flags;
	__u32 out_abi;
	__u32 __reserved;
};

/**
 * enum shmregion_create_flags - flags of struct shmregion_create
 * @SHMREGION_CREATE_POPULATE: allocate all pages now. Without it a page is
 *	allocated at its first touch.
 * @SHMREGION_CREATE_CONTROLLED: the region has a controller, for ever: the
 *	holder of a handle with CONTROL, which the call returns. Without it
 *	nobody can ever limit, reclaim or destroy the region, not even its
 *	creator.
 * @SHMREGION_CREATE_HUGE: round the capacity up to whole huge pages, however
 *	much that wastes. Without it this is done where it wastes at most an eighth
 *	of the capacity and no limit forbids it.
 */
enum shmregion_create_flags {
	SHMREGION_CREATE_POPULATE = 1 << 0,
	SHMREGION_CREATE_CONTROLLED = 1 << 1,
	SHMREGION_CREATE_HUGE = 1 << 2,
};

/**
 * struct shmregion_create - ioctl(SHMREGION_IOC_CREATE)
 * @size: sizeof(struct shmregion_create)
 * @flags: of enum shmregion_create_flags
 * @region_size: size of the region in bytes, 1 up to the module's limit. It
 *	never changes.
 * @mode: SHMREGION_MODE_WRITABLE, with the caller as owner, or
 *	SHMREGION_MODE_UNSAFE. A region becomes READONLY later, by
 *	SHMREGION_IOC_PUBLISH or SHMREGION_IOC_FREEZE.
 * @out_fd: the handle, close-on-exec, with READ and WRITE, and with CONTROL in
 *	a controlled region
 * @out_member: the caller's member id
 * @label: a name for people, for debugging only: printable ASCII with a
 *	terminating NUL, may be empty
 *
 * On the device only. The memory is zero. The caller is attached. Memory comes in
 * pages, and in huge pages where there are any, so the region has a capacity that
 * can be larger than @region_size. It belongs to the region like the rest: it can
 * be mapped, is zero at first, and counts for the limits. In a
 * controlled region it also has a limit of its own, READ and WRITE, so that
 * SHMREGION_IOC_LIMIT_OTHERS does not concern it.
 *
 * EINVAL: @region_size is 0, @mode is neither of the two, or @label is not as
 * described. EOVERFLOW: @region_size cannot be rounded up to pages. ENOSPC:
 * over the module's limit for a region or for all regions. EDQUOT: over its
 * limit for the regions of one user. ENOMEM: no memory, with
 * SHMREGION_CREATE_POPULATE for all the pages.
 */
struct shmregion_create {
	__u32 size;
	__u32 flags;
	__aligned_u64 region_size;
	__u32 mode;
	__s32 out_fd;
	__aligned_u64 out_member;
	char label[SHMREGION_LABEL_SIZE];
};

/**
 * enum shmregion_state - bits of shmregion_info.out_state
 * @SHMREGION_STATE_OWNED: some process owns the region.
 * @SHMREGION_STATE_FROZEN: READONLY without an owner for ever: the content
 *	can never change again.
 * @SHMREGION_STATE_OWNER_DIED: the last owner's address space went away (exit,
 *	kill or exec) while it owned the region, and nobody has acquired it
 *	since. The content may be half written.
 * @SHMREGION_STATE_CONTROLLED: created with SHMREGION_CREATE_CONTROLLED: the
 *	holder of a handle with CONTROL can take access away from anybody at any
 *	time. Anyone who takes part trusts that controller. Never changes.
 * @SHMREGION_STATE_ALLOCATED: all pages of the region are allocated: no touch
 *	needs memory for the region. Once set it stays until the region is
 *	destroyed.
 * @SHMREGION_STATE_REVOKING: the owner is losing its access by an act of its
 *	own, its death or a controller, and has none any more. Until that is
 *	complete nobody has more access than before, and INFO reports all else
 *	as it was.
 */
enum shmregion_state {
	SHMREGION_STATE_OWNED = 1 << 0,
	SHMREGION_STATE_FROZEN = 1 << 1,
	SHMREGION_STATE_OWNER_DIED = 1 << 2,
	SHMREGION_STATE_CONTROLLED = 1 << 3,
	SHMREGION_STATE_ALLOCATED = 1 << 4,
	SHMREGION_STATE_REVOKING = 1 << 5,
};

/**
 * enum shmregion_writers - who can write to the region
 * @SHMREGION_WRITERS_NONE: nobody, and nobody ever again: it is frozen.
 * @SHMREGION_WRITERS_UNOWNED: nobody, until some process acquires it.
 * @SHMREGION_WRITERS_CALLER: only the calling process.
 * @SHMREGION_WRITERS_OTHER: one other process.
 * @SHMREGION_WRITERS_ALL: every process with a READ+WRITE handle.
 *
 * The answer holds until the generation changes. While it is CALLER in a region
 * without SHMREGION_STATE_CONTROLLED, only acts of the caller itself can make it
 * change. In a controlled region the controller can reclaim the region, limit
 * the caller and destroy the region at any time.
 */
enum shmregion_writers {
	SHMREGION_WRITERS_NONE = 0,
	SHMREGION_WRITERS_UNOWNED = 1,
	SHMREGION_WRITERS_CALLER = 2,
	SHMREGION_WRITERS_OTHER = 3,
	SHMREGION_WRITERS_ALL = 4,
};

/**
 * struct shmregion_info - ioctl(SHMREGION_IOC_INFO)
 * @size: sizeof(struct shmregion_info)
 * @flags: must be 0
 * @out_region_size: size of the region in bytes, as it was created
 * @out_capacity: what mmap() can cover, in bytes: the size rounded up to pages,
 *	or to whole huge pages (enum shmregion_create_flags). Never changes.
 * @out_allocated: bytes of the capacity that are allocated; 0 when the caller
 *	is not attached. Anybody can see in @out_state whether it is all.
 * @out_generation: starts at 1; every change of owner or mode adds to it
 * @out_member: the caller's member id; 0 when it is not attached
 * @out_owner_member: the owner's member id; 0 without an owner
 * @out_guid: the region's identity, a random UUID (RFC 9562, version 4), the
 *	same for all its handles
 * @out_label: as it was created, with a terminating NUL
 * @out_mode: of enum shmregion_mode
 * @out_state: bits of enum shmregion_state
 * @out_rights: of this handle, bits of enum shmregion_right
 * @out_access: READ and WRITE as far as the calling process has them now
 *	through this handle
 * @out_writers: of enum shmregion_writers
 * @out_owner_pid: process id of the owner in the caller's pid namespace, for
 *	people to read; 0 without an owner, or when it is not visible there
 *
 * All members are of one moment.
 */
struct shmregion_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_region_size;
	__aligned_u64 out_capacity;
	__aligned_u64 out_allocated;
	__aligned_u64 out_generation;
	__aligned_u64 out_member;
	__aligned_u64 out_owner_member;
	__u8 out_guid[SHMREGION_GUID_SIZE];
	char out_label[SHMREGION_LABEL_SIZE];
	__u32 out_mode;
	__u32 out_state;
	__u32 out_rights;
	__u32 out_access;
	__u32 out_writers;
	__s32 out_owner_pid;
};

/**
 * struct shmregion_dup - ioctl(SHMREGION_IOC_DUP)
 * @size: sizeof(struct shmregion_dup)
 * @flags: must be 0
 * @rights: rights of the new handle, bits of enum shmregion_right, READ among
 *	them
 * @out_fd: the new handle, close-on-exec
 *
 * EINVAL: @rights lacks READ or has an unknown bit. EACCES: @rights is more
 * than this handle has.
 */
struct shmregion_dup {
	__u32 size;
	__u32 flags;
	__u32 rights;
	__s32 out_fd;
};

/**
 * struct shmregion_attach - ioctl(SHMREGION_IOC_ATTACH)
 * @size: sizeof(struct shmregion_attach)
 * @flags: must be 0
 * @out_member: the caller's member id
 *
 * The calling process agrees to take part: it can be given ownership, and it
 * can map memory from which access may be taken away later. A process attaches
 * by this call, and by SHMREGION_IOC_CREATE, SHMREGION_IOC_ACQUIRE and
 * SHMREGION_IOC_RECLAIM; mmap() attaches nobody. Only a process that attached
 * by a handle with WRITE can own. Attaching again is not an error and adds
 * rights. The attachment ends by SHMREGION_IOC_DETACH or with the address space
 * (exit or exec). A fork child is not attached.
 */
struct shmregion_attach {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_member;
};

/**
 * struct shmregion_detach - ioctl(SHMREGION_IOC_DETACH)
 * @size: sizeof(struct shmregion_detach)
 * @flags: must be 0
 *
 * ESRCH: the calling process is not attached. EBUSY: it owns the region or maps
 * anything of it.
 */
struct shmregion_detach {
	__u32 size;
	__u32 flags;
};

/**
 * enum shmregion_wait_out - bits of out_flags of the calls that wait
 * @SHMREGION_OUT_OWNER_DIED: the owner before died while it owned the region,
 *	so the content may be half written. Told once, to the next owner.
 * @SHMREGION_OUT_WAS_OWNER: the caller was the owner already, for example
 *	because the region was transferred to it. Without it nobody owned the
 *	region, and the call made the caller the owner.
 * @SHMREGION_OUT_TRANSFERRED: a signal interrupted the wait after a transfer,
 *	which is done. Only SHMREGION_IOC_TRANSFER sets it, when it fails with
 *	EINTR, and reads it: called again with the structure as it is, the call
 *	goes on with the wait.
 * @SHMREGION_OUT_READONLY: the mode is READONLY, so all can read what the caller,
 *	who owns the region, writes. Without it the mode is WRITABLE, until the
 *	caller itself changes it.
 */
enum shmregion_wait_out {
	SHMREGION_OUT_OWNER_DIED = 1 << 0,
	SHMREGION_OUT_WAS_OWNER = 1 << 1,
	SHMREGION_OUT_TRANSFERRED = 1 << 2,
	SHMREGION_OUT_READONLY = 1 << 3,
};

/**
 * enum shmregion_transfer_flags - flags of struct shmregion_transfer
 * @SHMREGION_TRANSFER_WAIT: after the transfer wait until the region comes
 *	back, as SHMREGION_IOC_ACQUIRE does
 */
enum shmregion_transfer_flags {
	SHMREGION_TRANSFER_WAIT = 1 << 0,
};

/**
 * struct shmregion_transfer - ioctl(SHMREGION_IOC_TRANSFER)
 * @size: sizeof(struct shmregion_transfer)
 * @flags: of enum shmregion_transfer_flags
 * @id: the process that is to own the region
 * @by: what @id is, of enum shmregion_by
 * @out_flags: with SHMREGION_TRANSFER_WAIT, bits of enum shmregion_wait_out;
 *	initialise it to 0
 * @deadline_ns: with SHMREGION_TRANSFER_WAIT, absolute time on CLOCK_MONOTONIC
 *	in nanoseconds (more than INT64_MAX is never reached), or
 *	SHMREGION_NO_DEADLINE; must be 0 without it
 *
 * When the call returns no CPU has a translation left by which the caller
 * could write, or in WRITABLE mode read; then, not before, the receiver is the
 * owner. A transfer to oneself succeeds and changes nothing.
 *
 * EINVAL: @by is neither of the two, @id is 0 or no possible process id,
 * @deadline_ns is given without a wait, or the mode is UNSAFE or the region
 * frozen. EACCES: this handle lacks WRITE, the receiver attached without WRITE,
 * or a controller limited it to nothing. EPERM: the caller is not the owner.
 * ESRCH: @id names no process, or one that is not attached.
 *
 * Some errors come from the wait alone, when the transfer is done already.
 * ETIMEDOUT, EINTR, and EAGAIN on a handle with O_NONBLOCK:
 * SHMREGION_IOC_ACQUIRE can go on waiting. ECANCELED: the region was frozen,
 * shared or destroyed meanwhile, another thread detached the caller, or a
 * controller limited it to nothing. EFAULT: the structure was unmapped
 * meanwhile; the caller may be the owner.
 */
struct shmregion_transfer {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__u32 by;
	__u32 out_flags;
	__aligned_u64 deadline_ns;
};

/**
 * struct shmregion_release - ioctl(SHMREGION_IOC_RELEASE)
 * @size: sizeof(struct shmregion_release)
 * @flags: must be 0
 *
 * Hands the region over to nobody: the first process to acquire it owns it.
 * What SHMREGION_IOC_TRANSFER says of the sender holds for the caller.
 *
 * EINVAL: the mode is UNSAFE or the region frozen. EACCES: this handle lacks
 * WRITE. EPERM: the caller is not the owner.
 */
struct shmregion_release {
	__u32 size;
	__u32 flags;
};

/**
 * enum shmregion_acquire_flags - flags of struct shmregion_acquire
 * @SHMREGION_ACQUIRE_NOWAIT: EAGAIN instead of a wait
 */
enum shmregion_acquire_flags {
	SHMREGION_ACQUIRE_NOWAIT = 1 << 0,
};

/**
 * struct shmregion_acquire - ioctl(SHMREGION_IOC_ACQUIRE)
 * @size: sizeof(struct shmregion_acquire)
 * @flags: of enum shmregion_acquire_flags
 * @deadline_ns: absolute time on CLOCK_MONOTONIC in nanoseconds (more than
 *	INT64_MAX is never reached), or SHMREGION_NO_DEADLINE; must be 0 with
 *	SHMREGION_ACQUIRE_NOWAIT
 * @out_member: the caller's member id
 * @out_flags: bits of enum shmregion_wait_out
 * @__reserved: must be 0
 *
 * Attaches the caller, which stays attached even if it does not get the region.
 * Succeeds when the caller owns the region already, for example because it was
 * transferred to it, or when nobody does: then the caller is the owner.
 * Otherwise waits until one of the two is so. Exactly one of several callers
 * gets an unowned region.
 *
 * EINVAL: the mode is UNSAFE or the region frozen, on entry or while waiting,
 * or @deadline_ns is given with NOWAIT. EACCES: this handle lacks WRITE, or a
 * controller limited the caller to nothing, on entry or while waiting. EAGAIN:
 * another process owns it, with SHMREGION_ACQUIRE_NOWAIT. ETIMEDOUT: the same
 * at the deadline. ESRCH: another thread detached the caller meanwhile.
 */
struct shmregion_acquire {
	__u32 size;
	__u32 flags;
	__aligned_u64 deadline_ns;
	__aligned_u64 out_member;
	__u32 out_flags;
	__u32 __reserved;
};

/**
 * struct shmregion_convert - ioctl(SHMREGION_IOC_PUBLISH), FREEZE and SHARE
 * @size: sizeof(struct shmregion_convert)
 * @flags: must be 0
 *
 * The owner changes the mode, one way and for ever:
 *
 *  - PUBLISH, from WRITABLE: READONLY. The owner stays the one writer.
 *  - FREEZE, from WRITABLE or READONLY: READONLY, without an owner. When the
 *    call returns no CPU has a writable translation left and the content can
 *    never change again.
 *  - SHARE, from WRITABLE: UNSAFE, without an owner.
 *
 * EINVAL: the mode is another one. EACCES: the handle lacks WRITE, or the limit
 * of a controller forbids it: FREEZE takes a limit of READ or more, PUBLISH and
 * SHARE one of READ and WRITE. EPERM: the caller is not the owner.
 */
struct shmregion_convert {
	__u32 size;
	__u32 flags;
};

/**
 * struct shmregion_limit - ioctl(SHMREGION_IOC_LIMIT)
 * @size: sizeof(struct shmregion_limit)
 * @flags: must be 0
 * @id: the process, one that is attached or was
 * @by: what @id is, of enum shmregion_by
 * @limit: what it may have at most: 0, READ, or READ and WRITE, of
 *	enum shmregion_right
 *
 * A controller bounds what a process may do, whatever handles that process
 * holds and whatever it owns. When the call returns no CPU has a translation
 * left that goes beyond the limit; live mappings work again as far as they may
 * when it is raised. A process that may only read must have mapped for reading:
 * through an ordinary mapping that is writable (Documentation/uapi.rst, MMAP)
 * it gets nothing. The limit of a member stays its own until its address space
 * goes. A process limited to nothing cannot be given the region, acquire it or
 * change its mode; as the owner it can still transfer and release it. Pages
 * that were pinned for I/O while everybody could read or write them stay
 * pinned.
 *
 * EINVAL: @by is neither of the two, @id is 0 or no possible process id, or
 * @limit is none of the three. EPERM: this handle lacks CONTROL. ESRCH: @id
 * names no process, or one that never attached.
 */
struct shmregion_limit {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__u32 by;
	__u32 limit;
};

/**
 * struct shmregion_limit_others - ioctl(SHMREGION_IOC_LIMIT_OTHERS)
 * @size: sizeof(struct shmregion_limit_others)
 * @flags: must be 0
 * @limit: what they may have at most: 0, READ, or READ and WRITE, of
 *	enum shmregion_right
 * @__reserved: must be 0
 *
 * As SHMREGION_IOC_LIMIT, for all processes that have no limit of their own:
 * those that take part now and those that will. The creator has one of its own.
 * A new region limits nobody; to give access to known members alone set this to
 * 0 first.
 *
 * EINVAL: @limit is none of the three. EPERM: this handle lacks CONTROL.
 */
struct shmregion_limit_others {
	__u32 size;
	__u32 flags;
	__u32 limit;
	__u32 __reserved;
};

/**
 * struct shmregion_reclaim - ioctl(SHMREGION_IOC_RECLAIM)
 * @size: sizeof(struct shmregion_reclaim)
 * @flags: must be 0
 *
 * A controller takes the region away from its owner, if there is one, and is
 * the owner. What SHMREGION_IOC_TRANSFER says of the sender holds for that
 * owner. It may have been in the middle of writing. Attaches the caller.
 *
 * EPERM: this handle lacks CONTROL. EACCES: it lacks WRITE, or the caller is
 * limited to nothing. EINVAL: the mode is UNSAFE or the region frozen.
 */
struct shmregion_reclaim {
	__u32 size;
	__u32 flags;
};

/**
 * struct shmregion_destroy - ioctl(SHMREGION_IOC_DESTROY)
 * @size: sizeof(struct shmregion_destroy)
 * @flags: must be 0
 *
 * A controller ends the region. When the call returns no CPU has a translation
 * left and the memory is free, even where a process clings to its mapping (what
 * is pinned for I/O is free when the I/O ends). Touching a mapping raises
 * SIGSEGV; mmap() and every ioctl on a handle but SHMREGION_IOC_VERSION fail
 * with ENODEV.
 *
 * EPERM: this handle lacks CONTROL.
 */
struct shmregion_destroy {
	__u32 size;
	__u32 flags;
};

/* On the device and on handles. */
#define SHMREGION_IOC_VERSION	_IO(SHMREGION_IOC_TYPE, 0x00)

/* On the device. */
#define SHMREGION_IOC_CREATE	_IO(SHMREGION_IOC_TYPE, 0x01)

/* On handles. */
#define SHMREGION_IOC_INFO	_IO(SHMREGION_IOC_TYPE, 0x10)
#define SHMREGION_IOC_DUP	_IO(SHMREGION_IOC_TYPE, 0x11)
#define SHMREGION_IOC_ATTACH	_IO(SHMREGION_IOC_TYPE, 0x12)
#define SHMREGION_IOC_DETACH	_IO(SHMREGION_IOC_TYPE, 0x13)
#define SHMREGION_IOC_TRANSFER	_IO(SHMREGION_IOC_TYPE, 0x14)
#define SHMREGION_IOC_ACQUIRE	_IO(SHMREGION_IOC_TYPE, 0x15)
#define SHMREGION_IOC_PUBLISH	_IO(SHMREGION_IOC_TYPE, 0x16)
#define SHMREGION_IOC_FREEZE	_IO(SHMREGION_IOC_TYPE, 0x17)
#define SHMREGION_IOC_SHARE	_IO(SHMREGION_IOC_TYPE, 0x18)
#define SHMREGION_IOC_RELEASE	_IO(SHMREGION_IOC_TYPE, 0x19)

/* On handles with CONTROL. */
#define SHMREGION_IOC_LIMIT		_IO(SHMREGION_IOC_TYPE, 0x20)
#define SHMREGION_IOC_LIMIT_OTHERS	_IO(SHMREGION_IOC_TYPE, 0x21)
#define SHMREGION_IOC_RECLAIM		_IO(SHMREGION_IOC_TYPE, 0x22)
#define SHMREGION_IOC_DESTROY		_IO(SHMREGION_IOC_TYPE, 0x23)

#endif /* _UAPI_LINUX_SHMREGION_H */
