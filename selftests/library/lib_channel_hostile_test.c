// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of libshmdev with a peer that speaks raw bytes and keeps no rule.
 * What it sends is refused: nothing of it is delivered, no file descriptor and
 * no mapping stays, and the shmems that are here stay usable.
 */
#include "lib_channel.h"
#include <kselftest_harness.h>

/* This side with a channel: one shmem is here, one was sent to the peer. */
struct scene {
	struct peer peer;
	struct shmdev_shmem *mine;
	uint8_t *theirs;
	int fds;
};

/* The ids of the two. */
#define MINE		UINT64_C(1)
#define THEIRS		UINT64_C(2)

#define MAX_REGIONS	4
#define MAX_QUEUED	3

static bool scene_start(struct scene *scene)
{
	struct shmdev_channel_limits limits = {
		.peer_bytes = MIB(1),
		.peer_regions = MAX_REGIONS,
		.queued = MAX_QUEUED,
	};
	struct shmdev_shmem *theirs;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, my.sockets))
		return false;
	scene->peer = peer_start();
	if (scene->peer.pid < 0 || be_side(&limits, 0) ||
	    peer_do(&scene->peer, be_raw, NULL, 0))
		return false;

	scene->mine = shmdev_channel_alloc(my.channel, PAGE);
	theirs = shmdev_channel_alloc(my.channel, PAGE);
	if (!scene->mine || !theirs)
		return false;
	scene->theirs = shmdev_shmem_data(theirs);
	*(uint8_t *)shmdev_shmem_data(scene->mine) = 42;
	scene->fds = count_fds();
	return send_one(my.channel, &theirs) == 0 &&
	       shmdev_shmem_id(scene->mine) == MINE;
}

static void scene_stop(struct scene *scene)
{
	peer_stop(&scene->peer);
	shmdev_channel_close(my.channel);
}

/* What holds after everything that is refused. */
#define expect_broken()							\
do {									\
	struct scene *scene = &self->scene;				\
									\
	EXPECT_EQ(EPROTO, errno_of(receive(my.channel)));		\
	EXPECT_EQ(EPROTO, errno_of(send_one(my.channel, &scene->mine)));	\
	EXPECT_EQ(NULL, shmdev_channel_alloc(my.channel, 1));		\
	EXPECT_EQ(EPROTO, errno);					\
	EXPECT_EQ(scene->fds, count_fds());				\
	EXPECT_EQ(SIGSEGV, touch_read(scene->theirs));			\
	EXPECT_EQ(0, shmdev_shmem_verify(scene->mine));			\
	EXPECT_EQ(42, *(uint8_t *)shmdev_shmem_data(scene->mine));	\
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &scene->mine));	\
} while (0)

#define expect_refused(error)						\
do {									\
	EXPECT_EQ(error, errno_of(receive(my.channel)));		\
	expect_broken();						\
} while (0)

/*
 * Bytes that are no packet. Each is a good one with one thing wrong.
 */

static void empty_message(struct wire_packet *packet)
{
	shmdev_wire_init(packet, WIRE_MESSAGE, 0, NULL, 0);
}

static long step_short(void *data, long size)
{
	struct wire_packet packet;

	(void)data;
	empty_message(&packet);
	return raw_send(&packet, size, NULL, 0);
}

static long step_too_long(void *data, long size)
{
	static char space[WIRE_MAX_SIZE + 1];
	struct wire_packet packet;

	(void)data;
	empty_message(&packet);
	packet.head.length = size - sizeof(packet.head);
	memcpy(space, &packet, sizeof(packet.head));
	return raw_send(space, size, NULL, 0);
}

enum mistake {
	MAGIC,
	RESERVED,
	TYPE_ZERO,
	TYPE_UNKNOWN,
	LENGTH_TOO_LONG,
	LENGTH_HUGE,
	COUNT_TOO_LARGE,
	COUNT_HUGE,
	SERIAL_OF_MESSAGE,
	SERIAL_OF_CALL,
	SERIAL_OF_ANSWER,
	TWO_DESTROYED,
	TWINS,
};

