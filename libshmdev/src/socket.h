/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Connected Unix sockets: messages, file descriptors and waiting. */
#ifndef SHMDEV_INTERNAL_SOCKET_H
#define SHMDEV_INTERNAL_SOCKET_H

#include "internal.h"

#include <poll.h>
#include <sys/types.h>
#include <sys/uio.h>

/* More than any honest packet has, so that too many can be told. */
#define SOCKET_MAX_FDS	8

struct received_fds {
	int fds[SOCKET_MAX_FDS];
	uint32_t count;
};

/* Type of a Unix socket that is connected; -1, EINVAL if it is of no Unix. */
int shmdev_socket_type(int fd);
/* 0 if it is one of type SOCK_SEQPACKET. */
int shmdev_socket_check(int fd);
/* Sends all or nothing, and never waits; @handle is -1 for none. */
int shmdev_socket_send_parts(int fd, const struct iovec *parts, size_t count,
			     int handle);
/*
 * Size of the packet, or of what there is of a stream; 0 at the end. The file
 * descriptors are the caller's, also on error. Waits only with @wait.
 */
ssize_t shmdev_socket_receive(int fd, void *buffer, size_t size, bool wait,
			      struct received_fds *fds);
void shmdev_socket_close_fds(struct received_fds *fds);
int shmdev_socket_wait(int fd, short events, uint64_t deadline_ns);

#endif /* SHMDEV_INTERNAL_SOCKET_H */
