// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory regions may take: one, those of one user, all together.
 *
 * A region counts with its whole size, for the user who created it, until it
 * is gone; who owns it meanwhile does not matter. So no touch of a page can
 * fail for a limit later. Memory itself is taken, and charged to a memory
 * cgroup, at the first touch.
 *
 * Memory that outlasts its region, as it is pinned for I/O, counts until it is
 * free (scrub.c): a user could have any amount of it otherwise.
 *
 * What there is of all this is shown by sysfs.c and debugfs.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>

#include "limits.h"
#include "region.h"
#include "scrub.h"

/* For all of the limits, which are the default until they are set. */
static int set_bytes(const char *value, const struct kernel_param *param)
{
	unsigned long *bytes = param->arg;

	if (!kstrtoul(value, 0, bytes))
		return 0;
	pr_err("%s=%s is not a number of bytes; allowed are %lu to %lu, and 0 for the default\n",
	       param->name, value, PAGE_SIZE, LONG_MAX);
	return -EINVAL;
}

static int get_bytes(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%lu\n", *(unsigned long *)param->arg);
}

static const struct kernel_param_ops bytes_ops = {
	.set = set_bytes,
	.get = get_bytes,
};

static unsigned long max_total_bytes;
module_param_cb(max_total_bytes, &bytes_ops, &max_total_bytes, 0444);
__MODULE_PARM_TYPE(max_total_bytes, "ulong");
MODULE_PARM_DESC(max_total_bytes,
		 "Size of all regions together, in bytes (default: half of RAM)");

static unsigned long max_user_bytes;
module_param_cb(max_user_bytes, &bytes_ops, &max_user_bytes, 0444);
__MODULE_PARM_TYPE(max_user_bytes, "ulong");
MODULE_PARM_DESC(max_user_bytes,
		 "Size of all regions of one user, in bytes (default: a quarter of max_total_bytes, or max_region_bytes if larger)");

static unsigned long max_region_bytes;
module_param_cb(max_region_bytes, &bytes_ops, &max_region_bytes, 0444);
__MODULE_PARM_TYPE(max_region_bytes, "ulong");
MODULE_PARM_DESC(max_region_bytes,
		 "Size of one region, in bytes (default: max_user_bytes)");

/**
 * struct shmregion_user - a user who has regions
 * @node: in users
 * @uid: the user
 * @refs: one for each of its regions, and for each folio that outlasts one
 * @nr_regions: number of its regions
 * @nr_pages: size of regions and folios together
 * @nr_allocated: pages of memory, without a lock
 */
struct shmregion_user {
	struct rb_node node;
	kuid_t uid;
	unsigned long refs;
	unsigned long nr_regions;
	unsigned long nr_pages;
	atomic_long_t nr_allocated;
};

/* Protects what follows. Innermost: nothing is taken under it. */
static DEFINE_SPINLOCK(limits_lock);
static struct rb_root users = RB_ROOT;
static unsigned long total_regions;
static unsigned long total_pages;

static atomic_long_t total_allocated = ATOMIC_LONG_INIT(0);

static struct shmregion_user *to_user(const struct rb_node *node)
{
	return rb_entry(node, struct shmregion_user, node);
}

static bool less_uid(struct rb_node *a, const struct rb_node *b)
{
	return uid_lt(to_user(a)->uid, to_user(b)->uid);
}

/* The user with the lowest id that is not below @uid, or NULL. */
static struct shmregion_user *lookup_user_from(u64 uid)
{
	struct shmregion_user *found = NULL;
	struct rb_node *node = users.rb_node;

