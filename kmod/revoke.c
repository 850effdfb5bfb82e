// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revocation: taking access away from an owner, and changing the rule then.
 *
 * It is decided in one short step under region->lock, which notes what the
 * region is to become and draws a ticket. From then on the owner has nothing,
 * and nobody has yet what the change brings: the rule in force is the old one,
 * without an owner. The translations that the owner still has are then removed
 * without a lock of ours, and whoever has removed them makes the change come
 * true, if the ticket still is the one in force.
 *
 * Anybody may remove them, several at once as well. The owner itself does, when
 * it is little; it may be stopped in the middle of it, by a signal, a debugger or
 * the limits of its cgroup. So what is more is left to a worker, and everybody
 * who needs the revocation has the worker run as well, and waits for whichever
 * is first. What one of them, or the process itself, has removed and not flushed
 * yet, the others flush: see shmregion_zap_slices(). So the first who is done is
 * done indeed.
 */
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "attachment.h"
#include "clear.h"
#include "process.h"
#include "region.h"
#include "revoke.h"
#include "rss.h"
#include "trace.h"
#include "wake.h"
#include "work.h"

/*
 * Where there is little to remove the slices are larger: at most so many entries,
 * even if there were page tables that attachment->tables does not count, which
 * userfaultfd and mremap() make.
 */
#define FEW_ENTRIES	2048

/* So often the core looks at a mapping for it, at most. */
#define FEW_VISITS	512

/* What was decided comes true. */
static void apply_change(struct shmregion *region,
			 const struct shmregion_change *change)
{
	bool converted = change->mode != region->mode ||
			 change->frozen != region->frozen;
	enum shmregion_mode mode = region->mode;

	lockdep_assert_held(&region->lock);
	WRITE_ONCE(region->mode, change->mode);
	region->frozen = change->frozen;
	region->owner = change->next;
	if (change->died)
		region->owner_died = true;
	shmregion_changed(region);
	if (converted)
		trace_shmregion_convert(region, mode);
	trace_shmregion_owner(region, change->died);
}

/**
 * shmregion_zap_of - what to remove for a process to have nothing mapped
 * @attachment: the process's, its region locked
 * @zap: filled in, without a ticket. It has references, which
 *	shmregion_zap_slices() drops.
 */
void shmregion_zap_of(struct shmregion_attachment *attachment,
		      struct shmregion_zap *zap)
{
	unsigned long mappings = max(attachment->mappings, 1U);
	unsigned long places;

	lockdep_assert_held(&attachment->region->lock);
	zap->mm = attachment->process->notifier.mm;
	mmgrab(zap->mm);
	zap->ticket = 0;
	zap->start = shmregion_window_start(attachment);
	zap->nr = 0;
	zap->few = false;
	zap->own = NULL;
	zap->slice = rounddown_pow_of_two(SHMREGION_SLICE_ENTRIES / mappings);
	if (!attachment->populated)
		return;
	zap->start += attachment->first;
	zap->nr = attachment->last - attachment->first + 1;

	/*
	 * Each place has a huge entry or a page table. Tables are counted when
	 * they are made, but not when they go, so there may be fewer.
	 */
	places = mappings * (zap->nr / PTRS_PER_PTE + 2);
	if (min_t(unsigned long, attachment->tables, places) * PTRS_PER_PTE +
	    places <= FEW_ENTRIES) {
		zap->slice = rounddown_pow_of_two(FEW_ENTRIES / mappings);
		zap->few = DIV_ROUND_UP(zap->nr, zap->slice) * mappings <=
			   FEW_VISITS;
	}
	/* Once it is settled another thread can detach. */
	if (zap->few && zap->mm == current->mm) {
		zap->own = attachment;
		shmregion_attachment_get(zap->own);
	}
}

/**
 * shmregion_revoke - decide that the owner loses its access
 * @region: the region, locked, with no revocation pending
 * @change: what it becomes when that is done
 * @zap: set to what is to be removed; with a ticket of 0 it is done already,
 *	and the caller has to wake who waits. Otherwise it unlocks the region and
 *	calls shmregion_revoke_finish() or _leave().
 */
void shmregion_revoke(struct shmregion *region,
		      const struct shmregion_change *change,
		      struct shmregion_zap *zap)
{
	struct shmregion_attachment *loser = region->owner;

	lockdep_assert_held(&region->lock);
	WARN_ON_ONCE(region->loser);
	zap->ticket = 0;
	if (!loser || !loser->populated) {
		apply_change(region, change);
		return;
	}

	shmregion_zap_of(loser, zap);
	zap->ticket = ++region->ticket;
	region->change = *change;
	region->inserted = loser->inserted;
	shmregion_attachment_get(loser);
	WRITE_ONCE(region->loser, loser);
}

/**
 * shmregion_revoke_redirect - change what a pending revocation leads to
 * @region: the region, locked, with a revocation pending that does not freeze it
 * @next: who gets the region instead
 * @zap: as for shmregion_revoke(), always with a ticket
 *
 * The loser stays the same, so the ticket does as well. Whoever takes a region
 * away need not wait until those who hand it to one another let it in.
 */
