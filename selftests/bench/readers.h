/* SPDX-License-Identifier: GPL-2.0-only */
/* Publishing to readers, and freezing what they read. */
#ifndef BENCH_READERS_H
#define BENCH_READERS_H

#include <stddef.h>

#include "sample.h"

struct readers_cost {
	struct figure publish;
	struct figure freeze;
	/* How often the readers faulted when they read again after it. */
	unsigned long faults;
};

struct readers_cost readers_measure(size_t size, unsigned int readers);

#endif /* BENCH_READERS_H */
