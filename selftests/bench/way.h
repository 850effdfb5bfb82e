/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to hand memory from one process to another and back. Both sides run the
 * same code, see roundtrip.c: receive, look at what came, done; prepare, fill,
 * send.
 */
#ifndef BENCH_WAY_H
#define BENCH_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One of the two processes. */
struct side {
	const struct way *way;
	size_t size;
	/* Of a region, and how much of it is mapped. */
	uint32_t flags;
	size_t mapped;
	pid_t peer;
	bool child;
	/* To the peer: messages, or the data itself. */
	int socket;
	/* Of the way, from setup() on; the same open file on both sides. */
	int fd;
	int pipes[2][2];
	void *memory;
	void *incoming;
	struct shmdev_channel *channel;
	struct shmdev_shmem *shmem;
};

struct way {
	const char *name;
	const char *title;
	/* The socket carries the data, not messages. */
	bool stream;
	/* It is made of a region, which flags make larger. */
	bool has_flags;

	/* Before the fork. Sets fd, if the way needs one. */
	void (*setup)(struct side *side);
	/* On each side after the fork, the peer's pid known. */
	void (*join)(struct side *side);

	/* Wait for the memory: where the data is. done(): finished with it. */
	const void *(*receive)(struct side *side);
	void (*done)(struct side *side);
	/* Where to write what is to be sent, and send it. */
	void *(*prepare)(struct side *side);
	void (*send)(struct side *side);
	/* send() and receive() in one, where there is such a thing. */
	const void *(*exchange)(struct side *side);
	/* At the end, in the parent. */
	void (*leave)(struct side *side);
};

extern const struct way way_region;
extern const struct way way_channel;
extern const struct way way_mprotect;
extern const struct way way_unsafe;
extern const struct way way_sealed;
extern const struct way way_socket;
extern const struct way way_readv;
extern const struct way way_vmsplice;

/* About what a message of a browser's IPC says beside the memory. */
struct message {
	uint64_t id;
	uint64_t size;
};

/* A small message, for ways that only have to say that it is the other's turn. */
void message_send(const struct side *side);
void message_receive(const struct side *side);

/* For ways where both write the same memory. */
void *same_memory(struct side *side);
void *map_memory(int fd, size_t size, int prot);
void *map_buffer(size_t size);
size_t capacity_of(int region_fd);
int create_memfd(size_t size, unsigned int flags);

#endif /* BENCH_WAY_H */
