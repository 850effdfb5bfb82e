// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of libshmdev between two processes that both keep the rules, and
 * what the library refuses to do for its own user. A peer that keeps none is in
 * lib_channel_hostile_test.c.
 */
#include "lib_channel.h"
#include <poll.h>
#include "harness.h"

#define ROUNDS 1000

FIXTURE(channel)
{
	struct peer peer;
	struct shmdev_shmem *shmem;
};

FIXTURE_SETUP(channel)
{
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, be_side, NULL, 1));
}

FIXTURE_TEARDOWN(channel)
{
	peer_stop(&self->peer);
	shmdev_channel_close(my.channel);
}

static int count_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	int lines = 0, c;

	if (!file)
		return -1;
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* rows: C115 M1 M4 M7 M8 M9 M10 M15 M26 M82 W20 W22 W32 */
TEST_F(channel, sender_loses_what_it_sends)
{
	struct shmdev_shmem *copy;
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc(my.channel, 5000);
	ASSERT_NE(NULL, self->shmem);
	copy = self->shmem;
	EXPECT_EQ(5000, shmdev_shmem_size(copy));
	EXPECT_FALSE(shmdev_shmem_is_unsafe(copy));
	memory = shmdev_shmem_data(copy);
	ASSERT_NE(NULL, memory);
	EXPECT_TRUE(all_bytes(memory, 5000, 0));
	memory[0] = 7;

	ASSERT_EQ(0, shmdev_channel_send(my.channel, "bytes", 6, &self->shmem,
					 1));
	EXPECT_EQ(NULL, self->shmem);
	/* Whether the peer has read the message or not. */
	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	/* A copy of the pointer is good for nothing. */
	EXPECT_EQ(NULL, shmdev_shmem_data(copy));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(EPERM, errno_of(send_one(my.channel, &copy)));
	EXPECT_EQ(EPERM, errno_of(shmdev_channel_dealloc(my.channel, &copy)));

	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(7, peer_do(&self->peer, step_first_byte, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 8));

	/* This side is the owner then, but has not been told. */
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	EXPECT_EQ(NULL, shmdev_shmem_data(copy));
	EXPECT_EQ(EPERM, errno_of(send_one(my.channel, &copy)));
	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(1, my.message.count);
	EXPECT_EQ(copy, my.shmem);
	EXPECT_EQ(memory, shmdev_shmem_data(my.shmem));
	EXPECT_EQ(8, memory[0]);
	EXPECT_FALSE(shmdev_shmem_owner_died(my.shmem));
}

/* rows: M5 M6 */
TEST_F(channel, peer_has_no_access_before_it_is_sent)
{
	struct shmregion_info info;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	ASSERT_EQ(0, shmdev_channel_send(my.channel, NULL, 0, NULL, 0));
	/* The peer has read the allocation and maps the region. */
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_id, NULL, 0));
	ASSERT_EQ(0, shmdev_region_info(self->shmem->region, &info));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info.out_writers);
	EXPECT_EQ(RIGHTS_RW, info.out_rights);
}

/* Touch what the other side allocated, here or not. */
static long step_touch_by_id(void *data, long id)
{
	const struct shmdev_shmem *shmem;

	(void)data;
	shmem = shmdev_table_find(&my.channel->table, id);
	if (!shmem)
		return -ENOENT;
	return -touch_read(shmdev_mapping_data(shmem->mapping));
}

/* rows: M5 M6 */
TEST_F(channel, mapped_memory_cannot_be_touched_before_it_is_received)
{
	uint64_t id;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	id = shmdev_shmem_id(self->shmem);
	EXPECT_EQ(-ENOENT, peer_do(&self->peer, step_touch_by_id, NULL, id));
	/* The allocation is read with the first message. */
	ASSERT_EQ(0, shmdev_channel_send(my.channel, NULL, 0, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_touch_by_id, NULL, id));
	/* Sent, but not yet received. */
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_touch_by_id, NULL, id));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_touch_by_id, NULL, id));
}

