// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Sockets: packets, file descriptors and waiting. */
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Since Linux 6.5; the C library may not know it. */
#ifndef SCM_PIDFD
#define SCM_PIDFD	0x04
#endif

#define NSEC_PER_SEC	UINT64_C(1000000000)

int shmdev_socket_type(int fd)
{
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof(peer);
	socklen_t size = sizeof(int);
	int domain, type;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return -1;
	if (domain != AF_UNIX)
		return shmdev_fail(EINVAL);
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0)
		return -1;

	return type;
}

int shmdev_socket_check(int fd)
{
	int type;

	type = shmdev_socket_type(fd);
	if (type < 0)
		return -1;

	return type == SOCK_SEQPACKET ? 0 : shmdev_fail(EINVAL);
}

int shmdev_socket_send_parts(int fd, const struct iovec *parts, size_t count,
			     int handle)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(handle))];
	} control;
	struct msghdr message = {
		.msg_iov = (struct iovec *)parts,
		.msg_iovlen = count,
	};

	if (handle >= 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(handle));
		memcpy(CMSG_DATA(&control.header), &handle, sizeof(handle));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}

	if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == ECONNRESET)
			errno = EPIPE;
		return -1;
	}

	return 0;
}

/*
 * The file descriptors of the peer. Those that do not fit are closed, there are
 * too many already. So is the one that tells who the peer is, where the program
 * asked for it (SO_PASSPIDFD).
 */
static void collect_fds(struct received_fds *fds, const struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	size_t i;
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		if (header->cmsg_type == SCM_RIGHTS &&
		    fds->count < SOCKET_MAX_FDS)
			fds->fds[fds->count++] = fd;
		else
			close(fd);
	}
}

ssize_t shmdev_socket_receive(int fd, void *buffer, size_t size, bool wait,
			      struct received_fds *fds)
{
	union {
		struct cmsghdr header;
		char space[256];
	} control;
	struct iovec part = { buffer, size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t length;

	fds->count = 0;
	length = recvmsg(fd, &message,
			 MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	if (length < 0)
		return -1;

	for (header = CMSG_FIRSTHDR(&message); header;
	     header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET &&
		    (header->cmsg_type == SCM_RIGHTS ||
		     header->cmsg_type == SCM_PIDFD))
			collect_fds(fds, header);

	if (message.msg_flags & MSG_TRUNC)
		return shmdev_fail(EPROTO);
	/* Also when this process has no file descriptors left. */
	if (message.msg_flags & MSG_CTRUNC)
		return shmdev_fail(fds->count ? EPROTO : EMFILE);

	return length;
}

void shmdev_socket_close_fds(struct received_fds *fds)
{
	while (fds->count)
		shmdev_close_keep_errno(fds->fds[--fds->count]);
}

/* False when the deadline has passed. */
static bool time_left(uint64_t deadline_ns, struct timespec *left)
{
	uint64_t now = shmdev_deadline_after(0);
	uint64_t ns = deadline_ns > now ? deadline_ns - now : 0;

	left->tv_sec = (time_t)(ns / NSEC_PER_SEC);
	left->tv_nsec = (long)(ns % NSEC_PER_SEC);
	return ns;
}

int shmdev_socket_wait(int fd, short events, uint64_t deadline_ns)
{
	struct pollfd poll_fd = {
		.fd = fd,
		.events = events,
	};
	struct timespec left;
	int ready;

	time_left(deadline_ns, &left);
	ready = ppoll(&poll_fd, 1,
		      deadline_ns == SHMREGION_NO_DEADLINE ? NULL : &left, NULL);
	if (ready < 0)
		return -1;

	return ready ? 0 : shmdev_fail(ETIMEDOUT);
}
