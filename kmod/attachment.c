// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attachments: which processes take part in a region, under which numbers, and
 * where their mappings are.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "attachment.h"
#include "process.h"
#include "region.h"
#include "rss.h"
#include "trace.h"

/*
 * So many revocable mappings of a region a process can have: what a slice of a
 * revocation does is proportional to them.
 */
#define MAPPINGS_MAX	256

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

static void leave_region(struct shmregion_attachment *attachment)
{
	struct shmregion *region = attachment->region;

	lockdep_assert_held(&region->lock);
	if (RB_EMPTY_NODE(&attachment->region_node))
		return;
	rb_erase(&attachment->region_node, &region->attachments);
	RB_CLEAR_NODE(&attachment->region_node);
	rb_erase(&attachment->member_node, &region->members);
}

void shmregion_attachment_put(struct shmregion_attachment *attachment)
{
	struct shmregion *region = attachment->region;

	/* What is found in the region has a reference. */
	if (!refcount_dec_and_lock(&attachment->refs, &region->lock))
		return;
	leave_region(attachment);
	shmregion_unlock(region);

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
	RB_CLEAR_NODE(&attachment->region_node);
	INIT_LIST_HEAD(&attachment->process_node);
	return attachment;

err_free_attachment:
	kmem_cache_free(shmregion_attachment_cache, attachment);
err_put_process:
	shmregion_process_put(process);
	return ERR_PTR(-ENOMEM);
}

static struct shmregion_attachment *to_member(const struct rb_node *node)
{
	return rb_entry(node, struct shmregion_attachment, member_node);
}

static int compare_member(const void *key, const struct rb_node *node)
{
	const u64 member = *(const u64 *)key;

	if (member == to_member(node)->member)
		return 0;
	return member < to_member(node)->member ? -1 : 1;
}

static bool less_member(struct rb_node *a, const struct rb_node *b)
{
	return compare_member(&to_member(a)->member, b) < 0;
}

/**
 * shmregion_peer_get - name a process
 * @peer: the name to make
 * @by: of enum shmregion_by
 * @id: the number that the caller of the module gave
 *
 * Takes no lock of a region. What it finds may have exited by the time that it
 * is used: its address space then is no attachment's any more.
 *
 * Return: 0; -EINVAL when the number can name nothing.
 */
int shmregion_peer_get(struct shmregion_peer *peer, u32 by, u64 id)
{
	peer->member = 0;
	peer->mm = NULL;

	switch (by) {
	case SHMREGION_BY_MEMBER:
		if (!id)
			return -EINVAL;
		peer->member = id;
		return 0;
	case SHMREGION_BY_PID:
		if (!id || id > INT_MAX)
			return -EINVAL;
		peer->mm = shmregion_process_mm(id);
		return 0;
	}
	return -EINVAL;
}

void shmregion_peer_put(struct shmregion_peer *peer)
{
	if (peer->mm)
		mmdrop(peer->mm);
}

/**
 * shmregion_attachment_find_peer - the attachment of a named process
 * @region: the region, locked
 * @peer: the name
 *
 * Return: the attachment, also of a process that has detached, or NULL.
 */
struct shmregion_attachment *
shmregion_attachment_find_peer(const struct shmregion *region,
			       const struct shmregion_peer *peer)
{
	struct rb_node *node;

	lockdep_assert_held(&region->lock);
	if (!peer->member)
		return shmregion_attachment_find(region, peer->mm);
	node = rb_find(&peer->member, &region->members, compare_member);
	return node ? to_member(node) : NULL;
}

/*
 * Whether the calling process has attached by handles with these rights
 * already. Return: its member id, or 0.
 */
static u64 attached_as(struct shmregion *region, u32 rights)
{
	struct shmregion_attachment *attachment;
	u64 member = 0;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, current->mm);
	if (attachment && !region->destroyed && !(rights & ~attachment->rights))
		member = attachment->member;
	shmregion_unlock(region);
	return member;
}

