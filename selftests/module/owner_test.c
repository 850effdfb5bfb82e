// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine (G2, G9): every operation in every state, by the owner, by
 * somebody else and by a read-only handle; what INFO says about it and what
 * old and new mappings are good for, on both sides.
 */
#include "operations.h"
#include "harness.h"

enum state {
	WRITABLE_MINE,
	WRITABLE_PEERS,
	WRITABLE_FREE,
	WRITABLE_ORPHAN,
	READONLY_MINE,
	READONLY_PEERS,
	READONLY_FREE,
	READONLY_ORPHAN,
	FROZEN,
	UNSAFE,
	NR_STATES,
};

enum operation {
	TRANSFER_TO_PEER,
	TRANSFER_TO_SELF,
	RELEASE,
	ACQUIRE,
	PUBLISH,
	FREEZE,
	SHARE,
	ATTACH,
	DETACH,
	NR_OPERATIONS,
};

static const struct {
	const char *name;
	peer_step step;
} operations[NR_OPERATIONS] = {
	[TRANSFER_TO_PEER] = { "transfer to peer", view_transfer },
	[TRANSFER_TO_SELF] = { "transfer to self", view_transfer },
	[RELEASE] = { "release", view_release },
	[ACQUIRE] = { "acquire", view_try_acquire_flags },
	[PUBLISH] = { "publish", view_publish },
	[FREEZE] = { "freeze", view_freeze },
	[SHARE] = { "share", view_share },
	[ATTACH] = { "attach", view_attach },
	[DETACH] = { "detach", view_detach },
};

/*
 * The state machine: the state that an operation of mine leads to, or minus
 * its error. Both sides are attached and have mapped, so none can detach.
 */
static const int machine[NR_STATES][NR_OPERATIONS] = {
	/* transfer to peer, to self, release, acquire, */
	/* publish, freeze, share, attach, detach */
	[WRITABLE_MINE] = {
		WRITABLE_PEERS, WRITABLE_MINE, WRITABLE_FREE, WRITABLE_MINE,
		READONLY_MINE, FROZEN, UNSAFE, WRITABLE_MINE, -EBUSY },
	[WRITABLE_PEERS] = {
		-EPERM, -EPERM, -EPERM, -EAGAIN,
		-EPERM, -EPERM, -EPERM, WRITABLE_PEERS, -EBUSY },
	[WRITABLE_FREE] = {
		-EPERM, -EPERM, -EPERM, WRITABLE_MINE,
		-EPERM, -EPERM, -EPERM, WRITABLE_FREE, -EBUSY },
	[WRITABLE_ORPHAN] = {
		-EPERM, -EPERM, -EPERM, WRITABLE_MINE,
		-EPERM, -EPERM, -EPERM, WRITABLE_ORPHAN, -EBUSY },
	[READONLY_MINE] = {
		READONLY_PEERS, READONLY_MINE, READONLY_FREE, READONLY_MINE,
		-EINVAL, FROZEN, -EINVAL, READONLY_MINE, -EBUSY },
	[READONLY_PEERS] = {
		-EPERM, -EPERM, -EPERM, -EAGAIN,
		-EINVAL, -EPERM, -EINVAL, READONLY_PEERS, -EBUSY },
	[READONLY_FREE] = {
		-EPERM, -EPERM, -EPERM, READONLY_MINE,
		-EINVAL, -EPERM, -EINVAL, READONLY_FREE, -EBUSY },
	[READONLY_ORPHAN] = {
		-EPERM, -EPERM, -EPERM, READONLY_MINE,
		-EINVAL, -EPERM, -EINVAL, READONLY_ORPHAN, -EBUSY },
	[FROZEN] = {
		-EINVAL, -EINVAL, -EINVAL, -EINVAL,
		-EINVAL, -EINVAL, -EINVAL, FROZEN, -EBUSY },
	[UNSAFE] = {
		-EINVAL, -EINVAL, -EINVAL, -EINVAL,
		-EINVAL, -EINVAL, -EINVAL, UNSAFE, -EBUSY },
};

