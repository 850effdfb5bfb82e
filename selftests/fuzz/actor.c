// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actors: what they work on, and the judge of how their calls end.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "kinds.h"

struct world world;
struct report *report;
bool verbose;

bool actor_init(struct actor *actor, enum actor_index index)
{
	uint8_t *memory;

	memory = mmap(NULL, BUFFER_READ_ONLY + 2 * PAGE_BYTES,
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED ||
	    mprotect(memory + BUFFER_HOLE, PAGE_BYTES, PROT_NONE) ||
	    mprotect(memory + BUFFER_READ_ONLY, PAGE_BYTES, PROT_READ) ||
	    mprotect(memory + BUFFER_READ_ONLY + PAGE_BYTES, PAGE_BYTES,
		     PROT_NONE))
		return false;
	*actor = (struct actor){ .index = index, .buffer = memory };
	return true;
}

void actor_do(struct actor *actor, const struct call *call)
{
	actor->random = random_from(call->seed);
	actor->kind = call->kind;
	kinds[call->kind].run(actor);
}

static const char *actor_name(const struct actor *actor)
{
	static const char *const names[NR_ACTORS] = {
		[ACTOR_MAIN] = "main", [ACTOR_THREAD] = "thread",
		[ACTOR_PEER] = "peer",
	};

	return actor->is_child ? "child" : names[actor->index];
}

static const char *error_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : error ? "an unknown error" : "0";
}

void violation(const struct actor *actor, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!__atomic_exchange_n(&report->violated, true, __ATOMIC_SEQ_CST))
		snprintf(report->violation, sizeof(report->violation),
			 "%s: %s: %s", actor_name(actor),
			 kinds[actor->kind].name, text);
}

static bool is_allowed(long result, int error, const int *errors)
{
	bool must_fail;

	if (!errors)
		return true;
	must_fail = *errors == MUST_FAIL;
	if (result != -1)
		return !must_fail;
	for (errors += must_fail; *errors; errors++)
		if (*errors == error)
			return true;
	return false;
}

void actor_tell(struct actor *actor, long result, const int *errors,
		const char *format, ...)
{
	int error = result == -1 ? errno : 0;
	bool allowed = is_allowed(result, error, errors);
	char text[360];
	va_list args;

	__atomic_add_fetch(&report->calls[actor->kind], 1, __ATOMIC_RELAXED);
	if (result != -1)
		__atomic_add_fetch(&report->successes[actor->kind], 1,
				   __ATOMIC_RELAXED);
	if (allowed && !verbose)
		return;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (verbose)
		dprintf(STDOUT_FILENO, "# %-6s %s %s = %ld %s\n",
			actor_name(actor), kinds[actor->kind].name, text,
			result, error ? error_name(error) : "");
	if (!allowed)
		violation(actor, "%s = %ld %s, which is not documented", text,
			  result, error ? error_name(error) : "");
}

pid_t any_process(struct actor *actor)
{
	const pid_t others[] = {
		0, 0, 1, -1, INT_MIN, INT_MAX, getpid(), report->dead_pid,
		report->fuzzer_pid,
	};

	if (one_in(&actor->random, 4))
		return RANDOM_OF(&actor->random, others);
	return report->tids[random_below(&actor->random, NR_ACTORS)];
}

unsigned int any_place(struct actor *actor)
{
	/* The first ones have a mapping from the beginning. */
	return random_below(&actor->random, 1 +
			    random_below(&actor->random, NR_PLACES));
}

uint8_t *place_address(unsigned int place)
{
	return (uint8_t *)(ARENA + place * PLACE_SIZE);
}

/* In a mapping, or in the hole behind it. */
uint8_t *any_address(struct actor *actor)
{
	unsigned int place = any_place(actor);
	size_t length = world.lengths[place] + PAGE_BYTES / 8;

	if (length > PLACE_SIZE)
		length = PLACE_SIZE;
	return place_address(place) + random_next(&actor->random) % length;
}

/* In the next two milliseconds. */
uint64_t soon_ns(struct actor *actor)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec +
	       random_below(&actor->random, 2000000);
}
