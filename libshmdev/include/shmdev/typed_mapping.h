/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Mappings of typed regions. Whether a mapping is for reading only is in its type,
 * too.
 *
 * Mappings need neither the region object nor the handle. The base of a whole
 * region's memory is the start of a page. As shmdev_region_map() says, these
 * functions attach the process where the kernel wants its consent.
 * <shmdev/span.h> gives typed and checked access to the memory.
 */
#ifndef SHMDEV_TYPED_MAPPING_H
#define SHMDEV_TYPED_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/mapper.h>
#include <shmdev/mapping.h>
#include <shmdev/typed.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_readonly_mapping - a mapping that gives pointers to const only
 */
struct shmdev_readonly_mapping;

/**
 * struct shmdev_writable_mapping - a mapping made for writing
 *
 * To write, the process must also be who the mode of the region lets write. It
 * stays a writable mapping when the region is handed over or frozen: then it is
 * a store that raises SIGSEGV.
 */
struct shmdev_writable_mapping;

/*
 * Mapping
 */

/**
 * shmdev_readonly_region_map() - map it all
 * @region: the region
 *
 * Return: a mapping for shmdev_readonly_mapping_unmap(); NULL on error, with
 * the errors of shmdev_region_map().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_readonly_region_map(const struct shmdev_readonly_region *region);

/**
 * shmdev_readonly_region_map_at() - map a part
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * Return: see shmdev_readonly_region_map().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_readonly_region_map_at(const struct shmdev_readonly_region *region,
			      uint64_t offset, uint64_t length);

/**
 * shmdev_readonly_region_map_with() - map a part by a mapper
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 * @mapper: see shmdev_region_map_with()
 *
 * Return: see shmdev_readonly_region_map(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_readonly_region_map_with(const struct shmdev_readonly_region *region,
				uint64_t offset, uint64_t length,
				const struct shmdev_mapper *mapper);

/**
 * shmdev_writable_region_map() - map it all for reading and writing
 * @region: the region
 *
 * A process that does not own the region maps it beforehand and touches it
 * when it owns it.
 *
 * Return: a mapping for shmdev_writable_mapping_unmap(); NULL on error, with
 * the errors of shmdev_region_map(), for example EACCES when another process
 * has published or frozen the region.
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_writable_region_map(const struct shmdev_writable_region *region);

/**
 * shmdev_writable_region_map_at() - map a part for reading and writing
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * Return: see shmdev_writable_region_map().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_writable_region_map_at(const struct shmdev_writable_region *region,
			      uint64_t offset, uint64_t length);

/**
 * shmdev_writable_region_map_with() - map a part by a mapper
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 * @mapper: see shmdev_region_map_with()
 *
 * Return: see shmdev_writable_region_map(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_writable_region_map_with(const struct shmdev_writable_region *region,
				uint64_t offset, uint64_t length,
				const struct shmdev_mapper *mapper);

/**
 * shmdev_writable_region_map_readonly() - map a part for reading only
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * The owner alone can read here, as long as the region is WRITABLE. That memory
 * never becomes writable, not by mprotect() either.
 *
 * Return: a mapping for shmdev_readonly_mapping_unmap(); NULL on error, with
 * the errors of shmdev_region_duplicate() and shmdev_region_map().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_writable_region_map_readonly(const struct shmdev_writable_region *region,
				    uint64_t offset, uint64_t length);

/**
 * shmdev_unsafe_region_map() - map it all for reading and writing
 * @region: the region
 *
 * Return: a mapping for shmdev_writable_mapping_unmap(); NULL on error, with
 * the errors of shmdev_region_map().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_unsafe_region_map(const struct shmdev_unsafe_region *region);

/**
 * shmdev_unsafe_region_map_at() - map a part for reading and writing
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * Return: see shmdev_unsafe_region_map().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_unsafe_region_map_at(const struct shmdev_unsafe_region *region,
			    uint64_t offset, uint64_t length);

/**
 * shmdev_unsafe_region_map_with() - map a part by a mapper
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 * @mapper: see shmdev_region_map_with()
 *
 * Return: see shmdev_unsafe_region_map(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_unsafe_region_map_with(const struct shmdev_unsafe_region *region,
			      uint64_t offset, uint64_t length,
			      const struct shmdev_mapper *mapper);

/**
 * shmdev_unsafe_region_map_readonly() - map a part for reading only
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 *
 * Others can write to it. That memory never becomes writable, not by mprotect()
 * either.
 *
 * Return: see shmdev_writable_region_map_readonly().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_unsafe_region_map_readonly(const struct shmdev_unsafe_region *region,
				  uint64_t offset, uint64_t length);

/*
 * Mappings
 */

/**
 * shmdev_readonly_mapping_data() - the memory
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_data().
 *
 * Since: 0.1
 */
