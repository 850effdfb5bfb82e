/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every operation on a region as a step on a struct view (helpers.h), done by
 * the test or by a peer: 0 or what it tells, or minus the error.
 */
#ifndef SELFTESTS_OPERATIONS_H
#define SELFTESTS_OPERATIONS_H

#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

#include "helpers.h"

static inline long view_attach(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_attach(view->fd, NULL));
}

static inline long view_detach(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_detach(view->fd));
}

static inline long view_transfer(void *data, long pid)
{
	const struct view *view = data;

	return -errno_of(hand_over(view->fd, pid));
}

static inline long view_transfer_to_member(void *data, long member)
{
	const struct view *view = data;

	return -errno_of(raw_transfer(view->fd, SHMREGION_BY_MEMBER, member, 0,
				      0, NULL));
}

static inline long view_release(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_release(view->fd));
}

/* Tells whether the owner before died: SHMREGION_OUT_OWNER_DIED, or 0. */
static inline long view_acquire(void *data, long deadline_ns)
{
	const struct view *view = data;
	uint32_t flags;
	int ret;

	ret = raw_acquire(view->fd, 0, deadline_ns, &flags, NULL);
	return ret ? -errno : (long)(flags & SHMREGION_OUT_OWNER_DIED);
}

/* Tells all of out_flags. */
static inline long view_try_acquire_flags(void *data, long unused)
{
	const struct view *view = data;
	uint32_t flags;
	int ret;

	(void)unused;
	ret = raw_acquire(view->fd, SHMREGION_ACQUIRE_NOWAIT,
			  SHMREGION_NO_DEADLINE, &flags, NULL);
	return ret ? -errno : (long)flags;
}

/* As view_acquire(), without waiting. */
static inline long view_try_acquire(void *data, long unused)
{
	const long flags = view_try_acquire_flags(data, unused);

	return flags < 0 ? flags : flags & SHMREGION_OUT_OWNER_DIED;
}

static inline long view_publish(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_publish(view->fd));
}

static inline long view_freeze(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_freeze(view->fd));
}

static inline long view_share(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(raw_share(view->fd));
}

static inline long view_unmap(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(munmap(view->memory, view->size));
}

/* Tells the 32 bit member of INFO that is at @member. */
static inline long view_info(void *data, long member)
{
	const struct view *view = data;
	struct shmregion_info info;
	int32_t value;

	if (raw_info(view->fd, &info))
		return -errno;
	memcpy(&value, (const char *)&info + member, sizeof(value));
	return value;
}

#define INFO(member) ((long)offsetof(struct shmregion_info, out_##member))

/* What the state says of owners, without what it says of memory and control. */
static inline long view_owner_state(void *data, long unused)
{
	const long state = view_info(data, INFO(state));

	(void)unused;
	return state < 0 ? state :
			   state & (SHMREGION_STATE_OWNED |
				    SHMREGION_STATE_FROZEN |
				    SHMREGION_STATE_OWNER_DIED);
}

/*
 * Whether INFO says the same as it did: then nothing has changed. Any touch may
 * allocate memory, so that does not count.
 */
static inline bool info_is_still(int fd, const struct shmregion_info *before)
{
	struct shmregion_info now, then = *before;

	if (raw_info(fd, &now))
		return false;
	now.out_allocated = then.out_allocated;
	now.out_state &= ~SHMREGION_STATE_ALLOCATED;
	then.out_state &= ~SHMREGION_STATE_ALLOCATED;
	return !memcmp(&now, &then, sizeof(now));
}

/* The member id of the process that does the step, or 0. */
static inline long view_member(void *data, long unused)
{
	const struct view *view = data;
	struct shmregion_info info;

	(void)unused;
	return raw_info(view->fd, &info) ? -errno : (long)info.out_member;
}

/* A race is run again and again, until it was long, but so often at least. */
#define RACE_LONG_MS 700
#define RACE_ROUNDS_MIN 30
#define RACE_ROUNDS_MAX 1000

/* For TEST_F_TIMEOUT, in seconds: emulation on a busy host is slow. */
#define RACE_TIMEOUT 600

static inline bool enough(int rounds)
{
	static struct timespec begin;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!begin.tv_sec)
		begin = now;
	return rounds >= RACE_ROUNDS_MAX ||
	       (rounds >= RACE_ROUNDS_MIN &&
		(now.tv_sec - begin.tv_sec) * 1000 +
		(now.tv_nsec - begin.tv_nsec) / 1000000 > RACE_LONG_MS);
}

