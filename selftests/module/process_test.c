// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which process is which (G8): a receiver is named by a pid of the caller's
 * namespace and must have attached; a process is an address space, so threads
 * and CLONE_VM children are it and fork children and exec'd images are not; a
 * number that is used again is another process. A transfer that is refused
 * changes nothing. And no privilege is needed (G13).
 */
#include <pthread.h>

#include "operations.h"
#include "pids.h"
#include "harness.h"

/* The test owns the region and has mapped it; a peer has a handle. */
FIXTURE(process)
{
	struct view view;
	struct peer peer;
	int sockets[2];
	struct shmregion_info info;
};

FIXTURE_SETUP(process)
{
	struct view *view = &self->view;

	view->size = PAGE;
	view->fd = make_region(view->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->sockets));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	ASSERT_EQ(0, raw_info(view->fd, &self->info));
}

FIXTURE_TEARDOWN(process)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

/* The test is the owner as before, and can write. */
#define EXPECT_REFUSED(error, pid) do {					\
	EXPECT_EQ(-(error), view_transfer(&self->view, pid));		\
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));		\
	EXPECT_EQ(0, view_write(&self->view, 0));			\
} while (0)

#define EXPECT_GIVEN(pid) do {						\
	EXPECT_EQ(0, view_transfer(&self->view, pid));			\
	EXPECT_EQ(pid, view_info(&self->view, INFO(owner_pid)));	\
} while (0)

#define PEER_DO(step, argument)						\
	peer_do(&self->peer, step, &self->view, argument)

/* Receivers that there are not. */

TEST_F(process, that_has_not_attached_gets_nothing)
{
	EXPECT_REFUSED(ESRCH, self->peer.pid);
}

TEST_F(process, that_does_not_exist_gets_nothing)
{
	pid_t pid = self->peer.pid;

	peer_kill(&self->peer);
	EXPECT_REFUSED(ESRCH, pid);
}

TEST_F(process, with_a_number_beyond_all_gets_nothing)
{
	EXPECT_REFUSED(ESRCH, INT32_MAX);
}

TEST_F(process, that_is_a_zombie_gets_nothing)
{
	siginfo_t info;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	kill(self->peer.pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, self->peer.pid, &info, WEXITED | WNOWAIT));
	EXPECT_REFUSED(ESRCH, self->peer.pid);
}

TEST_F(process, that_execd_after_it_attached_gets_nothing)
{
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	ASSERT_EQ(0, PEER_DO(view_keep_over_exec, 0));
	peer_begin(&self->peer, view_exec, &self->view, self->sockets[1]);
	ASSERT_TRUE(server_runs(self->sockets[0]));
	EXPECT_REFUSED(ESRCH, self->peer.pid);
	EXPECT_EQ(0, server_do(self->sockets[0], view_attach, 0));
	EXPECT_GIVEN(self->peer.pid);
}

TEST_F(process, that_is_a_kernel_thread_gets_nothing)
{
	char name[16] = "";
	FILE *file = fopen("/proc/2/comm", "re");

	ASSERT_NE(NULL, file);
	ASSERT_NE(NULL, fgets(name, sizeof(name), file));
	fclose(file);
	ASSERT_STREQ("kthreadd\n", name);
	EXPECT_REFUSED(ESRCH, 2);
}

static void *pausing_thread(void *tid)
{
	*(volatile pid_t *)tid = gettid();
	pause();
	return NULL;
}

static long step_make_thread(void *data, long unused)
{
	volatile pid_t tid = 0;
	pthread_t thread;

	(void)data;
	(void)unused;
	if (pthread_create(&thread, NULL, pausing_thread, (void *)&tid))
		return -1;
	while (!tid)
		sched_yield();
	return tid;
}

TEST_F(process, is_not_named_by_the_id_of_a_thread)
{
	pid_t tid;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	tid = PEER_DO(step_make_thread, 0);
	ASSERT_LT(0, tid);
	EXPECT_REFUSED(ESRCH, tid);
	EXPECT_GIVEN(self->peer.pid);
}

TEST_F(process, with_the_number_of_an_attached_one_that_died_gets_nothing)
{
	pid_t pid = self->peer.pid, again;

	ASSERT_EQ(0, PEER_DO(view_map, PROT_READ | PROT_WRITE));
	peer_kill(&self->peer);
	again = start_with_pid(pid, NULL);
	ASSERT_EQ(pid, again);
	EXPECT_REFUSED(ESRCH, pid);
	kill(pid, SIGKILL);
}

TEST_F(process, with_a_number_used_again_can_attach_itself)
{
	pid_t pid = self->peer.pid, again;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	peer_kill(&self->peer);
	again = start_with_pid(pid, &self->view);
	ASSERT_EQ(pid, again);
	EXPECT_GIVEN(pid);
	kill(pid, SIGKILL);
}

/* By what a process attaches, and until when. */

