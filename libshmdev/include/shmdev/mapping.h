/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Mappings: memory of a region in the address space. */
#ifndef SHMDEV_MAPPING_H
#define SHMDEV_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_mapping - a piece of a region in the address space
 *
 * Needs neither the region object nor the handle that it was made from. If
 * nobody unmaps it, it stays until the process ends. Until then it counts for
 * the policy, and the tracker lists it.
 */
struct shmdev_mapping;

/**
 * enum shmdev_map_flags - flags of shmdev_region_map()
 * @SHMDEV_MAP_READ: map for reading. Every mapping needs it.
 * @SHMDEV_MAP_WRITE: map for writing too
 */
enum shmdev_map_flags {
	SHMDEV_MAP_READ = 1 << 0,
	SHMDEV_MAP_WRITE = 1 << 1
};

/**
 * shmdev_region_map() - map a part of a region
 * @region: the region
 * @offset: of the first byte, any
 * @length: in bytes
 * @flags: of enum shmdev_map_flags
 *
 * Each call makes a new mapping, at another address. The pages are mapped
 * whole, so the memory next to that part is accessible too. A part that ends with
 * the region is mapped to the end of its capacity, which makes a huge page there
 * cost what one entry costs.
 *
 * Attaches the process where access can be lost later, or memory may be
 * missing. That is always so, except for an UNSAFE region, and for reading a
 * READONLY one by a handle without WRITE, if it has no controller and is fully
 * allocated. The process stays attached even if mmap(2) fails, and after the
 * mapping has ended. Only a process that created a region with a controller, or
 * told shmdev_region_adopt() to trust that controller, has an object to map it
 * by.
 *
 * Return: a mapping for shmdev_mapping_unmap(); NULL on error:
 *
 *  - EOPNOTSUPP: an unknown bit is set in @flags.
 *  - EINVAL: @flags lacks SHMDEV_MAP_READ, @length is 0, or the part ends
 *    beyond the region.
 *  - EOVERFLOW: @offset + @length, or @length with whole pages, cannot be
 *    represented.
 *  - EACCES: SHMDEV_MAP_WRITE is set, and the caller can never write by this
 *    handle.
 *  - EDQUOT: the process would have more mapped than it may, see
 *    <shmdev/policy.h>.
 *  - errors of SHMREGION_IOC_INFO and SHMREGION_IOC_ATTACH
 *  - every other error of mmap(2)
 *
 * Since: 0.1
 */
struct shmdev_mapping *shmdev_region_map(const struct shmdev_region *region,
					 uint64_t offset, uint64_t length,
					 uint32_t flags);

/**
 * shmdev_region_map_fixed() - map a part of a region at an address
 * @region: the region
 * @offset: see shmdev_region_map()
 * @length: see shmdev_region_map()
 * @flags: see shmdev_region_map()
 * @address: where the first byte is to be
 *
 * Replaces nothing that is mapped already, and maps only the pages of that part.
 *
 * Return: a mapping for shmdev_mapping_unmap(), whose shmdev_mapping_data() is
 * @address; NULL on error:
 *
 *  - EINVAL: @address is not as far into its page as @offset is into that of
 *    the region, or is in the first page.
 *  - EEXIST: something is mapped in one of the pages.
 *  - errors of shmdev_region_map()
 *
 * Since: 0.1
 */
struct shmdev_mapping *
shmdev_region_map_fixed(const struct shmdev_region *region, uint64_t offset,
			uint64_t length, uint32_t flags, void *address);

/**
 * shmdev_mapping_data() - the memory, for reading
 * @mapping: the mapping
 *
 * Return: the address of the byte at the offset asked for, valid until the
 * mapping ends; NULL for NULL.
 *
 * Since: 0.1
 */
const void *shmdev_mapping_data(const struct shmdev_mapping *mapping);

/**
 * shmdev_mapping_data_writable() - the memory, for reading and writing
 * @mapping: the mapping
 *
 * Return: as shmdev_mapping_data(); NULL on error:
 *
 *  - EACCES: the mapping was made without SHMDEV_MAP_WRITE.
 *
 * Since: 0.1
 */
void *shmdev_mapping_data_writable(const struct shmdev_mapping *mapping);

/**
 * shmdev_mapping_size() - length in bytes, exactly as asked for
 * @mapping: the mapping
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_mapping_size(const struct shmdev_mapping *mapping);

/**
 * shmdev_mapping_mapped_size() - address space in use
 * @mapping: the mapping
 *
 * Return: size in bytes of the pages that hold the mapping; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_mapping_mapped_size(const struct shmdev_mapping *mapping);

/**
 * shmdev_mapping_guid() - identity of the region behind the memory
 * @mapping: the mapping
 *
 * Return: SHMREGION_GUID_SIZE bytes that live as long as the object; NULL for
 * NULL.
 *
 * Since: 0.1
 */
const uint8_t *shmdev_mapping_guid(const struct shmdev_mapping *mapping);

/**
 * shmdev_mapping_unmap() - unmap the memory and free the object
 * @mapping: the mapping, or NULL
 *
 * Return: 0; -1 on error, with the errors of munmap(2), for example EPERM when
 * the memory was sealed by mseal(2). Memory and object are as before then.
 *
 * Since: 0.1
 */
int shmdev_mapping_unmap(struct shmdev_mapping *mapping);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_MAPPING_H */
