// SPDX-License-Identifier: GPL-2.0-only
/* What the command line says. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
"Usage: shmregion-stress [OPTION]...\n"
"\n"
"Has processes do everything that can be done to regions, at random and at\n"
"the same time, and checks that the access rules hold. Prints TAP; the exit\n"
"status is 1 if a rule was broken.\n"
"\n"
"  --seconds N    how long, default 60\n"
"  --processes M  how many processes, default 4, beside one that is stopped and\n"
"                 throttled at times\n"
"  --threads T    how many threads in each, default 2\n"
"  --seed S       of all choices; default: another one each time\n"
"  --progress     tell every second what was done in it\n"
"  --help         show this text\n"
"\n"
"A seed reproduces what each thread of each process tries to do, in which\n"
"order. It does not reproduce how they meet.\n";

enum {
	OPTION_SECONDS,
	OPTION_PROCESSES,
	OPTION_THREADS,
	OPTION_SEED,
	OPTION_PROGRESS,
	OPTION_WORKER,
	OPTION_HELP,
};

/* --worker is for the program's own use. */
static const struct option long_options[] = {
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "processes", required_argument, NULL, OPTION_PROCESSES },
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "progress", no_argument, NULL, OPTION_PROGRESS },
	{ "worker", required_argument, NULL, OPTION_WORKER },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 }
};

static void __attribute__((noreturn)) refuse(void)
{
	fputs(usage, stderr);
	exit(2);
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value < min ||
	    value > max)
		refuse();
	return value;
}

static uint64_t any_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000003 + now.tv_nsec;
}

void options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options) {
		.seconds = 60,
		.processes = 4,
		.threads = 2,
		.seed = any_seed(),
		.worker = -1,
	};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		switch (option) {
		case OPTION_SECONDS:
			options->seconds = number(optarg, 1, 1000000);
			break;
		case OPTION_PROCESSES:
			options->processes = number(optarg, 1, MAX_PROCESSES - 1);
			break;
		case OPTION_THREADS:
			options->threads = number(optarg, 1, MAX_THREADS);
			break;
		case OPTION_SEED:
			options->seed = number(optarg, 0, UINT64_MAX);
			break;
		case OPTION_PROGRESS:
			options->progress = true;
			break;
		case OPTION_WORKER:
			options->worker = number(optarg, 0, MAX_PROCESSES - 1);
			break;
		case OPTION_HELP:
			fputs(usage, stdout);
			exit(0);
		default:
			refuse();
		}
	}
	if (optind != argc)
		refuse();
}
