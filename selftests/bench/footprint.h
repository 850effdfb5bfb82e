/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's memory besides the pages. */
#ifndef BENCH_FOOTPRINT_H
#define BENCH_FOOTPRINT_H

/* Bytes each. */
struct footprint {
	double region;
	double attachment;
};

struct footprint footprint_measure(void);
/* Bytes that the kernel grew by while many regions came and went. */
double footprint_growth(unsigned long regions);

#endif /* BENCH_FOOTPRINT_H */
