/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can a translation outlive its permission? A model, for spin(1), of what
 * kmod/region.h says about region->lock, and of the parts of core mm that it
 * counts on. It is checked in every interleaving of two processes, one of them
 * with two threads, every thread on a CPU of its own, that do whatever hostile
 * programs can do; with CONTROLLER, of a controller that limits a process in
 * place of the second thread. Here one thread decides a revocation, removes the translations and
 * settles it; ticket.pml has the several who can do that at the same time.
 *
 * There is one page, and one revocable mapping of it in each process. Left out
 * are ordinary mappings (ordinary.c), huge entries, death and mremap().
 *
 * A step is one statement, or an atomic or d_step block. To take a lock is one
 * step with what is done first under it, and to release it is one with what
 * was done last. A call that would find nothing to do is not made.
 *
 * With one of these macros there is a mistake in it, which must be found:
 *
 *   UNLOCK_BEFORE_INSERT ->fault releases region->lock after the check
 *   NO_ZAP               a change leaves the entries of who loses access
 *   UNCOUNTED            a zap does not tell that it is about to flush
 *   MKWRITE_RETURNS_0    ->pfn_mkwrite has the core make the entry writable
 *   POPULATE_IN_MMAP     ->mmap inserts the entry
 *   UNLINK_BEFORE_FLUSH  munmap() does as for mappings without VM_PFNMAP
 *   LIMIT_AFTER_ZAP      a limit is set after the zap; has a CONTROLLER
 */
#ifdef LIMIT_AFTER_ZAP
#define CONTROLLER
#endif

/* What an entry allows, and what the rule does: each includes those before. */
#define NONE	0
#define READ	1
#define WRITE	2

#define NOBODY	2
#define OTHER(p)	(1 - (p))
#define CPU(p, thread)	(2 * (p) + (thread))

typedef rw_semaphore {
	byte readers;
	bool writer
};

/*
 * The region: its owner, who is about to lose it, whether it was published, who
 * may have nothing. A fault holds its lock over more than a step.
 */
bool region_locked;
byte owner = NOBODY;
byte loser = NOBODY;
bool readonly;
bool limited[2];

#define PENDING		(loser != NOBODY)
#define OWNS(p)		(owner == (p) && !PENDING)

/* kmod/rule.c: shmregion_access() */
#define RULE(p)		(OWNS(p) -> WRITE : (readonly -> READ : NONE))
#define ACCESS(p)	(limited[p] -> NONE : RULE(p))

/* Of each process: its mapping, and its page-table entry. */
rw_semaphore mmap_lock[2];
bool vma[2];
bool in_i_mmap[2];
byte pte[2];
/* An entry may be there that its process must lose with the region. */
bool populated[2];
/* mm->tlb_flush_pending: how many are in between tlb_gather and tlb_finish. */
byte gathers[2];

byte i_mmap_readers;

/* What each CPU has in its TLB. The last has no thread. */
byte tlb[4];

#define down_read_if(lock, condition) \
	!lock.writer && (condition) -> lock.readers++
#define down_write_if(lock, condition) \
	!lock.writer && !lock.readers && (condition) -> lock.writer = true
#define up_read(lock)	lock.readers--
#define up_write(lock)	lock.writer = false

/*
 * What must hold. A loser has what it had until its revocation is settled, and
 * who is limited until that call has returned.
 */
bool limiting[2];
#define CHANGING(p)	(loser == (p) || limiting[p])

#define MAX(a, b)	(a > b -> a : b)
#define HAS(p)		MAX(pte[p], MAX(tlb[CPU(p, 0)], tlb[CPU(p, 1)]))

active proctype monitor()
{
end:	if
	/* When a change has returned no translation goes beyond the rule. */
	:: atomic { !CHANGING(0) && HAS(0) > ACCESS(0) -> assert(false) }
	:: atomic { !CHANGING(1) && HAS(1) > ACCESS(1) -> assert(false) }
	/* Also while one is on its way there are never two writers, */
	:: atomic { HAS(0) == WRITE && HAS(1) == WRITE -> assert(false) }
	/* nor a reader next to the owner before the region is published. */
	:: atomic { !readonly && HAS(0) && HAS(1) -> assert(false) }
	fi
}

/* A load or a store. The TLB is used as long as it has an entry. */
inline touch(need)
{
	atomic { tlb[cpu] >= need -> assert(CHANGING(me) || ACCESS(me) >= need) }
}

/* At any moment, wanted or not, the CPU fills its TLB from the page table. */
inline walk()
{
	d_step { tlb[cpu] < pte[me] -> tlb[cpu] = pte[me] }
}

/*
 * zap_page_range_single(), up to tlb_finish_mmu(), which flushes all CPUs of
 * the process, one after the other, if an entry was cleared; or if another
 * thread may have cleared it but not flushed yet: mm_tlb_flush_nested().
 */
inline zap_entry(p)
{
	gathers[p]++;
	d_step {
		cleared = (pte[p] != NONE);
		pte[p] = NONE
	};
	if
	:: d_step { cleared || gathers[p] > 1 -> cleared = false }
		flush_tlbs(p)
	:: else
	fi;
	gathers[p]--
}

inline flush_tlbs(p)
{
	tlb[CPU(p, 0)] = NONE;
	tlb[CPU(p, 1)] = NONE
}

#ifdef UNCOUNTED
#define COUNT	0
#else
#define COUNT	1
#endif

