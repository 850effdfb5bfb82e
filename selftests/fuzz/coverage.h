/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coverage: which instructions of the module a program has reached, where the
 * kernel has kcov.
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include "actor.h"

/* In the process that starts the programs. False if there is no kcov. */
bool coverage_init(void);
void coverage_reset(void);
/* How many were never reached before, by the program that has ended. */
unsigned int coverage_collect(void);
unsigned int coverage_total(void);

/* In the thread that is the actor. */
void coverage_begin(enum actor_index index);

#endif /* FUZZ_COVERAGE_H */
