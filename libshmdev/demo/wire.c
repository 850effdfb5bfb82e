// SPDX-License-Identifier: GPL-2.0-only
/* File descriptors from one process to another, by SCM_RIGHTS. */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* A message of one byte that brings one file descriptor. */
struct parcel {
	char byte;
	struct iovec iov;
	struct msghdr message;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
};

static void parcel_init(struct parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->iov.iov_base = &parcel->byte;
	parcel->iov.iov_len = sizeof(parcel->byte);
	parcel->message.msg_iov = &parcel->iov;
	parcel->message.msg_iovlen = 1;
	parcel->message.msg_control = &parcel->control;
	parcel->message.msg_controllen = sizeof(parcel->control);
}

int wire_send(int socket, int fd)
{
	struct parcel parcel;
	struct cmsghdr *header;

	parcel_init(&parcel);
	header = CMSG_FIRSTHDR(&parcel.message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));

	return sendmsg(socket, &parcel.message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int wire_receive(int socket)
{
	struct parcel parcel;
	struct cmsghdr *header;
	int fd;

	parcel_init(&parcel);
	if (recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	header = CMSG_FIRSTHDR(&parcel.message);
	if (!header || header->cmsg_type != SCM_RIGHTS) {
		errno = EPROTO;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));

	return fd;
}
