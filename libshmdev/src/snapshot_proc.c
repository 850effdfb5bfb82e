// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Looking for regions in /proc.
 *
 * A process that does not want to be seen is looked at as any other:
 *
 *  - Its first thread may have exited, and others may have file descriptors of
 *    their own. So every thread is asked for them that does not share them with
 *    one that was asked.
 *  - Its fdinfo may be long. It is read to the end.
 *  - It may map a file, in a mount namespace of its own, whose name is that of
 *    a region. So the file system of a mapping is asked what it is, or, if the
 *    caller may not, must be one that handles are on.
 *  - It may put a file of a file system that it serves itself where a handle
 *    was. Such a path is not asked for anything that would wait for it.
 *
 * What has gone in between is not there; that is no error.
 */
#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

/* musl before 1.2.5 does not know it, but the kernel's headers do. */
#ifndef STATX_MNT_ID
#include <linux/stat.h>
#include <sys/syscall.h>

static int statx(int dir, const char *path, int flags, unsigned int mask,
		 struct statx *found)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, found);
}
#endif

#define PATH_SIZE	96

/* Regions are on many: a new one whenever the device was closed in between. */
struct known_device {
	struct known_device *next;
	dev_t device;
};

struct reader {
	struct shmdev_snapshot *snapshot;
	/* Devices that handles are on. */
	struct known_device *devices;
};

/* They return -1 to stop. */
typedef int (*number_visitor)(void *context, pid_t number);
typedef int (*line_visitor)(void *context, const char *line);

static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH || error == ENOTDIR;
}

static bool is_forbidden(int error)
{
	return error == EACCES || error == EPERM;
}

/* The name of a directory entry if it is a number, else -1. */
static pid_t number_of(const struct dirent *entry)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(entry->d_name, &end, 10);
	if (errno || *end || number < 0 || number > INT32_MAX)
		return -1;

	return (pid_t)number;
}

/*
 * Calls the function for each numbered entry of a directory. The error of a
 * directory that cannot be read is left to the caller.
 */
static int visit_numbers(const char *path, number_visitor visit, void *context)
{
	struct dirent *entry;
	int error, ret = 0;
	pid_t number;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return -1;

	while (ret == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			ret = errno ? -1 : 0;
			break;
		}
		number = number_of(entry);
		if (number >= 0)
			ret = visit(context, number);
	}

	error = errno;
	closedir(dir);
	errno = error;
	return ret;
}

/* Calls the function for each line of a file, as above. */
static int visit_lines(const char *path, line_visitor visit, void *context)
{
	char *line = NULL;
	int error, ret = 0;
	size_t size = 0;
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return -1;

	while (ret == 0) {
		errno = 0;
		if (getline(&line, &size, file) < 0) {
			ret = errno ? -1 : 0;
			break;
		}
		ret = visit(context, line);
	}

	error = errno;
	free(line);
	fclose(file);
	errno = error;
	return ret;
}

static bool is_known(const struct reader *reader, dev_t device)
{
	const struct known_device *known;

	for (known = reader->devices; known; known = known->next)
		if (known->device == device)
			return true;

	return false;
}

static int know_device(struct reader *reader, dev_t device)
{
	struct known_device *known;

	if (is_known(reader, device))
		return 0;

	known = malloc(sizeof(*known));
	if (!known)
		return -1;
	known->device = device;
	known->next = reader->devices;
	reader->devices = known;

	return 0;
}

static void forget_devices(struct reader *reader)
{
	while (reader->devices) {
		struct known_device *known = reader->devices;

		reader->devices = known->next;
		free(known);
	}
}

/*
 * The device of a handle. What is at the path may be another file by now. It is
 * on the same mount, or it is not used; and it is not asked for anything that
 * whoever serves it could delay.
 */
static int learn_device(struct reader *reader, const char *path, uint64_t mount)
{
	struct statx found;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_MNT_ID, &found) < 0 ||
	    !(found.stx_mask & STATX_MNT_ID) || found.stx_mnt_id != mount)
		return 0;

	return know_device(reader, makedev(found.stx_dev_major,
					   found.stx_dev_minor));
}

/* One thread at which file descriptors were found, or looked for. */
struct asked_thread {
	struct asked_thread *next;
	pid_t tid;
};

struct process {
	struct reader *reader;
	pid_t pid;
	/* The thread that is being looked at. */
	pid_t tid;
	struct asked_thread *asked;
	bool has_memory;
};

static bool is_allocated(const struct shmdev_region_record *record)
{
	return record->capacity && record->resident == record->capacity;
}

static int enter_handle(struct process *process, const struct handle_text *text)
{
	struct shmdev_user_record *user;
	struct snapshot_region *region;
	size_t users;

	region = shmdev_snapshot_add(process->reader->snapshot,
				     text->record.guid);
	if (!region)
		return -1;

	if (text->generation >= region->generation) {
		users = region->record.users;
		region->record = text->record;
		region->record.users = users;
		region->record.generation = text->generation;
		if (is_allocated(&text->record))
			region->record.state |= SHMREGION_STATE_ALLOCATED;
		region->generation = text->generation;
	}

	user = shmdev_snapshot_add_user(region, process->pid);
	if (!user)
		return -1;
	user->handles++;
	user->rights |= text->rights;

	return 0;
}

static int take_fdinfo_line(void *context, const char *line)
{
	shmdev_parse_fdinfo_line(context, line);
	return 0;
}

