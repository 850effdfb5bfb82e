// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The socket of a channel. */
#include "channel.h"

#include <errno.h>
#include <poll.h>

int shmdev_socket_check_space(int fd)
{
	static const struct timespec at_once;
	struct pollfd poll_fd = {
		.fd = fd,
		.events = POLLOUT,
	};

	/* As everywhere in the library, so that a sandbox needs no other call. */
	if (ppoll(&poll_fd, 1, &at_once, NULL) < 0)
		return -1;
	if (poll_fd.revents & POLLHUP)
		return shmdev_fail(EPIPE);
	if (!(poll_fd.revents & POLLOUT))
		return shmdev_fail(EAGAIN);

	return 0;
}

int shmdev_socket_send_bytes(int fd, const void *bytes, size_t size)
{
	const struct iovec part = { (void *)bytes, size };

	return shmdev_socket_send_parts(fd, &part, 1, -1);
}

int shmdev_socket_send(int fd, const struct wire_packet *packet, int handle)
{
	const struct iovec parts[] = {
		{ (void *)packet, shmdev_wire_prefix(packet) },
		{ (void *)packet->bytes, packet->head.length },
	};

	return shmdev_socket_send_parts(fd, parts, 2, handle);
}
