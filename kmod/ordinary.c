// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ordinary mappings: page-cache pages, as of any shared file.
 *
 * The mode never takes away what such a mapping may do. A controller can, so
 * the faults look at the rule with the folio locked, and the core inserts the
 * entry before it unlocks: who changes the rule waits for the folios' locks
 * (controller.c). Every first write faults, as a write may be what a limit
 * forbids.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "compat.h"
#include "fault.h"
#include "mapping.h"
#include "pages.h"
#include "region.h"

/* Returns 0 with the folio locked, or why not. */
static vm_fault_t lock_if_allowed(const struct vm_fault *vmf,
				  struct shmregion *region,
				  struct folio *folio, u32 need)
{
	u32 access;

	folio_lock(folio);
	down_read(&region->lock);
	access = shmregion_vma_access(region, vmf->vma);
	up_read(&region->lock);
	if (access & need)
		return 0;

	folio_unlock(folio);
	return shmregion_denied(vmf, region);
}

static vm_fault_t ordinary_fault(struct vm_fault *vmf)
{
	struct shmregion *region = shmregion_from_file(vmf->vma->vm_file);
	struct folio *folio;
	vm_fault_t ret;

	/* Refused at mmap(); and never SIGBUS. */
	if (vmf->pgoff >= region->nr_pages)
		return VM_FAULT_SIGSEGV;

	folio = shmregion_folio_get(region, vmf->pgoff);
	if (IS_ERR(folio))
		return shmregion_fault_error(PTR_ERR(folio));

	/* A write comes to ordinary_mkwrite() next. */
	ret = lock_if_allowed(vmf, region, folio, SHMREGION_RIGHT_READ);
	if (ret) {
		folio_put(folio);
		return ret;
	}
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

static vm_fault_t ordinary_mkwrite(struct vm_fault *vmf)
{
	struct shmregion *region = shmregion_from_file(vmf->vma->vm_file);
	vm_fault_t ret;

	ret = lock_if_allowed(vmf, region, page_folio(vmf->page),
			      SHMREGION_RIGHT_WRITE);
	return ret ? ret : VM_FAULT_LOCKED;
}

static const struct vm_operations_struct shmregion_ordinary_ops = {
	.fault		= ordinary_fault,
	.page_mkwrite	= ordinary_mkwrite,
};

/**
 * shmregion_ordinary_mmap - set up an ordinary mapping, from ->mmap
 * @vma: the mapping
 * @writable: whether it may be, now or after mprotect()
 *
 * VM_DONTEXPAND keeps the core from growing the mapping, by mremap() or by
 * merging it with a new one, past the checks of shmregion_mmap().
 */
void shmregion_ordinary_mmap(struct vm_area_struct *vma, bool writable)
{
	vm_flags_mod(vma, VM_DONTEXPAND, writable ? 0 : VM_MAYWRITE);
	vma->vm_ops = &shmregion_ordinary_ops;
}
