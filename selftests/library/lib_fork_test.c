// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork() at any time: from a signal handler that interrupted the library, and while
 * other threads are in it. No child and no parent hangs, and both go on counting
 * right.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <pthread.h>
#include <sys/time.h>

/* Enough to hit every instruction of the library's lock now and then. */
#define FORKS 200

static volatile sig_atomic_t forks, failures;

/* In the child of a handler nothing of the library is called. */
static void on_timer(int signal)
{
	int saved = errno, status = -1;
	pid_t pid = fork();

	(void)signal;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		failures++;
	forks++;
	errno = saved;
}

/*
 * The next signal, once, so that the loop goes on even where a fork takes longer
 * than that. Each time another delay, to hit another instruction.
 */
static void next_timer(void)
{
	struct itimerval timer = {
		.it_value.tv_usec = 100 + forks * 37 % 900,
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Whether the handler has run since this was asked last. */
static bool has_forked(void)
{
	static int last;
	bool again = forks != last;

	last = forks;
	return again;
}

/* A hang is the harness's timeout. */
TEST(handler_forks_when_the_library_is_interrupted)
{
	signal(SIGALRM, on_timer);
	next_timer();
	while (forks < FORKS) {
		ASSERT_EQ(0, shmdev_policy_reserve(4096));
		ASSERT_EQ(0, shmdev_policy_release(4096));
		if (has_forked())
			next_timer();
	}
	EXPECT_EQ(0, failures);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

static volatile sig_atomic_t is_child;

/* The child goes on where the parent was interrupted. */
static void on_timer_return(int signal)
{
	pid_t pid = is_child ? -1 : fork();
	int status = -1;

	(void)signal;
	if (pid < 0)
		return;
	if (!pid) {
		is_child = 1;
		return;
	}
	if (waitpid(pid, &status, 0) != pid || status)
		failures++;
	forks++;
}

/* What the parent had reserved is the child's too; its mappings are not. */
static int count_in_child(void)
{
	uint64_t reserved = shmdev_policy_reserved();

	/* Interrupted before or after it was taken back. */
	if (reserved > 4096)
		return 1;
	if (shmdev_policy_reserve(100) ||
	    shmdev_policy_reserved() != reserved + 100)
		return 2;
	return shmdev_mapping_list_count(shmdev_mapping_list_take()) ? 3 : 0;
}

TEST(child_that_returns_from_the_handler_goes_on)
{
	signal(SIGALRM, on_timer_return);
	next_timer();
	while (forks < FORKS && !is_child) {
		shmdev_policy_reserve(4096);
		shmdev_policy_release(4096);
		if (!is_child && has_forked())
			next_timer();
	}
	if (is_child)
		_exit(count_in_child());
	EXPECT_EQ(0, failures);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

static volatile bool stop;

static void *map_and_unmap(void *region)
{
	while (!stop)
		shmdev_mapping_unmap(shmdev_region_map(region, 0, 1,
						       SHMDEV_MAP_READ));
	return NULL;
}

/* Those of the parent's threads are not there, and do not hold a lock. */
static int map_in_child(const struct shmdev_region *region)
{
	struct shmdev_mapping *mapping;

	if (shmdev_policy_reserved())
		return 1;
	mapping = shmdev_region_map(region, 0, 1, SHMDEV_MAP_READ);
	if (!mapping || shmdev_policy_reserved() != PAGE)
		return 2;
	if (shmdev_mapping_unmap(mapping) || shmdev_policy_reserved())
		return 3;
	return 0;
}

TEST(child_of_a_process_with_threads_in_the_library)
{
	struct shmdev_region *region;
	pthread_t threads[3];
	int i, status;
	pid_t pid;

	region = shmdev_region_create(1, SHMREGION_MODE_UNSAFE, 0, "fork");
	ASSERT_NE(NULL, region);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, map_and_unmap,
					    region));
	/* Each waits for the threads, who map and unmap all the time. */
	for (i = 0; i < FORKS / 5; i++) {
		pid = fork();
		if (!pid)
			_exit(map_in_child(region));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);
	}
	stop = true;
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, shmdev_policy_reserved());
	shmdev_region_free(region);
}

/* The object of a parent's mapping, freed where it is not to be used: no harm. */
TEST(parents_mappings_do_not_count_in_a_child)
{
	struct shmdev_mapping *mapping;
	struct shmdev_region *region;
	int status;
	pid_t pid;

	region = shmdev_region_create(1, SHMREGION_MODE_UNSAFE,
				      SHMREGION_CREATE_POPULATE, "fork");
	mapping = shmdev_region_map(region, 0, 1, SHMDEV_MAP_READ);
	ASSERT_NE(NULL, mapping);
	pid = fork();
	if (!pid) {
		if (shmdev_policy_reserved())
			_exit(1);
		shmdev_mapping_unmap(mapping);
		_exit(shmdev_policy_reserved() ? 2 : map_in_child(region));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(PAGE, shmdev_policy_reserved());
	shmdev_mapping_unmap(mapping);
	shmdev_region_free(region);
}

TEST_HARNESS_MAIN
