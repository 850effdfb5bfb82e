// SPDX-License-Identifier: GPL-2.0-only
/*
 * Structured memory of libshmdev: types checked by the compiler, a single
 * writer, readers in other processes. What does not compile: compile-fail/.
 */
#include <stdatomic.h>
#include <sys/resource.h>

#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define POSITION_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)

SHMDEV_STRUCT(position, POSITION_MEMBERS);

#define FRAME_MEMBERS(member, array)		\
	member(uint32_t, width)			\
	member(uint32_t, height)		\
	member(_Atomic(uint64_t), shown)	\
	member(struct(position), origin)	\
	member(double, scale)			\
	array(char, name, 16)

SHMDEV_STRUCT(frame, FRAME_MEMBERS);

SHMDEV_VIEW(frames, struct(frame));
SHMDEV_VIEW(counter, _Atomic(uint32_t));
SHMDEV_VIEW(bytes, uint8_t);

/* Several pages, of which the last is not full. */
#define COUNT 300

static const struct frame initial = {
	.width = 640,
	.height = 480,
	.shown = 7,
	.origin = { -1, -2 },
	.scale = 0.5,
	.name = "initial",
};

static struct shmdev_region *make_object(size_t size, uint32_t mode)
{
	return shmdev_region_create(size, mode, 0, "selftest");
}

static const struct shmdev_region *region_of(struct frames_writer writer)
{
	return shmdev_writer_region(writer.base);
}

/* A handle for a reader. */
static struct shmdev_region *give(struct frames_writer writer)
{
	return shmdev_writer_duplicate_region(writer.base);
}

/* rows: C99 C101 W8 */
TEST(struct_has_no_padding_and_one_layout)
{
	EXPECT_EQ(8, offsetof(struct frame, shown));
	EXPECT_EQ(16, offsetof(struct frame, origin));
	EXPECT_EQ(24, offsetof(struct frame, scale));
	EXPECT_EQ(32, offsetof(struct frame, name));
	EXPECT_EQ(48, sizeof(struct frame));
}

/* A writer, a handle for readers, and another process. */
FIXTURE(array)
{
	struct frames_writer writer;
	struct shmdev_region *region;
	struct peer peer;
};

FIXTURE_SETUP(array)
{
	self->writer = frames_writer_create(COUNT, &initial, 0, "selftest");
	ASSERT_NE(NULL, self->writer.base);
	self->region = give(self->writer);
	ASSERT_NE(NULL, self->region);
	self->peer = peer_start();
}

FIXTURE_TEARDOWN(array)
{
	peer_stop(&self->peer);
	shmdev_region_free(self->region);
	frames_writer_free(self->writer);
}

/* rows: C90 */
TEST(created_zero_with_one_writer)
{
	struct frames_writer writer = frames_writer_create(COUNT, NULL, 0, "z");
	struct shmregion_info info;

	ASSERT_NE(NULL, writer.base);
	EXPECT_EQ(COUNT, shmdev_writer_count(writer.base));
	EXPECT_TRUE(all_bytes(frames_writer_span(writer, 0, COUNT),
			      COUNT * sizeof(struct frame), 0));
	ASSERT_EQ(0, shmdev_region_info(region_of(writer), &info));
	EXPECT_EQ(SHMREGION_MODE_READONLY, info.out_mode);
	EXPECT_EQ(getpid(), info.out_owner_pid);
	EXPECT_EQ(COUNT * sizeof(struct frame), info.out_region_size);
	frames_writer_at(writer, COUNT - 1)->width = 1;
	EXPECT_EQ(1, frames_writer_at(writer, COUNT - 1)->width);
	frames_writer_free(writer);
}

/* rows: C91 */
TEST_F(array, created_with_a_value_for_each_element)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		ASSERT_EQ(0, memcmp(&initial, frames_writer_at(self->writer, i),
				    sizeof(initial)));
}

static struct frames_reader reader;

static long step_open(void *region, long unused)
{
	(void)unused;
	reader = frames_reader_open(region);
	return reader.base ? 0 : -errno;
}

static long step_width(void *data, long index)
{
	const struct frame *frame = frames_reader_at(reader, index);

	(void)data;
	return frame ? (long)frame->width : -errno;
}

