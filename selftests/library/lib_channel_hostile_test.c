// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of libshmdev with a peer that speaks raw bytes and keeps no rule.
 * What it sends is refused: nothing of it is delivered, no file descriptor and
 * no mapping stays, and the shmems that are here stay usable.
 */
#include "lib_channel.h"
#include "harness.h"

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
/* This side created it, and released it when it sent it. */
#define MY_MEMBER	UINT64_C(1)
#define PEERS_MEMBER	UINT64_C(2)
#define THEIRS_GENERATION	UINT64_C(2)

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
		shmdev_wire_add(&packet, 2, 0, 0);
		shmdev_wire_add(&packet, 2, 0, 0);
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
	CONTROLLED,
	CONTROLLED_UNSAFE,
	CONTROLLED_WITHOUT_CONTROL,
	ID_OF_OTHER_HALF,
	ID_ZERO,
	MEMBER_ZERO,
	MEMBER_THAT_THE_RECEIVER_GETS,
	UNSAFE_WITH_MEMBER,
	FD_WITH_MESSAGE,
	FD_WITH_DESTROYED,
	ID_OF_UNSAFE,
};

static int make_bad_region(long which)
{
	bool unsafe = which == REALLY_UNSAFE || which == CONTROLLED_UNSAFE ||
		      which == UNSAFE_WITH_MEMBER;
	bool controlled = which == DESTROYED || which == CONTROLLED ||
			  which == CONTROLLED_UNSAFE ||
			  which == CONTROLLED_WITHOUT_CONTROL;

	return make_region(PAGE, unsafe ? SHMREGION_MODE_UNSAFE :
					  SHMREGION_MODE_WRITABLE,
			   controlled ? SHMREGION_CREATE_CONTROLLED : 0);
}

static long step_bad_created(void *data, long which)
{
	enum wire_type type = WIRE_CREATED;
	uint64_t id = PEERS_HALF | 1, size = PAGE, member;
	int fds[200], i;
	size_t count = 1;

	(void)data;
	fds[0] = make_bad_region(which);
	member = member_of(fds[0]);
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
		member = 0;
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
	case CONTROLLED_UNSAFE:
		type = WIRE_CREATED_UNSAFE;
		member = 0;
		break;
	case CONTROLLED_WITHOUT_CONTROL:
		fds[0] = shmdev_raw_dup(fds[0], RIGHTS_RW);
		break;
	case MEMBER_ZERO:
		member = 0;
		break;
	case MEMBER_THAT_THE_RECEIVER_GETS:
		member++;
		break;
	case UNSAFE_WITH_MEMBER:
		type = WIRE_CREATED_UNSAFE;
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
		member = 0;
		break;
	case ID_OF_UNSAFE:
		id |= ID_UNSAFE;
		break;
	}
	/* What is wrong is wrong, not the id besides. */
	if (type == WIRE_CREATED_UNSAFE)
		id |= ID_UNSAFE;
	return raw_packet(type, 0, id, size, member, fds, count);
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
	DESTROY_WITH_MEMBER,
	NOT_TRANSFERRED,
	WITHOUT_MEMBER,
	MEMBER_OF_RECEIVER,
	GENERATION_TOO_OLD,
	GENERATION_TOO_NEW,
	ANSWER_TO_NOTHING,
};

static long step_bad_claim(void *data, long which)
{
	enum wire_type type = WIRE_MESSAGE;
	uint64_t id = THEIRS, value = THEIRS_GENERATION, serial = 0;
	uint64_t member = PEERS_MEMBER;

	(void)data;
	switch (which) {
	case UNKNOWN_ID:
		id = 3;
		break;
	case ID_THAT_IS_HERE:
		id = MINE;
		break;
	case DESTROY_UNKNOWN:
		type = WIRE_DESTROYED;
		id = PEERS_HALF | 1;
		value = 0;
		member = 0;
		break;
	case DESTROY_WHAT_IS_HERE:
		type = WIRE_DESTROYED;
		id = MINE;
		value = 0;
		member = 0;
		break;
	case DESTROY_WITH_VALUE:
		type = WIRE_DESTROYED;
		value = 1;
		member = 0;
		break;
	case DESTROY_WITH_MEMBER:
		type = WIRE_DESTROYED;
		value = 0;
		break;
	case NOT_TRANSFERRED:
		value = WIRE_TRANSFERRED;
		break;
	case WITHOUT_MEMBER:
		member = 0;
		break;
	case MEMBER_OF_RECEIVER:
		member = MY_MEMBER;
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
		break;
	}
	return raw_packet(type, serial, id, value, member, NULL, 0);
}

