// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping ahead: who is given a region will touch what it touched before. To
 * put the entries there when a process learns that it is the owner costs less
 * than the faults do.
 *
 * Nothing depends on it. It never waits for mmap_lock, which a fault of another
 * thread may hold for long, and what it leaves out faults.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "ahead.h"
#include "attachment.h"
#include "fault.h"
#include "insert.h"
#include "region.h"

/* So much at most: the caller waits for it. */
#define AHEAD_MAX SZ_64M

/**
 * shmregion_ahead_note - remember what a process touched
 * @vmf: its fault, in a revocable mapping
 *
 * The faults of several threads may make a range of this that nobody touched.
 * It is clamped to a mapping of the region when it is used.
 */
void shmregion_ahead_note(const struct vm_fault *vmf)
{
	struct shmregion_attachment *attachment = vmf->vma->vm_private_data;
	unsigned long first = READ_ONCE(attachment->ahead_start);
	unsigned long last = READ_ONCE(attachment->ahead_end);
	unsigned long start, end;

	shmregion_table_range(vmf->vma, vmf->address, &start, &end);
	if (start >= first && end <= last)
		return;
	if (start <= last && end >= first) {
		start = min(start, first);
		end = max(end, last);
	}
	WRITE_ONCE(attachment->ahead_start, start);
	WRITE_ONCE(attachment->ahead_end, end);
}

/*
 * Map what shares a page table with an address. The region is locked for no more
 * than that, so the rule is looked at each time. Return: whether to go on.
 */
static bool map_table(struct vm_area_struct *vma, struct shmregion *region,
		      unsigned long address)
{
	u32 access;

	shmregion_lock(region);
	access = shmregion_vma_access(region, vma);
	if (access & SHMREGION_RIGHT_READ)
		shmregion_insert_ahead(vma, region, address,
				       access & SHMREGION_RIGHT_WRITE);
	shmregion_unlock(region);
	return access & SHMREGION_RIGHT_READ;
}

/* The attachment if there is something to map ahead, or NULL. */
static struct shmregion_attachment *attachment_to_map(struct shmregion *region)
{
	struct shmregion_attachment *attachment;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, current->mm);
	/* What is there already was not taken away. */
	if (attachment && attachment->populated)
		attachment = NULL;
	shmregion_unlock(region);
	return attachment;
}

/**
 * shmregion_ahead_lock - where a process touched a region, as far as is noted
 * @attachment: the calling process's
 * @start: set to where that begins
 * @end: set to where that ends
 *
 * Return: the mapping, with mmap_lock held; or NULL without it.
 */
struct vm_area_struct *
shmregion_ahead_lock(const struct shmregion_attachment *attachment,
		     unsigned long *start, unsigned long *end)
{
	unsigned long first = READ_ONCE(attachment->ahead_start);
	unsigned long last = READ_ONCE(attachment->ahead_end);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (first >= last || !mmap_read_trylock(mm))
		return NULL;

	vma = vma_lookup(mm, first);
	/* Nobody else's mapping points to this attachment. */
	if (!vma || vma->vm_private_data != attachment) {
		mmap_read_unlock(mm);
		return NULL;
	}
	*start = first;
	*end = min3(last, vma->vm_end, first + AHEAD_MAX);
	return vma;
}

/**
 * shmregion_map_ahead - map what the caller touched when it had access before
 * @region: the region, not locked
 *
 * The attachment stays as long as the address space, which runs this.
 */
void shmregion_map_ahead(struct shmregion *region)
{
	struct shmregion_attachment *attachment = attachment_to_map(region);
	struct vm_area_struct *vma;
	unsigned long address, end;

	if (!attachment)
		return;
	vma = shmregion_ahead_lock(attachment, &address, &end);
	if (!vma)
		return;

	if (!vma_is_accessible(vma))
		goto out_unlock;
	for (; address < end; address = (address & PMD_MASK) + PMD_SIZE)
		if (!map_table(vma, region, address))
			break;
out_unlock:
	mmap_read_unlock(current->mm);
}
