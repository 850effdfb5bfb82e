// SPDX-License-Identifier: GPL-2.0-only
/* What a process may do, as the kernel says and the ledger knows. */
#include "rule.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <shmdev.h>

#include "stats.h"

#define RIGHTS_RW (SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

struct self self;

/* Of a new address space. */
void self_init(unsigned int worker, uint32_t id)
{
	self.worker = worker;
	self.id = id;
	self.address_space = ++stats->address_spaces;
}

/* What the mode gives, limits aside. */
static uint32_t mode_access(uint32_t mode, bool owner)
{
	switch (mode) {
	case SHMREGION_MODE_UNSAFE:
		return RIGHTS_RW;
	case SHMREGION_MODE_READONLY:
		return owner ? RIGHTS_RW : SHMREGION_RIGHT_READ;
	default:
		return owner ? RIGHTS_RW : 0;
	}
}

static uint32_t writers_of(const struct shmregion_info *info)
{
	if (info->out_mode == SHMREGION_MODE_UNSAFE)
		return SHMREGION_WRITERS_ALL;
	if (info->out_state & SHMREGION_STATE_FROZEN)
		return SHMREGION_WRITERS_NONE;
	if (!(info->out_state & SHMREGION_STATE_OWNED))
		return SHMREGION_WRITERS_UNOWNED;
	return info->out_owner_pid == getpid() ? SHMREGION_WRITERS_CALLER :
						 SHMREGION_WRITERS_OTHER;
}

/* Once all is allocated it stays so. Others are not told how much it is. */
static bool allocation_makes_sense(const struct shmregion_info *info,
				   bool was_allocated)
{
	bool all = info->out_state & SHMREGION_STATE_ALLOCATED;

	if (was_allocated && !all)
		return false;
	if (!info->out_member)
		return !info->out_allocated;
	return info->out_allocated <= info->out_capacity &&
	       (!all || info->out_allocated == info->out_capacity);
}

/* It is the same as long as the region lives, whatever happens in between. */
static void check_member(struct slot *slot, uint64_t member)
{
	uint64_t before = 0;

	if (!member)
		return;
	if (!atomic_compare_exchange_strong(&slot->member, &before, member) &&
	    before != member)
		broken(INVARIANT_MEMBER,
		       "address space %u was member %lu of slot %u, and is %lu",
		       self.address_space, (unsigned long)before, slot->number,
		       (unsigned long)member);
	ledger_member(slot->ledger, member, self.address_space);
	if (!(self.id & CHILD_ID))
		slot->ledger->workers[self.worker] =
			(uint64_t)self.id << LEDGER_ID_SHIFT | member;
}

static bool makes_sense(const struct slot *slot,
			const struct shmregion_info *info)
{
	bool owned = info->out_state & SHMREGION_STATE_OWNED;
	bool frozen = info->out_state & SHMREGION_STATE_FROZEN;
	bool died = info->out_state & SHMREGION_STATE_OWNER_DIED;
	bool caller = info->out_writers == SHMREGION_WRITERS_CALLER;

	if (info->out_region_size != slot_sizes[slot->number] ||
	    info->out_capacity < info->out_region_size ||
	    info->out_capacity % PAGE_SIZE)
		return false;
	if (!(info->out_state & SHMREGION_STATE_CONTROLLED) ==
	    slot->ledger->controlled)
		return false;
	if (info->out_mode < SHMREGION_MODE_WRITABLE ||
	    info->out_mode > SHMREGION_MODE_UNSAFE)
		return false;
	/* The one who acquires it is told, and then it is over. */
	if (owned && (frozen || died))
		return false;
	if (info->out_mode == SHMREGION_MODE_UNSAFE && (owned || died))
		return false;
	if (frozen && (died || info->out_mode != SHMREGION_MODE_READONLY))
		return false;
	if (!owned && info->out_owner_pid)
		return false;
	if (slot->ledger->controlled && !info->out_member && info->out_access)
		return false;
	/* An owner is a member, and only members are owners. */
	if (owned != !!info->out_owner_member ||
	    caller != (owned && info->out_owner_member == info->out_member))
		return false;
	return info->out_writers == writers_of(info) &&
	       !(info->out_access & ~mode_access(info->out_mode, caller));
}

