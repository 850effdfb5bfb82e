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
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
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
 * @nr_pages: size of these together
 */
struct shmregion_user {
	struct hlist_node node;
	kuid_t uid;
	unsigned long refs;
	unsigned long nr_pages;
};

/* Protects what follows. Innermost: nothing is taken under it. */
static DEFINE_SPINLOCK(limits_lock);
static DEFINE_HASHTABLE(users, 6);
static unsigned long total_pages;

static struct shmregion_user *lookup_user(kuid_t uid)
{
	struct shmregion_user *user;

	lockdep_assert_held(&limits_lock);
	hash_for_each_possible(users, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
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
			hash_add(users, &user->node, __kuid_val(user->uid));
		}
		user->refs++;
		user->nr_pages += nr_pages;
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
 * Return: the user, with a reference; -ENOSPC, -EDQUOT or -ENOMEM.
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

void shmregion_user_put(struct shmregion_user *user)
{
	spin_lock(&limits_lock);
	if (--user->refs)
		user = NULL;
	else
		hash_del(&user->node);
	spin_unlock(&limits_lock);
	kfree(user);
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
 * Return: the user, with a reference, for shmregion_uncharge().
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
