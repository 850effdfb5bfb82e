// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why somebody was refused, for those who trace.
 *
 * Those who refuse need no reason: an error or a signal is all that they tell.
 * So it is looked for afterwards, and only while somebody traces. The rule may
 * have changed by then; what is shown is always of one moment.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "attachment.h"
#include "denied.h"
#include "handle.h"
#include "process.h"
#include "region.h"
#include "rule.h"
#include "trace.h"

static enum shmregion_denied_reason
mapping_reason(const struct shmregion *region,
	       const struct shmregion_attachment *attachment,
	       const struct vm_area_struct *vma, u32 need)
{
	bool attached = attachment && attachment->rights;

	lockdep_assert_held(&region->lock);
	if (region->destroyed)
		return SHMREGION_DENIED_DESTROYED;
	if (!attached && (region->controlled || shmregion_ownable(region)))
		return SHMREGION_DENIED_NO_CONSENT;
	if (need & ~shmregion_limit(region, attachment))
		return SHMREGION_DENIED_BY_LIMIT;
	if (need & ~shmregion_access(region, attachment))
		return SHMREGION_DENIED_NOT_OWNER;
	if (!(vma->vm_flags & VM_MAYWRITE) && (need & SHMREGION_RIGHT_WRITE))
		return SHMREGION_DENIED_RIGHTS;
	/* What is not all allocated takes consent, whatever the mode. */
	return attached ? SHMREGION_DENIED_CHANGED :
			  SHMREGION_DENIED_NO_CONSENT;
}

/**
 * shmregion_denied_mapping - tell that something with a mapping was refused
 * @region: the region, not locked
 * @vma: the mapping, or what was to become one
 * @op: what
 * @address: where
 */
void shmregion_denied_mapping(struct shmregion *region,
			      const struct vm_area_struct *vma,
			      enum shmregion_denied_op op,
			      unsigned long address)
{
	const struct shmregion_attachment *attachment;
	u32 need = SHMREGION_RIGHT_READ;

	if (!trace_shmregion_denied_enabled())
		return;
	if (op == SHMREGION_DENIED_WRITE || op == SHMREGION_DENIED_POKE ||
	    op == SHMREGION_DENIED_PROTECT ||
	    (op == SHMREGION_DENIED_MAP && (vma->vm_flags & VM_WRITE)))
		need = SHMREGION_RIGHT_WRITE;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, vma->vm_mm);
	trace_shmregion_denied(region, attachment, op,
			       mapping_reason(region, attachment, vma, need),
			       address);
	shmregion_unlock(region);
}

static enum shmregion_denied_op call_op(unsigned int cmd)
{
	switch (cmd) {
	case SHMREGION_IOC_INFO:
		return SHMREGION_DENIED_INFO;
	case SHMREGION_IOC_DUP:
		return SHMREGION_DENIED_DUP;
	case SHMREGION_IOC_ATTACH:
		return SHMREGION_DENIED_ATTACH;
	case SHMREGION_IOC_DETACH:
		return SHMREGION_DENIED_DETACH;
	case SHMREGION_IOC_TRANSFER:
		return SHMREGION_DENIED_TRANSFER;
	case SHMREGION_IOC_RELEASE:
		return SHMREGION_DENIED_RELEASE;
	case SHMREGION_IOC_ACQUIRE:
		return SHMREGION_DENIED_ACQUIRE;
	case SHMREGION_IOC_PUBLISH:
		return SHMREGION_DENIED_PUBLISH;
	case SHMREGION_IOC_FREEZE:
		return SHMREGION_DENIED_FREEZE;
	case SHMREGION_IOC_SHARE:
		return SHMREGION_DENIED_SHARE;
	case SHMREGION_IOC_LIMIT:
		return SHMREGION_DENIED_LIMIT;
	case SHMREGION_IOC_LIMIT_OTHERS:
		return SHMREGION_DENIED_LIMIT_OTHERS;
	case SHMREGION_IOC_RECLAIM:
		return SHMREGION_DENIED_RECLAIM;
	case SHMREGION_IOC_DESTROY:
		return SHMREGION_DENIED_DESTROY;
	}
	return 0;
}

/*
 * The errno contract of the uapi header, read backwards: EACCES is for a handle
 * without WRITE, for a duplicate with more rights, and else for a limit, which is
 * the receiver's where the caller may pass the region on. Return: 0 when the
 * error is no denial.
 */
static enum shmregion_denied_reason
call_reason(const struct file *file, enum shmregion_denied_op op, int error)
{
	switch (error) {
	case -ENODEV:
		return SHMREGION_DENIED_DESTROYED;
	case -EPERM:
		switch (op) {
		case SHMREGION_DENIED_LIMIT:
		case SHMREGION_DENIED_LIMIT_OTHERS:
		case SHMREGION_DENIED_RECLAIM:
		case SHMREGION_DENIED_DESTROY:
			return SHMREGION_DENIED_RIGHTS;
		default:
			return SHMREGION_DENIED_NOT_OWNER;
		}
	case -EACCES:
		if (op == SHMREGION_DENIED_DUP ||
		    !(shmregion_handle_rights(file) & SHMREGION_RIGHT_WRITE))
			return SHMREGION_DENIED_RIGHTS;
		return op == SHMREGION_DENIED_TRANSFER ?
			       SHMREGION_DENIED_RECEIVER :
			       SHMREGION_DENIED_BY_LIMIT;
	}
	return 0;
}

/**
 * shmregion_denied_call - tell that a call on a handle failed, if it was refused
 * @file: the handle
 * @cmd: the number of the ioctl
 * @error: what it failed with
 */
void shmregion_denied_call(struct file *file, unsigned int cmd, int error)
{
	struct shmregion *region = shmregion_from_file(file);
	enum shmregion_denied_reason reason;
	enum shmregion_denied_op op;

	if (!trace_shmregion_denied_enabled())
		return;
	op = call_op(cmd);
	reason = call_reason(file, op, error);
	if (!reason)
		return;

	shmregion_lock(region);
	trace_shmregion_denied(region,
			       shmregion_attachment_find(region, current->mm),
			       op, reason, 0);
	shmregion_unlock(region);
}
