// SPDX-License-Identifier: GPL-2.0-only
/*
 * No way around the access rule (G3, G4) by what kernels after 6.1 can do. The
 * headers that the tests are built with may be older, so the numbers are here.
 * A kernel that lacks a call skips its test.
 */
#include <elf.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
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

/* 6.15: the process itself, for what takes a pidfd. */
#define PIDFD_SELF (-10000)
#define ADVICE_COLLAPSE 25
#define ADVICE_GUARD_INSTALL 102
#define ADVICE_GUARD_REMOVE 103
#define ADVICE_HWPOISON 100
#define ADVICE_SOFT_OFFLINE 101
#define MAPPING_DROPPABLE 0x08
#define CMD_PAGEMAP_SCAN _IOWR('f', 16, struct scan)
#define CMD_PROCMAP_QUERY _IOWR('f', 17, struct procmap)
#define CMD_UFFD_MOVE _IOWR(UFFDIO, 5, struct move)

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

static long advise_by(int pidfd, void *memory, size_t size, int advice)
{
	struct iovec part = { memory, size };

	return syscall(SYS_process_madvise, pidfd, &part, 1L, advice, 0);
}

/* Every advice there is, and more. */
static void advise_all(int pidfd, void *memory)
{
	int advice;

	/* Those left out are how a process loses memory on purpose. */
	for (advice = 0; advice < 128; advice++)
		if (advice != ADVICE_HWPOISON && advice != ADVICE_SOFT_OFFLINE)
			advise_by(pidfd, memory, SIZE, advice);
}

