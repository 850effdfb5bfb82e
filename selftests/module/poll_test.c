// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a region together with other things (design.md, "Waiting"): a
 * handle is readable for the process that owns the region or could acquire it,
 * hung up when nobody ever will, and every change wakes whoever polls, be it
 * by poll, select or epoll.
 */
#include "helpers.h"
#include <assert.h>
#include "harness.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define READABLE (POLLIN | POLLRDNORM)
#define EVERYTHING (READABLE | POLLPRI | POLLOUT | POLLWRNORM | POLLRDHUP)

static_assert(EPOLLIN == POLLIN && EPOLLRDNORM == POLLRDNORM &&
	      EPOLLHUP == POLLHUP && EPOLLERR == POLLERR,
	      "epoll has the values of poll");

static long poll_events(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = EVERYTHING };

	return poll(&pollfd, 1, timeout) < 0 ? -errno : pollfd.revents;
}

/* What a process is told about a handle now. */
static long step_events(void *data, long fd)
{
	(void)data;
	return poll_events(fd, 0);
}

static long step_attach(void *data, long fd)
{
	(void)data;
	return raw_attach(fd, NULL);
}

static long step_release(void *data, long fd)
{
	(void)data;
	return raw_release(fd);
}

/* The test owns the region; the peer has attached to it. */
FIXTURE(events)
{
	int fd;
	int read_only;
	struct peer peer;
};

FIXTURE_VARIANT(events)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(events, plain) { 0 };
FIXTURE_VARIANT_ADD(events, controlled) { SHMREGION_CREATE_CONTROLLED };

FIXTURE_SETUP(events)
{
	self->fd = make_region(1, SHMREGION_MODE_WRITABLE, variant->flags);
	ASSERT_LE(0, self->fd);
	self->read_only = raw_dup(self->fd, RIGHTS_RO);
	ASSERT_LE(0, self->read_only);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, step_attach, NULL, self->fd));
}

FIXTURE_TEARDOWN(events)
{
	peer_stop(&self->peer);
	close(self->read_only);
	close(self->fd);
}

static long my_events(int fd)
{
	return poll_events(fd, 0);
}

static long peer_events(const FIXTURE_DATA(events) *self, int fd)
{
	return peer_do(&self->peer, step_events, NULL, fd);
}

TEST_F(events, only_the_owner_is_told_readable)
{
	EXPECT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, peer_events(self, self->fd));
}

/* Anybody can be given one, so those who poll it must cost the owner nothing. */
TEST_F(events, a_read_only_handle_tells_nobody_about_owners)
{
	EXPECT_EQ(0, my_events(self->read_only));
	EXPECT_EQ(0, peer_events(self, self->read_only));
}

TEST_F(events, readable_moves_with_a_transfer)
{
	ASSERT_EQ(0, hand_over(self->fd, self->peer.pid));
	EXPECT_EQ(0, my_events(self->fd));
	EXPECT_EQ(READABLE, peer_events(self, self->fd));
}

TEST_F(events, all_are_told_readable_while_nobody_owns)
{
	ASSERT_EQ(0, raw_release(self->fd));
	EXPECT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(READABLE, peer_events(self, self->fd));
}

TEST_F(events, a_read_only_handle_is_not_readable_while_nobody_owns)
{
	ASSERT_EQ(0, raw_release(self->fd));
	EXPECT_EQ(0, my_events(self->read_only));
	EXPECT_EQ(0, peer_events(self, self->read_only));
}

TEST_F(events, a_process_that_has_not_attached_can_be_told_readable)
{
	ASSERT_EQ(0, raw_release(self->fd));
	ASSERT_EQ(0, raw_detach(self->fd));
	EXPECT_EQ(READABLE, my_events(self->fd));
	/* To be told does not attach it. */
	EXPECT_EQ(ESRCH, errno_of(raw_detach(self->fd)));
}

