// SPDX-License-Identifier: GPL-2.0-only
/*
 * The access rule (G2): in each mode, for the region's creator and for another
 * process, for mappings made before and after the mode was reached, what a
 * touch may do, what a system call may do with the memory, what mmap() and
 * mprotect() allow. What is forbidden is SIGSEGV at the very address, or
 * EFAULT, and changes nothing. Then
 * mappings of every shape.
 */
#include "helpers.h"
#include "harness.h"

#define FILL 0x5a

/* The two processes of the table. */
enum role {
	CREATOR,
	OTHER,
	ROLES,
};

/* How a region gets to a mode, and what each process may do then. */
struct row {
	uint32_t created_as;
	owner_change reach;
	uint32_t access[ROLES];
	bool maps_writable[ROLES];
};

#define ROW(_name, _mode, _reach, _creator, _other, _creator_w, _other_w) \
	static const struct row _name = {				\
		.created_as = SHMREGION_MODE_##_mode,			\
		.reach = _reach,					\
		.access = { _creator, _other },				\
		.maps_writable = { _creator_w, _other_w },		\
	}

/* The access table; the last two columns: mmap() with PROT_WRITE. */
ROW(owned, WRITABLE, keep, RIGHTS_RW, 0, true, true);
ROW(transferred, WRITABLE, hand_over, 0, RIGHTS_RW, true, true);
ROW(released, WRITABLE, release, 0, 0, true, true);
ROW(published, WRITABLE, publish, RIGHTS_RW, RIGHTS_RO, true, false);
ROW(writer_moved, WRITABLE, publish_and_hand_over, RIGHTS_RO, RIGHTS_RW,
	false, true);
ROW(writer_gone, WRITABLE, publish_and_release, RIGHTS_RO, RIGHTS_RO,
	false, false);
ROW(frozen, WRITABLE, freeze, RIGHTS_RO, RIGHTS_RO, false, false);
ROW(frozen_late, WRITABLE, publish_and_freeze, RIGHTS_RO, RIGHTS_RO,
	false, false);
ROW(shared, WRITABLE, share, RIGHTS_RW, RIGHTS_RW, true, true);
ROW(unsafe, UNSAFE, keep, RIGHTS_RW, RIGHTS_RW, true, true);

FIXTURE(access)
{
	struct view before[ROLES];
	struct view after[ROLES];
	struct view reader[ROLES];
	struct peer other;
	long offsets[3];
};

FIXTURE_VARIANT(access)
{
	const struct row *row;
	size_t size;
};

#define ROW_SIZE(_row, _name, _size)					\
	FIXTURE_VARIANT_ADD(access, _row##_##_name) {			\
		.row = &_row,						\
		.size = _size,						\
	}

#define ROW_SIZES(_row)							\
	ROW_SIZE(_row, 1, 1);						\
	ROW_SIZE(_row, 4095, 4095);					\
	ROW_SIZE(_row, 4096, 4096);					\
	ROW_SIZE(_row, 64k, KIB(64));					\
	ROW_SIZE(_row, 2m, MIB(2));					\
	ROW_SIZE(_row, 3m_1, MIB(3) + 1);				\
	ROW_SIZE(_row, 64m, MIB(64))

ROW_SIZES(owned);
ROW_SIZES(transferred);
ROW_SIZES(released);
ROW_SIZES(published);
ROW_SIZES(writer_moved);
ROW_SIZES(writer_gone);
ROW_SIZES(frozen);
ROW_SIZES(frozen_late);
ROW_SIZES(shared);
ROW_SIZES(unsafe);

/* A step in one of the two processes. */
static long act(const FIXTURE_DATA(access) *self, int role, peer_step step,
		void *data, long argument)
{
	if (role == CREATOR)
		return step(data, argument);
	return peer_do(&self->other, step, data, argument);
}

