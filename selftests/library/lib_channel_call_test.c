// SPDX-License-Identifier: GPL-2.0-only
/* Calls on a channel, and what an answer brings. */
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

/* rows: C121 M3 M80 */
TEST_F(channel, bytes_and_many_shmems_in_one_message)
{
	struct shmdev_shmem *shmems[SHMDEV_CHANNEL_MAX_SHMEMS];
	size_t i;

	for (i = 0; i < SHMDEV_CHANNEL_MAX_SHMEMS; i++) {
		shmems[i] = shmdev_channel_alloc(my.channel, i + 1);
		ASSERT_NE(NULL, shmems[i]);
		memset(shmdev_shmem_data(shmems[i]), i, i + 1);
	}
	fill_words(my.bytes, sizeof(my.bytes));
	peer_begin(&self->peer, step_answer, NULL, 0);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, my.bytes,
					 sizeof(my.bytes), shmems,
					 SHMDEV_CHANNEL_MAX_SHMEMS, my.bytes,
					 sizeof(my.bytes), &my.message,
					 SHMREGION_NO_DEADLINE));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(sizeof(my.bytes), my.message.length);
	EXPECT_TRUE(has_words(my.bytes, sizeof(my.bytes)));
	ASSERT_EQ(SHMDEV_CHANNEL_MAX_SHMEMS, my.message.count);
	for (i = 0; i < SHMDEV_CHANNEL_MAX_SHMEMS; i++) {
		EXPECT_EQ(NULL, shmems[i]);
		ASSERT_NE(NULL, my.message.shmems[i]);
		EXPECT_EQ(i + 1, shmdev_shmem_size(my.message.shmems[i]));
		EXPECT_TRUE(all_bytes(shmdev_shmem_data(my.message.shmems[i]),
				      i + 1, i));
	}
}

static long step_answer_long(void *data, long length)
{
	(void)data;
	if (receive(my.channel) < 0)
		return -errno;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						my.bytes, length,
						my.message.shmems,
						my.message.count));
}

TEST_F(channel, answer_that_is_too_long_is_kept)
{
	struct shmdev_channel_message answer = { .length = 0 };

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_answer_long, NULL, 100);
	EXPECT_EQ(EMSGSIZE,
		  errno_of(shmdev_channel_call(my.channel, NULL, 0,
					       &self->shmem, 1, my.bytes, 99,
					       &answer, 0)));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(NULL, self->shmem);
	EXPECT_EQ(100, answer.length);
	EXPECT_EQ(EMSGSIZE, errno_of(shmdev_channel_receive(my.channel, NULL, 0,
							    &my.message)));
	EXPECT_EQ(100, my.message.length);
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, my.message.kind);
	EXPECT_EQ(100, my.message.length);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

static long step_answer_without(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (receive(my.channel) < 0)
		return -errno;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						NULL, 0, NULL, 0));
}

TEST_F(channel, answer_may_give_nothing_back)
{
	struct shmdev_channel_message answer;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_answer_without, NULL, 0);
	EXPECT_EQ(0, shmdev_channel_call(my.channel, NULL, 0, &self->shmem, 1,
					 NULL, 0, &answer, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(NULL, self->shmem);
	EXPECT_EQ(0, answer.count);
	/* It stays where it is. */
	EXPECT_EQ(0, peer_do(&self->peer, step_write_first_byte, NULL, 1));
	EXPECT_EQ(0, peer_do(&self->peer, step_dealloc, NULL, 0));
}

/* BufferMap(...) returns (Shmem). */
static long step_answer_with_another(void *data, long size)
{
	struct shmdev_shmem *shmem;

	(void)data;
	if (receive(my.channel) < 0)
		return -errno;
	shmem = shmdev_channel_alloc(my.channel, size);
	if (!shmem)
		return -errno;
	memset(shmdev_shmem_data(shmem), 9, size);
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						"here", 4, &shmem, 1));
}

