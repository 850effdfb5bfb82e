// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes a channel: its input is a program of what a hostile peer sends and
 * does to its regions, and what the user of the channel does in between. After
 * every step the invariants below must hold, and a packet that is refused must
 * have changed nothing. The kernel is replaced by fake.c. For libFuzzer.
 */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SHMEMS	64

#define require(condition)						\
do {									\
	if (!(condition))						\
		abort();						\
} while (0)

static const struct shmdev_channel_limits limits = {
	.peer_bytes = 10 * 4096,
	.peer_regions = 5,
	.queued = 3,
};

/* The program. Behind its end are zeros. */
static struct {
	const uint8_t *bytes;
	size_t size;
} program;

static uint8_t next_byte(void)
{
	if (!program.size)
		return 0;
	program.size--;
	return *program.bytes++;
}

static uint64_t next_number(void)
{
	static const uint64_t odd[] = {
		UINT64_MAX, INT64_MAX, ID_HALF, UINT32_MAX, 4096, 65536,
	};
	uint8_t byte = next_byte();

	return byte < 250 ? byte : odd[byte - 250];
}

/* All shmems of the channel, as they are now. */
struct snapshot {
	size_t count;
	struct {
		const struct shmdev_shmem *shmem;
		bool here, stale, unsafe, by_peer;
		enum fake_owner owner;
	} shmems[MAX_SHMEMS];
	uint64_t peer_bytes;
	uint32_t peer_regions, queued, calls, peer_calls;
};

static void take_snapshot(const struct shmdev_channel *channel,
			  struct snapshot *snapshot)
{
	const struct shmdev_shmem *shmem;
	size_t i;

	memset(snapshot, 0, sizeof(*snapshot));
	for (i = 0; i < TABLE_BUCKETS; i++) {
		for (shmem = channel->table.buckets[i]; shmem;
		     shmem = shmem->next) {
			size_t n = snapshot->count++;

			require(n < MAX_SHMEMS);
			snapshot->shmems[n].shmem = shmem;
			snapshot->shmems[n].here = shmem->here;
			snapshot->shmems[n].stale = shmem->stale;
			snapshot->shmems[n].unsafe = shmem->unsafe;
			snapshot->shmems[n].by_peer = shmem->by_peer;
			snapshot->shmems[n].owner =
				fake_region_of(shmem)->owner;
		}
	}
	snapshot->peer_bytes = channel->table.peer_bytes;
	snapshot->peer_regions = channel->table.peer_regions;
	snapshot->queued = channel->queued;
	snapshot->calls = channel->calls.count;
	snapshot->peer_calls = channel->peer_calls.count;
}

static void check_shmem(const struct shmdev_channel *channel,
			const struct shmdev_shmem *shmem)
{
	const struct fake_region *region = fake_region_of(shmem);

	require(shmem->channel == channel);
	require(shmem->by_peer != shmdev_id_is_own(channel, shmem->id));
	require(!shmem->stale || (shmem->unsafe && shmem->by_peer));
	if (shmem->unsafe)
		require(region->mode == SHMREGION_MODE_UNSAFE);
	else
		require(!region->controlled && region->attached[US] &&
			shmem->member == FAKE_MEMBERS + US &&
			shmem->peer_member != shmem->member);
	/* Whatever the peer does. */
	if (shmem->here && !shmem->unsafe)
		require(region->owner == US &&
			region->mode == SHMREGION_MODE_WRITABLE &&
			region->generation == shmem->generation);
}

