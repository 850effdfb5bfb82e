// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a controller can do (design.md, "Controller"): the arguments of LIMIT,
 * LIMIT_OTHERS, RECLAIM and DESTROY (G9), and RECLAIM: it takes the region from
 * an owner in whatever state (G1), and from nobody else. access_limit_test.c has
 * LIMIT, destroy_test.c DESTROY, controller_race_test.c all of them against
 * processes that do not stand still.
 */
#include "operations.h"
#include "harness.h"

#define FILL 0x5a

/* One huge page and some small ones. */
#define SIZE (MIB(2) + KIB(64))
#define LAST (SIZE - 1)

#define PROT_RW (PROT_READ | PROT_WRITE)

/* No process has it: more than PID_MAX_LIMIT. */
#define NO_PROCESS 0x40000000

union argument {
	struct {
		uint32_t size;
		uint32_t flags;
	} head;
	struct shmregion_limit limit;
	struct shmregion_limit_others limit_others;
	struct shmregion_reclaim reclaim;
	struct shmregion_destroy destroy;
	uint8_t bytes[2 * KIB(4)];
};

/* The four calls, on a region that the test owns and a peer has mapped. */
FIXTURE(call)
{
	struct view view;
	struct peer peer;
	struct shmregion_info before;
	union argument argument;
};

FIXTURE_VARIANT(call)
{
	unsigned int command;
	uint32_t size;
};

#define CALL(_name, _NAME)						\
	FIXTURE_VARIANT_ADD(call, _name)				\
	{								\
		.command = SHMREGION_IOC_##_NAME,			\
		.size = sizeof(struct shmregion_##_name),		\
	}

CALL(limit, LIMIT);
CALL(limit_others, LIMIT_OTHERS);
CALL(reclaim, RECLAIM);
CALL(destroy, DESTROY);

FIXTURE_SETUP(call)
{
	struct view *view = &self->view;

	view->size = PAGE;
	view->fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view->fd);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, view,
			     PROT_RW));
	ASSERT_EQ(0, view_map(view, PROT_RW));
	memset(view->memory, FILL, PAGE);
	ASSERT_EQ(0, view_transfer(view, self->peer.pid));
	ASSERT_EQ(0, raw_info(view->fd, &self->before));
	self->argument.head.size = variant->size;
	if (variant->command == SHMREGION_IOC_LIMIT) {
		self->argument.limit.by = SHMREGION_BY_PID;
		self->argument.limit.id = self->peer.pid;
	}
}

FIXTURE_TEARDOWN(call)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

static int error_of_call(FIXTURE_DATA(call) *self,
			 const FIXTURE_VARIANT(call) *variant, int fd)
{
	return errno_of(ioctl(fd, variant->command, &self->argument));
}

#define ERROR_OF_CALL(fd) error_of_call(self, variant, fd)

/* The peer owns it, may do all that it could, and finds what was there. */
#define EXPECT_NOTHING_CHANGED() do {					\
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before));	\
	EXPECT_EQ(RIGHTS_RW, peer_do(&self->peer, view_info, &self->view, \
				     INFO(access)));			\
	EXPECT_EQ(1, peer_do(&self->peer, view_holds, &self->view, FILL)); \
	EXPECT_EQ(0, peer_do(&self->peer, view_write, &self->view, 0));	\
} while (0)

TEST_F(call, smaller_than_the_first_version_is_einval)
{
	for (self->argument.head.size = 0;
	     self->argument.head.size < variant->size;
	     self->argument.head.size++)
		EXPECT_EQ(EINVAL, ERROR_OF_CALL(self->view.fd));
	EXPECT_NOTHING_CHANGED();
}

TEST_F(call, larger_with_a_tail_is_e2big)
{
	const uint32_t sizes[] = { variant->size + 1, variant->size + 8, PAGE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument.head.size = sizes[i];
		self->argument.bytes[sizes[i] - 1] = 1;
		EXPECT_EQ(E2BIG, ERROR_OF_CALL(self->view.fd));
		self->argument.bytes[sizes[i] - 1] = 0;
	}
	self->argument.head.size = PAGE + 1;
	EXPECT_EQ(E2BIG, ERROR_OF_CALL(self->view.fd));
	EXPECT_NOTHING_CHANGED();
}

