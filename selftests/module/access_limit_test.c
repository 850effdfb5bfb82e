// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of a controller (design.md, "Controller"): what they bound and what
 * they leave, for live and for new mappings, and whom they bound (G2).
 * controller_test.c has the arguments of the call, controller_race_test.c that
 * a limit is in force when the call returns. The limits of limits_test.c are
 * others, of memory.
 */
#include "operations.h"
#include "harness.h"

#define FILL 0x5a

/* One huge page and some small ones. */
#define SIZE (MIB(2) + KIB(64))
#define LAST (SIZE - 1)

#define PROT_RW (PROT_READ | PROT_WRITE)

/*
 * A controlled region, all FILL. A peer that is to be bounded has mapped and
 * touched it. The test is the controller: as the creator it has a limit of its
 * own, READ and WRITE.
 */
FIXTURE(limit)
{
	struct view view, own;
	struct peer peer;
	struct shmregion_info before;
};

/* How the region and the peer's mapping came to be, and what they allow. */
FIXTURE_VARIANT(limit)
{
	uint32_t mode;
	owner_change reach;
	bool owner;
	bool map_last;
	int prot;
	uint32_t access;
	uint32_t limit;
	bool by_default;
	uint32_t limited;
};

#define LIMIT_TO(_name, _limit, _limited, _mode, _reach, _owner, _last,	\
		 _prot, _access, _by_default)				\
	FIXTURE_VARIANT_ADD(limit, _name)				\
	{								\
		.mode = SHMREGION_MODE_##_mode,				\
		.reach = _reach,					\
		.owner = _owner,					\
		.map_last = _last,					\
		.prot = _prot,						\
		.access = _access,					\
		.limit = _limit,					\
		.by_default = _by_default,				\
		.limited = _limited,					\
	}

/* By name and by default; @_read is what is left by the limit of reading. */
#define LIMITS_OF(_name, _read, _access, ...)				\
	LIMIT_TO(_name##_to_none, 0, 0, __VA_ARGS__, _access, false);	\
	LIMIT_TO(_name##_to_read, RIGHTS_RO, _read, __VA_ARGS__,	\
		 _access, false);					\
	LIMIT_TO(_name##_to_write, RIGHTS_RW, _access, __VA_ARGS__,	\
		 _access, false);					\
	LIMIT_TO(_name##_to_none_by_default, 0, 0, __VA_ARGS__,		\
		 _access, true);					\
	LIMIT_TO(_name##_to_read_by_default, RIGHTS_RO, _read,		\
		 __VA_ARGS__, _access, true);				\
	LIMIT_TO(_name##_to_write_by_default, RIGHTS_RW, _access,	\
		 __VA_ARGS__, _access, true)

#define RO RIGHTS_RO
#define RW RIGHTS_RW

/* Revocable mappings: of owners, of who waits to be one, of one that was. */
LIMITS_OF(owner, RO, RW, WRITABLE, keep, true, false, PROT_RW);
LIMITS_OF(other, 0, 0, WRITABLE, keep, false, false, PROT_RW);
LIMITS_OF(writer, RO, RW, WRITABLE, publish, true, true, PROT_RW);
LIMITS_OF(old_reader, RO, RO, WRITABLE, publish, false, false, PROT_RW);
/* Ordinary ones. A writable one is not for who may only read. */
LIMITS_OF(reader, RO, RO, WRITABLE, publish, false, true, PROT_READ);
LIMITS_OF(unsafe, 0, RW, UNSAFE, keep, false, true, PROT_RW);
LIMITS_OF(unsafe_reader, RO, RO, UNSAFE, keep, false, true, PROT_READ);
LIMITS_OF(shared, 0, RW, WRITABLE, share, false, true, PROT_RW);

static long step_change(void *data, long change)
{
	struct view *view = data;

	return -errno_of(((owner_change)change)(view->fd, 0));
}

/* The region, and the test's mapping of it. */
static void begin(struct __test_metadata *_metadata, struct view *view,
		  struct view *own, size_t size, uint32_t mode)
{
	view->size = size;
	view->fd = make_region(size, mode, SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view->fd);
	*own = *view;
	ASSERT_EQ(0, view_map(own, PROT_RW));
	memset(own->memory, FILL, size);
}

FIXTURE_SETUP(limit)
{
	struct view *view = &self->view;
	const struct peer *peer = &self->peer;

	begin(_metadata, view, &self->own, SIZE, variant->mode);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(peer, view_attach, view, 0));
	if (!variant->map_last)
		ASSERT_EQ(0, peer_do(peer, view_map, view, variant->prot));
	if (variant->owner) {
		ASSERT_EQ(0, view_transfer(view, peer->pid));
		ASSERT_EQ(0, peer_do(peer, step_change, view,
				     (long)variant->reach));
	} else {
		ASSERT_EQ(0, step_change(view, (long)variant->reach));
	}
	if (variant->map_last)
		ASSERT_EQ(0, peer_do(peer, view_map, view, variant->prot));
	ASSERT_EQ(0, raw_info(view->fd, &self->before));
}

