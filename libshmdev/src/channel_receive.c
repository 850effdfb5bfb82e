// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the peer sent. Every packet is checked as a whole before it changes
 * anything; one that fails is undone and breaks the channel.
 */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* So many packets that are no messages are read in one call. */
#define MAX_READS	64

static int handle_created(struct shmdev_channel *channel,
			  const struct wire_packet *packet,
			  struct received_fds *fds)
{
	const struct wire_region *said = &packet->regions[0];
	struct shmdev_shmem *shmem;
	bool unsafe = packet->head.type == WIRE_CREATED_UNSAFE;
	uint32_t mode;

	if (fds->count != 1 || shmdev_id_is_own(channel, said->id) ||
	    !!(said->id & ID_UNSAFE) != unsafe ||
	    (said->id & ID_NUMBER) <= channel->last_peer_id)
		return shmdev_fail(EPROTO);
	if (!shmdev_table_has_room(&channel->table, said->value,
				   &channel->limits))
		return shmdev_fail(EDQUOT);

	mode = unsafe ? SHMREGION_MODE_UNSAFE : SHMREGION_MODE_WRITABLE;
	fds->count = 0;
	shmem = shmdev_shmem_adopt(channel, said, mode, fds->fds[0]);
	if (!shmem)
		return -1;

	shmdev_table_add(&channel->table, shmem);
	channel->last_peer_id = said->id & ID_NUMBER;

	return 0;
}

static int handle_destroyed(struct shmdev_channel *channel,
			    const struct wire_packet *packet)
{
	struct shmdev_shmem *shmem;

	shmem = shmdev_table_find(&channel->table, packet->regions[0].id);
	if (!shmem || packet->regions[0].value || packet->regions[0].member)
		return shmdev_fail(EPROTO);
	/* An unsafe one is its allocator's, a safe one the owner's. */
	if (shmem->unsafe ? !shmem->by_peer || shmem->stale : shmem->here)
		return shmdev_fail(EPROTO);

	/* The user may be using it. */
	if (shmem->here)
		shmem->stale = true;
	else
		shmdev_table_drop(&channel->table, shmem);

	return 0;
}

static int check_serial(const struct shmdev_channel *channel,
			const struct wire_head *head)
{
	const struct serial_set *asked = &channel->peer_calls;

	if (head->type == WIRE_CALL && (shmdev_serials_full(asked) ||
					shmdev_serials_have(asked, head->serial)))
		return shmdev_fail(EPROTO);
	if (head->type == WIRE_ANSWER &&
	    !shmdev_serials_have(&channel->calls, head->serial))
		return shmdev_fail(EPROTO);

	return 0;
}

/*
 * The peer's member id never changes. It is not ours: a transfer to it would
 * succeed and leave this process the owner of what it believes to have sent.
 */
static bool can_be_peer(const struct shmdev_shmem *shmem, uint64_t member)
{
	return member && member != shmem->member &&
	       (!shmem->peer_member || member == shmem->peer_member);
}

static int arrive_safe(struct shmdev_shmem *shmem,
		       const struct wire_region *said)
{
	if (shmem->here || !can_be_peer(shmem, said->member))
		return shmdev_fail(EPROTO);

	return shmdev_shmem_take(shmem, said->value);
}

static int arrive_unsafe(struct shmdev_shmem *shmem,
			 const struct wire_region *said)
{
	if (shmem->stale || said->value || said->member)
		return shmdev_fail(EPROTO);

	shmem->here = true;
	return 0;
}

/*
 * An unsafe shmem of this side that the peer sent back before it knew that it was
 * deallocated here. Nobody can tell whether the peer knows it by now, and nothing
 * depends on it.
 */
static bool was_deallocated(const struct shmdev_channel *channel,
			    const struct wire_region *said)
{
	return shmdev_id_is_own(channel, said->id) && (said->id & ID_UNSAFE) &&
	       (said->id & ID_NUMBER) &&
	       (said->id & ID_NUMBER) <= channel->last_id &&
	       !said->value && !said->member;
}

static int arrive(const struct shmdev_channel *channel,
		  struct shmdev_shmem *shmem, const struct wire_region *said)
{
	if (!shmem)
		return was_deallocated(channel, said) ? 0 : shmdev_fail(EPROTO);

	return shmem->unsafe ? arrive_unsafe(shmem, said) :
			       arrive_safe(shmem, said);
}

