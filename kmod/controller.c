// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a controller can do: limit, reclaim, destroy.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include "attachment.h"
#include "controller.h"
#include "limits.h"
#include "owner.h"
#include "pages.h"
#include "region.h"
#include "revoke.h"
#include "rss.h"
#include "rule.h"
#include "trace.h"
#include "wake.h"

/* Pages that are unmapped at a time, from all ordinary mappings of them. */
#define ORDINARY_SLICE	64

/*
 * Takes away the translations of all ordinary mappings: a fault gives back what
 * is still allowed. The caller has changed the rule.
 *
 * A fault of an ordinary mapping looks at the rule with the folio locked, and
 * the core inserts the entry before it unlocks. So once each folio was locked
 * after the change, every fault that saw the old rule is done.
 */
static void zap_ordinary(struct shmregion *region)
{
	const struct shmregion_zap zap = {
		.nr = region->nr_pages,
		.slice = ORDINARY_SLICE,
	};

	if (READ_ONCE(region->mode) == SHMREGION_MODE_WRITABLE)
		return;
	shmregion_wait_for_faults(region);
	shmregion_zap_slices(region, &zap);
}

/*
 * What a process had mapped is removed. It counts no more if nothing came since:
 * a limit may leave the process some access.
 */
static void note_zapped(struct shmregion *region, u64 member, u64 inserted)
{
	struct shmregion_attachment *attachment;

	shmregion_lock(region);
	attachment = shmregion_attachment_next(region, member - 1);
	if (attachment && attachment->member == member &&
	    attachment->inserted == inserted)
		shmregion_rss_clear(attachment);
	shmregion_unlock(region);
}

/* The same for the revocable mappings of all processes, the dying among them. */
static void zap_revocable(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	struct shmregion_zap zap;
	u64 member = 0, inserted, end;

	/* Who attaches from here on does so under the new rule. */
	shmregion_lock(region);
	end = region->next_member;
	shmregion_unlock(region);

	for (;;) {
		shmregion_lock(region);
		attachment = shmregion_attachment_next(region, member);
		if (!attachment || attachment->member >= end) {
			shmregion_unlock(region);
			return;
		}
		member = attachment->member;
		inserted = attachment->inserted;
		shmregion_zap_of(attachment, &zap);
		shmregion_unlock(region);
		shmregion_zap_slices(region, &zap);
		note_zapped(region, member, inserted);
	}
}

/**
 * shmregion_limit_all - bound all processes that have no limit of their own
 * @region: the region
 * @limit: READ and WRITE of enum shmregion_right
 *
 * Return: 0 or -ENODEV.
 */
int shmregion_limit_all(struct shmregion *region, u32 limit)
{
	shmregion_lock(region);
	if (region->destroyed) {
		shmregion_unlock(region);
		return -ENODEV;
	}
	region->default_limit = limit;
	WRITE_ONCE(region->changes, region->changes + 1);
	trace_shmregion_limit(region, NULL, limit);
	shmregion_unlock(region);
	shmregion_wake_everybody(region);

	zap_revocable(region);
	zap_ordinary(region);
	return 0;
}

/**
 * shmregion_limit_process - bound one process
 * @region: the region
 * @peer: the process, which may have detached
 * @limit: READ and WRITE of enum shmregion_right
 *
 * Return: 0, -ENODEV or -ESRCH.
 */
int shmregion_limit_process(struct shmregion *region,
			    const struct shmregion_peer *peer, u32 limit)
{
	struct shmregion_attachment *attachment;
	u64 member = 0, inserted = 0;
	struct shmregion_zap zap;
	int ret = 0;

	shmregion_lock(region);
	attachment = shmregion_attachment_find_peer(region, peer);
	if (region->destroyed) {
		ret = -ENODEV;
	} else if (!attachment || attachment->dead) {
		ret = -ESRCH;
	} else {
		member = attachment->member;
		inserted = attachment->inserted;
		attachment->limited = true;
		attachment->limit = limit;
		WRITE_ONCE(region->changes, region->changes + 1);
		trace_shmregion_limit(region, attachment, limit);
		shmregion_zap_of(attachment, &zap);
	}
	shmregion_unlock(region);
	if (ret)
		return ret;
	shmregion_wake_everybody(region);

	shmregion_zap_slices(region, &zap);
	note_zapped(region, member, inserted);
	zap_ordinary(region);
	return 0;
}

/**
 * shmregion_reclaim - take the region from its owner
 * @region: the region, to which the caller is attached with WRITE
 *
 * Return: 0, -ENODEV, -EINVAL; -ESRCH when another thread detached the
 * process; -EACCES when it is limited to nothing; -EINTR when it is being
 * killed.
 */
int shmregion_reclaim(struct shmregion *region)
{
	struct shmregion_attachment *attachment;
	struct shmregion_zap zap;
	bool freezing;
	int ret = 0;

	shmregion_lock(region);
	freezing = region->loser && region->change.frozen;
	attachment = shmregion_attachment_find(region, current->mm);
	if (region->destroyed)
		ret = -ENODEV;
	else if (!shmregion_ownable(region) || freezing)
		ret = -EINVAL;
	else if (!attachment || !attachment->rights)
		ret = -ESRCH;
	else if (!shmregion_limit(region, attachment))
		ret = -EACCES;
	if (ret || shmregion_is_owner(region, current->mm)) {
		shmregion_unlock(region);
		return ret;
	}

	region->owner_died = false;
	trace_shmregion_reclaim(region, region->owner, attachment);
	if (!region->loser)
		return shmregion_give(region, attachment, false);
	shmregion_revoke_redirect(region, attachment, &zap);
	shmregion_unlock(region);
	return shmregion_revoke_finish(region, &zap, false);
}

/**
 * shmregion_destroy - end a region and free its memory
 * @region: the region
 *
 * It does not wait for a pending revocation: that leads to nobody now, and what
 * the loser still has is removed here as well. Return: 0 or -ENODEV.
 */
int shmregion_destroy(struct shmregion *region)
{
	shmregion_lock(region);
	if (region->destroyed) {
		shmregion_unlock(region);
		return -ENODEV;
	}
	WRITE_ONCE(region->destroyed, true);
	if (region->loser)
		region->change.next = NULL;
	else
		region->owner = NULL;
	shmregion_changed(region);
	trace_shmregion_destroy(region);
	shmregion_unlock(region);
	shmregion_wake(region, false);

	zap_revocable(region);
	zap_ordinary(region);
	shmregion_pages_free(region);
	shmregion_uncharge_region(region);
	return 0;
}
