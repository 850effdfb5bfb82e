// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"
#include "goals.h"
#include "report.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define REGION "region"

static struct result {
	const char *work;
	const char *way;
	size_t size;
	struct figure figure;
} results[256];
static unsigned int nr_results;

static struct number {
	const char *name;
	const char *unit;
	double value;
	double goal;
} numbers[32];
static unsigned int nr_numbers;

static unsigned int missed;

void report_figure(const char *work, const char *way, size_t size,
		   struct figure figure)
{
	if (nr_results == ARRAY_SIZE(results))
		dies("report", "too many results");
	results[nr_results++] = (struct result){ work, way, size, figure };
}

void report_number(const char *name, double value, double goal,
		   const char *unit)
{
	if (nr_numbers == ARRAY_SIZE(numbers))
		dies("report", "too many numbers");
	numbers[nr_numbers++] = (struct number){ name, unit, value, goal };
	if (value > goal)
		missed++;
}

static const struct figure *find(const char *work, const char *way, size_t size)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		if (!strcmp(results[i].work, work) &&
		    !strcmp(results[i].way, way) && results[i].size == size)
			return &results[i].figure;
	return NULL;
}

/* What a region costs, divided by another way's; 0 if not measured. */
static double ratio(const struct goal *goal, size_t size)
{
	const struct figure *ours = find(goal->work, REGION, size);
	const struct figure *theirs = find(goal->work, goal->way, size);

	return ours && theirs ? ours->median / theirs->median : 0;
}

static const char *size_name(size_t size)
{
	static char name[32];

	snprintf(name, sizeof(name), size < MIB ? "%zu KiB" : "%zu MiB",
		 size / (size < MIB ? KIB : MIB));
	return name;
}

static void print_sizes(const char *title)
{
	unsigned int i;

	fprintf(stderr, "\n%-40s", title);
	for (i = 0; i < bench_nr_sizes; i++)
		fprintf(stderr, " %12s", size_name(bench_sizes[i]));
	fprintf(stderr, "\n");
}

/* One row for each way in which some work was done. */
static void print_work(const char *work)
{
	const struct figure *figure;
	unsigned int i, j;
	char title[64];

	snprintf(title, sizeof(title), "%s [%s]", work,
		 options.instructions ? "1000 instructions" : "us");
	print_sizes(title);
	for (i = 0; i < nr_results; i++) {
		/* The first of a row stands for the row. */
		if (strcmp(results[i].work, work) ||
		    results[i].size != bench_sizes[0])
			continue;
		fprintf(stderr, "%-40s", results[i].way);
		for (j = 0; j < bench_nr_sizes; j++) {
			figure = find(work, results[i].way, bench_sizes[j]);
			if (figure)
				fprintf(stderr, " %12.1f", figure->median / 1000);
			else
				fprintf(stderr, " %12s", "-");
		}
		fprintf(stderr, "\n");
	}
}

void report_tables(void)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		if (!i || strcmp(results[i].work, results[i - 1].work))
			print_work(results[i].work);
}

static void print_goal(const struct goal *goal)
{
	char cell[32];
	unsigned int i;
	double value;

	fprintf(stderr, "%-40s", goal->title);
	for (i = 0; i < bench_nr_sizes; i++) {
		value = ratio(goal, bench_sizes[i]);
		if (!value) {
			fprintf(stderr, " %12s", "-");
			continue;
		}
		snprintf(cell, sizeof(cell), "%.*f%s", value < 0.1 ? 3 : 2,
			 value,
			 goal->at_most[i] && value > goal->at_most[i] ? "!" : "");
		if (goal->at_most[i])
			snprintf(cell + strlen(cell), 16, " (%.4g)",
				 goal->at_most[i]);
		fprintf(stderr, " %12s", cell);
		if (goal->at_most[i] && value > goal->at_most[i])
			missed++;
	}
	fprintf(stderr, "\n");
}

void report_goals(void)
{
	unsigned int i;

	print_sizes("ratio (goal: at most; ! missed)");
	for (i = 0; i < ARRAY_SIZE(goals); i++)
		print_goal(&goals[i]);
	fprintf(stderr, "\n");
	for (i = 0; i < nr_numbers; i++)
		fprintf(stderr, "%-60s %10.4g %s (%.4g)%s\n", numbers[i].name,
			numbers[i].value, numbers[i].unit, numbers[i].goal,
			numbers[i].value > numbers[i].goal ? " !" : "");
	fprintf(stderr, "\n%u goals missed\n", missed);
}

unsigned int report_missed(void)
{
	return missed;
}

static void json_results(void)
{
	unsigned int i;

	printf("  \"results\": [");
	for (i = 0; i < nr_results; i++)
		printf("%s\n    { \"work\": \"%s\", \"way\": \"%s\", \"size\": %zu, "
		       "\"cost\": %.1f, \"spread\": %.4f, \"samples\": %u }",
		       i ? "," : "", results[i].work, results[i].way,
		       results[i].size, results[i].figure.median,
		       results[i].figure.spread, results[i].figure.samples);
	printf("\n  ],\n");
}

static void json_ratios(void)
{
	const char *comma = "";
	unsigned int i, j;
	double value;

	printf("  \"ratios\": [");
	for (i = 0; i < ARRAY_SIZE(goals); i++)
		for (j = 0; j < bench_nr_sizes; j++) {
			value = ratio(&goals[i], bench_sizes[j]);
			if (!value)
				continue;
			printf("%s\n    { \"name\": \"%s\", \"size\": %zu, "
			       "\"value\": %.4f, \"goal\": ", comma,
			       goals[i].title, bench_sizes[j], value);
			if (goals[i].at_most[j])
				printf("%.4g }", goals[i].at_most[j]);
			else
				printf("null }");
			comma = ",";
		}
	printf("\n  ],\n");
}

static void json_numbers(void)
{
	unsigned int i;

	printf("  \"numbers\": [");
	for (i = 0; i < nr_numbers; i++)
		printf("%s\n    { \"name\": \"%s\", \"value\": %.4f, "
		       "\"unit\": \"%s\", \"goal\": %.4g }",
		       i ? "," : "", numbers[i].name, numbers[i].value,
		       numbers[i].unit, numbers[i].goal);
	printf("\n  ]\n");
}

void report_json(void)
{
	struct utsname system;

	if (uname(&system))
		die("uname");
	printf("{\n  \"kernel\": \"%s\",\n  \"unit\": \"%s\",\n",
	       system.release,
	       options.instructions ? "instructions" : "nanoseconds");
	json_results();
	json_ratios();
	json_numbers();
	printf("}\n");
}
