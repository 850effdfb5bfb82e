// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the scripts that trace are to find: a process that hands a region over to
 * its child and takes it back, so many times, and in the end touches what it has
 * given away. It prints the address and dies of SIGSEGV, with a core; or, for a
 * debugger, touches nothing and stays.
 *
 * usage: trace-victim COUNT [stay]
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shmdev.h>

static void give(int fd, uint64_t member, uint32_t flags)
{
	if (shmdev_raw_transfer(fd, SHMREGION_BY_MEMBER, member, flags,
				SHMREGION_NO_DEADLINE, NULL))
		err(1, "transfer");
}

/* Gives back what it is given, but for the last time. */
static void serve(int fd, int socket, uint64_t parent, int count)
{
	uint64_t member;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (shmdev_raw_attach(fd, &member) ||
	    write(socket, &member, sizeof(member)) != sizeof(member))
		err(1, "child");
	for (;; count--) {
		if (shmdev_raw_acquire(fd, 0, SHMREGION_NO_DEADLINE, NULL,
				       NULL))
			err(1, "acquire");
		if (!count)
			pause();
		give(fd, parent, 0);
	}
}

int main(int argc, char **argv)
{
	const struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	int count = argc > 1 ? atoi(argv[1]) : 1, device, fd, sockets[2];
	uint64_t parent, child;
	volatile char *memory;

	setrlimit(RLIMIT_CORE, &core);
	device = shmdev_open();
	fd = shmdev_raw_create(device, 4096, SHMREGION_MODE_WRITABLE, 0,
			       "victim's region", &parent);
	if (fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		err(1, "region");
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (!fork())
		serve(fd, sockets[1], parent, count);
	if (read(sockets[0], &child, sizeof(child)) != sizeof(child))
		err(1, "socket");

	for (; count > 0; count--) {
		memory[0] = (char)count;
		give(fd, child, SHMREGION_TRANSFER_WAIT);
	}
	give(fd, child, 0);
	printf("address %p\n", (void *)memory);
	fflush(stdout);
	if (argc > 2)
		pause();
	memory[1] = 1;
	return 0;
}
