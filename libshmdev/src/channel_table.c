// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Which ids a channel knows, and what the peer's allocations cost. */
#include "channel.h"

#include <unistd.h>

static struct shmdev_shmem **find_link(struct shmem_table *table, uint64_t id)
{
	struct shmdev_shmem **link = &table->buckets[id % TABLE_BUCKETS];

	while (*link && (*link)->id != id)
		link = &(*link)->next;

	return link;
}

struct shmdev_shmem *shmdev_table_find(const struct shmem_table *table,
				       uint64_t id)
{
	struct shmdev_shmem *shmem = table->buckets[id % TABLE_BUCKETS];

	while (shmem && shmem->id != id)
		shmem = shmem->next;

	return shmem;
}

void shmdev_table_add(struct shmem_table *table, struct shmdev_shmem *shmem)
{
	struct shmdev_shmem **bucket;

	bucket = &table->buckets[shmem->id % TABLE_BUCKETS];
	shmem->next = *bucket;
	*bucket = shmem;
	if (shmem->by_peer) {
		table->peer_regions++;
		table->peer_bytes += shmdev_mapping_mapped_size(shmem->mapping);
	}
}

void shmdev_table_drop(struct shmem_table *table, struct shmdev_shmem *shmem)
{
	*find_link(table, shmem->id) = shmem->next;
	if (shmem->by_peer) {
		table->peer_regions--;
		table->peer_bytes -= shmdev_mapping_mapped_size(shmem->mapping);
	}
	shmdev_shmem_free(shmem);
}

void shmdev_table_drop_all(struct shmem_table *table)
{
	size_t i;

	for (i = 0; i < TABLE_BUCKETS; i++)
		while (table->buckets[i])
			shmdev_table_drop(table, table->buckets[i]);
}

struct shmdev_shmem *shmdev_table_find_lost(const struct shmem_table *table)
{
	struct shmdev_shmem *shmem;
	size_t i;

	for (i = 0; i < TABLE_BUCKETS; i++)
		for (shmem = table->buckets[i]; shmem; shmem = shmem->next)
			if (!shmem->here && !shmem->unsafe)
				return shmem;

	return NULL;
}

bool shmdev_table_has_room(const struct shmem_table *table, uint64_t size,
			   const struct shmdev_channel_limits *limits)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t room = limits->peer_bytes - table->peer_bytes;

	/* Whole pages of size fit if size does in the whole pages of room. */
	return table->peer_regions < limits->peer_regions &&
	       size <= room - room % page;
}

static uint32_t find_serial(const struct serial_set *set, uint64_t serial)
{
	uint32_t i = 0;

	while (i < set->count && set->serials[i] != serial)
		i++;

	return i;
}

bool shmdev_serials_have(const struct serial_set *set, uint64_t serial)
{
	return find_serial(set, serial) < set->count;
}

bool shmdev_serials_full(const struct serial_set *set)
{
	return set->count == SHMDEV_CHANNEL_MAX_CALLS;
}

void shmdev_serials_add(struct serial_set *set, uint64_t serial)
{
	set->serials[set->count++] = serial;
}

void shmdev_serials_remove(struct serial_set *set, uint64_t serial)
{
	set->serials[find_serial(set, serial)] = set->serials[--set->count];
}
