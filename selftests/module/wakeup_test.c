// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever waits for a region is told of its turn by every way of waiting that
 * there is, and nothing else ends the wait.
 */
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/epoll.h>

#include "interference.h"
#include "operations.h"
#include "uring.h"
#include "harness.h"

/* What ends a wait, and what does not. A peer owns the region, another waits. */
FIXTURE(wait)
{
	struct view view;
	struct peer waiter;
	int epoll_set;
};

FIXTURE_SETUP(wait)
{
	struct epoll_event event = { .events = EPOLLIN };

	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	/* The waiter inherits it. */
	self->epoll_set = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_EQ(0, epoll_ctl(self->epoll_set, EPOLL_CTL_ADD, self->view.fd,
			       &event));
	self->waiter = peer_start();
	ASSERT_EQ(0, peer_do(&self->waiter, view_attach, &self->view, 0));
}

FIXTURE_TEARDOWN(wait)
{
	close(self->epoll_set);
	peer_kill(&self->waiter);
	close(self->view.fd);
}

static long step_poll_by_aio(void *data, long unused)
{
	const struct view *view = data;
	struct iocb poll = {
		.aio_fildes = view->fd,
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_buf = POLLIN,
	}, *polls[] = { &poll };
	struct io_event event;
	aio_context_t context = 0;
	long ret;

	(void)unused;
	if (syscall(SYS_io_setup, 1, &context))
		return -errno;
	if (syscall(SYS_io_submit, context, 1, polls) != 1)
		return -errno;
	ret = syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	syscall(SYS_io_destroy, context);
	return ret == 1 ? event.res & POLLIN : -errno;
}

TEST_F(wait, a_poll_by_aio_is_told_of_a_transfer)
{
	peer_begin(&self->waiter, step_poll_by_aio, &self->view, 0);
	ASSERT_TRUE(wait_until_asleep(self->waiter.pid));
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(POLLIN, peer_finish(&self->waiter));
}

static long step_wait_in_set(void *data, long set)
{
	struct epoll_event event = {};

	(void)data;
	return epoll_wait(set, &event, 1, -1) == 1 ? (long)event.events :
						     -errno;
}

/* It is the turn of who waits, and not of who made the set. */
TEST_F(wait, in_an_epoll_set_that_another_process_made_ends)
{
	peer_begin(&self->waiter, step_wait_in_set, NULL, self->epoll_set);
	ASSERT_TRUE(wait_until_asleep(self->waiter.pid));
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(EPOLLIN, peer_finish(&self->waiter));
}

/* Gives the region back each time, and is told of the next. */
static long step_poll_by_uring(void *data, long rounds)
{
	const struct view *view = data;
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD,
		.fd = view->fd,
		.len = IORING_POLL_ADD_MULTI,
		.poll32_events = POLLIN,
	};
	const struct io_uring_cqe *cqes;
	const struct io_uring_params *params;
	struct uring uring;
	uint32_t mask, seen;
	int submit = 1;
	long ret;

	ret = uring_open(&uring);
	if (ret)
		return ret;
	params = &uring.params;
	*uring.sqe = sqe;
	*(uint32_t *)(uring.rings + params->sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(uring.rings + params->sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	cqes = (const void *)(uring.rings + params->cq_off.cqes);
	mask = *(uint32_t *)(uring.rings + params->cq_off.ring_mask);
	for (seen = 0; rounds && !ret; seen++, submit = 0) {
		if (syscall(SYS_io_uring_enter, uring.fd, submit, 1,
			    IORING_ENTER_GETEVENTS, NULL, 0) < 0)
			ret = -errno;
		else if (cqes[seen & mask].res != POLLIN ||
			 !(cqes[seen & mask].flags & IORING_CQE_F_MORE))
			ret = -EPROTO;
		__atomic_store_n((uint32_t *)(uring.rings +
					      params->cq_off.head),
				 seen + 1, __ATOMIC_RELEASE);
		/* An event may be of a change that is over. */
		if (!ret && !view_transfer(data, getppid()))
			rounds--;
	}
	uring_close(&uring);
	return ret;
}

TEST_F(wait, by_multishot_poll_of_io_uring_is_told_each_time)
{
	const long rounds = 3;
	long i;

	peer_begin(&self->waiter, step_poll_by_uring, &self->view, rounds);
	for (i = 0; i < rounds; i++) {
		ASSERT_TRUE(wait_until_asleep(self->waiter.pid));
		ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
		ASSERT_EQ(0, view_acquire(&self->view, 0));
	}
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

/* The freezer of cgroups wakes who waits, without a handler. */
static bool frozen_is(char value)
{
	char text[256], *found;

	if (!read_text(CGROUP "/cgroup.events", text, sizeof(text)))
		return false;
	found = strstr(text, "frozen ");
	return found && found[7] == value;
}

static long step_transfer_and_wait(void *data, long receiver)
{
	const struct view *view = data;

	return -errno_of(raw_transfer(view->fd, SHMREGION_BY_PID, receiver,
				      SHMREGION_TRANSFER_WAIT, 0, NULL));
}

TEST_F(wait, after_a_transfer_goes_on_after_the_freezer)
{
	const struct view *view = &self->view;
	uint64_t generation;

	ASSERT_TRUE(cgroup_has(CGROUP "/cgroup.freeze"));
	ASSERT_TRUE(cgroup_add(self->waiter.pid));
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	peer_begin(&self->waiter, step_transfer_and_wait, &self->view,
		   getpid());
	ASSERT_EQ(0, view_acquire(&self->view, 0));
	ASSERT_TRUE(wait_until_in_ioctl(self->waiter.pid,
					SHMREGION_IOC_TRANSFER));
	generation = generation_of(view->fd);
	ASSERT_TRUE(write_text(CGROUP "/cgroup.freeze", "1"));
	while (!frozen_is('1'))
		sched_yield();
	ASSERT_TRUE(write_text(CGROUP "/cgroup.freeze", "0"));
	while (!frozen_is('0'))
		sched_yield();
	ASSERT_TRUE(wait_until_in_ioctl(self->waiter.pid,
					SHMREGION_IOC_TRANSFER));
	EXPECT_EQ(generation, generation_of(view->fd));
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_HARNESS_MAIN