/* What a state looks like, from my side and from the peer's. */
static const struct {
	uint32_t mode;
	uint32_t bits;
	uint32_t writers[2];
	uint32_t access[2];
} looks[NR_STATES] = {
	[WRITABLE_MINE] = {
		SHMREGION_MODE_WRITABLE, SHMREGION_STATE_OWNED,
		{ SHMREGION_WRITERS_CALLER, SHMREGION_WRITERS_OTHER },
		{ RIGHTS_RW, 0 } },
	[WRITABLE_PEERS] = {
		SHMREGION_MODE_WRITABLE, SHMREGION_STATE_OWNED,
		{ SHMREGION_WRITERS_OTHER, SHMREGION_WRITERS_CALLER },
		{ 0, RIGHTS_RW } },
	[WRITABLE_FREE] = {
		SHMREGION_MODE_WRITABLE, 0,
		{ SHMREGION_WRITERS_UNOWNED, SHMREGION_WRITERS_UNOWNED },
		{ 0, 0 } },
	[WRITABLE_ORPHAN] = {
		SHMREGION_MODE_WRITABLE, SHMREGION_STATE_OWNER_DIED,
		{ SHMREGION_WRITERS_UNOWNED, SHMREGION_WRITERS_UNOWNED },
		{ 0, 0 } },
	[READONLY_MINE] = {
		SHMREGION_MODE_READONLY, SHMREGION_STATE_OWNED,
		{ SHMREGION_WRITERS_CALLER, SHMREGION_WRITERS_OTHER },
		{ RIGHTS_RW, RIGHTS_RO } },
	[READONLY_PEERS] = {
		SHMREGION_MODE_READONLY, SHMREGION_STATE_OWNED,
		{ SHMREGION_WRITERS_OTHER, SHMREGION_WRITERS_CALLER },
		{ RIGHTS_RO, RIGHTS_RW } },
	[READONLY_FREE] = {
		SHMREGION_MODE_READONLY, 0,
		{ SHMREGION_WRITERS_UNOWNED, SHMREGION_WRITERS_UNOWNED },
		{ RIGHTS_RO, RIGHTS_RO } },
	[READONLY_ORPHAN] = {
		SHMREGION_MODE_READONLY, SHMREGION_STATE_OWNER_DIED,
		{ SHMREGION_WRITERS_UNOWNED, SHMREGION_WRITERS_UNOWNED },
		{ RIGHTS_RO, RIGHTS_RO } },
	[FROZEN] = {
		SHMREGION_MODE_READONLY, SHMREGION_STATE_FROZEN,
		{ SHMREGION_WRITERS_NONE, SHMREGION_WRITERS_NONE },
		{ RIGHTS_RO, RIGHTS_RO } },
	[UNSAFE] = {
		SHMREGION_MODE_UNSAFE, 0,
		{ SHMREGION_WRITERS_ALL, SHMREGION_WRITERS_ALL },
		{ RIGHTS_RW, RIGHTS_RW } },
};

/*
 * Both sides have a mapping for writing, made while the region was WRITABLE
 * and mine, and all of it is VIEW_WRITES.
 */
static void begin(struct __test_metadata *_metadata, struct view *view,
		  struct peer *peer)
{
	view->size = KIB(8);
	view->fd = make_region(view->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	*peer = peer_start();
	ASSERT_LT(0, peer->pid);
	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_READ | PROT_WRITE));
	memset(view->memory, VIEW_WRITES, view->size);
}

FIXTURE(machine)
{
	struct view view;
	struct peer peer;
};

FIXTURE_VARIANT(machine)
{
	enum state state;
};

FIXTURE_VARIANT_ADD(machine, writable_mine) { WRITABLE_MINE };
FIXTURE_VARIANT_ADD(machine, writable_peers) { WRITABLE_PEERS };
FIXTURE_VARIANT_ADD(machine, writable_free) { WRITABLE_FREE };
FIXTURE_VARIANT_ADD(machine, writable_orphan) { WRITABLE_ORPHAN };
FIXTURE_VARIANT_ADD(machine, readonly_mine) { READONLY_MINE };
FIXTURE_VARIANT_ADD(machine, readonly_peers) { READONLY_PEERS };
FIXTURE_VARIANT_ADD(machine, readonly_free) { READONLY_FREE };
FIXTURE_VARIANT_ADD(machine, readonly_orphan) { READONLY_ORPHAN };
FIXTURE_VARIANT_ADD(machine, frozen) { FROZEN };
FIXTURE_VARIANT_ADD(machine, unsafe) { UNSAFE };

