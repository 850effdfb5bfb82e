// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Handles over a socket, one in one message of one byte.
 *
 * One byte is never sent or received in part, and on a stream nothing behind it
 * is read. The kernel does not join bytes over file descriptors, so what comes
 * with the byte belongs to it.
 */
#include "socket.h"

#include <errno.h>
#include <sys/socket.h>

/* The byte: a message of something else is found out, most likely. */
#define HANDLE_MESSAGE	0x53

static int check_socket(int socket)
{
	int type;

	type = shmdev_socket_type(socket);
	if (type < 0)
		return -1;
	if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return shmdev_fail(EINVAL);

	return 0;
}

/* After a call that failed: 0 when it is worth another try. */
static int wait_for(int socket, short events, uint64_t deadline_ns)
{
	/* The peer is gone, and did not read all that it was sent. */
	if (errno == ECONNRESET)
		errno = EPIPE;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return -1;

	return shmdev_socket_wait(socket, events, deadline_ns);
}

SHMDEV_API int shmdev_handle_send(int socket,
				  const struct shmdev_region *region,
				  uint64_t deadline_ns)
{
	unsigned char byte = HANDLE_MESSAGE;
	const struct iovec part = { &byte, sizeof(byte) };

	if (!region ||
	    (shmdev_region_rights(region) & SHMREGION_RIGHT_CONTROL))
		return shmdev_fail(EINVAL);
	if (check_socket(socket) < 0)
		return -1;

	while (shmdev_socket_send_parts(socket, &part, 1,
					shmdev_region_fd(region)) < 0)
		if (wait_for(socket, POLLOUT, deadline_ns) < 0)
			return -1;

	return 0;
}

/* The one file descriptor of a message, which is the caller's then. */
static int take_handle(ssize_t size, unsigned char byte,
		       struct received_fds *fds)
{
	if (!size && !fds->count)
		return shmdev_fail(EPIPE);
	if (size != 1 || byte != HANDLE_MESSAGE || fds->count != 1)
		return shmdev_fail(EPROTO);

	fds->count = 0;
	return fds->fds[0];
}

SHMDEV_API int shmdev_handle_receive(int socket, uint64_t deadline_ns)
{
	struct received_fds fds;
	unsigned char byte;
	ssize_t size;
	int handle;

	if (check_socket(socket) < 0)
		return -1;

	while ((size = shmdev_socket_receive(socket, &byte, sizeof(byte),
					     false, &fds)) < 0) {
		shmdev_socket_close_fds(&fds);
		if (wait_for(socket, POLLIN, deadline_ns) < 0)
			return -1;
	}

	handle = take_handle(size, byte, &fds);
	shmdev_socket_close_fds(&fds);

	return handle;
}
