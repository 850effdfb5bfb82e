// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools of libshmdev: what is used again, by whom, and with what in it. A process
 * that kept a mapping of a buffer meets nothing of anybody else in it.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <pthread.h>

#define WRITABLE SHMREGION_MODE_WRITABLE
#define UNSAFE SHMREGION_MODE_UNSAFE

/* Two parties. */
#define ALICE 1
#define BOB 2

FIXTURE(pool)
{
	struct shmdev_pool *pool;
	uint64_t reserved;
	int fds;
};

FIXTURE_VARIANT(pool)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(pool, writable)
{
	.mode = WRITABLE,
};

FIXTURE_VARIANT_ADD(pool, unsafe)
{
	.mode = UNSAFE,
};

FIXTURE_SETUP(pool)
{
	self->fds = count_fds();
	self->reserved = shmdev_policy_reserved();
	self->pool = shmdev_pool_create(variant->mode, 3, 0);
	ASSERT_NE(NULL, self->pool);
}

FIXTURE_TEARDOWN(pool)
{
	shmdev_pool_free(self->pool);
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(self->reserved, shmdev_policy_reserved());
}

/* A buffer is known by the identity of its region. */
struct identity {
	uint8_t guid[SHMREGION_GUID_SIZE];
};

static struct identity identity_of(const struct shmdev_buffer *buffer)
{
	struct identity identity;

	memcpy(identity.guid, shmdev_region_guid(shmdev_buffer_region(buffer)),
	       sizeof(identity.guid));
	return identity;
}

static bool is(const struct shmdev_buffer *buffer, struct identity identity)
{
	struct identity own = identity_of(buffer);

	return !memcmp(&own, &identity, sizeof(own));
}

/* Get a buffer, fill it to the end of its pages, and put it back. */
static struct identity use_once(struct shmdev_pool *pool, uint64_t size,
				uint64_t party)
{
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, size, party);
	struct identity identity = identity_of(buffer);

	memset(shmdev_buffer_data(buffer), 0xaa, page_up(size));
	shmdev_pool_put(pool, &buffer);
	return identity;
}

/* rows: C103 W10 */
TEST_F(pool, same_party_gets_it_again_cleared)
{
	struct identity used = use_once(self->pool, PAGE + 1, ALICE);
	struct shmdev_buffer *buffer;

	EXPECT_EQ(1, shmdev_pool_cached(self->pool));
	buffer = shmdev_pool_get(self->pool, PAGE + 1, ALICE);
	ASSERT_NE(NULL, buffer);
	EXPECT_TRUE(is(buffer, used));
	EXPECT_EQ(0, shmdev_pool_cached(self->pool));
	/* Behind its size as well. */
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), 2 * PAGE, 0));
	EXPECT_EQ(PAGE + 1, shmdev_buffer_size(buffer));
	shmdev_buffer_free(buffer);
}

/* rows: C103 */
TEST_F(pool, content_is_kept_on_demand_for_the_same_party)
{
	struct shmdev_buffer *buffer;
	struct shmdev_pool *pool;
	struct identity used;

	pool = shmdev_pool_create(variant->mode, 3, SHMDEV_POOL_KEEP_CONTENT);
	ASSERT_NE(NULL, pool);
	used = use_once(pool, PAGE, ALICE);

	buffer = shmdev_pool_get(pool, PAGE, BOB);
	EXPECT_FALSE(is(buffer, used));
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), PAGE, 0));
	shmdev_buffer_free(buffer);

	buffer = shmdev_pool_get(pool, PAGE, ALICE);
	EXPECT_TRUE(is(buffer, used));
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), PAGE, 0xaa));
	shmdev_buffer_free(buffer);
	shmdev_pool_free(pool);
}

