// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/shmregion.h>

#include "bench.h"
#include "footprint.h"
#include "goals.h"
#include "life.h"
#include "readers.h"
#include "report.h"
#include "roundtrip.h"
#include "way.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What many processes must not cost more than one. */
#define CROWD 64

struct options options = {
	.cpu = { -1, -1 },
	.budget = 100000000,
	.churn = 1000000,
};

/* Powers of two, and frames of video, which seldom are whole huge pages. */
const struct bench_size bench_sizes[GOAL_SIZES] = {
	{ "4 KiB", 4 * KIB, true, 0 },
	{ "64 KiB", 64 * KIB, true, 0 },
	{ "256 KiB", 256 * KIB, true, 0 },
	{ "1 MiB", 1 * MIB, true, 0 },
	{ "1 MiB, flag", 1 * MIB, true, SHMREGION_CREATE_HUGE },
	{ "2 MiB", 2 * MIB, true, 0 },
	{ "NV12 1080p", 1920 * 1080 * 3 / 2, true, 0 },
	{ "NV12 1080p, flag", 1920 * 1080 * 3 / 2, true,
	  SHMREGION_CREATE_HUGE },
	{ "RGBA 1080p", 1920 * 1080 * 4, true, 0 },
	{ "NV12 4K", 3840 * 2160 * 3 / 2, false, 0 },
	{ "16 MiB", 16 * MIB, false, 0 },
	{ "RGBA 4K", 3840 * 2160 * 4, false, 0 },
	{ "64 MiB", 64 * MIB, false, 0 },
};

const unsigned int bench_nr_sizes = ARRAY_SIZE(bench_sizes);

/* Ways that copy grow with the size alone: larger sizes say nothing new. */
static const struct {
	const struct way *way;
	size_t largest;
	size_t largest_quick;
} ways[] = {
	{ &way_region, 64 * MIB, 8 * MIB },
	{ &way_channel, 64 * MIB, 8 * MIB },
	{ &way_mprotect, 64 * MIB, 8 * MIB },
	{ &way_unsafe, 64 * MIB, 8 * MIB },
	{ &way_sealed, 64 * MIB, 1 * MIB },
	{ &way_socket, 16 * MIB, 0 },
	{ &way_readv, 16 * MIB, 0 },
	{ &way_vmsplice, 16 * MIB, 0 },
};

noreturn void die(const char *what)
{
	dies(what, strerror(errno));
}

noreturn void dies(const char *what, const char *why)
{
	fprintf(stderr, "shmregion-bench: %s: %s\n", what, why);
	exit(1);
}

static void progress(const char *what, const char *way, size_t size)
{
	if (options.quick)
		return;
	fprintf(stderr, "# %s, %s, %zu KiB\n", what, way, size / KIB);
}

static bool wanted(const struct bench_size *size)
{
	return size->quick || !options.quick;
}

/* For a profile of it. */
static void measure_one(void)
{
	const struct bench_size size = { "this", options.size, true,
					 options.flags };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(ways[i].way->name, options.way))
			break;
	if (i == ARRAY_SIZE(ways))
		dies(options.way, "no such way");
	report_figure("round trip", options.way, &size,
		      roundtrip(ways[i].way, &size));
}

static void measure_way(const struct way *way, size_t largest)
{
	const struct bench_size *size;

	for (size = bench_sizes; size < bench_sizes + bench_nr_sizes; size++) {
		if (size->size > largest || !wanted(size) ||
		    (size->flags && !way->has_flags))
			continue;
		progress("round trip", way->name, size->size);
		report_figure("round trip", way->name, size,
			      roundtrip(way, size));
	}
}

static void measure_roundtrips(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		measure_way(ways[i].way, options.quick ? ways[i].largest_quick :
							 ways[i].largest);
}

static void measure_life(const char *work,
			 life_fn measure)
{
	unsigned int i, region;

	for (region = 0; region < 2; region++)
		for (i = 0; i < bench_nr_sizes; i++) {
			const char *way = region ? "region" : "memfd";

			if (!wanted(&bench_sizes[i]) ||
			    (bench_sizes[i].flags && !region))
				continue;
			progress(work, way, bench_sizes[i].size);
			report_figure(work, way, &bench_sizes[i],
				      measure(region, &bench_sizes[i]));
		}
}