TEST_F(call, larger_with_a_zero_tail_succeeds)
{
	self->argument.head.size = PAGE;
	EXPECT_EQ(0, ERROR_OF_CALL(self->view.fd));
}

TEST_F(call, of_exactly_its_size_succeeds)
{
	memset(self->argument.bytes + variant->size, 0xff, 8);
	EXPECT_EQ(0, ERROR_OF_CALL(self->view.fd));
}

TEST_F(call, with_any_flag_is_eopnotsupp)
{
	for (self->argument.head.flags = 1; self->argument.head.flags;
	     self->argument.head.flags <<= 1)
		EXPECT_EQ(EOPNOTSUPP, ERROR_OF_CALL(self->view.fd));
	EXPECT_NOTHING_CHANGED();
}

TEST_F(call, by_a_handle_without_control_is_eperm)
{
	int fd = raw_dup(self->view.fd, RIGHTS_RW);
	int fd_ro = raw_dup(self->view.fd, RIGHTS_RO);

	EXPECT_EQ(EPERM, ERROR_OF_CALL(fd));
	EXPECT_EQ(EPERM, ERROR_OF_CALL(fd_ro));
	EXPECT_NOTHING_CHANGED();
}

TEST_F(call, by_a_handle_with_read_and_control_needs_no_write_but_reclaim)
{
	const bool reclaim = variant->command == SHMREGION_IOC_RECLAIM;
	int fd = raw_dup(self->view.fd,
			 SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL);

	EXPECT_EQ(reclaim ? EACCES : 0, ERROR_OF_CALL(fd));
	if (reclaim)
		EXPECT_NOTHING_CHANGED();
}

/* Each mistake is added to those that are found later. */
TEST_F(call, checks_in_the_order_of_the_header)
{
	int fd = raw_dup(self->view.fd, RIGHTS_RW);

	EXPECT_EQ(EPERM, ERROR_OF_CALL(fd));
	if (variant->command == SHMREGION_IOC_LIMIT) {
		self->argument.limit.id = NO_PROCESS;
		EXPECT_EQ(ESRCH, ERROR_OF_CALL(self->view.fd));
		EXPECT_EQ(EPERM, ERROR_OF_CALL(fd));
		self->argument.limit.limit = SHMREGION_RIGHT_WRITE;
		EXPECT_EQ(EINVAL, ERROR_OF_CALL(fd));
	}
	self->argument.head.flags = 1;
	EXPECT_EQ(EOPNOTSUPP, ERROR_OF_CALL(fd));
	self->argument.bytes[PAGE - 1] = 1;
	self->argument.head.size = PAGE;
	EXPECT_EQ(E2BIG, ERROR_OF_CALL(fd));
	self->argument.head.size = variant->size - 1;
	EXPECT_EQ(EINVAL, ERROR_OF_CALL(fd));
	EXPECT_EQ(EFAULT, errno_of(ioctl(fd, variant->command, NULL)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(fd, variant->command + 4, NULL)));
	EXPECT_NOTHING_CHANGED();
}

/*
 * The peer owns the region, and the test, a controller, does not. All have
 * mapped it, and memory is FILL.
 */
FIXTURE(reclaim)
{
	struct view view;
	struct peer owner, other;
	struct shmregion_info before;
};

FIXTURE_VARIANT(reclaim)
{
	owner_change reach;
	/* What who does not own it may do. */
	uint32_t access;
};

FIXTURE_VARIANT_ADD(reclaim, writable) { .reach = keep };
FIXTURE_VARIANT_ADD(reclaim, readonly) { publish, RIGHTS_RO };

