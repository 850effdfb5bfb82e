// SPDX-License-Identifier: GPL-2.0-only
/* Unsafe shmems: both sides have them, either side sends them. */
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

/* rows: M2 M28 */
TEST_F(channel, unsafe_stays_with_both)
{
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc_unsafe(my.channel, 100);
	ASSERT_NE(NULL, self->shmem);
	EXPECT_TRUE(shmdev_shmem_is_unsafe(self->shmem));
	memory = shmdev_shmem_data(self->shmem);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_NE(NULL, self->shmem);
	memory[0] = 1;
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(1, peer_do(&self->peer, step_first_byte, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 2));
	EXPECT_EQ(2, memory[0]);
	EXPECT_EQ(0, send_one(my.channel, &self->shmem));
	EXPECT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));

	/* The user of a freed one keeps its memory until it lets it go. */
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &self->shmem));
	EXPECT_EQ(NULL, self->shmem);
	ASSERT_EQ(0, shmdev_channel_send(my.channel, NULL, 0, NULL, 0));
	EXPECT_EQ(2, peer_do(&self->peer, step_first_byte, NULL, 0));
}

/* rows: M19 M20 */
TEST_F(channel, unsafe_freed_by_allocator_lives_for_its_user)
{
	uint8_t *memory;

	ASSERT_EQ(0, peer_do(&self->peer, step_alloc_unsafe, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	self->shmem = my.shmem;
	memory = shmdev_shmem_data(self->shmem);

	/* Let go here, it can still come again. */
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(self->shmem, my.shmem);

	ASSERT_EQ(0, peer_do(&self->peer, step_dealloc, NULL, 0));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							  &my.message)));
	EXPECT_EQ(0, touch_write(memory, 1));
	/* What its allocator has freed is not sent to it. */
	EXPECT_EQ(ESTALE, errno_of(send_one(my.channel, &my.shmem)));
	EXPECT_EQ(0, touch_write(memory, 1));
	EXPECT_EQ(0, shmdev_channel_dealloc(my.channel, &my.shmem));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
}

/* rows: M2 */
TEST_F(channel, unsafe_is_sent_back_by_who_did_not_allocate_it)
{
	uint8_t *memory;

	self->shmem = shmdev_channel_alloc_unsafe(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	memory = shmdev_shmem_data(self->shmem);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 3));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));

	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(1, my.message.count);
	EXPECT_EQ(self->shmem, my.shmem);
	EXPECT_EQ(memory, shmdev_shmem_data(my.shmem));
	EXPECT_EQ(3, memory[0]);
	/* The peer has it still, and sends it as often as it likes. */
	EXPECT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 4));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(4, memory[0]);
}

/* The message is on its way when the allocator frees what it brings. */
TEST_F(channel, unsafe_that_is_sent_back_too_late_is_null)
{
	self->shmem = shmdev_channel_alloc_unsafe(my.channel, PAGE);
	ASSERT_NE(NULL, self->shmem);
	ASSERT_EQ(0, send_one(my.channel, &self->shmem));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, shmdev_channel_dealloc(my.channel, &self->shmem));

	ASSERT_EQ(0, receive(my.channel));
	ASSERT_EQ(1, my.message.count);
	EXPECT_EQ(NULL, my.message.shmems[0]);
	/* The channel works, and the peer learns of it. */
	ASSERT_EQ(0, shmdev_channel_send(my.channel, "x", 1, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_receive, NULL, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_alloc, NULL, PAGE));
	ASSERT_EQ(0, peer_do(&self->peer, step_send, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

TEST_HARNESS_MAIN
