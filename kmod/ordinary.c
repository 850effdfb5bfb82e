// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ordinary mappings: page-cache pages, as of any shared file.
 *
 * The mode never takes away what such a mapping may do. A controller can, so a
 * fault looks at the rule with the folio locked, and the core inserts the entry
 * before it unlocks: who changes the rule waits for the folios' locks
 * (controller.c).
 *
 * The core makes an entry of a writable mapping writable without asking, unless
 * there is a ->page_mkwrite; but with one it refuses long-term pins, which
 * io_uring and others need. So a process that may only read gets no entry at
 * all through a mapping that is writable at that moment, and cannot make one
 * writable.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "attachment.h"
#include "compat.h"
#include "denied.h"
#include "fault.h"
#include "mapping.h"
#include "pages.h"
#include "region.h"
#include "rule.h"

static bool allowed(const struct vm_area_struct *vma, struct shmregion *region)
{
	u32 need = vma->vm_flags & VM_WRITE ? SHMREGION_RIGHT_WRITE :
					      SHMREGION_RIGHT_READ;
	u32 access;

	shmregion_lock(region);
	access = shmregion_vma_access(region, vma);
	shmregion_unlock(region);
	return access & need;
}

static vm_fault_t ordinary_fault(struct vm_fault *vmf)
{
	struct shmregion *region = shmregion_from_file(vmf->vma->vm_file);
	struct folio *folio;

	/* Refused at mmap(); and never SIGBUS. */
	if (vmf->pgoff >= region->nr_pages)
		return VM_FAULT_SIGSEGV;

	/* Who may not touch it takes no memory for it. */
	folio = shmregion_folio_find(region, vmf->pgoff);
	if (!folio && !allowed(vmf->vma, region))
		return shmregion_denied(vmf, region);
	if (!folio)
		folio = shmregion_folio_get(region, vmf->pgoff);
	if (IS_ERR(folio))
		return shmregion_fault_error(vmf, region, PTR_ERR(folio));

	folio_lock(folio);
	if (!allowed(vmf->vma, region)) {
		folio_unlock(folio);
		folio_put(folio);
		return shmregion_denied(vmf, region);
	}
	vmf->page = folio_file_page(folio, vmf->pgoff);
	return VM_FAULT_LOCKED;
}

static int ordinary_mprotect(struct vm_area_struct *vma, unsigned long start,
			     unsigned long end, unsigned long newflags)
{
	struct shmregion *region = shmregion_from_file(vma->vm_file);
	struct shmregion_attachment *attachment;
	u32 access;

	if (!(newflags & VM_WRITE) || (vma->vm_flags & VM_WRITE))
		return 0;

	/* With mmap_lock held for writing no fault comes in between. */
	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, vma->vm_mm);
	access = shmregion_access(region, attachment);
	shmregion_unlock(region);
	if (access & SHMREGION_RIGHT_WRITE)
		return 0;
	shmregion_denied_mapping(region, vma, SHMREGION_DENIED_PROTECT, start);
	return -EACCES;
}

static const struct vm_operations_struct shmregion_ordinary_ops = {
	.fault		= ordinary_fault,
	.mprotect	= ordinary_mprotect,
};

/**
 * shmregion_ordinary_mmap - set up an ordinary mapping, from ->mmap
 * @vma: the mapping
 * @writable: whether it may be, now or after mprotect()
 * @inherited: whether a fork child gets it. Where a controller has a say a child
 *	has no access before it attaches; the rule denies it anyway.
 *
 * VM_DONTEXPAND keeps the core from growing the mapping, by mremap() or by
 * merging it with a new one, past the checks of shmregion_mmap().
 */
void shmregion_ordinary_mmap(struct vm_area_struct *vma, bool writable,
			     bool inherited)
{
	vm_flags_mod(vma, VM_DONTEXPAND | (inherited ? 0 : VM_DONTCOPY),
		     writable ? 0 : VM_MAYWRITE);
	vma->vm_ops = &shmregion_ordinary_ops;
}
