// SPDX-License-Identifier: GPL-2.0-only
/*
 * The access rule, and every operation that changes who may do what.
 *
 * All of them have one shape: take region->lock for writing, check, change the
 * rule, zap what the loser of access has mapped, unlock, wake the waiters.
 * Nothing can fail after the first change.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "attachment.h"
#include "owner.h"
#include "process.h"
#include "region.h"
#include "trace.h"

/**
 * shmregion_access - the access rule
 * @region: the region, locked
 * @attachment: the process's standing, NULL when it has none
 *
 * Return: READ and WRITE of enum shmregion_right, as far as the process may
 * have them by the mode and its limit. The rights of a handle cut them down
 * further.
 */
u32 shmregion_access(const struct shmregion *region,
		     const struct shmregion_attachment *attachment)
{
	bool owner = attachment && attachment == region->owner;
	u32 limit = region->default_limit;

	lockdep_assert_held(&region->lock);
	if (region->destroyed)
		return 0;
	if (attachment && attachment->limited)
		limit = attachment->limit;

	switch (region->mode) {
	case SHMREGION_MODE_UNSAFE:
		return limit;
	case SHMREGION_MODE_READONLY:
		return owner ? limit : limit & SHMREGION_RIGHT_READ;
	case SHMREGION_MODE_WRITABLE:
		return owner ? limit : 0;
	}
	return 0;
}

/* Only an address is compared, so @mm may be NULL. */
bool shmregion_is_owner(const struct shmregion *region,
			const struct mm_struct *mm)
{
	lockdep_assert_held(&region->lock);
	return region->owner && region->owner->process->notifier.mm == mm;
}

/* Whether this region can have an owner, now or later. */
bool shmregion_ownable(const struct shmregion *region)
{
	lockdep_assert_held(&region->lock);
	return region->mode != SHMREGION_MODE_UNSAFE && !region->frozen;
}

void shmregion_set_owner(struct shmregion *region,
			 struct shmregion_attachment *owner)
{
	lockdep_assert_held_write(&region->lock);
	region->owner = owner;
	WRITE_ONCE(region->generation, region->generation + 1);
	trace_shmregion_owner(region, owner ? owner->process : NULL);
}

static void set_mode(struct shmregion *region, enum shmregion_mode mode)
{
	lockdep_assert_held_write(&region->lock);
	WRITE_ONCE(region->mode, mode);
	WRITE_ONCE(region->generation, region->generation + 1);
	trace_shmregion_mode(region);
}

/*
 * Take away every translation that a process has through its revocable
 * mappings. They are zapped, never made read-only: an entry that stays
 * present but read-only can become writable again behind our back, by
 * mprotect(). On return all TLBs are flushed. The caller has changed the rule
 * already, and as it holds the lock no fault can put an entry back.
 */
static void zap(struct shmregion_attachment *attachment)
{
	struct shmregion *region = attachment->region;

	lockdep_assert_held_write(&region->lock);
	if (!attachment->populated)
		return;
	attachment->populated = false;
	unmap_mapping_pages(region->inode.i_mapping,
			    shmregion_window_start(attachment),
			    region->nr_pages, true);
}

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

static void wake_pollers(struct shmregion *region)
{
	if (wq_has_sleeper(&region->poll_wait))
		wake_up_all(&region->poll_wait);
}

void shmregion_unlock_and_wake(struct shmregion *region)
{
	up_write(&region->lock);
	__wake_up(&region->owner_wait, TASK_NORMAL, 0, NULL);
	wake_pollers(region);
}

/*
 * The same where only one process, which now owns the region, can go on. One
 * that is to go on where the caller will wait need not be waited for.
 */
static void unlock_and_wake_owner(struct shmregion *region, bool will_wait)
{
	struct mm_struct *mm = region->owner->process->notifier.mm;

	up_write(&region->lock);
	if (will_wait)
		__wake_up_sync_key(&region->owner_wait, TASK_NORMAL, mm);
	else
		__wake_up(&region->owner_wait, TASK_NORMAL, 0, mm);
	wake_pollers(region);
}

/* After this nobody owns the region, and its last owner has nothing mapped. */
void shmregion_drop_owner(struct shmregion *region)
{
	struct shmregion_attachment *last = region->owner;

	shmregion_set_owner(region, NULL);
	zap(last);
}

