// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of a region: its inode's page cache.
 *
 * A folio enters the page cache at its first touch, zeroed, and stays until
 * the region is evicted or destroyed. Page-table entries of revocable mappings
 * hold no reference on it and are not in the reverse map, so nothing may ever
 * replace or drop a folio before: it is dirty (no invalidation), unevictable
 * (no reclaim), refuses migration, and the inode has no operation that removes
 * pages. It is never split either: it has private data that it does not
 * release, so what is huge stays huge (insert.c).
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "huge.h"
#include "limits.h"
#include "pages.h"
#include "region.h"
#include "scrub.h"

static int pages_migrate_folio(struct address_space *mapping,
			       struct folio *dst, struct folio *src,
			       enum migrate_mode mode)
{
	return -EBUSY;
}

static bool pages_release_folio(struct folio *folio, gfp_t gfp)
{
	return false;
}

/*
 * Eviction and destruction truncate, and both truncate everything. The folio is
 * removed next, and shmregion_scrub() wants to know from where.
 */
static void pages_invalidate_folio(struct folio *folio, size_t offset,
				   size_t length)
{
	folio->private = folio_detach_private(folio);
}

static const struct address_space_operations shmregion_aops = {
	.dirty_folio		= noop_dirty_folio,
	.release_folio		= pages_release_folio,
	.invalidate_folio	= pages_invalidate_folio,
	.free_folio		= shmregion_scrub,
	.migrate_folio		= pages_migrate_folio,
};

void shmregion_pages_init(struct address_space *mapping)
{
	mapping->a_ops = &shmregion_aops;
	/* Not movable: see above. */
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER);
	mapping_set_unevictable(mapping);
	mapping_set_large_folios(mapping);
}

/* The folio of a page if it was touched before, with a reference, or NULL. */
struct folio *shmregion_folio_find(struct shmregion *region, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(region->inode.i_mapping, index);

	/* What tells that there is none differs between kernels. */
	return IS_ERR_OR_NULL(folio) ? NULL : folio;
}

/* Whether no page of an aligned range was touched before. */
static bool range_is_untouched(const struct shmregion *region, pgoff_t first,
			       unsigned int order)
{
	loff_t start = (loff_t)first << PAGE_SHIFT;

	return !filemap_range_has_page(region->inode.i_mapping, start,
				       start + (PAGE_SIZE << order) - 1);
}

/*
 * The largest folio around a page that is naturally aligned, lies inside the
 * region and is no larger than allowed.
 *
 * Or the smallest, where the place of that one is taken in part: by somebody
 * who was faster, or because it could not be had before. To allocate, zero and
 * charge it once more at each touch, only to find that it does not fit, would
 * make each cost what the first did.
 */
static unsigned int folio_order_at(const struct shmregion *region,
				   pgoff_t index, bool up_front)
{
	unsigned int order;
	pgoff_t first;

	/* Core mm has no use for folios of order 1 in a page cache. */
	for (order = shmregion_folio_order_max(up_front); order > 1; order--) {
		first = round_down(index, 1UL << order);
		if (first + (1UL << order) <= region->nr_pages)
			return range_is_untouched(region, first, order) ? order :
									  0;
	}
	return 0;
}

/**
 * shmregion_pages_free - take all pages of a destroyed region out of it
 * @region: the region, with @destroyed set and nothing mapped
 *
 * The second time it is for a folio that was being added: either it is seen
 * here, or the one who adds it sees @emptied and takes it out. There is little
 * left by then, so nobody else is made to free the region.
 */
void shmregion_pages_free(struct shmregion *region)
{
	truncate_inode_pages(region->inode.i_mapping, 0);
	WRITE_ONCE(region->emptied, true);
	/* Pairs with that in folio_add(). */
	smp_mb();
	truncate_inode_pages(region->inode.i_mapping, 0);
}

