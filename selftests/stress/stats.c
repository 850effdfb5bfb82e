// SPDX-License-Identifier: GPL-2.0-only
/* What was done and what was found. */
#include "stats.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct stats *stats;

static const char *const operations[NR_OPERATIONS] = {
	[OPERATION_ACQUIRE] = "acquire",
	[OPERATION_TRANSFER] = "transfer",
	[OPERATION_RELEASE] = "release",
	[OPERATION_PUBLISH] = "publish",
	[OPERATION_FREEZE] = "freeze",
	[OPERATION_SHARE] = "share",
	[OPERATION_ATTACH] = "attach",
	[OPERATION_DETACH] = "detach",
	[OPERATION_POLL] = "poll",
	[OPERATION_USURP] = "usurp",
	[OPERATION_NOBODY] = "nobody",
	[OPERATION_MAP] = "map",
	[OPERATION_UNMAP] = "unmap",
	[OPERATION_UNMAP_PART] = "unmap-part",
	[OPERATION_REMAP] = "remap",
	[OPERATION_PROTECT] = "protect",
	[OPERATION_ADVISE] = "advise",
	[OPERATION_PIN] = "pin",
	[OPERATION_TOUCH] = "touch",
	[OPERATION_HAMMER] = "hammer",
	[OPERATION_STAMP] = "stamp",
	[OPERATION_WATCH] = "watch",
	[OPERATION_FORK] = "fork",
	[OPERATION_EXEC] = "exec",
	[OPERATION_CREATE] = "create",
	[OPERATION_LIMIT] = "limit",
	[OPERATION_RECLAIM] = "reclaim",
	[OPERATION_DESTROY] = "destroy",
	[OPERATION_KILL] = "kill",
};

/* Each with what is counted. */
static const struct {
	const char *holds;
	const char *unit;
} invariants[NR_INVARIANTS] = {
	[INVARIANT_FORBIDDEN] = { "every forbidden access failed", "accesses" },
	[INVARIANT_ALLOWED] = { "every allowed access succeeded", "accesses" },
	[INVARIANT_SIGNAL] = {
		"every fault was SIGSEGV at the address touched", "faults" },
	[INVARIANT_STALE] = {
		"no stale write seen by an owner", "comparisons" },
	[INVARIANT_STAMP] = {
		"no page was lost, mixed up or set back", "looks" },
	[INVARIANT_FROZEN] = {
		"no frozen page ever changed", "comparisons" },
	[INVARIANT_ZERO] = { "fresh memory was zero", "pages" },
	[INVARIANT_PIN] = {
		"no page was pinned that can be revoked", "attempts" },
	[INVARIANT_WINNER] = {
		"no generation had two owners", "claims" },
	[INVARIANT_CONSENT] = {
		"nobody mapped what it had not agreed to", "mappings" },
	[INVARIANT_CONTROL] = {
		"only a controller limits, takes and destroys", "attempts" },
	[INVARIANT_MEMBER] = {
		"no member id named two, and none nobody", "ids" },
	[INVARIANT_INFO] = {
		"everything told about a region made sense", "answers" },
	[INVARIANT_ERRNO] = {
		"no call failed with an error that it does not document",
		"calls" },
	[INVARIANT_DEATH] = { "no dead process stayed an owner", "looks" },
	[INVARIANT_BOUND] = {
		"nobody waited long for one that was slow", "operations" },
	[INVARIANT_END] = {
		"every process ended as it was meant to", "processes" },
};

/* Return: its file descriptor, or -1. */
int stats_create(void)
{
	int fd = memfd_create("shmregion-stress", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(*stats)) || !stats_map(fd))
		return -1;
	return fd;
}

bool stats_map(int fd)
{
	void *memory = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return false;
	stats = memory;
	return true;
}

/* Of an operation; there is no name for all that the controller does. */
const char *stats_name(unsigned int operation)
{
	return operation < NR_OPERATIONS ? operations[operation] :
					   "what a controller does";
}

void stats_count(enum operation operation, bool done)
{
	if (done)
		stats->done[operation]++;
	else
		stats->refused[operation]++;
}

void checked(enum invariant invariant, unsigned long times)
{
	stats->checked[invariant] += times;
}

/* What comes after the first is of little interest: this ends the run. */
void broken(enum invariant invariant, const char *format, ...)
{
	unsigned int number = stats->nr_messages++;
	va_list args;

	if (number < MAX_MESSAGES) {
		va_start(args, format);
		vsnprintf(stats->messages[number], MESSAGE_SIZE, format, args);
		va_end(args);
	}
	stats->broken[invariant]++;
	stats->stop = true;
}

/* Count a call that gave 0 or -1, which may fail with @errnos, up to a 0. */
void expect_errno(enum operation operation, int result, const int *errnos)
{
	int error = errno;

	stats_count(operation, !result);
	checked(INVARIANT_ERRNO, 1);
	if (!result)
		return;
	for (; *errnos; errnos++)
		if (*errnos == error)
			return;
	broken(INVARIANT_ERRNO, "%s: %s", operations[operation],
	       strerror(error));
}

static unsigned long done_and_refused(enum operation operation)
{
	return stats->done[operation] + stats->refused[operation];
}

/* What was done since the last time. */
void stats_progress(unsigned int second)
{
	static unsigned long before[NR_OPERATIONS];
	static unsigned long faults_before;
	unsigned long now, all = 0, faults = stats->checked[INVARIANT_SIGNAL];
	unsigned int i;
	char line[512];
	int length = 0;

	for (i = 0; i < NR_OPERATIONS; i++) {
		now = done_and_refused(i);
		all += now - before[i];
		if (now != before[i])
			length += snprintf(line + length, sizeof(line) - length,
					   " %s %lu", operations[i],
					   now - before[i]);
		before[i] = now;
	}
	printf("# %us: %lu operations, %lu faults:%s\n", second, all,
	       faults - faults_before, length ? line : "");
	faults_before = faults;
}

void stats_totals(void)
{
	unsigned long all = 0;
	unsigned int i;

	printf("# %-12s %10s %10s\n", "operation", "done", "refused");
	for (i = 0; i < NR_OPERATIONS; i++) {
		printf("# %-12s %10lu %10lu\n", operations[i], stats->done[i],
		       stats->refused[i]);
		all += done_and_refused(i);
	}
	printf("# total: %lu operations, %lu forbidden accesses tried\n", all,
	       (unsigned long)stats->checked[INVARIANT_FORBIDDEN]);
	printf("# the longest operation took %lu of %lu beats\n",
	       (unsigned long)stats->longest, (unsigned long)stats->beats);
}

/* Return: whether all is well. */
bool stats_tap(void)
{
	bool ok = true;
	unsigned int i;

	for (i = 0; i < stats->nr_messages && i < MAX_MESSAGES; i++)
		printf("# broken: %s\n", stats->messages[i]);

	printf("1..%d\n", NR_INVARIANTS);
	for (i = 0; i < NR_INVARIANTS; i++) {
		ok &= !stats->broken[i];
		printf("%s %u - %s: %lu %s\n",
		       stats->broken[i] ? "not ok" : "ok", i + 1,
		       invariants[i].holds, stats->checked[i],
		       invariants[i].unit);
	}
	return ok;
}
