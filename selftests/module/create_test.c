// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making handles: CREATE and DUP (G6, G7, G9). What they take and refuse, what
 * a new region and a new handle are like, that rights only ever shrink, and
 * that a call that fails leaves no handle behind.
 */
#include "helpers.h"
#include <assert.h>
#include "harness.h"
#include <sys/resource.h>

/*
 * The argument is one that succeeds, for a test to spoil. @nr_fds is how many
 * descriptors are open before the call.
 */
FIXTURE(create)
{
	int device;
	int nr_fds;
	struct shmregion_create argument;
};

FIXTURE_SETUP(create)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->nr_fds = count_fds();
	self->argument = (struct shmregion_create){
		.size = sizeof(self->argument),
		.region_size = 1,
		.mode = SHMREGION_MODE_WRITABLE,
		.label = "create",
	};
}

FIXTURE_TEARDOWN(create)
{
	close(self->device);
}

/* The error that CREATE gives, -1 if it has left a descriptor open. */
static int error_of_create(FIXTURE_DATA(create) *self)
{
	int error = errno_of(ioctl(self->device, SHMREGION_IOC_CREATE,
				   &self->argument));

	return error && count_fds() != self->nr_fds ? -1 : error;
}

/* A handle to a new region, or -1. */
static int create(FIXTURE_DATA(create) *self)
{
	return error_of_create(self) ? -1 : self->argument.out_fd;
}

TEST_F(create, writable_begins_with_the_caller_as_owner)
{
	struct shmregion_info info;
	int fd = create(self);

	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(SHMREGION_MODE_WRITABLE, info.out_mode);
	EXPECT_EQ(SHMREGION_STATE_OWNED, info.out_state);
	EXPECT_EQ(getpid(), info.out_owner_pid);
	EXPECT_EQ(1, info.out_owner_member);
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info.out_writers);
	EXPECT_EQ(RIGHTS_RW, info.out_access);
	EXPECT_EQ(1, info.out_generation);
}

TEST_F(create, unsafe_begins_without_an_owner)
{
	struct shmregion_info info;
	int fd;

	self->argument.mode = SHMREGION_MODE_UNSAFE;
	fd = create(self);
	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(SHMREGION_MODE_UNSAFE, info.out_mode);
	EXPECT_EQ(0, info.out_state);
	EXPECT_EQ(0, info.out_owner_pid);
	EXPECT_EQ(0, info.out_owner_member);
	EXPECT_EQ(SHMREGION_WRITERS_ALL, info.out_writers);
	EXPECT_EQ(RIGHTS_RW, info.out_access);
	EXPECT_EQ(1, info.out_generation);
}

TEST_F(create, attaches_the_caller_in_every_mode)
{
	const uint32_t modes[] = { SHMREGION_MODE_WRITABLE,
				   SHMREGION_MODE_UNSAFE };
	struct shmregion_info info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		self->argument.mode = modes[i];
		self->argument.out_member = 0;
		ASSERT_EQ(0, raw_info(create(self), &info));
		EXPECT_EQ(1, self->argument.out_member);
		EXPECT_EQ(1, info.out_member);
	}
}

/* rows: M65 */
TEST_F(create, handle_reads_and_writes_and_is_close_on_exec)
{
	struct shmregion_info info;
	int fd = create(self);

	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(RIGHTS_RW, info.out_rights);
	EXPECT_EQ(0, info.out_state & SHMREGION_STATE_CONTROLLED);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
}

TEST_F(create, handle_controls_only_when_asked_for)
{
	struct shmregion_info info;
	int fd;

	self->argument.flags = SHMREGION_CREATE_CONTROLLED;
	fd = create(self);
	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(RIGHTS_ALL, info.out_rights);
	EXPECT_EQ(SHMREGION_STATE_CONTROLLED | SHMREGION_STATE_OWNED,
		  info.out_state);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
}

TEST_F(create, any_other_mode_is_einval)
{
	const uint32_t modes[] = { 0, SHMREGION_MODE_READONLY, 4, 1U << 31,
				   UINT32_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		self->argument.mode = modes[i];
		EXPECT_EQ(EINVAL, error_of_create(self));
	}
}

/* rows: C8 */
TEST_F(create, size_0_is_einval)
{
	self->argument.region_size = 0;
	EXPECT_EQ(EINVAL, error_of_create(self));
}

/* rows: C9 */
TEST_F(create, size_that_cannot_be_rounded_up_is_eoverflow)
{
	const uint64_t sizes[] = { UINT64_MAX, UINT64_MAX - PAGE,
				   (uint64_t)INT64_MAX + 1, INT64_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument.region_size = sizes[i];
		EXPECT_EQ(EOVERFLOW, error_of_create(self));
	}
}