/* Both map before the mode is reached, and the creator has touched. */
FIXTURE_SETUP(access)
{
	int role, fd, fd_ro, i;

	fd = make_region(variant->size, variant->row->created_as, 0);
	ASSERT_LE(0, fd);
	fd_ro = raw_dup(fd, RIGHTS_RO);
	ASSERT_LE(0, fd_ro);
	for (role = 0; role < ROLES; role++) {
		self->before[role] = (struct view){ fd, variant->size, NULL };
		self->after[role] = self->before[role];
		self->reader[role] = (struct view){ fd_ro, variant->size, NULL };
	}
	self->other = peer_start();
	ASSERT_LT(0, self->other.pid);

	for (role = 0; role < ROLES; role++)
		ASSERT_EQ(0, act(self, role, view_map, &self->before[role],
				 PROT_READ | PROT_WRITE));
	self->offsets[1] = variant->size / 2;
	self->offsets[2] = variant->size - 1;
	for (i = 0; i < 3; i++)
		self->before[CREATOR].memory[self->offsets[i]] = FILL;
	ASSERT_EQ(0, variant->row->reach(fd, self->other.pid));
}

FIXTURE_TEARDOWN(access)
{
	peer_stop(&self->other);
}

static bool reads(uint32_t access)
{
	return access & SHMREGION_RIGHT_READ;
}

static bool writes(uint32_t access)
{
	return access & SHMREGION_RIGHT_WRITE;
}

static long put_back(void *data, long offset)
{
	struct view *view = data;

	return -touch_write(view->memory + offset, FILL);
}

/* Try all, and undo what was allowed. */
static void check_views(struct __test_metadata *_metadata,
			FIXTURE_DATA(access) *self, const uint32_t *access,
			struct view *views, peer_step read, peer_step write,
			long denied)
{
	long offset, result;
	int role, i;

	for (role = 0; role < ROLES; role++) {
		for (i = 0; i < 3; i++) {
			offset = self->offsets[i];
			result = act(self, role, read, &views[role], offset);
			EXPECT_EQ(reads(access[role]) ? FILL : denied, result)
				TH_LOG("role %d reads at %ld", role, offset);

			result = act(self, role, write, &views[role], offset);
			EXPECT_EQ(writes(access[role]) ? 0 : denied, result)
				TH_LOG("role %d writes at %ld", role, offset);
			if (!writes(access[role]))
				continue;

			/* Undo it, so that any other write will show. */
			EXPECT_EQ(VIEW_WRITES, act(self, role, view_read,
						   &views[role], offset));
			EXPECT_EQ(0, act(self, role, put_back, &views[role],
					 offset));
		}
	}
}

/* Nobody can read a released region: this gets it back. */
static void check_content(struct __test_metadata *_metadata,
			  FIXTURE_DATA(access) *self, const uint32_t *access)
{
	int role, i;

	if (!reads(access[CREATOR]) && !reads(access[OTHER]))
		ASSERT_EQ(0, raw_acquire(self->before[CREATOR].fd,
					 SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
					 NULL));
	role = reads(access[OTHER]) ? OTHER : CREATOR;
	for (i = 0; i < 3; i++)
		EXPECT_EQ(FILL, act(self, role, view_read, &self->before[role],
				    self->offsets[i]));
}

/* After the mode is reached, for writing where that is allowed. */
static void map_after(struct __test_metadata *_metadata,
		      FIXTURE_DATA(access) *self, const struct row *row)
{
	int role, prot;

	for (role = 0; role < ROLES; role++) {
		prot = row->maps_writable[role] ? PROT_READ | PROT_WRITE :
						  PROT_READ;
		ASSERT_EQ(0, act(self, role, view_map, &self->after[role],
				 prot));
	}
}

TEST_F(access, touch_of_a_mapping_made_before)
{
	check_views(_metadata, self, variant->row->access, self->before,
		    view_read, view_write, -SIGSEGV);
	check_content(_metadata, self, variant->row->access);
}

TEST_F(access, touch_of_a_mapping_made_after)
{
	map_after(_metadata, self, variant->row);
	check_views(_metadata, self, variant->row->access, self->after,
		    view_read, view_write, -SIGSEGV);
	check_content(_metadata, self, variant->row->access);
}

TEST_F(access, system_call_on_a_mapping_made_before)
{
	check_views(_metadata, self, variant->row->access, self->before,
		    view_read_by_call, view_write_by_call, -EFAULT);
	check_content(_metadata, self, variant->row->access);
}

TEST_F(access, system_call_on_a_mapping_made_after)
{
	map_after(_metadata, self, variant->row);
	check_views(_metadata, self, variant->row->access, self->after,
		    view_read_by_call, view_write_by_call, -EFAULT);
	check_content(_metadata, self, variant->row->access);
}