	lockdep_assert_held(&limits_lock);
	while (node) {
		if (__kuid_val(to_user(node)->uid) >= uid) {
			found = to_user(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static struct shmregion_user *lookup_user(kuid_t uid)
{
	struct shmregion_user *user = lookup_user_from(__kuid_val(uid));

	return user && uid_eq(user->uid, uid) ? user : NULL;
}

/* A sum can exceed its limit: see shmregion_charge_held(). */
static bool fits(unsigned long max_bytes, unsigned long used, pgoff_t nr_pages)
{
	unsigned long max = max_bytes >> PAGE_SHIFT;

	return used <= max && nr_pages <= max - used;
}

static int check_limits(const struct shmregion_user *user, pgoff_t nr_pages)
{
	lockdep_assert_held(&limits_lock);
	if (!fits(max_region_bytes, 0, nr_pages) ||
	    !fits(max_total_bytes, total_pages, nr_pages))
		return -ENOSPC;
	if (!fits(max_user_bytes, user ? user->nr_pages : 0, nr_pages))
		return -EDQUOT;
	return 0;
}

/* Uses @new when the user is new. */
static struct shmregion_user *try_charge(struct shmregion_user *new,
					 pgoff_t nr_pages)
{
	struct shmregion_user *user;
	int ret;

	spin_lock(&limits_lock);
	user = lookup_user(new->uid);
	ret = check_limits(user, nr_pages);
	if (!ret) {
		if (!user) {
			user = new;
			rb_add(&user->node, &users, less_uid);
		}
		user->refs++;
		user->nr_regions++;
		user->nr_pages += nr_pages;
		total_regions++;
		total_pages += nr_pages;
	}
	spin_unlock(&limits_lock);
	return ret ? ERR_PTR(ret) : user;
}

/**
 * shmregion_charge - count a new region of the calling user
 * @nr_pages: its size, not 0
 *
 * Looks at what has become free before it refuses.
 *
 * Return: the user, with a reference for shmregion_user_leave(); -ENOSPC, -EDQUOT
 * or -ENOMEM.
 */
struct shmregion_user *shmregion_charge(pgoff_t nr_pages)
{
	struct shmregion_user *user, *new;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return ERR_PTR(-ENOMEM);
	new->uid = current_uid();

	user = try_charge(new, nr_pages);
	if (IS_ERR(user) && shmregion_scrub_now())
		user = try_charge(new, nr_pages);
	if (user != new)
		kfree(new);
	return user;
}

void shmregion_uncharge(struct shmregion_user *user, pgoff_t nr_pages)
{
	spin_lock(&limits_lock);
	total_pages -= nr_pages;
	user->nr_pages -= nr_pages;
	spin_unlock(&limits_lock);
}

/* Return: @user if nobody has a reference any more, to be freed; or NULL. */
static struct shmregion_user *drop_user(struct shmregion_user *user)
{
	lockdep_assert_held(&limits_lock);
	if (--user->refs)
		return NULL;
	rb_erase(&user->node, &users);
	return user;
}

void shmregion_user_put(struct shmregion_user *user)
{
	spin_lock(&limits_lock);
	user = drop_user(user);
	spin_unlock(&limits_lock);
	kfree(user);
}

/* The same for the reference of a region, of which there is one less. */
void shmregion_user_leave(struct shmregion_user *user)
{
	spin_lock(&limits_lock);
	user->nr_regions--;
	total_regions--;
	user = drop_user(user);
	spin_unlock(&limits_lock);
	kfree(user);
}

kuid_t shmregion_user_uid(const struct shmregion_user *user)
{
	return user->uid;
}

/**
 * shmregion_charge_held - let memory count on its own
 * @region: the region that it was part of
 * @nr_pages: how much
 *
 * It is part of what counts for the region, of which so much less is left. But
 * memory that came after a destruction comes on top of all limits: it is there,
 * for a moment.
 *
 * Return: the user, with a reference for shmregion_user_put().
 */
struct shmregion_user *shmregion_charge_held(struct shmregion *region,
					     unsigned long nr_pages)
{
	struct shmregion_user *user = region->user;
	unsigned long part;

	spin_lock(&limits_lock);
	part = min(nr_pages, region->charged);
	region->charged -= part;
	total_pages += nr_pages - part;
	user->nr_pages += nr_pages - part;
	user->refs++;
	spin_unlock(&limits_lock);
	return user;
}

/* The region has ended; what it leaves behind was told before. */
void shmregion_uncharge_region(struct shmregion *region)
{
	spin_lock(&limits_lock);
	total_pages -= region->charged;
	region->user->nr_pages -= region->charged;
	region->charged = 0;
	spin_unlock(&limits_lock);
}

/* So much memory came, or went if it is negative. It limits nothing. */
void shmregion_count_memory(struct shmregion_user *user, long nr_pages)
{
	atomic_long_add(nr_pages, &user->nr_allocated);
	atomic_long_add(nr_pages, &total_allocated);
}

/**
 * shmregion_usage_from - go through all users
 * @uid: one more than the user id before, or 0
 * @usage: what the user with the lowest id has that is not below @uid
 *
 * Return: whether there is one.
 */
bool shmregion_usage_from(u64 uid, struct shmregion_usage *usage)
{
	const struct shmregion_user *user;

	spin_lock(&limits_lock);
	user = lookup_user_from(uid);
	if (user) {
		usage->uid = user->uid;
		usage->regions = user->nr_regions;
		usage->reserved = user->nr_pages;
		usage->allocated = atomic_long_read(&user->nr_allocated);
	}
	spin_unlock(&limits_lock);
	return user;
}

void shmregion_usage_total(struct shmregion_usage *usage)
{
	spin_lock(&limits_lock);
	usage->regions = total_regions;
	usage->reserved = total_pages;
	spin_unlock(&limits_lock);
	usage->allocated = atomic_long_read(&total_allocated);
	usage->uid = INVALID_UID;
}

/* They do not change once the module is loaded. */
void shmregion_limits(struct shmregion_limits *limits)
{
	limits->total = max_total_bytes;
	limits->user = max_user_bytes;
	limits->region = max_region_bytes;
}

/* A limit below a page, or above one that it is part of, is a mistake. */
static bool limit_is_valid(const char *name, unsigned long bytes,
			   const char *whole, unsigned long max)
{
	if (bytes >= PAGE_SIZE && bytes <= max)
		return true;
	pr_err("%s=%lu is %s; allowed are %lu (a page) to %lu (%s)\n", name,
	       bytes, bytes > max ? "too large" : "too small", PAGE_SIZE, max,
	       whole);
	return false;
}

/* By default no user alone can take what all others need. */
int __init shmregion_limits_init(void)
{
	if (!max_total_bytes)
		max_total_bytes = (totalram_pages() / 2) << PAGE_SHIFT;
	if (!max_user_bytes)
		max_user_bytes = max3(round_down(max_total_bytes / 4, PAGE_SIZE),
				      min(max_region_bytes, max_total_bytes),
				      PAGE_SIZE);
	if (!max_region_bytes)
		max_region_bytes = max_user_bytes;

	if (!limit_is_valid("max_total_bytes", max_total_bytes, "the maximum",
			    LONG_MAX) ||
	    !limit_is_valid("max_user_bytes", max_user_bytes, "max_total_bytes",
			    max_total_bytes) ||
	    !limit_is_valid("max_region_bytes", max_region_bytes,
			    "max_user_bytes", max_user_bytes))
		return -EINVAL;
	return 0;
}
