// SPDX-License-Identifier: GPL-2.0-only
/* What a worker does for a region. */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/workqueue.h>

#include "region.h"
#include "work.h"

/* Our own, so that the module's exit waits for what is in it. */
static struct workqueue_struct *work_queue __ro_after_init;

/**
 * shmregion_queue_work - have a worker do something for a region
 * @region: the region, not locked, which the caller holds
 * @work: one of the region's own; its function ends with shmregion_put_work()
 *
 * The work holds the region as well, and what keeps the module.
 */
void shmregion_queue_work(struct shmregion *region, struct work_struct *work)
{
	mntget(region->mount);
	ihold(&region->inode);
	if (!queue_work(work_queue, work))
		shmregion_put_work(region);
}

void shmregion_put_work(struct shmregion *region)
{
	struct vfsmount *mount = region->mount;

	iput(&region->inode);
	mntput(mount);
}

/* Have region->watch_work run, if it is not about to. */
void shmregion_queue_watch(struct shmregion *region, unsigned long delay)
{
	queue_delayed_work(work_queue, &region->watch_work, delay);
}

int __init shmregion_work_init(void)
{
	/* What others wait for shall not wait for them. */
	work_queue = alloc_workqueue("shmregion", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return work_queue ? 0 : -ENOMEM;
}

/* The last region is gone, or on its way in a worker. */
void shmregion_work_exit(void)
{
	destroy_workqueue(work_queue);
}
