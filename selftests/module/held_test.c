// SPDX-License-Identifier: GPL-2.0-only
/*
 * The death of an owner is noticed though somebody holds its address space: by
 * whoever asks, waits or polls (G16). Needs userfaultfd.
 */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "interference.h"
#include "operations.h"
#include "harness.h"

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

/* The old image is dead, though its address space is held. */
TEST_F(held, over_an_exec_is_noticed)
{
	const struct view *view = &self->view;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	close(sockets[0]);
	peer_begin(&self->owner, view_exec, &self->view, sockets[1]);
	/* The socket of its steps is closed on exec. */
	EXPECT_EQ(-ECHILD, peer_finish(&self->owner));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED,
		  peer_do(&self->other, view_acquire, (void *)view, 0));
}

/* A core dump to a program that does not read it. */
#define CORE_PATTERN "/proc/sys/kernel/core_pattern"
#define STALL_NAME "stall"

FIXTURE(dumped)
{
	struct view view;
	struct peer owner, other;
	char pattern[256];
};

FIXTURE_SETUP(dumped)
{
	char path[100] = "", pattern[128];
	char *end;

	ASSERT_LT(0, readlink("/proc/self/exe", path, sizeof(path) - 1));
	ASSERT_TRUE(read_text(CORE_PATTERN, self->pattern,
			      sizeof(self->pattern)));
	end = strchr(self->pattern, '\n');
	if (end)
		*end = '\0';
	snprintf(pattern, sizeof(pattern), "|%s " STALL_NAME, path);
	ASSERT_TRUE(write_text(CORE_PATTERN, pattern));
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_map, &self->view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, view_write, &self->view, 0));
}

FIXTURE_TEARDOWN(dumped)
{
	write_text(CORE_PATTERN, self->pattern);
	peer_kill(&self->owner);
	peer_kill(&self->other);
	close(self->view.fd);
}

/* More than a pipe holds, so that the dump does not end. */
static long step_crash(void *data, long size)
{
	(void)data;
	memset(malloc(size), 1, size);
	abort();
}

static bool is_dumping(pid_t pid)
{
	char path[32], text[2048];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return read_text(path, text, sizeof(text)) &&
	       strstr(text, "CoreDumping:\t1");
}

TEST_F(dumped, for_ever_an_owner_is_noticed_by_who_waits)
{
	peer_begin(&self->owner, step_crash, NULL, MIB(4));
	while (!is_dumping(self->owner.pid))
		sched_yield();
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED,
		  peer_do(&self->other, view_acquire, &self->view, 0));
	EXPECT_TRUE(is_dumping(self->owner.pid));
}

/* It is the handler of core dumps as well, and a server after an exec. */
int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], STALL_NAME))
		return pause();
	if (!strcmp(argv[0], SERVER_NAME))
		return server_main(argv);
	return test_harness_run(argc, argv);
}
