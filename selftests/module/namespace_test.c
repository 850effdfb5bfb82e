// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sandboxes (G17): two processes, each in user, pid, mount, network and ipc
 * namespaces of its own and under seccomp, neither of which can see or name the
 * other, take part in a region by member ids. Each did no more than to be sent
 * a handle. A number that could not be translated, 0, names nobody.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>

#include "operations.h"
#include "harness.h"

#define PROT_RW (PROT_READ | PROT_WRITE)

/* A process in a sandbox, by way of the one that made it. */
static struct peer sandbox_start(void)
{
	const int new = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS |
			CLONE_NEWNET | CLONE_NEWIPC;
	struct peer peer = { .pid = -1, .socket = -1 };
	int sockets[2];
	pid_t inner;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return peer;
	peer.pid = fork();
	if (peer.pid) {
		close(sockets[1]);
		peer.socket = sockets[0];
		return peer;
	}

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(sockets[0]);
	if (unshare(new))
		_exit(1);
	inner = fork();
	if (!inner) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		peer_serve(sockets[1]);
		_exit(0);
	}
	close(sockets[1]);
	waitpid(inner, NULL, 0);
	_exit(0);
}

#define ALLOW(call)							\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1),		\
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* For the interface: ioctl, mmap, munmap and ppoll. The rest is the test's. */
static long step_enter_seccomp(void *data, long unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(ioctl),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(ppoll),
		ALLOW(close),
		ALLOW(recvfrom),
		ALLOW(sendto),
		ALLOW(rt_sigaction),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigreturn),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {
		.len = ARRAY_SIZE(filter),
		.filter = filter,
	};

	(void)data;
	(void)unused;
	return -errno_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ?
				 -1 : 0);
}

/* The test made the region, as member 1; the two are 2 and 3. */
FIXTURE(sandbox)
{
	struct view view;
	struct peer first, second;
	struct shmregion_info before;
};

#define FIRST 2
#define SECOND 3

FIXTURE_VARIANT(sandbox)
{
	bool seccomp;
};

FIXTURE_VARIANT_ADD(sandbox, namespaces) { false };
FIXTURE_VARIANT_ADD(sandbox, namespaces_and_seccomp) { true };

FIXTURE_SETUP(sandbox)
{
	struct view *view = &self->view;

	view->size = PAGE;
	view->fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	self->first = sandbox_start();
	self->second = sandbox_start();
	if (variant->seccomp) {
		ASSERT_EQ(0, peer_do(&self->first, step_enter_seccomp, NULL,
				     0));
		ASSERT_EQ(0, peer_do(&self->second, step_enter_seccomp, NULL,
				     0));
	}
	ASSERT_EQ(0, peer_do(&self->first, view_attach, view, 0));
	ASSERT_EQ(FIRST, peer_do(&self->first, view_member, view, 0));
	ASSERT_EQ(0, peer_do(&self->second, view_attach, view, 0));
	ASSERT_EQ(SECOND, peer_do(&self->second, view_member, view, 0));
	ASSERT_EQ(0, raw_info(view->fd, &self->before));
}

FIXTURE_TEARDOWN(sandbox)
{
	peer_kill(&self->second);
	peer_kill(&self->first);
	close(self->view.fd);
}

#define FIRST_DO(step, argument)					\
	peer_do(&self->first, step, &self->view, argument)
#define SECOND_DO(step, argument)					\
	peer_do(&self->second, step, &self->view, argument)

static long step_own_pid(void *data, long unused)
{
	(void)data;
	(void)unused;
	return getpid();
}

static long step_give_to_parent(void *data, long unused)
{
	(void)unused;
	return view_transfer(data, getppid());
}

static long step_owner_member(void *data, long unused)
{
	const struct view *view = data;
	struct shmregion_info info;

	(void)unused;
	return raw_info(view->fd, &info) ? -errno : (long)info.out_owner_member;
}

/* So that the rest means something. */
TEST_F(sandbox, hides_each_from_the_other)
{
	if (variant->seccomp)
		SKIP(return, "getpid is not on the list");
	EXPECT_EQ(1, FIRST_DO(step_own_pid, 0));
	EXPECT_EQ(1, SECOND_DO(step_own_pid, 0));
}

