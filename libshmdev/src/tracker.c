// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What this process has mapped. */
#include "account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Pages that mincore(2) is asked about at a time. */
#define MINCORE_PAGES	4096

struct shmdev_mapping_list {
	size_t count;
	size_t capacity;
	struct shmdev_mapping_record *records;
};

SHMDEV_API int shmdev_guid_format(const uint8_t *guid, char *text)
{
	size_t i;

	if (!guid || !text)
		return shmdev_fail(EINVAL);

	for (i = 0; i < SHMREGION_GUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", guid[i]);
	}

	return 0;
}

static uint64_t resident_of(const char *pages, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char there[MINCORE_PAGES];
	uint64_t resident = 0;
	size_t i, count;

	while (size) {
		count = size / page < MINCORE_PAGES ? size / page :
						      MINCORE_PAGES;
		if (mincore((void *)pages, count * page, there) < 0)
			return SHMDEV_UNKNOWN;
		for (i = 0; i < count; i++)
			if (there[i] & 1)
				resident += page;
		pages += count * page;
		size -= count * page;
	}

	return resident;
}

static int grow(struct shmdev_mapping_list *list)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 64;
	struct shmdev_mapping_record *records;

	records = reallocarray(list->records, capacity, sizeof(*records));
	if (!records)
		return -1;

	list->records = records;
	list->capacity = capacity;
	return 0;
}

static int add_record(const struct shmdev_mapping *mapping, void *context)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct shmdev_mapping_list *list = context;
	struct shmdev_mapping_record *record;
	const char *data;

	if (list->count == list->capacity && grow(list) < 0)
		return -1;

	data = shmdev_mapping_data(mapping);
	record = &list->records[list->count++];
	record->address = data;
	record->size = shmdev_mapping_size(mapping);
	record->mapped_size = shmdev_mapping_mapped_size(mapping);
	record->resident = SHMDEV_UNKNOWN;
	if (shmdev_mapping_observer(mapping) == geteuid())
		record->resident = resident_of(data - (uintptr_t)data % page,
					       record->mapped_size);
	memcpy(record->guid, shmdev_mapping_guid(mapping),
	       sizeof(record->guid));

	return 0;
}

SHMDEV_API struct shmdev_mapping_list *shmdev_mapping_list_take(void)
{
	struct shmdev_mapping_list *list;

	list = calloc(1, sizeof(*list));
	if (!list)
		return NULL;

	if (shmdev_account_visit(add_record, list) < 0) {
		shmdev_mapping_list_free(list);
		errno = ENOMEM;
		return NULL;
	}

	return list;
}

SHMDEV_API size_t
shmdev_mapping_list_count(const struct shmdev_mapping_list *list)
{
	if (!list) {
		errno = EINVAL;
		return 0;
	}

	return list->count;
}

SHMDEV_API const struct shmdev_mapping_record *
shmdev_mapping_list_at(const struct shmdev_mapping_list *list, size_t index)
{
	if (!list || index >= list->count) {
		errno = list ? ERANGE : EINVAL;
		return NULL;
	}

	return &list->records[index];
}

SHMDEV_API void shmdev_mapping_list_free(struct shmdev_mapping_list *list)
{
	if (!list)
		return;

	free(list->records);
	free(list);
}