/* From WRITABLE_MINE into the state of the variant. */
static void enter(struct __test_metadata *_metadata, struct view *view,
		  const struct peer *peer, enum state state)
{
	struct peer victim;

	if (looks[state].mode == SHMREGION_MODE_READONLY && state != FROZEN) {
		ASSERT_EQ(0, view_publish(view, 0));
	}
	switch (state) {
	case WRITABLE_PEERS:
	case READONLY_PEERS:
		ASSERT_EQ(0, view_transfer(view, peer->pid));
		break;
	case WRITABLE_FREE:
	case READONLY_FREE:
		ASSERT_EQ(0, view_release(view, 0));
		break;
	case WRITABLE_ORPHAN:
	case READONLY_ORPHAN:
		victim = peer_start();
		ASSERT_EQ(0, peer_do(&victim, view_attach, view, 0));
		ASSERT_EQ(0, view_transfer(view, victim.pid));
		peer_kill(&victim);
		break;
	case FROZEN:
		ASSERT_EQ(0, view_freeze(view, 0));
		break;
	case UNSAFE:
		ASSERT_EQ(0, view_share(view, 0));
		break;
	default:
		break;
	}
}

FIXTURE_SETUP(machine)
{
	begin(_metadata, &self->view, &self->peer);
	enter(_metadata, &self->view, &self->peer, variant->state);
}

FIXTURE_TEARDOWN(machine)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

static pid_t owner_in(enum state state, const struct peer *peer)
{
	if (!(looks[state].bits & SHMREGION_STATE_OWNED))
		return 0;
	return looks[state].writers[0] == SHMREGION_WRITERS_CALLER ?
		       getpid() : peer->pid;
}

/* Done by the peer, or by me if there is none. */
static long on_side(const struct peer *peer, peer_step step, struct view *view,
		    long argument)
{
	return peer ? peer_do(peer, step, view, argument) :
		      step(view, argument);
}

/* What INFO tells and the old mapping allows on one side. */
static void expect_side(struct __test_metadata *_metadata, struct view *view,
			const struct peer *peer, enum state state, pid_t owner)
{
	const uint32_t access = looks[state].access[!!peer];
	const long writes = access & SHMREGION_RIGHT_WRITE ? 0 : -SIGSEGV;
	const long reads = access & SHMREGION_RIGHT_READ ? VIEW_WRITES :
							   -SIGSEGV;
	long last = view->size - 1;

	EXPECT_EQ(looks[state].mode, on_side(peer, view_info, view, INFO(mode)));
	EXPECT_EQ(looks[state].bits, on_side(peer, view_owner_state, view, 0));
	EXPECT_EQ(looks[state].writers[!!peer],
		  on_side(peer, view_info, view, INFO(writers)));
	EXPECT_EQ(access, on_side(peer, view_info, view, INFO(access)));
	EXPECT_EQ(owner, on_side(peer, view_info, view, INFO(owner_pid)));
	EXPECT_EQ(writes, on_side(peer, view_write, view, 0));
	EXPECT_EQ(writes, on_side(peer, view_write, view, last));
	EXPECT_EQ(reads, on_side(peer, view_read, view, 0));
	EXPECT_EQ(reads, on_side(peer, view_read, view, last));
}

static void expect_state(struct __test_metadata *_metadata, struct view *view,
			 const struct peer *peer, enum state state)
{
	const pid_t owner = owner_in(state, peer);

	expect_side(_metadata, view, NULL, state, owner);
	expect_side(_metadata, view, peer, state, owner);
}

/* What an operation that succeeds tells. */
static long tells(enum state state, enum operation operation)
{
	long flags = 0;

	if (operation != ACQUIRE)
		return 0;
	if (looks[state].mode == SHMREGION_MODE_READONLY)
		flags |= SHMREGION_OUT_READONLY;
	if (looks[state].writers[0] == SHMREGION_WRITERS_CALLER)
		return flags | SHMREGION_OUT_WAS_OWNER;
	/* A death is told to who acquires, not to who asks. */
	if (looks[state].bits & SHMREGION_STATE_OWNER_DIED)
		flags |= SHMREGION_OUT_OWNER_DIED;
	return flags;
}