static long step_mistake(void *data, long mistake)
{
	struct wire_packet packet;
	size_t size;

	(void)data;
	empty_message(&packet);
	size = shmdev_wire_prefix(&packet);
	switch (mistake) {
	case MAGIC:
		packet.head.magic++;
		break;
	case RESERVED:
		packet.head.reserved = 1;
		break;
	case TYPE_ZERO:
		packet.head.type = 0;
		break;
	case TYPE_UNKNOWN:
		packet.head.type = WIRE_ANSWER + 1;
		break;
	case LENGTH_TOO_LONG:
		packet.head.length = 1;
		break;
	case LENGTH_HUGE:
		packet.head.length = UINT32_MAX;
		break;
	case COUNT_TOO_LARGE:
		packet.head.count = SHMDEV_CHANNEL_MAX_SHMEMS + 1;
		break;
	case COUNT_HUGE:
		packet.head.count = UINT16_MAX;
		break;
	case SERIAL_OF_MESSAGE:
		packet.head.serial = 1;
		break;
	case SERIAL_OF_CALL:
		packet.head.type = WIRE_CALL;
		break;
	case SERIAL_OF_ANSWER:
		packet.head.type = WIRE_ANSWER;
		packet.head.serial = 1;
		break;
	case TWO_DESTROYED:
	case TWINS:
		if (mistake == TWO_DESTROYED)
			packet.head.type = WIRE_DESTROYED;
		shmdev_wire_add(&packet, 2, 0);
		shmdev_wire_add(&packet, 2, 0);
		size = shmdev_wire_prefix(&packet);
		break;
	}
	return raw_send(&packet, size, NULL, 0);
}

/*
 * Allocations of things that are none.
 */

enum bad_created {
	NO_FD,
	TWO_FDS,
	MANY_FDS,
	NOT_A_HANDLE,
	SOCKET,
	READ_ONLY,
	FROZEN,
	PUBLISHED,
	REALLY_UNSAFE,
	REALLY_SAFE,
	LARGER,
	SMALLER,
	SIZE_ZERO,
	SIZE_OVERFLOWS,
	DESTROYED,
	ID_OF_OTHER_HALF,
	ID_ZERO,
	FD_WITH_MESSAGE,
	FD_WITH_DESTROYED,
};

static long step_bad_created(void *data, long which)
{
	enum wire_type type = WIRE_CREATED;
	uint64_t id = PEERS_HALF | 1, size = PAGE;
	int fds[200], i;
	size_t count = 1;

	(void)data;
	fds[0] = make_region(PAGE, which == REALLY_UNSAFE ?
			     SHMREGION_MODE_UNSAFE : SHMREGION_MODE_WRITABLE, 0);
	switch (which) {
	case NO_FD:
		count = 0;
		break;
	case TWO_FDS:
	case MANY_FDS:
		count = which == TWO_FDS ? 2 : 200;
		for (i = 1; i < (int)count; i++)
			fds[i] = fds[0];
		break;
	case NOT_A_HANDLE:
		fds[0] = memfd_create("fake", 0);
		ftruncate(fds[0], PAGE);
		break;
	case SOCKET:
		fds[0] = my.sockets[1];
		break;
	case READ_ONLY:
		fds[0] = shmdev_raw_dup(fds[0], RIGHTS_RO);
		break;
	case FROZEN:
		shmdev_raw_freeze(fds[0]);
		break;
	case PUBLISHED:
		shmdev_raw_publish(fds[0]);
		break;
	case REALLY_SAFE:
		type = WIRE_CREATED_UNSAFE;
		break;
	case LARGER:
		size = PAGE + 1;
		break;
	case SMALLER:
		size = PAGE - 1;
		break;
	case SIZE_ZERO:
		size = 0;
		break;
	case SIZE_OVERFLOWS:
		size = UINT64_MAX;
		break;
	case DESTROYED:
		shmdev_raw_destroy(fds[0]);
		break;
	case ID_OF_OTHER_HALF:
		id = 100;
		break;
	case ID_ZERO:
		id = PEERS_HALF;
		break;
	case FD_WITH_MESSAGE:
		type = WIRE_MESSAGE;
		id = 2;
		break;
	case FD_WITH_DESTROYED:
		type = WIRE_DESTROYED;
		id = 2;
		size = 0;
		break;
	}
	return raw_packet(type, 0, id, size, fds, count);
}

/*
 * Claims about regions that both sides know. The peer has not taken what it was
 * sent, so it has no owner.
 */

