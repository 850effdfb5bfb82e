// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Packets of a channel: to bytes and back. Knows nothing of channels. */
#include "channel.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct wire_head) == 24, "padding in wire_head");
_Static_assert(sizeof(struct wire_region) == 24, "padding in wire_region");
_Static_assert(offsetof(struct wire_packet, regions) ==
	       sizeof(struct wire_head), "the regions do not follow the head");

void shmdev_wire_init(struct wire_packet *packet, enum wire_type type,
		      uint64_t serial, const void *bytes, size_t length)
{
	memset(packet, 0, sizeof(*packet));
	packet->head.magic = WIRE_MAGIC;
	packet->head.type = type;
	packet->head.serial = serial;
	packet->head.length = (uint32_t)length;
	packet->bytes = bytes;
}

void shmdev_wire_add(struct wire_packet *packet, uint64_t id, uint64_t value,
		     uint64_t member)
{
	packet->regions[packet->head.count++] = (struct wire_region) {
		.id = id,
		.value = value,
		.member = member,
	};
}

size_t shmdev_wire_prefix(const struct wire_packet *packet)
{
	return sizeof(packet->head) +
	       packet->head.count * sizeof(packet->regions[0]);
}

size_t shmdev_wire_encode(const struct wire_packet *packet, void *data)
{
	size_t prefix = shmdev_wire_prefix(packet);

	memcpy(data, packet, prefix);
	if (packet->head.length)
		memcpy((uint8_t *)data + prefix, packet->bytes,
		       packet->head.length);

	return prefix + packet->head.length;
}

bool shmdev_wire_is_message(enum wire_type type)
{
	return type == WIRE_MESSAGE || type == WIRE_CALL ||
	       type == WIRE_ANSWER;
}

static bool valid_message(const struct wire_head *head)
{
	return head->count <= SHMDEV_CHANNEL_MAX_SHMEMS &&
	       head->length <= SHMDEV_CHANNEL_MAX_BYTES &&
	       !head->serial == (head->type == WIRE_MESSAGE);
}

static bool valid_head(const struct wire_head *head)
{
	if (head->magic != WIRE_MAGIC || head->reserved)
		return false;

	switch (head->type) {
	case WIRE_CREATED:
	case WIRE_CREATED_UNSAFE:
	case WIRE_DESTROYED:
		return head->count == 1 && !head->length && !head->serial;
	case WIRE_MESSAGE:
	case WIRE_CALL:
	case WIRE_ANSWER:
		return valid_message(head);
	default:
		return false;
	}
}

static bool has_twins(const struct wire_packet *packet)
{
	uint32_t i, j;

	for (i = 1; i < packet->head.count; i++)
		for (j = 0; j < i; j++)
			if (packet->regions[i].id == packet->regions[j].id)
				return true;

	return false;
}

int shmdev_wire_decode(struct wire_packet *packet, const void *data,
		       size_t size)
{
	const uint8_t *bytes = data;
	size_t prefix;

	memset(packet, 0, sizeof(*packet));
	if (size < sizeof(packet->head))
		return shmdev_fail(EPROTO);
	memcpy(&packet->head, bytes, sizeof(packet->head));
	if (!valid_head(&packet->head))
		return shmdev_fail(EPROTO);

	/* Both are small now: no overflow. */
	prefix = shmdev_wire_prefix(packet);
	if (size != prefix + packet->head.length)
		return shmdev_fail(EPROTO);
	memcpy(packet->regions, bytes + sizeof(packet->head),
	       prefix - sizeof(packet->head));
	if (has_twins(packet))
		return shmdev_fail(EPROTO);

	packet->bytes = bytes + prefix;
	return 0;
}
