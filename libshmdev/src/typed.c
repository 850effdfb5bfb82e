// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Typed regions and mappings.
 *
 * A typed object is the untyped one behind a pointer of another type, which is
 * never dereferenced. So a type costs nothing, and to change it cannot fail:
 * a conversion has nothing left to do after the kernel has done it.
 */
/* The functions are defined here, not the macros that check their arguments. */
#define SHMDEV_LAX_TYPES
#include "internal.h"

#include <errno.h>

#define RIGHTS_READ	SHMREGION_RIGHT_READ
#define RIGHTS_WRITE	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

#define MAP_READONLY	SHMDEV_MAP_READ
#define MAP_WRITABLE	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)

/*
 * For a type: NAME_base() and NAME_move() of the header; NAME_of(), from the
 * untyped object; and NAME_untyped(), which consumes the typed one.
 */
#define DEFINE_TYPE(name, untyped_name)					\
static inline struct name *name##_of(struct untyped_name *untyped)	\
{									\
	return (struct name *)untyped;					\
}									\
									\
SHMDEV_API const struct untyped_name *name##_base(const struct name *object) \
{									\
	return (const struct untyped_name *)object;			\
}									\
									\
SHMDEV_API struct name *name##_move(struct name **from)			\
{									\
	struct name *object;						\
									\
	if (!from)							\
		return NULL;						\
									\
	object = *from;							\
	*from = NULL;							\
	return object;							\
}									\
									\
static inline struct untyped_name *name##_untyped(struct name **from)	\
{									\
	return (struct untyped_name *)name##_move(from);		\
}

#define DEFINE_REGION(name)						\
DEFINE_TYPE(name, shmdev_region)					\
									\
