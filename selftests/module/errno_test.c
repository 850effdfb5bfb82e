// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which error a call gives (G9): numbers and reserved members, and for a call
 * with several mistakes the one that comes first in the list at the head of
 * <linux/shmregion.h>. None of them changes anything.
 */
#include "helpers.h"
#include "harness.h"

/* No process has it: more than PID_MAX_LIMIT. */
#define NO_PROCESS 0x40000000

/*
 * A controlled region with a handle of all rights, and others that lack some.
 * The test owns it as long as it is not given away.
 */
FIXTURE(errors)
{
	int device;
	int fd;
	int plain;
	int control;
	int read_only;
	struct shmregion_info before;
	struct peer peer;
};

FIXTURE_SETUP(errors)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->fd = make_region(1, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->fd);
	self->read_only = raw_dup(self->fd, RIGHTS_RO);
	ASSERT_LE(0, self->read_only);
	self->plain = raw_dup(self->fd, RIGHTS_RW);
	ASSERT_LE(0, self->plain);
	self->control = raw_dup(self->fd,
				SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, raw_info(self->fd, &self->before));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(errors)
{
	peer_stop(&self->peer);
	close(self->control);
	close(self->plain);
	close(self->read_only);
	close(self->fd);
	close(self->device);
}

static bool unchanged(const FIXTURE_DATA(errors) *self)
{
	struct shmregion_info now;

	return !raw_info(self->fd, &now) &&
	       !memcmp(&now, &self->before, sizeof(now));
}

/* What all later tests of the test compare with. */
static bool from_now_on(FIXTURE_DATA(errors) *self)
{
	return !raw_info(self->fd, &self->before);
}

static int error_of_transfer(int fd, uint64_t pid, uint32_t flags,
			     uint64_t deadline_ns)
{
	return errno_of(raw_transfer(fd, SHMREGION_BY_PID, pid, flags,
				     deadline_ns, NULL));
}

static int error_of_acquire(int fd, uint32_t flags, uint64_t deadline_ns)
{
	return errno_of(raw_acquire(fd, flags, deadline_ns, NULL, NULL));
}

static int error_of_limit(int fd, uint64_t pid, uint32_t limit)
{
	return errno_of(raw_limit(fd, SHMREGION_BY_PID, pid, limit));
}

static long step_attach(void *data, long fd)
{
	(void)data;
	return raw_attach(fd, NULL);
}

/* The peer comes to own the region. */
static bool give_away(FIXTURE_DATA(errors) *self)
{
	return !peer_do(&self->peer, step_attach, NULL, self->fd) &&
	       !error_of_transfer(self->fd, self->peer.pid, 0, 0) &&
	       from_now_on(self);
}

static bool of_device(unsigned int nr)
{
	return nr <= 0x01;
}

static bool of_handle(unsigned int nr)
{
	return !nr || (nr >= 0x10 && nr <= 0x19) || (nr >= 0x20 && nr <= 0x23);
}

/* Without an argument, which makes a number that is known EFAULT. */
TEST_F(errors, only_the_numbers_of_the_header_are_known)
{
	unsigned int command, nr;

	for (nr = 0; nr <= 0xff; nr++) {
		command = _IO(SHMREGION_IOC_TYPE, nr);
		EXPECT_EQ(of_device(nr) ? EFAULT : ENOTTY,
			  errno_of(ioctl(self->device, command, NULL)));
		EXPECT_EQ(of_handle(nr) ? EFAULT : ENOTTY,
			  errno_of(ioctl(self->fd, command, NULL)));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, a_number_with_a_size_a_direction_or_another_type_is_enotty)
{
	struct shmregion_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, ioctl(self->fd, SHMREGION_IOC_INFO, &info));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd,
					 _IOC(_IOC_NONE, SHMREGION_IOC_TYPE,
					      0x10, sizeof(info)), &info)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd,
					 _IOC(_IOC_READ, SHMREGION_IOC_TYPE,
					      0x10, 0), &info)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd,
					 _IO(SHMREGION_IOC_TYPE + 1, 0x10),
					 &info)));
}

