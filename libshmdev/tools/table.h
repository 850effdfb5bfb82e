/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables: columns to choose, to sort by, for people and as JSON. */
#ifndef SHMREGION_TABLE_H
#define SHMREGION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_BYTES,	/* in human units, unless asked for bytes */
	COLUMN_YES_NO,
	COLUMN_LIST,	/* elements end with newlines */
};

struct column {
	const char *name;
	enum column_type type;
	bool usual;	/* shown when no columns are asked for */
	const char *help;
};

/* Writes a cell; nothing where there is nothing to tell. Bytes as a number. */
typedef void (*cell_writer)(const void *row, unsigned int column, char *text,
			    size_t size);

struct table {
	const char *name;	/* in JSON */
	const struct column *columns;
	unsigned int count;
	cell_writer write;

	/* What the user asked for. */
	const char *wanted;
	const char *sort;
	bool json;
	bool no_headings;
	bool bytes;
};

/* For getopt_long() and for the help. */
#define TABLE_SHORT "jc:nbs:"
#define TABLE_LONG						\
	{ "json", no_argument, NULL, 'j' },			\
	{ "columns", required_argument, NULL, 'c' },		\
	{ "no-headings", no_argument, NULL, 'n' },		\
	{ "bytes", no_argument, NULL, 'b' },			\
	{ "sort", required_argument, NULL, 's' }
#define TABLE_HELP						\
	"  -j, --json           print JSON, sizes in bytes\n"	\
	"  -c, --columns NAMES  show these columns, separated by commas\n" \
	"  -n, --no-headings    leave the headings out\n"	\
	"  -b, --bytes          print sizes in bytes\n"		\
	"  -s, --sort NAME      sort by this column\n"

/* Whether the option is one of those, which is noted then. */
bool table_option(struct table *table, int option, const char *argument);
/* Prints the names of the columns and what they are, for the help. */
void table_print_columns(const struct table *table);
/* Prints the rows. Return: the exit status. */
int table_print(const struct table *table, const char *command,
		const void **rows, size_t count);
/* Whether all columns asked for exist; complains if not. */
bool table_check(const struct table *table, const char *command);

#endif /* SHMREGION_TABLE_H */
