// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capacity (G6, G10): memory in whole huge pages where that wastes at most an
 * eighth, or where the creator asks for it; what lies between the size and the
 * capacity is memory of the region like the rest.
 */
#include "helpers.h"
#include "harness.h"
#include "operations.h"
#include <sys/uio.h>

#define HUGE	MIB(2)

static bool parameter_is(const char *name, const char *value)
{
	char path[128], line[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/shmregion/parameters/%s", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return !strcmp(line, value);
}

static unsigned long long number_in(const char *path)
{
	unsigned long long number = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

/* Whether a touch allocates whole huge pages here, of the size that is tested. */
static bool has_huge(void)
{
	return !parameter_is("huge", "off") &&
	       number_in("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") ==
		       HUGE;
}

static bool info_of(int fd, struct shmregion_info *info)
{
	return raw_info(fd, info) == 0;
}

static uint64_t capacity_of(int fd)
{
	struct shmregion_info info;

	return info_of(fd, &info) ? info.out_capacity : 0;
}

/* A view of the capacity of a new region. */
static bool make_view(struct view *view, size_t size, uint32_t mode,
		      uint32_t flags)
{
	view->fd = make_region(size, mode, flags);
	view->size = view->fd < 0 ? 0 : capacity_of(view->fd);
	return view->size && view_map(view, PROT_READ | PROT_WRITE) == 0;
}

/* Sizes around every edge, and the capacity where there are huge pages. */
static const struct {
	size_t size;
	size_t capacity;
} edges[] = {
	{ 1, 4096 },
	{ 4096, 4096 },
	{ 4097, 8192 },
	/* One huge page: at least seven eighths of it. */
	{ HUGE / 8 * 7 - 4096, HUGE / 8 * 7 - 4096 },
	{ HUGE / 8 * 7 - 4095, HUGE },
	{ HUGE / 8 * 7, HUGE },
	{ HUGE / 8 * 7 + 1, HUGE },
	{ HUGE - 4096, HUGE },
	{ HUGE - 1, HUGE },
	{ HUGE, HUGE },
	{ HUGE + 1, HUGE + 4096 },
	/* Of two, a quarter of the last. */
	{ 2 * HUGE - HUGE / 4 - 4096, 2 * HUGE - HUGE / 4 - 4096 },
	{ 2 * HUGE - HUGE / 4, 2 * HUGE },
	/* Of eight, all but the first byte of the last. */
	{ 6 * HUGE + 1, 6 * HUGE + 4096 },
	{ 7 * HUGE, 7 * HUGE },
	{ 7 * HUGE + 1, 8 * HUGE },
	{ 8 * HUGE + 1, 9 * HUGE },
	/* Frames of video: NV12 and RGBA of 1080p, and of 4K. */
	{ 1920 * 1080 * 3 / 2, 1920 * 1080 * 3 / 2 + 2560 },
	{ 1920 * 1080 * 4, 4 * HUGE },
	{ 3840 * 2160 * 3 / 2, 6 * HUGE },
	{ 3840 * 2160 * 4, 16 * HUGE },
};

static size_t huge_up(size_t size)
{
	return (size + HUGE - 1) & ~(HUGE - 1);
}

static size_t expected(size_t i, uint32_t flags)
{
	if (!has_huge())
		return page_up(edges[i].size);
	return flags & SHMREGION_CREATE_HUGE ? huge_up(edges[i].size) :
					       edges[i].capacity;
}

/* What a mapping from @offset on fails with. */
static int error_of_map(int fd, size_t size, size_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    offset);

	if (memory == MAP_FAILED)
		return errno;
	munmap(memory, size);
	return 0;
}

/* All that tells it agrees, and mmap covers that much and no more. */
static bool capacity_is(int fd, size_t size, size_t capacity)
{
	struct shmregion_info info;
	char text[2][32];
	struct stat stat;

	return info_of(fd, &info) && info.out_region_size == size &&
	       info.out_capacity == capacity && !fstat(fd, &stat) &&
	       (size_t)stat.st_size == size && !stat.st_blocks &&
	       fdinfo_value(fd, "size", text[0], sizeof(text[0])) &&
	       fdinfo_value(fd, "capacity", text[1], sizeof(text[1])) &&
	       strtoull(text[0], NULL, 10) == size &&
	       strtoull(text[1], NULL, 10) == capacity &&
	       error_of_map(fd, capacity, 0) == 0 &&
	       error_of_map(fd, PAGE, capacity - PAGE) == 0 &&
	       error_of_map(fd, capacity + PAGE, 0) == EINVAL &&
	       error_of_map(fd, 2 * PAGE, capacity - PAGE) == EINVAL &&
	       error_of_map(fd, PAGE, capacity) == EINVAL;
}

/* Of the test and, each with a mapping of its own, of its peers. */
static struct view view;

FIXTURE(capacity)
{
	struct peer peer;
};

FIXTURE_VARIANT(capacity)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(capacity, by_itself)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(capacity, by_flag)
{
	.flags = SHMREGION_CREATE_HUGE,
};

FIXTURE_VARIANT_ADD(capacity, up_front)
{
	.flags = SHMREGION_CREATE_POPULATE,
};

FIXTURE_VARIANT_ADD(capacity, by_flag_up_front)
{
	.flags = SHMREGION_CREATE_HUGE | SHMREGION_CREATE_POPULATE,
};

FIXTURE_SETUP(capacity)
{
	self->peer.pid = -1;
}

FIXTURE_TEARDOWN(capacity)
{
	peer_stop(&self->peer);
}

TEST_F(capacity, is_as_described_around_every_edge)
{
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		fd = make_region(edges[i].size, SHMREGION_MODE_WRITABLE,
				 variant->flags);
		ASSERT_LE(0, fd);
		EXPECT_TRUE(capacity_is(fd, edges[i].size,
					expected(i, variant->flags)))
			TH_LOG("size %zu", edges[i].size);
		close(fd);
	}
}