/*
 * For an owner's operation, which READONLY mode may have or not. Returns with
 * the region locked, or fails.
 */
static int lock_as_owner(struct shmregion *region, bool in_readonly)
{
	int ret;

	down_write(&region->lock);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region) ||
		 (region->mode == SHMREGION_MODE_READONLY && !in_readonly))
		ret = -EINVAL;
	else if (!shmregion_is_owner(region, current->mm))
		ret = -EPERM;
	else
		return 0;

	up_write(&region->lock);
	return ret;
}

/* At creation: the caller, who has just attached, is the first owner. */
void shmregion_owner_first(struct shmregion *region)
{
	down_write(&region->lock);
	region->owner = shmregion_attachment_find(region, current->mm);
	trace_shmregion_owner(region, region->owner->process);
	up_write(&region->lock);
}

/**
 * shmregion_find_by_pid - the attachment of the process that a pid names
 * @region: the region, locked
 * @nr: its number in the caller's pid namespace
 *
 * It is found by way of the address space that its threads run in now. Any of
 * its threads will do: the group's leader may have exited before them. A kernel
 * thread may have borrowed an address space but does not stand for the process.
 *
 * An mm whose address is seen here may be gone at once. But while the region
 * is locked the attachments cannot change, and each pins its mm, so an address
 * found among them belongs to that very mm.
 *
 * Return: the attachment, or NULL.
 */
struct shmregion_attachment *
shmregion_find_by_pid(const struct shmregion *region, pid_t nr)
{
	struct shmregion_attachment *attachment = NULL;
	struct task_struct *leader, *thread;

	lockdep_assert_held(&region->lock);
	rcu_read_lock();
	leader = pid_task(find_vpid(nr), PIDTYPE_TGID);
	if (!leader || (leader->flags & PF_KTHREAD))
		goto out_unlock;

	for_each_thread(leader, thread) {
		task_lock(thread);
		if (thread->mm)
			attachment = shmregion_attachment_find(region,
							       thread->mm);
		task_unlock(thread);
		if (attachment)
			break;
	}
out_unlock:
	rcu_read_unlock();
	return attachment;
}

/**
 * shmregion_transfer - hand a region over to a process
 * @region: the region, which the caller must own
 * @receiver: the process's number in the caller's pid namespace
 * @seen: what shmregion_acquire_wait() shall know if the caller will wait for
 *	its turn, or NULL
 *
 * Return: 0; -ENODEV, -EINVAL, -EPERM, -ESRCH or -EACCES, as the uapi header
 * has it.
 */
int shmregion_transfer(struct shmregion *region, pid_t receiver, u64 *seen)
{
	struct shmregion_attachment *sender, *to;
	int ret;

	ret = lock_as_owner(region, true);
	if (ret)
		return ret;

	sender = region->owner;
	to = shmregion_find_by_pid(region, receiver);
	if (!to || !to->rights)
		ret = -ESRCH;
	else if (!(to->rights & SHMREGION_RIGHT_WRITE))
		ret = -EACCES;
	if (ret || to == sender) {
		up_write(&region->lock);
		return ret;
	}

	shmregion_set_owner(region, to);
	if (seen)
		*seen = region->generation;
	zap(sender);
	unlock_and_wake_owner(region, seen);
	return 0;
}

/**
 * shmregion_release - hand a region over to nobody
 * @region: the region, which the caller must own
 *
 * Return: 0, -ENODEV, -EINVAL or -EPERM.
 */
int shmregion_release(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, true);
	if (ret)
		return ret;

	shmregion_drop_owner(region);
	shmregion_unlock_and_wake(region);
	return 0;
}

/**
 * shmregion_acquire - become the owner of an unowned region, or find that one
 * is the owner
 * @region: the region, to which the caller is attached with WRITE
 * @died: set when the owner before died; left alone otherwise
 *
 * Return: 0; -ENODEV; -EINVAL when the region can have no owner; -EAGAIN when
 * another process is the owner; -ESRCH when another thread detached this one.
 */
