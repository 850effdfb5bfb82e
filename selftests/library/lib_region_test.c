// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of libshmdev: what is adopted and what is refused, who is named and by
 * which number, who takes part without having said so (nobody), and what there
 * is of a controller. Regions by the type of their mode are in
 * lib_typed_test.c.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define FILL 0x5a
#define SIZE (2 * PAGE + 123)
#define MAP_RW (SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)

#define TRUST SHMDEV_ADOPT_TRUST_CONTROLLER
#define ALLOCATED SHMDEV_ADOPT_ALLOCATED

#define NOW shmdev_deadline_after(0)

#define EXPECT_FAILS(error, failed, call)				\
	do {								\
		errno = 0;						\
		EXPECT_EQ(failed, call);				\
		EXPECT_EQ(error, errno);				\
	} while (0)

static struct shmregion_info info_of(int fd)
{
	struct shmregion_info info = { 0 };

	if (shmdev_raw_info(fd, &info) < 0)
		memset(&info, 0xff, sizeof(info));
	return info;
}

static struct shmdev_region *create(uint32_t mode, uint32_t flags)
{
	return shmdev_region_create(SIZE, mode, flags, "region");
}

/*
 * The region of a test, and what others do with it. A peer inherits the handle,
 * and nothing else.
 */
FIXTURE(region)
{
	struct shmdev_region *region;
	int fd;
	struct peer peer;
};

FIXTURE_SETUP(region)
{
	self->region = create(SHMREGION_MODE_WRITABLE, 0);
	ASSERT_NE(NULL, self->region);
	self->fd = shmdev_region_fd(self->region);
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(region)
{
	peer_kill(&self->peer);
	shmdev_region_free(self->region);
}

/* The member id, or minus the error. */
static long step_attach(void *region, long unused)
{
	uint64_t member = 0;

	(void)unused;
	return shmdev_region_attach(region, &member) ? -errno : (long)member;
}

static long step_member(void *region, long unused)
{
	uint64_t member = shmdev_region_member(region);

	(void)unused;
	return member ? (long)member : -errno;
}

static long step_detach(void *region, long unused)
{
	(void)unused;
	return shmdev_region_detach(region) ? -errno : 0;
}

/* The bits of enum shmregion_wait_out, or minus the error. */
static long step_acquire(void *region, long unused)
{
	uint32_t flags = 0;

	(void)unused;
	return shmdev_region_acquire(region, SHMREGION_NO_DEADLINE, &flags) ?
		       -errno : (long)flags;
}

static long step_release(void *region, long unused)
{
	(void)unused;
	return shmdev_region_release(region) ? -errno : 0;
}

/* When the test waits for the region, and has looked at it. */
static long step_publish_and_release(void *region, long unused)
{
	if (!wait_until_asleep(getppid()))
		return -ETIME;
	return shmdev_region_publish(region) ? -errno :
					       step_release(region, unused);
}

static long step_transfer_to_member(void *region, long member)
{
	return shmdev_region_transfer(region, shmdev_by_member(member)) ?
		       -errno : 0;
}

static long step_take_and_give(void *region, long member)
{
	long ret = step_acquire(region, 0);

	return ret < 0 ? ret : step_transfer_to_member(region, member);
}

/*
 * Who is named
 */

TEST_F(region, member_id_stays_with_the_process)
{
	uint64_t mine = shmdev_region_member(self->region), again = 0;
	long other;

	/* Who creates is attached; a fork child is not. */
	EXPECT_NE(0, mine);
	EXPECT_EQ(0, shmdev_region_attach(self->region, &again));
	EXPECT_EQ(mine, again);
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_member, self->region, 0));
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_detach, self->region, 0));

	other = peer_do(&self->peer, step_attach, self->region, 0);
	EXPECT_LT(0, other);
	EXPECT_NE((long)mine, other);
	EXPECT_EQ(other, peer_do(&self->peer, step_member, self->region, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_detach, self->region, 0));
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_member, self->region, 0));
	EXPECT_EQ(other, peer_do(&self->peer, step_attach, self->region, 0));
}

TEST_F(region, goes_to_a_member_and_back_without_a_pid)
{
	long mine = (long)shmdev_region_member(self->region);
	long other = peer_do(&self->peer, step_attach, self->region, 0);
	uint32_t flags = 0;

	ASSERT_LT(0, other);
	ASSERT_EQ(0, shmdev_region_transfer(self->region,
					    shmdev_by_member(other)));
	EXPECT_EQ(other, (long)info_of(self->fd).out_owner_member);
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER,
		  peer_do(&self->peer, step_acquire, self->region, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_transfer_to_member, self->region,
			     mine));
	ASSERT_EQ(0, shmdev_region_acquire(self->region, NOW, &flags));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER, flags);
}

