// SPDX-License-Identifier: GPL-2.0-only
/* The end of a channel: a side closes it or dies, with messages on their way. */
#include "lib_channel.h"
#include "harness.h"

FIXTURE(channel)
{
	struct peer peer;
	struct shmdev_shmem *shmem;
};

FIXTURE_SETUP(channel)
{
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				my.sockets));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, be_side, NULL, 1));
}

FIXTURE_TEARDOWN(channel)
{
	peer_stop(&self->peer);
	shmdev_channel_close(my.channel);
}

/* rows: M24 */
TEST_F(channel, what_a_dead_peer_had_can_be_recovered)
{
	struct shmdev_shmem *kept, *dead, *queued, *got;
	uint64_t dead_id, queued_id;
	uint8_t *memory;
	int i;

	kept = shmdev_channel_alloc(my.channel, PAGE);
	dead = shmdev_channel_alloc(my.channel, PAGE);
	queued = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_TRUE(kept && dead && queued);
	dead_id = shmdev_shmem_id(dead);
	queued_id = shmdev_shmem_id(queued);
	memory = shmdev_shmem_data(queued);
	memory[0] = 9;

	ASSERT_EQ(0, send_one(my.channel, &dead));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 5));
	ASSERT_EQ(0, send_one(my.channel, &queued));
	peer_kill(&self->peer);

	EXPECT_EQ(EPIPE, errno_of(send_one(my.channel, &kept)));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(kept), 1));
	EXPECT_EQ(0, shmdev_channel_wait_readable(my.channel, 0));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(NULL, shmdev_channel_alloc(my.channel, 1));
	EXPECT_EQ(EPIPE, errno);

	for (i = 0; i < 2; i++) {
		got = shmdev_channel_recover(my.channel);
		ASSERT_NE(NULL, got);
		if (shmdev_shmem_id(got) == queued_id) {
			/* It died before it was the owner. */
			EXPECT_FALSE(shmdev_shmem_owner_died(got));
			EXPECT_EQ(9, *(uint8_t *)shmdev_shmem_data(got));
		} else {
			EXPECT_EQ(dead_id, shmdev_shmem_id(got));
			EXPECT_TRUE(shmdev_shmem_owner_died(got));
			EXPECT_EQ(5, *(uint8_t *)shmdev_shmem_data(got));
		}
	}
	EXPECT_EQ(NULL, shmdev_channel_recover(my.channel));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &kept));
}

/* rows: M24 */
TEST_F(channel, messages_of_a_dead_peer_are_still_received)
{
	/* It leaves one that it has not read, which is ECONNRESET here. */
	ASSERT_EQ(0, shmdev_channel_send(my.channel, "x", 1, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_alloc, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 4));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	peer_kill(&self->peer);
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(4, *(uint8_t *)shmdev_shmem_data(my.shmem));
	EXPECT_FALSE(shmdev_shmem_owner_died(my.shmem));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(4, *(uint8_t *)shmdev_shmem_data(my.shmem));
}

TEST_F(channel, dead_peer_ends_a_call)
{
	struct shmdev_channel_message answer;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	kill(self->peer.pid, SIGKILL);
	EXPECT_EQ(EPIPE, errno_of(shmdev_channel_call(my.channel, NULL, 0,
						      &self->shmem, 1, NULL, 0,
						      &answer, 0)));
	/* It may have died before the call was sent, or after. */
	if (!self->shmem) {
		self->shmem = shmdev_channel_recover(my.channel);
		EXPECT_NE(NULL, self->shmem);
	}
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(self->shmem), 1));
}

