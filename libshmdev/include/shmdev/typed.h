/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Typed regions: one C type for each mode, so that an operation that a mode
 * does not have does not compile.
 *
 * =========================  ===========  ============  ======================
 * type                       handle has   maps as       other operations
 * =========================  ===========  ============  ======================
 * shmdev_writable_region     READ, WRITE  writable      freeze, publish, share
 * shmdev_readonly_region     READ         read-only     duplicate
 * shmdev_unsafe_region       READ, WRITE  writable      duplicate
 * =========================  ===========  ============  ======================
 *
 * A handle has exactly the rights in the table, whatever rights the one had
 * that it was made from. It can be passed on as it is, and never has CONTROL. A
 * region that is created here has no controller. A controller makes the region
 * with shmdev_region_create(), keeps that object, and adopts what
 * shmdev_region_duplicate() makes of it, by SHMDEV_ADOPT_TRUST_CONTROLLER.
 *
 * READONLY and UNSAFE are for ever, so these two types are facts. A WRITABLE
 * region can be converted by its owner, which may be another process: its type
 * says what the mode was when the object was made. It cannot change under a
 * process that owns the region. Where it has changed, conversions fail with
 * EINVAL or EPERM, and to adopt the stolen fd again gives the right type.
 *
 * shmdev_base() leads to the layers below: ownership, size, GUID, label and
 * info are the same for all types. To hand a writable region over, release it
 * and send its handle (<shmdev/handle.h>); the receiver calls
 * shmdev_writable_region_adopt_and_acquire(). To a process that attached and told
 * its member id, shmdev_region_transfer() hands it over with no moment in which
 * somebody else can take it.
 *
 * The empty object is NULL. Functions that take the address of a pointer
 * consume the object: the pointer is NULL afterwards, even if the call fails.
 * A conversion that fails closes the handle, but leaves mode and owner as they
 * were. To try again, to freeze a published region or to hand on the right to
 * write to it, make a duplicate of the base with WRITE beforehand.
 */
#ifndef SHMDEV_TYPED_H
#define SHMDEV_TYPED_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/mapper.h>
#include <shmdev/mapping.h>
#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Some compilers only warn of a wrong pointer type. After this header it is an
 * error, unless SHMDEV_LAX_TYPES is defined.
 */
#if !defined(__cplusplus) && !defined(SHMDEV_LAX_TYPES)
#if defined(__clang__)
#pragma clang diagnostic error "-Wincompatible-pointer-types"
#pragma clang diagnostic error "-Wincompatible-pointer-types-discards-qualifiers"
#elif defined(__GNUC__)
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#pragma GCC diagnostic error "-Wdiscarded-qualifiers"
#endif
#endif

/**
 * struct shmdev_readonly_region - a READONLY region
 *
 * Everybody reads. There may be one writer until the region is frozen.
 */
struct shmdev_readonly_region;

/**
 * struct shmdev_writable_region - a WRITABLE region
 *
 * Only its owner reads and writes. It has no duplicate, as it has one owner.
 */
struct shmdev_writable_region;

/**
 * struct shmdev_unsafe_region - an UNSAFE region
 *
 * Everybody reads and writes.
 */
struct shmdev_unsafe_region;

/**
 * struct shmdev_readonly_mapping - a mapping that gives pointers to const only
 */
struct shmdev_readonly_mapping;

/**
 * struct shmdev_writable_mapping - a mapping made for writing
 *
 * To write, the process must also be one that the mode of the region lets
 * write. It stays a writable mapping when the region is handed over or frozen:
 * a store raises SIGSEGV then.
 */
struct shmdev_writable_mapping;

/*
 * Creating and adopting regions
 */

/**
 * enum shmdev_create_flags - flags for unsafe regions, besides
 *	enum shmregion_create_flags
 * @SHMDEV_CREATE_SPARSE: do not allocate all pages now
 */
enum shmdev_create_flags {
	SHMDEV_CREATE_SPARSE = 1 << 30
};

