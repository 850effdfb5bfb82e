// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every operation by which an owner comes, goes, or changes the mode.
 *
 * All of them have one shape: lock the region, check, decide, unlock; where
 * somebody loses access see the revocation through (revoke.c); wake who waits.
 * Nothing can fail after the decision.
 */
#include <linux/mm.h>

#include "attachment.h"
#include "owner.h"
#include "process.h"
#include "region.h"
#include "revoke.h"
#include "rule.h"
#include "trace.h"
#include "wake.h"

/*
 * The owner loses the region, which is locked and gets unlocked, to @next or to
 * nobody. Return: 0, or -EINTR when the caller is being killed.
 */
static int change_owner(struct shmregion *region,
			const struct shmregion_change *change, bool will_wait)
{
	struct shmregion_zap zap;

	shmregion_revoke(region, change, &zap);
	shmregion_unlock(region);
	if (zap.ticket)
		return shmregion_revoke_finish(region, &zap, will_wait);
	shmregion_wake(region, will_wait);
	return 0;
}

/* The same for a new owner, or none, of a region that stays as it is. */
int shmregion_give(struct shmregion *region, struct shmregion_attachment *next,
		   bool will_wait)
{
	const struct shmregion_change change = {
		.next = next,
		.mode = region->mode,
		.frozen = region->frozen,
	};

	return change_owner(region, &change, will_wait);
}

/* Gives the region to a process while nobody owns it, so nobody loses access. */
static void take_unowned(struct shmregion *region,
			 struct shmregion_attachment *owner)
{
	lockdep_assert_held(&region->lock);
	region->owner = owner;
	shmregion_changed(region);
	trace_shmregion_owner(region, false);
}

/* Changes the mode, which takes access from nobody. Unlocks the region. */
static void widen_mode(struct shmregion *region, enum shmregion_mode mode)
{
	enum shmregion_mode from = region->mode;

	WRITE_ONCE(region->mode, mode);
	shmregion_changed(region);
	trace_shmregion_convert(region, from);
	shmregion_unlock(region);
	shmregion_wake(region, false);
}

/*
 * For an owner's operation, which READONLY mode may have or not, and for which
 * a controller must let the owner have @need. Returns with the region locked,
 * or fails.
 */
static int lock_as_owner(struct shmregion *region, bool in_readonly, u32 need)
{
	int ret;

	shmregion_lock(region);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region) ||
		 (region->mode == SHMREGION_MODE_READONLY && !in_readonly))
		ret = -EINVAL;
	else if (!shmregion_is_owner(region, current->mm))
		ret = -EPERM;
	else if (need & ~shmregion_limit(region, region->owner))
		ret = -EACCES;
	else
		return 0;

	shmregion_unlock(region);
	return ret;
}

/**
 * shmregion_creator - give the creator, who has just attached, its standing
 * @region: the region, which nobody else can reach
 */
void shmregion_creator(struct shmregion *region)
{
	struct shmregion_attachment *creator;

	shmregion_lock(region);
	creator = shmregion_attachment_find(region, current->mm);
	if (region->controlled) {
		creator->limited = true;
		creator->limit = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE;
	}
	if (shmregion_ownable(region)) {
		region->owner = creator;
		trace_shmregion_owner(region, false);
	}
	shmregion_unlock(region);
}

/* Whether a process can be given a region that it does not own. */
static int check_receiver(const struct shmregion *region,
			  const struct shmregion_attachment *receiver)
{
	if (!receiver || !receiver->rights)
		return -ESRCH;
	if (!(receiver->rights & SHMREGION_RIGHT_WRITE) ||
	    !shmregion_limit(region, receiver))
		return -EACCES;
	return 0;
}

/**
 * shmregion_transfer - hand a region over to a process
 * @region: the region, which the caller must own
 * @receiver: the process
 * @seen: what shmregion_acquire_wait() shall know if the caller will wait for
 *	its turn, or NULL
 *
 * Return: 0; -ENODEV, -EINVAL, -EPERM, -ESRCH or -EACCES, as the uapi header
 * has it; -EINTR when the caller is being killed.
 */
int shmregion_transfer(struct shmregion *region,
		       const struct shmregion_peer *receiver, u64 *seen)
{
	struct shmregion_attachment *sender, *to;
	int ret;

	ret = lock_as_owner(region, true, 0);
	if (ret)
		return ret;

	sender = region->owner;
	to = shmregion_attachment_find_peer(region, receiver);
	if (to != sender)
		ret = check_receiver(region, to);
	if (ret || to == sender) {
		shmregion_unlock(region);
		return ret;
	}

	if (seen)
		*seen = region->changes + 1;
	trace_shmregion_transfer(region, sender, to);
	return shmregion_give(region, to, seen);
}

/**
 * shmregion_release - hand a region over to nobody
 * @region: the region, which the caller must own
 *
 * Return: 0, -ENODEV, -EINVAL, -EPERM, or -EINTR when the caller is being killed.
 */
int shmregion_release(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, true, 0);
	if (ret)
		return ret;
	trace_shmregion_transfer(region, region->owner, NULL);
	return shmregion_give(region, NULL, false);
}

