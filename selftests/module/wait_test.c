// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for ownership by ACQUIRE, and by TRANSFER with WAIT: what ends the
 * wait and what does not (G8). One that fails has changed nothing.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <time.h>

#include "operations.h"
#include "harness.h"

/* In the past, always. */
#define LONG_AGO 1

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static long soon(void)
{
	return now_ns() + 50000000;
}

/* What the waiter tells by the way; shared with it. */
static struct {
	volatile int signals;
	volatile long finished_ns;
	struct shmregion_acquire acquire;
} *seen;

static int seen_fd;

static bool begin(struct view *view)
{
	seen_fd = memfd_create("seen", MFD_CLOEXEC);
	if (ftruncate(seen_fd, PAGE))
		return false;
	seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, seen_fd, 0);
	view->size = PAGE;
	view->fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	return seen != MAP_FAILED && view->fd >= 0;
}

/* The steps that wait. */

static long wait_by_acquire(void *data, long deadline_ns)
{
	long ret = view_acquire(data, deadline_ns);

	seen->finished_ns = now_ns();
	return ret;
}

static pid_t receiver;

static long wait_by_transfer(void *data, long deadline_ns)
{
	const struct view *view = data;
	uint32_t flags;
	int ret;

	ret = raw_transfer(view->fd, SHMREGION_BY_PID, receiver,
			   SHMREGION_TRANSFER_WAIT, deadline_ns, &flags);
	seen->finished_ns = now_ns();
	return ret ? -errno : (long)(flags & SHMREGION_OUT_OWNER_DIED);
}

static void count_signal(int signal)
{
	(void)signal;
	seen->signals++;
}

static long step_handle_signals(void *data, long flags)
{
	struct sigaction act = {
		.sa_handler = count_signal,
		.sa_flags = flags,
	};

	(void)data;
	return sigaction(SIGUSR1, &act, NULL);
}

/*
 * Both ways to wait. The test owns the region, a third process is attached,
 * and a waiter wants the region.
 */
FIXTURE(wait)
{
	struct view view;
	struct peer waiter, third;
	struct shmregion_info info;
};

FIXTURE_VARIANT(wait)
{
	peer_step step;
	unsigned int command;
	int cannot_happen;
};

FIXTURE_VARIANT_ADD(wait, acquire) {
	.step = wait_by_acquire,
	.command = SHMREGION_IOC_ACQUIRE,
	.cannot_happen = -EINVAL,
};

FIXTURE_VARIANT_ADD(wait, transfer) {
	.step = wait_by_transfer,
	.command = SHMREGION_IOC_TRANSFER,
	.cannot_happen = -ECANCELED,
};

FIXTURE_SETUP(wait)
{
	receiver = getpid();
	ASSERT_TRUE(begin(&self->view));
	self->waiter = peer_start();
	ASSERT_EQ(0, peer_do(&self->waiter, view_attach, &self->view, 0));
	self->third = peer_start();
	ASSERT_EQ(0, peer_do(&self->third, view_attach, &self->view, 0));
}

FIXTURE_TEARDOWN(wait)
{
	peer_kill(&self->third);
	peer_kill(&self->waiter);
	close(self->view.fd);
}

/* In the end the waiter waits, or has timed out, and the test is the owner. */
static void begin_wait(struct __test_metadata *_metadata,
		       FIXTURE_DATA(wait) *self,
		       const FIXTURE_VARIANT(wait) *variant, long deadline_ns)
{
	if (variant->step == wait_by_transfer) {
		ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	}
	peer_begin(&self->waiter, variant->step, &self->view, deadline_ns);
	ASSERT_EQ(0, view_acquire(&self->view, SHMREGION_NO_DEADLINE));
	if (deadline_ns == SHMREGION_NO_DEADLINE) {
		ASSERT_TRUE(wait_until_in_ioctl(self->waiter.pid,
						variant->command));
	}
	ASSERT_EQ(0, raw_info(self->view.fd, &self->info));
}

static bool finished(const struct peer *peer)
{
	struct pollfd fd = { .fd = peer->socket, .events = POLLIN };

	return poll(&fd, 1, 0) != 0;
}

static bool still_waits(const struct peer *peer, unsigned int command)
{
	return wait_until_in_ioctl(peer->pid, command) && !finished(peer);
}

#define BEGIN_WAIT(deadline_ns)						\
	begin_wait(_metadata, self, variant, deadline_ns)
