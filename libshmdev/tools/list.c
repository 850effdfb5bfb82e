// SPDX-License-Identifier: GPL-2.0-only
/* shmregion list: regions, or what processes and users have. */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "tool.h"
#include "world.h"

static const char help[] =
"Usage: shmregion list [OPTION]...\n"
"\n"
"Lists the shared memory regions of this machine, each once, however many\n"
"processes have it. Root sees all of them, also those whose handles are on\n"
"their way through a socket. Others see what /proc shows them.\n"
"\n"
TABLE_HELP
"  -l, --label PATTERN  only regions whose label matches, as in the shell\n"
"  -m, --mode MODE      only regions of mode writable, readonly or unsafe\n"
"  -p, --pid PID        only what process PID has\n"
"      --per WHAT       sums, one line for each process or user\n"
"  -h, --help           show this text\n";

static const char help_users[] =
"\n"
"A user of a region is PID(NAME):HAS, where HAS is r, w and c for handles with\n"
"the right to read, write and control, m for a mapping, and a for attached,\n"
"which only root sees. \"in flight\" is a region that no visible process has.\n";

struct options {
	const char *label;
	const char *mode;
	pid_t pid;
	const char *per;
	struct table table;
};

static void write_number(char *text, size_t size, uint64_t number)
{
	if (number != NOT_KNOWN)
		snprintf(text, size, "%" PRIu64, number);
}

static void write_user_name(char *text, size_t size, uint64_t uid)
{
	const struct passwd *user = uid == NOT_KNOWN ? NULL :
						       getpwuid((uid_t)uid);

	if (user)
		snprintf(text, size, "%s", user->pw_name);
	else
		write_number(text, size, uid);
}

/*
 * Regions
 */

enum region_column {
	GUID, MODE, STATE, CONTROLLED, SIZE, CAPACITY, ALLOCATED, OWNER,
	OWNER_NAME, OWNER_MEMBER, UID, USER, GENERATION, WAITED, USERS, LABEL,
};

static const struct column region_columns[] = {
	[GUID] = { "GUID", COLUMN_TEXT, true, "its identity" },
	[MODE] = { "MODE", COLUMN_TEXT, true, "writable, readonly or unsafe" },
	[STATE] = { "STATE", COLUMN_TEXT, true,
		    "owned, revoking, frozen, owner-died, allocated, destroyed" },
	[CONTROLLED] = { "CONTROLLED", COLUMN_YES_NO, false,
			 "whether a controller may limit and destroy it" },
	[SIZE] = { "SIZE", COLUMN_BYTES, true, "as it was asked for" },
	[CAPACITY] = { "CAPACITY", COLUMN_BYTES, false,
		       "how much can be mapped" },
	[ALLOCATED] = { "ALLOCATED", COLUMN_BYTES, true,
			"how much memory it has" },
	[OWNER] = { "OWNER", COLUMN_NUMBER, true, "process id of the owner" },
	[OWNER_NAME] = { "OWNER-NAME", COLUMN_TEXT, false,
			 "name of that process" },
	[OWNER_MEMBER] = { "OWNER-MEMBER", COLUMN_NUMBER, false,
			   "member id of the owner" },
	[UID] = { "UID", COLUMN_NUMBER, false, "who created it" },
	[USER] = { "USER", COLUMN_TEXT, true, "the same by name" },
	[GENERATION] = { "GENERATION", COLUMN_NUMBER, false,
			 "counts the changes of owner and mode" },
	[WAITED] = { "WAITED", COLUMN_YES_NO, false,
		     "whether somebody waits for it; only for root" },
	[USERS] = { "USERS", COLUMN_LIST, true, "who has it" },
	[LABEL] = { "LABEL", COLUMN_TEXT, true, "its name for people" },
};

static void write_yes_no(char *text, size_t size, bool known, bool yes)
{
	if (known)
		snprintf(text, size, "%s", yes ? "yes" : "no");
}

static void write_users(const struct region *region, char *text, size_t size)
{
	size_t i, length = 0;
	char user[64];

	if (!region->user_count && region->listed)
		snprintf(text, size, "in flight\n");
	for (i = 0; i < region->user_count; i++) {
		user_text(&region->users[i], user, sizeof(user));
		if (length + strlen(user) + 2 > size)
			break;
		length += (size_t)snprintf(text + length, size - length,
					   "%s\n", user);
	}
}

