// SPDX-License-Identifier: GPL-2.0-only
/*
 * No way around the access rule (G3, G4) by what kernels after 6.1 can do. The
 * headers that the tests are built with may be older, so the numbers are here.
 * A kernel that lacks a call skips its test.
 */
#include <sched.h>
#include <sys/uio.h>

#include "escape.h"
#include "uring.h"

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif

/* 6.13: the process itself, for what takes a pidfd. */
#define PIDFD_SELF (-10002)
#define ADVICE_COLLAPSE 25
#define ADVICE_GUARD_INSTALL 102
#define ADVICE_GUARD_REMOVE 103
#define MAPPING_DROPPABLE 0x08
#define CMD_PAGEMAP_SCAN _IOWR('f', 16, struct scan)

/* 6.13. A guard raises SIGSEGV; to take it away must give nothing. */
TEST_F(escape, guard_regions)
{
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, SIZE,
					   ADVICE_GUARD_INSTALL)));
	CHECK_BEFORE(&self->mine);
	TAKE();
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, SIZE,
					   ADVICE_GUARD_INSTALL)));
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, SIZE,
					   ADVICE_GUARD_REMOVE)));
	CHECK_DENIED(&self->mine);
}

TEST_F(escape, collapse)
{
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, MIB(2),
					   ADVICE_COLLAPSE)));
	CHECK_BEFORE(&self->mine);
	TAKE();
	EXPECT_EQ(EINVAL, errno_of(madvise(self->mine.memory, MIB(2),
					   ADVICE_COLLAPSE)));
	CHECK_DENIED(&self->mine);
}

static long advise_self(void *memory, size_t size, int advice)
{
	struct iovec part = { memory, size };

	return syscall(SYS_process_madvise, PIDFD_SELF, &part, 1L, advice, 0);
}

/* Every advice there is, and more, before and after. */
TEST_F(escape, every_advice_of_process_madvise)
{
	int advice;

	if (advise_self(self->mine.memory, PAGE, MADV_WILLNEED) < 0 &&
	    errno == EBADF)
		SKIP(return, "PIDFD_SELF appeared in 6.13");

	for (advice = 0; advice < 128; advice++) {
		/* Those that a process loses memory by on purpose. */
		if (advice == 100 || advice == 101)
			continue;
		advise_self(self->mine.memory, SIZE, advice);
	}
	CHECK_BEFORE(&self->mine);
	TAKE();
	for (advice = 0; advice < 128; advice++)
		if (advice != 100 && advice != 101)
			advise_self(self->mine.memory, SIZE, advice);
	CHECK_DENIED(&self->mine);
}

/* 6.17: one call moves all the mappings of a range. */
TEST_F(escape, several_mappings_moved_at_once)
{
	uint8_t *to, *from = self->mine.memory;

	to = mmap(NULL, MIB(8), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	/* Three mappings. */
	ASSERT_EQ(0, mprotect(from + PAGE, PAGE, PROT_READ));
	if (mremap(from, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) !=
	    to) {
		EXPECT_EQ(EFAULT, errno);
		SKIP(return, "mremap() of several mappings appeared in 6.17");
	}
	EXPECT_EQ(SIGSEGV, touch_read(from));
	EXPECT_EQ(SIGSEGV, touch_read(from + LAST));
	self->mine.memory = to;
	CHECK_BEFORE(&self->mine);
	TAKE();
	CHECK_DENIED(&self->mine);
}

/* It leaves an empty mapping behind, of anonymous memory only. */
TEST_F(escape, move_without_unmapping)
{
	uint8_t *to, *from = self->mine.memory;

	to = mmap(NULL, MIB(8), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	if (mremap(from, SIZE, SIZE,
		   MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to)
		self->mine.memory = to;
	CHECK_BEFORE(&self->mine);
	TAKE();
	CHECK_DENIED(&self->mine);
	if (from != self->mine.memory)
		EXPECT_EQ(SIGSEGV, touch_write(from, VIEW_WRITES));
}

/* 6.11. */
TEST_F(escape, droppable_mapping)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				   MAPPING_DROPPABLE, self->mine.fd, 0));
	TAKE();
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				   MAPPING_DROPPABLE, self->mine.fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED_VALIDATE | MAP_SYNC,
				   self->mine.fd, 0));
	CHECK_DENIED(&self->mine);
}

