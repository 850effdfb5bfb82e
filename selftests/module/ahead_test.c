// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping ahead: what a process touched before is there, without a fault, when
 * it is told that it is the owner again. It is never more than a fault would
 * give, and is taken away as what a fault gave is (G1, G2, G3).
 */
#include <pthread.h>
#include <sys/resource.h>

#include "operations.h"
#include "harness.h"

#define FILL 0x5a

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt;
}

/* How many faults it takes to load from each page, and to store that there. */
static long count_faults(const struct view *view, bool store)
{
	volatile uint8_t *memory = view->memory;
	uint8_t value;
	long before;
	size_t i;

	minor_faults();
	before = minor_faults();
	for (i = 0; i < view->size; i += PAGE) {
		value = memory[i];
		if (store)
			memory[i] = value;
	}
	return minor_faults() - before;
}

static long step_load(void *data, long unused)
{
	(void)unused;
	return count_faults(data, false);
}

static long step_touch(void *data, long unused)
{
	(void)unused;
	return count_faults(data, true);
}

/* What the other has of the region: it is forked with this. */
static struct view others;

/*
 * The test and the other have touched all of the region, and the test owns it
 * again, so the other would map all ahead.
 */
FIXTURE(ahead)
{
	struct view mine;
	struct peer other;
};

FIXTURE_VARIANT(ahead)
{
	size_t size;
	uint32_t flags;
};

#define CONTROLLED SHMREGION_CREATE_CONTROLLED

FIXTURE_VARIANT_ADD(ahead, page) { KIB(4), 0 };
FIXTURE_VARIANT_ADD(ahead, pages) { KIB(64), 0 };
FIXTURE_VARIANT_ADD(ahead, huge_page) { MIB(2), 0 };
FIXTURE_VARIANT_ADD(ahead, huge_pages) { MIB(6), 0 };
FIXTURE_VARIANT_ADD(ahead, controlled_page) { KIB(4), CONTROLLED };
FIXTURE_VARIANT_ADD(ahead, controlled_pages) { KIB(64), CONTROLLED };
FIXTURE_VARIANT_ADD(ahead, controlled_huge_pages) { MIB(6), CONTROLLED };

#define NEEDS_CONTROL()							\
	do {								\
		if (!variant->flags)					\
			SKIP(return, "needs a controlled region");	\
	} while (0)

static long give(FIXTURE_DATA(ahead) *self)
{
	long ret = view_transfer(&self->mine, self->other.pid);

	return ret ? ret : peer_do(&self->other, view_acquire, &others, 0);
}

static long take(FIXTURE_DATA(ahead) *self)
{
	long ret = peer_do(&self->other, view_transfer, &others, getpid());

	return ret ? ret : view_acquire(&self->mine, 0);
}

FIXTURE_SETUP(ahead)
{
	self->mine.size = variant->size;
	self->mine.fd = make_region(variant->size, SHMREGION_MODE_WRITABLE,
				    variant->flags);
	ASSERT_LE(0, self->mine.fd);
	others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &others,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	memset(self->mine.memory, FILL, variant->size);
	ASSERT_EQ(0, give(self));
	ASSERT_LT(0, peer_do(&self->other, step_touch, &others, 0));
	ASSERT_EQ(0, take(self));
}

FIXTURE_TEARDOWN(ahead)
{
	peer_kill(&self->other);
	close(self->mine.fd);
}

/* Whether the first and the last byte of a view can't be read or written. */
static long step_denied(void *data, long unused)
{
	struct view *view = data;
	const long last = view->size - 1;

	(void)unused;
	return view_read(view, 0) == -SIGSEGV &&
	       view_read(view, last) == -SIGSEGV &&
	       view_write(view, 0) == -SIGSEGV &&
	       view_write(view, last) == -SIGSEGV;
}

/* Whether they have a value but can't be written. */
static long step_readonly(void *data, long value)
{
	struct view *view = data;
	const long last = view->size - 1;

	return view_read(view, 0) == value && view_read(view, last) == value &&
	       view_write(view, 0) == -SIGSEGV &&
	       view_write(view, last) == -SIGSEGV;
}

#define OTHER(step, argument) peer_do(&self->other, step, &others, argument)
#define EXPECT_OTHER_IS_DENIED() EXPECT_EQ(1, OTHER(step_denied, 0))
#define EXPECT_CONTENT_IS_KEPT() EXPECT_EQ(1, view_holds(&self->mine, FILL))

