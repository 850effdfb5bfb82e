// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which regions there are and who has them. A region that only the kernel's list
 * has is on its way through a socket, or with a process that /proc does not show.
 */
#include "world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tool.h"

#define KERNEL_LIST "/sys/kernel/debug/shmregion/regions"

void process_name(pid_t pid, char *name, size_t size)
{
	char path[64];
	size_t i;

	name[0] = '\0';
	if (pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!read_line(path, name, size)) {
		name[0] = '\0';
		return;
	}
	/* A process chooses its name. */
	for (i = 0; name[i]; i++)
		if (name[i] < 0x20 || name[i] > 0x7e)
			name[i] = '?';
}

static void learn_process(struct user *user)
{
	struct stat stat_of;
	char path[64];

	process_name(user->pid, user->name, sizeof(user->name));
	snprintf(path, sizeof(path), "/proc/%d", user->pid);
	if (user->pid > 0 && !stat(path, &stat_of)) {
		user->uid = stat_of.st_uid;
		user->uid_known = true;
	}
}

static void *grow(void *array, size_t count, size_t size)
{
	/* To the next power of two, when it is full. */
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

static struct region *add_region(struct world *world)
{
	struct region *regions = grow(world->regions, world->count,
				      sizeof(*regions));
	struct region *region;

	if (!regions)
		return NULL;
	world->regions = regions;
	region = &regions[world->count++];
	memset(region, 0, sizeof(*region));
	region->size = NOT_KNOWN;
	region->capacity = NOT_KNOWN;
	region->allocated = NOT_KNOWN;
	region->uid = NOT_KNOWN;
	region->owner_pid = -1;
	return region;
}

static struct user *add_user(struct region *region, pid_t pid)
{
	struct user *users = grow(region->users, region->user_count,
				  sizeof(*users));
	struct user *user;

	if (!users)
		return NULL;
	region->users = users;
	user = &users[region->user_count++];
	memset(user, 0, sizeof(*user));
	user->pid = pid;
	learn_process(user);
	return user;
}

static int compare_guids(const void *a, const void *b)
{
	return strcmp(((const struct region *)a)->guid,
		      ((const struct region *)b)->guid);
}

/*
 * The kernel's list
 */

/* The value of " key=" in a line, up to the next space, or "". */
static void value_of(const char *line, const char *key, char *value,
		     size_t size)
{
	char name[32];
	const char *at;
	int length;

	length = snprintf(name, sizeof(name), " %s=", key);
	at = strstr(line, name);
	value[0] = '\0';
	if (at)
		snprintf(value, size, "%.*s", (int)strcspn(at + length, "\n "),
			 at + length);
}

static uint64_t number_of(const char *line, const char *key)
{
	char value[32];

	value_of(line, key, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

static bool is_yes(const char *line, const char *key)
{
	char value[8];

	value_of(line, key, value, sizeof(value));
	return !strcmp(value, "yes");
}

static struct region *take_region_line(struct world *world, char *line)
{
	struct region *region = add_region(world);
	char *label = strstr(line, " label=");

	if (!region)
		return NULL;
	/* The last, as it may hold anything. */
	if (label) {
		*label = '\0';
		label += strlen(" label=");
		snprintf(region->label, sizeof(region->label), "%.*s",
			 (int)strcspn(label, "\n"), label);
	}
	region->listed = true;
	region->known = true;
	region->id = number_of(line, "id");
	value_of(line, "guid", region->guid, sizeof(region->guid));
	value_of(line, "mode", region->mode, sizeof(region->mode));
	value_of(line, "state", region->state, sizeof(region->state));
	region->controlled = is_yes(line, "controlled");
	region->waited = is_yes(line, "waited-for");
	region->size = number_of(line, "size");
	region->capacity = number_of(line, "capacity");
	region->allocated = number_of(line, "allocated");
	region->uid = number_of(line, "uid");
	region->owner_member = number_of(line, "owner");
	region->owner_pid = (int64_t)number_of(line, "owner-pid");
	region->generation = number_of(line, "generation");
	return region;
}

static int take_member_line(struct region *region, const char *line)
{
	char state[16], rights[8];
	struct user *user;

	value_of(line, "state", state, sizeof(state));
	if (strcmp(state, "attached"))
		return 0;
	user = add_user(region, (pid_t)number_of(line, "pid"));
	if (!user)
		return -1;
	user->attached = true;
	user->member = number_of(line, "id");
	value_of(line, "access", user->access, sizeof(user->access));
	value_of(line, "limit", user->limit, sizeof(user->limit));
	value_of(line, "rights", rights, sizeof(rights));
	user->mapped = number_of(line, "mapped");
	return 0;
}

static int read_kernel_list(struct world *world)
{
	FILE *file = fopen(KERNEL_LIST, "re");
	struct region *region = NULL;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!file)
		return 0;
	while (!ret && getline(&line, &size, file) > 0) {
		if (line[0] != '\t') {
			region = take_region_line(world, line);
			ret = region ? 0 : -1;
		} else if (region) {
			ret = take_member_line(region, line);
		}
	}
	world->listed = !ret && !ferror(file);
	free(line);
	fclose(file);
	if (world->count)
		qsort(world->regions, world->count, sizeof(*world->regions),
		      compare_guids);
	return ret;
}

/*
 * /proc
 */

static const char *mode_name(uint32_t mode)
{
	switch (mode) {
	case SHMREGION_MODE_WRITABLE:
		return "writable";
	case SHMREGION_MODE_READONLY:
		return "readonly";
	case SHMREGION_MODE_UNSAFE:
		return "unsafe";
	}
	return "";
}

static void describe_state(struct region *region,
			   const struct shmdev_region_record *record)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ SHMREGION_STATE_OWNED, "owned," },
		{ SHMREGION_STATE_FROZEN, "frozen," },
		{ SHMREGION_STATE_OWNER_DIED, "owner-died," },
		{ SHMREGION_STATE_ALLOCATED, "allocated," },
	};
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (record->state & bits[i].bit)
			strcat(region->state, bits[i].name);
	if (record->destroyed)
		strcat(region->state, "destroyed,");
	length = strlen(region->state);
	if (length)
		region->state[length - 1] = '\0';
	else
		snprintf(region->state, sizeof(region->state), "-");
}

