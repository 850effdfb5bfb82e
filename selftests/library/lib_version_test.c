// SPDX-License-Identifier: GPL-2.0-only
/*
 * Versions of libshmdev: they only grow, tell of changes, and can be waited
 * for, by readers in other processes that cannot write.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define NSEC_PER_SEC 1000000000ULL
#define SOON (50 * 1000000ULL)

#define STATE_MEMBERS(member, array)			\
	member(struct(shmdev_version), version)		\
	member(_Atomic(uint64_t), payload)

SHMDEV_STRUCT(state, STATE_MEMBERS);
SHMDEV_VIEW(states, struct(state));

/* rows: C102 */
TEST(version_starts_and_grows)
{
	struct shmdev_version version = { 0 };

	EXPECT_EQ(SHMDEV_VERSION_NONE, shmdev_version_load(&version));
	EXPECT_EQ(0, shmdev_version_increment(&version));
	EXPECT_EQ(SHMDEV_VERSION_INITIAL, shmdev_version_load(&version));
	EXPECT_EQ(0, shmdev_version_set(&version, 3));
	EXPECT_EQ(3, shmdev_version_load(&version));
	EXPECT_EQ(0, shmdev_version_set(&version, UINT64_MAX));
	EXPECT_EQ(UINT64_MAX, shmdev_version_load(&version));
}

/* rows: C102 */
TEST(version_does_not_shrink_stay_or_wrap)
{
	struct shmdev_version version = { 0 };
	struct shmdev_version before;

	ASSERT_EQ(0, shmdev_version_set(&version, 3));
	before = version;
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_set(&version, 3)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_set(&version, 2)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_set(&version, 0)));
	EXPECT_EQ(0, memcmp(&before, &version, sizeof(version)));

	ASSERT_EQ(0, shmdev_version_set(&version, UINT64_MAX));
	before = version;
	EXPECT_EQ(EOVERFLOW, errno_of(shmdev_version_increment(&version)));
	EXPECT_EQ(0, memcmp(&before, &version, sizeof(version)));
}

/* rows: C102 */
TEST(version_tells_whether_it_has_changed)
{
	struct shmdev_version version = { 0 };
	uint64_t seen = shmdev_version_load(&version);

	EXPECT_EQ(0, shmdev_version_changed(&version, seen));
	ASSERT_EQ(0, shmdev_version_increment(&version));
	EXPECT_EQ(1, shmdev_version_changed(&version, seen));
	EXPECT_EQ(0, shmdev_version_changed(&version, seen + 1));
}

/* The half of it that a futex compares is the same. */
TEST(futex_is_another_after_a_large_step)
{
	struct shmdev_version version = { 0 };
	const struct shmdev_version before = version;

	ASSERT_EQ(0, shmdev_version_set(&version, 1ULL << 32));
	EXPECT_EQ(1, shmdev_version_changed(&version, 0));
	EXPECT_NE(before.changes, version.changes);
}

/* rows: C102 */
TEST(no_version_is_an_error_that_means_changed)
{
	EXPECT_TRUE(shmdev_version_changed(NULL, 0));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_changed(NULL, 0)));
	EXPECT_EQ(SHMDEV_VERSION_NONE, shmdev_version_load(NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_increment(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_set(NULL, 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_wait(NULL, 0, 1, NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_version_wake(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_writer_wake(NULL, NULL)));
}

TEST(waiting_ends_at_once_when_the_version_is_another)
{
	struct shmdev_version version = { 0 };
	uint64_t now = 0;

	ASSERT_EQ(0, shmdev_version_set(&version, 1ULL << 32));
	/* Also when it is too late. */
	EXPECT_EQ(0, shmdev_version_wait(&version, 0, 1, &now));
	EXPECT_EQ(1ULL << 32, now);
	EXPECT_EQ(0, shmdev_version_wait(&version, 0, SHMREGION_NO_DEADLINE,
					 NULL));
}

TEST(waiting_ends_with_the_deadline)
{
	struct shmdev_version version = { 0 };
	uint64_t deadline = shmdev_deadline_after(SOON), now = 7;

	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_version_wait(&version, 0, deadline,
							  &now)));
	EXPECT_LE(deadline, shmdev_deadline_after(0));
	EXPECT_EQ(7, now);
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_version_wait(&version, 0, 1,
							  NULL)));
}

