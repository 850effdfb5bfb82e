// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in a region stays in it: nothing of the kernel's own housekeeping
 * loses, moves or exposes it (G12). Pages are charged to the memory cgroup of
 * the process that touches them first (G10), and a process that may have no
 * more dies of that, not of SIGBUS (G6).
 */
#include <sys/syscall.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#define TIMEOUT 600

enum kind {
	/* Revocable mappings: the owner's, and one that was shared since. */
	OWNERS,
	SHARED,
	/* Ordinary mappings. */
	UNSAFE,
	READERS,
	KINDS,
};

static bool make_kept(struct view *view, enum kind kind, size_t size)
{
	view->size = size;
	view->fd = make_region(size, kind == UNSAFE ? SHMREGION_MODE_UNSAFE :
						      SHMREGION_MODE_WRITABLE,
			       0);
	if (view->fd < 0 || view_map(view, PROT_READ | PROT_WRITE))
		return false;
	fill_words(view->memory, size);
	if (kind == SHARED && view_share(view, 0))
		return false;
	if (kind == READERS &&
	    (view_freeze(view, 0) || view_map(view, PROT_READ)))
		return false;
	return has_words(view->memory, size);
}

/* In the old mapping, and in a new one. */
static bool is_kept(struct view *view)
{
	return has_words(view->memory, view->size) &&
	       !view_map(view, PROT_READ) &&
	       has_words(view->memory, view->size) &&
	       resident_of(view->fd) == (long long)page_up(view->size);
}

FIXTURE(kept)
{
	struct view view;
};

FIXTURE_VARIANT(kept)
{
	enum kind kind;
	size_t size;
};

#define SMALL KIB(12)
#define LARGE (MIB(2) + KIB(64))

#define KEPT(_name, _kind)						\
	FIXTURE_VARIANT_ADD(kept, _name##_small) {			\
		.kind = _kind,						\
		.size = SMALL,						\
	};								\
	FIXTURE_VARIANT_ADD(kept, _name##_large) {			\
		.kind = _kind,						\
		.size = LARGE,						\
	}

KEPT(owners, OWNERS);
KEPT(shared, SHARED);
KEPT(unsafe, UNSAFE);
KEPT(readers, READERS);

FIXTURE_SETUP(kept)
{
	ASSERT_TRUE(make_kept(&self->view, variant->kind, variant->size));
}

/* After whatever was done. */
FIXTURE_TEARDOWN(kept)
{
	EXPECT_TRUE(is_kept(&self->view));
}

TEST_F(kept, when_caches_are_dropped)
{
	sync();
	EXPECT_TRUE(write_text("/proc/sys/vm/drop_caches", "3"));
}

TEST_F_TIMEOUT(kept, when_memory_is_compacted, TIMEOUT)
{
	int round;

	for (round = 0; round < 3; round++)
		EXPECT_TRUE(write_text("/proc/sys/vm/compact_memory", "1"));
}

TEST_F_TIMEOUT(kept, when_huge_pages_are_split, TIMEOUT)
{
	if (!kernel_has_huge_pages())
		SKIP(return, "a kernel without huge pages has none to split");
	EXPECT_TRUE(write_text("/sys/kernel/debug/split_huge_pages", "1"));
}

/* In an order of the numbers: also those that a newer kernel may know. */
TEST_F_TIMEOUT(kept, whatever_is_advised, TIMEOUT)
{
	const struct view *view = &self->view;
	int advice;

	for (advice = 0; advice < 128; advice++) {
		/* Breaks the memory, by definition, where it is allowed. */
		if (advice == MADV_HWPOISON && variant->kind >= UNSAFE)
			continue;
		madvise(view->memory, view->size, advice);
		ASSERT_TRUE(has_words(view->memory, view->size))
			TH_LOG("advice %d", advice);
	}
}

TEST_F(kept, whatever_is_advised_on_the_handle)
{
	int advice;

	for (advice = 0; advice < 16; advice++)
		posix_fadvise(self->view.fd, 0, 0, advice);
}

