// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a region by DESTROY (design.md, "Controller"): a region has no
 * memory any more, whoever clings to a mapping; all that is left are errors:
 * SIGSEGV and never SIGBUS, EFAULT in system calls, ENODEV from what handles
 * could do. destroy_memory_test.c has what becomes of the memory,
 * controller_race_test.c processes that do not stand still meanwhile.
 */
#include <poll.h>

#include "operations.h"
#include "harness.h"

#define FILL 0x5a

/* One huge page and some small ones. */
#define SIZE (MIB(2) + KIB(64))
#define LAST (SIZE - 1)

#define PROT_RW (PROT_READ | PROT_WRITE)

/* Every kind of mapping: a peer has it, and it does not let go. */
FIXTURE(clinging)
{
	struct view view;
	struct peer peer;
};

FIXTURE_VARIANT(clinging)
{
	uint32_t mode;
	owner_change reach;
	bool owner;
	int prot;
	bool map_last;
	bool untouched;
	peer_step prepare;
};

static long view_lock(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(mlock(view->memory, view->size));
}

/* A mapping in pieces, none of which fits a huge page. */
static long view_split(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(mprotect(view->memory + PAGE, PAGE, PROT_READ)) ?:
	       -errno_of(munmap(view->memory + 3 * PAGE, PAGE));
}

#define CLINGING(_name, _mode, _reach, _owner, _prot, _last, ...)	\
	FIXTURE_VARIANT_ADD(clinging, _name)				\
	{								\
		.mode = SHMREGION_MODE_##_mode,				\
		.reach = _reach,					\
		.owner = _owner,					\
		.prot = _prot,						\
		.map_last = _last,					\
		__VA_ARGS__						\
	}

CLINGING(owner, WRITABLE, keep, true, PROT_RW, false);
CLINGING(owner_split, WRITABLE, keep, true, PROT_RW, false, .prepare = view_split);
CLINGING(owner_untouched, WRITABLE, keep, true, PROT_RW, false, .untouched = true);
CLINGING(other, WRITABLE, keep, false, PROT_RW, false);
CLINGING(writer, WRITABLE, publish, true, PROT_RW, true);
CLINGING(reader, WRITABLE, publish, false, PROT_READ, true);
CLINGING(old_reader, WRITABLE, publish, false, PROT_RW, false);
CLINGING(frozen_reader, WRITABLE, freeze, false, PROT_READ, true);
CLINGING(unsafe, UNSAFE, keep, false, PROT_RW, true);
CLINGING(unsafe_split, UNSAFE, keep, false, PROT_RW, true, .prepare = view_split);
CLINGING(unsafe_locked, UNSAFE, keep, false, PROT_RW, true, .prepare = view_lock);
CLINGING(unsafe_untouched, UNSAFE, keep, false, PROT_RW, true, .untouched = true);
CLINGING(shared, WRITABLE, share, false, PROT_RW, true);

static long step_change(void *data, long change)
{
	struct view *view = data;

	return -errno_of(((owner_change)change)(view->fd, 0));
}

/* Touches every page as far as it may. */
static long view_touch_all(void *data, long unused)
{
	const struct view *view = data;
	size_t offset;

	(void)unused;
	for (offset = 0; offset < view->size; offset += PAGE) {
		touch_read(view->memory + offset);
		touch_write(view->memory + offset, FILL);
	}
	return 0;
}

FIXTURE_SETUP(clinging)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	view->size = SIZE;
	view->fd = make_region(SIZE, variant->mode,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view->fd);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(peer, view_attach, view, 0));
	if (!variant->map_last)
		ASSERT_EQ(0, peer_do(peer, view_map, view, variant->prot));
	ASSERT_EQ(0, view_map(view, PROT_RW));
	if (!variant->untouched)
		memset(view->memory, FILL, SIZE);
	if (variant->owner) {
		ASSERT_EQ(0, view_transfer(view, peer->pid));
		ASSERT_EQ(0, peer_do(peer, step_change, view,
				     (long)variant->reach));
	} else {
		ASSERT_EQ(0, step_change(view, (long)variant->reach));
	}
	if (variant->map_last)
		ASSERT_EQ(0, peer_do(peer, view_map, view, variant->prot));
	if (variant->prepare)
		ASSERT_EQ(0, peer_do(peer, variant->prepare, view, 0));
	if (!variant->untouched)
		ASSERT_EQ(0, peer_do(peer, view_touch_all, view, 0));
}

FIXTURE_TEARDOWN(clinging)
{
	EXPECT_EQ(0, peer_stop(&self->peer));
	close(self->view.fd);
}

TEST_F(clinging, has_no_memory_any_more)
{
	EXPECT_EQ(variant->untouched ? 0 : (long long)SIZE,
		  resident_of(self->view.fd));
	ASSERT_EQ(0, raw_destroy(self->view.fd));
	EXPECT_EQ(0, resident_of(self->view.fd));
}

