// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of libshmdev between two processes that both keep the rules, and
 * what the library refuses to do for its own user. A peer that keeps none is in
 * lib_channel_hostile_test.c.
 */
#include "lib_channel.h"
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
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

/* Of regions alone: the heap and the stack come and go. */
static int count_region_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "shmregion");
	fclose(file);
	return count;
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

/*
 * System calls of one process between two that mark the beginning and the end.
 */

#define MARK SYS_getppid
#define COUNTED 10

struct counts {
	int sendmsg;
	int recvmsg;
	int ioctl;
	int other;
};

static void count_call(struct counts *counts, uint64_t number)
{
	switch (number) {
	case SYS_sendmsg:
		counts->sendmsg++;
		break;
	case SYS_recvmsg:
		counts->recvmsg++;
		break;
	case SYS_ioctl:
		counts->ioctl++;
		break;
	case SYS_ppoll:
		break;
	/* A call only where the vDSO has no clock that it trusts. */
	case SYS_clock_gettime:
		break;
	default:
		counts->other++;
		break;
	}
}

/* Let a child that asked for it run to its end. False if it is not as it should be. */
static bool trace(pid_t pid, struct counts *counts)
{
	struct __ptrace_syscall_info info;
	int marks = 0, status;

	memset(counts, 0, sizeof(*counts));
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (!ptrace(PTRACE_SYSCALL, pid, 0, 0) &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <
			    0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == MARK)
			marks++;
		else if (marks == 1)
			count_call(counts, info.entry.nr);
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) && marks == 2;
}

/* Send something and get it back, so many times, between two marks. */
static int be_traced(bool with_shmem, int rounds)
{
	struct shmdev_shmem *shmem = NULL;
	size_t count = 0;

	if (be_side(NULL, 0))
		return 1;
	if (with_shmem) {
		shmem = shmdev_channel_alloc(my.channel, PAGE);
		count = 1;
		/* From now on both sides know each other. */
		if (!shmem || send_one(my.channel, &shmem) < 0 ||
		    receive(my.channel) < 0)
			return 2;
	}
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	syscall(MARK);
	while (rounds--)
		if (shmdev_channel_send(my.channel, "x", 1, &my.shmem, count) <
			    0 || receive(my.channel) < 0)
			return 3;
	syscall(MARK);
	return 0;
}

static long step_echo_all(void *data, long unused)
{
	(void)data;
	(void)unused;
	while (receive(my.channel) == 0)
		if (shmdev_channel_send(my.channel, my.bytes, my.message.length,
					my.message.shmems,
					my.message.count) < 0)
			return -errno;
	return errno == EPIPE ? 0 : -errno;
}

FIXTURE(cost)
{
	struct counts counts;
};

FIXTURE_VARIANT(cost)
{
	bool with_shmem;
};

FIXTURE_VARIANT_ADD(cost, bytes)
{
	.with_shmem = false,
};

FIXTURE_VARIANT_ADD(cost, known_region)
{
	.with_shmem = true,
};

FIXTURE_SETUP(cost)
{
	struct peer peer;
	pid_t pid;

#ifdef SELFTESTS_CHECKED_H
	SKIP(return, "the checker of memory makes system calls of its own");
#endif
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	peer = peer_start();
	pid = fork();
	if (pid == 0)
		_exit(be_traced(variant->with_shmem, COUNTED));
	close(my.sockets[0]);
	ASSERT_EQ(0, peer_do(&peer, be_side, NULL, 1));
	close(my.sockets[1]);
	peer_begin(&peer, step_echo_all, NULL, 0);
	ASSERT_TRUE(trace(pid, &self->counts));
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
}

FIXTURE_TEARDOWN(cost)
{
}