/* What is wrong above is wrong, not the rest. */
static long step_good_claim(void *data, long unused)
{
	(void)data;
	(void)unused;
	return raw_packet(WIRE_MESSAGE, 0, THEIRS, THEIRS_GENERATION,
			  PEERS_MEMBER, NULL, 0);
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
REFUSED(bad_created, CONTROLLED, EPROTO);
REFUSED(bad_created, CONTROLLED_UNSAFE, EPROTO);
REFUSED(bad_created, CONTROLLED_WITHOUT_CONTROL, EPROTO);
REFUSED(bad_created, MEMBER_ZERO, EPROTO);
REFUSED(bad_created, MEMBER_THAT_THE_RECEIVER_GETS, EPROTO);
REFUSED(bad_created, UNSAFE_WITH_MEMBER, EPROTO);
REFUSED(bad_created, ID_OF_OTHER_HALF, EPROTO);
REFUSED(bad_created, ID_ZERO, EPROTO);
REFUSED(bad_created, FD_WITH_MESSAGE, EPROTO);
REFUSED(bad_created, FD_WITH_DESTROYED, EPROTO);
REFUSED(bad_created, ID_OF_UNSAFE, EPROTO);
REFUSED(bad_claim, UNKNOWN_ID, EPROTO);
REFUSED(bad_claim, ID_THAT_IS_HERE, EPROTO);
REFUSED(bad_claim, DESTROY_UNKNOWN, EPROTO);
REFUSED(bad_claim, DESTROY_WHAT_IS_HERE, EPROTO);
REFUSED(bad_claim, DESTROY_WITH_VALUE, EPROTO);
REFUSED(bad_claim, DESTROY_WITH_MEMBER, EPROTO);
REFUSED(bad_claim, NOT_TRANSFERRED, EPROTO);
REFUSED(bad_claim, WITHOUT_MEMBER, EPROTO);
REFUSED(bad_claim, MEMBER_OF_RECEIVER, EPROTO);
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

/* What the kernel calls this side in the peer's first region. */
static uint64_t my_member(void)
{
	return shmdev_table_find(&my.channel->table, PEERS_HALF | 1)->member;
}

static long step_transfer_and_say_released(void *data, long member)
{
	(void)data;
	if (shmdev_raw_transfer(my.handle, SHMREGION_BY_MEMBER, member, 0, 0,
				NULL))
		return -errno;
	return raw_say_given(NULL, generation_of(my.handle));
}

static long step_be_another_member(void *data, long more)
{
	(void)data;
	my.member += more;
	my.false_member = true;
	return 0;
}

/* The checks can be passed: otherwise all of the above proved nothing. */
TEST_F(hostile, what_keeps_the_rules_is_accepted)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 3));
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(3, *(uint8_t *)shmdev_shmem_data(my.shmem));

	ASSERT_EQ(0, peer_does(step_good_claim, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(THEIRS, shmdev_shmem_id(my.shmem));
}

TEST_F(hostile, transfer_is_accepted_once)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 3));
	ASSERT_EQ(0, peer_does(raw_transfer_to, NULL, my_member()));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(3, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_EQ(-SIGSEGV, peer_does(raw_touch, NULL, 4));
	ASSERT_EQ(0, peer_does(raw_say_given, NULL, WIRE_TRANSFERRED));
	expect_refused(EPROTO);
	EXPECT_EQ(3, *(uint8_t *)shmdev_shmem_data(my.shmem));
}

/* Ours, but not by a message that says how. */
TEST_F(hostile, region_transferred_but_said_to_be_released)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_transfer_and_say_released, NULL,
			       my_member()));
	expect_refused(EPROTO);
}

/* rows: M21 */
TEST_F(hostile, member_id_of_the_peer_does_not_change)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_be_another_member, NULL, 100));
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	expect_refused(EPROTO);
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
}

