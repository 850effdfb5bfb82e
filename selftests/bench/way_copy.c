// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies: through the socket, out of the sender's memory, and through a pipe
 * into which the sender's pages are spliced. Each side has memory of its own.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "way.h"

#define PIPE_SIZE (1 * MIB)

static void copy_join(struct side *side)
{
	side->memory = map_buffer(side->size);
	side->incoming = map_buffer(side->size);
}

static void read_all(int fd, char *to, size_t size)
{
	ssize_t got;

	for (; size; size -= got, to += got) {
		got = read(fd, to, size);
		if (got <= 0)
			die("read");
	}
}

static const void *socket_receive(struct side *side)
{
	read_all(side->socket, side->incoming, side->size);
	return side->incoming;
}

static void socket_send(struct side *side)
{
	const char *from = side->memory;
	size_t left = side->size;
	ssize_t sent;

	for (; left; left -= sent, from += sent) {
		sent = send(side->socket, from, left, MSG_NOSIGNAL);
		if (sent <= 0)
			die("send");
	}
}

const struct way way_socket = {
	.name = "socket",
	.title = "copy through a socket (P4)",
	.stream = true,
	.join = copy_join,
	.receive = socket_receive,
	.prepare = same_memory,
	.send = socket_send,
};

/* Both sides' buffers are at the same address: the child is a fork. */
static void readv_setup(struct side *side)
{
	side->memory = map_buffer(side->size);
	side->incoming = map_buffer(side->size);
}

static const void *readv_receive(struct side *side)
{
	struct iovec to = { .iov_base = side->incoming, .iov_len = side->size };
	struct iovec from = { .iov_base = side->memory, .iov_len = side->size };

	message_receive(side);
	if (process_vm_readv(side->peer, &to, 1, &from, 1, 0) !=
	    (ssize_t)side->size)
		die("process_vm_readv");
	return side->incoming;
}

static void readv_send(struct side *side)
{
	message_send(side);
}

const struct way way_readv = {
	.name = "readv",
	.title = "process_vm_readv (P4)",
	.setup = readv_setup,
	.receive = readv_receive,
	.prepare = same_memory,
	.send = readv_send,
};

/* One pipe a direction: the parent writes into the first. */
static void vmsplice_setup(struct side *side)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (pipe(side->pipes[i]) ||
		    fcntl(side->pipes[i][1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
			die("pipe");
}

static const void *vmsplice_receive(struct side *side)
{
	read_all(side->pipes[!side->child][0], side->incoming, side->size);
	return side->incoming;
}

static void vmsplice_send(struct side *side)
{
	struct iovec from = { .iov_base = side->memory, .iov_len = side->size };
	ssize_t sent;

	while (from.iov_len) {
		sent = vmsplice(side->pipes[side->child][1], &from, 1, 0);
		if (sent <= 0)
			die("vmsplice");
		from.iov_base = (char *)from.iov_base + sent;
		from.iov_len -= sent;
	}
}

const struct way way_vmsplice = {
	.name = "vmsplice",
	.title = "vmsplice into a pipe (P5)",
	.setup = vmsplice_setup,
	.join = copy_join,
	.receive = vmsplice_receive,
	.prepare = same_memory,
	.send = vmsplice_send,
};
