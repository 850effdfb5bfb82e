/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread of a peer that never stops storing to a region: ever greater numbers
 * to two of its pages in turn, and it goes on when a store is denied. So a
 * number in memory tells whether a store that began after some moment has
 * landed.
 */
#ifndef SELFTESTS_STORER_H
#define SELFTESTS_STORER_H

#include <pthread.h>

#include "helpers.h"

/* The first and the last page of the region. */
#define NR_STORED 2

/* How many stores there are to one page before the thread goes to the next. */
#define STORES_IN_TURN 64

/**
 * struct stored - what the thread tells of a page that it stores to
 * @page: its address there
 * @begun: the greatest number that it has begun to store
 * @stored: the greatest number that it has stored
 * @denied: how many stores were denied by SIGSEGV
 * @wrong: how many stores had another signal or address
 */
struct stored {
	uint8_t *page;
	uint64_t begun;
	uint64_t stored;
	uint64_t denied;
	uint64_t wrong;
} __attribute__((aligned(128)));

/**
 * struct storer - the thread
 * @faults: whether it drops its translations again and again
 * @turn: the page that it stores to
 * @pages: what it tells
 */
struct storer {
	bool faults;
	volatile int turn;
	struct stored pages[NR_STORED];
};

/* Shared by all processes of the test. */
static struct storer *storer;

static inline bool storer_init(void)
{
	storer = mmap(NULL, sizeof(*storer), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return storer != MAP_FAILED;
}

static inline uint64_t seen(const uint64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_SEQ_CST);
}

static inline void show(uint64_t *number, uint64_t value)
{
	__atomic_store_n(number, value, __ATOMIC_SEQ_CST);
}

static inline void store_in_turn(struct stored *stored)
{
	int i;

	if (storer->faults)
		madvise(stored->page, PAGE, MADV_DONTNEED);
	for (i = 0; i < STORES_IN_TURN; i++) {
		show(&stored->begun, stored->begun + 1);
		touch_fault.armed = true;
		show((uint64_t *)stored->page, stored->begun);
		touch_fault.armed = false;
		show(&stored->stored, stored->begun);
	}
}

static inline void *store_for_ever(void *unused)
{
	struct stored *stored;

	run_on(1);
	touch_init();
	if (sigsetjmp(touch_fault.env, 1)) {
		stored = &storer->pages[storer->turn];
		if (touch_fault.signal == SIGSEGV &&
		    touch_fault.address == stored->page)
			show(&stored->denied, stored->denied + 1);
		else
			show(&stored->wrong, stored->wrong + 1);
	}
	for (;;) {
		storer->turn = (storer->turn + 1) % NR_STORED;
		store_in_turn(&storer->pages[storer->turn]);
	}
	return unused;
}

/* A step: store to a view for ever. */
static inline long start_storing(void *data, long faults)
{
	const struct view *view = data;
	pthread_t thread;
	int i;

	storer->faults = faults;
	for (i = 0; i < NR_STORED; i++)
		storer->pages[i].page = view->memory + i * (view->size - PAGE);
	return -pthread_create(&thread, NULL, store_for_ever, NULL);
}

/* Until it has stored to each page once more. */
static inline void wait_until_stored(void)
{
	uint64_t before;
	int i;

	for (i = 0; i < NR_STORED; i++) {
		before = seen(&storer->pages[i].stored);
		while (seen(&storer->pages[i].stored) == before)
			sched_yield();
	}
}

/* Until it was denied each page by a store that has begun since. */
static inline void wait_until_denied(void)
{
	uint64_t before;
	int i;

	for (i = 0; i < NR_STORED; i++) {
		before = seen(&storer->pages[i].denied);
		while (seen(&storer->pages[i].denied) < before + 2)
			sched_yield();
	}
}

/* What may have landed up to now, to compare with later. */
static inline void note_begun(uint64_t *begun)
{
	int i;

	for (i = 0; i < NR_STORED; i++)
		begun[i] = seen(&storer->pages[i].begun);
}

/* Whether no store has landed that had not begun when that was noted. */
static inline bool none_landed_since(const struct view *view,
				     const uint64_t *begun)
{
	const uint8_t *page;
	int i;

	for (i = 0; i < NR_STORED; i++) {
		page = view->memory + i * (view->size - PAGE);
		if (seen((const uint64_t *)page) > begun[i] ||
		    seen(&storer->pages[i].wrong))
			return false;
	}
	return true;
}

#endif /* SELFTESTS_STORER_H */
