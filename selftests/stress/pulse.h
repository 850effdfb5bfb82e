/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pulse, by which it is told how long operations take: it beats as fast as an
 * ordinary process gets on. Where the processors of an emulator stand still for
 * seconds, as the host is busy, so does the pulse.
 */
#ifndef STRESS_PULSE_H
#define STRESS_PULSE_H

#include <stdbool.h>

#include "options.h"

/*
 * No operation may take so many beats, which are four seconds or more: whoever
 * hardly runs gets on several times meanwhile, and gives back the locks of the
 * core that it has.
 */
#define PULSE_BOUND 200

/* What the controller does is timed as a worker of this number. */
#define PULSE_CONTROLLER MAX_PROCESSES

bool pulse_start(void);
unsigned long pulse_now(void);

void pulse_begin(unsigned int worker, unsigned int thread,
		 unsigned int operation);
void pulse_end(unsigned int worker, unsigned int thread);
void pulse_forget(unsigned int worker);
void pulse_slow(unsigned int worker, bool slow);

#endif /* STRESS_PULSE_H */
