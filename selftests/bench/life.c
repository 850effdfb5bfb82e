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
	uint32_t flags;
	/* What is mapped. */
	size_t mapped;
	/* Regions come from a device that stays open. */
	int dev;
};

static int create(const struct life *life)
{
	int fd;

	if (!life->region)
		return create_memfd(life->size, 0);
	fd = shmdev_raw_create(life->dev, life->size, SHMREGION_MODE_WRITABLE,
			       life->flags, NULL, NULL);
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
		memory = map_memory(fd, life->mapped, PROT_READ | PROT_WRITE);
		pages_fill(memory, life->size, 1);
		munmap(memory, life->mapped);
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
		memory = map_memory(fd, life->mapped, PROT_READ | PROT_WRITE);
		start = clock_cost(0);
		pages_fill(memory, life->size, 1);
		cost += clock_cost(0) - start;
		pages_check(memory, life->size, 1);
		munmap(memory, life->mapped);
		close(fd);
	}
	return cost;
}

static struct figure measure(measure_fn what, bool region,
			     const struct bench_size *size)
{
	struct life life = {
		.region = region,
		.size = size->size,
		.flags = size->flags,
		.mapped = size->size,
	};
	struct figure figure;
	int fd;

	clock_pin(0);
	life.dev = shmdev_open();
	if (life.dev < 0)
		die("open /dev/shmregion");
	if (region) {
		fd = create(&life);
		life.mapped = capacity_of(fd);
		close(fd);
	}
	clock_alone(true);
	figure = sample(what, &life);
	clock_alone(false);
	close(life.dev);
	return figure;
}

struct figure life_create_destroy(bool region, const struct bench_size *size)
{
	return measure(create_destroy, region, size);
}

struct figure life_whole(bool region, const struct bench_size *size)
{
	return measure(whole, region, size);
}

struct figure life_first_touch(bool region, const struct bench_size *size)
{
	return measure(first_touch, region, size);
}
