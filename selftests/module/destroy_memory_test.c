// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the memory of a region by DESTROY (G10): it is free when the
 * call returns, counted by the machine and by the limits of the module, though
 * it is mapped, and even if the mapping is sealed; only what is pinned for I/O
 * is free when the pin ends.
 */
#include <sys/sysinfo.h>
#include <sys/uio.h>

#include "operations.h"
#include "harness.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#define FILL 0x5a

#define PROT_RW (PROT_READ | PROT_WRITE)

#define HUGE MIB(2)

FIXTURE(memory)
{
	struct view view;
};

FIXTURE_VARIANT(memory)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(memory, writable) { SHMREGION_MODE_WRITABLE };
FIXTURE_VARIANT_ADD(memory, unsafe) { SHMREGION_MODE_UNSAFE };

/* A region that is there and mapped with all its pages. */
static bool make_and_map(struct view *view, uint32_t mode, size_t size)
{
	size_t offset;

	view->size = size;
	view->fd = make_region(size, mode, SHMREGION_CREATE_POPULATE |
					   SHMREGION_CREATE_CONTROLLED);
	if (view->fd < 0 || view_map(view, PROT_RW))
		return false;
	for (offset = 0; offset < size; offset += HUGE)
		if (touch_write(view->memory + offset, FILL))
			return false;
	return true;
}

/*
 * In bytes. The pages in the lists of the CPUs are free as well, but MemFree
 * does not count them.
 */
static long long free_memory(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	long long pages = 0, count;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " nr_free_pages %lld", &count) == 1 ||
		    sscanf(line, " count: %lld", &count) == 1)
			pages += count;
	fclose(file);
	return pages * PAGE;
}

FIXTURE_SETUP(memory)
{
	ASSERT_TRUE(make_and_map(&self->view, variant->mode, MIB(128)));
}

FIXTURE_TEARDOWN(memory)
{
	close(self->view.fd);
}

/* All but a little that others may have taken meanwhile. */
#define EXPECT_MEMORY_BACK(before)					\
	EXPECT_LT((long long)(self->view.size - MIB(16)), free_memory() - (before))

/* rows: C104 */
TEST_F(memory, is_free_when_the_call_returns)
{
	long long before = free_memory();

	ASSERT_EQ(0, raw_destroy(self->view.fd));
	EXPECT_MEMORY_BACK(before);
	EXPECT_EQ(-SIGSEGV, view_read(&self->view, 0));
}

TEST_F(memory, is_free_behind_a_sealed_mapping)
{
	struct view *view = &self->view;
	long long before;

	if (syscall(SYS_mseal, NULL, 0, 0))
		SKIP(return, "mseal(2) appeared in 6.10");
	ASSERT_EQ(0, syscall(SYS_mseal, view->memory, view->size, 0));
	ASSERT_EQ(-EPERM, view_unmap(view, 0));
	before = free_memory();
	ASSERT_EQ(0, raw_destroy(view->fd));
	EXPECT_MEMORY_BACK(before);
	EXPECT_EQ(-SIGSEGV, view_write(view, 0));
	EXPECT_EQ(-EPERM, view_unmap(view, 0));
}

/* More than there is, one after the other, all mapped to the end. */
TEST_F_TIMEOUT(memory, is_enough_for_the_next_however_many_cling, 600)
{
	struct sysinfo info;
	struct view view;
	size_t i;

	ASSERT_EQ(0, raw_destroy(self->view.fd));
	ASSERT_EQ(0, sysinfo(&info));
	for (i = 0; i < info.totalram / MIB(128) + 2; i++) {
		ASSERT_TRUE(make_and_map(&view, variant->mode, MIB(128)));
		ASSERT_EQ(0, raw_destroy(view.fd));
	}
}

TEST_F(memory, no_longer_counts_against_the_limit)
{
	struct view view = {};
	char text[32];
	int fd;

	ASSERT_EQ(0, raw_destroy(self->view.fd));
	ASSERT_TRUE(read_text("/sys/module/shmregion/parameters/max_user_bytes",
			      text, sizeof(text)));
	fd = make_region(atoll(text), variant->mode,
			 SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, fd);
	ASSERT_EQ(-1, make_region(1, variant->mode, 0));
	ASSERT_EQ(EDQUOT, errno);
	view = (struct view){ .fd = fd, .size = PAGE };
	ASSERT_EQ(0, view_map(&view, PROT_RW));
	ASSERT_EQ(0, view_write(&view, 0));

	ASSERT_EQ(0, raw_destroy(fd));
	fd = make_region(atoll(text), variant->mode, 0);
	EXPECT_LE(0, fd);
	/* Nor is it given back twice. */
	close(view.fd);
	munmap(view.memory, PAGE);
	EXPECT_EQ(-1, make_region(1, variant->mode, 0));
	EXPECT_EQ(EDQUOT, errno);
}

/* A pipe of 16 pages pins as many huge ones, where pages are huge. */
TEST(pinned_memory_is_whole_until_the_pin_ends_and_free_then)
{
	const size_t nr_pins = 16;
	const long long slack = MIB(4);
	long long before, pinned, held;
	uint8_t page[KIB(4)];
	struct view view;
	struct iovec iov;
	int pipes[2];
	size_t i;

	ASSERT_TRUE(make_and_map(&view, SHMREGION_MODE_UNSAFE, nr_pins * HUGE));
	ASSERT_EQ(0, pipe(pipes));
	before = free_memory();
	for (i = 0; i < nr_pins; i++) {
		iov = (struct iovec){ view.memory + i * HUGE, PAGE };
		memset(iov.iov_base, i + 1, PAGE);
		ASSERT_EQ((ssize_t)PAGE, vmsplice(pipes[1], &iov, 1, 0));
	}
	ASSERT_EQ(0, raw_destroy(view.fd));
	EXPECT_EQ(0, resident_of(view.fd));
	EXPECT_EQ(-SIGSEGV, view_write(&view, 0));
	pinned = free_memory();
	held = kernel_has_huge_pages() ? view.size : nr_pins * PAGE;
	EXPECT_GT((long long)view.size - held + slack, pinned - before);
	for (i = 0; i < nr_pins / 2; i++) {
		ASSERT_EQ((ssize_t)PAGE, read(pipes[0], page, PAGE));
		EXPECT_TRUE(all_bytes(page, PAGE, i + 1));
	}
	close(pipes[0]);
	close(pipes[1]);
	/* A module that has to zero it does so a moment later. */
	while (free_memory() - pinned < held - slack)
		sched_yield();
}

TEST_HARNESS_MAIN
