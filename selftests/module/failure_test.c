// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call that fails leaves nothing behind (G9): every ioctl of a handle, with
 * every mistake, by handles with and without rights, on regions in every state,
 * made by a process that does not take part. What INFO and fdinfo tell that
 * process is the same before and after.
 */
#include "helpers.h"
#include "harness.h"

#define TIMEOUT 600

/* No process has it: more than PID_MAX_LIMIT. */
#define NO_PROCESS 0x40000000

/* It is not to wait. */
#define LONG_AGO 1

#define COMMAND(name, type) { SHMREGION_IOC_##name, sizeof(struct type) }

static const struct {
	unsigned int number;
	uint32_t size;
} commands[] = {
	COMMAND(VERSION, shmregion_version),
	COMMAND(INFO, shmregion_info),
	COMMAND(DUP, shmregion_dup),
	COMMAND(ATTACH, shmregion_attach),
	COMMAND(DETACH, shmregion_detach),
	COMMAND(TRANSFER, shmregion_transfer),
	COMMAND(RELEASE, shmregion_release),
	COMMAND(ACQUIRE, shmregion_acquire),
	COMMAND(PUBLISH, shmregion_convert),
	COMMAND(FREEZE, shmregion_convert),
	COMMAND(SHARE, shmregion_convert),
	COMMAND(LIMIT, shmregion_limit),
	COMMAND(LIMIT_OTHERS, shmregion_limit_others),
	COMMAND(RECLAIM, shmregion_reclaim),
	COMMAND(DESTROY, shmregion_destroy),
};

#define NR_COMMANDS ARRAY_SIZE(commands)

/* What is wrong with the argument, if anything is. */
enum mistake {
	NO_ADDRESS,
	NO_SIZE,
	TOO_LARGE,
	UNKNOWN_TAIL,
	UNKNOWN_FLAG,
	NOTHING_SET,
	READ_ONLY_ARGUMENT,
	NONE,
	NR_MISTAKES,
};

/* A size, as all structures begin with, and enough for a tail. */
union argument {
	uint32_t size;
	struct shmregion_dup dup;
	struct shmregion_transfer transfer;
	struct shmregion_acquire acquire;
	struct shmregion_limit limit;
	struct shmregion_limit_others limit_others;
	uint32_t words[64];
};

static union argument *argument;

/* What could be meant. Nobody is named who takes part. */
static void fill(unsigned int number)
{
	switch (number) {
	case SHMREGION_IOC_DUP:
		argument->dup.rights = RIGHTS_RW;
		break;
	case SHMREGION_IOC_TRANSFER:
		argument->transfer.by = SHMREGION_BY_PID;
		argument->transfer.id = NO_PROCESS;
		break;
	case SHMREGION_IOC_ACQUIRE:
		argument->acquire.flags = SHMREGION_ACQUIRE_NOWAIT;
		break;
	case SHMREGION_IOC_LIMIT:
		argument->limit.by = SHMREGION_BY_PID;
		argument->limit.id = NO_PROCESS;
		break;
	case SHMREGION_IOC_LIMIT_OTHERS:
		argument->limit_others.limit = RIGHTS_RO;
		break;
	}
}

/* The error, or 0. */
static int try(int fd, unsigned int number, uint32_t size, enum mistake mistake)
{
	int ret;

	memset(argument, 0, sizeof(*argument));
	argument->size = size;
	if (mistake != NOTHING_SET)
		fill(number);
	else if (number == SHMREGION_IOC_ACQUIRE)
		argument->acquire.deadline_ns = LONG_AGO;
	if (mistake == NO_SIZE)
		argument->size = 0;
	if (mistake == TOO_LARGE)
		argument->size = 2 * PAGE;
	if (mistake == UNKNOWN_TAIL) {
		argument->size = size + 4;
		argument->words[size / 4] = 1;
	}
	if (mistake == UNKNOWN_FLAG)
		argument->words[1] = 1U << 31;
	if (mistake == READ_ONLY_ARGUMENT)
		mprotect(argument, PAGE, PROT_READ);
	ret = errno_of(ioctl(fd, number, mistake == NO_ADDRESS ? NULL :
								 argument));
	mprotect(argument, PAGE, PROT_READ | PROT_WRITE);
	return ret;
}

/* What a process sees. */
struct snapshot {
	struct shmregion_info info;
	char fdinfo[1024];
	int error, nr_fds;
};

