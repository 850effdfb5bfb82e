/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was done and what was found: memory that all processes share, ordinary
 * memory that has nothing to do with what is tested.
 */
#ifndef STRESS_STATS_H
#define STRESS_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

enum operation {
	/* of workers */
	OPERATION_ACQUIRE,
	OPERATION_TRANSFER,
	OPERATION_RELEASE,
	OPERATION_PUBLISH,
	OPERATION_FREEZE,
	OPERATION_SHARE,
	OPERATION_ATTACH,
	OPERATION_DETACH,
	OPERATION_POLL,
	OPERATION_USURP,
	OPERATION_NOBODY,
	OPERATION_MAP,
	OPERATION_UNMAP,
	OPERATION_UNMAP_PART,
	OPERATION_REMAP,
	OPERATION_PROTECT,
	OPERATION_ADVISE,
	OPERATION_PIN,
	OPERATION_TOUCH,
	OPERATION_HAMMER,
	OPERATION_STAMP,
	OPERATION_WATCH,
	OPERATION_FORK,
	OPERATION_EXEC,
	NR_WORKER_OPERATIONS,
	/* of the controller */
	OPERATION_CREATE = NR_WORKER_OPERATIONS,
	OPERATION_LIMIT,
	OPERATION_RECLAIM,
	OPERATION_DESTROY,
	OPERATION_KILL,
	NR_OPERATIONS
};

enum invariant {
	INVARIANT_FORBIDDEN,
	INVARIANT_ALLOWED,
	INVARIANT_SIGNAL,
	INVARIANT_STALE,
	INVARIANT_STAMP,
	INVARIANT_FROZEN,
	INVARIANT_ZERO,
	INVARIANT_PIN,
	INVARIANT_WINNER,
	INVARIANT_CONSENT,
	INVARIANT_CONTROL,
	INVARIANT_MEMBER,
	INVARIANT_INFO,
	INVARIANT_ERRNO,
	INVARIANT_DEATH,
	INVARIANT_BOUND,
	INVARIANT_END,
	NR_INVARIANTS
};

#define MAX_MESSAGES 16
#define MESSAGE_SIZE 200

/**
 * struct stats - the shared memory
 * @processes: how many workers there are
 * @threads: and how many threads each has
 * @stop: time is up, or something was broken
 * @done: how often each operation succeeded
 * @refused: how often each failed, as it may
 * @checked: how often each invariant was checked
 * @broken: how often it was found broken
 * @pids: of the workers that live; 0 for one that does not
 * @address_spaces: how many there have been, of workers and of their children
 * @incarnations: how often each worker was started, by fork or exec
 * @beats: of the pulse
 * @longest: beats that an operation took, at most
 * @slowed: whether a worker hardly runs at present
 * @timings: of each thread: which operation it is at, and since which beat
 * @nr_messages: how many @messages there are, or would be
 * @messages: about what was broken
 */
struct stats {
	unsigned int processes;
	unsigned int threads;
	_Atomic bool stop;
	_Atomic unsigned long done[NR_OPERATIONS];
	_Atomic unsigned long refused[NR_OPERATIONS];
	_Atomic unsigned long checked[NR_INVARIANTS];
	_Atomic unsigned long broken[NR_INVARIANTS];
	_Atomic pid_t pids[MAX_PROCESSES];
	_Atomic uint32_t address_spaces;
	_Atomic uint32_t incarnations[MAX_PROCESSES];
	_Atomic unsigned long beats;
	_Atomic unsigned long longest;
	_Atomic bool slowed[MAX_PROCESSES + 1];
	struct {
		_Atomic unsigned int operation;
		_Atomic unsigned long since;
	} timings[MAX_PROCESSES + 1][MAX_THREADS];
	_Atomic unsigned int nr_messages;
	char messages[MAX_MESSAGES][MESSAGE_SIZE];
};

extern struct stats *stats;

int stats_create(void);
bool stats_map(int fd);

const char *stats_name(unsigned int operation);
void stats_count(enum operation operation, bool done);
void checked(enum invariant invariant, unsigned long times);
void broken(enum invariant invariant, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void expect_errno(enum operation operation, int result, const int *errnos);

void stats_progress(unsigned int second);
void stats_totals(void);
bool stats_tap(void);

#endif /* STRESS_STATS_H */