TEST_F(access, mmap_for_writing_is_refused_to_readers)
{
	struct view *views = self->after;
	long expected;
	int role;

	for (role = 0; role < ROLES; role++) {
		expected = variant->row->maps_writable[role] ? 0 : -EACCES;
		EXPECT_EQ(expected, act(self, role, view_map, &views[role],
					PROT_READ | PROT_WRITE));
		EXPECT_EQ(expected, act(self, role, view_map, &views[role],
					PROT_WRITE));
		EXPECT_EQ(0, act(self, role, view_map, &views[role],
				 PROT_READ));
	}
}

/* Of mappings made before and after; and what was allowed obeys the table. */
TEST_F(access, mprotect_for_writing_is_refused_to_readers)
{
	struct view *views[2] = { self->before, self->after };
	long expected;
	int role, i;

	for (role = 0; role < ROLES; role++) {
		ASSERT_EQ(0, act(self, role, view_map, &self->after[role],
				 PROT_READ));
		expected = variant->row->maps_writable[role] ? 0 : -EACCES;
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, act(self, role, view_protect,
					 &views[i][role], PROT_READ));
			EXPECT_EQ(expected, act(self, role, view_protect,
						&views[i][role],
						PROT_READ | PROT_WRITE));
		}
	}
	for (i = 0; i < 2; i++)
		check_views(_metadata, self, variant->row->access, views[i],
			    view_read, view_write, -SIGSEGV);
	check_content(_metadata, self, variant->row->access);
}

