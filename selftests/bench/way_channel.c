// SPDX-License-Identifier: GPL-2.0-only
/* The library's channel: what users call, a message with one region. */
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "way.h"

static void channel_join(struct side *side)
{
	uint32_t role = side->child ? SHMDEV_CHANNEL_SECOND :
				      SHMDEV_CHANNEL_FIRST;

	side->channel = shmdev_channel_create(dup(side->socket), role, NULL);
	if (!side->channel)
		die("channel");
}

static void *channel_prepare(struct side *side)
{
	if (!side->shmem)
		side->shmem = shmdev_channel_alloc_with(side->channel,
							side->size,
							SHMREGION_MODE_WRITABLE,
							side->flags);
	if (!side->shmem)
		die("alloc");
	return shmdev_shmem_data(side->shmem);
}

static void channel_send(struct side *side)
{
	struct message message = { .id = 1, .size = side->size };

	if (shmdev_channel_send(side->channel, &message, sizeof(message),
				&side->shmem, 1))
		die("send");
}

static const void *channel_receive(struct side *side)
{
	struct shmdev_channel_message received;
	struct message message;

	if (shmdev_channel_receive_wait(side->channel, &message,
					sizeof(message), &received,
					SHMREGION_NO_DEADLINE))
		die("receive");
	if (received.count != 1 || received.length != sizeof(message) ||
	    message.size != side->size)
		dies("receive", "not the message that was sent");
	side->shmem = received.shmems[0];
	return shmdev_shmem_data(side->shmem);
}

static void channel_leave(struct side *side)
{
	shmdev_channel_close(side->channel);
}

const struct way way_channel = {
	.name = "channel",
	.title = "channel of the library",
	.has_flags = true,
	.join = channel_join,
	.receive = channel_receive,
	.prepare = channel_prepare,
	.send = channel_send,
	.leave = channel_leave,
};
