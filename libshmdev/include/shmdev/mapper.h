/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Mappers: who puts memory into the address space, if not mmap(2).
 *
 * For a program that has a place of its own for shared memory, or wants to see
 * every mapping. A mapper is code of this process, and is trusted.
 */
#ifndef SHMDEV_MAPPER_H
#define SHMDEV_MAPPER_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/mapping.h>
#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_mapper - two functions that map and unmap
 * @map: map @length bytes of the region behind the handle @fd from @offset on,
 *	shared. Both are multiples of the page size, and @length can end where
 *	the capacity of the region does. @flags are of enum shmdev_map_flags. Returns an
 *	address that is a multiple of the page size; NULL or MAP_FAILED, and
 *	errno, on error. @fd stays the caller's, and can be closed at any time
 *	after the return.
 * @unmap: unmap what @map mapped. Returns 0; -1, and errno, if the memory is
 *	still there.
 * @context: passed to both
 *
 * Both must be able to run in several threads at once.
 */
struct shmdev_mapper {
	void *(*map)(void *context, int fd, uint64_t offset, size_t length,
		     uint32_t flags);
	int (*unmap)(void *context, void *address, size_t length);
	void *context;
};

/**
 * shmdev_region_map_with() - map a part of a region by a mapper
 * @region: the region
 * @offset: see shmdev_region_map()
 * @length: see shmdev_region_map()
 * @flags: see shmdev_region_map()
 * @mapper: the mapper, or NULL for mmap(2)
 *
 * The mapping remembers the mapper by value, and is unmapped by it. @mapper
 * itself is not needed any more; what its context points to is.
 *
 * Return: a mapping for shmdev_mapping_unmap(); NULL on error:
 *
 *  - EINVAL: @mapper lacks a function, or returned an address that is not a
 *    multiple of the page size.
 *  - errors of shmdev_region_map(), where those of @map take the place of those
 *    of mmap(2)
 *
 * Since: 0.1
 */
struct shmdev_mapping *
shmdev_region_map_with(const struct shmdev_region *region, uint64_t offset,
		       uint64_t length, uint32_t flags,
		       const struct shmdev_mapper *mapper);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_MAPPER_H */
