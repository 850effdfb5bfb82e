// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32 bit program on a 64 bit kernel: every call has the same layout, the
 * same results and the same errors as for a 64 bit one, and ownership moves
 * and is enforced as well (G2). Compiled with -m32.
 */
#include "helpers.h"
#include "layout.h"
#include "harness.h"

static_assert(sizeof(void *) == 4 && sizeof(long) == 4, "compile with -m32");

#define CANARY 0xa5
#define FILL 0x5a

/* The error, 0 for success. */
static int call(int fd, unsigned int command, void *argument)
{
	return errno_of(ioctl(fd, command, argument));
}

static int create(int device, uint64_t size, uint32_t mode)
{
	struct shmregion_create argument = {
		.size = sizeof(argument),
		.flags = SHMREGION_CREATE_CONTROLLED,
		.region_size = size,
		.mode = mode,
		.label = "compat",
	};

	return call(device, SHMREGION_IOC_CREATE, &argument) ?
		       -1 : argument.out_fd;
}

static int duplicate(int fd, uint32_t rights)
{
	struct shmregion_dup argument = {
		.size = sizeof(argument),
		.rights = rights,
	};

	return call(fd, SHMREGION_IOC_DUP, &argument) ? -1 : argument.out_fd;
}

static int get_info(int fd, struct shmregion_info *info)
{
	info->size = sizeof(*info);
	info->flags = 0;
	return call(fd, SHMREGION_IOC_INFO, info);
}

static int transfer(int fd, int64_t pid, uint32_t flags, uint64_t deadline_ns)
{
	struct shmregion_transfer argument = {
		.size = sizeof(argument),
		.flags = flags,
		.id = pid,
		.by = SHMREGION_BY_PID,
		.deadline_ns = deadline_ns,
	};

	return call(fd, SHMREGION_IOC_TRANSFER, &argument);
}

static int acquire(int fd, uint32_t flags, uint64_t deadline_ns)
{
	struct shmregion_acquire argument = {
		.size = sizeof(argument),
		.flags = flags,
		.deadline_ns = deadline_ns,
	};

	return call(fd, SHMREGION_IOC_ACQUIRE, &argument);
}

/* DETACH, RELEASE, PUBLISH, FREEZE and SHARE. */
static int plain(int fd, unsigned int command)
{
	struct shmregion_convert argument = { .size = sizeof(argument) };

	return call(fd, command, &argument);
}

static int attach(int fd)
{
	struct shmregion_attach argument = { .size = sizeof(argument) };

	return call(fd, SHMREGION_IOC_ATTACH, &argument) ?:
	       argument.out_member ? 0 : EBADE;
}

FIXTURE(compat)
{
	int device;
	int fd;
	uint8_t *memory;
	struct shmregion_info before;
	struct peer peer;
};