/*
 * Charged to the memory cgroup of the caller, where it may sleep for long
 * (memory.high). So no lock is held that a destruction would need. A large
 * folio is worth no reclaim: the smallest does as well.
 */
static int folio_add(struct shmregion *region, pgoff_t index,
		     unsigned int order, gfp_t gfp)
{
	struct address_space *mapping = region->inode.i_mapping;
	struct folio *folio;
	int ret;

	if (READ_ONCE(region->destroyed))
		return -ENODEV;
	gfp |= mapping_gfp_mask(mapping) | __GFP_ZERO;
	if (order)
		gfp |= __GFP_NORETRY | __GFP_NOWARN;
	folio = shmregion_alloc_folio(gfp, order);
	if (!folio)
		return -ENOMEM;

	/* Before anybody can find it: its content is already what it shall be. */
	__folio_mark_uptodate(folio);
	ret = filemap_add_folio(mapping, folio,
				round_down(index, 1UL << order),
				gfp & ~__GFP_ZERO);
	if (!ret) {
		shmregion_count_memory(region->user, 1L << order);
		folio_attach_private(folio, region);
		folio_mark_dirty(folio);
		folio_unlock(folio);
	}
	folio_put(folio);

	/*
	 * Pairs with that in shmregion_pages_free(). A region that is destroyed
	 * but not emptied may be mapped, so its pages are not for us to free.
	 */
	smp_mb();
	if (!READ_ONCE(region->emptied))
		return ret;
	truncate_inode_pages(mapping, 0);
	return -ENODEV;
}

static struct folio *folio_get_or_add(struct shmregion *region, pgoff_t index,
				      bool up_front, gfp_t gfp)
{
	struct folio *folio = shmregion_folio_find(region, index);
	unsigned int order;
	int ret;

	if (folio)
		return folio;
	order = folio_order_at(region, index, up_front);
	for (;;) {
		ret = folio_add(region, index, order, gfp);
		/* Somebody may have been faster, here or in a part of it. */
		if (!ret || ret == -EEXIST) {
			folio = shmregion_folio_find(region, index);
			if (folio)
				return folio;
		}
		if (ret == -ENODEV || (!order && ret && ret != -EEXIST))
			return ERR_PTR(ret);
		order = 0;
	}
}

/**
 * shmregion_folio_get - the folio of a page, allocated when needed
 * @region: the region, not locked
 * @index: the page, inside the region
 *
 * Return: the folio with a reference, -ENOMEM, or -ENODEV.
 */
struct folio *shmregion_folio_get(struct shmregion *region, pgoff_t index)
{
	return folio_get_or_add(region, index, false, 0);
}

/**
 * shmregion_populate - allocate all pages of a new region
 * @region: the region
 *
 * Fails rather than have a process killed for memory. Return: 0, -ENOMEM, or
 * -EINTR when the caller is being killed.
 */
int shmregion_populate(struct shmregion *region)
{
	struct folio *folio;
	pgoff_t index = 0;

	while (index < region->nr_pages) {
		if (fatal_signal_pending(current))
			return -EINTR;
		folio = folio_get_or_add(region, index, true,
					 __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
		if (IS_ERR(folio))
			return PTR_ERR(folio);
		index = folio_next_index(folio);
		folio_put(folio);
		cond_resched();
	}
	return 0;
}

/**
 * shmregion_wait_for_faults - wait for faults of ordinary mappings
 * @region: the region
 *
 * On return every fault that had locked its folio before the call is over.
 */
void shmregion_wait_for_faults(struct shmregion *region)
{
	struct folio_batch batch;
	pgoff_t index = 0;
	unsigned int i;

	folio_batch_init(&batch);
	while (filemap_get_folios(region->inode.i_mapping, &index,
				  region->nr_pages - 1, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			folio_lock(batch.folios[i]);
			folio_unlock(batch.folios[i]);
		}
		folio_batch_release(&batch);
		cond_resched();
	}
}
