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
#include <linux/pagemap.h>

#include <asm/pgalloc.h>

#include "attachment.h"
#include "compat.h"
#include "huge.h"
#include "insert.h"
#include "pages.h"
#include "region.h"
#include "rss.h"

/* Whether a huge folio and the mapping agree on where a huge page begins. */
static bool fits_huge(struct vm_area_struct *vma, struct folio *folio,
		      unsigned long start, unsigned long end)
{
	if (!shmregion_huge_at(folio->index))
		return false;
	return end - start == PMD_SIZE && folio_size(folio) == PMD_SIZE &&
	       shmregion_vma_index(vma, start) == folio->index;
}

/* Not vm_page_prot, from which the core may take the write bit. */
static pgprot_t entry_prot(const struct vm_area_struct *vma, bool writable)
{
	return vm_get_page_prot(writable ? vma->vm_flags :
					   vma->vm_flags & ~VM_WRITE);
}

/*
 * What vmf_insert_pfn_pmd() does, but for its search of all memory for how the
 * page frame is to be cached: ours are ordinary memory.
 */
static void insert_huge(struct vm_area_struct *vma, unsigned long address,
			pmd_t *pmdp, struct folio *folio, bool writable)
{
	pmd_t pmd = pfn_pmd(folio_pfn(folio), entry_prot(vma, writable));
	spinlock_t *ptl = pmd_lockptr(vma->vm_mm, pmdp);

	pmd = shmregion_pmd_mkraw(pmd_mkyoung(pmd_mkhuge(pmd)));
	if (writable)
		pmd = pmd_mkdirty(pmd);

	spin_lock(ptl);
	/* Else another thread was here first: its entry obeys the same rule. */
	if (pmd_none(*pmdp)) {
		shmregion_set_pmd(vma->vm_mm, address & PMD_MASK, pmdp, pmd);
		shmregion_rss_add(vma->vm_private_data, PTRS_PER_PTE);
	}
	spin_unlock(ptl);
}

/**
 * struct insertion - consecutive small entries in one page table
 * @vma: the mapping
 * @pmd: where the page table is
 * @address: of the first
 * @nr: how many
 * @pfn: of the first; the pages are consecutive as well
 * @prot: their protection
 * @writable: whether the process may write there
 */
struct insertion {
	struct vm_area_struct *vma;
	pmd_t *pmd;
	unsigned long address;
	unsigned long nr;
	unsigned long pfn;
	pgprot_t prot;
	bool writable;
};

/*
 * Whether ours may take the place of an entry. A fault has to change something,
 * or it would be repeated for ever. The core asks us where there is nothing, and
 * where a process had userfaultfd watch memory that was not there: the marker
 * that this leaves stands for no page, and nobody can ask for it, as what looks
 * at page tables skips raw page frames.
 *
 * What else may be there came since the core looked: an entry by another
 * thread's fault, which obeys the same rule, or something that the core deals
 * with by itself when the access is repeated.
 */
static bool may_replace(pte_t pte)
{
	return pte_none(pte) || shmregion_pte_is_uffd_marker(pte);
}

/*
 * A page table that is there stays: the mapping is locked, so it can't be
 * unmapped, and nothing collapses page tables of raw page frames. None is
 * allocated here, as the region is locked. Return: how many were inserted.
 */
static unsigned long insert_ptes(const struct insertion *insertion)
{
	struct mm_struct *mm = insertion->vma->vm_mm;
	unsigned long address = insertion->address;
	unsigned long nr = insertion->nr;
	unsigned long inserted = 0;
	spinlock_t *ptl; /* of the page table */
	pte_t *ptep, pte;

	pte = pte_mkspecial(pfn_pte(insertion->pfn, insertion->prot));
	pte = pte_mkyoung(pte);
	if (insertion->writable)
		pte = pte_mkdirty(pte);

	ptl = pte_lockptr(mm, insertion->pmd);
	ptep = pte_offset_kernel(insertion->pmd, address);
	spin_lock(ptl);
	while (nr--) {
		if (may_replace(ptep_get(ptep))) {
			shmregion_set_pte(mm, address, ptep, pte);
			inserted++;
		}
		pte = pte_advance_pfn(pte, 1);
		address += PAGE_SIZE;
		ptep++;
	}
	spin_unlock(ptl);
	return inserted;
}

/* The part of the range around an address where one folio is. */
static void clamp_to_folio(struct vm_area_struct *vma, unsigned long address,
			   struct folio *folio, unsigned long *start,
			   unsigned long *end)
{
	pgoff_t before = shmregion_vma_index(vma, address) - folio->index;
	unsigned long first = (address & PAGE_MASK) - (before << PAGE_SHIFT);

	*start = max(*start, first);
	*end = min(*end, first + folio_size(folio));
}

/* The folio of a page, which may be the one that is @known, or NULL. */
static struct folio *folio_at(struct shmregion *region, pgoff_t index,
			      struct folio *known)
{
	if (known && index - known->index < folio_nr_pages(known)) {
		folio_get(known);
		return known;
	}
	return shmregion_folio_find(region, index);
}

