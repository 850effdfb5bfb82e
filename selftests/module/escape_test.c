// SPDX-License-Identifier: GPL-2.0-only
/*
 * No way around the access rule (G3), tried with all that a process can do to
 * its address space, its children and its handles: before it loses access,
 * where it could prepare something, and after. What debuggers and the kernel's
 * own observers can do is in debugger_test.c; what a handle never allows at
 * all, in handle_test.c.
 */
#include <sched.h>
#include <setjmp.h>

#include "escape.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

TEST_F(escape, old_mapping)
{
	CHECK_BEFORE(&self->mine);
	TAKE();
	CHECK_DENIED(&self->mine);
}

TEST_F(escape, second_mapping)
{
	struct view before = self->mine, after = self->mine;

	ASSERT_EQ(0, view_map(&before, PROT_READ | PROT_WRITE));
	CHECK_BEFORE(&before);
	TAKE();
	ASSERT_EQ(0, view_map(&after, PROT_READ));
	CHECK_DENIED(&after);
	CHECK_DENIED(&before);
	ASSERT_EQ(variant->access ? -EACCES : 0,
		  view_map(&after, PROT_READ | PROT_WRITE));
	CHECK_DENIED(&after);
}

TEST_F(escape, mapping_over_the_old_one)
{
	int prot = variant->access ? PROT_READ : PROT_READ | PROT_WRITE;

	TAKE();
	ASSERT_EQ(self->mine.memory,
		  mmap(self->mine.memory, SIZE, prot, MAP_SHARED | MAP_FIXED,
		       self->mine.fd, 0));
	CHECK_DENIED(&self->mine);
}

