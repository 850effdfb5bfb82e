/* SPDX-License-Identifier: GPL-2.0-only */
/* Repeating a measurement until its median can be trusted. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdint.h>

#define SAMPLES_MAX 31

struct figure {
	/* Of one repetition, in nanoseconds of the clock. */
	double median;
	/* Half the distance between the quartiles, as a part of the median. */
	double spread;
	unsigned int samples;
};

/* Do it @times times; return what that cost. */
typedef uint64_t (*measure_fn)(void *context, unsigned int times);

/* Sorts @costs. */
struct figure figure_of(double *costs, unsigned int samples);
struct figure sample(measure_fn measure, void *context);

#endif /* BENCH_SAMPLE_H */