TEST_F(events, publish_leaves_the_owner_readable_and_others_not)
{
	ASSERT_EQ(0, raw_publish(self->fd));
	EXPECT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, peer_events(self, self->fd));
	EXPECT_EQ(0, peer_events(self, self->read_only));
}

TEST_F(events, freeze_hangs_up_every_handle)
{
	ASSERT_EQ(0, raw_freeze(self->fd));
	EXPECT_EQ(POLLHUP, my_events(self->fd));
	EXPECT_EQ(POLLHUP, my_events(self->read_only));
	EXPECT_EQ(POLLHUP, peer_events(self, self->fd));
}

TEST_F(events, share_hangs_up_every_handle)
{
	ASSERT_EQ(0, raw_share(self->fd));
	EXPECT_EQ(POLLHUP, my_events(self->fd));
	EXPECT_EQ(POLLHUP, my_events(self->read_only));
	EXPECT_EQ(POLLHUP, peer_events(self, self->fd));
}

#define NEEDS_CONTROL()							\
	do {								\
		if (!variant->flags)					\
			SKIP(return, "needs a controlled region");	\
	} while (0)

TEST_F(events, destroy_hangs_up_every_handle_with_an_error)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, raw_destroy(self->fd));
	EXPECT_EQ(POLLHUP | POLLERR, my_events(self->fd));
	EXPECT_EQ(POLLHUP | POLLERR, my_events(self->read_only));
	EXPECT_EQ(POLLHUP | POLLERR, peer_events(self, self->fd));
}

TEST_F(events, a_limit_changes_nothing)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, raw_limit_others(self->fd, 0));
	EXPECT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, peer_events(self, self->fd));
}

TEST_F(events, reclaim_moves_readable)
{
	NEEDS_CONTROL();
	ASSERT_EQ(0, hand_over(self->fd, self->peer.pid));
	ASSERT_EQ(0, raw_reclaim(self->fd));
	EXPECT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, peer_events(self, self->fd));
}

TEST_F(events, a_region_made_unsafe_is_hung_up)
{
	int fd = make_region(1, SHMREGION_MODE_UNSAFE, 0);

	EXPECT_EQ(POLLHUP, my_events(fd));
}

TEST_F(events, readable_is_when_acquire_succeeds_at_once)
{
	ASSERT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, raw_acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
				 NULL));
	ASSERT_EQ(0, raw_release(self->fd));
	ASSERT_EQ(READABLE, my_events(self->fd));
	EXPECT_EQ(0, raw_acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
				 NULL));
	ASSERT_EQ(0, hand_over(self->fd, self->peer.pid));
	ASSERT_EQ(0, my_events(self->fd));
	EXPECT_EQ(EAGAIN, errno_of(raw_acquire(self->fd,
					       SHMREGION_ACQUIRE_NOWAIT, 0,
					       NULL, NULL)));
}