/* Where huge pages fit, and where they don't. */
TEST_F(escape, mapping_moved_before)
{
	uint8_t *to;
	int i;

	to = mmap(NULL, MIB(16), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	to += -(uintptr_t)to & (MIB(2) - 1);

	for (i = 0; i < 2; i++, to += MIB(4) + PAGE) {
		ASSERT_EQ(to, mremap(self->mine.memory, SIZE, SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, to));
		EXPECT_EQ(SIGSEGV, touch_read(self->mine.memory));
		self->mine.memory = to;
		CHECK_BEFORE(&self->mine);
	}
	TAKE();
	CHECK_DENIED(&self->mine);
}

TEST_F(escape, mapping_moved_after)
{
	uint8_t *to = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	ASSERT_NE(MAP_FAILED, to);
	TAKE();
	ASSERT_EQ(to, mremap(self->mine.memory, SIZE, SIZE,
			     MREMAP_MAYMOVE | MREMAP_FIXED, to));
	self->mine.memory = to;
	CHECK_DENIED(&self->mine);
}

static void check_no_more_mappings(struct __test_metadata *_metadata,
				   uint8_t *memory)
{
	/* Another mapping of the same; one that grows; both in place. */
	EXPECT_EQ(MAP_FAILED, mremap(memory, 0, SIZE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(memory, SIZE, SIZE,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mremap(memory, SIZE, 2 * SIZE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(memory, SIZE, SIZE + PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(escape, mremap_makes_no_second_mapping)
{
	check_no_more_mappings(_metadata, self->mine.memory);
	CHECK_BEFORE(&self->mine);
	TAKE();
	check_no_more_mappings(_metadata, self->mine.memory);
	CHECK_DENIED(&self->mine);
}

/* rows: W20 W35 */
TEST_F(escape, mprotect_there_and_back)
{
	struct view *view = &self->mine;

	ASSERT_EQ(0, view_protect(view, PROT_READ));
	CHECK_BEFORE(view);
	ASSERT_EQ(0, view_protect(view, PROT_READ | PROT_WRITE));
	CHECK_BEFORE(view);
	TAKE();
	ASSERT_EQ(0, view_protect(view, PROT_NONE));
	ASSERT_EQ(0, view_protect(view, PROT_READ));
	CHECK_DENIED(view);
	EXPECT_EQ(variant->access ? -EACCES : 0,
		  view_protect(view, PROT_READ | PROT_WRITE));
	CHECK_DENIED(view);
}

/* With a key that allows everything, or as plain mprotect() without keys. */
TEST_F(escape, pkey_mprotect)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);
	long ret;

	TAKE();
	ASSERT_EQ(0, view_protect(&self->mine, PROT_READ));
	ret = syscall(SYS_pkey_mprotect, self->mine.memory, SIZE,
		      PROT_READ | PROT_WRITE, key);
	EXPECT_EQ(variant->access ? EACCES : 0, errno_of(ret));
	CHECK_DENIED(&self->mine);
}

TEST_F(escape, remap_file_pages)
{
	uint8_t *page = self->mine.memory + 2 * PAGE;
	long ret;

	TAKE();
	/* As mmap() for writing; what it could not replace is gone. */
	ret = syscall(SYS_remap_file_pages, page, PAGE, 0, 3, 0);
	EXPECT_EQ(variant->access ? EACCES : 0, errno_of(ret));
	EXPECT_EQ(SIGSEGV, touch_read(page));
	EXPECT_EQ(SIGSEGV, touch_write(page, VIEW_WRITES));
	CHECK_DENIED(&self->mine);
}

/* No way to have entries before the fault that would refuse them. */
TEST_F(escape, populate)
{
	int prot = variant->access ? PROT_READ : PROT_READ | PROT_WRITE;
	struct view view = self->mine;

	TAKE();
	EXPECT_EQ(EINVAL, errno_of(madvise(view.memory, SIZE,
					   MADV_POPULATE_READ)));
	EXPECT_EQ(EINVAL, errno_of(madvise(view.memory, SIZE,
					   MADV_POPULATE_WRITE)));
	mlock(view.memory, SIZE);
	CHECK_DENIED(&view);

	view.memory = mmap(NULL, SIZE, prot,
			   MAP_SHARED | MAP_POPULATE | MAP_LOCKED, view.fd, 0);
	ASSERT_NE(MAP_FAILED, view.memory);
	CHECK_DENIED(&view);
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	view = self->mine;
	ASSERT_EQ(0, view_map(&view, prot));
	CHECK_DENIED(&view);
	CHECK_DENIED(&self->mine);
}

/* Splits make mappings more, and huge entries less. */
TEST_F(escape, every_piece_of_a_split_mapping)
{
	uint8_t *memory = self->mine.memory;
	size_t offset;

	ASSERT_EQ(0, mprotect(memory + PAGE, PAGE, PROT_READ));
	ASSERT_EQ(0, mprotect(memory + 3 * PAGE, PAGE, PROT_NONE));
	ASSERT_EQ(0, munmap(memory + 5 * PAGE, PAGE));
	ASSERT_EQ(memory + 5 * PAGE,
		  mmap(memory + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, self->mine.fd, 5 * PAGE));
	CHECK_BEFORE(&self->mine);
	for (offset = 0; !variant->never_owner && offset < SIZE; offset += PAGE)
		ASSERT_EQ(offset == 3 * PAGE ? SIGSEGV : 0,
			  touch_read(memory + offset));

	TAKE();
	for (offset = 0; offset < SIZE; offset += PAGE) {
		ASSERT_EQ(SIGSEGV, touch_write(memory + offset, 1));
		if (offset != 3 * PAGE)
			ASSERT_EQ(variant->access ? 0 : SIGSEGV,
				  touch_read(memory + offset));
	}
}

TEST_F(escape, sealed_mapping)
{
	if (syscall(SYS_mseal, self->mine.memory, SIZE, 0) && errno == ENOSYS)
		SKIP(return, "mseal(2) appeared in 6.10");

	EXPECT_EQ(EPERM, errno_of(munmap(self->mine.memory, SIZE)));
	CHECK_BEFORE(&self->mine);
	TAKE();
	CHECK_DENIED(&self->mine);
}

/* A child has a copy of everything but the mapping. */
static void check_child_has_no_mapping(struct __test_metadata *_metadata,
				       FIXTURE_DATA(escape) *self)
{
	struct peer child = peer_start();
	char line[256];

	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, &self->mine, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_write, &self->mine, LAST));
	EXPECT_FALSE(maps_line(child.pid, self->mine.memory, line,
			       sizeof(line)));
	peer_stop(&child);
}

/* rows: M68 W30 */
TEST_F(escape, child_inherits_no_mapping)
{
	check_child_has_no_mapping(_metadata, self);
	TAKE();
	check_child_has_no_mapping(_metadata, self);
}

TEST_F(escape, madvise_does_not_make_it_inheritable)
{
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, SIZE,
					   MADV_DOFORK)));
	check_child_has_no_mapping(_metadata, self);
	TAKE();
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, SIZE,
					   MADV_DOFORK)));
	check_child_has_no_mapping(_metadata, self);
}