TEST_F(sandbox, members_hand_the_region_to_members)
{
	struct view *view = &self->view;

	ASSERT_EQ(0, FIRST_DO(view_map, PROT_RW));
	ASSERT_EQ(0, SECOND_DO(view_map, PROT_RW));
	ASSERT_EQ(0, view_transfer_to_member(view, FIRST));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER, FIRST_DO(view_try_acquire_flags, 0));
	EXPECT_EQ(0, FIRST_DO(view_write, 0));
	EXPECT_EQ(0, FIRST_DO(view_transfer_to_member, SECOND));
	EXPECT_EQ(-SIGSEGV, FIRST_DO(view_read, 0));
	EXPECT_EQ(VIEW_WRITES, SECOND_DO(view_read, 0));
	EXPECT_EQ(0, SECOND_DO(view_transfer_to_member, 1));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER, view_try_acquire_flags(view, 0));
	ASSERT_EQ(0, view_map(view, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, view_read(view, 0));
}

TEST_F(sandbox, info_names_an_owner_that_has_no_pid_there)
{
	ASSERT_EQ(0, view_transfer_to_member(&self->view, FIRST));
	EXPECT_EQ(FIRST, SECOND_DO(step_owner_member, 0));
	EXPECT_EQ(0, SECOND_DO(view_info, INFO(owner_pid)));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER, SECOND_DO(view_info, INFO(writers)));
	EXPECT_EQ(FIRST, FIRST_DO(step_owner_member, 0));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, FIRST_DO(view_info, INFO(writers)));
}

/* What SO_PEERCRED and getppid() say there is 0. */
TEST_F(sandbox, a_pid_that_cannot_be_translated_names_nobody)
{
	ASSERT_EQ(0, view_transfer_to_member(&self->view, FIRST));
	EXPECT_EQ(-EINVAL, FIRST_DO(view_transfer, 0));
	if (!variant->seccomp)
		EXPECT_EQ(-EINVAL, FIRST_DO(step_give_to_parent, 0));
	EXPECT_EQ(-EINVAL, FIRST_DO(view_transfer_to_member, 0));
	/* Those of the others there, and of outside, name nobody here. */
	EXPECT_EQ(-ESRCH, FIRST_DO(view_transfer, 2));
	EXPECT_EQ(-ESRCH, FIRST_DO(view_transfer, self->second.pid));
	EXPECT_EQ(-ESRCH, FIRST_DO(view_transfer, getpid()));
	EXPECT_EQ(FIRST, step_owner_member(&self->view, 0));
	/* 1 is the first itself, not the second, which is 1 as well. */
	EXPECT_EQ(0, FIRST_DO(view_transfer, 1));
	EXPECT_EQ(FIRST, step_owner_member(&self->view, 0));
}

/* A call and its answer in one, again and again, of the two alone. */
#define ROUNDS 200

static long step_call(void *data, long member)
{
	struct view *view = data;
	uint32_t flags;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (view->memory[0] != (uint8_t)round)
			return -EILSEQ;
		view->memory[0]++;
		if (raw_transfer(view->fd, SHMREGION_BY_MEMBER, member,
				 SHMREGION_TRANSFER_WAIT, SHMREGION_NO_DEADLINE,
				 &flags))
			return -errno;
		if (flags != SHMREGION_OUT_WAS_OWNER)
			return -EPROTO;
	}
	return 0;
}

static long step_answer(void *data, long member)
{
	const struct view *view = data;
	uint32_t flags;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (raw_acquire(view->fd, 0, SHMREGION_NO_DEADLINE, &flags,
				NULL) || flags != SHMREGION_OUT_WAS_OWNER)
			return -errno ?: -EPROTO;
		if (view->memory[0] != (uint8_t)(round + 1))
			return -EILSEQ;
		if (raw_transfer(view->fd, SHMREGION_BY_MEMBER, member, 0, 0,
				 NULL))
			return -errno;
	}
	return 0;
}