FIXTURE_TEARDOWN(limit)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

static int set_limit(const FIXTURE_DATA(limit) *self,
		     const FIXTURE_VARIANT(limit) *variant, uint32_t limit)
{
	return variant->by_default ?
		       raw_limit_others(self->view.fd, limit) :
		       limit_process(self->view.fd, self->peer.pid, limit);
}

static long put_back(void *data, long offset)
{
	struct view *view = data;

	return -touch_write(view->memory + offset, FILL);
}

/* A process touches its mapping, directly and in calls. NULL: the test. */
static void check_access(struct __test_metadata *_metadata,
			 const struct peer *peer, struct view *view,
			 uint32_t access)
{
	const peer_step steps[] = {
		view_read, view_read_by_call, view_write, view_write_by_call,
	};
	const long denied[] = { -SIGSEGV, -EFAULT, -SIGSEGV, -EFAULT };
	const long offsets[] = { 0, PAGE + 1, MIB(2), LAST };
	long expected, result, offset;
	size_t i, step;

	for (i = 0; i < ARRAY_SIZE(steps) * ARRAY_SIZE(offsets); i++) {
		step = i % ARRAY_SIZE(steps);
		offset = offsets[i / ARRAY_SIZE(steps)];
		expected = denied[step];
		if (step < 2 && (access & SHMREGION_RIGHT_READ))
			expected = FILL;
		if (step >= 2 && (access & SHMREGION_RIGHT_WRITE))
			expected = 0;
		result = peer ? peer_do(peer, steps[step], view, offset) :
				steps[step](view, offset);
		EXPECT_EQ(expected, result)
			TH_LOG("step %zu at %ld", step, offset);
		/* Undo it, so that any other write will show. */
		if (step >= 2 && !result)
			result = peer ? peer_do(peer, put_back, view, offset) :
					put_back(view, offset);
	}
}

#define CHECK_PEER(access)						\
	check_access(_metadata, &self->peer, &self->view, access)
#define SET_LIMIT(limit) set_limit(self, variant, limit)

TEST_F(limit, is_what_a_live_mapping_is_good_for)
{
	CHECK_PEER(variant->access);
	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	CHECK_PEER(variant->limited);
}

TEST_F(limit, raised_gives_a_live_mapping_back_with_what_was_there)
{
	const long held = variant->access & SHMREGION_RIGHT_READ ? 1 : -SIGSEGV;

	CHECK_PEER(variant->access);
	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	CHECK_PEER(variant->limited);
	ASSERT_EQ(0, SET_LIMIT(RIGHTS_RW));
	EXPECT_EQ(held, peer_do(&self->peer, view_holds, &self->view, FILL));
	CHECK_PEER(variant->access);
}

/* The call does not mind: the limit can be raised. */
TEST_F(limit, is_what_a_new_mapping_is_good_for)
{
	long mapped = peer_do(&self->peer, view_map, &self->view,
			      variant->prot);

	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	EXPECT_EQ(mapped, peer_do(&self->peer, view_map, &self->view,
				  variant->prot));
	CHECK_PEER(variant->limited);
}