TEST_F(region, transfer_and_wait_gets_it_back)
{
	long mine = (long)shmdev_region_member(self->region);
	long other = peer_do(&self->peer, step_attach, self->region, 0);
	uint64_t deadline = shmdev_deadline_after(UINT64_C(60000000000));
	uint32_t flags = 0;

	ASSERT_LT(0, other);
	peer_begin(&self->peer, step_take_and_give, self->region, mine);
	EXPECT_EQ(0, shmdev_region_transfer_and_wait(self->region,
						     shmdev_by_member(other),
						     deadline, &flags));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER, flags);
	ASSERT_EQ(0, peer_finish(&self->peer));

	/* When the deadline passes, the transfer is done. */
	peer_begin(&self->peer, step_acquire, self->region, 0);
	EXPECT_FAILS(ETIMEDOUT, -1,
		     shmdev_region_transfer_and_wait(self->region,
						     shmdev_by_member(other),
						     NOW, &flags));
	ASSERT_LE(0, peer_finish(&self->peer));
	peer_begin(&self->peer, step_transfer_to_member, self->region, mine);
	EXPECT_EQ(0, shmdev_region_acquire(self->region, deadline, &flags));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

TEST_F(region, no_number_stands_for_nobody_or_everybody)
{
	const struct shmdev_process wrong[] = {
		shmdev_by_member(0),
		shmdev_by_pid(0),
		shmdev_by_pid(-1),
		shmdev_by_pid(INT32_MIN),
		{ 0, 0 },
		{ 0, 1 },
		{ 3, 1 },
		{ UINT32_MAX, 1 },
	};
	struct shmdev_region *control;
	uint64_t generation;
	uint32_t flags;
	size_t i;

	control = create(SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_CONTROLLED);
	ASSERT_NE(NULL, control);
	generation = info_of(self->fd).out_generation;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		EXPECT_FAILS(EINVAL, -1,
			     shmdev_region_transfer(self->region, wrong[i]));
		EXPECT_FAILS(EINVAL, -1,
			     shmdev_region_transfer_and_wait(self->region,
							     wrong[i], NOW,
							     &flags));
		EXPECT_FAILS(EINVAL, -1,
			     shmdev_region_limit(control, wrong[i], 0));
	}
	EXPECT_EQ(generation, info_of(self->fd).out_generation);
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info_of(self->fd).out_writers);
	shmdev_region_free(control);
}

TEST_F(region, who_did_not_attach_is_given_nothing)
{
	uint64_t mine = shmdev_region_member(self->region);

	EXPECT_FAILS(ESRCH, -1,
		     shmdev_region_transfer(self->region,
					    shmdev_by_pid(self->peer.pid)));
	EXPECT_FAILS(ESRCH, -1,
		     shmdev_region_transfer(self->region,
					    shmdev_by_member(mine + 1)));
	EXPECT_FAILS(ESRCH, -1,
		     shmdev_region_transfer(self->region,
					    shmdev_by_member(UINT64_MAX)));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info_of(self->fd).out_writers);
}

/* A number of one kind is not tried as one of the other. */
TEST_F(region, pid_is_no_member_id)
{
	ASSERT_LT(0, peer_do(&self->peer, step_attach, self->region, 0));
	EXPECT_FAILS(ESRCH, -1,
		     shmdev_region_transfer(self->region,
					    shmdev_by_member(self->peer.pid)));
	EXPECT_EQ(0, shmdev_region_transfer(self->region,
					    shmdev_by_pid(self->peer.pid)));
}

TEST_F(region, acquire_tells_what_it_found)
{
	uint32_t flags = ~0u;

	EXPECT_EQ(0, shmdev_region_try_acquire(self->region, &flags));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER, flags);
	ASSERT_EQ(0, shmdev_region_release(self->region));
	EXPECT_EQ(0, shmdev_region_try_acquire(self->region, &flags));
	EXPECT_EQ(0, flags);

	ASSERT_EQ(0, shmdev_region_release(self->region));
	ASSERT_EQ(0, peer_do(&self->peer, step_acquire, self->region, 0));
	EXPECT_FAILS(EAGAIN, -1,
		     shmdev_region_try_acquire(self->region, &flags));
	peer_kill(&self->peer);
	EXPECT_EQ(0, shmdev_region_acquire(self->region, SHMREGION_NO_DEADLINE,
					   &flags));
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED, flags);
}

/*
 * Adoption
 */

/* A handle with these rights to a region as these flags make it. */
static int handle_to(uint32_t mode, uint32_t flags, uint32_t rights)
{
	struct shmdev_region *region = create(mode, flags);
	int fd = shmdev_raw_dup(shmdev_region_fd(region), rights);

	shmdev_region_free(region);
	return fd;
}

/* The error of adopt, 0 without one. The handle stays open. */
static int adopt_error(int fd, uint32_t modes, uint32_t rights,
		       uint64_t min_size, uint32_t flags)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, modes, rights, min_size, flags);
	if (!region)
		return errno;
	return shmdev_region_steal_fd(region) == fd ? 0 : -1;
}