static void measure_crowds(void)
{
	struct readers_cost few, many;
	struct figure one, crowd;

	progress("round trip", "crowded", 64 * KIB);
	one = roundtrip_crowded(64 * KIB, 1);
	crowd = roundtrip_crowded(64 * KIB, CROWD);
	report_number("round trip of 64 KiB, 64 idle processes attached / 1",
		      crowd.median / one.median, 1.1, "");
	one = roundtrip_crowded(2 * MIB, 1);
	crowd = roundtrip_crowded(2 * MIB, CROWD);
	report_number("round trip of 2 MiB, 64 idle processes attached / 1",
		      crowd.median / one.median, 1.1, "");

	progress("publish, freeze", "crowded", 64 * KIB);
	few = readers_measure(64 * KIB, 1);
	many = readers_measure(64 * KIB, CROWD);
	report_number("publish to 64 readers / to 1",
		      many.publish.median / few.publish.median, 1.1, "");
	report_number("freeze with 64 readers / with 1",
		      many.freeze.median / few.freeze.median, 1.1, "");
	report_number("page faults of 64 readers after a freeze", many.faults,
		      0, "");
}

static void measure_footprint(void)
{
	struct footprint footprint = footprint_measure();

	report_number("kernel memory of a region besides its pages",
		      footprint.region, 1536, "bytes");
	report_number("kernel memory of an attachment", footprint.attachment,
		      192, "bytes");
	progress("create and destroy", "many", 4 * KIB);
	report_number("growth by a region that came and went",
		      footprint_growth(options.churn) / options.churn, 0.1,
		      "bytes");
}

static void print_usage(FILE *file)
{
	fputs("usage: shmregion-bench [OPTION]...\n"
	      "Compares regions with other ways to hand memory to another process.\n"
	      "Tables go to stderr, JSON to stdout.\n\n"
	      "  --instructions    the clock counts instructions (scripts/vm --icount):\n"
	      "                    count those of both sides and the kernel\n"
	      "  --time            measure the time that passes (the default)\n"
	      "  --cpus A,B        run the two sides on these CPUs\n"
	      "  --quick           small sizes and few rounds\n"
	      "  --only WAY,KIB    only round trips, in one way, of so many KiB\n"
	      "  --flag            regions of it are created to be of whole huge pages\n"
	      "  --churn N         how many regions to create and destroy, 1000000\n"
	      "  --help            this text\n\n"
	      "Exit status: 0, also with goals missed; 1 when something failed, or data\n"
	      "was not what was sent; 2 for wrong usage.\n",
	      file);
}

static void parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "instructions", no_argument, NULL, 'i' },
		{ "time", no_argument, NULL, 't' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "quick", no_argument, NULL, 'q' },
		{ "only", required_argument, NULL, 'o' },
		{ "flag", no_argument, NULL, 'f' },
		{ "churn", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'i':
			options.instructions = true;
			break;
		case 't':
			options.instructions = false;
			break;
		case 'c':
			if (sscanf(optarg, "%d,%d", &options.cpu[0],
				   &options.cpu[1]) != 2)
				goto wrong;
			break;
		case 'q':
			options.quick = true;
			options.budget /= 10;
			break;
		case 'o':
			if (sscanf(optarg, "%15[a-z],%lu", options.way,
				   &options.size) != 2 || !options.size)
				goto wrong;
			options.size *= KIB;
			break;
		case 'f':
			options.flags = SHMREGION_CREATE_HUGE;
			break;
		case 'n':
			options.churn = strtoul(optarg, NULL, 0);
			if (!options.churn)
				goto wrong;
			break;
		case 'h':
			print_usage(stdout);
			exit(0);
		default:
			goto wrong;
		}
	}
	if (optind == argc)
		return;
wrong:
	print_usage(stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	if (options.size) {
		measure_one();
		report_json();
		return 0;
	}
	measure_roundtrips();
	measure_life("create + destroy", life_create_destroy);
	measure_life("whole life", life_whole);
	measure_life("first touch", life_first_touch);
	if (!options.quick) {
		measure_crowds();
		measure_footprint();
	}
	report_tables();
	report_goals();
	report_json();
	return 0;
}
