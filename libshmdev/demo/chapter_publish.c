// SPDX-License-Identifier: GPL-2.0-only
/* One process writes while others read. */
#include <sched.h>

#include "attack.h"
#include "chapter.h"
#include "kind.h"
#include "scene.h"
#include "tell.h"
#include "trick.h"

#define READERS		3
#define TICKS		10000

struct cast {
	struct scene scene;
	struct actor writer;
	struct actor readers[READERS];
};

/* The region is a counter. */
static uint64_t *ticker(const struct scene *scene)
{
	return (uint64_t *)scene->memory;
}

static long write_ticks(struct scene *scene, long last)
{
	uint64_t *now = ticker(scene);
	uint64_t tick;

	for (tick = *now + 1; tick <= (uint64_t)last; tick++) {
		__atomic_store_n(now, tick, __ATOMIC_RELEASE);
		sched_yield();
	}

	return last;
}

static long read_tick(struct scene *scene, long argument)
{
	(void)argument;
	return (long)__atomic_load_n(ticker(scene), __ATOMIC_ACQUIRE);
}

/* Return: how many different ticks it has seen; -ERANGE if one went back. */
static long follow_ticks(struct scene *scene, long last)
{
	long tick, before = 0, seen = 0;

	do {
		tick = read_tick(scene, 0);
		if (tick < before)
			return -ERANGE;
		seen += tick > before;
		before = tick;
		sched_yield();
	} while (tick < last);

	return seen;
}

static void open_cast(struct cast *cast)
{
	static const char * const names[READERS] = { "ann", "bob", "cleo" };
	int i;

	scene_open(&cast->scene, &kind_region, SMALL);
	actor_start(&cast->writer, "writer", &cast->scene);
	for (i = 0; i < READERS; i++)
		actor_start(&cast->readers[i], names[i], &cast->scene);
}

static void close_cast(struct cast *cast)
{
	int i;

	actor_stop(&cast->writer);
	for (i = 0; i < READERS; i++)
		actor_stop(&cast->readers[i]);
	scene_close(&cast->scene);
}

static void publish_ticker(const struct cast *cast)
{
	int i;

	actor_must(&cast->writer, make_memory, 0);
	actor_must(&cast->writer, publish, 0);
	for (i = 0; i < READERS; i++) {
		actor_must(&cast->writer, send_handle, false);
		actor_must(&cast->readers[i], take_handle, 0);
	}
	tell(&cast->writer,
	     "publishes a ticker: all may read now, it stays the only one who writes");
}

/* All of them run at the same time. */
static void run_ticker(const struct cast *cast)
{
	struct ending ending;
	int i;

	for (i = 0; i < READERS; i++)
		actor_begin(&cast->readers[i], follow_ticks, TICKS);
	actor_must(&cast->writer, write_ticks, TICKS);
	tell(&cast->writer, "writes %d ticks; three processes read meanwhile",
	     TICKS);
	for (i = 0; i < READERS; i++) {
		ending = actor_end(&cast->readers[i]);
		if (ended_well(&ending))
			tell(&cast->readers[i],
			     "saw %ld of them pass, in order, up to the last",
			     ending.value);
		else
			tell(&cast->readers[i], "could not follow: %s",
			     ending_name(&ending));
		promise(ended_well(&ending), "a reader follows the writer");
	}
}

/* A reader who wants more. */
static void overreach(struct cast *cast)
{
	struct actor *reader = &cast->readers[0];
	struct ending mapped, protected;

	mapped = actor_do(reader, map_writable, 0);
	protected = actor_do(reader, protect_and_store, 0);
	tell(reader, "wants to write, too: mmap(PROT_WRITE): %s, mprotect(PROT_WRITE): %s",
	     ending_name(&mapped), ending_name(&protected));
	promise(mapped.value == -EACCES && protected.value == -EACCES,
		"a reader cannot get a writable mapping");
	store_and_die(reader, "stores nevertheless");
}

static void go_on(const struct cast *cast)
{
	long written, read;

	written = actor_must(&cast->writer, write_ticks, TICKS + 1);
	read = actor_must(&cast->readers[1], read_tick, 0);
	tell(&cast->writer, "goes on: tick %ld, and %s[%d] reads tick %ld",
	     written, cast->readers[1].name, cast->readers[1].pid, read);
	promise(written == read, "the writer goes on, and is read");
}

void chapter_publish(void)
{
	struct outcome plain, sealed;
	struct cast cast;

	tell_title("2. One writes, everybody reads");
	open_cast(&cast);
	publish_ticker(&cast);
	run_ticker(&cast);
	overreach(&cast);
	go_on(&cast);
	close_cast(&cast);

	plain = attack_by_reopening(&kind_memfd);
	sealed = attack_by_reopening(&kind_memfd_sealed);
	tell_memfd("a reader reopens its read-only fd by /proc/self/fd, and stores: %s",
		   plain.text);
	tell_more("the same after F_SEAL_FUTURE_WRITE: %s",
		  sealed.text);
}