FIXTURE_SETUP(compat)
{
	self->device = open(RAW_DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->device);
	self->fd = create(self->device, 2 * PAGE, SHMREGION_MODE_WRITABLE);
	ASSERT_LE(0, self->fd);
	self->memory = map_region(self->fd, 2 * PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
	memset(self->memory, FILL, 2 * PAGE);
	ASSERT_EQ(0, get_info(self->fd, &self->before));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(compat)
{
	peer_stop(&self->peer);
	munmap(self->memory, 2 * PAGE);
	close(self->fd);
	close(self->device);
}

static bool unchanged(const FIXTURE_DATA(compat) *self)
{
	struct shmregion_info now;

	return !get_info(self->fd, &now) &&
	       !memcmp(&now, &self->before, sizeof(now)) &&
	       all_bytes(self->memory, 2 * PAGE, FILL);
}

TEST_F(compat, version_is_that_of_the_header)
{
	struct shmregion_version version = { .size = sizeof(version) };

	ASSERT_EQ(0, call(self->device, SHMREGION_IOC_VERSION, &version));
	EXPECT_EQ(SHMREGION_ABI_VERSION, version.out_abi);
	ASSERT_EQ(0, call(self->fd, SHMREGION_IOC_VERSION, &version));
	EXPECT_EQ(SHMREGION_ABI_VERSION, version.out_abi);
}

/* The kernel's own printing of the same values knows no layout. */
TEST_F(compat, info_has_every_member_at_its_place)
{
	const struct shmregion_info *info = &self->before;
	char value[64];

	EXPECT_EQ(2 * PAGE, info->out_region_size);
	EXPECT_EQ(2 * PAGE, info->out_capacity);
	EXPECT_EQ(2 * PAGE, info->out_allocated);
	EXPECT_EQ(1, info->out_generation);
	EXPECT_EQ(1, info->out_member);
	EXPECT_EQ(1, info->out_owner_member);
	EXPECT_STREQ("compat", info->out_label);
	EXPECT_EQ(SHMREGION_MODE_WRITABLE, info->out_mode);
	EXPECT_EQ(SHMREGION_STATE_OWNED | SHMREGION_STATE_CONTROLLED |
		  SHMREGION_STATE_ALLOCATED, info->out_state);
	EXPECT_EQ(RIGHTS_ALL, info->out_rights);
	EXPECT_EQ(RIGHTS_RW, info->out_access);
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info->out_writers);
	EXPECT_EQ(getpid(), info->out_owner_pid);
	ASSERT_TRUE(fdinfo_value(self->fd, "guid", value, sizeof(value)));
	EXPECT_EQ(strtoul(value, NULL, 16),
		  (unsigned long)info->out_guid[0] << 24 |
		  info->out_guid[1] << 16 | info->out_guid[2] << 8 |
		  info->out_guid[3]);
}

TEST_F(compat, info_writes_nothing_behind_the_structure)
{
	struct {
		struct shmregion_info info;
		uint8_t behind[64];
	} buffer;

	memset(&buffer, CANARY, sizeof(buffer));
	ASSERT_EQ(0, get_info(self->fd, &buffer.info));
	EXPECT_EQ(0, memcmp(&buffer.info, &self->before, sizeof(buffer.info)));
	EXPECT_TRUE(all_bytes(buffer.behind, sizeof(buffer.behind), CANARY));
}

/* rows: C119 */
TEST_F(compat, size_has_64_bits)
{
	EXPECT_EQ(-1, create(self->device, (1ULL << 43) + 1,
			     SHMREGION_MODE_WRITABLE));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, create(self->device, UINT64_MAX,
			     SHMREGION_MODE_WRITABLE));
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(-1, create(self->device, 0, SHMREGION_MODE_WRITABLE));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(compat, deadline_has_64_bits)
{
	EXPECT_EQ(EINVAL, acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT,
				  1ULL << 32));
	EXPECT_EQ(EINVAL, transfer(self->fd, getpid(), 0, 1ULL << 32));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(compat, second_page_can_be_mapped_alone_and_no_third)
{
	uint8_t *memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
			       PAGE);

	ASSERT_NE(MAP_FAILED, memory);
	self->memory[PAGE] = 0x77;
	EXPECT_EQ(0x77, memory[0]);
	EXPECT_EQ(EINVAL, errno_of((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
					      self->fd, 2 * PAGE)));
}

TEST_F(compat, a_handle_without_write_maps_for_reading_only)
{
	int fd = duplicate(self->fd, RIGHTS_RO);

	ASSERT_LE(0, fd);
	EXPECT_NE(MAP_FAILED, map_region(fd, PAGE, PROT_READ));
	EXPECT_EQ(EACCES, errno_of((long)map_region(fd, PAGE, PROT_READ |
						    PROT_WRITE)));
	EXPECT_EQ(-1, duplicate(fd, RIGHTS_RW));
	EXPECT_EQ(EACCES, errno);
}

static long step_map(void *data, long prot)
{
	FIXTURE_DATA(compat) *self = data;

	if (attach(self->fd))
		return -errno;
	self->memory = map_region(self->fd, 2 * PAGE, prot);
	return self->memory == MAP_FAILED ? -errno : 0;
}

static long step_read(void *data, long offset)
{
	FIXTURE_DATA(compat) *self = data;

	return touch_read(self->memory + offset) ? -touch_fault.signal :
						   self->memory[offset];
}

static long step_acquire(void *data, long flags)
{
	FIXTURE_DATA(compat) *self = data;

	return -acquire(self->fd, flags, 0);
}

/* Wait for the region, write to it and give it back. */
static long step_serve(void *data, long pid)
{
	FIXTURE_DATA(compat) *self = data;

	if (acquire(self->fd, 0, 0) || touch_write(self->memory, 0x77))
		return -1;
	return -transfer(self->fd, pid, 0, 0);
}

TEST_F(compat, transfer_moves_access)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_map, self, PROT_READ));
	ASSERT_EQ(-SIGSEGV, peer_do(&self->peer, step_read, self, PAGE));
	ASSERT_EQ(0, transfer(self->fd, self->peer.pid, 0, 0));
	EXPECT_EQ(FILL, peer_do(&self->peer, step_read, self, PAGE));
	EXPECT_EQ(SIGSEGV, touch_read(self->memory));
	EXPECT_EQ(SIGSEGV, touch_write(self->memory, 1));
	EXPECT_EQ(self->memory, touch_fault.address);
}

