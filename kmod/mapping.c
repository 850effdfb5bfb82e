// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap() of a handle: what is allowed, and of which kind it is.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "handle.h"
#include "mapping.h"
#include "owner.h"
#include "region.h"

enum mapping_kind {
	MAPPING_REVOCABLE,
	MAPPING_ORDINARY,
	MAPPING_ORDINARY_READONLY,
};

/*
 * In WRITABLE mode everybody may map beforehand, to be given the region later.
 * In READONLY mode the writer gets a mapping that can be revoked, even if it
 * maps only for reading now, as it may mprotect() it. A limit does not count
 * here: it can be raised. Return: the kind, -ENODEV or -EACCES.
 */
static int choose_kind(struct shmregion *region, u32 rights,
		       const struct vm_area_struct *vma)
{
	bool writer;
	int kind;

	down_read(&region->lock);
	if (region->destroyed) {
		up_read(&region->lock);
		return -ENODEV;
	}
	writer = (rights & SHMREGION_RIGHT_WRITE) &&
		 shmregion_is_owner(region, vma->vm_mm);
	if (region->mode == SHMREGION_MODE_UNSAFE)
		kind = MAPPING_ORDINARY;
	else if (region->mode == SHMREGION_MODE_WRITABLE || writer)
		kind = MAPPING_REVOCABLE;
	else if (vma->vm_flags & VM_WRITE)
		kind = -EACCES;
	else
		kind = MAPPING_ORDINARY_READONLY;
	up_read(&region->lock);
	return kind;
}

/*
 * The core has refused what the handle does not allow: PROT_WRITE on a
 * read-only one (EACCES), PROT_EXEC on any (EPERM), and offsets that wrap.
 */
int shmregion_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shmregion *region = shmregion_from_file(file);
	u32 rights = shmregion_handle_rights(file);
	int kind;

	/* VM_SHARED is no test: it is clear for read-only handles. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= region->nr_pages ||
	    vma_pages(vma) > region->nr_pages - vma->vm_pgoff)
		return -EINVAL;

	kind = choose_kind(region, rights, vma);
	if (kind < 0)
		return kind;
	if (kind == MAPPING_REVOCABLE)
		return shmregion_revocable_mmap(region, rights, vma);

	shmregion_ordinary_mmap(vma, kind == MAPPING_ORDINARY);
	return 0;
}
