// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory regions may take (G9, G10): the limits of the module, to the
 * page, with nothing charged for what failed or is gone; and that a touch of a
 * large region costs no more than one huge page. Runs with the module's
 * default parameters.
 */
#include "helpers.h"
#include "harness.h"
#include <sys/resource.h>
#include <sys/sysinfo.h>

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion_limits_test"

FIXTURE(limits)
{
	int device;
	unsigned long user;
	unsigned long region;
};

static unsigned long parameter(const char *name)
{
	unsigned long value = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/shmregion/parameters/%s",
		 name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

FIXTURE_SETUP(limits)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->user = parameter("max_user_bytes");
	ASSERT_LT(0, self->user);
	self->region = parameter("max_region_bytes");
	ASSERT_LT(0, self->region);
}

FIXTURE_TEARDOWN(limits)
{
	close(self->device);
}

/* A handle, or -1. Without a touch a region of any size costs no memory. */
static int create(const FIXTURE_DATA(limits) *self, size_t size)
{
	return raw_create(self->device, size, SHMREGION_MODE_WRITABLE,
			  SHMREGION_CREATE_CONTROLLED, "limits", NULL);
}

static int error_of_create(const FIXTURE_DATA(limits) *self, size_t size)
{
	int fd = create(self, size);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Whether so much is free, and no page more. */
static bool free_is(const FIXTURE_DATA(limits) *self, size_t size)
{
	int fd = create(self, size);
	bool exact;

	if (fd < 0)
		return false;
	exact = error_of_create(self, 1) == EDQUOT;
	close(fd);
	return exact;
}

TEST_F(limits, total_is_half_of_the_memory_by_default)
{
	struct sysinfo info;

	ASSERT_EQ(0, sysinfo(&info));
	EXPECT_EQ(info.totalram * info.mem_unit / PAGE / 2,
		  parameter("max_total_bytes") / PAGE);
}

TEST_F(limits, a_user_may_take_a_quarter_in_one_region_by_default)
{
	EXPECT_EQ(parameter("max_total_bytes") / 4 / PAGE, self->user / PAGE);
	EXPECT_EQ(self->user, self->region);
}

TEST_F(limits, a_region_as_large_as_the_limit_can_be_made)
{
	EXPECT_EQ(0, error_of_create(self, self->region));
}

/* rows: C110 */
TEST_F(limits, a_region_larger_than_the_limit_is_enospc)
{
	EXPECT_EQ(ENOSPC, error_of_create(self, self->region + 1));
}

TEST_F(limits, regions_fill_the_limit_to_the_page)
{
	/* Whole huge pages, to which nothing is added. */
	size_t part = self->user / 8 & ~(MIB(2) - 1);
	size_t left = self->user - 7 * part;
	int i;

	for (i = 0; i < 7; i++)
		ASSERT_LE(0, create(self, part));
	EXPECT_EQ(EDQUOT, error_of_create(self, left + 1));
	EXPECT_TRUE(free_is(self, left));
}

TEST_F(limits, parts_of_pages_count_as_pages)
{
	ASSERT_LE(0, create(self, self->user - 2 * PAGE));
	ASSERT_LE(0, create(self, 1));
	EXPECT_EQ(EDQUOT, error_of_create(self, PAGE + 1));
	EXPECT_TRUE(free_is(self, PAGE));
	EXPECT_TRUE(free_is(self, 1));
}

TEST_F(limits, a_closed_region_makes_room_for_the_next)
{
	int fd = create(self, self->user);

	ASSERT_LE(0, fd);
	ASSERT_EQ(EDQUOT, error_of_create(self, 1));
	close(fd);
	EXPECT_TRUE(free_is(self, self->user));
}

TEST_F(limits, a_region_counts_as_long_as_one_handle_is_open)
{
	int fd = create(self, self->user);
	int last = raw_dup(fd, RIGHTS_RO);

	ASSERT_LE(0, last);
	close(fd);
	EXPECT_EQ(EDQUOT, error_of_create(self, 1));
	close(last);
	EXPECT_EQ(0, error_of_create(self, 1));
}

TEST_F(limits, a_region_counts_as_long_as_one_page_is_mapped)
{
	int fd = create(self, self->user);
	void *memory = map_region(fd, PAGE, PROT_READ);

	ASSERT_NE(MAP_FAILED, memory);
	close(fd);
	EXPECT_EQ(EDQUOT, error_of_create(self, 1));
	munmap(memory, PAGE);
	EXPECT_EQ(0, error_of_create(self, 1));
}

TEST_F(limits, a_destroyed_region_counts_no_more)
{
	int fd = create(self, self->user);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_destroy(fd));
	EXPECT_TRUE(free_is(self, self->user));
	/* Nor is it given back twice. */
	close(fd);
	EXPECT_TRUE(free_is(self, self->user));
}