TEST_F(escape, child_maps_by_an_inherited_handle)
{
	struct peer child = peer_start();

	ASSERT_EQ(0, peer_do(&child, view_map, &self->mine,
			     PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, &self->mine, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_write, &self->mine, LAST));
	TAKE();
	CHECK_PEER_DENIED(&child, &self->mine);
	ASSERT_EQ(0, peer_do(&child, view_map, &self->mine, PROT_READ));
	CHECK_PEER_DENIED(&child, &self->mine);
	peer_stop(&child);
}

TEST_F(escape, accomplice_gets_the_handle_through_a_socket)
{
	struct view *view = &self->mine;

	ASSERT_EQ(0, send_fd(self->channel[0], view->fd));
	ASSERT_EQ(0, peer_do(&self->accomplice, step_receive, view,
			     self->channel[1]));
	ASSERT_EQ(0, peer_do(&self->accomplice, view_map, view,
			     PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->accomplice, view_read, view, 0));
	TAKE();
	CHECK_PEER_DENIED(&self->accomplice, view);
}

static long step_get_handle(void *data, long fd)
{
	struct view *view = data;

	view->size = SIZE;
	view->fd = get_fd(getppid(), fd);
	return view->fd < 0 ? -errno : 0;
}

TEST_F(escape, accomplice_gets_the_handle_by_pidfd)
{
	struct view *view = &self->mine;

	TAKE();
	ASSERT_EQ(0, peer_do(&self->accomplice, step_get_handle, view,
			     view->fd));
	ASSERT_EQ(0, peer_do(&self->accomplice, view_map, view, PROT_READ));
	CHECK_PEER_DENIED(&self->accomplice, view);
}

struct clone_touch {
	struct view *view;
	long results[4];
};

static int touch_in_clone(void *data)
{
	struct clone_touch *touch = data;

	touch->results[0] = view_read(touch->view, 0);
	touch->results[1] = view_write(touch->view, LAST);
	touch->results[2] = view_read_by_call(touch->view, 0);
	touch->results[3] = view_write_by_call(touch->view, LAST);
	return 0;
}

/* As by vfork(): another process in the same address space. */
static void run_clone(struct __test_metadata *_metadata,
		      struct clone_touch *touch)
{
	static char stack[KIB(64)] __attribute__((aligned(16)));
	int pid, status;

	pid = clone(touch_in_clone, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, touch);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
}

TEST_F(escape, process_in_the_same_address_space_has_the_same_access)
{
	struct clone_touch touch = { .view = &self->mine };
	long read = variant->access ? FILL : -SIGSEGV;

	run_clone(_metadata, &touch);
	EXPECT_EQ(variant->never_owner ? -SIGSEGV : FILL, touch.results[0]);
	EXPECT_EQ(variant->never_owner ? -SIGSEGV : 0, touch.results[1]);
	if (!variant->never_owner)
		self->mine.memory[LAST] = FILL;

	TAKE();
	run_clone(_metadata, &touch);
	EXPECT_EQ(read, touch.results[0]);
	EXPECT_EQ(-SIGSEGV, touch.results[1]);
	EXPECT_EQ(variant->access ? FILL : -EFAULT, touch.results[2]);
	EXPECT_EQ(-EFAULT, touch.results[3]);
}