FIXTURE_SETUP(reclaim)
{
	struct view *view = &self->view;

	view->size = SIZE;
	view->fd = make_region(SIZE, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view->fd);
	self->owner = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_map, view, PROT_RW));
	ASSERT_EQ(0, peer_do(&self->other, view_map, view, PROT_RW));
	ASSERT_EQ(0, view_map(view, PROT_RW));
	memset(view->memory, FILL, SIZE);
	ASSERT_EQ(0, variant->reach(view->fd, 0));
	ASSERT_EQ(0, view_transfer(view, self->owner.pid));
	ASSERT_EQ(FILL, peer_do(&self->owner, view_read, view, 0));
	ASSERT_EQ(FILL, peer_do(&self->owner, view_read, view, LAST));
	ASSERT_EQ(0, raw_info(view->fd, &self->before));
}

FIXTURE_TEARDOWN(reclaim)
{
	peer_kill(&self->other);
	peer_kill(&self->owner);
	close(self->view.fd);
}

#define EXPECT_MINE() do {						\
	EXPECT_EQ(getpid(), view_info(&self->view, INFO(owner_pid)));	\
	EXPECT_EQ(0, view_write(&self->view, 0));			\
	EXPECT_EQ(0, view_write_by_call(&self->view, LAST));		\
	EXPECT_EQ(VIEW_WRITES, view_read(&self->view, LAST));		\
} while (0)

/* What a process reads that is not the owner, at a byte with this value. */
#define MAY_READ(value, denied) (variant->access ? (value) : (denied))

TEST_F(reclaim, makes_the_caller_the_owner)
{
	ASSERT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_EQ(1, view_holds(&self->view, FILL));
	EXPECT_MINE();
	EXPECT_LT(self->before.out_generation, generation_of(self->view.fd));
}

TEST_F(reclaim, leaves_the_owner_before_what_any_other_may)
{
	const struct peer *peer = &self->owner;
	struct view *view = &self->view;
	const long offsets[] = { 0, LAST };
	size_t i;

	ASSERT_EQ(0, raw_reclaim(view->fd));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(-SIGSEGV, peer_do(peer, view_write, view, offsets[i]));
		EXPECT_EQ(-EFAULT, peer_do(peer, view_write_by_call, view,
					   offsets[i]));
		EXPECT_EQ(MAY_READ(FILL, -SIGSEGV),
			  peer_do(peer, view_read, view, offsets[i]));
		EXPECT_EQ(MAY_READ(FILL, -EFAULT),
			  peer_do(peer, view_read_by_call, view, offsets[i]));
	}
	EXPECT_EQ(-EPERM, peer_do(peer, view_release, view, 0));
	EXPECT_EQ(-EAGAIN, peer_do(peer, view_try_acquire, view, 0));
	EXPECT_EQ(1, view_holds(view, FILL));
}

TEST_F(reclaim, leaves_the_owner_before_attached)
{
	ASSERT_EQ(0, raw_reclaim(self->view.fd));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	EXPECT_EQ(0, peer_do(&self->owner, view_write, &self->view, LAST));
}

TEST_F(reclaim, leaves_others_what_they_had)
{
	const struct peer *peer = &self->other;
	struct view *view = &self->view;

	ASSERT_EQ(MAY_READ(FILL, -SIGSEGV), peer_do(peer, view_read, view, 0));
	ASSERT_EQ(0, raw_reclaim(view->fd));
	EXPECT_EQ(MAY_READ(FILL, -SIGSEGV), peer_do(peer, view_read, view, 0));
	EXPECT_EQ(MAY_READ(1, -SIGSEGV), peer_do(peer, view_holds, view, FILL));
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_write, view, 0));
}

TEST_F(reclaim, needs_nothing_of_a_stopped_owner)
{
	int status;

	ASSERT_EQ(0, kill(self->owner.pid, SIGSTOP));
	ASSERT_EQ(self->owner.pid, waitpid(self->owner.pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_MINE();
	ASSERT_EQ(0, kill(self->owner.pid, SIGCONT));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->owner, view_write, &self->view, 0));
}

TEST_F(reclaim, gets_a_region_that_nobody_owns)
{
	ASSERT_EQ(0, peer_do(&self->owner, view_release, &self->view, 0));
	EXPECT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_MINE();
}