TEST_F(errors, each_bit_of_reserved_members_is_eopnotsupp)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		struct shmregion_version version = {
			.size = sizeof(version),
			.__reserved = 1U << bit,
		};
		struct shmregion_acquire acquire = {
			.size = sizeof(acquire),
			.__reserved = 1U << bit,
		};
		struct shmregion_limit_others limit_others = {
			.size = sizeof(limit_others),
			.__reserved = 1U << bit,
		};

		EXPECT_EQ(EOPNOTSUPP,
			  errno_of(ioctl(self->device, SHMREGION_IOC_VERSION,
					 &version)));
		EXPECT_EQ(EOPNOTSUPP,
			  errno_of(ioctl(self->fd, SHMREGION_IOC_VERSION,
					 &version)));
		EXPECT_EQ(EOPNOTSUPP,
			  errno_of(ioctl(self->fd, SHMREGION_IOC_ACQUIRE,
					 &acquire)));
		EXPECT_EQ(EOPNOTSUPP,
			  errno_of(ioctl(self->fd, SHMREGION_IOC_LIMIT_OTHERS,
					 &limit_others)));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, reserved_is_checked_before_values)
{
	struct shmregion_acquire acquire = {
		.size = sizeof(acquire),
		.flags = SHMREGION_ACQUIRE_NOWAIT,
		.deadline_ns = 1,
		.__reserved = 1,
	};

	EXPECT_EQ(EOPNOTSUPP, errno_of(ioctl(self->read_only,
					     SHMREGION_IOC_ACQUIRE,
					     &acquire)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, create_checks_values_before_the_size_can_be_represented)
{
	EXPECT_EQ(EINVAL, errno_of(raw_create(self->device, UINT64_MAX, 0, 0,
					      NULL, NULL)));
	EXPECT_EQ(EINVAL, errno_of(raw_create(self->device, UINT64_MAX,
					      SHMREGION_MODE_UNSAFE, 0, "\x7f",
					      NULL)));
}

TEST_F(errors, dup_checks_values_before_rights)
{
	EXPECT_EQ(EINVAL, errno_of(raw_dup(self->read_only,
					   SHMREGION_RIGHT_WRITE)));
	EXPECT_EQ(EINVAL, errno_of(raw_dup(self->read_only, ~(uint32_t)0)));
	EXPECT_EQ(EACCES, errno_of(raw_dup(self->read_only, RIGHTS_RW)));
}

/* What no process id can be, as it was before it was widened or not. */
static const uint64_t impossible_pids[] = {
	0, -1, INT32_MIN, (uint32_t)INT32_MIN, UINT32_MAX, 1ULL << 32,
	1ULL << 32 | 1, 1ULL << 63, INT64_MAX,
};

TEST_F(errors, transfer_to_an_impossible_pid_is_einval)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(impossible_pids); i++)
		EXPECT_EQ(EINVAL, error_of_transfer(self->fd,
						    impossible_pids[i], 0, 0));
	EXPECT_TRUE(unchanged(self));
}