void rule_read(struct slot *slot, struct rule *rule)
{
	bool was_allocated = slot->allocated;
	uint64_t seen = slot->generation;
	struct shmregion_info info;

	memset(rule, 0, sizeof(*rule));
	checked(INVARIANT_INFO, 1);
	rule->destroyed = slot->ledger->destroyed;
	rule->limit_seq = slot->ledger->limit_seq;
	rule->limit = ledger_limit(slot->ledger, self.worker, self.id);
	if (shmdev_raw_info(slot->fd, &info)) {
		rule->error = errno;
		if (errno != ENODEV)
			broken(INVARIANT_ERRNO, "info: %s", strerror(errno));
		return;
	}
	if (rule->destroyed)
		broken(INVARIANT_INFO, "slot %u was destroyed, but lives",
		       slot->number);

	if (!makes_sense(slot, &info) || info.out_generation < seen ||
	    !allocation_makes_sense(&info, was_allocated))
		broken(INVARIANT_INFO,
		       "%d of slot %u: generation %llu (seen %lu), mode %u, state %#x, access %#x, writers %u, owner %d, member %llu, owned by %llu, %llu of %llu bytes allocated",
		       getpid(), slot->number,
		       (unsigned long long)info.out_generation,
		       (unsigned long)seen, info.out_mode, info.out_state,
		       info.out_access, info.out_writers, info.out_owner_pid,
		       (unsigned long long)info.out_member,
		       (unsigned long long)info.out_owner_member,
		       (unsigned long long)info.out_allocated,
		       (unsigned long long)info.out_capacity);
	check_member(slot, info.out_member);
	while (seen < info.out_generation)
		if (atomic_compare_exchange_weak(&slot->generation, &seen,
						 info.out_generation))
			break;

	rule->generation = info.out_generation;
	rule->mode = info.out_mode;
	rule->frozen = info.out_state & SHMREGION_STATE_FROZEN;
	rule->owner = info.out_writers == SHMREGION_WRITERS_CALLER;
	rule->revoking = info.out_state & SHMREGION_STATE_REVOKING;
	rule->controlled = slot->ledger->controlled;
	rule->allocated = info.out_state & SHMREGION_STATE_ALLOCATED;
	rule->member = info.out_member;
	if (rule->allocated)
		slot->allocated = true;
	if (rule->owner)
		ledger_claim(slot->ledger, rule->generation, self.id);
}

/* Whether mode and owner were the same all the time in between. */
bool rule_same(const struct rule *before, const struct rule *after)
{
	return !before->error && !after->error &&
	       before->generation == after->generation;
}

bool rule_owned(const struct rule *before, const struct rule *after)
{
	return rule_same(before, after) && before->owner;
}

/* Whether all mappings were of the kind that can be taken away. */
bool rule_revocable(const struct rule *before, const struct rule *after)
{
	return !before->error && !after->error &&
	       after->mode == SHMREGION_MODE_WRITABLE;
}

/* Whether all limits were the same all the time in between. */
bool rule_same_limit(const struct rule *before, const struct rule *after)
{
	return !(before->limit_seq % 2) &&
	       before->limit_seq == after->limit_seq;
}

/* Whether a controller forbade it to the process all the time in between. */
bool rule_limited(const struct rule *before, const struct rule *after,
		  uint32_t right)
{
	return rule_same_limit(before, after) && !(before->limit & right);
}

/*
 * In a region with a controller one who is not attached has nothing. Only a
 * child knows that of all the time in between: it has one thread.
 */
static bool stranger(const struct rule *before, const struct rule *after)
{
	return self.id & CHILD_ID && before->controlled && !before->error &&
	       !after->error && !before->member && !after->member;
}

static bool forbidden(const struct rule *before, const struct rule *after,
		      uint32_t right)
{
	if (before->destroyed)
		return true;
	if (rule_limited(before, after, right) || stranger(before, after))
		return true;
	return rule_same(before, after) &&
	       !(mode_access(before->mode, before->owner) & right);
}

/* A limit below that can forbid more than what it says. */
static bool allowed(const struct rule *before, const struct rule *after,
		    uint32_t right)
{
	return rule_same(before, after) && rule_same_limit(before, after) &&
	       !before->revoking && !after->revoking &&
	       before->limit == RIGHTS_RW &&
	       mode_access(before->mode, before->owner) & right;
}

static void judge(const struct slot *slot, const struct rule *before,
		  const struct rule *after, const unsigned long counts[2],
		  uint32_t right, bool mapped)
{
	const char *name = right & SHMREGION_RIGHT_WRITE ? "store" : "load";

	if (forbidden(before, after, right)) {
		checked(INVARIANT_FORBIDDEN, counts[0] + counts[1]);
		if (counts[1])
			broken(INVARIANT_FORBIDDEN,
			       "%lu forbidden %ss by process %#x in slot %u, generation %lu, mode %u, limit %u",
			       counts[1], name, self.id, slot->number,
			       (unsigned long)before->generation, before->mode,
			       before->limit);
	} else if (mapped && allowed(before, after, right)) {
		checked(INVARIANT_ALLOWED, counts[0] + counts[1]);
		if (counts[0])
			broken(INVARIANT_ALLOWED,
			       "%lu allowed %ss of process %#x failed in slot %u, generation %lu, mode %u",
			       counts[0], name, self.id, slot->number,
			       (unsigned long)before->generation, before->mode);
	}
}

/* Whether every access did what the rule had it do. */
void rule_judge(const struct slot *slot, const struct rule *before,
		const struct rule *after, const struct tally *tally)
{
	judge(slot, before, after, tally->loads, SHMREGION_RIGHT_READ,
	      tally->mapped);
	judge(slot, before, after, tally->stores, SHMREGION_RIGHT_WRITE,
	      tally->mapped);
}
