/* SPDX-License-Identifier: GPL-2.0-only */
/* A turn: what one operation of a thread is about. */
#ifndef STRESS_TURN_H
#define STRESS_TURN_H

#include "random.h"
#include "slot.h"
#include "window.h"

/**
 * struct turn - what one operation is about
 * @slot: its slot, with a region, and locked for reading
 * @thread: number of the thread
 * @window: one of the windows that the thread has for the slot
 * @dice: for all choices to be made in it
 */
struct turn {
	struct slot *slot;
	unsigned int thread;
	struct window *window;
	struct dice dice;
};

static inline uint64_t choose(struct turn *turn, uint64_t n)
{
	return roll(&turn->dice, n);
}

/* Once in @n times. */
static inline bool maybe(struct turn *turn, uint64_t n)
{
	return !choose(turn, n);
}

#endif /* STRESS_TURN_H */
