// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions and the pseudo file system they are inodes of.
 *
 * Module lifetime: the mounted super block holds a reference on the module
 * through file_system_type.owner, and the core drops it only after the last
 * call into this file. Every handle, and through its file every mapping, holds
 * the mount, and so does every attachment, for process_release(). So the module
 * cannot go while a region lives, and a handle needs no module reference of its
 * own (a fops.owner would be put by __fput() before it evicts the inode). The
 * device pins the mount while it is open, which is when regions are created.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "attachment.h"
#include "compat.h"
#include "huge.h"
#include "limits.h"
#include "owner.h"
#include "pages.h"
#include "region.h"
#include "registry.h"
#include "revoke.h"
#include "trace.h"
#include "wait.h"
#include "wake.h"

static struct kmem_cache *shmregion_cache __ro_after_init;

static struct vfsmount *shmregion_mount;
static int shmregion_mount_count;

static struct inode *shmregion_alloc_inode(struct super_block *sb)
{
	struct shmregion *region;

	region = alloc_inode_sb(sb, shmregion_cache, GFP_KERNEL);
	if (!region)
		return NULL;

	/* What eviction looks at: the root inode never becomes a region. */
	region->nr_pages = 0;
	region->attachments = RB_ROOT;
	region->members = RB_ROOT;
	ida_init(&region->windows);
	/* Not once for all, as objects are watched for the reuse of work. */
	shmregion_revoke_region_init(region);
	shmregion_wake_region_init(region);
	shmregion_wait_region_init(region);
	return &region->inode;
}

static void shmregion_free_inode(struct inode *inode)
{
	kmem_cache_free(shmregion_cache, shmregion_from_inode(inode));
}

/* No handle and no mapping is left, so nobody else can reach the region. */
static void shmregion_evict_inode(struct inode *inode)
{
	struct shmregion *region = shmregion_from_inode(inode);

	if (region->nr_pages) {
		shmregion_registry_remove(region);
		shmregion_wait_region_exit(region);
	}
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (!region->nr_pages)
		return;

	trace_shmregion_free(region);
	shmregion_attachments_free(region);
	ida_destroy(&region->windows);
	shmregion_uncharge_region(region);
	shmregion_user_leave(region->user);
}

const char *shmregion_mode_name(enum shmregion_mode mode)
{
	switch (mode) {
	case SHMREGION_MODE_WRITABLE:
		return "writable";
	case SHMREGION_MODE_READONLY:
		return "readonly";
	case SHMREGION_MODE_UNSAFE:
		return "unsafe";
	}
	return "unknown";
}

/* One name for /proc/PID/maps; the mode is the one of this moment. */
static char *shmregion_dname(struct dentry *dentry, char *buffer, int buflen)
{
	const struct shmregion *region = shmregion_from_inode(d_inode(dentry));
	char name[128];
	int len;

	len = scnprintf(name, sizeof(name), "/shmregion:%pUb:%s:%s",
			&region->guid,
			shmregion_mode_name(READ_ONCE(region->mode)),
			region->label) + 1;
	if (len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + buflen - len, name, len);
}

static const struct dentry_operations shmregion_dentry_ops = {
	.d_dname	= shmregion_dname,
};

static const struct super_operations shmregion_super_ops = {
	.alloc_inode	= shmregion_alloc_inode,
	.free_inode	= shmregion_free_inode,
	.evict_inode	= shmregion_evict_inode,
	.statfs		= simple_statfs,
};

static int shmregion_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, SHMREGION_SUPER_MAGIC);

	if (!ctx)
		return -ENOMEM;

	/* The core refuses PROT_EXEC and clears VM_MAYEXEC for us. */
	fc->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	ctx->ops = &shmregion_super_ops;
	ctx->dops = &shmregion_dentry_ops;
	return 0;
}

static struct file_system_type shmregion_fs_type = {
	.owner			= THIS_MODULE,
	.name			= "shmregion",
	.init_fs_context	= shmregion_init_fs_context,
	.kill_sb		= kill_anon_super,
};

int shmregion_fs_pin(void)
{
	return simple_pin_fs(&shmregion_fs_type, &shmregion_mount,
			     &shmregion_mount_count);
}

void shmregion_fs_unpin(void)
{
	simple_release_fs(&shmregion_mount, &shmregion_mount_count);
}

/* Size, owner and permission bits of a region's inode never change. */
static int shmregion_setattr(struct shmregion_idmap *idmap,
			     struct dentry *dentry, struct iattr *attr)
{
	return -EPERM;
}

/*
 * Nothing is done to a region by a path. This is what opening it through /proc
 * fails with anyway; and a watch of inotify or fanotify would hold the inode
 * beyond its super block, which waits in vain for such watches to go.
 */
static int shmregion_permission(struct shmregion_idmap *idmap,
				struct inode *inode, int mask)
{
	return -ENXIO;
}

