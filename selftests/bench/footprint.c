// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counted by the slab allocator itself: the objects in use before and after.
 * What a slab loses at its end is not in it, nor is what the file descriptor
 * table grows by.
 */
#include <linux/membarrier.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "footprint.h"

#define REGIONS 2000

/*
 * What is freed after a grace period of RCU is not gone before that. The kernel
 * does not tell when it has freed it.
 */
static void settle(void)
{
	struct timespec pause = { .tv_nsec = 100000000 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
			die("membarrier");
		nanosleep(&pause, NULL);
	}
}

/* Bytes in use in all slabs. */
static double slab_bytes(void)
{
	unsigned long objects, size;
	double total = 0;
	char line[512];
	FILE *file;

	settle();
	file = fopen("/proc/slabinfo", "r");
	if (!file)
		die("/proc/slabinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %lu %*u %lu", &objects, &size) == 2)
			total += (double)objects * size;
	fclose(file);
	return total;
}

static int create(int dev)
{
	int fd = shmdev_raw_create(dev, 4096, SHMREGION_MODE_WRITABLE, 0, NULL,
				   NULL);

	if (fd < 0)
		die("create");
	return fd;
}

static void allow_files(void)
{
	struct rlimit limit = { REGIONS + 100, REGIONS + 100 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

/* In another process, as the one that created them is attached. */
static void attach_all(const int *fds, double *bytes)
{
	int result[2], status;
	double before;
	unsigned int i;
	pid_t pid;

	if (pipe(result))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		/* The first makes the process known. */
		if (shmdev_raw_attach(fds[0], NULL))
			die("attach");
		before = slab_bytes();
		for (i = 1; i < REGIONS; i++)
			if (shmdev_raw_attach(fds[i], NULL))
				die("attach");
		*bytes = (slab_bytes() - before) / (REGIONS - 1);
		if (write(result[1], bytes, sizeof(*bytes)) != sizeof(*bytes))
			die("write");
		_exit(0);
	}
	if (read(result[0], bytes, sizeof(*bytes)) != sizeof(*bytes) ||
	    waitpid(pid, &status, 0) != pid || status)
		dies("attach", "the other process failed");
	close(result[0]);
	close(result[1]);
}

struct footprint footprint_measure(void)
{
	struct footprint footprint;
	static int fds[REGIONS];
	int dev = shmdev_open();
	double before;
	unsigned int i;

	allow_files();
	for (i = 0; i < REGIONS; i++)
		fds[i] = dup(dev);
	for (i = 0; i < REGIONS; i++)
		close(fds[i]);

	/* The creator is attached to each, which is counted apart. */
	before = slab_bytes();
	for (i = 0; i < REGIONS; i++)
		fds[i] = create(dev);
	footprint.region = (slab_bytes() - before) / REGIONS;
	attach_all(fds, &footprint.attachment);
	footprint.region -= footprint.attachment;

	for (i = 0; i < REGIONS; i++)
		close(fds[i]);
	close(dev);
	return footprint;
}

double footprint_growth(unsigned long regions)
{
	int dev = shmdev_open();
	unsigned long i;
	double before;

	for (i = 0; i < regions / 100; i++)
		close(create(dev));
	before = slab_bytes();
	for (i = 0; i < regions; i++)
		close(create(dev));
	before = slab_bytes() - before;
	close(dev);
	return before;
}
