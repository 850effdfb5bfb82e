// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members (design.md, "Attachment"): who has a member id and which, that an id
 * never comes to name another process, what INFO tells members and others, and
 * that a process cannot leave while it maps anything (G8, G17). And whether
 * ACQUIRE says that the caller was the owner already.
 */
#include "operations.h"
#include "pids.h"
#include "harness.h"

#define PROT_RW (PROT_READ | PROT_WRITE)

/* The test made the region, so it is member 1, and owns it. */
FIXTURE(member)
{
	struct view view;
	struct peer peer;
	int sockets[2];
	struct shmregion_info before;
};

FIXTURE_SETUP(member)
{
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->view.fd);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->sockets));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	ASSERT_EQ(0, raw_info(self->view.fd, &self->before));
}

FIXTURE_TEARDOWN(member)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

#define PEER_DO(step, argument)						\
	peer_do(&self->peer, step, &self->view, argument)
#define EXPECT_UNCHANGED()						\
	EXPECT_TRUE(info_is_still(self->view.fd, &self->before))
#define TO_MEMBER(id)							\
	errno_of(raw_transfer(self->view.fd, SHMREGION_BY_MEMBER, id, 0, 0, \
			      NULL))

/* The id that ATTACH tells. */
static long step_join(void *data, long unused)
{
	const struct view *view = data;
	uint64_t member = 0;

	(void)unused;
	return raw_attach(view->fd, &member) ? -errno : (long)member;
}

/* The id that ACQUIRE tells. */
static long step_acquire_as(void *data, long unused)
{
	const struct view *view = data;
	uint64_t member = 0;

	(void)unused;
	return raw_acquire(view->fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
			   &member) ? -errno : (long)member;
}

static long step_join_by_a_reader(void *data, long unused)
{
	struct view view = *(struct view *)data;
	long ret;

	view.fd = raw_dup(view.fd, RIGHTS_RO);
	ret = step_join(&view, unused);
	close(view.fd);
	return ret;
}

static long step_owner_member(void *data, long unused)
{
	const struct view *view = data;
	struct shmregion_info info;

	(void)unused;
	return raw_info(view->fd, &info) ? -errno : (long)info.out_owner_member;
}

TEST_F(member, ids_count_from_the_creators_1)
{
	struct peer third = peer_start();

	EXPECT_EQ(1, view_member(&self->view, 0));
	EXPECT_EQ(0, PEER_DO(view_member, 0));
	EXPECT_EQ(2, PEER_DO(step_join, 0));
	EXPECT_EQ(2, PEER_DO(view_member, 0));
	EXPECT_EQ(3, peer_do(&third, step_join, &self->view, 0));
	EXPECT_EQ(1, step_join(&self->view, 0));
	peer_kill(&third);
}

TEST_F(member, ids_are_of_the_region_not_of_the_handle)
{
	struct view other = { .size = PAGE };

	EXPECT_EQ(2, PEER_DO(step_join_by_a_reader, 0));
	EXPECT_EQ(2, PEER_DO(step_join, 0));
	other.fd = make_region(PAGE, SHMREGION_MODE_UNSAFE, 0);
	EXPECT_EQ(1, view_member(&other, 0));
}

TEST_F(member, acquire_makes_one_also_when_it_fails)
{
	EXPECT_EQ(-EAGAIN, PEER_DO(step_acquire_as, 0));
	EXPECT_EQ(2, PEER_DO(view_member, 0));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(2, PEER_DO(step_acquire_as, 0));
	EXPECT_EQ(2, step_owner_member(&self->view, 0));
}

TEST_F(member, a_failed_attach_makes_none)
{
	struct shmregion_attach attach = { .size = sizeof(attach), .flags = 1 };

	ASSERT_EQ(0, view_release(&self->view, 0));
	ASSERT_EQ(0, view_detach(&self->view, 0));
	EXPECT_EQ(EOPNOTSUPP, errno_of(ioctl(self->view.fd,
					     SHMREGION_IOC_ATTACH, &attach)));
	EXPECT_EQ(0, view_member(&self->view, 0));
}

TEST_F(member, an_id_lasts_over_detach_and_attach)
{
	struct peer third = peer_start();
	int round;

	ASSERT_EQ(2, PEER_DO(step_join, 0));
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, PEER_DO(view_detach, 0));
		EXPECT_EQ(0, PEER_DO(view_member, 0));
		/* Nor is it anybody else's meanwhile. */
		if (!round)
			EXPECT_EQ(3, peer_do(&third, step_join, &self->view,
					     0));
		EXPECT_EQ(ESRCH, TO_MEMBER(2));
		EXPECT_EQ(2, PEER_DO(step_join, 0));
	}
	EXPECT_EQ(0, TO_MEMBER(2));
	peer_kill(&third);
}

