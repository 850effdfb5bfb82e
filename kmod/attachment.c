// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attachments: who may be given a region, and where its mappings are.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "attachment.h"
#include "process.h"
#include "region.h"
#include "trace.h"

static struct kmem_cache *shmregion_attachment_cache __ro_after_init;

/* A window begins at a multiple of the largest page-table leaf we map. */
unsigned int shmregion_window_shift(pgoff_t nr_pages)
{
	return max_t(unsigned int, order_base_2(nr_pages),
		     PMD_SHIFT - PAGE_SHIFT);
}

pgoff_t shmregion_window_start(const struct shmregion_attachment *attachment)
{
	return (pgoff_t)attachment->window << attachment->region->window_shift;
}

/* So many that an offset in the last window is still a valid file offset. */
static unsigned int window_max(const struct shmregion *region)
{
	pgoff_t last = (MAX_LFS_FILESIZE >> PAGE_SHIFT) >> region->window_shift;

	return min_t(pgoff_t, last - 1, INT_MAX);
}

static struct shmregion_attachment *to_attachment(const struct rb_node *node)
{
	return rb_entry(node, struct shmregion_attachment, region_node);
}

static int compare_mm(const void *key, const struct rb_node *node)
{
	const struct mm_struct *mm = to_attachment(node)->process->notifier.mm;

	if (key == mm)
		return 0;
	return (unsigned long)key < (unsigned long)mm ? -1 : 1;
}

static bool less_mm(struct rb_node *a, const struct rb_node *b)
{
	return compare_mm(to_attachment(a)->process->notifier.mm, b) < 0;
}

/**
 * shmregion_attachment_find - the attachment of an address space
 * @region: the region, locked
 * @mm: the address space; only its address is used, and may be NULL
 *
 * Return: the attachment, or NULL. An attachment pins its mm_struct, so an
 * equal address is the same address space.
 */
struct shmregion_attachment *
shmregion_attachment_find(const struct shmregion *region,
			  const struct mm_struct *mm)
{
	struct rb_node *node;

	lockdep_assert_held(&region->lock);
	node = rb_find(mm, &region->attachments, compare_mm);
	return node ? to_attachment(node) : NULL;
}

void shmregion_attachment_get(struct shmregion_attachment *attachment)
{
	refcount_inc(&attachment->refs);
}

void shmregion_attachment_put(struct shmregion_attachment *attachment)
{
	if (!refcount_dec_and_test(&attachment->refs))
		return;
	/* Only now: until the last mapping went its window was in use. */
	ida_free(&attachment->region->windows, attachment->window);
	shmregion_process_put(attachment->process);
	mntput(attachment->region->mount);
	kmem_cache_free(shmregion_attachment_cache, attachment);
}

/* Consumes the reference on @process, also when it fails. */
static struct shmregion_attachment *
attachment_alloc(struct shmregion *region, struct shmregion_process *process)
{
	struct shmregion_attachment *attachment;
	int window;

	attachment = kmem_cache_zalloc(shmregion_attachment_cache, GFP_KERNEL);
	if (!attachment)
		goto err_put_process;

	window = ida_alloc_range(&region->windows, 1, window_max(region),
				 GFP_KERNEL);
	if (window < 0)
		goto err_free_attachment;

	mntget(region->mount);
	attachment->region = region;
	attachment->process = process;
	attachment->window = window;
	refcount_set(&attachment->refs, 1);
	INIT_LIST_HEAD(&attachment->process_node);
	return attachment;

err_free_attachment:
	kmem_cache_free(shmregion_attachment_cache, attachment);
err_put_process:
	shmregion_process_put(process);
	return ERR_PTR(-ENOMEM);
}

static bool attachment_has(struct shmregion *region, u32 rights)
{
	struct shmregion_attachment *attachment;
	bool has;

	down_read(&region->lock);
	attachment = shmregion_attachment_find(region, current->mm);
	has = attachment && !region->destroyed &&
	      !(rights & ~attachment->rights);
	up_read(&region->lock);
	return has;
}

