/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes part, and who can take what from whom? A model, for spin(1), of the
 * rules of control, consent and member ids: what the calls check and change. It
 * is checked in every order of all calls of a creator, of a peer that dies, is
 * born anew and forks, and of a program that has never heard of regions; with a
 * controller and without.
 *
 * A call is one step: that it seems so in spite of page tables, and of faults
 * under way, is for revocation.pml.
 *
 * With one of these macros there is a mistake in it, which must be found:
 *
 *   MAP_WITHOUT_CONSENT      mmap() does not ask whether the process is attached
 *   MAP_UNALLOCATED          mmap() without consent takes a sparse region
 *   MAP_ATTACHES             mmap() attaches the process
 *   RECLAIM_WITHOUT_CONTROL  the creator can reclaim any region
 *   LIMIT_WITHOUT_CONTROL    the creator can limit in any region
 *   DESTROY_WITHOUT_CONTROL  the creator can destroy any region
 *   REUSED_MEMBER            a member id is given again after a death
 *   RELEASE_BY_0             a transfer to 0 is a release
 *   LIMIT_ALL_BY_0           a limit of 0 is one of all others
 *   DETACH_WHILE_MAPPED      a process that maps the region can detach
 *   ACCESS_WITHOUT_ATTACHING an address space that is not attached has the
 *                            access of its mapping in a controlled region
 *   LIMIT_ENDS_BY_DETACH     a process that attaches again has no limit
 *   GIVEN_IN_SPITE_OF_LIMIT  a process limited to nothing can be given it
 */

/* What a mapping, a limit or the rule allows: each includes those before. */
#define NONE	0
#define READ	1
#define WRITE	2

mtype = { WRITABLE, READONLY, UNSAFE };

/* The processes, and the child that the peer can have. */
#define CREATOR	0
#define PEER	1
#define UNAWARE	2
#define CHILD	3
#define NR	4
#define NOBODY	NR

/* The region. Member ids and address spaces are numbered from 1. */
bool controlled;
bool allocated;
bool destroyed;
bool frozen;
mtype mode = WRITABLE;
byte owner = NOBODY;
byte next_member = 2;
byte others = WRITE;

/* Whether the creator's pid namespace sees the others; else their ids are 0. */
bool visible;

/* Of each address space. A limit of its own is one more than what it allows. */
byte space[NR];
bool attached[NR];
byte member[NR];
byte limit[NR];
byte mapped[NR];

byte nr_spaces = 3;
#define MAX_SPACES	5

/* A member id that the peer has told the creator, and who it was. */
byte told_member;
byte told_space;

/* What the controller wants: which address spaces have nothing. */
bool barred[NR];

#define MIN(a, b)	(a < b -> a : b)
#define LIMIT(p)	(limit[p] -> limit[p] - 1 : others)
#define RULE(p)	(mode == UNSAFE || owner == p -> WRITE : \
			(mode == READONLY -> READ : NONE))

#ifdef ACCESS_WITHOUT_ATTACHING
#define STRANGER(p)	false
#else
#define STRANGER(p)	(controlled && !attached[p])
#endif
#define ACCESS(p)	(destroyed || STRANGER(p) -> NONE : \
			MIN(RULE(p), MIN(LIMIT(p), mapped[p])))

#define ALIVE	(space[me] && !destroyed)

/* What anybody can map without consent, for reading or for writing. */
#define OPEN_TO_ALL(how) \
	(!controlled && (mode == UNSAFE || (mode == READONLY && how == READ)))

#ifdef MAP_UNALLOCATED
#define NO_CONSENT_NEEDED(how)	OPEN_TO_ALL(how)
#else
#define NO_CONSENT_NEEDED(how)	(OPEN_TO_ALL(how) && allocated)
#endif

#define HAS_CONTROL(p)	(p == CREATOR && controlled)

/* What holds at any moment. */
active proctype monitor()
{
end:	if
	/* One who has never heard of regions keeps what it has mapped, */
	:: atomic { ACCESS(UNAWARE) < mapped[UNAWARE] -> assert(false) }
	/* which needs no memory any more; */
	:: atomic { mapped[UNAWARE] && !allocated -> assert(false) }
	/* and it does not become an owner. */
	:: atomic { owner == UNAWARE -> assert(false) }
	/* What can be taken away is mapped by those who agreed to that. */
	:: atomic { mapped[PEER] && !attached[PEER] && !OPEN_TO_ALL(mapped[PEER]) ->
		    assert(false) }
	/* An owner has agreed as well. */
	:: atomic { owner != NOBODY && !attached[owner] -> assert(false) }
	/* Where there is a controller it can name all who have access, */
	:: atomic { controlled && !attached[CHILD] && ACCESS(CHILD) ->
		    assert(false) }
	:: atomic { controlled && !attached[PEER] && ACCESS(PEER) ->
		    assert(false) }
	/* and those from which it took it have none. */
	:: atomic { barred[PEER] && ACCESS(PEER) -> assert(false) }
	fi
}

