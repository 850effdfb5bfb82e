// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapping policy of libshmdev: what counts, that it counts exactly, also
 * with many threads and after a fork, and that no layer and no peer gets past it.
 */
#include "lib_channel.h"
#include "harness.h"
#include <pthread.h>

FIXTURE(policy)
{
	struct shmdev_region *region;
};

FIXTURE_SETUP(policy)
{
	self->region = shmdev_region_create(4 * PAGE, SHMREGION_MODE_UNSAFE, 0,
					    "policy");
	ASSERT_NE(NULL, self->region);
	ASSERT_EQ(0, shmdev_policy_reserved());
}

FIXTURE_TEARDOWN(policy)
{
	shmdev_region_free(self->region);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

static struct shmdev_mapping *map(const struct shmdev_region *region,
				  size_t offset, size_t length)
{
	return shmdev_region_map(region, offset, length,
				 SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
}

/* rows: C72 */
TEST_F(policy, default_refuses_at_32_gib)
{
	const uint64_t bound = UINT64_C(32) << 30;

	EXPECT_EQ(SHMDEV_POLICY_DEFAULT, shmdev_policy_limit());
	EXPECT_EQ(EDQUOT, errno_of(shmdev_policy_reserve(bound)));
	EXPECT_EQ(0, shmdev_policy_reserve(bound - PAGE));
	EXPECT_EQ(EDQUOT, errno_of(shmdev_policy_reserve(PAGE)));
	EXPECT_EQ(0, shmdev_policy_reserve(PAGE - 1));
	EXPECT_EQ(0, shmdev_policy_release(bound - 1));
}

/* rows: C72 C73 C75 */
TEST_F(policy, whole_pages_count_from_map_to_unmap)
{
	struct shmdev_mapping *one, *across;

	one = map(self->region, 1, 1);
	ASSERT_NE(NULL, one);
	EXPECT_EQ(PAGE, shmdev_policy_reserved());

	/* Two bytes, on two pages. */
	across = map(self->region, PAGE - 1, 2);
	ASSERT_NE(NULL, across);
	EXPECT_EQ(3 * PAGE, shmdev_policy_reserved());

	EXPECT_EQ(0, shmdev_mapping_unmap(one));
	EXPECT_EQ(2 * PAGE, shmdev_policy_reserved());
	EXPECT_EQ(0, shmdev_mapping_unmap(across));
}

/* rows: C72 C74 */
TEST_F(policy, more_than_the_limit_is_refused)
{
	struct shmdev_mapping *fits;

	shmdev_policy_set_limit(3 * PAGE);
	EXPECT_EQ(NULL, map(self->region, 0, 3 * PAGE + 1));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(0, shmdev_policy_reserved());

	/* Exactly the limit is allowed, and one byte more is not. */
	fits = map(self->region, 0, 3 * PAGE);
	ASSERT_NE(NULL, fits);
	EXPECT_EQ(NULL, map(self->region, 0, 1));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(3 * PAGE, shmdev_policy_reserved());

	EXPECT_EQ(0, shmdev_mapping_unmap(fits));
	fits = map(self->region, 0, 1);
	EXPECT_NE(NULL, fits);
	EXPECT_EQ(0, shmdev_mapping_unmap(fits));
}

TEST_F(policy, limit_can_be_below_what_is_mapped)
{
	struct shmdev_mapping *mapping = map(self->region, 0, 2 * PAGE);

	ASSERT_NE(NULL, mapping);
	shmdev_policy_set_limit(PAGE);
	EXPECT_EQ(PAGE, shmdev_policy_limit());
	EXPECT_EQ(0, touch_write(shmdev_mapping_data_writable(mapping), 1));
	EXPECT_EQ(NULL, map(self->region, 0, 1));
	EXPECT_EQ(EDQUOT, errno);

	shmdev_policy_set_limit(SHMDEV_POLICY_NO_LIMIT);
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	mapping = map(self->region, 0, 1);
	EXPECT_NE(NULL, mapping);
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

static long step_leak(void *data, long unused)
{
	struct shmdev_mapping *mapping = map(data, 0, PAGE);
	volatile char *memory = shmdev_mapping_data_writable(mapping);

	(void)unused;
	/* Nothing else is needed. */
	mapping = NULL;
	if (shmdev_policy_reserved() != PAGE)
		return -EDQUOT;
	return -touch_write(memory, 1);
}

/* rows: M61 */
TEST_F(policy, mapping_that_is_never_unmapped_counts_to_the_end)
{
	struct peer peer = peer_start();

	ASSERT_LT(0, peer.pid);
	EXPECT_EQ(0, peer_do(&peer, step_leak, self->region, 0));
	EXPECT_EQ(0, peer_stop(&peer));
}

/* rows: C71 C73 */
TEST_F(policy, failed_mapping_does_not_count)
{
	struct shmdev_region *readable;

	readable = shmdev_region_duplicate(self->region, RIGHTS_RO);
	ASSERT_NE(NULL, readable);
	EXPECT_EQ(NULL, map(readable, 0, PAGE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, map(self->region, 0, 4 * PAGE + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shmdev_policy_reserved());
	shmdev_region_free(readable);
}

/* rows: C72 C73 */
TEST_F(policy, reservations_without_a_mapping)
{
	struct shmdev_mapping *mapping = map(self->region, 0, PAGE);

	ASSERT_NE(NULL, mapping);
	shmdev_policy_set_limit(32ULL << 30);
	EXPECT_EQ(EDQUOT, errno_of(shmdev_policy_reserve(UINT64_MAX)));
	EXPECT_EQ(EDQUOT, errno_of(shmdev_policy_reserve(32ULL << 30)));
	EXPECT_EQ(0, shmdev_policy_reserve((32ULL << 30) - PAGE));
	EXPECT_EQ(32ULL << 30, shmdev_policy_reserved());
	EXPECT_EQ(EDQUOT, errno_of(shmdev_policy_reserve(1)));
	EXPECT_EQ(NULL, map(self->region, 0, 1));

	/* What mapping objects count can't be released so. */
	EXPECT_EQ(EINVAL, errno_of(shmdev_policy_release(32ULL << 30)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_policy_release(UINT64_MAX)));
	EXPECT_EQ(0, shmdev_policy_release((32ULL << 30) - PAGE));
	EXPECT_EQ(EINVAL, errno_of(shmdev_policy_release(1)));
	EXPECT_EQ(PAGE, shmdev_policy_reserved());
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

#define THREADS 4
#define ROUNDS 1000
/* So that they get into each other's way. */
#define THREADS_LIMIT (THREADS - 1)

struct thread_result {
	const struct shmdev_region *region;
	long wrong;
};

static void *map_and_unmap(void *argument)
{
	struct thread_result *result = argument;
	struct shmdev_mapping *mapping;
	int mapped = 0;

	while (mapped < ROUNDS && !result->wrong) {
		mapping = map(result->region, 0, PAGE);
		if (!mapping && errno != EDQUOT)
			result->wrong++;
		if (shmdev_policy_reserved() > THREADS_LIMIT * PAGE)
			result->wrong++;
		if (mapping)
			mapped++;
		else
			sched_yield();
		shmdev_mapping_unmap(mapping);
	}
	return NULL;
}

/* rows: C72 */
TEST_F(policy, threads_never_exceed_it)
{
	struct thread_result results[THREADS] = { 0 };
	pthread_t threads[THREADS];
	int i;

	shmdev_policy_set_limit(THREADS_LIMIT * PAGE);
	for (i = 0; i < THREADS; i++) {
		results[i].region = self->region;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, map_and_unmap,
					    &results[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, results[i].wrong);
	}
	EXPECT_EQ(0, shmdev_policy_reserved());
}

static long step_reserved(void *data, long unused)
{
	(void)data;
	(void)unused;
	return shmdev_policy_reserved();
}

static long step_map_page(void *data, long unused)
{
	(void)unused;
	return map(data, 0, PAGE) ? 0 : -errno;
}

TEST_F(policy, fork_child_counts_its_own)
{
	struct shmdev_mapping *mapping = map(self->region, 0, 2 * PAGE);
	struct peer peer;

	ASSERT_NE(NULL, mapping);
	ASSERT_EQ(0, shmdev_policy_reserve(PAGE));
	shmdev_policy_set_limit(3 * PAGE);
	peer = peer_start();
	ASSERT_LT(0, peer.pid);

	EXPECT_EQ(PAGE, peer_do(&peer, step_reserved, NULL, 0));
	EXPECT_EQ(0, peer_do(&peer, step_map_page, self->region, 0));
	EXPECT_EQ(0, peer_do(&peer, step_map_page, self->region, 0));
	EXPECT_EQ(-EDQUOT, peer_do(&peer, step_map_page, self->region, 0));
	EXPECT_EQ(3 * PAGE, shmdev_policy_reserved());

	peer_stop(&peer);
	EXPECT_EQ(0, shmdev_policy_release(PAGE));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

static void *keep_mapping(void *argument)
{
	struct thread_result *result = argument;
	struct shmdev_mapping *mapping;

	while (!__atomic_load_n(&result->wrong, __ATOMIC_RELAXED)) {
		mapping = map(result->region, 0, PAGE);
		shmdev_mapping_unmap(mapping);
	}
	return NULL;
}

/* A thread that the child does not have may be in the middle of mapping. */
TEST_F(policy, fork_beside_a_thread_that_maps)
{
	struct thread_result result = { .region = self->region };
	struct peer peer;
	pthread_t thread;
	int round;

	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_mapping, &result));
	for (round = 0; round < 50; round++) {
		peer = peer_start();
		ASSERT_LT(0, peer.pid);
		EXPECT_EQ(0, peer_do(&peer, step_reserved, NULL, 0));
		EXPECT_EQ(0, peer_do(&peer, step_map_page, self->region, 0));
		EXPECT_EQ(PAGE, peer_do(&peer, step_reserved, NULL, 0));
		peer_stop(&peer);
	}
	__atomic_store_n(&result.wrong, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

/* rows: C60 C72 C90 */
TEST_F(policy, holds_for_the_layers_above)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_readonly_region *readonly;
	int fds = count_fds();

	shmdev_policy_set_limit(PAGE);
	EXPECT_EQ(-1, shmdev_readonly_region_create(2 * PAGE, 0, NULL,
						    &readonly, &mapping));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(NULL, readonly);
	EXPECT_EQ(NULL, shmdev_writer_create(1, 2 * PAGE, NULL, 0, NULL));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(fds, count_fds());
}

/* rows: C74 M75 */
TEST_F(policy, peer_cannot_make_this_process_map_more)
{
	struct peer peer;
	int fds;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	peer = peer_start();
	ASSERT_LT(0, peer.pid);
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&peer, be_side, NULL, 1));
	fds = count_fds();

	shmdev_policy_set_limit(MIB(1));
	ASSERT_EQ(0, peer_do(&peer, step_alloc, NULL, MIB(2)));
	EXPECT_EQ(EDQUOT, errno_of(receive(my.channel)));
	EXPECT_EQ(0, shmdev_policy_reserved());
	EXPECT_EQ(fds, count_fds());

	peer_stop(&peer);
	shmdev_channel_close(my.channel);
}

TEST_HARNESS_MAIN
