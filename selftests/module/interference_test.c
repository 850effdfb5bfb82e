// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody who takes part in a region can hang or slow the others (G16): not an
 * owner whose cgroup lets it run for a thousandth of the time, not a dead one
 * whose address space somebody holds. Needs the cpu controller of cgroups, and
 * userfaultfd.
 */
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#include "operations.h"
#include "harness.h"

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-interference"

/* A thousandth of each second, and how long a call of others may take. */
#define QUOTA "1000 1000000"
#define BOUND_MS (3 * 1000)

/* Emulation on a busy host is slow, and so is a second of the guest. */
#define SLOW 4

#define NR_MAPPINGS 256

static bool cgroup_has(const char *file)
{
	write_text(CGROUPS "/cgroup.subtree_control", "+cpu");
	mkdir(CGROUP, 0755);
	return !access(file, F_OK);
}

static bool cgroup_add(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_text(CGROUP "/cgroup.procs", text);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * An owner that has the region mapped as often as it can and touched, and which
 * hardly runs from then on.
 */
FIXTURE(throttled)
{
	struct view view;
	struct peer owner, other;
};

static long step_map_often(void *data, long unused)
{
	struct view *view = data;
	size_t i, offset;

	(void)unused;
	for (i = 0; i < NR_MAPPINGS; i++) {
		if (view_map(view, PROT_READ | PROT_WRITE))
			return -errno;
		for (offset = 0; offset < view->size; offset += MIB(2))
			if (view_write(view, offset))
				return -EFAULT;
	}
	return 0;
}

FIXTURE_SETUP(throttled)
{
	if (!cgroup_has(CGROUP "/cpu.max"))
		SKIP(return, "there is no cpu controller");
	ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
	self->view.size = MIB(8);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED |
				    SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, step_map_often, &self->view, 0));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(throttled)
{
	write_text(CGROUP "/cpu.max", "max");
	peer_kill(&self->owner);
	peer_kill(&self->other);
	close(self->view.fd);
	rmdir(CGROUP);
}

/* How long each call takes while the owner gives the region away. */
#define EXPECT_SOON(expected, call)					\
do {									\
	long begin_ms = now_ms();					\
	EXPECT_EQ(expected, call);					\
	begin_ms = now_ms() - begin_ms;					\
	TH_LOG("%s: %ld ms", #call, begin_ms);				\
	EXPECT_GT(SLOW * BOUND_MS, begin_ms);				\
} while (0)

static long reclaim(const struct view *view)
{
	return -errno_of(raw_reclaim(view->fd));
}

static long map_and_unmap(const struct view *view)
{
	struct view mine = *view;

	return view_map(&mine, PROT_READ) ?: view_unmap(&mine, 0);
}

TEST_F(throttled, by_release_delays_nobody)
{
	peer_begin(&self->owner, view_release, &self->view, 0);
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(0, view_owner_state(&self->view, 0) < 0);
	EXPECT_SOON(0, peer_do(&self->other, view_acquire, &self->view, 0));
	EXPECT_SOON(0, reclaim(&self->view));
	EXPECT_EQ(getpid(), view_info(&self->view, INFO(owner_pid)));
}

TEST_F(throttled, by_transfer_delays_nobody)
{
	peer_begin(&self->owner, view_transfer, &self->view, self->other.pid);
	EXPECT_SOON(0, reclaim(&self->view));
	EXPECT_SOON(0, map_and_unmap(&self->view));
}

TEST_F(throttled, by_freeze_delays_nobody)
{
	peer_begin(&self->owner, view_freeze, &self->view, 0);
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(-EINVAL, peer_do(&self->other, view_acquire, &self->view,
				     0));
}

/* Its own end takes long, but nobody waits for that. */
TEST_F(throttled, dies_without_delaying_anybody)
{
	ASSERT_EQ(0, kill(self->owner.pid, SIGKILL));
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(SHMREGION_OUT_OWNER_DIED,
		    peer_do(&self->other, view_acquire, &self->view, 0));
}

/* The owner gives it away to a process that is killed while it waits. */
TEST_F(throttled, cannot_keep_a_waiter_from_being_killed)
{
	peer_begin(&self->owner, view_release, &self->view, 0);
	peer_begin(&self->other, view_acquire, &self->view, 0);
	EXPECT_SOON(SIGKILL, WTERMSIG(peer_kill(&self->other)));
}

static long destroy(const struct view *view)
{
	return -errno_of(raw_destroy(view->fd));
}

TEST_F(throttled, is_no_obstacle_to_a_destruction)
{
	peer_begin(&self->owner, view_transfer, &self->view, self->other.pid);
	EXPECT_SOON(0, destroy(&self->view));
	EXPECT_SOON(-ENODEV, peer_do(&self->other, view_try_acquire,
				     &self->view, 0));
}

/* The limit of mappings, which bounds what a revocation does in one step. */
FIXTURE(mappings)
{
	struct view view;
	uint8_t *all[NR_MAPPINGS];
};

FIXTURE_SETUP(mappings)
{
	size_t i;

	self->view.size = 4 * PAGE;
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    0);
	ASSERT_LE(0, self->view.fd);
	for (i = 0; i < NR_MAPPINGS; i++) {
		ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
		self->all[i] = self->view.memory;
	}
}

