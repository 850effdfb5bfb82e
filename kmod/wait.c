// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for one's turn to own a region: by a call, or by poll(2). */
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/time_namespace.h>
#include <linux/workqueue.h>

#include "attachment.h"
#include "owner.h"
#include "process.h"
#include "region.h"
#include "revoke.h"
#include "rule.h"
#include "wait.h"
#include "work.h"

/* How soon the death of an owner is noticed while somebody waits. */
#define WATCH_INTERVAL	msecs_to_jiffies(200)

/**
 * struct turn - a thread that waits for its process's turn
 * @entry: in region->owner_wait
 * @mm: its address space; only its address is used
 */
struct turn {
	struct wait_queue_entry entry;
	const struct mm_struct *mm;
};

/* @key is the address space whose turn it is, or NULL if it may be anybody's. */
static int wake_turn(struct wait_queue_entry *entry, unsigned int mode,
		     int flags, void *key)
{
	if (key && key != container_of(entry, struct turn, entry)->mm)
		return 0;
	return default_wake_function(entry, mode, flags, key);
}

/* Whether anybody waits for its turn, in a call or by poll(2). */
bool shmregion_has_waiters(struct shmregion *region)
{
	return wq_has_sleeper(&region->owner_wait) ||
	       wq_has_sleeper(&region->poll_wait);
}

/*
 * The owner may be dead without an event (shmregion_notice_death()), so look from
 * time to time while somebody waits. And whoever removes the translations of a
 * loser may be kept from it, so go on with that in a worker. The work holds the
 * region only while it runs: the end of the region waits for the work
 * (shmregion_wait_region_exit()).
 */
static void watch_work_fn(struct work_struct *work)
{
	struct shmregion *region = container_of(to_delayed_work(work),
						struct shmregion, watch_work);
	struct vfsmount *mount;

	if (!igrab(&region->inode))
		return;
	mount = mntget(region->mount);
	if (shmregion_has_waiters(region)) {
		if (READ_ONCE(region->loser))
			shmregion_revoke_kick(region);
		shmregion_notice_death(region);
		shmregion_queue_watch(region, WATCH_INTERVAL);
	}
	iput(&region->inode);
	mntput(mount);
}

/* The caller is in a queue already. */
static void watch_owner(struct shmregion *region)
{
	/* Either the work that is pending sees the caller there, or none is. */
	smp_mb();
	if (!delayed_work_pending(&region->watch_work))
		shmregion_queue_watch(region, WATCH_INTERVAL);
}

/**
 * shmregion_host_deadline - what the caller's deadline is outside of its time
 * namespace
 * @deadline_ns: absolute on CLOCK_MONOTONIC as the caller sees it, or
 *	SHMREGION_NO_DEADLINE
 *
 * Return: the same on the clock of the kernel.
 */
u64 shmregion_host_deadline(u64 deadline_ns)
{
#ifdef CONFIG_TIME_NS
	const struct timens_offsets *offsets =
		&current->nsproxy->time_ns->offsets;
	s64 offset = timespec64_to_ns(&offsets->monotonic);

	if (deadline_ns == SHMREGION_NO_DEADLINE || deadline_ns >= KTIME_MAX)
		return deadline_ns;
	if (offset < 0)
		return min_t(u64, deadline_ns + (u64)-offset, KTIME_MAX);
	/* 1 is in the past, always. */
	return deadline_ns > offset ? deadline_ns - offset : 1;
#else
	return deadline_ns;
#endif
}

/*
 * Wait until @region->changes is no longer @seen and it may be the caller's
 * turn. Return: 0, -ETIMEDOUT or -ERESTARTSYS.
 */
static int wait_for_turn(struct shmregion *region, u64 seen, u64 deadline_ns)
{
	ktime_t deadline = min_t(u64, deadline_ns, KTIME_MAX);
	struct turn turn = {
		.entry = {
			.private = current,
			.func = wake_turn,
			.entry = LIST_HEAD_INIT(turn.entry.entry),
		},
		.mm = current->mm,
	};
	bool timed_out = false;
	int ret;

	/* Also when others change the region faster than one can look. */
	if (deadline_ns != SHMREGION_NO_DEADLINE && ktime_get() >= deadline)
		return -ETIMEDOUT;
	if (signal_pending(current))
		return -ERESTARTSYS;

	for (;;) {
		ret = prepare_to_wait_event(&region->owner_wait, &turn.entry,
					    TASK_INTERRUPTIBLE);
		watch_owner(region);
		if (READ_ONCE(region->changes) != seen) {
			ret = 0;
			break;
		}
		if (!ret && timed_out)
			ret = -ETIMEDOUT;
		if (ret)
			break;
		if (deadline_ns == SHMREGION_NO_DEADLINE)
			schedule();
		else
			timed_out = !schedule_hrtimeout(&deadline,
							HRTIMER_MODE_ABS);
	}
	finish_wait(&region->owner_wait, &turn.entry);
	return ret;
}

