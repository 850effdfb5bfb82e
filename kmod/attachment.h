/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attachment: one process's standing in one region.
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

struct mm_struct;
struct shmregion;
struct shmregion_process;

/**
 * struct shmregion_attachment - one process's standing in one region
 * @region: the region, which outlives the attachment; constant. The attachment
 *	holds the region's mount.
 * @process: the process, with a reference; constant
 * @window: number of its window; constant
 * @refs: one while attached, one for each of its revocable mappings
 * @rights: of all handles it attached by, 0 when it is there for its limit
 *	only; under region->lock
 * @limited: whether @limit or region->default_limit holds; under region->lock
 * @limit: what a controller lets it have; under region->lock
 * @populated: whether it may have page-table entries in its window; set under
 *	region->lock held for reading, cleared under region->lock for writing
 * @ahead_start: the addresses to map ahead (ahead.c); a hint, without a lock
 * @ahead_end: where they end, 0 for none
 * @region_node: in region->attachments; under region->lock
 * @process_node: in process->attachments; under process->lock
 */
struct shmregion_attachment {
	struct shmregion *region;
	struct shmregion_process *process;
	unsigned int window;
	refcount_t refs;
	u32 rights;
	bool limited;
	bool populated;
	u32 limit;
	unsigned long ahead_start;
	unsigned long ahead_end;
	struct rb_node region_node;
	struct list_head process_node;
};

unsigned int shmregion_window_shift(pgoff_t nr_pages);
pgoff_t shmregion_window_start(const struct shmregion_attachment *attachment);

struct shmregion_attachment *
shmregion_attachment_find(const struct shmregion *region,
			  const struct mm_struct *mm);
int shmregion_attach(struct shmregion *region, u32 rights);
int shmregion_attach_mmap(struct shmregion *region, u32 rights);
int shmregion_detach(struct shmregion *region);
void shmregion_attachment_remove(struct shmregion_attachment *attachment);
void shmregion_attachments_free(struct shmregion *region);

void shmregion_attachment_get(struct shmregion_attachment *attachment);
void shmregion_attachment_put(struct shmregion_attachment *attachment);

int shmregion_attachment_init(void);
void shmregion_attachment_exit(void);

#endif /* SHMREGION_ATTACHMENT_H */