/**
 * shmdev_writable_region_create() - create a region that the caller owns
 * @size: size of the region in bytes
 * @flags: SHMREGION_CREATE_POPULATE, SHMREGION_CREATE_HUGE, both or 0
 * @label: see shmdev_region_create()
 *
 * Return: a region for shmdev_writable_region_free(); NULL on error, with the
 * errors of shmdev_region_create() and shmdev_region_duplicate() and:
 *
 *  - EINVAL: @flags has SHMREGION_CREATE_CONTROLLED: nobody would have CONTROL.
 *
 * Since: 0.1
 */
struct shmdev_writable_region *
shmdev_writable_region_create(uint64_t size, uint32_t flags, const char *label);

/**
 * shmdev_unsafe_region_create() - create a region that everybody may write to
 * @size: size of the region in bytes
 * @flags: 0 or SHMDEV_CREATE_SPARSE
 * @label: see shmdev_region_create()
 *
 * Allocates all pages. So every process can map the region without attaching,
 * even one that does not know what a region is, and no touch fails for want of
 * memory. With SHMDEV_CREATE_SPARSE a page is allocated at its first touch, and
 * a process has to attach until all are.
 *
 * Return: a region for shmdev_unsafe_region_free(); NULL on error, with the
 * errors of shmdev_writable_region_create() and:
 *
 *  - ENOMEM: no memory for all pages.
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_unsafe_region_create(uint64_t size, uint32_t flags, const char *label);

/**
 * shmdev_readonly_region_create() - create a region that only the caller writes
 * @size: size of the region in bytes
 * @flags: as for shmdev_writable_region_create(). SHMREGION_CREATE_POPULATE lets
 *	processes that do not attach map the region.
 * @label: see shmdev_region_create()
 * @region: the region, for shmdev_readonly_region_free()
 * @mapping: the only mapping for writing that there will ever be, of the whole
 *	region, for shmdev_writable_mapping_unmap()
 *
 * On error both are NULL, and no region is left. On success no handle for
 * writing is left: when the caller ends, nobody can write again.
 *
 * Return: 0; -1 on error, with the errors of shmdev_writable_region_create(),
 * shmdev_region_map() and shmdev_writable_region_publish().
 *
 * Since: 0.1
 */
int shmdev_readonly_region_create(uint64_t size, uint32_t flags,
				  const char *label,
				  struct shmdev_readonly_region **region,
				  struct shmdev_writable_mapping **mapping);

/**
 * shmdev_readonly_region_adopt() - adopt a READONLY region
 * @fd: what claims to be a handle, received from any process
 * @min_size: size in bytes that the region must have at least
 * @flags: of enum shmdev_adopt_flags
 *
 * Believes only the kernel, as shmdev_region_adopt() does. Accepts a handle for
 * writing too. On success @fd belongs to the library, which may have closed it;
 * on error it stays the caller's. A READONLY region can still have a writer:
 * ask shmdev_readonly_region_frozen().
 *
 * Return: a region for shmdev_readonly_region_free(); NULL on error:
 *
 *  - EINVAL: the mode is another one.
 *  - ERANGE: the region is smaller than @min_size.
 *  - EPERM: it has a controller, without SHMDEV_ADOPT_TRUST_CONTROLLER.
 *  - ENOSPC: not all memory is allocated, with SHMDEV_ADOPT_ALLOCATED.
 *  - every other error of shmdev_region_adopt() and shmdev_region_duplicate()
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_readonly_region_adopt(int fd, uint64_t min_size, uint32_t flags);

/**
 * shmdev_writable_region_adopt() - adopt a WRITABLE region
 * @fd: see shmdev_readonly_region_adopt()
 * @min_size: see shmdev_readonly_region_adopt()
 * @flags: see shmdev_readonly_region_adopt()
 *
 * Does not make the caller the owner: acquire the region, or attach and let its
 * owner transfer it.
 *
 * Return: a region for shmdev_writable_region_free(); NULL on error:
 *
 *  - EACCES: the handle lacks WRITE.
 *  - every other error of shmdev_readonly_region_adopt()
 *
 * Since: 0.1
 */
struct shmdev_writable_region *
shmdev_writable_region_adopt(int fd, uint64_t min_size, uint32_t flags);

