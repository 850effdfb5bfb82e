// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others do with memory slows and starves nobody (G10, G16): a process
 * without access allocates nothing of a region, and where memory was taken in
 * small pieces a touch costs no more than it needs. Needs memory cgroups.
 */
#include <sys/uio.h>
#include <time.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#define TIMEOUT 600

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-resources-test"
#define HUGE_PAGE MIB(2)
#define REGION MIB(32)

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static long page_tables_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *file;

	file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* Pages that the whole machine has allocated since its boot. */
static unsigned long long pages_allocated(void)
{
	unsigned long long sum = 0, count;
	char line[128];
	FILE *file;

	file = fopen("/proc/vmstat", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "pgalloc_%*s %llu", &count) == 1)
			sum += count;
	if (file)
		fclose(file);
	return sum;
}

/* A process that may have little more than it has. */
static long step_confine(void *data, long unused)
{
	(void)data;
	(void)unused;
	return write_text(CGROUP "/cgroup.procs", "0") &&
	       write_text(CGROUP "/memory.max", "3M") ? 0 : -errno;
}

/* The test's region, of which a confined process has a handle and a mapping. */
FIXTURE(region)
{
	struct view mine, others;
	struct peer other;
};

FIXTURE_SETUP(region)
{
	ASSERT_TRUE(write_text(CGROUPS "/cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	self->mine.size = REGION;
	self->mine.fd = make_region(REGION, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->mine.fd);
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, step_confine, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &self->others, 0));
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
}

FIXTURE_TEARDOWN(region)
{
	peer_kill(&self->other);
	rmdir(CGROUP);
	munmap(self->mine.memory, REGION);
	close(self->mine.fd);
}

/* The first byte of each huge page, as a debugger would; how many it gets. */
static long step_debug(void *data, long write)
{
	struct view *view = data;
	off_t address = (off_t)view->memory, end = address + view->size;
	uint8_t byte = 1;
	long done = 0;
	int fd;

	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (; address < end; address += HUGE_PAGE)
		done += write ? pwrite(fd, &byte, 1, address) == 1 :
				pread(fd, &byte, 1, address) == 1;
	close(fd);
	return done;
}

/* The same, by faults. */
static long step_touch(void *data, long unused)
{
	struct view *view = data;
	size_t offset;
	long done = 0;

	(void)unused;
	for (offset = 0; offset < view->size; offset += HUGE_PAGE)
		done += !view_write(view, offset);
	return done;
}

TEST_F(region, a_debugger_without_access_allocates_nothing)
{
	EXPECT_EQ(0, peer_do(&self->other, step_debug, &self->others, false));
	EXPECT_EQ(0, peer_do(&self->other, step_debug, &self->others, true));
	EXPECT_EQ(0, resident_of(self->mine.fd));
}

TEST_F(region, a_fault_without_access_allocates_nothing)
{
	EXPECT_EQ(0, peer_do(&self->other, step_touch, &self->others, 0));
	EXPECT_EQ(0, resident_of(self->mine.fd));
}

/* Memory that somebody without access must not have made dear. */
TEST_F(region, the_owners_first_touch_is_by_huge_pages)
{
	long before;
	double begin;

	if (!kernel_has_huge_pages())
		SKIP(return, "this kernel has no huge pages");
	peer_do(&self->other, step_debug, &self->others, false);
	peer_do(&self->other, step_touch, &self->others, 0);
	before = page_tables_kib();
	begin = seconds();
	memset(self->mine.memory, 1, REGION);
	printf("# first touch of %zu MiB: %.1f ms\n", REGION >> 20,
	       (seconds() - begin) * 1e3);
	/* With small entries there would be a table for each huge page. */
	EXPECT_GT((long)(REGION / HUGE_PAGE * PAGE / 1024) / 2,
		  page_tables_kib() - before);
}

/*
 * Where a process had access and could have no huge pages, those that are left
 * come one by one. Each costs itself, and what is needed to map it.
 */
