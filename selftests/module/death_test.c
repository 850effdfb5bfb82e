// SPDX-License-Identifier: GPL-2.0-only
/*
 * The death of processes: by exit, kill, crash or exec an owner leaves its
 * region unowned and marked, the next owner is told so, once, and waiters wake
 * at once. The death of anybody else changes nothing. A process lives as long
 * as its address space. What nobody has any more is freed.
 */
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/resource.h>

#include "operations.h"
#include "harness.h"

/*
 * A region that a peer owns, has mapped and has written to. The test and
 * another peer are attached. A server talks to the test through the sockets.
 */
static struct {
	struct view view;
	struct peer owner, other;
	int sockets[2];
	struct shmregion_info info;
} scene;

static void begin(struct __test_metadata *_metadata)
{
	struct view *view = &scene.view;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, scene.sockets));
	view->size = PAGE;
	view->fd = make_region(view->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	scene.owner = peer_start();
	scene.other = peer_start();
	ASSERT_EQ(0, peer_do(&scene.owner, view_map, view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, peer_do(&scene.other, view_map, view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_transfer(view, scene.owner.pid));
	ASSERT_EQ(0, peer_do(&scene.owner, view_write, view, 0));
	ASSERT_EQ(0, raw_info(view->fd, &scene.info));
}

static void end(void)
{
	peer_kill(&scene.other);
	peer_kill(&scene.owner);
	close(scene.view.fd);
}

/* The ways to die. Each is a step that does not return. */

static long die_by_exit(void *data, long unused)
{
	(void)data;
	(void)unused;
	_exit(0);
}

static void *exiting_thread(void *data)
{
	die_by_exit(data, 0);
	return NULL;
}

static long die_by_exit_of_a_thread(void *data, long unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, exiting_thread, data))
		return -errno;
	return pause();
}

static long die_by_kill(void *data, long unused)
{
	(void)data;
	(void)unused;
	return raise(SIGKILL);
}

static long die_by_abort(void *data, long unused)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)data;
	(void)unused;
	if (chdir("/tmp") || setrlimit(RLIMIT_CORE, &limit))
		return -errno;
	abort();
}

/* These live on, as a server. */

static long die_by_exec(void *data, long unused)
{
	(void)unused;
	return view_exec(data, scene.sockets[1]);
}

static long die_by_exec_with_the_handle(void *data, long unused)
{
	return view_keep_over_exec(data, 0) ?: die_by_exec(data, unused);
}

static void *execing_thread(void *data)
{
	return (void *)die_by_exec_with_the_handle(data, 0);
}

static long die_by_exec_of_a_thread(void *data, long unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, execing_thread, data))
		return -errno;
	return pause();
}

FIXTURE(death)
{
};

FIXTURE_VARIANT(death)
{
	peer_step step;
	bool execs;
};

FIXTURE_VARIANT_ADD(death, by_exit) { die_by_exit };
FIXTURE_VARIANT_ADD(death, by_exit_of_a_thread) { die_by_exit_of_a_thread };
FIXTURE_VARIANT_ADD(death, by_kill) { die_by_kill };
FIXTURE_VARIANT_ADD(death, by_abort_with_core) { die_by_abort };

FIXTURE_VARIANT_ADD(death, by_exec) {
	die_by_exec, true
};

FIXTURE_VARIANT_ADD(death, by_exec_with_handle) {
	die_by_exec_with_the_handle, true
};

FIXTURE_VARIANT_ADD(death, by_exec_of_a_thread) {
	die_by_exec_of_a_thread, true
};

FIXTURE_SETUP(death)
{
	begin(_metadata);
}

FIXTURE_TEARDOWN(death)
{
	end();
}

static void wait_until_unowned(void)
{
	while (view_info(&scene.view, INFO(writers)) !=
	       SHMREGION_WRITERS_UNOWNED)
		sched_yield();
}

TEST_F(death, leaves_the_region_unowned_and_marked)
{
	struct view *view = &scene.view;

	peer_begin(&scene.owner, variant->step, view, 0);
	wait_until_unowned();
	EXPECT_EQ(SHMREGION_STATE_OWNER_DIED, view_owner_state(view, 0));
	EXPECT_EQ(0, view_info(view, INFO(owner_pid)));
	EXPECT_EQ(SHMREGION_MODE_WRITABLE, view_info(view, INFO(mode)));
	EXPECT_LT(scene.info.out_generation, generation_of(view->fd));
}

TEST_F(death, is_told_to_the_next_owner_once)
{
	struct view *view = &scene.view;

	peer_begin(&scene.owner, variant->step, view, 0);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_acquire(view, 0));
	EXPECT_EQ(0, view_acquire(view, 0));
	EXPECT_EQ(SHMREGION_STATE_OWNED, view_owner_state(view, 0));
	ASSERT_EQ(0, view_release(view, 0));
	EXPECT_EQ(0, peer_do(&scene.other, view_try_acquire, view, 0));
}