/* rows: M14 M18 */
TEST_F(channel, typed_access_checks_size_and_alignment)
{
	const struct shmdev_shmem *shmem;
	const size_t size = 4099;
	uint32_t *numbers;
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc(my.channel, size);
	ASSERT_NE(NULL, self->shmem);
	shmem = self->shmem;
	memory = shmdev_shmem_data(shmem);
	ASSERT_EQ(size, shmdev_shmem_size(shmem));

	/* 4099 bytes are 1024 numbers; the last three bytes are none. */
	numbers = shmdev_memory_span(memory, size, uint32_t, 0, 1024);
	ASSERT_EQ((void *)memory, numbers);
	numbers[1023] = 1;
	EXPECT_EQ(1, memory[4092]);
	EXPECT_EQ(NULL, shmdev_memory_span(memory, size, uint32_t, 0, 1025));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_memory_span(memory, size, uint32_t, 4096, 1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_memory_span(memory, size, uint32_t, 3, 1024));
	EXPECT_EQ(EFAULT, errno);

	/* What is not here has no elements. */
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	EXPECT_EQ(NULL, shmdev_memory_span(shmdev_shmem_data(shmem), size,
					   uint32_t, 0, 1));
	EXPECT_EQ(EINVAL, errno);
}

/* rows: M16 */
TEST_F(channel, shmems_are_told_apart)
{
	struct shmdev_shmem *one, *two;
	uint64_t ids[2];

	one = shmdev_channel_alloc(my.channel, PAGE);
	two = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, two);
	ids[0] = shmdev_shmem_id(one);
	ids[1] = shmdev_shmem_id(two);
	EXPECT_NE(ids[0], ids[1]);
	EXPECT_NE(shmdev_shmem_data(one), shmdev_shmem_data(two));
	self->shmem = two;

	/* Each comes back as what it was, and not as the other one. */
	peer_begin(&self->peer, step_echo, NULL, 2);
	ASSERT_EQ(0, send_one(my.channel, &two));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(self->shmem, my.shmem);
	EXPECT_EQ(ids[1], shmdev_shmem_id(my.shmem));
	self->shmem = one;
	ASSERT_EQ(0, send_one(my.channel, &one));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(self->shmem, my.shmem);
	EXPECT_EQ(ids[0], shmdev_shmem_id(my.shmem));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

/* Whole pages are mapped: write to them all. */
static long step_fill_pages(void *data, long value)
{
	uint8_t *memory = shmdev_shmem_data(my.shmem);

	(void)data;
	if (!memory)
		return -errno;
	memset(memory, value, page_up(shmdev_shmem_size(my.shmem)));
	return shmdev_shmem_size(my.shmem);
}

/* rows: M30 */
TEST_F(channel, size_is_not_in_shared_memory)
{
	const size_t size = PAGE + 8;

	self->shmem = shmdev_channel_alloc(my.channel, size);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_TRUE(all_bytes(shmdev_shmem_data(self->shmem), page_up(size),
			      0));
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ((long)size, peer_do(&self->peer, step_fill_pages, NULL,
				      0xff));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));

	ASSERT_EQ(0, receive(my.channel));
	EXPECT_TRUE(all_bytes(shmdev_shmem_data(my.shmem), page_up(size),
			      0xff));
	EXPECT_EQ(size, shmdev_shmem_size(my.shmem));
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
}

/* rows: M4 M7 M11 */
TEST_F(channel, thousand_rounds_cost_no_handle_and_no_mapping)
{
	int fds, maps, round;
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc(my.channel, MIB(1));
	ASSERT_NE(NULL, self->shmem);
	memory = shmdev_shmem_data(self->shmem);
	peer_begin(&self->peer, step_echo, NULL, ROUNDS + 1);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, receive(my.channel));
	fds = count_fds();
	maps = count_maps();
	EXPECT_EQ(1, count_region_maps());
	for (round = 0; round < ROUNDS; round++) {
		memory[0] = round;
		ASSERT_EQ(0, send_one(my.channel, &my.shmem));
		ASSERT_EQ(0, receive(my.channel));
		ASSERT_EQ(memory, shmdev_shmem_data(my.shmem));
		ASSERT_EQ((uint8_t)round, memory[0]);
	}
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(maps, count_maps());
	EXPECT_EQ(1, count_region_maps());
}