TEST_F(limit, leaves_owner_mode_and_generation)
{
	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before));
}

TEST_F(limit, is_what_info_tells_the_process)
{
	struct shmregion_info info;
	uint32_t access;

	access = peer_do(&self->peer, view_info, &self->view, INFO(access));
	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	EXPECT_EQ(access & variant->limit,
		  (uint32_t)peer_do(&self->peer, view_info, &self->view,
				    INFO(access)));
	ASSERT_EQ(0, raw_info(self->view.fd, &info));
	EXPECT_EQ(self->before.out_access, info.out_access);
}

/* A third process: it has no limit of its own, or is to keep what it has. */
TEST_F(limit, leaves_others_what_they_had)
{
	struct peer third = peer_start();
	struct view *view = &self->view;
	uint32_t access = variant->mode == SHMREGION_MODE_UNSAFE ||
			  variant->reach == share ? RW :
			  variant->reach == publish ? RO : 0;

	ASSERT_EQ(0, peer_do(&third, view_map, view,
			     access == RO ? PROT_READ : PROT_RW));
	ASSERT_EQ(0, peer_do(&third, view_attach, view, 0));
	if (variant->by_default)
		ASSERT_EQ(0, limit_process(view->fd, third.pid, RW));
	check_access(_metadata, &third, view, access);
	ASSERT_EQ(0, SET_LIMIT(variant->limit));
	check_access(_metadata, &third, view, access);
	check_access(_metadata, NULL, &self->own, variant->owner ? access : RW);
	peer_kill(&third);
}

/* One fact each, with an UNSAFE region, where all may do everything. */
FIXTURE(bound)
{
	struct view view, own;
	struct peer peer;
};

FIXTURE_SETUP(bound)
{
	begin(_metadata, &self->view, &self->own, PAGE, SHMREGION_MODE_UNSAFE);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_attach, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &self->view, PROT_RW));
}

FIXTURE_TEARDOWN(bound)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

#define LIMIT(pid, limit) limit_process(self->view.fd, pid, limit)
#define LIMIT_OTHERS(limit) raw_limit_others(self->view.fd, limit)
#define ACCESS_OF(peer)							\
	((uint32_t)peer_do(peer, view_info, &self->view, INFO(access)))

TEST_F(bound, values_are_none_read_and_read_with_write_alone)
{
	struct peer unnamed = peer_start();
	uint32_t limit;
	int expected;

	ASSERT_EQ(0, peer_do(&unnamed, view_attach, &self->view, 0));
	for (limit = 0; limit < 16; limit++) {
		expected = !limit || limit == RO || limit == RW ? 0 : EINVAL;
		ASSERT_EQ(0, LIMIT(self->peer.pid, RW));
		EXPECT_EQ(expected, errno_of(LIMIT(self->peer.pid, limit)));
		EXPECT_EQ(expected ? RW : limit, ACCESS_OF(&self->peer));
		ASSERT_EQ(0, LIMIT_OTHERS(RW));
		EXPECT_EQ(expected, errno_of(LIMIT_OTHERS(limit)));
		EXPECT_EQ(expected ? RW : limit, ACCESS_OF(&unnamed));
	}
	peer_kill(&unnamed);
}

TEST_F(bound, a_pid_of_0_or_less_is_einval)
{
	EXPECT_EQ(EINVAL, errno_of(LIMIT(0, 0)));
	EXPECT_EQ(EINVAL, errno_of(LIMIT(-1, 0)));
	EXPECT_EQ(EINVAL, errno_of(LIMIT(-self->peer.pid, 0)));
	EXPECT_EQ(EINVAL, errno_of(LIMIT(INT32_MIN, 0)));
	EXPECT_EQ(RW, ACCESS_OF(&self->peer));
}

