// SPDX-License-Identifier: GPL-2.0-only
/* Operations that access the memory of a region. */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "page.h"
#include "rule.h"
#include "stats.h"
#include "touch.h"

#define MAX_LOOKS 16

/* Some pages of the mapping, in no order. */
static size_t pick_pages(struct turn *turn, size_t pages[MAX_LOOKS])
{
	const struct window *window = turn->window;
	size_t nr_pages = window->nr_pages, count, i;

	count = 1 + choose(turn, nr_pages < MAX_LOOKS ? nr_pages : MAX_LOOKS);
	for (i = 0; i < count; i++)
		pages[i] = window->first + choose(turn, nr_pages);
	return count;
}

static bool readable(const struct window *window)
{
	return window->prot & PROT_READ;
}

static bool writable(const struct window *window)
{
	return window->prot & PROT_WRITE;
}

/* Each access is counted in a tally. */
static void touch_somehow(struct turn *turn, uint64_t *words,
			  struct tally *tally)
{
	uint64_t value, count = choose(turn, 1UL << 40);
	bool by_call = maybe(turn, 4), done;

	if (maybe(turn, 2)) {
		done = by_call ?
			touch_load_by_call(&words[WORD_SCRATCH], &value) :
			touch_load(&words[WORD_SCRATCH], &value);
		tally->loads[done]++;
	} else {
		done = by_call ?
			touch_store_by_call(&words[WORD_CALLED],
					    called_value()) :
			touch_store(&words[WORD_SCRATCH],
				    scratch_value(count));
		tally->stores[done]++;
	}
}

/*
 * A few accesses of any kind, allowed or not. Also by a mapping of another
 * thread, which may be unmapped, moved and protected at the same time.
 */
void access_touch(struct turn *turn)
{
	const struct window *window = turn->window;
	unsigned int times = 1 + choose(turn, 4);
	struct slot *slot = turn->slot;
	struct tally tally = { 0 };
	struct rule before, after;
	uint8_t *address;
	size_t nr_pages;

	if (maybe(turn, 4))
		window = window_of(slot->number, choose(turn, stats->threads),
				   choose(turn, NR_WINDOWS));
	else
		tally.mapped = readable(window) && writable(window);
	address = window->address;
	nr_pages = window->nr_pages;
	if (!address || !nr_pages)
		return;

	rule_read(slot, &before);
	while (times--)
		touch_somehow(turn, (uint64_t *)(address + PAGE_SIZE *
						 choose(turn, nr_pages)),
			      &tally);
	rule_read(slot, &after);
	rule_judge(slot, &before, &after, &tally);
	stats_count(OPERATION_TOUCH, tally.loads[1] || tally.stores[1]);
}

/*
 * Store as fast as can be, until it is not allowed any more. The next owner
 * must not see any of it.
 */
void access_hammer(struct turn *turn)
{
	const struct window *window = turn->window;
	struct slot *slot = turn->slot;
	uint64_t *words, count = choose(turn, 1UL << 40);
	unsigned int times = 1 + choose(turn, 2000);
	struct tally tally = { .mapped = true };
	struct rule before, after;
	bool done = true;

	if (!writable(window))
		return;
	words = window_page(window, window->first +
					    choose(turn, window->nr_pages));
	rule_read(slot, &before);
	while (done && times--) {
		done = touch_store(&words[WORD_SCRATCH],
				   scratch_value(count++));
		tally.stores[done]++;
	}
	rule_read(slot, &after);
	rule_judge(slot, &before, &after, &tally);
	stats_count(OPERATION_HAMMER, done);
}

static bool look_at(struct turn *turn, size_t page, struct look *look,
		    struct tally *tally)
{
	return page_look(turn->slot, window_page(turn->window, page), page,
			 look, tally);
}

/* Look at some pages; stamp them if they are ours. */
void access_stamp(struct turn *turn)
{
	struct tally tally = { .mapped = true };
	bool looked[MAX_LOOKS] = { false };
	size_t pages[MAX_LOOKS], count, i;
	struct slot *slot = turn->slot;
	struct look looks[MAX_LOOKS];
	struct rule before, after;
	bool stamp;

	if (!readable(turn->window))
		return;
	count = pick_pages(turn, pages);
	rule_read(slot, &before);
	stamp = before.owner && writable(turn->window);
	for (i = 0; i < count; i++)
		if (stamp)
			page_stamp(slot, window_page(turn->window, pages[i]),
				   pages[i], &before, &tally);
		else
			looked[i] = look_at(turn, pages[i], &looks[i], &tally);
	rule_read(slot, &after);
	rule_judge(slot, &before, &after, &tally);

	for (i = 0; i < count && before.frozen; i++)
		if (looked[i])
			page_frozen(slot, pages[i], &looks[i]);
	stats_count(OPERATION_STAMP, stamp);
}

/*
 * Look at some pages again and again. As long as they are ours nobody else can
 * change them, not even by a store that began when they were his.
 */
void access_watch(struct turn *turn)
{
	unsigned int rounds = choose(turn, 50);
	struct tally tally = { .mapped = true };
	struct look first[MAX_LOOKS], last[MAX_LOOKS];
	size_t pages[MAX_LOOKS], count, i;
	struct slot *slot = turn->slot;
	struct rule before, after;
	bool all = true, owned;

	if (!readable(turn->window))
		return;
	count = pick_pages(turn, pages);
	rule_read(slot, &before);
	if (!before.owner)
		return;

	for (i = 0; i < count && all; i++)
		all = look_at(turn, pages[i], &first[i], &tally);
	for (; all && rounds; rounds--)
		if (maybe(turn, 8))
			sched_yield();
		else
			all = look_at(turn, pages[rounds % count], &last[0],
				      &tally);
	for (i = 0; i < count && all; i++)
		all = look_at(turn, pages[i], &last[i], &tally);

	rule_read(slot, &after);
	rule_judge(slot, &before, &after, &tally);
	owned = rule_owned(&before, &after);
	for (i = 0; i < count && all && owned; i++)
		page_compare(slot, pages[i], &first[i], &last[i]);
	stats_count(OPERATION_WATCH, owned);
}

/* Pin a page, by a pipe. What can be revoked cannot be pinned. */
void access_pin(struct turn *turn)
{
	const struct window *window = turn->window;
	size_t page = window->first + choose(turn, window->nr_pages);
	struct iovec iov = {
		.iov_base = window_page(window, page),
		.iov_len = sizeof(uint64_t),
	};
	struct slot *slot = turn->slot;
	struct rule before, after;
	int pipes[2], error;
	ssize_t ret;

	if (!readable(window) || pipe2(pipes, O_CLOEXEC))
		return;
	rule_read(slot, &before);
	ret = vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK);
	error = errno;
	rule_read(slot, &after);
	if (rule_revocable(&before, &after)) {
		checked(INVARIANT_PIN, 1);
		if (ret != -1 || error != EFAULT)
			broken(INVARIANT_PIN, "slot %u: %zd, %s", slot->number,
			       ret, strerror(error));
	}
	stats_count(OPERATION_PIN, ret > 0);
	close(pipes[0]);
	close(pipes[1]);
}