TEST_F(events, to_poll_changes_nothing)
{
	struct shmregion_info before, after;

	ASSERT_EQ(0, raw_release(self->fd));
	ASSERT_EQ(0, raw_info(self->fd, &before));
	ASSERT_EQ(READABLE, my_events(self->fd));
	ASSERT_EQ(READABLE, peer_events(self, self->fd));
	ASSERT_EQ(0, raw_info(self->fd, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

static int watch(int fd, uint32_t flags)
{
	struct epoll_event event = { .events = EVERYTHING | flags };
	int set = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) ? -1 : set;
}

static long set_events(int set, int timeout)
{
	struct epoll_event event = {};

	if (epoll_wait(set, &event, 1, timeout) < 0)
		return -errno;
	return event.events;
}

static long step_set_events(void *data, long set)
{
	(void)data;
	return set_events(set, 0);
}

TEST_F(events, level_triggered_epoll_tells_as_long_as_it_is_so)
{
	int set = watch(self->fd, 0);

	EXPECT_EQ(READABLE, set_events(set, 0));
	EXPECT_EQ(READABLE, set_events(set, 0));
	ASSERT_EQ(0, hand_over(self->fd, self->peer.pid));
	EXPECT_EQ(0, set_events(set, 0));
}

TEST_F(events, edge_triggered_epoll_tells_each_change_once)
{
	int set = watch(self->fd, EPOLLET);

	EXPECT_EQ(READABLE, set_events(set, 0));
	EXPECT_EQ(0, set_events(set, 0));
	ASSERT_EQ(0, hand_over(self->fd, self->peer.pid));
	EXPECT_EQ(0, set_events(set, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_release, NULL, self->fd));
	EXPECT_EQ(READABLE, set_events(set, 0));
	EXPECT_EQ(0, set_events(set, 0));
}

TEST_F(events, an_inherited_epoll_set_asks_for_the_process_that_waits)
{
	int set = watch(self->fd, 0);
	struct peer child = peer_start();

	EXPECT_EQ(0, peer_do(&child, step_set_events, NULL, set));
	ASSERT_EQ(0, peer_do(&child, step_attach, NULL, self->fd));
	ASSERT_EQ(0, hand_over(self->fd, child.pid));
	EXPECT_EQ(0, set_events(set, 0));
	ASSERT_EQ(0, peer_do(&child, step_release, NULL, self->fd));
	ASSERT_EQ(0, raw_acquire(self->fd, 0, 0, NULL, NULL));
	ASSERT_EQ(0, hand_over(self->fd, child.pid));
	EXPECT_EQ(READABLE, peer_do(&child, step_set_events, NULL, set));
	peer_stop(&child);
}

/*
 * A process that sleeps until there is an event, in each of the ways that
 * there are. It has attached; a second process can be made the owner.
 */
FIXTURE(sleeper)
{
	int fd;
	int read_only;
	struct peer sleeper;
	struct peer other;
};

FIXTURE_VARIANT(sleeper)
{
	peer_step sleep;
	long hup;
	long destroyed;
};

static long sleep_in_poll(void *data, long fd)
{
	(void)data;
	return poll_events(fd, -1);
}

/* Has no way to tell "hung up" from "readable". */
static long sleep_in_select(void *data, long fd)
{
	fd_set set;

	(void)data;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	if (select(fd + 1, &set, NULL, NULL, NULL) < 0)
		return -errno;
	return FD_ISSET(fd, &set) ? READABLE : 0;
}

static long sleep_in_epoll(void *data, long fd)
{
	(void)data;
	return set_events(watch(fd, 0), -1);
}

static long sleep_in_epoll_edge(void *data, long fd)
{
	(void)data;
	return set_events(watch(fd, EPOLLET), -1);
}

FIXTURE_VARIANT_ADD(sleeper, poll) {
	.sleep = sleep_in_poll,
	.hup = POLLHUP,
	.destroyed = POLLHUP | POLLERR,
};

FIXTURE_VARIANT_ADD(sleeper, select) {
	.sleep = sleep_in_select,
	.hup = READABLE,
	.destroyed = READABLE,
};

FIXTURE_VARIANT_ADD(sleeper, epoll) {
	.sleep = sleep_in_epoll,
	.hup = POLLHUP,
	.destroyed = POLLHUP | POLLERR,
};

FIXTURE_VARIANT_ADD(sleeper, epoll_edge) {
	.sleep = sleep_in_epoll_edge,
	.hup = POLLHUP,
	.destroyed = POLLHUP | POLLERR,
};

FIXTURE_SETUP(sleeper)
{
	self->fd = make_region(1, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->fd);
	self->read_only = raw_dup(self->fd, RIGHTS_RO);
	ASSERT_LE(0, self->read_only);
	self->sleeper = peer_start();
	ASSERT_EQ(0, peer_do(&self->sleeper, step_attach, NULL, self->fd));
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, step_attach, NULL, self->fd));
}