enum bad_claim {
	UNKNOWN_ID,
	ID_THAT_IS_HERE,
	DESTROY_UNKNOWN,
	DESTROY_WHAT_IS_HERE,
	DESTROY_WITH_VALUE,
	GENERATION_TOO_OLD,
	GENERATION_TOO_NEW,
	ANSWER_TO_NOTHING,
};

static long step_bad_claim(void *data, long which)
{
	enum wire_type type = WIRE_MESSAGE;
	uint64_t id = THEIRS, value = 0, serial = 0;

	(void)data;
	switch (which) {
	case UNKNOWN_ID:
		id = 3;
		break;
	case ID_THAT_IS_HERE:
		id = MINE;
		value = 2;
		break;
	case DESTROY_UNKNOWN:
		type = WIRE_DESTROYED;
		id = PEERS_HALF | 1;
		break;
	case DESTROY_WHAT_IS_HERE:
		type = WIRE_DESTROYED;
		id = MINE;
		break;
	case DESTROY_WITH_VALUE:
		type = WIRE_DESTROYED;
		value = 1;
		break;
	case GENERATION_TOO_OLD:
		value = 1;
		break;
	case GENERATION_TOO_NEW:
		value = UINT64_MAX;
		break;
	case ANSWER_TO_NOTHING:
		type = WIRE_ANSWER;
		serial = 1;
		value = 2;
		break;
	}
	return raw_packet(type, serial, id, value, NULL, 0);
}

/*
 * All of the above.
 */

FIXTURE(refused)
{
	struct scene scene;
};

FIXTURE_VARIANT(refused)
{
	peer_step step;
	long which;
	int error;
};

#define REFUSED(_step, _which, _error)					\
	FIXTURE_VARIANT_ADD(refused, _which) {				\
		.step = step_##_step,					\
		.which = _which,					\
		.error = _error,					\
	}

REFUSED(mistake, MAGIC, EPROTO);
REFUSED(mistake, RESERVED, EPROTO);
REFUSED(mistake, TYPE_ZERO, EPROTO);
REFUSED(mistake, TYPE_UNKNOWN, EPROTO);
REFUSED(mistake, LENGTH_TOO_LONG, EPROTO);
REFUSED(mistake, LENGTH_HUGE, EPROTO);
REFUSED(mistake, COUNT_TOO_LARGE, EPROTO);
REFUSED(mistake, COUNT_HUGE, EPROTO);
REFUSED(mistake, SERIAL_OF_MESSAGE, EPROTO);
REFUSED(mistake, SERIAL_OF_CALL, EPROTO);
REFUSED(mistake, SERIAL_OF_ANSWER, EPROTO);
REFUSED(mistake, TWO_DESTROYED, EPROTO);
REFUSED(mistake, TWINS, EPROTO);
REFUSED(bad_created, NO_FD, EPROTO);
REFUSED(bad_created, TWO_FDS, EPROTO);
REFUSED(bad_created, MANY_FDS, EPROTO);
REFUSED(bad_created, NOT_A_HANDLE, EPROTO);
REFUSED(bad_created, SOCKET, EPROTO);
REFUSED(bad_created, READ_ONLY, EPROTO);
REFUSED(bad_created, FROZEN, EPROTO);
REFUSED(bad_created, PUBLISHED, EPROTO);
REFUSED(bad_created, REALLY_UNSAFE, EPROTO);
REFUSED(bad_created, REALLY_SAFE, EPROTO);
REFUSED(bad_created, LARGER, EPROTO);
REFUSED(bad_created, SMALLER, EPROTO);
REFUSED(bad_created, SIZE_ZERO, EPROTO);
REFUSED(bad_created, SIZE_OVERFLOWS, EDQUOT);
REFUSED(bad_created, DESTROYED, EPROTO);
REFUSED(bad_created, ID_OF_OTHER_HALF, EPROTO);
REFUSED(bad_created, ID_ZERO, EPROTO);
REFUSED(bad_created, FD_WITH_MESSAGE, EPROTO);
REFUSED(bad_created, FD_WITH_DESTROYED, EPROTO);
REFUSED(bad_claim, UNKNOWN_ID, EPROTO);
REFUSED(bad_claim, ID_THAT_IS_HERE, EPROTO);
REFUSED(bad_claim, DESTROY_UNKNOWN, EPROTO);
REFUSED(bad_claim, DESTROY_WHAT_IS_HERE, EPROTO);
REFUSED(bad_claim, DESTROY_WITH_VALUE, EPROTO);
REFUSED(bad_claim, GENERATION_TOO_OLD, EPROTO);
REFUSED(bad_claim, GENERATION_TOO_NEW, EPROTO);
REFUSED(bad_claim, ANSWER_TO_NOTHING, EPROTO);

