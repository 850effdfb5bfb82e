/* SPDX-License-Identifier: GPL-2.0-only */
/* Many processes that have attached to a region and mapped it. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stddef.h>
#include <sys/types.h>

#define CROWD_MAX 64

struct crowd {
	unsigned int size;
	pid_t pids[CROWD_MAX];
	int sockets[CROWD_MAX];
};

void crowd_start(struct crowd *crowd, int fd, size_t size, int prot,
		 unsigned int processes);
/* Have each read every page. Return: how many page faults that took, in all. */
unsigned long crowd_read(struct crowd *crowd);
void crowd_end(struct crowd *crowd);

#endif /* BENCH_CROWD_H */