/* The process is new in the region, which is locked. */
static void attachment_enter(struct shmregion_attachment *attachment)
{
	struct shmregion_process *process = attachment->process;
	struct shmregion *region = attachment->region;

	lockdep_assert_held(&region->lock);
	attachment->member = region->next_member++;
	rb_add(&attachment->region_node, &region->attachments, less_mm);
	rb_add(&attachment->member_node, &region->members, less_member);
	spin_lock(&process->lock);
	list_add(&attachment->process_node, &process->attachments);
	spin_unlock(&process->lock);
}

/**
 * shmregion_attach - attach the calling process
 * @region: the region
 * @rights: of the handle it attaches by
 * @member: set to its member id
 *
 * The process runs this, so it cannot be dead. Return: 0, also when it was
 * attached; -ENODEV, -ENOMEM or -ERESTARTNOINTR.
 */
int shmregion_attach(struct shmregion *region, u32 rights, u64 *member)
{
	struct shmregion_attachment *attachment, *found;
	struct shmregion_process *process;
	bool keep = false;
	int ret = 0;

	*member = attached_as(region, rights);
	if (*member)
		return 0;

	process = shmregion_process_get();
	if (IS_ERR(process))
		return PTR_ERR(process);
	attachment = attachment_alloc(region, process);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);

	shmregion_lock(region);
	found = shmregion_attachment_find(region, current->mm);
	if (region->destroyed) {
		ret = -ENODEV;
	} else if (found) {
		found->rights |= rights;
		*member = found->member;
		trace_shmregion_attach(region, found);
	} else {
		keep = true;
		attachment->rights = rights;
		attachment_enter(attachment);
		*member = attachment->member;
		trace_shmregion_attach(region, attachment);
	}
	shmregion_unlock(region);
	if (!keep)
		shmregion_attachment_put(attachment);
	return ret;
}

static void leave_process(struct shmregion_attachment *attachment)
{
	spin_lock(&attachment->process->lock);
	list_del_init(&attachment->process_node);
	spin_unlock(&attachment->process->lock);
}

/* The rights that the calling process has attached with; 0 when it has not. */
u32 shmregion_attached_rights(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	u32 rights = 0;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, current->mm);
	if (attachment)
		rights = attachment->rights;
	shmregion_unlock(region);
	return rights;
}

/**
 * shmregion_attach_undo - take an attachment back whose id could not be told
 * @region: the region
 * @rights: what shmregion_attached_rights() said before
 *
 * Unless another thread has relied on it meanwhile, and owns the region.
 */
void shmregion_attach_undo(struct shmregion *region, u32 rights)
{
	struct shmregion_attachment *attachment;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, current->mm);
	if (attachment && attachment != region->owner &&
	    !attachment->mappings)
		attachment->rights = rights;
	shmregion_unlock(region);
}

/**
 * shmregion_attachment_died - note that the process of an attachment is dead
 * @attachment: the attachment, its region locked
 *
 * It can be found in its region until the last mapping is gone, so that what
 * these have can still be taken away. The caller then drops the first reference.
 */
void shmregion_attachment_died(struct shmregion_attachment *attachment)
{
	lockdep_assert_held(&attachment->region->lock);
	attachment->rights = 0;
	attachment->dead = true;
	leave_process(attachment);
}

/**
 * shmregion_attachment_next - go through all attachments of a region
 * @region: the region, locked
 * @member: of the attachment before, or 0
 *
 * Return: the one with the next higher member id, or NULL.
 */
