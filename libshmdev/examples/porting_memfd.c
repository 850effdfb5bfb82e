// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Porting from memfd and seals: each step of a sealed memfd, and its counterpart.
 * Documentation/porting/memfd.rst shows the parts.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shmdev.h>

#define SIZE	4096

/* memfd: create */
static int memfd_make(void)
{
	int fd = memfd_create("data", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		err(1, "memfd");
	return fd;
}
/* memfd: end */

/* region: create */
static struct shmdev_writable_region *region_make(void)
{
	struct shmdev_writable_region *region;

	region = shmdev_writable_region_create(SIZE, SHMREGION_CREATE_POPULATE,
					       "data");
	if (!region)
		err(1, "region");
	return region;
}
/* region: end */

/* memfd: make final */
static void memfd_finish(int fd, void *memory)
{
	/* Unmap everywhere first, or F_SEAL_WRITE fails with EBUSY. */
	if (munmap(memory, SIZE) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		err(1, "seal");
}
/* memfd: final end */

/* region: make final */
static struct shmdev_readonly_region *
region_finish(struct shmdev_writable_region **region)
{
	struct shmdev_readonly_region *final;

	/* Mappings stay. Nobody can write by them any more. */
	final = shmdev_writable_region_freeze(region);
	if (!final)
		err(1, "freeze");
	return final;
}
/* region: final end */

/* memfd: receive */
static const void *memfd_take(int fd)
{
	int want = F_SEAL_SHRINK | F_SEAL_WRITE;
	void *memory;

	/* The sender can have sealed, or not. Ask. */
	if ((fcntl(fd, F_GET_SEALS) & want) != want)
		errx(1, "not sealed: copy it");
	memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}
/* memfd: receive end */

/* region: receive */
static const void *region_take(int fd)
{
	struct shmdev_readonly_region *region;
	struct shmdev_readonly_mapping *mapping;

	region = shmdev_readonly_region_adopt(fd, SIZE, SHMDEV_ADOPT_ALLOCATED);
	if (!region || shmdev_readonly_region_frozen(region) != 1)
		errx(1, "not final: copy it");
	mapping = shmdev_readonly_region_map(region);
	shmdev_readonly_region_free(region);
	return mapping ? shmdev_readonly_mapping_data(mapping) : NULL;
}
/* region: receive end */

int main(void)
{
	struct shmdev_writable_region *region = region_make();
	struct shmdev_writable_mapping *mapping;
	struct shmdev_readonly_region *final;
	int fd = memfd_make();
	void *memory;

	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mapping = shmdev_writable_region_map(region);
	if (memory == MAP_FAILED || !mapping)
		err(1, "map");
	snprintf(memory, SIZE, "final");
	snprintf(shmdev_writable_mapping_data(mapping), SIZE, "final");

	/* A memfd with a writer cannot be sealed. A region can be frozen. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0)
		errx(1, "a memfd with a writer was sealed");
	printf("memfd:  F_SEAL_WRITE with a writer: %s\n", strerror(errno));
	final = region_finish(&region);
	printf("region: freeze with a writer: done\n");

	memfd_finish(fd, memory);
	printf("memfd:  received: %s\n", (const char *)memfd_take(fd));
	fd = shmdev_readonly_region_steal_fd(&final);
	printf("region: received: %s\n", (const char *)region_take(fd));
	shmdev_writable_mapping_unmap(mapping);
	return 0;
}
