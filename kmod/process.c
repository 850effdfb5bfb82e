// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: identity and death.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "process.h"

/* All processes, each with a reference. */
static LIST_HEAD(processes);
static DEFINE_SPINLOCK(processes_lock); /* protects processes, node, kept */

/* What a death means for the regions. */
static void (*process_died)(struct shmregion_process *process) __ro_after_init;

/* How many objects are not freed yet, and who waits for the last to be. */
static atomic_t processes_left = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(processes_wait);

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
	atomic_inc(&processes_left);
	return &process->notifier;
}

static void process_free(struct mmu_notifier *notifier)
{
	struct shmregion_process *process = from_notifier(notifier);

	put_pid(process->tgid);
	kfree(process);
	if (atomic_dec_and_test(&processes_left))
		wake_up_all(&processes_wait);
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

static void process_release(struct mmu_notifier *notifier,
			    struct mm_struct *mm)
{
	struct shmregion_process *process = from_notifier(notifier);

	process_died(process);
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

/**
 * shmregion_process_get - the calling process's object, made when needed
 *
 * Takes mmap_lock. Return: a reference, -ENOMEM or -ERESTARTNOINTR.
 */
struct shmregion_process *shmregion_process_get(void)
{
	struct mmu_notifier *notifier;

	notifier = mmu_notifier_get(&process_notifier_ops, current->mm);
	/* A signal stopped mm_take_all_locks(): have the call restarted. */
	if (IS_ERR(notifier))
		return PTR_ERR(notifier) == -EINTR ? ERR_PTR(-ERESTARTNOINTR) :
						     ERR_CAST(notifier);
	/* Found this time: the address space lives, as we run in it. */
	if (process_enlist(from_notifier(notifier)))
		notifier = mmu_notifier_get(&process_notifier_ops, current->mm);
	return from_notifier(notifier);
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

/* Whether a thread uses an address space, and was not told to exit. */
static bool uses(const struct task_struct *thread, const struct mm_struct *mm)
{
	return READ_ONCE(thread->mm) == mm && !(thread->flags & PF_KTHREAD) &&
	       !(READ_ONCE(thread->signal->flags) & SIGNAL_GROUP_EXIT);
}

/* Some thread that uses an address space, as the core has noted, or NULL. */
static const struct task_struct *noted_user(const struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	return rcu_dereference(mm->owner);
#else
	/* It notes none, so have all looked through. */
	return &init_task;
#endif
}

/* A new thread comes after all others, and after the one that makes it. */
static bool any_uses(const struct mm_struct *mm)
{
	struct task_struct *process, *thread;

	for_each_process_thread(process, thread)
		if (uses(thread, mm))
			return true;
	return false;
}

/**
 * shmregion_process_alive - whether any program can still run in a process
 * @process: the process, with a reference
 *
 * An address space can outlast its threads: whoever reads /proc/PID/mem holds it,
 * as does a core dump that nobody takes. The core notes some thread that uses
 * it, and that there is none any more; where it does not, or that thread is
 * exiting, all are looked through. Return: false only when it is dead for good.
 */
bool shmregion_process_alive(const struct shmregion_process *process)
{
	const struct mm_struct *mm = process->notifier.mm;
	const struct task_struct *user;
	bool alive;

	rcu_read_lock();
	user = noted_user(mm);
	alive = user && (uses(user, mm) || any_uses(mm));
	rcu_read_unlock();
	return alive;
}

/**
 * shmregion_process_mm - the address space that a process id names
 * @nr: the process id in the caller's pid namespace
 *
 * Any thread of the group will do: the leader may have exited before the
 * others. A kernel thread may have borrowed an address space but does not stand
 * for the process.
 *
 * Return: the mm_struct with a reference (mmgrab()), so that its address stays
 * its own; NULL when there is none.
 */
struct mm_struct *shmregion_process_mm(pid_t nr)
{
	struct task_struct *leader, *thread;
	struct mm_struct *mm = NULL;

	rcu_read_lock();
	leader = pid_task(find_vpid(nr), PIDTYPE_TGID);
	if (!leader || (leader->flags & PF_KTHREAD))
		goto out_unlock;

	for_each_thread(leader, thread) {
		task_lock(thread);
		mm = thread->mm;
		if (mm)
			mmgrab(mm);
		task_unlock(thread);
		if (mm)
			break;
	}
out_unlock:
	rcu_read_unlock();
	return mm;
}

/**
 * shmregion_process_init - begin to watch processes
 * @died: called once for each that has died, in any context that may sleep
 */
void __init
shmregion_process_init(void (*died)(struct shmregion_process *process))
{
	process_died = died;
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
	/*
	 * Objects are freed by SRCU callbacks. mmu_notifier_synchronize() waits
	 * for the grace period only, after which callbacks of other CPUs may
	 * still have to run. They run with softirqs off, so once the last has
	 * counted, an RCU grace period later none is in our code any more.
	 */
	wait_event(processes_wait, !atomic_read(&processes_left));
	synchronize_rcu();
}