/* rows: C119 */
TEST_F(create, huge_size_that_can_be_rounded_up_is_enospc)
{
	const uint64_t sizes[] = { 1ULL << 62, 1ULL << 44, 1ULL << 43 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument.region_size = sizes[i];
		EXPECT_EQ(ENOSPC, error_of_create(self));
	}
}

TEST_F(create, size_is_exact_in_info_and_fstat)
{
	const uint64_t sizes[] = { 1, 4095, 4096, 4097, MIB(2) - 1, MIB(3) };
	struct shmregion_info info;
	struct stat stat;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->argument.region_size = sizes[i];
		fd = create(self);
		ASSERT_EQ(0, raw_info(fd, &info));
		EXPECT_EQ(sizes[i], info.out_region_size);
		ASSERT_EQ(0, fstat(fd, &stat));
		EXPECT_EQ(sizes[i], (uint64_t)stat.st_size);
		close(fd);
	}
}

TEST_F(create, label_of_31_characters_comes_back)
{
	static const char label[] = "0123456789 abcdefghij/~!%s\\\"'<>";
	struct shmregion_info info;

	static_assert(sizeof(label) == SHMREGION_LABEL_SIZE, "31 and NUL");
	memcpy(self->argument.label, label, sizeof(label));
	ASSERT_EQ(0, raw_info(create(self), &info));
	EXPECT_STREQ(label, info.out_label);
}

TEST_F(create, empty_label_is_allowed)
{
	struct shmregion_info info;

	memset(self->argument.label, 0, sizeof(self->argument.label));
	ASSERT_EQ(0, raw_info(create(self), &info));
	EXPECT_STREQ("", info.out_label);
}

TEST_F(create, label_without_nul_is_einval)
{
	memset(self->argument.label, 'x', sizeof(self->argument.label));
	EXPECT_EQ(EINVAL, error_of_create(self));
}

TEST_F(create, each_character_but_printable_ascii_is_einval_in_a_label)
{
	int c;

	for (c = 1; c < 256; c++) {
		bool printable = c >= 0x20 && c <= 0x7e;

		self->argument.label[2] = c;
		EXPECT_EQ(printable ? 0 : EINVAL, error_of_create(self));
		if (printable)
			close(self->argument.out_fd);
	}
}

TEST_F(create, what_is_behind_the_end_of_a_label_does_not_come_back)
{
	size_t end = sizeof("ab") - 1;
	struct shmregion_info info;

	memset(self->argument.label, 0xa5, sizeof(self->argument.label));
	memcpy(self->argument.label, "ab", end + 1);
	memset(&info, 0xa5, sizeof(info));
	info.size = sizeof(info);
	info.flags = 0;
	ASSERT_EQ(0, ioctl(create(self), SHMREGION_IOC_INFO, &info));
	EXPECT_STREQ("ab", info.out_label);
	EXPECT_TRUE(all_bytes(info.out_label + end,
			      sizeof(info.out_label) - end, 0));
}

/* rows: C13 */
TEST_F(create, populate_makes_every_page_resident)
{
	struct shmregion_info info;
	int fd;

	self->argument.region_size = MIB(3) + 1;
	self->argument.flags = SHMREGION_CREATE_POPULATE;
	fd = create(self);
	EXPECT_EQ(MIB(3) + PAGE, (size_t)resident_of(fd));
	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(MIB(3) + PAGE, info.out_capacity);
	EXPECT_EQ(info.out_capacity, info.out_allocated);
	EXPECT_NE(0, info.out_state & SHMREGION_STATE_ALLOCATED);
}

TEST_F(create, without_populate_no_page_is_resident)
{
	struct shmregion_info info;
	int fd;

	self->argument.region_size = MIB(3) + 1;
	fd = create(self);
	EXPECT_EQ(0, resident_of(fd));
	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(MIB(3) + PAGE, info.out_capacity);
	EXPECT_EQ(0, info.out_allocated);
	EXPECT_EQ(0, info.out_state & SHMREGION_STATE_ALLOCATED);
}

/* The number that the next descriptor gets. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* No descriptor gets the number @limit or a larger one. */
static bool limit_fds(int limit)
{
	struct rlimit rlimit;

	if (getrlimit(RLIMIT_NOFILE, &rlimit))
		return false;
	rlimit.rlim_cur = limit;
	return !setrlimit(RLIMIT_NOFILE, &rlimit);
}

TEST_F(create, no_free_descriptor_is_emfile_and_takes_none)
{
	int next = next_fd();

	ASSERT_TRUE(limit_fds(next));
	EXPECT_EQ(EMFILE, errno_of(ioctl(self->device, SHMREGION_IOC_CREATE,
					 &self->argument)));
	ASSERT_TRUE(limit_fds(next + 1));
	EXPECT_EQ(next, next_fd());
}