#define STILL_WAITS() still_waits(&self->waiter, variant->command)
#define EXPECT_OWNER(pid)						\
	EXPECT_EQ(pid, view_info(&self->view, INFO(owner_pid)))

TEST_F(wait, ends_with_a_transfer_to_the_waiter)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(0, peer_finish(&self->waiter));
	EXPECT_OWNER(self->waiter.pid);
}

TEST_F(wait, ends_with_a_release)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
	EXPECT_OWNER(self->waiter.pid);
}

TEST_F(wait, ends_with_the_death_of_the_owner_and_says_so)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_transfer(&self->view, self->third.pid));
	peer_kill(&self->third);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, peer_finish(&self->waiter));
	EXPECT_OWNER(self->waiter.pid);
}

TEST_F(wait, does_not_end_with_a_transfer_to_a_third)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_transfer(&self->view, self->third.pid));
	EXPECT_TRUE(STILL_WAITS());
	EXPECT_OWNER(self->third.pid);
	ASSERT_EQ(0, peer_do(&self->third, view_release, &self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, does_not_end_with_publish)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_publish(&self->view, 0));
	EXPECT_TRUE(STILL_WAITS());
	EXPECT_OWNER(getpid());
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, fails_with_freeze)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_freeze(&self->view, 0));
	EXPECT_EQ(variant->cannot_happen, peer_finish(&self->waiter));
}

TEST_F(wait, fails_with_share)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_share(&self->view, 0));
	EXPECT_EQ(variant->cannot_happen, peer_finish(&self->waiter));
}

TEST_F(wait, times_out_not_before_the_deadline)
{
	long deadline_ns = soon();

	BEGIN_WAIT(deadline_ns);
	EXPECT_EQ(-ETIMEDOUT, peer_finish(&self->waiter));
	EXPECT_LE(deadline_ns, seen->finished_ns);
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
}

TEST_F(wait, times_out_at_once_after_the_deadline_and_acquire_goes_on)
{
	BEGIN_WAIT(LONG_AGO);
	EXPECT_EQ(-ETIMEDOUT, peer_finish(&self->waiter));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
	peer_begin(&self->waiter, wait_by_acquire, &self->view,
		   SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, never_reaches_a_deadline_after_the_end_of_time)
{
	const long deadlines[] = { INT64_MAX, INT64_MIN, -1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deadlines); i++) {
		BEGIN_WAIT(deadlines[i]);
		EXPECT_TRUE(STILL_WAITS());
		ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
		EXPECT_EQ(0, peer_finish(&self->waiter));
		ASSERT_EQ(0, peer_do(&self->waiter, view_transfer, &self->view,
				     getpid()));
	}
}

TEST_F(wait, is_interrupted_by_a_signal)
{
	const pid_t tid = self->waiter.pid;

	ASSERT_EQ(0, peer_do(&self->waiter, step_handle_signals, NULL, 0));
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, syscall(SYS_tgkill, tid, tid, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_finish(&self->waiter));
	EXPECT_EQ(1, seen->signals);
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
}

TEST_F(wait, goes_on_after_a_signal_with_sa_restart)
{
	const pid_t tid = self->waiter.pid;

	ASSERT_EQ(0, peer_do(&self->waiter, step_handle_signals, NULL,
			     SA_RESTART));
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, syscall(SYS_tgkill, tid, tid, SIGUSR1));
	while (!seen->signals)
		sched_yield();
	EXPECT_TRUE(STILL_WAITS());
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, is_ended_by_a_kill)
{
	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	EXPECT_EQ(SIGKILL, WTERMSIG(peer_kill(&self->waiter)));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
}

/* The waiter is a thread of the test here, and the owner the third. */
static volatile pid_t thread_id;

static void *waiting_thread(void *data)
{
	struct view *view = data;
	bool owner = view_info(view, INFO(owner_pid)) == getpid();

	thread_id = gettid();
	return (void *)(owner ? wait_by_transfer : wait_by_acquire)(view, 0);
}

TEST_F(wait, fails_when_another_thread_detached_the_process)
{
	const bool acquire = variant->step == wait_by_acquire;
	pthread_t thread;
	void *ret;

	receiver = self->third.pid;
	if (acquire) {
		ASSERT_EQ(0, view_transfer(&self->view, receiver));
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, waiting_thread,
				    &self->view));
	ASSERT_EQ(0, peer_do(&self->third, view_acquire, &self->view, 0));
	while (!thread_id)
		sched_yield();
	ASSERT_TRUE(wait_until_in_ioctl(thread_id, variant->command));
	ASSERT_EQ(0, view_detach(&self->view, 0));
	ASSERT_EQ(0, peer_do(&self->third, view_release, &self->view, 0));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(acquire ? -ESRCH : -ECANCELED, (long)ret);
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED,
		  view_info(&self->view, INFO(writers)));
}

