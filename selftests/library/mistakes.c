// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the checkers of memory must report (make sanitized memcheck), one mistake a
 * test. Not among the selftests: run-checked looks for the reports.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define SIZE 16

/* The compiler must neither see the mistakes nor leave them out. */
static volatile int forty = 40;
static volatile int result;

/* In the library, on behalf of the test. */
TEST(leak)
{
	EXPECT_NE(NULL, shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, 0,
					     NULL));
}

static long step_overflow(void *data, long at)
{
	volatile char *memory = data;

	memory[at] = 1;
	return 0;
}

/* The test does not look at how its peer ends. */
TEST(overflow_in_a_peer)
{
	char *memory = malloc(SIZE);
	struct peer peer = peer_start();

	peer_do(&peer, step_overflow, memory, SIZE);
	peer_stop(&peer);
	free(memory);
}

TEST(undefined_shift)
{
	result = 1 << forty;
}

TEST(uninitialised_decision)
{
	char *volatile memory = malloc(SIZE);

	if (memory[0])
		result = 1;
	free(memory);
}

TEST(uninitialised_message)
{
	char *memory = malloc(SIZE);
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets));
	EXPECT_EQ(SIZE, send(sockets[0], memory, SIZE, 0));
	free(memory);
}

TEST_HARNESS_MAIN
