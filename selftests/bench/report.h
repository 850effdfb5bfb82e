/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was measured: a table for people on stderr as it comes, JSON on stdout.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "sample.h"

struct bench_size;

/* Keep what some work cost in some way at a size, all of which must last. */
void report_figure(const char *work, const char *way,
		   const struct bench_size *size, struct figure figure);
/* Keep a single number and its goal: at most. */
void report_number(const char *name, double value, double goal,
		   const char *unit);

void report_tables(void);
void report_goals(void);
void report_json(void);
/* How many goals were missed. */
unsigned int report_missed(void);

#endif /* BENCH_REPORT_H */
