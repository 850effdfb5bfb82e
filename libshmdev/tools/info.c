// SPDX-License-Identifier: GPL-2.0-only
/* shmregion info: who has a region, or what a process has. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "tool.h"
#include "world.h"

static const char help[] =
"Usage: shmregion info [OPTION]... GUID|PID\n"
"\n"
"Shows who has the region, or what regions the process has, one line for each\n"
"process and region. The first characters of a GUID will do, if there is a\n"
"letter among them or a hyphen; a number is a process.\n"
"\n"
TABLE_HELP
"  -h, --help           show this text\n";

enum {
	GUID, LABEL, MODE, STATE, SIZE, PID, NAME, UID, MEMBER, HANDLES, RIGHTS,
	ACCESS, LIMIT, MAPPED, OWNER,
};

static const struct column columns[] = {
	[GUID] = { "GUID", COLUMN_TEXT, true, "the region" },
	[LABEL] = { "LABEL", COLUMN_TEXT, true, "its name for people" },
	[MODE] = { "MODE", COLUMN_TEXT, true, "writable, readonly or unsafe" },
	[STATE] = { "STATE", COLUMN_TEXT, false,
		    "owned, revoking, frozen, owner-died, allocated, destroyed" },
	[SIZE] = { "SIZE", COLUMN_BYTES, true, "of the region" },
	[PID] = { "PID", COLUMN_NUMBER, true, "the process" },
	[NAME] = { "NAME", COLUMN_TEXT, true, "its name" },
	[UID] = { "UID", COLUMN_NUMBER, false, "its user" },
	[MEMBER] = { "MEMBER", COLUMN_NUMBER, true,
		     "its member id; only for root" },
	[HANDLES] = { "HANDLES", COLUMN_NUMBER, false, "its handles" },
	[RIGHTS] = { "RIGHTS", COLUMN_TEXT, true,
		     "of its handles: r, w, c to control" },
	[ACCESS] = { "ACCESS", COLUMN_TEXT, true,
		     "what it may do now: r, w; only for root" },
	[LIMIT] = { "LIMIT", COLUMN_TEXT, false,
		    "what a controller lets it do; only for root" },
	[MAPPED] = { "MAPPED", COLUMN_BYTES, true, "the size of its mappings" },
	[OWNER] = { "OWNER", COLUMN_YES_NO, true, "whether it is the owner" },
};

/* A region that nobody has is shown with a user that is nobody. */
static void write_cell(const void *row, unsigned int column, char *text,
		       size_t size)
{
	const struct user *user = row;
	const struct region *region = user->region;

	switch (column) {
	case GUID:
		snprintf(text, size, "%s", region->guid);
		break;
	case LABEL:
		snprintf(text, size, "%s", region->label);
		break;
	case MODE:
		snprintf(text, size, "%s", region->mode);
		break;
	case STATE:
		snprintf(text, size, "%s", region->state);
		break;
	case SIZE:
		if (region->size != NOT_KNOWN)
			snprintf(text, size, "%" PRIu64, region->size);
		break;
	case PID:
		if (user->pid)
			snprintf(text, size, "%d", user->pid);
		break;
	case NAME:
		snprintf(text, size, "%s", user->pid ? user->name : "in flight");
		break;
	case UID:
		if (user->uid_known)
			snprintf(text, size, "%u", user->uid);
		break;
	case MEMBER:
		if (user->attached)
			snprintf(text, size, "%" PRIu64, user->member);
		break;
	case HANDLES:
		snprintf(text, size, "%" PRIu32, user->handles);
		break;
	case RIGHTS:
		snprintf(text, size, "%s%s%s",
			 user->rights & SHMREGION_RIGHT_READ ? "r" : "",
			 user->rights & SHMREGION_RIGHT_WRITE ? "w" : "",
			 user->rights & SHMREGION_RIGHT_CONTROL ? "c" : "");
		break;
	case ACCESS:
		snprintf(text, size, "%s", user->access);
		break;
	case LIMIT:
		snprintf(text, size, "%s", user->limit);
		break;
	case MAPPED:
		snprintf(text, size, "%" PRIu64, user->mapped);
		break;
	case OWNER:
		if (region->known && user->pid)
			snprintf(text, size, "%s",
				 region->owner_pid == user->pid ? "yes" : "no");
		break;
	}
}