struct restless {
	struct shmdev_version version;
	atomic_bool stop;
};

static void *move_futex(void *data)
{
	struct restless *restless = data;

	while (!restless->stop)
		__atomic_fetch_add(&restless->version.changes, 1,
				   __ATOMIC_RELAXED);
	return NULL;
}

/* A writer that is not trusted can keep a waiter from sleeping, no more. */
TEST(waiting_ends_with_the_deadline_whatever_the_writer_does)
{
	struct restless restless = { 0 };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, move_futex, &restless));
	EXPECT_EQ(ETIMEDOUT,
		  errno_of(shmdev_version_wait(&restless.version, 0,
					       shmdev_deadline_after(SOON),
					       NULL)));
	restless.stop = true;
	pthread_join(thread, NULL);
}

/* A writer here, a reader in another process. */
FIXTURE(shared)
{
	struct states_writer writer;
	struct shmdev_region *region;
	struct shmdev_version *version;
	struct state *state;
	struct peer peer;
};

static struct states_reader reader;

static long step_open(void *region, long unused)
{
	(void)unused;
	reader = states_reader_open(region);
	return reader.base ? 0 : -errno;
}

FIXTURE_SETUP(shared)
{
	self->writer = states_writer_create(1, NULL, 0, "selftest");
	ASSERT_NE(NULL, self->writer.base);
	self->state = states_writer_at(self->writer, 0);
	self->version = &self->state->version;
	self->region =
		shmdev_writer_duplicate_region(self->writer.base);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, step_open, self->region, 0));
}

FIXTURE_TEARDOWN(shared)
{
	peer_kill(&self->peer);
	shmdev_region_free(self->region);
	states_writer_free(self->writer);
}

/* The version that ends the wait. */
static long step_wait(void *data, long seen)
{
	const struct state *state = states_reader_at(reader, 0);
	uint64_t now;

	(void)data;
	return shmdev_version_wait(&state->version, seen, SHMREGION_NO_DEADLINE,
				   &now) ? -errno : (long)now;
}

TEST_F(shared, writer_wakes_a_reader_in_another_process)
{
	peer_begin(&self->peer, step_wait, NULL, 0);
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	ASSERT_EQ(0, shmdev_version_increment(self->version));
	EXPECT_EQ(0, shmdev_writer_wake(self->writer.base,
					self->version));
	EXPECT_EQ(1, peer_finish(&self->peer));
}

TEST_F(shared, writer_wakes_all_readers)
{
	struct peer other = peer_start();

	ASSERT_EQ(0, peer_do(&other, step_open, self->region, 0));
	peer_begin(&self->peer, step_wait, NULL, 0);
	peer_begin(&other, step_wait, NULL, 0);
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	ASSERT_TRUE(wait_until_asleep(other.pid));
	ASSERT_EQ(0, shmdev_version_set(self->version, 1ULL << 32));
	EXPECT_EQ(0, shmdev_writer_wake(self->writer.base,
					self->version));
	EXPECT_EQ(1L << 32, peer_finish(&self->peer));
	EXPECT_EQ(1L << 32, peer_finish(&other));
	peer_kill(&other);
}

TEST_F(shared, reader_goes_on_waiting_when_nothing_changed)
{
	peer_begin(&self->peer, step_wait, NULL, 0);
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	EXPECT_EQ(0, shmdev_writer_wake(self->writer.base,
					self->version));
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	ASSERT_EQ(0, shmdev_version_set(self->version, 5));
	EXPECT_EQ(0, shmdev_writer_wake(self->writer.base,
					self->version));
	EXPECT_EQ(5, peer_finish(&self->peer));
}

static void do_nothing(int signal)
{
	(void)signal;
}

static long step_wait_with_handler(void *data, long seen)
{
	struct sigaction act = { .sa_handler = do_nothing };

	sigaction(SIGUSR1, &act, NULL);
	return step_wait(data, seen);
}

TEST_F(shared, signal_ends_the_wait)
{
	peer_begin(&self->peer, step_wait_with_handler, NULL, 0);
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	kill(self->peer.pid, SIGUSR1);
	EXPECT_EQ(-EINTR, peer_finish(&self->peer));
}

/* All that is waited for, one after the other, with no wake lost. */
#define ROUNDS 2000

