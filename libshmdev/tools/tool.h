/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands of shmregion have in common. */
#ifndef SHMREGION_TOOL_H
#define SHMREGION_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/*
 * One subcommand. argv[0] is what messages begin with, "shmregion list". Return:
 * the exit status.
 */
int command_list(int argc, char **argv);
int command_info(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_load(int argc, char **argv);
int command_unload(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_demo(int argc, char **argv);

/* Prints one line, "shmregion list: ...". Return: STATUS_FAILED. */
int complain(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for wrong usage. Return: STATUS_USAGE. */
int misused(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether all output has been written; complains if not. */
int finish_output(const char *command);

/* A number from 1 to @max, without anything around it. */
bool parse_number(const char *text, unsigned long max, unsigned long *number);

/* The first line of a file without its end, or false. */
bool read_line(const char *path, char *line, size_t size);

/* "1.5M": at most four characters and the unit. */
void format_size(uint64_t bytes, char *text, size_t size);

#endif /* SHMREGION_TOOL_H */
