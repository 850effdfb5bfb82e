/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Unsafe regions that the holder of the handle can only read. Others can write to
 * them: what is read can change between two reads.
 *
 * For who observes what many write, and is not to disturb it. The handle lacks
 * WRITE, so nobody to whom it is passed on can write by it either.
 */
#ifndef SHMDEV_UNSAFE_READONLY_H
#define SHMDEV_UNSAFE_READONLY_H

#include <stdint.h>

#include <shmdev/typed.h>
#include <shmdev/typed_mapping.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_unsafe_readonly_region - an UNSAFE region, by a handle to read
 */
struct shmdev_unsafe_readonly_region;

/**
 * shmdev_unsafe_region_duplicate_readonly() - a handle that can only read
 * @region: the region
 *
 * Return: a region for shmdev_unsafe_readonly_region_free(); NULL on error, with
 * the errors of shmdev_region_duplicate().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_readonly_region *
shmdev_unsafe_region_duplicate_readonly(const struct shmdev_unsafe_region *region);

/**
 * shmdev_unsafe_readonly_region_adopt() - verify a file descriptor: UNSAFE?
 * @fd: see shmdev_readonly_region_adopt()
 * @min_size: see shmdev_readonly_region_adopt()
 * @flags: see shmdev_readonly_region_adopt()
 *
 * A handle for writing will do too.
 *
 * Return: a region for shmdev_unsafe_readonly_region_free(); NULL on error, with
 * the errors of shmdev_readonly_region_adopt().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_adopt(int fd, uint64_t min_size, uint32_t flags);

/**
 * shmdev_unsafe_readonly_region_from_base() - give an untyped region its type
 * @region: the region; NULL on success, unchanged on error
 *
 * Return: a region for shmdev_unsafe_readonly_region_free(); NULL on error, with
 * the errors of shmdev_readonly_region_from_base().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_from_base(struct shmdev_region **region);

/**
 * shmdev_unsafe_readonly_region_duplicate() - make another such handle
 * @region: the region
 *
 * Return: a region for shmdev_unsafe_readonly_region_free(); NULL on error, with
 * the errors of shmdev_region_duplicate().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_duplicate(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_free() - close the handle and free the object
 * @region: the region, or NULL
 *
 * Mappings stay. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_unsafe_readonly_region_free(struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_steal_fd() - free the object, keep the handle
 * @region: the region; NULL afterwards
 *
 * Return: see shmdev_readonly_region_steal_fd().
 *
 * Since: 0.1
 */
int shmdev_unsafe_readonly_region_steal_fd(struct shmdev_unsafe_readonly_region **region);

/**
 * shmdev_unsafe_readonly_region_map() - map it all
 * @region: the region
 *
 * Return: see shmdev_readonly_region_map().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_map_at() - map a part
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * Return: see shmdev_readonly_region_map().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map_at(const struct shmdev_unsafe_readonly_region *region,
				     uint64_t offset, uint64_t length);

/**
 * shmdev_unsafe_readonly_region_map_with() - map a part by a mapper
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 * @mapper: see shmdev_region_map_with()
 *
 * Return: see shmdev_readonly_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map_with(const struct shmdev_unsafe_readonly_region *region,
				       uint64_t offset, uint64_t length,
				       const struct shmdev_mapper *mapper);

/**
 * shmdev_unsafe_readonly_region_size() - size in bytes, exactly as created
 * @region: the region
 *
 * Return: see shmdev_region_size().
 *
 * Since: 0.1
 */
uint64_t
shmdev_unsafe_readonly_region_size(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_guid() - the region's identity
 * @region: the region
 *
 * Return: see shmdev_region_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_unsafe_readonly_region_guid(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_fd() - the handle, to pass on
 * @region: the region
 *
 * Return: see shmdev_region_fd().
 *
 * Since: 0.1
 */
int
shmdev_unsafe_readonly_region_fd(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_base() - the same object without its type
 * @region: the region
 *
 * Return: see shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_unsafe_readonly_region_base(const struct shmdev_unsafe_readonly_region *region);

/**
 * shmdev_unsafe_readonly_region_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: see shmdev_readonly_region_move().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_move(struct shmdev_unsafe_readonly_region **from);

#ifdef __cplusplus
}
#endif

#if !defined(__cplusplus) && !defined(SHMDEV_LAX_TYPES)

#define shmdev_unsafe_region_duplicate_readonly(region)			\
	(shmdev_unsafe_region_duplicate_readonly)(			\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_readonly_region_duplicate(region)			\
	(shmdev_unsafe_readonly_region_duplicate)(			\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_size(region)			\
	(shmdev_unsafe_readonly_region_size)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_guid(region)			\
	(shmdev_unsafe_readonly_region_guid)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_fd(region)			\
	(shmdev_unsafe_readonly_region_fd)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_base(region)			\
	(shmdev_unsafe_readonly_region_base)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_free(region)			\
	(shmdev_unsafe_readonly_region_free)(				\
		SHMDEV_I_EXACT(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_steal_fd(region)			\
	(shmdev_unsafe_readonly_region_steal_fd)(			\
		SHMDEV_I_EXACT_PLACE(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_move(from)			\
	(shmdev_unsafe_readonly_region_move)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_unsafe_readonly_region, from))
#define shmdev_unsafe_readonly_region_map(region)			\
	(shmdev_unsafe_readonly_region_map)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region))
#define shmdev_unsafe_readonly_region_map_at(region, offset, length)	\
	(shmdev_unsafe_readonly_region_map_at)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region), \
		offset, length)
#define shmdev_unsafe_readonly_region_map_with(region, offset, length, mapper) \
	(shmdev_unsafe_readonly_region_map_with)(			\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_readonly_region, region), \
		offset, length, mapper)
#define shmdev_unsafe_readonly_region_from_base(region)			\
	(shmdev_unsafe_readonly_region_from_base)(			\
		SHMDEV_I_EXACT_PLACE(shmdev_region, region))

#endif

#endif /* SHMDEV_UNSAFE_READONLY_H */