TEST_F(ahead, takes_no_fault_after_acquire)
{
	int cycle;

	for (cycle = 0; cycle < 2; cycle++) {
		EXPECT_EQ(0, step_touch(&self->mine, 0));
		ASSERT_EQ(0, give(self));
		EXPECT_EQ(0, OTHER(step_touch, 0));
		ASSERT_EQ(0, take(self));
	}
	EXPECT_CONTENT_IS_KEPT();
}

static long step_acquire_and_return(void *data, long pid)
{
	long ret = view_acquire(data, SHMREGION_NO_DEADLINE);

	return ret ? ret : view_transfer(data, pid);
}

TEST_F(ahead, takes_no_fault_after_a_transfer_that_waits)
{
	uint32_t flags;

	peer_begin(&self->other, step_acquire_and_return, &others, getpid());
	ASSERT_EQ(0, raw_transfer(self->mine.fd, SHMREGION_BY_PID,
				  self->other.pid, SHMREGION_TRANSFER_WAIT,
				  SHMREGION_NO_DEADLINE, &flags));
	EXPECT_EQ(0, step_touch(&self->mine, 0));
	EXPECT_EQ(0, peer_finish(&self->other));
	EXPECT_OTHER_IS_DENIED();
}

TEST_F(ahead, is_not_before_the_process_is_told)
{
	ASSERT_EQ(0, view_transfer(&self->mine, self->other.pid));
	EXPECT_LT(0, OTHER(step_touch, 0));
}

/* The first page alone was touched, so no other is allocated. */
TEST_F(ahead, allocates_nothing)
{
	struct view sparse = { .size = variant->size };
	long long resident;

	sparse.fd = make_region(sparse.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, sparse.fd);
	ASSERT_EQ(0, view_map(&sparse, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_write(&sparse, 0));
	resident = resident_of(sparse.fd);
	ASSERT_LT(0, resident);
	ASSERT_EQ(0, view_release(&sparse, 0));
	ASSERT_EQ(0, view_acquire(&sparse, 0));
	EXPECT_EQ(resident, resident_of(sparse.fd));
	EXPECT_EQ(VIEW_WRITES, view_read(&sparse, 0));
	EXPECT_EQ(resident, resident_of(sparse.fd));
}

/* Neither process touches anything between acquire and transfer. */
TEST_F(ahead, is_gone_after_a_transfer_though_untouched)
{
	int cycle;

	for (cycle = 0; cycle < 3; cycle++) {
		EXPECT_OTHER_IS_DENIED();
		ASSERT_EQ(0, give(self));
		EXPECT_EQ(1, step_denied(&self->mine, 0));
		ASSERT_EQ(0, take(self));
	}
	EXPECT_OTHER_IS_DENIED();
	EXPECT_CONTENT_IS_KEPT();
}

TEST_F(ahead, is_gone_after_reclaim)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, raw_reclaim(self->mine.fd));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_CONTENT_IS_KEPT();
}

TEST_F(ahead, is_gone_after_release_and_freeze)
{
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, OTHER(view_release, 0));
	EXPECT_OTHER_IS_DENIED();
	ASSERT_EQ(0, OTHER(view_acquire, 0));
	ASSERT_EQ(0, OTHER(view_freeze, 0));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	EXPECT_EQ(1, step_readonly(&self->mine, FILL));
}

TEST_F(ahead, obeys_a_limit_of_its_process)
{
	const int fd = self->mine.fd;

	NEEDS_CONTROL();
	ASSERT_EQ(0, limit_process(fd, self->other.pid, RIGHTS_RO));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, limit_process(fd, self->other.pid, 0));
	EXPECT_OTHER_IS_DENIED();
	ASSERT_EQ(0, limit_process(fd, self->other.pid, RIGHTS_RW));
	EXPECT_LE(0, OTHER(step_touch, 0));
}

TEST_F(ahead, obeys_a_limit_of_all)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, raw_limit_others(self->mine.fd, RIGHTS_RO));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, take(self));
	ASSERT_EQ(0, raw_limit_others(self->mine.fd, 0));
	EXPECT_EQ(-EACCES, give(self));
	EXPECT_OTHER_IS_DENIED();
}

TEST_F(ahead, is_gone_after_a_limit)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, limit_process(self->mine.fd, self->other.pid, RIGHTS_RO));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, limit_process(self->mine.fd, self->other.pid, 0));
	EXPECT_OTHER_IS_DENIED();
}

TEST_F(ahead, obeys_a_protection_of_reading)
{
	ASSERT_EQ(0, OTHER(view_protect, PROT_READ));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, OTHER(view_protect, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, OTHER(view_write, variant->size - 1));
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_EQ(VIEW_WRITES, view_read(&self->mine, variant->size - 1));
}

