/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of the story. Each is a real one, with an address space of its
 * own, that does one step at a time when it is told to. So things happen in
 * the order in which they are told, and nobody has to sleep.
 */
#ifndef DEMO_ACTOR_H
#define DEMO_ACTOR_H

#include <stdbool.h>
#include <sys/types.h>

struct scene;

struct actor {
	const char *name;
	pid_t pid;
	int socket;
};

/* What an actor does. Returns 0 or more, or -errno. */
typedef long (*actor_step)(struct scene *scene, long argument);

/**
 * struct ending - how a step ended
 * @value: what it returned, 0 if it did not come to that
 * @signal: the signal that it raised by a load or a store, 0 for none
 * @killed_by: the signal that ended the process after it, 0 for none
 * @address: where the load or the store was
 */
struct ending {
	long value;
	int signal;
	int killed_by;
	void *address;
};

static inline bool ended_well(const struct ending *ending)
{
	return ending->value >= 0 && !ending->signal;
}

/* The name of its signal or of its error, or "succeeds". */
const char *ending_name(const struct ending *ending);

/* The name of a signal that ends a process, or "nothing" for 0. */
const char *signal_name(int signal);

/*
 * A fork of the caller, with a copy of the scene as it is now. It dies with
 * the caller. Gives up where there is none.
 */
void actor_start(struct actor *actor, const char *name, struct scene *scene);

/* Has it do a step and waits for the end; it survives the signals above. */
struct ending actor_do(const struct actor *actor, actor_step step,
		       long argument);

/* The same in two parts, for steps that go on meanwhile or wait. */
void actor_begin(const struct actor *actor, actor_step step, long argument);
struct ending actor_end(const struct actor *actor);

/* The same for a step that has to succeed; gives up where it does not. */
#define actor_must(actor, step, argument)				\
	actor_must_named(actor, step, argument, #step)
long actor_must_named(const struct actor *actor, actor_step step,
		      long argument, const char *name);

/* The same, but a signal is not caught: the actor dies of it. Ends it. */
struct ending actor_last_step(struct actor *actor, actor_step step,
			      long argument);

/* Kills it with SIGKILL. Return: the signal that it died of. */
int actor_kill(struct actor *actor);

/* Sends it home. Does nothing if it has ended already. */
void actor_stop(struct actor *actor);

/* For a step: tell what it would return, and go on. */
void actor_report(long value);

/* For a step: have it end with the signal that a child of it died of. */
long actor_child_signal(int signal);

#endif /* DEMO_ACTOR_H */
