// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the clock counts instructions, the CPU time of both sides is what they
 * and the kernel executed for them; what else the guest did, or when it was
 * idle, is not in it. On a real host time passes, for both at once.
 */
#include <sched.h>
#include <time.h>

#include "bench.h"
#include "clock.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now))
		die("clock_gettime");
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/*
 * What was spent until now, in nanoseconds: by this process and @peer, 0 for
 * none.
 */
uint64_t clock_cost(pid_t peer)
{
	clockid_t id;
	uint64_t cost;

	if (!options.instructions)
		return read_clock(CLOCK_MONOTONIC);

	cost = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	if (peer) {
		if (clock_getcpuclockid(peer, &id))
			dies("clock_getcpuclockid", "no such peer");
		cost += read_clock(id);
	}
	return cost;
}

/* Have this process run on the CPU of side 0 or 1. */
void clock_pin(unsigned int side)
{
	cpu_set_t set;

	if (options.cpu[side] < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(options.cpu[side], &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/*
 * Have nothing else run meanwhile, where only one process is measured: a
 * switch to another task in a long fault is not counted as one would think.
 */
void clock_alone(bool alone)
{
	struct sched_param parameters = { .sched_priority = alone };

	if (options.instructions &&
	    sched_setscheduler(0, alone ? SCHED_FIFO : SCHED_OTHER,
			       &parameters))
		die("sched_setscheduler");
}
