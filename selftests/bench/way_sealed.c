// SPDX-License-Identifier: GPL-2.0-only
/*
 * A new memfd for every message, sealed against writing: what Linux has for a
 * receiver that does not trust the sender.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "way.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void send_fd(int socket, int fd)
{
	union control control = {
		.header.cmsg_len = CMSG_LEN(sizeof(int)),
		.header.cmsg_level = SOL_SOCKET,
		.header.cmsg_type = SCM_RIGHTS,
	};
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1)
		die("sendmsg");
}

static int receive_fd(int socket)
{
	union control control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		die("recvmsg");
	if (message.msg_controllen < sizeof(control))
		dies("recvmsg", "no file descriptor");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static void *sealed_prepare(struct side *side)
{
	side->fd = create_memfd(side->size, MFD_ALLOW_SEALING);
	side->memory = map_memory(side->fd, side->size, PROT_READ | PROT_WRITE);
	return side->memory;
}

static void sealed_send(struct side *side)
{
	if (munmap(side->memory, side->size))
		die("munmap");
	if (fcntl(side->fd, F_ADD_SEALS, SEALS))
		die("F_ADD_SEALS");
	send_fd(side->socket, side->fd);
	close(side->fd);
}

static const void *sealed_receive(struct side *side)
{
	int fd = receive_fd(side->socket);
	struct stat status;

	side->incoming = map_memory(fd, side->size, PROT_READ);
	if (fcntl(fd, F_GET_SEALS) != SEALS)
		dies("F_GET_SEALS", "not sealed");
	if (fstat(fd, &status) || (size_t)status.st_size != side->size)
		dies("fstat", "not the size that was sent");
	close(fd);
	return side->incoming;
}

static void sealed_done(struct side *side)
{
	if (munmap(side->incoming, side->size))
		die("munmap");
}

const struct way way_sealed = {
	.name = "sealed",
	.title = "sealed memfd a message (P3)",
	.receive = sealed_receive,
	.done = sealed_done,
	.prepare = sealed_prepare,
	.send = sealed_send,
};