FIXTURE_SETUP(refused)
{
	ASSERT_TRUE(scene_start(&self->scene));
}

FIXTURE_TEARDOWN(refused)
{
	scene_stop(&self->scene);
}

/* rows: C117 C123 M11 M12 M13 M20 M21 M22 M25 M27 M28 M29 W23 W24 W25 W26 */
TEST_F(refused, and_nothing_has_changed)
{
	ASSERT_EQ(0, peer_do(&self->scene.peer, variant->step, NULL,
			     variant->which));
	expect_refused(variant->error);
}

/*
 * What takes more than one packet.
 */

FIXTURE(hostile)
{
	struct scene scene;
};

FIXTURE_SETUP(hostile)
{
	ASSERT_TRUE(scene_start(&self->scene));
}

FIXTURE_TEARDOWN(hostile)
{
	scene_stop(&self->scene);
}

#define peer_does(...) peer_do(&self->scene.peer, __VA_ARGS__)

/* The peer allocates a region as it should, and this side has read that. */
#define peer_allocates(size)						\
do {									\
	ASSERT_EQ(0, peer_does(raw_alloc, NULL, size));			\
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel,	\
							  NULL, 0,	\
							  &my.message))); \
	self->scene.fds++;						\
} while (0)

/* The checks can be passed: otherwise all of the above proved nothing. */
TEST_F(hostile, what_keeps_the_rules_is_accepted)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 3));
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(3, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

TEST_F(hostile, short_packet)
{
	ASSERT_EQ(0, peer_does(step_short, NULL, sizeof(struct wire_head) - 1));
	expect_refused(EPROTO);
}

TEST_F(hostile, packet_longer_than_any)
{
	ASSERT_EQ(0, peer_does(step_too_long, NULL, WIRE_MAX_SIZE + 1));
	expect_refused(EPROTO);
}

/* rows: C123 M83 */
TEST_F(hostile, more_bytes_than_allowed)
{
	/* It fits into the buffer, as it has no regions. */
	ASSERT_EQ(0, peer_does(step_too_long, NULL, WIRE_MAX_SIZE));
	expect_refused(EPROTO);
}

/* It cannot be told from the end. */
TEST_F(hostile, empty_packet_is_the_end)
{
	ASSERT_EQ(0, peer_does(step_short, NULL, 0));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(42, *(uint8_t *)shmdev_shmem_data(self->scene.mine));
}

/* rows: M8 M9 W2 W20 */
TEST_F(hostile, mapping_and_handle_kept_after_sending_are_no_use)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 3));
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(-SIGSEGV, peer_does(raw_touch, NULL, 4));
	EXPECT_EQ(3, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

/* rows: M13 W20 W24 */
TEST_F(hostile, region_said_to_be_sent_but_kept)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_say_given, NULL, 2));
	expect_refused(EPROTO);
	/* Not taken away either: that is not ours. */
	EXPECT_EQ(0, peer_does(raw_touch, NULL, 4));
}

/* rows: M13 W24 */
TEST_F(hostile, region_sent_twice)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(0, peer_does(raw_say_given, NULL, 2));
	expect_refused(EPROTO);
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

static long step_created_again(void *data, long unused)
{
	(void)data;
	(void)unused;
	my.last_id--;
	return raw_created(PAGE, &my.handle, 1);
}

/* rows: M21 M22 W24 */
TEST_F(hostile, id_used_twice)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(0, peer_does(step_created_again, NULL, 0));
	expect_refused(EPROTO);
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

static long step_destroy_id(void *data, long id)
{
	(void)data;
	return raw_packet(WIRE_DESTROYED, 0, id, 0, NULL, 0);
}

