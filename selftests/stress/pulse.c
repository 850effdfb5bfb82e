// SPDX-License-Identifier: GPL-2.0-only
/* The pulse, by which it is told how long operations take. */
#include "pulse.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stats.h"

/* A beat: a pause, and some work like that which is timed. */
#define PAUSE_MS 20
#define NR_CALLS 500

/* When time is up, all must have ended so many beats later. */
#define END_BEATS (5 * PULSE_BOUND)

unsigned long pulse_now(void)
{
	return stats->beats;
}

/* 0 means that there is none, so it is counted from 1. */
void pulse_begin(unsigned int worker, unsigned int thread,
		 unsigned int operation)
{
	stats->timings[worker][thread].operation = operation;
	stats->timings[worker][thread].since = pulse_now() + 1;
}

/* Of one that was slowed it says nothing. */
void pulse_end(unsigned int worker, unsigned int thread)
{
	unsigned long since = stats->timings[worker][thread].since;
	unsigned long longest = stats->longest, beats;

	stats->timings[worker][thread].since = 0;
	if (!since || stats->slowed[worker])
		return;
	beats = pulse_now() + 1 - since;
	checked(INVARIANT_BOUND, 1);
	while (beats > longest &&
	       !atomic_compare_exchange_weak(&stats->longest, &longest, beats))
		;
}

/* It is another process now. */
void pulse_forget(unsigned int worker)
{
	unsigned int i;

	for (i = 0; i < MAX_THREADS; i++)
		stats->timings[worker][i].since = 0;
}

/* What it is about from now on has the time that anything has. */
void pulse_slow(unsigned int worker, bool slow)
{
	unsigned long since;
	unsigned int i;

	for (i = 0; i < MAX_THREADS; i++) {
		since = stats->timings[worker][i].since;
		if (since)
			atomic_compare_exchange_strong(
				&stats->timings[worker][i].since, &since,
				pulse_now() + 1);
	}
	stats->slowed[worker] = slow;
}

static void judge(unsigned int worker, unsigned int thread)
{
	unsigned long since = stats->timings[worker][thread].since;

	if (!since || stats->slowed[worker] ||
	    pulse_now() + 1 - since <= PULSE_BOUND)
		return;
	broken(INVARIANT_BOUND, "worker %u, thread %u: more than %d beats for %s",
	       worker, thread, PULSE_BOUND,
	       stats_name(stats->timings[worker][thread].operation));
}

static void beat(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	unsigned int i;

	nanosleep(&pause, NULL);
	for (i = 0; i < NR_CALLS; i++)
		syscall(SYS_getppid);
	stats->beats++;
}

/*
 * Ends the program if that does not end by itself: what hangs may be unkillable,
 * or the controller.
 */
static void *run(void *unused)
{
	unsigned long left = END_BEATS;
	unsigned int i, k;

	(void)unused;
	while (!stats->stop) {
		beat();
		for (i = 0; i <= PULSE_CONTROLLER; i++)
			for (k = 0; k < MAX_THREADS; k++)
				judge(i, k);
	}
	while (left--)
		beat();
	broken(INVARIANT_END, "something does not end");
	stats_tap();
	_exit(1);
}

/* Of the controller. */
bool pulse_start(void)
{
	pthread_t thread;

	return !pthread_create(&thread, NULL, run, NULL);
}
