// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A zygote: a process that prepares what its children need, and forks them. What it
 * has mapped for reading they read at once. What one process owns is not inherited:
 * memory of a WRITABLE region is not there in a child, whose own the child makes.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define CHILDREN	3

static int be_child(int number, const char *resources, const char *private)
{
	struct shmdev_writable_region *own;
	struct shmdev_writable_mapping *mapping;

	/* The zygote's mapping, whose object the child leaves alone. */
	if (strcmp(resources, "fonts, icons"))
		errx(1, "child %d: no resources", number);
	if (access(private, F_OK) == 0 || errno != EFAULT)
		errx(1, "child %d: the zygote's own memory can be read", number);
	own = shmdev_writable_region_create(100, 0, "child");
	mapping = shmdev_writable_region_map(own);
	if (!mapping)
		err(1, "child %d", number);
	strcpy(shmdev_writable_mapping_data(mapping), resources);
	shmdev_writable_mapping_unmap(mapping);
	shmdev_writable_region_free(own);
	return 0;
}

int main(void)
{
	struct shmdev_readonly_region *shared;
	struct shmdev_writable_region *own;
	struct shmdev_writable_mapping *pen, *mine;
	struct shmdev_readonly_mapping *page;
	int i, status, failed = 0;

	/* All of its memory is allocated, so a child needs no consent to read it. */
	if (shmdev_readonly_region_create(4096, SHMREGION_CREATE_POPULATE, "zygote", &shared, &pen))
		err(1, "create");
	strcpy(shmdev_writable_mapping_data(pen), "fonts, icons");
	page = shmdev_readonly_region_map(shared);
	own = shmdev_writable_region_create(4096, 0, "zygote");
	mine = shmdev_writable_region_map(own);
	if (!page || !mine)
		err(1, "map");
	strcpy(shmdev_writable_mapping_data(mine), "secret");
	for (i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			_exit(be_child(i, shmdev_readonly_mapping_data(page),
				       shmdev_writable_mapping_data(mine)));
	while (wait(&status) > 0)
		failed |= status;
	printf("%d children read what the zygote prepared\n", CHILDREN);
	return failed != 0;
}
