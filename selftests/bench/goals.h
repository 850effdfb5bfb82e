/* SPDX-License-Identifier: GPL-2.0-only */
/* What a region may cost, compared with other ways in the same run: at most. */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#define GOAL_SIZES 6

struct goal {
	const char *work;
	const char *way;
	const char *title;
	/* For each of bench_sizes; 0: none. */
	double at_most[GOAL_SIZES];
};

static const struct goal goals[] = {
	{ "round trip", "mprotect", "round trip / P1",
	  { 0.60, 0.70, 0.70, 0.10, 0.06, 0.06 } },
	{ "round trip", "unsafe", "round trip / P2",
	  { 0.90, 1.3, 0, 1.3, 1.3, 1.3 } },
	{ "round trip", "sealed", "round trip / P3",
	  { 0.15, 0.15, 0.10, 0.05, 0.05, 0.05 } },
	{ "whole life", "memfd", "create + map + touch + destroy / memfd",
	  { 1.0, 0.9, 0.7, 0.5, 0.5, 0.5 } },
	{ "first touch", "memfd", "first touch / memfd",
	  { 1.0, 0.7, 0.5, 0.3, 0.3, 0.3 } },
};

#endif /* BENCH_GOALS_H */