/* Sizes of at most so much: each byte of them is looked at. */
#define NR_SMALL 12

TEST_F(capacity, is_zero_to_its_end_and_no_touch_raises_anything)
{
	const uint32_t modes[] = { SHMREGION_MODE_WRITABLE,
				   SHMREGION_MODE_UNSAFE };
	size_t i;

	for (i = 0; i < 2 * NR_SMALL; i++) {
		ASSERT_TRUE(make_view(&view, edges[i / 2].size, modes[i % 2],
				      variant->flags));
		EXPECT_EQ(0, view_read(&view, view.size - 1));
		EXPECT_EQ(1, view_holds(&view, 0));
		EXPECT_EQ(0, view_write(&view, view.size - 1));
		EXPECT_EQ(VIEW_WRITES, view_read(&view, view.size - 1));
		munmap(view.memory, view.size);
		close(view.fd);
	}
}

TEST_F(capacity, costs_one_huge_page_for_a_touch_at_most)
{
	bool up_front = variant->flags & SHMREGION_CREATE_POPULATE;

	ASSERT_TRUE(make_view(&view, 7 * HUGE + 1, SHMREGION_MODE_WRITABLE,
			      variant->flags));
	EXPECT_EQ(up_front ? (long long)view.size : 0, resident_of(view.fd));
	if (up_front)
		return;
	EXPECT_EQ(0, view_write(&view, view.size - 1));
	EXPECT_GE((long long)(has_huge() ? HUGE : PAGE), resident_of(view.fd));
}

/* What lies beyond the size goes with the region, and comes with it. */
TEST_F(capacity, is_handed_over_to_its_end)
{
	long last;

	ASSERT_TRUE(make_view(&view, HUGE - PAGE - 1, SHMREGION_MODE_WRITABLE,
			      variant->flags));
	last = view.size - 1;
	ASSERT_EQ(0, view_write(&view, last));
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &view,
			     PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, view_read, &view, last));

	ASSERT_EQ(0, view_transfer(&view, self->peer.pid));
	EXPECT_EQ(-SIGSEGV, view_read(&view, last));
	EXPECT_EQ(-SIGSEGV, view_write(&view, last));
	EXPECT_EQ(-EFAULT, view_read_by_call(&view, last));
	EXPECT_EQ(-SIGSEGV, view_read(&view, 0));
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->peer, view_read, &view, last));
	EXPECT_EQ(0, peer_do(&self->peer, view_write, &view, last));
	EXPECT_EQ(0, peer_do(&self->peer, view_write, &view, 0));
}

TEST_F(capacity, is_frozen_to_its_end)
{
	long last;

	ASSERT_TRUE(make_view(&view, HUGE - PAGE - 1, SHMREGION_MODE_WRITABLE,
			      variant->flags));
	last = view.size - 1;
	ASSERT_EQ(0, view_write(&view, last));
	ASSERT_EQ(0, view_freeze(&view, 0));
	EXPECT_EQ(-SIGSEGV, view_write(&view, last));
	EXPECT_EQ(-EFAULT, view_write_by_call(&view, last));
	EXPECT_EQ(VIEW_WRITES, view_read(&view, last));
	EXPECT_EQ(EACCES, error_of_map(view.fd, PAGE, view.size - PAGE));

	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &view, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->peer, view_read, &view, last));
}

TEST_F(capacity, is_destroyed_to_its_end)
{
	ASSERT_TRUE(make_view(&view, HUGE - PAGE - 1, SHMREGION_MODE_WRITABLE,
			      variant->flags | SHMREGION_CREATE_CONTROLLED));
	ASSERT_EQ(0, view_write(&view, view.size - 1));
	ASSERT_EQ(0, raw_destroy(view.fd));
	EXPECT_EQ(-SIGSEGV, view_read(&view, view.size - 1));
	EXPECT_EQ(0, resident_of(view.fd));
}

static long by_vmsplice(void *memory)
{
	struct iovec iov = { memory, 1 };
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	ret = vmsplice(pipes[1], &iov, 1, 0);
	ret = ret < 0 ? -errno : ret;
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static long by_process_vm(void *memory)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { memory, 1 };
	long ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return ret < 0 ? -errno : ret;
}