static void write_region(const void *row, unsigned int column, char *text,
			 size_t size)
{
	const struct region *region = row;

	switch ((enum region_column)column) {
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
	case CONTROLLED:
		write_yes_no(text, size, region->known, region->controlled);
		break;
	case SIZE:
		write_number(text, size, region->size);
		break;
	case CAPACITY:
		write_number(text, size, region->capacity);
		break;
	case ALLOCATED:
		write_number(text, size, region->allocated);
		break;
	case OWNER:
		if (region->owner_pid > 0)
			write_number(text, size, (uint64_t)region->owner_pid);
		break;
	case OWNER_NAME:
		process_name((pid_t)region->owner_pid, text, size);
		break;
	case OWNER_MEMBER:
		if (region->owner_member)
			write_number(text, size, region->owner_member);
		break;
	case UID:
		write_number(text, size, region->uid);
		break;
	case USER:
		write_user_name(text, size, region->uid);
		break;
	case GENERATION:
		if (region->known)
			write_number(text, size, region->generation);
		break;
	case WAITED:
		write_yes_no(text, size, region->listed, region->waited);
		break;
	case USERS:
		write_users(region, text, size);
		break;
	}
}

static bool has_process(const struct region *region, pid_t pid)
{
	size_t i;

	for (i = 0; i < region->user_count; i++)
		if (region->users[i].pid == pid)
			return true;
	return false;
}

static bool is_wanted(const struct options *options,
		      const struct region *region)
{
	if (options->label && fnmatch(options->label, region->label, 0))
		return false;
	if (options->mode && strcmp(options->mode, region->mode))
		return false;
	return !options->pid || has_process(region, options->pid);
}

static int list_regions(const struct options *options,
			const struct world *world, const char *command)
{
	const void **rows = calloc(world->count + 1, sizeof(*rows));
	size_t i, count = 0;
	int ret;

	if (!rows)
		return complain(command, "%s", strerror(errno));
	for (i = 0; i < world->count; i++)
		if (is_wanted(options, &world->regions[i]))
			rows[count++] = &world->regions[i];
	ret = table_print(&options->table, command, rows, count);
	free(rows);
	return ret;
}

/*
 * Sums
 */

struct sum {
	uint64_t key;
	char name[32];
	uint64_t uid;
	uint64_t regions;
	uint64_t handles;
	uint64_t mapped;
	uint64_t size;
	uint64_t allocated;
};

enum process_column { P_PID, P_NAME, P_UID, P_REGIONS, P_HANDLES, P_MAPPED };

static const struct column process_columns[] = {
	[P_PID] = { "PID", COLUMN_NUMBER, true, "the process" },
	[P_NAME] = { "NAME", COLUMN_TEXT, true, "its name" },
	[P_UID] = { "UID", COLUMN_NUMBER, true, "its user" },
	[P_REGIONS] = { "REGIONS", COLUMN_NUMBER, true, "how many it has" },
	[P_HANDLES] = { "HANDLES", COLUMN_NUMBER, true, "its handles" },
	[P_MAPPED] = { "MAPPED", COLUMN_BYTES, true, "the size of its mappings" },
};

static void write_process(const void *row, unsigned int column, char *text,
			  size_t size)
{
	const struct sum *sum = row;

	switch ((enum process_column)column) {
	case P_PID:
		write_number(text, size, sum->key);
		break;
	case P_NAME:
		snprintf(text, size, "%s", sum->name);
		break;
	case P_UID:
		write_number(text, size, sum->uid);
		break;
	case P_REGIONS:
		write_number(text, size, sum->regions);
		break;
	case P_HANDLES:
		write_number(text, size, sum->handles);
		break;
	case P_MAPPED:
		write_number(text, size, sum->mapped);
		break;
	}
}

enum user_column { U_UID, U_USER, U_REGIONS, U_SIZE, U_ALLOCATED };

static const struct column user_columns[] = {
	[U_UID] = { "UID", COLUMN_NUMBER, true, "who created the regions" },
	[U_USER] = { "USER", COLUMN_TEXT, true, "the same by name" },
	[U_REGIONS] = { "REGIONS", COLUMN_NUMBER, true, "how many there are" },
	[U_SIZE] = { "SIZE", COLUMN_BYTES, true, "their size together" },
	[U_ALLOCATED] = { "ALLOCATED", COLUMN_BYTES, true,
			  "how much memory they have" },
};

static void write_user(const void *row, unsigned int column, char *text,
		       size_t size)
{
	const struct sum *sum = row;

	switch ((enum user_column)column) {
	case U_UID:
		write_number(text, size, sum->key);
		break;
	case U_USER:
		write_user_name(text, size, sum->key);
		break;
	case U_REGIONS:
		write_number(text, size, sum->regions);
		break;
	case U_SIZE:
		write_number(text, size, sum->size);
		break;
	case U_ALLOCATED:
		write_number(text, size, sum->allocated);
		break;
	}
}

/* The sum with that key, entered if it is new. */
static struct sum *sum_of(struct sum *sums, size_t *count, uint64_t key)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (sums[i].key == key)
			return &sums[i];
	sums[*count].key = key;
	return &sums[(*count)++];
}

static void add_to_process(struct sum *sum, const struct user *user)
{
	snprintf(sum->name, sizeof(sum->name), "%s", user->name);
	sum->uid = user->uid_known ? user->uid : NOT_KNOWN;
	sum->regions++;
	sum->handles += user->handles;
	sum->mapped += user->mapped;
}