/* Gives back what arrived by a message that is refused. */
static void undo_arrivals(struct queued_message *queued,
			  const struct wire_packet *packet,
			  uint32_t unsafe_here)
{
	struct shmdev_channel_message *message = &queued->message;
	struct shmdev_shmem *shmem;

	while (message->count) {
		shmem = message->shmems[--message->count];
		if (!shmem)
			continue;
		if (shmem->unsafe)
			shmem->here = unsafe_here >> message->count & 1;
		else
			shmdev_shmem_untake(shmem, packet->regions[message->count].value);
	}
}

/* From now on they can be transferred to the peer. */
static void learn_members(const struct wire_packet *packet,
			  struct queued_message *queued)
{
	uint32_t i;

	for (i = 0; i < packet->head.count; i++)
		if (queued->message.shmems[i])
			queued->message.shmems[i]->peer_member =
				packet->regions[i].member;
}

static int arrive_all(struct shmdev_channel *channel,
		      const struct wire_packet *packet,
		      struct queued_message *queued)
{
	struct shmdev_channel_message *message = &queued->message;
	struct shmdev_shmem *shmem;
	uint32_t unsafe_here = 0;
	int error;

	while (message->count < packet->head.count) {
		const struct wire_region *said =
			&packet->regions[message->count];

		shmem = shmdev_table_find(&channel->table, said->id);
		if (shmem && shmem->unsafe && shmem->here)
			unsafe_here |= UINT32_C(1) << message->count;
		if (arrive(channel, shmem, said) < 0) {
			error = errno;
			undo_arrivals(queued, packet, unsafe_here);
			return shmdev_fail(error);
		}
		message->shmems[message->count++] = shmem;
	}

	learn_members(packet, queued);
	return 0;
}

static struct queued_message *new_message(const struct wire_packet *packet)
{
	static const uint32_t kinds[] = {
		[WIRE_MESSAGE] = SHMDEV_CHANNEL_MESSAGE,
		[WIRE_CALL] = SHMDEV_CHANNEL_CALL,
		[WIRE_ANSWER] = SHMDEV_CHANNEL_ANSWER,
	};
	struct queued_message *queued;

	queued = calloc(1, sizeof(*queued) + packet->head.length);
	if (!queued)
		return NULL;

	queued->message.kind = kinds[packet->head.type];
	queued->message.serial = packet->head.serial;
	queued->message.length = packet->head.length;
	memcpy(queued->bytes, packet->bytes, packet->head.length);

	return queued;
}

static void append(struct shmdev_channel *channel,
		   struct queued_message *queued)
{
	struct queued_message **link = &channel->queue;
	uint32_t i;

	while (*link)
		link = &(*link)->next;
	*link = queued;
	channel->queued++;
	for (i = 0; i < queued->message.count; i++)
		if (queued->message.shmems[i])
			queued->message.shmems[i]->queued++;
}

static int handle_message(struct shmdev_channel *channel,
			  const struct wire_packet *packet)
{
	struct queued_message *queued;

	if (check_serial(channel, &packet->head) < 0)
		return -1;
	if (channel->queued >= channel->limits.queued)
		return shmdev_fail(ENOBUFS);

	queued = new_message(packet);
	if (!queued)
		return -1;
	if (arrive_all(channel, packet, queued) < 0) {
		free(queued);
		return -1;
	}

	if (packet->head.type == WIRE_CALL)
		shmdev_serials_add(&channel->peer_calls, packet->head.serial);
	if (packet->head.type == WIRE_ANSWER)
		shmdev_serials_remove(&channel->calls, packet->head.serial);
	append(channel, queued);

	return 0;
}

static int handle_packet(struct shmdev_channel *channel, const void *data,
			 size_t size, struct received_fds *fds)
{
	struct wire_packet packet;

	if (shmdev_wire_decode(&packet, data, size) < 0)
		return -1;
	if (packet.head.type == WIRE_CREATED ||
	    packet.head.type == WIRE_CREATED_UNSAFE)
		return handle_created(channel, &packet, fds);
	if (fds->count)
		return shmdev_fail(EPROTO);
	if (packet.head.type == WIRE_DESTROYED)
		return handle_destroyed(channel, &packet);

	return handle_message(channel, &packet);
}

int shmdev_channel_handle(struct shmdev_channel *channel, const void *data,
			  size_t size, struct received_fds *fds)
{
	int ret;

	ret = handle_packet(channel, data, size, fds);
	shmdev_socket_close_fds(fds);
	if (ret < 0)
		channel->broken = true;

	return ret;
}