static uint64_t generation_of_shmem(const struct shmdev_shmem *shmem)
{
	return generation_of(shmdev_region_fd(shmem->region));
}

/* A release and an acquire would be two changes of owner for each message. */
TEST_F(channel, known_region_is_transferred)
{
	uint64_t generation;
	int round;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	peer_begin(&self->peer, step_echo, NULL, 4);
	/* Once there the peer is unknown, and back this side is known. */
	generation = generation_of_shmem(self->shmem);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(generation + 3, generation_of_shmem(my.shmem));
	for (round = 0; round < 3; round++) {
		generation = generation_of_shmem(my.shmem);
		ASSERT_EQ(0, send_one(my.channel, &my.shmem));
		ASSERT_EQ(0, receive(my.channel));
		EXPECT_EQ(generation + 2, generation_of_shmem(my.shmem));
	}
	EXPECT_EQ(0, peer_finish(&self->peer));
}

/* Acquires whenever it can, until there is something to read. */
static long step_snatch(void *data, long fd)
{
	struct pollfd poll_fd = { .fd = *(int *)data, .events = POLLIN };
	long count = 0;

	while (poll(&poll_fd, 1, 0) == 0)
		count += !shmdev_raw_acquire(fd, SHMREGION_ACQUIRE_NOWAIT, 0,
					     NULL, NULL);
	return count;
}

TEST_F(channel, process_with_a_handle_cannot_step_in)
{
	struct peer thief;
	int stop[2], round;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	peer_begin(&self->peer, step_echo, NULL, ROUNDS + 1);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, receive(my.channel));

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, stop));
	thief = peer_start();
	peer_begin(&thief, step_snatch, &stop[0],
		   shmdev_region_fd(my.shmem->region));
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, send_one(my.channel, &my.shmem));
		ASSERT_EQ(0, receive(my.channel));
	}
	EXPECT_EQ(0, peer_finish(&self->peer));
	ASSERT_EQ(1, write(stop[1], "", 1));
	EXPECT_EQ(0, peer_finish(&thief));
	peer_stop(&thief);
	close(stop[0]);
	close(stop[1]);
}

TEST_F(channel, shmem_is_made_as_asked_for)
{
	struct shmregion_info info;

	EXPECT_EQ(NULL, shmdev_channel_alloc_with(my.channel, 1,
						  SHMREGION_MODE_WRITABLE,
						  SHMREGION_CREATE_CONTROLLED));
	EXPECT_EQ(EINVAL, errno);
	self->shmem = shmdev_channel_alloc_with(my.channel, 1,
						SHMREGION_MODE_WRITABLE,
						SHMREGION_CREATE_HUGE |
						SHMREGION_CREATE_POPULATE);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_FALSE(shmdev_shmem_is_unsafe(self->shmem));
	EXPECT_EQ(1, shmdev_shmem_size(self->shmem));
	ASSERT_EQ(0, shmdev_region_info(self->shmem->region, &info));
	EXPECT_EQ(info.out_capacity, info.out_allocated);
	EXPECT_EQ(info.out_capacity,
		  shmdev_mapping_mapped_size(self->shmem->mapping));
	/* It is handed over like any other. */
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_first_byte, NULL, 0));
	self->shmem = shmdev_channel_alloc_with(my.channel, 1,
						SHMREGION_MODE_UNSAFE, 0);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_TRUE(shmdev_shmem_is_unsafe(self->shmem));
}

