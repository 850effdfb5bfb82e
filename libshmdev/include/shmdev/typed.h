/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Typed regions: one C type for each mode, so that an operation that a mode
 * does not have does not compile.
 *
 * =============================  ===========  =========  ======================
 * type                           handle has   maps as    other operations
 * =============================  ===========  =========  ======================
 * shmdev_writable_region         READ, WRITE  writable   freeze, publish, share
 * shmdev_readonly_region         READ         read-only  duplicate
 * shmdev_unsafe_region           READ, WRITE  writable   duplicate
 * shmdev_unsafe_readonly_region  READ         read-only  duplicate
 * =============================  ===========  =========  ======================
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
 * <shmdev/unsafe_readonly.h> has the last type, and <shmdev/typed_mapping.h> maps
 * all of them.
 *
 * The empty object is NULL. Functions that take the address of a pointer consume
 * the object when they succeed: the pointer is NULL then. When they fail, object
 * and pointer are as they were, so the call can be made again. To freeze
 * what is published, or to hand on the right to write to it, make a duplicate of the
 * base with WRITE beforehand.
 *
 * In C the functions are also macros, which take an object of the right type
 * alone: another one is an error with every compiler. Whether a result is
 * assigned to the right type is checked by -Werror=incompatible-pointer-types,
 * which newer compilers have by default. A program that defines SHMDEV_LAX_TYPES
 * has no such macros.
 */
#ifndef SHMDEV_TYPED_H
#define SHMDEV_TYPED_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
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
 * shmdev_readonly_region_from_base() - give an untyped region its type
 * @region: the region; NULL on success, unchanged on error
 *
 * As to steal its handle and to adopt that, in one call. A controller of the
 * region was agreed to when the object was made. The new object has no CONTROL:
 * a controller gives the type to a duplicate.
 *
 * Return: a region for shmdev_readonly_region_free(); NULL on error:
 *
 *  - EINVAL: the region is not READONLY.
 *  - errors of SHMREGION_IOC_INFO and shmdev_region_duplicate()
 *
 * Since: 0.1
 */
struct shmdev_readonly_region *
shmdev_readonly_region_from_base(struct shmdev_region **region);

/**
 * shmdev_writable_region_from_base() - give an untyped region its type
 * @region: the region; NULL on success, unchanged on error
 *
 * Return: a region for shmdev_writable_region_free(); NULL on error:
 *
 *  - EINVAL: the region is not WRITABLE.
 *  - EACCES: the handle lacks WRITE.
 *  - errors of SHMREGION_IOC_INFO and shmdev_region_duplicate()
 *
 * Since: 0.1
 */
struct shmdev_writable_region *
shmdev_writable_region_from_base(struct shmdev_region **region);

/**
 * shmdev_unsafe_region_from_base() - give an untyped region its type
 * @region: the region; NULL on success, unchanged on error
 *
 * Return: a region for shmdev_unsafe_region_free(); NULL on error:
 *
 *  - EINVAL: the region is not UNSAFE.
 *  - EACCES: the handle lacks WRITE.
 *  - errors of SHMREGION_IOC_INFO and shmdev_region_duplicate()
 *
 * Since: 0.1
 */
struct shmdev_unsafe_region *
shmdev_unsafe_region_from_base(struct shmdev_region **region);

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
 * @region: the region, which the caller owns; NULL on success, unchanged on error
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
 * @region: the region, which the caller owns; NULL on success, unchanged on error
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
 * @region: the region, which the caller owns; NULL on success, unchanged on error
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
 * Questions: shmdev_base() leads to those that are asked less often.
 */

/**
 * shmdev_readonly_region_size() - size in bytes, exactly as created
 * @region: the region
 *
 * Return: see shmdev_region_size().
 *
 * Since: 0.1
 */
uint64_t
shmdev_readonly_region_size(const struct shmdev_readonly_region *region);

