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
#include "mapping.h"
#include "region.h"

/* The region's lock is held for so much at most. */
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

/* Both mmap_lock and the region are locked. */
static void map_ahead(struct shmregion *region,
		      struct shmregion_attachment *attachment)
{
	unsigned long address = READ_ONCE(attachment->ahead_start);
	unsigned long end = READ_ONCE(attachment->ahead_end);
	struct vm_area_struct *vma;
	u32 access;

	/* What is there already was not taken away. */
	if (address >= end || attachment->populated)
		return;
	vma = vma_lookup(current->mm, address);
	if (!vma || !shmregion_is_revocable(vma) ||
	    vma->vm_private_data != attachment || !vma_is_accessible(vma))
		return;
	access = shmregion_vma_access(region, vma);
	if (!(access & SHMREGION_RIGHT_READ))
		return;

	end = min3(end, vma->vm_end, address + AHEAD_MAX);
	for (; address < end; address = (address & PMD_MASK) + PMD_SIZE)
		shmregion_insert_ahead(vma, region, address,
				       access & SHMREGION_RIGHT_WRITE);
}

/**
 * shmregion_map_ahead - map what the caller touched when it had access before
 * @region: the region, not locked
 */
void shmregion_map_ahead(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	struct mm_struct *mm = current->mm;

	if (!mmap_read_trylock(mm))
		return;
	down_read(&region->lock);
	attachment = shmregion_attachment_find(region, mm);
	if (attachment)
		map_ahead(region, attachment);
	up_read(&region->lock);
	mmap_read_unlock(mm);
}
