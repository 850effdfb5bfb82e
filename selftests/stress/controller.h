/* SPDX-License-Identifier: GPL-2.0-only */
/* The controller: makes the regions, and does what needs CONTROL. */
#ifndef STRESS_CONTROLLER_H
#define STRESS_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

bool controller_start(uint64_t seed);
bool controller_serve(int timeout_ms);
void controller_act(void);
void controller_kill(unsigned int number);
void controller_end(void);

#endif /* STRESS_CONTROLLER_H */