FIXTURE_TEARDOWN(sleeper)
{
	peer_kill(&self->other);
	peer_kill(&self->sleeper);
	close(self->read_only);
	close(self->fd);
}

/* False if it has an event already. */
static bool sleeps(const FIXTURE_DATA(sleeper) *self)
{
	char byte;

	return wait_until_asleep(self->sleeper.pid) &&
	       recv(self->sleeper.socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static bool fall_asleep(const FIXTURE_DATA(sleeper) *self,
			const FIXTURE_VARIANT(sleeper) *variant, int fd)
{
	peer_begin(&self->sleeper, variant->sleep, NULL, fd);
	return sleeps(self);
}

TEST_F(sleeper, wakes_when_the_region_is_transferred_to_it)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, hand_over(self->fd, self->sleeper.pid));
	EXPECT_EQ(READABLE, peer_finish(&self->sleeper));
}

TEST_F(sleeper, wakes_when_the_region_is_released)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, raw_release(self->fd));
	EXPECT_EQ(READABLE, peer_finish(&self->sleeper));
}

TEST_F(sleeper, wakes_when_the_owner_is_killed)
{
	ASSERT_EQ(0, hand_over(self->fd, self->other.pid));
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	peer_kill(&self->other);
	EXPECT_EQ(READABLE, peer_finish(&self->sleeper));
}

static long step_exec(void *data, long argument)
{
	(void)data;
	(void)argument;
	execl("/bin/sleep", "sleep", "1000", NULL);
	return -errno;
}

/* Which lives on. */
TEST_F(sleeper, wakes_when_the_owner_runs_another_program)
{
	ASSERT_EQ(0, hand_over(self->fd, self->other.pid));
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	peer_begin(&self->other, step_exec, NULL, 0);
	EXPECT_EQ(READABLE, peer_finish(&self->sleeper));
	EXPECT_EQ(0, waitpid(self->other.pid, NULL, WNOHANG));
}

TEST_F(sleeper, wakes_when_the_region_is_frozen)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, raw_freeze(self->fd));
	EXPECT_EQ(variant->hup, peer_finish(&self->sleeper));
}

TEST_F(sleeper, wakes_when_the_region_is_shared)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, raw_share(self->fd));
	EXPECT_EQ(variant->hup, peer_finish(&self->sleeper));
}

TEST_F(sleeper, wakes_when_the_region_is_destroyed)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, raw_destroy(self->fd));
	EXPECT_EQ(variant->destroyed, peer_finish(&self->sleeper));
}

TEST_F(sleeper, sleeps_on_when_the_region_is_published)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, raw_publish(self->fd));
	EXPECT_TRUE(sleeps(self));
	ASSERT_EQ(0, hand_over(self->fd, self->sleeper.pid));
	EXPECT_EQ(READABLE, peer_finish(&self->sleeper));
}

TEST_F(sleeper, sleeps_on_when_the_region_is_transferred_to_another)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	ASSERT_EQ(0, hand_over(self->fd, self->other.pid));
	EXPECT_TRUE(sleeps(self));
}

TEST_F(sleeper, sleeps_on_when_a_process_dies_that_is_not_the_owner)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->fd));
	peer_kill(&self->other);
	EXPECT_TRUE(sleeps(self));
}

TEST_F(sleeper, by_a_read_only_handle_sleeps_on_when_the_region_is_released)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->read_only));
	ASSERT_EQ(0, raw_release(self->fd));
	EXPECT_TRUE(sleeps(self));
}

TEST_F(sleeper, by_a_read_only_handle_wakes_when_the_region_is_frozen)
{
	ASSERT_TRUE(fall_asleep(self, variant, self->read_only));
	ASSERT_EQ(0, raw_freeze(self->fd));
	EXPECT_EQ(variant->hup, peer_finish(&self->sleeper));
}

TEST_HARNESS_MAIN
