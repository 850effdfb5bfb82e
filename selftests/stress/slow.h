/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A worker that time and again hardly runs or does not run at all, whatever it is
 * about at that moment.
 */
#ifndef STRESS_SLOW_H
#define STRESS_SLOW_H

#include <stdbool.h>
#include <stdint.h>

bool slow_start(unsigned int number, uint64_t seed);
void slow_act(void);
void slow_end(void);

#endif /* STRESS_SLOW_H */
