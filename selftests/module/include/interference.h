/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share that show that nobody can hang or slow others (G16): a
 * cgroup for whoever hardly runs or hardly has memory, and how long anything may
 * take.
 */
#ifndef SELFTESTS_INTERFERENCE_H
#define SELFTESTS_INTERFERENCE_H

#include <sys/stat.h>
#include <time.h>

#include "helpers.h"

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-interference"

/* A thousandth of each second, and how long a call of others may take. */
#define QUOTA "1000 1000000"
#define BOUND_MS (3 * 1000)

/* Emulation on a busy host is slow, and so is a second of the guest. */
#define SLOW 4

#define TIMEOUT 600

static inline bool cgroup_has(const char *file)
{
	write_text(CGROUPS "/cgroup.subtree_control", "+cpu");
	write_text(CGROUPS "/cgroup.subtree_control", "+memory");
	mkdir(CGROUP, 0755);
	return !access(file, F_OK);
}

static inline bool cgroup_add(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_text(CGROUP "/cgroup.procs", text);
}

static inline long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline long now_ms(void)
{
	return now_us() / 1000;
}

/* Tell how long a call takes, and that it is not too long. */
#define EXPECT_SOON(expected, call)					\
do {									\
	long begin_ms = now_ms();					\
	EXPECT_EQ(expected, call);					\
	begin_ms = now_ms() - begin_ms;					\
	TH_LOG("%s: %ld ms", #call, begin_ms);				\
	EXPECT_GT(SLOW * BOUND_MS, begin_ms);				\
} while (0)

#endif /* SELFTESTS_INTERFERENCE_H */
