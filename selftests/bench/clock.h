/* SPDX-License-Identifier: GPL-2.0-only */
/* What something cost. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t clock_cost(pid_t peer);
void clock_pin(unsigned int side);
void clock_alone(bool alone);

#endif /* BENCH_CLOCK_H */
