// SPDX-License-Identifier: GPL-2.0-only
/* What a channel costs: system calls, file descriptors and mappings. */
#include "lib_channel.h"
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "harness.h"

/*
 * System calls of one process between two that mark the beginning and the end.
 */

#define MARK SYS_getppid
#define COUNTED 10

struct counts {
	int sendmsg;
	int recvmsg;
	int ioctl;
	int other;
};

static void count_call(struct counts *counts, uint64_t number)
{
	switch (number) {
	case SYS_sendmsg:
		counts->sendmsg++;
		break;
	case SYS_recvmsg:
		counts->recvmsg++;
		break;
	case SYS_ioctl:
		counts->ioctl++;
		break;
	case SYS_ppoll:
		break;
	/* A call only where the vDSO has no clock that it trusts. */
	case SYS_clock_gettime:
		break;
	default:
		counts->other++;
		break;
	}
}

/* Let a child that asked for it run to its end. False if it is not as it should be. */
static bool trace(pid_t pid, struct counts *counts)
{
	struct __ptrace_syscall_info info;
	int marks = 0, status;

	memset(counts, 0, sizeof(*counts));
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (!ptrace(PTRACE_SYSCALL, pid, 0, 0) &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <
			    0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == MARK)
			marks++;
		else if (marks == 1)
			count_call(counts, info.entry.nr);
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) && marks == 2;
}

/* Send something and get it back, so many times, between two marks. */
static int be_traced(bool with_shmem, int rounds)
{
	struct shmdev_shmem *shmem = NULL;
	size_t count = 0;

	if (be_side(NULL, 0))
		return 1;
	if (with_shmem) {
		shmem = shmdev_channel_alloc(my.channel, PAGE);
		count = 1;
		/* From now on both sides know each other. */
		if (!shmem || send_one(my.channel, &shmem) < 0 ||
		    receive(my.channel) < 0)
			return 2;
	}
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	syscall(MARK);
	while (rounds--)
		if (shmdev_channel_send(my.channel, "x", 1, &my.shmem, count) <
			    0 || receive(my.channel) < 0)
			return 3;
	syscall(MARK);
	return 0;
}

static long step_echo_all(void *data, long unused)
{
	(void)data;
	(void)unused;
	while (receive(my.channel) == 0)
		if (shmdev_channel_send(my.channel, my.bytes, my.message.length,
					my.message.shmems,
					my.message.count) < 0)
			return -errno;
	return errno == EPIPE ? 0 : -errno;
}

FIXTURE(cost)
{
	struct counts counts;
};

FIXTURE_VARIANT(cost)
{
	bool with_shmem;
};

FIXTURE_VARIANT_ADD(cost, bytes)
{
	.with_shmem = false,
};

FIXTURE_VARIANT_ADD(cost, known_region)
{
	.with_shmem = true,
};

FIXTURE_SETUP(cost)
{
	struct peer peer;
	pid_t pid;

#ifdef SELFTESTS_CHECKED_H
	SKIP(return, "the checker of memory makes system calls of its own");
#endif
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	peer = peer_start();
	pid = fork();
	if (pid == 0)
		_exit(be_traced(variant->with_shmem, COUNTED));
	close(my.sockets[0]);
	ASSERT_EQ(0, peer_do(&peer, be_side, NULL, 1));
	close(my.sockets[1]);
	peer_begin(&peer, step_echo_all, NULL, 0);
	ASSERT_TRUE(trace(pid, &self->counts));
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
}

FIXTURE_TEARDOWN(cost)
{
}

/* To give is one ioctl, and to take is one. */
TEST_F(cost, of_a_message)
{
	EXPECT_EQ(COUNTED, self->counts.sendmsg);
	EXPECT_EQ(COUNTED, self->counts.recvmsg);
	EXPECT_EQ(variant->with_shmem ? 2 * COUNTED : 0, self->counts.ioctl);
	EXPECT_EQ(0, self->counts.other);
}

/*
 * File descriptors, as channel.h says: one for each shmem with an owner, none for
 * an unsafe one, on both sides.
 */

#define MANY 200

FIXTURE(descriptors)
{
	struct peer peer;
	struct shmdev_channel_limits limits;
	int fds;
};

static long step_count_fds(void *data, long unused)
{
	(void)data;
	(void)unused;
	return count_fds();
}

FIXTURE_SETUP(descriptors)
{
	self->limits.peer_bytes = UINT64_MAX;
	self->limits.peer_regions = 2 * MANY;
	self->limits.queued = 1;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	self->peer = peer_start();
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, be_side, &self->limits, 1));
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(descriptors)
{
	peer_stop(&self->peer);
	shmdev_channel_close(my.channel);
}

/* Allocate, and let the peer read each allocation: how many there are. */
static int alloc_many(struct peer *peer, bool unsafe)
{
	struct shmdev_shmem *shmem;
	int i;

	for (i = 0; i < MANY; i++) {
		shmem = unsafe ? shmdev_channel_alloc_unsafe(my.channel, 1) :
				 shmdev_channel_alloc(my.channel, 1);
		if (!shmem || shmdev_channel_send(my.channel, "x", 1, NULL, 0) ||
		    peer_do(peer, step_receive, NULL, 0))
			break;
	}
	return i;
}

TEST_F(descriptors, one_for_each_shmem)
{
	long before = peer_do(&self->peer, step_count_fds, NULL, 0);

	ASSERT_EQ(MANY, alloc_many(&self->peer, false));
	EXPECT_EQ(self->fds + MANY, count_fds());
	EXPECT_EQ(before + MANY, peer_do(&self->peer, step_count_fds, NULL, 0));
}

/* More than both sides may have. */
TEST_F(descriptors, none_for_an_unsafe_shmem)
{
	struct rlimit limit = { MANY / 2, MANY / 2 };
	long before = peer_do(&self->peer, step_count_fds, NULL, 0);

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(MANY, alloc_many(&self->peer, true));
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(before, peer_do(&self->peer, step_count_fds, NULL, 0));
	EXPECT_EQ(MANY, count_region_maps());
}
TEST_HARNESS_MAIN
