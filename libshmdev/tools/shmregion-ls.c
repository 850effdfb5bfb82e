// SPDX-License-Identifier: GPL-2.0-only
/* Lists regions: who owns them, who has them, and how large they are. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shmdev.h>

static const char help[] =
"Usage: shmregion-ls [OPTION]...\n"
"\n"
"Lists the shared memory regions that can be seen in /proc. Each is listed\n"
"once, however many processes have it.\n"
"\n"
"  -j, --json     print JSON\n"
"  -p, --pid PID  only what process PID has\n"
"  -h, --help     show this text\n"
"  -V, --version  show the version\n"
"\n"
"Columns: GUID, MODE (with controlled, frozen, destroyed), SIZE and RESIDENT\n"
"in bytes, OWNER (a process id; died: the last owner ended without handing it\n"
"over), USERS and LABEL. A user is PID:HAS, where HAS is r, w, c for handles\n"
"with the right to read, write and control, and m for a mapping. \"-\" is\n"
"nobody, or somebody in another pid namespace. \"?\" is not known: of a region\n"
"without a handle only root learns the size.\n"
"\n"
"The exit status is 0, 1 if /proc could not be read, 2 for wrong usage. If\n"
"there were processes that could not be looked into, a line on stderr says so.\n";

struct options {
	bool json;
	pid_t pid;
};

static const char *mode_name(uint32_t mode)
{
	switch (mode) {
	case SHMREGION_MODE_WRITABLE:
		return "writable";
	case SHMREGION_MODE_READONLY:
		return "readonly";
	case SHMREGION_MODE_UNSAFE:
		return "unsafe";
	}
	return "?";
}

/*
 * Columns
 */

static void print_mode(const struct shmdev_region_record *region)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", mode_name(region->mode),
		 region->state & SHMREGION_STATE_CONTROLLED ? ",controlled" : "",
		 region->destroyed ? ",destroyed" :
		 region->state & SHMREGION_STATE_FROZEN ? ",frozen" : "");
	printf("%-26s ", text);
}

static void print_bytes(uint64_t bytes)
{
	if (bytes == SHMDEV_UNKNOWN)
		printf("%12s ", "?");
	else
		printf("%12" PRIu64 " ", bytes);
}

static void print_owner(const struct shmdev_region_record *region)
{
	const char *nobody = "-";

	if (region->owner_pid < 0)
		nobody = "?";
	else if (region->state & SHMREGION_STATE_OWNER_DIED)
		nobody = "died";

	if (region->owner_pid > 0)
		printf("%7d ", region->owner_pid);
	else
		printf("%7s ", nobody);
}

static void print_user(const struct shmdev_user_record *user, bool first)
{
	printf("%s%d:%s%s%s%s", first ? "" : ",", user->pid,
	       user->rights & SHMREGION_RIGHT_READ ? "r" : "",
	       user->rights & SHMREGION_RIGHT_WRITE ? "w" : "",
	       user->rights & SHMREGION_RIGHT_CONTROL ? "c" : "",
	       user->mapped ? "m" : "");
}

static void print_line(const struct shmdev_snapshot *snapshot, size_t index)
{
	const struct shmdev_region_record *region;
	char guid[SHMDEV_GUID_TEXT_SIZE];
	size_t i;

	region = shmdev_snapshot_region(snapshot, index);
	shmdev_guid_format(region->guid, guid);

	printf("%s ", guid);
	print_mode(region);
	print_bytes(region->size);
	print_bytes(region->resident);
	print_owner(region);
	for (i = 0; i < region->users; i++)
		print_user(shmdev_snapshot_user(snapshot, index, i), !i);
	printf(" %s\n", region->label);
}

static void print_columns(const struct shmdev_snapshot *snapshot)
{
	size_t i;

	printf("%-36s %-26s %12s %12s %7s %s %s\n", "GUID", "MODE", "SIZE",
	       "RESIDENT", "OWNER", "USERS", "LABEL");
	for (i = 0; i < shmdev_snapshot_count(snapshot); i++)
		print_line(snapshot, i);
}

/*
 * JSON
 */

/* Labels are printable ASCII. */
static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void json_bytes(const char *name, uint64_t bytes)
{
	printf(", \"%s\": ", name);
	if (bytes == SHMDEV_UNKNOWN)
		printf("null");
	else
		printf("%" PRIu64, bytes);
}