static long step_destroy_id(void *data, long id)
{
	(void)data;
	return raw_packet(WIRE_DESTROYED, 0, id, 0, 0, NULL, 0);
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
	my.member = 0;
	my.last_id = (my.last_id + 1) | ID_UNSAFE;
	ret = raw_packet(WIRE_CREATED_UNSAFE, 0, PEERS_HALF | my.last_id, size,
			 0, &fd, 1);
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
	struct shmdev_channel_message answer;

	return errno_of(shmdev_channel_call(my.channel, NULL, 0, NULL, 0, NULL,
					    0, &answer, 1));
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

static long step_convert_and_transfer(void *data, long member)
{
	(void)data;
	if (shmdev_raw_publish(my.handle))
		return -errno;
	return raw_transfer_to(NULL, member);
}

/* All could read what this side writes there. */
TEST_F(hostile, region_published_before_it_is_transferred)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_convert_and_transfer, NULL, my_member()));
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
	if (shmdev_raw_acquire(my.handle, SHMREGION_ACQUIRE_NOWAIT, 0, NULL,
			       NULL))
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
			generation_of(my.handle), my.member);
	shmdev_wire_add(&packet, MINE, 2, PEERS_MEMBER);
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

/* rows: M21 */
TEST_F(hostile, region_that_is_here_is_not_allocated_again)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(0, peer_does(step_give_again_as_new, NULL, 0));
	expect_refused(EPROTO);
}

/* rows: M21 */
TEST_F(hostile, one_region_is_never_two_shmems)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(step_give_again_as_new, NULL, 0));
	expect_refused(EPROTO);
}

/* By another channel of this process, which knows nothing of the first. */
static long step_give_by_other_socket(void *data, long socket)
{
	my.sockets[1] = socket;
	return step_give_again_as_new(data, 0);
}

/* rows: M21 */
TEST(one_region_is_never_in_two_channels)
{
	struct shmdev_channel *first;
	struct peer peer;
	int others[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, others));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, my.sockets));
	peer = peer_start();
	ASSERT_EQ(0, be_side(NULL, 0));
	first = my.channel;
	my.sockets[0] = others[0];
	my.sockets[1] = dup(others[1]);
	ASSERT_EQ(0, be_side(NULL, 0));

	ASSERT_EQ(0, peer_do(&peer, raw_alloc, NULL, PAGE));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(first, NULL, 0,
							  &my.message)));
	ASSERT_EQ(0, peer_do(&peer, step_give_by_other_socket, NULL,
			     others[1]));
	EXPECT_EQ(EPROTO, errno_of(receive(my.channel)));
	/* The first one is not disturbed. */
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(first, NULL, 0,
							  &my.message)));
	EXPECT_NE(NULL, shmdev_channel_alloc(first, PAGE));
	peer_stop(&peer);
	shmdev_channel_close(first);
	shmdev_channel_close(my.channel);
	close(others[1]);
}

/* What this process takes part in already, without a channel. */
static long step_offer_what_was_inherited(void *data, long fd)
{
	(void)data;
	my.handle = fd;
	my.member = PEERS_MEMBER;
	return raw_created(PAGE, &my.handle, 1);
}

TEST(region_that_this_process_has_already_is_refused)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	struct peer peer;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, my.sockets));
	peer = peer_start();
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, release(fd, 0));
	ASSERT_EQ(0, peer_do(&peer, step_offer_what_was_inherited, NULL, fd));
	EXPECT_EQ(EPROTO, errno_of(receive(my.channel)));
	peer_stop(&peer);
	shmdev_channel_close(my.channel);
	close(fd);
}

/* All that the creator of a region can try. The number of what succeeds. */
static long step_take_back(void *data, long member)
{
	long successes = 0;

	(void)data;
	successes += !shmdev_raw_reclaim(my.handle);
	successes += !shmdev_raw_limit(my.handle, SHMREGION_BY_MEMBER, member,
				       0);
	successes += !shmdev_raw_limit_others(my.handle, 0);
	successes += !shmdev_raw_destroy(my.handle);
	successes += !shmdev_raw_acquire(my.handle, SHMREGION_ACQUIRE_NOWAIT, 0,
					 NULL, NULL);
	successes += !shmdev_raw_transfer(my.handle, SHMREGION_BY_MEMBER,
					  my.member, 0, 0, NULL);
	successes += !shmdev_raw_freeze(my.handle);
	successes += !touch_write(my.memory, 99);
	return successes;
}

