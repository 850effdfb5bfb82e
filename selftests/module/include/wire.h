/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages that the library itself would never send. */
#ifndef SELFTESTS_WIRE_H
#define SELFTESTS_WIRE_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Return: 0, or the error as a negative number. */
static inline long send_bytes(int socket, const void *bytes, size_t size,
			      const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(200 * sizeof(int))];
	} control = {
		.header.cmsg_len = CMSG_LEN(count * sizeof(int)),
		.header.cmsg_level = SOL_SOCKET,
		.header.cmsg_type = SCM_RIGHTS,
	};
	struct iovec iov = { (void *)bytes, size };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = count ? &control : NULL,
		.msg_controllen = count ? CMSG_SPACE(count * sizeof(int)) : 0,
	};

	if (count)
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

#endif /* SELFTESTS_WIRE_H */