/* rows: M20 W24 */
TEST_F(hostile, region_freed_twice)
{
	ASSERT_EQ(0, peer_does(step_destroy_id, NULL, THEIRS));
	ASSERT_EQ(0, peer_does(step_destroy_id, NULL, THEIRS));
	self->scene.fds--;
	expect_refused(EPROTO);
}

/* Allocate an unsafe region and send it. */
static long step_send_unsafe(void *data, long size)
{
	int fd = make_region(size, SHMREGION_MODE_UNSAFE, 0);
	long ret;

	(void)data;
	ret = raw_packet(WIRE_CREATED_UNSAFE, 0, PEERS_HALF | ++my.last_id,
			 size, &fd, 1);
	close(fd);
	return ret ? ret : raw_say_given(NULL, 0);
}

static long step_destroy_last(void *data, long unused)
{
	(void)unused;
	return step_destroy_id(data, PEERS_HALF | my.last_id);
}

/* Read a packet without receiving a message. */
static int read_by_a_call(void)
{
	size_t length;

	return errno_of(shmdev_channel_call(my.channel, NULL, 0, NULL, 0, NULL,
					    0, &length, 1));
}

/* A message that was read, but not received yet, keeps what it brings. */
TEST_F(hostile, unsafe_region_freed_while_it_is_on_the_way)
{
	struct shmdev_shmem *shmem;
	int freed;

	for (freed = 0; freed < 2; freed++) {
		ASSERT_EQ(0, peer_does(step_send_unsafe, NULL, PAGE));
		ASSERT_EQ(0, receive(my.channel));
		shmem = my.shmem;
		ASSERT_EQ(0, peer_does(raw_say_given, NULL, 0));
		if (freed)
			ASSERT_EQ(0, peer_does(step_destroy_last, NULL, 0));
		EXPECT_EQ(ETIMEDOUT, read_by_a_call());
		EXPECT_EQ(ETIMEDOUT, read_by_a_call());

		EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &shmem));
		EXPECT_EQ(NULL, shmem);
		ASSERT_EQ(0, receive(my.channel));
		ASSERT_NE(NULL, shmdev_shmem_data(my.shmem));
		EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
		EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
	}
}

enum conversion {
	PUBLISH,
	FREEZE,
	SHARE,
};

static long step_convert_and_say_given(void *data, long conversion)
{
	int ret;

	(void)data;
	ret = conversion == PUBLISH ? publish_and_release(my.handle, 0) :
	      conversion == FREEZE ? shmdev_raw_freeze(my.handle) :
				     shmdev_raw_share(my.handle);
	return ret ? -errno : raw_say_given(NULL, generation_of(my.handle));
}

TEST_F(hostile, region_published_before_it_is_sent)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_convert_and_say_given, NULL, PUBLISH));
	expect_refused(EPROTO);
}

TEST_F(hostile, region_frozen_before_it_is_sent)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_convert_and_say_given, NULL, FREEZE));
	expect_refused(EPROTO);
}

TEST_F(hostile, region_shared_before_it_is_sent)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_convert_and_say_given, NULL, SHARE));
	expect_refused(EPROTO);
}

/* A controller's limit: touching it would be SIGSEGV. */
static long step_limit_and_give(void *data, long limit)
{
	(void)data;
	if (shmdev_raw_limit(my.handle, SHMREGION_PID_NOBODY, limit))
		return -errno;
	return raw_give(NULL, 0);
}

TEST_F(hostile, region_limited_before_it_is_sent)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_limit_and_give, NULL, RIGHTS_RO));
	expect_refused(EPROTO);
}

/* Somebody was the owner between the peer and this side. */
static long step_snatch_and_say_given(void *data, long back)
{
	uint64_t generation;

	(void)data;
	if (release(my.handle, 0))
		return -errno;
	generation = generation_of(my.handle);
	if (shmdev_raw_acquire(my.handle, SHMREGION_ACQUIRE_NOWAIT, 0, NULL))
		return -errno;
	my.memory[0] = 1;
	if (back && release(my.handle, 0))
		return -errno;
	return raw_say_given(NULL, generation);
}

/* rows: W20 */
TEST_F(hostile, region_snatched_on_the_way)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_snatch_and_say_given, NULL, false));
	expect_refused(EPROTO);
}

/* rows: W20 */
TEST_F(hostile, region_snatched_changed_and_put_back)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_snatch_and_say_given, NULL, true));
	expect_refused(EPROTO);
}

