// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds a region until its input ends, and then shows that the region is as it was
 * and can still be used.
 */
#include <err.h>
#include <shmdev.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT "what nobody changes"

int main(void)
{
	struct shmdev_mapping *mapping;
	struct shmdev_region *region;
	char input;

	region = shmdev_region_create(4096, SHMREGION_MODE_WRITABLE, 0, "holder");
	if (!region)
		err(1, "cannot make a region");
	mapping = shmdev_region_map(region, 0, 4096,
				    SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	if (!mapping)
		err(1, "cannot map it");
	memcpy(shmdev_mapping_data_writable(mapping), TEXT, sizeof(TEXT));
	puts("holds a region");
	fflush(stdout);

	while (read(STDIN_FILENO, &input, 1) > 0)
		;
	if (strcmp(shmdev_mapping_data(mapping), TEXT) != 0)
		errx(1, "the region has changed");
	if (shmdev_region_release(region) < 0 ||
	    shmdev_region_acquire(region, SHMREGION_NO_DEADLINE, NULL) < 0)
		err(1, "cannot acquire it again");
	puts("the region is as it was");
	return 0;
}