/* The users of a region, or its only one that is nobody. */
static size_t add_users(const struct region *region, pid_t pid,
			const void **rows, struct user *nobody)
{
	size_t i, count = 0;

	for (i = 0; i < region->user_count; i++)
		if (!pid || region->users[i].pid == pid)
			rows[count++] = &region->users[i];
	if (!pid && !count) {
		nobody->region = region;
		rows[count++] = nobody;
	}
	return count;
}

/* Return: how many rows there are. */
static size_t collect(const struct world *world, const char *guid, pid_t pid,
		      const void **rows, struct user *nobodies)
{
	const struct region *region;
	size_t i, count = 0;

	for (i = 0; i < world->count; i++) {
		region = &world->regions[i];
		if (guid && strncmp(region->guid, guid, strlen(guid)))
			continue;
		count += add_users(region, pid, rows + count, &nobodies[i]);
	}
	return count;
}

/* How many regions a beginning of a GUID may mean. */
static size_t count_guids(const struct world *world, const char *guid)
{
	size_t i, count = 0;

	for (i = 0; i < world->count; i++)
		count += !strncmp(world->regions[i].guid, guid, strlen(guid));
	return count;
}

static int show(const struct table *table, const struct world *world,
		const char *guid, pid_t pid, const char *command)
{
	struct user *nobodies = calloc(world->count + 1, sizeof(*nobodies));
	size_t i, count, most = world->count + 1;
	const void **rows;
	int ret;

	for (i = 0; i < world->count; i++)
		most += world->regions[i].user_count;
	rows = calloc(most, sizeof(*rows));
	if (!rows || !nobodies) {
		ret = complain(command, "%s", strerror(errno));
	} else if (guid && count_guids(world, guid) > 1) {
		ret = complain(command, "\"%s\" may be one of %zu regions", guid,
			       count_guids(world, guid));
	} else {
		count = collect(world, guid, pid, rows, nobodies);
		if (count)
			ret = table_print(table, command, rows, count);
		else if (guid)
			ret = complain(command, "no region \"%s\"", guid);
		else
			ret = complain(command, "process %d has no region that can be seen",
				       pid);
	}
	free(rows);
	free(nobodies);
	return ret;
}

int command_info(int argc, char **argv)
{
	static const struct option long_options[] = {
		TABLE_LONG,
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct table table = {
		.name = "users",
		.columns = columns,
		.count = ARRAY_SIZE(columns),
		.write = write_cell,
	};
	const char *guid = NULL;
	struct world *world;
	unsigned long pid;
	int option, ret;

	while ((option = getopt_long(argc, argv, TABLE_SHORT "h", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			table_print_columns(&table);
			return finish_output(argv[0]);
		}
		if (!table_option(&table, option, optarg))
			return STATUS_USAGE;
	}
	if (optind != argc - 1)
		return misused(argv[0], "one GUID or process id, please");
	if (!parse_number(argv[optind], INT_MAX, &pid)) {
		guid = argv[optind];
		pid = 0;
	}
	if (guid && (!*guid || guid[strspn(guid, "0123456789abcdef-")]))
		return misused(argv[0], "neither a GUID nor a process id: \"%s\"",
			       guid);
	if (!table_check(&table, argv[0]))
		return STATUS_USAGE;

	world = world_take((pid_t)pid);
	if (!world && errno == ESRCH)
		return complain(argv[0], "there is no process %lu", pid);
	if (!world)
		return complain(argv[0], "cannot look into /proc: %s",
				strerror(errno));
	ret = show(&table, world, guid, (pid_t)pid, argv[0]);
	world_free(world);
	return ret;
}
