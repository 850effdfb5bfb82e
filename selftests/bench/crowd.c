// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "crowd.h"
#include "pages.h"
#include "way.h"

static unsigned long faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		die("getrusage");
	return usage.ru_minflt;
}

static void tell(int socket, unsigned long value)
{
	if (send(socket, &value, sizeof(value), MSG_NOSIGNAL) != sizeof(value))
		die("send");
}

/* Reads whenever asked, until nobody can ask any more. */
static noreturn void member(int socket, int fd, size_t size, int prot)
{
	unsigned long before, stamp;
	void *memory;

	if (shmdev_raw_attach(fd, NULL))
		die("attach");
	memory = map_memory(fd, size, prot);
	tell(socket, 0);
	while (recv(socket, &stamp, sizeof(stamp), 0) == sizeof(stamp)) {
		before = faults();
		pages_check(memory, size, stamp);
		tell(socket, faults() - before);
	}
	_exit(0);
}

static unsigned long answer(int socket)
{
	unsigned long value;

	if (recv(socket, &value, sizeof(value), 0) != sizeof(value))
		dies("crowd", "a process of it failed");
	return value;
}

void crowd_start(struct crowd *crowd, int fd, size_t size, int prot,
		 unsigned int processes)
{
	int sockets[2];
	unsigned int i;
	pid_t pid;

	for (crowd->size = 0; crowd->size < processes; crowd->size++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
			die("socketpair");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (i = 0; i < crowd->size; i++)
				close(crowd->sockets[i]);
			close(sockets[0]);
			member(sockets[1], fd, size, prot);
		}
		close(sockets[1]);
		crowd->pids[crowd->size] = pid;
		crowd->sockets[crowd->size] = sockets[0];
		answer(sockets[0]);
	}
}

unsigned long crowd_read(struct crowd *crowd)
{
	unsigned long total = 0;
	unsigned int i;

	for (i = 0; i < crowd->size; i++) {
		tell(crowd->sockets[i], 0);
		total += answer(crowd->sockets[i]);
	}
	return total;
}

void crowd_end(struct crowd *crowd)
{
	unsigned int i;
	int status;

	for (i = 0; i < crowd->size; i++) {
		close(crowd->sockets[i]);
		if (waitpid(crowd->pids[i], &status, 0) != crowd->pids[i] ||
		    status)
			dies("crowd", "a process of it failed");
	}
}
