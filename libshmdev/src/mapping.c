// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Mapping objects: memory of a region at any byte offset.
 *
 * mmap(2) takes whole pages. The offset is rounded down to one, and the object
 * keeps both the pages (base, mapped_size) and the part asked for (data, size).
 * Where the part ends with the region the pages go on to the end of its capacity,
 * so that a huge page there can be mapped as one.
 *
 * An object is in the account from before its memory is there until after it is
 * gone, so that the sum is never too small.
 */
#include "account.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "a region can be larger than off_t");

struct shmdev_mapping {
	struct account_entry entry;
	struct shmdev_mapper mapper;
	void *base;
	size_t mapped_size;
	void *data;
	size_t size;
	bool writable;
	uid_t observer;
	uint8_t guid[SHMREGION_GUID_SIZE];
};

static int check_part(const struct shmdev_region *region, uint64_t offset,
		      uint64_t length, uint32_t flags)
{
	if (!region)
		return shmdev_fail(EINVAL);
	if (flags & ~(uint32_t)(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE))
		return shmdev_fail(EOPNOTSUPP);
	if (!(flags & SHMDEV_MAP_READ) || !length)
		return shmdev_fail(EINVAL);
	if (length > UINT64_MAX - offset)
		return shmdev_fail(EOVERFLOW);
	if (offset + length > shmdev_region_size(region))
		return shmdev_fail(EINVAL);

	return 0;
}

/* The context is the address, or NULL for any. */
static void *default_map(void *address, int fd, uint64_t offset,
			 size_t length, uint32_t flags)
{
	int fixed = address ? MAP_FIXED_NOREPLACE : 0;
	int prot = PROT_READ;

	if (flags & SHMDEV_MAP_WRITE)
		prot |= PROT_WRITE;

	return mmap(address, length, prot, MAP_SHARED | fixed, fd,
		    (off_t)offset);
}

static int default_unmap(void *context, void *address, size_t length)
{
	(void)context;
	return munmap(address, length);
}

static const struct shmdev_mapper default_mapper = {
	.map = default_map,
	.unmap = default_unmap,
};

/* Sets base, the address of the whole pages. */
static int map_pages(struct shmdev_mapping *mapping, int fd, uint64_t offset,
		     uint64_t page, uint32_t flags)
{
	const struct shmdev_mapper *mapper = &mapping->mapper;
	void *base;

	base = mapper->map(mapper->context, fd, offset, mapping->mapped_size,
			   flags);
	if (!base || base == MAP_FAILED)
		return -1;
	if ((uintptr_t)base % page) {
		mapper->unmap(mapper->context, base, mapping->mapped_size);
		return shmdev_fail(EINVAL);
	}

	mapping->base = base;
	return 0;
}

/*
 * Whether no access can be lost by a change of owner or mode. Only a mode that
 * never changes tells it in advance.
 */
static bool is_ordinary(const struct shmregion_info *info)
{
	return info->out_mode == SHMREGION_MODE_UNSAFE ||
	       (info->out_mode == SHMREGION_MODE_READONLY &&
		!(info->out_rights & SHMREGION_RIGHT_WRITE));
}

/*
 * Attaches where the kernel maps nothing for those who did not agree. That a
 * region has a controller was agreed to when the object was made. Also attaches
 * those who are attached: this handle may have WRITE where the one before had
 * not.
 */
static int give_consent(int fd, const struct shmregion_info *info)
{
	if (is_ordinary(info) &&
	    (info->out_state & SHMREGION_STATE_ALLOCATED) &&
	    !(info->out_state & SHMREGION_STATE_CONTROLLED))
		return 0;

	return shmdev_raw_attach(fd, NULL);
}

/*
 * mincore(2) says that nothing is resident in a mapping that can be taken back,
 * and to others than the region's creator that all is.
 */
static uid_t find_observer(int fd, const struct shmregion_info *info)
{
	struct stat file;

	if (!is_ordinary(info) || fstat(fd, &file) < 0)
		return (uid_t)-1;

	return file.st_uid;
}

uid_t shmdev_mapping_observer(const struct shmdev_mapping *mapping)
{
	return mapping->observer;
}

/* Where the pages of a part end, in the region. */
static uint64_t find_end(const struct shmregion_info *info, uint64_t end,
			 uint64_t page, bool whole)
{
	uint64_t pages = (end + page - 1) / page * page;

	if (whole && end == info->out_region_size && info->out_capacity > pages)
		return info->out_capacity;
	return pages;
}

