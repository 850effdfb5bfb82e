// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "clock.h"
#include "life.h"
#include "pages.h"
#include "way.h"

struct life {
	bool region;
	size_t size;
	/* Regions come from a device that stays open. */
	int dev;
};

static int create(const struct life *life)
{
	int fd;

	if (!life->region)
		return create_memfd(life->size, 0);
	fd = shmdev_raw_create(life->dev, life->size, SHMREGION_MODE_WRITABLE,
			       0, NULL, NULL);
	if (fd < 0)
		die("create");
	return fd;
}

static uint64_t create_destroy(void *context, unsigned int times)
{
	uint64_t start = clock_cost(0);

	while (times--)
		close(create(context));
	return clock_cost(0) - start;
}

static uint64_t whole(void *context, unsigned int times)
{
	const struct life *life = context;
	uint64_t start = clock_cost(0);
	void *memory;
	int fd;

	while (times--) {
		fd = create(life);
		memory = map_memory(fd, life->size, PROT_READ | PROT_WRITE);
		pages_fill(memory, life->size, 1);
		munmap(memory, life->size);
		close(fd);
	}
	return clock_cost(0) - start;
}

static uint64_t first_touch(void *context, unsigned int times)
{
	const struct life *life = context;
	uint64_t cost = 0, start;
	void *memory;
	int fd;

	while (times--) {
		fd = create(life);
		memory = map_memory(fd, life->size, PROT_READ | PROT_WRITE);
		start = clock_cost(0);
		pages_fill(memory, life->size, 1);
		cost += clock_cost(0) - start;
		pages_check(memory, life->size, 1);
		munmap(memory, life->size);
		close(fd);
	}
	return cost;
}

static struct figure measure(measure_fn what, bool region, size_t size)
{
	struct life life = { .region = region, .size = size };
	struct figure figure;

	clock_pin(0);
	life.dev = shmdev_open();
	if (life.dev < 0)
		die("open /dev/shmregion");
	clock_alone(true);
	figure = sample(what, &life);
	clock_alone(false);
	close(life.dev);
	return figure;
}

struct figure life_create_destroy(bool region, size_t size)
{
	return measure(create_destroy, region, size);
}

struct figure life_whole(bool region, size_t size)
{
	return measure(whole, region, size);
}

struct figure life_first_touch(bool region, size_t size)
{
	return measure(first_touch, region, size);
}