TEST_F(member, the_creators_id_lasts_too)
{
	ASSERT_EQ(0, view_release(&self->view, 0));
	ASSERT_EQ(0, view_detach(&self->view, 0));
	EXPECT_EQ(2, PEER_DO(step_join, 0));
	EXPECT_EQ(1, step_join(&self->view, 0));
}

TEST_F(member, no_id_is_used_twice)
{
	struct peer mortal;
	long id, last = 1;
	int round;

	for (round = 0; round < 100; round++) {
		mortal = peer_start();
		id = peer_do(&mortal, step_join, &self->view, 0);
		EXPECT_LT(last, id);
		last = id;
		/* Every other time with an id that is no longer attached. */
		if (round % 2)
			EXPECT_EQ(0, peer_do(&mortal, view_detach, &self->view,
					     0));
		peer_kill(&mortal);
		EXPECT_EQ(ESRCH, TO_MEMBER(id));
	}
	EXPECT_UNCHANGED();
}

TEST_F(member, a_child_is_another_one)
{
	struct peer child = peer_start();

	EXPECT_EQ(0, peer_do(&child, view_member, &self->view, 0));
	EXPECT_EQ(1, peer_do(&child, step_owner_member, &self->view, 0));
	EXPECT_EQ(2, peer_do(&child, step_join, &self->view, 0));
	EXPECT_EQ(1, view_member(&self->view, 0));
	peer_kill(&child);
}

TEST_F(member, an_executed_program_is_another_one)
{
	const int server = self->sockets[0];

	ASSERT_EQ(2, PEER_DO(step_join, 0));
	ASSERT_EQ(0, PEER_DO(view_keep_over_exec, 0));
	peer_begin(&self->peer, view_exec, &self->view, self->sockets[1]);
	ASSERT_TRUE(server_runs(server));
	EXPECT_EQ(0, server_do(server, view_member, 0));
	EXPECT_EQ(ESRCH, TO_MEMBER(2));
	EXPECT_EQ(0, server_do(server, view_attach, 0));
	EXPECT_EQ(3, server_do(server, view_member, 0));
	EXPECT_EQ(ESRCH, TO_MEMBER(2));
	EXPECT_EQ(0, TO_MEMBER(3));
}

static int join_as_child(void *data)
{
	_exit(step_join(data, 0));
}

TEST_F(member, who_shares_the_address_space_is_the_same_one)
{
	pid_t child = start_in_same_memory(join_as_child, &self->view, 0);
	int status;

	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(1, WEXITSTATUS(status));
}

/* Receivers by member id. */

TEST_F(member, the_region_goes_to_whom_the_id_names)
{
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	EXPECT_EQ(0, TO_MEMBER(2));
	EXPECT_EQ(2, step_owner_member(&self->view, 0));
	EXPECT_EQ(self->peer.pid, view_info(&self->view, INFO(owner_pid)));
	EXPECT_EQ(0, PEER_DO(view_transfer_to_member, 1));
	EXPECT_EQ(1, step_owner_member(&self->view, 0));
}

TEST_F(member, to_ones_own_id_changes_nothing)
{
	EXPECT_EQ(0, TO_MEMBER(1));
	EXPECT_UNCHANGED();
}

TEST_F(member, that_attached_without_write_gets_nothing)
{
	ASSERT_EQ(2, PEER_DO(step_join_by_a_reader, 0));
	EXPECT_EQ(EACCES, TO_MEMBER(2));
	EXPECT_UNCHANGED();
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	EXPECT_EQ(0, TO_MEMBER(2));
}