TEST_F_TIMEOUT(region, small_pages_cost_no_more_than_themselves, TIMEOUT)
{
	const unsigned long pages = REGION / PAGE;
	unsigned long long before, taken;
	double begin;

	ASSERT_EQ(0, view_release(&self->mine, 0));
	ASSERT_LE(0, peer_do(&self->other, view_try_acquire, &self->others, 0));
	ASSERT_EQ((long)(REGION / HUGE_PAGE),
		  peer_do(&self->other, step_touch, &self->others, 0));
	ASSERT_GT((long long)MIB(3), resident_of(self->mine.fd));
	ASSERT_EQ(0, peer_do(&self->other, view_release, &self->others, 0));
	ASSERT_LE(0, view_try_acquire(&self->mine, 0));

	before = pages_allocated();
	begin = seconds();
	memset(self->mine.memory, 1, REGION);
	taken = pages_allocated() - before;
	printf("# %lu pages among small ones: %.1f ms, %llu pages allocated\n",
	       pages, (seconds() - begin) * 1e3, taken);
	EXPECT_EQ((long long)REGION, resident_of(self->mine.fd));
	EXPECT_GT(3 * pages, taken);
}

#define PARAMETERS "/sys/module/shmregion/parameters/"

/* What one page in a pipe keeps of regions that are gone. */
struct pins {
	int pipes[512][2];
	int nr_pipes;
};

static bool pin(struct pins *pins, void *page)
{
	struct iovec iov = { .iov_base = page, .iov_len = PAGE };
	int *last = pins->nr_pipes ? pins->pipes[pins->nr_pipes - 1] : NULL;

	if (last && vmsplice(last[1], &iov, 1, SPLICE_F_NONBLOCK) > 0)
		return true;
	last = pins->pipes[pins->nr_pipes];
	return !pipe2(last, O_CLOEXEC) && ++pins->nr_pipes &&
	       vmsplice(last[1], &iov, 1, SPLICE_F_NONBLOCK) > 0;
}

static void unpin_all(struct pins *pins)
{
	while (pins->nr_pipes--) {
		close(pins->pipes[pins->nr_pipes][0]);
		close(pins->pipes[pins->nr_pipes][1]);
	}
}

static bool can_have(size_t size)
{
	int fd = make_region(size, SHMREGION_MODE_UNSAFE, 0);

	close(fd);
	return fd >= 0;
}

/* A huge page, one page of which is kept; 0 or the error of its creation. */
static int leave_pinned(struct pins *pins)
{
	int fd = make_region(HUGE_PAGE, SHMREGION_MODE_UNSAFE,
			     SHMREGION_CREATE_POPULATE);
	void *memory;
	bool pinned;

	if (fd < 0)
		return errno;
	memory = map_region(fd, HUGE_PAGE, PROT_READ | PROT_WRITE);
	pinned = memory != MAP_FAILED && pin(pins, memory);
	munmap(memory, HUGE_PAGE);
	close(fd);
	return pinned ? 0 : ENOTRECOVERABLE;
}

/* rows: W13 */
TEST(memory_that_outlasts_its_region_counts)
{
	static struct pins pins;
	unsigned long limit, held = 0;
	uint8_t page[PAGE];
	char text[32];
	int error = 0;

	if (!kernel_has_huge_pages())
		SKIP(return, "this kernel has no huge pages");
	ASSERT_TRUE(read_text(PARAMETERS "max_user_bytes", text, sizeof(text)));
	limit = atol(text);
	ASSERT_TRUE(can_have(limit));

	while (!error && held <= limit + 8 * HUGE_PAGE) {
		error = leave_pinned(&pins);
		held += error ? 0 : HUGE_PAGE;
	}
	printf("# held %lu MiB without a region, of a limit of %lu MiB\n",
	       held >> 20, limit >> 20);
	EXPECT_EQ(EDQUOT, error);
	EXPECT_GE(limit, held);

	/* What is let go of can be had at once. */
	EXPECT_FALSE(can_have(HUGE_PAGE));
	ASSERT_EQ((ssize_t)PAGE, read(pins.pipes[0][0], page, PAGE));
	EXPECT_TRUE(can_have(HUGE_PAGE));
	unpin_all(&pins);
	EXPECT_TRUE(can_have(limit));
}

/*
 * What counts in the RSS of this process as shared, in pages. Where the kernel
 * counts per CPU it may be off by some pages for each.
 */