/* Nor has it anything that a limit could take. */
TEST_F(bound, a_process_that_never_attached_cannot_be_named)
{
	struct peer stranger = peer_start();

	EXPECT_EQ(ESRCH, errno_of(LIMIT(stranger.pid, 0)));
	EXPECT_EQ(0, ACCESS_OF(&stranger));
	EXPECT_EQ(-EACCES, peer_do(&stranger, view_map_unattached, &self->view,
				   PROT_READ));
	EXPECT_EQ(RW, ACCESS_OF(&self->peer));
	ASSERT_EQ(0, peer_do(&stranger, view_attach, &self->view, 0));
	EXPECT_EQ(RW, ACCESS_OF(&stranger));
	EXPECT_EQ(0, LIMIT(stranger.pid, 0));
	EXPECT_EQ(0, ACCESS_OF(&stranger));
	peer_kill(&stranger);
}

TEST_F(bound, a_process_that_has_died_cannot_be_named)
{
	pid_t pid = self->peer.pid;

	peer_kill(&self->peer);
	EXPECT_EQ(ESRCH, errno_of(LIMIT(pid, 0)));
	EXPECT_EQ(0, view_write(&self->own, 0));
}

TEST_F(bound, a_process_keeps_its_own_limit_whatever_that_of_all_others)
{
	ASSERT_EQ(0, LIMIT(self->peer.pid, RO));
	ASSERT_EQ(0, LIMIT_OTHERS(0));
	EXPECT_EQ(RO, ACCESS_OF(&self->peer));
	ASSERT_EQ(0, LIMIT_OTHERS(RW));
	EXPECT_EQ(RO, ACCESS_OF(&self->peer));
}

TEST_F(bound, a_process_that_comes_later_has_the_limit_of_all_others)
{
	struct peer later;

	ASSERT_EQ(0, LIMIT_OTHERS(0));
	later = peer_start();
	ASSERT_EQ(0, peer_do(&later, view_map, &self->view, PROT_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(&later, view_read, &self->view, 0));
	ASSERT_EQ(0, LIMIT_OTHERS(RW));
	EXPECT_EQ(FILL, peer_do(&later, view_read, &self->view, 0));
	peer_kill(&later);
}

/*
 * A child has neither the mapping of its parent nor its name and limit, whether
 * it was forked before the limit or after.
 */
static void check_child(struct __test_metadata *_metadata, struct peer *child,
			struct view *view)
{
	EXPECT_EQ(-SIGSEGV, peer_do(child, view_read, view, 0));
	EXPECT_EQ(-EFAULT, peer_do(child, view_write_by_call, view, 0));
	EXPECT_EQ(-EACCES, peer_do(child, view_map_unattached, view,
				   PROT_READ));
	EXPECT_EQ(-ESRCH, peer_do(child, view_detach, view, 0));
	EXPECT_EQ(0, peer_do(child, view_member, view, 0));
	/* By the handle that it has it can take part, as any other process. */
	ASSERT_EQ(0, raw_limit_others(view->fd, 0));
	ASSERT_EQ(0, peer_do(child, view_map, view, PROT_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(child, view_read, view, 0));
	ASSERT_EQ(0, raw_limit_others(view->fd, RW));
	EXPECT_EQ(0, peer_do(child, view_write, view, 0));
	ASSERT_EQ(0, limit_process(view->fd, child->pid, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(child, view_write, view, 0));
}

TEST_F(bound, a_child_has_no_mapping_and_no_limit_of_its_parent)
{
	struct peer before = peer_start(), after;

	ASSERT_EQ(0, LIMIT(getpid(), 0));
	EXPECT_EQ(-SIGSEGV, view_read(&self->own, 0));
	after = peer_start();
	check_child(_metadata, &before, &self->own);
	check_child(_metadata, &after, &self->own);
	EXPECT_EQ(-SIGSEGV, view_read(&self->own, 0));
	peer_kill(&after);
	peer_kill(&before);
}

/* The call may succeed: ordinary mappings take this advice. */
TEST_F(bound, madvise_does_not_give_a_child_access)
{
	struct peer child;

	madvise(self->own.memory, PAGE, MADV_DOFORK);
	child = peer_start();
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, &self->own, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_write, &self->own, 0));
	EXPECT_EQ(-EFAULT, peer_do(&child, view_read_by_call, &self->own, 0));
	EXPECT_EQ(FILL, view_read(&self->own, 0));
	ASSERT_EQ(0, LIMIT(getpid(), 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, &self->own, 0));
	/* Not before it consents, and then as far as its own limit goes. */
	ASSERT_EQ(0, peer_do(&child, view_attach, &self->own, 0));
	ASSERT_EQ(0, LIMIT(child.pid, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&child, view_read, &self->own, 0));
	peer_kill(&child);
}

/* Nor does the program have it that the process executes. */
TEST_F(bound, a_new_program_has_the_limit_of_all_others)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	peer_kill(&self->peer);
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_attach, &self->view, 0));
	ASSERT_EQ(0, LIMIT(self->peer.pid, 0));
	ASSERT_EQ(0, LIMIT_OTHERS(RO));
	ASSERT_EQ(0, peer_do(&self->peer, view_keep_over_exec, &self->view, 0));
	peer_begin(&self->peer, view_exec, &self->view, sockets[1]);
	ASSERT_TRUE(server_runs(sockets[0]));
	EXPECT_EQ(0, server_do(sockets[0], view_info, INFO(access)));
	EXPECT_EQ(ESRCH, errno_of(LIMIT(self->peer.pid, RW)));
	ASSERT_EQ(0, server_do(sockets[0], view_attach, 0));
	EXPECT_EQ(RO, (uint32_t)server_do(sockets[0], view_info, INFO(access)));
}