/* The low half of the number is a receiver's. */
TEST_F(errors, a_pid_is_not_cut_to_the_32_bits_of_another)
{
	const uint64_t high = 1ULL << 32;

	ASSERT_EQ(0, peer_do(&self->peer, step_attach, NULL, self->fd));
	EXPECT_EQ(EINVAL, error_of_transfer(self->fd, high | self->peer.pid, 0,
					    0));
	EXPECT_EQ(EINVAL, error_of_limit(self->fd, high | self->peer.pid, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, a_process_named_by_nothing_known_is_einval)
{
	const uint32_t bys[] = { 0, 3, 4, 1U << 31, UINT32_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bys); i++) {
		EXPECT_EQ(EINVAL, errno_of(raw_transfer(self->fd, bys[i],
							getpid(), 0, 0,
							NULL)));
		EXPECT_EQ(EINVAL, errno_of(raw_limit(self->fd, bys[i],
						     getpid(), 0)));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, member_0_is_einval_and_members_that_are_not_are_esrch)
{
	const uint64_t ids[] = { 2, INT32_MAX, UINT32_MAX, 1ULL << 32 | 1,
				 1ULL << 63, UINT64_MAX };
	size_t i;

	EXPECT_EQ(EINVAL, errno_of(raw_transfer(self->fd, SHMREGION_BY_MEMBER,
						0, 0, 0, NULL)));
	EXPECT_EQ(EINVAL, errno_of(raw_limit(self->fd, SHMREGION_BY_MEMBER, 0,
					     0)));
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(ESRCH, errno_of(raw_transfer(self->fd,
						       SHMREGION_BY_MEMBER,
						       ids[i], 0, 0, NULL)));
		EXPECT_EQ(ESRCH, errno_of(raw_limit(self->fd,
						    SHMREGION_BY_MEMBER,
						    ids[i], 0)));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, transfer_with_a_deadline_but_no_wait_is_einval)
{
	EXPECT_EQ(EINVAL, error_of_transfer(self->fd, getpid(), 0, UINT64_MAX));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, acquire_with_a_deadline_and_nowait_is_einval)
{
	EXPECT_EQ(EINVAL, error_of_acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT,
					   1));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, transfer_checks_values_before_the_handle)
{
	EXPECT_EQ(EINVAL, error_of_transfer(self->read_only, -1, 0, 0));
	EXPECT_EQ(EINVAL, error_of_transfer(self->read_only, NO_PROCESS, 0, 1));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, transfer_checks_the_handle_before_the_owner)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EACCES, error_of_transfer(self->read_only, NO_PROCESS, 0, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, transfer_checks_the_owner_before_the_receiver)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EPERM, error_of_transfer(self->fd, NO_PROCESS, 0, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, transfer_to_a_process_that_is_not_there_is_esrch)
{
	EXPECT_EQ(ESRCH, error_of_transfer(self->fd, NO_PROCESS, 0, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, acquire_checks_values_before_the_handle)
{
	EXPECT_EQ(EINVAL, error_of_acquire(self->read_only,
					   SHMREGION_ACQUIRE_NOWAIT, 1));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, acquire_checks_the_handle_before_it_waits)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EACCES, error_of_acquire(self->read_only,
					   SHMREGION_ACQUIRE_NOWAIT, 0));
	EXPECT_EQ(EACCES, error_of_acquire(self->read_only, 0, 1));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, conversions_check_the_handle_before_the_owner)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EACCES, errno_of(raw_publish(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_freeze(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_share(self->read_only)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, the_owner_too_needs_a_handle_with_write)
{
	EXPECT_EQ(EACCES, error_of_transfer(self->read_only, getpid(), 0, 0));
	EXPECT_EQ(EACCES, errno_of(raw_release(self->read_only)));
	EXPECT_EQ(EACCES, error_of_acquire(self->read_only, 0, 0));
	EXPECT_EQ(EACCES, errno_of(raw_publish(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_freeze(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_share(self->read_only)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, owner_operations_of_others_are_eperm)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EPERM, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(EPERM, errno_of(raw_freeze(self->fd)));
	EXPECT_EQ(EPERM, errno_of(raw_share(self->fd)));
	EXPECT_EQ(EPERM, error_of_transfer(self->fd, getpid(), 0, 0));
	EXPECT_EQ(EPERM, errno_of(raw_release(self->fd)));
	EXPECT_TRUE(unchanged(self));
}

/* Whatever the mode: here one that does not have the operations. */
TEST_F(errors, the_handle_is_checked_before_the_mode)
{
	ASSERT_EQ(0, raw_share(self->fd));
	ASSERT_TRUE(from_now_on(self));

	EXPECT_EQ(EACCES, error_of_transfer(self->read_only, NO_PROCESS, 0, 0));
	EXPECT_EQ(EACCES, errno_of(raw_release(self->read_only)));
	EXPECT_EQ(EACCES, error_of_acquire(self->read_only, 0, 1));
	EXPECT_EQ(EACCES, errno_of(raw_publish(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_freeze(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_share(self->read_only)));
	EXPECT_EQ(EACCES, errno_of(raw_reclaim(self->control)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, the_mode_is_checked_before_the_owner)
{
	ASSERT_EQ(0, raw_publish(self->fd));
	ASSERT_TRUE(give_away(self));

	EXPECT_EQ(EINVAL, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_share(self->fd)));
	EXPECT_EQ(EPERM, errno_of(raw_freeze(self->fd)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, no_operation_of_owners_in_mode_unsafe)
{
	ASSERT_EQ(0, raw_share(self->fd));
	ASSERT_TRUE(from_now_on(self));

	EXPECT_EQ(EINVAL, error_of_transfer(self->fd, getpid(), 0, 0));
	EXPECT_EQ(EINVAL, errno_of(raw_release(self->fd)));
	EXPECT_EQ(EINVAL, error_of_acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT,
					   0));
	EXPECT_EQ(EINVAL, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_freeze(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_share(self->fd)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, no_operation_of_owners_when_frozen)
{
	ASSERT_EQ(0, raw_freeze(self->fd));
	ASSERT_TRUE(from_now_on(self));

	EXPECT_EQ(EINVAL, error_of_transfer(self->fd, getpid(), 0, 0));
	EXPECT_EQ(EINVAL, errno_of(raw_release(self->fd)));
	EXPECT_EQ(EINVAL, error_of_acquire(self->fd, SHMREGION_ACQUIRE_NOWAIT,
					   0));
	EXPECT_EQ(EINVAL, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_freeze(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_share(self->fd)));
	EXPECT_EQ(EINVAL, errno_of(raw_reclaim(self->fd)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, a_limit_but_none_read_or_read_and_write_is_einval)
{
	uint32_t value;

	for (value = 1; value; value <<= 1)
		if (value != RIGHTS_RO) {
			EXPECT_EQ(EINVAL, error_of_limit(self->fd, getpid(),
							 value));
			EXPECT_EQ(EINVAL, errno_of(raw_limit_others(self->fd,
								    value)));
		}
	EXPECT_EQ(EINVAL, error_of_limit(self->fd, getpid(), RIGHTS_ALL));
	EXPECT_EQ(EINVAL, errno_of(raw_limit_others(self->fd, RIGHTS_ALL)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, a_limit_of_an_impossible_pid_is_einval)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(impossible_pids); i++)
		EXPECT_EQ(EINVAL, error_of_limit(self->fd, impossible_pids[i],
						 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, limit_of_no_process_or_one_that_never_attached_is_esrch)
{
	EXPECT_EQ(ESRCH, error_of_limit(self->fd, NO_PROCESS, 0));
	EXPECT_EQ(ESRCH, error_of_limit(self->fd, self->peer.pid, 0));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, limit_checks_values_before_control)
{
	EXPECT_EQ(EINVAL, error_of_limit(self->plain, -1, 0));
	EXPECT_EQ(EINVAL, error_of_limit(self->plain, getpid(),
					 SHMREGION_RIGHT_WRITE));
	EXPECT_EQ(EINVAL, errno_of(raw_limit_others(self->plain,
						    SHMREGION_RIGHT_WRITE)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, without_control_a_handle_controls_nothing)
{
	EXPECT_EQ(EPERM, error_of_limit(self->plain, getpid(), 0));
	EXPECT_EQ(EPERM, error_of_limit(self->plain, NO_PROCESS, 0));
	EXPECT_EQ(EPERM, errno_of(raw_limit_others(self->plain, 0)));
	EXPECT_EQ(EPERM, errno_of(raw_reclaim(self->plain)));
	EXPECT_EQ(EPERM, errno_of(raw_destroy(self->plain)));
	EXPECT_EQ(EPERM, error_of_limit(self->read_only, getpid(), 0));
	EXPECT_EQ(EPERM, errno_of(raw_limit_others(self->read_only, 0)));
	EXPECT_EQ(EPERM, errno_of(raw_destroy(self->read_only)));
	EXPECT_TRUE(unchanged(self));
}

/* By every handle that its creator has, or can make of it. */
TEST_F(errors, without_the_flag_nobody_ever_controls)
{
	const uint32_t rights[] = { RIGHTS_RO, RIGHTS_RW };
	int fd = make_region(1, SHMREGION_MODE_WRITABLE, 0), handle;
	size_t i;

	EXPECT_EQ(EACCES, errno_of(raw_dup(fd, RIGHTS_ALL)));
	EXPECT_EQ(EACCES, errno_of(raw_dup(fd, SHMREGION_RIGHT_READ |
					       SHMREGION_RIGHT_CONTROL)));
	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		handle = raw_dup(fd, rights[i]);
		ASSERT_LE(0, handle);
		EXPECT_EQ(EACCES, errno_of(raw_dup(handle, RIGHTS_ALL)));
		EXPECT_EQ(EPERM, error_of_limit(handle, getpid(), 0));
		EXPECT_EQ(EPERM, error_of_limit(handle, NO_PROCESS, 0));
		EXPECT_EQ(EPERM, errno_of(raw_limit_others(handle, 0)));
		EXPECT_EQ(EPERM, errno_of(raw_reclaim(handle)));
		EXPECT_EQ(EPERM, errno_of(raw_destroy(handle)));
	}
}

TEST_F(errors, reclaim_checks_control_before_write)
{
	EXPECT_EQ(EPERM, errno_of(raw_reclaim(self->read_only)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, reclaim_needs_write_too)
{
	ASSERT_TRUE(give_away(self));
	EXPECT_EQ(EACCES, errno_of(raw_reclaim(self->control)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(errors, every_call_but_version_on_a_destroyed_region_is_enodev)
{
	struct shmregion_info info;

	ASSERT_EQ(0, raw_destroy(self->fd));
	EXPECT_LE(1, raw_version(self->fd));
	EXPECT_EQ(ENODEV, errno_of(raw_info(self->fd, &info)));
	EXPECT_EQ(ENODEV, errno_of(raw_dup(self->fd, RIGHTS_RO)));
	EXPECT_EQ(ENODEV, errno_of(raw_attach(self->fd, NULL)));
	EXPECT_EQ(ENODEV, errno_of(raw_detach(self->fd)));
	EXPECT_EQ(ENODEV, error_of_transfer(self->fd, getpid(), 0, 0));
	EXPECT_EQ(ENODEV, error_of_transfer(self->fd, getpid(),
					    SHMREGION_TRANSFER_WAIT, 0));
	EXPECT_EQ(ENODEV, errno_of(raw_release(self->fd)));
	EXPECT_EQ(ENODEV, error_of_acquire(self->fd, 0, 0));
	EXPECT_EQ(ENODEV, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_freeze(self->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_share(self->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_limit_others(self->fd, 0)));
	EXPECT_EQ(ENODEV, error_of_limit(self->fd, getpid(), 0));
	EXPECT_EQ(ENODEV, errno_of(raw_reclaim(self->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_destroy(self->fd)));
	EXPECT_EQ(ENODEV, errno_of((long)map_region(self->fd, 1, PROT_READ)));
}

TEST_F(errors, values_and_the_handle_are_checked_before_enodev)
{
	ASSERT_EQ(0, raw_destroy(self->fd));
	EXPECT_EQ(EINVAL, errno_of(raw_dup(self->fd, 0)));
	EXPECT_EQ(EACCES, errno_of(raw_dup(self->read_only, RIGHTS_RW)));
	EXPECT_EQ(EINVAL, error_of_transfer(self->fd, -1, 0, 0));
	EXPECT_EQ(EINVAL, error_of_transfer(self->read_only, 0, 0, 0));
	EXPECT_EQ(EACCES, error_of_transfer(self->read_only, 1, 0, 0));
	EXPECT_EQ(EACCES, errno_of(raw_release(self->read_only)));
	EXPECT_EQ(EACCES, error_of_acquire(self->read_only, 0, 0));
	EXPECT_EQ(EACCES, errno_of(raw_freeze(self->read_only)));
	EXPECT_EQ(EINVAL, error_of_limit(self->fd, 1, SHMREGION_RIGHT_WRITE));
	EXPECT_EQ(EPERM, error_of_limit(self->plain, 1, 0));
	EXPECT_EQ(EPERM, errno_of(raw_limit_others(self->plain, 0)));
	EXPECT_EQ(EPERM, errno_of(raw_destroy(self->plain)));
}

TEST_F(errors, enodev_comes_before_the_mode_the_owner_and_the_receiver)
{
	ASSERT_EQ(0, raw_publish(self->fd));
	ASSERT_TRUE(give_away(self));
	ASSERT_EQ(0, raw_destroy(self->fd));
	EXPECT_EQ(ENODEV, errno_of(raw_publish(self->fd)));
	EXPECT_EQ(ENODEV, errno_of(raw_freeze(self->fd)));
	EXPECT_EQ(ENODEV, error_of_transfer(self->fd, NO_PROCESS, 0, 0));
	EXPECT_EQ(ENODEV, error_of_limit(self->fd, NO_PROCESS, 0));
}

TEST_F(errors, version_is_that_of_the_header_on_both_kinds_of_file)
{
	EXPECT_EQ(SHMREGION_ABI_VERSION, raw_version(self->device));
	EXPECT_EQ(SHMREGION_ABI_VERSION, raw_version(self->fd));
	EXPECT_EQ(SHMREGION_ABI_VERSION, raw_version(self->read_only));
}

TEST_HARNESS_MAIN