static void check_invariants(const struct shmdev_channel *channel)
{
	uint32_t known[FAKE_REGIONS] = { 0 };
	const struct shmdev_shmem *shmem;
	uint64_t peer_bytes = 0;
	uint32_t peer_regions = 0;
	size_t i, region;

	for (i = 0; i < TABLE_BUCKETS; i++) {
		for (shmem = channel->table.buckets[i]; shmem;
		     shmem = shmem->next) {
			check_shmem(channel, shmem);
			region = fake_region_of(shmem) - fake_regions;
			/* One region is one shmem. */
			if (!shmem->unsafe)
				require(!known[region]++);
			if (!shmem->by_peer)
				continue;
			peer_regions++;
			peer_bytes +=
				shmdev_mapping_mapped_size(shmem->mapping);
		}
	}
	require(peer_regions == channel->table.peer_regions);
	require(peer_bytes == channel->table.peer_bytes);
	require(peer_regions <= limits.peer_regions);
	require(peer_bytes <= limits.peer_bytes);
	require(channel->queued <= limits.queued);
	require(fake_handles == 0);
}

/*
 * What the peer does.
 */

static struct fake_region *any_region(void)
{
	return &fake_regions[next_byte() % FAKE_REGIONS];
}

static void peer_creates(void)
{
	struct fake_region *region = any_region();
	uint8_t kind = next_byte();

	if (region->used)
		return;
	*region = (struct fake_region) {
		.used = true,
		.owner = kind & 4 ? PEER : NOBODY,
		.mode = 1 + kind % 3,
		.rights = kind & 8 ? SHMREGION_RIGHT_READ :
				     SHMREGION_RIGHT_READ |
				     SHMREGION_RIGHT_WRITE,
		.controlled = kind & 16,
		.size = next_number(),
		.generation = 1,
		.attached = { [PEER] = true, [THIRD] = true },
	};
	if (region->mode == SHMREGION_MODE_UNSAFE)
		region->owner = NOBODY;
	if (!region->size)
		region->size = 1;
}

/* As far as the kernel lets it. */
static void peer_acts(void)
{
	struct fake_region *region = any_region();
	uint8_t act = next_byte() % 8;

	if (!region->used || region->mode == SHMREGION_MODE_UNSAFE)
		return;
	switch (act) {
	case 0:
		if (region->owner == PEER || region->owner == THIRD)
			fake_change_owner(region, NOBODY);
		break;
	case 1:
	case 2:
		if (region->owner == NOBODY)
			fake_change_owner(region, act == 1 ? PEER : THIRD);
		break;
	case 3:
		if (region->owner == PEER && region->attached[US])
			fake_change_owner(region, US);
		break;
	case 4:
		if (region->owner == PEER) {
			region->died = true;
			fake_change_owner(region, NOBODY);
		}
		break;
	case 5:
		if (region->owner == PEER &&
		    region->mode == SHMREGION_MODE_WRITABLE) {
			region->mode = next_byte() % 2 ?
				SHMREGION_MODE_READONLY : SHMREGION_MODE_UNSAFE;
			region->generation++;
			if (region->mode == SHMREGION_MODE_UNSAFE)
				region->owner = NOBODY;
		}
		break;
	case 6:
		if (region->owner != PEER)
			region->attached[PEER] = false;
		break;
	case 7:
		region->attached[PEER] = true;
		break;
	}
}

/* Receives one packet, which may be refused but then must change nothing. */
static void receive(struct shmdev_channel *channel, const void *bytes,
		    size_t size, const int *fds, uint32_t count)
{
	static char buffer[SHMDEV_CHANNEL_MAX_BYTES];
	struct shmdev_channel_message message;
	struct snapshot before, after;
	bool was_broken = channel->broken;
	uint32_t i;

	fake_deliver(bytes, size, fds, count);
	take_snapshot(channel, &before);
	if (shmdev_channel_receive(channel, buffer, next_byte() % 8 ?
				   sizeof(buffer) : 3, &message) == 0) {
		require(message.count <= SHMDEV_CHANNEL_MAX_SHMEMS);
		require(message.length <= sizeof(buffer));
		for (i = 0; i < message.count; i++)
			/* Nothing but what was deallocated here is missing. */
			require(message.shmems[i] || channel->last_id);
		return;
	}
	if (!channel->broken || was_broken)
		return;

	require(errno == EPROTO || errno == EDQUOT || errno == ENOBUFS ||
		errno == ENOMEM);
	take_snapshot(channel, &after);
	require(!memcmp(&before, &after, sizeof(before)));
}

