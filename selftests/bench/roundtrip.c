// SPDX-License-Identifier: GPL-2.0-only
/*
 * There and back again: both sides touch every page, look that it holds what
 * the other wrote, and write something else.
 */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"
#include "crowd.h"
#include "pages.h"
#include "roundtrip.h"
#include "way.h"

struct trip {
	struct side side;
	uint64_t stamp;
	/* Set by the parent before it sends for the last time. */
	atomic_bool *last;
};

static void look_at(struct trip *trip, const void *incoming)
{
	struct side *side = &trip->side;

	pages_check(incoming, side->size, trip->stamp++);
	if (side->way->done)
		side->way->done(side);
}

static void write_next(struct trip *trip)
{
	struct side *side = &trip->side;

	pages_fill(side->way->prepare(side), side->size, trip->stamp++);
}

static const void *exchange(struct side *side)
{
	if (side->way->exchange)
		return side->way->exchange(side);
	side->way->send(side);
	return side->way->receive(side);
}

static noreturn void child_run(struct trip *trip)
{
	struct side *side = &trip->side;
	const void *incoming = side->way->receive(side);

	for (;;) {
		look_at(trip, incoming);
		if (atomic_load(trip->last))
			_exit(0);
		write_next(trip);
		incoming = exchange(side);
	}
}

static uint64_t parent_run(void *context, unsigned int times)
{
	struct trip *trip = context;
	uint64_t start = clock_cost(trip->side.peer);

	while (times--) {
		write_next(trip);
		look_at(trip, exchange(&trip->side));
	}
	return clock_cost(trip->side.peer) - start;
}

static void parent_end(struct trip *trip)
{
	struct side *side = &trip->side;
	int status;

	atomic_store(trip->last, true);
	write_next(trip);
	side->way->send(side);
	if (waitpid(side->peer, &status, 0) != side->peer || status)
		dies("round trip", "the other side failed");
}

static void join(struct trip *trip, int socket, pid_t peer, bool child)
{
	struct side *side = &trip->side;

	side->socket = socket;
	side->peer = peer;
	side->child = child;
	clock_pin(child);
	if (side->way->join)
		side->way->join(side);
}

static void trip_start(struct trip *trip, const struct way *way,
		       const struct bench_size *size)
{
	struct side *side = &trip->side;
	int sockets[2];
	pid_t parent = getpid(), child;
	char byte = 0;

	memset(trip, 0, sizeof(*trip));
	side->way = way;
	side->size = size->size;
	side->mapped = size->size;
	side->flags = size->flags;
	side->fd = -1;
	trip->last = mmap(NULL, sizeof(*trip->last), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (trip->last == MAP_FAILED)
		die("mmap");
	if (socketpair(AF_UNIX, way->stream ? SOCK_STREAM : SOCK_SEQPACKET, 0,
		       sockets))
		die("socketpair");
	if (way->setup)
		way->setup(side);

	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sockets[0]);
		join(trip, sockets[1], parent, true);
		if (write(sockets[1], &byte, 1) != 1)
			die("write");
		child_run(trip);
	}
	close(sockets[1]);
	join(trip, sockets[0], child, false);
	/* Nothing can be handed to who has not joined. */
	if (read(sockets[0], &byte, 1) != 1)
		dies("round trip", "the other side failed");
}

static void trip_end(struct trip *trip)
{
	struct side *side = &trip->side;
	unsigned int i;

	parent_end(trip);
	if (side->way->leave)
		side->way->leave(side);
	if (side->memory)
		munmap(side->memory, side->mapped);
	if (side->incoming)
		munmap(side->incoming, side->size);
	if (side->fd >= 0)
		close(side->fd);
	for (i = 0; i < 4; i++)
		if (side->pipes[i / 2][i % 2])
			close(side->pipes[i / 2][i % 2]);
	close(side->socket);
	munmap(trip->last, sizeof(*trip->last));
}

struct figure roundtrip(const struct way *way, const struct bench_size *size)
{
	struct figure figure;
	struct trip trip;

	trip_start(&trip, way, size);
	figure = sample(parent_run, &trip);
	trip_end(&trip);
	return figure;
}

struct figure roundtrip_crowded(size_t size, unsigned int idle)
{
	const struct bench_size crowded = { .name = "crowded", .size = size };
	struct figure figure;
	struct crowd crowd;
	struct trip trip;

	trip_start(&trip, &way_region, &crowded);
	crowd_start(&crowd, trip.side.fd, size, PROT_READ | PROT_WRITE, idle);
	figure = sample(parent_run, &trip);
	crowd_end(&crowd);
	trip_end(&trip);
	return figure;
}