/* No way around at the end of the memory that is not at its beginning. */
TEST_F(capacity, cannot_be_left_or_changed)
{
	const struct shmregion_create unknown = {
		.size = sizeof(unknown),
		.flags = SHMREGION_CREATE_HUGE << 1,
		.region_size = PAGE,
		.mode = SHMREGION_MODE_WRITABLE,
	};
	uint8_t *last;
	size_t before;
	int device;

	ASSERT_TRUE(make_view(&view, HUGE - PAGE - 1, SHMREGION_MODE_WRITABLE,
			      variant->flags));
	before = view.size;
	last = view.memory + view.size - 1;
	ASSERT_EQ(0, touch_write(last, 1));
	EXPECT_EQ(-EFAULT, by_vmsplice(last));
	EXPECT_EQ(-EFAULT, by_process_vm(last));
	EXPECT_NE(0, errno_of(ftruncate(view.fd, before + HUGE)));
	EXPECT_NE(0, errno_of(ftruncate(view.fd, PAGE)));
	EXPECT_NE(0, errno_of(fallocate(view.fd, 0, before, HUGE)));
	EXPECT_EQ(MAP_FAILED, mremap(view.memory, before, before + PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(before, capacity_of(view.fd));
	EXPECT_EQ(0, touch_write(last, 1));

	device = raw_open();
	EXPECT_EQ(EOPNOTSUPP, errno_of(ioctl(device, SHMREGION_IOC_CREATE,
					     &unknown)));
	close(device);
}

/* A process without access takes no memory, at the end as elsewhere. */
TEST_F(capacity, takes_no_memory_for_those_without_access)
{
	if (variant->flags & SHMREGION_CREATE_POPULATE)
		SKIP(return, "all memory is there from the start");
	ASSERT_TRUE(make_view(&view, HUGE - PAGE - 1, SHMREGION_MODE_WRITABLE,
			      variant->flags));
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &view,
			     PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, view_write, &view,
				    view.size - 1));
	EXPECT_EQ(0, resident_of(view.fd));
}

static size_t parameter(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/shmregion/parameters/%s",
		 name);
	return number_in(path);
}

static int make_huge(size_t size, uint32_t flags)
{
	return make_region(size, SHMREGION_MODE_WRITABLE,
			   SHMREGION_CREATE_CONTROLLED | flags);
}

/* A region of a byte counts with the huge page that it may become. */
TEST(capacity_counts_for_the_limit_of_a_user)
{
	size_t unit = has_huge() ? HUGE : PAGE;
	size_t fill = (parameter("max_user_bytes") & ~(HUGE - 1)) - HUGE;
	int all, one, two;

	all = make_huge(fill, 0);
	ASSERT_LE(0, all);
	ASSERT_EQ(fill, capacity_of(all));
	one = make_huge(1, SHMREGION_CREATE_HUGE);
	ASSERT_LE(0, one);
	EXPECT_EQ(unit, capacity_of(one));
	two = make_huge(unit, SHMREGION_CREATE_HUGE);
	EXPECT_EQ(has_huge() ? EDQUOT : 0, errno_of(two));
	close(one);
	if (two >= 0)
		close(two);

	/* It is given back. */
	one = make_huge(HUGE, SHMREGION_CREATE_HUGE);
	EXPECT_LE(0, one);
	close(one);
	close(all);
}

/* Leaves less than a huge page to the user, by a page. Small parts stay as they are. */
static bool leave_less_than_a_huge_page(int fds[3])
{
	size_t limit = parameter("max_user_bytes");
	size_t over = (limit & (HUGE - 1)) + PAGE;
	size_t half = over / 2 & ~(PAGE - 1);

	fds[0] = make_huge((limit & ~(HUGE - 1)) - HUGE, 0);
	fds[1] = make_huge(over - half, 0);
	fds[2] = half ? make_huge(half, 0) : fds[1];
	return fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0;
}

/* What the module adds by itself makes no creation fail. */
TEST(capacity_that_nobody_asked_for_is_left_out_at_a_limit)
{
	int fds[3], fd;

	ASSERT_TRUE(leave_less_than_a_huge_page(fds));
	fd = make_huge(HUGE - PAGE, SHMREGION_CREATE_HUGE);
	EXPECT_EQ(has_huge() ? EDQUOT : 0, errno_of(fd));
	close(fd);
	fd = make_huge(HUGE - PAGE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(HUGE - PAGE, capacity_of(fd));
	EXPECT_EQ(EDQUOT, errno_of(make_huge(1, 0)));
}

TEST(size_that_no_capacity_fits_is_refused)
{
	EXPECT_EQ(ENOSPC, errno_of(make_huge(INT64_MAX - 2 * PAGE,
					     SHMREGION_CREATE_HUGE)));
	EXPECT_EQ(EOVERFLOW, errno_of(make_huge(INT64_MAX,
						SHMREGION_CREATE_HUGE)));
	EXPECT_EQ(ENOSPC, errno_of(make_huge(parameter("max_region_bytes") + 1,
					     SHMREGION_CREATE_HUGE)));
}

TEST_HARNESS_MAIN
