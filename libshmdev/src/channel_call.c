// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Calls: give shmems away, wait, and get them back. */
#include "channel.h"

#include <errno.h>

struct given {
	uint64_t ids[SHMDEV_CHANNEL_MAX_SHMEMS];
	/* Where in the caller's array. */
	size_t places[SHMDEV_CHANNEL_MAX_SHMEMS];
	size_t count;
};

/* Only after the shmems have been checked. */
static void note_given(struct given *given, struct shmdev_shmem **shmems,
		       size_t count)
{
	size_t i;

	given->count = 0;
	for (i = 0; i < count; i++) {
		if (!shmems[i] || shmems[i]->unsafe)
			continue;
		given->ids[given->count] = shmems[i]->id;
		given->places[given->count++] = i;
	}
}

static bool gives_back(const struct shmdev_channel_message *message,
		       const struct given *given)
{
	size_t i;

	if (message->count != given->count)
		return false;
	for (i = 0; i < given->count; i++)
		if (message->shmems[i]->id != given->ids[i])
			return false;

	return true;
}

static struct queued_message **find_answer(struct shmdev_channel *channel,
					   uint64_t serial)
{
	struct queued_message **link = &channel->queue;

	while (*link && ((*link)->message.kind != SHMDEV_CHANNEL_ANSWER ||
			 (*link)->message.serial != serial))
		link = &(*link)->next;

	return *link ? link : NULL;
}

static struct queued_message **wait_for_answer(struct shmdev_channel *channel,
					       uint64_t serial,
					       uint64_t deadline_ns)
{
	struct queued_message **link;

	while (!(link = find_answer(channel, serial))) {
		if (shmdev_channel_read_wait(channel, deadline_ns) < 0)
			return NULL;
		if (shmdev_channel_too_late(deadline_ns) &&
		    !find_answer(channel, serial)) {
			errno = ETIMEDOUT;
			return NULL;
		}
	}

	return link;
}

SHMDEV_API int shmdev_channel_call(struct shmdev_channel *channel,
				   const void *bytes, size_t length,
				   struct shmdev_shmem **shmems, size_t count,
				   void *answer, size_t size,
				   size_t *answer_length, uint64_t deadline_ns)
{
	struct shmdev_channel_message message;
	struct queued_message **link;
	struct given given;
	uint64_t serial;
	size_t i;

	if (!channel || (!shmems && count) || (!answer && size) ||
	    !answer_length)
		return shmdev_fail(EINVAL);
	if (count > SHMDEV_CHANNEL_MAX_SHMEMS)
		return shmdev_fail(EMSGSIZE);
	if (shmdev_serials_full(&channel->calls))
		return shmdev_fail(EBUSY);

	serial = channel->last_serial + 1;
	note_given(&given, shmems, count);
	if (shmdev_channel_send_packet(channel, WIRE_CALL, serial, bytes,
				       length, shmems, count) < 0)
		return -1;
	channel->last_serial = serial;
	shmdev_serials_add(&channel->calls, serial);

	link = wait_for_answer(channel, serial, deadline_ns);
	if (!link)
		return -1;
	if (!gives_back(&(*link)->message, &given))
		return shmdev_fail(EBADMSG);
	if (shmdev_queue_take(channel, link, answer, size, &message) < 0)
		return -1;

	for (i = 0; i < given.count; i++)
		shmems[given.places[i]] = message.shmems[i];
	*answer_length = message.length;

	return 0;
}

SHMDEV_API int shmdev_channel_reply(struct shmdev_channel *channel,
				    uint64_t serial, const void *bytes,
				    size_t length, struct shmdev_shmem **shmems,
				    size_t count)
{
	if (!channel)
		return shmdev_fail(EINVAL);
	if (!shmdev_serials_have(&channel->peer_calls, serial))
		return shmdev_fail(ENOENT);
	if (shmdev_channel_send_packet(channel, WIRE_ANSWER, serial, bytes,
				       length, shmems, count) < 0)
		return -1;

	shmdev_serials_remove(&channel->peer_calls, serial);
	return 0;
}
