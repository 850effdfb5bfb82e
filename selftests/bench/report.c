// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"
#include "goals.h"
#include "report.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static struct result {
	const char *work;
	const char *way;
	const struct bench_size *size;
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

void report_figure(const char *work, const char *way,
		   const struct bench_size *size, struct figure figure)
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

static const struct figure *find(const char *work, const char *way,
				 const struct bench_size *size)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		if (!strcmp(results[i].work, work) &&
		    !strcmp(results[i].way, way) && results[i].size == size)
			return &results[i].figure;
	return NULL;
}

/* For a way that has no flags. */
static const struct bench_size *without_flags(const struct bench_size *size)
{
	unsigned int i;

	for (i = 0; i < bench_nr_sizes; i++)
		if (bench_sizes[i].size == size->size && !bench_sizes[i].flags)
			return &bench_sizes[i];
	return size;
}

/* What ours costs, divided by what theirs does; 0 if not measured. */
static double ratio(const struct goal *goal, const struct bench_size *size)
{
	const struct figure *ours = find(goal->work, goal->ours, size);
	const struct figure *theirs = find(goal->work, goal->theirs,
					   without_flags(size));

	return ours && theirs ? ours->median / theirs->median : 0;
}

static bool is_missed(const struct goal *goal, unsigned int size)
{
	return goal->at_most[size] &&
	       ratio(goal, &bench_sizes[size]) > goal->at_most[size];
}

/* Whether a result is the first of its work, and of its way in that work. */
static bool is_first(unsigned int index, bool of_way)
{
	unsigned int i;

	for (i = 0; i < index; i++)
		if (!strcmp(results[i].work, results[index].work) &&
		    (!of_way || !strcmp(results[i].way, results[index].way)))
			return false;
	return true;
}

static void print_cost(const char *work, const char *way,
		       const struct bench_size *size)
{
	const struct figure *figure = find(work, way, size);

	if (figure)
		fprintf(stderr, " %10.1f", figure->median / 1000);
	else
		fprintf(stderr, " %10s", "-");
}

/* One column for each way in which some work was done. */
static void print_work(const char *work)
{
	unsigned int columns[16], nr = 0, i, j;

	for (i = 0; i < nr_results && nr < ARRAY_SIZE(columns); i++)
		if (!strcmp(results[i].work, work) && is_first(i, true))
			columns[nr++] = i;

	fprintf(stderr, "\n%s [%s]\n%-16s", work,
		options.instructions ? "1000 instructions" : "us", "");
	for (j = 0; j < nr; j++)
		fprintf(stderr, " %10s", results[columns[j]].way);
	fprintf(stderr, "\n");
	for (i = 0; i < bench_nr_sizes; i++) {
		fprintf(stderr, "%-16s", bench_sizes[i].name);
		for (j = 0; j < nr; j++)
			print_cost(work, results[columns[j]].way,
				   &bench_sizes[i]);
		fprintf(stderr, "\n");
	}
}

void report_tables(void)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		if (is_first(i, false))
			print_work(results[i].work);
}

static void print_ratio(const struct goal *goal, unsigned int size)
{
	double value = ratio(goal, &bench_sizes[size]);
	char cell[32];

	if (!value) {
		fprintf(stderr, " %14s", "-");
		return;
	}
	snprintf(cell, sizeof(cell), "%s%.*f (%.4g)",
		 is_missed(goal, size) ? "! " : "", value < 0.1 ? 3 : 2, value,
		 goal->at_most[size]);
	fprintf(stderr, " %14s", cell);
	missed += is_missed(goal, size);
}

void report_goals(void)
{
	unsigned int i, j;

	fprintf(stderr, "\n%-16s", "ratio (goal)");
	for (i = 0; i < ARRAY_SIZE(goals); i++)
		fprintf(stderr, " %14s", goals[i].head);
	fprintf(stderr, "\n");
	for (j = 0; j < bench_nr_sizes; j++) {
		fprintf(stderr, "%-16s", bench_sizes[j].name);
		for (i = 0; i < ARRAY_SIZE(goals); i++)
			print_ratio(&goals[i], j);
		fprintf(stderr, "\n");
	}
	fprintf(stderr, "A ratio is to be at most its goal; ! marks one that misses it.\n\n");
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
		printf("%s\n    { \"work\": \"%s\", \"way\": \"%s\", \"size_name\": \"%s\", "
		       "\"size\": %zu, \"cost\": %.1f, \"spread\": %.4f, \"samples\": %u }",
		       i ? "," : "", results[i].work, results[i].way,
		       results[i].size->name, results[i].size->size,
		       results[i].figure.median,
		       results[i].figure.spread, results[i].figure.samples);
	printf("\n  ],\n");
}

static void json_ratio(const struct goal *goal, unsigned int index,
		       const char *comma)
{
	const struct bench_size *size = &bench_sizes[index];

	printf("%s\n    { \"name\": \"%s\", \"size_name\": \"%s\", \"size\": %zu, "
	       "\"value\": %.4f, \"goal\": %.4g }", comma, goal->title,
	       size->name, size->size, ratio(goal, size), goal->at_most[index]);
}

static void json_ratios(void)
{
	const char *comma = "";
	unsigned int i, j;

	printf("  \"ratios\": [");
	for (i = 0; i < ARRAY_SIZE(goals); i++)
		for (j = 0; j < bench_nr_sizes; j++) {
			if (!ratio(&goals[i], &bench_sizes[j]))
				continue;
			json_ratio(&goals[i], j, comma);
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
