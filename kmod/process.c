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

/* All processes, each with a reference. */
static LIST_HEAD(processes);
static DEFINE_SPINLOCK(processes_lock); /* protects processes, node, kept */

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
	INIT_LIST_HEAD(&process->node);
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

/* The reference of the list becomes the caller's, if there still is one. */
static bool process_unlist(struct shmregion_process *process)
{
	bool listed;

	spin_lock(&processes_lock);
	listed = !list_empty(&process->node);
	list_del_init(&process->node);
	spin_unlock(&processes_lock);
	return listed;
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

	/* It is freed after this callback, by SRCU. */
	if (process_unlist(process))
		shmregion_process_put(process);
}

static const struct mmu_notifier_ops process_notifier_ops = {
	.alloc_notifier	= process_alloc,
	.free_notifier	= process_free,
	.release	= process_release,
};

/* Gives the list the reference, the first time. */
static bool process_enlist(struct shmregion_process *process)
{
	bool first;

	spin_lock(&processes_lock);
	first = !process->kept;
	if (first)
		list_add(&process->node, &processes);
	process->kept = true;
	spin_unlock(&processes_lock);
	return first;
}

static struct shmregion_process *
process_get_by(struct mmu_notifier *(*get)(const struct mmu_notifier_ops *ops,
					   struct mm_struct *mm))
{
	struct mmu_notifier *notifier = get(&process_notifier_ops, current->mm);

	/* A signal stopped mm_take_all_locks(): have the call restarted. */
	if (IS_ERR(notifier))
		return PTR_ERR(notifier) == -EINTR ? ERR_PTR(-ERESTARTNOINTR) :
						     ERR_CAST(notifier);
	/* Found this time: the address space lives, as we run in it. */
	if (process_enlist(from_notifier(notifier)))
		notifier = get(&process_notifier_ops, current->mm);
	return from_notifier(notifier);
}

/**
 * shmregion_process_get - the calling process's object, made when needed
 *
 * Takes mmap_lock. Return: a reference, -ENOMEM or -ERESTARTNOINTR.
 */
struct shmregion_process *shmregion_process_get(void)
{
	return process_get_by(mmu_notifier_get);
}

/* The same, from ->mmap, where mmap_lock is held for writing. */
struct shmregion_process *shmregion_process_get_locked(void)
{
	return process_get_by(mmu_notifier_get_locked);
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

/* Nothing is attached any more; but processes may be dying. */
void shmregion_process_exit(void)
{
	struct shmregion_process *process;

	spin_lock(&processes_lock);
	while (!list_empty(&processes)) {
		process = list_first_entry(&processes, struct shmregion_process,
					   node);
		list_del_init(&process->node);
		spin_unlock(&processes_lock);
		shmregion_process_put(process);
		spin_lock(&processes_lock);
	}
	spin_unlock(&processes_lock);
	/* Objects are freed after an SRCU grace period. */
	mmu_notifier_synchronize();
}
