// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unrelated regions have no lock in common on a hot path: while two processes
 * give up and take a region each, on a CPU each, no call into the module ever
 * waits for a lock. Found by the kernel's function tracer, which shows each wait
 * with what it was called from; that it does is seen where threads share a
 * region.
 *
 * A wait in the scheduler or for memory is no lock of a region, whoever caused
 * it: what counts is a lock that the module takes, or that core mm takes for it
 * in the region's address_space.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "operations.h"
#include "harness.h"

#define TRACING "/sys/kernel/tracing/"

#define ROUNDS 5000
/* Contention cannot be had to order. */
#define TRIES 400000

/* So deep below a wait is who took the lock. */
#define DEPTH 6

static bool trace_setting(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), TRACING "%s", name);
	return write_text(path, value);
}

/* Where locks wait, all kinds of them; those of PREEMPT_RT have other names. */
static bool trace_start(void)
{
	if (!trace_setting("current_tracer", "nop") ||
	    !trace_setting("set_ftrace_filter", "*_slowpath"))
		return false;
	trace_setting("set_ftrace_filter", "*_slowpath *slowlock* __rwbase_*");
	return trace_setting("current_tracer", "function") &&
	       trace_setting("options/func_stack_trace", "1") &&
	       trace_setting("trace", "\n") &&
	       trace_setting("tracing_on", "1");
}

static void trace_stop(void)
{
	trace_setting("tracing_on", "0");
	trace_setting("options/func_stack_trace", "0");
	trace_setting("current_tracer", "nop");
	trace_setting("set_ftrace_filter", "\n");
}

/* One line of a stack, " => function"; NULL for other lines. */
static const char *frame(const char *line)
{
	return strncmp(line, " => ", 4) ? NULL : line + 4;
}

static bool is_ours(const char *function)
{
	return strstr(function, "shmregion_") || strstr(function, "revocable_") ||
	       strstr(function, "unmap_mapping_");
}

/* What comes between an interrupted function and a lock is not its doing. */
static bool is_foreign(const char *function)
{
	return strstr(function, "sysvec") || strstr(function, "schedule") ||
	       strstr(function, "wake_up") || strstr(function, "alloc_pages");
}

/* How many waits in the trace were for a lock of ours; shows the first. */
static unsigned int trace_count(void)
{
	unsigned int count = 0, depth = 0;
	const char *function;
	char line[512];
	bool done = true;
	FILE *trace;

	trace = fopen(TRACING "trace", "r");
	while (trace && fgets(line, sizeof(line), trace)) {
		function = frame(line);
		if (!function) {
			depth = 0;
			done = false;
		} else if (!done && ++depth > DEPTH) {
			done = true;
		} else if (!done && is_foreign(function)) {
			done = true;
		} else if (!done && is_ours(function)) {
			done = true;
			if (!count++)
				printf("# waits: %s", function);
		}
	}
	if (trace)
		fclose(trace);
	return count;
}

/* The region of a process, which nobody else knows. */
static struct view own;

static long step_make(void *data, long size)
{
	(void)data;
	own.size = size;
	own.fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	return view_map(&own, PROT_READ | PROT_WRITE);
}

static long step_take_turns(void *data, long cpu)
{
	int round;

	(void)data;
	run_on(cpu);
	for (round = 0; round < ROUNDS; round++) {
		own.memory[0]++;
		own.memory[own.size - 1]++;
		if (view_release(&own, 0) || view_acquire(&own, 0))
			return -errno;
	}
	return 0;
}

FIXTURE(contention)
{
	struct peer peers[2];
};

FIXTURE_VARIANT(contention)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(contention, small)
{
	.size = KIB(64),
};

FIXTURE_VARIANT_ADD(contention, huge)
{
	.size = MIB(2),
};

FIXTURE_SETUP(contention)
{
	int i;

	if (!access("/proc/lockdep", F_OK))
		SKIP(return, "function tracing takes minutes beside lockdep");
	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	for (i = 0; i < 2; i++)
		self->peers[i] = peer_start();
}

FIXTURE_TEARDOWN(contention)
{
	int i;

	trace_stop();
	for (i = 0; i < 2; i++)
		peer_kill(&self->peers[i]);
}

TEST_F(contention, unrelated_regions_share_no_lock)
{
	int i;

	/* What all regions take together is counted when they are made. */
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, peer_do(&self->peers[i], step_make, NULL,
				     variant->size));
	ASSERT_TRUE(trace_start());
	for (i = 0; i < 2; i++)
		peer_begin(&self->peers[i], step_take_turns, NULL, i);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, peer_finish(&self->peers[i]));
	EXPECT_EQ(0, trace_count());
}

static atomic_bool waited;

struct taker {
	int fd;
	int cpu;
};

/* Takes the region's lock, again and again. */
static void *take(void *data)
{
	const struct taker *taker = data;
	int i;

	run_on(taker->cpu);
	for (i = 0; i < TRIES && !atomic_load(&waited); i++) {
		raw_acquire(taker->fd, 0, SHMREGION_NO_DEADLINE, NULL, NULL);
		if (!taker->cpu && i % 500 == 499 && trace_count())
			atomic_store(&waited, true);
	}
	return NULL;
}

/* The other test could see a wait. */
TEST_F(contention, one_region_has_one_lock)
{
	struct taker takers[2];
	pthread_t threads[2];
	int fd, i;

	fd = make_region(variant->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(trace_start());
	for (i = 0; i < 2; i++) {
		takers[i] = (struct taker){ fd, i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, take,
					    &takers[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_TRUE(atomic_load(&waited));
	close(fd);
}

TEST_HARNESS_MAIN