TEST_F(kept, when_synced)
{
	const struct view *view = &self->view;

	fsync(view->fd);
	fdatasync(view->fd);
	syncfs(view->fd);
	sync_file_range(view->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	msync(view->memory, view->size, MS_SYNC | MS_INVALIDATE);
	sync();
}

TEST_F(kept, when_locked_and_unlocked)
{
	const struct view *view = &self->view;

	mlock(view->memory, view->size);
	EXPECT_TRUE(has_words(view->memory, view->size));
	munlock(view->memory, view->size);
	EXPECT_TRUE(has_words(view->memory, view->size));
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
	EXPECT_TRUE(has_words(view->memory, view->size));
	ASSERT_EQ(0, munlockall());
}

/* Between nodes, where there is more than one, else to where they are. */
TEST_F(kept, when_moved_between_nodes)
{
	const int MF_MOVE_ALL = 1 << 2, BIND = 2;
	unsigned long all = 3, nodes;
	uint8_t *memory = self->view.memory;
	int to[2], status[2], node;
	void *pages[2] = { memory, memory + self->view.size - PAGE };

	for (node = 0; node < 2; node++) {
		to[0] = node;
		to[1] = node;
		nodes = 1UL << node;
		syscall(SYS_move_pages, 0, 2, pages, to, status, MF_MOVE_ALL);
		syscall(SYS_mbind, memory, self->view.size, BIND, &nodes, 64,
			MF_MOVE_ALL);
		syscall(SYS_migrate_pages, 0, 64, &all, &nodes);
		EXPECT_TRUE(has_words(memory, self->view.size));
	}
}

#define KSM "/sys/kernel/mm/ksm/"

static long number_in(const char *path)
{
	char text[32];

	return read_text(path, text, sizeof(text)) ? atol(text) : -1;
}

/* Until it has merged something, and has then looked at everything again. */
TEST_F_TIMEOUT(kept, when_same_pages_are_merged, TIMEOUT)
{
	uint8_t *same = mmap(NULL, KIB(64), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long scans;

	memset(same, 0x11, KIB(64));
	ASSERT_EQ(0, madvise(same, KIB(64), MADV_MERGEABLE));
	madvise(self->view.memory, self->view.size, MADV_MERGEABLE);
	ASSERT_TRUE(write_text(KSM "sleep_millisecs", "0"));
	ASSERT_TRUE(write_text(KSM "run", "1"));
	while (number_in(KSM "pages_sharing") < 8)
		sched_yield();
	scans = number_in(KSM "full_scans");
	while (number_in(KSM "full_scans") < scans + 2)
		sched_yield();
	ASSERT_TRUE(write_text(KSM "run", "2"));
}

/* The administrator wants the memory chip empty. */
TEST_F(kept, when_its_pages_are_to_go_offline)
{
	const char *path = "/sys/devices/system/memory/soft_offline_page";
	uint64_t address;
	uint8_t *memory;
	char text[32];
	size_t offset;

	ASSERT_EQ(0, access(path, W_OK));
	/* What the owner has mapped tells nobody where it is. */
	if (variant->kind == OWNERS) {
		EXPECT_EQ(0, physical_address(self->view.memory));
		return;
	}
	for (offset = 0; offset < variant->size; offset += 2 * PAGE) {
		/* No mapping that counts, but a revocable one. */
		memory = map_region(self->view.fd, variant->size, PROT_READ);
		ASSERT_EQ(0, touch_read(memory + offset));
		address = physical_address(memory + offset);
		ASSERT_NE(0, address);
		ASSERT_EQ(0, munmap(memory, variant->size));
		snprintf(text, sizeof(text), "%#lx", address);
		EXPECT_FALSE(write_text(path, text));
	}
}

/* Takes memory until it is killed for that. */
static long step_eat(void *data, long unused)
{
	size_t size = MIB(64);
	uint8_t *memory;

	(void)data;
	(void)unused;
	write_text("/proc/self/oom_score_adj", "1000");
	for (;;) {
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			      MAP_POPULATE, -1, 0);
		if (memory == MAP_FAILED)
			return -errno;
	}
}

static void check_eaten(struct __test_metadata *_metadata,
			struct peer *eater)
{
	int status;

	EXPECT_EQ(-ECHILD, peer_do(eater, step_eat, NULL, 0));
	status = peer_stop(eater);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* All kinds at once: this takes its time. */
FIXTURE(kept_all)
{
	struct view views[KINDS][2];
};

FIXTURE_SETUP(kept_all)
{
	int kind, i;

	for (kind = 0; kind < KINDS; kind++)
		for (i = 0; i < 2; i++)
			ASSERT_TRUE(make_kept(&self->views[kind][i], kind,
					      i ? LARGE : SMALL));
}

FIXTURE_TEARDOWN(kept_all)
{
	int kind, i;

	for (kind = 0; kind < KINDS; kind++)
		for (i = 0; i < 2; i++)
			EXPECT_TRUE(is_kept(&self->views[kind][i]));
}

TEST_F_TIMEOUT(kept_all, when_all_memory_is_used_up, TIMEOUT)
{
	struct peer eater = peer_start();

	check_eaten(_metadata, &eater);
}

/* In a memory cgroup, a process that has a region of another. */
FIXTURE(cgroup)
{
	struct view mine, others;
	struct peer other;
	long before;
};

FIXTURE_VARIANT(cgroup)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(cgroup, writable) { .mode = SHMREGION_MODE_WRITABLE };
FIXTURE_VARIANT_ADD(cgroup, unsafe) { .mode = SHMREGION_MODE_UNSAFE };

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-memory-test"
#define REGION MIB(32)
/* What else a process is charged for, and what is charged in advance. */
#define SLACK ((long)MIB(3))

static long step_enter_cgroup(void *data, long unused)
{
	(void)data;
	(void)unused;
	return write_text(CGROUP "/cgroup.procs", "0") ? 0 : -errno;
}

FIXTURE_SETUP(cgroup)
{
	ASSERT_TRUE(write_text(CGROUPS "/cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	self->mine.size = REGION;
	self->mine.fd = make_region(REGION, variant->mode, 0);
	ASSERT_LE(0, self->mine.fd);
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, step_enter_cgroup, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	if (variant->mode == SHMREGION_MODE_WRITABLE)
		ASSERT_EQ(0, view_transfer(&self->mine, self->other.pid));
	self->before = number_in(CGROUP "/memory.current");
}

FIXTURE_TEARDOWN(cgroup)
{
	peer_kill(&self->other);
	rmdir(CGROUP);
}

static long charged(const FIXTURE_DATA(cgroup) *self)
{
	return number_in(CGROUP "/memory.current") - self->before;
}

/* How far it gets. */
static long step_touch_all(void *data, long size)
{
	struct view *view = data;
	long offset, ret;

	for (offset = 0; offset < size; offset += PAGE) {
		ret = view_write(view, offset);
		if (ret)
			return ret;
	}
	return 0;
}

static long step_read_into_all(void *data, long size)
{
	struct view *view = data;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	return read(fd, view->memory, size) == size ? 0 : -errno;
}

TEST_F(cgroup, pays_for_what_is_touched)
{
	ASSERT_EQ(0, peer_do(&self->other, step_touch_all, &self->others,
			     MIB(16)));
	EXPECT_LE((long)MIB(16) - SLACK, charged(self));
	EXPECT_GT((long)MIB(16) + SLACK, charged(self));
	/* Not once more for who touches it later. */
	ASSERT_EQ(0, peer_do(&self->other, step_touch_all, &self->others,
			     MIB(16)));
	EXPECT_GT((long)MIB(16) + SLACK, charged(self));
}

static long step_leave(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return munmap(view->memory, view->size) || close(view->fd) ? -errno : 0;
}

TEST_F(cgroup, pays_no_more_when_the_region_is_gone)
{
	ASSERT_EQ(0, peer_do(&self->other, step_touch_all, &self->others,
			     REGION));
	ASSERT_EQ(0, peer_do(&self->other, step_leave, &self->others, 0));
	EXPECT_LE((long)REGION - SLACK, charged(self));
	close(self->mine.fd);
	EXPECT_GT(SLACK, charged(self));
}

/* What it got before is there, for whoever has it next. */
static void check_survives(struct __test_metadata *_metadata,
			   FIXTURE_DATA(cgroup) *self, peer_step step)
{
	struct view *view = &self->mine;
	long result;
	int status;

	/* Far enough from the start not to be reached. */
	ASSERT_EQ(0, peer_do(&self->other, view_write, &self->others,
			     REGION - 1));
	ASSERT_TRUE(write_text(CGROUP "/memory.max", "16M"));
	result = peer_do(&self->other, step, &self->others, REGION);
	EXPECT_TRUE(result == -ECHILD || result == -SIGSEGV ||
		    result == -EFAULT)
		TH_LOG("result %ld", result);
	status = peer_stop(&self->other);
	if (result == -ECHILD)
		EXPECT_EQ(SIGKILL, WTERMSIG(status));

	EXPECT_GE(MIB(16), (size_t)resident_of(view->fd));
	if (view_try_acquire(view, 0) < 0)
		EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(VIEW_WRITES, view_read(view, REGION - 1));
	EXPECT_EQ(0, view_write(view, MIB(20)));
}

TEST_F(cgroup, touch_beyond_its_limit_is_not_sigbus)
{
	check_survives(_metadata, self, step_touch_all);
}

TEST_F(cgroup, system_call_beyond_its_limit_is_not_sigbus)
{
	check_survives(_metadata, self, step_read_into_all);
}

TEST_F(cgroup, pressure_takes_nothing_from_the_region)
{
	struct peer eater = peer_start();

	ASSERT_EQ(0, peer_do(&self->other, step_touch_all, &self->others,
			     MIB(16)));
	ASSERT_TRUE(write_text(CGROUP "/memory.max", "64M"));
	ASSERT_EQ(0, peer_do(&eater, step_enter_cgroup, NULL, 0));
	check_eaten(_metadata, &eater);
	EXPECT_EQ(MIB(16), (size_t)resident_of(self->mine.fd));
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->other, view_read, &self->others,
				       MIB(16) - PAGE));
}

TEST_HARNESS_MAIN