/* Every change of the owner. It is the old one's own act, or a controller's. */
inline become_owner(new)
{
	assert(owner == NOBODY || owner == me || HAS_CONTROL(me));
	/* Nobody gets what it is kept from. */
	assert(new == NOBODY || !barred[new]);
	owner = new
}

inline attach(p)
{
	if
	:: attached[p]
	:: else ->
		attached[p] = true;
		if
		:: member[p]
#ifdef REUSED_MEMBER
		/* The lowest that no address space has now. */
		:: !member[p] && member[PEER] != 2 && member[CHILD] != 2 ->
			member[p] = 2
		:: !member[p] && (member[PEER] == 2 || member[CHILD] == 2) ->
#else
		:: else ->
#endif
			member[p] = next_member;
			next_member++
		fi
	fi
}

inline detach()
{
	d_step {
#ifdef DETACH_WHILE_MAPPED
		attached[me] && owner != me ->
#else
		attached[me] && owner != me && !mapped[me] ->
#endif
		attached[me] = false;
#ifdef LIMIT_ENDS_BY_DETACH
		limit[me] = 0
#endif
	}
}

inline map(how)
{
	d_step {
#ifdef MAP_WITHOUT_CONSENT
		ALIVE && !mapped[me] &&
#else
		ALIVE && !mapped[me] &&
		(attached[me] || NO_CONSENT_NEEDED(how)) &&
#endif
		!(mode == READONLY && how == WRITE && owner != me) ->
		mapped[me] = how;
#ifdef MAP_ATTACHES
		attach(me)
#endif
	}
}

inline unmap()
{
	d_step { mapped[me] -> mapped[me] = NONE }
}

#define MAY_OWN(p)	(LIMIT(p) != NONE)

inline acquire()
{
	d_step {
		ALIVE && owner == NOBODY && mode != UNSAFE && !frozen &&
		MAY_OWN(me) ->
		attach(me);
		become_owner(me)
	}
}

#define CAN_GIVE	(!destroyed && owner == me && mode != UNSAFE)

inline release()
{
	d_step { CAN_GIVE -> become_owner(NOBODY) }
}

#ifdef GIVEN_IN_SPITE_OF_LIMIT
#define CAN_BE_GIVEN(p)	(attached[p] && space[p])
#else
#define CAN_BE_GIVEN(p)	(attached[p] && space[p] && MAY_OWN(p))
#endif

