/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Tracker: who has what.
 *
 * There are two questions. What has this process mapped by the library? The
 * answer is a list that the library keeps; it is exact and needs no /proc.
 * Which regions are there, who has them, who owns them? The answer is a
 * snapshot of /proc, as far as the caller may look into other processes there.
 *
 * In both, a region is what the kernel gave one GUID to. However many handles
 * and mappings there are, in however many processes, it is one region.
 *
 * A snapshot can be taken of hostile processes. What it reports comes from the
 * kernel: handles are known by what only they have in fdinfo, mappings by the
 * file system that they are on, and file names are not believed. It also looks
 * at threads that have file descriptors of their own. It does not see a region
 * that only a message on its way through a socket holds, which root finds in
 * /sys/kernel/debug/shmregion/regions, nor a process that the caller may not
 * look into: shmdev_snapshot_unreadable() counts those.
 */
#ifndef SHMDEV_TRACKER_H
#define SHMDEV_TRACKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/shmregion.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A number of bytes that is not known. */
#define SHMDEV_UNKNOWN		UINT64_MAX

/* Size of a GUID as text, its terminating NUL included. */
#define SHMDEV_GUID_TEXT_SIZE	37

/**
 * shmdev_guid_format() - write a GUID as /proc shows it
 * @guid: SHMREGION_GUID_SIZE bytes
 * @text: SHMDEV_GUID_TEXT_SIZE bytes, that get a string such as
 *	"e3ef3464-fbc3-41c7-bc07-106722bc068c"
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_guid_format(const uint8_t *guid, char *text);

/*
 * What this process has mapped
 */

/**
 * struct shmdev_mapping_list - the mapping objects of this process, at one time
 */
struct shmdev_mapping_list;

/**
 * struct shmdev_mapping_record - one mapping object
 * @address: see shmdev_mapping_data()
 * @size: see shmdev_mapping_size()
 * @mapped_size: see shmdev_mapping_mapped_size()
 * @resident: bytes of its pages that have memory, whoever touched them; or
 *	SHMDEV_UNKNOWN. Known of a mapping that was made in mode UNSAFE, or in
 *	mode READONLY by a handle that cannot write, to the user that created
 *	the region: of others, or to others, mincore(2) does not tell.
 * @guid: see shmdev_mapping_guid()
 *
 * Members may be added at the end.
 */
struct shmdev_mapping_record {
	const void *address;
	uint64_t size;
	uint64_t mapped_size;
	uint64_t resident;
	uint8_t guid[SHMREGION_GUID_SIZE];
};

/**
 * shmdev_mapping_list_take() - list the mapping objects of this process
 *
 * The list is of one moment. It has the objects of all threads, whatever layer
 * made them, but not what was mapped by mmap(2) directly. No other thread can
 * map or unmap while it is made.
 *
 * Return: a list for shmdev_mapping_list_free(), maybe empty; NULL on error.
 *
 * Since: 0.1
 */
struct shmdev_mapping_list *shmdev_mapping_list_take(void);

/**
 * shmdev_mapping_list_count() - length of a list
 * @list: the list
 *
 * Return: number of records; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_mapping_list_count(const struct shmdev_mapping_list *list);

/**
 * shmdev_mapping_list_at() - one record of a list
 * @list: the list
 * @index: less than the length
 *
 * Return: a record that lives as long as the list; NULL on error:
 *
 *  - ERANGE: there is no such record.
 *
 * Since: 0.1
 */
const struct shmdev_mapping_record *
shmdev_mapping_list_at(const struct shmdev_mapping_list *list, size_t index);

/**
 * shmdev_mapping_list_free() - free a list
 * @list: the list, or NULL
 *
 * Since: 0.1
 */
void shmdev_mapping_list_free(struct shmdev_mapping_list *list);

/*
 * What there is in the system
 */

/**
 * struct shmdev_snapshot - the regions of the system, and who has them
 */
struct shmdev_snapshot;

