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
#include "fault.h"
#include "insert.h"
#include "mapping.h"
#include "owner.h"
#include "pages.h"
#include "region.h"

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
 * -EACCES, -ENODEV, -ENOMEM, or -EINTR when the caller is being killed.
 */
static struct folio *lock_folio(struct vm_area_struct *vma, pgoff_t index,
				u32 need, u32 *access, bool *fresh)
{
	struct shmregion *region = vma_attachment(vma)->region;
	struct folio *folio = NULL;

	for (*fresh = false;; *fresh = true) {
		if (down_read_killable(&region->lock)) {
			if (folio)
				folio_put(folio);
			return ERR_PTR(-EINTR);
		}
		*access = shmregion_vma_access(region, vma);
		if (!(*access & need))
			break;
		if (!folio)
			folio = shmregion_folio_find(region, index);
		if (folio)
			return folio;
		up_read(&region->lock);

		folio = shmregion_folio_get(region, index);
		if (IS_ERR(folio))
			return folio;
	}

	up_read(&region->lock);
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
	up_read(&region->lock);
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

	if (down_read_killable(&region->lock))
		return shmregion_fault_killed(vmf);
	access = shmregion_vma_access(region, vmf->vma);
	if (access & SHMREGION_RIGHT_WRITE) {
		shmregion_table_range(vmf->vma, vmf->address, &start, &end);
		shmregion_zap_range(vmf->vma, start, end - start);
	}
	up_read(&region->lock);

	return access & SHMREGION_RIGHT_WRITE ? VM_FAULT_NOPAGE :
						shmregion_denied(vmf, region);
}

/* The same rule as in choose_kind(). Faults enforce it; this is the errno. */
static int revocable_mprotect(struct vm_area_struct *vma, unsigned long start,
			      unsigned long end, unsigned long newflags)
{
	struct shmregion *region = vma_attachment(vma)->region;
	bool refused;

	if (!(newflags & VM_WRITE) || (vma->vm_flags & VM_WRITE))
		return 0;

	down_read(&region->lock);
	refused = region->mode == SHMREGION_MODE_READONLY &&
		  !shmregion_is_owner(region, vma->vm_mm);
	up_read(&region->lock);
	return refused ? -EACCES : 0;
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
	if (IS_ERR(folio))
		return -EIO;

	len = min_t(size_t, len, PAGE_SIZE - offset);
	page = folio_file_page(folio, index);
	if (write)
		memcpy_to_page(page, offset, buffer, len);
	else
		memcpy_from_page(buffer, page, offset, len);
	up_read(&region->lock);
	folio_put(folio);
	return len;
}

/* A split or a move by mremap() made a mapping more. */
static void revocable_open(struct vm_area_struct *vma)
{
	shmregion_attachment_get(vma_attachment(vma));
}

static void revocable_close(struct vm_area_struct *vma)
{
	shmregion_attachment_put(vma_attachment(vma));
}

static const struct vm_operations_struct shmregion_revocable_ops = {
	.open		= revocable_open,
	.close		= revocable_close,
	.mprotect	= revocable_mprotect,
	.fault		= revocable_fault,
	.map_pages	= revocable_map_pages,
	.pfn_mkwrite	= revocable_mkwrite,
	.access		= revocable_access,
};

bool shmregion_is_revocable(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &shmregion_revocable_ops;
}

/**
 * shmregion_revocable_mmap - set up a revocable mapping, from ->mmap
 * @region: the region
 * @rights: of the handle
 * @vma: the mapping, its range checked
 *
 * Attaches the process. Inserts nothing: the mapping is not in i_mmap yet, so
 * a zap would miss it. Return: 0, -ENODEV, -ENOMEM or -ERESTARTNOINTR.
 */
int shmregion_revocable_mmap(struct shmregion *region, u32 rights,
			     struct vm_area_struct *vma)
{
	struct shmregion_attachment *attachment;
	int ret;

	do {
		ret = shmregion_attach_mmap(region, rights);
		if (ret)
			return ret;

		down_read(&region->lock);
		attachment = shmregion_attachment_find(region, vma->vm_mm);
		if (attachment)
			shmregion_attachment_get(attachment);
		up_read(&region->lock);
		/* Another thread may have detached the process meanwhile. */
	} while (!attachment);

	vma->vm_pgoff += shmregion_window_start(attachment);
	vma->vm_private_data = attachment;
	vma->vm_ops = &shmregion_revocable_ops;
	vm_flags_mod(vma, VM_PFNMAP | VM_IO | VM_DONTCOPY | VM_DONTEXPAND |
			  VM_DONTDUMP, 0);
	return 0;
}