/* Before 6.13 it takes few kinds of advice. */
TEST_F(escape, every_advice_of_process_madvise)
{
	int pidfd = PIDFD_SELF;

	if (advise_by(pidfd, self->mine.memory, PAGE, MADV_WILLNEED) < 0 &&
	    errno == EBADF)
		pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	ASSERT_NE(-1, pidfd);
	advise_all(pidfd, self->mine.memory);
	CHECK_BEFORE(&self->mine);
	TAKE();
	advise_all(pidfd, self->mine.memory);
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

/* 6.11: struct procmap_query. */
struct procmap {
	uint64_t size, flags, address, start, end, vma_flags, page_size, offset;
	uint64_t inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

/* It tells what maps does; the names it writes go where a process can write. */
TEST_F(escape, procmap_query)
{
	char name[256];
	struct procmap query = {
		.size = sizeof(query),
		.address = (uintptr_t)self->mine.memory,
		.name_size = sizeof(name),
		.name = (uintptr_t)name,
	};
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	if (ioctl(fd, CMD_PROCMAP_QUERY, &query) < 0 && errno == ENOTTY)
		SKIP(return, "PROCMAP_QUERY appeared in 6.11");
	EXPECT_EQ((uintptr_t)self->mine.memory, query.start);
	CHECK_BEFORE(&self->mine);
	TAKE();
	query.name_size = sizeof(name);
	query.name = (uintptr_t)self->mine.memory;
	EXPECT_EQ(EFAULT, errno_of(ioctl(fd, CMD_PROCMAP_QUERY, &query)));
	CHECK_DENIED(&self->mine);
	close(fd);
}

#define BUILD_ID_SIZE 20

/* As little of an ELF file as has a build ID. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Nhdr note;
	char name[4];
	uint8_t build_id[BUILD_ID_SIZE];
};

static const struct image image = {
	.header = {
		.e_ident = {
			ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			ELFDATA2LSB, EV_CURRENT,
		},
		.e_type = ET_DYN,
		.e_version = EV_CURRENT,
		.e_phoff = offsetof(struct image, segment),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	},
	.segment = {
		.p_type = PT_NOTE,
		.p_offset = offsetof(struct image, note),
		.p_filesz = sizeof(Elf64_Nhdr) + 4 + BUILD_ID_SIZE,
		.p_align = 4,
	},
	.note = { 4, BUILD_ID_SIZE, NT_GNU_BUILD_ID },
	.name = "GNU",
	.build_id = { [0 ... BUILD_ID_SIZE - 1] = FILL },
};

/* Of the own mapping: the size of its build ID, 0 for none, or minus the error. */
static long step_query_build_id(void *data, long unused)
{
	struct view *view = data;
	uint8_t build_id[BUILD_ID_SIZE];
	struct procmap query = {
		.size = sizeof(query),
		.address = (uintptr_t)view->memory,
		.build_id_size = sizeof(build_id),
		.build_id = (uintptr_t)build_id,
	};
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	long ret;

	(void)unused;
	if (fd < 0)
		return -errno;
	ret = -errno_of(ioctl(fd, CMD_PROCMAP_QUERY, &query));
	close(fd);
	return ret ? ret : query.build_id_size;
}

/* The kernel reads the beginning of a file that is mapped, if it is a program. */
TEST(build_id)
{
	struct view view = { .size = SIZE }, file = view;
	struct peer peer;
	int channel[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	peer = peer_start();
	file.fd = memfd_create("image", MFD_CLOEXEC);
	ASSERT_LE(0, file.fd);
	ASSERT_EQ(sizeof(image), write(file.fd, &image, sizeof(image)));
	file.memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file.fd, 0);
	ASSERT_NE(MAP_FAILED, file.memory);
	if (step_query_build_id(&file, 0) == -ENOTTY)
		SKIP(return, "PROCMAP_QUERY appeared in 6.11");
	EXPECT_EQ(BUILD_ID_SIZE, step_query_build_id(&file, 0));

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	memcpy(view.memory, &image, sizeof(image));
	ASSERT_EQ(0, send_fd(channel[0], view.fd));
	ASSERT_EQ(0, peer_do(&peer, step_receive, &view, channel[1]));
	ASSERT_EQ(0, peer_do(&peer, view_map, &view, PROT_READ | PROT_WRITE));
	EXPECT_GE(0, peer_do(&peer, step_query_build_id, &view, 0));
	/* Untouched memory is not for the kernel to fill. */
	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	EXPECT_GE(0, step_query_build_id(&view, 0));
	peer_stop(&peer);
}

/* A userfaultfd with features, or minus the error. */
static int open_uffd(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* faults of users */);
	int error;

	if (fd < 0 || !ioctl(fd, UFFDIO_API, &api))
		return fd < 0 ? -errno : fd;
	error = errno;
	close(fd);
	return -error;
}

static int register_uffd(int fd, void *memory, size_t size, uint64_t mode)
{
	struct uffdio_register area = {
		.range = { (uintptr_t)memory, size },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &area);
}

/* Otherwise a fault would wait for an answer. */
TEST_F(escape, userfaultfd_is_told_of_no_fault)
{
	const uint64_t modes[] = { 1, 2, 4, 8, 3, 7, 15 };
	int fd = open_uffd(0);
	size_t i;

	if (fd == -ENOSYS)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT_EQ(EINVAL, errno_of(register_uffd(fd, self->mine.memory,
							 SIZE, modes[i])));
	CHECK_BEFORE(&self->mine);
	TAKE();
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT_EQ(EINVAL, errno_of(register_uffd(fd, self->mine.memory,
							 SIZE, modes[i])));
	CHECK_DENIED(&self->mine);
	close(fd);
}

/* How entries are protected, without anybody being told of faults. */
struct protection {
	uint64_t features, mode;
	unsigned long command;
};

/* struct uffdio_writeprotect, and in 7.3 struct uffdio_rwprotect. */
static void protect(int fd, const struct protection *how, void *memory,
		    uint64_t mode)
{
	struct uffdio_writeprotect area = {
		.range = { (uintptr_t)memory, SIZE },
		.mode = mode,
	};

	ioctl(fd, how->command, &area);
}

/*
 * Some kernels take any mapping for it. What undoes the protection then makes
 * entries accessible again, of which none may be left.
 */
static void try_protection(struct __test_metadata *_metadata,
			   FIXTURE_DATA(escape) *self,
			   const FIXTURE_VARIANT(escape) *variant, int fd,
			   const struct protection *how)
{
	if (register_uffd(fd, self->mine.memory, SIZE, how->mode))
		EXPECT_EQ(EINVAL, errno);
	protect(fd, how, self->mine.memory, 1);
	CHECK_BEFORE(&self->mine);
	protect(fd, how, self->mine.memory, 1);
	TAKE();
	protect(fd, how, self->mine.memory, 0);
	CHECK_DENIED(&self->mine);
	protect(fd, how, self->mine.memory, 1);
	CHECK_DENIED(&self->mine);
	close(fd);
}

/* 6.7: see marker_test.c. */
TEST_F(escape, asynchronous_write_protection)
{
	const struct protection how = {
		.features = 1 << 13 | 1 << 15,
		.mode = UFFDIO_REGISTER_MODE_WP,
		.command = UFFDIO_WRITEPROTECT,
	};
	int fd = open_uffd(how.features);

	if (fd < 0)
		SKIP(return, "asynchronous write protection appeared in 6.7");
	try_protection(_metadata, self, variant, fd, &how);
}

/* 7.3: entries that can be neither read nor written. */
TEST_F(escape, asynchronous_access_protection)
{
	const struct protection how = {
		.features = 1 << 17 | 1 << 18,
		.mode = 8,
		.command = _IOWR(UFFDIO, 9, struct uffdio_writeprotect),
	};
	int fd = open_uffd(how.features);

	if (fd < 0)
		SKIP(return, "userfaultfd's access protection appeared in 7.3");
	try_protection(_metadata, self, variant, fd, &how);
}

/* 6.8: struct uffdio_move. */
struct move {
	uint64_t to, from, size, mode;
	int64_t moved;
};

/* It moves pages of anonymous memory. */
TEST_F(escape, pages_that_userfaultfd_moves)
{
	struct move move = { .from = (uintptr_t)self->mine.memory, .size = PAGE };
	struct move back = { .to = move.from, .size = PAGE };
	int fd = open_uffd(1 << 16);
	void *memory;

	if (fd < 0)
		SKIP(return, "userfaultfd's move appeared in 6.8");
	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, register_uffd(fd, memory, PAGE,
				   UFFDIO_REGISTER_MODE_MISSING));
	move.to = (uintptr_t)memory;
	back.from = move.to + PAGE;
	memset((uint8_t *)memory + PAGE, 1, PAGE);

	EXPECT_EQ(EINVAL, errno_of(ioctl(fd, CMD_UFFD_MOVE, &move)));
	EXPECT_NE(0, ioctl(fd, CMD_UFFD_MOVE, &back));
	CHECK_BEFORE(&self->mine);
	TAKE();
	EXPECT_EQ(EINVAL, errno_of(ioctl(fd, CMD_UFFD_MOVE, &move)));
	EXPECT_NE(0, ioctl(fd, CMD_UFFD_MOVE, &back));
	CHECK_DENIED(&self->mine);
	close(fd);
}

