// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making the object of the calling process.
 *
 * To make one the core takes every lock of the address space
 * (mm_take_all_locks()): those of all files that are mapped there as well, for
 * which all wait who map or unmap these files, and one that there is only once
 * in the system. It gives up at any pending signal. So a process with many
 * mappings that gets signals all the time would try again and again, and one
 * that a cgroup hardly lets run would keep all others waiting. Where there are many
 * mappings, or a signal came, a worker makes the object: no signal is pending
 * there, and no limit of a cgroup holds it up.
 *
 * A process waits for its own mmap_lock by itself, killably and for as long as
 * another of its threads holds it. Then the worker does under that lock what
 * takes no longer than there are mappings, and lets the next have the worker. A
 * user has at most one at a time, for which its other processes wait, so none of
 * them may keep it.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/workqueue.h>

#include "enroll.h"
#include "limits.h"
#include "process.h"

/* With more mappings a worker makes the object. */
#define MAPPINGS_FEW	1024

/**
 * struct enrollment - what a worker does for a process that waits for it
 * @work: the work
 * @user: the user of the process, who has a worker at a time
 * @mm: the address space, whose mmap_lock the process holds for writing
 * @spare: the object, until the worker has it; charged to the process
 * @process: the result, with a reference
 */
struct enrollment {
	struct work_struct work;
	struct shmregion_user *user;
	struct mm_struct *mm;
	struct shmregion_process *spare;
	struct shmregion_process *process;
};

static struct workqueue_struct *enroll_queue __ro_after_init;

/* Lockdep learns who does what the lock is held for, as when a freeze is. */
static void lend_lock(struct mm_struct *mm)
{
	rwsem_release(&mm->mmap_lock.dep_map, _THIS_IP_);
}

static void borrow_lock(struct mm_struct *mm)
{
	rwsem_acquire(&mm->mmap_lock.dep_map, 0, 1, _THIS_IP_);
}

static void enroll_work_fn(struct work_struct *work)
{
	struct enrollment *enrollment = container_of(work, struct enrollment,
						     work);
	struct mm_struct *mm = enrollment->mm;

	borrow_lock(mm);
	enrollment->process = shmregion_process_get_locked(mm,
							   enrollment->spare);
	lend_lock(mm);
	/* Here, as it may be long until the process runs again. */
	up(shmregion_user_enrolling(enrollment->user));
}

/*
 * The wait is not killable: a killed process needs mmap_lock to exit, and so would
 * wait for the worker there.
 */
static void enroll_and_wait(struct enrollment *enrollment)
{
	INIT_WORK_ONSTACK(&enrollment->work, enroll_work_fn);
	lend_lock(enrollment->mm);
	queue_work(enroll_queue, &enrollment->work);
	flush_work(&enrollment->work);
	borrow_lock(enrollment->mm);
	destroy_work_on_stack(&enrollment->work);
}

/* With mmap_lock held for writing. */
static struct shmregion_process *enroll_by_worker(struct mm_struct *mm)
{
	struct enrollment enrollment = {
		.user = shmregion_user_get(),
		.mm = mm,
		.process = ERR_PTR(-ENOMEM),
	};

	if (!enrollment.user)
		return ERR_PTR(-ENOMEM);
	enrollment.spare = shmregion_process_new();
	if (!enrollment.spare)
		goto out_put_user;

	if (down_killable(shmregion_user_enrolling(enrollment.user))) {
		shmregion_process_discard(enrollment.spare);
		enrollment.process = ERR_PTR(-EINTR);
		goto out_put_user;
	}
	enroll_and_wait(&enrollment);
out_put_user:
	shmregion_user_put(enrollment.user);
	return enrollment.process;
}

/**
 * shmregion_enroll - the calling process's object, made when needed
 *
 * Takes mmap_lock. Return: a reference; -ENOMEM; -EINTR when the caller is being
 * killed.
 */
struct shmregion_process *shmregion_enroll(void)
{
	struct shmregion_process *process = ERR_PTR(-EINTR);
	struct mm_struct *mm = current->mm;

	if (mmap_write_lock_killable(mm))
		return process;
	/* To find one is little work, and to make one where there is little. */
	if (mm_has_notifiers(mm) || mm->map_count <= MAPPINGS_FEW)
		process = shmregion_process_get_locked(mm, NULL);
	/* Too much, or a signal is pending and would be at the next try too. */
	if (process == ERR_PTR(-EINTR))
		process = enroll_by_worker(mm);
	mmap_write_unlock(mm);
	return process;
}

int __init shmregion_enroll_init(void)
{
	enroll_queue = alloc_workqueue("shmregion_enroll", WQ_UNBOUND, 0);
	return enroll_queue ? 0 : -ENOMEM;
}

/* Whoever had work there has waited for it. */
void shmregion_enroll_exit(void)
{
	destroy_workqueue(enroll_queue);
}