/* kmod/revoke.c: shmregion_zap_slices() */
inline zap(p)
{
#ifdef NO_ZAP
	skip
#else
	if
	:: d_step { in_i_mmap[p] ->
		    i_mmap_readers++;
		    gathers[p] = gathers[p] + COUNT };
		zap_entry(p);
		d_step { gathers[p] = gathers[p] - COUNT; i_mmap_readers-- }
	:: !in_i_mmap[p]
	fi
#endif
}

/* shmregion_revoke(), and what its caller does. The owner is @from. */
inline revoke(from, to)
{
	if
	:: d_step { !region_locked && OWNS(from) && !populated[from] ->
		    owner = to }
	:: d_step { !region_locked && OWNS(from) && populated[from] ->
		    loser = from };
		zap(from);
		/* settle() */
		d_step {
			!region_locked ->
			populated[from] = false;
			owner = to;
			loser = NOBODY
		}
	fi
}

/* shmregion_transfer() and shmregion_release() */
inline transfer(to)
{
	revoke(me, to)
}

/* kmod/controller.c: shmregion_reclaim() */
inline reclaim()
{
	revoke(OTHER(me), me)
}

inline set_limit(p)
{
	d_step { !region_locked -> limited[p] = !limited[p] }
}

/* shmregion_limit_process(), which zaps after it has released the lock */
inline limit(p)
{
	limiting[p] = true;
#ifdef LIMIT_AFTER_ZAP
	zap(p);
	set_limit(p);
#else
	set_limit(p);
	zap(p);
#endif
	limiting[p] = false
}

/* Nobody loses access by these two. */
inline acquire()
{
	d_step { !region_locked && OWNS(NOBODY) -> owner = me }
}

inline publish()
{
	d_step { !region_locked && OWNS(me) && !readonly -> readonly = true }
}

/* Another thread can have been there first. No access raises SIGSEGV. */
inline insert()
{
	if
	:: allowed && pte[me] == NONE ->
		pte[me] = allowed;
		populated[me] = true
	:: else
	fi;
	allowed = NONE
}

/* kmod/revocable.c: revocable_fault() */
inline fault()
{
	atomic { down_read_if(mmap_lock[me], vma[me] && pte[me] == NONE) };
#ifdef UNLOCK_BEFORE_INSERT
	d_step { !region_locked -> allowed = ACCESS(me) };
	d_step { insert(); up_read(mmap_lock[me]) }
#else
	d_step { !region_locked -> region_locked = true; allowed = ACCESS(me) };
	d_step { insert(); region_locked = false; up_read(mmap_lock[me]) }
#endif
}

/* revocable_mkwrite(): a write by an entry that is there, but read-only. */
inline mkwrite()
{
	d_step { down_read_if(mmap_lock[me], vma[me] && pte[me] == READ) };
#ifdef MKWRITE_RETURNS_0
	/* The core looks only whether the entry is what it was before. */
	d_step { !region_locked -> allowed = ACCESS(me) };
	d_step {
		if
		:: allowed == WRITE && pte[me] == READ -> pte[me] = WRITE
		:: else
		fi;
		allowed = NONE;
		up_read(mmap_lock[me])
	}
#else
	if
	:: atomic { !region_locked && ACCESS(me) == WRITE -> zap_entry(me) };
		up_read(mmap_lock[me])
	:: d_step { !region_locked && ACCESS(me) != WRITE ->
		    up_read(mmap_lock[me]) }
	fi
#endif
}

/* mmap(): the mapping gets into i_mmap after ->mmap has returned. */
inline map()
{
	d_step { down_write_if(mmap_lock[me], !vma[me]); vma[me] = true };
#ifdef POPULATE_IN_MMAP
	d_step { !region_locked -> allowed = ACCESS(me); insert() };
#endif
	d_step { !i_mmap_readers ->
		 in_i_mmap[me] = true;
		 up_write(mmap_lock[me]) }
}

/*
 * munmap(): with VM_PFNMAP tlb_end_vma() flushes before free_pgtables()
 * unlinks. In between the core holds mmap_lock for reading only; but a fault
 * cannot find the mapping any more.
 */
inline unmap()
{
	d_step { down_write_if(mmap_lock[me], vma[me]); vma[me] = false };
	gathers[me]++;
	pte[me] = NONE;
#ifdef UNLINK_BEFORE_FLUSH
	d_step { !i_mmap_readers -> in_i_mmap[me] = false };
	flush_tlbs(me);
#else
	flush_tlbs(me);
	d_step { !i_mmap_readers -> in_i_mmap[me] = false };
#endif
	d_step { gathers[me]--; up_write(mmap_lock[me]) }
}

/*
 * mremap() that splits a huge entry: it clears the entry and flushes, and does
 * not count itself in tlb_flush_pending.
 */
inline split()
{
	d_step { down_write_if(mmap_lock[me], vma[me] && pte[me] != NONE);
		 pte[me] = NONE };
	flush_tlbs(me);
	up_write(mmap_lock[me])
}

#ifdef CONTROLLER
/* Lets process 0 have nothing, and all that it may, in turn. */
proctype controller()
{
	bool cleared;

	do
	:: limit(0)
	od
}
#endif

proctype thread(byte me; byte cpu)
{
	byte allowed;
	bool cleared;

	do
	:: touch(READ)
	:: touch(WRITE)
	:: walk()
	:: fault()
	:: mkwrite()
	:: map()
	:: unmap()
	:: split()
	:: transfer(OTHER(me))
	:: transfer(NOBODY)
	:: reclaim()
	:: acquire()
	:: publish()
	od
}

init
{
	atomic {
#ifdef CONTROLLER
		run controller();
#else
		run thread(0, CPU(0, 1));
#endif
		run thread(0, CPU(0, 0));
		run thread(1, CPU(1, 0))
	}
}
