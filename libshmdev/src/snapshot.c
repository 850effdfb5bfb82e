// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Snapshot objects: regions by GUID, and the processes that have them. */
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the GUID is, or would have to be. */
static size_t position_of(const struct shmdev_snapshot *snapshot,
			  const uint8_t *guid)
{
	size_t low = 0, high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(snapshot->regions[middle].record.guid, guid,
			   SHMREGION_GUID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static bool is_at(const struct shmdev_snapshot *snapshot, size_t position,
		  const uint8_t *guid)
{
	return position < snapshot->count &&
	       !memcmp(snapshot->regions[position].record.guid, guid,
		       SHMREGION_GUID_SIZE);
}

/* Room for one more behind @count elements: grows when that is a power of 2. */
static void *make_room(void *elements, size_t count, size_t size)
{
	if (count & (count - 1))
		return elements;

	return reallocarray(elements, count ? count * 2 : 1, size);
}

struct snapshot_region *shmdev_snapshot_add(struct shmdev_snapshot *snapshot,
					    const uint8_t *guid)
{
	size_t position = position_of(snapshot, guid);
	struct snapshot_region *regions, *region;

	if (is_at(snapshot, position, guid))
		return &snapshot->regions[position];

	regions = make_room(snapshot->regions, snapshot->count,
			    sizeof(*regions));
	if (!regions)
		return NULL;

	snapshot->regions = regions;
	region = &regions[position];
	memmove(region + 1, region,
		(snapshot->count - position) * sizeof(*region));
	snapshot->count++;

	memset(region, 0, sizeof(*region));
	memcpy(region->record.guid, guid, sizeof(region->record.guid));
	region->record.owner_pid = -1;
	region->record.size = SHMDEV_UNKNOWN;
	region->record.capacity = SHMDEV_UNKNOWN;
	region->record.resident = SHMDEV_UNKNOWN;
	region->record.creator_uid = UINT32_MAX;

	return region;
}

struct shmdev_user_record *
shmdev_snapshot_add_user(struct snapshot_region *region, pid_t pid)
{
	struct shmdev_user_record *users;
	size_t i;

	/* Most often the last one. */
	for (i = region->record.users; i--;)
		if (region->users[i].pid == pid)
			return &region->users[i];

	users = make_room(region->users, region->record.users, sizeof(*users));
	if (!users)
		return NULL;

	region->users = users;
	users += region->record.users++;
	*users = (struct shmdev_user_record){ .pid = pid };

	return users;
}

SHMDEV_API struct shmdev_snapshot *shmdev_snapshot_take(pid_t pid)
{
	struct shmdev_snapshot *snapshot;

	if (pid < 0) {
		errno = EINVAL;
		return NULL;
	}

	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return NULL;

	if (shmdev_snapshot_read(snapshot, pid) < 0) {
		int error = errno;

		shmdev_snapshot_free(snapshot);
		errno = error;
		return NULL;
	}

	return snapshot;
}

SHMDEV_API size_t
shmdev_snapshot_unreadable(const struct shmdev_snapshot *snapshot)
{
	if (!snapshot) {
		errno = EINVAL;
		return 0;
	}

	return snapshot->unreadable;
}

SHMDEV_API size_t shmdev_snapshot_count(const struct shmdev_snapshot *snapshot)
{
	if (!snapshot) {
		errno = EINVAL;
		return 0;
	}

	return snapshot->count;
}

SHMDEV_API const struct shmdev_region_record *
shmdev_snapshot_region(const struct shmdev_snapshot *snapshot, size_t index)
{
	if (!snapshot || index >= snapshot->count) {
		errno = snapshot ? ERANGE : EINVAL;
		return NULL;
	}

	return &snapshot->regions[index].record;
}

SHMDEV_API const struct shmdev_region_record *
shmdev_snapshot_find(const struct shmdev_snapshot *snapshot,
		     const uint8_t *guid, size_t *index)
{
	size_t position;

	if (!snapshot || !guid) {
		errno = EINVAL;
		return NULL;
	}

	position = position_of(snapshot, guid);
	if (!is_at(snapshot, position, guid)) {
		errno = ENOENT;
		return NULL;
	}

	if (index)
		*index = position;
	return &snapshot->regions[position].record;
}

SHMDEV_API const struct shmdev_user_record *
shmdev_snapshot_user(const struct shmdev_snapshot *snapshot, size_t region,
		     size_t index)
{
	const struct shmdev_region_record *record;

	record = shmdev_snapshot_region(snapshot, region);
	if (!record)
		return NULL;
	if (index >= record->users) {
		errno = ERANGE;
		return NULL;
	}

	return &snapshot->regions[region].users[index];
}

SHMDEV_API void shmdev_snapshot_free(struct shmdev_snapshot *snapshot)
{
	size_t i;

	if (!snapshot)
		return;

	for (i = 0; i < snapshot->count; i++)
		free(snapshot->regions[i].users);
	free(snapshot->regions);
	free(snapshot);
}