/* Does what the table says; the generation advances when the state changes. */
static void expect_operation(struct __test_metadata *_metadata,
			     FIXTURE_DATA(machine) *self, enum state state,
			     enum operation operation)
{
	const int expected = machine[state][operation];
	struct view *view = &self->view;
	struct shmregion_info before;
	long ret;

	expect_state(_metadata, view, &self->peer, state);
	ASSERT_EQ(0, raw_info(view->fd, &before));
	ret = operations[operation].step(view, operation == TRANSFER_TO_SELF ?
						       getpid() :
						       self->peer.pid);
	EXPECT_EQ(expected < 0 ? expected : tells(state, operation), ret);
	if (expected < 0 || expected == (int)state) {
		EXPECT_TRUE(info_is_still(view->fd, &before));
		expect_state(_metadata, view, &self->peer, state);
	} else {
		EXPECT_LT(before.out_generation, generation_of(view->fd));
		expect_state(_metadata, view, &self->peer, expected);
	}
}

#define TEST_OPERATION(name, operation)					\
	TEST_F(machine, name)						\
	{								\
		expect_operation(_metadata, self, variant->state,	\
				 operation);				\
	}

TEST_OPERATION(transfer_to_peer, TRANSFER_TO_PEER)
TEST_OPERATION(transfer_to_self, TRANSFER_TO_SELF)
TEST_OPERATION(release, RELEASE)
TEST_OPERATION(acquire, ACQUIRE)
TEST_OPERATION(publish, PUBLISH)
TEST_OPERATION(freeze, FREEZE)
TEST_OPERATION(share, SHARE)
TEST_OPERATION(attach, ATTACH)
TEST_OPERATION(detach, DETACH)

/* By an owner as well: what counts is the handle that the call is made by. */
TEST_F(machine, a_read_only_handle_changes_nothing)
{
	struct view view = self->view;
	struct shmregion_info before;
	enum operation operation;
	long ret;

	view.fd = raw_dup(self->view.fd, RIGHTS_RO);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, raw_info(self->view.fd, &before));
	for (operation = 0; operation < ATTACH; operation++) {
		ret = operations[operation].step(&view, self->peer.pid);
		EXPECT_EQ(-EACCES, ret)
			TH_LOG("by %s", operations[operation].name);
	}
	EXPECT_EQ(0, view_attach(&view, 0));
	EXPECT_EQ(-EBUSY, view_detach(&view, 0));
	EXPECT_TRUE(info_is_still(self->view.fd, &before));
	expect_state(_metadata, &self->view, &self->peer, variant->state);
}

/* Has a handle with all rights but never attached. */
TEST_F(machine, a_stranger_changes_nothing)
{
	struct peer stranger = peer_start();
	enum state state = variant->state;
	struct shmregion_info before;
	enum operation operation;
	long ret;

	if (state == WRITABLE_MINE)
		state = WRITABLE_PEERS;
	if (state == READONLY_MINE)
		state = READONLY_PEERS;
	ASSERT_EQ(0, raw_info(self->view.fd, &before));
	for (operation = 0; operation < ATTACH; operation++) {
		if (machine[state][operation] >= 0)
			continue;
		ret = peer_do(&stranger, operations[operation].step,
			      &self->view, self->peer.pid);
		EXPECT_EQ(machine[state][operation], ret)
			TH_LOG("by %s", operations[operation].name);
	}
	peer_kill(&stranger);
	EXPECT_TRUE(info_is_still(self->view.fd, &before));
	expect_state(_metadata, &self->view, &self->peer, variant->state);
}

/* What mappings are good for that are older or newer than the change. */
FIXTURE(mapping)
{
	struct view view;
	struct peer peer;
};

FIXTURE_SETUP(mapping)
{
	begin(_metadata, &self->view, &self->peer);
}

FIXTURE_TEARDOWN(mapping)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

