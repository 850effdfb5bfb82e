/* SPDX-License-Identifier: GPL-2.0-only */
/* A worker: a process whose threads do operations at random. */
#ifndef STRESS_WORKER_H
#define STRESS_WORKER_H

#include "options.h"

/* Where every worker has its socket to the controller, and the statistics. */
#define WORKER_SOCKET 3
#define WORKER_STATS 4

void worker_exec(const struct options *options, unsigned int worker);
int worker_run(const struct options *options);

#endif /* STRESS_WORKER_H */