TEST_F(member, a_number_that_is_no_id_gets_nothing)
{
	const uint64_t ids[] = { 2, 1ULL << 32 | 1, INT64_MAX, UINT64_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_EQ(ESRCH, TO_MEMBER(ids[i]));
	EXPECT_EQ(EINVAL, TO_MEMBER(0));
	EXPECT_UNCHANGED();
}

/*
 * A client asks for the region and dies before the answer; another process has
 * its number by then, and has attached as well.
 */
TEST_F(member, an_answer_does_not_reach_who_has_the_pid_of_the_dead)
{
	const pid_t pid = self->peer.pid;
	pid_t again;

	ASSERT_EQ(2, PEER_DO(step_join, 0));
	peer_kill(&self->peer);
	again = start_with_pid(pid, &self->view);
	ASSERT_EQ(pid, again);
	EXPECT_EQ(ESRCH, TO_MEMBER(2));
	EXPECT_UNCHANGED();
	/* The other is known, by an id of its own. */
	EXPECT_EQ(0, TO_MEMBER(3));
	EXPECT_EQ(pid, view_info(&self->view, INFO(owner_pid)));
	kill(pid, SIGKILL);
}

/* What INFO tells a member, the owner, and who is neither. */

TEST_F(member, info_tells_each_process_its_own_id_and_the_owners)
{
	EXPECT_EQ(1, step_owner_member(&self->view, 0));
	EXPECT_EQ(1, PEER_DO(step_owner_member, 0));
	EXPECT_EQ(0, PEER_DO(view_member, 0));
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	ASSERT_EQ(0, TO_MEMBER(2));
	EXPECT_EQ(2, step_owner_member(&self->view, 0));
	EXPECT_EQ(2, PEER_DO(step_owner_member, 0));
	EXPECT_EQ(1, view_member(&self->view, 0));
	ASSERT_EQ(0, PEER_DO(view_release, 0));
	EXPECT_EQ(0, step_owner_member(&self->view, 0));
	ASSERT_EQ(0, view_try_acquire(&self->view, 0));
	ASSERT_EQ(0, view_freeze(&self->view, 0));
	EXPECT_EQ(0, step_owner_member(&self->view, 0));
	EXPECT_EQ(0, PEER_DO(step_owner_member, 0));
}

/* The bytes that are allocated, or -1 if they are not what the state says. */
static long step_allocated(void *data, long unused)
{
	const struct view *view = data;
	struct shmregion_info info;
	bool all;

	(void)unused;
	if (raw_info(view->fd, &info) ||
	    info.out_capacity != page_up(view->size) ||
	    info.out_allocated > info.out_capacity)
		return -1;
	all = info.out_allocated == info.out_capacity;
	if (info.out_member &&
	    all != !!(info.out_state & SHMREGION_STATE_ALLOCATED))
		return -1;
	return info.out_allocated;
}

static long step_all_allocated(void *data, long unused)
{
	const struct view *view = data;
	struct shmregion_info info;

	(void)unused;
	return raw_info(view->fd, &info) ?
		       -errno :
		       !!(info.out_state & SHMREGION_STATE_ALLOCATED);
}

TEST_F(member, info_tells_members_how_much_is_allocated_and_all_if_it_is_all)
{
	struct view view = { .size = 3 * KIB(64) + 1 };
	struct peer stranger;
	size_t offset;

	view.fd = make_region(view.size, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_RW));
	stranger = peer_start();
	EXPECT_EQ(0, step_allocated(&view, 0));
	EXPECT_EQ(0, peer_do(&stranger, step_all_allocated, &view, 0));

	ASSERT_EQ(0, view_write(&view, 0));
	EXPECT_EQ(resident_of(view.fd), step_allocated(&view, 0));
	EXPECT_LT(0, step_allocated(&view, 0));
	EXPECT_EQ(0, peer_do(&stranger, step_allocated, &view, 0));
	EXPECT_EQ(0, peer_do(&stranger, step_all_allocated, &view, 0));

	/* All but the last page, which is smaller than any larger one. */
	for (offset = 0; offset < view.size - 1; offset += PAGE)
		ASSERT_EQ(0, view_write(&view, offset));
	EXPECT_EQ(0, step_all_allocated(&view, 0));
	ASSERT_EQ(0, view_write(&view, view.size - 1));
	EXPECT_EQ(1, step_all_allocated(&view, 0));
	EXPECT_EQ((long)page_up(view.size), step_allocated(&view, 0));
	EXPECT_EQ(0, peer_do(&stranger, step_allocated, &view, 0));
	EXPECT_EQ(1, peer_do(&stranger, step_all_allocated, &view, 0));

	/* Nothing that a member does undoes it. */
	madvise(view.memory, view.size, MADV_DONTNEED);
	madvise(view.memory, view.size, MADV_REMOVE);
	EXPECT_EQ(1, step_all_allocated(&view, 0));
	peer_kill(&stranger);
}

/* Whether ACQUIRE and a transfer that waits say that one was the owner. */

#define WAS SHMREGION_OUT_WAS_OWNER

TEST_F(member, the_creator_was_the_owner)
{
	EXPECT_EQ(WAS, view_try_acquire_flags(&self->view, 0));
	EXPECT_EQ(WAS, view_try_acquire_flags(&self->view, 0));
	EXPECT_UNCHANGED();
}