static long step_create(void *data, long size)
{
	int fd = create(data, size);

	return fd < 0 ? -errno : fd;
}

TEST_F(limits, a_killed_process_gives_back_what_it_had)
{
	struct peer peer = peer_start();

	ASSERT_LE(0, peer_do(&peer, step_create, self, self->user));
	ASSERT_EQ(EDQUOT, error_of_create(self, 1));
	peer_kill(&peer);
	EXPECT_TRUE(free_is(self, self->user));
}

TEST_F(limits, a_refused_region_is_not_counted)
{
	size_t left = self->user - MIB(1);

	ASSERT_LE(0, create(self, MIB(1)));
	ASSERT_EQ(EDQUOT, error_of_create(self, left + 1));
	EXPECT_TRUE(free_is(self, left));
}

TEST_F(limits, a_region_whose_handle_has_no_number_is_not_counted)
{
	struct rlimit old, none = {};

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none.rlim_max = old.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	ASSERT_EQ(EMFILE, error_of_create(self, self->user));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_TRUE(free_is(self, self->user));
}

TEST_F(limits, a_region_whose_handle_cannot_be_told_is_not_counted)
{
	struct shmregion_create *argument;

	argument = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, argument);
	argument->size = sizeof(*argument);
	argument->region_size = self->user;
	argument->mode = SHMREGION_MODE_WRITABLE;
	ASSERT_EQ(0, mprotect(argument, PAGE, PROT_READ));
	ASSERT_EQ(EFAULT, errno_of(ioctl(self->device, SHMREGION_IOC_CREATE,
					 argument)));
	EXPECT_TRUE(free_is(self, self->user));
}

TEST_F(limits, thousands_of_small_regions_take_a_page_each)
{
	const int nr_regions = 4000;
	struct rlimit limit = { nr_regions + 100, nr_regions + 100 };
	int first, i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	first = create(self, 1);
	for (i = 1; i < nr_regions; i++)
		ASSERT_EQ(first + i, create(self, 1));
	EXPECT_TRUE(free_is(self, self->user - nr_regions * PAGE));
	ASSERT_EQ(0, close_range(first, first + nr_regions - 1, 0));
	EXPECT_TRUE(free_is(self, self->user));
}

/* Two of them never fit. */
TEST_F(limits, of_racing_creators_one_gets_the_room)
{
	struct peer peers[4];
	int round, i, winners;
	long result;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 4; i++)
			peers[i] = peer_start();
		for (i = 0; i < 4; i++)
			peer_begin(&peers[i], step_create, self,
				   self->user / 2 + PAGE);
		for (i = winners = 0; i < 4; i++) {
			result = peer_finish(&peers[i]);
			winners += result >= 0;
			if (result < 0)
				EXPECT_EQ(-EDQUOT, result);
		}
		EXPECT_EQ(1, winners);
		while (i--)
			peer_kill(&peers[i]);
	}
	EXPECT_TRUE(free_is(self, self->user));
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = write(fd, text, strlen(text)) > 0;

	close(fd);
	return written;
}

static long step_enter_cgroup(void *data, long argument)
{
	(void)data;
	(void)argument;
	return write_file(CGROUP "/cgroup.procs", "0") ? 0 : -errno;
}

