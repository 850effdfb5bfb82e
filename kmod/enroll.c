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
 * A user has at most one worker at a time, and its processes wait for it one
 * after the other. What is allocated is charged to the process that wants it.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "enroll.h"
#include "limits.h"
#include "process.h"

/* With more mappings a worker makes the object. */
#define MAPPINGS_FEW	1024

/**
 * struct enrollment - what a worker does for a process
 * @work: the work
 * @refs: one for the caller, one for the worker
 * @done: complete when @process is set
 * @user: the user of the caller, with a reference
 * @mm: the address space; while the work is queued, with a reference that keeps
 *	it from ending
 * @spare: the object, until the worker has it
 * @process: the result, with a reference, until the caller has taken it
 */
struct enrollment {
	struct work_struct work;
	refcount_t refs;
	struct completion done;
	struct shmregion_user *user;
	struct mm_struct *mm;
	struct shmregion_process *spare;
	struct shmregion_process *process;
};

static struct workqueue_struct *enroll_queue __ro_after_init;

static void enrollment_put(struct enrollment *enrollment)
{
	if (!refcount_dec_and_test(&enrollment->refs))
		return;
	if (!IS_ERR_OR_NULL(enrollment->process))
		shmregion_process_put(enrollment->process);
	if (enrollment->spare)
		shmregion_process_discard(enrollment->spare);
	shmregion_user_put(enrollment->user);
	kfree(enrollment);
}

static void enroll_work_fn(struct work_struct *work)
{
	struct enrollment *enrollment = container_of(work, struct enrollment,
						     work);
	struct mm_struct *mm = enrollment->mm;

	mmap_write_lock(mm);
	enrollment->process = shmregion_process_get_locked(mm,
							   enrollment->spare);
	mmap_write_unlock(mm);
	enrollment->spare = NULL;
	complete(&enrollment->done);

	/* If the caller was killed meanwhile its address space ends here. */
	mmput(mm);
	up(shmregion_user_enrolling(enrollment->user));
	enrollment_put(enrollment);
}

static struct enrollment *enrollment_new(void)
{
	struct enrollment *enrollment;

	enrollment = kzalloc(sizeof(*enrollment), GFP_KERNEL_ACCOUNT);
	if (!enrollment)
		return NULL;
	enrollment->user = shmregion_user_get();
	if (!enrollment->user)
		goto err_free;
	enrollment->spare = shmregion_process_new();
	if (!enrollment->spare)
		goto err_put_user;

	INIT_WORK(&enrollment->work, enroll_work_fn);
	refcount_set(&enrollment->refs, 1);
	init_completion(&enrollment->done);
	enrollment->mm = current->mm;
	return enrollment;

err_put_user:
	shmregion_user_put(enrollment->user);
err_free:
	kfree(enrollment);
	return NULL;
}

static struct shmregion_process *enroll_by_worker(void)
{
	struct shmregion_process *process = ERR_PTR(-EINTR);
	struct enrollment *enrollment = enrollment_new();

	if (!enrollment)
		return ERR_PTR(-ENOMEM);
	if (down_killable(shmregion_user_enrolling(enrollment->user)))
		goto out_put;

	mmget(enrollment->mm);
	refcount_inc(&enrollment->refs);
	queue_work(enroll_queue, &enrollment->work);
	if (wait_for_completion_killable(&enrollment->done))
		goto out_put;
	process = enrollment->process;
	enrollment->process = NULL;
out_put:
	enrollment_put(enrollment);
	return process;
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
	mmap_write_unlock(mm);
	/* Too much, or a signal is pending and would be at the next try too. */
	return process == ERR_PTR(-EINTR) ? enroll_by_worker() : process;
}

int __init shmregion_enroll_init(void)
{
	enroll_queue = alloc_workqueue("shmregion_enroll", WQ_UNBOUND, 0);
	return enroll_queue ? 0 : -ENOMEM;
}

/* Callers that were killed may have left work behind. */
void shmregion_enroll_exit(void)
{
	destroy_workqueue(enroll_queue);
}
