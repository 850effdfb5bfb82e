// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first region of a process, for which the core takes every lock of its
 * address space and gives up at any pending signal: it comes to be whatever
 * signals there are and however many mappings, a kill ends the wait for it, and
 * nobody else waits for a process that hardly runs (G16). Needs the cpu
 * controller of cgroups.
 */
#include <pthread.h>
#include <sys/time.h>

#include "interference.h"
#include "operations.h"
#include "harness.h"

static volatile long nr_signals;

static void count_signal(int signal)
{
	(void)signal;
	nr_signals++;
}

/* A page each, touched. No two merge, as neighbours differ. */
static bool map_many(long nr)
{
	uint8_t *memory;

	while (nr--) {
		memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			return false;
		memory[0] = 1;
		if (nr & 1 && mprotect(memory, PAGE, PROT_READ))
			return false;
	}
	return true;
}

struct first {
	long nr_mappings;
	long interval_us;
};

/* Microseconds until the process has a region, or minus the error. */
static long step_first_region(void *data, long unused)
{
	const struct first *first = data;
	const struct sigaction act = {
		.sa_handler = count_signal,
		.sa_flags = SA_RESTART,
	};
	const struct timeval interval = { .tv_usec = first->interval_us };
	const struct itimerval timer = { interval, interval };
	long begin_us;
	int fd;

	(void)unused;
	if (!map_many(first->nr_mappings))
		return -errno;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	begin_us = now_us();
	fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	begin_us = now_us() - begin_us;
	return fd < 0 ? -errno : begin_us;
}

FIXTURE(first_region)
{
	struct peer peer;
};

FIXTURE_VARIANT(first_region)
{
	struct first first;
};

#define FIRST_REGION(_nr, _interval_us)					\
	FIXTURE_VARIANT_ADD(first_region, of_##_nr##_each_##_interval_us) { \
		.first = { _nr, _interval_us },				\
	}

/* Without signals this is what it costs; a profiler has one each 10 ms. */
FIRST_REGION(0, 0);
FIRST_REGION(1000, 0);
FIRST_REGION(1000, 1000);
FIRST_REGION(10000, 0);
FIRST_REGION(10000, 10000);
FIRST_REGION(10000, 1000);
FIRST_REGION(60000, 0);
FIRST_REGION(60000, 10000);

FIXTURE_SETUP(first_region)
{
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(first_region)
{
	peer_kill(&self->peer);
}

TEST_F_TIMEOUT(first_region, comes_to_be, TIMEOUT)
{
	long us = peer_do(&self->peer, step_first_region,
			  (void *)&variant->first, 0);

	ASSERT_LE(0, us);
	printf("# %ld mappings, a signal each %ld us: %ld us\n",
	       variant->first.nr_mappings, variant->first.interval_us, us);
}

FIXTURE(process)
{
};

FIXTURE_SETUP(process)
{
}

FIXTURE_TEARDOWN(process)
{
}

static long step_count_signals(void *data, long unused)
{
	const struct sigaction act = {
		.sa_handler = count_signal,
		.sa_flags = SA_RESTART,
	};

	(void)data;
	(void)unused;
	return -errno_of(sigaction(SIGUSR1, &act, NULL));
}

/* So dense that there nearly always is one pending. */
TEST_F_TIMEOUT(process, signals_without_a_pause_do_not_keep_it_from_coming, TIMEOUT)
{
	struct first first = { 100, 0 };
	struct peer peer = peer_start();
	siginfo_t info = {};
	pid_t flood;

	ASSERT_EQ(0, peer_do(&peer, step_count_signals, NULL, 0));
	flood = fork();
	if (!flood) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			kill(peer.pid, SIGUSR1);
	}
	ASSERT_LE(0, peer_do(&peer, step_first_region, &first, 0));
	kill(flood, SIGKILL);
	waitid(P_PID, flood, &info, WEXITED);
	peer_kill(&peer);
}

static int module_users(void)
{
	char text[16];

	return read_text("/sys/module/shmregion/refcnt", text, sizeof(text)) ?
		       atoi(text) : -1;
}

static long step_map_many(void *data, long nr_mappings)
{
	(void)data;
	return map_many(nr_mappings) ? 0 : -errno;
}

/* The worker may be about to run, be at it, or have done it. */
TEST_F_TIMEOUT(process, that_is_killed_meanwhile_leaves_nothing, TIMEOUT)
{
	const int users = module_users();
	struct first first = {};
	struct peer peers[4];
	int round, i;

	ASSERT_LE(0, users);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 4; i++) {
			peers[i] = peer_start();
			ASSERT_EQ(0, peer_do(&peers[i], step_map_many, NULL,
					     2000));
		}
		for (i = 0; i < 4; i++)
			peer_begin(&peers[i], step_first_region, &first, 0);
		spin(random_of_any_size(20));
		for (i = 0; i < 4; i++)
			EXPECT_EQ(SIGKILL, WTERMSIG(peer_kill(&peers[i])));
	}
	while (module_users() != users)
		sched_yield();
}

/* Of threads that want it at once each gets one, and it is the same process. */
static void *attach(void *fd)
{
	uint64_t member = 0;

	return (void *)(raw_attach((long)fd, &member) ? -1 : (long)member);
}

static long step_attach_by_threads(void *data, long nr_mappings)
{
	pthread_t threads[4];
	void *member, *first;
	long ret = 0;
	int i;

	if (!map_many(nr_mappings))
		return -errno;
	for (i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, attach, data))
			return -EAGAIN;
	pthread_join(threads[0], &first);
	for (i = 1; i < 4; i++) {
		pthread_join(threads[i], &member);
		if (member != first)
			ret = -EXDEV;
	}
	return (long)first < 0 ? -EIO : ret;
}