/* rows: M19 M20 W24 */
TEST_F(channel, dealloc_frees_both_sides)
{
	int fds = count_fds();

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_EQ(fds + 1, count_fds());
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_dealloc, NULL, 0));
	EXPECT_EQ(-EINVAL, peer_do(&self->peer, step_dealloc, NULL, 0));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							  &my.message)));
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(0, count_region_maps());
}

/* rows: M22 W24 */
TEST_F(channel, ids_never_collide_and_never_return)
{
	long theirs;
	uint64_t id;

	self->shmem = shmdev_channel_alloc(my.channel, 1);
	ASSERT_NE(NULL, self->shmem);
	id = shmdev_shmem_id(self->shmem);
	ASSERT_EQ(0, peer_do(&self->peer, step_alloc, NULL, 1));
	theirs = peer_do(&self->peer, step_id, NULL, 0);
	EXPECT_NE((long)id, theirs);
	EXPECT_NE(0, (uint64_t)theirs & ID_HALF);
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &self->shmem));
	self->shmem = shmdev_channel_alloc(my.channel, 1);
	EXPECT_EQ(id + 1, shmdev_shmem_id(self->shmem));
}

/* rows: M23 */
TEST_F(channel, same_id_in_two_channels_is_two_shmems)
{
	struct shmdev_shmem *foreign;
	struct shmdev_channel *other;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	other = shmdev_channel_create(sockets[0], SHMDEV_CHANNEL_FIRST, NULL);
	ASSERT_NE(NULL, other);
	foreign = shmdev_channel_alloc(other, PAGE);
	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_NE(NULL, foreign);
	ASSERT_NE(NULL, self->shmem);
	ASSERT_EQ(shmdev_shmem_id(foreign), shmdev_shmem_id(self->shmem));

	*(uint8_t *)shmdev_shmem_data(foreign) = 1;
	*(uint8_t *)shmdev_shmem_data(self->shmem) = 2;
	/* The peer gets what was allocated on its channel. */
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));
	EXPECT_EQ(1, byte_at(shmdev_shmem_data(foreign)));
	/* The end of one channel is not that of the other. */
	shmdev_channel_close(other);
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));
	close(sockets[1]);
}

/* rows: M12 M13 M17 M23 W23 */
TEST_F(channel, wrong_arguments_change_nothing)
{
	struct shmdev_channel *channel = my.channel;
	struct shmdev_shmem *shmems[SHMDEV_CHANNEL_MAX_SHMEMS + 1] = { NULL };
	struct shmdev_shmem *foreign, *none = NULL;
	struct shmdev_channel *other;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	other = shmdev_channel_create(sockets[0], SHMDEV_CHANNEL_FIRST, NULL);
	ASSERT_NE(NULL, other);
	foreign = shmdev_channel_alloc(other, PAGE);
	self->shmem = shmdev_channel_alloc(channel, PAGE);
	ASSERT_NE(NULL, foreign);
	ASSERT_NE(NULL, self->shmem);

	EXPECT_EQ(EINVAL, errno_of(send_one(channel, &foreign)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_dealloc(channel, &foreign)));
	EXPECT_EQ(EINVAL, errno_of(send_one(channel, &none)));
	EXPECT_EQ(EINVAL, errno_of(send_one(NULL, &self->shmem)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_send(channel, NULL, 1, NULL,
						       0)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_send(channel, NULL, 0, NULL,
						       1)));
	shmems[0] = self->shmem;
	shmems[1] = self->shmem;
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_send(channel, NULL, 0, shmems,
						       2)));
	shmems[1] = foreign;
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_send(channel, NULL, 0, shmems,
						       2)));
	EXPECT_EQ(EMSGSIZE,
		  errno_of(shmdev_channel_send(channel, NULL, 0, shmems,
					       SHMDEV_CHANNEL_MAX_SHMEMS + 1)));
	EXPECT_EQ(EMSGSIZE,
		  errno_of(shmdev_channel_send(channel, my.bytes,
					       SHMDEV_CHANNEL_MAX_BYTES + 1,
					       shmems, 1)));
	EXPECT_EQ(ENOENT, errno_of(shmdev_channel_reply(channel, 1, NULL, 0,
							NULL, 0)));
	EXPECT_EQ(NULL, shmdev_channel_alloc(channel, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_channel_recover(channel));
	EXPECT_EQ(EBUSY, errno);

	/* All is as it was. */
	EXPECT_NE(NULL, foreign);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(foreign), 1));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(self->shmem), 1));
	EXPECT_EQ(0, send_one(channel, &self->shmem));
	EXPECT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(1, peer_do(&self->peer, step_first_byte, NULL, 0));
	shmdev_channel_close(other);
	close(sockets[1]);
}