static void take_record(struct region *region,
			const struct shmdev_region_record *record)
{
	memcpy(region->label, record->label, sizeof(region->label));
	snprintf(region->mode, sizeof(region->mode), "%s",
		 mode_name(record->mode));
	region->size = record->size;
	region->capacity = record->capacity;
	region->allocated = record->resident;
	region->owner_pid = record->owner_pid;
	if (record->owner_pid < 0)
		return;
	region->known = true;
	region->controlled = record->state & SHMREGION_STATE_CONTROLLED;
	region->owner_member = record->owner_member;
	region->generation = record->generation;
	if (record->creator_uid != UINT32_MAX)
		region->uid = record->creator_uid;
	describe_state(region, record);
}

static struct region *find_region(struct world *world, size_t listed,
				  const char *guid)
{
	struct region key;

	if (!listed)
		return NULL;
	snprintf(key.guid, sizeof(key.guid), "%s", guid);
	return bsearch(&key, world->regions, listed, sizeof(key),
		       compare_guids);
}

static struct user *find_user(struct region *region, pid_t pid)
{
	size_t i;

	for (i = 0; i < region->user_count; i++)
		if (region->users[i].pid == pid)
			return &region->users[i];
	return NULL;
}

static int take_users(struct region *region,
		      const struct shmdev_snapshot *snapshot, size_t index,
		      size_t count)
{
	const struct shmdev_user_record *record;
	struct user *user;
	size_t i;

	for (i = 0; i < count; i++) {
		record = shmdev_snapshot_user(snapshot, index, i);
		user = find_user(region, record->pid);
		if (!user)
			user = add_user(region, record->pid);
		if (!user)
			return -1;
		user->handles = record->handles;
		user->rights = record->rights;
		/* Mappings that no member has to make are there as well. */
		user->mapped = record->mapped;
	}
	return 0;
}

static int read_snapshot(struct world *world, pid_t pid)
{
	struct shmdev_snapshot *snapshot = shmdev_snapshot_take(pid);
	const struct shmdev_region_record *record;
	size_t listed = world->count, i;
	char guid[SHMDEV_GUID_TEXT_SIZE];
	struct region *region;
	int ret = 0;

	if (!snapshot)
		return -1;
	for (i = 0; !ret && i < shmdev_snapshot_count(snapshot); i++) {
		record = shmdev_snapshot_region(snapshot, i);
		shmdev_guid_format(record->guid, guid);
		region = find_region(world, listed, guid);
		if (!region) {
			region = add_region(world);
			if (!region) {
				ret = -1;
				break;
			}
			snprintf(region->guid, sizeof(region->guid), "%s", guid);
			take_record(region, record);
		}
		ret = take_users(region, snapshot, i, record->users);
	}
	world->unreadable = shmdev_snapshot_unreadable(snapshot);
	shmdev_snapshot_free(snapshot);
	return ret;
}

struct world *world_take(pid_t pid)
{
	struct world *world = calloc(1, sizeof(*world));
	size_t i, j;

	if (!world)
		return NULL;
	if (read_kernel_list(world) || read_snapshot(world, pid)) {
		world_free(world);
		return NULL;
	}
	for (i = 0; i < world->count; i++)
		for (j = 0; j < world->regions[i].user_count; j++)
			world->regions[i].users[j].region = &world->regions[i];
	return world;
}

void world_free(struct world *world)
{
	size_t i;

	for (i = 0; i < world->count; i++)
		free(world->regions[i].users);
	free(world->regions);
	free(world);
}

void user_flags(const struct user *user, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s%s",
		 user->rights & SHMREGION_RIGHT_READ ? "r" : "",
		 user->rights & SHMREGION_RIGHT_WRITE ? "w" : "",
		 user->rights & SHMREGION_RIGHT_CONTROL ? "c" : "",
		 user->mapped ? "m" : "", user->attached ? "a" : "");
}

void user_text(const struct user *user, char *text, size_t size)
{
	char flags[8];

	user_flags(user, flags, sizeof(flags));
	snprintf(text, size, "%d(%s):%s", user->pid,
		 user->name[0] ? user->name : "?", flags);
}
