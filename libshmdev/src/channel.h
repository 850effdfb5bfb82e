/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the files of the channel share.
 *
 *  - channel_wire.c: bytes to packets and back; pure functions
 *  - channel_table.c: ids to shmems, and what the peer is charged
 *  - channel_socket.c: the socket, as far as socket.c does not know it
 *  - channel_shmem.c: one shmem, and what the kernel says about it
 *  - channel_receive.c: what the peer sent
 *  - channel_send.c: what is sent to the peer
 *  - channel_call.c: calls and answers
 *  - channel.c: the object
 */
#ifndef SHMDEV_INTERNAL_CHANNEL_H
#define SHMDEV_INTERNAL_CHANNEL_H

#include <stdbool.h>

#include "socket.h"

/*
 * The wire. Both sides are on one machine, so integers are as they are there.
 */

#define WIRE_MAGIC	0x43484d53

enum wire_type {
	WIRE_CREATED = 1,
	WIRE_CREATED_UNSAFE,
	WIRE_DESTROYED,
	WIRE_MESSAGE,
	WIRE_CALL,
	WIRE_ANSWER,
};

struct wire_head {
	uint32_t magic;
	uint16_t type;
	uint16_t count;
	uint64_t serial;
	uint32_t length;
	uint32_t reserved;
};

/*
 * A region in a packet. Of one that has an owner, @member is the sender's member
 * id there. The meaning of @value:
 *
 *  - of what was created: its size
 *  - of what is sent: WIRE_TRANSFERRED, or the generation that the region has
 *    without an owner
 *  - 0 otherwise
 */
struct wire_region {
	uint64_t id;
	uint64_t value;
	uint64_t member;
};

/* The receiver is the owner. Generations start at 1. */
#define WIRE_TRANSFERRED	0

/* Head and regions are sent as they are; the bytes follow. */
struct wire_packet {
	struct wire_head head;
	struct wire_region regions[SHMDEV_CHANNEL_MAX_SHMEMS];
	const void *bytes;
};

#define WIRE_MAX_SIZE							\
	(sizeof(struct wire_head) +					\
	 SHMDEV_CHANNEL_MAX_SHMEMS * sizeof(struct wire_region) +	\
	 SHMDEV_CHANNEL_MAX_BYTES)

void shmdev_wire_init(struct wire_packet *packet, enum wire_type type,
		      uint64_t serial, const void *bytes, size_t length);
void shmdev_wire_add(struct wire_packet *packet, uint64_t id, uint64_t value,
		     uint64_t member);
/* Size of head and regions. */
size_t shmdev_wire_prefix(const struct wire_packet *packet);
/* The packet as bytes, of which there are at most WIRE_MAX_SIZE: how many. */
size_t shmdev_wire_encode(const struct wire_packet *packet, void *data);
/* EPROTO unless the data is one packet. Its bytes stay where they are. */
int shmdev_wire_decode(struct wire_packet *packet, const void *data,
		       size_t size);
/* Whether the packet is for the user, and not for the table alone. */
bool shmdev_wire_is_message(enum wire_type type);

/*
 * Shmems
 */

struct shmdev_shmem {
	struct shmdev_shmem *next;
	struct shmdev_channel *channel;
	/* NULL for unsafe ones: the mapping is all that they need. */
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
	uint64_t id;
	/* Of the kernel, since it is here. */
	uint64_t generation;
	/* Member ids. That of the peer is 0 until a packet has told it. */
	uint64_t member;
	uint64_t peer_member;
	bool by_peer;
	bool unsafe;
	bool here;
	/* The peer freed it while it is here. For unsafe ones. */
	bool stale;
	bool owner_died;
	/* How many messages that were read, but not received, bring it. */
	uint32_t queued;
};

/* Takes the region on success. */
struct shmdev_shmem *shmdev_shmem_new(struct shmdev_channel *channel,
				      uint64_t id,
				      struct shmdev_region *region);
struct shmdev_shmem *shmdev_shmem_create(struct shmdev_channel *channel,
					 uint64_t id, uint64_t size,
					 uint32_t mode, uint32_t flags);
/* Takes the fd, also on error. */
struct shmdev_shmem *shmdev_shmem_adopt(struct shmdev_channel *channel,
					const struct wire_region *said,
					uint32_t mode, int fd);
void shmdev_shmem_free(struct shmdev_shmem *shmem);
/* Of an unsafe one, when the peer has one too. */
void shmdev_shmem_close_handle(struct shmdev_shmem *shmem);

/* Give it to the peer, and say how: the value for the packet. */
int shmdev_shmem_give(struct shmdev_shmem *shmem, uint64_t *value);
/* Take what was given in that way, and only that. */
int shmdev_shmem_take(struct shmdev_shmem *shmem, uint64_t value);
/* Undo it. */
void shmdev_shmem_untake(struct shmdev_shmem *shmem, uint64_t value);
/* Take it however it was given, if no other process owns it. */
int shmdev_shmem_take_any(struct shmdev_shmem *shmem);