struct shmregion_attachment *
shmregion_attachment_next(const struct shmregion *region, u64 member)
{
	struct rb_node *node = region->members.rb_node;
	struct shmregion_attachment *next = NULL;

	lockdep_assert_held(&region->lock);
	while (node) {
		if (to_member(node)->member > member) {
			next = to_member(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return next;
}

/**
 * shmregion_attachment_inserts - note that a process gets page-table entries
 * @attachment: the process's, its region locked
 * @first: the first page
 * @last: the last page
 *
 * Before the entries are made, so that what a revocation removes is never less.
 */
void shmregion_attachment_inserts(struct shmregion_attachment *attachment,
				  pgoff_t first, pgoff_t last)
{
	lockdep_assert_held(&attachment->region->lock);
	if (attachment->populated) {
		first = min(first, attachment->first);
		last = max(last, attachment->last);
	}
	attachment->first = first;
	attachment->last = last;
	attachment->populated = true;
	attachment->inserted++;
}

/* Whether a process can have one mapping more. The region is locked. */
bool shmregion_attachment_may_map(const struct shmregion_attachment *attachment)
{
	lockdep_assert_held(&attachment->region->lock);
	return attachment->mappings < MAPPINGS_MAX;
}

/* One mapping more, with a reference of its own. The region is locked. */
void shmregion_attachment_map(struct shmregion_attachment *attachment,
			      unsigned long nr_pages)
{
	lockdep_assert_held(&attachment->region->lock);
	attachment->mappings++;
	shmregion_rss_map(attachment, nr_pages);
	refcount_inc(&attachment->refs);
}

/* One mapping less. Page tables go with mappings, at the latest with the last. */
void shmregion_attachment_unmap(struct shmregion_attachment *attachment,
				unsigned long nr_pages)
{
	shmregion_lock(attachment->region);
	shmregion_rss_unmap(attachment, nr_pages);
	if (!--attachment->mappings)
		attachment->tables = 0;
	shmregion_unlock(attachment->region);
	shmregion_attachment_put(attachment);
}

/* Whether the calling process maps anything of a region, in any way. */
static bool maps_region(const struct shmregion *region)
{
	VMA_ITERATOR(iterator, current->mm, 0);
	struct vm_area_struct *vma;

	mmap_assert_locked(current->mm);
	if (!mapping_mapped(region->inode.i_mapping))
		return false;
	for_each_vma(iterator, vma)
		if (vma->vm_file && file_inode(vma->vm_file) == &region->inode)
			return true;
	return false;
}

/*
 * mmap_lock is held, so no mapping comes or goes. The search of all that the
 * process maps, which may be much, is done before others have to wait.
 */
static int detach(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	bool mapped = maps_region(region);
	int ret = 0;

	shmregion_lock(region);
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!attachment || !attachment->rights)
		ret = -ESRCH;
	else if (mapped || attachment == region->owner ||
		 (region->loser && attachment == region->change.next))
		ret = -EBUSY;
	if (!ret) {
		attachment->rights = 0;
		WRITE_ONCE(attachment->ahead_end, 0);
		trace_shmregion_detach(region, attachment);
	}
	shmregion_unlock(region);
	return ret;
}

/**
 * shmregion_detach - undo shmregion_attach()
 * @region: the region
 *
 * Member id and limit outlast this, till the process dies: it could attach
 * again to be rid of them.
 *
 * Return: 0; -ESRCH when the caller is not attached; -EBUSY when it is the
 * owner or has mappings; -ENODEV; -EINTR when the caller is being killed.
 */
int shmregion_detach(struct shmregion *region)
{
	int ret;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	ret = detach(region);
	mmap_read_unlock(current->mm);
	return ret;
}

/* The region is being evicted: nobody else can reach it but dying processes. */
void shmregion_attachments_free(struct shmregion *region)
{
	struct shmregion_attachment *attachment;

	for (;;) {
		shmregion_lock(region);
		attachment = shmregion_attachment_next(region, 0);
		if (attachment) {
			leave_region(attachment);
			leave_process(attachment);
		}
		shmregion_unlock(region);
		if (!attachment)
			return;
		shmregion_attachment_put(attachment);
		cond_resched();
	}
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