TEST_F(sandbox, members_call_and_answer)
{
	ASSERT_EQ(0, FIRST_DO(view_map, PROT_RW));
	ASSERT_EQ(0, SECOND_DO(view_map, PROT_RW));
	ASSERT_EQ(0, view_transfer_to_member(&self->view, FIRST));
	peer_begin(&self->second, step_answer, &self->view, FIRST);
	EXPECT_EQ(0, FIRST_DO(step_call, SECOND));
	EXPECT_EQ(0, peer_finish(&self->second));
}

static long step_poll(void *data, long unused)
{
	const struct view *view = data;
	struct pollfd fd = { .fd = view->fd, .events = POLLIN };

	(void)unused;
	return ppoll(&fd, 1, NULL, NULL) == 1 ? fd.revents : -errno;
}

TEST_F(sandbox, members_poll)
{
	peer_begin(&self->first, step_poll, &self->view, 0);
	ASSERT_EQ(0, view_transfer_to_member(&self->view, FIRST));
	EXPECT_EQ(POLLIN, peer_finish(&self->first));
}

TEST_F(sandbox, everything_but_opening_the_device_works)
{
	struct view *view = &self->view;

	ASSERT_EQ(0, view_transfer_to_member(view, FIRST));
	ASSERT_EQ(0, FIRST_DO(view_map, PROT_RW));
	EXPECT_EQ(0, FIRST_DO(view_write, 0));
	EXPECT_EQ(0, FIRST_DO(view_release, 0));
	EXPECT_EQ(0, FIRST_DO(view_try_acquire_flags, 0));
	EXPECT_EQ(0, FIRST_DO(view_publish, 0));
	EXPECT_EQ(0, FIRST_DO(view_freeze, 0));
	EXPECT_EQ(VIEW_WRITES, FIRST_DO(view_read, 0));
	EXPECT_EQ(-SIGSEGV, FIRST_DO(view_write, 0));
	EXPECT_EQ(0, FIRST_DO(view_unmap, 0));
	EXPECT_EQ(0, FIRST_DO(view_detach, 0));
	/* All pages are there: without consent too. */
	EXPECT_EQ(0, FIRST_DO(view_map_unattached, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, FIRST_DO(view_read, 0));
}

static long step_limit_first(void *data, long limit)
{
	const struct view *view = data;

	return -errno_of(raw_limit(view->fd, SHMREGION_BY_MEMBER, FIRST,
				   limit));
}

/* A member in a sandbox can be the controller of a region, too. */
TEST_F(sandbox, a_controller_limits_members_that_it_cannot_see)
{
	struct view view = { .size = PAGE };

	view.fd = make_region(PAGE, SHMREGION_MODE_UNSAFE,
			      SHMREGION_CREATE_CONTROLLED);
	peer_kill(&self->first);
	peer_kill(&self->second);
	self->first = sandbox_start();
	self->second = sandbox_start();
	ASSERT_EQ(0, peer_do(&self->first, view_map, &view, PROT_RW));
	ASSERT_EQ(0, peer_do(&self->second, view_map, &view, PROT_RW));
	ASSERT_EQ(0, peer_do(&self->first, view_write, &view, 0));
	ASSERT_EQ(0, peer_do(&self->second, step_limit_first, &view, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->first, view_read, &view, 0));
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->second, view_read, &view, 0));
}

/*
 * The process inside dies after the one that made it. When it has closed its
 * socket its address space is gone.
 */
static void sandbox_kill(struct peer *peer)
{
	char byte;

	kill(peer->pid, SIGKILL);
	while (recv(peer->socket, &byte, sizeof(byte), 0) > 0)
		;
	peer_stop(peer);
}

TEST_F(sandbox, a_death_inside_is_told_outside)
{
	ASSERT_EQ(0, view_transfer_to_member(&self->view, FIRST));
	peer_begin(&self->second, view_acquire, &self->view,
		   SHMREGION_NO_DEADLINE);
	sandbox_kill(&self->first);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, peer_finish(&self->second));
	EXPECT_EQ(SECOND, step_owner_member(&self->view, 0));
	EXPECT_EQ(-ESRCH, SECOND_DO(view_transfer_to_member, FIRST));
}

TEST_HARNESS_MAIN
