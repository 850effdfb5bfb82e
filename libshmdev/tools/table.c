// SPDX-License-Identifier: GPL-2.0-only
/* Tables, by libsmartcols. */
#include "table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool.h"

#define CELL_SIZE	65536
#define COLUMNS_MAX	32

bool table_option(struct table *table, int option, const char *argument)
{
	switch (option) {
	case 'j':
		table->json = true;
		return true;
	case 'c':
		table->wanted = argument;
		return true;
	case 'n':
		table->no_headings = true;
		return true;
	case 'b':
		table->bytes = true;
		return true;
	case 's':
		table->sort = argument;
		return true;
	}
	return false;
}

void table_print_columns(const struct table *table)
{
	unsigned int i;

	printf("\nColumns, those that are usual with a star:\n\n");
	for (i = 0; i < table->count; i++)
		printf("%c %-12s %s\n", table->columns[i].usual ? '*' : ' ',
		       table->columns[i].name, table->columns[i].help);
}

/* The column with that name, of so many characters, or -1. */
static int find_column(const struct table *table, const char *name,
		       size_t length)
{
	unsigned int i;

	for (i = 0; i < table->count; i++)
		if (!strncasecmp(table->columns[i].name, name, length) &&
		    !table->columns[i].name[length])
			return (int)i;
	return -1;
}

/* Return: how many there are, or -1 if one does not exist. */
static int choose_columns(const struct table *table, const char *command,
			  unsigned int *chosen)
{
	const char *name = table->wanted;
	unsigned int i;
	int count = 0, found;
	size_t length;

	for (i = 0; !name && i < table->count; i++)
		if (table->columns[i].usual)
			chosen[count++] = i;
	for (; name; name = name[length] ? name + length + 1 : NULL) {
		length = strcspn(name, ",");
		found = find_column(table, name, length);
		if (found < 0 || count == COLUMNS_MAX) {
			misused(command, "no column \"%.*s\"; see %s --help",
				(int)length, name, command);
			return -1;
		}
		chosen[count++] = (unsigned int)found;
	}
	return count;
}

bool table_check(const struct table *table, const char *command)
{
	unsigned int chosen[COLUMNS_MAX];

	if (choose_columns(table, command, chosen) < 0)
		return false;
	if (!table->sort ||
	    find_column(table, table->sort, strlen(table->sort)) >= 0)
		return true;
	misused(command, "no column \"%s\" to sort by; see %s --help",
		table->sort, command);
	return false;
}

static bool is_number(const struct column *column)
{
	return column->type == COLUMN_NUMBER || column->type == COLUMN_BYTES;
}

struct order {
	const struct table *table;
	unsigned int column;
};

/* Numbers the largest first, as one looks for those. */
static int compare(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	char left[128], right[128];
	uint64_t x, y;

	left[0] = '\0';
	right[0] = '\0';
	order->table->write(*(const void *const *)a, order->column, left,
			    sizeof(left));
	order->table->write(*(const void *const *)b, order->column, right,
			    sizeof(right));
	if (!is_number(&order->table->columns[order->column]))
		return strcmp(left, right);
	x = strtoull(left, NULL, 10);
	y = strtoull(right, NULL, 10);
	return x < y ? 1 : x > y ? -1 : 0;
}

static int json_type(enum column_type type)
{
	switch (type) {
	case COLUMN_NUMBER:
	case COLUMN_BYTES:
		return SCOLS_JSON_NUMBER;
	case COLUMN_YES_NO:
		return SCOLS_JSON_BOOLEAN_OPTIONAL;
	case COLUMN_LIST:
		return SCOLS_JSON_ARRAY_STRING;
	case COLUMN_TEXT:
		break;
	}
	return SCOLS_JSON_STRING;
}

static int add_column(struct libscols_table *out, const struct table *table,
		      const struct column *column)
{
	int flags = is_number(column) ? SCOLS_FL_RIGHT : 0;
	struct libscols_column *made;

	if (column->type == COLUMN_LIST && table->json)
		flags |= SCOLS_FL_WRAP;
	made = scols_table_new_column(out, column->name, 0, flags);
	if (!made || scols_column_set_json_type(made, json_type(column->type)))
		return -1;
	if (flags & SCOLS_FL_WRAP)
		return scols_column_set_wrapfunc(made,
						 scols_wrapnl_chunksize,
						 scols_wrapnl_nextchunk, NULL);
	return 0;
}

/* What a cell says, as it is to be shown. */
static void shown(const struct table *table, const struct column *column,
		  char *text, size_t size)
{
	size_t i, length = strlen(text);

	if (table->json) {
		/* The last element ends without one there. */
		if (column->type == COLUMN_LIST && length)
			text[length - 1] = '\0';
		return;
	}
	if (!length)
		snprintf(text, size, "-");
	else if (column->type == COLUMN_BYTES && !table->bytes)
		format_size(strtoull(text, NULL, 10), text, size);
	else if (column->type == COLUMN_LIST) {
		text[length - 1] = '\0';
		for (i = 0; text[i]; i++)
			if (text[i] == '\n')
				text[i] = ',';
	}
}

static int add_row(struct libscols_table *out, const struct table *table,
		   const unsigned int *chosen, int count, const void *row)
{
	struct libscols_line *line = scols_table_new_line(out, NULL);
	char *text = malloc(CELL_SIZE);
	int i, ret = line && text ? 0 : -1;

	for (i = 0; !ret && i < count; i++) {
		text[0] = '\0';
		table->write(row, chosen[i], text, CELL_SIZE);
		shown(table, &table->columns[chosen[i]], text, CELL_SIZE);
		if (text[0])
			ret = scols_line_set_data(line, (size_t)i, text);
	}
	free(text);
	return ret;
}

static int fill(struct libscols_table *out, const struct table *table,
		const unsigned int *chosen, int columns, const void **rows,
		size_t count)
{
	size_t row;
	int i;

	if (scols_table_set_name(out, table->name) ||
	    scols_table_enable_json(out, table->json) ||
	    scols_table_enable_noheadings(out, table->no_headings))
		return -1;
	for (i = 0; i < columns; i++)
		if (add_column(out, table, &table->columns[chosen[i]]))
			return -1;
	for (row = 0; row < count; row++)
		if (add_row(out, table, chosen, columns, rows[row]))
			return -1;
	return scols_print_table(out) ? -1 : 0;
}

int table_print(const struct table *table, const char *command,
		const void **rows, size_t count)
{
	unsigned int chosen[COLUMNS_MAX];
	struct libscols_table *out;
	struct order order = { .table = table };
	int columns, ret;

	columns = choose_columns(table, command, chosen);
	if (columns < 0)
		return STATUS_USAGE;
	if (table->sort && count) {
		order.column = (unsigned int)find_column(table, table->sort,
							 strlen(table->sort));
		qsort_r(rows, count, sizeof(*rows), compare, &order);
	}

	scols_init_debug(0);
	out = scols_new_table();
	ret = out ? fill(out, table, chosen, columns, rows, count) : -1;
	scols_unref_table(out);
	if (ret)
		return complain(command, "cannot print: %s", strerror(errno));
	/* libsmartcols ends JSON with a newline, but no empty table. */
	return finish_output(command);
}
