// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting page-table entries into revocable mappings: one huge entry where
 * mapping and memory allow it, else small ones for all that is there around
 * the fault, or for what was allocated by it.
 *
 * What is inserted is writable and dirty, or read-only and clean. Clean
 * matters: core mm lets an entry that is read-only but dirty become writable
 * without asking us.
 *
 * Huge and small entries never compete for a place. Whether the memory behind
 * a place is one huge folio is settled at its first touch (pages.c), and
 * whether the mapping covers it changes only under mmap_lock. Where both hold,
 * and no page table is there yet, every fault inserts a huge entry; and only
 * small ones put page tables there.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>

#include "compat.h"
#include "insert.h"
#include "pages.h"
#include "region.h"

static bool huge = true;
module_param(huge, bool, 0444);
MODULE_PARM_DESC(huge, "Use huge page-table entries (default: Y)");

/* Whether a huge folio and the mapping agree on where a huge page begins. */
static bool fits_huge(const struct vm_fault *vmf, struct folio *folio)
{
	unsigned long start, end;

	if (!huge || !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return false;
	shmregion_fault_range(vmf, &start, &end);
	return end - start == PMD_SIZE && folio_size(folio) == PMD_SIZE &&
	       shmregion_vma_index(vmf->vma, start) == folio->index;
}

struct insertion {
	struct mm_struct *mm;
	unsigned long pfn;
	pgprot_t prot;
	bool writable;
};

static int insert_pte(pte_t *ptep, unsigned long address, void *data)
{
	struct insertion *insertion = data;
	unsigned long pfn = insertion->pfn++;
	pte_t pte;

	/* Another thread was here first: its entry obeys the same rule. */
	if (!pte_none(ptep_get(ptep)))
		return 0;

	pte = pte_mkyoung(pte_mkspecial(pfn_pte(pfn, insertion->prot)));
	if (insertion->writable)
		pte = pte_mkdirty(pte);
	set_pte_at(insertion->mm, address, ptep, pte);
	return 0;
}

/* The part of the range around a fault where one folio is. */
static void clamp_to_folio(const struct vm_fault *vmf, struct folio *folio,
			   unsigned long *start, unsigned long *end)
{
	pgoff_t before = shmregion_vma_index(vmf->vma, vmf->address) -
			 folio->index;
	unsigned long first = (vmf->address & PAGE_MASK) -
			      (before << PAGE_SHIFT);

	*start = max(*start, first);
	*end = min(*end, first + folio_size(folio));
}

static vm_fault_t insert_small(const struct vm_fault *vmf,
			       struct shmregion *region, unsigned long address,
			       unsigned long end, bool writable)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long bytes;
	struct insertion insertion = {
		.mm = vma->vm_mm,
		.writable = writable,
	};
	struct folio *folio;
	pgoff_t index;
	int ret;

	/* Not vma->vm_page_prot, from which the core may take the write bit. */
	insertion.prot = vm_get_page_prot(writable ? vma->vm_flags :
					  vma->vm_flags & ~VM_WRITE);

	for (; address < end; address += bytes) {
		index = shmregion_vma_index(vma, address);
		folio = shmregion_folio_find(region, index);
		if (!folio) {
			bytes = PAGE_SIZE;
			continue;
		}

		bytes = min(end - address,
			    (folio_next_index(folio) - index) << PAGE_SHIFT);
		insertion.pfn = folio_pfn(folio) + index - folio->index;
		ret = apply_to_page_range(vma->vm_mm, address, bytes,
					  insert_pte, &insertion);
		/* The page cache keeps it. */
		folio_put(folio);
		if (ret)
			return VM_FAULT_OOM;
	}
	return VM_FAULT_NOPAGE;
}

/**
 * shmregion_insert - map what a fault asks for, and its surroundings
 * @vmf: the fault, in a revocable mapping
 * @region: the region, locked since the access was checked
 * @folio: the folio at the faulting address
 * @fresh: whether the memory was allocated for this fault. Who touches memory
 *	for the first time will fault for the next page anyway: to look around
 *	each time would make that cost grow with the square of the size.
 * @writable: whether the process may write there
 *
 * Return: VM_FAULT_NOPAGE or VM_FAULT_OOM.
 */
vm_fault_t shmregion_insert(struct vm_fault *vmf, struct shmregion *region,
			    struct folio *folio, bool fresh, bool writable)
{
	pmd_t pmd = READ_ONCE(*vmf->pmd);
	unsigned long start, end;

	lockdep_assert_held(&region->lock);
	if (fits_huge(vmf, folio) && (pmd_none(pmd) || pmd_leaf(pmd)))
		return vmf_insert_pfn_pmd(vmf, shmregion_pfn_t(folio_pfn(folio)),
					  writable);

	shmregion_fault_range(vmf, &start, &end);
	if (fresh)
		clamp_to_folio(vmf, folio, &start, &end);
	return insert_small(vmf, region, start, end, writable);
}