TEST_F(death, wakes_a_waiter)
{
	struct view *view = &scene.view;

	peer_begin(&scene.other, view_acquire, view, 0);
	ASSERT_TRUE(wait_until_in_ioctl(scene.other.pid,
					SHMREGION_IOC_ACQUIRE));
	peer_begin(&scene.owner, variant->step, view, 0);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, peer_finish(&scene.other));
	EXPECT_EQ(scene.other.pid, view_info(view, INFO(owner_pid)));
}

TEST_F(death, leaves_the_content)
{
	struct view *view = &scene.view;

	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	peer_begin(&scene.owner, variant->step, view, 0);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_acquire(view, 0));
	EXPECT_EQ(VIEW_WRITES, view_read(view, 0));
	EXPECT_EQ(0, view_write(view, 0));
}

TEST_F(death, of_another_changes_nothing)
{
	peer_begin(&scene.other, variant->step, &scene.view, 0);
	if (variant->execs) {
		ASSERT_TRUE(server_runs(scene.sockets[0]));
	} else {
		peer_stop(&scene.other);
	}
	EXPECT_TRUE(info_is_still(scene.view.fd, &scene.info));
	EXPECT_EQ(0, peer_do(&scene.owner, view_write, &scene.view, 0));
}

/* Special deaths, and what is none. */
FIXTURE(owner)
{
};

FIXTURE_SETUP(owner)
{
	begin(_metadata);
}

FIXTURE_TEARDOWN(owner)
{
	end();
}

#define OWNER_DO(step, argument)					\
	peer_do(&scene.owner, step, &scene.view, argument)

/* So that death by_abort_with_core is what it says. */
TEST_F(owner, that_aborts_dumps_core)
{
	int status;

	peer_begin(&scene.owner, die_by_abort, &scene.view, 0);
	wait_until_unowned();
	status = peer_stop(&scene.owner);
	EXPECT_EQ(SIGABRT, WTERMSIG(status));
	EXPECT_TRUE(WCOREDUMP(status));
}

TEST_F(owner, that_execs_is_a_stranger_afterwards)
{
	int socket = scene.sockets[0];

	peer_begin(&scene.owner, die_by_exec_with_the_handle, &scene.view, 0);
	ASSERT_TRUE(server_runs(socket));
	EXPECT_EQ(-ESRCH, server_do(socket, view_detach, 0));
	EXPECT_EQ(-EPERM, server_do(socket, view_transfer, getpid()));
	EXPECT_EQ(0, server_do(socket, view_info, INFO(access)));
	ASSERT_EQ(0, server_do(socket, view_map, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, server_do(socket, view_read, 0));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED,
		  server_do(socket, view_try_acquire, 0));
	EXPECT_EQ(VIEW_WRITES, server_do(socket, view_read, 0));
}

TEST_F(owner, that_execs_without_the_handle_has_nothing)
{
	int socket = scene.sockets[0];

	peer_begin(&scene.owner, die_by_exec, &scene.view, 0);
	ASSERT_TRUE(server_runs(socket));
	EXPECT_EQ(-EBADF, server_do(socket, view_info, INFO(access)));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_try_acquire(&scene.view, 0));
}

static long step_fork_a_server(void *data, long unused)
{
	pid_t child = fork();

	(void)unused;
	if (child)
		return child;
	close(scene.sockets[0]);
	_exit(serve(data, scene.sockets[1]));
}

TEST_F(owner, is_not_its_child_that_lives_on)
{
	int socket = scene.sockets[0];
	pid_t child = OWNER_DO(step_fork_a_server, 0);

	ASSERT_TRUE(server_runs(socket));
	peer_kill(&scene.owner);
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED,
		  server_do(socket, view_info, INFO(writers)));
	EXPECT_EQ(-SIGSEGV, server_do(socket, view_read, 0));
	kill(child, SIGKILL);
}

static void *serving_thread(void *data)
{
	serve(data, scene.sockets[1]);
	return NULL;
}

/* Not by pthread_exit(), which a static program can only do with a library. */
static long step_leave_it_to_a_thread(void *data, long unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, serving_thread, data))
		return -errno;
	return syscall(SYS_exit, 0);
}

static void wait_until_zombie(pid_t pid)
{
	char path[32], text[512], *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		if (!read_text(path, text, sizeof(text)))
			return;
		state = strrchr(text, ')');
	} while (state[2] != 'Z');
}

TEST_F(owner, lives_when_its_first_thread_has_exited)
{
	struct view *view = &scene.view;
	int socket = scene.sockets[0];

	peer_begin(&scene.owner, step_leave_it_to_a_thread, view, 0);
	ASSERT_TRUE(server_runs(socket));
	wait_until_zombie(scene.owner.pid);
	EXPECT_TRUE(info_is_still(view->fd, &scene.info));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER,
		  server_do(socket, view_info, INFO(writers)));
	EXPECT_EQ(0, server_do(socket, view_write, 0));
	EXPECT_EQ(0, server_do(socket, view_transfer, getpid()));
	EXPECT_EQ(0, view_transfer(view, scene.owner.pid));
	EXPECT_EQ(0, server_do(socket, view_write, 0));
	peer_kill(&scene.owner);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_acquire(view, 0));
}