/* 6.7: struct pm_scan_arg. */
struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};

TEST_F(escape, pagemap_scan)
{
	struct scan scan = {
		.size = sizeof(scan),
		/* Write-protect what matches, and check that it can be. */
		.flags = 1 | 2,
		.start = (uintptr_t)self->mine.memory,
		.end = (uintptr_t)self->mine.memory + SIZE,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	if (ioctl(fd, CMD_PAGEMAP_SCAN, &scan) < 0 && errno == ENOTTY)
		SKIP(return, "PAGEMAP_SCAN appeared in 6.7");
	CHECK_BEFORE(&self->mine);
	TAKE();
	ioctl(fd, CMD_PAGEMAP_SCAN, &scan);
	CHECK_DENIED(&self->mine);
	close(fd);
}

/* 5.19: rings for buffers; their memory is pinned. */
TEST_F(escape, uring_takes_no_ring_of_buffers)
{
	struct {
		uint64_t address;
		uint32_t entries;
		uint16_t group, flags;
		uint64_t reserved[3];
	} ring = { .address = (uintptr_t)self->mine.memory, .entries = 8 };
	struct uring uring;
	long ret;

	ret = uring_open(&uring);
	if (ret)
		SKIP(return, "io_uring_setup(2): %s", strerror(-ret));
	ret = syscall(SYS_io_uring_register, uring.fd, 22, &ring, 1);
	EXPECT_EQ(EFAULT, errno_of(ret));
	CHECK_BEFORE(&self->mine);
	TAKE();
	ret = syscall(SYS_io_uring_register, uring.fd, 22, &ring, 1);
	EXPECT_EQ(EFAULT, errno_of(ret));
	CHECK_DENIED(&self->mine);
	uring_close(&uring);
}

/* 6.13: a region of memory for arguments of waits. */
TEST_F(escape, uring_takes_no_memory_region)
{
	struct {
		uint64_t address, size;
		uint32_t flags, id;
		uint64_t offset, reserved[4];
	} area = {
		.address = (uintptr_t)self->mine.memory,
		.size = PAGE,
		.flags = 1, /* memory of the user's */
	};
	struct {
		uint64_t area, flags, reserved[2];
	} args = { .area = (uintptr_t)&area };
	struct uring uring;
	long ret;

	ret = uring_open(&uring);
	if (ret)
		SKIP(return, "io_uring_setup(2): %s", strerror(-ret));
	ret = syscall(SYS_io_uring_register, uring.fd, 34, &args, 1);
	if (ret < 0 && errno == EINVAL)
		SKIP(return, "memory regions of io_uring appeared in 6.13");
	EXPECT_EQ(EFAULT, errno_of(ret));
	TAKE();
	ret = syscall(SYS_io_uring_register, uring.fd, 34, &args, 1);
	EXPECT_EQ(EFAULT, errno_of(ret));
	CHECK_DENIED(&self->mine);
	uring_close(&uring);
}

/* 6.5: the rings themselves in memory of the user's. */
TEST_F(escape, uring_has_no_rings_there)
{
	struct io_uring_params params = { .flags = 1U << 14 };
	const uint64_t sqes = (uintptr_t)self->mine.memory, rings = sqes + PAGE;
	long ret;

	/* The last member of each, reserved in older headers. */
	memcpy((uint8_t *)(&params.sq_off + 1) - sizeof(sqes), &sqes,
	       sizeof(sqes));
	memcpy((uint8_t *)(&params.cq_off + 1) - sizeof(rings), &rings,
	       sizeof(rings));
	ret = syscall(SYS_io_uring_setup, 1, &params);
	if (ret < 0 && errno == EINVAL)
		SKIP(return, "rings in memory of the user's appeared in 6.5");
	EXPECT_EQ(EFAULT, errno_of(ret));
	CHECK_BEFORE(&self->mine);
	TAKE();
	EXPECT_EQ(EFAULT, errno_of(syscall(SYS_io_uring_setup, 1, &params)));
	CHECK_DENIED(&self->mine);
}

/* A buffer for devices, made of pages of a file. */
TEST_F(escape, udmabuf)
{
	struct {
		uint32_t fd, flags;
		uint64_t offset, size;
	} create = { .fd = self->mine.fd, .size = MIB(2) };
	int fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		SKIP(return, "this kernel has no /dev/udmabuf");
	EXPECT_EQ(EBADFD, errno_of(ioctl(fd, _IOW('u', 0x42, create),
					 &create)));
	TAKE();
	EXPECT_EQ(EBADFD, errno_of(ioctl(fd, _IOW('u', 0x42, create),
					 &create)));
	CHECK_DENIED(&self->mine);
	close(fd);
}

/* 6.17: attributes by file_setattr(2), such as immutable. */
TEST_F(escape, attributes_of_a_handle)
{
	uint64_t attributes[3] = { 8 };
	long ret;

	ret = syscall(SYS_file_setattr, self->mine.fd, "", attributes,
		      sizeof(attributes), AT_EMPTY_PATH);
	if (ret < 0 && errno == ENOSYS)
		SKIP(return, "file_setattr(2) appeared in 6.17");
	EXPECT_EQ(EOPNOTSUPP, errno_of(ret));
	CHECK_BEFORE(&self->mine);
	TAKE();
	ret = syscall(SYS_file_setattr, self->mine.fd, "", attributes,
		      sizeof(attributes), AT_EMPTY_PATH);
	EXPECT_EQ(EOPNOTSUPP, errno_of(ret));
	CHECK_DENIED(&self->mine);
}

/* 6.13. */
TEST_F(escape, extended_attributes_of_a_handle)
{
	struct {
		uint64_t value;
		uint32_t size, flags;
	} args = { .value = (uintptr_t)"x", .size = 1 };
	long ret;

	ret = syscall(SYS_setxattrat, self->mine.fd, "", AT_EMPTY_PATH,
		      "user.x", &args, sizeof(args));
	if (ret < 0 && errno == ENOSYS)
		SKIP(return, "setxattrat(2) appeared in 6.13");
	EXPECT_EQ(-1, ret);
	CHECK_BEFORE(&self->mine);
	TAKE();
	EXPECT_EQ(-1, syscall(SYS_setxattrat, self->mine.fd, "", AT_EMPTY_PATH,
			      "user.x", &args, sizeof(args)));
	CHECK_DENIED(&self->mine);
}

/*
 * What the kernel writes into a process by itself. The end of a thread clears a
 * word and wakes; nothing may land in what the process has lost.
 */
static int end_at_once(void *unused)
{
	(void)unused;
	return 0;
}

TEST_F(escape, word_that_the_end_of_a_thread_clears)
{
	static char stack[KIB(64)] __attribute__((aligned(16)));
	uint8_t *word = self->mine.memory + 2 * PAGE;
	int pid;

	TAKE();
	/* A vfork child in this address space: its end is the thread's. */
	pid = clone(end_at_once, stack + sizeof(stack),
		    CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL,
		    word);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_DENIED(&self->mine);
}

/* The list of mutexes that a thread held when it died. */
static int die_with_mutex(void *list)
{
	struct {
		void *next;
		long offset;
		void *pending;
	} *head = list;

	syscall(SYS_set_robust_list, head, sizeof(*head));
	return 0;
}

TEST_F(escape, robust_mutex_of_a_dying_thread)
{
	static char stack[KIB(64)] __attribute__((aligned(16)));
	static struct {
		void *next;
		long offset;
		void *pending;
	} head;
	int pid;

	/* The one entry, and its word, are in the region. */
	head.next = self->mine.memory + 2 * PAGE;
	head.pending = self->mine.memory + 3 * PAGE;
	TAKE();
	pid = clone(die_with_mutex, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		    &head);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	CHECK_DENIED(&self->mine);
}

TEST_HARNESS_MAIN