/* To give is one ioctl, and to take is one. */
TEST_F(cost, of_a_message)
{
	EXPECT_EQ(COUNTED, self->counts.sendmsg);
	EXPECT_EQ(COUNTED, self->counts.recvmsg);
	EXPECT_EQ(variant->with_shmem ? 2 * COUNTED : 0, self->counts.ioctl);
	EXPECT_EQ(0, self->counts.other);
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

/* rows: M2 M28 */
TEST_F(channel, unsafe_stays_with_both)
{
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc_unsafe(my.channel, 100);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_TRUE(shmdev_shmem_is_unsafe(self->shmem));
	memory = shmdev_shmem_data(self->shmem);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_NE(NULL, self->shmem);
	memory[0] = 1;
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(1, peer_do(&self->peer, step_first_byte, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 2));
	EXPECT_EQ(2, memory[0]);
	/* Only who allocated it sends it, as often as it likes. */
	EXPECT_EQ(-EPERM, peer_do(&self->peer, step_send, NULL, 0));
	EXPECT_EQ(0, send_one(my.channel, &self->shmem));
	EXPECT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));

	/* The user of a freed one keeps its memory until it lets it go. */
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &self->shmem));
	EXPECT_EQ(NULL, self->shmem);
	ASSERT_EQ(0, shmdev_channel_send(my.channel, NULL, 0, NULL, 0));
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));
}

/* rows: M19 M20 */
TEST_F(channel, unsafe_freed_by_allocator_lives_for_its_user)
{
	uint8_t *memory;

	ASSERT_EQ(0, peer_do(&self->peer, step_alloc_unsafe, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	self->shmem = my.shmem;
	memory = shmdev_shmem_data(self->shmem);
	EXPECT_EQ(EPERM, errno_of(send_one(my.channel, &self->shmem)));

	/* Let go here, it can still come again. */
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(self->shmem, my.shmem);

	ASSERT_EQ(0, peer_do(&self->peer, step_dealloc, NULL, 0));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							  &my.message)));
	EXPECT_EQ(0, touch_write(memory, 1));
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
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
	size_t length;

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
						       NULL, 0, &length, 1)));
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

/* rows: C121 M3 M80 */
TEST_F(channel, bytes_and_many_shmems_in_one_message)
{
	struct shmdev_shmem *shmems[SHMDEV_CHANNEL_MAX_SHMEMS];
	size_t i;

	for (i = 0; i < SHMDEV_CHANNEL_MAX_SHMEMS; i++) {
		shmems[i] = shmdev_channel_alloc(my.channel, i + 1);
		ASSERT_NE(NULL, shmems[i]);
		memset(shmdev_shmem_data(shmems[i]), i, i + 1);
	}
	fill_words(my.bytes, sizeof(my.bytes));
	peer_begin(&self->peer, step_answer, NULL, 0);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, my.bytes,
					 sizeof(my.bytes), shmems,
					 SHMDEV_CHANNEL_MAX_SHMEMS, my.bytes,
					 sizeof(my.bytes), &my.message.length,
					 SHMREGION_NO_DEADLINE));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(sizeof(my.bytes), my.message.length);
	EXPECT_TRUE(has_words(my.bytes, sizeof(my.bytes)));
	for (i = 0; i < SHMDEV_CHANNEL_MAX_SHMEMS; i++) {
		ASSERT_NE(NULL, shmems[i]);
		EXPECT_EQ(i + 1, shmdev_shmem_size(shmems[i]));
		EXPECT_TRUE(all_bytes(shmdev_shmem_data(shmems[i]), i + 1, i));
	}
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

static long step_answer_long(void *data, long length)
{
	(void)data;
	if (receive(my.channel) < 0)
		return -errno;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						my.bytes, length,
						my.message.shmems,
						my.message.count));
}