/**
 * shmregion_acquire_wait - shmregion_acquire(), waiting for one's turn
 * @region: the region, to which the caller is attached with WRITE
 * @seen: region->changes when it was not the caller's turn, or 0
 * @deadline_ns: absolute on CLOCK_MONOTONIC of the kernel, or
 *	SHMREGION_NO_DEADLINE
 * @out_flags: set to bits of enum shmregion_wait_out on success
 *
 * Return: 0, -ENODEV, -EINVAL, -ESRCH, -EACCES, -ETIMEDOUT or -ERESTARTSYS.
 */
int shmregion_acquire_wait(struct shmregion *region, u64 seen, u64 deadline_ns,
			   u32 *out_flags)
{
	bool tried = false;
	int ret;

	for (;; tried = true) {
		/*
		 * If the new owner is to run here before the caller, it had
		 * better do so now: it may give the region back before there
		 * is a need to sleep.
		 */
		cond_resched();
		if (tried || READ_ONCE(region->changes) == seen) {
			ret = wait_for_turn(region, seen, deadline_ns);
			if (ret)
				return ret;
		}
		/* Before the look, so that no change after it is missed. */
		seen = READ_ONCE(region->changes);
		ret = shmregion_acquire(region, out_flags);
		if (ret == -EAGAIN && shmregion_notice_death(region))
			ret = shmregion_acquire(region, out_flags);
		if (ret != -EAGAIN)
			return ret;
	}
}

static bool could_acquire(const struct shmregion *region)
{
	const struct shmregion_attachment *attachment;

	lockdep_assert_held(&region->lock);
	attachment = shmregion_attachment_find(region, current->mm);
	return !region->owner && shmregion_limit(region, attachment);
}

/*
 * A worker may ask on behalf of a process, as for IOCB_CMD_POLL: it can't be told
 * of which. It is answered with what would be right for somebody: one who is
 * woken for nothing asks again, one who is not woken waits for ever.
 */
static bool is_turn(const struct shmregion *region)
{
	if (!current->mm)
		return !region->loser;
	return shmregion_is_owner(region, current->mm) ||
	       could_acquire(region);
}

static __poll_t poll_events(const struct file *file,
			    const struct shmregion *region)
{
	lockdep_assert_held(&region->lock);
	if (region->destroyed)
		return EPOLLHUP | EPOLLERR;
	if (!shmregion_ownable(region))
		return EPOLLHUP;
	if ((file->f_mode & FMODE_WRITE) && is_turn(region))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

/**
 * shmregion_poll - ->poll of a handle
 * @file: the handle
 * @wait: as for every ->poll
 *
 * Readable, for a handle with WRITE: the polling process owns the region, or
 * could acquire it. Hung up: the region will never have an owner again. In error:
 * it was destroyed.
 */
__poll_t shmregion_poll(struct file *file, struct poll_table_struct *wait)
{
	struct shmregion *region = shmregion_from_file(file);
	bool writable = file->f_mode & FMODE_WRITE;
	__poll_t events;
	bool pending;

	poll_wait(file, writable ? &region->poll_wait : &region->final_wait,
		  wait);

	shmregion_lock(region);
	events = poll_events(file, region);
	pending = region->loser;
	shmregion_unlock(region);
	if (events || !writable)
		return events;

	if (pending) {
		shmregion_revoke_kick(region);
		return 0;
	}
	watch_owner(region);
	if (!shmregion_notice_death(region))
		return 0;
	shmregion_lock(region);
	events = poll_events(file, region);
	shmregion_unlock(region);
	return events;
}

void shmregion_wait_region_init(struct shmregion *region)
{
	INIT_DELAYED_WORK(&region->watch_work, watch_work_fn);
}

/* At the end of a region, which may come in its own work. */
void shmregion_wait_region_exit(struct shmregion *region)
{
	if (current_work() == &region->watch_work.work)
		cancel_delayed_work(&region->watch_work);
	else
		cancel_delayed_work_sync(&region->watch_work);
}