TEST_F(bound, a_limit_and_a_member_id_last_over_detach_and_attach)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;
	const long member = peer_do(peer, view_member, view, 0);

	EXPECT_LT(0, member);
	ASSERT_EQ(0, LIMIT(peer->pid, 0));
	EXPECT_EQ(-EBUSY, peer_do(peer, view_detach, view, 0));
	ASSERT_EQ(0, peer_do(peer, view_unmap, view, 0));
	ASSERT_EQ(0, peer_do(peer, view_detach, view, 0));
	EXPECT_EQ(-EACCES, peer_do(peer, view_map_unattached, view, PROT_RW));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_RW));
	EXPECT_EQ(member, peer_do(peer, view_member, view, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_read, view, 0));

	/* It can be named while it is detached, by either name. */
	ASSERT_EQ(0, peer_do(peer, view_unmap, view, 0));
	ASSERT_EQ(0, peer_do(peer, view_detach, view, 0));
	EXPECT_EQ(0, LIMIT(peer->pid, RO));
	EXPECT_EQ(0, raw_limit(view->fd, SHMREGION_BY_MEMBER, member, RW));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_RW));
	EXPECT_EQ(FILL, peer_do(peer, view_read, view, 0));
}

TEST_F(bound, who_may_only_read_can_make_a_mapping_readable_not_writable)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	ASSERT_EQ(0, LIMIT(peer->pid, RO));
	ASSERT_EQ(0, peer_do(peer, view_protect, view, PROT_READ));
	EXPECT_EQ(FILL, peer_do(peer, view_read, view, 0));
	EXPECT_EQ(-EACCES, peer_do(peer, view_protect, view, PROT_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_write, view, 0));
	ASSERT_EQ(0, LIMIT(peer->pid, RW));
	EXPECT_EQ(0, peer_do(peer, view_protect, view, PROT_RW));
	EXPECT_EQ(0, peer_do(peer, view_write, view, 0));
}

/* What a debugger reads of a process, at an address of the process. */
static long debugger_reads(pid_t pid, const void *address)
{
	char path[64];
	uint8_t byte;
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ret = pread(fd, &byte, 1, (long)address) == 1 ? byte : -errno;
	close(fd);
	return ret;
}

static long step_where(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return (long)view->memory;
}

