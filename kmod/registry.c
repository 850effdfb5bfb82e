// SPDX-License-Identifier: GPL-2.0-only
/*
 * All regions that there are, whoever has them: also one whose only handle is
 * on its way through a socket, which no process shows.
 *
 * They are numbered in the order in which they were created. Whoever goes
 * through them remembers a number and holds no lock in between, so it does not
 * matter how many there are.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "region.h"
#include "registry.h"

/* Protects what follows. Only an inode's i_lock is taken under it. */
static DEFINE_SPINLOCK(registry_lock);
static struct rb_root registry = RB_ROOT;
static u64 last_id;

static struct shmregion *to_region(const struct rb_node *node)
{
	return rb_entry(node, struct shmregion, registry_node);
}

static bool less_id(struct rb_node *a, const struct rb_node *b)
{
	return to_region(a)->id < to_region(b)->id;
}

/* The region is complete, and gets its number. */
void shmregion_registry_add(struct shmregion *region)
{
	spin_lock(&registry_lock);
	region->id = ++last_id;
	rb_add(&region->registry_node, &registry, less_id);
	spin_unlock(&registry_lock);
}

/* The region is about to be evicted. */
void shmregion_registry_remove(struct shmregion *region)
{
	spin_lock(&registry_lock);
	rb_erase(&region->registry_node, &registry);
	spin_unlock(&registry_lock);
}

/* The region with the lowest number that is not below @id, or NULL. */
static struct shmregion *lookup_from(u64 id)
{
	struct rb_node *node = registry.rb_node;
	struct shmregion *found = NULL;

	lockdep_assert_held(&registry_lock);
	while (node) {
		if (to_region(node)->id >= id) {
			found = to_region(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

/**
 * shmregion_registry_get - go through all regions
 * @id: one more than the number of the region before, or 0
 *
 * Whoever drops the last reference on a region's inode holds its mount until
 * the inode is evicted, for which the region has to leave the registry first.
 * So the mount of a region that is found here is there to be held. It must be
 * held first: the others may let go of it as soon as the inode has another
 * reference.
 *
 * Return: the region with the lowest number that is not below @id, for
 * shmregion_registry_put(); NULL when there is none.
 */
struct shmregion *shmregion_registry_get(u64 id)
{
	struct shmregion *region;
	struct vfsmount *mount;
	bool held;

	for (;; id++) {
		spin_lock(&registry_lock);
		region = lookup_from(id);
		if (region) {
			id = region->id;
			mount = mntget(region->mount);
			held = igrab(&region->inode);
		}
		spin_unlock(&registry_lock);
		if (!region || held)
			return region;
		/* It is being evicted. */
		mntput(mount);
	}
}

void shmregion_registry_put(struct shmregion *region)
{
	struct vfsmount *mount = region->mount;

	iput(&region->inode);
	mntput(mount);
}