/* rows: C103 */
TEST_F(pool, smallest_that_is_large_enough)
{
	struct identity large = use_once(self->pool, 8 * PAGE, ALICE);
	struct shmdev_buffer *first, *second, *third, *fourth;
	struct identity medium, small;

	/* Got together, so that they are different ones. */
	first = shmdev_pool_get(self->pool, 8 * PAGE, ALICE);
	second = shmdev_pool_get(self->pool, 4 * PAGE, ALICE);
	third = shmdev_pool_get(self->pool, PAGE, ALICE);
	medium = identity_of(second);
	small = identity_of(third);
	EXPECT_TRUE(is(first, large));
	shmdev_pool_put(self->pool, &third);
	shmdev_pool_put(self->pool, &first);
	shmdev_pool_put(self->pool, &second);
	EXPECT_EQ(3, shmdev_pool_cached(self->pool));

	first = shmdev_pool_get(self->pool, PAGE + 1, ALICE);
	EXPECT_TRUE(is(first, medium));
	EXPECT_EQ(4 * PAGE, shmdev_buffer_size(first));
	second = shmdev_pool_get(self->pool, PAGE + 1, ALICE);
	EXPECT_TRUE(is(second, large));
	/* The one that is left is too small. */
	third = shmdev_pool_get(self->pool, PAGE + 1, ALICE);
	EXPECT_FALSE(is(third, small));
	fourth = shmdev_pool_get(self->pool, 1, ALICE);
	EXPECT_TRUE(is(fourth, small));
	shmdev_buffer_free(first);
	shmdev_buffer_free(second);
	shmdev_buffer_free(third);
	shmdev_buffer_free(fourth);
}

/* rows: C103 */
TEST_F(pool, keeps_so_many_and_drops_the_oldest)
{
	struct shmdev_buffer *buffers[4];
	struct identity identities[4];
	struct shmdev_buffer *buffer;
	int i;

	for (i = 0; i < 4; i++) {
		buffers[i] = shmdev_pool_get(self->pool, PAGE, i);
		ASSERT_NE(NULL, buffers[i]);
		identities[i] = identity_of(buffers[i]);
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, shmdev_pool_put(self->pool, &buffers[i]));
	EXPECT_EQ(3, shmdev_pool_cached(self->pool));

	for (i = 0; i < 4; i++) {
		buffer = shmdev_pool_get(self->pool, PAGE, i);
		EXPECT_EQ(i > 0, is(buffer, identities[i]));
		shmdev_buffer_free(buffer);
	}
}

/* rows: C103 */
TEST_F(pool, forgets_one_party)
{
	struct identity bobs = use_once(self->pool, PAGE, BOB);
	struct shmdev_buffer *buffer, *other;

	buffer = shmdev_pool_get(self->pool, PAGE, ALICE);
	other = shmdev_pool_get(self->pool, PAGE, ALICE);
	shmdev_pool_put(self->pool, &buffer);
	shmdev_pool_put(self->pool, &other);
	EXPECT_EQ(3, shmdev_pool_cached(self->pool));

	EXPECT_EQ(0, shmdev_pool_forget(self->pool, ALICE));
	EXPECT_EQ(1, shmdev_pool_cached(self->pool));
	buffer = shmdev_pool_get(self->pool, PAGE, BOB);
	EXPECT_TRUE(is(buffer, bobs));
	shmdev_buffer_free(buffer);
}

/* rows: C103 */
TEST_F(pool, keeps_nothing_after_shutdown)
{
	struct shmdev_buffer *buffer = shmdev_pool_get(self->pool, PAGE, ALICE);

	use_once(self->pool, PAGE, ALICE);
	EXPECT_EQ(1, shmdev_pool_cached(self->pool));
	EXPECT_EQ(0, shmdev_pool_shutdown(self->pool));
	EXPECT_EQ(0, shmdev_pool_cached(self->pool));
	/* What was got stays, and to put it back frees it. */
	EXPECT_EQ(0, touch_write(shmdev_buffer_data(buffer), 1));
	EXPECT_EQ(0, shmdev_pool_put(self->pool, &buffer));
	EXPECT_EQ(NULL, buffer);
	EXPECT_EQ(0, shmdev_pool_cached(self->pool));

	buffer = shmdev_pool_get(self->pool, PAGE, ALICE);
	EXPECT_NE(NULL, buffer);
	shmdev_buffer_free(buffer);
}

TEST_F(pool, buffer_outlives_the_pool)
{
	struct shmdev_buffer *buffer = shmdev_pool_get(self->pool, PAGE, ALICE);

	shmdev_pool_free(self->pool);
	self->pool = NULL;
	EXPECT_EQ(0, touch_write(shmdev_buffer_data(buffer), 1));
	shmdev_buffer_free(buffer);
}