TEST_F(bound, a_debugger_sees_no_more_than_the_process)
{
	void *memory = (void *)peer_do(&self->peer, step_where, &self->view, 0);

	EXPECT_EQ(FILL, debugger_reads(self->peer.pid, memory));
	ASSERT_EQ(0, LIMIT(self->peer.pid, 0));
	EXPECT_EQ(-EIO, debugger_reads(self->peer.pid, memory));
}

/*
 * A WRITABLE region under control that a peer owns; the test has control. The
 * other has attached.
 */
FIXTURE(owner)
{
	struct view view;
	struct peer owner, other;
	struct shmregion_info before;
};

FIXTURE_VARIANT(owner)
{
	owner_change reach;
};

FIXTURE_VARIANT_ADD(owner, writable) { keep };
FIXTURE_VARIANT_ADD(owner, readonly) { publish };

FIXTURE_SETUP(owner)
{
	struct view *view = &self->view;

	view->size = PAGE;
	view->fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_EQ(0, view_map(view, PROT_RW));
	memset(view->memory, FILL, PAGE);
	self->owner = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_map, view, PROT_RW));
	ASSERT_EQ(0, peer_do(&self->other, view_attach, view, 0));
	ASSERT_EQ(0, variant->reach(view->fd, 0));
	ASSERT_EQ(0, view_transfer(view, self->owner.pid));
	ASSERT_EQ(0, raw_info(view->fd, &self->before));
}

FIXTURE_TEARDOWN(owner)
{
	peer_kill(&self->other);
	peer_kill(&self->owner);
	close(self->view.fd);
}

#define OWNER_DO(step, argument)					\
	peer_do(&self->owner, step, &self->view, argument)
#define OTHER_DO(step, argument)					\
	peer_do(&self->other, step, &self->view, argument)
#define EXPECT_UNCHANGED()						\
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before))
#define LIMIT_OWNER(limit) ASSERT_EQ(0, LIMIT(self->owner.pid, limit))
#define LIMIT_OTHER(limit) ASSERT_EQ(0, LIMIT(self->other.pid, limit))

TEST_F(owner, limited_to_nothing_hands_over_what_it_cannot_touch)
{
	LIMIT_OWNER(0);
	EXPECT_EQ(-SIGSEGV, OWNER_DO(view_read, 0));
	EXPECT_EQ(-EAGAIN, view_try_acquire(&self->view, 0));
	EXPECT_EQ(0, OWNER_DO(view_transfer, getpid()));
	EXPECT_EQ(1, view_holds(&self->view, FILL));
}

TEST_F(owner, limited_to_nothing_releases_what_it_cannot_touch)
{
	LIMIT_OWNER(0);
	EXPECT_EQ(0, OWNER_DO(view_release, 0));
	EXPECT_EQ(-EACCES, OWNER_DO(view_try_acquire, 0));
	EXPECT_EQ(0, view_try_acquire(&self->view, 0));
	EXPECT_EQ(1, view_holds(&self->view, FILL));
}

TEST_F(owner, limited_to_nothing_cannot_change_the_mode)
{
	const long not_writable = variant->reach == keep ? -EACCES : -EINVAL;

	LIMIT_OWNER(0);
	EXPECT_EQ(not_writable, OWNER_DO(view_publish, 0));
	EXPECT_EQ(not_writable, OWNER_DO(view_share, 0));
	EXPECT_EQ(-EACCES, OWNER_DO(view_freeze, 0));
	EXPECT_EQ(-EACCES, OWNER_DO(view_try_acquire, 0));
	EXPECT_UNCHANGED();
	LIMIT_OWNER(RW);
	EXPECT_EQ(0, OWNER_DO(view_write, 0));
}

TEST_F(owner, limited_to_nothing_with_all_others_is_so_too)
{
	ASSERT_EQ(0, LIMIT_OTHERS(0));
	EXPECT_EQ(-EACCES, OWNER_DO(view_freeze, 0));
	EXPECT_EQ(-EACCES, OWNER_DO(view_transfer, self->other.pid));
	EXPECT_UNCHANGED();
	EXPECT_EQ(0, OWNER_DO(view_transfer, getpid()));
}

