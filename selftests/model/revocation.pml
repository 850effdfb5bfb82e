/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can a translation outlive its permission? A model, for spin(1), of what
 * kmod/region.h says about region->lock, and of the parts of core mm that it
 * counts on. It is checked in every interleaving of two processes with two
 * threads each, every thread on a CPU of its own, that do whatever hostile
 * programs can do; with CONTROLLER, of a controller that limits one of them
 * as well.
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
 *   NO_LOCK              ->fault does not take region->lock
 *   UNLOCK_BEFORE_INSERT ->fault releases it after the check
 *   NO_ZAP               a change leaves the entries of who loses access
 *   MKWRITE_RETURNS_0    ->pfn_mkwrite has the core make the entry writable
 *   POPULATE_IN_MMAP     ->mmap inserts the entry
 *   UNLINK_BEFORE_FLUSH  munmap() does as for mappings without VM_PFNMAP
 *   NO_NESTED_FLUSH      the core is without mm_tlb_flush_nested()
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

/* The region: its owner, whether it was published, who may have nothing. */
rw_semaphore region_lock;
byte owner = NOBODY;
bool readonly;
bool limited[2];

/* kmod/owner.c: shmregion_access() */
#define RULE(p)		(owner == (p) -> WRITE : (readonly -> READ : NONE))
#define ACCESS(p)	(limited[p] -> NONE : RULE(p))

/* Of each process: its mapping, and its page-table entry. */
rw_semaphore mmap_lock[2];
bool vma[2];
bool in_i_mmap[2];
byte pte[2];
/* mm->tlb_flush_pending: how many are in between tlb_gather and tlb_finish. */
byte gathers[2];

byte i_mmap_readers;

/* What each CPU has in its TLB. */
byte tlb[4];

#define down_read_if(lock, condition) \
	!lock.writer && (condition) -> lock.readers++
#define down_write_if(lock, condition) \
	!lock.writer && !lock.readers && (condition) -> lock.writer = true
#define up_read(lock)	lock.readers--
#define up_write(lock)	lock.writer = false

/*
 * What must hold. While region_lock is held for writing a change is on its
 * way, and so is it in the calls that count themselves; at any other moment
 * every change has returned.
 */
bool limiting[2];
#define CHANGING(p)	(region_lock.writer || limiting[p])

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
#ifdef NO_NESTED_FLUSH
	if
	:: d_step { cleared -> cleared = false }
#else
	if
	:: d_step { cleared || gathers[p] > 1 -> cleared = false }
#endif
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

/* kmod/owner.c: zap(), which is unmap_mapping_pages() */
inline zap(p)
{
#ifndef NO_ZAP
	if
	:: atomic { in_i_mmap[p] -> i_mmap_readers++ };
		zap_entry(p);
		i_mmap_readers--
	:: !in_i_mmap[p]
	fi
#else
	skip
#endif
}

/* shmregion_transfer() and shmregion_release() */
inline transfer(to)
{
	atomic { down_write_if(region_lock, owner == me); owner = to };
	zap(me);
	up_write(region_lock)
}

/* kmod/controller.c: shmregion_reclaim() */
inline reclaim()
{
	atomic { down_write_if(region_lock, owner == OTHER(me)); owner = me };
	zap(OTHER(me));
	up_write(region_lock)
}

inline set_limit(p)
{
	d_step { down_write_if(region_lock, true);
		 limited[p] = !limited[p];
		 up_write(region_lock) }
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
	d_step { down_write_if(region_lock, owner == NOBODY);
		 owner = me;
		 up_write(region_lock) }
}

inline publish()
{
	d_step { down_write_if(region_lock, owner == me && !readonly);
		 readonly = true;
		 up_write(region_lock) }
}

/* Another thread can have been there first. No access is SIGSEGV. */
inline insert()
{
	if
	:: pte[me] == NONE -> pte[me] = allowed
	:: else
	fi;
	allowed = NONE
}

/* kmod/revocable.c: revocable_fault() */
inline fault()
{
	atomic { down_read_if(mmap_lock[me], vma[me] && pte[me] == NONE) };
#ifdef NO_LOCK
	allowed = ACCESS(me);
	d_step { insert(); up_read(mmap_lock[me]) }
#elif defined(UNLOCK_BEFORE_INSERT)
	d_step { down_read_if(region_lock, true);
		 allowed = ACCESS(me);
		 up_read(region_lock) };
	d_step { insert(); up_read(mmap_lock[me]) }
#else
	d_step { down_read_if(region_lock, true); allowed = ACCESS(me) };
	d_step { insert(); up_read(region_lock); up_read(mmap_lock[me]) }
#endif
}

/* revocable_mkwrite(): a write by an entry that is there, but read-only. */
inline mkwrite()
{
	d_step { down_read_if(mmap_lock[me], vma[me] && pte[me] == READ) };
#ifdef MKWRITE_RETURNS_0
	/* The core looks only whether the entry is what it was before. */
	d_step { down_read_if(region_lock, true);
		 allowed = ACCESS(me);
		 up_read(region_lock) };
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
	:: d_step { down_read_if(region_lock, ACCESS(me) == WRITE) };
		zap_entry(me);
		d_step { up_read(region_lock); up_read(mmap_lock[me]) }
	:: d_step { !region_lock.writer && ACCESS(me) != WRITE ->
		    up_read(mmap_lock[me]) }
	fi
#endif
}

/* mmap(): the mapping gets into i_mmap after ->mmap has returned. */
inline map()
{
	d_step { down_write_if(mmap_lock[me], !vma[me]); vma[me] = true };
#ifdef POPULATE_IN_MMAP
	d_step { down_read_if(region_lock, true);
		 allowed = ACCESS(me);
		 insert();
		 up_read(region_lock) };
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
#endif
		run thread(0, CPU(0, 0));
		run thread(0, CPU(0, 1));
		run thread(1, CPU(1, 0));
		run thread(1, CPU(1, 1))
	}
}
