// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Calls: send a message, and wait for the answer to it. */
#include "channel.h"

#include <errno.h>

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
				   void *buffer, size_t size,
				   struct shmdev_channel_message *answer,
				   uint64_t deadline_ns)
{
	struct queued_message **link;
	uint64_t serial;

	if (!channel || (!shmems && count) || (!buffer && size) || !answer)
		return shmdev_fail(EINVAL);
	if (shmdev_serials_full(&channel->calls))
		return shmdev_fail(EBUSY);

	serial = channel->last_serial + 1;
	if (shmdev_channel_send_packet(channel, WIRE_CALL, serial, bytes,
				       length, shmems, count) < 0)
		return -1;
	channel->last_serial = serial;
	shmdev_serials_add(&channel->calls, serial);

	link = wait_for_answer(channel, serial, deadline_ns);
	if (!link)
		return -1;

	return shmdev_queue_take(channel, link, buffer, size, answer);
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
