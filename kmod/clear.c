// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removing what the caller has mapped, before the core looks for it.
 *
 * The core spends more than a hundred instructions on an entry of a raw page
 * frame, and flushes the TLB once for the entries that it removes and once because
 * it is told to (shmregion_zap_slices()). A process that gives up a region knows
 * where its entries are, and removes most of them in a loop of a few instructions.
 * The core then goes over the same range, finds nothing in most of it, and flushes
 * once.
 *
 * Nothing depends on what is removed here: the core removes what is left. What
 * matters is that the TLB is flushed before somebody takes it that there is
 * nothing to flush. Whoever sees the same revocation through has the core flush in
 * any case, wherever it finds the mapping. That it finds it is what mmap_lock is
 * held for, from before the first entry is removed until the caller has flushed:
 * munmap(), which finds no entry and so flushes after it has taken the mapping out
 * of i_mmap, can't start meanwhile.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "ahead.h"
#include "clear.h"
#include "compat.h"
#include "insert.h"
#include "revoke.h"

static void clear_huge(struct mm_struct *mm, pmd_t *pmdp, unsigned long address)
{
	spinlock_t *ptl = pmd_lock(mm, pmdp);

	/* What the core has to do with other entries is left to it. */
	if (pmd_present(*pmdp) && pmd_leaf(*pmdp))
		shmregion_clear_pmd(mm, address & PMD_MASK, pmdp);
	spin_unlock(ptl);
}

/* A page table that is there stays, see insert_ptes(). */
static void clear_small(struct mm_struct *mm, pmd_t *pmdp, unsigned long address,
			unsigned long end)
{
	spinlock_t *ptl = pte_lockptr(mm, pmdp);
	pte_t *ptep = pte_offset_kernel(pmdp, address);

	spin_lock(ptl);
	for (; address < end; address += PAGE_SIZE, ptep++)
		if (pte_present(ptep_get(ptep)))
			ptep_get_and_clear(mm, address, ptep);
	spin_unlock(ptl);
}

/* The part of a mapping that shares a page table with an address. */
static void clear_table(struct mm_struct *mm, unsigned long address,
			unsigned long end)
{
	pmd_t *pmdp = shmregion_find_pmd(mm, address);
	pmd_t pmd = pmdp ? READ_ONCE(*pmdp) : __pmd(0);

	if (pmd_none(pmd))
		return;
	if (pmd_leaf(pmd))
		clear_huge(mm, pmdp, address);
	else
		clear_small(mm, pmdp, address, end);
}

/*
 * Only where the core will look as well, and so flush: after a wait the process may
 * have the region again, and more of it mapped. Return: whether that is anything.
 */
static bool clamp_to_zap(const struct vm_area_struct *vma,
			 const struct shmregion_zap *zap, unsigned long *start,
			 unsigned long *end)
{
	pgoff_t begin = zap->start, stop = zap->start + zap->nr;
	pgoff_t offset = vma->vm_pgoff; /* of the first page */

	begin = max(begin, offset + ((*start - vma->vm_start) >> PAGE_SHIFT));
	stop = min(stop, offset + ((*end - vma->vm_start) >> PAGE_SHIFT));
	if (begin >= stop)
		return false;
	*start = vma->vm_start + ((begin - offset) << PAGE_SHIFT);
	*end = vma->vm_start + ((stop - offset) << PAGE_SHIFT);
	return true;
}

/**
 * shmregion_clear_begin - remove what the caller has mapped
 * @zap: what is to be removed, of the calling process
 *
 * The caller has told that it will flush the TLB, has the core remove all of @zap,
 * and then calls shmregion_clear_end(). Return: whether there is a need for that.
 */
bool shmregion_clear_begin(const struct shmregion_zap *zap)
{
	struct mm_struct *mm = current->mm;
	unsigned long address, end, next;
	struct vm_area_struct *vma;

	vma = shmregion_ahead_lock(zap->own, &address, &end);
	if (!vma)
		return false;
	if (!clamp_to_zap(vma, zap, &address, &end)) {
		shmregion_clear_end();
		return false;
	}

	for (; address < end; address = next) {
		next = min(end, (address & PMD_MASK) + PMD_SIZE);
		clear_table(mm, address, next);
	}
	return true;
}

/* The entries are gone, and the TLB is flushed. */
void shmregion_clear_end(void)
{
	mmap_read_unlock(current->mm);
}
