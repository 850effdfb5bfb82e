// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is sent to the peer. Whether the socket has space is asked first, so
 * that a shmem is seldom given away for a message that cannot be sent.
 */
#include "channel.h"

#include <errno.h>

static int send_created(struct shmdev_channel *channel,
			const struct shmdev_shmem *shmem, uint64_t size)
{
	struct wire_packet packet;

	shmdev_wire_init(&packet, shmem->unsafe ? WIRE_CREATED_UNSAFE :
						  WIRE_CREATED, 0, NULL, 0);
	shmdev_wire_add(&packet, shmem->id, size,
			shmem->unsafe ? 0 : shmem->member);

	return shmdev_socket_send(channel->fd, &packet,
				  shmdev_region_fd(shmem->region));
}

static int send_destroyed(struct shmdev_channel *channel, uint64_t id)
{
	struct wire_packet packet;

	shmdev_wire_init(&packet, WIRE_DESTROYED, 0, NULL, 0);
	shmdev_wire_add(&packet, id, 0, 0);

	return shmdev_socket_send(channel->fd, &packet, -1);
}

SHMDEV_API struct shmdev_shmem *
shmdev_channel_alloc_with(struct shmdev_channel *channel, uint64_t size,
			  uint32_t mode, uint32_t flags)
{
	struct shmdev_shmem *shmem;
	uint64_t id;

	/* The peer would refuse it. */
	if (flags & SHMREGION_CREATE_CONTROLLED) {
		errno = EINVAL;
		return NULL;
	}
	if (shmdev_channel_check(channel) < 0)
		return NULL;
	if (channel->last_id == ID_NUMBER) {
		errno = ENOSPC;
		return NULL;
	}

	id = channel->own_half | (channel->last_id + 1);
	if (mode == SHMREGION_MODE_UNSAFE)
		id |= ID_UNSAFE;
	shmem = shmdev_shmem_create(channel, id, size, mode, flags);
	if (!shmem)
		return NULL;

	if (send_created(channel, shmem, size) < 0) {
		shmdev_shmem_free(shmem);
		return NULL;
	}
	if (shmem->unsafe)
		shmdev_shmem_close_handle(shmem);

	channel->last_id++;
	shmdev_table_add(&channel->table, shmem);
	return shmem;
}

SHMDEV_API struct shmdev_shmem *
shmdev_channel_alloc(struct shmdev_channel *channel, uint64_t size)
{
	return shmdev_channel_alloc_with(channel, size,
					 SHMREGION_MODE_WRITABLE, 0);
}

SHMDEV_API struct shmdev_shmem *
shmdev_channel_alloc_unsafe(struct shmdev_channel *channel, uint64_t size)
{
	return shmdev_channel_alloc_with(channel, size, SHMREGION_MODE_UNSAFE,
					 0);
}

static int check_shmem(const struct shmdev_channel *channel,
		       const struct shmdev_shmem *shmem)
{
	if (!shmem || shmem->channel != channel)
		return shmdev_fail(EINVAL);

	return shmem->here ? 0 : shmdev_fail(EPERM);
}

/* Whether the peer has to be told, and can be. */
static bool must_tell(const struct shmdev_channel *channel,
		      const struct shmdev_shmem *shmem)
{
	return !channel->broken && !channel->gone &&
	       !(shmem->unsafe && shmem->by_peer);
}

static int tell_destroyed(struct shmdev_channel *channel, uint64_t id)
{
	if (shmdev_channel_check(channel) == 0 &&
	    send_destroyed(channel, id) == 0)
		return 0;

	return errno == EPIPE ? 0 : -1;
}

SHMDEV_API int shmdev_channel_dealloc(struct shmdev_channel *channel,
				      struct shmdev_shmem **p)
{
	struct shmdev_shmem *shmem;

	if (!channel || !p || check_shmem(channel, *p) < 0)
		return channel && p ? -1 : shmdev_fail(EINVAL);

	shmem = *p;
	/* An unsafe one that the user will be given again. */
	if (shmem->queued) {
		*p = NULL;
		return 0;
	}
	if (must_tell(channel, shmem) &&
	    tell_destroyed(channel, shmem->id) < 0)
		return -1;

	/* The peer's unsafe ones can come again until the peer frees them. */
	if (shmem->unsafe && shmem->by_peer && !shmem->stale)
		shmem->here = false;
	else
		shmdev_table_drop(&channel->table, shmem);
	*p = NULL;

	return 0;
}

