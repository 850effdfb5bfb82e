// SPDX-License-Identifier: GPL-2.0-only
/* What controller and workers say to each other, by a socket. */
#include "wire.h"

#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(2 * sizeof(int))];
};

bool wire_send(int socket, const struct wire_message *message)
{
	return send(socket, message, sizeof(*message), MSG_NOSIGNAL) ==
	       sizeof(*message);
}

bool wire_send_region(int socket, const struct wire_message *message,
		      const int fds[2])
{
	union control control = {
		.header.cmsg_len = CMSG_LEN(2 * sizeof(int)),
		.header.cmsg_level = SOL_SOCKET,
		.header.cmsg_type = SCM_RIGHTS,
	};
	struct iovec iov = {
		.iov_base = (void *)message,
		.iov_len = sizeof(*message),
	};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
	return sendmsg(socket, &header, MSG_NOSIGNAL) == sizeof(*message);
}

/* The file descriptors are -1 when the message has none. */
bool wire_receive(int socket, struct wire_message *message, int fds[2],
		  bool wait)
{
	union control control;
	struct iovec iov = {
		.iov_base = message,
		.iov_len = sizeof(*message),
	};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	fds[0] = -1;
	fds[1] = -1;
	if (recvmsg(socket, &header,
		    MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT)) !=
	    sizeof(*message))
		return false;
	if (header.msg_controllen >= CMSG_LEN(2 * sizeof(int)))
		memcpy(fds, CMSG_DATA(&control.header), 2 * sizeof(int));
	return true;
}