TEST_F(pool, refuses_sizes)
{
	use_once(self->pool, PAGE, ALICE);
	EXPECT_EQ(NULL, shmdev_pool_get(self->pool, 0, ALICE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_pool_get(self->pool, UINT64_MAX, ALICE));
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(1, shmdev_pool_cached(self->pool));
}

TEST_F(pool, buffer_of_another_mode_is_refused)
{
	uint32_t other_mode = variant->mode == UNSAFE ? WRITABLE : UNSAFE;
	struct shmdev_pool *other = shmdev_pool_create(other_mode, 3, 0);
	struct shmdev_buffer *buffer = shmdev_pool_get(other, PAGE, ALICE);

	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_put(self->pool, &buffer)));
	ASSERT_NE(NULL, buffer);
	EXPECT_EQ(0, shmdev_pool_put(other, &buffer));
	shmdev_pool_free(other);
}

#define THREADS 4
#define ROUNDS 500

struct thread_use {
	struct shmdev_pool *pool;
	uint64_t number;
	long wrong;
};

static void *get_and_put(void *argument)
{
	struct thread_use *use = argument;
	struct shmdev_buffer *buffer;
	volatile uint64_t *memory;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		buffer = shmdev_pool_get(use->pool, PAGE, ALICE);
		memory = shmdev_buffer_data(buffer);
		if (!memory) {
			use->wrong++;
			continue;
		}
		/* Nobody else has it. */
		use->wrong += *memory != 0;
		*memory = use->number;
		sched_yield();
		use->wrong += *memory != use->number;
		shmdev_pool_put(use->pool, &buffer);
		use->wrong += shmdev_pool_cached(use->pool) > 3;
	}
	return NULL;
}

/* rows: C103 */
TEST_F(pool, threads_share_it)
{
	struct thread_use uses[THREADS] = { 0 };
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		uses[i].pool = self->pool;
		uses[i].number = i + 1;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, get_and_put,
					    &uses[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, uses[i].wrong);
	}
}

/*
 * With another process, that keeps a mapping of all that it gets.
 */

struct party {
	struct view view;
	struct peer peer;
};

static long step_take_handle(void *data, long fd)
{
	struct view *view = data;

	view->fd = fd;
	return view_map(view, PROT_READ | PROT_WRITE);
}

static long step_freeze(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return shmdev_raw_freeze(view->fd) ? -errno : 0;
}

/* A process that has a handle to the buffer, and a mapping. */
static bool party_start(struct party *party, const struct shmdev_buffer *buffer)
{
	int handle = shmdev_raw_dup(shmdev_region_fd(shmdev_buffer_region(buffer)),
				    RIGHTS_RW);

	party->view.size = shmdev_buffer_size(buffer);
	party->peer = peer_start();
	if (party->peer.pid <= 0)
		return false;
	close(handle);
	/* It inherited the number. */
	return !peer_do(&party->peer, step_take_handle, &party->view, handle);
}

static long step_give_back(void *data, long member)
{
	struct view *view = data;

	if (member)
		return shmdev_raw_transfer(view->fd, SHMREGION_BY_MEMBER,
					   member, 0, 0, NULL) ? -errno : 0;
	return release(view->fd, 0) ? -errno : 0;
}

static struct shmdev_process process_of(const struct party *party)
{
	return shmdev_by_pid(party->peer.pid);
}

/* rows: C103 W10 */
TEST(another_party_is_not_met)
{
	struct shmdev_pool *pool = shmdev_pool_create(UNSAFE, 3,
						      SHMDEV_POOL_CONTROLLED);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, PAGE, ALICE);
	struct party alice;

	ASSERT_NE(NULL, buffer);
	ASSERT_TRUE(party_start(&alice, buffer));
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));

	/* She still has access, and what Bob gets is something else. */
	EXPECT_EQ(0, peer_do(&alice.peer, view_write, &alice.view, 0));
	buffer = shmdev_pool_get(pool, PAGE, BOB);
	memset(shmdev_buffer_data(buffer), 0x55, PAGE);
	EXPECT_EQ(VIEW_WRITES, peer_do(&alice.peer, view_read, &alice.view, 0));
	EXPECT_EQ(0, peer_do(&alice.peer, view_write, &alice.view, 0));
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), PAGE, 0x55));
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));

	/* When the pool forgets her, her access ends. */
	EXPECT_EQ(0, shmdev_pool_forget(pool, ALICE));
	EXPECT_EQ(-SIGSEGV, peer_do(&alice.peer, view_read, &alice.view, 0));
	peer_stop(&alice.peer);
	shmdev_pool_free(pool);
}

