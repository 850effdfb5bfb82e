// SPDX-License-Identifier: GPL-2.0-only
/* What is in a page, and how to know that it is right. */
#include "page.h"

#include "random.h"
#include "stats.h"
#include "touch.h"

/* Of the pages of all regions only one and the same page has it. */
static uint64_t key(const struct slot *slot, size_t page)
{
	return mix(slot->ledger->nonce + page);
}

/* Zero is for a page without stamp. */
static uint64_t encode(const struct slot *slot, size_t page, uint64_t stamp)
{
	return stamp ? ~stamp ^ key(slot, page) : 0;
}

static uint64_t decode(const struct slot *slot, size_t page,
		       uint64_t complement)
{
	return complement ? ~(complement ^ key(slot, page)) : 0;
}

static void count(unsigned long counts[2], bool done)
{
	counts[done]++;
}

/*
 * Look at a page. The stamp is written first and read last, so it is never
 * behind the complement, which is never behind what the ledger had before.
 * Return: whether the page could be read.
 */
bool page_look(struct slot *slot, const uint64_t *words, size_t page,
	       struct look *look, struct tally *tally)
{
	uint64_t floor = slot->ledger->pages[page].stamp, stamp;
	bool done;

	done = touch_load(&words[WORD_COMPLEMENT], &look->complement) &&
	       touch_load(&words[WORD_STAMP], &look->stamp) &&
	       touch_load(&words[WORD_SCRATCH], &look->scratch) &&
	       touch_load(&words[WORD_CALLED], &look->called);
	count(tally->loads, done);
	if (!done)
		return false;

	checked(INVARIANT_STAMP, 1);
	stamp = decode(slot, page, look->complement);
	if (stamp < floor || look->stamp < stamp)
		broken(INVARIANT_STAMP,
		       "slot %u, page %zu: stamp %#lx, complement of %#lx, expected %#lx at least",
		       slot->number, page, (unsigned long)look->stamp,
		       (unsigned long)stamp, (unsigned long)floor);
	return true;
}

/*
 * Put a stamp into a page, as the owner by the rule. It may be over by now, or
 * over and begin again: the stamp must follow the one that is there, else the
 * page was somebody else's meanwhile.
 */
void page_stamp(struct slot *slot, uint64_t *words, size_t page,
		const struct rule *rule, struct tally *tally)
{
	uint64_t stamp, old, complement;
	struct look look;
	bool done;

	if (!page_look(slot, words, page, &look, tally))
		return;
	stamp = rule->generation << STAMP_GENERATION_SHIFT | self.id;
	if (look.stamp >= stamp)
		stamp = (look.stamp & ~(uint64_t)STAMP_ID_MASK) +
			(1 << STAMP_COUNT_SHIFT) + self.id;
	if (stamp >> STAMP_GENERATION_SHIFT != rule->generation)
		return;

	old = look.stamp;
	done = touch_exchange(&words[WORD_STAMP], &old, stamp);
	count(tally->stores, done);
	if (!done || old != look.stamp)
		return;

	complement = look.complement;
	done = touch_exchange(&words[WORD_COMPLEMENT], &complement,
			      encode(slot, page, stamp));
	count(tally->stores, done);
	if (done && complement == look.complement)
		ledger_stamped(slot->ledger, page, stamp);
}

static bool mine(uint64_t before, uint64_t after)
{
	return before == after || (after & STAMP_ID_MASK) == self.id;
}

static bool mine_bytes(uint64_t before, uint64_t after)
{
	uint8_t was, is;

	for (; before != after; before >>= 8, after >>= 8) {
		was = before;
		is = after;
		if (is != was && is != (uint8_t)self.id)
			return false;
	}
	return true;
}

/* For the owner of all the time in between. */
void page_compare(const struct slot *slot, size_t page,
		  const struct look *before, const struct look *after)
{
	checked(INVARIANT_STALE, 1);
	if (mine(before->stamp, after->stamp) &&
	    mine(decode(slot, page, before->complement),
		 decode(slot, page, after->complement)) &&
	    mine(before->scratch, after->scratch) &&
	    mine_bytes(before->called, after->called))
		return;

	broken(INVARIANT_STALE,
	       "slot %u, page %zu, owner %#x: stamp %#lx to %#lx, scratch %#lx to %#lx, by call %#lx to %#lx",
	       slot->number, page, self.id, (unsigned long)before->stamp,
	       (unsigned long)after->stamp, (unsigned long)before->scratch,
	       (unsigned long)after->scratch, (unsigned long)before->called,
	       (unsigned long)after->called);
}

/* The first to look at a frozen page tells all others what is in it. */
void page_frozen(struct slot *slot, size_t page, const struct look *look)
{
	_Atomic uint64_t *frozen = &slot->ledger->pages[page].frozen;
	uint64_t now = mix(mix(look->stamp) ^ mix(look->complement + 1) ^
			   mix(look->scratch + 2) ^ look->called) | 1;
	uint64_t first = 0;

	checked(INVARIANT_FROZEN, 1);
	if (atomic_compare_exchange_strong(frozen, &first, now))
		return;
	if (first != now)
		broken(INVARIANT_FROZEN,
		       "slot %u, page %zu: stamp %#lx, scratch %#lx",
		       slot->number, page, (unsigned long)look->stamp,
		       (unsigned long)look->scratch);
}