/*
 * Consumes the reference on @process. That process is the caller, so it cannot
 * be dead.
 */
static int attachment_add(struct shmregion *region, u32 rights,
			  struct shmregion_process *process)
{
	struct shmregion_attachment *attachment, *found;
	bool keep = false;
	int ret = 0;

	if (IS_ERR(process))
		return PTR_ERR(process);
	attachment = attachment_alloc(region, process);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);

	down_write(&region->lock);
	found = shmregion_attachment_find(region, current->mm);
	if (region->destroyed) {
		ret = -ENODEV;
	} else if (found) {
		found->rights |= rights;
	} else {
		keep = true;
		attachment->rights = rights;
		rb_add(&attachment->region_node, &region->attachments, less_mm);
		spin_lock(&process->lock);
		list_add(&attachment->process_node, &process->attachments);
		spin_unlock(&process->lock);
		trace_shmregion_attach(region, process);
	}
	up_write(&region->lock);
	if (!keep)
		shmregion_attachment_put(attachment);
	return ret;
}

/**
 * shmregion_attach - attach the calling process
 * @region: the region
 * @rights: of the handle it attaches by
 *
 * Return: 0, also when it was attached; -ENODEV, -ENOMEM or -ERESTARTNOINTR.
 */
int shmregion_attach(struct shmregion *region, u32 rights)
{
	if (attachment_has(region, rights))
		return 0;
	return attachment_add(region, rights, shmregion_process_get());
}

/* The same, from ->mmap, where mmap_lock is held for writing. */
int shmregion_attach_mmap(struct shmregion *region, u32 rights)
{
	if (attachment_has(region, rights))
		return 0;
	return attachment_add(region, rights, shmregion_process_get_locked());
}

/**
 * shmregion_attachment_remove - undo an attachment
 * @attachment: not the owner; its region is locked for writing
 *
 * The caller then drops the reference that being attached was; mappings may
 * hold others.
 */
void shmregion_attachment_remove(struct shmregion_attachment *attachment)
{
	lockdep_assert_held_write(&attachment->region->lock);
	rb_erase(&attachment->region_node, &attachment->region->attachments);
	spin_lock(&attachment->process->lock);
	list_del_init(&attachment->process_node);
	spin_unlock(&attachment->process->lock);
}

/**
 * shmregion_detach - undo shmregion_attach()
 * @region: the region
 *
 * The limit of a process outlasts this: it could attach again to be rid of it.
 *
 * Return: 0; -ESRCH when the caller is not attached; -EBUSY when it is the
 * owner or has revocable mappings; -ENODEV.
 */
int shmregion_detach(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	bool put = false;
	int ret = 0;

	down_write(&region->lock);
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed) {
		ret = -ENODEV;
	} else if (!attachment || !attachment->rights) {
		ret = -ESRCH;
	} else if (attachment == region->owner ||
		   refcount_read(&attachment->refs) > 1) {
		ret = -EBUSY;
	} else if (attachment->limited) {
		attachment->rights = 0;
	} else {
		shmregion_attachment_remove(attachment);
		put = true;
	}
	up_write(&region->lock);

	if (put)
		shmregion_attachment_put(attachment);
	return ret;
}

/* The region is being evicted: nobody else can reach it but dying processes. */
void shmregion_attachments_free(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	struct rb_node *node;

	down_write(&region->lock);
	while ((node = rb_first(&region->attachments))) {
		attachment = to_attachment(node);
		shmregion_attachment_remove(attachment);
		shmregion_attachment_put(attachment);
	}
	up_write(&region->lock);
}

int __init shmregion_attachment_init(void)
{
	shmregion_attachment_cache = KMEM_CACHE(shmregion_attachment,
						SLAB_ACCOUNT);
	return shmregion_attachment_cache ? 0 : -ENOMEM;
}

void shmregion_attachment_exit(void)
{
	kmem_cache_destroy(shmregion_attachment_cache);
}