TEST_F_TIMEOUT(process, threads_that_want_it_at_once_become_one_member, TIMEOUT)
{
	const long mappings[] = { 0, 4000 };
	struct peer peer;
	size_t i;
	long fd;

	for (i = 0; i < ARRAY_SIZE(mappings); i++) {
		fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
		ASSERT_LE(0, fd);
		peer = peer_start();
		EXPECT_EQ(0, peer_do(&peer, step_attach_by_threads, (void *)fd,
				     mappings[i]));
		peer_kill(&peer);
		close(fd);
	}
}

/*
 * A process that runs a thousandth of the time, and maps a file as we do. What
 * the core locks for its first region it must not hold for seconds.
 */
#define THROTTLED_US 60000000L
#define FILE_PATH "/tmp/enroll_test"

static long step_throttled_first_region(void *data, long unused)
{
	const struct first *first = data;
	int file = open(FILE_PATH, O_RDWR | O_CLOEXEC);
	int fd;

	(void)unused;
	if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ||
	    !map_many(first->nr_mappings))
		return -errno;
	if (!write_text(CGROUP "/cgroup.procs", "0"))
		return -errno;
	fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	return fd < 0 ? -errno : 0;
}

static bool finished(const struct peer *peer)
{
	long result;

	return recv(peer->socket, &result, sizeof(result),
		    MSG_PEEK | MSG_DONTWAIT) > 0;
}

TEST_F_TIMEOUT(process, a_throttled_process_keeps_nobody_waiting, TIMEOUT)
{
	struct first first = { 20000, 0 };
	long begin_us, end_us, us, worst_us = 0;
	struct peer peer;
	void *memory;
	int file;

	if (!cgroup_has(CGROUP "/cpu.max")) {
		rmdir(CGROUP);
		SKIP(return, "there is no cpu controller");
	}
	ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
	file = open(FILE_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_EQ(0, ftruncate(file, PAGE));
	peer = peer_start();
	peer_begin(&peer, step_throttled_first_region, &first, 0);
	/* It need not be done by then: emulated, a thousandth is next to nothing. */
	end_us = now_us() + THROTTLED_US;
	do {
		begin_us = now_us();
		memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
		munmap(memory, PAGE);
		us = now_us() - begin_us;
		worst_us = us > worst_us ? us : worst_us;
	} while (!finished(&peer) && now_us() < end_us);
	write_text(CGROUP "/cpu.max", "max");
	EXPECT_EQ(0, peer_finish(&peer));
	printf("# the longest mmap and munmap of others: %ld us\n", worst_us);
	EXPECT_GT(SLOW * BOUND_MS * 1000L, worst_us);

	peer_kill(&peer);
	close(file);
	unlink(FILE_PATH);
	rmdir(CGROUP);
}

/*
 * A process whose mmap_lock somebody holds who does not run: it waits for that by
 * itself, and another one of the same user need not.
 */
#define NR_FORKERS 3
#define NR_MANY 3000
#define STUCK_ROUNDS 4

static long begin_member;

static void *fork_for_ever(void *unused)
{
	pid_t child;

	for (;;) {
		child = fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
	return unused;
}

/* Waits for the others, who hold the lock nearly all the time. */
static void *attach_among_forkers(void *tid)
{
	*(volatile pid_t *)tid = gettid();
	return attach((void *)begin_member);
}

static long step_stick(void *data, long fd)
{
	volatile pid_t *tid = data;
	pthread_t thread;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!map_many(NR_MANY))
		return -errno;
	begin_member = fd;
	for (i = 0; i < NR_FORKERS; i++)
		if (pthread_create(&thread, NULL, fork_for_ever, NULL))
			return -EAGAIN;
	if (pthread_create(&thread, NULL, attach_among_forkers, (void *)tid))
		return -EAGAIN;
	return 0;
}

static long step_map_and_attach(void *data, long fd)
{
	(void)data;
	return map_many(NR_MANY) ? -errno_of(raw_attach(fd, NULL)) : -errno;
}

TEST_F_TIMEOUT(process, of_the_same_user_waits_for_no_other, TIMEOUT)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0), round;
	pid_t *tid = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct peer stuck, other;

	if (!cgroup_has(CGROUP "/cpu.max")) {
		rmdir(CGROUP);
		SKIP(return, "there is no cpu controller");
	}
	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, tid);
	for (round = 0; round < STUCK_ROUNDS; round++) {
		*tid = 0;
		stuck = peer_start();
		other = peer_start();
		ASSERT_TRUE(cgroup_add(stuck.pid));
		ASSERT_EQ(0, peer_do(&stuck, step_stick, tid, fd));
		/* It may be done by then, but hardly each time. */
		while (!*(volatile pid_t *)tid)
			sched_yield();
		wait_until_asleep(*tid);
		spin(random_of_any_size(24));
		ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
		EXPECT_SOON(0, peer_do(&other, step_map_and_attach, NULL, fd));
		ASSERT_TRUE(write_text(CGROUP "/cpu.max", "max"));
		peer_kill(&stuck);
		peer_kill(&other);
	}
	munmap(tid, PAGE);
	close(fd);
	/* Its children may still be on their way out. */
	while (rmdir(CGROUP) && errno == EBUSY)
		sched_yield();
}

TEST_HARNESS_MAIN