#define RSS_SLACK 512

static long shared_pages(void)
{
	long shared = -1;
	char text[128];

	if (!read_text("/proc/self/statm", text, sizeof(text)) ||
	    sscanf(text, "%*d %*d %ld", &shared) != 1)
		return -1;
	return shared;
}

static long step_shared_pages(void *data, long unused)
{
	(void)data;
	(void)unused;
	return shared_pages();
}

#define EXPECT_RSS(expected, actual)					\
	do {								\
		const long pages_ = (actual);				\
									\
		EXPECT_LE((long)(expected) - RSS_SLACK, pages_);	\
		EXPECT_GE((long)(expected) + RSS_SLACK, pages_);	\
	} while (0)

TEST_F(region, rss_counts_what_the_owner_touched_until_it_gives_it_away)
{
	const long pages = REGION / PAGE;
	long mine = shared_pages(), others;

	others = peer_do(&self->other, step_shared_pages, NULL, 0);
	memset(self->mine.memory, 1, REGION / 2);
	EXPECT_RSS(pages / 2, shared_pages() - mine);
	memset(self->mine.memory, 1, REGION);
	EXPECT_RSS(pages, shared_pages() - mine);
	ASSERT_EQ(0, view_transfer(&self->mine, self->other.pid));
	EXPECT_RSS(0, shared_pages() - mine);
	/* Who was given it and does not touch it is no hog either. */
	EXPECT_RSS(0, peer_do(&self->other, step_shared_pages, NULL, 0) -
		      others);
}

/* Whether pages are unmapped in part, moved, or split and touched again. */
TEST_F(region, rss_is_never_more_than_what_is_mapped_and_zero_at_the_end)
{
	uint8_t *memory, *middle, *moved;
	long before;
	int round;

	/* A mapping that nobody touches would raise the bound. */
	munmap(self->mine.memory, REGION);
	before = shared_pages();
	for (round = 0; round < 100; round++) {
		memory = map_region(self->mine.fd, REGION,
				    PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, memory);
		middle = memory + REGION / 2;
		memset(memory, 1, REGION);
		ASSERT_EQ(0, mprotect(middle, PAGE, PROT_READ));
		ASSERT_EQ(0, mprotect(middle, PAGE, PROT_READ | PROT_WRITE));
		ASSERT_EQ(0, munmap(middle, REGION / 4));
		EXPECT_RSS(REGION / PAGE / 4 * 3, shared_pages() - before);
		moved = mremap(memory, REGION / 4, REGION / 4, MREMAP_MAYMOVE |
			       MREMAP_FIXED, middle);
		ASSERT_EQ(middle, moved);
		memset(moved, 1, REGION / 4);
		EXPECT_GE((long)(REGION / PAGE / 4 * 3) + RSS_SLACK,
			  shared_pages() - before);
		ASSERT_EQ(0, munmap(memory, REGION));
		ASSERT_GE(RSS_SLACK, shared_pages() - before);
	}
}

/* Out of memory in a cgroup: who has the memory is killed, and nobody else. */
#define OOM_ROUNDS 20
#define NR_INNOCENTS 5

static long step_join(void *data, long size)
{
	uint8_t *memory;

	(void)data;
	if (!write_text(CGROUP "/cgroup.procs", "0"))
		return -errno;
	memory = malloc(size);
	if (!memory)
		return -ENOMEM;
	memset(memory, 1, size);
	return 0;
}

static long step_hog_region(void *data, long size)
{
	struct view view = { .size = size };

	(void)data;
	view.fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	if (view.fd < 0 || view_map(&view, PROT_READ | PROT_WRITE))
		return -errno;
	memset(view.memory, 1, size);
	return 0;
}

static long step_hog_memfd(void *data, long size)
{
	int fd = memfd_create("hog", MFD_CLOEXEC);
	void *memory;

	(void)data;
	if (ftruncate(fd, size))
		return -errno;
	memory = map_region(fd, size, PROT_READ | PROT_WRITE);
	if (memory == MAP_FAILED)
		return -errno;
	memset(memory, 1, size);
	return 0;
}

/* Attached to regions that it owns and has mapped, and never touched. */
#define NR_HANDED 4

