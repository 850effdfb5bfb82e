// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* 64 frames through four buffers, from a producer to a consumer, over a channel. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define FRAMES	64
#define BUFFERS	4
#define SIZE	(1 << 20)

static uint32_t sum(const uint8_t *bytes)
{
	uint32_t result = 0;

	for (int i = 0; i < 4096; i++)
		result = result * 31 + bytes[i];
	return result;
}

/* The next buffer and what was said of it. The size of a buffer is a fact. */
static struct shmdev_shmem *get(struct shmdev_channel *channel, uint32_t *said)
{
	struct shmdev_channel_message message;

	while (shmdev_channel_receive(channel, said, sizeof(*said), &message))
		if (errno != EAGAIN || shmdev_channel_wait_readable(
				channel, SHMREGION_NO_DEADLINE) < 0)
			err(1, "receive");
	if (message.length != sizeof(*said) || message.count != 1 ||
	    shmdev_shmem_size(message.shmems[0]) != SIZE)
		errx(1, "this is no frame");
	return message.shmems[0];
}

static void put(struct shmdev_channel *channel, uint32_t say,
		struct shmdev_shmem *frame)
{
	if (shmdev_channel_send(channel, &say, sizeof(say), &frame, 1) < 0)
		err(1, "send");
}

static int produce(struct shmdev_channel *channel)
{
	struct shmdev_shmem *frame;
	uint32_t i, said;

	for (i = 0; i < FRAMES + BUFFERS; i++) {
		frame = i < BUFFERS ? shmdev_channel_alloc(channel, SIZE) :
				      get(channel, &said);
		if (!frame)
			err(1, "alloc");
		if (i >= FRAMES)
			continue;
		memset(shmdev_shmem_data(frame), (int)i, SIZE);
		put(channel, sum(shmdev_shmem_data(frame)), frame);
	}
	return 0;
}

int main(void)
{
	struct shmdev_channel *channel;
	struct shmdev_shmem *frame;
	int pair[2], i, status;
	uint32_t said;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		err(1, "socketpair");
	if (fork() == 0)
		return produce(shmdev_channel_create(pair[0], 1, NULL));
	channel = shmdev_channel_create(pair[1], 2, NULL);
	for (i = 0; i < FRAMES; i++) {
		frame = get(channel, &said);
		if (said != sum(shmdev_shmem_data(frame)))
			errx(1, "frame %d is wrong", i);
		put(channel, 0, frame);
	}
	return wait(&status) < 0 || status || printf("%d frames\n", i) < 0;
}