/* rows: C24 C67 */
TEST(each_refusal_has_an_error_of_its_own)
{
	const uint32_t mode = SHMREGION_MODE_WRITABLE;
	const uint32_t as = SHMDEV_ADOPT_WRITABLE;
	int plain = handle_to(mode, 0, RIGHTS_RW);
	int full = handle_to(mode, SHMREGION_CREATE_POPULATE, RIGHTS_RW);
	int weak = handle_to(mode, 0, RIGHTS_RO);
	int controlled = handle_to(mode, SHMREGION_CREATE_CONTROLLED,
				   RIGHTS_RW);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(0, adopt_error(plain, as, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(0, adopt_error(full, as, RIGHTS_RW, SIZE, ALLOCATED));
	EXPECT_EQ(0, adopt_error(controlled, as, RIGHTS_RW, SIZE, TRUST));

	EXPECT_EQ(ENOTTY, adopt_error(null, as, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(EINVAL, adopt_error(plain, SHMDEV_ADOPT_READONLY |
				      SHMDEV_ADOPT_UNSAFE, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(EINVAL, adopt_error(plain, 0, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(ERANGE, adopt_error(plain, as, RIGHTS_RW, SIZE + 1, 0));
	EXPECT_EQ(EACCES, adopt_error(weak, as, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(EPERM, adopt_error(controlled, as, RIGHTS_RW, SIZE, 0));
	EXPECT_EQ(EPERM, adopt_error(controlled, SHMDEV_ADOPT_ANY, 0, 0, 0));
	EXPECT_EQ(ENOSPC, adopt_error(plain, as, RIGHTS_RW, SIZE, ALLOCATED));
	EXPECT_EQ(EBADF, adopt_error(-1, as, RIGHTS_RW, SIZE, 0));
	close(plain);
	close(full);
	close(weak);
	close(controlled);
	close(null);
}

/* A mode is no flag, and a flag no mode: places that are mixed up are found. */
TEST(unknown_modes_and_flags_are_refused)
{
	int fd = handle_to(SHMREGION_MODE_WRITABLE, 0, RIGHTS_RW);
	const uint32_t wrong[] = {
		1, SHMDEV_ADOPT_WRITABLE, SHMDEV_ADOPT_UNSAFE, 1 << 10,
		UINT32_C(1) << 31, UINT32_MAX,
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		EXPECT_EQ(EOPNOTSUPP, adopt_error(fd, SHMDEV_ADOPT_ANY, 0, 1,
						  wrong[i]));
	EXPECT_EQ(EOPNOTSUPP, adopt_error(fd, TRUST, 0, 1, 0));
	EXPECT_EQ(EOPNOTSUPP, adopt_error(fd, UINT32_MAX, 0, 1, 0));
	close(fd);
}

TEST(allocated_is_allocated_however_it_became_so)
{
	int fd = handle_to(SHMREGION_MODE_UNSAFE, 0, RIGHTS_RW);
	struct shmdev_mapping *mapping;
	struct shmdev_region *region;

	EXPECT_EQ(ENOSPC, adopt_error(fd, SHMDEV_ADOPT_ANY, 0, 1, ALLOCATED));
	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_ANY, 0, 1, 0);
	ASSERT_NE(NULL, region);
	mapping = shmdev_region_map(region, 0, SIZE, MAP_RW);
	ASSERT_NE(NULL, mapping);
	memset(shmdev_mapping_data_writable(mapping), FILL, SIZE);
	EXPECT_EQ(page_up(SIZE), info_of(fd).out_allocated);
	EXPECT_EQ(0, adopt_error(fd, SHMDEV_ADOPT_ANY, 0, 1, ALLOCATED));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	shmdev_region_free(region);
}

static long adopt_and_acquire(int fd, uint32_t modes, uint32_t flags,
			      uint64_t deadline_ns)
{
	struct shmdev_region *region;
	uint32_t acquired = 0;

	region = shmdev_region_adopt_and_acquire(fd, modes, SIZE, flags,
						 deadline_ns, &acquired);
	if (!region)
		return -errno;
	if (shmdev_region_steal_fd(region) != fd)
		return -EBADF;
	return info_of(fd).out_writers == SHMREGION_WRITERS_CALLER ?
		       (long)acquired : -ENOTTY;
}

static long step_adopt_and_acquire(void *region, long modes)
{
	return adopt_and_acquire(shmdev_region_fd(region), modes, 0,
				 SHMREGION_NO_DEADLINE);
}

static long step_adopt_and_try(void *region, long modes)
{
	return adopt_and_acquire(shmdev_region_fd(region), modes, 0, NOW);
}

/* rows: M53 M54 */
TEST_F(region, released_one_is_adopted_and_owned_in_one_call)
{
	ASSERT_EQ(0, shmdev_region_release(self->region));
	EXPECT_EQ(0, peer_do(&self->peer, step_adopt_and_acquire, self->region,
			     SHMDEV_ADOPT_WRITABLE));
	EXPECT_FAILS(EAGAIN, -1, shmdev_region_try_acquire(self->region, NULL));

	/* Once more is no error: it is the owner already. */
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER,
		  peer_do(&self->peer, step_adopt_and_acquire, self->region,
			  SHMDEV_ADOPT_WRITABLE));
}

TEST_F(region, adopt_and_acquire_waits_for_the_owner)
{
	peer_begin(&self->peer, step_adopt_and_acquire, self->region,
		   SHMDEV_ADOPT_WRITABLE);
	ASSERT_TRUE(wait_until_asleep(self->peer.pid));
	ASSERT_EQ(0, shmdev_region_release(self->region));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

TEST_F(region, who_withholds_is_not_waited_for_after_the_deadline)
{
	EXPECT_EQ(-ETIMEDOUT, peer_do(&self->peer, step_adopt_and_try,
				      self->region, SHMDEV_ADOPT_WRITABLE));
	/* The handle is still there, to try again. */
	ASSERT_EQ(0, shmdev_region_release(self->region));
	EXPECT_EQ(0, peer_do(&self->peer, step_adopt_and_try, self->region,
			     SHMDEV_ADOPT_WRITABLE));
}

TEST_F(region, what_is_refused_is_not_attached_to)
{
	int controlled = handle_to(SHMREGION_MODE_WRITABLE,
				   SHMREGION_CREATE_CONTROLLED, RIGHTS_RW);
	int unsafe = handle_to(SHMREGION_MODE_UNSAFE, 0, RIGHTS_RW);
	int weak = shmdev_raw_dup(self->fd, RIGHTS_RO);
	struct shmdev_region *trusted, *other, *reader;
	struct peer peer;

	trusted = shmdev_region_adopt(controlled, SHMDEV_ADOPT_ANY, 0, 1,
				      TRUST);
	other = shmdev_region_adopt(unsafe, SHMDEV_ADOPT_ANY, 0, 1, 0);
	reader = shmdev_region_adopt(weak, SHMDEV_ADOPT_ANY, 0, 1, 0);
	ASSERT_NE(NULL, trusted);
	ASSERT_NE(NULL, other);
	ASSERT_NE(NULL, reader);
	/* The test made them, and takes part: ask in another process. */
	peer = peer_start();
	EXPECT_EQ(-EPERM, peer_do(&peer, step_adopt_and_try, trusted,
				  SHMDEV_ADOPT_WRITABLE));
	EXPECT_EQ(-ESRCH, peer_do(&peer, step_member, trusted, 0));
	EXPECT_EQ(-EINVAL, peer_do(&peer, step_adopt_and_try, other,
				   SHMDEV_ADOPT_WRITABLE));
	EXPECT_EQ(-ESRCH, peer_do(&peer, step_member, other, 0));
	EXPECT_EQ(-EACCES, peer_do(&peer, step_adopt_and_try, reader,
				   SHMDEV_ADOPT_WRITABLE));
	EXPECT_EQ(-ESRCH, peer_do(&peer, step_member, reader, 0));
	peer_stop(&peer);
	shmdev_region_free(trusted);
	shmdev_region_free(other);
	shmdev_region_free(reader);
}

/* A sender that changes the mode after the receiver has looked. */
TEST_F(region, mode_that_changed_meanwhile_is_refused)
{
	ASSERT_EQ(0, shmdev_region_release(self->region));
	ASSERT_EQ(0, peer_do(&self->peer, step_acquire, self->region, 0));
	peer_begin(&self->peer, step_publish_and_release, self->region, 0);
	EXPECT_EQ(-EINVAL, adopt_and_acquire(self->fd, SHMDEV_ADOPT_WRITABLE,
					     0, SHMREGION_NO_DEADLINE));
	EXPECT_EQ(0, peer_finish(&self->peer));
	/* What it got for a moment it has given back. */
	EXPECT_EQ(SHMREGION_MODE_READONLY, info_of(self->fd).out_mode);
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED, info_of(self->fd).out_writers);
	EXPECT_EQ(SHMREGION_OUT_READONLY,
		  adopt_and_acquire(self->fd, SHMDEV_ADOPT_READONLY, 0, NOW));
}

/* What the caller owned before the call it is not deprived of. */
TEST_F(region, refused_owner_stays_the_owner)
{
	ASSERT_EQ(0, shmdev_region_publish(self->region));
	EXPECT_EQ(-EINVAL, adopt_and_acquire(self->fd, SHMDEV_ADOPT_WRITABLE,
					     0, NOW));
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info_of(self->fd).out_writers);
}

/*
 * What the mutual distrust is about: the sender, who made the region, keeps
 * every handle that there can be, and changes nothing of what the receiver owns.
 */
TEST_F(region, creator_changes_nothing_that_the_receiver_owns)
{
	struct shmdev_mapping *mapping;
	uint8_t *memory;

	mapping = shmdev_region_map(self->region, 0, SIZE, MAP_RW);
	ASSERT_NE(NULL, mapping);
	memory = shmdev_mapping_data_writable(mapping);
	memset(memory, FILL, SIZE);
	ASSERT_EQ(0, shmdev_region_release(self->region));
	ASSERT_EQ(0, peer_do(&self->peer, step_adopt_and_acquire, self->region,
			     SHMDEV_ADOPT_WRITABLE));

	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	EXPECT_FAILS(EPERM, -1, shmdev_region_reclaim(self->region));
	EXPECT_FAILS(EPERM, -1, shmdev_region_destroy(self->region));
	EXPECT_FAILS(EPERM, -1, shmdev_region_limit_others(self->region, 0));
	EXPECT_FAILS(EPERM, -1,
		     shmdev_region_limit(self->region,
					 shmdev_by_pid(self->peer.pid), 0));
	EXPECT_FAILS(EACCES, NULL,
		     shmdev_region_duplicate(self->region, RIGHTS_ALL));
	EXPECT_FAILS(EPERM, -1, shmdev_region_publish(self->region));
	EXPECT_FAILS(EPERM, -1, shmdev_region_freeze(self->region));
	EXPECT_FAILS(EAGAIN, -1, shmdev_region_try_acquire(self->region, NULL));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER, info_of(self->fd).out_writers);

	ASSERT_EQ(0, peer_do(&self->peer, step_release, self->region, 0));
	ASSERT_EQ(0, shmdev_region_try_acquire(self->region, NULL));
	EXPECT_TRUE(all_bytes(memory, SIZE, FILL));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

/*
 * Consent
 */

/* Whether mapping it by the library attaches a process, 0 or 1. */
static long step_map_attaches(void *region, long flags)
{
	struct shmdev_mapping *mapping;
	bool before = shmdev_region_member(region);
	bool after;

	mapping = shmdev_region_map(region, 0, SIZE, flags);
	if (!mapping)
		return -errno;
	after = shmdev_region_member(region);
	shmdev_mapping_unmap(mapping);
	return after - before;
}

/* Whether a program that knows nothing of regions can map it. */
static long step_map_unaware(void *region, long prot)
{
	void *memory = map_region(shmdev_region_fd(region), SIZE, prot);

	if (memory == MAP_FAILED)
		return -errno;
	return munmap(memory, SIZE);
}

/* In a process that did not make the region. */
static long elsewhere(peer_step step, struct shmdev_region *region, long argument)
{
	struct peer peer = peer_start();
	long result = peer_do(&peer, step, region, argument);

	peer_stop(&peer);
	return result;
}

static const struct {
	uint32_t mode, flags;
	int (*convert)(const struct shmdev_region *region);
	uint32_t rights, map;
	bool attaches;
} consents[] = {
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE, NULL, RIGHTS_RW,
	  MAP_RW, true },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE, NULL, RIGHTS_RO,
	  SHMDEV_MAP_READ, true },
	{ SHMREGION_MODE_UNSAFE, SHMREGION_CREATE_POPULATE, NULL, RIGHTS_RW,
	  MAP_RW, false },
	{ SHMREGION_MODE_UNSAFE, SHMREGION_CREATE_POPULATE, NULL, RIGHTS_RO,
	  SHMDEV_MAP_READ, false },
	{ SHMREGION_MODE_UNSAFE, 0, NULL, RIGHTS_RW, MAP_RW, true },
	{ SHMREGION_MODE_UNSAFE, SHMREGION_CREATE_POPULATE |
	  SHMREGION_CREATE_CONTROLLED, NULL, RIGHTS_RW, MAP_RW, true },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE,
	  shmdev_region_freeze, RIGHTS_RO, SHMDEV_MAP_READ, false },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE,
	  shmdev_region_publish, RIGHTS_RO, SHMDEV_MAP_READ, false },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE,
	  shmdev_region_publish, RIGHTS_RW, SHMDEV_MAP_READ, true },
	{ SHMREGION_MODE_WRITABLE, 0, shmdev_region_freeze, RIGHTS_RO,
	  SHMDEV_MAP_READ, true },
	{ SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE |
	  SHMREGION_CREATE_CONTROLLED, shmdev_region_freeze, RIGHTS_RO,
	  SHMDEV_MAP_READ, true },
};

/* Where the kernel wants consent, to map by the library gives it. */
TEST(map_attaches_where_it_must_and_nowhere_else)
{
	struct shmdev_region *whole, *region;
	size_t i;

	for (i = 0; i < sizeof(consents) / sizeof(*consents); i++) {
		whole = create(consents[i].mode, consents[i].flags);
		ASSERT_NE(NULL, whole);
		if (consents[i].convert)
			ASSERT_EQ(0, consents[i].convert(whole));
		region = shmdev_region_duplicate(whole, consents[i].rights);
		ASSERT_NE(NULL, region);
		EXPECT_EQ(consents[i].attaches,
			  elsewhere(step_map_attaches, region, consents[i].map))
			TH_LOG("case %zu", i);
		shmdev_region_free(region);
		shmdev_region_free(whole);
	}
}

/* What is refused attaches nobody. */
TEST_F(region, map_that_fails_early_does_not_attach)
{
	EXPECT_EQ(-EOPNOTSUPP, peer_do(&self->peer, step_map_attaches,
				       self->region, 1 << 5));
	EXPECT_EQ(-EINVAL, peer_do(&self->peer, step_map_attaches,
				   self->region, SHMDEV_MAP_WRITE));
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_member, self->region, 0));
}

/* An attachment for reading does not keep a handle for writing from its right. */
TEST_F(region, map_for_writing_adds_to_what_was_agreed)
{
	struct shmdev_region *reader;
	struct peer peer;

	reader = shmdev_region_duplicate(self->region, RIGHTS_RO);
	ASSERT_NE(NULL, reader);
	peer = peer_start();
	ASSERT_LT(0, peer_do(&peer, step_attach, reader, 0));
	EXPECT_FAILS(EACCES, -1,
		     shmdev_region_transfer(self->region,
					    shmdev_by_pid(peer.pid)));
	ASSERT_EQ(0, peer_do(&peer, step_map_attaches, self->region, MAP_RW));
	EXPECT_EQ(0, shmdev_region_transfer(self->region,
					    shmdev_by_pid(peer.pid)));
	peer_stop(&peer);
	shmdev_region_free(reader);
}

TEST_F(region, detach_comes_after_unmap_and_release)
{
	struct shmdev_mapping *mapping;

	EXPECT_FAILS(EBUSY, -1, shmdev_region_detach(self->region));
	mapping = shmdev_region_map(self->region, 0, SIZE, MAP_RW);
	ASSERT_NE(NULL, mapping);
	ASSERT_EQ(0, shmdev_region_release(self->region));
	EXPECT_FAILS(EBUSY, -1, shmdev_region_detach(self->region));
	ASSERT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_EQ(0, shmdev_region_detach(self->region));
	EXPECT_FAILS(ESRCH, 0, shmdev_region_member(self->region));
}

static struct shmdev_region *base_of(struct shmdev_unsafe_region *region)
{
	return (struct shmdev_region *)shmdev_base(region);
}

/* A part of the region, and how much of the address space that takes. */
static size_t mapped_size_of(const struct shmdev_region *region,
			     uint64_t offset, uint64_t length)
{
	struct shmdev_mapping *mapping;
	size_t mapped = 0;

	mapping = shmdev_region_map(region, offset, length, MAP_RW);
	if (mapping && shmdev_mapping_size(mapping) == length)
		mapped = shmdev_mapping_mapped_size(mapping);
	shmdev_mapping_unmap(mapping);
	return mapped;
}

TEST(mapping_covers_the_capacity_and_shows_the_size)
{
	const uint64_t size = 2 * PAGE + 1;
	struct shmdev_mapping *fixed;
	struct shmdev_region *region;
	uint64_t reserved, capacity;
	char *address;

	region = shmdev_region_create(size, SHMREGION_MODE_WRITABLE,
				      SHMREGION_CREATE_HUGE, "huge");
	ASSERT_NE(NULL, region);
	EXPECT_EQ(size, shmdev_region_size(region));
	capacity = info_of(shmdev_region_fd(region)).out_capacity;
	EXPECT_LE(3 * PAGE, capacity);

	/* What ends with the region goes to the end, and nothing else does. */
	reserved = shmdev_policy_reserved();
	EXPECT_EQ(capacity, mapped_size_of(region, 0, size));
	EXPECT_EQ(capacity - PAGE, mapped_size_of(region, PAGE + 1, PAGE));
	EXPECT_EQ(3 * PAGE, mapped_size_of(region, 0, size - 1) + PAGE);
	EXPECT_EQ(PAGE, mapped_size_of(region, 1, PAGE - 1));
	EXPECT_FAILS(EINVAL, NULL, shmdev_region_map(region, 0, size + 1,
						     MAP_RW));
	EXPECT_EQ(reserved, shmdev_policy_reserved());

	/* The caller has room for what it asked for. */
	address = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	ASSERT_EQ(0, munmap(address, 3 * PAGE));
	fixed = shmdev_region_map_fixed(region, 0, size, MAP_RW, address);
	ASSERT_NE(NULL, fixed);
	EXPECT_EQ(3 * PAGE, shmdev_mapping_mapped_size(fixed));
	EXPECT_EQ(0, shmdev_mapping_unmap(fixed));
	shmdev_region_free(region);
}

/* rows: C6 C13 */
TEST(unsafe_memory_is_all_there_unless_asked_otherwise)
{
	struct shmdev_unsafe_region *full, *sparse;
	struct shmregion_info info;

	full = shmdev_unsafe_region_create(SIZE, 0, "full");
	sparse = shmdev_unsafe_region_create(SIZE, SHMDEV_CREATE_SPARSE, "gaps");
	ASSERT_NE(NULL, full);
	ASSERT_NE(NULL, sparse);
	info = info_of(shmdev_region_fd(base_of(full)));
	EXPECT_TRUE(info.out_state & SHMREGION_STATE_ALLOCATED);
	EXPECT_EQ(info.out_capacity, info.out_allocated);
	info = info_of(shmdev_region_fd(base_of(sparse)));
	EXPECT_FALSE(info.out_state & SHMREGION_STATE_ALLOCATED);
	EXPECT_EQ(0, info.out_allocated);

	/* So a program that knows no regions maps the one, not the other. */
	EXPECT_EQ(0, elsewhere(step_map_unaware, base_of(full),
			       PROT_READ | PROT_WRITE));
	EXPECT_EQ(-EACCES, elsewhere(step_map_unaware, base_of(sparse),
				     PROT_READ));
	shmdev_unsafe_region_free(full);
	shmdev_unsafe_region_free(sparse);

	EXPECT_FAILS(EINVAL, NULL,
		     shmdev_unsafe_region_create(SIZE, SHMDEV_CREATE_SPARSE |
						 SHMREGION_CREATE_POPULATE,
						 NULL));
	EXPECT_FAILS(EOPNOTSUPP, NULL,
		     shmdev_writable_region_create(SIZE, SHMDEV_CREATE_SPARSE,
						   NULL));
	EXPECT_FAILS(EOPNOTSUPP, NULL,
		     shmdev_unsafe_region_create(SIZE, 1 << 29, NULL));
}

/*
 * Control
 */

/* Nobody would have CONTROL, so the typed layer makes none that are controlled. */
TEST(typed_regions_have_no_controller)
{
	struct shmdev_readonly_region *readonly;
	struct shmdev_writable_mapping *mapping;
	int nr_fds = count_fds();

	EXPECT_FAILS(EINVAL, NULL,
		     shmdev_writable_region_create(SIZE,
						   SHMREGION_CREATE_CONTROLLED,
						   NULL));
	EXPECT_FAILS(EINVAL, NULL,
		     shmdev_unsafe_region_create(SIZE,
						 SHMREGION_CREATE_CONTROLLED,
						 NULL));
	EXPECT_FAILS(EINVAL, -1,
		     shmdev_readonly_region_create(SIZE,
						   SHMREGION_CREATE_CONTROLLED,
						   NULL, &readonly, &mapping));
	EXPECT_EQ(nr_fds, count_fds());
}

TEST(typed_adopt_takes_a_controlled_one_from_who_trusts)
{
	struct shmdev_writable_region *writable;
	struct shmdev_readonly_region *readonly;
	struct shmdev_unsafe_region *unsafe;
	int fd = handle_to(SHMREGION_MODE_UNSAFE, SHMREGION_CREATE_CONTROLLED,
			   RIGHTS_ALL);

	EXPECT_FAILS(EPERM, NULL, shmdev_unsafe_region_adopt(fd, 1, 0));
	EXPECT_FAILS(ENOSPC, NULL,
		     shmdev_unsafe_region_adopt(fd, 1, TRUST | ALLOCATED));
	unsafe = shmdev_unsafe_region_adopt(fd, 1, TRUST);
	ASSERT_NE(NULL, unsafe);
	/* Whatever the handle had. */
	EXPECT_EQ(RIGHTS_RW, shmdev_region_rights(base_of(unsafe)));
	shmdev_unsafe_region_free(unsafe);

	fd = handle_to(SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_CONTROLLED,
		       RIGHTS_ALL);
	EXPECT_FAILS(EPERM, NULL, shmdev_writable_region_adopt(fd, 1, 0));
	EXPECT_FAILS(EPERM, NULL,
		     shmdev_writable_region_adopt_and_acquire(fd, 1, 0, NOW,
							      NULL));
	writable = shmdev_writable_region_adopt_and_acquire(fd, 1, TRUST, NOW,
							    NULL);
	ASSERT_NE(NULL, writable);
	EXPECT_EQ(RIGHTS_RW, shmdev_region_rights(shmdev_base(writable)));
	ASSERT_EQ(0, shmdev_region_publish(shmdev_base(writable)));
	fd = shmdev_writable_region_steal_fd(&writable);
	EXPECT_FAILS(EPERM, NULL, shmdev_readonly_region_adopt(fd, 1, 0));
	readonly = shmdev_readonly_region_adopt(fd, 1, TRUST);
	ASSERT_NE(NULL, readonly);
	shmdev_readonly_region_free(readonly);
}

/* The controller's region, and a duplicate for the rest of the world. */
FIXTURE(controlled)
{
	struct shmdev_region *control;
	struct shmdev_region *plain;
	struct shmdev_mapping *mapping;
	struct peer peer;
};

FIXTURE_SETUP(controlled)
{
	self->control = create(SHMREGION_MODE_UNSAFE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_NE(NULL, self->control);
	self->plain = shmdev_region_duplicate(self->control, RIGHTS_RW);
	ASSERT_NE(NULL, self->plain);
	self->mapping = shmdev_region_map(self->plain, 0, SIZE, MAP_RW);
	ASSERT_NE(NULL, self->mapping);
	self->peer = peer_start();
}

FIXTURE_TEARDOWN(controlled)
{
	peer_kill(&self->peer);
	EXPECT_EQ(0, shmdev_mapping_unmap(self->mapping));
	shmdev_region_free(self->plain);
	shmdev_region_free(self->control);
}

static struct shmdev_mapping *mapped;

static long step_map(void *region, long flags)
{
	mapped = shmdev_region_map(region, 0, SIZE, flags);
	return mapped ? 0 : -errno;
}

static long step_touch(void *unused, long value)
{
	(void)unused;
	return touch_write(shmdev_mapping_data_writable(mapped), value);
}

TEST_F(controlled, creator_has_a_limit_of_its_own)
{
	uint8_t *memory = shmdev_mapping_data_writable(self->mapping);

	ASSERT_EQ(0, peer_do(&self->peer, step_map, self->plain, MAP_RW));
	ASSERT_EQ(0, peer_do(&self->peer, step_touch, NULL, 1));
	ASSERT_EQ(0, shmdev_region_limit_others(self->control, 0));
	EXPECT_EQ(0, touch_write(memory, 1));
	EXPECT_EQ(SIGSEGV, peer_do(&self->peer, step_touch, NULL, 1));
}

TEST_F(controlled, known_member_is_let_in_and_put_out)
{
	long member, again;

	/* Everybody is out at first; then one is let in, and out again. */
	ASSERT_EQ(0, shmdev_region_limit_others(self->control, 0));
	member = peer_do(&self->peer, step_attach, self->plain, 0);
	ASSERT_LT(0, member);
	ASSERT_EQ(0, peer_do(&self->peer, step_map, self->plain, MAP_RW));
	EXPECT_EQ(SIGSEGV, peer_do(&self->peer, step_touch, NULL, 1));
	ASSERT_EQ(0, shmdev_region_limit(self->control,
					 shmdev_by_member(member), RIGHTS_RW));
	EXPECT_EQ(0, peer_do(&self->peer, step_touch, NULL, 1));
	ASSERT_EQ(0, shmdev_region_limit(self->control,
					 shmdev_by_pid(self->peer.pid), 0));
	EXPECT_EQ(SIGSEGV, peer_do(&self->peer, step_touch, NULL, 2));

	/* To attach again is no way back in. */
	again = peer_do(&self->peer, step_attach, self->plain, 0);
	EXPECT_EQ(member, again);
	EXPECT_EQ(SIGSEGV, peer_do(&self->peer, step_touch, NULL, 2));
	EXPECT_FAILS(ESRCH, -1,
		     shmdev_region_limit(self->control,
					 shmdev_by_member(member + 1), 0));
}

TEST_F(controlled, only_control_limits)
{
	EXPECT_FAILS(EPERM, -1, shmdev_region_limit_others(self->plain, 0));
	EXPECT_FAILS(EPERM, -1,
		     shmdev_region_limit(self->plain,
					 shmdev_by_pid(self->peer.pid), 0));
	EXPECT_FAILS(EPERM, -1, shmdev_region_destroy(self->plain));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_limit_others(self->control, 4));
	EXPECT_FAILS(EINVAL, -1,
		     shmdev_region_limit_others(self->control,
						SHMREGION_RIGHT_WRITE));
}

TEST(null_is_no_region)
{
	const struct shmdev_process process = shmdev_by_member(1);
	uint64_t member = 7;
	uint32_t flags = 7;

	EXPECT_FAILS(EINVAL, -1, shmdev_region_attach(NULL, &member));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_detach(NULL));
	EXPECT_FAILS(EINVAL, 0, shmdev_region_member(NULL));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_transfer(NULL, process));
	EXPECT_FAILS(EINVAL, -1,
		     shmdev_region_transfer_and_wait(NULL, process, NOW,
						     &flags));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_release(NULL));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_acquire(NULL, NOW, &flags));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_limit(NULL, process, 0));
	EXPECT_FAILS(EINVAL, -1, shmdev_region_limit_others(NULL, 0));
	EXPECT_EQ(7, member);
	EXPECT_EQ(7, flags);
}

TEST_HARNESS_MAIN