TEST_F(wait, is_not_needed_for_a_region_of_ones_own)
{
	ASSERT_EQ(0, raw_info(self->view.fd, &self->info));
	EXPECT_EQ(0, variant->step(&self->view, LONG_AGO));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
}

#define NR_WAITERS 5

FIXTURE(waiters)
{
	struct view view;
	struct peer waiters[NR_WAITERS];
};

FIXTURE_SETUP(waiters)
{
	size_t i;

	ASSERT_TRUE(begin(&self->view));
	for (i = 0; i < NR_WAITERS; i++)
		self->waiters[i] = peer_start();
}

FIXTURE_TEARDOWN(waiters)
{
	size_t i;

	for (i = 0; i < NR_WAITERS; i++)
		peer_kill(&self->waiters[i]);
	close(self->view.fd);
}

static bool all_wait(const struct peer *waiters, size_t n)
{
	while (n--)
		if (!still_waits(&waiters[n], SHMREGION_IOC_ACQUIRE))
			return false;
	return true;
}

/* What the first that has finished says. It is moved behind the rest. */
static long first_to_finish(struct peer *waiters, size_t n)
{
	struct pollfd fds[NR_WAITERS];
	struct peer peer;
	size_t i;

	for (i = 0; i < n; i++)
		fds[i] = (struct pollfd){ waiters[i].socket, POLLIN, 0 };
	poll(fds, n, -1);
	for (i = 0; !fds[i].revents; i++)
		;
	peer = waiters[i];
	waiters[i] = waiters[n - 1];
	waiters[n - 1] = peer;
	return peer_finish(&peer);
}

TEST_F(waiters, get_the_region_one_after_the_other)
{
	size_t n;

	for (n = 0; n < NR_WAITERS; n++)
		peer_begin(&self->waiters[n], view_acquire, &self->view,
			   SHMREGION_NO_DEADLINE);
	ASSERT_TRUE(all_wait(self->waiters, n));
	ASSERT_EQ(0, view_release(&self->view, 0));
	for (; n > 0; n--) {
		EXPECT_EQ(0, first_to_finish(self->waiters, n));
		EXPECT_EQ(self->waiters[n - 1].pid,
			  view_info(&self->view, INFO(owner_pid)));
		EXPECT_TRUE(all_wait(self->waiters, n - 1));
		ASSERT_EQ(0, peer_do(&self->waiters[n - 1], view_release,
				     &self->view, 0));
	}
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED,
		  view_info(&self->view, INFO(writers)));
}

/* Without a handler: nothing must be done twice, and nobody is told EINTR. */
TEST_F(wait, goes_on_after_stop_and_continue)
{
	const pid_t pid = self->waiter.pid;
	int status;

	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_EQ(pid, waitpid(pid, &status, WCONTINUED));
	EXPECT_TRUE(STILL_WAITS());
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, goes_on_when_a_debugger_comes_and_goes)
{
	const pid_t pid = self->waiter.pid;
	int status;

	BEGIN_WAIT(SHMREGION_NO_DEADLINE);
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, NULL, NULL));
	EXPECT_TRUE(STILL_WAITS());
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->waiter));
}

