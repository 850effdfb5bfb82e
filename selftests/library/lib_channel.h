/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of channels share: two processes with a connection, of whom
 * the other one uses a channel as well, or speaks raw bytes.
 */
#ifndef SELFTESTS_LIB_CHANNEL_H
#define SELFTESTS_LIB_CHANNEL_H

#include "../../libshmdev/src/channel.h"
#include <shmdev.h>

#include "helpers.h"
#include "wire.h"

/* What each process has of the connection. */
static struct {
	int sockets[2];
	struct shmdev_channel *channel;
	struct shmdev_channel_message message;
	struct shmdev_shmem *shmem;
	char bytes[SHMDEV_CHANNEL_MAX_BYTES];
	/* Of one that speaks raw bytes. */
	int handle;
	uint8_t *memory;
	uint64_t last_id;
	uint64_t member;
	bool false_member;
} my;

#define PEERS_HALF	ID_HALF

static inline long minus_errno(long result)
{
	return result < 0 ? -errno : result;
}

/* Close what the other side has, and be this one. */
static inline long be_side(void *data, long side)
{
	uint32_t role = side ? SHMDEV_CHANNEL_SECOND : SHMDEV_CHANNEL_FIRST;

	close(my.sockets[!side]);
	my.channel = shmdev_channel_create(my.sockets[side], role, data);
	return my.channel ? 0 : -errno;
}

/* Receive, waiting for as long as it takes. */
static inline int receive(struct shmdev_channel *channel)
{
	int ret;

	do {
		if (shmdev_channel_wait_readable(channel,
						 SHMREGION_NO_DEADLINE) < 0)
			return -1;
		ret = shmdev_channel_receive(channel, my.bytes,
					     sizeof(my.bytes), &my.message);
	} while (ret < 0 && errno == EAGAIN);

	if (ret == 0)
		my.shmem = my.message.count ? my.message.shmems[0] : NULL;
	return ret;
}

static inline int send_one(struct shmdev_channel *channel,
			   struct shmdev_shmem **shmem)
{
	return shmdev_channel_send(channel, NULL, 0, shmem, 1);
}

/*
 * Steps of a peer that uses a channel.
 */

static inline long step_receive(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(receive(my.channel));
}

static inline long step_send(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(send_one(my.channel, &my.shmem));
}

static inline long step_alloc(void *data, long size)
{
	(void)data;
	my.shmem = shmdev_channel_alloc(my.channel, size);
	return my.shmem ? 0 : -errno;
}

static inline long step_alloc_unsafe(void *data, long size)
{
	(void)data;
	my.shmem = shmdev_channel_alloc_unsafe(my.channel, size);
	return my.shmem ? 0 : -errno;
}

static inline long step_dealloc(void *data, long unused)
{
	(void)data;
	(void)unused;
	return minus_errno(shmdev_channel_dealloc(my.channel, &my.shmem));
}

static inline long step_first_byte(void *data, long unused)
{
	uint8_t *memory = shmdev_shmem_data(my.shmem);

	(void)data;
	(void)unused;
	if (!memory)
		return -errno;
	return touch_read(memory) ? -EFAULT : memory[0];
}

static inline long step_write_first_byte(void *data, long value)
{
	uint8_t *memory = shmdev_shmem_data(my.shmem);

	(void)data;
	if (!memory)
		return -errno;
	return touch_write(memory, value) ? -EFAULT : 0;
}

static inline long step_id(void *data, long unused)
{
	(void)data;
	(void)unused;
	return shmdev_shmem_id(my.shmem);
}

/* Receive and send back, so many times. */
static inline long step_echo(void *data, long rounds)
{
	(void)data;
	while (rounds--)
		if (receive(my.channel) < 0 ||
		    send_one(my.channel, &my.shmem) < 0)
			return -errno;
	return 0;
}

/* Answer one call. */
static inline long step_answer(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (receive(my.channel) < 0)
		return -errno;
	return minus_errno(shmdev_channel_reply(my.channel, my.message.serial,
						my.bytes, my.message.length,
						my.message.shmems,
						my.message.count));
}

/*
 * Steps of a peer that speaks raw bytes.
 */

static inline long be_raw(void *data, long unused)
{
	(void)data;
	(void)unused;
	close(my.sockets[0]);
	return 0;
}

static inline long raw_send(const void *bytes, size_t size, const int *fds,
			    size_t count)
{
	return send_bytes(my.sockets[1], bytes, size, fds, count);
}

/* A packet about one region, with so many file descriptors. */
static inline long raw_packet(enum wire_type type, uint64_t serial, uint64_t id,
			      uint64_t value, uint64_t member, const int *fds,
			      size_t count)
{
	struct wire_packet packet;

	shmdev_wire_init(&packet, type, serial, NULL, 0);
	shmdev_wire_add(&packet, id, value, member);
	return raw_send(&packet, shmdev_wire_prefix(&packet), fds, count);
}

static inline uint64_t member_of(int fd)
{
	struct shmregion_info info;

	return shmdev_raw_info(fd, &info) ? 0 : info.out_member;
}

static inline long raw_created(size_t size, const int *fds, size_t count)
{
	my.last_id++;
	return raw_packet(WIRE_CREATED, 0, PEERS_HALF | my.last_id, size,
			  my.member, fds, count);
}

/* Allocate as a channel would, but keep the handle. */
static inline long raw_alloc(void *data, long size)
{
	(void)data;
	my.handle = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	if (my.handle < 0)
		return -errno;
	my.memory = map_region(my.handle, size, PROT_READ | PROT_WRITE);
	if (my.memory == MAP_FAILED)
		return -errno;
	if (!my.false_member)
		my.member = member_of(my.handle);
	return raw_created(size, &my.handle, 1);
}

/* Say that the last one was given. */
static inline long raw_say_given(void *data, long value)
{
	(void)data;
	return raw_packet(WIRE_MESSAGE, 0, PEERS_HALF | my.last_id, value,
			  my.member, NULL, 0);
}

/* Do it, and say so. */
static inline long raw_give(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (release(my.handle, 0) < 0)
		return -errno;
	return raw_say_given(NULL, generation_of(my.handle));
}

/* The same to the member id of the other side, which it never told. */
static inline long raw_transfer_to(void *data, long member)
{
	(void)data;
	if (shmdev_raw_transfer(my.handle, SHMREGION_BY_MEMBER, member, 0, 0,
				NULL) < 0)
		return -errno;
	return raw_say_given(NULL, WIRE_TRANSFERRED);
}

static inline long raw_touch(void *data, long value)
{
	(void)data;
	return -touch_write(my.memory, value);
}

/* Of regions alone: the heap and the stack come and go. */
static inline int count_region_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "shmregion");
	fclose(file);
	return count;
}

#endif /* SELFTESTS_LIB_CHANNEL_H */