/* By process id: whoever has it now. */
inline transfer_to_process(p)
{
#ifdef RELEASE_BY_0
	d_step {
		CAN_GIVE && (!visible || CAN_BE_GIVEN(p)) ->
		become_owner((visible -> p : NOBODY));
#else
	d_step {
		CAN_GIVE && visible && CAN_BE_GIVEN(p) ->
		become_owner(p);
#endif
		/* Nobody but who was meant. */
		assert(owner == p)
	}
}

/* By the member id that the peer told, which may have died since. */
inline transfer_to_member(p)
{
	d_step {
		CAN_GIVE && told_member && member[p] == told_member &&
		CAN_BE_GIVEN(p) ->
		assert(space[p] == told_space);
		become_owner(p)
	}
}

inline tell_member()
{
	d_step {
		attached[me] ->
		told_member = member[me];
		told_space = space[me]
	}
}

inline publish()
{
	d_step { CAN_GIVE && mode == WRITABLE && LIMIT(me) == WRITE ->
		 mode = READONLY }
}

inline freeze()
{
	d_step {
		CAN_GIVE && LIMIT(me) ->
		mode = READONLY;
		frozen = true;
		become_owner(NOBODY)
	}
}

inline share()
{
	d_step {
		CAN_GIVE && mode == WRITABLE && LIMIT(me) == WRITE ->
		mode = UNSAFE;
		become_owner(NOBODY)
	}
}

inline allocate()
{
	d_step { !destroyed && ACCESS(me) && !allocated -> allocated = true }
}

inline reclaim()
{
	d_step {
#ifdef RECLAIM_WITHOUT_CONTROL
		!destroyed && mode != UNSAFE && !frozen ->
#else
		HAS_CONTROL(me) && !destroyed && mode != UNSAFE && !frozen ->
#endif
		attach(me);
		become_owner(me)
	}
}

/* Of one who attached once, by process id. */
inline limit_process(p, to)
{
#ifdef LIMIT_WITHOUT_CONTROL
	d_step {
		!destroyed && visible && member[p] && space[p] ->
		limit[p] = to + 1;
		barred[p] = (to == NONE);
		/* Only where all have agreed to that. */
		assert(controlled)
	}
#elif defined(LIMIT_ALL_BY_0)
	d_step {
		HAS_CONTROL(me) && !destroyed && member[PEER] && !visible ->
		others = to;
		/* Nobody but who was meant. */
		assert(LIMIT(CREATOR) == WRITE && LIMIT(CHILD) == WRITE)
	}
#else
	d_step {
		HAS_CONTROL(me) && !destroyed && visible && member[p] &&
		space[p] ->
		limit[p] = to + 1;
		barred[p] = (to == NONE)
	}
#endif
}

inline limit_others(to)
{
	d_step { HAS_CONTROL(me) && !destroyed -> others = to }
}

inline destroy()
{
	d_step {
#ifdef DESTROY_WITHOUT_CONTROL
		!destroyed ->
#else
		HAS_CONTROL(me) && !destroyed ->
#endif
		assert(controlled);
		destroyed = true;
		owner = NOBODY
	}
}

inline forget(p)
{
	attached[p] = false;
	member[p] = 0;
	limit[p] = 0;
	mapped[p] = NONE;
	barred[p] = false;
	if
	:: owner == p -> owner = NOBODY
	:: else
	fi
}

/* Exit and a new process with the same id, or exec. */
inline be_born_anew()
{
	d_step {
		nr_spaces < MAX_SPACES ->
		forget(me);
		nr_spaces++;
		space[me] = nr_spaces
	}
}

/* Ordinary mappings are inherited, if nobody controls the region. */
inline fork()
{
	d_step {
		nr_spaces < MAX_SPACES && !space[CHILD] ->
		nr_spaces++;
		space[CHILD] = nr_spaces;
#ifdef ACCESS_WITHOUT_ATTACHING
		mapped[CHILD] = mapped[me]
#else
		mapped[CHILD] = (controlled || mode == WRITABLE -> NONE : mapped[me])
#endif
	}
}

inline die()
{
	d_step { space[me] -> forget(me); space[me] = 0 }
}

/* What anybody with a handle can call. */
inline take_part()
{
	if
	:: d_step { ALIVE && !attached[me] -> attach(me) }
	:: detach()
	:: map(READ)
	:: map(WRITE)
	:: unmap()
	:: allocate()
	:: acquire()
	:: release()
	:: publish()
	:: freeze()
	:: share()
	fi
}

proctype creator(byte me)
{
end:	do
	:: take_part()
	:: transfer_to_process(PEER)
	:: transfer_to_process(UNAWARE)
	:: transfer_to_member(PEER)
	:: transfer_to_member(CHILD)
	:: reclaim()
	:: limit_process(PEER, NONE)
	:: limit_process(PEER, WRITE)
	:: limit_process(UNAWARE, NONE)
	:: limit_others(NONE)
	:: limit_others(WRITE)
	:: destroy()
	od
}

proctype peer(byte me)
{
end:	do
	:: take_part()
	:: tell_member()
	:: transfer_to_process(CREATOR)
	:: transfer_to_process(UNAWARE)
	:: be_born_anew()
	:: fork()
	od
}

proctype child(byte me)
{
end:	do
	:: take_part()
	:: die()
	od
}

/* It maps what it is sent, as it maps any file. */
proctype unaware(byte me)
{
end:	do
	:: map(READ)
	:: map(WRITE)
	:: unmap()
	od
}

init
{
	atomic {
		space[CREATOR] = 1;
		space[PEER] = 2;
		space[UNAWARE] = 3;
		owner = CREATOR;
		attached[CREATOR] = true;
		member[CREATOR] = 1;
		if
		:: controlled = true; limit[CREATOR] = WRITE + 1
		:: skip
		fi;
		if
		:: visible = true
		:: skip
		fi;
		run creator(CREATOR);
		run peer(PEER);
		run child(CHILD);
		run unaware(UNAWARE)
	}
}