static long step_be_handed_regions(void *data, long unused)
{
	struct view *views = data;
	long i, ret = 0;

	(void)unused;
	for (i = 0; i < NR_HANDED && !ret; i++)
		ret = view_map(&views[i], PROT_READ | PROT_WRITE);
	return ret;
}

FIXTURE(oom)
{
	struct peer hog, innocents[NR_INNOCENTS];
	struct view handed[NR_HANDED];
};

FIXTURE_VARIANT(oom)
{
	peer_step step;
};

FIXTURE_VARIANT_ADD(oom, of_regions) { step_hog_region };
FIXTURE_VARIANT_ADD(oom, of_a_memfd) { step_hog_memfd };

FIXTURE_SETUP(oom)
{
	size_t i;

	ASSERT_TRUE(write_text(CGROUPS "/cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	ASSERT_TRUE(write_text(CGROUP "/memory.max", "160M"));
	for (i = 0; i < NR_HANDED; i++) {
		self->handed[i].size = MIB(8);
		self->handed[i].fd = make_region(MIB(8),
						 SHMREGION_MODE_WRITABLE, 0);
		ASSERT_LE(0, self->handed[i].fd);
	}
}

FIXTURE_TEARDOWN(oom)
{
	size_t i;

	for (i = 0; i < NR_HANDED; i++)
		close(self->handed[i].fd);
	rmdir(CGROUP);
}

/* Whether the hog was killed, and nobody else. */
static bool hog_is_the_victim(FIXTURE_DATA(oom) *self, peer_step step)
{
	bool victim, others = false;
	int i;

	for (i = 0; i < NR_INNOCENTS; i++) {
		self->innocents[i] = peer_start();
		others |= peer_do(&self->innocents[i], step_join, NULL, MIB(6));
	}
	others |= peer_do(&self->innocents[0], step_be_handed_regions,
			  self->handed, 0);
	for (i = 0; i < NR_HANDED; i++) {
		others |= view_try_acquire(&self->handed[i], 0) < 0;
		others |= view_transfer(&self->handed[i],
					self->innocents[0].pid);
	}
	self->hog = peer_start();
	others |= peer_do(&self->hog, step_join, NULL, PAGE);
	victim = peer_do(&self->hog, step, NULL, MIB(200)) == -ECHILD;
	for (i = 0; i < NR_INNOCENTS; i++) {
		others |= peer_do(&self->innocents[i], step_shared_pages, NULL,
				  0) < 0;
		peer_kill(&self->innocents[i]);
	}
	peer_kill(&self->hog);
	return victim && !others;
}

TEST_F_TIMEOUT(oom, kills_who_holds_the_memory, TIMEOUT)
{
	int round, victims = 0;

	for (round = 0; round < OOM_ROUNDS; round++)
		victims += hog_is_the_victim(self, variant->step);
	printf("# the hog was the victim %d times of %d\n", victims,
	       OOM_ROUNDS);
	EXPECT_EQ(OOM_ROUNDS, victims);
}

/*
 * Single pages go and come back: so often that an error of one page in a thousand
 * would show, or as often as the environment says.
 */
#define NR_REMAPS 20000

static long nr_remaps(void)
{
	const char *value = getenv("SHMREGION_TEST_REMAPS");

	return value ? atol(value) : NR_REMAPS;
}

/* Each page becomes a mapping of its own. */
#define NR_PAGES 64

TEST_F_TIMEOUT(region, rss_is_exact_after_many_partial_unmaps, TIMEOUT)
{
	const size_t size = NR_PAGES * PAGE;
	const long rounds = nr_remaps();
	long before, round;
	uint8_t *memory, *page;

	munmap(self->mine.memory, REGION);
	before = shared_pages();
	memory = map_region(self->mine.fd, size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, memory);
	for (round = 0; round < rounds; round++) {
		page = memory + round * 13 % NR_PAGES * PAGE;
		ASSERT_EQ(0, munmap(page, PAGE));
		ASSERT_EQ(page, mmap(page, PAGE, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_FIXED, self->mine.fd,
				     page - memory));
		page[0] = 1;
	}
	EXPECT_GE(NR_PAGES + RSS_SLACK, shared_pages() - before);
	ASSERT_EQ(0, munmap(memory, size));
	EXPECT_RSS(0, shared_pages() - before);
	printf("# after %ld partial unmaps and refaults: %ld pages\n", rounds,
	       shared_pages() - before);
	self->mine.memory = map_region(self->mine.fd, REGION, PROT_READ);
}

/*
 * What a writer loses that had only read is counted again when it writes. However
 * often that is, it counts no more than it maps, and nothing when it is over.
 */
TEST_F(region, rss_of_a_writer_that_comes_and_goes_is_bounded)
{
	const long pages = REGION / PAGE;
	long before = shared_pages();
	int round;

	memset(self->mine.memory, 1, REGION);
	ASSERT_EQ(0, view_publish(&self->mine, 0));
	for (round = 0; round < 10; round++) {
		ASSERT_EQ(0, view_release(&self->mine, 0));
		EXPECT_EQ(1, view_read(&self->mine, 0));
		EXPECT_EQ(1, view_read(&self->mine, REGION / 2));
		ASSERT_LE(0, view_try_acquire(&self->mine, 0));
		EXPECT_EQ(0, view_write(&self->mine, 0));
		self->mine.memory[0] = 1;
		EXPECT_EQ(0, view_write(&self->mine, REGION / 2));
		self->mine.memory[REGION / 2] = 1;
		EXPECT_GE(pages + RSS_SLACK, shared_pages() - before);
	}
	ASSERT_EQ(0, view_freeze(&self->mine, 0));
	ASSERT_EQ(0, view_unmap(&self->mine, 0));
	EXPECT_RSS(0, shared_pages() - before);
	self->mine.memory = map_region(self->mine.fd, REGION, PROT_READ);
}

/*
 * Who closes the last handle frees the memory, whoever allocated it. That must
 * cost an innocent no more than with a memfd.
 */
#define CLOSE_ROUNDS 7

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static double close_last(int fd)
{
	uint8_t *memory = map_region(fd, REGION, PROT_READ | PROT_WRITE);
	double begin;

	if (memory == MAP_FAILED)
		return -1;
	memset(memory, 1, REGION);
	munmap(memory, REGION);
	begin = cpu_seconds();
	close(fd);
	return cpu_seconds() - begin;
}

TEST_F_TIMEOUT(region, the_last_close_costs_no_more_than_of_a_memfd, TIMEOUT)
{
	double region = 1e9, memfd = 1e9, cost;
	int round, fd;

	for (round = 0; round < CLOSE_ROUNDS; round++) {
		fd = make_region(REGION, SHMREGION_MODE_WRITABLE, 0);
		ASSERT_LE(0, fd);
		cost = close_last(fd);
		ASSERT_LE(0, cost);
		region = cost < region ? cost : region;
		fd = memfd_create("memfd", MFD_CLOEXEC);
		ASSERT_EQ(0, ftruncate(fd, REGION));
		cost = close_last(fd);
		ASSERT_LE(0, cost);
		memfd = cost < memfd ? cost : memfd;
	}
	printf("# last close of %zu MiB: %.0f us, of a memfd %.0f us: %.2f times as much\n",
	       REGION >> 20, region * 1e6, memfd * 1e6, region / memfd);
	EXPECT_GT(2 * memfd, region);
}

/* There is nothing that could be written back. */
TEST(msync_and_fsync_succeed)
{
	const uint32_t modes[] = { SHMREGION_MODE_WRITABLE,
				   SHMREGION_MODE_UNSAFE };
	uint8_t *memory;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		fd = make_region(PAGE, modes[i], SHMREGION_CREATE_POPULATE);
		memory = map_region(fd, PAGE, PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, memory);
		memory[0] = VIEW_WRITES;
		EXPECT_EQ(0, msync(memory, PAGE, MS_SYNC));
		EXPECT_EQ(0, msync(memory, PAGE, MS_ASYNC | MS_INVALIDATE));
		EXPECT_EQ(0, fsync(fd));
		EXPECT_EQ(VIEW_WRITES, memory[0]);
		munmap(memory, PAGE);
		close(fd);
	}
}

TEST_HARNESS_MAIN