/* The range has one page table, at @pmd. */
static void insert_small(struct vm_area_struct *vma, struct shmregion *region,
			 pmd_t *pmd, struct folio *known, unsigned long start,
			 unsigned long end, bool writable)
{
	struct insertion insertion = {
		.vma = vma,
		.pmd = pmd,
		.address = start,
		.prot = entry_prot(vma, writable),
		.writable = writable,
	};
	unsigned long inserted = 0;
	struct folio *folio;
	pgoff_t index;

	while (insertion.address < end) {
		index = shmregion_vma_index(vma, insertion.address);
		folio = folio_at(region, index, known);
		if (!folio) {
			insertion.address += PAGE_SIZE;
			continue;
		}
		/* Added since the caller looked: faults map it by a huge entry. */
		if (folio != known && fits_huge(vma, folio, start, end)) {
			folio_put(folio);
			break;
		}

		insertion.nr = min(folio_next_index(folio) - index,
				   (end - insertion.address) >> PAGE_SHIFT);
		insertion.pfn = folio_pfn(folio) + index - folio->index;
		inserted += insert_ptes(&insertion);
		/* The page cache keeps it. */
		folio_put(folio);
		insertion.address += insertion.nr << PAGE_SHIFT;
	}
	shmregion_rss_add(vma->vm_private_data, inserted);
}

/* Before the first entry. */
static void note_range(struct vm_area_struct *vma, unsigned long start,
		       unsigned long end)
{
	pgoff_t first = shmregion_vma_index(vma, start);

	shmregion_attachment_inserts(vma->vm_private_data, first,
				     first + ((end - start) >> PAGE_SHIFT) - 1);
}

/*
 * Core mm has allocated a page table for this fault if there is none. Return:
 * whether there is one now. A huge entry may have been there when the core
 * looked, and have been removed since: then the access is repeated.
 */
static bool have_table(struct vm_fault *vmf)
{
	struct shmregion_attachment *attachment = vmf->vma->vm_private_data;
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl = pmd_lockptr(mm, vmf->pmd);
	bool there;

	spin_lock(ptl);
	if (pmd_none(*vmf->pmd) && vmf->prealloc_pte) {
		mm_inc_nr_ptes(mm);
		/* It is empty before it can be seen. */
		smp_wmb();
		pmd_populate(mm, vmf->pmd, vmf->prealloc_pte);
		vmf->prealloc_pte = NULL;
		attachment->tables++;
	}
	there = !pmd_none(*vmf->pmd) && !pmd_leaf(*vmf->pmd);
	spin_unlock(ptl);
	return there;
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
 * Return: VM_FAULT_NOPAGE.
 */
vm_fault_t shmregion_insert(struct vm_fault *vmf, struct shmregion *region,
			    struct folio *folio, bool fresh, bool writable)
{
	struct vm_area_struct *vma = vmf->vma;
	pmd_t pmd = READ_ONCE(*vmf->pmd);
	unsigned long start, end;

	shmregion_table_range(vma, vmf->address, &start, &end);
	if (fits_huge(vma, folio, start, end) &&
	    (pmd_none(pmd) || pmd_leaf(pmd))) {
		note_range(vma, start, end);
		insert_huge(vma, vmf->address, vmf->pmd, folio, writable);
		return VM_FAULT_NOPAGE;
	}

	if (!have_table(vmf))
		return VM_FAULT_NOPAGE;
	if (fresh)
		clamp_to_folio(vma, vmf->address, folio, &start, &end);
	note_range(vma, start, end);
	insert_small(vma, region, vmf->pmd, folio, start, end, writable);
	return VM_FAULT_NOPAGE;
}

/* The place of a huge entry where there is a table for it, or NULL. */
pmd_t *shmregion_find_pmd(struct mm_struct *mm, unsigned long address)
{
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, address);
	/* Nothing here is larger than a huge page, so it points to a table. */
	return pud_none(*pud) ? NULL : pmd_offset(pud, address);
}

/**
 * shmregion_insert_ahead - map memory that was touched before, without a fault
 * @vma: the mapping, a revocable one, with mmap_lock held
 * @region: the region, locked since the access was checked
 * @address: what to map, with what shares its page table
 * @writable: whether the process may write there
 *
 * Only page tables that exist are used. What can't be mapped will fault.
 */
void shmregion_insert_ahead(struct vm_area_struct *vma,
			    struct shmregion *region, unsigned long address,
			    bool writable)
{
	pmd_t *pmd = shmregion_find_pmd(vma->vm_mm, address);
	unsigned long start, end;
	struct folio *folio;

	mmap_assert_locked(vma->vm_mm);
	if (!pmd)
		return;
	shmregion_table_range(vma, address, &start, &end);
	folio = shmregion_folio_find(region, shmregion_vma_index(vma, start));
	if (folio && fits_huge(vma, folio, start, end)) {
		note_range(vma, start, end);
		insert_huge(vma, address, pmd, folio, writable);
	} else if (!pmd_none(*pmd) && !pmd_leaf(*pmd)) {
		note_range(vma, start, end);
		insert_small(vma, region, pmd, folio, start, end, writable);
	}
	if (folio)
		folio_put(folio);
}