static long step_store(void *data, long index)
{
	const struct frame *frame = frames_reader_at(reader, index);

	(void)data;
	return touch_result(touch_write((void *)frame, 1), frame);
}

static long step_make_writable(void *data, long index)
{
	uintptr_t frame = (uintptr_t)frames_reader_at(reader, index);

	(void)data;
	return -errno_of(mprotect((void *)(frame / PAGE * PAGE), PAGE,
				  PROT_READ | PROT_WRITE));
}

/* rows: C90 C93 C94 */
TEST_F(array, reader_sees_what_is_written_and_cannot_write)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_open, self->region, 0));
	EXPECT_EQ(640, peer_do(&self->peer, step_width, NULL, COUNT - 1));
	frames_writer_at(self->writer, COUNT - 1)->width = 800;
	EXPECT_EQ(800, peer_do(&self->peer, step_width, NULL, COUNT - 1));
	EXPECT_EQ(-ERANGE, peer_do(&self->peer, step_width, NULL, COUNT));

	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_store, NULL, 0));
	EXPECT_EQ(-EACCES, peer_do(&self->peer, step_make_writable, NULL, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_store, NULL, 0));
	EXPECT_EQ(640, frames_writer_at(self->writer, 0)->width);
}

static long step_receive(void *sockets, long unused)
{
	int fd = receive_fd(((int *)sockets)[1]);
	struct shmdev_region *region;
	long ret;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_READONLY,
				     SHMREGION_RIGHT_READ, sizeof(struct frame),
				     0);
	ret = region ? step_open(region, unused) : -errno;
	shmdev_region_free(region);
	return ret;
}

/* rows: C93 C96 */
TEST(reader_opens_a_handle_that_it_was_sent)
{
	struct frames_writer writer;
	struct shmdev_region *region;
	struct peer peer;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	peer = peer_start();
	writer = frames_writer_create(COUNT, &initial, 0, NULL);
	region = give(writer);
	ASSERT_EQ(0, send_fd(sockets[0], shmdev_region_fd(region)));
	EXPECT_EQ(0, peer_do(&peer, step_receive, sockets, 0));
	EXPECT_EQ(640, peer_do(&peer, step_width, NULL, COUNT - 1));
	EXPECT_EQ(-SIGSEGV, peer_do(&peer, step_store, NULL, 0));
	peer_stop(&peer);
	shmdev_region_free(region);
	frames_writer_free(writer);
}

/* rows: C96 */
TEST_F(array, handles_for_readers_are_the_same_region_and_only_read)
{
	struct shmdev_region *again, *more;

	again = give(self->writer);
	ASSERT_NE(NULL, again);
	EXPECT_EQ(0, memcmp(shmdev_region_guid(self->region),
			    shmdev_region_guid(again), SHMREGION_GUID_SIZE));
	EXPECT_EQ(RIGHTS_RO, shmdev_region_rights(again));
	more = shmdev_region_duplicate(again, RIGHTS_RW);
	EXPECT_EQ(NULL, more);
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, shmdev_region_map(again, 0, PAGE,
					  SHMDEV_MAP_READ | SHMDEV_MAP_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, frames_writer_open(&again).base);
	EXPECT_EQ(EACCES, errno);
	ASSERT_NE(NULL, again);
	shmdev_region_free(again);
}

/* rows: C95 */
TEST_F(array, region_is_taken_once)
{
	struct shmdev_writer *writer = self->writer.base;
	struct shmdev_region *taken = shmdev_writer_take_region(writer);

	ASSERT_NE(NULL, taken);
	EXPECT_EQ(RIGHTS_RO, shmdev_region_rights(taken));
	EXPECT_EQ(NULL, shmdev_writer_take_region(writer));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, shmdev_writer_duplicate_region(writer));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, shmdev_writer_region(writer));
	EXPECT_EQ(EBADF, errno);

	ASSERT_EQ(0, peer_do(&self->peer, step_open, self->region, 0));
	frames_writer_at(self->writer, 0)->width = 800;
	EXPECT_EQ(800, peer_do(&self->peer, step_width, NULL, 0));
	shmdev_region_free(taken);
}