static void add_to_user(struct sum *sum, const struct region *region)
{
	sum->regions++;
	if (region->size != NOT_KNOWN)
		sum->size += region->size;
	if (region->allocated != NOT_KNOWN)
		sum->allocated += region->allocated;
}

static size_t sum_up(const struct options *options, const struct world *world,
		     struct sum *sums)
{
	bool by_user = !strcmp(options->per, "user");
	const struct region *region;
	const struct user *user;
	size_t i, j, count = 0;

	for (i = 0; i < world->count; i++) {
		region = &world->regions[i];
		if (!is_wanted(options, region))
			continue;
		if (by_user && region->uid != NOT_KNOWN)
			add_to_user(sum_of(sums, &count, region->uid), region);
		for (j = 0; !by_user && j < region->user_count; j++) {
			user = &region->users[j];
			add_to_process(sum_of(sums, &count,
					      (uint64_t)user->pid), user);
		}
	}
	return count;
}

static int list_sums(const struct options *options, const struct world *world,
		     const char *command)
{
	size_t i, count, most = 1;
	const void **rows;
	struct sum *sums;
	int ret;

	for (i = 0; i < world->count; i++)
		most += world->regions[i].user_count + 1;
	sums = calloc(most, sizeof(*sums));
	rows = calloc(most, sizeof(*rows));
	if (!sums || !rows) {
		ret = complain(command, "%s", strerror(errno));
	} else {
		count = sum_up(options, world, sums);
		for (i = 0; i < count; i++)
			rows[i] = &sums[i];
		ret = table_print(&options->table, command, rows, count);
	}
	free(rows);
	free(sums);
	return ret;
}

/*
 * Options
 */

static void choose_table(struct options *options)
{
	struct table *table = &options->table;

	table->name = "regions";
	table->columns = region_columns;
	table->count = ARRAY_SIZE(region_columns);
	table->write = write_region;
	if (options->per && !strcmp(options->per, "process")) {
		table->name = "processes";
		table->columns = process_columns;
		table->count = ARRAY_SIZE(process_columns);
		table->write = write_process;
	} else if (options->per) {
		table->name = "users";
		table->columns = user_columns;
		table->count = ARRAY_SIZE(user_columns);
		table->write = write_user;
	}
}

static void print_help(struct options *options)
{
	fputs(help, stdout);
	choose_table(options);
	table_print_columns(&options->table);
	if (!options->per)
		fputs(help_users, stdout);
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* Return: -1 to go on, or the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
	static const char *const modes[] = { "writable", "readonly", "unsafe",
					     NULL };
	static const char *const sums[] = { "process", "user", NULL };
	static const struct option long_options[] = {
		TABLE_LONG,
		{ "label", required_argument, NULL, 'l' },
		{ "mode", required_argument, NULL, 'm' },
		{ "pid", required_argument, NULL, 'p' },
		{ "per", required_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	bool wants_help = false;
	unsigned long pid;
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT "l:m:p:h",
				     long_options, NULL)) != -1) {
		switch (option) {
		case 'l':
			options->label = optarg;
			break;
		case 'm':
			if (!is_one_of(optarg, modes))
				return misused(argv[0], "no mode \"%s\"", optarg);
			options->mode = optarg;
			break;
		case 'p':
			if (!parse_number(optarg, INT_MAX, &pid))
				return misused(argv[0], "no process id: \"%s\"",
					       optarg);
			options->pid = (pid_t)pid;
			break;
		case 'P':
			if (!is_one_of(optarg, sums))
				return misused(argv[0],
					"sums are per process or per user, not per \"%s\"",
					       optarg);
			options->per = optarg;
			break;
		case 'h':
			wants_help = true;
			break;
		default:
			if (!table_option(&options->table, option, optarg))
				return STATUS_USAGE;
		}
	}
	if (wants_help) {
		print_help(options);
		return finish_output(argv[0]);
	}
	if (optind < argc)
		return misused(argv[0], "unexpected argument \"%s\"",
			       argv[optind]);
	choose_table(options);
	return table_check(&options->table, argv[0]) ? -1 : STATUS_USAGE;
}

int command_list(int argc, char **argv)
{
	struct options options = { 0 };
	struct world *world;
	int ret;

	ret = parse(&options, argc, argv);
	if (ret >= 0)
		return ret;
	world = world_take(options.pid);
	if (!world)
		return complain(argv[0], "cannot look into /proc: %s",
				strerror(errno));
	ret = options.per ? list_sums(&options, world, argv[0]) :
			    list_regions(&options, world, argv[0]);
	if (world->unreadable)
		fprintf(stderr, "%s: processes that could not be looked into: %zu\n",
			argv[0], world->unreadable);
	world_free(world);
	return ret;
}