/*
 * The table
 */

#define TABLE_BUCKETS	64

struct shmem_table {
	struct shmdev_shmem *buckets[TABLE_BUCKETS];
	uint64_t peer_bytes;
	uint32_t peer_regions;
};

struct shmdev_shmem *shmdev_table_find(const struct shmem_table *table,
				       uint64_t id);
void shmdev_table_add(struct shmem_table *table, struct shmdev_shmem *shmem);
/* Removes it and frees it. */
void shmdev_table_drop(struct shmem_table *table, struct shmdev_shmem *shmem);
void shmdev_table_drop_all(struct shmem_table *table);
/* One that has an owner, who is not here; NULL if there is none. */
struct shmdev_shmem *shmdev_table_find_lost(const struct shmem_table *table);
/* Whether the peer may have one more of that size. */
bool shmdev_table_has_room(const struct shmem_table *table, uint64_t size,
			   const struct shmdev_channel_limits *limits);

/* Numbers of calls without an answer. */
struct serial_set {
	uint64_t serials[SHMDEV_CHANNEL_MAX_CALLS];
	uint32_t count;
};

bool shmdev_serials_have(const struct serial_set *set, uint64_t serial);
bool shmdev_serials_full(const struct serial_set *set);
void shmdev_serials_add(struct serial_set *set, uint64_t serial);
void shmdev_serials_remove(struct serial_set *set, uint64_t serial);

/*
 * The channel
 */

/* A message that was read and is not received yet. */
struct queued_message {
	struct queued_message *next;
	struct shmdev_channel_message message;
	uint8_t bytes[];
};

struct shmdev_channel {
	int fd;
	struct shmdev_channel_limits limits;
	struct shmem_table table;
	/* Each side has one half of all ids. */
	uint64_t own_half;
	uint64_t last_id;
	/* The peer's ids grow, so none can be used twice. */
	uint64_t last_peer_id;
	uint64_t last_serial;
	struct serial_set calls;
	struct serial_set peer_calls;
	struct queued_message *queue;
	uint32_t queued;
	/* Largest packet that the socket takes. */
	size_t max_packet;
	/* A packet whose shmems are the peer's already, to be sent before others. */
	size_t unsent_size;
	/* No answer makes sense any more, or there will be none. */
	bool broken;
	bool gone;
	uint8_t buffer[WIRE_MAX_SIZE];
	uint8_t unsent[WIRE_MAX_SIZE];
};

/*
 * An id: which side allocated it, whether it is unsafe, and a number that grows. So
 * the side that allocated a shmem can tell that it was unsafe when it is freed.
 */
#define ID_HALF		(UINT64_C(1) << 63)
#define ID_UNSAFE	(UINT64_C(1) << 62)
#define ID_NUMBER	(ID_UNSAFE - 1)

static inline bool shmdev_id_is_own(const struct shmdev_channel *channel,
				    uint64_t id)
{
	return (id & ID_HALF) == channel->own_half;
}

/* 0 if the peer can be sent something. Sends what is left from before. */
int shmdev_channel_check(struct shmdev_channel *channel);
/* Whether it says nothing about the peer, and another try may succeed. */
bool shmdev_is_short_of_memory(int error);
/* 0 if nothing is left to be sent from before. */
int shmdev_channel_flush(struct shmdev_channel *channel);

/* EAGAIN unless the next packet finds space. */
int shmdev_socket_check_space(int fd);
/* Sends bytes that were a packet before. */
int shmdev_socket_send_bytes(int fd, const void *bytes, size_t size);
/* Sends all or nothing; @handle is -1 for none. */
int shmdev_socket_send(int fd, const struct wire_packet *packet, int handle);

/* Reads one packet and does what it asks for. */
int shmdev_channel_read(struct shmdev_channel *channel);
/* The same, waiting for it. */
int shmdev_channel_read_wait(struct shmdev_channel *channel,
			     uint64_t deadline_ns);
bool shmdev_channel_too_late(uint64_t deadline_ns);
/* What to do with a packet: the part of it that needs no socket. */
int shmdev_channel_handle(struct shmdev_channel *channel, const void *data,
			  size_t size, struct received_fds *fds);
/* Takes a message out of the queue; EMSGSIZE leaves it there. */
int shmdev_queue_take(struct shmdev_channel *channel,
		      struct queued_message **link, void *buffer, size_t size,
		      struct shmdev_channel_message *message);

/* Moves the shmems and sends a packet of one of the message types. */
int shmdev_channel_send_packet(struct shmdev_channel *channel,
			       enum wire_type type, uint64_t serial,
			       const void *bytes, size_t length,
			       struct shmdev_shmem **shmems, size_t count);

#endif /* SHMDEV_INTERNAL_CHANNEL_H */
