// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on processes: children that live for a call or two, in an address space
 * of their own or in that of the caller, signals, and the death of the peer.
 */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"
#include "run.h"
#include "slots.h"

/* What a child does: no more children. */
static int child_main(void *data)
{
	struct actor child = *(struct actor *)data;
	unsigned int times = 1 + random_below(&child.random, 3);

	child.is_child = true;
	while (times--) {
		struct call call = { .kind = random_kind(&child.random) };
		struct random random = child.random;

		call.seed = random_next(&random);
		if (kinds[call.kind].run != call_fork)
			actor_do(&child, &call);
		child.random = random;
	}
	_exit(EXIT_SUCCESS);
}

/* The caller sleeps until a child in its own memory has ended. */
static pid_t start_child(struct actor *actor, bool same_memory)
{
	static __thread uint8_t stack[64 << 10] __attribute__((aligned(16)));
	pid_t pid;

	if (same_memory)
		return clone(child_main, stack + sizeof(stack),
			     CLONE_VM | CLONE_VFORK | SIGCHLD, actor);
	pid = fork();
	if (!pid) {
		slots_init();
		child_main(actor);
	}
	return pid;
}

void call_fork(struct actor *actor)
{
	bool same_memory = one_in(&actor->random, 3);
	unsigned int kind = actor->kind;
	int status = 0;
	pid_t pid = start_child(actor, same_memory);

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	actor->kind = kind;
	actor_tell(actor, pid, ERRORS(EAGAIN, ENOMEM), "(%s memory)",
		   same_memory ? "the same" : "other");
	if (pid > 0 && WIFSIGNALED(status))
		violation(actor, "the child was killed by signal %d",
			  WTERMSIG(status));
}

static void do_nothing(int signal)
{
	(void)signal;
}

void take_signals(bool restart)
{
	const struct sigaction action = {
		.sa_handler = do_nothing,
		.sa_flags = restart ? SA_RESTART : 0,
	};

	sigaction(SIGUSR1, &action, NULL);
}

/* Ends a wait, or lets it go on. */
void call_signal(struct actor *actor)
{
	enum actor_index index = random_below(&actor->random, NR_ACTORS);
	pid_t tid = report->tids[index];
	pid_t tgid = index == ACTOR_PEER ? tid : report->tids[ACTOR_MAIN];

	take_signals(one_in(&actor->random, 2));
	actor_tell(actor, syscall(SYS_tgkill, tgid, tid, SIGUSR1),
		   ERRORS(ESRCH, EINVAL), "(%d)", tid);
}

void call_replace_peer(struct actor *actor)
{
	if (actor->index != ACTOR_MAIN || actor->is_child)
		return;
	peer_restart();
	actor_tell(actor, 0, NULL, "()");
}