/**
 * struct shmdev_region_record - one region
 * @guid: its identity
 * @label: its name for people
 * @mode: of enum shmregion_mode; 0 for one that this header does not know
 * @state: bits of enum shmregion_state
 * @destroyed: 1 if it was destroyed; 0 otherwise
 * @owner_pid: process id of the owner as the caller sees it; 0 without an
 *	owner, or when it is not visible; -1 when that is not known
 * @size: in bytes, as created; or SHMDEV_UNKNOWN
 * @capacity: bytes that can be mapped, or SHMDEV_UNKNOWN
 * @resident: bytes of memory that it has, or SHMDEV_UNKNOWN
 * @member: member id of the calling process; 0 when it is not attached
 * @owner_member: member id of the owner; 0 without one
 * @users: number of processes seen that have a handle or a mapping
 * @generation: as in struct shmregion_info; 0 when it is not known
 * @creator_uid: user who created it, as the caller sees it; or UINT32_MAX
 *
 * @state, @destroyed, @owner_pid, @capacity, @resident, @generation,
 * @creator_uid and the member ids are known if a handle was seen. Of a region
 * that is only mapped, by processes that closed their handles, just GUID, label,
 * mode and, for a privileged caller, the size are known. Members may be added at
 * the end.
 */
struct shmdev_region_record {
	uint8_t guid[SHMREGION_GUID_SIZE];
	char label[SHMREGION_LABEL_SIZE];
	uint32_t mode;
	uint32_t state;
	uint32_t destroyed;
	int32_t owner_pid;
	uint64_t size;
	uint64_t capacity;
	uint64_t resident;
	uint64_t member;
	uint64_t owner_member;
	size_t users;
	uint64_t generation;
	uint32_t creator_uid;
};

/**
 * struct shmdev_user_record - what one process has of one region
 * @pid: the process
 * @handles: number of its file descriptors
 * @rights: of these handles together, bits of enum shmregion_right
 * @mapped: bytes that it has mapped, in all its mappings
 *
 * Members may be added at the end.
 */
struct shmdev_user_record {
	pid_t pid;
	uint32_t handles;
	uint32_t rights;
	uint64_t mapped;
};

/**
 * shmdev_snapshot_take() - look who has which regions
 * @pid: one process, or 0 for all that are visible in /proc
 *
 * Takes time: it reads about one file for each file descriptor. Processes run
 * on meanwhile, so the snapshot is not of one moment. An unprivileged caller
 * cannot tell a region that is only mapped from a file with such a name, and
 * may not see it.
 *
 * A file with such a name on a file system that another process serves (FUSE,
 * say), and lets everybody use, can delay a privileged caller.
 *
 * Return: a snapshot for shmdev_snapshot_free(); NULL on error:
 *
 *  - EINVAL: @pid is negative.
 *  - ESRCH: there is no process @pid.
 *  - other errors of open(2): /proc cannot be read.
 *
 * Since: 0.1
 */
struct shmdev_snapshot *shmdev_snapshot_take(pid_t pid);

/**
 * shmdev_snapshot_unreadable() - processes that the caller could not look into
 * @snapshot: the snapshot
 *
 * Return: their number; 0 if none is missing, and for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_snapshot_unreadable(const struct shmdev_snapshot *snapshot);

/**
 * shmdev_snapshot_count() - number of regions
 * @snapshot: the snapshot
 *
 * Return: number of regions; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_snapshot_count(const struct shmdev_snapshot *snapshot);

/**
 * shmdev_snapshot_region() - one region
 * @snapshot: the snapshot
 * @index: less than their number. They are ordered by GUID.
 *
 * Return: a record that lives as long as the snapshot; NULL on error:
 *
 *  - ERANGE: there is no such record.
 *
 * Since: 0.1
 */
const struct shmdev_region_record *
shmdev_snapshot_region(const struct shmdev_snapshot *snapshot, size_t index);

/**
 * shmdev_snapshot_find() - the region with a GUID
 * @snapshot: the snapshot
 * @guid: SHMREGION_GUID_SIZE bytes
 * @index: where the region is, for shmdev_snapshot_user(); may be NULL
 *
 * Return: as shmdev_snapshot_region(); NULL on error:
 *
 *  - ENOENT: it is not among them.
 *
 * Since: 0.1
 */
const struct shmdev_region_record *
shmdev_snapshot_find(const struct shmdev_snapshot *snapshot,
		     const uint8_t *guid, size_t *index);

/**
 * shmdev_snapshot_user() - one of the processes that have a region
 * @snapshot: the snapshot
 * @region: index of the region
 * @index: less than &shmdev_region_record.users. In the order of /proc.
 *
 * Return: a record that lives as long as the snapshot; NULL on error:
 *
 *  - ERANGE: there is no such record.
 *
 * Since: 0.1
 */
const struct shmdev_user_record *
shmdev_snapshot_user(const struct shmdev_snapshot *snapshot, size_t region,
		     size_t index);

/**
 * shmdev_snapshot_free() - free a snapshot
 * @snapshot: the snapshot, or NULL
 *
 * Since: 0.1
 */
void shmdev_snapshot_free(struct shmdev_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_TRACKER_H */
