// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zeroing the memory that a region leaves behind.
 *
 * A folio that nobody else holds is zeroed when it leaves the page cache. One
 * that is held may be pinned for I/O, which has to find what was there: a pipe
 * that vmsplice(2) filled may be read long after the region is gone. It waits
 * here, and is zeroed when it is held no longer. There is no event for that,
 * so it is looked after from time to time.
 *
 * Where the page allocator zeroes by itself (init_on_alloc, init_on_free)
 * nothing is to be done.
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/workqueue.h>

#include "scrub.h"

#define SCRUB_INTERVAL	msecs_to_jiffies(100)

static void scrub_work_fn(struct work_struct *work);

static LLIST_HEAD(scrub_waiting);
static DECLARE_DELAYED_WORK(scrub_work, scrub_work_fn);

/*
 * A folio out of the page cache has no use for its private pointer, so the
 * list needs no memory, which could be missing.
 */
static struct llist_node *scrub_node(struct folio *folio)
{
	BUILD_BUG_ON(sizeof(struct llist_node) != sizeof(folio->private));
	return (struct llist_node *)&folio->private;
}

static struct folio *scrub_folio(struct llist_node *node)
{
	return container_of((void **)node, struct folio, private);
}

static void scrub_zero(struct folio *folio)
{
	folio_zero_segment(folio, 0, folio_size(folio));
}

/* With the reference of the list, which is given back here. */
static void scrub_put(struct folio *folio)
{
	folio->private = NULL;
	folio_put(folio);
}

static void scrub_work_fn(struct work_struct *work)
{
	struct llist_node *node, *next;
	bool waiting = false;

	llist_for_each_safe(node, next, llist_del_all(&scrub_waiting)) {
		struct folio *folio = scrub_folio(node);

		/* Nobody can find it, so who lets go does not come back. */
		if (folio_ref_count(folio) > 1) {
			llist_add(node, &scrub_waiting);
			waiting = true;
			continue;
		}
		scrub_zero(folio);
		scrub_put(folio);
		cond_resched();
	}
	if (waiting)
		schedule_delayed_work(&scrub_work, SCRUB_INTERVAL);
}

/**
 * shmregion_scrub - zero a folio before anybody else gets it
 * @folio: just removed from the page cache, whose references it still has, as
 *	well as one of the caller
 */
void shmregion_scrub(struct folio *folio)
{
	if (want_init_on_alloc(0) || want_init_on_free())
		return;
	if (folio_ref_count(folio) <= folio_nr_pages(folio) + 1) {
		scrub_zero(folio);
		return;
	}
	folio_get(folio);
	if (llist_add(scrub_node(folio), &scrub_waiting))
		schedule_delayed_work(&scrub_work, SCRUB_INTERVAL);
}

/* What is still held now goes as it is: the module cannot stay for it. */
void shmregion_scrub_exit(void)
{
	struct llist_node *node, *next;

	cancel_delayed_work_sync(&scrub_work);
	llist_for_each_safe(node, next, llist_del_all(&scrub_waiting)) {
		struct folio *folio = scrub_folio(node);

		if (folio_ref_count(folio) == 1)
			scrub_zero(folio);
		scrub_put(folio);
	}
}
