/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs: what is made of a seed, and how to write down which one it was.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_CALLS_MAX 24
#define PROGRAM_SEEDS_MAX 16
/* Of a name in writing, with its NUL. */
#define PROGRAM_NAME_SIZE (PROGRAM_SEEDS_MAX * 9)

/* Who does a call: see run.c. */
enum actor_index {
	ACTOR_MAIN,
	ACTOR_THREAD,
	ACTOR_PEER,
	NR_ACTORS,
};

/**
 * struct call - a call of a program
 * @kind: which one, an index into the table of kinds.c
 * @actor: who does it
 * @together: do not wait for its end before the next call
 * @seed: all its arguments
 */
struct call {
	unsigned int kind;
	enum actor_index actor;
	bool together;
	uint64_t seed;
};

/**
 * struct program - a sequence of calls
 * @seed: what the world is like in which they run
 * @nr_calls: how many there are
 * @calls: the calls
 */
struct program {
	uint64_t seed;
	unsigned int nr_calls;
	struct call calls[PROGRAM_CALLS_MAX];
};

/**
 * struct program_name - where a program comes from
 * @nr_seeds: 1 or more
 * @seeds: the first makes a program, each other one changes it
 */
struct program_name {
	unsigned int nr_seeds;
	uint32_t seeds[PROGRAM_SEEDS_MAX];
};

void program_make(struct program *program, const struct program_name *name);
void program_name_print(const struct program_name *name, char *text);
bool program_name_parse(struct program_name *name, const char *text);

#endif /* FUZZ_PROGRAM_H */