/* Up to 2 to the power of @bits, and as often small as large. */
static inline unsigned int random_of_any_size(unsigned int bits)
{
	static unsigned int seed = 1;

	return rand_r(&seed) % (2U << rand_r(&seed) % bits);
}

static inline void spin(unsigned int loops)
{
	volatile unsigned int i;

	for (i = 0; i < loops; i = i + 1)
		;
}

/*
 * Wait until a thread sleeps in an ioctl: unlike wait_until_asleep(), nothing
 * that it may sleep for on the way there will do.
 */
static inline bool wait_until_in_ioctl(pid_t tid, unsigned int command)
{
	unsigned long seen_command;
	char path[64], line[256];
	ssize_t length;
	int fd, round;
	long call;

	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	for (round = 0; round < 10000000; round++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return false;
		length = read(fd, line, sizeof(line) - 1);
		close(fd);
		if (length <= 0)
			return false;
		line[length] = '\0';
		/* "running", or the number and arguments of what it is in. */
		if (sscanf(line, "%ld %*s %lx", &call, &seen_command) == 2 &&
		    call == SYS_ioctl && seen_command == command)
			return true;
		sched_yield();
	}
	return false;
}

/*
 * A server does these steps on a view of its own: a peer that has exec'd this
 * program, with the handle that it has kept, or one of its threads.
 */

static const peer_step server_steps[] = {
	view_info, view_attach, view_detach, view_try_acquire, view_transfer,
	view_map, view_map_unattached, view_member, view_read, view_write,
};

static inline int serve(struct view *view, int socket)
{
	long call[2], result = 0;

	do {
		if (send(socket, &result, sizeof(result), MSG_NOSIGNAL) < 0 ||
		    recv(socket, call, sizeof(call), 0) != sizeof(call))
			return 0;
		result = server_steps[call[0]](view, call[1]);
	} while (true);
}

static inline long server_finish(int socket)
{
	long result;

	return recv(socket, &result, sizeof(result), 0) == sizeof(result) ?
		       result : -ECHILD;
}

/* A server has told a 0 when it began. */
static inline bool server_runs(int socket)
{
	return server_finish(socket) == 0;
}

static inline long server_do(int socket, peer_step step, long argument)
{
	long call[2] = { 0, argument };

	while (server_steps[call[0]] != step)
		call[0]++;
	if (send(socket, call, sizeof(call), MSG_NOSIGNAL) < 0)
		return -ECHILD;
	return server_finish(socket);
}

/* A test that uses view_exec() ends with TEST_SERVER_MAIN. */

#define SERVER_NAME "server"

static inline long view_exec(void *data, long socket)
{
	const struct view *view = data;
	char args[3][16];

	snprintf(args[0], sizeof(args[0]), "%d", view->fd);
	snprintf(args[1], sizeof(args[1]), "%zu", view->size);
	snprintf(args[2], sizeof(args[2]), "%ld", socket);
	execl("/proc/self/exe", SERVER_NAME, args[0], args[1], args[2], NULL);
	return -errno;
}

static inline long view_keep_over_exec(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return -errno_of(fcntl(view->fd, F_SETFD, 0));
}

static inline int server_main(char **argv)
{
	struct view view = { .fd = atoi(argv[1]), .size = atol(argv[2]) };

	return serve(&view, atoi(argv[3]));
}

#define TEST_SERVER_MAIN						\
	int main(int argc, char **argv)					\
	{								\
		if (!strcmp(argv[0], SERVER_NAME))			\
			return server_main(argv);			\
		return test_harness_run(argc, argv);			\
	}

/* A child in the same address space; vfork() makes one with CLONE_VFORK. */
static inline pid_t start_in_same_memory(int (*function)(void *data),
					 void *data, int flags)
{
	static char stack[KIB(64)] __attribute__((aligned(16)));

	return clone(function, stack + sizeof(stack),
		     CLONE_VM | SIGCHLD | flags, data);
}

static inline int pause_for_ever(void *data)
{
	(void)data;
	return pause();
}

/* Tells the child's pid. */
static inline long step_start_in_same_memory(void *data, long unused)
{
	(void)unused;
	return start_in_same_memory(pause_for_ever, data, 0);
}

#endif /* SELFTESTS_OPERATIONS_H */