/* The faults of loads show that nothing was put where nothing may be. */
TEST_F(ahead, obeys_a_protection_of_none)
{
	ASSERT_EQ(0, OTHER(view_protect, PROT_NONE));
	ASSERT_EQ(0, give(self));
	EXPECT_OTHER_IS_DENIED();
	ASSERT_EQ(0, OTHER(view_protect, PROT_READ));
	EXPECT_LT(0, OTHER(step_load, 0));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, take(self));
	ASSERT_EQ(0, OTHER(view_protect, PROT_NONE));
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, OTHER(view_protect, PROT_READ | PROT_WRITE));
	EXPECT_LT(0, OTHER(step_load, 0));
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
}

/* Steps that change what is mapped where the other had touched. */

static long step_replace_by_anonymous(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return mmap(view->memory, view->size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	       MAP_FAILED ? -errno : 0;
}

static long step_replace_by_region(void *data, long fd)
{
	const struct view *view = data;

	if (raw_attach(fd, NULL))
		return -errno;
	return mmap(view->memory, view->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ? -errno : 0;
}

static long step_move(void *data, long unused)
{
	struct view *view = data;
	void *memory;

	(void)unused;
	memory = mmap(NULL, view->size, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = mremap(view->memory, view->size, view->size,
			MREMAP_MAYMOVE | MREMAP_FIXED, memory);
	if (memory == MAP_FAILED)
		return -errno;
	view->memory = memory;
	return 0;
}

/* Of eight parts those whose bits are set. */
static long step_cut(void *data, long parts)
{
	const struct view *view = data;
	const size_t part = view->size / 8;
	int i;

	for (i = 0; i < 8; i++)
		if (parts & (1 << i) &&
		    munmap(view->memory + i * part, part))
			return -errno;
	return 0;
}

/* Whether just these parts can't be touched, and the others have a value. */
static long step_is_cut(void *data, long argument)
{
	struct view *view = data;
	const long parts = argument >> 8, value = argument & 0xff;
	const size_t part = view->size / 8;
	int i;

	for (i = 0; i < 8; i++) {
		const long want = parts & (1 << i) ? -SIGSEGV : value;

		if (view_read(view, i * part) != want ||
		    view_read(view, (i + 1) * part - 1) != want)
			return 0;
	}
	return 1;
}

static long step_read_at(void *unused, long address)
{
	(void)unused;
	return -touch_read((const void *)address);
}

TEST_F(ahead, leaves_anonymous_memory_alone)
{
	ASSERT_EQ(0, OTHER(step_replace_by_anonymous, 0));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(view_holds, 0));
	EXPECT_EQ(0, OTHER(view_write, 0));
	EXPECT_EQ(0, OTHER(view_write, variant->size - 1));
	ASSERT_EQ(0, take(self));
	EXPECT_EQ(VIEW_WRITES, OTHER(view_read, 0));
	EXPECT_CONTENT_IS_KEPT();
}

TEST_F(ahead, leaves_another_regions_mapping_alone)
{
	struct view foreign = { .size = variant->size };

	foreign.fd = make_region(foreign.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, foreign.fd);
	peer_kill(&self->other);
	others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, OTHER(view_map, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, give(self));
	ASSERT_LT(0, OTHER(step_touch, 0));
	ASSERT_EQ(0, take(self));

	ASSERT_EQ(0, view_map(&foreign, PROT_READ | PROT_WRITE));
	memset(foreign.memory, 1, foreign.size);
	ASSERT_EQ(0, OTHER(step_replace_by_region, foreign.fd));
	ASSERT_EQ(0, give(self));
	EXPECT_OTHER_IS_DENIED();
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_CONTENT_IS_KEPT();
	EXPECT_EQ(1, view_holds(&foreign, 1));
}

TEST_F(ahead, leaves_the_place_of_a_moved_mapping_alone)
{
	const long old = OTHER(view_address, 0);

	ASSERT_EQ(0, OTHER(step_move, 0));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(view_holds, FILL));
	EXPECT_NE(old, OTHER(view_address, 0));
	EXPECT_EQ(-SIGSEGV, OTHER(step_read_at, old));
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_CONTENT_IS_KEPT();
}

/* With entries there when it moves: they move along. */
TEST_F(ahead, is_gone_from_where_it_was_moved_to)
{
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, OTHER(step_move, 0));
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_CONTENT_IS_KEPT();
}

#define FIRST_HALF 0x0f
#define LAST_HALF 0xf0
#define HOLE 0x18
#define ISLANDS 0x5a