TEST_F(wait, does_not_wait_on_a_handle_with_o_nonblock)
{
	if (variant->step == wait_by_transfer) {
		ASSERT_EQ(0, view_transfer(&self->view, self->waiter.pid));
	}
	ASSERT_EQ(0, fcntl(self->view.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, peer_do(&self->waiter, variant->step, &self->view,
				   SHMREGION_NO_DEADLINE));
	EXPECT_OWNER(getpid());
}

/* Runs in a time namespace of its own. */
static int time_out_soon(const struct view *view)
{
	long start = now_ns(), deadline_ns = soon();

	if (!raw_acquire(view->fd, 0, deadline_ns, NULL, NULL) ||
	    errno != ETIMEDOUT || now_ns() < deadline_ns)
		return 1;
	/* The offset is half an hour. */
	return now_ns() - start > 600 * 1000000000L;
}

/* Return: what time_out_soon() does, or -ENOSYS. */
static long step_in_time_namespace(void *data, long offset_s)
{
	char text[64];
	int fd, status;
	pid_t child;

	if (unshare(CLONE_NEWTIME))
		return -ENOSYS;
	snprintf(text, sizeof(text), "monotonic %ld 0", offset_s);
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	close(fd);
	child = fork();
	if (!child)
		_exit(time_out_soon(data));
	waitpid(child, &status, 0);
	return status;
}

FIXTURE(clock)
{
	struct view view;
	struct peer peer;
};

FIXTURE_VARIANT(clock)
{
	long offset_s;
};

FIXTURE_VARIANT_ADD(clock, ahead) { .offset_s = 1800 };
/* The clock cannot be negative, and a guest has run for more than this. */
FIXTURE_VARIANT_ADD(clock, behind) { .offset_s = -2 };

FIXTURE_SETUP(clock)
{
	ASSERT_TRUE(begin(&self->view));
	self->peer = peer_start();
}

FIXTURE_TEARDOWN(clock)
{
	peer_stop(&self->peer);
	close(self->view.fd);
}

TEST_F(clock, of_the_time_namespace_has_the_deadline)
{
	long ret = peer_do(&self->peer, step_in_time_namespace, &self->view,
			   variant->offset_s);

	if (ret == -ENOSYS)
		SKIP(return, "the kernel has no time namespaces");
	EXPECT_EQ(0, ret);
}

/* With a deadline counted from each restart it would never end. */
TEST_F(waiters, restarts_do_not_move_the_deadline)
{
	const pid_t tid = self->waiters[0].pid;
	long deadline_ns = soon();

	ASSERT_EQ(0, peer_do(&self->waiters[0], step_handle_signals, NULL,
			     SA_RESTART));
	peer_begin(&self->waiters[0], wait_by_acquire, &self->view, deadline_ns);
	while (!finished(&self->waiters[0])) {
		syscall(SYS_tgkill, tid, tid, SIGUSR1);
		usleep(1000);
	}
	EXPECT_EQ(-ETIMEDOUT, peer_finish(&self->waiters[0]));
	EXPECT_LE(deadline_ns, seen->finished_ns);
}

TEST_F(waiters, that_fail_stay_attached_and_change_nothing_else)
{
	struct shmregion_info info;

	ASSERT_EQ(0, raw_info(self->view.fd, &info));
	EXPECT_EQ(-EAGAIN, peer_do(&self->waiters[0], view_try_acquire,
				   &self->view, 0));
	EXPECT_EQ(-ETIMEDOUT, peer_do(&self->waiters[1], view_acquire,
				      &self->view, LONG_AGO));
	EXPECT_TRUE(info_is_still(self->view.fd, &info));
	EXPECT_EQ(0, view_transfer(&self->view, self->waiters[0].pid));
	EXPECT_EQ(0, peer_do(&self->waiters[0], view_transfer, &self->view,
			     self->waiters[1].pid));
}

static long step_acquire_by_seen(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	seen->acquire.size = sizeof(seen->acquire);
	return -errno_of(ioctl(view->fd, SHMREGION_IOC_ACQUIRE,
			       &seen->acquire));
}

/* The memory that it is to be told in goes away during the wait. */
TEST_F(waiters, a_death_that_cannot_be_told_is_told_to_the_next)
{
	struct peer *owner = &self->waiters[1];

	ASSERT_EQ(0, peer_do(owner, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, owner->pid));
	peer_begin(&self->waiters[0], step_acquire_by_seen, &self->view, 0);
	ASSERT_TRUE(all_wait(self->waiters, 1));
	ASSERT_EQ(0, ftruncate(seen_fd, 0));
	peer_kill(owner);
	EXPECT_EQ(-EFAULT, peer_finish(&self->waiters[0]));
	EXPECT_EQ(SHMREGION_STATE_OWNER_DIED,
		  view_owner_state(&self->view, 0));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_try_acquire(&self->view, 0));
}

TEST_F(waiters, get_a_free_region_whatever_the_deadline)
{
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_do(&self->waiters[0], view_acquire, &self->view,
			     LONG_AGO));
}

/* A transfer that fails has nothing to wait for. */
TEST_F(waiters, a_transfer_that_fails_does_not_wait)
{
	struct shmregion_info info;

	receiver = self->waiters[0].pid;
	ASSERT_EQ(0, raw_info(self->view.fd, &info));
	EXPECT_EQ(-ESRCH, wait_by_transfer(&self->view, SHMREGION_NO_DEADLINE));
	EXPECT_TRUE(info_is_still(self->view.fd, &info));
}

TEST_HARNESS_MAIN