/**
 * shmdev_writable_region_adopt_and_acquire() - adopt it and become its owner
 * @fd: see shmdev_readonly_region_adopt()
 * @min_size: see shmdev_readonly_region_adopt()
 * @flags: see shmdev_readonly_region_adopt()
 * @deadline_ns: see shmdev_region_adopt_and_acquire()
 * @out_flags: see shmdev_region_adopt_and_acquire()
 *
 * When it returns, the region is WRITABLE and the caller owns it: nobody else
 * can read, write or take it, or change its mode, unless the caller trusted a
 * controller.
 *
 * Return: a region for shmdev_writable_region_free(); NULL on error, with the
 * errors of shmdev_region_adopt_and_acquire() and shmdev_region_duplicate().
 *
 * Since: 0.1
 */
struct shmdev_writable_region *
shmdev_writable_region_adopt_and_acquire(int fd, uint64_t min_size,
					 uint32_t flags, uint64_t deadline_ns,
					 uint32_t *out_flags);

/**
 * shmdev_unsafe_region_adopt() - adopt an UNSAFE region
 * @fd: see shmdev_readonly_region_adopt()
 * @min_size: see shmdev_readonly_region_adopt()
 * @flags: see shmdev_readonly_region_adopt()
 *
 * Return: a region for shmdev_unsafe_region_free(); NULL on error, with the
 * errors of shmdev_writable_region_adopt().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_unsafe_region_adopt(int fd, uint64_t min_size, uint32_t flags);

/**
 * shmdev_readonly_region_duplicate() - make another handle of the same kind
 * @region: the region
 *
 * Return: a region for shmdev_readonly_region_free(); NULL on error, with the
 * errors of shmdev_region_duplicate().
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_readonly_region_duplicate(const struct shmdev_readonly_region *region);

/**
 * shmdev_unsafe_region_duplicate() - make another handle of the same kind
 * @region: the region
 *
 * Return: a region for shmdev_unsafe_region_free(); NULL on error, with the
 * errors of shmdev_region_duplicate().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_unsafe_region_duplicate(const struct shmdev_unsafe_region *region);

/*
 * Ending the object
 */

/**
 * shmdev_readonly_region_free() - close the handle and free the object
 * @region: the region, or NULL
 *
 * Mappings stay. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_readonly_region_free(struct shmdev_readonly_region *region);

/**
 * shmdev_writable_region_free() - close the handle and free the object
 * @region: the region, or NULL
 *
 * Mappings stay, and so does ownership. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_writable_region_free(struct shmdev_writable_region *region);

/**
 * shmdev_unsafe_region_free() - close the handle and free the object
 * @region: the region, or NULL
 *
 * Mappings stay. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_unsafe_region_free(struct shmdev_unsafe_region *region);

/**
 * shmdev_readonly_region_steal_fd() - free the object and keep the handle
 * @region: the region; NULL afterwards
 *
 * Return: the handle, which the caller must close; -1 for an empty object.
 *
 * Since: 0.1
 */
int shmdev_readonly_region_steal_fd(struct shmdev_readonly_region **region);

/**
 * shmdev_writable_region_steal_fd() - free the object and keep the handle
 * @region: the region; NULL afterwards
 *
 * Does not change the owner.
 *
 * Return: see shmdev_readonly_region_steal_fd().
 *
 * Since: 0.1
 */
int shmdev_writable_region_steal_fd(struct shmdev_writable_region **region);

/**
 * shmdev_unsafe_region_steal_fd() - free the object and keep the handle
 * @region: the region; NULL afterwards
 *
 * Return: see shmdev_readonly_region_steal_fd().
 *
 * Since: 0.1
 */
int shmdev_unsafe_region_steal_fd(struct shmdev_unsafe_region **region);

/*
 * Conversions, one way and for ever
 */

