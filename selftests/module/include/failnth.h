/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every allocation failure is survived, and a call that fails changes nothing
 * (G9). A call is made again and again, each time with another one of the
 * allocations and copies on its way failing, until there is none left. After
 * all of that nothing is charged, held or lost.
 */
#ifndef SELFTESTS_FAILNTH_H
#define SELFTESTS_FAILNTH_H

#include "helpers.h"
#include "inject.h"
#include "leaks.h"
#include "operations.h"
#include "harness.h"

/* What can fail differs a little from call to call. */
#define MISSES 3

#define WRITABLE SHMREGION_MODE_WRITABLE
#define READONLY SHMREGION_MODE_READONLY
#define UNSAFE SHMREGION_MODE_UNSAFE

/* One page: a larger folio that cannot be had is replaced by smaller ones. */
#define SMALL KIB(4)
#define HUGE_AND_SMALL (MIB(2) + KIB(16))

/* For TEST_F_TIMEOUT, in seconds: emulation on a busy host is slow. */
#define FAILURE_TIMEOUT 600

/*
 * What a call works on, made anew for each and shared with other processes: a
 * region that the test owns, and room for what the call makes.
 */
static struct scene {
	struct view view;
	int device;
	int fd;
	bool failed;
	struct peer other;
	struct peer fresh;
	struct shmregion_info before;
	long long resident;
	int injector;
	int fds;
	int next_fd;
	char text[8192];
} *scene;

FIXTURE(failure)
{
	long counters[COUNTERS];
};

/* A call, and how to tell that it has worked or has changed nothing. */
FIXTURE_VARIANT(failure)
{
	size_t size;
	uint32_t mode;
	uint32_t flags;
	/* Another process has attached; or a new one makes the call. */
	bool has_other;
	bool is_fresh;
	bool (*prepare)(void);
	/* What the process that makes the call does before. */
	bool (*join)(void);
	/* 0, or minus one of the errors. */
	long (*call)(void);
	int errors[3];
	bool (*worked)(void);
	bool (*unchanged)(void);
};

/* The number that the next file descriptor gets. */
static inline int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* No file descriptor more or less, and none taken that is not in use. */
static inline bool same_fds(void)
{
	return count_fds() == scene->fds && next_fd() == scene->next_fd;
}

/* The same mode, generation, owner and access, and no new handle. */
static inline bool same(void)
{
	return info_is_still(scene->view.fd, &scene->before) && same_fds();
}

/* Nor any memory, or charge for it, that was not there before. */
static inline bool same_memory(void)
{
	return same() && resident_of(scene->view.fd) == scene->resident &&
	       charged_is(scene->view.size);
}

static inline bool info_is(int fd, uint32_t mode, uint32_t writers)
{
	struct shmregion_info info;

	return !raw_info(fd, &info) && info.out_mode == mode &&
	       info.out_writers == writers &&
	       info.out_region_size == scene->view.size;
}

/* Until the end: a read may tell less than there is. */
static inline long read_whole(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	int err;

	if (fd < 0)
		return -errno;
	do {
		length = read(fd, text, size - 1);
		err = errno;
		text[length > 0 ? length : 0] = '\0';
		text += length > 0 ? length : 0;
		size -= length > 0 ? length : 0;
	} while (length > 0);
	close(fd);
	return length ? -err : 0;
}

/* Where nothing else is, so that even the page tables are to be allocated. */
#define APART ((void *)0x200000000000)

static inline bool map_apart(void)
{
	scene->view.memory = mmap(APART, scene->view.size,
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_FIXED_NOREPLACE,
				  scene->view.fd, 0);
	return scene->view.memory == APART;
}

static inline void drop(int *fd)
{
	close(*fd);
	*fd = -1;
}

/*
 * Steps of the process that makes the call.
 */

static inline long run(const FIXTURE_VARIANT(failure) *variant, peer_step step,
		       long argument)
{
	if (variant->is_fresh)
		return peer_do(&scene->fresh, step, (void *)variant, argument);
	return step((void *)variant, argument);
}

static inline long step_look(void *data, long unused)
{
	const FIXTURE_VARIANT(failure) *variant = data;

	(void)unused;
	if (variant->join && !variant->join())
		return -errno;
	scene->injector = failure_open();
	scene->fds = count_fds();
	scene->next_fd = next_fd();
	scene->resident = resident_of(scene->view.fd);
	raw_info(scene->view.fd, &scene->before);
	return 0;
}

