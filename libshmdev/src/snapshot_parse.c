// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The texts that the kernel has about handles and mappings. Pure functions. */
#include "snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;

	return -1;
}

/* Reads the exact text that shmdev_guid_format() writes. */
static bool parse_guid(uint8_t *guid, const char **text)
{
	const char *from = *text;
	int high, low;
	size_t i;

	for (i = 0; i < SHMREGION_GUID_SIZE; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *from++ != '-')
			return false;
		high = hex_digit(*from);
		if (high < 0)
			return false;
		low = hex_digit(from[1]);
		if (low < 0)
			return false;
		guid[i] = (uint8_t)(high << 4 | low);
		from += 2;
	}

	*text = from;
	return true;
}

static bool skip(const char **text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(*text, prefix, length))
		return false;

	*text += length;
	return true;
}

/* Leaves the mode 0 for one that it does not know. */
static uint32_t parse_mode(const char **text)
{
	if (skip(text, "writable"))
		return SHMREGION_MODE_WRITABLE;
	if (skip(text, "readonly"))
		return SHMREGION_MODE_READONLY;
	if (skip(text, "unsafe"))
		return SHMREGION_MODE_UNSAFE;

	return 0;
}

/* What does not fit cannot be a label. */
static void copy_label(char *label, const char *text)
{
	size_t length = strcspn(text, "\n");

	if (length >= SHMREGION_LABEL_SIZE)
		length = SHMREGION_LABEL_SIZE - 1;
	memcpy(label, text, length);
	label[length] = '\0';
}

static void parse_handle_mode(struct shmdev_region_record *record,
			      const char *text)
{
	record->mode = parse_mode(&text);
	record->destroyed = !!strstr(text, " destroyed");
	if (strstr(text, " frozen"))
		record->state |= SHMREGION_STATE_FROZEN;
}

static void parse_owner(struct shmdev_region_record *record, const char *text)
{
	record->owner_pid = atoi(text);
	if (strstr(text, " died"))
		record->state |= SHMREGION_STATE_OWNER_DIED;
}

/* Its process id may not be visible. */
static void parse_owner_member(struct shmdev_region_record *record,
			       const char *text)
{
	record->owner_member = strtoull(text, NULL, 10);
	if (record->owner_member)
		record->state |= SHMREGION_STATE_OWNED;
}

static void parse_controlled(struct shmdev_region_record *record,
			     const char *text)
{
	if (skip(&text, "yes"))
		record->state |= SHMREGION_STATE_CONTROLLED;
}

static uint32_t parse_rights(const char *text)
{
	uint32_t rights = 0;

	if (strstr(text, "read"))
		rights |= SHMREGION_RIGHT_READ;
	if (strstr(text, " write"))
		rights |= SHMREGION_RIGHT_WRITE;
	if (strstr(text, " control"))
		rights |= SHMREGION_RIGHT_CONTROL;

	return rights;
}

void shmdev_parse_fdinfo_line(struct handle_text *text, const char *line)
{
	struct shmdev_region_record *record = &text->record;

	if (skip(&line, "mnt_id:\t"))
		text->mount = strtoull(line, NULL, 10);
	if (!skip(&line, "shmregion-"))
		return;

	if (skip(&line, "guid:\t"))
		text->has_guid = parse_guid(record->guid, &line);
	else if (skip(&line, "label:\t"))
		copy_label(record->label, line);
	else if (skip(&line, "size:\t"))
		record->size = strtoull(line, NULL, 10);
	else if (skip(&line, "capacity:\t"))
		record->capacity = strtoull(line, NULL, 10);
	else if (skip(&line, "resident:\t"))
		record->resident = strtoull(line, NULL, 10);
	else if (skip(&line, "mode:\t"))
		parse_handle_mode(record, line);
	else if (skip(&line, "owner:\t"))
		parse_owner(record, line);
	else if (skip(&line, "member:\t"))
		record->member = strtoull(line, NULL, 10);
	else if (skip(&line, "owner-member:\t"))
		parse_owner_member(record, line);
	else if (skip(&line, "controlled:\t"))
		parse_controlled(record, line);
	else if (skip(&line, "rights:\t"))
		text->rights = parse_rights(line);
	else if (skip(&line, "generation:\t"))
		text->generation = strtoull(line, NULL, 10);
	else if (skip(&line, "creator-uid:\t"))
		record->creator_uid = (uint32_t)strtoul(line, NULL, 10);
}

bool shmdev_parse_maps_line(struct mapping_text *text, const char *line)
{
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %x:%x %" SCNu64 " %n",
		   &text->start, &text->end, &text->major, &text->minor,
		   &text->inode, &name) != 5 || !name || text->end < text->start)
		return false;

	line += name;
	if (!skip(&line, "/shmregion:") || !parse_guid(text->guid, &line) ||
	    !skip(&line, ":"))
		return false;
	text->mode = parse_mode(&line);
	line = strchr(line, ':');
	if (!line)
		return false;

	copy_label(text->label, line + 1);
	return true;
}
