/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting page-table entries into revocable mappings. */
#ifndef SHMREGION_INSERT_H
#define SHMREGION_INSERT_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "attachment.h"

struct folio;
struct shmregion;

/* The page of the region, not of the file: without the window. */
static inline pgoff_t shmregion_vma_index(struct vm_area_struct *vma,
					  unsigned long address)
{
	return linear_page_index(vma, address) -
	       shmregion_window_start(vma->vm_private_data);
}

/* The part of a mapping that shares a page table with an address. */
static inline void shmregion_table_range(const struct vm_area_struct *vma,
					 unsigned long address,
					 unsigned long *start,
					 unsigned long *end)
{
	unsigned long table = address & PMD_MASK;

	*start = max(vma->vm_start, table);
	*end = min(vma->vm_end, table + PMD_SIZE);
}

pmd_t *shmregion_find_pmd(struct mm_struct *mm, unsigned long address);
vm_fault_t shmregion_insert(struct vm_fault *vmf, struct shmregion *region,
			    struct folio *folio, bool fresh, bool writable);
void shmregion_insert_ahead(struct vm_area_struct *vma,
			    struct shmregion *region, unsigned long address,
			    bool writable);

#endif /* SHMREGION_INSERT_H */