/* The pieces that are gone are tried as well. */
TEST_F(clinging, touches_nothing_but_sigsegv)
{
	const long offsets[] = { 0, PAGE, 2 * PAGE, MIB(2) - 1, MIB(2), LAST };
	struct view *view = &self->view;
	size_t i;

	ASSERT_EQ(0, raw_destroy(view->fd));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, view_read, view,
					    offsets[i]));
		EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, view_write, view,
					    offsets[i]));
	}
	EXPECT_EQ(-SIGSEGV, view_read(view, 0));
	EXPECT_EQ(-SIGSEGV, view_write(view, LAST));
	EXPECT_EQ(0, resident_of(view->fd));
}

TEST_F(clinging, uses_nothing_in_system_calls_but_efault)
{
	const long offsets[] = { 0, PAGE, LAST };
	struct view *view = &self->view;
	size_t i;

	ASSERT_EQ(0, raw_destroy(view->fd));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(-EFAULT, peer_do(&self->peer, view_read_by_call, view,
					   offsets[i]));
		EXPECT_EQ(-EFAULT, peer_do(&self->peer, view_write_by_call,
					   view, offsets[i]));
	}
}

static long step_child_touches(void *data, long unused)
{
	struct peer child = peer_start();
	long ret;

	ret = peer_do(&child, view_read, data, unused);
	peer_stop(&child);
	return ret;
}

TEST_F(clinging, leaves_a_child_nothing_either)
{
	ASSERT_EQ(0, raw_destroy(self->view.fd));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_child_touches,
				    &self->view, LAST));
}

TEST_F(clinging, protects_moves_and_unmaps_it_to_no_avail)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	ASSERT_EQ(0, raw_destroy(view->fd));
	if (variant->prepare != view_split) {
		EXPECT_EQ(0, peer_do(peer, view_protect, view, PROT_NONE));
		EXPECT_EQ(0, peer_do(peer, view_protect, view, PROT_READ));
	}
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_read, view, LAST));
	EXPECT_EQ(0, peer_do(peer, view_unmap, view, 0));
	EXPECT_EQ(0, resident_of(view->fd));
}

/* The region itself: the test owns it, and a peer has mapped it. */
FIXTURE(destroy)
{
	struct view view;
	struct peer peer;
};

FIXTURE_VARIANT(destroy)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(destroy, writable) { SHMREGION_MODE_WRITABLE };
FIXTURE_VARIANT_ADD(destroy, unsafe) { SHMREGION_MODE_UNSAFE };

FIXTURE_SETUP(destroy)
{
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, variant->mode,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &self->view, PROT_RW));
	ASSERT_EQ(0, view_map(&self->view, PROT_RW));
	memset(self->view.memory, FILL, PAGE);
}

FIXTURE_TEARDOWN(destroy)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

#define DESTROY() ASSERT_EQ(0, raw_destroy(self->view.fd))

TEST_F(destroy, makes_all_that_a_full_handle_can_do_enodev)
{
	const peer_step steps[] = {
		view_info, view_attach, view_detach, view_release,
		view_acquire, view_try_acquire, view_publish, view_freeze,
		view_share,
	};
	struct view *view = &self->view;
	size_t i;

	DESTROY();
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_EQ(-ENODEV, steps[i](view, 0))
			TH_LOG("step %zu", i);
		EXPECT_EQ(-ENODEV, peer_do(&self->peer, steps[i], view, 0))
			TH_LOG("peer's step %zu", i);
	}
	EXPECT_EQ(-ENODEV, view_transfer(view, self->peer.pid));
	EXPECT_EQ(ENODEV, errno_of(raw_dup(view->fd, RIGHTS_ALL)));
	EXPECT_EQ(ENODEV, errno_of(raw_limit_others(view->fd, 0)));
	EXPECT_EQ(ENODEV, errno_of(limit_process(view->fd, getpid(), 0)));
	EXPECT_EQ(ENODEV, errno_of(raw_reclaim(view->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_destroy(view->fd)));
}

TEST_F(destroy, makes_all_that_a_read_only_handle_can_do_enodev)
{
	struct view view = self->view;

	view.fd = raw_dup(self->view.fd, RIGHTS_RO);
	DESTROY();
	EXPECT_EQ(-ENODEV, view_info(&view, 0));
	EXPECT_EQ(-ENODEV, view_attach(&view, 0));
	EXPECT_EQ(-ENODEV, view_detach(&view, 0));
	EXPECT_EQ(ENODEV, errno_of(raw_dup(view.fd, RIGHTS_RO)));
	EXPECT_EQ(-ENODEV, view_map(&view, PROT_READ));
}

