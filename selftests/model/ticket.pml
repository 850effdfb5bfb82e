/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a revocation come true too early, or for the wrong one? A model, for
 * spin(1), of kmod/revoke.c: it is decided in one step under region->lock, then
 * anybody removes the translations, and who has done so settles it.
 *
 * Two processes hand one page to one another, reclaim it, destroy it and die. Two
 * helpers do what is pending, at any moment and at the same time: either can stop
 * anywhere for ever, as its caller can be throttled, stopped or killed. What
 * revocation.pml has of core mm, mremap() included, is one step here or none.
 *
 * With one of these macros there is a mistake in it, which must be found:
 *
 *   ANY_TICKET           one who settles does not look at the ticket
 *   NO_NESTED_FLUSH      the core is without mm_tlb_flush_nested()
 *   LOSER_FAULTS         a fault of the loser is allowed till it is settled
 *   NEXT_AT_ONCE         the next owner has access from the decision on
 *   RECLAIM_SETTLES      a reclaim does not wait for what is pending
 *   DESTROY_GIVES        a destruction leaves who is to be the next owner
 *   DEAD_NEXT            the death of who is to be the next owner is not noted
 */
#define NOBODY		2
#define OTHER(p)	(1 - (p))

/* So many revocations are decided. */
#define TICKETS_MAX	4

/* The region. */
byte owner = 0;
byte loser = NOBODY;
byte next = NOBODY;
byte ticket;
bool destroyed;

/* Of each process, whose threads share one TLB here. */
bool dead[2];
bool pte[2];
bool tlb[2];
/* mm->tlb_flush_pending */
byte gathers[2];

#define HAS(p)		(pte[p] || tlb[p])
#define PENDING		(loser != NOBODY)

#ifdef LOSER_FAULTS
#define ACCESS(p)	(!destroyed && owner == (p))
#elif defined(NEXT_AT_ONCE)
#define ACCESS(p)	(!destroyed && (PENDING -> next == (p) : owner == (p)))
#else
#define ACCESS(p)	(!destroyed && owner == (p) && !PENDING)
#endif

active proctype monitor()
{
end:	if
	/* Nobody but the owner has a translation; the loser is it till the end. */
	:: atomic { HAS(0) && owner != 0 && !destroyed -> assert(false) }
	:: atomic { HAS(1) && owner != 1 && !destroyed -> assert(false) }
	/* The dead own nothing, and a destroyed region has no owner. */
	:: atomic { dead[0] && owner == 0 && !PENDING -> assert(false) }
	:: atomic { dead[1] && owner == 1 && !PENDING -> assert(false) }
	:: atomic { destroyed && owner != NOBODY && !PENDING -> assert(false) }
	fi
}

/* shmregion_revoke(): what is not populated is settled at once. */
inline revoke(to)
{
	if
	:: HAS(owner) || gathers[owner] -> loser = owner; next = to; ticket++
	:: else -> owner = to
	fi
}

/* A worker, or a caller that removes little itself. */
proctype helper()
{
	byte mine, p;
	bool cleared;

end:	do
	:: atomic { PENDING -> mine = ticket; p = loser };
		gathers[p]++;
		d_step { cleared = pte[p]; pte[p] = false };
		/* Stopped here, it leaves the flush to others. */
		if
#ifdef NO_NESTED_FLUSH
		:: d_step { cleared -> tlb[p] = false }
#else
		:: d_step { cleared || gathers[p] > 1 -> tlb[p] = false }
#endif
		:: else
		fi;
		gathers[p]--;
		atomic {
			if
#ifdef ANY_TICKET
			:: PENDING
#else
			:: PENDING && ticket == mine
#endif
				-> owner = next; loser = NOBODY
			:: else
			fi;
			mine = 0; p = 0; cleared = false
		}
	od
}

proctype process(byte me)
{
end:	do
	:: d_step { !dead[me] && ACCESS(me) && !pte[me] -> pte[me] = true }
	:: d_step { pte[me] && !tlb[me] -> tlb[me] = true }
	:: d_step { !dead[me] && !destroyed && !PENDING && owner == me &&
		    !dead[OTHER(me)] && ticket < TICKETS_MAX ->
			revoke(OTHER(me)) }
	:: d_step { !dead[me] && !destroyed && !PENDING && owner == NOBODY ->
			owner = me }
	/* shmregion_reclaim() */
	:: d_step { !dead[me] && !destroyed && !PENDING && owner == OTHER(me) &&
		    ticket < TICKETS_MAX -> revoke(me) }
#ifdef RECLAIM_SETTLES
	:: d_step { !dead[me] && !destroyed && PENDING && loser != me ->
			owner = me; loser = NOBODY }
#else
	:: d_step { !dead[me] && !destroyed && PENDING && next != me ->
			next = me }
#endif
	/* shmregion_destroy(), which removes what is there afterwards. */
	:: d_step { !dead[me] && !destroyed ->
			destroyed = true;
			if
#ifdef DESTROY_GIVES
			:: PENDING
#else
			:: PENDING -> next = NOBODY
#endif
			:: else -> owner = NOBODY
			fi }
	/* shmregion_owner_died() */
	:: d_step { !dead[me] && ticket < TICKETS_MAX ->
			dead[me] = true;
#ifndef DEAD_NEXT
			if
			:: PENDING && next == me -> next = NOBODY
			:: else
			fi;
#endif
			if
			:: !PENDING && owner == me -> revoke(NOBODY)
			:: else
			fi }
	od
}

init
{
	atomic {
		run helper();
		run helper();
		run process(0);
		run process(1)
	}
}