SHMDEV_API uint64_t name##_size(const struct name *region)		\
{									\
	return shmdev_region_size(name##_base(region));			\
}									\
									\
SHMDEV_API const uint8_t *name##_guid(const struct name *region)	\
{									\
	return shmdev_region_guid(name##_base(region));			\
}									\
									\
SHMDEV_API int name##_fd(const struct name *region)			\
{									\
	return shmdev_region_fd(name##_base(region));			\
}									\
									\
SHMDEV_API void name##_free(struct name *region)			\
{									\
	shmdev_region_free(name##_untyped(&region));			\
}									\
									\
SHMDEV_API int name##_steal_fd(struct name **region)			\
{									\
	return shmdev_region_steal_fd(name##_untyped(region));		\
}

#define DEFINE_MAPPING(name)						\
DEFINE_TYPE(name, shmdev_mapping)					\
									\
SHMDEV_API size_t name##_size(const struct name *mapping)		\
{									\
	return shmdev_mapping_size(name##_base(mapping));		\
}									\
									\
SHMDEV_API size_t name##_mapped_size(const struct name *mapping)	\
{									\
	return shmdev_mapping_mapped_size(name##_base(mapping));	\
}									\
									\
SHMDEV_API const uint8_t *name##_guid(const struct name *mapping)	\
{									\
	return shmdev_mapping_guid(name##_base(mapping));		\
}									\
									\
SHMDEV_API int name##_unmap(struct name *mapping)			\
{									\
	return shmdev_mapping_unmap(name##_untyped(&mapping));		\
}

DEFINE_REGION(shmdev_readonly_region)
DEFINE_REGION(shmdev_writable_region)
DEFINE_REGION(shmdev_unsafe_region)
DEFINE_REGION(shmdev_unsafe_readonly_region)
DEFINE_MAPPING(shmdev_readonly_mapping)
DEFINE_MAPPING(shmdev_writable_mapping)

/*
 * The same region by a handle that has exactly these rights. Frees the region
 * that it does not return; on error it is still there.
 */
static struct shmdev_region *with_rights(struct shmdev_region *region,
					 uint32_t rights)
{
	struct shmdev_region *exact;

	if (shmdev_region_rights(region) == rights)
		return region;

	exact = shmdev_region_duplicate(region, rights);
	if (exact)
		shmdev_region_free(region);

	return exact;
}

static struct shmdev_region *create(uint64_t size, uint32_t mode,
				    uint32_t wanted, uint32_t flags,
				    const char *label)
{
	struct shmdev_region *region, *exact;

	/* The handle that controls it would be closed here. */
	if (flags & SHMREGION_CREATE_CONTROLLED) {
		errno = EINVAL;
		return NULL;
	}

	region = shmdev_create_wanted(size, mode, wanted, flags, label);
	if (!region)
		return NULL;

	exact = with_rights(region, RIGHTS_WRITE);
	if (!exact)
		shmdev_region_free(region);

	return exact;
}

SHMDEV_API struct shmdev_writable_region *
shmdev_writable_region_create(uint64_t size, uint32_t flags, const char *label)
{
	return shmdev_writable_region_of(create(size, SHMREGION_MODE_WRITABLE,
						SHMREGION_MODE_WRITABLE, flags,
						label));
}

SHMDEV_API struct shmdev_unsafe_region *
shmdev_unsafe_region_create(uint64_t size, uint32_t flags, const char *label)
{
	/* Either bit alone: a page now, or at its first touch. */
	if (!(flags & SHMDEV_CREATE_SPARSE)) {
		flags |= SHMREGION_CREATE_POPULATE;
	} else if (flags & SHMREGION_CREATE_POPULATE) {
		errno = EINVAL;
		return NULL;
	}
	flags &= ~(uint32_t)SHMDEV_CREATE_SPARSE;

	return shmdev_unsafe_region_of(create(size, SHMREGION_MODE_UNSAFE,
					      SHMREGION_MODE_UNSAFE, flags,
					      label));
}

SHMDEV_API int
shmdev_readonly_region_create(uint64_t size, uint32_t flags, const char *label,
			      struct shmdev_readonly_region **region,
			      struct shmdev_writable_mapping **mapping)
{
	struct shmdev_writable_region *writable;

	if (region)
		*region = NULL;
	if (mapping)
		*mapping = NULL;
	if (!region || !mapping)
		return shmdev_fail(EINVAL);

	writable = shmdev_writable_region_of(create(size,
						    SHMREGION_MODE_WRITABLE,
						    SHMREGION_MODE_READONLY,
						    flags, label));
	if (!writable)
		return -1;

	*mapping = shmdev_writable_region_map(writable);
	if (!*mapping) {
		shmdev_writable_region_free(writable);
		return -1;
	}

	*region = shmdev_writable_region_publish(&writable);
	if (!*region) {
		int error = errno;

		shmdev_writable_mapping_unmap(*mapping);
		*mapping = NULL;
		shmdev_writable_region_free(writable);
		return shmdev_fail(error);
	}

	return 0;
}

/*
 * What was adopted, by a handle of exactly these rights. On error the handle
 * stays the caller's.
 */
static struct shmdev_region *adopted(struct shmdev_region *region,
				     uint32_t rights)
{
	struct shmdev_region *exact;

	if (!region)
		return NULL;

	exact = with_rights(region, rights);
	if (!exact) {
		int error = errno;

		shmdev_region_steal_fd(region);
		errno = error;
	}

	return exact;
}

SHMDEV_API struct shmdev_readonly_region *
shmdev_readonly_region_adopt(int fd, uint64_t min_size, uint32_t flags)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_READONLY, RIGHTS_READ,
				     min_size, flags);
	return shmdev_readonly_region_of(adopted(region, RIGHTS_READ));
}

SHMDEV_API struct shmdev_writable_region *
shmdev_writable_region_adopt(int fd, uint64_t min_size, uint32_t flags)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_WRITABLE, RIGHTS_WRITE,
				     min_size, flags);
	return shmdev_writable_region_of(adopted(region, RIGHTS_WRITE));
}

SHMDEV_API struct shmdev_writable_region *
shmdev_writable_region_adopt_and_acquire(int fd, uint64_t min_size,
					 uint32_t flags, uint64_t deadline_ns,
					 uint32_t *out_flags)
{
	struct shmdev_region *region, *exact;
	uint32_t acquired = 0;

	region = shmdev_region_adopt_and_acquire(fd, SHMDEV_ADOPT_WRITABLE,
						 min_size, flags, deadline_ns,
						 &acquired);
	if (!region)
		return NULL;

	exact = adopted(region, RIGHTS_WRITE);
	if (!exact)
		shmdev_region_undo_acquire(fd, acquired);
	else if (out_flags)
		*out_flags = acquired;

	return shmdev_writable_region_of(exact);
}

SHMDEV_API struct shmdev_unsafe_region *
shmdev_unsafe_region_adopt(int fd, uint64_t min_size, uint32_t flags)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_UNSAFE, RIGHTS_WRITE,
				     min_size, flags);
	return shmdev_unsafe_region_of(adopted(region, RIGHTS_WRITE));
}

/* What a region is, by a handle of exactly these rights; takes it on success. */
static struct shmdev_region *from_base(struct shmdev_region **region, int mode,
				       uint32_t rights)
{
	struct shmdev_region *exact;
	int is;

	if (!region || !*region) {
		errno = EINVAL;
		return NULL;
	}

	is = shmdev_region_mode(*region);
	if (is != mode) {
		if (is >= 0)
			errno = EINVAL;
		return NULL;
	}
	if (rights & ~shmdev_region_rights(*region)) {
		errno = EACCES;
		return NULL;
	}

	exact = with_rights(*region, rights);
	if (exact)
		*region = NULL;

	return exact;
}

SHMDEV_API struct shmdev_readonly_region *
shmdev_readonly_region_from_base(struct shmdev_region **region)
{
	return shmdev_readonly_region_of(from_base(region,
						   SHMREGION_MODE_READONLY,
						   RIGHTS_READ));
}

SHMDEV_API struct shmdev_writable_region *
shmdev_writable_region_from_base(struct shmdev_region **region)
{
	return shmdev_writable_region_of(from_base(region,
						   SHMREGION_MODE_WRITABLE,
						   RIGHTS_WRITE));
}

SHMDEV_API struct shmdev_unsafe_region *
shmdev_unsafe_region_from_base(struct shmdev_region **region)
{
	return shmdev_unsafe_region_of(from_base(region, SHMREGION_MODE_UNSAFE,
						 RIGHTS_WRITE));
}

SHMDEV_API struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_from_base(struct shmdev_region **region)
{
	return shmdev_unsafe_readonly_region_of(from_base(region,
							  SHMREGION_MODE_UNSAFE,
							  RIGHTS_READ));
}

SHMDEV_API struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_adopt(int fd, uint64_t min_size, uint32_t flags)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(fd, SHMDEV_ADOPT_UNSAFE, RIGHTS_READ,
				     min_size, flags);
	return shmdev_unsafe_readonly_region_of(adopted(region, RIGHTS_READ));
}

SHMDEV_API struct shmdev_readonly_region *
shmdev_readonly_region_duplicate(const struct shmdev_readonly_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return shmdev_readonly_region_of(shmdev_region_duplicate(base,
								 RIGHTS_READ));
}

SHMDEV_API struct shmdev_unsafe_region *
shmdev_unsafe_region_duplicate(const struct shmdev_unsafe_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return shmdev_unsafe_region_of(shmdev_region_duplicate(base,
							       RIGHTS_WRITE));
}

static struct shmdev_unsafe_readonly_region *
duplicate_readonly(const struct shmdev_region *region)
{
	struct shmdev_region *readonly;

	readonly = shmdev_region_duplicate(region, RIGHTS_READ);
	return shmdev_unsafe_readonly_region_of(readonly);
}

SHMDEV_API struct shmdev_unsafe_readonly_region *
shmdev_unsafe_region_duplicate_readonly(const struct shmdev_unsafe_region *region)
{
	return duplicate_readonly(shmdev_base(region));
}

SHMDEV_API struct shmdev_unsafe_readonly_region *
shmdev_unsafe_readonly_region_duplicate(const struct shmdev_unsafe_readonly_region *region)
{
	return duplicate_readonly(shmdev_base(region));
}

/* The new handle is made first: after the conversion nothing can fail. */
static struct shmdev_readonly_region *
convert_to_readonly(struct shmdev_writable_region **from,
		    int (*convert)(const struct shmdev_region *region))
{
	const struct shmdev_region *writable;
	struct shmdev_region *readonly;

	if (!from) {
		errno = EINVAL;
		return NULL;
	}

	writable = shmdev_base(*from);
	readonly = shmdev_region_duplicate(writable, RIGHTS_READ);
	if (!readonly)
		return NULL;
	if (convert(writable) < 0) {
		shmdev_region_free(readonly);
		return NULL;
	}

	shmdev_region_free(shmdev_writable_region_untyped(from));
	return shmdev_readonly_region_of(readonly);
}

SHMDEV_API struct shmdev_readonly_region *
shmdev_writable_region_freeze(struct shmdev_writable_region **region)
{
	return convert_to_readonly(region, shmdev_region_freeze);
}

SHMDEV_API struct shmdev_readonly_region *
shmdev_writable_region_publish(struct shmdev_writable_region **region)
{
	return convert_to_readonly(region, shmdev_region_publish);
}

SHMDEV_API struct shmdev_unsafe_region *
shmdev_writable_region_share(struct shmdev_writable_region **region)
{
	if (!region) {
		errno = EINVAL;
		return NULL;
	}
	if (shmdev_region_share(shmdev_base(*region)) < 0)
		return NULL;

	return shmdev_unsafe_region_of(shmdev_writable_region_untyped(region));
}

SHMDEV_API int
shmdev_readonly_region_frozen(const struct shmdev_readonly_region *region)
{
	struct shmregion_info info;

	if (shmdev_region_info(shmdev_base(region), &info) < 0)
		return -1;

	return !!(info.out_state & SHMREGION_STATE_FROZEN);
}

static struct shmdev_readonly_mapping *
map_readonly(const struct shmdev_region *region, uint64_t offset,
	     uint64_t length, const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;

	mapping = shmdev_region_map_with(region, offset, length, MAP_READONLY,
					 mapper);
	return shmdev_readonly_mapping_of(mapping);
}

/*
 * From a handle that can write: by one that cannot, as mprotect() could make
 * the memory writable otherwise.
 */
static struct shmdev_readonly_mapping *
map_only_readonly(const struct shmdev_region *writable, uint64_t offset,
		  uint64_t length)
{
	struct shmdev_readonly_mapping *mapping;
	struct shmdev_region *readonly;

	readonly = shmdev_region_duplicate(writable, RIGHTS_READ);
	if (!readonly)
		return NULL;

	mapping = map_readonly(readonly, offset, length, NULL);
	shmdev_region_free(readonly);

	return mapping;
}

static struct shmdev_writable_mapping *
map_writable(const struct shmdev_region *region, uint64_t offset,
	     uint64_t length, const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;

	mapping = shmdev_region_map_with(region, offset, length, MAP_WRITABLE,
					 mapper);
	return shmdev_writable_mapping_of(mapping);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_readonly_region_map(const struct shmdev_readonly_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return map_readonly(base, 0, shmdev_region_size(base), NULL);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_readonly_region_map_at(const struct shmdev_readonly_region *region,
			      uint64_t offset, uint64_t length)
{
	return map_readonly(shmdev_base(region), offset, length, NULL);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_readonly_region_map_with(const struct shmdev_readonly_region *region,
				uint64_t offset, uint64_t length,
				const struct shmdev_mapper *mapper)
{
	return map_readonly(shmdev_base(region), offset, length, mapper);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_writable_region_map(const struct shmdev_writable_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return map_writable(base, 0, shmdev_region_size(base), NULL);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_writable_region_map_at(const struct shmdev_writable_region *region,
			      uint64_t offset, uint64_t length)
{
	return map_writable(shmdev_base(region), offset, length, NULL);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_writable_region_map_with(const struct shmdev_writable_region *region,
				uint64_t offset, uint64_t length,
				const struct shmdev_mapper *mapper)
{
	return map_writable(shmdev_base(region), offset, length, mapper);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_writable_region_map_readonly(const struct shmdev_writable_region *region,
				    uint64_t offset, uint64_t length)
{
	return map_only_readonly(shmdev_base(region), offset, length);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_unsafe_region_map(const struct shmdev_unsafe_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return map_writable(base, 0, shmdev_region_size(base), NULL);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_unsafe_region_map_at(const struct shmdev_unsafe_region *region,
			    uint64_t offset, uint64_t length)
{
	return map_writable(shmdev_base(region), offset, length, NULL);
}

SHMDEV_API struct shmdev_writable_mapping *
shmdev_unsafe_region_map_with(const struct shmdev_unsafe_region *region,
			      uint64_t offset, uint64_t length,
			      const struct shmdev_mapper *mapper)
{
	return map_writable(shmdev_base(region), offset, length, mapper);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_unsafe_region_map_readonly(const struct shmdev_unsafe_region *region,
				  uint64_t offset, uint64_t length)
{
	return map_only_readonly(shmdev_base(region), offset, length);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map(const struct shmdev_unsafe_readonly_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);

	return map_readonly(base, 0, shmdev_region_size(base), NULL);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map_at(const struct shmdev_unsafe_readonly_region *region,
				     uint64_t offset, uint64_t length)
{
	return map_readonly(shmdev_base(region), offset, length, NULL);
}

SHMDEV_API struct shmdev_readonly_mapping *
shmdev_unsafe_readonly_region_map_with(const struct shmdev_unsafe_readonly_region *region,
				       uint64_t offset, uint64_t length,
				       const struct shmdev_mapper *mapper)
{
	return map_readonly(shmdev_base(region), offset, length, mapper);
}

SHMDEV_API const void *
shmdev_readonly_mapping_data(const struct shmdev_readonly_mapping *mapping)
{
	return shmdev_mapping_data(shmdev_base(mapping));
}

SHMDEV_API void *
shmdev_writable_mapping_data(const struct shmdev_writable_mapping *mapping)
{
	return shmdev_mapping_data_writable(shmdev_base(mapping));
}

const struct shmdev_writable_region *
shmdev_writable_region_of_base(const struct shmdev_region *region)
{
	return (const struct shmdev_writable_region *)region;
}

const struct shmdev_unsafe_region *
shmdev_unsafe_region_of_base(const struct shmdev_region *region)
{
	return (const struct shmdev_unsafe_region *)region;
}

const struct shmdev_writable_mapping *
shmdev_writable_mapping_of_base(const struct shmdev_mapping *mapping)
{
	return (const struct shmdev_writable_mapping *)mapping;
}