TEST_F(channel, answer_may_bring_another_shmem)
{
	struct shmdev_channel_message answer;
	char bytes[4];

	peer_begin(&self->peer, step_answer_with_another, NULL, 77);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, "map", 3, NULL, 0, bytes,
					 sizeof(bytes), &answer, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, answer.kind);
	EXPECT_EQ(4, answer.length);
	EXPECT_EQ(0, memcmp(bytes, "here", 4));
	ASSERT_EQ(1, answer.count);
	EXPECT_EQ(77, shmdev_shmem_size(answer.shmems[0]));
	EXPECT_TRUE(all_bytes(shmdev_shmem_data(answer.shmems[0]), 77, 9));

	/* With one that was given, too: each side keeps what it is given. */
	self->shmem = answer.shmems[0];
	peer_begin(&self->peer, step_answer_with_another, NULL, 5);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, "map", 3, &self->shmem, 1,
					 bytes, sizeof(bytes), &answer, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(NULL, self->shmem);
	EXPECT_EQ(5, shmdev_shmem_size(answer.shmems[0]));
	EXPECT_EQ(9, peer_do(&self->peer, step_first_byte, NULL, 0));
}

static long step_answer_again(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						NULL, 0, NULL, 0));
}

TEST_F(channel, call_has_one_answer)
{
	struct shmdev_channel_message answer;

	peer_begin(&self->peer, step_answer, NULL, 0);
	EXPECT_EQ(0, shmdev_channel_call(my.channel, NULL, 0, NULL, 0, NULL, 0,
					 &answer, 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(-ENOENT, peer_do(&self->peer, step_answer_again, NULL, 0));
}

TEST_F(channel, late_answer_is_received_like_a_message)
{
	struct shmdev_channel_message answer;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	EXPECT_EQ(ETIMEDOUT,
		  errno_of(shmdev_channel_call(my.channel, NULL, 0,
					       &self->shmem, 1, NULL, 0,
					       &answer, 1)));
	EXPECT_EQ(NULL, self->shmem);
	ASSERT_EQ(0, peer_do(&self->peer, step_answer, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_ANSWER, my.message.kind);
	EXPECT_EQ(1, my.message.serial);
	EXPECT_EQ(0, touch_write(shmdev_shmem_data(my.shmem), 1));
}

TEST_F(channel, calls_without_an_answer_are_bounded)
{
	struct shmdev_channel_message answer;
	int i;

	for (i = 0; i < SHMDEV_CHANNEL_MAX_CALLS; i++)
		ASSERT_EQ(ETIMEDOUT,
			  errno_of(shmdev_channel_call(my.channel, NULL, 0,
						       NULL, 0, NULL, 0,
						       &answer, 1)));
	EXPECT_EQ(EBUSY, errno_of(shmdev_channel_call(my.channel, NULL, 0, NULL,
						      0, NULL, 0, &answer, 1)));
	ASSERT_EQ(0, peer_do(&self->peer, step_answer, NULL, 0));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(ETIMEDOUT, errno_of(shmdev_channel_call(my.channel, NULL, 0,
							  NULL, 0, NULL, 0,
							  &answer, 1)));
}

static long step_send_then_answer(void *data, long unused)
{
	long ret;

	(void)data;
	(void)unused;
	ret = shmdev_channel_send(my.channel, "before", 7, NULL, 0);
	return ret ? -errno : step_answer(NULL, 0);
}

TEST_F(channel, call_keeps_other_messages_for_later)
{
	struct shmdev_channel_message answer;

	self->shmem = shmdev_channel_alloc(my.channel, PAGE);
	peer_begin(&self->peer, step_send_then_answer, NULL, 0);
	ASSERT_EQ(0, shmdev_channel_call(my.channel, "call", 5, &self->shmem, 1,
					 my.bytes, sizeof(my.bytes), &answer,
					 0));
	EXPECT_EQ(0, peer_finish(&self->peer));
	EXPECT_EQ(NULL, self->shmem);
	EXPECT_EQ(1, answer.count);
	EXPECT_EQ(5, answer.length);
	EXPECT_STREQ("call", my.bytes);
	EXPECT_EQ(0, shmdev_channel_wait_readable(my.channel, 1));
	ASSERT_EQ(0, receive(my.channel));
	EXPECT_EQ(SHMDEV_CHANNEL_MESSAGE, my.message.kind);
	EXPECT_STREQ("before", my.bytes);
}

TEST_HARNESS_MAIN