void shmregion_revoke_redirect(struct shmregion *region,
			       struct shmregion_attachment *next,
			       struct shmregion_zap *zap)
{
	lockdep_assert_held(&region->lock);
	region->change.next = next;
	region->change.died = false;
	shmregion_zap_of(region->loser, zap);
	zap->ticket = region->ticket;
}

/* The translations of a revocation are gone. One of earlier changes nothing. */
static void settle(struct shmregion *region, u64 ticket, bool will_wait)
{
	struct shmregion_attachment *loser;

	shmregion_lock(region);
	loser = region->loser;
	if (!loser || region->ticket != ticket) {
		shmregion_unlock(region);
		return;
	}
	WRITE_ONCE(region->loser, NULL);
	/* In READONLY mode it may have read meanwhile. */
	if (loser->inserted == region->inserted) {
		loser->populated = false;
		shmregion_rss_clear(loser);
	}
	apply_change(region, &region->change);
	shmregion_unlock(region);

	shmregion_wake(region, will_wait);
	shmregion_attachment_put(loser);
}

/**
 * shmregion_zap_slices - remove translations, a slice at a time
 * @region: the region, not locked
 * @zap: which
 *
 * On return all TLBs are flushed. They are removed, never made read-only: an
 * entry that stays present but read-only can become writable again behind our
 * back, by mprotect(). The caller has changed the rule already, so no fault puts
 * back what the rule forbids.
 *
 * Where somebody else removes an entry at the same time, the core finds none, and
 * the flush may still be to come. The core sees that (mm_tlb_flush_nested()) if it
 * takes the lock of the entry, which it does not do where there is no huge entry;
 * and if the other has told that it is about to flush, which mremap() does not do
 * when it splits a huge entry. So we tell it: then the core flushes all of the
 * process for each mapping that it looks at.
 */
void shmregion_zap_slices(struct shmregion *region,
			  const struct shmregion_zap *zap)
{
	bool cleared = false;
	pgoff_t nr, done;

	if (zap->mm)
		inc_tlb_flush_pending(zap->mm);
	if (zap->own)
		cleared = shmregion_clear_begin(zap);
	for (done = 0; done < zap->nr; done += nr) {
		/* Slices begin where page tables may. */
		nr = zap->slice - ((zap->start + done) & (zap->slice - 1));
		nr = min(nr, zap->nr - done);
		unmap_mapping_pages(region->inode.i_mapping, zap->start + done,
				    nr, true);
		cond_resched();
	}
	if (cleared)
		shmregion_clear_end();
	if (zap->own)
		shmregion_attachment_put(zap->own);
	if (zap->mm) {
		dec_tlb_flush_pending(zap->mm);
		mmdrop(zap->mm);
	}
}

static bool settled(struct shmregion *region, u64 ticket)
{
	bool is;

	shmregion_lock(region);
	is = !region->loser || region->ticket != ticket;
	shmregion_unlock(region);
	return is;
}

/**
 * shmregion_revoke_finish - see a revocation through
 * @region: the region, not locked
 * @zap: from shmregion_revoke(), with a ticket
 * @will_wait: whether the caller is about to wait for its turn
 *
 * Return: 0 when it is done; -EINTR when the caller is being killed, and a worker
 * goes on.
 */
int shmregion_revoke_finish(struct shmregion *region,
			    const struct shmregion_zap *zap, bool will_wait)
{
	if (zap->few) {
		shmregion_zap_slices(region, zap);
		settle(region, zap->ticket, will_wait);
		return 0;
	}
	mmdrop(zap->mm);
	shmregion_revoke_kick(region);
	return wait_event_killable(region->owner_wait,
				   settled(region, zap->ticket)) ? -EINTR : 0;
}

/* The same without a wait, for a process that is dying. */
void shmregion_revoke_leave(struct shmregion *region,
			    const struct shmregion_zap *zap)
{
	if (zap->few) {
		shmregion_revoke_finish(region, zap, false);
	} else {
		mmdrop(zap->mm);
		shmregion_revoke_kick(region);
	}
}

/* Have a worker do what is pending. The region is not locked. */
void shmregion_revoke_kick(struct shmregion *region)
{
	shmregion_queue_work(region, &region->revoke_work);
}

static void revoke_work_fn(struct work_struct *work)
{
	struct shmregion *region = container_of(work, struct shmregion,
						revoke_work);
	struct shmregion_zap zap = {};

	shmregion_lock(region);
	if (region->loser) {
		shmregion_zap_of(region->loser, &zap);
		zap.ticket = region->ticket;
	}
	shmregion_unlock(region);

	if (zap.ticket) {
		shmregion_zap_slices(region, &zap);
		settle(region, zap.ticket, false);
	}
	shmregion_put_work(region);
}

void shmregion_revoke_region_init(struct shmregion *region)
{
	INIT_WORK(&region->revoke_work, revoke_work_fn);
}