static long step_attach_read_only(void *data, long unused)
{
	struct view view = *(struct view *)data;

	view.fd = raw_dup(view.fd, RIGHTS_RO);
	return view_attach(&view, unused);
}

TEST_F(process, that_attached_without_write_gets_nothing)
{
	ASSERT_EQ(0, PEER_DO(step_attach_read_only, 0));
	EXPECT_REFUSED(EACCES, self->peer.pid);
}

TEST_F(process, that_attaches_once_more_adds_rights)
{
	ASSERT_EQ(0, PEER_DO(step_attach_read_only, 0));
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	ASSERT_EQ(0, PEER_DO(step_attach_read_only, 0));
	EXPECT_GIVEN(self->peer.pid);
}

/* All pages are there: who has not attached may map such a region. */
TEST_F(process, that_only_maps_is_not_attached)
{
	ASSERT_EQ(0, view_write(&self->view, 0));
	ASSERT_EQ(0, view_publish(&self->view, 0));
	ASSERT_EQ(0, raw_info(self->view.fd, &self->info));
	ASSERT_EQ(0, PEER_DO(view_map_unattached, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, PEER_DO(view_read, 0));
	EXPECT_REFUSED(ESRCH, self->peer.pid);
}

TEST_F(process, that_detached_gets_nothing)
{
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	EXPECT_EQ(0, PEER_DO(view_detach, 0));
	EXPECT_REFUSED(ESRCH, self->peer.pid);
}

TEST_F(process, that_is_not_attached_cannot_detach)
{
	EXPECT_EQ(-ESRCH, PEER_DO(view_detach, 0));
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	ASSERT_EQ(0, PEER_DO(view_detach, 0));
	EXPECT_EQ(-ESRCH, PEER_DO(view_detach, 0));
}

TEST_F(process, that_has_a_revocable_mapping_cannot_detach)
{
	ASSERT_EQ(0, PEER_DO(view_map, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	EXPECT_EQ(0, view_transfer(&self->view, self->peer.pid));
	EXPECT_EQ(0, PEER_DO(view_write, 0));
	EXPECT_EQ(0, PEER_DO(view_release, 0));
	EXPECT_EQ(0, PEER_DO(view_unmap, 0));
	EXPECT_EQ(0, PEER_DO(view_detach, 0));
}

TEST_F(process, that_owns_cannot_detach)
{
	ASSERT_EQ(0, view_unmap(&self->view, 0));
	EXPECT_EQ(-EBUSY, view_detach(&self->view, 0));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->info));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, view_detach(&self->view, 0));
}

TEST_F(process, that_has_an_ordinary_mapping_cannot_detach)
{
	ASSERT_EQ(0, view_write(&self->view, 0));
	ASSERT_EQ(0, view_publish(&self->view, 0));
	ASSERT_EQ(0, PEER_DO(view_map, PROT_READ));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	EXPECT_EQ(VIEW_WRITES, PEER_DO(view_read, 0));
	EXPECT_EQ(0, PEER_DO(view_unmap, 0));
	EXPECT_EQ(0, PEER_DO(view_detach, 0));
}

/* What is the same process as the owner, and what is not. */

TEST_F(process, that_the_owner_forked_is_not_the_owner)
{
	struct peer child = peer_start();
	struct view *view = &self->view;

	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, view, 0));
	EXPECT_EQ(-EPERM, peer_do(&child, view_transfer, view, child.pid));
	EXPECT_EQ(-EPERM, peer_do(&child, view_release, view, 0));
	EXPECT_EQ(-ESRCH, peer_do(&child, view_detach, view, 0));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER,
		  peer_do(&child, view_info, view, INFO(writers)));
	EXPECT_REFUSED(ESRCH, child.pid);
	peer_kill(&child);
}

/* What only the owner can do, and how it went. */
struct deed {
	struct view *view;
	pid_t receiver;
	long written, transferred;
};

static void *do_deed(void *data)
{
	struct deed *deed = data;

	deed->written = view_write(deed->view, 0);
	deed->transferred = view_transfer(deed->view, deed->receiver);
	return NULL;
}

static int do_deed_and_exit(void *data)
{
	do_deed(data);
	_exit(0);
}

TEST_F(process, of_the_owner_is_every_thread)
{
	struct deed deed = { &self->view, self->peer.pid, -1, -1 };
	pthread_t thread;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, do_deed, &deed));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, deed.written);
	EXPECT_EQ(0, deed.transferred);
	EXPECT_EQ(-SIGSEGV, view_write(&self->view, 0));
}

static void expect_deed_of_child(struct __test_metadata *_metadata,
				 FIXTURE_DATA(process) *self, int flags)
{
	struct deed deed = { &self->view, self->peer.pid, -1, -1 };
	pid_t child;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	child = start_in_same_memory(do_deed_and_exit, &deed, flags);
	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(0, deed.written);
	EXPECT_EQ(0, deed.transferred);
	EXPECT_EQ(-SIGSEGV, view_write(&self->view, 0));
}