/* rows: M17 */
TEST(null_is_the_empty_object)
{
	struct shmdev_channel_message message;
	struct shmdev_shmem *none = NULL;

	EXPECT_EQ(NULL, shmdev_shmem_data(NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shmdev_shmem_size(NULL));
	EXPECT_EQ(0, shmdev_shmem_id(NULL));
	EXPECT_FALSE(shmdev_shmem_is_unsafe(NULL));
	EXPECT_FALSE(shmdev_shmem_owner_died(NULL));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_fd(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_wait_readable(NULL, 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_wait_writable(NULL, 1)));
	EXPECT_EQ(NULL, shmdev_channel_alloc(NULL, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_channel_alloc_unsafe(NULL, 1));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_dealloc(NULL, &none)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_receive(NULL, NULL, 0,
							  &message)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_call(NULL, NULL, 0, NULL, 0,
						       NULL, 0, &message, 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_reply(NULL, 1, NULL, 0, NULL,
							0)));
	EXPECT_EQ(NULL, shmdev_channel_recover(NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_channel_close(NULL);
}

TEST(only_connected_sockets_of_the_right_kind)
{
	struct shmdev_channel_limits limits = { .peer_regions = 1 };
	int stream[2], packets[2], alone, file;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets));
	alone = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	file = open("/proc/self/stat", O_RDONLY);

	EXPECT_EQ(NULL, shmdev_channel_create(stream[0], 1, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(alone, 1, NULL));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(file, 1, NULL));
	EXPECT_EQ(ENOTSOCK, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(-1, 1, NULL));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(packets[0], 0, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(packets[0], 3, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_channel_create(packets[0], 1, &limits));
	EXPECT_EQ(EINVAL, errno);
	/* Still the caller's. */
	EXPECT_EQ(0, fcntl(packets[0], F_GETFD));
}

static long step_send_bytes(void *data, long length)
{
	return minus_errno(shmdev_channel_send(my.channel, data, length, NULL,
					       0));
}

/* Not before this side waits. */
static long step_send_to_who_sleeps(void *data, long pid)
{
	return wait_until_asleep(pid) ? step_send_bytes(data, 3) : -ETIME;
}

static int receive_wait(uint64_t deadline_ns)
{
	return shmdev_channel_receive_wait(my.channel, my.bytes,
					   sizeof(my.bytes), &my.message,
					   deadline_ns);
}

TEST_F(channel, receive_waits_for_as_long_as_it_is_told)
{
	EXPECT_EQ(ETIMEDOUT, errno_of(receive_wait(shmdev_deadline_after(0))));
	EXPECT_EQ(ETIMEDOUT,
		  errno_of(receive_wait(shmdev_deadline_after(1000000))));
	/* What is there is received also when it is late. */
	ASSERT_EQ(0, peer_do(&self->peer, step_send_bytes, "abc", 3));
	EXPECT_EQ(0, receive_wait(shmdev_deadline_after(0)));
	EXPECT_EQ(3, my.message.length);

	peer_begin(&self->peer, step_send_to_who_sleeps, "abc", getpid());
	EXPECT_EQ(0, receive_wait(SHMREGION_NO_DEADLINE));
	EXPECT_EQ(0, peer_finish(&self->peer));
	peer_begin(&self->peer, step_send_to_who_sleeps, "abc", getpid());
	EXPECT_EQ(0, receive_wait(INT64_MAX));
	EXPECT_EQ(0, peer_finish(&self->peer));
	/* That the program's own loop does not block is no reason. */
	ASSERT_EQ(0, fcntl(shmdev_channel_fd(my.channel), F_SETFL, O_NONBLOCK));
	peer_begin(&self->peer, step_send_to_who_sleeps, "abc", getpid());
	EXPECT_EQ(0, receive_wait(SHMREGION_NO_DEADLINE));
	EXPECT_EQ(0, peer_finish(&self->peer));

	peer_kill(&self->peer);
	EXPECT_EQ(EPIPE, errno_of(receive_wait(SHMREGION_NO_DEADLINE)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_receive_wait(NULL, NULL, 0,
							       &my.message, 0)));
}

TEST_F(channel, message_waits_for_a_buffer_that_is_large_enough)
{
	static const char text[] = "twelve bytes";

	ASSERT_EQ(0, peer_do(&self->peer, step_send_bytes,
			     (void *)text, 12));
	EXPECT_EQ(EMSGSIZE, errno_of(shmdev_channel_receive(my.channel, my.bytes,
							    11, &my.message)));
	EXPECT_EQ(12, my.message.length);
	EXPECT_EQ(EINVAL, errno_of(shmdev_channel_receive(my.channel, NULL, 12,
							  &my.message)));
	/* One that is not in the socket any more, but is readable. */
	EXPECT_EQ(0, shmdev_channel_wait_readable(my.channel, 1));
	EXPECT_EQ(0, shmdev_channel_receive(my.channel, my.bytes, 12,
					    &my.message));
	EXPECT_EQ(0, memcmp(text, my.bytes, 12));
	EXPECT_EQ(SHMDEV_CHANNEL_MESSAGE, my.message.kind);
	EXPECT_EQ(0, my.message.serial);
	EXPECT_EQ(0, my.message.count);
}

TEST_F(channel, nothing_blocks)
{
	struct pollfd poll_fd = {
		.fd = shmdev_channel_fd(my.channel),
		.events = POLLIN | POLLOUT,
	};
	struct shmdev_shmem *one;

	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							  &my.message)));
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_wait_readable(my.channel,
								   1)));
	one = shmdev_channel_alloc(my.channel, PAGE);
	self->shmem = one;
	while (shmdev_channel_send(my.channel, my.bytes, 30000, NULL, 0) == 0)
		;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_wait_writable(my.channel,
								   1)));

	/* Not sent, so nothing has changed. */
	EXPECT_EQ(EAGAIN, errno_of(send_one(my.channel, &self->shmem)));
	EXPECT_EQ(one, self->shmem);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(one), 1));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_call(my.channel, NULL, 0,
						       &self->shmem, 1, NULL, 0,
						       &my.message, 0)));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_dealloc(my.channel,
							  &self->shmem)));
	EXPECT_EQ(one, self->shmem);
	EXPECT_EQ(NULL, shmdev_channel_alloc(my.channel, 1));
	EXPECT_EQ(EAGAIN, errno);

	/* With space again all of it works. */
	do {
		ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	} while (poll(&poll_fd, 1, 0) == 0);
	EXPECT_EQ(POLLOUT, poll_fd.revents);
	EXPECT_EQ(0, shmdev_channel_wait_writable(my.channel, 1));
	EXPECT_EQ(0, send_one(my.channel, &self->shmem));
}

static void on_alarm(int signal)
{
	(void)signal;
}

static long step_signal(void *data, long pid)
{
	(void)data;
	return wait_until_asleep(pid) ? kill(pid, SIGUSR1) : -ESRCH;
}

TEST_F(channel, signal_ends_a_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGUSR1, &action, NULL);
	peer_begin(&self->peer, step_signal, NULL, getpid());
	EXPECT_EQ(EINTR, errno_of(shmdev_channel_wait_readable(my.channel, 0)));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

TEST_HARNESS_MAIN