static uint32_t install_fds(int *fds)
{
	uint8_t kind = next_byte();
	uint32_t count = kind & 1 ? 1 : kind % SOCKET_MAX_FDS, i;

	for (i = 0; i < count; i++)
		fds[i] = fake_install(next_byte() % (FAKE_REGIONS + 1));
	return count;
}

/* The library has not seen the packet: another one was in front. */
static void close_unread(const int *fds, uint32_t count, int handles)
{
	while (fake_handles > handles && count--)
		shmdev_close_keep_errno(fds[count]);
}

static void peer_sends_bytes(struct shmdev_channel *channel)
{
	int fds[SOCKET_MAX_FDS], handles = fake_handles;
	size_t size = next_byte();
	uint32_t count = install_fds(fds);
	uint8_t *bytes;
	size_t i;

	/* As large as it is, so that reading beyond it is found. */
	bytes = malloc(size + 1);
	require(bytes);
	for (i = 0; i < size; i++)
		bytes[i] = next_byte();
	receive(channel, bytes, size + 1, fds, count);
	close_unread(fds, count, handles);
	free(bytes);
	fake_deliver(NULL, 0, NULL, 0);
}

/* One that is right often enough to get somewhere. */
static uint64_t likely_value(const struct shmdev_channel *channel,
			     enum wire_type type, uint64_t id, const int *fds,
			     uint32_t count)
{
	const struct shmdev_shmem *shmem;

	if ((type == WIRE_CREATED || type == WIRE_CREATED_UNSAFE) && count &&
	    fds[0] < 1000 + FAKE_REGIONS)
		return fake_regions[fds[0] - 1000].size;
	shmem = shmdev_table_find(&channel->table, id);
	if (shmem && !shmem->unsafe && shmdev_wire_is_message(type) &&
	    fake_region_of(shmem)->owner != US)
		return fake_region_of(shmem)->generation;
	return 0;
}

static uint64_t likely_member(const struct shmdev_channel *channel,
			      enum wire_type type, uint64_t id)
{
	const struct shmdev_shmem *shmem;

	shmem = shmdev_table_find(&channel->table, id);
	if (type == WIRE_CREATED ||
	    (shmem && !shmem->unsafe && shmdev_wire_is_message(type)))
		return FAKE_MEMBERS + PEER;
	return 0;
}

static void peer_sends_packet(struct shmdev_channel *channel)
{
	static const uint8_t text[4] = "text";
	int fds[SOCKET_MAX_FDS], handles = fake_handles;
	uint8_t bytes[1024];
	struct wire_packet packet;
	enum wire_type type = next_byte() % 8;
	uint64_t serial = shmdev_wire_is_message(type) && type != WIRE_MESSAGE ?
				  next_byte() : 0;
	uint8_t regions = shmdev_wire_is_message(type) ? next_byte() % 17 : 1;
	uint8_t odd;
	uint32_t count = install_fds(fds);
	uint64_t id, value, member;
	size_t size;

	shmdev_wire_init(&packet, type, serial, text,
			 shmdev_wire_is_message(type) ? next_byte() % 5 : 0);
	while (packet.head.count < regions &&
	       packet.head.count < SHMDEV_CHANNEL_MAX_SHMEMS) {
		id = next_byte();
		if (id & 128)
			id = (id & 127) | ID_HALF;
		if (id & 64)
			id = (id ^ 64) | ID_UNSAFE;
		value = likely_value(channel, type, id, fds, count);
		member = likely_member(channel, type, id);
		odd = next_byte();
		if (odd % 16 == 15)
			value = next_number();
		if (odd % 16 == 14)
			member = next_number();
		shmdev_wire_add(&packet, id, value, member);
	}
	size = shmdev_wire_prefix(&packet);
	memcpy(bytes, &packet, size);
	memcpy(bytes + size, text, packet.head.length);
	receive(channel, bytes, size + packet.head.length, fds, count);
	close_unread(fds, count, handles);
	fake_deliver(NULL, 0, NULL, 0);
}