TEST_F(owner, lives_as_long_as_anybody_in_its_address_space)
{
	struct view *view = &scene.view;
	pid_t child = OWNER_DO(step_start_in_same_memory, 0);

	ASSERT_LT(0, child);
	peer_kill(&scene.owner);
	EXPECT_EQ(SHMREGION_STATE_OWNED, view_owner_state(view, 0));
	EXPECT_EQ(0, view_info(view, INFO(owner_pid)));
	EXPECT_EQ(-EAGAIN, view_try_acquire(view, 0));
	kill(child, SIGKILL);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_acquire(view, 0));
}

/* Killed in the middle of something. */

TEST_F(owner, killed_as_it_waits_for_another_region_leaves_its_own)
{
	struct view wanted = {
		.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0),
	};
	struct view *view = &scene.view;
	struct peer owner = peer_start();
	struct shmregion_info info;

	ASSERT_EQ(0, peer_do(&owner, view_attach, view, 0));
	ASSERT_EQ(0, OWNER_DO(view_transfer, owner.pid));
	peer_begin(&owner, view_acquire, &wanted, SHMREGION_NO_DEADLINE);
	ASSERT_TRUE(wait_until_in_ioctl(owner.pid, SHMREGION_IOC_ACQUIRE));
	ASSERT_EQ(0, raw_info(wanted.fd, &info));
	EXPECT_EQ(SIGKILL, WTERMSIG(peer_kill(&owner)));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_try_acquire(view, 0));
	EXPECT_TRUE(info_is_still(wanted.fd, &info));
}

static long step_transfer_and_wait(void *data, long pid)
{
	const struct view *view = data;

	return -errno_of(raw_transfer(view->fd, SHMREGION_BY_PID, pid,
				      SHMREGION_TRANSFER_WAIT,
				      SHMREGION_NO_DEADLINE, NULL));
}

TEST_F(owner, killed_as_it_waits_after_a_transfer_changes_nothing)
{
	struct view *view = &scene.view;

	peer_begin(&scene.owner, step_transfer_and_wait, view, getpid());
	ASSERT_EQ(0, view_acquire(view, 0));
	ASSERT_TRUE(wait_until_in_ioctl(scene.owner.pid,
					SHMREGION_IOC_TRANSFER));
	ASSERT_EQ(0, raw_info(view->fd, &scene.info));
	EXPECT_EQ(SIGKILL, WTERMSIG(peer_kill(&scene.owner)));
	EXPECT_TRUE(info_is_still(view->fd, &scene.info));
}

/* Waits in the copy of its argument for a page that nobody provides. */
static long step_ask_into_a_hole(void *data, long unused)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register hole = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
		.range.len = PAGE,
	};
	const struct view *view = data;
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	hole.range.start = (uintptr_t)memory;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &hole))
		return -errno;
	return ioctl(view->fd, SHMREGION_IOC_ACQUIRE, memory);
}

TEST_F(owner, killed_in_a_fault_inside_of_a_call_leaves_its_region)
{
	peer_begin(&scene.owner, step_ask_into_a_hole, &scene.view, 0);
	ASSERT_TRUE(wait_until_in_ioctl(scene.owner.pid,
					SHMREGION_IOC_ACQUIRE));
	EXPECT_EQ(SIGKILL, WTERMSIG(peer_kill(&scene.owner)));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_acquire(&scene.view, 0));
}

/* What is left of the dead. */

static long step_send(void *data, long socket)
{
	const struct view *view = data;

	return send_fd(socket, view->fd);
}

TEST_F(owner, that_died_leaves_the_region_to_its_handle_in_a_socket)
{
	struct view *view = &scene.view;

	ASSERT_EQ(0, OWNER_DO(step_send, scene.sockets[1]));
	peer_kill(&scene.other);
	close(view->fd);
	peer_kill(&scene.owner);
	view->fd = receive_fd(scene.sockets[0]);
	ASSERT_LE(0, view->fd);
	EXPECT_EQ(SHMREGION_STATE_OWNER_DIED, view_owner_state(view, 0));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_try_acquire(view, 0));
	ASSERT_EQ(0, view_map(view, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, view_read(view, 0));
}

static int module_users(void)
{
	char text[16];

	return read_text("/sys/module/shmregion/refcnt", text, sizeof(text)) ?
		       atoi(text) : -1;
}

/* rows: M51 M61 M75 */
TEST(the_last_death_frees_the_region)
{
	const int users = module_users();

	ASSERT_LE(0, users);
	begin(_metadata);
	EXPECT_LT(users, module_users());
	close(scene.view.fd);
	peer_kill(&scene.other);
	EXPECT_LT(users, module_users());
	peer_kill(&scene.owner);
	while (module_users() != users)
		sched_yield();
}

TEST_SERVER_MAIN