/* rows: M49 */
TEST_F(mapping, after_publish_a_new_one_of_others_reads_only)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	ASSERT_EQ(0, view_publish(view, 0));
	EXPECT_EQ(-EACCES, peer_do(peer, view_map, view,
				   PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_READ));
	EXPECT_EQ(VIEW_WRITES, peer_do(peer, view_read, view, 0));
	EXPECT_EQ(-EACCES, peer_do(peer, view_protect, view,
				   PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_write, view, 0));
}

TEST_F(mapping, after_publish_readers_see_what_the_owner_writes)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;
	struct view newer = *view;

	ASSERT_EQ(0, view_publish(view, 0));
	ASSERT_EQ(VIEW_WRITES, peer_do(peer, view_read, view, 0));
	view->memory[0] = 1;
	EXPECT_EQ(1, peer_do(peer, view_read, view, 0));
	ASSERT_EQ(0, view_map(&newer, PROT_READ | PROT_WRITE));
	newer.memory[0] = 2;
	EXPECT_EQ(2, peer_do(peer, view_read, view, 0));
}

/* rows: W36 */
TEST_F(mapping, after_freeze_nobody_gets_one_for_writing)
{
	struct view *view = &self->view;

	ASSERT_EQ(0, view_freeze(view, 0));
	EXPECT_EQ(-EACCES, view_map(view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-EACCES, peer_do(&self->peer, view_map, view,
				   PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(view, PROT_READ));
	EXPECT_EQ(-EACCES, view_protect(view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(VIEW_WRITES, view_read(view, 0));
	EXPECT_EQ(-SIGSEGV, view_write(view, 0));
}

TEST_F(mapping, after_freeze_the_content_is_what_the_last_writer_left)
{
	struct view *view = &self->view;

	view->memory[1] = 1;
	ASSERT_EQ(0, view_freeze(view, 0));
	EXPECT_EQ(-SIGSEGV, view_write(view, 1));
	EXPECT_EQ(1, view_read(view, 1));
	EXPECT_EQ(1, peer_do(&self->peer, view_read, view, 1));
}

TEST_F(mapping, after_share_old_and_new_ones_of_all_are_one_memory)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;
	struct view newer = *view;

	ASSERT_EQ(0, view_share(view, 0));
	ASSERT_EQ(0, view_map(&newer, PROT_READ | PROT_WRITE));
	view->memory[0] = 1;
	EXPECT_EQ(1, newer.memory[0]);
	EXPECT_EQ(1, peer_do(peer, view_read, view, 0));
	newer.memory[0] = 2;
	EXPECT_EQ(2, view->memory[0]);
	EXPECT_EQ(0, peer_do(peer, view_write, view, 0));
	EXPECT_EQ(VIEW_WRITES, newer.memory[0]);
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_READ | PROT_WRITE));
	view->memory[0] = 3;
	EXPECT_EQ(3, peer_do(peer, view_read, view, 0));
}

/* The new owner's entries are there and read-only when it first writes. */
TEST_F(mapping, a_new_writer_writes_where_it_has_read)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;
	long last = view->size - 1;

	ASSERT_EQ(0, view_publish(view, 0));
	ASSERT_EQ(VIEW_WRITES, peer_do(peer, view_read, view, 0));
	ASSERT_EQ(VIEW_WRITES, peer_do(peer, view_read, view, last));
	memset(view->memory, 1, view->size);
	ASSERT_EQ(0, view_transfer(view, peer->pid));
	EXPECT_EQ(1, peer_do(peer, view_read, view, last));
	EXPECT_EQ(0, peer_do(peer, view_write, view, 0));
	EXPECT_EQ(0, peer_do(peer, view_write, view, last));
	EXPECT_EQ(VIEW_WRITES, view_read(view, last));
}

TEST_F(mapping, one_made_as_a_reader_never_writes)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	ASSERT_EQ(0, view_publish(view, 0));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_READ));
	ASSERT_EQ(0, view_transfer(view, peer->pid));
	EXPECT_EQ(-EACCES, peer_do(peer, view_protect, view,
				   PROT_READ | PROT_WRITE));
	EXPECT_EQ(-SIGSEGV, peer_do(peer, view_write, view, 0));
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, peer_do(peer, view_write, view, 0));
}

TEST_HARNESS_MAIN
