// SPDX-License-Identifier: GPL-2.0-only
/* shmregion watch: owners and hand-overs as they change. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "table.h"
#include "tool.h"
#include "world.h"

static const char help[] =
"Usage: shmregion watch [OPTION]...\n"
"\n"
"Shows the regions again and again: who owns them, how often that or the mode\n"
"changes, and whether somebody waits. Ends with Ctrl-C.\n"
"\n"
"  -i, --interval SECONDS  time between two looks, 1 without this\n"
"      --count NUMBER      look so often, and end\n"
TABLE_HELP
"  -h, --help           show this text\n";

enum { GUID, MODE, STATE, OWNER, NAME, CHANGES, RATE, WAITED, LABEL };

static const struct column columns[] = {
	[GUID] = { "GUID", COLUMN_TEXT, true, "the region" },
	[MODE] = { "MODE", COLUMN_TEXT, true, "writable, readonly or unsafe" },
	[STATE] = { "STATE", COLUMN_TEXT, false,
		    "owned, revoking, frozen, owner-died, allocated, destroyed" },
	[OWNER] = { "OWNER", COLUMN_NUMBER, true, "process id of the owner" },
	[NAME] = { "NAME", COLUMN_TEXT, true, "name of that process" },
	[CHANGES] = { "CHANGES", COLUMN_NUMBER, true,
		      "of owner or mode since the look before" },
	[RATE] = { "RATE", COLUMN_NUMBER, true, "the same in a second" },
	[WAITED] = { "WAITED", COLUMN_YES_NO, true,
		     "whether somebody waits for it; only for root" },
	[LABEL] = { "LABEL", COLUMN_TEXT, true, "its name for people" },
};

struct line {
	const struct region *region;
	bool has_before;
	uint64_t changes;
	double seconds;
};

static void write_cell(const void *row, unsigned int column, char *text,
		       size_t size)
{
	const struct line *line = row;
	const struct region *region = line->region;

	switch (column) {
	case GUID:
		snprintf(text, size, "%s", region->guid);
		break;
	case MODE:
		snprintf(text, size, "%s", region->mode);
		break;
	case STATE:
		snprintf(text, size, "%s", region->state);
		break;
	case OWNER:
		if (region->owner_pid > 0)
			snprintf(text, size, "%" PRId64, region->owner_pid);
		break;
	case NAME:
		process_name((pid_t)region->owner_pid, text, size);
		break;
	case CHANGES:
		if (line->has_before)
			snprintf(text, size, "%" PRIu64, line->changes);
		break;
	case RATE:
		if (line->has_before)
			snprintf(text, size, "%.0f",
				 (double)line->changes / line->seconds);
		break;
	case WAITED:
		if (region->listed)
			snprintf(text, size, "%s", region->waited ? "yes" : "no");
		break;
	case LABEL:
		snprintf(text, size, "%s", region->label);
		break;
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const struct region *find(const struct world *world, const char *guid)
{
	size_t i;

	for (i = 0; world && i < world->count; i++)
		if (!strcmp(world->regions[i].guid, guid))
			return &world->regions[i];
	return NULL;
}

static int show(const struct table *table, const char *command,
		const struct world *before, const struct world *after,
		double seconds)
{
	struct line *lines = calloc(after->count + 1, sizeof(*lines));
	const void **rows = calloc(after->count + 1, sizeof(*rows));
	const struct region *old;
	size_t i;
	int ret;

	if (!lines || !rows) {
		ret = complain(command, "%s", strerror(errno));
	} else {
		for (i = 0; i < after->count; i++) {
			rows[i] = &lines[i];
			lines[i].region = &after->regions[i];
			old = find(before, after->regions[i].guid);
			lines[i].has_before = old && old->known &&
					      after->regions[i].known;
			if (lines[i].has_before)
				lines[i].changes = after->regions[i].generation -
						   old->generation;
			lines[i].seconds = seconds;
		}
		ret = table_print(table, command, rows, after->count);
	}
	free(rows);
	free(lines);
	return ret;
}

static int watch(const struct table *table, const char *command,
		 unsigned long interval, unsigned long rounds)
{
	bool terminal = isatty(STDOUT_FILENO);
	struct world *before = NULL, *after;
	double then = 0, time;
	unsigned long round;
	int ret = STATUS_OK;

	for (round = 0; !ret && (!rounds || round < rounds); round++) {
		if (round)
			sleep((unsigned int)interval);
		after = world_take(0);
		time = now();
		if (!after) {
			ret = complain(command, "cannot look into /proc: %s",
				       strerror(errno));
			break;
		}
		/* To the top of the screen, which is cleared. */
		if (terminal)
			fputs("\033[H\033[2J", stdout);
		ret = show(table, command, before, after, time - then);
		if (before)
			world_free(before);
		before = after;
		then = time;
	}
	if (before)
		world_free(before);
	return ret;
}

int command_watch(int argc, char **argv)
{
	static const struct option long_options[] = {
		TABLE_LONG,
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct table table = {
		.name = "regions",
		.columns = columns,
		.count = ARRAY_SIZE(columns),
		.write = write_cell,
	};
	unsigned long interval = 1, rounds = 0;
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT "i:h",
				     long_options, NULL)) != -1) {
		switch (option) {
		case 'i':
			if (!parse_number(optarg, 86400, &interval))
				return misused(argv[0], "no number of seconds: \"%s\"",
					       optarg);
			break;
		case 'C':
			if (!parse_number(optarg, LONG_MAX, &rounds))
				return misused(argv[0], "no number: \"%s\"",
					       optarg);
			break;
		case 'h':
			fputs(help, stdout);
			table_print_columns(&table);
			return finish_output(argv[0]);
		default:
			if (!table_option(&table, option, optarg))
				return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return misused(argv[0], "unexpected argument \"%s\"",
			       argv[optind]);
	if (!table_check(&table, argv[0]))
		return STATUS_USAGE;
	return watch(&table, argv[0], interval, rounds);
}