/**
 * shmdev_writable_region_freeze() - make it read-only, with no writer left
 * @region: the region, which the caller owns; NULL afterwards
 *
 * Mappings for writing stay, but can only read now, in every process: when the
 * call returns, the content can never change again. A region that was published
 * meanwhile can be frozen too.
 *
 * Return: a region for shmdev_readonly_region_free(); NULL on error, with the
 * errors of shmdev_region_duplicate() and SHMREGION_IOC_FREEZE.
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_writable_region_freeze(struct shmdev_writable_region **region);

/**
 * shmdev_writable_region_publish() - make it read-only, the caller writes
 * @region: the region, which the caller owns; NULL afterwards
 *
 * The caller goes on writing by the mappings that it has. The new handle cannot
 * make another one.
 *
 * Return: a region for shmdev_readonly_region_free(); NULL on error, with the
 * errors of shmdev_region_duplicate() and SHMREGION_IOC_PUBLISH.
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_writable_region_publish(struct shmdev_writable_region **region);

/**
 * shmdev_writable_region_share() - make it unsafe
 * @region: the region, which the caller owns; NULL afterwards
 *
 * Return: a region for shmdev_unsafe_region_free(); NULL on error, with the
 * errors of SHMREGION_IOC_SHARE.
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_writable_region_share(struct shmdev_writable_region **region);

/**
 * shmdev_readonly_region_frozen() - is the content final?
 * @region: the region
 *
 * Return: 1, for ever; 0 when there is or can be a writer, until somebody
 * freezes it; -1 on error, with the errors of SHMREGION_IOC_INFO.
 *
 * Since: 0.1
 */
int shmdev_readonly_region_frozen(const struct shmdev_readonly_region *region);

/*
 * Mapping
 *
 * Mappings need neither the region object nor the handle. The base of a whole
 * region's memory is the start of a page. As shmdev_region_map() says, these
 * functions attach the process where the kernel wants its consent.
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
 * A process that does not own the region can map it beforehand, and touch it
 * once it owns it.
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
 * Only the owner can read here, as long as the region is WRITABLE. That memory
 * never becomes writable, not by mprotect(2) either.
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
 * Mappings. <shmdev/span.h> gives typed and checked access to them.
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

/*
 * The layers below
 */

/**
 * shmdev_readonly_region_base() - the same object without its type
 * @region: the region
 *
 * Return: the object, which still belongs to the caller in its own type; NULL
 * for NULL.
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_readonly_region_base(const struct shmdev_readonly_region *region);

/**
 * shmdev_writable_region_base() - the same object without its type
 * @region: the region
 *
 * Return: see shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_writable_region_base(const struct shmdev_writable_region *region);

/**
 * shmdev_unsafe_region_base() - the same object without its type
 * @region: the region
 *
 * Return: see shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_unsafe_region_base(const struct shmdev_unsafe_region *region);

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

#ifndef __cplusplus
/**
 * shmdev_base() - the same object without its type
 * @object: a typed region or mapping
 *
 * Return: const struct shmdev_region * or const struct shmdev_mapping *; see
 * shmdev_readonly_region_base().
 *
 * Since: 0.1
 */
#define shmdev_base(object)						\
	_Generic((object),						\
		 struct shmdev_readonly_region *:			\
			shmdev_readonly_region_base,			\
		 const struct shmdev_readonly_region *:			\
			shmdev_readonly_region_base,			\
		 struct shmdev_writable_region *:			\
			shmdev_writable_region_base,			\
		 const struct shmdev_writable_region *:			\
			shmdev_writable_region_base,			\
		 struct shmdev_unsafe_region *:				\
			shmdev_unsafe_region_base,			\
		 const struct shmdev_unsafe_region *:			\
			shmdev_unsafe_region_base,			\
		 struct shmdev_readonly_mapping *:			\
			shmdev_readonly_mapping_base,			\
		 const struct shmdev_readonly_mapping *:		\
			shmdev_readonly_mapping_base,			\
		 struct shmdev_writable_mapping *:			\
			shmdev_writable_mapping_base,			\
		 const struct shmdev_writable_mapping *:		\
			shmdev_writable_mapping_base)(object)
#endif

/*
 * Moving: the new pointer has the object, the old one is NULL.
 */

/**
 * shmdev_readonly_region_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: the object; NULL for an empty one, which is not an error, or for
 * NULL.
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_readonly_region_move(struct shmdev_readonly_region **from);

/**
 * shmdev_writable_region_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: see shmdev_readonly_region_move().
 *
 * Since: 0.1
 */
struct shmdev_writable_region *
shmdev_writable_region_move(struct shmdev_writable_region **from);

/**
 * shmdev_unsafe_region_move() - take the object out of a variable
 * @from: the variable; NULL afterwards
 *
 * Return: see shmdev_readonly_region_move().
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_unsafe_region_move(struct shmdev_unsafe_region **from);

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

#endif /* SHMDEV_TYPED_H */
