// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ordinary mappings: page-cache pages, as of any shared file.
 *
 * There is no access check at a fault: what such a mapping may do was decided
 * by its flags when it was made, and no mode takes it back.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "compat.h"
#include "mapping.h"
#include "pages.h"
#include "region.h"

static vm_fault_t ordinary_fault(struct vm_fault *vmf)
{
	struct shmregion *region = shmregion_from_file(vmf->vma->vm_file);
	struct folio *folio;

	/* Refused at mmap(); and never SIGBUS. */
	if (vmf->pgoff >= region->nr_pages)
		return VM_FAULT_SIGSEGV;

	folio = shmregion_folio_get(region, vmf->pgoff);
	if (IS_ERR(folio))
		return VM_FAULT_OOM;

	/* In the page cache for as long as the region lives, so no recheck. */
	folio_lock(folio);
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct shmregion_ordinary_ops = {
	.fault		= ordinary_fault,
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