/* rows: C97 */
TEST_F(array, readers_keep_their_memory_when_the_writer_is_freed)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_open, self->region, 0));
	frames_writer_free(self->writer);
	self->writer.base = NULL;
	EXPECT_EQ(640, peer_do(&self->peer, step_width, NULL, COUNT - 1));
}

/* The region object may go before the reader. */
TEST_F(array, reader_does_not_need_the_region)
{
	struct frames_reader mine = frames_reader_open(self->region);

	ASSERT_NE(NULL, mine.base);
	shmdev_region_free(self->region);
	self->region = NULL;
	EXPECT_EQ(COUNT, shmdev_reader_count(mine.base));
	EXPECT_EQ(480, frames_reader_at(mine, COUNT - 1)->height);
	frames_reader_free(mine);
}

struct range {
	size_t first, count;
	int error;
};

static const struct range ranges[] = {
	{ 0, 1, 0 },
	{ 0, COUNT, 0 },
	{ COUNT - 1, 1, 0 },
	{ COUNT / 2, COUNT / 2, 0 },
	{ 0, 0, EINVAL },
	{ COUNT, 0, EINVAL },
	{ 0, COUNT + 1, ERANGE },
	{ 1, COUNT, ERANGE },
	{ COUNT, 1, ERANGE },
	{ COUNT - 1, 2, ERANGE },
	{ SIZE_MAX, 1, ERANGE },
	{ 1, SIZE_MAX, ERANGE },
	{ SIZE_MAX, SIZE_MAX, ERANGE },
	/* These wrap when multiplied by the size of an element. */
	{ SIZE_MAX / sizeof(struct frame) + 1, 1, ERANGE },
	{ 0, SIZE_MAX / sizeof(struct frame) + 1, ERANGE },
};

/* rows: C94 W8 */
TEST_F(array, spans_end_where_the_elements_end)
{
	struct frames_reader mine = frames_reader_open(self->region);
	const struct frame *frame;
	const struct range *range;
	size_t i;

	ASSERT_NE(NULL, mine.base);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		range = &ranges[i];
		errno = 0;
		frame = frames_reader_span(mine, range->first, range->count);
		EXPECT_EQ(range->error, errno);
		EXPECT_EQ(range->error ? NULL :
			  frames_reader_at(mine, 0) + range->first, frame);
		errno = 0;
		frame = frames_writer_span(self->writer, range->first,
					   range->count);
		EXPECT_EQ(range->error, errno);
		EXPECT_EQ(range->error ? NULL :
			  frames_writer_at(self->writer, 0) + range->first,
			  frame);
	}
	frames_reader_free(mine);
}

TEST_F(array, part_of_an_element_is_none)
{
	struct shmdev_region *region;
	struct frames_writer writer;

	region = make_object(3 * sizeof(struct frame) - 1,
			     SHMREGION_MODE_WRITABLE);
	writer = frames_writer_open(&region);
	ASSERT_NE(NULL, writer.base);
	EXPECT_EQ(2, shmdev_writer_count(writer.base));
	EXPECT_NE(NULL, frames_writer_at(writer, 1));
	EXPECT_EQ(NULL, frames_writer_at(writer, 2));
	EXPECT_EQ(ERANGE, errno);
	frames_writer_free(writer);
}

/* rows: C93 W7 */
TEST(reader_refuses_what_does_not_hold_an_element)
{
	struct shmdev_region *region;

	region = make_object(sizeof(struct frame) - 1, SHMREGION_MODE_WRITABLE);
	ASSERT_EQ(0, shmdev_region_freeze(region));
	EXPECT_EQ(NULL, frames_reader_open(region).base);
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_reader_open(region, SIZE_MAX));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_reader_open(region, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, frames_reader_open(NULL).base);
	EXPECT_EQ(EINVAL, errno);
	shmdev_region_free(region);
}

/* rows: C93 */
TEST(reader_refuses_a_region_that_others_can_write)
{
	static const uint32_t modes[] = {
		SHMREGION_MODE_WRITABLE, SHMREGION_MODE_UNSAFE,
	};
	struct shmdev_region *region;
	int i;

	for (i = 0; i < 2; i++) {
		region = make_object(PAGE, modes[i]);
		EXPECT_EQ(NULL, frames_reader_open(region).base);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(modes[i], shmdev_region_mode(region));
		shmdev_region_free(region);
	}
}

