// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory regions may take: one, those of one user, all together.
 *
 * A region counts with its whole size, for the user who created it, until it
 * is gone; who owns it meanwhile does not matter. So no touch of a page can
 * fail for a limit later. Memory itself is taken, and charged to a memory
 * cgroup, at the first touch.
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
 * @nr_pages: size of its regions; not 0
 */
struct shmregion_user {
	struct hlist_node node;
	kuid_t uid;
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

/* The sums never exceed their limits, so the differences cannot wrap. */
static int check_limits(const struct shmregion_user *user, pgoff_t nr_pages)
{
	unsigned long used = user ? user->nr_pages : 0;

	lockdep_assert_held(&limits_lock);
	if (nr_pages > max_region_bytes >> PAGE_SHIFT ||
	    nr_pages > (max_total_bytes >> PAGE_SHIFT) - total_pages)
		return -ENOSPC;
	if (nr_pages > (max_user_bytes >> PAGE_SHIFT) - used)
		return -EDQUOT;
	return 0;
}

/**
 * shmregion_charge - count a new region of the calling user
 * @nr_pages: its size, not 0
 *
 * Return: the user, for shmregion_uncharge(); -ENOSPC, -EDQUOT or -ENOMEM.
 */
struct shmregion_user *shmregion_charge(pgoff_t nr_pages)
{
	struct shmregion_user *user, *new;
	kuid_t uid = current_uid();
	int ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return ERR_PTR(-ENOMEM);
	new->uid = uid;

	spin_lock(&limits_lock);
	user = lookup_user(uid);
	ret = check_limits(user, nr_pages);
	if (!ret) {
		if (!user) {
			hash_add(users, &new->node, __kuid_val(uid));
			swap(user, new);
		}
		user->nr_pages += nr_pages;
		total_pages += nr_pages;
	}
	spin_unlock(&limits_lock);

	kfree(new);
	return ret ? ERR_PTR(ret) : user;
}

void shmregion_uncharge(struct shmregion_user *user, pgoff_t nr_pages)
{
	spin_lock(&limits_lock);
	total_pages -= nr_pages;
	user->nr_pages -= nr_pages;
	if (user->nr_pages)
		user = NULL;
	else
		hash_del(&user->node);
	spin_unlock(&limits_lock);
	kfree(user);
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