static long step_populate(void *data, long size)
{
	FIXTURE_DATA(limits) *self = data;
	int fd = raw_create(self->device, size, SHMREGION_MODE_WRITABLE,
			    SHMREGION_CREATE_POPULATE, "populate", NULL);

	return fd < 0 ? -errno : fd;
}

FIXTURE(cgroup)
{
	FIXTURE_DATA(limits) limits;
	struct peer peer;
};

/* A process that may have 32 MiB. */
FIXTURE_SETUP(cgroup)
{
	self->limits.device = raw_open();
	ASSERT_LE(0, self->limits.device);
	self->limits.user = parameter("max_user_bytes");
	ASSERT_TRUE(write_file(CGROUPS "/cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	ASSERT_TRUE(write_file(CGROUP "/memory.max", "32M"));
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, step_enter_cgroup, NULL, 0));
}

FIXTURE_TEARDOWN(cgroup)
{
	peer_kill(&self->peer);
	rmdir(CGROUP);
	close(self->limits.device);
}

TEST_F(cgroup, populate_within_its_limit_succeeds)
{
	EXPECT_LE(0, peer_do(&self->peer, step_populate, &self->limits,
			     MIB(16)));
}

/* rows: W16 */
TEST_F(cgroup, populate_beyond_its_limit_is_enomem)
{
	EXPECT_EQ(-ENOMEM, peer_do(&self->peer, step_populate, &self->limits,
				   MIB(64)));
	EXPECT_TRUE(free_is(&self->limits, self->limits.user));
	/* And it could go on. */
	EXPECT_LE(0, peer_do(&self->peer, step_populate, &self->limits,
			     MIB(16)));
}

/* A large region of a mode, touched at one place. */
FIXTURE(touch)
{
	size_t size;
	int fd;
	uint8_t *memory;
};

FIXTURE_VARIANT(touch)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(touch, writable) { .mode = SHMREGION_MODE_WRITABLE };
FIXTURE_VARIANT_ADD(touch, unsafe) { .mode = SHMREGION_MODE_UNSAFE };

FIXTURE_SETUP(touch)
{
	self->size = MIB(128) + 1;
	self->fd = make_region(self->size, variant->mode, 0);
	ASSERT_LE(0, self->fd);
	self->memory = map_region(self->fd, self->size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(touch)
{
	munmap(self->memory, self->size);
	close(self->fd);
}

TEST_F(touch, none_costs_nothing)
{
	EXPECT_EQ(0, resident_of(self->fd));
}

TEST_F(touch, a_write_costs_at_most_a_huge_page)
{
	ASSERT_EQ(0, touch_write(self->memory + MIB(100), 1));
	EXPECT_LT(0, resident_of(self->fd));
	EXPECT_GE((long long)MIB(2), resident_of(self->fd));
}

TEST_F(touch, a_read_costs_at_most_a_huge_page)
{
	ASSERT_EQ(0, touch_read(self->memory + MIB(100)));
	EXPECT_LT(0, resident_of(self->fd));
	EXPECT_GE((long long)MIB(2), resident_of(self->fd));
}

TEST_F(touch, of_the_last_byte_costs_at_most_a_huge_page)
{
	ASSERT_EQ(0, touch_write(self->memory + self->size - 1, 1));
	EXPECT_LT(0, resident_of(self->fd));
	EXPECT_GE((long long)MIB(2), resident_of(self->fd));
}

TEST_F(touch, a_second_one_nearby_costs_nothing)
{
	long long resident;

	ASSERT_EQ(0, touch_write(self->memory, 1));
	resident = resident_of(self->fd);
	ASSERT_EQ(0, touch_write(self->memory + 1, 1));
	EXPECT_EQ(resident, resident_of(self->fd));
}

TEST(a_touch_that_is_forbidden_costs_nothing)
{
	int fd = make_region(MIB(4), SHMREGION_MODE_WRITABLE, 0);
	uint8_t *memory = map_region(fd, MIB(4), PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, raw_release(fd));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	EXPECT_EQ(0, resident_of(fd));
}

TEST_HARNESS_MAIN