/* rows: C90 C91 */
TEST(create_refuses_wrong_sizes_and_labels)
{
	int fds = count_fds();

	EXPECT_EQ(NULL, frames_writer_create(0, NULL, 0, NULL).base);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_writer_create(0, 1, NULL, 0, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, frames_writer_create(SIZE_MAX, NULL, 0, NULL).base);
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(NULL, bytes_writer_create(SIZE_MAX, NULL, 0, NULL).base);
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(NULL, bytes_writer_create(1, NULL, 0, "\n").base);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, bytes_writer_create(1, NULL, ~0U, NULL).base);
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(fds, count_fds());
}

TEST(writer_takes_a_region_with_its_content)
{
	struct shmdev_region *region = make_object(PAGE,
						   SHMREGION_MODE_WRITABLE);
	struct bytes_writer writer;
	struct shmdev_mapping *mapping;

	mapping = shmdev_region_map(region, 0, PAGE,
				    SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	ASSERT_NE(NULL, mapping);
	memset(shmdev_mapping_data_writable(mapping), 0x5a, PAGE);

	writer = bytes_writer_open(&region);
	ASSERT_NE(NULL, writer.base);
	EXPECT_EQ(NULL, region);
	EXPECT_EQ(PAGE, shmdev_writer_count(writer.base));
	EXPECT_TRUE(all_bytes(bytes_writer_span(writer, 0, PAGE), PAGE, 0x5a));
	EXPECT_EQ(SHMREGION_MODE_READONLY,
		  shmdev_region_mode(shmdev_writer_region(writer.base)));
	bytes_writer_free(writer);
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

static int none(const struct shmdev_region *region)
{
	(void)region;
	return 0;
}

struct refusal {
	uint32_t mode;
	uint32_t flags;
	int (*prepare)(const struct shmdev_region *region);
	int error;
};

static const struct refusal refusals[] = {
	{ SHMREGION_MODE_UNSAFE, 0, none, EINVAL },
	{ SHMREGION_MODE_WRITABLE, 0, shmdev_region_share, EINVAL },
	{ SHMREGION_MODE_WRITABLE, 0, shmdev_region_release, EPERM },
	{ SHMREGION_MODE_WRITABLE, 0, shmdev_region_freeze, EACCES },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_CONTROLLED,
	  shmdev_region_destroy, ENODEV },
};

TEST(writer_refuses_a_region_that_it_does_not_own)
{
	struct shmdev_region *region, *same;
	const struct refusal *refusal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		refusal = &refusals[i];
		region = shmdev_region_create(PAGE, refusal->mode,
					      refusal->flags, "selftest");
		ASSERT_NE(NULL, region);
		ASSERT_EQ(0, refusal->prepare(region));
		same = region;
		EXPECT_EQ(NULL, bytes_writer_open(&region).base);
		EXPECT_EQ(refusal->error, errno);
		EXPECT_EQ(same, region);
		shmdev_region_free(region);
	}
	EXPECT_EQ(NULL, bytes_writer_open(NULL).base);
	EXPECT_EQ(EINVAL, errno);
	region = NULL;
	EXPECT_EQ(NULL, bytes_writer_open(&region).base);
	EXPECT_EQ(EINVAL, errno);
}

static struct frames_writer second_writer;

static long step_attach(void *region, long unused)
{
	(void)unused;
	return -errno_of(shmdev_region_attach(region, NULL));
}

static long step_write_as_owner(void *region, long width)
{
	struct shmdev_region *mine = region;

	second_writer = frames_writer_open(&mine);
	if (!second_writer.base)
		return -errno;
	frames_writer_at(second_writer, 0)->width = width;
	return shmdev_region_mode(region_of(second_writer));
}

