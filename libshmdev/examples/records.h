/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A file format, and how to parse it in a region: "RECS", then records. A record
 * is a byte that says how long, 1 or more, and that many more.
 */
#ifndef EXAMPLES_RECORDS_H
#define EXAMPLES_RECORDS_H

#include <shmdev.h>
#include <string.h>

#define MAX_RECORDS	64
#define MAX_FILE	65536

#define RECORD_MEMBERS(member, array)		\
	member(uint32_t, offset)		\
	member(uint32_t, length)
SHMDEV_STRUCT(record, RECORD_MEMBERS);

/* What is in the region: the file, and what the parser says of it. */
#define DOCUMENT_MEMBERS(member, array)		\
	member(uint32_t, length)		\
	member(uint32_t, good)			\
	member(uint32_t, parsed)		\
	member(uint32_t, count)			\
	array(struct(record), records, MAX_RECORDS) \
	array(uint8_t, bytes, MAX_FILE)
SHMDEV_STRUCT(document, DOCUMENT_MEMBERS);

/* What was checked stays true: nobody else can write. */
static inline void parse(struct document *document)
{
	const uint8_t *bytes = document->bytes;
	uint32_t at = 4, size;

	document->good = 0;
	document->parsed = 0;
	document->count = 0;
	if (document->length < at || document->length > MAX_FILE ||
	    memcmp(bytes, "RECS", at))
		return;
	while (at < document->length && document->count < MAX_RECORDS) {
		size = bytes[at];
		if (!size || size > document->length - at - 1)
			break;
		document->records[document->count++] =
			(struct record){ .offset = at + 1, .length = size };
		at += 1 + size;
	}
	document->good = at == document->length;
	document->parsed = at;
}

#endif /* EXAMPLES_RECORDS_H */
