/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running a program.
 */
#ifndef FUZZ_RUN_H
#define FUZZ_RUN_H

#include <stdbool.h>

#include "program.h"

/* Once, in the process that starts the programs. False if there is no memory. */
bool run_init(void);

/* In a process of its own; does not return. */
__attribute__((noreturn))
void run_program(const struct program *program);

/* A signal, SIGUSR1, does nothing but end a wait. */
void take_signals(bool restart);

/* In the main actor only. */
void peer_restart(void);

#endif /* FUZZ_RUN_H */
