// SPDX-License-Identifier: GPL-2.0-only
/* The workers, as the controller sees them. */
#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pulse.h"
#include "stats.h"
#include "wire.h"
#include "worker.h"

/* For a worker to end, in beats; nothing it does takes long. */
#define END_BEATS (2 * PULSE_BOUND)

static const struct options *options;
static int stats_fd;
static struct member members[MAX_PROCESSES];

struct member *crew_member(unsigned int number)
{
	return &members[number];
}

/* Both numbers may be in use by what is to be moved there. */
static void __attribute__((noreturn)) become_worker(unsigned int number,
						    int socket)
{
	int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, WORKER_STATS + 1);
	int high_stats = fcntl(stats_fd, F_DUPFD_CLOEXEC, WORKER_STATS + 1);

	if (dup2(high_socket, WORKER_SOCKET) == WORKER_SOCKET &&
	    dup2(high_stats, WORKER_STATS) == WORKER_STATS)
		worker_exec(options, number);
	_exit(1);
}

bool crew_spawn(unsigned int number)
{
	struct member *member = &members[number];
	int sockets[2];

	memset(member, 0, sizeof(*member));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return false;
	member->socket = sockets[0];
	member->pid = fork();
	if (!member->pid)
		become_worker(number, sockets[1]);
	close(sockets[1]);
	stats->pids[number] = member->pid > 0 ? member->pid : 0;
	return member->pid > 0;
}

bool crew_start(const struct options *crew_options, int fd)
{
	unsigned int i;

	options = crew_options;
	stats_fd = fd;
	/* One more, which is slow at times. */
	stats->processes = options->processes + 1;
	stats->threads = options->threads;
	/* Children of workers that were killed come to us. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 0; i < stats->processes; i++)
		if (!crew_spawn(i))
			return false;
	return true;
}

/* There is a new region for all of them. */
void crew_offer(unsigned int slot)
{
	unsigned int i;

	for (i = 0; i < stats->processes; i++)
		members[i].wants[slot] = true;
}

static void hear(struct member *member)
{
	struct wire_message message;
	int fds[2];

	while (wire_receive(member->socket, &message, fds, false)) {
		if (message.kind == WIRE_TAKEN) {
			member->taking[message.slot] = false;
			continue;
		}
		member->id = message.id;
		memset(member->wants, true, sizeof(member->wants));
		memset(member->taking, false, sizeof(member->taking));
		message.kind = WIRE_WELCOME;
		/* It may have been killed: then there will be another one. */
		wire_send(member->socket, &message);
	}
}

/* Consumes the handle. */
static void send_region(struct member *member, unsigned int slot, int handle,
			int ledger_fd)
{
	const struct wire_message message = {
		.kind = WIRE_REGION,
		.slot = slot,
	};
	const int fds[2] = { handle, ledger_fd };

	if (handle < 0)
		return;
	member->wants[slot] = false;
	member->taking[slot] = wire_send_region(member->socket, &message, fds);
	close(handle);
}

/*
 * Wait some time for messages, and answer them: @handle makes a handle for a
 * worker, or fails for a region that is destroyed. Return: whether all is well.
 */
bool crew_serve(int timeout_ms, int (*handle)(unsigned int slot),
		const int ledger_fds[NR_SLOTS])
{
	struct pollfd poll_fds[MAX_PROCESSES];
	unsigned int i, slot;

	for (i = 0; i < stats->processes; i++) {
		poll_fds[i].fd = members[i].abandoned ? -1 :
							members[i].socket;
		poll_fds[i].events = POLLIN;
	}
	if (poll(poll_fds, stats->processes, timeout_ms) < 0)
		return false;

	for (i = 0; i < stats->processes; i++) {
		if (poll_fds[i].revents)
			hear(&members[i]);
		if (poll_fds[i].revents & POLLHUP && !stats->stop) {
			broken(INVARIANT_END, "worker %u ended by itself", i);
			return false;
		}
		for (slot = 0; slot < NR_SLOTS && members[i].id; slot++)
			if (members[i].wants[slot] && !members[i].taking[slot])
				send_region(&members[i], slot, handle(slot),
					    ledger_fds[slot]);
	}
	return true;
}

/* It will be killed again, and waited for, when its end has taken its time. */
void crew_abandon(unsigned int number)
{
	struct member *member = &members[number];

	member->abandoned = true;
	member->id = 0;
	kill(member->pid, SIGKILL);
}

/* Return: its process id, which is nobody's now. */
pid_t crew_kill(unsigned int number)
{
	struct member *member = &members[number];
	int status;

	kill(member->pid, SIGKILL);
	checked(INVARIANT_END, 1);
	if (waitpid(member->pid, &status, 0) != member->pid ||
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		broken(INVARIANT_END, "worker %u: status %#x when killed",
		       number, status);
	stats->pids[number] = 0;
	pulse_forget(number);
	close(member->socket);
	return member->pid;
}

/* What workers that are gone have left, and nothing else has ended. */
void crew_reap(void)
{
	siginfo_t info;
	unsigned int i;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ||
		    !info.si_pid)
			return;
		for (i = 0; i < stats->processes; i++)
			if (members[i].pid == info.si_pid)
				return;
		waitpid(info.si_pid, NULL, 0);
	}
}

/* Whether it ends in time. */
static bool ends(pid_t pid)
{
	struct pollfd poll_fd = {
		.fd = syscall(SYS_pidfd_open, pid, 0),
		.events = POLLIN,
	};
	unsigned long until = pulse_now() + END_BEATS;
	int ret;

	do {
		ret = poll(&poll_fd, 1, 100);
	} while (!ret && pulse_now() < until);
	close(poll_fd.fd);
	return ret == 1;
}

/* Time is up. Everybody is told, and must end. */
void crew_end(void)
{
	struct member *member;
	unsigned int i;
	int status;

	stats->stop = true;
	for (i = 0; i < stats->processes; i++)
		shutdown(members[i].socket, SHUT_RDWR);
	for (i = 0; i < stats->processes; i++) {
		member = &members[i];
		checked(INVARIANT_END, 1);
		if (!ends(member->pid)) {
			broken(INVARIANT_END, "worker %u hangs", i);
			kill(member->pid, SIGKILL);
		}
		if (waitpid(member->pid, &status, 0) != member->pid || status)
			broken(INVARIANT_END, "worker %u: status %#x", i,
			       status);
		close(member->socket);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}