TEST_F(member, who_was_given_the_region_was_the_owner)
{
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	ASSERT_EQ(0, TO_MEMBER(2));
	EXPECT_EQ(WAS, PEER_DO(view_try_acquire_flags, 0));
	ASSERT_EQ(0, PEER_DO(view_transfer, getpid()));
	EXPECT_EQ(WAS, view_try_acquire_flags(&self->view, 0));
}

TEST_F(member, who_takes_a_free_region_was_not_the_owner)
{
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, PEER_DO(view_try_acquire_flags, 0));
	EXPECT_EQ(WAS, PEER_DO(view_try_acquire_flags, 0));
	/* Not even who had it before. */
	ASSERT_EQ(0, PEER_DO(view_release, 0));
	EXPECT_EQ(0, view_try_acquire_flags(&self->view, 0));
}

TEST_F(member, who_takes_it_from_the_dead_was_not_the_owner)
{
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	ASSERT_EQ(0, TO_MEMBER(2));
	peer_kill(&self->peer);
	EXPECT_EQ(SHMREGION_OUT_OWNER_DIED,
		  view_try_acquire_flags(&self->view, 0));
	EXPECT_EQ(WAS, view_try_acquire_flags(&self->view, 0));
}

TEST_F(member, a_writer_that_published_was_the_owner)
{
	ASSERT_EQ(0, view_publish(&self->view, 0));
	EXPECT_EQ(WAS | SHMREGION_OUT_READONLY,
		  view_try_acquire_flags(&self->view, 0));
}

TEST_F(member, who_reclaimed_was_the_owner)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_CONTROLLED);
	struct view view = { fd, PAGE, NULL };

	ASSERT_EQ(0, view_release(&view, 0));
	ASSERT_EQ(0, raw_reclaim(fd));
	EXPECT_EQ(WAS, view_try_acquire_flags(&view, 0));
}

static long step_acquire_flags(void *data, long unused)
{
	const struct view *view = data;
	uint32_t flags;

	(void)unused;
	return raw_acquire(view->fd, 0, SHMREGION_NO_DEADLINE, &flags, NULL) ?
		       -errno : (long)flags;
}