const void *
shmdev_readonly_mapping_data(const struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_writable_mapping_data() - the memory
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_data().
 *
 * Since: 0.1
 */
void *
shmdev_writable_mapping_data(const struct shmdev_writable_mapping *mapping);

/**
 * shmdev_readonly_mapping_size() - length in bytes, exactly as asked for
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_size().
 *
 * Since: 0.1
 */
size_t
shmdev_readonly_mapping_size(const struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_readonly_mapping_mapped_size() - address space in use
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_mapped_size().
 *
 * Since: 0.1
 */
size_t
shmdev_readonly_mapping_mapped_size(const struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_readonly_mapping_guid() - identity of the region behind it
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_readonly_mapping_guid(const struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_writable_mapping_size() - length in bytes, exactly as asked for
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_size().
 *
 * Since: 0.1
 */
size_t
shmdev_writable_mapping_size(const struct shmdev_writable_mapping *mapping);

/**
 * shmdev_writable_mapping_mapped_size() - address space in use
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_mapped_size().
 *
 * Since: 0.1
 */
size_t
shmdev_writable_mapping_mapped_size(const struct shmdev_writable_mapping *mapping);

/**
 * shmdev_writable_mapping_guid() - identity of the region behind it
 * @mapping: the mapping
 *
 * Return: see shmdev_mapping_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_writable_mapping_guid(const struct shmdev_writable_mapping *mapping);

/**
 * shmdev_readonly_mapping_unmap() - unmap the memory and free the object
 * @mapping: the mapping, or NULL
 *
 * Return: see shmdev_mapping_unmap().
 *
 * Since: 0.1
 */
int shmdev_readonly_mapping_unmap(struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_writable_mapping_unmap() - unmap the memory and free the object
 * @mapping: the mapping, or NULL
 *
 * Return: see shmdev_mapping_unmap().
 *
 * Since: 0.1
 */
int shmdev_writable_mapping_unmap(struct shmdev_writable_mapping *mapping);

/**
 * shmdev_readonly_mapping_base() - the same object without its type
 * @mapping: the mapping
 *
 * Return: see shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
const struct shmdev_mapping *
shmdev_readonly_mapping_base(const struct shmdev_readonly_mapping *mapping);

/**
 * shmdev_writable_mapping_base() - the same object without its type
 * @mapping: the mapping
 *
 * Return: see shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
const struct shmdev_mapping *
shmdev_writable_mapping_base(const struct shmdev_writable_mapping *mapping);

/*
 * Moving: the new pointer has the object, the old one is NULL.
 */

/**
 * shmdev_readonly_mapping_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: see shmdev_readonly_region_move().
 *
 * Since: 0.1
 */
struct shmdev_readonly_mapping *
shmdev_readonly_mapping_move(struct shmdev_readonly_mapping **from);

/**
 * shmdev_writable_mapping_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: see shmdev_readonly_region_move().
 *
 * Since: 0.1
 */
struct shmdev_writable_mapping *
shmdev_writable_mapping_move(struct shmdev_writable_mapping **from);

#ifdef __cplusplus
}
#endif

#if !defined(__cplusplus) && !defined(SHMDEV_LAX_TYPES)

#define shmdev_readonly_region_map(region)				\
	(shmdev_readonly_region_map)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_map_at(region, offset, length)		\
	(shmdev_readonly_region_map_at)(				\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region),	\
		offset, length)
#define shmdev_readonly_region_map_with(region, offset, length, mapper)	\
	(shmdev_readonly_region_map_with)(				\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region),	\
		offset, length, mapper)
#define shmdev_writable_region_map(region)				\
	(shmdev_writable_region_map)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region))
#define shmdev_writable_region_map_at(region, offset, length)		\
	(shmdev_writable_region_map_at)(				\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region),	\
		offset, length)
#define shmdev_writable_region_map_with(region, offset, length, mapper)	\
	(shmdev_writable_region_map_with)(				\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region),	\
		offset, length, mapper)
#define shmdev_writable_region_map_readonly(region, offset, length)	\
	(shmdev_writable_region_map_readonly)(				\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region),	\
		offset, length)
#define shmdev_unsafe_region_map(region)				\
	(shmdev_unsafe_region_map)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_map_at(region, offset, length)		\
	(shmdev_unsafe_region_map_at)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region),	\
		offset, length)
#define shmdev_unsafe_region_map_with(region, offset, length, mapper)	\
	(shmdev_unsafe_region_map_with)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region),	\
		offset, length, mapper)
#define shmdev_unsafe_region_map_readonly(region, offset, length)	\
	(shmdev_unsafe_region_map_readonly)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region),	\
		offset, length)
#define shmdev_readonly_mapping_data(mapping)				\
	(shmdev_readonly_mapping_data)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_size(mapping)				\
	(shmdev_readonly_mapping_size)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_mapped_size(mapping)			\
	(shmdev_readonly_mapping_mapped_size)(				\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_guid(mapping)				\
	(shmdev_readonly_mapping_guid)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_base(mapping)				\
	(shmdev_readonly_mapping_base)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_unmap(mapping)				\
	(shmdev_readonly_mapping_unmap)(				\
		SHMDEV_I_EXACT(shmdev_readonly_mapping, mapping))
#define shmdev_readonly_mapping_move(from)				\
	(shmdev_readonly_mapping_move)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_readonly_mapping, from))
#define shmdev_writable_mapping_data(mapping)				\
	(shmdev_writable_mapping_data)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_size(mapping)				\
	(shmdev_writable_mapping_size)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_mapped_size(mapping)			\
	(shmdev_writable_mapping_mapped_size)(				\
		SHMDEV_I_EXACT_CONST(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_guid(mapping)				\
	(shmdev_writable_mapping_guid)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_base(mapping)				\
	(shmdev_writable_mapping_base)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_unmap(mapping)				\
	(shmdev_writable_mapping_unmap)(				\
		SHMDEV_I_EXACT(shmdev_writable_mapping, mapping))
#define shmdev_writable_mapping_move(from)				\
	(shmdev_writable_mapping_move)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_mapping, from))

#endif

#endif /* SHMDEV_TYPED_MAPPING_H */
