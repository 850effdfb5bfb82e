/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Snapshots: snapshot.c keeps what was found, snapshot_proc.c looks for it, and
 * snapshot_parse.c knows the texts in /proc.
 */
#ifndef SHMDEV_INTERNAL_SNAPSHOT_H
#define SHMDEV_INTERNAL_SNAPSHOT_H

#include <stdbool.h>

#include "internal.h"

struct snapshot_region {
	struct shmdev_region_record record;
	/* Of the youngest answer. */
	uint64_t generation;
	struct shmdev_user_record *users;
};

struct shmdev_snapshot {
	/* Ordered by GUID. */
	struct snapshot_region *regions;
	size_t count;
	size_t unreadable;
};

/* The region and the process in it, entered if they are new; or ENOMEM. */
struct snapshot_region *shmdev_snapshot_add(struct shmdev_snapshot *snapshot,
					    const uint8_t *guid);
struct shmdev_user_record *
shmdev_snapshot_add_user(struct snapshot_region *region, pid_t pid);

/* What the kernel tells about a handle. */
struct handle_text {
	struct shmdev_region_record record;
	uint32_t rights;
	uint64_t generation;
	/* Where the handle is. */
	uint64_t mount;
	bool has_guid;
};

/* Takes in one line of fdinfo. */
void shmdev_parse_fdinfo_line(struct handle_text *text, const char *line);

/* What the kernel tells about a mapping. */
struct mapping_text {
	uint64_t start;
	uint64_t end;
	uint64_t inode;
	unsigned int major;
	unsigned int minor;
	uint8_t guid[SHMREGION_GUID_SIZE];
	char label[SHMREGION_LABEL_SIZE];
	uint32_t mode;
};

/* Whether the line of maps looks like that of a region. Any file may. */
bool shmdev_parse_maps_line(struct mapping_text *text, const char *line);

/* Enters all that one process has, or that all have for 0. */
int shmdev_snapshot_read(struct shmdev_snapshot *snapshot, pid_t pid);

#endif /* SHMDEV_INTERNAL_SNAPSHOT_H */