/* A message with two regions, of which the second was not given. */
static long step_one_good_one_bad(void *data, long unused)
{
	struct wire_packet packet;

	(void)data;
	(void)unused;
	if (release(my.handle, 0))
		return -errno;
	shmdev_wire_init(&packet, WIRE_MESSAGE, 0, NULL, 0);
	shmdev_wire_add(&packet, PEERS_HALF | my.last_id,
			generation_of(my.handle));
	shmdev_wire_add(&packet, MINE, 2);
	return raw_send(&packet, shmdev_wire_prefix(&packet), NULL, 0);
}

static long step_owner(void *data, long unused)
{
	struct shmregion_info info;

	(void)data;
	(void)unused;
	if (shmdev_raw_info(my.handle, &info))
		return -errno;
	return info.out_writers;
}

/* rows: M25 */
TEST_F(hostile, refused_message_gives_back_what_it_brought)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_one_good_one_bad, NULL, 0));
	expect_refused(EPROTO);
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED, peer_does(step_owner, NULL, 0));
}

/* What this process owns already, by another channel, is not the peer's. */
static long step_give_again_as_new(void *data, long unused)
{
	(void)data;
	(void)unused;
	return raw_created(PAGE, &my.handle, 1);
}

static long step_two_ids_and_give_both(void *data, long unused)
{
	uint64_t generation;
	long ret;

	(void)data;
	(void)unused;
	ret = raw_created(PAGE, &my.handle, 1);
	if (ret || release(my.handle, 0))
		return -1;
	generation = generation_of(my.handle);
	ret = raw_say_given(NULL, generation);
	my.last_id--;
	return ret ? ret : raw_say_given(NULL, generation);
}

/* rows: M21 */
TEST_F(hostile, region_that_is_here_is_not_allocated_again)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(0, peer_does(step_give_again_as_new, NULL, 0));
	expect_refused(EPROTO);
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

/* rows: M21 */
TEST_F(hostile, one_region_is_never_two_shmems)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_two_ids_and_give_both, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	self->scene.fds++;
	expect_refused(EPROTO);
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
}

/* The creator can keep CONTROL, and take the region back. */
static long step_reclaim_and_change(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (shmdev_raw_reclaim(my.handle))
		return -errno;
	my.memory[0] = 99;
	return minus_errno(shmdev_raw_transfer(my.handle, getppid(), 0, 0,
					       NULL));
}

TEST_F(hostile, controller_that_changes_content_is_found_out)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(0, shmdev_shmem_verify(my.shmem));
	ASSERT_EQ(0, peer_does(step_reclaim_and_change, NULL, 0));
	EXPECT_EQ(99, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_EQ(ESTALE, errno_of(shmdev_shmem_verify(my.shmem)));
}

/* Of what this side allocated nobody is a controller. */
static long step_control_what_is_received(void *data, long unused)
{
	char space[CMSG_SPACE(sizeof(int))], bytes[100];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};

	(void)data;
	(void)unused;
	if (recvmsg(my.sockets[1], &message, MSG_CMSG_CLOEXEC) < 0 ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -errno;
	memcpy(&my.handle, CMSG_DATA((struct cmsghdr *)space), sizeof(int));
	if (shmdev_raw_dup(my.handle, RIGHTS_ALL) >= 0 ||
	    shmdev_raw_reclaim(my.handle) == 0 ||
	    shmdev_raw_destroy(my.handle) == 0)
		return 0;
	return errno;
}

static long step_map_handle(void *data, long size)
{
	(void)data;
	my.memory = map_region(my.handle, size, PROT_READ | PROT_WRITE);
	return my.memory == MAP_FAILED ? -errno : 0;
}

/* The first one that this side allocated is here. */

/* rows: M5 W21 */
TEST_F(hostile, peer_gets_no_control_and_no_access)
{
	EXPECT_EQ(EPERM, peer_does(step_control_what_is_received, NULL, 0));
	ASSERT_EQ(0, peer_does(step_map_handle, NULL, PAGE));
	EXPECT_EQ(-SIGSEGV, peer_does(raw_touch, NULL, 1));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER, peer_does(step_owner, NULL, 0));
	EXPECT_EQ(0, shmdev_shmem_verify(self->scene.mine));
}