TEST_F(destroy, makes_mmap_enodev_and_keeps_what_it_would_have_replaced)
{
	struct view *view = &self->view;
	uint8_t *page = mmap(NULL, PAGE, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	page[0] = FILL;
	DESTROY();
	EXPECT_EQ(-ENODEV, view_map(view, PROT_RW));
	EXPECT_EQ(-ENODEV, view_map(view, PROT_READ));
	EXPECT_EQ(-ENODEV, peer_do(&self->peer, view_map, view, PROT_RW));
	EXPECT_EQ(MAP_FAILED, mmap(page, PAGE, PROT_RW, MAP_SHARED | MAP_FIXED,
				   view->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(destroy, happens_once)
{
	int second = raw_dup(self->view.fd, RIGHTS_ALL);

	DESTROY();
	EXPECT_EQ(ENODEV, errno_of(raw_destroy(self->view.fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_destroy(second)));
}

TEST_F(destroy, needs_nothing_of_a_stopped_process)
{
	pid_t pid = self->peer.pid;
	int status;

	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	DESTROY();
	EXPECT_EQ(0, resident_of(self->view.fd));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, view_read, &self->view, 0));
}

TEST_F(destroy, is_told_by_fdinfo_and_leaves_the_size)
{
	struct stat stat;
	char mode[32];

	DESTROY();
	ASSERT_TRUE(fdinfo_value(self->view.fd, "mode", mode, sizeof(mode)));
	EXPECT_NE(NULL, strstr(mode, " destroyed"));
	ASSERT_EQ(0, fstat(self->view.fd, &stat));
	EXPECT_EQ((off_t)PAGE, stat.st_size);
}

static long step_poll(void *data, long timeout)
{
	const struct view *view = data;
	struct pollfd fd = { .fd = view->fd, .events = POLLIN | POLLOUT };

	return poll(&fd, 1, timeout) < 0 ? -errno : fd.revents;
}

TEST_F(destroy, is_hangup_and_error_for_poll)
{
	DESTROY();
	EXPECT_EQ(POLLHUP | POLLERR, step_poll(&self->view, 0));
	EXPECT_EQ(POLLHUP | POLLERR, peer_do(&self->peer, step_poll,
					     &self->view, 0));
}

/* Reads from a pipe into the region, for as long as it takes. */
static long step_read(void *data, long pipe)
{
	const struct view *view = data;
	ssize_t ret = read(pipe, view->memory, PAGE);

	return ret < 0 ? -errno : ret;
}

TEST_F(destroy, makes_a_read_that_waits_efault)
{
	struct peer reader;
	uint8_t byte = 1;
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	reader = peer_start();
	ASSERT_EQ(0, peer_do(&reader, view_map, &self->view, PROT_RW));
	if (variant->mode == SHMREGION_MODE_WRITABLE)
		ASSERT_EQ(0, view_transfer(&self->view, reader.pid));
	ASSERT_EQ(FILL, peer_do(&reader, view_read, &self->view, 0));
	peer_begin(&reader, step_read, &self->view, pipes[0]);
	ASSERT_TRUE(wait_until_asleep(reader.pid));
	DESTROY();
	ASSERT_EQ(1, write(pipes[1], &byte, 1));
	EXPECT_EQ(-EFAULT, peer_finish(&reader));
	peer_kill(&reader);
}

static long step_transfer_and_wait(void *data, long pid)
{
	const struct view *view = data;

	return -errno_of(raw_transfer(view->fd, SHMREGION_BY_PID, pid,
				      SHMREGION_TRANSFER_WAIT, 0, NULL));
}

TEST(destroy_wakes_all_who_wait)
{
	struct view view = { .size = PAGE };
	struct peer polls, waits, gave;

	view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			      SHMREGION_CREATE_CONTROLLED);
	polls = peer_start();
	waits = peer_start();
	gave = peer_start();
	ASSERT_EQ(0, peer_do(&gave, view_attach, &view, 0));
	ASSERT_EQ(0, view_transfer(&view, gave.pid));
	peer_begin(&gave, step_transfer_and_wait, &view, getpid());
	ASSERT_EQ(0, view_acquire(&view, SHMREGION_NO_DEADLINE));
	peer_begin(&waits, view_acquire, &view, SHMREGION_NO_DEADLINE);
	peer_begin(&polls, step_poll, &view, -1);
	ASSERT_TRUE(wait_until_in_ioctl(gave.pid, SHMREGION_IOC_TRANSFER));
	ASSERT_TRUE(wait_until_in_ioctl(waits.pid, SHMREGION_IOC_ACQUIRE));
	ASSERT_TRUE(wait_until_asleep(polls.pid));

	ASSERT_EQ(0, raw_destroy(view.fd));
	EXPECT_EQ(-ECANCELED, peer_finish(&gave));
	EXPECT_EQ(-ENODEV, peer_finish(&waits));
	EXPECT_EQ(POLLHUP | POLLERR, peer_finish(&polls));
	peer_kill(&gave);
	peer_kill(&waits);
	peer_kill(&polls);
}

TEST_HARNESS_MAIN
