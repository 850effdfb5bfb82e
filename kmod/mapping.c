// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of a handle: what is allowed, and of which kind it is.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "attachment.h"
#include "denied.h"
#include "handle.h"
#include "mapping.h"
#include "region.h"
#include "rule.h"
#include "trace.h"

/* Whether all pages of a region are there, so that no fault needs another. */
static bool fully_allocated(const struct shmregion *region)
{
	return READ_ONCE(region->inode.i_mapping->nrpages) == region->nr_pages;
}

/*
 * In WRITABLE mode every process that takes part may map beforehand, to be given
 * the region later. In READONLY mode the writer gets a mapping that can be
 * revoked, even if it maps only for reading now, as it may mprotect() it. A
 * limit does not count here: it can be raised. Return: the kind, or -EACCES.
 */
static int choose_kind(const struct shmregion *region, u32 rights,
		       const struct vm_area_struct *vma)
{
	bool writer = (rights & SHMREGION_RIGHT_WRITE) &&
		      shmregion_is_owner(region, vma->vm_mm);

	if (region->mode == SHMREGION_MODE_UNSAFE)
		return SHMREGION_MAPPING_ORDINARY;
	if (region->mode == SHMREGION_MODE_WRITABLE || writer)
		return SHMREGION_MAPPING_REVOCABLE;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	return SHMREGION_MAPPING_ORDINARY_READONLY;
}

/*
 * A process that has not attached gets only what nothing can be taken from and
 * where no touch can fail: somebody may have sent the handle to a program that
 * knows nothing of regions.
 */
static bool needs_consent(const struct shmregion *region, int kind)
{
	return kind == SHMREGION_MAPPING_REVOCABLE || region->controlled ||
	       !fully_allocated(region);
}

/*
 * Return: the kind, and for a revocable mapping *@attachment with a reference;
 * -ENODEV, -EACCES, or -ENOMEM when there are too many.
 */
static int check_mmap(struct shmregion *region, u32 rights,
		      struct vm_area_struct *vma,
		      struct shmregion_attachment **attachment)
{
	struct shmregion_attachment *found;
	int kind;

	shmregion_lock(region);
	kind = region->destroyed ? -ENODEV : choose_kind(region, rights, vma);
	found = shmregion_attachment_find(region, vma->vm_mm);
	if (kind >= 0 && needs_consent(region, kind) &&
	    (!found || !found->rights))
		kind = -EACCES;
	if (kind == SHMREGION_MAPPING_REVOCABLE && !shmregion_attachment_may_map(found))
		kind = -ENOMEM;
	if (kind == SHMREGION_MAPPING_REVOCABLE) {
		shmregion_attachment_map(found, vma_pages(vma));
		*attachment = found;
	}
	if (kind >= 0)
		trace_shmregion_map(region, found, vma, kind);
	shmregion_unlock(region);
	return kind;
}

/*
 * The core has refused what the handle does not allow: PROT_WRITE on a
 * read-only one (EACCES), PROT_EXEC on any (EPERM), and offsets that wrap.
 */
int shmregion_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shmregion *region = shmregion_from_file(file);
	struct shmregion_attachment *attachment;
	int kind;

	/* VM_SHARED is no test: it is clear for read-only handles. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= region->nr_pages ||
	    vma_pages(vma) > region->nr_pages - vma->vm_pgoff)
		return -EINVAL;

	kind = check_mmap(region, shmregion_handle_rights(file), vma,
			  &attachment);
	if (kind == -EACCES || kind == -ENODEV)
		shmregion_denied_mapping(region, vma, SHMREGION_DENIED_MAP,
					 vma->vm_start);
	if (kind < 0)
		return kind;
	if (kind == SHMREGION_MAPPING_REVOCABLE)
		shmregion_revocable_mmap(attachment, vma);
	else
		shmregion_ordinary_mmap(vma, kind == SHMREGION_MAPPING_ORDINARY,
					!region->controlled);
	return 0;
}
