// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Porting from wl_shm pools: a client makes a pool, a compositor maps it. A
 * compositor that has never heard of regions maps it too, and is safe from
 * SIGBUS. Documentation/porting/wl_shm.rst shows the parts.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <shmdev.h>

#define POOL_SIZE	(640 * 480 * 4)

/* client: make a pool */
static int make_pool(void **pixels)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_unsafe_region *region;

	/* All memory is allocated: the compositor's touch cannot fail. */
	region = shmdev_unsafe_region_create(POOL_SIZE, 0, "wl_shm pool");
	mapping = region ? shmdev_unsafe_region_map(region) : NULL;
	if (!mapping)
		err(1, "client: pool");
	*pixels = shmdev_writable_mapping_data(mapping);
	/* For wl_shm_create_pool(shm, fd, POOL_SIZE). */
	return shmdev_unsafe_region_steal_fd(&region);
}
/* client: end */

/* compositor: unaware */
static const void *map_pool(int fd, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);

	return memory == MAP_FAILED ? NULL : memory;
}
/* compositor: unaware end */

/* compositor: aware */
static struct shmdev_readonly_mapping *adopt_pool(int fd, uint64_t size)
{
	struct shmdev_readonly_mapping *mapping = NULL;
	struct shmdev_unsafe_region *region;

	region = shmdev_unsafe_region_adopt(fd, size, SHMDEV_ADOPT_ALLOCATED);
	if (region)
		mapping = shmdev_unsafe_region_map_readonly(region, 0, size);
	/* The handle is not needed any more: it costs no file descriptor. */
	shmdev_unsafe_region_free(region);
	return mapping;
}
/* compositor: aware end */

int main(void)
{
	struct shmdev_readonly_mapping *mapping;
	const uint32_t *seen;
	void *pixels;
	int fd;

	fd = make_pool(&pixels);
	memset(pixels, 0x7f, POOL_SIZE);

	/* What a hostile client does to a file in /dev/shm. */
	if (ftruncate(fd, 0) == 0)
		errx(1, "client: it could truncate the pool");
	printf("client:     ftruncate: %s\n", strerror(errno));

	seen = map_pool(fd, POOL_SIZE);
	if (!seen || seen[POOL_SIZE / 4 - 1] != 0x7f7f7f7f)
		errx(1, "compositor: unaware");
	printf("compositor: unaware, reads %x\n", seen[POOL_SIZE / 4 - 1]);

	mapping = adopt_pool(dup(fd), POOL_SIZE);
	if (!mapping)
		err(1, "compositor: adopt");
	seen = shmdev_readonly_mapping_data(mapping);
	printf("compositor: aware, reads %x\n", seen[0]);
	if (adopt_pool(dup(fd), POOL_SIZE + 4096) || errno != ERANGE)
		errx(1, "compositor: a pool that is too small");
	printf("compositor: a size that is a lie: %s\n", strerror(errno));
	return seen[0] != 0x7f7f7f7f;
}
