// SPDX-License-Identifier: GPL-2.0-only
/*
 * When no program runs the module must be as it was: nobody uses it, and all
 * that it allows can be had.
 */
#include "../module/include/helpers.h"
#include "leftovers.h"

#define MODULE "/sys/module/shmregion"
#define REGIONS_MAX 16

/* Some of it goes a little after its last user. */
#define TRIES 20000

static unsigned long long number_in(const char *path)
{
	char text[32];

	return read_text(path, text, sizeof(text)) ?
		       strtoull(text, NULL, 10) : 0;
}

static bool all_can_be_had(void)
{
	unsigned long long total, user, one;
	int fds[REGIONS_MAX], nr = 0;
	bool had = true;

	total = number_in(MODULE "/parameters/max_total_bytes");
	user = number_in(MODULE "/parameters/max_user_bytes");
	one = number_in(MODULE "/parameters/max_region_bytes");
	if (user < total)
		total = user;
	while (had && total && nr < REGIONS_MAX) {
		size_t size = total < one ? total : one;

		fds[nr] = make_region(size, SHMREGION_MODE_UNSAFE, 0);
		had = fds[nr++] >= 0;
		total -= size;
	}
	while (nr)
		close(fds[--nr]);
	return had;
}

const char *leftovers(void)
{
	int tries;

	for (tries = 0; number_in(MODULE "/refcnt"); tries++) {
		if (tries == TRIES)
			return "the module is still in use";
		sched_yield();
	}
	for (tries = 0; !all_can_be_had(); tries++) {
		if (tries == TRIES / 100)
			return "memory is still charged";
		sched_yield();
	}
	return NULL;
}

const char *kernel_complaint(void)
{
	static unsigned long long before = -1;
	unsigned long long now = number_in("/proc/sys/kernel/tainted");

	if (before == -1ULL)
		before = now;
	return now == before ? NULL : "the kernel is tainted: see its log";
}
