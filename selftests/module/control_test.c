// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control is settled when a region is made (design.md, "Control"). Without the
 * flag nobody ever has it, whoever made the region and whatever became of it
 * since: the owner's access, and what it reads, change by its own acts alone,
 * whatever the creator, former owners and their accomplices have kept (G14).
 * With the flag every holder can tell. errno_test.c has the order of the
 * errors, access_limit_test.c what limits do.
 */
#include "hostile.h"
#include "harness.h"

#define PROT_RW (PROT_READ | PROT_WRITE)
#define FILL 0x5a

/* What a process that made, or owned, a region keeps of it. */
static int attempts_to_control(int fd, pid_t pid)
{
	const uint32_t controls[] = {
		RIGHTS_ALL, SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL,
	};
	const uint32_t limits[] = { 0, RIGHTS_RO, RIGHTS_RW };
	int refused = 0, i;

	for (i = 0; i < 2; i++)
		refused += errno_of(raw_dup(fd, controls[i])) == EACCES;
	for (i = 0; i < 3; i++) {
		refused += errno_of(raw_limit_others(fd, limits[i])) == EPERM;
		refused += errno_of(limit_process(fd, pid, limits[i])) == EPERM;
		refused += errno_of(raw_limit(fd, SHMREGION_BY_MEMBER, 1,
					      limits[i])) == EPERM;
	}
	refused += errno_of(raw_reclaim(fd)) == EPERM;
	refused += errno_of(raw_destroy(fd)) == EPERM;
	return refused;
}

#define ATTEMPTS 13

/* By the handle, and by duplicates of duplicates of it. */
static long step_attempt_all(void *data, long pid)
{
	const struct view *view = data;
	int fds[4], refused, i;

	fds[0] = view->fd;
	fds[1] = raw_dup(fds[0], RIGHTS_RW);
	fds[2] = raw_dup(fds[1], RIGHTS_RW);
	fds[3] = raw_dup(fds[2], RIGHTS_RO);
	for (i = 0, refused = 0; i < 4; i++)
		refused += attempts_to_control(fds[i], pid);
	for (i = 1; i < 4; i++)
		close(fds[i]);
	return refused;
}

/* A region without control in each state that it can reach. */
FIXTURE(uncontrolled)
{
	struct view view;
	struct peer other;
	int sockets[2];
};

FIXTURE_VARIANT(uncontrolled)
{
	uint32_t mode;
	owner_change reach;
};

FIXTURE_VARIANT_ADD(uncontrolled, owned) { SHMREGION_MODE_WRITABLE, keep };
FIXTURE_VARIANT_ADD(uncontrolled, given) { SHMREGION_MODE_WRITABLE, hand_over };
FIXTURE_VARIANT_ADD(uncontrolled, free) { SHMREGION_MODE_WRITABLE, release };
FIXTURE_VARIANT_ADD(uncontrolled, published) {
	SHMREGION_MODE_WRITABLE, publish,
};

FIXTURE_VARIANT_ADD(uncontrolled, writer_moved) {
	SHMREGION_MODE_WRITABLE, publish_and_hand_over,
};

FIXTURE_VARIANT_ADD(uncontrolled, frozen) { SHMREGION_MODE_WRITABLE, freeze };
FIXTURE_VARIANT_ADD(uncontrolled, shared) { SHMREGION_MODE_WRITABLE, share };
FIXTURE_VARIANT_ADD(uncontrolled, unsafe) { SHMREGION_MODE_UNSAFE, keep };

static long step_receive(void *data, long socket)
{
	struct view *view = data;

	view->fd = receive_fd(socket);
	return view->fd < 0 ? -errno : 0;
}

FIXTURE_SETUP(uncontrolled)
{
	struct view *view = &self->view;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets));
	self->other = peer_start();
	view->size = PAGE;
	view->fd = make_region(PAGE, variant->mode, 0);
	ASSERT_LE(0, view->fd);
	ASSERT_EQ(0, send_fd(self->sockets[0], view->fd));
	ASSERT_EQ(0, peer_do(&self->other, step_receive, view,
			     self->sockets[1]));
	ASSERT_EQ(0, peer_do(&self->other, view_attach, view, 0));
	ASSERT_EQ(0, variant->reach(view->fd, self->other.pid));
}

FIXTURE_TEARDOWN(uncontrolled)
{
	peer_kill(&self->other);
	close(self->view.fd);
}

/* By the creator, a receiver of its handle, and a child that inherits it. */
TEST_F(uncontrolled, is_never_controlled_by_anybody)
{
	struct peer child = peer_start();
	struct shmregion_info before;

	ASSERT_EQ(0, raw_info(self->view.fd, &before));
	EXPECT_EQ(4 * ATTEMPTS, step_attempt_all(&self->view, self->other.pid));
	EXPECT_EQ(4 * ATTEMPTS, peer_do(&self->other, step_attempt_all,
					&self->view, getpid()));
	EXPECT_EQ(4 * ATTEMPTS, peer_do(&child, step_attempt_all, &self->view,
					self->other.pid));
	EXPECT_TRUE(info_is_still(self->view.fd, &before));
	peer_kill(&child);
}

