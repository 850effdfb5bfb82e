// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Frames, such as those of a video, from a producer to a consumer through a
 * channel. Three regions go round, once there and back for each frame: it is
 * not copied, and costs no new file descriptor and no new mapping.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define NR_BUFFERS	3
#define NR_FRAMES	60
#define FRAME_BYTES	(640 * 480)

/* The number that a new file descriptor would have. */
static int next_fd(void)
{
	int fd = dup(STDOUT_FILENO);

	close(fd);
	return fd;
}

/* Wait for a frame and its number; NULL when the peer is gone. */
static struct shmdev_shmem *receive(struct shmdev_channel *channel,
				    uint32_t *number)
{
	struct shmdev_channel_message message;

	while (shmdev_channel_receive(channel, number, sizeof(*number),
				      &message) < 0) {
		if (errno == EPIPE)
			return NULL;
		if (errno != EAGAIN ||
		    shmdev_channel_wait_readable(channel,
						 SHMREGION_NO_DEADLINE) < 0)
			err(1, "receive");
	}
	/* The peer may send anything. The size of a shmem is a fact. */
	if (message.length != sizeof(*number) || message.count != 1 ||
	    shmdev_shmem_size(message.shmems[0]) != FRAME_BYTES)
		errx(1, "this is not a frame");
	return message.shmems[0];
}

static void send_frame(struct shmdev_channel *channel, uint32_t number,
		       struct shmdev_shmem *frame)
{
	/* The socket has room for as many messages as there are buffers. */
	if (shmdev_channel_send(channel, &number, sizeof(number), &frame, 1))
		err(1, "send");
}

static int produce(int socket)
{
	struct shmdev_channel *channel;
	void *pixels, *place[NR_BUFFERS];
	uint32_t number, returned;
	struct shmdev_shmem *frame;
	int fd = -1;

	channel = shmdev_channel_create(socket, SHMDEV_CHANNEL_SECOND, NULL);
	if (!channel)
		err(1, "producer: channel");
	for (number = 0; number < NR_FRAMES; number++) {
		if (number < NR_BUFFERS)
			frame = shmdev_channel_alloc(channel, FRAME_BYTES);
		else
			frame = receive(channel, &returned);
		if (!frame)
			err(1, "producer: no buffer");
		pixels = shmdev_shmem_data(frame);
		if (number < NR_BUFFERS) {
			place[number] = pixels;
			fd = next_fd();
		}
		if (place[number % NR_BUFFERS] != pixels || next_fd() != fd)
			errx(1, "producer: a frame cost something new");
		memset(pixels, number, FRAME_BYTES);
		send_frame(channel, number, frame);
	}

	/* To touch what was sent is SIGSEGV. In a system call it is EFAULT. */
	if (access(pixels, F_OK) == 0 || errno != EFAULT)
		errx(1, "producer: a frame that was sent can be read");
	printf("producer %d: to read what I sent: %m\n", getpid());
	/* Closing frees all: let the consumer do so first. */
	while (receive(channel, &returned))
		;
	shmdev_channel_close(channel);
	return 0;
}

static void consume(int socket)
{
	/* The most that the producer can make this process map: pages. */
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct shmdev_channel_limits limits = {
		.peer_bytes = NR_BUFFERS * ((FRAME_BYTES + page - 1) / page * page),
		.peer_regions = NR_BUFFERS, .queued = 1,
	};
	struct shmdev_channel *channel;
	struct shmdev_shmem *frame;
	uint32_t number, next;
	const uint8_t *pixels;

	channel = shmdev_channel_create(socket, SHMDEV_CHANNEL_FIRST, &limits);
	if (!channel)
		err(1, "consumer: channel");
	for (next = 0; next < NR_FRAMES; next++) {
		frame = receive(channel, &number);
		if (!frame || number != next)
			errx(1, "consumer: frame %u did not come", next);
		/* Nobody else can write, not even its creator: no copy. */
		pixels = shmdev_shmem_data(frame);
		if (pixels[0] != (uint8_t)next ||
		    memcmp(pixels, pixels + 1, FRAME_BYTES - 1))
			errx(1, "consumer: frame %u is wrong", next);
		/* The producer is to find that it lacks the last one. */
		if (next + 1 < NR_FRAMES)
			send_frame(channel, number, frame);
	}
	shmdev_channel_close(channel);
	printf("consumer %d: %u frames, read in place, in %d regions\n",
	       getpid(), next, NR_BUFFERS);
}

int main(void)
{
	int sockets[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	close(sockets[pid ? 1 : 0]);
	if (!pid)
		return produce(sockets[1]);
	consume(sockets[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the producer failed");
	return 0;
}