static const char *json_bool(bool value)
{
	return value ? "true" : "false";
}

static void json_user(const struct shmdev_user_record *user)
{
	printf("{\"pid\": %d, \"handles\": %" PRIu32 ", \"read\": %s, "
	       "\"write\": %s, \"control\": %s, \"mapped\": %" PRIu64 "}",
	       user->pid, user->handles,
	       json_bool(user->rights & SHMREGION_RIGHT_READ),
	       json_bool(user->rights & SHMREGION_RIGHT_WRITE),
	       json_bool(user->rights & SHMREGION_RIGHT_CONTROL),
	       user->mapped);
}

/* Of a region without a handle these are not known. */
static void json_state(const struct shmdev_region_record *region)
{
	if (region->owner_pid < 0) {
		printf(", \"controlled\": null, \"frozen\": null, "
		       "\"destroyed\": null, \"owner\": null, "
		       "\"owner_member\": null, \"owner_died\": null");
		return;
	}

	printf(", \"controlled\": %s, \"frozen\": %s, \"destroyed\": %s, "
	       "\"owner\": %d, \"owner_member\": %" PRIu64 ", "
	       "\"owner_died\": %s",
	       json_bool(region->state & SHMREGION_STATE_CONTROLLED),
	       json_bool(region->state & SHMREGION_STATE_FROZEN),
	       json_bool(region->destroyed), region->owner_pid,
	       region->owner_member,
	       json_bool(region->state & SHMREGION_STATE_OWNER_DIED));
}

static void json_region(const struct shmdev_snapshot *snapshot, size_t index)
{
	const struct shmdev_region_record *region;
	char guid[SHMDEV_GUID_TEXT_SIZE];
	size_t i;

	region = shmdev_snapshot_region(snapshot, index);
	shmdev_guid_format(region->guid, guid);

	printf("{\"guid\": \"%s\", \"label\": ", guid);
	json_string(region->label);
	printf(", \"mode\": \"%s\"", mode_name(region->mode));
	json_bytes("size", region->size);
	json_bytes("capacity", region->capacity);
	json_bytes("resident", region->resident);
	json_state(region);
	printf(", \"users\": [");
	for (i = 0; i < region->users; i++) {
		printf("%s", i ? ", " : "");
		json_user(shmdev_snapshot_user(snapshot, index, i));
	}
	printf("]}");
}

static void print_json(const struct shmdev_snapshot *snapshot)
{
	size_t i;

	printf("{\"regions\": [");
	for (i = 0; i < shmdev_snapshot_count(snapshot); i++) {
		printf("%s\n", i ? "," : "");
		json_region(snapshot, i);
	}
	printf("\n], \"unreadable\": %zu}\n",
	       shmdev_snapshot_unreadable(snapshot));
}

static void __attribute__((noreturn)) refuse(void)
{
	fputs(help, stderr);
	exit(2);
}

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || end == text || *end || pid <= 0 || pid > INT_MAX)
		refuse();

	return (pid_t)pid;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pid", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct options options = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "jp:hV", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'j':
			options.json = true;
			break;
		case 'p':
			options.pid = parse_pid(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		case 'V':
			printf("shmregion-ls %s\n", shmdev_version_string());
			exit(0);
		default:
			refuse();
		}
	}
	if (optind < argc)
		refuse();

	return options;
}

int main(int argc, char **argv)
{
	struct options options = parse_options(argc, argv);
	struct shmdev_snapshot *snapshot;
	size_t unreadable;

	snapshot = shmdev_snapshot_take(options.pid);
	if (!snapshot) {
		fprintf(stderr, "shmregion-ls: cannot look into /proc: %s\n",
			strerror(errno));
		return 1;
	}

	if (options.json)
		print_json(snapshot);
	else
		print_columns(snapshot);

	unreadable = shmdev_snapshot_unreadable(snapshot);
	if (unreadable)
		fprintf(stderr, "shmregion-ls: %zu processes could not be "
			"looked into; see them as root\n", unreadable);
	shmdev_snapshot_free(snapshot);

	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "shmregion-ls: cannot write: %s\n",
			strerror(errno));
		return 1;
	}
	return 0;
}