static int read_handle(void *context, pid_t fd)
{
	struct process *process = context;
	struct handle_text text = { 0 };
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fdinfo/%d",
		 process->pid, process->tid, fd);
	if (visit_lines(path, take_fdinfo_line, &text) < 0)
		return is_gone(errno) ? 0 : -1;
	if (!text.has_guid)
		return 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fd/%d", process->pid,
		 process->tid, fd);
	if (learn_device(process->reader, path, text.mount) < 0)
		return -1;

	return enter_handle(process, &text);
}

/* Where kcmp(2) does not tell, the first thread stands for all. */
static bool shares_handles(const struct process *process)
{
	const struct asked_thread *asked;

	for (asked = process->asked; asked; asked = asked->next)
		if (syscall(SYS_kcmp, process->tid, asked->tid, KCMP_FILES, 0,
			    0) <= 0)
			return true;

	return false;
}

static int read_handles_of_thread(void *context, pid_t tid)
{
	struct process *process = context;
	struct asked_thread *asked;
	char path[PATH_SIZE];

	process->tid = tid;
	if (shares_handles(process))
		return 0;

	asked = malloc(sizeof(*asked));
	if (!asked)
		return -1;
	asked->tid = tid;
	asked->next = process->asked;
	process->asked = asked;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fdinfo", process->pid,
		 tid);
	if (visit_numbers(path, read_handle, process) < 0)
		return is_gone(errno) ? 0 : -1;

	return 0;
}

static void forget_asked(struct process *process)
{
	while (process->asked) {
		struct asked_thread *asked = process->asked;

		process->asked = asked->next;
		free(asked);
	}
}

/*
 * Whether a region is mapped there, by the word of its file system, and its
 * size. Only a privileged caller may follow this link.
 */
static bool ask_mapped(const struct process *process,
		       const struct mapping_text *text, uint64_t *size)
{
	char path[PATH_SIZE];
	struct statfs fs;
	struct stat file;
	bool is_region;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx",
		 process->pid, (unsigned long long)text->start,
		 (unsigned long long)text->end);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;

	is_region = fstatfs(fd, &fs) == 0 &&
		    fs.f_type == SHMREGION_SUPER_MAGIC &&
		    fstat(fd, &file) == 0 && file.st_ino == text->inode &&
		    file.st_dev == makedev(text->major, text->minor);
	close(fd);
	if (is_region)
		*size = (uint64_t)file.st_size;

	return is_region;
}

static int enter_mapping(struct process *process,
			 const struct mapping_text *text, uint64_t size)
{
	struct shmdev_region_record *record;
	struct shmdev_user_record *user;
	struct snapshot_region *region;

	region = shmdev_snapshot_add(process->reader->snapshot, text->guid);
	if (!region)
		return -1;

	record = &region->record;
	if (!region->generation) {
		memcpy(record->label, text->label, sizeof(record->label));
		record->mode = text->mode;
	}
	if (record->size == SHMDEV_UNKNOWN)
		record->size = size;

	user = shmdev_snapshot_add_user(region, process->pid);
	if (!user)
		return -1;
	user->mapped += text->end - text->start;

	return 0;
}

static int take_maps_line(void *context, const char *line)
{
	struct process *process = context;
	uint64_t size = SHMDEV_UNKNOWN;
	struct mapping_text text;

	process->has_memory = true;
	if (!shmdev_parse_maps_line(&text, line))
		return 0;
	if (!ask_mapped(process, &text, &size) &&
	    !is_known(process->reader, makedev(text.major, text.minor)))
		return 0;

	return enter_mapping(process, &text, size);
}

/* All threads have one memory, but one that has exited has none. */
static int read_maps_of_thread(void *context, pid_t tid)
{
	struct process *process = context;
	char path[PATH_SIZE];

	if (process->has_memory)
		return 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/maps", process->pid,
		 tid);
	if (visit_lines(path, take_maps_line, process) < 0)
		return is_gone(errno) ? 0 : -1;

	return 0;
}

static int visit_threads(struct process *process, number_visitor visit)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/task", process->pid);
	if (visit_numbers(path, visit, process) < 0)
		return is_gone(errno) ? 0 : -1;

	return 0;
}

static int read_handles(void *context, pid_t pid)
{
	struct process process = { .reader = context, .pid = pid };
	int ret;

	ret = visit_threads(&process, read_handles_of_thread);
	forget_asked(&process);
	if (ret < 0 && is_forbidden(errno)) {
		process.reader->snapshot->unreadable++;
		return 0;
	}

	return ret;
}

static int read_maps(void *context, pid_t pid)
{
	struct process process = { .reader = context, .pid = pid };
	int ret;

	ret = visit_threads(&process, read_maps_of_thread);
	/* Counted when its handles were looked for. */
	return ret < 0 && is_forbidden(errno) ? 0 : ret;
}

static int visit_processes(struct reader *reader, pid_t pid,
			    number_visitor visit)
{
	char path[PATH_SIZE];

	if (!pid)
		return visit_numbers("/proc", visit, reader);

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	if (access(path, F_OK) < 0)
		return is_gone(errno) ? shmdev_fail(ESRCH) : -1;

	return visit(reader, pid);
}

int shmdev_snapshot_read(struct shmdev_snapshot *snapshot, pid_t pid)
{
	struct reader reader = { .snapshot = snapshot };
	int ret;

	ret = visit_processes(&reader, pid, read_handles);
	if (ret == 0)
		ret = visit_processes(&reader, pid, read_maps);
	forget_devices(&reader);

	return ret;
}
