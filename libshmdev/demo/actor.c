// SPDX-License-Identifier: GPL-2.0-only
/* The processes of the story: both their own side and that of the director. */
#include "actor.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tell.h"

/* One step. Pointers are good on both sides, as the actor is a fork. */
struct command {
	actor_step step;
	long argument;
	bool mortal;
};

/* The actor's own side. */
static struct {
	int socket;
	bool mortal;
	struct ending ending;
	sigjmp_buf before_step;
} self;

static void report(void)
{
	if (send(self.socket, &self.ending, sizeof(self.ending),
		 MSG_NOSIGNAL) < 0)
		_exit(1);
}

/*
 * A mortal actor says its last words and has the access repeated, which now
 * kills it as it kills any process without a handler.
 */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	struct sigaction deadly = { .sa_handler = SIG_DFL };

	(void)context;
	self.ending.signal = signal;
	self.ending.address = info->si_addr;
	if (!self.mortal)
		siglongjmp(self.before_step, 1);

	report();
	sigaction(signal, &deadly, NULL);
}

static void run(const struct command *command, struct scene *scene)
{
	memset(&self.ending, 0, sizeof(self.ending));
	self.mortal = command->mortal;
	if (!sigsetjmp(self.before_step, 1))
		self.ending.value = command->step(scene, command->argument);
	report();
}

static void act(int socket, struct scene *scene)
{
	struct sigaction act = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO,
	};
	struct command command;

	self.socket = socket;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	while (recv(socket, &command, sizeof(command), 0) == sizeof(command) &&
	       command.step)
		run(&command, scene);
	_exit(0);
}

void actor_report(long value)
{
	self.ending.value = value;
	report();
}

long actor_child_signal(int signal)
{
	self.ending.signal = signal;
	return 0;
}

/* The director's side. */

const char *signal_name(int signal)
{
	switch (signal) {
	case 0:
		return "nothing";
	case SIGBUS:
		return "SIGBUS";
	case SIGKILL:
		return "SIGKILL";
	case SIGSEGV:
		return "SIGSEGV";
	default:
		return "another signal";
	}
}

const char *ending_name(const struct ending *ending)
{
	const char *name;

	if (ending->signal)
		return signal_name(ending->signal);
	if (ending->value >= 0)
		return "succeeds";
	name = strerrorname_np((int)-ending->value);

	return name ? name : "unknown error";
}

void actor_start(struct actor *actor, const char *name, struct scene *scene)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		give_up("cannot make sockets");
	actor->name = name;
	actor->socket = sockets[0];
	actor->pid = fork();
	if (actor->pid < 0)
		give_up("cannot start the %s", name);
	if (!actor->pid)
		act(sockets[1], scene);
	close(sockets[1]);
}

static void begin(const struct actor *actor, actor_step step, long argument,
		  bool mortal)
{
	struct command command = {
		.step = step,
		.argument = argument,
		.mortal = mortal,
	};

	if (send(actor->socket, &command, sizeof(command), MSG_NOSIGNAL) < 0)
		give_up("the %s does not listen", actor->name);
}

void actor_begin(const struct actor *actor, actor_step step, long argument)
{
	begin(actor, step, argument, false);
}

struct ending actor_end(const struct actor *actor)
{
	struct ending ending;

	if (recv(actor->socket, &ending, sizeof(ending), 0) != sizeof(ending))
		give_up("the %s does not answer", actor->name);

	return ending;
}

struct ending actor_do(const struct actor *actor, actor_step step,
		       long argument)
{
	begin(actor, step, argument, false);
	return actor_end(actor);
}

long actor_must_named(const struct actor *actor, actor_step step,
		      long argument, const char *name)
{
	struct ending ending = actor_do(actor, step, argument);

	if (!ended_well(&ending)) {
		errno = ending.signal ? EFAULT : (int)-ending.value;
		give_up("the %s cannot do its step %s (%s)", actor->name, name,
			ending_name(&ending));
	}

	return ending.value;
}

static int bury(struct actor *actor)
{
	int status;

	if (waitpid(actor->pid, &status, 0) < 0)
		give_up("cannot wait for the %s", actor->name);
	close(actor->socket);
	actor->socket = -1;

	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int dismiss(struct actor *actor)
{
	struct command leave = { .step = NULL };

	/* Fails where it is dead, which is fine too. */
	send(actor->socket, &leave, sizeof(leave), MSG_NOSIGNAL);
	return bury(actor);
}

struct ending actor_last_step(struct actor *actor, actor_step step,
			      long argument)
{
	struct ending ending;

	begin(actor, step, argument, true);
	ending = actor_end(actor);
	ending.killed_by = dismiss(actor);

	return ending;
}

int actor_kill(struct actor *actor)
{
	kill(actor->pid, SIGKILL);
	return bury(actor);
}

void actor_stop(struct actor *actor)
{
	if (actor->socket >= 0)
		dismiss(actor);
}