/* rows: M24 M75 */
TEST(closing_frees_everything)
{
	struct shmdev_shmem *shmem;
	struct peer peer;
	int fds = count_fds(), i;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, my.sockets));
	peer = peer_start();
	ASSERT_EQ(0, be_side(NULL, 0));
	ASSERT_EQ(0, peer_do(&peer, be_side, NULL, 1));
	for (i = 0; i < 10; i++) {
		shmem = shmdev_channel_alloc(my.channel, PAGE);
		ASSERT_NE(NULL, shmem);
		if (i % 2)
			ASSERT_EQ(0, send_one(my.channel, &shmem));
		/* Some not received, in the queue or in the socket. */
		ASSERT_EQ(0, peer_do(&peer, step_alloc, NULL, PAGE));
		ASSERT_EQ(0, peer_do(&peer, step_send, NULL, 0));
	}
	EXPECT_EQ(0, receive(my.channel));
	shmdev_channel_close(my.channel);
	EXPECT_EQ(0, count_region_maps());
	peer_stop(&peer);
	EXPECT_EQ(fds, count_fds());
}

static long step_close(void *data, long unused)
{
	(void)data;
	(void)unused;
	shmdev_channel_close(my.channel);
	my.channel = NULL;
	return 0;
}

static long step_send_some(void *data, long count)
{
	(void)data;
	while (count--) {
		if (step_alloc(NULL, PAGE) || step_write_first_byte(NULL, count) ||
		    step_send(NULL, 0))
			return -errno;
	}
	return 0;
}

/* rows: M24 */
TEST_F(channel, what_was_sent_before_a_side_closes_is_received)
{
	int i;

	ASSERT_EQ(0, peer_do(&self->peer, step_send_some, NULL, 3));
	ASSERT_EQ(0, peer_do(&self->peer, step_alloc, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, 0));
	for (i = 2; i >= 0; i--) {
		ASSERT_EQ(0, receive(my.channel));
		EXPECT_EQ(i, byte_at(shmdev_shmem_data(my.shmem)));
		EXPECT_FALSE(shmdev_shmem_owner_died(my.shmem));
	}
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	/* What the peer had not sent it has freed. */
	EXPECT_EQ(NULL, shmdev_channel_recover(my.channel));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, byte_at(shmdev_shmem_data(my.shmem)));
}

static long step_read_one(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(shmdev_channel_read(my.channel));
}

/*
 * One was transferred and is in the socket, one was transferred and was read, and
 * one was released for the first time.
 */
TEST_F(channel, what_a_closing_side_has_not_received_goes_back)
{
	struct shmdev_shmem *shmems[3], *got;
	int i;

	for (i = 0; i < 3; i++) {
		shmems[i] = shmdev_channel_alloc(my.channel, PAGE);
		ASSERT_NE(NULL, shmems[i]);
	}
	/* From now on the peer's member id is known for these two. */
	peer_begin(&self->peer, step_echo, NULL, 2);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, send_one(my.channel, &shmems[i]));
		ASSERT_EQ(0, receive(my.channel));
		shmems[i] = my.shmem;
	}
	ASSERT_EQ(0, peer_finish(&self->peer));
	for (i = 0; i < 3; i++)
		*(uint8_t *)shmdev_shmem_data(shmems[i]) = 10 + i;

	ASSERT_EQ(0, send_one(my.channel, &shmems[0]));
	EXPECT_EQ(0, peer_do(&self->peer, step_read_one, NULL, 0));
	ASSERT_EQ(0, send_one(my.channel, &shmems[1]));
	ASSERT_EQ(0, send_one(my.channel, &shmems[2]));
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, 0));

	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	for (i = 0; i < 3; i++) {
		got = shmdev_channel_recover(my.channel);
		ASSERT_NE(NULL, got);
		EXPECT_LE(10, byte_at(shmdev_shmem_data(got)));
		EXPECT_FALSE(shmdev_shmem_owner_died(got));
	}
	EXPECT_EQ(NULL, shmdev_channel_recover(my.channel));
	EXPECT_EQ(ENOENT, errno);
}

/* rows: M24 */
TEST_F(channel, what_a_closing_side_has_received_is_gone)
{
	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 1));
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, 0));
	EXPECT_EQ(EPIPE, errno_of(receive(my.channel)));
	EXPECT_EQ(NULL, shmdev_channel_recover(my.channel));
	EXPECT_EQ(ENOENT, errno);
}

TEST_HARNESS_MAIN
