// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping ahead in one thread while another one changes what is mapped there,
 * or touches it: nothing appears where it does not belong (G3), and memory that
 * nobody wrote to stays zero (G7).
 */
#include <pthread.h>

#include "operations.h"
#include "harness.h"

#define FILL 0x5a

/* What one huge entry maps. */
#define SLOT MIB(2)
#define NR_SLOTS 16

static struct view view;
static volatile bool over;

static long step_serve(void *data, long owner)
{
	long ret;

	do {
		ret = view_acquire(data, SHMREGION_NO_DEADLINE);
		if (!ret)
			ret = view_transfer(data, owner);
	} while (!ret);
	return ret;
}

FIXTURE(racing)
{
	struct peer other;
	pthread_t thread;
};

FIXTURE_VARIANT(racing)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(racing, pages) { KIB(64) };
FIXTURE_VARIANT_ADD(racing, huge_pages) { MIB(4) };

FIXTURE_SETUP(racing)
{
	over = false;
	view.size = variant->size;
	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	memset(view.memory, FILL, view.size);
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &view, 0));
}

FIXTURE_TEARDOWN(racing)
{
	peer_kill(&self->other);
}

/* The region comes and goes; 0, or what went wrong. */
static void *exchange(void *data)
{
	const struct peer *other = data;
	uint32_t flags;

	while (!over)
		if (raw_transfer(view.fd, SHMREGION_BY_PID, other->pid,
				 SHMREGION_TRANSFER_WAIT, SHMREGION_NO_DEADLINE,
				 &flags))
			return (void *)(long)errno;
	return NULL;
}

static bool begin_exchange(FIXTURE_DATA(racing) *self)
{
	peer_begin(&self->other, step_serve, &view, getpid());
	return !pthread_create(&self->thread, NULL, exchange, &self->other);
}

static void *map_here(int prot, int flags, int fd)
{
	return mmap(view.memory, view.size, prot, flags | MAP_FIXED, fd, 0);
}

static void *map_region_here(void)
{
	return map_here(PROT_READ | PROT_WRITE, MAP_SHARED, view.fd);
}

static void *map_anonymous_here(void)
{
	return map_here(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1);
}

/* The region's byte while the process owns it, else SIGSEGV. */
static bool right_or_denied(long offset)
{
	long ret = view_read(&view, offset);

	return ret == FILL || ret == -SIGSEGV;
}

static void end_exchange(struct __test_metadata *_metadata,
			 FIXTURE_DATA(racing) *self)
{
	void *error;

	over = true;
	ASSERT_EQ(0, pthread_join(self->thread, &error));
	EXPECT_EQ(NULL, error);
	ASSERT_NE(MAP_FAILED, map_region_here());
	EXPECT_EQ(1, view_holds(&view, FILL));
}

TEST_F_TIMEOUT(racing, with_a_mapping_in_its_place, RACE_TIMEOUT)
{
	int rounds;

	ASSERT_TRUE(begin_exchange(self));
	for (rounds = 0; !enough(rounds); rounds++) {
		ASSERT_NE(MAP_FAILED, map_anonymous_here());
		EXPECT_EQ(1, view_holds(&view, 0));
		EXPECT_EQ(0, view_write(&view, 0));
		EXPECT_EQ(0, view_write(&view, view.size - 1));
		ASSERT_NE(MAP_FAILED, map_region_here());
		EXPECT_TRUE(right_or_denied(0));
		EXPECT_TRUE(right_or_denied(view.size - 1));
	}
	end_exchange(_metadata, self);
}

