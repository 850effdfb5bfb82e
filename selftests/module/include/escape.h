/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scene of the tests that nothing leads around the access rule: a process
 * that has mapped a region and loses access, or never had it; another that
 * owns the region or gets it; and an accomplice of the first.
 */
#ifndef SELFTESTS_ESCAPE_H
#define SELFTESTS_ESCAPE_H

#include <sys/syscall.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#define FILL 0x5a

/* One huge page and some small ones. */
#define SIZE (MIB(2) + KIB(64))
#define LAST (SIZE - 1)

FIXTURE(escape)
{
	struct view mine, others;
	struct peer other, accomplice;
	int channel[2];
	bool taken;
};

FIXTURE_VARIANT(escape)
{
	/* The other process created the region, and owns it all the time. */
	bool never_owner;
	uint32_t flags;
	owner_change take;
	/* What is left, and what the other process may do. */
	uint32_t access;
	uint32_t others_access;
};

FIXTURE_VARIANT_ADD(escape, transferred)
{
	.take = hand_over,
	.others_access = RIGHTS_RW,
};

FIXTURE_VARIANT_ADD(escape, released)
{
	.take = release,
};

FIXTURE_VARIANT_ADD(escape, frozen)
{
	.take = freeze,
	.access = RIGHTS_RO,
	.others_access = RIGHTS_RO,
};

FIXTURE_VARIANT_ADD(escape, writer_moved)
{
	.take = publish_and_hand_over,
	.access = RIGHTS_RO,
	.others_access = RIGHTS_RW,
};

FIXTURE_VARIANT_ADD(escape, never_owner)
{
	.never_owner = true,
	.take = keep,
	.others_access = RIGHTS_RW,
};

FIXTURE_VARIANT_ADD(escape, never_writer)
{
	.never_owner = true,
	.take = publish,
	.access = RIGHTS_RO,
	.others_access = RIGHTS_RW,
};

/* Of the process that makes the attempts, while it is the owner. */
static int limit_to_nothing(int fd, pid_t other)
{
	(void)other;
	return limit_process(fd, getpid(), 0);
}

FIXTURE_VARIANT_ADD(escape, limited)
{
	.flags = SHMREGION_CREATE_CONTROLLED,
	.take = limit_to_nothing,
};

static long step_create(void *data, long flags)
{
	struct view *view = data;

	view->size = SIZE;
	view->fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, flags);
	if (view->fd < 0 || view_map(view, PROT_READ | PROT_WRITE))
		return -errno;
	memset(view->memory, FILL, SIZE);
	return view->fd;
}

static long step_receive(void *data, long socket)
{
	struct view *view = data;

	view->size = SIZE;
	view->fd = receive_fd(socket);
	return view->fd < 0 ? -errno : 0;
}

static int get_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int ret;

	if (pidfd < 0)
		return -1;
	ret = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return ret;
}

/* Afterwards both have mapped it, and the owner has touched all of it. */
FIXTURE_SETUP(escape)
{
	long fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->channel));
	self->accomplice = peer_start();
	self->other = peer_start();
	if (variant->never_owner) {
		fd = peer_do(&self->other, step_create, &self->others, 0);
		ASSERT_LE(0, fd);
		self->mine.fd = get_fd(self->other.pid, fd);
		ASSERT_LE(0, self->mine.fd);
		self->mine.size = SIZE;
		ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
		return;
	}

	ASSERT_LE(0, step_create(&self->mine, variant->flags));
	ASSERT_EQ(0, send_fd(self->channel[0], self->mine.fd));
	ASSERT_EQ(0, peer_do(&self->other, step_receive, &self->others,
			     self->channel[1]));
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
}

static long step_take(void *data, long change)
{
	struct view *view = data;

	return ((owner_change)change)(view->fd, getpid());
}

static void take(struct __test_metadata *_metadata, FIXTURE_DATA(escape) *self,
		 const FIXTURE_VARIANT(escape) *variant)
{
	long ret;

	if (variant->never_owner)
		ret = peer_do(&self->other, step_take, &self->others,
			      (long)variant->take);
	else
		ret = variant->take(self->mine.fd, self->other.pid);
	ASSERT_EQ(0, ret);
	self->taken = true;
}

/* Whatever was tried, nothing was written. */
FIXTURE_TEARDOWN(escape)
{
	/* The other process reads it, as the owner, reader or next owner. */
	if (variant->take == release && self->taken)
		EXPECT_EQ(0, peer_do(&self->other, view_try_acquire,
				     &self->others, 0));
	if (variant->take == limit_to_nothing && self->taken)
		EXPECT_EQ(0, view_transfer(&self->mine, self->other.pid));
	if (self->taken || variant->never_owner)
		EXPECT_EQ(1, peer_do(&self->other, view_holds, &self->others,
				     FILL));
	peer_stop(&self->other);
	peer_stop(&self->accomplice);
}

/* A process tries to use memory through all doors. NULL: the test itself. */
static void check_denied(struct __test_metadata *_metadata,
			 const FIXTURE_VARIANT(escape) *variant,
			 const struct peer *peer, struct view *view)
{
	const peer_step steps[] = {
		view_read, view_read_by_call, view_write, view_write_by_call,
	};
	const long denied[] = { -SIGSEGV, -EFAULT, -SIGSEGV, -EFAULT };
	const long offsets[] = { 0, PAGE, view->size - 1 };
	long expected, result;
	int i, step;

	for (step = 0; step < 4; step++) {
		expected = step < 2 && variant->access ? FILL : denied[step];
		for (i = 0; i < 3; i++) {
			result = peer ? peer_do(peer, steps[step], view,
						offsets[i]) :
					steps[step](view, offsets[i]);
			EXPECT_EQ(expected, result)
				TH_LOG("step %d at %ld", step, offsets[i]);
		}
	}
}

/* Before anything is taken: the owner can, who never was it cannot. */
static void check_before(struct __test_metadata *_metadata,
			 const FIXTURE_VARIANT(escape) *variant,
			 struct view *view)
{
	long expected = variant->never_owner ? -SIGSEGV : FILL;

	EXPECT_EQ(expected, view_read(view, 0));
	EXPECT_EQ(expected, view_read(view, view->size - 1));
}

#define CHECK_DENIED(_view) check_denied(_metadata, variant, NULL, _view)
#define CHECK_PEER_DENIED(_peer, _view) \
	check_denied(_metadata, variant, _peer, _view)
#define CHECK_BEFORE(_view) check_before(_metadata, variant, _view)
#define TAKE() take(_metadata, self, variant)

#endif /* SELFTESTS_ESCAPE_H */
