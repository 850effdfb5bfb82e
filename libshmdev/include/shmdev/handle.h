/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Sending handles: one handle in one message over a connected Unix socket of type
 * SOCK_STREAM or SOCK_SEQPACKET.
 *
 * The message is one byte and the handle (SCM_RIGHTS). On a stream the receiver
 * takes exactly that byte, so it can stand between other messages if both sides
 * know where. The socket may be blocking or not; the calls wait until their
 * deadline either way.
 *
 * To hand over a region between two processes that do not trust each other, the
 * sender releases it and sends the handle::
 *
 *	shmdev_region_release(writable);
 *	shmdev_handle_send(socket, writable, deadline);
 *
 * and the receiver takes it, verifies it and owns it::
 *
 *	fd = shmdev_handle_receive(socket, deadline);
 *	region = shmdev_writable_region_adopt_and_acquire(fd, size, 0, deadline,
 *							  NULL);
 */
#ifndef SHMDEV_HANDLE_H
#define SHMDEV_HANDLE_H

#include <stdint.h>

#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * shmdev_handle_send() - send the handle of a region
 * @socket: a connected Unix socket; stays the caller's
 * @region: the region; stays the caller's too
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 *
 * The receiver has the rights of the handle. Does not change the owner. Raises no
 * SIGPIPE.
 *
 * Return: 0 when the message is on its way; -1 on error, when nothing is sent:
 *
 *  - EINVAL: @socket is of another domain or type; or the handle has CONTROL,
 *    which the receiver would have too: send a duplicate without it.
 *  - ENOTSOCK: @socket is not a socket.
 *  - ENOTCONN: it is not connected.
 *  - EPIPE: the peer is gone.
 *  - ETIMEDOUT: the peer does not read, and the deadline has passed.
 *  - EINTR: a signal ended the wait.
 *  - ETOOMANYREFS: too many file descriptors of this user are on their way.
 *  - every other error of sendmsg(2)
 *
 * Since: 0.1
 */
int shmdev_handle_send(int socket, const struct shmdev_region *region,
		       uint64_t deadline_ns);

/**
 * shmdev_handle_receive() - receive what claims to be a handle
 * @socket: see shmdev_handle_send()
 * @deadline_ns: see shmdev_handle_send()
 *
 * Nothing is known about the file descriptor yet. Adopt it, see
 * shmdev_region_adopt(). Whatever the peer sends, no other file descriptor is
 * left open. After EPROTO or EMFILE the message is used up; close the
 * connection.
 *
 * Return: a file descriptor, close-on-exec, which the caller must close; -1 on
 * error:
 *
 *  - EINVAL, ENOTSOCK, ENOTCONN, EINTR: see shmdev_handle_send().
 *  - EPIPE: the peer is gone, and nothing is left to receive.
 *  - ETIMEDOUT: no message came before the deadline.
 *  - EPROTO: what came is not a message of shmdev_handle_send(): no file
 *    descriptor, more than one, or other bytes.
 *  - EMFILE: the process has no free file descriptor.
 *  - every other error of recvmsg(2)
 *
 * Since: 0.1
 */
int shmdev_handle_receive(int socket, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_HANDLE_H */