/**
 * shmregion_acquire - become the owner of an unowned region, or find that one
 * is the owner
 * @region: the region, to which the caller is attached with WRITE
 * @out_flags: set to bits of enum shmregion_wait_out on success
 *
 * Return: 0; -ENODEV; -EINVAL when the region can have no owner; -EAGAIN when
 * another process is the owner; -ESRCH when another thread detached this one;
 * -EACCES when a controller limits it to nothing.
 */
int shmregion_acquire(struct shmregion *region, u32 *out_flags)
{
	struct shmregion_attachment *attachment;
	bool pending;
	u32 flags = 0;
	int ret = 0;

	shmregion_lock(region);
	pending = region->loser;
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region))
		ret = -EINVAL;
	else if (!attachment || !attachment->rights)
		ret = -ESRCH;
	else if (!shmregion_limit(region, attachment))
		ret = -EACCES;
	else if (!region->owner)
		take_unowned(region, attachment);
	else if (region->owner == attachment && !pending)
		flags |= SHMREGION_OUT_WAS_OWNER;
	else
		ret = -EAGAIN;

	if (!ret) {
		if (region->owner_died)
			flags |= SHMREGION_OUT_OWNER_DIED;
		if (region->mode == SHMREGION_MODE_READONLY)
			flags |= SHMREGION_OUT_READONLY;
		region->owner_died = false;
		*out_flags = flags;
		trace_shmregion_acquire(region, attachment, flags);
	}
	shmregion_unlock(region);
	if (pending)
		shmregion_revoke_kick(region);
	return ret;
}

/*
 * The caller, which became the owner after the death of another, could not be
 * told of that.
 */
void shmregion_acquire_undo(struct shmregion *region)
{
	if (lock_as_owner(region, true, 0))
		return;
	region->owner_died = true;
	shmregion_give(region, NULL, false);
}

/**
 * shmregion_publish - let everybody read, from WRITABLE
 * @region: the region, which the caller must own, and goes on owning
 *
 * Return: 0, -ENODEV, -EINVAL, -EPERM or -EACCES.
 */
int shmregion_publish(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, false, SHMREGION_RIGHT_WRITE);
	if (ret)
		return ret;

	widen_mode(region, SHMREGION_MODE_READONLY);
	return 0;
}

/**
 * shmregion_freeze - make the content final, from WRITABLE or READONLY
 * @region: the region, which the caller must own
 *
 * Return: 0, -ENODEV, -EINVAL, -EPERM, -EACCES, or -EINTR when the caller is being
 * killed.
 */
int shmregion_freeze(struct shmregion *region)
{
	const struct shmregion_change change = {
		.mode = SHMREGION_MODE_READONLY,
		.frozen = true,
	};
	int ret;

	ret = lock_as_owner(region, true, SHMREGION_RIGHT_READ);
	return ret ? ret : change_owner(region, &change, false);
}

/**
 * shmregion_share - let everybody write, from WRITABLE
 * @region: the region, which the caller must own
 *
 * Nobody loses access, so nothing is zapped. Return: 0, -ENODEV, -EINVAL,
 * -EPERM or -EACCES.
 */
int shmregion_share(struct shmregion *region)
{
	int ret;

	ret = lock_as_owner(region, false, SHMREGION_RIGHT_WRITE);
	if (ret)
		return ret;

	region->owner = NULL;
	trace_shmregion_owner(region, false);
	widen_mode(region, SHMREGION_MODE_UNSAFE);
	return 0;
}

/* The owner has died, if it still is the owner. Unlocks the region. */
static void drop_dead(struct shmregion *region,
		      const struct shmregion_attachment *owner)
{
	const struct shmregion_change change = {
		.mode = region->mode,
		.frozen = region->frozen,
		.died = true,
	};
	struct shmregion_zap zap;

	lockdep_assert_held(&region->lock);
	if (region->owner != owner || region->loser) {
		shmregion_unlock(region);
		return;
	}
	shmregion_revoke(region, &change, &zap);
	shmregion_unlock(region);
	if (zap.ticket)
		shmregion_revoke_leave(region, &zap);
	else
		shmregion_wake(region, false);
}

/**
 * shmregion_notice_death - see whether the owner is dead
 * @region: the region, not locked
 *
 * The death of a process is an event when its address space goes (death.c).
 * Somebody else may keep that from happening for long. Return: whether the owner
 * was found dead.
 */
bool shmregion_notice_death(struct shmregion *region)
{
	struct shmregion_attachment *owner = NULL;
	bool dead;

	shmregion_lock(region);
	if (region->owner && !region->loser) {
		owner = region->owner;
		shmregion_attachment_get(owner);
	}
	shmregion_unlock(region);
	if (!owner)
		return false;

	dead = !shmregion_process_alive(owner->process);
	if (dead) {
		shmregion_lock(region);
		drop_dead(region, owner);
	}
	shmregion_attachment_put(owner);
	return dead;
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

	shmregion_lock(region);
	trace_shmregion_death(region, attachment, attachment == region->owner);
	shmregion_attachment_died(attachment);
	/* It was to own the region, and will not. */
	if (region->loser && region->change.next == attachment) {
		region->change.next = NULL;
		region->change.died = true;
	}
	drop_dead(region, attachment);
	shmregion_attachment_put(attachment);
}
