// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Channel objects: making, waiting, closing, and what is left of a dead one. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the kernel keeps of a send buffer for itself, see unix(7). */
#define SNDBUF_RESERVE	32

static int get_send_buffer(int fd, int *space)
{
	socklen_t size = sizeof(*space);

	return getsockopt(fd, SOL_SOCKET, SO_SNDBUF, space, &size);
}

SHMDEV_API struct shmdev_channel *
shmdev_channel_create(int fd, uint32_t role,
		      const struct shmdev_channel_limits *limits)
{
	static const struct shmdev_channel_limits defaults = {
		.peer_bytes = SHMDEV_CHANNEL_PEER_BYTES,
		.peer_regions = SHMDEV_CHANNEL_PEER_REGIONS,
		.queued = SHMDEV_CHANNEL_QUEUED,
	};
	struct shmdev_channel *channel;
	int space;

	if (!limits)
		limits = &defaults;
	if ((role != SHMDEV_CHANNEL_FIRST && role != SHMDEV_CHANNEL_SECOND) ||
	    !limits->queued) {
		errno = EINVAL;
		return NULL;
	}
	if (shmdev_socket_check(fd) < 0 || get_send_buffer(fd, &space) < 0)
		return NULL;

	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return NULL;

	/* Does not fail: FD_CLOEXEC is the only flag, and fd is open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	channel->fd = fd;
	channel->limits = *limits;
	channel->own_half = role == SHMDEV_CHANNEL_FIRST ? 0 : ID_HALF;
	channel->max_packet = (size_t)space - SNDBUF_RESERVE;

	return channel;
}

SHMDEV_API void shmdev_channel_close(struct shmdev_channel *channel)
{
	struct queued_message *queued;
	int saved = errno;

	if (!channel)
		return;

	while (channel->queue) {
		queued = channel->queue;
		channel->queue = queued->next;
		free(queued);
	}
	shmdev_table_drop_all(&channel->table);
	close(channel->fd);
	free(channel);
	errno = saved;
}

SHMDEV_API int shmdev_channel_fd(const struct shmdev_channel *channel)
{
	return channel ? channel->fd : shmdev_fail(EINVAL);
}

SHMDEV_API int
shmdev_channel_wait_readable(const struct shmdev_channel *channel,
			     uint64_t deadline_ns)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	/* Or has an error to report. */
	if (channel->queue || channel->broken || channel->gone)
		return 0;

	return shmdev_socket_wait(channel->fd, POLLIN, deadline_ns);
}

SHMDEV_API int
shmdev_channel_wait_writable(const struct shmdev_channel *channel,
			     uint64_t deadline_ns)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	if (channel->broken || channel->gone)
		return 0;

	return shmdev_socket_wait(channel->fd, POLLOUT, deadline_ns);
}

int shmdev_channel_check(const struct shmdev_channel *channel)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	if (channel->broken)
		return shmdev_fail(EPROTO);
	if (channel->gone)
		return shmdev_fail(EPIPE);

	return shmdev_socket_check_space(channel->fd);
}

SHMDEV_API struct shmdev_shmem *
shmdev_channel_recover(struct shmdev_channel *channel)
{
	struct shmdev_shmem *shmem;

	if (!channel || !(channel->broken || channel->gone)) {
		errno = channel ? EBUSY : EINVAL;
		return NULL;
	}

	while ((shmem = shmdev_table_find_lost(&channel->table))) {
		if (shmdev_shmem_take_any(shmem) == 0)
			return shmem;
		shmdev_table_drop(&channel->table, shmem);
	}

	errno = ENOENT;
	return NULL;
}
