// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debuggers and other observers of address spaces get what the process that
 * they look at may do itself, not more (G3): /proc/PID/mem, ptrace(2),
 * process_vm_readv(2), userfaultfd(2), core dumps.
 */
#include <linux/userfaultfd.h>
#include <sys/resource.h>

#include "debug.h"
#include "escape.h"

/* Since 6.7. */
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

/* One way in, for reading and for writing. */
struct door {
	peer_step read, write;
	long denied;
};

static const struct door proc = { read_by_proc, write_by_proc, -EIO };
static const struct door traced = { read_by_ptrace, write_by_ptrace, -EIO };
static const struct door process_vm = {
	read_by_process_vm, write_by_process_vm, -EFAULT,
};

static long by_itself(peer_step step, struct target *target)
{
	return step(target, 0);
}

/* What was written is put back. */
static void check_door(struct __test_metadata *_metadata,
		       const struct door *door,
		       long (*by)(peer_step step, struct target *target),
		       pid_t pid, uint8_t *memory, uint32_t access)
{
	const size_t offsets[] = { 0, PAGE - 1, LAST };
	bool writes = access & SHMREGION_RIGHT_WRITE;
	struct target target = { .pid = pid };
	int i;

	for (i = 0; i < 3; i++) {
		target.address = memory + offsets[i];
		target.value = VIEW_WRITES;
		EXPECT_EQ(access ? FILL : door->denied,
			  by(door->read, &target))
			TH_LOG("reads at %zu", offsets[i]);
		EXPECT_EQ(writes ? 0 : door->denied, by(door->write, &target))
			TH_LOG("writes at %zu", offsets[i]);
		if (!writes)
			continue;

		EXPECT_EQ(VIEW_WRITES, by(door->read, &target));
		target.value = FILL;
		EXPECT_EQ(0, by(door->write, &target));
	}
}

static uint32_t access_before(const FIXTURE_VARIANT(escape) *variant)
{
	return variant->never_owner ? 0 : RIGHTS_RW;
}

#define CHECK_DOOR(_door, _by, _access)					\
	check_door(_metadata, _door, _by, getpid(), self->mine.memory, _access)

TEST_F(escape, own_memory_by_proc)
{
	CHECK_DOOR(&proc, by_itself, access_before(variant));
	TAKE();
	CHECK_DOOR(&proc, by_itself, variant->access);
}

TEST_F(escape, memory_of_the_loser_by_proc)
{
	CHECK_DOOR(&proc, by_child, access_before(variant));
	TAKE();
	CHECK_DOOR(&proc, by_child, variant->access);
}

TEST_F(escape, memory_of_the_loser_by_ptrace)
{
	CHECK_DOOR(&traced, by_child, access_before(variant));
	TAKE();
	CHECK_DOOR(&traced, by_child, variant->access);
}

/* Copies by pages that it pins, so nobody can use it here. */
TEST_F(escape, memory_of_the_loser_by_process_vm)
{
	CHECK_DOOR(&process_vm, by_child, 0);
	CHECK_DOOR(&process_vm, by_itself, 0);
	TAKE();
	CHECK_DOOR(&process_vm, by_child, 0);
	CHECK_DOOR(&process_vm, by_itself, 0);
}

/* The loser has become the debugger of the winner, who allows it. */
TEST_F(escape, memory_of_the_other_by_debuggers)
{
	long memory = peer_do(&self->other, view_address, &self->others, 0);

	TAKE();
	check_door(_metadata, &proc, by_itself, self->other.pid,
		   (uint8_t *)memory, variant->others_access);
	check_door(_metadata, &traced, by_child, self->other.pid,
		   (uint8_t *)memory, variant->others_access);
	check_door(_metadata, &process_vm, by_itself, self->other.pid,
		   (uint8_t *)memory, 0);
}

/* /proc/PID/mem forces its way into private memory, but not into this. */
TEST_F(escape, protection_holds_for_debuggers)
{
	uint32_t access = access_before(variant);

	ASSERT_EQ(0, view_protect(&self->mine, PROT_READ));
	CHECK_DOOR(&proc, by_itself, access & SHMREGION_RIGHT_READ);
	CHECK_DOOR(&traced, by_child, access & SHMREGION_RIGHT_READ);
	ASSERT_EQ(0, view_protect(&self->mine, PROT_NONE));
	CHECK_DOOR(&proc, by_itself, 0);
	CHECK_DOOR(&traced, by_child, 0);
	TAKE();
	CHECK_DOOR(&proc, by_itself, 0);
	CHECK_DOOR(&traced, by_child, 0);
}