static long step_controlled(void *data, long unused)
{
	const long state = view_info(data, INFO(state));

	(void)unused;
	return state < 0 ? state : !!(state & SHMREGION_STATE_CONTROLLED);
}

TEST_F(uncontrolled, says_so_to_every_holder)
{
	EXPECT_EQ(0, step_controlled(&self->view, 0));
	EXPECT_EQ(0, peer_do(&self->other, step_controlled, &self->view, 0));
}

/* With the flag, through all that becomes of the region. */
TEST(controlled_says_so_to_every_holder_in_every_mode)
{
	const owner_change changes[] = { keep, publish, freeze };
	struct view view = { .size = PAGE }, reader, plain;
	struct peer member, stranger;
	char value[16];
	size_t i;

	view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			      SHMREGION_CREATE_CONTROLLED);
	reader = (struct view){ raw_dup(view.fd, RIGHTS_RO), PAGE, NULL };
	plain = (struct view){ raw_dup(view.fd, RIGHTS_RW), PAGE, NULL };
	member = peer_start();
	stranger = peer_start();
	ASSERT_EQ(0, peer_do(&member, view_attach, &view, 0));
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		ASSERT_EQ(0, changes[i](view.fd, 0));
		EXPECT_EQ(1, step_controlled(&view, 0));
		EXPECT_EQ(1, step_controlled(&plain, 0));
		EXPECT_EQ(1, peer_do(&member, step_controlled, &plain, 0));
		EXPECT_EQ(1, peer_do(&stranger, step_controlled, &reader, 0));
	}
	ASSERT_TRUE(fdinfo_value(reader.fd, "controlled", value,
				 sizeof(value)));
	EXPECT_STREQ("yes", value);
	peer_kill(&stranger);
	peer_kill(&member);
}

/*
 * A receiver that parses in place: it owns the region, checks what is in it,
 * and uses it later. The client made it and has kept everything.
 */
FIXTURE(receiver)
{
	struct hostile client;
	struct view view;
	struct peer receiver;
};

FIXTURE_VARIANT(receiver)
{
	owner_change reach;
};

FIXTURE_VARIANT_ADD(receiver, owner) { keep };
FIXTURE_VARIANT_ADD(receiver, writer) { publish };

static const struct handle_kind given = {
	"given", SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_POPULATE, RIGHTS_RW,
	keep, 0,
};

FIXTURE_SETUP(receiver)
{
	self->view.size = MIB(2) + KIB(12);
	self->view.fd = hostile_make(&self->client, &given, self->view.size);
	ASSERT_LE(0, self->view.fd);
	self->receiver = peer_start();
	ASSERT_EQ(0, peer_do(&self->receiver, view_map, &self->view, PROT_RW));
	ASSERT_EQ(0, variant->reach(self->client.view.fd, 0));
	ASSERT_EQ(0, view_transfer(&self->client.view, self->receiver.pid));
	ASSERT_EQ(SHMREGION_OUT_WAS_OWNER |
		  (variant->reach == keep ? 0 : SHMREGION_OUT_READONLY),
		  peer_do(&self->receiver, view_try_acquire_flags, &self->view,
			  0));
}

FIXTURE_TEARDOWN(receiver)
{
	EXPECT_EQ(0, peer_stop(&self->receiver));
	hostile_end(&self->client);
}

/* All the acts of the creator, and of those who have its handle. */
TEST_F(receiver, keeps_what_it_has_checked)
{
	const struct peer *receiver = &self->receiver;
	struct shmregion_info before;
	struct view *view = &self->view;
	size_t i;

	ASSERT_EQ(1, peer_do(receiver, view_holds, view, HOSTILE_FILL));
	ASSERT_EQ(0, raw_info(view->fd, &before));
	for (i = 0; i < NR_HOSTILE_ACTS; i++) {
		hostile_acts[i].act(&self->client, receiver->pid);
		touch_write(self->client.view.memory, 1);
		touch_write(self->client.view.memory + view->size - 1, 1);
		EXPECT_EQ(1, peer_do(receiver, view_holds, view, HOSTILE_FILL))
			TH_LOG("after: %s", hostile_acts[i].name);
		EXPECT_EQ(receiver->pid, view_info(view, INFO(owner_pid)));
		EXPECT_EQ(before.out_generation, generation_of(view->fd));
	}
	/* And it can still do all that an owner can. */
	EXPECT_EQ(0, peer_do(receiver, view_write, view, 0));
	EXPECT_EQ(0, peer_do(receiver, view_freeze, view, 0));
	EXPECT_EQ(VIEW_WRITES, peer_do(receiver, view_read, view, 0));
}

/* Nor does the death of the creator take anything from it. */
static long step_make_and_give(void *data, long pid)
{
	struct view *view = data;

	return -errno_of(hand_over(view->fd, pid));
}