/*
 * What the user does.
 */

/* One that is here, or sometimes one that is not. */
static struct shmdev_shmem *any_shmem(const struct shmdev_channel *channel)
{
	struct snapshot snapshot;

	take_snapshot(channel, &snapshot);
	if (!snapshot.count)
		return NULL;
	return (struct shmdev_shmem *)
		snapshot.shmems[next_byte() % snapshot.count].shmem;
}

static void user_sends(struct shmdev_channel *channel)
{
	struct shmdev_shmem *shmems[4] = { NULL }, *given[4];
	struct snapshot before, after;
	uint8_t how = next_byte();
	struct shmdev_channel_message answer;
	size_t count = how % 5, i;
	bool lost = false;
	int ret;

	for (i = 0; i < count; i++)
		shmems[i] = any_shmem(channel);
	memcpy(given, shmems, sizeof(given));
	take_snapshot(channel, &before);
	if (how & 64)
		ret = shmdev_channel_call(channel, "call", 4, shmems, count,
					  NULL, 0, &answer, 1);
	else if (how & 128)
		ret = shmdev_channel_reply(channel, next_byte(), "reply", 5,
					   shmems, count);
	else
		ret = shmdev_channel_send(channel, "send", 4, shmems, count);

	for (i = 0; i < count; i++) {
		if (!given[i] || shmems[i])
			continue;
		require(!given[i]->here &&
			fake_region_of(given[i])->owner != US);
		lost = true;
	}
	if (ret == 0 || (how & 64))
		return;
	/* Only the peer's own fault, or the socket's, loses what it has. */
	if (lost) {
		require(channel->broken || errno == EPIPE);
		return;
	}
	take_snapshot(channel, &after);
	require(!memcmp(&before, &after, sizeof(before)));
}

static void user_deallocates(struct shmdev_channel *channel)
{
	struct shmdev_shmem *shmem = any_shmem(channel), *was = shmem;

	if (shmdev_channel_dealloc(channel, &shmem) == 0)
		require(!shmem);
	else
		require(shmem == was);
}

static void user_asks(struct shmdev_channel *channel)
{
	struct shmdev_shmem *shmem = any_shmem(channel);

	require(!shmdev_shmem_data(shmem) || shmem->here);
}

static void step(struct shmdev_channel *channel)
{
	uint8_t what = next_byte();

	switch (what % 16) {
	case 0:
		peer_sends_bytes(channel);
		break;
	case 1 ... 4:
		peer_sends_packet(channel);
		break;
	case 5:
		peer_creates();
		break;
	case 6 ... 7:
		peer_acts();
		break;
	case 8:
		shmdev_channel_alloc(channel, next_number());
		break;
	case 9:
		shmdev_channel_alloc_unsafe(channel, next_number());
		break;
	case 10 ... 11:
		user_sends(channel);
		break;
	case 12:
		user_deallocates(channel);
		break;
	case 13:
		user_asks(channel);
		break;
	case 14:
		fake_create_error = what & 16 ? ENOMEM : 0;
		fake_map_error = what & 32 ? ENOMEM : 0;
		fake_send_error = !(what & 64) ? 0 :
				  what & 32 ? ENOBUFS : EPIPE;
		fake_full = what & 128;
		break;
	case 15:
		shmdev_channel_recover(channel);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shmdev_channel *channel;
	int sockets[2];

	program.bytes = data;
	program.size = size;
	fake_reset();
	require(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	channel = shmdev_channel_create(sockets[0],
					next_byte() % 2 ?
						SHMDEV_CHANNEL_FIRST :
						SHMDEV_CHANNEL_SECOND,
					&limits);
	require(channel);
	while (program.size) {
		step(channel);
		check_invariants(channel);
	}

	shmdev_channel_close(channel);
	close(sockets[1]);
	require(!fake_objects && !fake_mappings && !fake_handles);
	return 0;
}
