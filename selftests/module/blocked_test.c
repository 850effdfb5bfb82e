// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that wait, with their buffer in a region, while the region is
 * taken away (G1, G2): what they then do to the memory obeys the rule of that
 * moment, not of the moment in which they began.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#define FILL 0x5a

FIXTURE(blocked)
{
	int in, out;
	struct view mine, others;
	struct peer other;
	pthread_t thread;
	volatile pid_t tid;
	volatile long result;
};

FIXTURE_VARIANT(blocked)
{
	bool socket;
	uint32_t flags;
	owner_change take;
	bool give_back;
	/* What is left to the caller, and to the other. */
	uint32_t access;
	uint32_t others;
};

#define BLOCKED(_name, _flags, _take, _give_back, _access, _others)	\
	FIXTURE_VARIANT_ADD(blocked, pipe_##_name) {			\
		.flags = _flags,					\
		.take = _take,						\
		.give_back = _give_back,				\
		.access = _access,					\
		.others = _others,					\
	};								\
	FIXTURE_VARIANT_ADD(blocked, socket_##_name) {			\
		.socket = true,						\
		.flags = _flags,					\
		.take = _take,						\
		.give_back = _give_back,				\
		.access = _access,					\
		.others = _others,					\
	}

/* Of the process of the test itself, that is of the caller. */
static int limit_to_reading(int fd, pid_t other)
{
	(void)other;
	return limit_process(fd, getpid(), RIGHTS_RO);
}

static int limit_to_nothing(int fd, pid_t other)
{
	(void)other;
	return limit_process(fd, getpid(), 0);
}


static int destroy(int fd, pid_t other)
{
	(void)other;
	return raw_destroy(fd);
}

#define CONTROLLED SHMREGION_CREATE_CONTROLLED

BLOCKED(kept, 0, keep, false, RIGHTS_RW, 0);
BLOCKED(transferred, 0, hand_over, false, 0, RIGHTS_RW);
BLOCKED(there_and_back, 0, hand_over, true, RIGHTS_RW, 0);
BLOCKED(frozen, 0, freeze, false, RIGHTS_RO, RIGHTS_RO);
BLOCKED(limited_to_reading, CONTROLLED, limit_to_reading, false, RIGHTS_RO, 0);
BLOCKED(limited, CONTROLLED, limit_to_nothing, false, 0, 0);
BLOCKED(destroyed, CONTROLLED, destroy, false, 0, 0);

#define SENT 0x11

FIXTURE_SETUP(blocked)
{
	int fd, fds[2];

	fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, variant->flags);
	ASSERT_LE(0, fd);
	self->mine = (struct view){ fd, PAGE, NULL };
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	memset(self->mine.memory, FILL, PAGE);

	ASSERT_EQ(0, variant->socket ?
			     socketpair(AF_UNIX, SOCK_STREAM, 0, fds) :
			     pipe(fds));
	self->in = fds[0];
	self->out = fds[1];
}

FIXTURE_TEARDOWN(blocked)
{
	peer_stop(&self->other);
}

static void *receive(void *data)
{
	FIXTURE_DATA(blocked) *self = data;

	self->tid = syscall(SYS_gettid);
	self->result = read(self->in, self->mine.memory, PAGE);
	if (self->result < 0)
		self->result = -errno;
	return NULL;
}

static void *send_all(void *data)
{
	FIXTURE_DATA(blocked) *self = data;

	self->tid = syscall(SYS_gettid);
	self->result = write(self->out, self->mine.memory, PAGE);
	if (self->result < 0)
		self->result = -errno;
	return NULL;
}

static void take_while_asleep(struct __test_metadata *_metadata,
			      FIXTURE_DATA(blocked) *self,
			      const FIXTURE_VARIANT(blocked) *variant,
			      void *(*call)(void *data))
{
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, call, self));
	while (!self->tid)
		sched_yield();
	ASSERT_TRUE(wait_until_asleep(self->tid));
	ASSERT_EQ(0, variant->take(self->mine.fd, self->other.pid));
	if (variant->give_back)
		ASSERT_EQ(0, peer_do(&self->other, view_transfer,
				     &self->others, getpid()));
}

/* Reads until nothing is left. Returns how many bytes have that value. */
static size_t drain(int fd, uint8_t value)
{
	uint8_t buffer[512];
	size_t count = 0;
	ssize_t ret, i;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((ret = read(fd, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < ret; i++)
			count += buffer[i] == value;
	return count;
}

TEST_F(blocked, call_that_would_write_to_it)
{
	bool may = variant->access & SHMREGION_RIGHT_WRITE;
	uint8_t data[PAGE];

	take_while_asleep(_metadata, self, variant, receive);
	memset(data, SENT, sizeof(data));
	ASSERT_EQ(PAGE, write(self->out, data, sizeof(data)));
	ASSERT_EQ(0, pthread_join(self->thread, NULL));
	EXPECT_EQ(may ? (long)PAGE : -EFAULT, self->result);

	/* Whoever may read now finds it as it should be. */
	EXPECT_EQ(variant->access & SHMREGION_RIGHT_READ ? 1 : -SIGSEGV,
		  view_holds(&self->mine, may ? SENT : FILL));
	EXPECT_EQ(variant->others & SHMREGION_RIGHT_READ ? 1 : -SIGSEGV,
		  peer_do(&self->other, view_holds, &self->others, FILL));
}

TEST_F(blocked, call_that_would_read_from_it)
{
	bool may = variant->access & SHMREGION_RIGHT_READ;
	uint8_t other[512] = { SENT };
	size_t leaked;

	ASSERT_EQ(0, fcntl(self->out, F_SETFL, O_NONBLOCK));
	while (write(self->out, other, sizeof(other)) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, fcntl(self->out, F_SETFL, 0));

	take_while_asleep(_metadata, self, variant, send_all);
	leaked = drain(self->in, FILL);
	ASSERT_EQ(0, pthread_join(self->thread, NULL));
	EXPECT_EQ(may ? (long)PAGE : -EFAULT, self->result);
	leaked += drain(self->in, FILL);
	EXPECT_EQ(may ? PAGE : 0, leaked);
}

TEST_HARNESS_MAIN