int shmregion_acquire(struct shmregion *region, bool *died)
{
	struct shmregion_attachment *attachment;
	int ret = 0;

	down_write(&region->lock);
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region))
		ret = -EINVAL;
	else if (!attachment || !attachment->rights)
		ret = -ESRCH;
	else if (!region->owner)
		shmregion_set_owner(region, attachment);
	else if (region->owner != attachment)
		ret = -EAGAIN;

	if (!ret && region->owner_died) {
		region->owner_died = false;
		*died = true;
	}
	up_write(&region->lock);
	return ret;
}

/*
 * Wait until @region->generation is no longer @seen and it may be the caller's
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

	if (deadline_ns != SHMREGION_NO_DEADLINE && ktime_get() >= deadline)
		return -ETIMEDOUT;

	for (;;) {
		ret = prepare_to_wait_event(&region->owner_wait, &turn.entry,
					    TASK_INTERRUPTIBLE);
		if (READ_ONCE(region->generation) != seen) {
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
 * @seen: region->generation when it was not the caller's turn, or 0
 * @deadline_ns: absolute on CLOCK_MONOTONIC, or SHMREGION_NO_DEADLINE
 * @died: set when the owner before died; left alone otherwise
 *
 * Return: 0, -ENODEV, -EINVAL, -ESRCH, -ETIMEDOUT or -ERESTARTSYS.
 */
int shmregion_acquire_wait(struct shmregion *region, u64 seen, u64 deadline_ns,
			   bool *died)
{
	int ret;

	for (;;) {
		/*
		 * If the new owner is to run here before the caller, it had
		 * better do so now: it may give the region back before there
		 * is a need to sleep.
		 */
		cond_resched();
		if (READ_ONCE(region->generation) == seen) {
			ret = wait_for_turn(region, seen, deadline_ns);
			if (ret)
				return ret;
		}
		/* Before the look, so that no change after it is missed. */
		seen = READ_ONCE(region->generation);
		ret = shmregion_acquire(region, died);
		if (ret != -EAGAIN)
			return ret;
	}
}

/* The caller, told that the owner before died, could not be told so. */
void shmregion_acquire_undo(struct shmregion *region)
{
	if (lock_as_owner(region, true))
		return;
	region->owner_died = true;
	shmregion_drop_owner(region);
	shmregion_unlock_and_wake(region);
}

/**
 * shmregion_publish - let everybody read, from WRITABLE
 * @region: the region, which the caller must own, and goes on owning
 *
 * Return: 0, -ENODEV, -EINVAL or -EPERM.
 */
int shmregion_publish(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, false);
	if (ret)
		return ret;

	set_mode(region, SHMREGION_MODE_READONLY);
	shmregion_unlock_and_wake(region);
	return 0;
}

/**
 * shmregion_freeze - make the content final, from WRITABLE or READONLY
 * @region: the region, which the caller must own
 *
 * Return: 0, -ENODEV, -EINVAL or -EPERM.
 */
int shmregion_freeze(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, true);
	if (ret)
		return ret;

	region->frozen = true;
	set_mode(region, SHMREGION_MODE_READONLY);
	shmregion_drop_owner(region);
	shmregion_unlock_and_wake(region);
	return 0;
}

/**
 * shmregion_share - let everybody write, from WRITABLE
 * @region: the region, which the caller must own
 *
 * Nobody loses access, so nothing is zapped. Return: 0, -ENODEV, -EINVAL or
 * -EPERM.
 */
int shmregion_share(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, false);
	if (ret)
		return ret;

	set_mode(region, SHMREGION_MODE_UNSAFE);
	shmregion_set_owner(region, NULL);
	shmregion_unlock_and_wake(region);
	return 0;
}

/**
 * shmregion_owner_died - an attached process has died
 * @attachment: its attachment, which this consumes; the region is held
 *
 * Also for a process that owned nothing.
 */
void shmregion_owner_died(struct shmregion_attachment *attachment)
{
	struct shmregion *region = attachment->region;

	down_write(&region->lock);
	if (region->owner == attachment) {
		region->owner_died = true;
		shmregion_set_owner(region, NULL);
	}
	shmregion_attachment_remove(attachment);
	shmregion_unlock_and_wake(region);
	shmregion_attachment_put(attachment);
}