/**
 * shmdev_readonly_region_guid() - the region's identity
 * @region: the region
 *
 * Return: see shmdev_region_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_readonly_region_guid(const struct shmdev_readonly_region *region);

/**
 * shmdev_readonly_region_fd() - the handle, to pass on
 * @region: the region
 *
 * Return: see shmdev_region_fd().
 *
 * Since: 0.1
 */
int shmdev_readonly_region_fd(const struct shmdev_readonly_region *region);

/**
 * shmdev_writable_region_size() - size in bytes, exactly as created
 * @region: the region
 *
 * Return: see shmdev_region_size().
 *
 * Since: 0.1
 */
uint64_t
shmdev_writable_region_size(const struct shmdev_writable_region *region);

/**
 * shmdev_writable_region_guid() - the region's identity
 * @region: the region
 *
 * Return: see shmdev_region_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_writable_region_guid(const struct shmdev_writable_region *region);

/**
 * shmdev_writable_region_fd() - the handle, to pass on
 * @region: the region
 *
 * Return: see shmdev_region_fd().
 *
 * Since: 0.1
 */
int shmdev_writable_region_fd(const struct shmdev_writable_region *region);

/**
 * shmdev_unsafe_region_size() - size in bytes, exactly as created
 * @region: the region
 *
 * Return: see shmdev_region_size().
 *
 * Since: 0.1
 */
uint64_t shmdev_unsafe_region_size(const struct shmdev_unsafe_region *region);

/**
 * shmdev_unsafe_region_guid() - the region's identity
 * @region: the region
 *
 * Return: see shmdev_region_guid().
 *
 * Since: 0.1
 */
const uint8_t *
shmdev_unsafe_region_guid(const struct shmdev_unsafe_region *region);

/**
 * shmdev_unsafe_region_fd() - the handle, to pass on
 * @region: the region
 *
 * Return: see shmdev_region_fd().
 *
 * Since: 0.1
 */
int shmdev_unsafe_region_fd(const struct shmdev_unsafe_region *region);

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
	(__extension__ _Generic((object),				\
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
		 struct shmdev_unsafe_readonly_region *:		\
			shmdev_unsafe_readonly_region_base,		\
		 const struct shmdev_unsafe_readonly_region *:		\
			shmdev_unsafe_readonly_region_base,		\
		 struct shmdev_readonly_mapping *:			\
			shmdev_readonly_mapping_base,			\
		 const struct shmdev_readonly_mapping *:		\
			shmdev_readonly_mapping_base,			\
		 struct shmdev_writable_mapping *:			\
			shmdev_writable_mapping_base,			\
		 const struct shmdev_writable_mapping *:		\
			shmdev_writable_mapping_base)(object))
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

#ifdef __cplusplus
}
#endif

#if !defined(__cplusplus) && !defined(SHMDEV_LAX_TYPES)

/* nullptr, where it is no pointer to void. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define SHMDEV_I_NULLPTR(pointer)	, __typeof__(nullptr): (pointer)
#else
#define SHMDEV_I_NULLPTR(pointer)
#endif

/*
 * The pointer, if it has this type, that of the object or of its pointer, or is
 * a null pointer constant.
 */
#define SHMDEV_I_EXACT(tag, pointer)					\
	(__extension__ _Generic((pointer), struct tag *: (pointer),	\
				void *: (pointer)			\
				SHMDEV_I_NULLPTR(pointer)))
#define SHMDEV_I_EXACT_CONST(tag, pointer)				\
	(__extension__ _Generic((pointer), struct tag *: (pointer),	\
				const struct tag *: (pointer),		\
				void *: (pointer)			\
				SHMDEV_I_NULLPTR(pointer)))
#define SHMDEV_I_EXACT_PLACE(tag, pointer)				\
	(__extension__ _Generic((pointer), struct tag **: (pointer),	\
				void *: (pointer)			\
				SHMDEV_I_NULLPTR(pointer)))

