// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory all regions together may take.
 *
 * A region counts with its whole size from its creation on, so that no touch
 * of a page can fail for a limit later. Memory itself is taken, and charged to
 * a memory cgroup, at the first touch.
 */
#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>

#include "limits.h"

static unsigned long max_total_bytes;
module_param(max_total_bytes, ulong, 0444);
MODULE_PARM_DESC(max_total_bytes,
		 "Size of all regions together, in bytes (default: half of RAM)");

static unsigned long max_region_bytes;
module_param(max_region_bytes, ulong, 0444);
MODULE_PARM_DESC(max_region_bytes,
		 "Size of one region, in bytes (default: max_total_bytes)");

static atomic_long_t total_pages = ATOMIC_LONG_INIT(0);

/**
 * shmregion_charge - count a new region
 * @nr_pages: its size
 *
 * Return: 0, or -ENOSPC.
 */
int shmregion_charge(pgoff_t nr_pages)
{
	unsigned long limit = max_total_bytes >> PAGE_SHIFT;
	long used = atomic_long_read(&total_pages);

	if (nr_pages > max_region_bytes >> PAGE_SHIFT)
		return -ENOSPC;
	do {
		/* used never exceeds limit, so this cannot wrap. */
		if (nr_pages > limit - used)
			return -ENOSPC;
	} while (!atomic_long_try_cmpxchg(&total_pages, &used,
					  used + nr_pages));
	return 0;
}

void shmregion_uncharge(pgoff_t nr_pages)
{
	atomic_long_sub(nr_pages, &total_pages);
}

/* A limit that does not even allow one page is a mistake: refuse to load. */
int __init shmregion_limits_init(void)
{
	if (!max_total_bytes)
		max_total_bytes = (totalram_pages() / 2) << PAGE_SHIFT;
	if (!max_region_bytes)
		max_region_bytes = max_total_bytes;
	if (max_total_bytes < PAGE_SIZE || max_region_bytes < PAGE_SIZE ||
	    max_total_bytes > LONG_MAX || max_region_bytes > max_total_bytes)
		return -EINVAL;
	return 0;
}
