/* SPDX-License-Identifier: GPL-2.0-only */
/* The workers, as the controller sees them. */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "slot.h"

/**
 * struct member - a worker
 * @pid: the process
 * @socket: to it, or -1
 * @id: who it is since it said hello; 0 before
 * @wants: the slots whose newest region it was not sent yet
 * @abandoned: it is dying, and not waited for yet
 * @taking: the slots of which one is on its way: never more than one, as what
 *	is on its way takes memory
 */
struct member {
	pid_t pid;
	int socket;
	uint32_t id;
	bool abandoned;
	bool wants[NR_SLOTS];
	bool taking[NR_SLOTS];
};

bool crew_start(const struct options *options, int stats_fd);
struct member *crew_member(unsigned int number);
void crew_offer(unsigned int slot);
bool crew_serve(int timeout_ms, int (*handle)(unsigned int slot),
		const int ledger_fds[NR_SLOTS]);
void crew_abandon(unsigned int number);
pid_t crew_kill(unsigned int number);
bool crew_spawn(unsigned int number);
void crew_reap(void);
void crew_end(void);

#endif /* STRESS_CREW_H */