TEST_F(create, a_handle_does_not_need_the_device)
{
	struct shmregion_info info;
	int fd = create(self);

	close(self->device);
	EXPECT_EQ(0, raw_info(fd, &info));
	EXPECT_NE(MAP_FAILED, map_region(fd, PAGE, PROT_READ | PROT_WRITE));
}

TEST_F(create, a_device_opened_read_only_creates_as_well)
{
	close(self->device);
	self->device = open(RAW_DEVICE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->device);
	EXPECT_EQ(0, error_of_create(self));
}

/* Every set of rights, as that of a handle to duplicate. */
FIXTURE(dup)
{
	int fd;
	int nr_fds;
	struct shmregion_info info;
};

FIXTURE_VARIANT(dup)
{
	uint32_t rights;
};

FIXTURE_VARIANT_ADD(dup, of_read) {
	.rights = SHMREGION_RIGHT_READ,
};

FIXTURE_VARIANT_ADD(dup, of_read_write) {
	.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE,
};

FIXTURE_VARIANT_ADD(dup, of_read_control) {
	.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL,
};

FIXTURE_VARIANT_ADD(dup, of_read_write_control) {
	.rights = RIGHTS_ALL,
};

FIXTURE_SETUP(dup)
{
	int first = make_region(1, SHMREGION_MODE_WRITABLE,
				SHMREGION_CREATE_CONTROLLED);

	ASSERT_LE(0, first);
	self->fd = raw_dup(first, variant->rights);
	ASSERT_LE(0, self->fd);
	close(first);
	ASSERT_EQ(0, raw_info(self->fd, &self->info));
	self->nr_fds = count_fds();
}

FIXTURE_TEARDOWN(dup)
{
	close(self->fd);
}

/* rows: C15 W14 */
TEST_F(dup, has_the_rights_asked_for)
{
	EXPECT_EQ(variant->rights, self->info.out_rights);
}

/* rows: M67 */
TEST_F(dup, gives_exactly_the_subsets_that_read)
{
	struct shmregion_info info;
	uint32_t rights;
	int expected, fd;

	for (rights = 0; rights <= RIGHTS_ALL; rights++) {
		expected = 0;
		if (rights & ~variant->rights)
			expected = EACCES;
		if (!(rights & SHMREGION_RIGHT_READ))
			expected = EINVAL;

		fd = raw_dup(self->fd, rights);
		EXPECT_EQ(expected, errno_of(fd));
		if (expected) {
			EXPECT_EQ(self->nr_fds, count_fds());
			continue;
		}
		ASSERT_EQ(0, raw_info(fd, &info));
		EXPECT_EQ(rights, info.out_rights);
		close(fd);
	}
}

TEST_F(dup, each_unknown_right_is_einval)
{
	uint32_t right;

	for (right = RIGHTS_ALL + 1; right; right <<= 1)
		EXPECT_EQ(EINVAL, errno_of(raw_dup(self->fd,
						   RIGHTS_RO | right)));
	EXPECT_EQ(self->nr_fds, count_fds());
}

/* rows: W5 */
TEST_F(dup, is_a_handle_to_the_same_region)
{
	struct shmregion_info info;
	int fd = raw_dup(self->fd, RIGHTS_RO);

	ASSERT_EQ(0, raw_info(fd, &info));
	EXPECT_EQ(0, memcmp(self->info.out_guid, info.out_guid,
			    sizeof(info.out_guid)));
	EXPECT_EQ(self->info.out_region_size, info.out_region_size);
	EXPECT_STREQ(self->info.out_label, info.out_label);
}

TEST_F(dup, changes_neither_owner_nor_generation_nor_the_old_handle)
{
	struct shmregion_info info;

	ASSERT_LE(0, raw_dup(self->fd, RIGHTS_RO));
	ASSERT_EQ(0, raw_info(self->fd, &info));
	EXPECT_EQ(0, memcmp(&self->info, &info, sizeof(info)));
}

TEST_F(dup, is_close_on_exec_and_open_for_what_its_rights_say)
{
	int fd = raw_dup(self->fd, variant->rights);

	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(variant->rights & SHMREGION_RIGHT_WRITE ? O_RDWR : O_RDONLY,
		  fcntl(fd, F_GETFL) & O_ACCMODE);
}

TEST_F(dup, no_free_descriptor_is_emfile_and_takes_none)
{
	int next = next_fd();

	ASSERT_TRUE(limit_fds(next));
	EXPECT_EQ(EMFILE, errno_of(raw_dup(self->fd, RIGHTS_RO)));
	ASSERT_TRUE(limit_fds(next + 1));
	EXPECT_EQ(next, next_fd());
}

TEST_HARNESS_MAIN
