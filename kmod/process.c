// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: identity and death.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "attachment.h"
#include "owner.h"
#include "process.h"
#include "region.h"

static struct shmregion_process *from_notifier(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct shmregion_process, notifier);
}

static struct mmu_notifier *process_alloc(struct mm_struct *mm)
{
	struct shmregion_process *process;

	process = kzalloc(sizeof(*process), GFP_KERNEL_ACCOUNT);
	if (!process)
		return ERR_PTR(-ENOMEM);

	process->tgid = get_task_pid(current, PIDTYPE_TGID);
	spin_lock_init(&process->lock);
	INIT_LIST_HEAD(&process->attachments);
	return &process->notifier;
}

static void process_free(struct mmu_notifier *notifier)
{
	struct shmregion_process *process = from_notifier(notifier);

	put_pid(process->tgid);
	kfree(process);
}

/*
 * The address space has no user left: no thread can run in it, nor enter it
 * again, so its translations need no zap here; exit_mmap() removes them next.
 *
 * An attachment found in the list stays valid while its region is held: only
 * the process itself, which is gone, and the eviction of the region, which
 * igrab() rules out, free it. Where igrab() fails that eviction frees it. As
 * the last handle may go meanwhile, the inode's super block must be held too.
 */
static void process_release(struct mmu_notifier *notifier,
			    struct mm_struct *mm)
{
	struct shmregion_process *process = from_notifier(notifier);
	struct shmregion_attachment *attachment;
	struct vfsmount *mount;
	struct inode *inode;

	spin_lock(&process->lock);
	while (!list_empty(&process->attachments)) {
		attachment = list_first_entry(&process->attachments,
					      struct shmregion_attachment,
					      process_node);
		list_del_init(&attachment->process_node);
		inode = igrab(&attachment->region->inode);
		if (!inode)
			continue;
		mount = mntget(attachment->region->mount);
		spin_unlock(&process->lock);

		shmregion_owner_died(attachment);
		iput(inode);
		mntput(mount);
		spin_lock(&process->lock);
	}
	spin_unlock(&process->lock);
}

static const struct mmu_notifier_ops process_notifier_ops = {
	.alloc_notifier	= process_alloc,
	.free_notifier	= process_free,
	.release	= process_release,
};

static struct shmregion_process *process_from_get(struct mmu_notifier *notifier)
{
	/* A signal stopped mm_take_all_locks(): have the call restarted. */
	if (IS_ERR(notifier))
		return PTR_ERR(notifier) == -EINTR ? ERR_PTR(-ERESTARTNOINTR) :
						     ERR_CAST(notifier);
	return from_notifier(notifier);
}

/**
 * shmregion_process_get - the calling process's object, made when needed
 *
 * Takes mmap_lock. Return: a reference, -ENOMEM or -ERESTARTNOINTR.
 */
struct shmregion_process *shmregion_process_get(void)
{
	return process_from_get(mmu_notifier_get(&process_notifier_ops,
						 current->mm));
}

/* The same, from ->mmap, where mmap_lock is held for writing. */
struct shmregion_process *shmregion_process_get_locked(void)
{
	return process_from_get(mmu_notifier_get_locked(&process_notifier_ops,
							current->mm));
}

void shmregion_process_put(struct shmregion_process *process)
{
	mmu_notifier_put(&process->notifier);
}

/**
 * shmregion_process_pid - its id in the caller's pid namespace
 * @process: the process
 *
 * Return: the id, or 0 when the namespace does not see it. A thread group that
 * is gone (its address space may live on in another one, by CLONE_VM) has no
 * id either: the number may be somebody else's by now.
 */
pid_t shmregion_process_pid(const struct shmregion_process *process)
{
	pid_t nr = 0;

	rcu_read_lock();
	if (pid_task(process->tgid, PIDTYPE_TGID))
		nr = pid_vnr(process->tgid);
	rcu_read_unlock();
	return nr;
}

void shmregion_process_exit(void)
{
	/* Objects are freed after an SRCU grace period. */
	mmu_notifier_synchronize();
}