/*
 * What the kernel writes into a process by itself: nothing of it may land in
 * what the process has lost. A child in this address space is what it writes for.
 */
struct child {
	/* Where it writes: in the region. */
	uint8_t *place;
	/* The child has prepared, and may go on. */
	int ready[2], go[2];
	pid_t pid;
};

static int tell_and_wait(const struct child *child)
{
	char byte = 0;

	return write(child->ready[1], &byte, 1) == 1 &&
	       read(child->go[0], &byte, 1) == 1 ? 0 : EIO;
}

/* The child runs while this returns, and has prepared what it does. */
static void start_child(struct __test_metadata *_metadata, struct child *child,
			int (*run)(void *child), int flags)
{
	static char stack[KIB(64)] __attribute__((aligned(16)));
	char byte;

	ASSERT_EQ(0, pipe2(child->ready, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(child->go, O_CLOEXEC));
	child->pid = clone(run, stack + sizeof(stack),
			   CLONE_VM | SIGCHLD | flags, child, NULL, NULL,
			   child->place);
	ASSERT_LT(0, child->pid);
	ASSERT_EQ(0, close(child->ready[1]));
	/* Nothing comes from one that ended before. */
	EXPECT_LE(0, read(child->ready[0], &byte, 1));
}

/* Returns how it ended, as waitpid(2) has it. */
static int end_child(struct __test_metadata *_metadata, struct child *child)
{
	int status = 0;

	ASSERT_EQ(1, write(child->go[1], "", 1));
	ASSERT_EQ(child->pid, waitpid(child->pid, &status, 0));
	close(child->ready[0]);
	close(child->go[0]);
	close(child->go[1]);
	return status;
}

static long step_fill(void *data, long value)
{
	struct view *view = data;

	memset(view->memory, value, view->size);
	return 0;
}

/* The word that tests of futexes use. */
static uint32_t *word_of(const struct view *view)
{
	return (uint32_t *)(view->memory + 2 * PAGE);
}

static long step_put_word(void *data, long value)
{
	*word_of(data) = value;
	return 0;
}

static long step_get_word(void *data, long unused)
{
	(void)unused;
	return *word_of(data);
}

static int wait_and_end(void *data)
{
	return tell_and_wait(data);
}

/* The end of a thread clears a word and wakes. */
TEST_F(escape, word_that_the_end_of_a_thread_clears)
{
	struct child child = { .place = (uint8_t *)word_of(&self->mine) };

	/* It does, as long as the process owns the region. */
	if (!variant->never_owner) {
		start_child(_metadata, &child, wait_and_end,
			    CLONE_CHILD_CLEARTID);
		EXPECT_EQ(0, end_child(_metadata, &child));
		EXPECT_EQ(0, *word_of(&self->mine));
		memset(self->mine.memory, FILL, SIZE);
	}

	start_child(_metadata, &child, wait_and_end, CLONE_CHILD_CLEARTID);
	TAKE();
	EXPECT_EQ(0, end_child(_metadata, &child));
	CHECK_DENIED(&self->mine);
}

/* The list of mutexes that a thread holds: one, whose word is in the region. */
static int die_with_mutex(void *data)
{
	static struct {
		void *next;
		long offset;
		void *pending;
	} head;
	struct child *child = data;

	head.next = child->place;
	if (syscall(SYS_set_robust_list, &head, sizeof(head)))
		return errno;
	return tell_and_wait(child);
}

TEST_F(escape, robust_mutex_of_a_dying_thread)
{
	struct child child = { .place = (uint8_t *)word_of(&self->mine) };

	/* The end of the thread marks it, as long as the process is the owner. */
	if (!variant->never_owner) {
		start_child(_metadata, &child, die_with_mutex, 0);
		step_put_word(&self->mine, child.pid);
		EXPECT_EQ(0, end_child(_metadata, &child));
		EXPECT_EQ(FUTEX_OWNER_DIED, *word_of(&self->mine));
		memset(self->mine.memory, FILL, SIZE);
	}

	start_child(_metadata, &child, die_with_mutex, 0);
	TAKE();
	if (variant->others_access & SHMREGION_RIGHT_WRITE)
		peer_do(&self->other, step_put_word, &self->others, child.pid);
	EXPECT_EQ(0, end_child(_metadata, &child));
	if (variant->others_access & SHMREGION_RIGHT_WRITE) {
		EXPECT_EQ(child.pid, peer_do(&self->other, step_get_word,
					     &self->others, 0));
		peer_do(&self->other, step_fill, &self->others, FILL);
	}
	CHECK_DENIED(&self->mine);
}

/* Where the kernel tells a thread on which CPU it runs: struct rseq. */
static int register_rseq(void *data)
{
	struct child *child = data;

	if (syscall(SYS_rseq, child->place, 32, 0, 0x53053053))
		return errno;
	return tell_and_wait(child);
}

TEST_F(escape, restartable_sequences)
{
	struct child child = { .place = self->mine.memory + 2 * PAGE };
	int status;

	/* The owner lets the kernel write there; then it owns it no more. */
	if (!variant->never_owner) {
		start_child(_metadata, &child, register_rseq, 0);
		EXPECT_NE(0, memcmp(child.place, child.place + 64, 32));
		if (variant->others_access & SHMREGION_RIGHT_WRITE) {
			TAKE();
			peer_do(&self->other, step_fill, &self->others, FILL);
			end_child(_metadata, &child);
		} else {
			EXPECT_EQ(0, end_child(_metadata, &child));
			memset(self->mine.memory, FILL, SIZE);
		}
	}
	if (!self->taken)
		TAKE();

	start_child(_metadata, &child, register_rseq, 0);
	status = end_child(_metadata, &child);
	EXPECT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) ||
		    (WIFEXITED(status) && WEXITSTATUS(status) == EFAULT));
	CHECK_DENIED(&self->mine);
}

TEST_HARNESS_MAIN
