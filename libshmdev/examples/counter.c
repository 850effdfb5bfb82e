// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* A counter of four processes that survives kill -9 of whoever is changing it. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define WORKERS	4
#define KILLS	20

/* While busy is not 0 a change is half done, and the old value holds. */
struct counter { uint64_t busy, old, value, mirror; };

static void add(const struct shmdev_region *region, volatile struct counter *c)
{
	if (shmdev_region_acquire(region, SHMREGION_NO_DEADLINE, NULL) < 0)
		err(1, "acquire");
	if (c->busy) {
		c->mirror = c->old;
		c->value = c->old;
	}
	if (c->value != c->mirror)
		errx(1, "a change was half done");
	c->old = c->value;
	c->busy = 1;
	c->value++;
	c->mirror++;
	c->busy = 0;
	if (shmdev_region_release(region) < 0)
		err(1, "release");
}

int main(void)
{
	struct shmdev_region *region = shmdev_region_create(
		sizeof(struct counter), SHMREGION_MODE_WRITABLE, 0, "counter");
	volatile struct counter *counter;
	int i, pids[WORKERS];

	if (!region || shmdev_region_release(region) < 0)
		err(1, "create");
	for (i = 0; i < WORKERS + KILLS; i++) {
		/* Each maps it; a mapping is not inherited. */
		if (i >= WORKERS && (usleep(10000), kill(pids[i % WORKERS], SIGKILL)))
			err(1, "kill");
		pids[i % WORKERS] = fork();
		counter = shmdev_mapping_data_writable(shmdev_region_map(region, 0,
			sizeof(*counter), SHMDEV_MAP_READ | SHMDEV_MAP_WRITE));
		while (counter && pids[i % WORKERS] == 0)
			add(region, counter);
	}
	for (i = 0; i < WORKERS; i++)
		kill(pids[i], SIGKILL);
	add(region, counter);
	return printf("%d processes killed, no change lost in half\n", KILLS + WORKERS) < 0;
}
