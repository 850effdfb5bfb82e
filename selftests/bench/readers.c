// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "clock.h"
#include "crowd.h"
#include "pages.h"
#include "readers.h"
#include "way.h"

#define REGIONS 11

static double convert(int fd, int (*operation)(int fd))
{
	uint64_t start = clock_cost(0);

	if (operation(fd))
		die("convert");
	return clock_cost(0) - start;
}

/* A region's way from a private one to a final one, many a time. */
struct readers_cost readers_measure(size_t size, unsigned int readers)
{
	double publish[REGIONS], freeze[REGIONS];
	struct readers_cost cost = { .faults = 0 };
	int dev = shmdev_open(), fd;
	struct crowd crowd;
	unsigned int i;
	void *memory;

	clock_pin(0);
	for (i = 0; i < REGIONS; i++) {
		fd = shmdev_raw_create(dev, size, SHMREGION_MODE_WRITABLE, 0,
				       NULL, NULL);
		if (fd < 0)
			die("create");
		memory = map_memory(fd, size, PROT_READ | PROT_WRITE);
		pages_fill(memory, size, 0);
		crowd_start(&crowd, fd, size, PROT_READ, readers);

		publish[i] = convert(fd, shmdev_raw_publish);
		crowd_read(&crowd);
		freeze[i] = convert(fd, shmdev_raw_freeze);
		cost.faults += crowd_read(&crowd);

		crowd_end(&crowd);
		munmap(memory, size);
		close(fd);
	}
	close(dev);
	cost.publish = figure_of(publish, REGIONS);
	cost.freeze = figure_of(freeze, REGIONS);
	return cost;
}
