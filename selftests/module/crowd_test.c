// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crowd that polls or calls does not slow the owner (G16).
 */
#include <sys/epoll.h>

#include "interference.h"
#include "operations.h"
#include "harness.h"

/* What a release and an acquire cost the owner. */
#define ROUNDS 101

static int compare_long(const void *a, const void *b)
{
	const long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
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

TEST_HARNESS_MAIN