#define shmdev_readonly_region_duplicate(region)			\
	(shmdev_readonly_region_duplicate)(				\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_size(region)				\
	(shmdev_readonly_region_size)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_guid(region)				\
	(shmdev_readonly_region_guid)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_fd(region)				\
	(shmdev_readonly_region_fd)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_base(region)				\
	(shmdev_readonly_region_base)(					\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_readonly_region_free(region)				\
	(shmdev_readonly_region_free)(					\
		SHMDEV_I_EXACT(shmdev_readonly_region, region))
#define shmdev_readonly_region_steal_fd(region)				\
	(shmdev_readonly_region_steal_fd)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_readonly_region, region))
#define shmdev_readonly_region_move(from)				\
	(shmdev_readonly_region_move)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_readonly_region, from))
#define shmdev_readonly_region_frozen(region)				\
	(shmdev_readonly_region_frozen)(				\
		SHMDEV_I_EXACT_CONST(shmdev_readonly_region, region))
#define shmdev_writable_region_size(region)				\
	(shmdev_writable_region_size)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region))
#define shmdev_writable_region_guid(region)				\
	(shmdev_writable_region_guid)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region))
#define shmdev_writable_region_fd(region)				\
	(shmdev_writable_region_fd)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region))
#define shmdev_writable_region_base(region)				\
	(shmdev_writable_region_base)(					\
		SHMDEV_I_EXACT_CONST(shmdev_writable_region, region))
#define shmdev_writable_region_free(region)				\
	(shmdev_writable_region_free)(					\
		SHMDEV_I_EXACT(shmdev_writable_region, region))
#define shmdev_writable_region_steal_fd(region)				\
	(shmdev_writable_region_steal_fd)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_region, region))
#define shmdev_writable_region_move(from)				\
	(shmdev_writable_region_move)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_region, from))
#define shmdev_writable_region_freeze(region)				\
	(shmdev_writable_region_freeze)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_region, region))
#define shmdev_writable_region_publish(region)				\
	(shmdev_writable_region_publish)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_region, region))
#define shmdev_writable_region_share(region)				\
	(shmdev_writable_region_share)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_region, region))
#define shmdev_unsafe_region_duplicate(region)				\
	(shmdev_unsafe_region_duplicate)(				\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_size(region)				\
	(shmdev_unsafe_region_size)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_guid(region)				\
	(shmdev_unsafe_region_guid)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_fd(region)					\
	(shmdev_unsafe_region_fd)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_base(region)				\
	(shmdev_unsafe_region_base)(					\
		SHMDEV_I_EXACT_CONST(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_free(region)				\
	(shmdev_unsafe_region_free)(SHMDEV_I_EXACT(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_steal_fd(region)				\
	(shmdev_unsafe_region_steal_fd)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_unsafe_region, region))
#define shmdev_unsafe_region_move(from)					\
	(shmdev_unsafe_region_move)(					\
		SHMDEV_I_EXACT_PLACE(shmdev_unsafe_region, from))
#define shmdev_readonly_region_from_base(region)			\
	(shmdev_readonly_region_from_base)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_region, region))
#define shmdev_writable_region_from_base(region)			\
	(shmdev_writable_region_from_base)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_region, region))
#define shmdev_unsafe_region_from_base(region)				\
	(shmdev_unsafe_region_from_base)(				\
		SHMDEV_I_EXACT_PLACE(shmdev_region, region))
#define shmdev_readonly_region_create(size, flags, label, region, mapping) \
	(shmdev_readonly_region_create)(				\
		size, flags, label,					\
		SHMDEV_I_EXACT_PLACE(shmdev_readonly_region, region),	\
		SHMDEV_I_EXACT_PLACE(shmdev_writable_mapping, mapping))

#endif

/* The rest of the layer, which shmdev_base() needs too. */
#include <shmdev/typed_mapping.h>
#include <shmdev/unsafe_readonly.h>

#endif /* SHMDEV_TYPED_H */
