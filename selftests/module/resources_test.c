// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others do with memory slows and starves nobody (G10, G16): a process
 * without access allocates nothing of a region, and where memory was taken in
 * small pieces a touch costs no more than it needs. Needs memory cgroups.
 */
#include <time.h>

#include "helpers.h"
#include "operations.h"
#include <kselftest_harness.h>

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

TEST_HARNESS_MAIN
