// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody who takes part in a region can hang or slow the others (G16): not an
 * owner whose cgroup lets it run for a thousandth of the time or lets it have no
 * memory, not a dead one whose address space somebody holds, not a crowd that
 * polls or calls. Needs the cpu and memory controllers of cgroups, and
 * userfaultfd.
 */
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#include "operations.h"
#include "uring.h"
#include "harness.h"

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-interference"

/* A thousandth of each second, and how long a call of others may take. */
#define QUOTA "1000 1000000"
#define BOUND_MS (3 * 1000)

/* Emulation on a busy host is slow, and so is a second of the guest. */
#define SLOW 4

#define NR_MAPPINGS 256

#define TIMEOUT 600

static bool cgroup_has(const char *file)
{
	write_text(CGROUPS "/cgroup.subtree_control", "+cpu");
	write_text(CGROUPS "/cgroup.subtree_control", "+memory");
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

/*
 * Until the owner has come so far, which may take it some periods, nobody waits
 * for anything but the owner. From then on it is the module that one waits for.
 */
static void wait_until_decided(const struct view *view)
{
	while (!(view_info((void *)view, INFO(state)) &
		 SHMREGION_STATE_REVOKING) &&
	       view_info((void *)view, INFO(writers)) !=
		       SHMREGION_WRITERS_UNOWNED)
		sched_yield();
}

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
	wait_until_decided(&self->view);
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

/* A process that has never heard of regions reads this one and goes. */
static long map_unaware(const struct view *view)
{
	pid_t reader;
	int status;

	reader = fork();
	if (!reader) {
		uint8_t *memory = map_region(view->fd, view->size, PROT_READ);

		if (memory == MAP_FAILED)
			_exit(1);
		_exit(byte_at(memory) != VIEW_WRITES ||
		      munmap(memory, view->size) ||
		      map_region(view->fd, view->size, PROT_READ) ==
			      MAP_FAILED);
	}
	if (waitpid(reader, &status, 0) != reader)
		return -errno;
	return status;
}

FIXTURE(published)
{
	struct view view;
	struct peer owner;
};

FIXTURE_SETUP(published)
{
	if (!cgroup_has(CGROUP "/cpu.max"))
		SKIP(return, "there is no cpu controller");
	ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
	self->view.size = MIB(8);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, step_map_often, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_publish, &self->view, 0));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(published)
{
	write_text(CGROUP "/cpu.max", "max");
	peer_kill(&self->owner);
	close(self->view.fd);
	rmdir(CGROUP);
}

TEST_F_TIMEOUT(published, an_unaware_reader_waits_for_no_throttled_freeze,
	       TIMEOUT)
{
	int round;

	EXPECT_SOON(0, map_unaware(&self->view));
	peer_begin(&self->owner, view_freeze, &self->view, 0);
	for (round = 0; round < 5; round++)
		EXPECT_SOON(0, map_unaware(&self->view));
	write_text(CGROUP "/cpu.max", "max");
	EXPECT_EQ(0, peer_finish(&self->owner));
	EXPECT_SOON(0, map_unaware(&self->view));
}

/* A process that is over what its cgroup may have, and sleeps for it. */
FIXTURE(starved)
{
	struct view view;
	struct peer owner;
};