/* Without a controller it goes on, alone. */
TEST(party_keeps_what_the_pool_drops)
{
	struct shmdev_pool *pool = shmdev_pool_create(UNSAFE, 3, 0);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, PAGE, ALICE);
	struct party alice;

	ASSERT_NE(NULL, buffer);
	EXPECT_EQ(RIGHTS_RW,
		  shmdev_region_rights(shmdev_buffer_region(buffer)));
	ASSERT_TRUE(party_start(&alice, buffer));
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	EXPECT_EQ(0, shmdev_pool_forget(pool, ALICE));
	EXPECT_EQ(0, peer_do(&alice.peer, view_write, &alice.view, 0));
	peer_stop(&alice.peer);
	shmdev_pool_free(pool);
}

FIXTURE(given_back)
{
	struct shmdev_pool *pool;
	struct shmdev_buffer *buffer;
	struct identity used;
	struct party alice;
};

FIXTURE_SETUP(given_back)
{
	self->pool = shmdev_pool_create(WRITABLE, 3, 0);
	self->buffer = shmdev_pool_get(self->pool, PAGE, ALICE);
	ASSERT_NE(NULL, self->buffer);
	self->used = identity_of(self->buffer);
	ASSERT_TRUE(party_start(&self->alice, self->buffer));
	ASSERT_EQ(0, shmdev_region_transfer(shmdev_buffer_region(self->buffer),
					    process_of(&self->alice)));
	EXPECT_EQ(0, peer_do(&self->alice.peer, view_write, &self->alice.view,
			     0));
}

FIXTURE_TEARDOWN(given_back)
{
	shmdev_buffer_free(self->buffer);
	peer_stop(&self->alice.peer);
	shmdev_pool_free(self->pool);
}

/* rows: C103 */
TEST_F(given_back, transferred_or_released_it_is_used_again)
{
	const struct shmdev_region *region;
	uint64_t member;
	int round;

	for (round = 0; round < 2; round++) {
		member = shmdev_region_member(shmdev_buffer_region(self->buffer));
		ASSERT_EQ(0, peer_do(&self->alice.peer, step_give_back,
				     &self->alice.view, round ? 0 : member));
		EXPECT_EQ(0, shmdev_pool_put(self->pool, &self->buffer));
		EXPECT_EQ(1, shmdev_pool_cached(self->pool));
		EXPECT_EQ(-SIGSEGV, peer_do(&self->alice.peer, view_read,
					    &self->alice.view, 0));
		self->buffer = shmdev_pool_get(self->pool, PAGE, ALICE);
		EXPECT_TRUE(is(self->buffer, self->used));
		EXPECT_TRUE(all_bytes(shmdev_buffer_data(self->buffer), PAGE,
				      0));
		region = shmdev_buffer_region(self->buffer);
		ASSERT_EQ(0, shmdev_region_transfer(region,
						    process_of(&self->alice)));
	}
}

/* She has it still, and nobody can take it from her. */
TEST_F(given_back, not_given_it_is_not_used_again)
{
	EXPECT_EQ(0, shmdev_pool_put(self->pool, &self->buffer));
	EXPECT_EQ(NULL, self->buffer);
	EXPECT_EQ(0, shmdev_pool_cached(self->pool));
	EXPECT_EQ(0, peer_do(&self->alice.peer, view_write, &self->alice.view,
			     0));
}