/* The writer's role moves with the ownership. */
TEST_F(array, new_owner_writes_and_the_old_one_cannot)
{
	struct frames_reader mine = frames_reader_open(self->region);
	struct shmdev_region *whole;

	ASSERT_NE(NULL, mine.base);
	whole = shmdev_region_duplicate(region_of(self->writer), RIGHTS_RW);
	ASSERT_NE(NULL, whole);
	peer_stop(&self->peer);
	self->peer = peer_start();
	EXPECT_EQ(-EACCES, peer_do(&self->peer, step_write_as_owner, whole, 1));
	ASSERT_EQ(0, peer_do(&self->peer, step_attach, whole, 0));
	ASSERT_EQ(0, shmdev_region_transfer(region_of(self->writer),
					    shmdev_by_pid(self->peer.pid)));
	EXPECT_EQ(SHMREGION_MODE_READONLY,
		  peer_do(&self->peer, step_write_as_owner, whole, 800));
	EXPECT_EQ(800, frames_reader_at(mine, 0)->width);
	EXPECT_EQ(SIGSEGV, touch_write(frames_writer_at(self->writer, 0), 1));
	EXPECT_EQ(800, frames_reader_at(mine, 0)->width);
	frames_reader_free(mine);
	shmdev_region_free(whole);
}

static long step_touch(void *data, long index)
{
	(void)data;
	return touch_read(frames_reader_at(reader, index));
}

/* A writer that can put readers out. They trust it, and open by themselves. */
TEST(controlled_array_has_the_readers_that_its_writer_lets_in)
{
	struct frames_writer writer;
	struct shmdev_region *region;
	struct peer peer;

	writer = frames_writer_create(COUNT, &initial,
				      SHMREGION_CREATE_CONTROLLED, "control");
	ASSERT_NE(NULL, writer.base);
	region = give(writer);
	ASSERT_NE(NULL, region);
	peer = peer_start();
	ASSERT_EQ(0, peer_do(&peer, step_open, region, 0));
	EXPECT_EQ(640, peer_do(&peer, step_width, NULL, 0));
	ASSERT_EQ(0, shmdev_region_limit_others(region_of(writer), 0));
	EXPECT_EQ(SIGSEGV, peer_do(&peer, step_touch, NULL, 0));
	frames_writer_at(writer, 0)->width = 800;
	ASSERT_EQ(0, shmdev_region_limit(region_of(writer),
					 shmdev_by_pid(peer.pid), RIGHTS_RO));
	EXPECT_EQ(800, peer_do(&peer, step_width, NULL, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&peer, step_store, NULL, 0));
	peer_stop(&peer);
	shmdev_region_free(region);
	frames_writer_free(writer);
}

TEST_F(array, frozen_content_is_final)
{
	struct frames_reader mine = frames_reader_open(self->region);

	ASSERT_EQ(0, shmdev_region_freeze(region_of(self->writer)));
	EXPECT_EQ(SIGSEGV, touch_write(frames_writer_at(self->writer, 0), 1));
	EXPECT_EQ(640, frames_writer_at(self->writer, 0)->width);
	EXPECT_EQ(640, frames_reader_at(mine, 0)->width);
	frames_reader_free(mine);
}