FIXTURE_SETUP(starved)
{
	if (!cgroup_has(CGROUP "/memory.high"))
		SKIP(return, "there is no memory controller");
	ASSERT_TRUE(write_text(CGROUP "/memory.high", "1M"));
	self->view.size = MIB(64);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_map, &self->view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(starved)
{
	write_text(CGROUP "/memory.high", "max");
	peer_kill(&self->owner);
	close(self->view.fd);
	rmdir(CGROUP);
}

static long step_touch_all(void *data, long unused)
{
	struct view *view = data;
	size_t offset;
	long ret;

	(void)unused;
	for (offset = 0; offset < view->size; offset += PAGE) {
		ret = view_write(view, offset);
		if (ret)
			return ret;
	}
	return 0;
}

static unsigned long times_over_high(void)
{
	char text[512], *high;

	if (!read_text(CGROUP "/memory.events", text, sizeof(text)))
		return 0;
	high = strstr(text, "high ");
	return high ? strtoul(high + 5, NULL, 10) : 0;
}

static long destroy(const struct view *view)
{
	return -errno_of(raw_destroy(view->fd));
}

TEST_F_TIMEOUT(starved, for_memory_is_no_obstacle_to_a_destruction, TIMEOUT)
{
	peer_begin(&self->owner, step_touch_all, &self->view, 0);
	while (times_over_high() < 5)
		sched_yield();
	EXPECT_SOON(0, destroy(&self->view));
	EXPECT_EQ(0, resident_of(self->view.fd));
	write_text(CGROUP "/memory.high", "max");
	EXPECT_EQ(-SIGSEGV, peer_finish(&self->owner));
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

/* Where they map much, fewer of them are as much work as these. */
TEST(mappings_of_much_are_fewer)
{
	struct view view = { .size = MIB(200) };
	uint8_t *all[NR_MAPPINGS];
	size_t i, nr = 0;

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	for (; nr < NR_MAPPINGS && !view_map(&view, PROT_READ); nr++)
		all[nr] = view.memory;
	printf("# %zu mappings of %zu MiB\n", nr, view.size >> 20);
	EXPECT_EQ(-ENOMEM, view_map(&view, PROT_READ));
	EXPECT_LT(NR_MAPPINGS / 4, nr);
	EXPECT_GT(NR_MAPPINGS * 3 / 4, nr);
	/* All of them together do not count, but what they map does. */
	for (i = 1; i < nr; i++)
		munmap(all[i], view.size);
	for (i = 1; i < NR_MAPPINGS; i++)
		ASSERT_NE(MAP_FAILED, map_region(view.fd, PAGE, PROT_READ));
	EXPECT_EQ(MAP_FAILED, map_region(view.fd, PAGE, PROT_READ));
	close(view.fd);
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

/* What a release and an acquire cost the owner. */
#define ROUNDS 101

static int compare_long(const void *a, const void *b)
{
	const long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool release_and_acquire(const struct view *view, long *median_us,
				long *worst_us)
{
	long times[ROUNDS];
	size_t i;

	for (i = 0; i < ROUNDS; i++) {
		times[i] = now_us();
		if (raw_release(view->fd) ||
		    raw_acquire(view->fd, 0, 0, NULL, NULL))
			return false;
		times[i] = now_us() - times[i];
	}
	qsort(times, ROUNDS, sizeof(*times), compare_long);
	*median_us = times[ROUNDS / 2];
	*worst_us = times[ROUNDS - 1];
	return true;
}

/* 60,000 watches, of a handle without WRITE or with it. */
#define NR_FDS 250
#define NR_SETS 240

static long step_watch_often(void *data, long rights)
{
	const struct view *view = data;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = raw_dup(view->fd, rights);
	int fds[NR_FDS], set;
	size_t i, k;

	if (fd < 0)
		return -errno;
	for (i = 0; i < NR_FDS; i++)
		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	for (k = 0; k < NR_SETS; k++) {
		set = epoll_create1(EPOLL_CLOEXEC);
		for (i = 0; i < NR_FDS; i++)
			if (epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event))
				return -errno;
	}
	return 0;
}

FIXTURE(crowd)
{
	struct view view;
	struct peer watcher;
};

FIXTURE_VARIANT(crowd)
{
	uint32_t rights;
};

FIXTURE_VARIANT_ADD(crowd, read_only) { RIGHTS_RO };
FIXTURE_VARIANT_ADD(crowd, writable) { RIGHTS_RW };

FIXTURE_SETUP(crowd)
{
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	self->watcher = peer_start();
}

FIXTURE_TEARDOWN(crowd)
{
	peer_kill(&self->watcher);
	close(self->view.fd);
}

TEST_F_TIMEOUT(crowd, that_watches_costs_the_owner_little, TIMEOUT)
{
	long before, after, worst;

	ASSERT_TRUE(release_and_acquire(&self->view, &before, &worst));
	ASSERT_EQ(0, peer_do(&self->watcher, step_watch_often, &self->view,
			     variant->rights));
	ASSERT_TRUE(release_and_acquire(&self->view, &after, &worst));
	printf("# release and acquire: %ld us, with %d watches %ld us, at worst %ld us\n",
	       before, NR_FDS * NR_SETS, after, worst);
	/* To wake them all takes a thousand times as long. */
	EXPECT_GT(100 * (before + 1), after);
}

/*
 * Processes of the lowest priority that call all the time what takes the lock of
 * the region, next to others that need the processors.
 */
static void be_idle(void)
{
	const struct sched_param param = {};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setscheduler(0, SCHED_IDLE, &param);
}

static long loop_info(void *data, long unused)
{
	for (be_idle();; view_info(data, INFO(state)))
		(void)unused;
	return 0;
}

static long loop_denied_faults(void *data, long unused)
{
	(void)unused;
	view_map(data, PROT_READ | PROT_WRITE);
	for (be_idle();;)
		view_write_by_call(data, 0);
	return 0;
}

static long loop_map(void *data, long unused)
{
	(void)unused;
	for (be_idle();;)
		if (!view_map(data, PROT_READ))
			view_unmap(data, 0);
	return 0;
}

/* It is limited to nothing, so it never gets the region. */
static long loop_acquire(void *data, long unused)
{
	for (be_idle();; view_try_acquire(data, 0))
		(void)unused;
	return 0;
}

static long loop_for_ever(void *data, long unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		spin(1000);
	return (long)data + unused;
}

static const peer_step idlers[] = {
	loop_info, loop_denied_faults, loop_map, loop_acquire,
	loop_for_ever, loop_for_ever, loop_for_ever, loop_for_ever,
};

FIXTURE(idle)
{
	struct view view;
	struct peer peers[ARRAY_SIZE(idlers)];
};

FIXTURE_SETUP(idle)
{
	size_t i;

	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, raw_limit_others(self->view.fd, 0));
	for (i = 0; i < ARRAY_SIZE(idlers); i++) {
		self->peers[i] = peer_start();
		peer_begin(&self->peers[i], idlers[i], &self->view, 0);
	}
}

FIXTURE_TEARDOWN(idle)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(idlers); i++)
		peer_kill(&self->peers[i]);
	close(self->view.fd);
}

TEST_F_TIMEOUT(idle, processes_do_not_hold_up_the_owner, TIMEOUT)
{
	long median, worst;

	EXPECT_TRUE(release_and_acquire(&self->view, &median, &worst));
	printf("# release and acquire beside idle processes: %ld us, at worst %ld us\n",
	       median, worst);
	EXPECT_GT(SLOW * BOUND_MS * 1000L, worst);
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