TEST_F(access, handle_without_write_only_reads)
{
	uint32_t access[ROLES];
	int role;

	for (role = 0; role < ROLES; role++) {
		access[role] = variant->row->access[role] & SHMREGION_RIGHT_READ;
		EXPECT_EQ(-EACCES, act(self, role, view_map,
				       &self->reader[role],
				       PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, act(self, role, view_map, &self->reader[role],
				 PROT_READ));
		EXPECT_EQ(-EACCES, act(self, role, view_protect,
				       &self->reader[role],
				       PROT_READ | PROT_WRITE));
	}
	check_views(_metadata, self, access, self->reader, view_read,
		    view_write, -SIGSEGV);
	check_content(_metadata, self, variant->row->access);
}

/* A region that goes to another process, full of something. */
FIXTURE(moved)
{
	struct view mine, others;
	struct peer other;
};

FIXTURE_VARIANT(moved)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(moved, 4096) { .size = 4096 };
FIXTURE_VARIANT_ADD(moved, 64k) { .size = KIB(64) };
FIXTURE_VARIANT_ADD(moved, 2m) { .size = MIB(2) };
FIXTURE_VARIANT_ADD(moved, 3m_1) { .size = MIB(3) + 1 };
FIXTURE_VARIANT_ADD(moved, 64m) { .size = MIB(64) };

FIXTURE_SETUP(moved)
{
	self->mine.fd = make_region(variant->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->mine.fd);
	self->mine.size = variant->size;
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	fill_words(self->mine.memory, variant->size);
	ASSERT_EQ(0, hand_over(self->mine.fd, self->other.pid));
}

FIXTURE_TEARDOWN(moved)
{
	peer_stop(&self->other);
}

static long step_has_words(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return has_words(view->memory, view->size);
}

static long step_clear(void *data, long pid)
{
	struct view *view = data;

	memset(view->memory, 0, view->size);
	return hand_over(view->fd, pid);
}

TEST_F(moved, content_arrives_and_comes_back)
{
	EXPECT_EQ(1, peer_do(&self->other, step_has_words, &self->others, 0));
	EXPECT_EQ(0, peer_do(&self->other, step_clear, &self->others,
			     getpid()));
	EXPECT_EQ(1, view_holds(&self->mine, 0));
}

TEST_F(moved, no_page_of_it_is_left_behind)
{
	uint8_t *memory = self->mine.memory;
	size_t offset;

	for (offset = 0; offset < variant->size; offset += PAGE) {
		ASSERT_EQ(SIGSEGV, touch_read(memory + offset));
		ASSERT_EQ(memory + offset, touch_fault.address);
		ASSERT_EQ(SEGV_MAPERR, touch_fault.code);
		ASSERT_EQ(SIGSEGV, touch_write(memory + offset, 0));
		ASSERT_EQ(memory + offset, touch_fault.address);
		ASSERT_EQ(SEGV_MAPERR, touch_fault.code);
	}
	EXPECT_EQ(1, peer_do(&self->other, step_has_words, &self->others, 0));
}

/* Mappings of all shapes, of both kinds: WRITABLE's and UNSAFE's. */
FIXTURE(shape)
{
	int fd;
	size_t mapped;
	uint8_t *memory;
};

FIXTURE_VARIANT(shape)
{
	uint32_t mode;
	size_t size;
};

#define SHAPE(_mode, _name, _size)					\
	FIXTURE_VARIANT_ADD(shape, _mode##_##_name) {			\
		.mode = SHMREGION_MODE_##_mode,				\
		.size = _size,						\
	}

SHAPE(WRITABLE, 1, 1);
SHAPE(WRITABLE, 4095, 4095);
SHAPE(WRITABLE, 64k, KIB(64));
SHAPE(WRITABLE, 3m_1, MIB(3) + 1);
SHAPE(UNSAFE, 1, 1);
SHAPE(UNSAFE, 4095, 4095);
SHAPE(UNSAFE, 64k, KIB(64));
SHAPE(UNSAFE, 3m_1, MIB(3) + 1);

FIXTURE_SETUP(shape)
{
	self->fd = make_region(variant->size, variant->mode, 0);
	ASSERT_LE(0, self->fd);
	self->mapped = page_up(variant->size);
	self->memory = map_region(self->fd, variant->size,
				  PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(shape)
{
}

TEST_F(shape, all_of_the_last_page_is_zeroed_memory)
{
	size_t offset;

	for (offset = variant->size; offset < self->mapped; offset++) {
		ASSERT_EQ(0, touch_read(self->memory + offset));
		ASSERT_EQ(0, self->memory[offset]);
		ASSERT_EQ(0, touch_write(self->memory + offset, FILL));
	}
	EXPECT_TRUE(all_bytes(self->memory, variant->size, 0));
}

TEST_F(shape, two_mappings_show_the_same)
{
	uint8_t *second = map_region(self->fd, variant->size,
				     PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, second);
	ASSERT_NE(self->memory, second);
	memset(self->memory, 1, variant->size);
	EXPECT_TRUE(all_bytes(second, variant->size, 1));
	memset(second, 2, variant->size);
	EXPECT_TRUE(all_bytes(self->memory, variant->size, 2));

	/* Each is unmapped by itself. */
	ASSERT_EQ(0, munmap(self->memory, self->mapped));
	EXPECT_EQ(SIGSEGV, touch_read(self->memory));
	EXPECT_TRUE(all_bytes(second, variant->size, 2));
}

TEST_F(shape, mapping_at_an_offset_shows_that_part)
{
	size_t offset;
	uint8_t *part;

	for (offset = 0; offset < self->mapped; offset += PAGE)
		self->memory[offset] = offset / PAGE % 251;
	for (offset = 0; offset < self->mapped; offset += PAGE) {
		part = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			    self->fd, offset);
		ASSERT_NE(MAP_FAILED, part);
		ASSERT_EQ(offset / PAGE % 251, part[0]);
		part[1] = FILL;
		ASSERT_EQ(FILL, self->memory[offset + 1]);
		ASSERT_EQ(0, munmap(part, PAGE));
	}
}

TEST_F(shape, partial_unmap_leaves_the_rest)
{
	size_t hole = self->mapped / 2 & ~(PAGE - 1), offset;

	memset(self->memory, FILL, variant->size);
	ASSERT_EQ(0, munmap(self->memory + hole, PAGE));
	EXPECT_EQ(SIGSEGV, touch_read(self->memory + hole));
	EXPECT_EQ(SEGV_MAPERR, touch_fault.code);
	for (offset = 0; offset < self->mapped; offset += PAGE)
		if (offset != hole)
			ASSERT_EQ(FILL, self->memory[offset]);
}

TEST_F(shape, fixed_mapping_replaces_an_old_one)
{
	uint8_t *memory;

	memset(self->memory, FILL, variant->size);
	memory = mmap(self->memory, self->mapped, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->memory, memory);
	EXPECT_TRUE(all_bytes(memory, self->mapped, 0));

	memory = mmap(self->memory, self->mapped, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, self->fd, 0);
	ASSERT_EQ(self->memory, memory);
	EXPECT_TRUE(all_bytes(memory, variant->size, FILL));
}

TEST_HARNESS_MAIN