TEST_F(channel, answer_that_is_too_long_is_kept)
{
	size_t length = 77;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_answer_long, NULL, 100);
	EXPECT_EQ(EMSGSIZE,
		  errno_of(shmdev_channel_call(my.channel, NULL, 0,
					       &self->shmem, 1, my.bytes, 99,
					       &length, 0)));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(NULL, self->shmem);
	EXPECT_EQ(77, length);
	EXPECT_EQ(EMSGSIZE, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							    &my.message)));
	EXPECT_EQ(100, my.message.length);
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, my.message.kind);
	EXPECT_EQ(100, my.message.length);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

static long step_answer_without(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (receive(my.channel) < 0)
		return -errno;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						NULL, 0, NULL, 0));
}

TEST_F(channel, answer_must_give_back_what_was_given)
{
	size_t length;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_answer_without, NULL, 0);
	EXPECT_EQ(EBADMSG,
		  errno_of(shmdev_channel_call(my.channel, NULL, 0,
					       &self->shmem, 1, NULL, 0,
					       &length, 0)));
	EXPECT_EQ(0, peer_finish(&self->peer));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, my.message.kind);
	EXPECT_EQ(0, my.message.count);
	EXPECT_EQ(0, peer_do(&self->peer, step_dealloc, NULL, 0));
}

static long step_answer_again(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						NULL, 0, NULL, 0));
}

TEST_F(channel, call_has_one_answer)
{
	size_t length;

	peer_begin(&self->peer, step_answer, NULL, 0);
	EXPECT_EQ(0, shmdev_channel_call(my.channel, NULL, 0, NULL, 0, NULL, 0,
					 &length, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(-ENOENT, peer_do(&self->peer, step_answer_again, NULL, 0));
}

TEST_F(channel, late_answer_is_received_like_a_message)
{
	size_t length;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	EXPECT_EQ(ETIMEDOUT,
		  errno_of(shmdev_channel_call(my.channel, NULL, 0,
					       &self->shmem, 1, NULL, 0,
					       &length, 1)));
	EXPECT_EQ(NULL, self->shmem);
	ASSERT_EQ(0, peer_do(&self->peer, step_answer, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, my.message.kind);
	EXPECT_EQ(1, my.message.serial);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

TEST_F(channel, calls_without_an_answer_are_bounded)
{
	size_t length;
	int i;

	for (i = 0; i < SHMDEV_CHANNEL_MAX_CALLS; i++)
		ASSERT_EQ(ETIMEDOUT,
			  errno_of(shmdev_channel_call(my.channel, NULL, 0,
						       NULL, 0, NULL, 0,
						       &length, 1)));
	EXPECT_EQ(EBUSY, errno_of(shmdev_channel_call(my.channel, NULL, 0, NULL,
						      0, NULL, 0, &length, 1)));
	ASSERT_EQ(0, peer_do(&self->peer, step_answer, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							  NULL, 0, NULL, 0,
							  &length, 1)));
}

static long step_send_then_answer(void *data, long unused)
{
	long ret;

	(void)data;
	(void)unused;
	ret = shmdev_channel_send(my.channel, "before", 7, NULL, 0);
	return ret ? -errno : step_answer(NULL, 0);
}

TEST_F(channel, call_keeps_other_messages_for_later)
{
	size_t length;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_send_then_answer, NULL, 0);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, "call", 5, &self->shmem, 1,
					 my.bytes, sizeof(my.bytes), &length,
					 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_NE(NULL, self->shmem);
	EXPECT_EQ(5, length);
	EXPECT_STREQ("call", my.bytes);
	EXPECT_EQ(0, shmdev_channel_wait_readable(my.channel, 1));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_MESSAGE, my.message.kind);
	EXPECT_STREQ("before", my.bytes);
}

TEST_F(channel, nothing_blocks)
{
	struct pollfd poll_fd = {
		.fd = shmdev_channel_fd(my.channel),
		.events = POLLIN | POLLOUT,
	};
	struct shmdev_shmem *one;
	size_t length;

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
						       &length, 0)));
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