static void look(int fd, struct snapshot *snapshot)
{
	char path[64];

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->error = errno_of(raw_info(fd, &snapshot->info));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (!read_text(path, snapshot->fdinfo, sizeof(snapshot->fdinfo)))
		snapshot->error = -1;
	snapshot->nr_fds = count_fds();
}

/* The states of a region. Its creator makes them. */
static int keep_it(int fd)
{
	(void)fd;
	return 0;
}

static int limit_others_to_nothing(int fd)
{
	return raw_limit_others(fd, 0);
}

static int publish_and_release_it(int fd)
{
	return raw_publish(fd) || raw_release(fd);
}

static int (*const states[])(int fd) = {
	keep_it, raw_release, raw_publish, publish_and_release_it, raw_freeze,
	raw_share, raw_destroy, limit_others_to_nothing,
};

static const uint32_t rights[] = {
	RIGHTS_ALL, RIGHTS_RW, RIGHTS_RO,
	SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL,
};

/* What the processes that try tell the test. */
static struct {
	size_t next;
	unsigned int failed, wrong;
	bool seen[NR_COMMANDS][256];
	char first[128];
} *report;

/* It stays attached, as documented, in order to be found by a transfer. */
static bool attaches(unsigned int number, int error)
{
	return number == SHMREGION_IOC_ACQUIRE &&
	       (error == EAGAIN || error == ETIMEDOUT);
}

/* From report->next on, until a call succeeds or all are done. */
static void try_all(int fd)
{
	struct snapshot before, after;
	size_t command, mistake;
	int error;

	look(fd, &before);
	while (report->next < NR_COMMANDS * NR_MISTAKES) {
		command = report->next / NR_MISTAKES;
		mistake = report->next++ % NR_MISTAKES;
		error = try(fd, commands[command].number,
			    commands[command].size, mistake);
		if (!error || attaches(commands[command].number, error))
			return;
		report->failed++;
		report->seen[command][error & 255] = true;
		look(fd, &after);
		if (!memcmp(&before, &after, sizeof(after)))
			continue;
		if (!report->wrong++)
			snprintf(report->first, sizeof(report->first),
				 "command %zu, mistake %zu, error %d", command,
				 mistake, error);
		before = after;
	}
}

FIXTURE(calls)
{
};

FIXTURE_SETUP(calls)
{
	const int prot = PROT_READ | PROT_WRITE;

	argument = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	report = mmap(NULL, sizeof(*report), prot, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)argument);
	ASSERT_NE(MAP_FAILED, (void *)report);
}

FIXTURE_TEARDOWN(calls)
{
	munmap(report, sizeof(*report));
	munmap(argument, PAGE);
}

/* In a region of its own, by a process of its own; to where one succeeds. */
static void try_some(struct __test_metadata *_metadata, size_t state,
		     size_t handle)
{
	int fd, tried, status;
	pid_t child;

	fd = make_region(1, SHMREGION_MODE_WRITABLE,
			 SHMREGION_CREATE_CONTROLLED |
			 SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, fd);
	tried = raw_dup(fd, rights[handle]);
	ASSERT_LE(0, tried);
	ASSERT_EQ(0, states[state](fd));
	child = fork();
	if (!child) {
		try_all(tried);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	close(tried);
	close(fd);
}

TEST_F_TIMEOUT(calls, that_fail_leave_nothing_behind, TIMEOUT)
{
	const int expected[] = { EFAULT, EINVAL, E2BIG, EOPNOTSUPP, EPERM,
				 EACCES, ENODEV, ESRCH };
	size_t state, handle, i, command, error, pairs = 0;
	bool seen;

	for (state = 0; state < ARRAY_SIZE(states); state++) {
		for (handle = 0; handle < ARRAY_SIZE(rights); handle++) {
			report->next = 0;
			while (report->next < NR_COMMANDS * NR_MISTAKES)
				try_some(_metadata, state, handle);
		}
	}
	for (command = 0; command < NR_COMMANDS; command++)
		for (error = 0; error < 256; error++)
			pairs += report->seen[command][error];
	printf("# %u calls failed, with %zu pairs of command and error\n",
	       report->failed, pairs);
	EXPECT_EQ(0, report->wrong) {
		TH_LOG("first: %s", report->first);
	}
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		seen = false;
		for (command = 0; command < NR_COMMANDS; command++)
			seen |= report->seen[command][expected[i]];
		EXPECT_TRUE(seen) {
			TH_LOG("nothing failed with error %d", expected[i]);
		}
	}
}

TEST_HARNESS_MAIN
