// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmregion-stress: processes do everything that can be done to regions, at
 * random and at the same time, and check that the access rules hold.
 *
 *   controller.c  the first process: makes regions, limits, takes, destroys
 *   crew.c          the workers, as it sees them
 *   slow.c          one of them that is stopped and throttled
 *   worker.c      a process whose threads do operations at random:
 *   ownership.c     acquire, transfer and what else changes the rule
 *   mapping.c       mmap() and what else changes mappings
 *   access.c        loads and stores
 *   child.c         fork
 *   rule.c        what was allowed meanwhile
 *   page.c        what is in memory, and whether it should be
 *   pulse.c       how long it took
 *   stats.c       what was done and found
 *   slot.c, window.c, ledger.c, turn.h: where regions and mappings are, what is
 *                 known about them, what an operation is about
 *   touch.c, wire.c, random.h, options.c: tools
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controller.h"
#include "crew.h"
#include "options.h"
#include "pulse.h"
#include "slow.h"
#include "stats.h"
#include "worker.h"

/* How long the controller looks for messages before it does something. */
#define TICK_MS 2

static unsigned int now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void run(const struct options *options)
{
	unsigned int start = now(), second = 0, passed;

	while (!stats->stop) {
		passed = now() - start;
		if (passed >= options->seconds)
			break;
		if (passed != second && options->progress)
			stats_progress(passed);
		second = passed;

		pulse_begin(PULSE_CONTROLLER, 0, NR_OPERATIONS);
		if (!controller_serve(TICK_MS))
			break;
		controller_act();
		slow_act();
		crew_reap();
		pulse_end(PULSE_CONTROLLER, 0);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	int stats_fd;

	options_parse(&options, argc, argv);
	if (options.worker >= 0)
		return worker_run(&options);

	setlinebuf(stdout);
	printf("TAP version 13\n");
	printf("# seed %llu, %u seconds, %u processes of %u threads\n",
	       (unsigned long long)options.seed, options.seconds,
	       options.processes, options.threads);
	stats_fd = stats_create();
	if (stats_fd < 0 || !crew_start(&options, stats_fd) ||
	    !controller_start(options.seed) || !pulse_start() ||
	    !slow_start(options.processes, options.seed)) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	run(&options);
	slow_end();
	crew_end();
	controller_end();

	stats_totals();
	return stats_tap() ? 0 : 1;
}
