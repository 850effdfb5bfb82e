/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attachment: one process's standing in one region.
 *
 * It begins when the process first attaches and ends with its address space,
 * so the member id and the limit that are noted in it do so as well. Between a
 * detach and the next attach it has no rights and is otherwise the same.
 *
 * Every attachment has a window of page offsets of its own in the region's
 * address_space: its revocable mappings (revocable.c) have their vm_pgoff in
 * it. So one unmap_mapping_pages() takes away what one process has, and
 * touches nobody else. Window 0 is the page cache itself, where ordinary
 * mappings have their offsets.
 */
#ifndef SHMREGION_ATTACHMENT_H
#define SHMREGION_ATTACHMENT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>

/*
 * So many entries a revocation removes at a time at most. The core holds
 * i_mmap_rwsem meanwhile, for which all wait who map, unmap or exit.
 */
#define SHMREGION_SLICE_ENTRIES	512

struct mm_struct;
struct shmregion;
struct shmregion_process;

/**
 * struct shmregion_attachment - one process's standing in one region
 * @region: the region, which outlives the attachment; constant. The attachment
 *	holds the region's mount.
 * @process: the process, with a reference; constant
 * @member: its member id in the region, not 0; constant
 * @window: number of its window; constant
 * @refs: one until the process dies, one for each of its revocable mappings, one
 *	while it is about to lose the region
 * @rights: of all handles it attached by, 0 while it is detached; under
 *	region->lock
 * @limited: whether @limit or region->default_limit holds; under region->lock
 * @limit: what a controller lets it have; under region->lock
 * @dead: whether the process has died; under region->lock
 * @populated: whether it may have page-table entries in its window, in the pages
 *	@first to @last; under region->lock
 * @first: see @populated
 * @last: see @populated
 * @inserted: counts insertions of entries; under region->lock
 * @mappings: how many revocable mappings it has; under region->lock
 * @mapped: the size of these together, in pages; under region->lock
 * @rss: so many pages of them count for the process (rss.c); under region->lock
 * @tables: how many page tables were made for them, at most; under region->lock
 * @ahead_start: the addresses to map ahead (ahead.c); a hint, without a lock
 * @ahead_end: where they end, 0 for none
 * @region_node: in region->attachments; under region->lock
 * @member_node: in region->members; under region->lock
 * @process_node: in process->attachments; under process->lock
 */
struct shmregion_attachment {
	struct shmregion *region;
	struct shmregion_process *process;
	u64 member;
	unsigned int window;
	refcount_t refs;
	u32 rights;
	u32 limit;
	bool limited;
	bool dead;
	bool populated;
	pgoff_t first;
	pgoff_t last;
	u64 inserted;
	unsigned int mappings;
	unsigned long mapped;
	unsigned long rss;
	unsigned int tables;
	unsigned long ahead_start;
	unsigned long ahead_end;
	struct rb_node region_node;
	struct rb_node member_node;
	struct list_head process_node;
};

/**
 * struct shmregion_peer - a process as the argument of a call names it
 * @member: its member id, or 0 when it is named by a process id
 * @mm: its address space otherwise, with a reference; NULL when there is none
 */
struct shmregion_peer {
	u64 member;
	struct mm_struct *mm;
};

int shmregion_peer_get(struct shmregion_peer *peer, u32 by, u64 id);
void shmregion_peer_put(struct shmregion_peer *peer);

unsigned int shmregion_window_shift(pgoff_t nr_pages);
pgoff_t shmregion_window_start(const struct shmregion_attachment *attachment);

struct shmregion_attachment *
shmregion_attachment_find(const struct shmregion *region,
			  const struct mm_struct *mm);
struct shmregion_attachment *
shmregion_attachment_find_peer(const struct shmregion *region,
			       const struct shmregion_peer *peer);
int shmregion_attach(struct shmregion *region, u32 rights, u64 *member);
u32 shmregion_attached_rights(struct shmregion *region);
void shmregion_attach_undo(struct shmregion *region, u32 rights);
int shmregion_detach(struct shmregion *region);
void shmregion_attachment_died(struct shmregion_attachment *attachment);
void shmregion_attachments_free(struct shmregion *region);
struct shmregion_attachment *
shmregion_attachment_next(const struct shmregion *region, u64 member);

void shmregion_attachment_get(struct shmregion_attachment *attachment);
void shmregion_attachment_put(struct shmregion_attachment *attachment);
void shmregion_attachment_inserts(struct shmregion_attachment *attachment,
				  pgoff_t first, pgoff_t last);
bool shmregion_attachment_may_map(const struct shmregion_attachment *attachment,
				  unsigned long nr_pages);
void shmregion_attachment_map(struct shmregion_attachment *attachment,
			      unsigned long nr_pages);
void shmregion_attachment_unmap(struct shmregion_attachment *attachment,
				unsigned long nr_pages);

int shmregion_attachment_init(void);
void shmregion_attachment_exit(void);

#endif /* SHMREGION_ATTACHMENT_H */