/* Readers have the same memory at the other address. */
TEST_F(array, reading_address_is_the_same_memory)
{
	struct shmdev_writer *writer = self->writer.base;
	struct frame *frame = frames_writer_at(self->writer, COUNT - 1);
	const struct frame *same;

	same = shmdev_writer_reading_address(writer, frame, sizeof(*frame));
	ASSERT_NE(NULL, same);
	EXPECT_NE(frame, same);
	frame->width = 800;
	EXPECT_EQ(800, same->width);
	EXPECT_EQ(SIGSEGV, touch_write((void *)same, 1));

	EXPECT_EQ(NULL, shmdev_writer_reading_address(writer, frame,
						      sizeof(*frame) + 1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_writer_reading_address(writer, frame, SIZE_MAX));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_writer_reading_address(writer, frame + 1, 1));
	EXPECT_EQ(ERANGE, errno);
	frame = frames_writer_at(self->writer, 0);
	EXPECT_EQ(NULL, shmdev_writer_reading_address(writer, (char *)frame - 1,
						      1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_writer_reading_address(writer, frame, 0));
	EXPECT_EQ(EINVAL, errno);
}

#define ROUNDS 20000

/* The payload is not newer than the count says, nor does the count go back. */
static long step_count_up(void *region, long last)
{
	struct counter_reader counter = counter_reader_open(region);
	const _Atomic(uint32_t) *published, *payload;
	uint32_t seen = 0, now;

	if (!counter.base)
		return -errno;
	published = counter_reader_at(counter, 0);
	payload = counter_reader_at(counter, 1);
	while (seen < last) {
		now = atomic_load_explicit(published, memory_order_acquire);
		if (now < seen ||
		    atomic_load_explicit(payload, memory_order_relaxed) < now)
			return -EILSEQ;
		seen = now;
	}
	counter_reader_free(counter);
	return seen;
}

/* rows: C98 C100 */
TEST(atomics_are_seen_in_order_by_another_process)
{
	struct counter_writer counter = counter_writer_create(2, NULL, 0, NULL);
	struct shmdev_region *region;
	struct peer peer;
	uint32_t i;

	ASSERT_NE(NULL, counter.base);
	region = shmdev_writer_duplicate_region(counter.base);
	ASSERT_NE(NULL, region);
	peer = peer_start();
	peer_begin(&peer, step_count_up, region, ROUNDS);
	for (i = 1; i <= ROUNDS; i++) {
		atomic_store_explicit(counter_writer_at(counter, 1), i,
				      memory_order_relaxed);
		atomic_store_explicit(counter_writer_at(counter, 0), i,
				      memory_order_release);
	}
	EXPECT_EQ(ROUNDS, peer_finish(&peer));
	peer_stop(&peer);
	shmdev_region_free(region);
	counter_writer_free(counter);
}

/* rows: C94 */
TEST(no_object_is_an_error_and_no_crash)
{
	const struct frames_writer no_writer = { NULL };
	const struct frames_reader no_reader = { NULL };

	frames_writer_free(no_writer);
	frames_reader_free(no_reader);
	EXPECT_EQ(0, shmdev_writer_count(NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shmdev_reader_count(NULL));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, frames_writer_at(no_writer, 0));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, frames_reader_at(no_reader, 0));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, shmdev_writer_region(NULL));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, shmdev_writer_duplicate_region(NULL));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, shmdev_writer_take_region(NULL));
	EXPECT_EQ(EINVAL, errno);
	errno = 0;
	EXPECT_EQ(NULL, shmdev_writer_reading_address(NULL, NULL, 1));
	EXPECT_EQ(EINVAL, errno);
}

/* How many mappings of regions the process has. */
static int count_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "shmregion");
	fclose(file);
	return count;
}

static int lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

static void limit_fds(struct __test_metadata *_metadata, int count)
{
	struct rlimit limit;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = count;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
}

/* Without a file descriptor for the device, for the region, for a reader's. */
TEST(failing_leaves_nothing_behind)
{
	struct shmdev_region *region = make_object(PAGE,
						   SHMREGION_MODE_WRITABLE);
	int none_free = lowest_free_fd();
	int fds = count_fds(), maps = count_maps();

	ASSERT_LT(none_free, shmdev_region_fd(region));
	limit_fds(_metadata, shmdev_region_fd(region) + 1);
	EXPECT_EQ(NULL, frames_writer_create(1, NULL, 0, NULL).base);
	EXPECT_EQ(EMFILE, errno);

	limit_fds(_metadata, none_free);
	EXPECT_EQ(NULL, frames_writer_create(1, NULL, 0, NULL).base);
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(NULL, frames_writer_open(&region).base);
	EXPECT_EQ(EMFILE, errno);
	ASSERT_NE(NULL, region);
	EXPECT_EQ(NULL, frames_reader_open(region).base);
	EXPECT_EQ(EMFILE, errno);

	limit_fds(_metadata, 1024);
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(maps, count_maps());
	shmdev_region_free(region);
}

TEST(freeing_leaves_nothing_behind)
{
	int fds = count_fds(), maps = count_maps(), i;
	struct frames_reader mine;
	struct frames_writer writer;
	struct shmdev_region *region;

	for (i = 0; i < 100; i++) {
		writer = frames_writer_create(COUNT, &initial, 0, NULL);
		region = shmdev_writer_take_region(writer.base);
		mine = frames_reader_open(region);
		ASSERT_NE(NULL, mine.base);
		EXPECT_LT(fds, count_fds());
		EXPECT_LT(maps, count_maps());
		frames_reader_free(mine);
		shmdev_region_free(region);
		frames_writer_free(writer);
	}
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(maps, count_maps());
}

TEST_HARNESS_MAIN
