// SPDX-License-Identifier: GPL-2.0-only
/* shmregion: finds the subcommand and runs it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shmdev.h>

#include "tool.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "list", command_list, "list regions, or what processes and users have" },
	{ "info", command_info, "show who has a region, or what a process has" },
	{ "watch", command_watch, "show owners and hand-overs as they change" },
	{ "trace", command_trace, "print denials and hand-overs as they happen" },
	{ "load", command_load, "load the module, or say why it cannot be" },
	{ "unload", command_unload, "unload the module, or say who uses it" },
	{ "doctor", command_doctor, "check the installation and say what to do" },
	{ "bench", command_bench, "measure regions and what they replace" },
	{ "demo", command_demo, "show what regions do, and attack them" },
};

static int vsay(const char *command, const char *format, va_list list)
{
	fprintf(stderr, "%s: ", command);
	vfprintf(stderr, format, list);
	return fputc('\n', stderr);
}

int complain(const char *command, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsay(command, format, list);
	va_end(list);
	return STATUS_FAILED;
}

int misused(const char *command, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsay(command, format, list);
	va_end(list);
	return STATUS_USAGE;
}

int finish_output(const char *command)
{
	if (fflush(stdout) || ferror(stdout))
		return complain(command, "cannot write: %s", strerror(errno));
	return STATUS_OK;
}

bool parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number &&
	       *number <= max;
}

bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got;

	if (!file)
		return false;
	got = fgets(line, (int)size, file);
	fclose(file);
	if (got)
		line[strcspn(line, "\n")] = '\0';
	return got;
}

void format_size(uint64_t bytes, char *text, size_t size)
{
	static const char units[] = "BKMGTPE";
	uint64_t scale = 1;
	size_t unit = 0;

	while (bytes / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	/* Rounded to one digit where there is room for it. */
	if (unit && bytes / scale < 10 && bytes % scale)
		snprintf(text, size, "%.1f%c", (double)bytes / (double)scale,
			 units[unit]);
	else
		snprintf(text, size, "%.0f%c", (double)bytes / (double)scale,
			 units[unit]);
}

static void print_help(void)
{
	size_t i;

	printf("Usage: shmregion COMMAND [OPTION]... [ARGUMENT]...\n\n"
	       "Shows the shared memory regions of this machine, and looks after their\n"
	       "kernel module.\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	printf("\n"
	       "  -h, --help     show this text; after a command, that of the command\n"
	       "  -V, --version  show the version\n\n"
	       "The exit status is 0, 1 if something failed or is wrong, 2 for wrong\n"
	       "usage.\n");
}

int main(int argc, char **argv)
{
	char name[32];
	size_t i;

	if (argc < 2)
		return misused("shmregion", "no command; see shmregion --help");
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "help")) {
		print_help();
		return finish_output("shmregion");
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		printf("shmregion %s\n", shmdev_version_string());
		return finish_output("shmregion");
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		/* What getopt_long() begins its messages with. */
		snprintf(name, sizeof(name), "shmregion %s", argv[1]);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	return misused("shmregion", "unknown command \"%s\"; see shmregion --help",
		       argv[1]);
}
