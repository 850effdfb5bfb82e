/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the calls of a program need: who does them, the files and mappings that
 * they work on, and whom they tell how they ended.
 */
#ifndef FUZZ_ACTOR_H
#define FUZZ_ACTOR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "program.h"
#include "random.h"

#define PAGE_BYTES ((size_t)sysconf(_SC_PAGESIZE))
#define NR_KINDS_MAX 64
#define NR_SLOTS 16

/*
 * Mappings, each at a place of its own, where nothing else ever is; so to unmap
 * or to protect one hits nothing that the fuzzer itself needs.
 */
#define ARENA ((uintptr_t)1 << 44)
#define PLACE_SIZE ((size_t)8 << 20)
#define NR_PLACES 6

/**
 * struct world - what all threads of a process work on
 * @slots: file descriptors, also of files that are closed: see slots.h
 * @lengths: of the mappings, as they were made last
 * @sockets: a pair, to pass on files
 */
struct world {
	volatile int slots[NR_SLOTS];
	volatile size_t lengths[NR_PLACES];
	int sockets[2];
};

/**
 * struct report - what a program tells the fuzzer, in shared memory
 * @calls: by kind
 * @successes: by kind, those that did not fail
 * @violated: there is a violation
 * @violation: the first one
 * @tids: the threads that are the actors
 * @dead_pid: a process that is no more
 * @fuzzer_pid: the process that starts the programs
 */
struct report {
	unsigned long calls[NR_KINDS_MAX];
	unsigned long successes[NR_KINDS_MAX];
	bool violated;
	char violation[512];
	volatile pid_t tids[NR_ACTORS];
	pid_t dead_pid;
	pid_t fuzzer_pid;
};

/**
 * struct actor - who does a call
 * @index: which one
 * @is_child: a child made for a call; it must not wait for ever either
 * @random: the arguments of the call
 * @kind: its kind
 * @buffer: memory of its own: BUFFER_SIZE bytes, a hole of a page, and a page
 *	for reading only
 */
struct actor {
	enum actor_index index;
	bool is_child;
	struct random random;
	unsigned int kind;
	uint8_t *buffer;
};

#define BUFFER_SIZE (2 * PAGE_BYTES)
#define BUFFER_HOLE BUFFER_SIZE
#define BUFFER_READ_ONLY (BUFFER_SIZE + PAGE_BYTES)

extern struct world world;
extern struct report *report;
extern bool verbose;

bool actor_init(struct actor *actor, enum actor_index index);
void actor_do(struct actor *actor, const struct call *call);

/* The others would not wait for it as well. */
static inline bool may_wait_for_ever(const struct actor *actor)
{
	return actor->index != ACTOR_MAIN && !actor->is_child;
}

/*
 * Errors that a call may have, with MUST_FAIL before them if it must not
 * succeed. NULL is all of them.
 */
#define MUST_FAIL (-1)
#define ERRORS(...) ((const int []){ __VA_ARGS__, 0 })

/* A call has ended with @result, -1 and errno if it failed. */
__attribute__((format(printf, 4, 5)))
void actor_tell(struct actor *actor, long result, const int *errors,
		const char *format, ...);

/* Something is wrong, whatever a call has returned. */
__attribute__((format(printf, 2, 3)))
void violation(const struct actor *actor, const char *format, ...);

/* Pieces of arguments. */
pid_t any_process(struct actor *actor);
unsigned int any_place(struct actor *actor);
uint8_t *place_address(unsigned int place);
uint8_t *any_address(struct actor *actor);
uint64_t soon_ns(struct actor *actor);

#endif /* FUZZ_ACTOR_H */
