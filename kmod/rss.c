// SPDX-License-Identifier: GPL-2.0-only
/*
 * What revocable mappings count for in the RSS of a process, which tells the
 * OOM killer who has the memory.
 *
 * The core counts no raw page frames, and tells nobody which entries it
 * removes. So this is an upper bound: each entry counts when it is made, the
 * count is never more than the size of the mappings, and it is set to zero when
 * it is certain that there are none: after a revocation, and when the last
 * mapping goes. That is before the core looks whether all counters are zero, as
 * it does when nothing holds the mm_struct any more, which attachments do.
 *
 * What revocable_mkwrite() removes and its next fault makes anew counts twice for
 * that reason. To take it off would need to know that the zap found it there, and
 * not an munmap() or madvise() of another thread at the same time: off twice, the
 * count would be too low, and in the end below zero.
 */
#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "attachment.h"
#include "compat.h"
#include "process.h"
#include "region.h"
#include "rss.h"

static void set_rss(struct shmregion_attachment *attachment, unsigned long rss)
{
	lockdep_assert_held(&attachment->region->lock);
	if (rss == attachment->rss)
		return;
	shmregion_count_shmem(attachment->process->notifier.mm,
			      (long)rss - (long)attachment->rss);
	attachment->rss = rss;
}

/* A mapping more, of this size. The region is locked, as in all of these. */
void shmregion_rss_map(struct shmregion_attachment *attachment,
		       unsigned long nr_pages)
{
	lockdep_assert_held(&attachment->region->lock);
	attachment->mapped += nr_pages;
}

/* A mapping less, whose entries are gone. */
void shmregion_rss_unmap(struct shmregion_attachment *attachment,
			 unsigned long nr_pages)
{
	lockdep_assert_held(&attachment->region->lock);
	attachment->mapped -= nr_pages;
	set_rss(attachment, min(attachment->rss, attachment->mapped));
}

/* So many entries were made where there were none. */
void shmregion_rss_add(struct shmregion_attachment *attachment,
		       unsigned long nr_pages)
{
	set_rss(attachment, min(attachment->rss + nr_pages,
				attachment->mapped));
}

/* There are no entries. */
void shmregion_rss_clear(struct shmregion_attachment *attachment)
{
	set_rss(attachment, 0);
}
