// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "bench.h"
#include "sample.h"

/* A sample is at least so long, for the clock's own cost not to matter. */
#define SAMPLE_NS 1000000

#define SAMPLES_MIN 5
#define WARM_UP 3

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

static unsigned int clamp(double value, unsigned int low, unsigned int high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

struct figure figure_of(double *costs, unsigned int samples)
{
	struct figure figure = { .samples = samples };

	qsort(costs, samples, sizeof(*costs), compare);
	figure.median = costs[samples / 2];
	figure.spread = (costs[samples * 3 / 4] - costs[samples / 4]) / 2 /
			figure.median;
	return figure;
}

struct figure sample(measure_fn measure, void *context)
{
	double costs[SAMPLES_MAX], once;
	unsigned int times, samples, i;

	measure(context, WARM_UP);
	once = measure(context, 1) + 1;
	times = clamp(SAMPLE_NS / once, 1, 1000);
	samples = clamp(options.budget / (times * once), SAMPLES_MIN,
			SAMPLES_MAX);

	for (i = 0; i < samples; i++)
		costs[i] = (double)measure(context, times) / times;
	return figure_of(costs, samples);
}
