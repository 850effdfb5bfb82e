// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a region leaves behind: zeroing it, and counting what others
 * hold of it.
 *
 * A folio that nobody else holds is zeroed when it leaves the page cache. One
 * that is held may be pinned for I/O, which has to find what was there: a pipe
 * that vmsplice(2) filled may be read long after the region is gone. It waits
 * here, and counts against the limits (limits.c), until it is held no longer.
 * Then it is zeroed. There is no event for that, so it is looked after from time
 * to time, less and less often while nothing happens, and always before a limit
 * refuses somebody.
 *
 * Where the page allocator zeroes by itself (init_on_alloc, init_on_free) it
 * need not be done here.
 */
#include <linux/highmem.h>
#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "limits.h"
#include "region.h"
#include "scrub.h"

#define SCRUB_INTERVAL_MIN	msecs_to_jiffies(100)
#define SCRUB_INTERVAL_MAX	msecs_to_jiffies(6400)

static void scrub_work_fn(struct work_struct *work);

static LLIST_HEAD(scrub_waiting);
/* Held by whoever has taken them off, so that nobody misses them. */
static DEFINE_MUTEX(scrub_mutex);
static unsigned long scrub_interval; /* under scrub_mutex */
static DECLARE_DELAYED_WORK(scrub_work, scrub_work_fn);

/*
 * A folio out of the page cache has no use for its private pointer and its
 * index, so the list needs no memory, which could be missing. The one is the
 * link, the other the user whom the folio counts for.
 */
static struct llist_node *scrub_node(struct folio *folio)
{
	BUILD_BUG_ON(sizeof(struct llist_node) != sizeof(folio->private));
	BUILD_BUG_ON(sizeof(struct shmregion_user *) != sizeof(folio->index));
	return (struct llist_node *)&folio->private;
}

static struct folio *scrub_folio(struct llist_node *node)
{
	return container_of((void **)node, struct folio, private);
}

static void scrub_zero(struct folio *folio)
{
	long i;

	if (want_init_on_alloc(0) || want_init_on_free())
		return;
	for (i = 0; i < folio_nr_pages(folio); i++) {
		clear_highpage(folio_page(folio, i));
		cond_resched();
	}
}

/* With the reference of the list, which is given back here. */
static void scrub_put(struct folio *folio)
{
	struct shmregion_user *user = (struct shmregion_user *)folio->index;

	shmregion_uncharge(user, folio_nr_pages(folio));
	shmregion_count_memory(user, -folio_nr_pages(folio));
	shmregion_user_put(user);
	folio->private = NULL;
	folio->index = 0;
	folio_put(folio);
}

/*
 * Returns how many were given back. Nobody can find a folio that waits, so who
 * lets go of it does not come back.
 */
static unsigned long scrub_waiters(void)
{
	struct llist_node *node, *next;
	unsigned long nr = 0;

	lockdep_assert_held(&scrub_mutex);
	llist_for_each_safe(node, next, llist_del_all(&scrub_waiting)) {
		struct folio *folio = scrub_folio(node);

		cond_resched();
		if (folio_ref_count(folio) > 1) {
			llist_add(node, &scrub_waiting);
			continue;
		}
		scrub_zero(folio);
		scrub_put(folio);
		nr++;
	}
	return nr;
}

static void scrub_work_fn(struct work_struct *work)
{
	mutex_lock(&scrub_mutex);
	scrub_interval = scrub_waiters() ? SCRUB_INTERVAL_MIN :
			 min(2 * scrub_interval, SCRUB_INTERVAL_MAX);
	if (!llist_empty(&scrub_waiting))
		queue_delayed_work(system_unbound_wq, &scrub_work,
				   scrub_interval);
	mutex_unlock(&scrub_mutex);
}

/**
 * shmregion_scrub_now - give back what has become free
 *
 * Return: whether something was given back, now or meanwhile.
 */
bool shmregion_scrub_now(void)
{
	bool waited = !mutex_trylock(&scrub_mutex);
	unsigned long nr;

	if (!waited && llist_empty(&scrub_waiting)) {
		mutex_unlock(&scrub_mutex);
		return false;
	}
	if (waited && mutex_lock_killable(&scrub_mutex))
		return false;
	nr = scrub_waiters();
	mutex_unlock(&scrub_mutex);
	return waited || nr;
}

/*
 * Whether more than the page cache, the caller, and the core's batch of folios
 * that are not in its lists yet have a reference.
 */
static bool is_held(struct folio *folio)
{
	bool batched = !folio_test_lru(folio);

	return folio_ref_count(folio) > folio_nr_pages(folio) + 1 + batched;
}

/**
 * shmregion_scrub - zero a folio before anybody else gets it
 * @folio: just removed from the page cache, whose references it still has, as
 *	well as one of the caller; its private pointer is the region
 */
void shmregion_scrub(struct folio *folio)
{
	struct shmregion *region = folio->private;

	folio->private = NULL;
	if (!is_held(folio)) {
		scrub_zero(folio);
		shmregion_count_memory(region->user, -folio_nr_pages(folio));
		return;
	}
	folio->index = (unsigned long)
		shmregion_charge_held(region, folio_nr_pages(folio));
	folio_get(folio);
	if (llist_add(scrub_node(folio), &scrub_waiting))
		queue_delayed_work(system_unbound_wq, &scrub_work,
				   SCRUB_INTERVAL_MIN);
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
		cond_resched();
	}
}
