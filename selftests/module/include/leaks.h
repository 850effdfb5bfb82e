/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tells whether the module has lost something: counters that must come
 * back to what they were, what is charged, and kmemleak. For root.
 */
#ifndef SELFTESTS_LEAKS_H
#define SELFTESTS_LEAKS_H

#include <time.h>

#include "helpers.h"

#define MODULE_FILES "/sys/module/shmregion"
#define SLAB_FILES "/sys/kernel/slab"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"

/* How long a counter may take to go down after its last user. */
#define PATIENCE_S 120

/* An object must be older than 5 s for kmemleak. */
#define KMEMLEAK_AGE_S 6

#define LEAKS_SHOWN 10

static inline time_t monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static inline long number_in(const char *path)
{
	char text[32];

	return read_text(path, text, sizeof(text)) ? atol(text) : -1;
}

static inline long module_references(void)
{
	return number_in(MODULE_FILES "/refcnt");
}

/*
 * Pages that nothing can reclaim: a region's are, until they are free. The two
 * writes have each CPU give back the pages, and add the numbers, that it has
 * kept to itself.
 */
static inline long unevictable_pages(void)
{
	long count = -1;
	char line[128];
	FILE *file;

	write_text("/proc/sys/vm/drop_caches", "1");
	write_text("/proc/sys/vm/stat_refresh", "1");
	file = fopen("/proc/vmstat", "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "nr_unevictable %ld", &count) == 1)
			break;
	fclose(file);
	return count;
}

/* Objects of a slab cache, after those that are free have been given back. */
static inline long slab_objects(const char *cache)
{
	char path[128];

	snprintf(path, sizeof(path), SLAB_FILES "/%s/shrink", cache);
	write_text(path, "1");
	snprintf(path, sizeof(path), SLAB_FILES "/%s/objects", cache);
	return number_in(path);
}

static inline long regions(void)
{
	return slab_objects("shmregion");
}

static inline long attachments(void)
{
	return slab_objects("shmregion_attachment");
}

static inline bool becomes(long (*counter)(void), long value)
{
	const time_t begin = monotonic_s();

	do {
		if (counter() == value)
			return true;
		sched_yield();
	} while (monotonic_s() - begin < PATIENCE_S);
	return false;
}

static inline bool module_is_unused(void)
{
	return becomes(module_references, 0);
}

#define COUNTERS 4

static const struct {
	const char *name;
	long (*value)(void);
} counters[COUNTERS] = {
	{ "references on the module", module_references },
	{ "unevictable pages", unevictable_pages },
	{ "regions", regions },
	{ "attachments", attachments },
};

/* False if one cannot be told. */
static inline bool counters_read(long *values)
{
	bool told = true;
	int i;

	for (i = 0; i < COUNTERS; i++) {
		values[i] = counters[i].value();
		told = told && values[i] >= 0;
	}
	return told;
}

/* Whether all come back to these. Prints what does not. */
static inline bool counters_become(const long *values)
{
	bool same = true;
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (becomes(counters[i].value, values[i]))
			continue;
		printf("# %s: %ld, and before %ld\n", counters[i].name,
		       counters[i].value(), values[i]);
		same = false;
	}
	return same;
}

static inline bool can_create(size_t size)
{
	int fd = make_region(size, SHMREGION_MODE_UNSAFE, 0);

	close(fd);
	return fd >= 0;
}

/*
 * Whether a region of this size, or nothing if it is 0, is all that counts
 * against the limits: what is left can be had, and no page more. Takes no
 * memory. Needs the default limits.
 */
static inline bool charged_is(size_t size)
{
	size_t rest = number_in(MODULE_FILES "/parameters/max_user_bytes") -
		      page_up(size);

	return can_create(rest) && !can_create(rest + PAGE);
}

/* NULL, or why kmemleak cannot be asked. */
static inline const char *kmemleak_missing(void)
{
	if (access(KMEMLEAK, F_OK))
		return "this kernel has no kmemleak";
	return NULL;
}

/*
 * The number of objects that nothing points to, or -1. Prints some. kmemleak
 * reports none that is younger than a few seconds, and none that has changed
 * since the scan before. So it scans at least twice, the last time when
 * whatever exists now is old enough.
 */
static inline long kmemleak_count(void)
{
	const time_t begin = monotonic_s();
	char line[256];
	long count = 0;
	FILE *file;

	do {
		if (!write_text(KMEMLEAK, "scan"))
			return -1;
	} while (monotonic_s() - begin < KMEMLEAK_AGE_S);
	if (!write_text(KMEMLEAK, "scan"))
		return -1;

	file = fopen(KMEMLEAK, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		count += !strncmp(line, "unreferenced", 12);
		if (count <= LEAKS_SHOWN)
			printf("# %s", line);
	}
	fclose(file);
	return count;
}

#endif /* SELFTESTS_LEAKS_H */