/*
 * The exact size, where the inode has the capacity: the core maps no huge entry
 * beyond what it takes for the end of a file. How much is allocated is told to
 * those who take part alone (info.c).
 */
static int shmregion_getattr(struct shmregion_idmap *idmap,
			     const struct path *path, struct kstat *stat,
			     u32 request_mask, unsigned int query_flags)
{
	int ret;

	ret = simple_getattr(idmap, path, stat, request_mask, query_flags);
	stat->size = shmregion_from_inode(d_inode(path->dentry))->size;
	stat->blocks = 0;
	return ret;
}

static const struct inode_operations shmregion_inode_ops = {
	.getattr	= shmregion_getattr,
	.setattr	= shmregion_setattr,
	.permission	= shmregion_permission,
};

/*
 * What uuid_gen() does, but for its fresh random numbers: those of the CPU's
 * batch are as good, and make a region a tenth cheaper.
 */
static void make_guid(uuid_t *guid)
{
	const u64 random[] = { get_random_u64(), get_random_u64() };

	static_assert(sizeof(random) == sizeof(guid->b));
	memcpy(guid->b, random, sizeof(random));
	/* Version 4, random, in the variant of RFC 9562. */
	guid->b[6] = (guid->b[6] & 0x0f) | 0x40;
	guid->b[8] = (guid->b[8] & 0x3f) | 0x80;
}

/*
 * What nobody asked for is given where the limits leave room. Return: who is
 * charged, with a reference, and for what; or an error.
 */
static struct shmregion_user *charge(pgoff_t *nr_pages, u32 flags)
{
	pgoff_t capacity = shmregion_huge_capacity(*nr_pages, flags);
	struct shmregion_user *user = shmregion_charge(capacity);

	if (!IS_ERR(user))
		*nr_pages = capacity;
	else if (capacity > *nr_pages && !(flags & SHMREGION_CREATE_HUGE))
		user = shmregion_charge(*nr_pages);
	return user;
}

/**
 * shmregion_create - make a region that nobody owns yet
 * @size: in bytes, not 0
 * @mode: WRITABLE or UNSAFE
 * @label: NUL-terminated, at most SHMREGION_LABEL_SIZE with the NUL
 * @flags: of enum shmregion_create_flags; does not populate
 *
 * The caller has pinned the file system. Return: the region, with a reference
 * on its inode; -EOVERFLOW, -ENOSPC, -EDQUOT or -ENOMEM.
 */
struct shmregion *shmregion_create(u64 size, enum shmregion_mode mode,
				   const char *label, u32 flags)
{
	struct shmregion_user *user;
	struct shmregion *region;
	struct inode *inode;
	pgoff_t nr_pages;

	if (size > MAX_LFS_FILESIZE - PAGE_SIZE)
		return ERR_PTR(-EOVERFLOW);
	nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);

	user = charge(&nr_pages, flags);
	if (IS_ERR(user))
		return ERR_CAST(user);

	inode = alloc_anon_inode(shmregion_mount->mnt_sb);
	if (IS_ERR(inode)) {
		shmregion_uncharge(user, nr_pages);
		shmregion_user_leave(user);
		return ERR_CAST(inode);
	}

	/* From here on eviction gives the charge back. */
	region = shmregion_from_inode(inode);
	region->size = size;
	region->nr_pages = nr_pages;
	region->user = user;
	region->charged = nr_pages;
	region->mount = shmregion_mount;
	region->window_shift = shmregion_window_shift(nr_pages);
	make_guid(&region->guid);
	strscpy_pad(region->label, label, sizeof(region->label));
	region->controlled = flags & SHMREGION_CREATE_CONTROLLED;
	region->mode = mode;
	region->frozen = false;
	region->owner_died = false;
	region->destroyed = false;
	region->emptied = false;
	region->generation = 1;
	region->changes = 1;
	region->owner = NULL;
	region->loser = NULL;
	region->ticket = 0;
	region->next_member = 1;
	region->default_limit = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE;

	inode->i_op = &shmregion_inode_ops;
	inode->i_flags |= S_NOATIME | S_NOCMTIME;
	i_size_write(inode, (loff_t)nr_pages << PAGE_SHIFT);
	shmregion_pages_init(inode->i_mapping);
	shmregion_registry_add(region);
	trace_shmregion_create(region);
	return region;
}

static void shmregion_init_once(void *object)
{
	struct shmregion *region = object;

	inode_init_once(&region->inode);
	spin_lock_init(&region->lock);
}

int __init shmregion_region_init(void)
{
	shmregion_cache = kmem_cache_create("shmregion",
					    sizeof(struct shmregion), 0,
					    SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
					    shmregion_init_once);
	return shmregion_cache ? 0 : -ENOMEM;
}

void shmregion_region_exit(void)
{
	/* Inodes are freed after a grace period. */
	rcu_barrier();
	kmem_cache_destroy(shmregion_cache);
}
