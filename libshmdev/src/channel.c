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

/* What the user has not received is not here: the peer can have it back. */
static void forget_arrivals(const struct queued_message *queued)
{
	uint32_t i;

	for (i = 0; i < queued->message.count; i++)
		if (queued->message.shmems[i])
			queued->message.shmems[i]->here = false;
}

SHMDEV_API void shmdev_channel_close(struct shmdev_channel *channel)
{
	struct queued_message *queued;
	int saved = errno;

	if (!channel)
		return;

	shmdev_channel_flush(channel);
	while (channel->queue) {
		queued = channel->queue;
		channel->queue = queued->next;
		forget_arrivals(queued);
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
shmdev_channel_wait_readable(struct shmdev_channel *channel,
			     uint64_t deadline_ns)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	/* Or has an error to report. */
	while (!channel->queue && !channel->broken && !channel->gone) {
		short events = POLLIN;

		/* The answer may be to what is not sent yet. */
		if (shmdev_channel_flush(channel) < 0)
			events |= POLLOUT;
		if (shmdev_socket_wait(channel->fd, events, deadline_ns) < 0)
			return -1;
		if (!channel->unsent_size)
			break;
	}

	return 0;
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

/* For this moment: the peer and the channel are as before. */
bool shmdev_is_short_of_memory(int error)
{
	return error == EAGAIN || error == ENOMEM || error == ENOBUFS;
}

int shmdev_channel_flush(struct shmdev_channel *channel)
{
	if (!channel->unsent_size)
		return 0;
	if (shmdev_socket_send_bytes(channel->fd, channel->unsent,
				     channel->unsent_size) < 0) {
		if (shmdev_is_short_of_memory(errno))
			return shmdev_fail(EAGAIN);
		/* No other packet goes before it, so none goes any more. */
		if (errno != EPIPE)
			channel->broken = true;
		return -1;
	}

	channel->unsent_size = 0;
	return 0;
}

int shmdev_channel_check(struct shmdev_channel *channel)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	if (channel->broken)
		return shmdev_fail(EPROTO);
	if (channel->gone)
		return shmdev_fail(EPIPE);
	if (shmdev_socket_check_space(channel->fd) < 0)
		return -1;

	return shmdev_channel_flush(channel);
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