/* rows: C123 W33 */
TEST_F(hostile, number_of_allocations_is_bounded)
{
	int i;

	for (i = 0; i < MAX_REGIONS; i++)
		peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_alloc, NULL, PAGE));
	expect_refused(EDQUOT);
}

/* rows: W33 */
TEST_F(hostile, memory_of_allocations_is_bounded)
{
	peer_allocates(MIB(1) - PAGE);
	/* Freed, it counts no more. */
	ASSERT_EQ(0, peer_does(step_destroy_id, NULL, PEERS_HALF | 1));
	self->scene.fds--;
	peer_allocates(MIB(1) - PAGE);
	peer_allocates(1);
	ASSERT_EQ(0, peer_does(raw_alloc, NULL, 1));
	expect_refused(EDQUOT);
}

static long step_messages(void *data, long count)
{
	(void)data;
	while (count--)
		if (step_short(NULL, sizeof(struct wire_head)))
			return -errno;
	return 0;
}

/* rows: W33 */
TEST_F(hostile, queued_messages_are_bounded)
{
	size_t length;

	ASSERT_EQ(0, peer_does(step_messages, NULL, MAX_QUEUED + 1));
	EXPECT_EQ(ENOBUFS, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							NULL, 0, NULL, 0,
							&length, 0)));
	/* Those that came before are delivered. */
	EXPECT_EQ(0, receive(my.channel));
	EXPECT_EQ(0, receive(my.channel));
	EXPECT_EQ(0, receive(my.channel));
	expect_broken();
}

static long step_calls(void *data, long count)
{
	struct wire_packet packet;
	long serial;

	(void)data;
	for (serial = 1; serial <= count; serial++) {
		shmdev_wire_init(&packet, WIRE_CALL, serial, NULL, 0);
		if (raw_send(&packet, shmdev_wire_prefix(&packet), NULL, 0))
			return -errno;
	}
	return 0;
}

TEST_F(hostile, calls_are_bounded)
{
	int i;

	ASSERT_EQ(0, peer_does(step_calls, NULL, SHMDEV_CHANNEL_MAX_CALLS + 1));
	for (i = 0; i < SHMDEV_CHANNEL_MAX_CALLS; i++)
		ASSERT_EQ(0, receive(my.channel));
	expect_refused(EPROTO);
}

TEST_F(hostile, two_calls_have_different_numbers)
{
	ASSERT_EQ(0, peer_does(step_calls, NULL, 1));
	ASSERT_EQ(0, peer_does(step_calls, NULL, 1));
	ASSERT_EQ(0, receive(my.channel));
	expect_refused(EPROTO);
}

/* Allocate and free without an end, until the other side has enough of it. */
static long step_flood(void *data, long unused)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);

	(void)data;
	(void)unused;
	while (raw_created(PAGE, &fd, 1) == 0 &&
	       step_destroy_id(NULL, PEERS_HALF | my.last_id) == 0)
		;
	close(fd);
	return 0;
}

TEST_F(hostile, flood_does_not_delay_a_call_or_a_receive)
{
	uint64_t deadline = shmdev_deadline_after(100 * 1000 * 1000);
	size_t length;
	int i;

	peer_begin(&self->scene.peer, step_flood, NULL, 0);
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							  NULL, 0, NULL, 0,
							  &length, deadline)));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel,
								  NULL, 0,
								  &my.message)));
	shutdown(shmdev_channel_fd(my.channel), SHUT_RDWR);
	EXPECT_EQ(0, peer_finish(&self->scene.peer));
}

static long step_give_quietly_and_die(void *data, long unused)
{
	(void)unused;
	/* Said, but not done. */
	if (raw_say_given(NULL, generation_of(my.handle) + 1))
		return -errno;
	(void)data;
	return kill(getpid(), SIGKILL);
}

/* rows: M24 */
TEST_F(hostile, peer_that_dies_as_owner)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 3));
	ASSERT_EQ(-ECHILD, peer_does(step_give_quietly_and_die, NULL, 0));
	peer_stop(&self->scene.peer);
	/* Its death is not distinguished from its release, but is told. */
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_TRUE(shmdev_shmem_owner_died(my.shmem));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
}

TEST_HARNESS_MAIN
