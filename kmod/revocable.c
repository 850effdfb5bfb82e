// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revocable mappings: raw page frames that one zap takes away.
 *
 * The flags do most of the work. VM_PFNMAP and VM_IO: no way to pin a page
 * (neither get_user_pages() nor its lockless variant), and munmap() flushes
 * the TLB before it takes the mapping out of i_mmap, so that a zap can never
 * miss a live translation. VM_IO also forbids MADV_DOFORK, without which
 * VM_DONTCOPY would be no more than a wish. VM_DONTEXPAND: see ordinary.c.
 * VM_DONTDUMP: a core dump is read by others.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/highmem.h>
#include <linux/sched.h>

#include "ahead.h"
#include "attachment.h"
#include "compat.h"
#include "denied.h"
#include "fault.h"
#include "insert.h"
#include "mapping.h"
#include "pages.h"
#include "region.h"
#include "rule.h"

static struct shmregion_attachment *
vma_attachment(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

/**
 * lock_folio - lock a region for the use of one of its folios
 * @vma: the mapping through which it is used
 * @index: the page
 * @need: what the use needs, of enum shmregion_right
 * @access: set to what the process may do
 * @fresh: set to whether the folio had to be allocated
 *
 * A folio is allocated between two looks at the rule: the first, so that a
 * process without access takes no memory and gives the region no small folio
 * where a huge one would be; the second, under the lock that covers the use,
 * is the one that counts.
 *
 * Return: the folio with a reference, the region locked; or without the lock
 * -EACCES, -ENODEV or -ENOMEM.
 */
static struct folio *lock_folio(struct vm_area_struct *vma, pgoff_t index,
				u32 need, u32 *access, bool *fresh)
{
	struct shmregion *region = vma_attachment(vma)->region;
	struct folio *folio = NULL;

	for (*fresh = false;; *fresh = true) {
		shmregion_lock(region);
		*access = shmregion_vma_access(region, vma);
		if (!(*access & need))
			break;
		if (!folio)
			folio = shmregion_folio_find(region, index);
		if (folio)
			return folio;
		shmregion_unlock(region);

		folio = shmregion_folio_get(region, index);
		if (IS_ERR(folio))
			return folio;
	}

	shmregion_unlock(region);
	if (folio)
		folio_put(folio);
	return ERR_PTR(-EACCES);
}

static vm_fault_t revocable_fault(struct vm_fault *vmf)
{
	struct shmregion *region = vma_attachment(vmf->vma)->region;
	pgoff_t index = shmregion_vma_index(vmf->vma, vmf->address);
	u32 need = vmf->flags & FAULT_FLAG_WRITE ? SHMREGION_RIGHT_WRITE :
						   SHMREGION_RIGHT_READ;
	struct folio *folio;
	vm_fault_t ret;
	u32 access;
	bool fresh;

	folio = lock_folio(vmf->vma, index, need, &access, &fresh);
	if (IS_ERR(folio))
		return shmregion_fault_error(vmf, region, PTR_ERR(folio));

	ret = shmregion_insert(vmf, region, folio, fresh,
			       access & SHMREGION_RIGHT_WRITE);
	shmregion_unlock(region);
	shmregion_ahead_note(vmf);
	folio_put(folio);
	return ret;
}

/*
 * Maps nothing around a fault: revocable_fault() does. That there is such an
 * operation tells core mm that faults need no more than the lock of their
 * mapping. From 6.12 on it repeats them under mmap_lock otherwise.
 */
static vm_fault_t revocable_map_pages(struct vm_fault *vmf, pgoff_t start,
				      pgoff_t end)
{
	return 0;
}

/*
 * A write through an entry that is present but read-only. To return 0 would
 * let the core make it writable after we have unlocked, by when the write may
 * be forbidden: another thread can have put the same read-only entry back
 * after a zap. So remove the entry and have the access repeated: it faults
 * again, in revocable_fault().
 */
static vm_fault_t revocable_mkwrite(struct vm_fault *vmf)
{
	struct shmregion *region = vma_attachment(vmf->vma)->region;
	unsigned long start, end;
	u32 access;

	shmregion_lock(region);
	access = shmregion_vma_access(region, vmf->vma);
	shmregion_unlock(region);
	if (!(access & SHMREGION_RIGHT_WRITE))
		return shmregion_denied(vmf, region);

	shmregion_table_range(vmf->vma, vmf->address, &start, &end);
	shmregion_zap_range(vmf->vma, start, end - start);
	return VM_FAULT_NOPAGE;
}

/* The same rule as in choose_kind(). Faults enforce it; this is the errno. */
static int revocable_mprotect(struct vm_area_struct *vma, unsigned long start,
			      unsigned long end, unsigned long newflags)
{
	struct shmregion *region = vma_attachment(vma)->region;
	bool refused;

	if (!(newflags & VM_WRITE) || (vma->vm_flags & VM_WRITE))
		return 0;

	shmregion_lock(region);
	refused = region->mode == SHMREGION_MODE_READONLY &&
		  !shmregion_is_owner(region, vma->vm_mm);
	shmregion_unlock(region);
	if (!refused)
		return 0;
	shmregion_denied_mapping(region, vma, SHMREGION_DENIED_PROTECT, start);
	return -EACCES;
}

/*
 * For a debugger, and for /proc/PID/mem: exactly what the process itself may
 * do. Copies under the lock, so that nothing is written after a revocation.
 * At most one page at a time; the caller comes again for the rest.
 */
static int revocable_access(struct vm_area_struct *vma, unsigned long address,
			    void *buffer, int len, int write)
{
	struct shmregion *region = vma_attachment(vma)->region;
	u32 need = write ? SHMREGION_RIGHT_WRITE : SHMREGION_RIGHT_READ;
	size_t offset = offset_in_page(address);
	struct folio *folio;
	struct page *page;
	pgoff_t index;
	u32 access;
	bool fresh;

	if (!(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		return -EIO;
	index = shmregion_vma_index(vma, address);
	folio = lock_folio(vma, index, need, &access, &fresh);
	if (IS_ERR(folio)) {
		shmregion_denied_mapping(region, vma,
					 write ? SHMREGION_DENIED_POKE :
						 SHMREGION_DENIED_PEEK,
					 address);
		return -EIO;
	}

	len = min_t(size_t, len, PAGE_SIZE - offset);
	page = folio_file_page(folio, index);
	if (write)
		memcpy_to_page(page, offset, buffer, len);
	else
		memcpy_from_page(buffer, page, offset, len);
	shmregion_unlock(region);
	folio_put(folio);
	return len;
}

static int revocable_may_split(struct vm_area_struct *vma,
			       unsigned long address)
{
	struct shmregion_attachment *attachment = vma_attachment(vma);
	bool may;

	shmregion_lock(attachment->region);
	may = shmregion_attachment_may_map(attachment);
	shmregion_unlock(attachment->region);
	return may ? 0 : -ENOMEM;
}

/*
 * A split made a mapping more, or for a moment a move by mremap(). That of which
 * a split takes a part still has its whole size, and is found in its place.
 */
static void revocable_open(struct vm_area_struct *vma)
{
	struct shmregion_attachment *attachment = vma_attachment(vma);
	bool split = vma_lookup(vma->vm_mm, vma->vm_start);

	shmregion_lock(attachment->region);
	shmregion_attachment_map(attachment, split ? 0 : vma_pages(vma));
	shmregion_unlock(attachment->region);
}

static void revocable_close(struct vm_area_struct *vma)
{
	shmregion_attachment_unmap(vma_attachment(vma), vma_pages(vma));
}

static const struct vm_operations_struct shmregion_revocable_ops = {
	.open		= revocable_open,
	.close		= revocable_close,
	.may_split	= revocable_may_split,
	.mprotect	= revocable_mprotect,
	.fault		= revocable_fault,
	.map_pages	= revocable_map_pages,
	.pfn_mkwrite	= revocable_mkwrite,
	.access		= revocable_access,
};

/**
 * shmregion_revocable_mmap - set up a revocable mapping, from ->mmap
 * @attachment: of the process, with a reference that becomes the mapping's
 * @vma: the mapping, its range checked
 *
 * Inserts nothing: the mapping is not in i_mmap yet, so a zap would miss it.
 */
void shmregion_revocable_mmap(struct shmregion_attachment *attachment,
			      struct vm_area_struct *vma)
{
	vma->vm_pgoff += shmregion_window_start(attachment);
	vma->vm_private_data = attachment;
	vma->vm_ops = &shmregion_revocable_ops;
	vm_flags_mod(vma, VM_PFNMAP | VM_IO | VM_DONTCOPY | VM_DONTEXPAND |
			  VM_DONTDUMP, 0);
}
