// SPDX-License-Identifier: GPL-2.0-only
/* A worker: a process whose threads do operations at random. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "access.h"
#include "child.h"
#include "mapping.h"
#include "ownership.h"
#include "pulse.h"
#include "rule.h"
#include "stats.h"
#include "touch.h"
#include "wire.h"

/* Operations in a row on one slot. */
#define MAX_TURNS 8

static const struct options *options;

static void exec_anew(struct turn *turn)
{
	(void)turn;
	stats_count(OPERATION_EXEC, true);
	worker_exec(options, self.worker);
	broken(INVARIANT_END, "exec: %s", strerror(errno));
}

/* How often each operation is done, and whether it needs a mapping. */
static const struct {
	void (*run)(struct turn *turn);
	unsigned int weight;
	bool mapped;
} operations[NR_WORKER_OPERATIONS] = {
	[OPERATION_ACQUIRE] = { ownership_acquire, 1200, false },
	[OPERATION_TRANSFER] = { ownership_transfer, 700, false },
	[OPERATION_RELEASE] = { ownership_release, 500, false },
	[OPERATION_PUBLISH] = { ownership_publish, 40, false },
	[OPERATION_FREEZE] = { ownership_freeze, 8, false },
	[OPERATION_SHARE] = { ownership_share, 5, false },
	[OPERATION_ATTACH] = { ownership_attach, 50, false },
	[OPERATION_DETACH] = { ownership_detach, 50, false },
	[OPERATION_POLL] = { ownership_poll, 50, false },
	[OPERATION_USURP] = { ownership_usurp, 50, false },
	[OPERATION_NOBODY] = { ownership_nobody, 50, false },
	[OPERATION_MAP] = { mapping_map, 300, false },
	[OPERATION_UNMAP] = { mapping_unmap, 100, true },
	[OPERATION_UNMAP_PART] = { mapping_unmap_part, 100, true },
	[OPERATION_REMAP] = { mapping_remap, 200, true },
	[OPERATION_PROTECT] = { mapping_protect, 300, true },
	[OPERATION_ADVISE] = { mapping_advise, 100, true },
	[OPERATION_PIN] = { access_pin, 100, true },
	[OPERATION_TOUCH] = { access_touch, 2000, true },
	[OPERATION_HAMMER] = { access_hammer, 1000, true },
	[OPERATION_STAMP] = { access_stamp, 1500, true },
	[OPERATION_WATCH] = { access_watch, 1000, true },
	[OPERATION_FORK] = { child_fork, 10, true },
	[OPERATION_EXEC] = { exec_anew, 1, false },
};

static enum operation choose_operation(struct dice *dice)
{
	unsigned int sum = 0, i;
	int left;

	for (i = 0; i < NR_WORKER_OPERATIONS; i++)
		sum += operations[i].weight;
	left = roll(dice, sum);
	for (i = 0; left >= (int)operations[i].weight; i++)
		left -= operations[i].weight;
	return i;
}

static void take_turn(struct slot *slot, unsigned int thread, uint64_t choices)
{
	struct dice dice = { .state = choices };
	enum operation operation = choose_operation(&dice);
	struct turn turn = {
		.slot = slot,
		.thread = thread,
		.window = window_of(slot->number, thread,
				    roll(&dice, NR_WINDOWS)),
		.dice = dice,
	};

	pulse_begin(options->worker, thread, operation);
	if (operations[operation].mapped && !turn.window->address)
		mapping_map(&turn);
	if (!operations[operation].mapped || turn.window->address)
		operations[operation].run(&turn);
	pulse_end(options->worker, thread);
}

/*
 * Each turn has dice of its own, so that the choices in it do not depend on the
 * outcomes of those before.
 */
static void *thread_run(void *data)
{
	unsigned int thread = (uintptr_t)data, turns;
	struct dice dice = {
		.state = mix(options->seed ^
			     mix((uint64_t)self.id << 8 | thread)),
	};
	struct slot *slot, *other;
	uint64_t choices;

	while (!stats->stop) {
		other = &slots[roll(&dice, NR_SLOTS)];
		slot = roll(&dice, 2) ? slot_hot() : other;
		turns = 1 + roll(&dice, MAX_TURNS);

		pthread_rwlock_rdlock(&slot->lock);
		for (; turns; turns--) {
			choices = roll(&dice, UINT64_MAX);
			if (slot->fd >= 0 && !stats->stop)
				take_turn(slot, thread, mix(~choices));
		}
		pthread_rwlock_unlock(&slot->lock);
		if (slot->fd < 0)
			sched_yield();
	}
	return NULL;
}

static bool take_region(const struct wire_message *message, const int fds[2])
{
	struct wire_message taken = {
		.kind = WIRE_TAKEN,
		.slot = message->slot,
	};
	struct slot *slot = &slots[message->slot];
	bool done;

	pthread_rwlock_wrlock(&slot->lock);
	windows_clear(slot->number);
	done = slot_set(slot, fds[0], fds[1]);
	pthread_rwlock_unlock(&slot->lock);
	return done && wire_send(WORKER_SOCKET, &taken);
}

/* Until the controller hangs up, or something is wrong. */
static void serve(void)
{
	struct wire_message message;
	bool welcome = false;
	int fds[2];

	while (wire_receive(WORKER_SOCKET, &message, fds, true)) {
		if (message.kind == WIRE_WELCOME) {
			welcome = true;
		} else if (!welcome) {
			/* Meant for what this process was before. */
			close(fds[0]);
			close(fds[1]);
		} else if (fds[0] < 0 || !take_region(&message, fds)) {
			if (!stats->stop)
				broken(INVARIANT_END, "no region: %s",
				       strerror(errno));
			return;
		}
	}
}

/* Return: exit status. */
int worker_run(const struct options *worker_options)
{
	struct wire_message hello = { .kind = WIRE_HELLO };
	pthread_t threads[MAX_THREADS];
	unsigned int i;

	options = worker_options;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!stats_map(WORKER_STATS) || !touch_init())
		return 1;
	windows_init();
	slots_init();
	pulse_forget(options->worker);

	/* Each time it is another process. */
	self_init(options->worker,
		  (++stats->incarnations[options->worker] * MAX_PROCESSES +
		   options->worker) % CHILD_ID);
	hello.id = self.id;
	/* Time may be up by now. */
	if (!wire_send(WORKER_SOCKET, &hello))
		return !stats->stop;

	for (i = 0; i < options->threads; i++)
		if (pthread_create(&threads[i], NULL, thread_run,
				   (void *)(uintptr_t)i))
			return 1;
	serve();
	for (i = 0; i < options->threads; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Start a worker in this process. Returns if that fails. */
void worker_exec(const struct options *worker_options, unsigned int worker)
{
	char worker_arg[32], threads_arg[32], seed_arg[48];

	snprintf(worker_arg, sizeof(worker_arg), "--worker=%u", worker);
	snprintf(threads_arg, sizeof(threads_arg), "--threads=%u",
		 worker_options->threads);
	snprintf(seed_arg, sizeof(seed_arg), "--seed=%llu",
		 (unsigned long long)worker_options->seed);
	execl("/proc/self/exe", "shmregion-stress", worker_arg, threads_arg,
	      seed_arg, NULL);
}