static inline long step_call(void *data, long nth)
{
	const FIXTURE_VARIANT(failure) *variant = data;
	long result;

	settle();
	if (!failure_arm(scene->injector, nth))
		return -EBADF;
	result = variant->call();
	scene->failed = failure_disarm(scene->injector);
	return result;
}

static inline long step_check(void *data, long worked)
{
	const FIXTURE_VARIANT(failure) *variant = data;

	if (worked)
		return variant->worked ? variant->worked() : same();
	return variant->unchanged ? variant->unchanged() : same_memory();
}

static inline bool scene_set_up(const FIXTURE_VARIANT(failure) *variant)
{
	scene->view = (struct view){ -1, variant->size, NULL };
	scene->fd = -1;
	scene->other = (struct peer){ -1, -1 };
	scene->fresh = scene->other;
	scene->device = raw_open();
	scene->view.fd = raw_create(scene->device, variant->size, variant->mode,
				    variant->flags, "failnth", NULL);
	if (scene->view.fd < 0)
		return false;
	if (variant->has_other) {
		scene->other = peer_start();
		if (peer_do(&scene->other, view_attach, &scene->view, 0))
			return false;
	}
	if (variant->prepare && !variant->prepare())
		return false;
	if (variant->is_fresh)
		scene->fresh = peer_start();
	return !run(variant, step_look, 0);
}

/* What a new process has made goes with it. */
static inline void scene_tear_down(const FIXTURE_VARIANT(failure) *variant)
{
	if (!variant->is_fresh) {
		close(scene->injector);
		close(scene->fd);
		if (scene->view.memory)
			munmap(scene->view.memory, scene->view.size);
	}
	peer_kill(&scene->fresh);
	peer_kill(&scene->other);
	close(scene->view.fd);
	close(scene->device);
}

static inline bool documented(const FIXTURE_VARIANT(failure) *variant,
			      int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(variant->errors); i++)
		if (error && variant->errors[i] == error)
			return true;
	return false;
}

FIXTURE_SETUP(failure)
{
	scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, scene);
	ASSERT_TRUE(module_is_unused());
	ASSERT_TRUE(counters_read(self->counters));
}

FIXTURE_TEARDOWN(failure)
{
}

TEST_F_TIMEOUT(failure, leaves_all_as_it_was, FAILURE_TIMEOUT)
{
	int failures = 0, refusals = 0, misses = 0;
	long nth, result;

	for (nth = 1; misses < MISSES; nth++) {
		ASSERT_TRUE(scene_set_up(variant));
		result = run(variant, step_call, nth);
		failures += scene->failed;
		misses = scene->failed ? 0 : misses + 1;
		if (!scene->failed)
			EXPECT_EQ(0, result);
		if (result) {
			refusals++;
			EXPECT_TRUE(documented(variant, -result))
				TH_LOG("failure %ld: error %ld", nth, -result);
			EXPECT_EQ(1, run(variant, step_check, false))
				TH_LOG("failure %ld: not as before", nth);
			EXPECT_EQ(0, run(variant, step_call, 0))
				TH_LOG("failure %ld: fails ever after", nth);
		}
		EXPECT_EQ(1, run(variant, step_check, true))
			TH_LOG("failure %ld: has not worked", nth);
		scene_tear_down(variant);
	}
	printf("#  %d failures injected, of which %d made the call fail\n",
	       failures, refusals);
	EXPECT_LT(0, failures);

	EXPECT_TRUE(counters_become(self->counters));
	EXPECT_TRUE(charged_is(0));
}

/*
 * The end of a program. What was lost on the way, by any call, is told by a
 * fixture of its own, as only the last one runs last. One test, skipped, stands
 * for all where nothing can fail.
 */
#define TEST_FAILURES_MAIN						\
	FIXTURE(end)							\
	{								\
	};								\
									\
	FIXTURE_SETUP(end)						\
	{								\
	}								\
									\
	FIXTURE_TEARDOWN(end)						\
	{								\
	}								\
									\
	TEST_F_TIMEOUT(end, nothing_is_lost, FAILURE_TIMEOUT)		\
	{								\
		const char *why = kmemleak_missing();			\
									\
		if (why)						\
			SKIP(return, "%s", why);			\
		EXPECT_EQ(0, kmemleak_count());				\
	}								\
									\
	int main(int argc, char **argv)					\
	{								\
		const char *why = failures_missing();			\
									\
		if (!why)						\
			return test_harness_run(argc, argv);		\
		ksft_print_header();					\
		ksft_set_plan(1);					\
		ksft_test_result_code(KSFT_SKIP, "failures", "%s", why); \
		ksft_finished();					\
	}

#endif /* SELFTESTS_FAILNTH_H */
