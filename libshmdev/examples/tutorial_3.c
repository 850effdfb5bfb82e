// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Tutorial, step 3: a channel. A producer draws frames into one region and lends
 * it to a consumer with each call. The consumer reads the frame in place and
 * answers. Both map the region once.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define FRAMES		3
#define FRAME_SIZE	(64 * 1024)
#define PATIENCE_NS	UINT64_C(60000000000)

static uint32_t sum_of(const struct shmdev_shmem *frame)
{
	const unsigned char *bytes = shmdev_shmem_data(frame);
	size_t size = shmdev_shmem_size(frame), i;
	uint32_t sum = 0;

	for (i = 0; bytes && i < size; i++)
		sum += bytes[i];
	return sum;
}

/* Answers calls until the producer is gone. */
static int be_consumer(int socket)
{
	struct shmdev_channel_message message;
	struct shmdev_channel *channel;
	uint32_t number, sum;

	channel = shmdev_channel_create(socket, SHMDEV_CHANNEL_SECOND, NULL);
	if (!channel)
		err(1, "consumer: channel");
	for (;;) {
		if (shmdev_channel_receive_wait(channel, &number,
						sizeof(number), &message,
						SHMREGION_NO_DEADLINE) < 0) {
			if (errno == EPIPE)
				return 0;
			err(1, "consumer: receive");
		}
		if (message.kind != SHMDEV_CHANNEL_CALL || message.count != 1)
			errx(1, "consumer: not a frame");
		sum = sum_of(message.shmems[0]);
		printf("consumer: frame %u has the sum %u\n", number, sum);
		fflush(stdout);
		if (shmdev_channel_reply(channel, message.serial, &sum,
					 sizeof(sum), message.shmems, 1) < 0)
			err(1, "consumer: reply");
	}
}

static void produce(struct shmdev_channel *channel)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS);
	struct shmdev_shmem *frame;
	struct shmdev_channel_message answer;
	uint32_t number, sum;

	frame = shmdev_channel_alloc(channel, FRAME_SIZE);
	if (!frame)
		err(1, "producer: alloc");
	for (number = 1; number <= FRAMES; number++) {
		memset(shmdev_shmem_data(frame), number, FRAME_SIZE);
		/* While the consumer has it, "frame" is NULL. */
		if (shmdev_channel_call(channel, &number, sizeof(number),
					&frame, 1, &sum, sizeof(sum), &answer,
					deadline) < 0)
			err(1, "producer: call");
		if (answer.length != sizeof(sum) || answer.count != 1 ||
		    sum != number * FRAME_SIZE)
			errx(1, "producer: a wrong answer");
		frame = answer.shmems[0];
		printf("producer: frame %u is back\n", number);
	}
}

int main(void)
{
	struct shmdev_channel *channel;
	int sockets[2], status;
	pid_t consumer;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) < 0)
		err(1, "socketpair");
	consumer = fork();
	if (consumer < 0)
		err(1, "fork");
	if (consumer == 0) {
		close(sockets[0]);
		return be_consumer(sockets[1]);
	}
	close(sockets[1]);

	channel = shmdev_channel_create(sockets[0], SHMDEV_CHANNEL_FIRST, NULL);
	if (!channel)
		err(1, "producer: channel");
	produce(channel);
	shmdev_channel_close(channel);
	return waitpid(consumer, &status, 0) != consumer || status;
}
