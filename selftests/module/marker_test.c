// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every fault ends (G2, G16), and the access rule holds (G1), whatever a process
 * can leave in its own page tables. Between Linux 6.7 and a fix that later
 * releases have, userfaultfd's asynchronous write-protection takes any mapping,
 * and leaves markers where nothing is mapped.
 *
 * A fault that is repeated for ever would make the process unkillable. So a peer
 * does what may fault, and the test counts its faults.
 */
#include <linux/userfaultfd.h>
#include <poll.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
/* What anybody may have: faults of the kernel are not reported. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* More than any step here needs. */
#define FAULTS_MAX 20000

FIXTURE(marker)
{
	struct view view, others;
	struct peer peer, other;
};

FIXTURE_VARIANT(marker)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(marker, small_pages)
{
	.size = KIB(256),
};

FIXTURE_VARIANT_ADD(marker, huge_page)
{
	.size = MIB(2),
};

static long step_map(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	if (view_map(view, PROT_READ | PROT_WRITE))
		return -errno;
	return -errno_of(raw_acquire(view->fd, SHMREGION_ACQUIRE_NOWAIT,
				     SHMREGION_NO_DEADLINE, NULL, NULL));
}

/* The userfaultfd of the peer. */
static int uffd = -1;

static long step_register(void *data, long unused)
{
	struct view *view = data;
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED,
	};
	struct uffdio_register area = {
		.range = { (uintptr_t)view->memory, page_up(view->size) },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	(void)unused;
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &area))
		return -errno;
	return 0;
}

/* Leaves a marker wherever nothing is mapped. */
static long step_protect(void *data, long unused)
{
	struct view *view = data;
	struct uffdio_writeprotect area = {
		.range = { (uintptr_t)view->memory, page_up(view->size) },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	(void)unused;
	return -errno_of(ioctl(uffd, UFFDIO_WRITEPROTECT, &area));
}

/* How often a process has faulted, or -1 when there is no such process. */
static long faults_of(pid_t pid)
{
	char path[64], line[512];
	const char *rest;
	long faults = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	rest = fgets(line, sizeof(line), file);
	rest = rest ? strrchr(line, ')') : NULL;
	if (rest)
		sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %ld", &faults);
	fclose(file);
	return faults;
}

/* The result of a step of the peer, or -ELOOP when it faults on and on. */
static long result_of(const struct peer *peer, peer_step step,
		      struct view *view, long argument)
{
	struct pollfd answer = { .fd = peer->socket, .events = POLLIN };
	long before = faults_of(peer->pid);

	peer_begin(peer, step, view, argument);
	while (poll(&answer, 1, 10) == 0)
		if (faults_of(peer->pid) - before > FAULTS_MAX)
			return -ELOOP;
	return peer_finish(peer);
}

FIXTURE_SETUP(marker)
{
	long ret;

	self->view.size = variant->size;
	self->view.fd = make_region(variant->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	self->others = self->view;
	self->peer = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, raw_release(self->view.fd));
	ASSERT_EQ(0, peer_do(&self->peer, step_map, &self->view, 0));

	ret = peer_do(&self->peer, step_register, &self->view, 0);
	if (ret == -EINVAL || ret == -ENOSYS)
		SKIP(return, "this kernel refuses to watch raw page frames");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(marker)
{
	peer_stop(&self->other);
	peer_kill(&self->peer);
}

#define RESULT(step, argument) \
	result_of(&self->peer, step, &self->view, argument)

TEST_F(marker, store_into_untouched_memory)
{
	ASSERT_EQ(0, RESULT(step_protect, 0));
	ASSERT_EQ(0, RESULT(view_write, PAGE));
	EXPECT_EQ(VIEW_WRITES, RESULT(view_read, PAGE));
	EXPECT_EQ(0, RESULT(view_read, 0));
	EXPECT_EQ(0, RESULT(view_write, variant->size - 1));
	EXPECT_EQ(VIEW_WRITES, RESULT(view_read, variant->size - 1));
}

TEST_F(marker, load_from_untouched_memory)
{
	ASSERT_EQ(0, RESULT(step_protect, 0));
	EXPECT_EQ(0, RESULT(view_read, 0));
	EXPECT_EQ(0, RESULT(view_write, 0));
	EXPECT_EQ(VIEW_WRITES, RESULT(view_read, 0));
}

/* Inside the kernel nobody looks for a signal between two faults. */
TEST_F(marker, system_call_into_untouched_memory)
{
	ASSERT_EQ(0, RESULT(step_protect, 0));
	EXPECT_EQ(0, RESULT(view_write_by_call, PAGE));
	EXPECT_EQ(VIEW_WRITES, RESULT(view_read_by_call, PAGE));
	EXPECT_EQ(0, RESULT(view_read_by_call, 0));
}

TEST_F(marker, store_into_protected_memory)
{
	ASSERT_EQ(0, RESULT(view_write, 0));
	ASSERT_EQ(0, RESULT(step_protect, 0));
	EXPECT_EQ(0, RESULT(view_write, 0));
	EXPECT_EQ(0, RESULT(view_write, PAGE));
	EXPECT_EQ(0, RESULT(view_write_by_call, variant->size - 1));
	EXPECT_EQ(VIEW_WRITES, RESULT(view_read, PAGE));
}

/* A zap leaves markers where entries were protected: they give no access. */
TEST_F(marker, revocation)
{
	int round;

	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, RESULT(view_write, 0));
		ASSERT_EQ(0, RESULT(step_protect, 0));
		ASSERT_EQ(0, RESULT(view_release, 0));
		EXPECT_EQ(-SIGSEGV, RESULT(view_read, 0));
		EXPECT_EQ(-SIGSEGV, RESULT(view_write, PAGE));
		EXPECT_EQ(-EFAULT, RESULT(view_read_by_call, 0));
		EXPECT_EQ(-EFAULT, RESULT(view_write_by_call,
					  variant->size - 1));
		/* Markers over markers. */
		ASSERT_EQ(0, RESULT(step_protect, 0));
		EXPECT_EQ(-SIGSEGV, RESULT(view_read, 0));

		ASSERT_EQ(0, peer_do(&self->other, step_map, &self->others, 0));
		EXPECT_EQ(VIEW_WRITES,
			  peer_do(&self->other, view_read, &self->others, 0));
		EXPECT_EQ(0, peer_do(&self->other, view_release, &self->others,
				     0));

		ASSERT_LE(0, RESULT(view_try_acquire, 0));
		EXPECT_EQ(VIEW_WRITES, RESULT(view_read, 0));
		EXPECT_EQ(0, RESULT(view_write, PAGE));
	}
}

TEST_HARNESS_MAIN
