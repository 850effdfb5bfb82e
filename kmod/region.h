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
 *   mmap_lock            held by the core around ->mmap, ->mprotect, faults; taken
 *                        by enroll.c, and tried by ahead.c
 *     folio lock         in faults of ordinary mappings (ordinary.c)
 *       i_mmap_rwsem     (core, inside unmap_mapping_pages())
 *       region->lock     mode, owner and attachments of one region
 *         process->lock  the attachments of one process (process.h)
 *           inode->i_lock  (core, by igrab())
 *         page-table lock  (core)
 *
 * Three more are held for a moment, with nothing inside: the lock of the list of
 * all users (limits.c), that of all processes (process.c) and that of all regions
 * (registry.c), under which the core takes inode->i_lock.
 *
 * region->lock is what makes revocation final. A fault holds it from the check
 * of the access rule to the insertion of the page-table entries, and whoever
 * takes access away holds it for the change of the rule. So no entry that the
 * rule in force forbids can appear after the change; those that are there are
 * removed then, without the lock (revoke.c).
 *
 * It is a spinlock, held for a bounded number of steps: at most the entries of
 * one page table. So whoever holds it is not stopped meanwhile, whatever its
 * priority and its cgroup, and nobody waits for it for long. Nothing is
 * allocated, charged or removed from page tables under it, and no user memory is
 * touched.
 */
#ifndef SHMREGION_REGION_H
#define SHMREGION_REGION_H

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/shmregion.h>

struct shmregion_attachment;
struct shmregion_user;
struct vfsmount;

/**
 * struct shmregion_change - what a region is to become
 * @next: its owner, or NULL
 * @mode: its mode
 * @frozen: whether it is frozen
 * @died: whether it is so because its owner has died
 */
struct shmregion_change {
	struct shmregion_attachment *next;
	enum shmregion_mode mode;
	bool frozen;
	bool died;
};

/**
 * struct shmregion - a region
 * @inode: the region's inode; the region is allocated and freed with it
 * @registry_node: in the list of all regions; under the lock of registry.c
 * @id: its number there, never used twice; constant
 * @size: size in bytes as asked for; constant
 * @nr_pages: its capacity: @size rounded up to pages or huge pages; constant
 * @user: who is charged for it, with a reference; constant
 * @charged: for how many pages still; under the lock of limits.c
 * @window_shift: log2 of the pages between two windows (attachment.h); constant
 * @mount: that all its handles are on, who hold it; constant
 * @guid: identity, random; constant
 * @label: for people; constant
 * @controlled: whether a controller may limit, reclaim and destroy; constant
 * @lock: see above
 * @mode: the access rule in force; written under @lock, read anywhere
 * @frozen: READONLY with no owner for ever; under @lock
 * @owner_died: the last owner died and nobody acquired since; under @lock
 * @destroyed: nobody has access, ever; written under @lock, read anywhere
 * @emptied: destroyed, with no translation and no page left, but for what is
 *	being added; written once, read anywhere (pages.c)
 * @generation: counts the changes of owner or mode; under @lock
 * @changes: counts all that those who wait have to look at, limits as well;
 *	written under @lock, read anywhere
 * @owner: the owner, or NULL; under @lock. While a revocation is pending it is
 *	the one of before, which has no access any more.
 * @loser: the owner that a pending revocation is about, with a reference, or
 *	NULL when none is pending; written under @lock, read anywhere
 * @ticket: of the pending revocation, or the last one; under @lock
 * @inserted: @loser->inserted when the revocation was decided; under @lock
 * @change: what it becomes when the pending revocation is done; under @lock
 * @revoke_work: does what is pending (revoke.c)
 * @default_limit: what a process without a limit of its own may have; under
 *	@lock
 * @next_member: the member id that no process had yet; under @lock
 * @attachments: all processes that ever attached and live, by address space;
 *	under @lock
 * @members: the same, by member id; under @lock
 * @windows: which windows are taken; has its own lock
 * @owner_wait: who waits for its turn (wait.c)
 * @poll_wait: woken at every change that can bring an event (wake.c)
 * @final_wait: the same for handles without WRITE
 * @wake_work: wakes @poll_wait when it is long
 * @watch_work: looks for the death of the owner while somebody waits
 */
struct shmregion {
	struct inode inode;
	struct rb_node registry_node;
	u64 id;
	u64 size;
	pgoff_t nr_pages;
	struct shmregion_user *user;
	unsigned long charged;
	unsigned int window_shift;
	struct vfsmount *mount;
	uuid_t guid;
	char label[SHMREGION_LABEL_SIZE];
	bool controlled;

	spinlock_t lock; /* protects what follows, as noted above */
	enum shmregion_mode mode;
	bool frozen;
	bool owner_died;
	bool destroyed;
	bool emptied;
	u64 generation;
	u64 changes;
	struct shmregion_attachment *owner;
	struct shmregion_attachment *loser;
	u64 ticket;
	u64 inserted;
	struct shmregion_change change;
	struct work_struct revoke_work;
	u32 default_limit;
	u64 next_member;
	struct rb_root attachments;
	struct rb_root members;
	struct ida windows;
	wait_queue_head_t owner_wait;
	wait_queue_head_t poll_wait;
	wait_queue_head_t final_wait;
	struct work_struct wake_work;
	struct delayed_work watch_work;
};

static inline struct shmregion *shmregion_from_inode(const struct inode *inode)
{
	return container_of(inode, struct shmregion, inode);
}

static inline struct shmregion *shmregion_from_file(const struct file *file)
{
	return shmregion_from_inode(file_inode(file));
}

/*
 * sparse can't follow a lock that a function returns with only if it succeeds, so
 * it does not see these; lockdep does.
 */
static inline void shmregion_lock(struct shmregion *region)
{
	spin_lock(&region->lock);
	__release(&region->lock);
}

static inline void shmregion_unlock(struct shmregion *region)
{
	__acquire(&region->lock);
	spin_unlock(&region->lock);
}

/* The owner or the mode changed. The region is locked. */
static inline void shmregion_changed(struct shmregion *region)
{
	lockdep_assert_held(&region->lock);
	region->generation++;
	WRITE_ONCE(region->changes, region->changes + 1);
}

int shmregion_fs_pin(void);
void shmregion_fs_unpin(void);

struct shmregion *shmregion_create(u64 size, enum shmregion_mode mode,
				   const char *label, u32 flags);
const char *shmregion_mode_name(enum shmregion_mode mode);

int shmregion_region_init(void);
void shmregion_region_exit(void);

#endif /* SHMREGION_REGION_H */