/* rows: M24 */
TEST_F(channel, what_a_dead_peer_had_can_be_recovered)
{
	struct shmdev_shmem *kept, *dead, *queued, *got;
	uint64_t dead_id, queued_id;
	uint8_t *memory;
	int i;

	kept = shmdev_channel_alloc(my.channel, PAGE);
	dead = shmdev_channel_alloc(my.channel, PAGE);
	queued = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_TRUE(kept && dead && queued);
	dead_id = shmdev_shmem_id(dead);
	queued_id = shmdev_shmem_id(queued);
	memory = shmdev_shmem_data(queued);
	memory[0] = 9;

	ASSERT_EQ(0, send_one(my.channel, &dead));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 5));
	ASSERT_EQ(0, send_one(my.channel, &queued));
	peer_kill(&self->peer);

	EXPECT_EQ(EPIPE, errno_of(send_one(my.channel, &kept)));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(kept), 1));
	EXPECT_EQ(0, shmdev_channel_wait_readable(my.channel, 0));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(NULL, shmdev_channel_alloc(my.channel, 1));
	EXPECT_EQ(EPIPE, errno);

	for (i = 0; i < 2; i++) {
		got = shmdev_channel_recover(my.channel);
		ASSERT_NE(NULL, got);
		if (shmdev_shmem_id(got) == queued_id) {
			/* It died before it was the owner. */
			EXPECT_FALSE(shmdev_shmem_owner_died(got));
			EXPECT_EQ(9, *(uint8_t *)shmdev_shmem_data(got));
		} else {
			EXPECT_EQ(dead_id, shmdev_shmem_id(got));
			EXPECT_TRUE(shmdev_shmem_owner_died(got));
			EXPECT_EQ(5, *(uint8_t *)shmdev_shmem_data(got));
		}
	}
	EXPECT_EQ(NULL, shmdev_channel_recover(my.channel));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &kept));
}

/* rows: M24 */
TEST_F(channel, messages_of_a_dead_peer_are_still_received)
{
	/* It leaves one that it has not read, which is ECONNRESET here. */
	ASSERT_EQ(0, shmdev_channel_send(my.channel, "x", 1, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_alloc, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 4));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	peer_kill(&self->peer);
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(4, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_FALSE(shmdev_shmem_owner_died(my.shmem));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(4, *(uint8_t *)shmdev_shmem_data(my.shmem));
}

TEST_F(channel, dead_peer_ends_a_call)
{
	size_t length;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	kill(self->peer.pid, SIGKILL);
	EXPECT_EQ(EPIPE, errno_of(shmdev_channel_call(my.channel, NULL, 0,
						      &self->shmem, 1, NULL, 0,
						      &length, 0)));
	/* It may have died before the call was sent, or after. */
	if (!self->shmem) {
		self->shmem = shmdev_channel_recover(my.channel);
		EXPECT_NE(NULL, self->shmem);
	}
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(self->shmem), 1));
}

/* rows: M24 M75 */
TEST(closing_frees_everything)
{
	struct shmdev_shmem *shmem;
	struct peer peer;
	int fds = count_fds(), i;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, my.sockets));
	peer = peer_start();
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&peer, be_side, NULL, 1));
	for (i = 0; i < 10; i++) {
		shmem = shmdev_channel_alloc(my.channel, PAGE);
		ASSERT_NE(NULL, shmem);
		if (i % 2)
			ASSERT_EQ(0, send_one(my.channel, &shmem));
		/* Some not received, in the queue or in the socket. */
		ASSERT_EQ(0, peer_do(&peer, step_alloc, NULL, PAGE));
		ASSERT_EQ(0, peer_do(&peer, step_send, NULL, 0));
	}
	EXPECT_EQ(0, receive(my.channel));
	shmdev_channel_close(my.channel);
	EXPECT_EQ(0, count_region_maps());
	peer_stop(&peer);
	EXPECT_EQ(fds, count_fds());
}

TEST_HARNESS_MAIN
