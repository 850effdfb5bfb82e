// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a controller can do: limit, reclaim, destroy.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include "attachment.h"
#include "controller.h"
#include "limits.h"
#include "owner.h"
#include "pages.h"
#include "region.h"
#include "trace.h"

/*
 * Takes away all translations, of all processes: a fault gives back what is
 * still allowed. The caller has changed the rule, and released region->lock.
 *
 * A fault of an ordinary mapping looks at the rule with the folio locked, and
 * the core inserts the entry before it unlocks. So once each folio was locked
 * after the change, every fault that saw the old rule is done.
 */
static void zap_everything(struct shmregion *region)
{
	struct address_space *mapping = region->inode.i_mapping;

	shmregion_wait_for_faults(region);
	unmap_mapping_pages(mapping, 0, 0, true);
}

/**
 * shmregion_limit_all - bound all processes that have no limit of their own
 * @region: the region
 * @limit: READ and WRITE of enum shmregion_right
 *
 * Return: 0 or -ENODEV.
 */
int shmregion_limit_all(struct shmregion *region, u32 limit)
{
	down_write(&region->lock);
	if (region->destroyed) {
		up_write(&region->lock);
		return -ENODEV;
	}
	region->default_limit = limit;
	up_write(&region->lock);

	zap_everything(region);
	return 0;
}

/**
 * shmregion_limit_process - bound one process
 * @region: the region
 * @pid: the process's number in the caller's pid namespace
 * @limit: READ and WRITE of enum shmregion_right
 *
 * Return: 0, -ENODEV or -ESRCH.
 */
int shmregion_limit_process(struct shmregion *region, pid_t pid, u32 limit)
{
	struct shmregion_attachment *attachment;
	int ret = 0;

	down_write(&region->lock);
	attachment = shmregion_find_by_pid(region, pid);
	if (region->destroyed) {
		ret = -ENODEV;
	} else if (!attachment || !attachment->rights) {
		ret = -ESRCH;
	} else {
		attachment->limited = true;
		attachment->limit = limit;
	}
	up_write(&region->lock);

	if (!ret)
		zap_everything(region);
	return ret;
}

/**
 * shmregion_reclaim - take the region from its owner
 * @region: the region, to which the caller is attached with WRITE
 *
 * Return: 0, -ENODEV, -EINVAL, or -ESRCH when another thread detached the
 * process.
 */
int shmregion_reclaim(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	int ret = 0;

	down_write(&region->lock);
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region))
		ret = -EINVAL;
	else if (!attachment || !attachment->rights)
		ret = -ESRCH;
	if (ret || attachment == region->owner) {
		up_write(&region->lock);
		return ret;
	}

	if (region->owner)
		shmregion_drop_owner(region);
	region->owner_died = false;
	shmregion_set_owner(region, attachment);
	shmregion_unlock_and_wake(region);
	return 0;
}

/**
 * shmregion_destroy - end a region and free its memory
 * @region: the region
 *
 * Return: 0 or -ENODEV.
 */
int shmregion_destroy(struct shmregion *region)
{
	struct address_space *mapping = region->inode.i_mapping;

	/* Keeps folios from being added behind our back. */
	filemap_invalidate_lock(mapping);
	down_write(&region->lock);
	if (region->destroyed) {
		up_write(&region->lock);
		filemap_invalidate_unlock(mapping);
		return -ENODEV;
	}
	region->destroyed = true;
	shmregion_set_owner(region, NULL);
	shmregion_unlock_and_wake(region);

	zap_everything(region);
	truncate_inode_pages(mapping, 0);
	filemap_invalidate_unlock(mapping);
	shmregion_uncharge(region->user, region->nr_pages);
	return 0;
}
