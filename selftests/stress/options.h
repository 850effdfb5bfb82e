/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command line says. */
#ifndef STRESS_OPTIONS_H
#define STRESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_PROCESSES 16
#define MAX_THREADS 8

/**
 * struct options - what to do
 * @seconds: how long
 * @processes: workers, without the one that is slow at times
 * @threads: threads of each that do operations
 * @seed: of all choices
 * @progress: whether to tell every second what was done
 * @worker: which worker this process is, or -1 for the controller
 */
struct options {
	unsigned int seconds;
	unsigned int processes;
	unsigned int threads;
	uint64_t seed;
	bool progress;
	int worker;
};

void options_parse(struct options *options, int argc, char **argv);

#endif /* STRESS_OPTIONS_H */
