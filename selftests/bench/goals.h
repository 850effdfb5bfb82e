/* SPDX-License-Identifier: GPL-2.0-only */
/* What a region may cost, compared with other ways in the same run: at most. */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#define GOAL_SIZES 13

struct goal {
	const char *work;
	/* What is compared, with what. */
	const char *ours;
	const char *theirs;
	const char *title;
	/* What fits above a column. */
	const char *head;
	/* For each of bench_sizes; 0: none. */
	double at_most[GOAL_SIZES];
};

/*
 * 4 KiB, 64 KiB, 256 KiB, 1 MiB, the same with the flag, 2 MiB;
 * NV12 1080p, the same with the flag, RGBA 1080p, NV12 4K;
 * 16 MiB, RGBA 4K, 64 MiB
 */
static const struct goal goals[] = {
	{ "round trip", "region", "unsafe", "round trip / P2", "trip/P2",
	  { 0.90, 1.25, 1.9, 3.5, 1.1, 1.1,
	    2.7, 1.15, 1.15, 1.15,
	    1.1, 1.1, 1.1 } },
	{ "round trip", "region", "mprotect", "round trip / P1", "trip/P1",
	  { 0.55, 0.55, 0.55, 0.55, 0.20, 0.10,
	    0.25, 0.10, 0.08, 0.08,
	    0.06, 0.06, 0.05 } },
	{ "round trip", "region", "sealed", "round trip / P3", "trip/P3",
	  { 0.15, 0.10, 0.06, 0.05, 0.05, 0.05,
	    0.03, 0.03, 0.02, 0.02,
	    0.02, 0.02, 0.02 } },
	{ "round trip", "channel", "unsafe", "by the channel / P2",
	  "channel/P2",
	  { 1.6, 1.7, 2.3, 3.8, 1.5, 1.5,
	    2.9, 1.5, 1.25, 1.2,
	    1.15, 1.15, 1.1 } },
	{ "round trip", "channel", "sealed", "by the channel / P3",
	  "channel/P3",
	  { 0.22, 0.10, 0.06, 0.05, 0.03, 0.03,
	    0.03, 0.03, 0.02, 0.02,
	    0.02, 0.02, 0.02 } },
	{ "whole life", "region", "memfd",
	  "create + map + touch + destroy / memfd", "life",
	  { 1.0, 0.9, 0.8, 0.7, 0.7, 0.5,
	    0.5, 0.5, 0.5, 0.5,
	    0.5, 0.5, 0.5 } },
	{ "first touch", "region", "memfd", "first touch / memfd", "touch",
	  { 1.0, 0.7, 0.6, 0.5, 0.5, 0.3,
	    0.3, 0.3, 0.3, 0.3,
	    0.3, 0.3, 0.3 } },
};

#endif /* BENCH_GOALS_H */
