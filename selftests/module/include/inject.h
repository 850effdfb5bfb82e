/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Injecting failures: the nth allocation, or copy from or to user memory, that
 * a thread comes to fails. Needs a kernel with fault injection, as
 * scripts/debug-kernel builds it.
 */
#ifndef SELFTESTS_INJECT_H
#define SELFTESTS_INJECT_H

#include <kselftest.h>

#include "helpers.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUG_FILES "/sys/kernel/debug"

/*
 * Which allocations may fail: all of them, also those that could wait for
 * memory. Nothing but what asks for it by fail-nth is affected.
 */
static const char *const failure_settings[][2] = {
	{ DEBUG_FILES "/failslab/ignore-gfp-wait", "N" },
	{ DEBUG_FILES "/failslab/verbose", "0" },
	{ DEBUG_FILES "/fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUG_FILES "/fail_page_alloc/ignore-gfp-highmem", "N" },
	{ DEBUG_FILES "/fail_page_alloc/min-order", "0" },
	{ DEBUG_FILES "/fail_page_alloc/verbose", "0" },
	{ DEBUG_FILES "/fail_usercopy/verbose", "0" },
};

/* NULL, or why no failure can be injected. */
static inline const char *failures_missing(void)
{
	size_t i;

	if (access(FAIL_NTH, F_OK))
		return "this kernel has no fault injection";
	for (i = 0; i < ARRAY_SIZE(failure_settings); i++)
		if (!write_text(failure_settings[i][0], failure_settings[i][1]))
			return "fault injection cannot be set up in debugfs";
	return NULL;
}

/*
 * Touch the process's own memory, of which a fork has left the pages shared and
 * the page tables out: to make up for that can fail as well, and says nothing.
 */
static inline void settle(void)
{
	unsigned long start, end;
	char line[256], flags[5];
	FILE *file;

	file = fopen("/proc/self/maps", "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, flags) == 3 &&
		    flags[3] == 'p')
			madvise((void *)start, end - start,
				flags[1] == 'w' ? MADV_POPULATE_WRITE :
						  MADV_POPULATE_READ);
	fclose(file);
}

/* Of the calling thread: each has its own. */
static inline int failure_open(void)
{
	return open(FAIL_NTH, O_RDWR | O_CLOEXEC);
}

/* Let fail what is the @nth that can from here on; 0: nothing. */
static inline bool failure_arm(int file, long nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%ld", nth);

	return pwrite(file, text, length, 0) == length;
}

/* Whether it has failed. If not, nothing will any more. */
static inline bool failure_disarm(int file)
{
	char text[16] = "";
	bool failed;

	/* What these two copy can fail as well. */
	failed = pread(file, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
	while (!failure_arm(file, 0))
		;
	return failed;
}

#endif /* SELFTESTS_INJECT_H */
