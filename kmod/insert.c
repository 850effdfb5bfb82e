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

#include "compat.h"
#include "huge.h"
#include "insert.h"
#include "pages.h"
#include "region.h"

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
	if (pmd_none(*pmdp))
		shmregion_set_pmd(vma->vm_mm, address & PMD_MASK, pmdp, pmd);
	spin_unlock(ptl);
}

/**
 * struct insertion - consecutive small entries in one page table
 * @vma: the mapping
 * @pmd: where the page table is, or NULL where there is none above it
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

/* @ptep is the first, its table locked. */
static int insert_ptes(pte_t *ptep, unsigned long address, void *data)
{
	const struct insertion *insertion = data;
	unsigned long nr = insertion->nr;
	pte_t pte;

	pte = pte_mkspecial(pfn_pte(insertion->pfn, insertion->prot));
	pte = pte_mkyoung(pte);
	if (insertion->writable)
		pte = pte_mkdirty(pte);

	while (nr--) {
		if (may_replace(ptep_get(ptep)))
			shmregion_set_pte(insertion->vma->vm_mm, address, ptep,
					  pte);
		pte = pte_advance_pfn(pte, 1);
		address += PAGE_SIZE;
		ptep++;
	}
	return 0;
}

/*
 * A page table that is there stays: the mapping is locked, so it can't be
 * unmapped, and nothing collapses page tables of raw page frames. Core mm's
 * walk would allocate one, for ten times the cost of this.
 */
static int insert_in_table(struct insertion *insertion)
{
	struct mm_struct *mm = insertion->vma->vm_mm;
	unsigned long address = insertion->address;
	pmd_t *pmd = insertion->pmd;

	if (!pmd || pmd_none(READ_ONCE(*pmd)))
		return apply_to_page_range(mm, address, PAGE_SIZE, insert_ptes,
					   insertion);

	spin_lock(pte_lockptr(mm, pmd));
	insert_ptes(pte_offset_kernel(pmd, address), address, insertion);
	spin_unlock(pte_lockptr(mm, pmd));
	return 0;
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

/* The range has one page table, at @pmd. Return: 0 or -ENOMEM. */
static int insert_small(struct vm_area_struct *vma, struct shmregion *region,
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
	struct folio *folio;
	pgoff_t index;
	int ret;

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
			return 0;
		}

		insertion.nr = min(folio_next_index(folio) - index,
				   (end - insertion.address) >> PAGE_SHIFT);
		insertion.pfn = folio_pfn(folio) + index - folio->index;
		ret = insert_in_table(&insertion);
		/* The page cache keeps it. */
		folio_put(folio);
		if (ret)
			return ret;
		insertion.address += insertion.nr << PAGE_SHIFT;
	}
	return 0;
}

/*
 * Before the first entry, so that a zap that finds it clear has nothing to
 * miss: it holds the region's lock for writing.
 */
static void set_populated(const struct vm_area_struct *vma,
			  struct shmregion *region)
{
	struct shmregion_attachment *attachment = vma->vm_private_data;

	lockdep_assert_held(&region->lock);
	if (!READ_ONCE(attachment->populated))
		WRITE_ONCE(attachment->populated, true);
}

/*
 * Core mm has allocated a page table for this fault if there is none. It would
 * be freed again, and insert_in_table() would have to have another allocated.
 */
static void use_preallocated(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl = pmd_lockptr(mm, vmf->pmd);

	if (!vmf->prealloc_pte)
		return;
	spin_lock(ptl);
	if (pmd_none(*vmf->pmd)) {
		mm_inc_nr_ptes(mm);
		/* It is empty before it can be seen. */
		smp_wmb();
		pmd_populate(mm, vmf->pmd, vmf->prealloc_pte);
		vmf->prealloc_pte = NULL;
	}
	spin_unlock(ptl);
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
	struct vm_area_struct *vma = vmf->vma;
	pmd_t pmd = READ_ONCE(*vmf->pmd);
	unsigned long start, end;

	set_populated(vma, region);
	shmregion_table_range(vma, vmf->address, &start, &end);
	if (fits_huge(vma, folio, start, end) &&
	    (pmd_none(pmd) || pmd_leaf(pmd))) {
		insert_huge(vma, vmf->address, vmf->pmd, folio, writable);
		return VM_FAULT_NOPAGE;
	}

	use_preallocated(vmf);
	if (fresh)
		clamp_to_folio(vma, vmf->address, folio, &start, &end);
	return insert_small(vma, region, vmf->pmd, folio, start, end,
			    writable) ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}

/* The place of a huge entry where there is a table for it, or NULL. */
static pmd_t *find_pmd(struct mm_struct *mm, unsigned long address)
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
 * What can't be mapped will fault.
 */
void shmregion_insert_ahead(struct vm_area_struct *vma,
			    struct shmregion *region, unsigned long address,
			    bool writable)
{
	pmd_t *pmd = find_pmd(vma->vm_mm, address);
	unsigned long start, end;
	struct folio *folio;

	mmap_assert_locked(vma->vm_mm);
	set_populated(vma, region);
	shmregion_table_range(vma, address, &start, &end);
	folio = shmregion_folio_find(region, shmregion_vma_index(vma, start));
	if (!folio || !fits_huge(vma, folio, start, end))
		insert_small(vma, region, pmd, folio, start, end, writable);
	else if (pmd)
		insert_huge(vma, address, pmd, folio, writable);
	if (folio)
		folio_put(folio);
}
