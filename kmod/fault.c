// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the faults of both kinds of mapping have in common.
 */
#include <linux/mm.h>

#include "attachment.h"
#include "denied.h"
#include "fault.h"
#include "process.h"
#include "region.h"
#include "rule.h"

/**
 * shmregion_vma_access - what a process may do through a mapping now
 * @region: the region, locked
 * @vma: the mapping
 *
 * A revocable mapping knows its attachment. A copy of it in another address
 * space, which VM_DONTCOPY rules out, would get nothing. Return: READ and WRITE
 * of enum shmregion_right.
 */
u32 shmregion_vma_access(const struct shmregion *region,
			 const struct vm_area_struct *vma)
{
	const struct shmregion_attachment *attachment = vma->vm_private_data;
	u32 access;

	lockdep_assert_held(&region->lock);
	if (!attachment)
		attachment = shmregion_attachment_find(region, vma->vm_mm);
	else if (attachment->process->notifier.mm != vma->vm_mm)
		return 0;

	access = shmregion_access(region, attachment);
	if (!(vma->vm_flags & VM_WRITE))
		access &= ~SHMREGION_RIGHT_WRITE;
	return access;
}

vm_fault_t shmregion_denied(const struct vm_fault *vmf,
			    struct shmregion *region)
{
	enum shmregion_denied_op op = vmf->flags & FAULT_FLAG_WRITE ?
					      SHMREGION_DENIED_WRITE :
					      SHMREGION_DENIED_READ;

	shmregion_denied_mapping(region, vmf->vma, op, vmf->real_address);
	return VM_FAULT_SIGSEGV;
}

/**
 * shmregion_fault_error - what a fault ends with that got no page
 * @vmf: the fault
 * @region: the region, not locked
 * @error: why
 *
 * No memory is for the core to solve; no region is an access denied. Return:
 * VM_FAULT_OOM or VM_FAULT_SIGSEGV.
 */
vm_fault_t shmregion_fault_error(const struct vm_fault *vmf,
				 struct shmregion *region, int error)
{
	return error == -ENOMEM ? VM_FAULT_OOM : shmregion_denied(vmf, region);
}