static int check_shmems(const struct shmdev_channel *channel,
			struct shmdev_shmem **shmems, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		if (check_shmem(channel, shmems[i]) < 0)
			return -1;
		if (shmems[i]->stale)
			return shmdev_fail(ESTALE);
		for (j = 0; j < i; j++)
			if (shmems[i] == shmems[j])
				return shmdev_fail(EINVAL);
	}

	return 0;
}

static int check_message(const struct shmdev_channel *channel,
			 const void *bytes, size_t length,
			 struct shmdev_shmem **shmems, size_t count)
{
	if (!channel || (!bytes && length) || (!shmems && count))
		return shmdev_fail(EINVAL);
	if (length > SHMDEV_CHANNEL_MAX_BYTES ||
	    count > SHMDEV_CHANNEL_MAX_SHMEMS)
		return shmdev_fail(EMSGSIZE);

	return check_shmems(channel, shmems, count);
}

/* What was transferred comes back only if the peer has died meanwhile. */
static int take_back_one(struct shmdev_shmem *shmem, uint64_t value)
{
	return value == WIRE_TRANSFERRED ? shmdev_shmem_take_any(shmem) :
					   shmdev_shmem_take(shmem, value);
}

/*
 * Nobody has told the peer of what it has now, and nobody will: the two sides do
 * not agree any more. When it is gone, that is no matter.
 */
static void take_back(struct shmdev_channel *channel,
		      struct shmdev_shmem **shmems,
		      const struct wire_packet *packet)
{
	int saved = errno;
	uint32_t i;

	for (i = 0; i < packet->head.count; i++) {
		if (shmems[i]->unsafe ||
		    take_back_one(shmems[i], packet->regions[i].value) == 0)
			continue;
		shmems[i] = NULL;
		channel->broken |= saved != EPIPE;
	}
	errno = saved;
}

static int give_all(struct shmdev_shmem **shmems, size_t count,
		    struct wire_packet *packet)
{
	uint64_t value, member;
	size_t i;

	for (i = 0; i < count; i++) {
		value = 0;
		member = 0;
		if (!shmems[i]->unsafe) {
			if (shmdev_shmem_give(shmems[i], &value) < 0)
				return -1;
			member = shmems[i]->member;
		}
		shmdev_wire_add(packet, shmems[i]->id, value, member);
	}

	return 0;
}

static void forget(struct shmdev_shmem **shmems, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (shmems[i]->unsafe)
			continue;
		shmems[i]->owner_died = false;
		shmems[i] = NULL;
	}
}

static bool gives_ownership(struct shmdev_shmem **shmems, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!shmems[i]->unsafe)
			return true;

	return false;
}

/*
 * What was transferred cannot be taken back while the peer lives. So a packet that
 * finds no memory after that is kept, and sent with the next thing that is done.
 */
static int send_or_keep(struct shmdev_channel *channel,
			const struct wire_packet *packet,
			struct shmdev_shmem **shmems)
{
	if (shmdev_socket_send(channel->fd, packet, -1) == 0)
		return 0;
	if (!shmdev_is_short_of_memory(errno) ||
	    !gives_ownership(shmems, packet->head.count))
		return -1;

	channel->unsent_size = shmdev_wire_encode(packet, channel->unsent);
	return 0;
}

int shmdev_channel_send_packet(struct shmdev_channel *channel,
			       enum wire_type type, uint64_t serial,
			       const void *bytes, size_t length,
			       struct shmdev_shmem **shmems, size_t count)
{
	struct wire_packet packet;

	if (check_message(channel, bytes, length, shmems, count) < 0 ||
	    shmdev_channel_check(channel) < 0)
		return -1;

	shmdev_wire_init(&packet, type, serial, bytes, length);
	if (shmdev_wire_prefix(&packet) + count * sizeof(packet.regions[0]) +
	    length > channel->max_packet)
		return shmdev_fail(EMSGSIZE);

	if (give_all(shmems, count, &packet) < 0 ||
	    send_or_keep(channel, &packet, shmems) < 0) {
		take_back(channel, shmems, &packet);
		return -1;
	}

	forget(shmems, count);
	return 0;
}

SHMDEV_API int shmdev_channel_send(struct shmdev_channel *channel,
				   const void *bytes, size_t length,
				   struct shmdev_shmem **shmems, size_t count)
{
	return shmdev_channel_send_packet(channel, WIRE_MESSAGE, 0, bytes,
					  length, shmems, count);
}