/* A peer that closes before it has read everything leaves this error first. */
static ssize_t receive_packet(struct shmdev_channel *channel, bool wait,
			      struct received_fds *fds)
{
	ssize_t size;

	size = shmdev_socket_receive(channel->fd, channel->buffer,
				     sizeof(channel->buffer), wait, fds);
	if (size < 0 && errno == ECONNRESET)
		size = shmdev_socket_receive(channel->fd, channel->buffer,
					     sizeof(channel->buffer), wait,
					     fds);
	return size;
}

static int read_packet(struct shmdev_channel *channel, bool wait)
{
	struct received_fds fds;
	ssize_t size;

	if (channel->broken)
		return shmdev_fail(EPROTO);
	if (channel->gone)
		return shmdev_fail(EPIPE);

	/* If it fails, there may be something to receive all the same. */
	if (shmdev_channel_flush(channel) < 0)
		wait = false;
	size = receive_packet(channel, wait, &fds);
	if (size > 0)
		return shmdev_channel_handle(channel, channel->buffer,
					     (size_t)size, &fds);

	shmdev_socket_close_fds(&fds);
	if (!size) {
		channel->gone = true;
		return shmdev_fail(EPIPE);
	}
	if (errno != EAGAIN && errno != EINTR)
		channel->broken = true;

	return -1;
}

int shmdev_channel_read(struct shmdev_channel *channel)
{
	return read_packet(channel, false);
}

/* What is waited for may be the answer to a call that is not sent yet. */
static int wait_for_packet(struct shmdev_channel *channel, uint64_t deadline_ns)
{
	short events = channel->unsent_size ? POLLIN | POLLOUT : POLLIN;

	return shmdev_socket_wait(channel->fd, events, deadline_ns);
}

/*
 * Without a deadline the call that reads waits as well, unless the program made
 * the socket O_NONBLOCK.
 */
int shmdev_channel_read_wait(struct shmdev_channel *channel,
			     uint64_t deadline_ns)
{
	bool wait = deadline_ns == SHMREGION_NO_DEADLINE;

	while (read_packet(channel, wait) < 0)
		if (errno != EAGAIN || wait_for_packet(channel, deadline_ns) < 0)
			return -1;
	return 0;
}

int shmdev_queue_take(struct shmdev_channel *channel,
		      struct queued_message **link, void *buffer, size_t size,
		      struct shmdev_channel_message *message)
{
	struct queued_message *queued = *link;
	uint32_t i;

	message->length = queued->message.length;
	if (queued->message.length > size)
		return shmdev_fail(EMSGSIZE);

	*message = queued->message;
	if (message->length)
		memcpy(buffer, queued->bytes, message->length);
	*link = queued->next;
	channel->queued--;
	for (i = 0; i < message->count; i++)
		if (message->shmems[i])
			message->shmems[i]->queued--;
	free(queued);

	return 0;
}

SHMDEV_API int shmdev_channel_receive(struct shmdev_channel *channel,
				      void *buffer, size_t size,
				      struct shmdev_channel_message *message)
{
	int i;

	if (!channel || !message || (!buffer && size))
		return shmdev_fail(EINVAL);

	for (i = 0; i < MAX_READS && !channel->queue; i++)
		if (shmdev_channel_read(channel) < 0)
			return -1;
	if (!channel->queue)
		return shmdev_fail(EAGAIN);

	return shmdev_queue_take(channel, &channel->queue, buffer, size,
				 message);
}

/* A peer that never stops sending must not keep us from the deadline. */
bool shmdev_channel_too_late(uint64_t deadline_ns)
{
	return deadline_ns != SHMREGION_NO_DEADLINE &&
	       shmdev_deadline_after(0) >= deadline_ns;
}

SHMDEV_API int
shmdev_channel_receive_wait(struct shmdev_channel *channel, void *buffer,
			    size_t size, struct shmdev_channel_message *message,
			    uint64_t deadline_ns)
{
	if (!channel || !message || (!buffer && size))
		return shmdev_fail(EINVAL);

	while (!channel->queue) {
		if (shmdev_channel_read_wait(channel, deadline_ns) < 0)
			return -1;
		if (!channel->queue && shmdev_channel_too_late(deadline_ns))
			return shmdev_fail(ETIMEDOUT);
	}

	return shmdev_queue_take(channel, &channel->queue, buffer, size,
				 message);
}