static void check_cut(struct __test_metadata *_metadata,
		      FIXTURE_DATA(ahead) *self, long parts)
{
	ASSERT_EQ(0, OTHER(step_cut, parts));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_is_cut, parts << 8 | FILL));
	ASSERT_EQ(0, take(self));
	EXPECT_EQ(1, OTHER(step_is_cut, 0xff << 8));
	EXPECT_CONTENT_IS_KEPT();
}

#define TEST_CUT(name, parts)						\
	TEST_F(ahead, leaves_##name##_alone)				\
	{								\
		if (variant->size < 8 * PAGE)				\
			SKIP(return, "too small to be cut");		\
		check_cut(_metadata, self, parts);			\
	}

TEST_CUT(a_cut_first_half, FIRST_HALF)
TEST_CUT(a_cut_last_half, LAST_HALF)
TEST_CUT(a_hole, HOLE)
TEST_CUT(holes_between_islands, ISLANDS)

TEST_F(ahead, is_not_for_a_frozen_region)
{
	ASSERT_EQ(0, view_freeze(&self->mine, 0));
	EXPECT_EQ(-EINVAL, OTHER(view_acquire, 0));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
}

TEST_F(ahead, is_for_nobody_in_a_published_region)
{
	ASSERT_EQ(0, view_publish(&self->mine, 0));
	EXPECT_EQ(-EAGAIN, OTHER(view_try_acquire, 0));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, step_readonly(&self->mine, FILL));
	EXPECT_EQ(0, OTHER(view_write, 0));
}

TEST_F(ahead, is_not_needed_in_a_shared_region)
{
	ASSERT_EQ(0, view_share(&self->mine, 0));
	EXPECT_EQ(-EINVAL, OTHER(view_acquire, 0));
	EXPECT_LE(0, OTHER(step_touch, 0));
}

TEST_F(ahead, is_not_for_a_destroyed_region)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, raw_destroy(self->mine.fd));
	EXPECT_OTHER_IS_DENIED();
	EXPECT_EQ(-ENODEV, OTHER(view_acquire, 0));
	EXPECT_OTHER_IS_DENIED();
}

static uint8_t *first_mapping;

static long step_map_again(void *data, long prot)
{
	struct view *view = data;

	first_mapping = view->memory;
	return view_map(view, prot);
}

static long step_swap_mappings(void *data, long unused)
{
	struct view *view = data;
	uint8_t *memory = view->memory;

	(void)unused;
	view->memory = first_mapping;
	first_mapping = memory;
	return 0;
}

TEST_F(ahead, is_gone_from_both_mappings)
{
	int i;

	ASSERT_EQ(0, OTHER(step_map_again, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(view_holds, FILL));
	ASSERT_EQ(0, take(self));
	ASSERT_EQ(0, give(self));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(1, OTHER(view_holds, FILL));
		ASSERT_EQ(0, OTHER(step_swap_mappings, 0));
	}
	ASSERT_EQ(0, take(self));
	ASSERT_EQ(0, give(self));
	ASSERT_EQ(0, take(self));
	for (i = 0; i < 2; i++) {
		EXPECT_OTHER_IS_DENIED();
		ASSERT_EQ(0, OTHER(step_swap_mappings, 0));
	}
}

TEST_F(ahead, obeys_the_protection_of_each_mapping)
{
	ASSERT_EQ(0, OTHER(step_map_again, PROT_READ));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, take(self));
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(1, OTHER(step_readonly, FILL));
	ASSERT_EQ(0, OTHER(step_swap_mappings, 0));
	EXPECT_EQ(0, OTHER(view_write, 0));
}

static long step_remap_here(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return mmap(view->memory, view->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED_NOREPLACE, view->fd, 0) ==
	       MAP_FAILED ? -errno : 0;
}

TEST_F(ahead, forgets_when_the_process_detaches)
{
	ASSERT_EQ(0, OTHER(view_unmap, 0));
	ASSERT_EQ(0, OTHER(view_detach, 0));
	ASSERT_EQ(0, OTHER(view_attach, 0));
	ASSERT_EQ(0, OTHER(step_remap_here, 0));
	ASSERT_EQ(0, give(self));
	EXPECT_LT(0, OTHER(step_touch, 0));
	ASSERT_EQ(0, take(self));
	EXPECT_OTHER_IS_DENIED();
	ASSERT_EQ(0, give(self));
	EXPECT_EQ(0, OTHER(step_touch, 0));
	ASSERT_EQ(0, take(self));
	EXPECT_CONTENT_IS_KEPT();
}

TEST_HARNESS_MAIN