/* With @whole also what lies behind the end of the region, to its capacity. */
static struct shmdev_mapping *map_part(const struct shmdev_region *region,
				       uint64_t offset, uint64_t length,
				       uint32_t flags, bool whole_capacity,
				       const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;
	struct shmregion_info info;
	uint64_t page, lead, whole;
	int fd;

	if (check_part(region, offset, length, flags) < 0 ||
	    shmdev_region_info(region, &info) < 0)
		return NULL;

	fd = shmdev_region_fd(region);
	page = (uint64_t)sysconf(_SC_PAGESIZE);
	lead = offset % page;
	/* A size is a file's, so a sum with a page is small. */
	whole = find_end(&info, offset + length, page, whole_capacity) -
		(offset - lead);
	if ((size_t)whole != whole) {
		errno = EOVERFLOW;
		return NULL;
	}

	mapping = malloc(sizeof(*mapping));
	if (!mapping)
		return NULL;

	mapping->mapper = *mapper;
	mapping->mapped_size = (size_t)whole;
	mapping->observer = find_observer(fd, &info);
	if (shmdev_account_begin(&mapping->entry, whole) < 0)
		goto err_free_mapping;
	if (give_consent(fd, &info) < 0 ||
	    map_pages(mapping, fd, offset - lead, page, flags) < 0)
		goto err_end_account;

	mapping->writable = flags & SHMDEV_MAP_WRITE;
	mapping->data = (char *)mapping->base + lead;
	mapping->size = (size_t)length;
	memcpy(mapping->guid, shmdev_region_guid(region),
	       sizeof(mapping->guid));
	shmdev_account_show(&mapping->entry, mapping);

	return mapping;

err_end_account:
	shmdev_account_end(&mapping->entry);
err_free_mapping:
	free(mapping);

	return NULL;
}

SHMDEV_API struct shmdev_mapping *
shmdev_region_map_with(const struct shmdev_region *region, uint64_t offset,
		       uint64_t length, uint32_t flags,
		       const struct shmdev_mapper *mapper)
{
	if (!mapper)
		mapper = &default_mapper;
	if (!mapper->map || !mapper->unmap) {
		errno = EINVAL;
		return NULL;
	}

	return map_part(region, offset, length, flags, true, mapper);
}

SHMDEV_API struct shmdev_mapping *
shmdev_region_map(const struct shmdev_region *region, uint64_t offset,
		  uint64_t length, uint32_t flags)
{
	return shmdev_region_map_with(region, offset, length, flags, NULL);
}

SHMDEV_API struct shmdev_mapping *
shmdev_region_map_fixed(const struct shmdev_region *region, uint64_t offset,
			uint64_t length, uint32_t flags, void *address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t lead = (uintptr_t)address % page;
	struct shmdev_mapper mapper = default_mapper;

	if ((uintptr_t)address < page || lead != offset % page) {
		errno = EINVAL;
		return NULL;
	}

	mapper.context = (char *)address - lead;
	/* The caller knows of no room behind what it asks for. */
	return map_part(region, offset, length, flags, false, &mapper);
}

SHMDEV_API const void *shmdev_mapping_data(const struct shmdev_mapping *mapping)
{
	if (!mapping) {
		errno = EINVAL;
		return NULL;
	}

	return mapping->data;
}

SHMDEV_API void *
shmdev_mapping_data_writable(const struct shmdev_mapping *mapping)
{
	if (!mapping || !mapping->writable) {
		errno = mapping ? EACCES : EINVAL;
		return NULL;
	}

	return mapping->data;
}

SHMDEV_API size_t shmdev_mapping_size(const struct shmdev_mapping *mapping)
{
	if (!mapping) {
		errno = EINVAL;
		return 0;
	}

	return mapping->size;
}

SHMDEV_API size_t
shmdev_mapping_mapped_size(const struct shmdev_mapping *mapping)
{
	if (!mapping) {
		errno = EINVAL;
		return 0;
	}

	return mapping->mapped_size;
}

SHMDEV_API const uint8_t *
shmdev_mapping_guid(const struct shmdev_mapping *mapping)
{
	if (!mapping) {
		errno = EINVAL;
		return NULL;
	}

	return mapping->guid;
}

SHMDEV_API int shmdev_mapping_unmap(struct shmdev_mapping *mapping)
{
	const struct shmdev_mapper *mapper;

	if (!mapping)
		return 0;

	mapper = &mapping->mapper;
	shmdev_account_show(&mapping->entry, NULL);
	if (mapper->unmap(mapper->context, mapping->base,
			  mapping->mapped_size) < 0) {
		shmdev_account_show(&mapping->entry, mapping);
		return -1;
	}

	shmdev_account_end(&mapping->entry);
	free(mapping);
	return 0;
}