/* A read or write by /proc/PID/mem that begins in memory of another kind. */
TEST_F(escape, long_access_ends_where_the_rule_begins)
{
	static uint8_t buffer[2 * 4096];
	uint8_t *memory = self->mine.memory;
	int fd;

	TAKE();
	ASSERT_EQ(memory, mmap(memory, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(PAGE, pwrite(fd, buffer, 2 * PAGE, (off_t)memory));
	EXPECT_EQ(variant->access ? 2 * PAGE : PAGE,
		  pread(fd, buffer, 2 * PAGE, (off_t)memory));
	EXPECT_EQ(variant->access ? FILL : 0, buffer[PAGE]);
	close(fd);
}

static int open_uffd(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	int err;

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static int uffd_register(int fd, const struct view *view, uint64_t mode)
{
	struct uffdio_register args = {
		.range = { (uintptr_t)view->memory, page_up(view->size) },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &args);
}

/*
 * Asynchronous write-protection too, which all other memory can have. Before a
 * fix some kernels let a process have it for this one as well: marker_test.c.
 */
TEST_F(escape, userfaultfd_is_refused)
{
	const uint64_t features[] = { 0, UFFD_FEATURE_WP_ASYNC };
	const uint64_t modes[] = {
		UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MINOR,
	};
	int fd, i, error;

	for (i = 0; i < 6; i++) {
		fd = open_uffd(features[i / 3]);
		/* A kernel that does not know the feature. */
		if (fd < 0 && i / 3 && errno == EINVAL)
			continue;
		ASSERT_LE(0, fd);
		error = errno_of(uffd_register(fd, &self->mine, modes[i % 3]));
		if (error || features[i / 3] != UFFD_FEATURE_WP_ASYNC ||
		    modes[i % 3] != UFFDIO_REGISTER_MODE_WP)
			EXPECT_EQ(EINVAL, error);
		close(fd);
	}
	CHECK_BEFORE(&self->mine);
	TAKE();
	CHECK_DENIED(&self->mine);
}

/* A process that dumps core, with all of its memory if it had its way. */
FIXTURE(core)
{
	struct view view;
	struct peer dumper;
	char old_pattern[128];
	char path[64];
};

FIXTURE_VARIANT(core)
{
	bool gets_it, gives_it_back;
};

FIXTURE_VARIANT_ADD(core, never_owner) { false, false };
FIXTURE_VARIANT_ADD(core, owner) { true, false };
FIXTURE_VARIANT_ADD(core, former_owner) { true, true };

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

/* Made up at run time, so that it is in no program and no register. */
static void fill_with_marker(uint8_t *memory, size_t size, uint8_t seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		memory[i] = seed + i % 64 * 37;
}

static bool file_has_marker(const char *path, uint8_t seed)
{
	uint8_t marker[64], *content;
	struct stat stat = {};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found;

	if (fd < 0 || fstat(fd, &stat))
		return false;
	content = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (content == MAP_FAILED)
		return false;
	fill_with_marker(marker, sizeof(marker), seed);
	found = memmem(content, stat.st_size, marker, sizeof(marker));
	munmap(content, stat.st_size);
	return found;
}

FIXTURE_SETUP(core)
{
	ASSERT_TRUE(read_text(CORE_PATTERN, self->old_pattern,
			      sizeof(self->old_pattern)));
	ASSERT_TRUE(write_text(CORE_PATTERN, "/tmp/shmregion-core.%p"));
	ASSERT_LE(0, step_create(&self->view, 0));
	fill_with_marker(self->view.memory, SIZE, 1);
	self->dumper = peer_start();
	snprintf(self->path, sizeof(self->path), "/tmp/shmregion-core.%d",
		 self->dumper.pid);
	ASSERT_EQ(0, peer_do(&self->dumper, view_map, &self->view,
			     PROT_READ | PROT_WRITE));
}

FIXTURE_TEARDOWN(core)
{
	write_text(CORE_PATTERN, self->old_pattern);
	unlink(self->path);
}

static long step_ask_for_dump(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return -errno_of(madvise(view->memory, view->size, MADV_DODUMP));
}

static bool is_marked_not_to_be_dumped(const void *address)
{
	unsigned long start, stop;
	bool here = false, marked = false;
	char line[512];
	FILE *file = fopen("/proc/self/smaps", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx", &start, &stop) == 2)
			here = start == (unsigned long)address;
		if (here && !strncmp(line, "VmFlags:", 8))
			marked = strstr(line, " dd");
	}
	fclose(file);
	return marked;
}

static long step_dump_core(void *data, long unused)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	uint8_t *private = malloc(PAGE);

	(void)data;
	(void)unused;
	fill_with_marker(private, PAGE, 2);
	if (setrlimit(RLIMIT_CORE, &limit) ||
	    !write_text("/proc/self/coredump_filter", "0x1ff"))
		return -errno;
	abort();
}

TEST_F(core, dump_has_no_byte_of_the_region)
{
	int status;

	EXPECT_EQ(-EINVAL, peer_do(&self->dumper, step_ask_for_dump,
				   &self->view, 0));
	if (variant->gets_it) {
		ASSERT_EQ(0, view_transfer(&self->view, self->dumper.pid));
		ASSERT_EQ(1, peer_do(&self->dumper, view_read, &self->view, 0));
		ASSERT_EQ(0, peer_do(&self->dumper, view_write, &self->view,
				     LAST));
	}
	if (variant->gives_it_back)
		ASSERT_EQ(0, peer_do(&self->dumper, view_transfer, &self->view,
				     getpid()));
	ASSERT_EQ(-ECHILD, peer_do(&self->dumper, step_dump_core, NULL, 0));
	status = peer_stop(&self->dumper);
	ASSERT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	EXPECT_TRUE(file_has_marker(self->path, 2));
	EXPECT_FALSE(file_has_marker(self->path, 1));
}

/* For dumpers that are no part of the kernel, which do read the flags. */
TEST_F(core, mapping_is_marked_not_to_be_dumped)
{
	EXPECT_TRUE(is_marked_not_to_be_dumped(self->view.memory));
	ASSERT_EQ(0, view_protect(&self->view, PROT_READ));
	EXPECT_TRUE(is_marked_not_to_be_dumped(self->view.memory));
}

TEST_HARNESS_MAIN