static long step_follow(void *data, long last)
{
	const struct state *state = states_reader_at(reader, 0);
	uint64_t seen = 0, now;

	(void)data;
	while (seen < (uint64_t)last) {
		if (shmdev_version_wait(&state->version, seen,
					shmdev_deadline_after(60 * NSEC_PER_SEC),
					&now))
			return -errno;
		if (now < seen || atomic_load_explicit(&state->payload,
						       memory_order_relaxed) <
					  now)
			return -EILSEQ;
		seen = now;
	}
	return seen;
}

/* rows: C102 */
TEST_F(shared, payload_is_seen_with_its_version_and_no_wake_is_lost)
{
	int i;

	peer_begin(&self->peer, step_follow, NULL, ROUNDS);
	for (i = 1; i <= ROUNDS; i++) {
		atomic_store_explicit(&self->state->payload, i,
				      memory_order_relaxed);
		ASSERT_EQ(0, shmdev_version_increment(self->version));
		ASSERT_EQ(0, shmdev_writer_wake(self->writer.base,
						self->version));
	}
	EXPECT_EQ(ROUNDS, peer_finish(&self->peer));
}

static long step_increment(void *data, long unused)
{
	const struct shmdev_version *version =
		&states_reader_at(reader, 0)->version;

	(void)data;
	(void)unused;
	return -touch_write((void *)version, 1);
}

/* rows: C102 */
TEST_F(shared, reader_cannot_change_the_version)
{
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_increment, NULL, 0));
	EXPECT_EQ(0, shmdev_version_load(self->version));
}

/* By the mapping that it writes by, and of what is not its memory. */
TEST_F(shared, writer_cannot_wake_or_wait_by_its_own_address)
{
	struct shmdev_version elsewhere = { 0 };

	EXPECT_EQ(EFAULT, errno_of(shmdev_version_wake(self->version)));
	EXPECT_EQ(EFAULT,
		  errno_of(shmdev_version_wait(self->version, 0,
					       SHMREGION_NO_DEADLINE, NULL)));
	EXPECT_EQ(ERANGE,
		  errno_of(shmdev_writer_wake(self->writer.base,
					      &elsewhere)));
	EXPECT_EQ(ERANGE,
		  errno_of(shmdev_writer_wake(self->writer.base,
					      self->version + 1)));
}

/* Readers in the writer's process too have memory that stays. */
TEST_F(shared, reader_in_the_same_process_can_wait)
{
	struct shmdev_writer *writer = self->writer.base;
	const struct shmdev_version *version;
	struct states_reader mine;

	mine = states_reader_open(shmdev_writer_region(writer));
	ASSERT_NE(NULL, mine.base);
	version = &states_reader_at(mine, 0)->version;
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_version_wait(version, 0, 1, NULL)));
	EXPECT_EQ(ETIMEDOUT,
		  errno_of(shmdev_version_wait(version, 0,
					       shmdev_deadline_after(SOON),
					       NULL)));
	EXPECT_EQ(0, shmdev_version_wake(version));
	states_reader_free(mine);
}

/* Two processes that both write, and a region that one may take back. */
static long step_increment_and_wake(void *data, long unused)
{
	struct view *view = data;
	struct shmdev_version *version = (void *)view->memory;

	(void)unused;
	return -errno_of(shmdev_version_increment(version)) ?:
	       -errno_of(shmdev_version_wake(version));
}

TEST(in_an_unsafe_region_every_process_wakes_every_other)
{
	struct view view = { .size = PAGE };
	struct peer peer;
	uint64_t now;

	view.fd = make_region(PAGE, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	peer = peer_start();
	peer_begin(&peer, step_increment_and_wake, &view, 0);
	EXPECT_EQ(0, shmdev_version_wait((void *)view.memory, 0,
					 SHMREGION_NO_DEADLINE, &now));
	EXPECT_EQ(1, now);
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
}

TEST(in_a_writable_region_there_is_no_waiting)
{
	struct view view = { .size = PAGE };

	view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-EFAULT, step_increment_and_wake(&view, 0));
	EXPECT_EQ(EFAULT,
		  errno_of(shmdev_version_wait((void *)view.memory, 1,
					       SHMREGION_NO_DEADLINE, NULL)));
}

TEST_HARNESS_MAIN
