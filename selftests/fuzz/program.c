// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program is known by the seeds that it was made from: one that makes it, and
 * one for each change. So a program that was found by feedback can be run again
 * without what led to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "program.h"
#include "random.h"

#define CALLS_MIN 4

static struct call random_call(struct random *random)
{
	/* Half by the first, who can wait for the others. */
	static const enum actor_index actors[] = {
		ACTOR_MAIN, ACTOR_MAIN, ACTOR_THREAD, ACTOR_PEER,
	};

	return (struct call){
		.kind = random_kind(random),
		.actor = RANDOM_OF(random, actors),
		.together = one_in(random, 3),
		.seed = random_next(random),
	};
}

static void generate(struct program *program, uint32_t seed)
{
	struct random random = random_from(seed);
	unsigned int i;

	program->seed = random_next(&random);
	program->nr_calls = CALLS_MIN + random_below(&random,
			PROGRAM_CALLS_MAX - CALLS_MIN + 1);
	for (i = 0; i < program->nr_calls; i++)
		program->calls[i] = random_call(&random);
}

static void insert(struct program *program, struct random *random)
{
	unsigned int at = random_below(random, program->nr_calls + 1);

	if (program->nr_calls == PROGRAM_CALLS_MAX)
		return;
	memmove(&program->calls[at + 1], &program->calls[at],
		(program->nr_calls - at) * sizeof(struct call));
	program->calls[at] = random_call(random);
	program->nr_calls++;
}

static void drop(struct program *program, struct random *random)
{
	unsigned int at = random_below(random, program->nr_calls);

	if (program->nr_calls == 1)
		return;
	program->nr_calls--;
	memmove(&program->calls[at], &program->calls[at + 1],
		(program->nr_calls - at) * sizeof(struct call));
}

static void change(struct program *program, struct random *random)
{
	struct call *call;

	call = &program->calls[random_below(random, program->nr_calls)];
	switch (random_below(random, 4)) {
	case 0:
		call->actor = random_below(random, NR_ACTORS);
		break;
	case 1:
		call->together = !call->together;
		break;
	default:
		call->seed = random_next(random);
	}
}

/* Go on as another program does. */
static void splice_calls(struct program *program, struct random *random)
{
	unsigned int at = random_below(random, program->nr_calls);
	struct program other;

	generate(&other, random_next(random));
	while (at < other.nr_calls) {
		program->calls[at] = other.calls[at];
		at++;
	}
	program->nr_calls = at;
}

static void mutate(struct program *program, uint32_t seed)
{
	static void (*const mutations[])(struct program *program,
					 struct random *random) = {
		insert, insert, drop, change, change, splice_calls,
	};
	struct random random = random_from(~(uint64_t)seed);

	do
		RANDOM_OF(&random, mutations)(program, &random);
	while (!one_in(&random, 3));
}

void program_make(struct program *program, const struct program_name *name)
{
	unsigned int i;

	generate(program, name->seeds[0]);
	for (i = 1; i < name->nr_seeds; i++)
		mutate(program, name->seeds[i]);
}

void program_name_print(const struct program_name *name, char *text)
{
	unsigned int i;

	for (i = 0; i < name->nr_seeds; i++)
		text += sprintf(text, "%s%x", i ? "." : "", name->seeds[i]);
}

bool program_name_parse(struct program_name *name, const char *text)
{
	char *end;

	name->nr_seeds = 0;
	do {
		if (name->nr_seeds == PROGRAM_SEEDS_MAX)
			return false;
		name->seeds[name->nr_seeds++] = strtoul(text, &end, 16);
		if (end == text)
			return false;
		text = end + 1;
	} while (*end == '.');
	return !*end;
}