TEST_F(owner, limited_to_reading_can_only_freeze)
{
	const long not_writable = variant->reach == keep ? -EACCES : -EINVAL;

	LIMIT_OWNER(RO);
	EXPECT_EQ(not_writable, OWNER_DO(view_publish, 0));
	EXPECT_EQ(not_writable, OWNER_DO(view_share, 0));
	EXPECT_UNCHANGED();
	EXPECT_EQ(0, OWNER_DO(view_freeze, 0));
	EXPECT_EQ(FILL, OWNER_DO(view_read, 0));
}

TEST_F(owner, limited_to_reading_is_still_given_the_region)
{
	LIMIT_OTHER(RO);
	EXPECT_EQ(0, OWNER_DO(view_transfer, self->other.pid));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER |
		  (variant->reach == keep ? 0 : SHMREGION_OUT_READONLY),
		  OTHER_DO(view_try_acquire_flags, 0));
	ASSERT_EQ(0, OTHER_DO(view_map, PROT_READ));
	EXPECT_EQ(FILL, OTHER_DO(view_read, 0));
}

TEST_F(owner, cannot_hand_it_to_a_process_limited_to_nothing)
{
	const long member = OTHER_DO(view_member, 0);

	LIMIT_OTHER(0);
	EXPECT_EQ(-EACCES, OWNER_DO(view_transfer, self->other.pid));
	EXPECT_EQ(-EACCES, OWNER_DO(view_transfer_to_member, member));
	EXPECT_EQ(-EACCES, OTHER_DO(view_try_acquire, 0));
	EXPECT_UNCHANGED();
	EXPECT_EQ(0, OWNER_DO(view_write, 0));
	LIMIT_OTHER(RW);
	EXPECT_EQ(0, OWNER_DO(view_transfer_to_member, member));
	EXPECT_EQ(0, OTHER_DO(view_release, 0));
}

TEST_F(owner, a_process_limited_to_nothing_cannot_acquire_a_free_region)
{
	LIMIT_OTHER(0);
	ASSERT_EQ(0, OWNER_DO(view_release, 0));
	EXPECT_EQ(-EACCES, OTHER_DO(view_try_acquire, 0));
	EXPECT_EQ(-EACCES, OTHER_DO(view_acquire, SHMREGION_NO_DEADLINE));
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED,
		  view_info(&self->view, INFO(writers)));
	LIMIT_OTHER(RO);
	EXPECT_EQ(0, OTHER_DO(view_try_acquire, 0));
}

TEST_F(owner, a_wait_ends_when_the_process_is_limited_to_nothing)
{
	peer_begin(&self->other, view_acquire, &self->view,
		   SHMREGION_NO_DEADLINE);
	ASSERT_TRUE(wait_until_in_ioctl(self->other.pid,
					SHMREGION_IOC_ACQUIRE));
	LIMIT_OTHER(0);
	EXPECT_EQ(-EACCES, peer_finish(&self->other));
	EXPECT_UNCHANGED();
}

TEST_F(owner, a_wait_ends_when_all_others_are_limited_to_nothing)
{
	peer_begin(&self->other, view_acquire, &self->view,
		   SHMREGION_NO_DEADLINE);
	ASSERT_TRUE(wait_until_in_ioctl(self->other.pid,
					SHMREGION_IOC_ACQUIRE));
	ASSERT_EQ(0, LIMIT_OTHERS(0));
	EXPECT_EQ(-EACCES, peer_finish(&self->other));
	EXPECT_UNCHANGED();
}

TEST_F(owner, a_controller_limited_to_nothing_cannot_reclaim)
{
	ASSERT_EQ(0, LIMIT(getpid(), 0));
	EXPECT_EQ(EACCES, errno_of(raw_reclaim(self->view.fd)));
	EXPECT_EQ(0, OWNER_DO(view_write, 0));
	ASSERT_EQ(0, LIMIT(getpid(), RW));
	EXPECT_EQ(0, raw_reclaim(self->view.fd));
}

TEST_SERVER_MAIN