TEST_F(member, a_wait_tells_a_gift_from_a_free_region)
{
	peer_begin(&self->peer, step_acquire_flags, &self->view, 0);
	ASSERT_TRUE(wait_until_in_ioctl(self->peer.pid, SHMREGION_IOC_ACQUIRE));
	ASSERT_EQ(0, TO_MEMBER(2));
	EXPECT_EQ(WAS, peer_finish(&self->peer));
	ASSERT_EQ(0, PEER_DO(view_transfer, getpid()));

	peer_begin(&self->peer, step_acquire_flags, &self->view, 0);
	ASSERT_TRUE(wait_until_in_ioctl(self->peer.pid, SHMREGION_IOC_ACQUIRE));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

static long step_transfer_and_wait(void *data, long member)
{
	const struct view *view = data;
	uint32_t flags;

	return raw_transfer(view->fd, SHMREGION_BY_MEMBER, member,
			    SHMREGION_TRANSFER_WAIT, SHMREGION_NO_DEADLINE,
			    &flags) ? -errno : (long)flags;
}

TEST_F(member, a_transfer_that_waits_tells_them_too)
{
	ASSERT_EQ(2, PEER_DO(step_join, 0));
	ASSERT_EQ(0, TO_MEMBER(2));
	peer_begin(&self->peer, step_transfer_and_wait, &self->view, 1);
	ASSERT_TRUE(wait_until_in_ioctl(self->peer.pid,
					SHMREGION_IOC_TRANSFER));
	ASSERT_EQ(0, TO_MEMBER(2));
	EXPECT_EQ(WAS, peer_finish(&self->peer));

	peer_begin(&self->peer, step_transfer_and_wait, &self->view, 1);
	ASSERT_TRUE(wait_until_in_ioctl(self->peer.pid,
					SHMREGION_IOC_TRANSFER));
	ASSERT_EQ(0, view_release(&self->view, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
}

/* Every kind of mapping keeps a process from leaving, however it came by it. */
FIXTURE(leaving)
{
	struct view view;
	struct peer peer;
};

FIXTURE_VARIANT(leaving)
{
	uint32_t mode;
	uint32_t flags;
	owner_change before, after;
	int prot;
	/* It maps first, and consents later. */
	bool unattached;
};

#define LEAVING(_name, _mode, _before, _after, _prot, ...)		\
	FIXTURE_VARIANT_ADD(leaving, _name)				\
	{								\
		.mode = SHMREGION_MODE_##_mode,				\
		.flags = SHMREGION_CREATE_POPULATE,			\
		.before = _before,					\
		.after = _after,					\
		.prot = _prot,						\
		__VA_ARGS__						\
	}

LEAVING(revocable, WRITABLE, keep, keep, PROT_RW);
LEAVING(revocable_none, WRITABLE, keep, keep, PROT_NONE);
LEAVING(revocable_then_published, WRITABLE, keep, publish, PROT_RW);
LEAVING(revocable_then_frozen, WRITABLE, keep, freeze, PROT_READ);
LEAVING(revocable_then_shared, WRITABLE, keep, share, PROT_RW);
LEAVING(reader, WRITABLE, publish, keep, PROT_READ);
LEAVING(frozen_reader, WRITABLE, freeze, keep, PROT_READ);
LEAVING(unsafe, UNSAFE, keep, keep, PROT_RW);
LEAVING(unsafe_reader, UNSAFE, keep, keep, PROT_READ);
LEAVING(unsafe_none, UNSAFE, keep, keep, PROT_NONE);
LEAVING(shared, WRITABLE, share, keep, PROT_RW);
LEAVING(reader_unattached, WRITABLE, publish, keep, PROT_READ,
	.unattached = true);
LEAVING(frozen_unattached, WRITABLE, freeze, keep, PROT_READ,
	.unattached = true);
LEAVING(unsafe_unattached, UNSAFE, keep, keep, PROT_RW, .unattached = true);

FIXTURE_SETUP(leaving)
{
	struct view *view = &self->view;

	view->size = 3 * PAGE;
	view->fd = make_region(view->size, variant->mode, variant->flags);
	ASSERT_LE(0, view->fd);
	self->peer = peer_start();
	ASSERT_EQ(0, variant->before(view->fd, 0));
	ASSERT_EQ(0, PEER_DO(variant->unattached ? view_map_unattached :
						   view_map, variant->prot));
	ASSERT_EQ(0, variant->after(view->fd, 0));
	ASSERT_EQ(0, PEER_DO(view_attach, 0));
}

FIXTURE_TEARDOWN(leaving)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

static long step_unmap_page(void *data, long page)
{
	const struct view *view = data;

	return -errno_of(munmap(view->memory + page * PAGE, PAGE));
}

static long step_move(void *data, long unused)
{
	struct view *view = data;
	void *to = mmap(NULL, view->size, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	if (mremap(view->memory, view->size, view->size,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		return -errno;
	view->memory = to;
	return 0;
}

static long step_child_leaves(void *data, long unused)
{
	struct peer child = peer_start();
	long ret;

	ret = peer_do(&child, view_attach, data, unused) ?:
	      peer_do(&child, view_detach, data, unused);
	peer_kill(&child);
	return ret;
}

TEST_F(leaving, waits_for_the_last_page)
{
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	ASSERT_EQ(0, PEER_DO(step_unmap_page, 1));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	ASSERT_EQ(0, PEER_DO(step_unmap_page, 0));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	ASSERT_EQ(0, PEER_DO(step_unmap_page, 2));
	EXPECT_EQ(0, PEER_DO(view_detach, 0));
}

TEST_F(leaving, waits_for_a_mapping_that_was_moved)
{
	ASSERT_EQ(0, PEER_DO(step_move, 0));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	ASSERT_EQ(0, PEER_DO(view_unmap, 0));
	EXPECT_EQ(0, PEER_DO(view_detach, 0));
}

/* A child inherits ordinary mappings, and may become a member. */
TEST_F(leaving, waits_for_a_mapping_that_was_inherited)
{
	const bool ordinary = variant->before != keep ||
			      variant->mode == SHMREGION_MODE_UNSAFE;

	if (!ordinary)
		SKIP(return, "revocable mappings are not inherited");
	EXPECT_EQ(-EBUSY, PEER_DO(step_child_leaves, 0));
}

/* To leave takes nobody else's mapping away, nor is it hindered by one. */
TEST_F(leaving, does_not_wait_for_others)
{
	struct peer other = peer_start();

	ASSERT_EQ(0, peer_do(&other, view_attach, &self->view, 0));
	EXPECT_EQ(0, peer_do(&other, view_detach, &self->view, 0));
	EXPECT_EQ(-EBUSY, PEER_DO(view_detach, 0));
	peer_kill(&other);
}

TEST_SERVER_MAIN