TEST_F(reclaim, by_the_owner_changes_nothing)
{
	ASSERT_EQ(0, raw_reclaim(self->view.fd));
	ASSERT_EQ(0, raw_info(self->view.fd, &self->before));
	EXPECT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before));
	EXPECT_MINE();
}

static long step_reclaim(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_reclaim(view->fd));
}

TEST_F(reclaim, attaches_the_caller)
{
	struct peer stranger = peer_start();

	ASSERT_EQ(ESRCH, errno_of(limit_process(self->view.fd, stranger.pid,
						RIGHTS_RW)));
	ASSERT_EQ(0, peer_do(&stranger, step_reclaim, &self->view, 0));
	EXPECT_EQ(stranger.pid, view_info(&self->view, INFO(owner_pid)));
	EXPECT_EQ(0, limit_process(self->view.fd, stranger.pid, RIGHTS_RW));
	peer_kill(&stranger);
}

TEST_F(reclaim, of_a_dead_owners_region_ends_what_was_to_be_told_of_it)
{
	peer_kill(&self->owner);
	ASSERT_EQ(SHMREGION_STATE_OWNER_DIED,
		  view_owner_state(&self->view, 0));
	ASSERT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_EQ(SHMREGION_STATE_OWNED, view_owner_state(&self->view, 0));
	EXPECT_MINE();
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_do(&self->other, view_try_acquire, &self->view, 0));
}

static long transfer_and_wait(void *data, long pid)
{
	const struct view *view = data;

	return -errno_of(raw_transfer(view->fd, SHMREGION_BY_PID, pid,
				      SHMREGION_TRANSFER_WAIT,
				      SHMREGION_NO_DEADLINE, NULL));
}

/* The one handed it over to the other and waits; a third has never had it. */
TEST_F(reclaim, leaves_who_waits_waiting)
{
	struct view *view = &self->view;
	struct peer third = peer_start();

	peer_begin(&self->owner, transfer_and_wait, view, self->other.pid);
	ASSERT_EQ(0, peer_do(&self->other, view_acquire, view, 0));
	peer_begin(&third, view_acquire, view, SHMREGION_NO_DEADLINE);
	ASSERT_TRUE(wait_until_in_ioctl(self->owner.pid,
					SHMREGION_IOC_TRANSFER));
	ASSERT_TRUE(wait_until_in_ioctl(third.pid, SHMREGION_IOC_ACQUIRE));

	ASSERT_EQ(0, raw_reclaim(view->fd));
	EXPECT_TRUE(wait_until_in_ioctl(self->owner.pid,
					SHMREGION_IOC_TRANSFER));
	EXPECT_TRUE(wait_until_in_ioctl(third.pid, SHMREGION_IOC_ACQUIRE));
	EXPECT_MINE();
	ASSERT_EQ(0, view_transfer(view, third.pid));
	EXPECT_EQ(0, peer_finish(&third));
	ASSERT_EQ(0, peer_do(&third, view_release, view, 0));
	EXPECT_EQ(0, peer_finish(&self->owner));
	peer_kill(&third);
}

TEST_F(reclaim, of_a_frozen_region_is_einval)
{
	ASSERT_EQ(0, peer_do(&self->owner, view_freeze, &self->view, 0));
	ASSERT_EQ(0, raw_info(self->view.fd, &self->before));
	EXPECT_EQ(EINVAL, errno_of(raw_reclaim(self->view.fd)));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before));
	EXPECT_EQ(-SIGSEGV, view_write(&self->view, 0));
	EXPECT_EQ(1, view_holds(&self->view, FILL));
}

TEST(reclaim_of_an_unsafe_region_is_einval)
{
	struct view view = { .size = PAGE };
	struct shmregion_info before;

	view.fd = make_region(PAGE, SHMREGION_MODE_UNSAFE,
			      SHMREGION_CREATE_CONTROLLED);
	ASSERT_EQ(0, raw_info(view.fd, &before));
	EXPECT_EQ(EINVAL, errno_of(raw_reclaim(view.fd)));
	EXPECT_TRUE(info_is_still(view.fd, &before));
}

TEST_HARNESS_MAIN
