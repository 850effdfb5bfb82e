/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The region object.
 *
 * A region is an inode of the module's own pseudo file system. Its pages are
 * the inode's page cache; its handles are open files on the inode; its
 * mappings are in the inode's i_mmap. So it lives exactly as long as a handle
 * or a mapping lives, and core mm gives memory cgroup charging, futex keys and
 * unmap_mapping_pages() for free.
 *
 * Locks, in the order in which they nest:
 *
 *   mmap_lock              held by the core around ->mmap, ->mprotect, faults
 *     invalidate_lock      of the inode: no folio is added while one destroys
 *       folio lock         in faults of ordinary mappings (ordinary.c)
 *         region->lock     mode, owner and attachments of one region
 *           process->lock  the attachments of one process (process.h)
 *             inode->i_lock    (core, by igrab())
 *           i_mmap_rwsem       (core, inside unmap_mapping_pages())
 *             page-table lock  (core)
 *
 * Two more are held for a moment, with nothing inside: the lock of the list of
 * all users (limits.c) and that of all processes (process.c).
 *
 * region->lock is what makes revocation final. A fault holds it shared from
 * the check of the access rule to the insertion of the page-table entries.
 * Whoever takes access away holds it exclusively from the change of the owner
 * to the return of unmap_mapping_pages(), which has flushed all TLBs by then.
 * So no entry can appear that the rule in force forbids.
 *
 * As mmap_lock nests outside, nothing under region->lock may touch user
 * memory or take an mmap_lock. Nor are a region's pages allocated under it: a
 * dying owner needs the lock, and it may be dying to give its memory back.
 */
#ifndef SHMREGION_REGION_H
#define SHMREGION_REGION_H

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/uuid.h>
#include <linux/wait.h>

#include <linux/shmregion.h>

struct shmregion_attachment;
struct shmregion_user;
struct vfsmount;

/**
 * struct shmregion - a region
 * @inode: the region's inode; the region is allocated and freed with it
 * @size: size in bytes as asked for; constant
 * @nr_pages: @size rounded up to pages; constant
 * @user: who is charged for it; constant
 * @window_shift: log2 of the pages between two windows (attachment.h); constant
 * @mount: that all its handles are on, who hold it; constant
 * @guid: identity, random; constant
 * @label: for people; constant
 * @lock: see above
 * @mode: the access rule in force; written under @lock, read anywhere
 * @frozen: READONLY with no owner for ever; under @lock
 * @owner_died: the last owner died and nobody acquired since; under @lock
 * @destroyed: has no pages and never will; written under @lock and
 *	invalidate_lock, read under either
 * @generation: counts the changes of owner or mode; written under @lock, read
 *	anywhere
 * @owner: the owner, or NULL; under @lock
 * @default_limit: what a process without a limit of its own may have; under
 *	@lock
 * @attachments: the attached processes, by address space; under @lock
 * @windows: which windows are taken; has its own lock
 * @owner_wait: who waits for its turn (owner.c)
 * @poll_wait: woken at every change that can bring an event
 */
struct shmregion {
	struct inode inode;
	u64 size;
	pgoff_t nr_pages;
	struct shmregion_user *user;
	unsigned int window_shift;
	struct vfsmount *mount;
	uuid_t guid;
	char label[SHMREGION_LABEL_SIZE];

	struct rw_semaphore lock;
	enum shmregion_mode mode;
	bool frozen;
	bool owner_died;
	bool destroyed;
	u64 generation;
	struct shmregion_attachment *owner;
	u32 default_limit;
	struct rb_root attachments;
	struct ida windows;
	wait_queue_head_t owner_wait;
	wait_queue_head_t poll_wait;
};

static inline struct shmregion *shmregion_from_inode(const struct inode *inode)
{
	return container_of(inode, struct shmregion, inode);
}

static inline struct shmregion *shmregion_from_file(const struct file *file)
{
	return shmregion_from_inode(file_inode(file));
}

int shmregion_fs_pin(void);
void shmregion_fs_unpin(void);

struct shmregion *shmregion_create(u64 size, enum shmregion_mode mode,
				   const char *label);
const char *shmregion_mode_name(enum shmregion_mode mode);

int shmregion_region_init(void);
void shmregion_region_exit(void);

#endif /* SHMREGION_REGION_H */