/* rows: C103 */
TEST(put_takes_a_controlled_buffer_from_its_owner)
{
	struct shmdev_pool *pool = shmdev_pool_create(WRITABLE, 3,
						      SHMDEV_POOL_CONTROLLED);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, PAGE, ALICE);
	struct identity used;
	struct party alice;

	ASSERT_NE(NULL, buffer);
	used = identity_of(buffer);
	ASSERT_TRUE(party_start(&alice, buffer));
	ASSERT_EQ(0, shmdev_region_transfer(shmdev_buffer_region(buffer),
					    process_of(&alice)));
	EXPECT_EQ(0, peer_do(&alice.peer, view_write, &alice.view, 0));

	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	EXPECT_EQ(1, shmdev_pool_cached(pool));
	EXPECT_EQ(-SIGSEGV, peer_do(&alice.peer, view_read, &alice.view, 0));

	buffer = shmdev_pool_get(pool, PAGE, ALICE);
	EXPECT_TRUE(is(buffer, used));
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), PAGE, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&alice.peer, view_write, &alice.view, 0));
	shmdev_buffer_free(buffer);
	peer_stop(&alice.peer);
	shmdev_pool_free(pool);
}

TEST(what_a_party_froze_is_not_kept)
{
	struct shmdev_pool *pool = shmdev_pool_create(WRITABLE, 3,
						      SHMDEV_POOL_CONTROLLED);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, PAGE, ALICE);
	struct party alice;

	ASSERT_NE(NULL, buffer);
	ASSERT_TRUE(party_start(&alice, buffer));
	ASSERT_EQ(0, shmdev_region_transfer(shmdev_buffer_region(buffer),
					    process_of(&alice)));
	ASSERT_EQ(0, peer_do(&alice.peer, step_freeze, &alice.view, 0));

	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	EXPECT_EQ(NULL, buffer);
	EXPECT_EQ(0, shmdev_pool_cached(pool));
	EXPECT_EQ(-SIGSEGV, peer_do(&alice.peer, view_read, &alice.view, 0));
	peer_stop(&alice.peer);
	shmdev_pool_free(pool);
}

/* Something happened to a buffer while it was waiting. */
TEST(what_changed_in_the_pool_is_not_used)
{
	struct shmdev_pool *pool = shmdev_pool_create(WRITABLE, 3,
						      SHMDEV_POOL_CONTROLLED);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, PAGE, ALICE);
	struct identity used = identity_of(buffer);
	struct shmdev_region *control;

	control = shmdev_region_duplicate(shmdev_buffer_region(buffer),
					  RIGHTS_ALL);
	ASSERT_NE(NULL, control);
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	ASSERT_EQ(0, shmdev_region_limit(control, shmdev_by_pid(getpid()), 0));

	buffer = shmdev_pool_get(pool, PAGE, ALICE);
	ASSERT_NE(NULL, buffer);
	EXPECT_FALSE(is(buffer, used));
	EXPECT_TRUE(all_bytes(shmdev_buffer_data(buffer), PAGE, 0));
	shmdev_buffer_free(buffer);
	shmdev_region_free(control);
	shmdev_pool_free(pool);
}

TEST(empty_objects_and_wrong_arguments)
{
	struct shmdev_pool *pool = shmdev_pool_create(UNSAFE, 0, 0);
	struct shmdev_buffer *buffer = NULL;

	ASSERT_NE(NULL, pool);
	EXPECT_EQ(NULL, shmdev_pool_create(UNSAFE, 1, 4));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(NULL, shmdev_pool_create(SHMREGION_MODE_READONLY, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_pool_get(NULL, 1, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_put(pool, NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_put(pool, &buffer)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_forget(NULL, 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_shutdown(NULL)));
	EXPECT_EQ(0, shmdev_pool_cached(NULL));
	EXPECT_EQ(NULL, shmdev_buffer_data(NULL));
	EXPECT_EQ(0, shmdev_buffer_size(NULL));
	EXPECT_EQ(NULL, shmdev_buffer_region(NULL));
	shmdev_buffer_free(NULL);
	shmdev_pool_free(NULL);

	/* A pool that keeps none. */
	buffer = shmdev_pool_get(pool, 1, 1);
	EXPECT_EQ(EINVAL, errno_of(shmdev_pool_put(NULL, &buffer)));
	ASSERT_NE(NULL, buffer);
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	EXPECT_EQ(0, shmdev_pool_cached(pool));
	shmdev_pool_free(pool);
}

TEST_HARNESS_MAIN