/* rows: W20 W21 */
TEST_F(hostile, creator_cannot_take_back_what_it_gave)
{
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_touch, NULL, 16));
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(0, peer_does(step_take_back, NULL, my_member()));
	EXPECT_EQ(16, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

/*
 * A peer that is not there to be transferred to.
 */

static long step_leave(void *data, long unused)
{
	(void)data;
	(void)unused;
	return munmap(my.memory, PAGE) || shmdev_raw_detach(my.handle) ?
		       -errno : 0;
}

TEST_F(hostile, peer_that_left_a_region_is_not_given_it)
{
	struct shmdev_shmem *shmem;

	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	shmem = my.shmem;
	ASSERT_EQ(0, peer_does(step_leave, NULL, 0));
	EXPECT_EQ(EPIPE, errno_of(send_one(my.channel, &my.shmem)));
	EXPECT_EQ(shmem, my.shmem);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
	/* What needs no region works. */
	EXPECT_EQ(0, shmdev_channel_send(my.channel, "x", 1, NULL, 0));
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
}

/* Of two regions it has left one. */
TEST_F(hostile, what_was_given_before_that_is_lost)
{
	struct shmdev_shmem *shmems[2];

	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	shmems[0] = my.shmem;
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	shmems[1] = my.shmem;
	ASSERT_EQ(0, peer_does(step_leave, NULL, 0));

	EXPECT_EQ(EPIPE, errno_of(shmdev_channel_send(my.channel, NULL, 0,
						      shmems, 2)));
	EXPECT_EQ(NULL, shmems[0]);
	ASSERT_EQ(my.shmem, shmems[1]);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(shmems[1]), 1));
}

/* It names somebody else, or nobody. */
TEST_F(hostile, peer_that_lies_about_its_member_id_is_not_given_it)
{
	ASSERT_EQ(0, peer_does(step_be_another_member, NULL, UINT32_MAX));
	peer_allocates(PAGE);
	ASSERT_EQ(0, peer_does(raw_give, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(EPIPE, errno_of(send_one(my.channel, &my.shmem)));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
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
	if (shmdev_raw_attach(my.handle, NULL))
		return -errno;
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

/* A region of a byte that takes a huge page to map. */
static long step_alloc_huge(void *data, long unused)
{
	(void)data;
	(void)unused;
	my.handle = make_region(1, SHMREGION_MODE_WRITABLE,
				SHMREGION_CREATE_HUGE);
	my.member = member_of(my.handle);
	return raw_created(1, &my.handle, 1);
}

/* rows: W33 */
TEST_F(hostile, capacity_of_allocations_is_bounded)
{
	struct shmregion_info info;
	int fd = make_region(1, SHMREGION_MODE_WRITABLE, SHMREGION_CREATE_HUGE);

	ASSERT_EQ(0, shmdev_raw_info(fd, &info));
	close(fd);
	if (info.out_capacity <= MIB(1))
		SKIP(return, "there are no huge pages");
	ASSERT_EQ(0, peer_does(step_alloc_huge, NULL, 0));
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
	struct shmdev_channel_message answer;

	ASSERT_EQ(0, peer_does(step_messages, NULL, MAX_QUEUED + 1));
	EXPECT_EQ(ENOBUFS, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							NULL, 0, NULL, 0,
							&answer, 0)));
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
	my.member = member_of(fd);
	while (raw_created(PAGE, &fd, 1) == 0 &&
	       step_destroy_id(NULL, PEERS_HALF | my.last_id) == 0)
		;
	close(fd);
	return 0;
}

TEST_F(hostile, flood_does_not_delay_a_call_or_a_receive)
{
	uint64_t deadline = shmdev_deadline_after(100 * 1000 * 1000);
	struct shmdev_channel_message answer;
	int i;

	peer_begin(&self->scene.peer, step_flood, NULL, 0);
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							  NULL, 0, NULL, 0,
							  &answer, deadline)));
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