TEST_F(process, of_the_owner_is_a_child_by_clone_vm)
{
	expect_deed_of_child(_metadata, self, 0);
}

TEST_F(process, of_the_owner_is_a_child_by_vfork)
{
	expect_deed_of_child(_metadata, self, CLONE_VFORK);
}

TEST_F(process, can_be_named_by_a_child_in_its_address_space)
{
	pid_t child;

	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	child = PEER_DO(step_start_in_same_memory, 0);
	ASSERT_LT(0, child);
	EXPECT_EQ(0, view_transfer(&self->view, child));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, PEER_DO(view_info, INFO(writers)));
	EXPECT_EQ(self->peer.pid, view_info(&self->view, INFO(owner_pid)));
	kill(child, SIGKILL);
}

/* Namespaces. The test is outside, two peers are 1 and 2 inside. */
FIXTURE(namespaces)
{
	struct view view;
	struct peer first, second;
	struct shmregion_info info;
};

FIXTURE_SETUP(namespaces)
{
	struct view *view = &self->view;

	view->size = PAGE;
	view->fd = make_region(view->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	self->first = peer_start();
	self->second = peer_start();
	ASSERT_EQ(0, peer_do(&self->first, view_attach, view, 0));
	ASSERT_EQ(0, peer_do(&self->second, view_attach, view, 0));
	ASSERT_EQ(0, raw_info(view->fd, &self->info));
}

FIXTURE_TEARDOWN(namespaces)
{
	peer_kill(&self->second);
	peer_kill(&self->first);
	close(self->view.fd);
}

TEST_F(namespaces, pids_are_the_callers)
{
	struct view *view = &self->view;

	EXPECT_EQ(0, view_transfer(view, self->first.pid));
	EXPECT_EQ(0, peer_do(&self->first, view_transfer, view, 2));
	EXPECT_EQ(0, peer_do(&self->second, view_transfer, view, 1));
	EXPECT_EQ(self->first.pid, view_info(view, INFO(owner_pid)));
}

TEST_F(namespaces, pids_of_another_one_name_nobody)
{
	EXPECT_REFUSED(ESRCH, 1);
	EXPECT_REFUSED(ESRCH, 2);
}

TEST_F(namespaces, who_is_outside_cannot_be_named_inside)
{
	struct view *view = &self->view;
	struct peer *first = &self->first;

	ASSERT_EQ(0, view_transfer(view, first->pid));
	EXPECT_EQ(-ESRCH, peer_do(first, view_transfer, view, getpid()));
	EXPECT_EQ(-ESRCH, peer_do(first, view_transfer, view, first->pid));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER,
		  peer_do(first, view_info, view, INFO(writers)));
}

TEST_F(namespaces, the_owner_is_shown_as_the_caller_names_it)
{
	struct view *view = &self->view;

	ASSERT_EQ(0, view_transfer(view, self->second.pid));
	EXPECT_EQ(self->second.pid, view_info(view, INFO(owner_pid)));
	EXPECT_EQ(2, peer_do(&self->first, view_info, view, INFO(owner_pid)));
	EXPECT_EQ(2, peer_do(&self->second, view_info, view, INFO(owner_pid)));
}

TEST_F(namespaces, an_owner_outside_is_shown_as_nobody_yet_owned)
{
	struct view *view = &self->view;

	EXPECT_EQ(0, peer_do(&self->first, view_info, view, INFO(owner_pid)));
	EXPECT_EQ(SHMREGION_STATE_OWNED,
		  peer_do(&self->first, view_owner_state, view, 0));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER,
		  peer_do(&self->first, view_info, view, INFO(writers)));
}

/* Nobody in a user namespace of its own: no privilege and no uid of note. */
static long step_drop_privilege(void *data, long unused)
{
	(void)data;
	(void)unused;
	return -errno_of(syscall(SYS_setgroups, 0, NULL) ||
			 setresgid(65534, 65534, 65534) ||
			 setresuid(65534, 65534, 65534) ||
			 unshare(CLONE_NEWUSER) ? -1 : 0);
}

TEST_F(process, needs_no_privilege)
{
	ASSERT_EQ(0, PEER_DO(step_drop_privilege, 0));
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
	ASSERT_EQ(0, PEER_DO(view_map, PROT_READ | PROT_WRITE));
	EXPECT_GIVEN(self->peer.pid);
	EXPECT_EQ(0, PEER_DO(view_write, 0));
	EXPECT_EQ(0, PEER_DO(view_publish, 0));
	EXPECT_EQ(0, PEER_DO(view_transfer, getpid()));
	EXPECT_EQ(VIEW_WRITES, view_read(&self->view, 0));
}

TEST_SERVER_MAIN