TEST_F_TIMEOUT(racing, with_munmap_and_mremap, RACE_TIMEOUT)
{
	uint8_t *places[2] = { view.memory };
	int rounds;

	places[1] = mmap(NULL, view.size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, places[1]);
	ASSERT_TRUE(begin_exchange(self));
	for (rounds = 1; !enough(rounds); rounds++) {
		EXPECT_TRUE(right_or_denied(0));
		ASSERT_EQ(places[rounds % 2],
			  mremap(view.memory, view.size, view.size,
				 MREMAP_MAYMOVE | MREMAP_FIXED,
				 places[rounds % 2]));
		EXPECT_EQ(-SIGSEGV, view_read(&view, 0));
		view.memory = places[rounds % 2];
		EXPECT_TRUE(right_or_denied(view.size - 1));
		ASSERT_EQ(0, munmap(view.memory + view.size / 2,
				    view.size / 2));
		EXPECT_TRUE(right_or_denied(0));
		EXPECT_EQ(-SIGSEGV, view_read(&view, view.size / 2));
		ASSERT_NE(MAP_FAILED, map_region_here());
	}
	end_exchange(_metadata, self);
}

TEST_F_TIMEOUT(racing, with_mprotect, RACE_TIMEOUT)
{
	int rounds;

	ASSERT_TRUE(begin_exchange(self));
	for (rounds = 0; !enough(rounds); rounds++) {
		EXPECT_TRUE(right_or_denied(0));
		ASSERT_EQ(0, view_protect(&view, PROT_READ));
		EXPECT_TRUE(right_or_denied(view.size - 1));
		EXPECT_EQ(-SIGSEGV, view_write(&view, 0));
		ASSERT_EQ(0, view_protect(&view, PROT_NONE));
		EXPECT_EQ(-SIGSEGV, view_read(&view, 0));
		ASSERT_EQ(0, view_protect(&view, PROT_READ | PROT_WRITE));
	}
	end_exchange(_metadata, self);
}

/*
 * A range of addresses that was touched, where memory is mapped that was not,
 * is looked through for memory to map ahead while faults allocate it: huge
 * pages, mapped by huge entries.
 */

static void *acquire(void *unused)
{
	(void)unused;
	return (void *)view_acquire(&view, SHMREGION_NO_DEADLINE);
}

/* Touches one huge page at all of the addresses. */
static bool touch_range(uint8_t *range, int fd)
{
	int i;

	for (i = 0; i < NR_SLOTS; i++)
		if (mmap(range + i * SLOT, SLOT, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
		    touch_read(range + i * SLOT))
			return false;
	return mmap(range, NR_SLOTS * SLOT, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, SLOT) != MAP_FAILED;
}

/* The last page of each huge page, until there is access. */
static bool touch_fresh(uint8_t *range, int first)
{
	uint8_t *page;
	int i;

	for (i = 0; i < NR_SLOTS; i += 4) {
		page = range + (first + i) % NR_SLOTS * SLOT + SLOT - PAGE;
		while (touch_read(page))
			;
	}
	return all_bytes(range, NR_SLOTS * SLOT, 0);
}

static uint8_t *reserve_range(void)
{
	uintptr_t start;
	void *memory;

	memory = mmap(NULL, (NR_SLOTS + 1) * SLOT, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	start = ((uintptr_t)memory + SLOT - 1) & ~(SLOT - 1);
	return (uint8_t *)start;
}

TEST(racing_with_the_first_touch_leaves_memory_zero)
{
	uint8_t *range = reserve_range();
	pthread_t thread;
	int rounds;
	void *ret;

	ASSERT_NE(NULL, range);
	for (rounds = 0; rounds < RACE_ROUNDS_MIN; rounds++) {
		view.fd = make_region((NR_SLOTS + 1) * SLOT,
				      SHMREGION_MODE_WRITABLE, 0);
		ASSERT_LE(0, view.fd);
		ASSERT_TRUE(touch_range(range, view.fd));
		ASSERT_EQ(0, view_release(&view, 0));
		ASSERT_EQ(0, pthread_create(&thread, NULL, acquire,
					    NULL));
		EXPECT_TRUE(touch_fresh(range, rounds));
		ASSERT_EQ(0, pthread_join(thread, &ret));
		EXPECT_EQ(NULL, ret);
		close(view.fd);
	}
}

TEST_HARNESS_MAIN