FIXTURE_TEARDOWN(mappings)
{
	size_t i;

	for (i = 0; i < NR_MAPPINGS; i++)
		munmap(self->all[i], self->view.size);
	close(self->view.fd);
}

TEST_F(mappings, are_no_more)
{
	EXPECT_EQ(-ENOMEM, view_map(&self->view, PROT_READ));
	ASSERT_EQ(0, munmap(self->all[0], self->view.size));
	EXPECT_EQ(0, view_map(&self->view, PROT_READ));
	self->all[0] = self->view.memory;
}

TEST_F(mappings, are_no_more_by_a_split)
{
	uint8_t *middle = self->all[1] + PAGE;

	EXPECT_EQ(ENOMEM, errno_of(munmap(middle, PAGE)));
	EXPECT_EQ(ENOMEM, errno_of(mprotect(middle, PAGE, PROT_READ)));
	EXPECT_EQ(0, touch_write(middle, 1));
}

TEST_F(mappings, are_no_more_by_a_move_of_a_part)
{
	void *moved = mremap(self->all[1] + PAGE, PAGE, PAGE,
			     MREMAP_MAYMOVE | MREMAP_FIXED,
			     self->all[2]);

	EXPECT_EQ(MAP_FAILED, moved);
	EXPECT_EQ(0, touch_write(self->all[1] + PAGE, 1));
}

/*
 * A dead owner whose address space is held by a read of its memory that never
 * ends: the page is one of userfaultfd, whose handler does not answer.
 */
FIXTURE(held)
{
	struct view view;
	struct peer owner, other;
	pthread_t reader;
	int userfaultfd;
};

static uint8_t *stalled_page;
static pid_t read_pid;
static volatile pid_t reader_tid;

/* Tells its userfaultfd. */
static long step_watch_page(void *data, long unused)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (unsigned long)stalled_page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	(void)data;
	(void)unused;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    madvise(stalled_page, PAGE, MADV_DONTNEED) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return -errno;
	return fd;
}

static void *read_stalled(void *unused)
{
	char path[64];
	uint8_t byte;
	int fd;

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/mem", read_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	reader_tid = gettid();
	if (pread(fd, &byte, 1, (off_t)stalled_page) < 0)
		byte = 0;
	close(fd);
	return NULL;
}

FIXTURE_SETUP(held)
{
	struct pollfd fault = { .events = POLLIN };
	int pidfd, fd;

	stalled_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	self->other = peer_start();
	read_pid = self->owner.pid;
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_map, &self->view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, view_write, &self->view, 0));
	fd = peer_do(&self->owner, step_watch_page, NULL, 0);
	if (fd == -ENOSYS)
		SKIP(return, "the kernel has no userfaultfd");
	ASSERT_LE(0, fd);
	/* It outlives the owner here. */
	pidfd = syscall(SYS_pidfd_open, self->owner.pid, 0);
	self->userfaultfd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	ASSERT_LE(0, self->userfaultfd);
	close(pidfd);
	ASSERT_EQ(0, pthread_create(&self->reader, NULL, read_stalled, NULL));
	fault.fd = self->userfaultfd;
	ASSERT_EQ(1, poll(&fault, 1, -1));
}