TEST_F(compat, transfer_waits_until_the_region_comes_back)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_map, self,
			     PROT_READ | PROT_WRITE));
	peer_begin(&self->peer, step_serve, self, getpid());
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	EXPECT_EQ(0, transfer(self->fd, self->peer.pid, SHMREGION_TRANSFER_WAIT,
			      0));
	EXPECT_EQ(0x77, self->memory[0]);
	EXPECT_EQ(0, peer_finish(&self->peer));
}

TEST_F(compat, acquire_does_not_wait_when_told_not_to)
{
	EXPECT_EQ(-EAGAIN, peer_do(&self->peer, step_acquire, self,
				   SHMREGION_ACQUIRE_NOWAIT));
	EXPECT_TRUE(unchanged(self));
	ASSERT_EQ(0, plain(self->fd, SHMREGION_IOC_RELEASE));
	EXPECT_EQ(0, peer_do(&self->peer, step_acquire, self,
			     SHMREGION_ACQUIRE_NOWAIT));
}

TEST_F(compat, acquire_ends_at_the_deadline)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_map, self, PROT_READ));
	ASSERT_EQ(0, transfer(self->fd, self->peer.pid, 0, 0));
	EXPECT_EQ(ETIMEDOUT, acquire(self->fd, 0, 1));
}

TEST_F(compat, modes_change_one_way)
{
	ASSERT_EQ(0, plain(self->fd, SHMREGION_IOC_PUBLISH));
	EXPECT_EQ(EINVAL, plain(self->fd, SHMREGION_IOC_SHARE));
	ASSERT_EQ(0, plain(self->fd, SHMREGION_IOC_FREEZE));
	EXPECT_EQ(EINVAL, acquire(self->fd, 0, 0));
	EXPECT_EQ(SIGSEGV, touch_write(self->memory, 1));
	EXPECT_EQ(0, touch_read(self->memory));
	EXPECT_TRUE(all_bytes(self->memory, 2 * PAGE, FILL));
}

TEST_F(compat, share_lets_everybody_write)
{
	ASSERT_EQ(0, plain(self->fd, SHMREGION_IOC_SHARE));
	EXPECT_EQ(0, peer_do(&self->peer, step_map, self,
			     PROT_READ | PROT_WRITE));
	EXPECT_EQ(FILL, peer_do(&self->peer, step_read, self, 0));
	EXPECT_EQ(0, touch_write(self->memory, 1));
}

TEST_F(compat, attach_and_detach)
{
	int fd = create(self->device, 1, SHMREGION_MODE_UNSAFE);

	EXPECT_EQ(0, plain(fd, SHMREGION_IOC_DETACH));
	EXPECT_EQ(ESRCH, plain(fd, SHMREGION_IOC_DETACH));
	EXPECT_EQ(0, attach(fd));
	EXPECT_EQ(0, plain(fd, SHMREGION_IOC_DETACH));
	EXPECT_EQ(EBUSY, plain(self->fd, SHMREGION_IOC_DETACH));
}

TEST_F(compat, mistakes_have_the_same_errors)
{
	struct {
		struct shmregion_info info;
		uint32_t tail;
	} argument = {};

	EXPECT_EQ(ENOTTY, call(self->fd, SHMREGION_IOC_CREATE, NULL));
	EXPECT_EQ(EFAULT, call(self->fd, SHMREGION_IOC_INFO, NULL));
	/* The end of the address space: 4 GiB, not less. */
	EXPECT_EQ(EFAULT, call(self->fd, SHMREGION_IOC_INFO,
			       (void *)0xfffff000));
	argument.info.size = sizeof(argument.info) - 1;
	EXPECT_EQ(EINVAL, call(self->fd, SHMREGION_IOC_INFO, &argument));
	argument.info.size = sizeof(argument);
	argument.tail = 1;
	EXPECT_EQ(E2BIG, call(self->fd, SHMREGION_IOC_INFO, &argument));
	argument.tail = 0;
	EXPECT_EQ(0, call(self->fd, SHMREGION_IOC_INFO, &argument));
	argument.info.flags = 1U << 31;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, SHMREGION_IOC_INFO, &argument));
	EXPECT_EQ(ESRCH, transfer(self->fd, self->peer.pid, 0, 0));
	EXPECT_EQ(EINVAL, transfer(self->fd, 0, 0, 0));
	EXPECT_EQ(EINVAL, transfer(self->fd, -1, 0, 0));
	EXPECT_EQ(EINVAL, transfer(self->fd, 1LL << 32 | self->peer.pid, 0, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_HARNESS_MAIN