/* The program that a process with the region executes: this one, again. */
static void __attribute__((constructor(101))) execed(void)
{
	const char *fd = getenv("ESCAPE_TEST_FD");
	struct view view = { .size = SIZE };

	if (!fd)
		return;
	view.fd = atoi(fd);
	if (view_map(&view, PROT_READ | PROT_WRITE))
		_exit(1);
	_exit(view_read(&view, 0) == -SIGSEGV &&
	      view_write(&view, LAST) == -SIGSEGV ? 0 : 2);
}

static long step_exec(void *data, long unused)
{
	struct view *view = data;
	char fd[16];

	(void)unused;
	snprintf(fd, sizeof(fd), "%d", dup(view->fd));
	setenv("ESCAPE_TEST_FD", fd, 1);
	execl("/proc/self/exe", "escape_test", NULL);
	return -errno;
}

TEST_F(escape, executed_program_is_another_process)
{
	struct view *view = &self->mine;
	struct peer child = peer_start();

	/* A former owner hands it to the child, which owns it when it execs. */
	ASSERT_EQ(0, peer_do(&child, view_attach, view, 0));
	if (!variant->never_owner)
		ASSERT_EQ(0, hand_over(view->fd, child.pid));
	EXPECT_EQ(-ECHILD, peer_do(&child, step_exec, view, 0));
	EXPECT_EQ(0, peer_stop(&child));
	if (!variant->never_owner) {
		EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, view_try_acquire(view, 0));
		EXPECT_EQ(1, view_holds(view, FILL));
	}
}

/*
 * A handler of SIGSEGV that does not give up: it repairs what it can, and has
 * the store repeated.
 */
static struct {
	struct view view;
	sigjmp_buf env;
	volatile int repairs;
} stubborn;

/* For writing if that is allowed. If not, the old mapping can be gone. */
static void map_page_again(uint8_t *page)
{
	const size_t offset = page - stubborn.view.memory;
	const int flags = MAP_SHARED | MAP_FIXED, fd = stubborn.view.fd;

	if (mmap(page, PAGE, PROT_READ | PROT_WRITE, flags, fd, offset) ==
	    MAP_FAILED)
		mmap(page, PAGE, PROT_READ, flags, fd, offset);
}

static void move_page_there_and_back(uint8_t *page)
{
	void *spare = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, spare);
	mremap(spare, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page);
}

static void repair_and_retry(int signal, siginfo_t *info, void *context)
{
	uint8_t *page = (uint8_t *)((uintptr_t)info->si_addr & -PAGE);

	(void)context;
	switch (stubborn.repairs++) {
	case 0:
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
		break;
	case 1:
		map_page_again(page);
		break;
	case 2:
		move_page_there_and_back(page);
		break;
	case 3:
		madvise(page, PAGE, MADV_POPULATE_WRITE);
		break;
	case 4:
		raw_acquire(stubborn.view.fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
			    NULL);
		break;
	default:
		siglongjmp(stubborn.env, signal);
	}
}

TEST_F(escape, handler_that_repairs_and_retries)
{
	const struct sigaction act = {
		.sa_sigaction = repair_and_retry,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	volatile bool landed = false;
	int signal;

	/* It would be the owner then, and rightly so. */
	if (variant->take == release)
		return;
	TAKE();
	stubborn.view = self->mine;
	ASSERT_EQ(0, sigaction(SIGSEGV, &act, NULL));
	signal = sigsetjmp(stubborn.env, 1);
	if (!signal) {
		*(volatile uint8_t *)self->mine.memory = VIEW_WRITES;
		landed = true;
	}
	EXPECT_FALSE(landed);
	EXPECT_EQ(SIGSEGV, signal);
	EXPECT_EQ(6, stubborn.repairs);
	CHECK_DENIED(&self->mine);
}

/* Soft-dirty tracking write-protects entries, to give writing back later. */
TEST_F(escape, soft_dirty_tracking)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(fd, "4", 1));
	CHECK_BEFORE(&self->mine);
	if (!variant->never_owner)
		memset(self->mine.memory, FILL, SIZE);
	TAKE();
	ASSERT_EQ(1, write(fd, "4", 1));
	CHECK_DENIED(&self->mine);
	close(fd);
}

TEST_HARNESS_MAIN