FIXTURE_TEARDOWN(held)
{
	peer_kill(&self->owner);
	peer_kill(&self->other);
	close(self->userfaultfd);
	pthread_join(self->reader, NULL);
	close(self->view.fd);
	munmap(stalled_page, PAGE);
}

TEST_F(held, is_noticed_by_who_asks)
{
	peer_kill(&self->owner);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED,
		  peer_do(&self->other, view_try_acquire, &self->view, 0));
}

/* An owner that is alive is not taken for dead, whoever holds it. */
TEST_F(held, is_no_death_as_long_as_it_lives)
{
	EXPECT_EQ(-EAGAIN, peer_do(&self->other, view_try_acquire,
				   &self->view, 0));
	EXPECT_EQ(0, peer_do(&self->owner, view_write, &self->view, 0));
}

TEST_F(held, is_noticed_by_who_waits)
{
	long begin_ms;

	peer_begin(&self->other, view_acquire, &self->view, 0);
	ASSERT_TRUE(wait_until_in_ioctl(self->other.pid,
					SHMREGION_IOC_ACQUIRE));
	peer_kill(&self->owner);
	begin_ms = now_ms();
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, peer_finish(&self->other));
	TH_LOG("noticed after %ld ms", now_ms() - begin_ms);
	EXPECT_GT(250 * SLOW, now_ms() - begin_ms);
}

static long step_poll(void *data, long unused)
{
	const struct view *view = data;
	struct pollfd fd = { .fd = view->fd, .events = POLLIN };

	(void)unused;
	return poll(&fd, 1, -1) < 0 ? -errno : fd.revents;
}

static long step_epoll(void *data, long unused)
{
	const struct view *view = data;
	struct epoll_event event = { .events = EPOLLIN };
	int inner = epoll_create1(EPOLL_CLOEXEC);
	int outer = epoll_create1(EPOLL_CLOEXEC);
	long ret;

	(void)unused;
	if (epoll_ctl(inner, EPOLL_CTL_ADD, view->fd, &event) ||
	    epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event))
		return -errno;
	ret = epoll_wait(outer, &event, 1, -1);
	close(outer);
	close(inner);
	return ret == 1 ? POLLIN : -errno;
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

/* Once it sleeps. */
static long told_of_death(const FIXTURE_DATA(held) *self, peer_step step)
{
	struct peer owner = self->owner;

	peer_begin(&self->other, step, (void *)&self->view, 0);
	if (!wait_until_asleep(self->other.pid))
		return -ETIME;
	peer_kill(&owner);
	return peer_finish(&self->other);
}

TEST_F(held, is_noticed_by_who_polls)
{
	EXPECT_EQ(POLLIN, told_of_death(self, step_poll));
}

TEST_F(held, is_noticed_by_a_nested_epoll_set)
{
	EXPECT_EQ(POLLIN, told_of_death(self, step_epoll));
}

/* What ends a wait, and what does not. A peer owns the region, another waits. */
FIXTURE(wait)
{
	struct view view;
	struct peer waiter;
};

FIXTURE_SETUP(wait)
{
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	self->waiter = peer_start();
	ASSERT_EQ(0, peer_do(&self->waiter, view_attach, &self->view, 0));
}

FIXTURE_TEARDOWN(wait)
{
	peer_kill(&self->waiter);
	close(self->view.fd);
}

TEST_F(wait, a_poll_by_aio_is_told_of_a_transfer)
{
	peer_begin(&self->waiter, step_poll_by_aio, &self->view, 0);
	ASSERT_TRUE(wait_until_asleep(self->waiter.pid));
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(POLLIN, peer_finish(&self->waiter));
}

TEST_HARNESS_MAIN