TEST_F(receiver, outlives_its_giver)
{
	struct view view = { .size = PAGE };
	struct peer giver, heir;

	view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	giver = peer_start();
	heir = peer_start();
	ASSERT_EQ(0, peer_do(&giver, view_attach, &view, 0));
	ASSERT_EQ(0, peer_do(&heir, view_map, &view, PROT_RW));
	ASSERT_EQ(0, view_transfer(&view, giver.pid));
	ASSERT_EQ(0, peer_do(&giver, step_make_and_give, &view, heir.pid));
	ASSERT_EQ(0, peer_do(&heir, view_write, &view, 0));
	peer_kill(&giver);
	close(view.fd);
	EXPECT_EQ(VIEW_WRITES, peer_do(&heir, view_read, &view, 0));
	EXPECT_EQ(SHMREGION_OUT_WAS_OWNER,
		  peer_do(&heir, view_try_acquire_flags, &view, 0));
	peer_kill(&heir);
}

/*
 * Whom the limit of all others is for: not the creator, nor those that were
 * given one of their own; but everybody else, now and later.
 */
FIXTURE(others)
{
	struct view view, own;
	struct peer named, unnamed;
};

FIXTURE_SETUP(others)
{
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_UNSAFE,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	self->own = self->view;
	ASSERT_EQ(0, view_map(&self->own, PROT_RW));
	memset(self->own.memory, FILL, PAGE);
	self->named = peer_start();
	self->unnamed = peer_start();
	ASSERT_EQ(0, peer_do(&self->named, view_map, &self->view, PROT_RW));
	ASSERT_EQ(0, peer_do(&self->unnamed, view_map, &self->view, PROT_RW));
}

FIXTURE_TEARDOWN(others)
{
	peer_kill(&self->unnamed);
	peer_kill(&self->named);
	close(self->view.fd);
}

TEST_F(others, are_not_the_creator)
{
	ASSERT_EQ(0, raw_limit_others(self->view.fd, 0));
	EXPECT_EQ(FILL, view_read(&self->own, 0));
	EXPECT_EQ(0, view_write(&self->own, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->unnamed, view_read, &self->view, 0));
	/* But a controller that is not the creator is one of them. */
	EXPECT_EQ(RIGHTS_RW, (uint32_t)view_info(&self->view, INFO(access)));
	EXPECT_EQ(0, peer_do(&self->unnamed, view_info, &self->view,
			     INFO(access)));
}

TEST_F(others, are_not_those_that_have_a_limit_of_their_own)
{
	const long member = peer_do(&self->named, view_member, &self->view, 0);

	ASSERT_EQ(0, raw_limit_others(self->view.fd, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->named, view_read, &self->view, 0));
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER, member,
			       RIGHTS_RW));
	EXPECT_EQ(FILL, peer_do(&self->named, view_read, &self->view, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->unnamed, view_read, &self->view, 0));
	/* From a wide limit of all others it does not profit. */
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER, member, 0));
	ASSERT_EQ(0, raw_limit_others(self->view.fd, RIGHTS_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->named, view_read, &self->view, 0));
	EXPECT_EQ(FILL, peer_do(&self->unnamed, view_read, &self->view, 0));
}

TEST_F(others, are_all_that_come_later)
{
	struct peer later;

	ASSERT_EQ(0, raw_limit_others(self->view.fd, 0));
	later = peer_start();
	ASSERT_EQ(0, peer_do(&later, view_map, &self->view, PROT_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(&later, view_read, &self->view, 0));
	/* The recipe: one of them, by the id that it told. */
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER,
			       peer_do(&later, view_member, &self->view, 0),
			       RIGHTS_RW));
	EXPECT_EQ(FILL, peer_do(&later, view_read, &self->view, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->unnamed, view_read, &self->view, 0));
	peer_kill(&later);
}

static long step_child_reads(void *data, long unused)
{
	struct peer child = peer_start();
	long ret = peer_do(&child, view_map, data, PROT_RW);

	(void)unused;
	if (!ret)
		ret = peer_do(&child, view_read, data, 0);
	peer_kill(&child);
	return ret;
}

/* A member id that is not attached at the moment is limited all the same. */
TEST_F(others, cannot_slip_out_by_leaving)
{
	struct view *view = &self->view;
	const struct peer *named = &self->named;
	const long member = peer_do(named, view_member, view, 0);

	ASSERT_EQ(0, peer_do(named, view_unmap, view, 0));
	ASSERT_EQ(0, peer_do(named, view_detach, view, 0));
	ASSERT_EQ(0, raw_limit(view->fd, SHMREGION_BY_MEMBER, member, 0));
	ASSERT_EQ(0, peer_do(named, view_map, view, PROT_RW));
	EXPECT_EQ(-SIGSEGV, peer_do(named, view_read, view, 0));
	/* Nor by a child, or by another program: those are others. */
	ASSERT_EQ(0, raw_limit_others(view->fd, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(named, step_child_reads, view, 0));
}

TEST_HARNESS_MAIN
