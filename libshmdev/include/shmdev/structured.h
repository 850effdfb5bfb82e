/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Structured memory: one object of a type, or an array, with a single writer
 * and many readers.
 *
 * It lies in a READONLY region whose owner is the writer, so the kernel keeps
 * everybody else from writing. SHMDEV_VIEW() makes functions for one type, and
 * checks the type. At file scope::
 *
 *	SHMDEV_VIEW(frames, struct(frame));
 *
 * and in a function, where a reader has only pointers to const::
 *
 *	struct frames_writer writer = frames_writer_create(8, NULL, 0, "f");
 *	frames_writer_at(writer, 3)->width = 640;
 *
 *	struct frames_reader reader = frames_reader_open(region);
 *	const struct frame *frame = frames_reader_at(reader, 3);
 *
 * What a reader sees can change at any time, until the region is frozen. Use
 * atomic members, <shmdev/seqlock.h> for larger values, and
 * <shmdev/version.h> to learn of changes; do not check a plain member and then
 * read it again.
 *
 * The writer has the memory mapped twice. By the first mapping it writes; that
 * one can be taken back, so the kernel knows no futex there. By the second it
 * can only read, as its readers do, and futexes work.
 *
 * Only shmdev_writer_take_region() changes an object; nothing else may use that
 * object at the same time.
 */
#ifndef SHMDEV_STRUCTURED_H
#define SHMDEV_STRUCTURED_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/layout.h>
#include <shmdev/mapper.h>
#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_writer - the writer's side of an array in shared memory
 *
 * Holds the region and its memory. Elements are of one size, without type:
 * SHMDEV_VIEW() adds it.
 */
struct shmdev_writer;

/**
 * struct shmdev_reader - a reader's side of an array in shared memory
 *
 * Holds the memory alone, not the region that it was made from.
 */
struct shmdev_reader;

/**
 * shmdev_writer_create() - create a region of elements, to write to
 * @element_size: in bytes
 * @count: how many elements
 * @initial: value of each element, of @element_size bytes; NULL is all zero
 * @flags: of enum shmregion_create_flags
 * @label: as for shmdev_region_create()
 *
 * The region is published when all elements have their value, so no reader sees
 * one without.
 *
 * Return: a writer for shmdev_writer_free(); NULL on error, with the errors of
 * shmdev_region_create(), shmdev_writer_open() and:
 *
 *  - EINVAL: @element_size or @count is 0.
 *  - EOVERFLOW: their product cannot be represented.
 *
 * Since: 0.1
 */
struct shmdev_writer *shmdev_writer_create(size_t element_size, size_t count,
					   const void *initial, uint32_t flags,
					   const char *label);

/**
 * shmdev_writer_open() - write to a region that the caller owns
 * @region: the region, WRITABLE or READONLY; *@region is consumed and NULL on
 *	success
 * @element_size: in bytes
 *
 * The writer has as many elements as fit; the content stays. A WRITABLE region
 * is published. In a READONLY one the writer's role came with the ownership, by
 * transfer or acquire.
 *
 * Return: a writer for shmdev_writer_free(); NULL on error. *@region stays the
 * caller's then; it may be published already.
 *
 *  - EINVAL: the region is UNSAFE, or @element_size is 0.
 *  - ERANGE: the region is smaller than one element.
 *  - EACCES: the handle cannot write, or the region is READONLY and the caller
 *    is not its owner.
 *  - EPERM: the region is WRITABLE and the caller is not its owner.
 *  - errors of shmdev_region_map(), SHMREGION_IOC_PUBLISH and
 *    SHMREGION_IOC_DUP
 *
 * Since: 0.1
 */
struct shmdev_writer *shmdev_writer_open(struct shmdev_region **region,
					 size_t element_size);

/**
 * shmdev_writer_create_with() - the same as shmdev_writer_create(), by a mapper
 * @element_size: see shmdev_writer_create()
 * @count: see shmdev_writer_create()
 * @initial: see shmdev_writer_create()
 * @flags: see shmdev_writer_create()
 * @label: see shmdev_writer_create()
 * @mapper: makes both mappings, see shmdev_region_map_with()
 *
 * Return: see shmdev_writer_create(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_writer *
shmdev_writer_create_with(size_t element_size, size_t count,
			  const void *initial, uint32_t flags,
			  const char *label,
			  const struct shmdev_mapper *mapper);

/**
 * shmdev_writer_open_with() - the same as shmdev_writer_open(), by a mapper
 * @region: see shmdev_writer_open()
 * @element_size: see shmdev_writer_open()
 * @mapper: makes both mappings, see shmdev_region_map_with()
 *
 * Return: see shmdev_writer_open(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_writer *
shmdev_writer_open_with(struct shmdev_region **region, size_t element_size,
			const struct shmdev_mapper *mapper);

/**
 * shmdev_writer_free() - unmap, close the handle and free the object
 * @writer: the writer, or NULL
 *
 * Readers keep their memory. Ownership stays too. Memory that mseal(2) protects
 * stays mapped. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_writer_free(struct shmdev_writer *writer);

/**
 * shmdev_writer_count() - number of elements
 * @writer: the writer
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_writer_count(const struct shmdev_writer *writer);

/**
 * shmdev_writer_span() - elements, to write
 * @writer: the writer
 * @first: index of the first
 * @count: how many
 *
 * To touch them raises SIGSEGV if the caller is no longer the owner.
 *
 * Return: address of the first; NULL on error:
 *
 *  - EINVAL: @count is 0.
 *  - ERANGE: there are not so many.
 *
 * Since: 0.1
 */
void *shmdev_writer_span(const struct shmdev_writer *writer, size_t first,
			 size_t count);

/**
 * shmdev_writer_reading_address() - the same memory, as readers have it
 * @writer: the writer
 * @address: in memory of shmdev_writer_span()
 * @size: number of bytes there
 *
 * For futexes and pins, which do not work on memory that can be taken back.
 *
 * Return: another address of these bytes, for reading; NULL on error:
 *
 *  - EINVAL: @size is 0.
 *  - ERANGE: some of them are not in the elements of @writer.
 *
 * Since: 0.1
 */
const void *shmdev_writer_reading_address(const struct shmdev_writer *writer,
					  const void *address, size_t size);

/**
 * shmdev_writer_region() - the region, to transfer or to freeze
 * @writer: the writer
 *
 * Return: the region, which still belongs to the writer; NULL on error:
 *
 *  - EBADF: it was taken.
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_writer_region(const struct shmdev_writer *writer);

/**
 * shmdev_writer_duplicate_region() - a handle for a reader
 * @writer: the writer
 *
 * Return: a region for shmdev_region_free() whose handle can only read; NULL
 * on error, with the errors of SHMREGION_IOC_DUP and:
 *
 *  - EBADF: the region was taken.
 *
 * Since: 0.1
 */
struct shmdev_region *
shmdev_writer_duplicate_region(const struct shmdev_writer *writer);

/**
 * shmdev_writer_take_region() - the last handle for a reader
 * @writer: the writer
 *
 * Closes the handle of the writer, which goes on with its memory alone: it can
 * write, but not transfer, freeze or destroy, by this object.
 *
 * Return: as for shmdev_writer_duplicate_region().
 *
 * Since: 0.1
 */
struct shmdev_region *shmdev_writer_take_region(struct shmdev_writer *writer);

/**
 * shmdev_reader_open() - read the elements of a region
 * @region: the region, READONLY; stays the caller's
 * @element_size: in bytes
 *
 * The reader has as many elements as fit. The kernel says that nobody but one
 * writer can write, and that all elements are there.
 *
 * Return: a reader for shmdev_reader_free(); NULL on error:
 *
 *  - EINVAL: the region is not READONLY, or @element_size is 0.
 *  - ERANGE: the region is smaller than one element.
 *  - errors of SHMREGION_IOC_INFO, SHMREGION_IOC_DUP and shmdev_region_map()
 *
 * Since: 0.1
 */
struct shmdev_reader *shmdev_reader_open(const struct shmdev_region *region,
					 size_t element_size);

/**
 * shmdev_reader_open_with() - the same as shmdev_reader_open(), by a mapper
 * @region: see shmdev_reader_open()
 * @element_size: see shmdev_reader_open()
 * @mapper: see shmdev_region_map_with()
 *
 * Return: see shmdev_reader_open(), with the errors of
 * shmdev_region_map_with().
 *
 * Since: 0.1
 */
struct shmdev_reader *
shmdev_reader_open_with(const struct shmdev_region *region, size_t element_size,
			const struct shmdev_mapper *mapper);

/**
 * shmdev_reader_free() - unmap and free the object
 * @reader: the reader, or NULL
 *
 * Memory that mseal(2) protects stays mapped. Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_reader_free(struct shmdev_reader *reader);

/**
 * shmdev_reader_count() - number of elements
 * @reader: the reader
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_reader_count(const struct shmdev_reader *reader);

/**
 * shmdev_reader_span() - elements, to read
 * @reader: the reader
 * @first: index of the first
 * @count: how many
 *
 * Return: address of the first; NULL on error, with the errors of
 * shmdev_writer_span().
 *
 * Since: 0.1
 */
const void *shmdev_reader_span(const struct shmdev_reader *reader, size_t first,
			       size_t count);

#ifdef __cplusplus
}
#endif

#ifndef __cplusplus

/**
 * SHMDEV_VIEW() - declare a writer and a reader of one type
 * @name: first part of the names below
 * @type: of the elements, as in a list of members in <shmdev/layout.h>:
 *	uint32_t, _Atomic(uint32_t), struct(frame)
 *
 * At file scope, with a semicolon. For name "frames" and a type T it declares
 * struct frames_writer, struct frames_reader, frames_type, which is T, and::
 *
 *	struct frames_writer frames_writer_create(size_t count,
 *			const T *initial, uint32_t flags, const char *label);
 *	struct frames_writer frames_writer_open(struct shmdev_region **region);
 *	T *frames_writer_at(struct frames_writer writer, size_t index);
 *	T *frames_writer_span(struct frames_writer writer, size_t first,
 *			size_t count);
 *	void frames_writer_free(struct frames_writer writer);
 *
 *	struct frames_reader frames_reader_open(
 *			const struct shmdev_region *region);
 *	const T *frames_reader_at(struct frames_reader reader, size_t index);
 *	const T *frames_reader_span(struct frames_reader reader, size_t first,
 *			size_t count);
 *	void frames_reader_free(struct frames_reader reader);
 *
 * They do what the functions of shmdev_writer and shmdev_reader do, for
 * elements of T; frames_writer_at() is a span of one. The structs are passed by
 * value, so that C accepts no other type in their place, and have one member,
 * base: the struct shmdev_writer or struct shmdev_reader, for all other
 * functions. On error it is NULL. For a mapper, make the base by a function
 * that takes one.
 *
 * Since: 0.1
 */
#define SHMDEV_VIEW(name, type)						\
	SHMDEV_CHECK_TYPE(type, name);					\
	_Static_assert(_Alignof(SHMDEV_TYPE(type)) <= 4096,		\
		       #name ": aligned to more than a page");		\
	typedef SHMDEV_TYPE(type) name##_type;				\
	struct name##_writer {						\
		struct shmdev_writer *base;				\
	};								\
	struct name##_reader {						\
		struct shmdev_reader *base;				\
	};								\
									\
	SHMDEV_I_BEGIN							\
	SHMDEV_I_INLINE struct name##_writer				\
	name##_writer_create(size_t count, const name##_type *initial,	\
			     uint32_t flags, const char *label)		\
	{								\
		struct name##_writer writer = {				\
			shmdev_writer_create(sizeof(name##_type), count, \
					     (const void *)initial,	\
					     flags, label)		\
		};							\
									\
		return writer;						\
	}								\
									\
	SHMDEV_I_INLINE struct name##_writer				\
	name##_writer_open(struct shmdev_region **region)		\
	{								\
		struct name##_writer writer = {				\
			shmdev_writer_open(region, sizeof(name##_type))	\
		};							\
									\
		return writer;						\
	}								\
									\
	SHMDEV_I_INLINE name##_type *					\
	name##_writer_span(struct name##_writer writer, size_t first,	\
			   size_t count)				\
	{								\
		return (name##_type *)shmdev_writer_span(writer.base,	\
							 first, count);	\
	}								\
									\
	SHMDEV_I_INLINE name##_type *					\
	name##_writer_at(struct name##_writer writer, size_t index)	\
	{								\
		return name##_writer_span(writer, index, 1);		\
	}								\
									\
	SHMDEV_I_INLINE void						\
	name##_writer_free(struct name##_writer writer)			\
	{								\
		shmdev_writer_free(writer.base);			\
	}								\
									\
	SHMDEV_I_INLINE struct name##_reader				\
	name##_reader_open(const struct shmdev_region *region)		\
	{								\
		struct name##_reader reader = {				\
			shmdev_reader_open(region, sizeof(name##_type))	\
		};							\
									\
		return reader;						\
	}								\
									\
	SHMDEV_I_INLINE const name##_type *				\
	name##_reader_span(struct name##_reader reader, size_t first,	\
			   size_t count)				\
	{								\
		return (const name##_type *)shmdev_reader_span(		\
			reader.base, first, count);			\
	}								\
									\
	SHMDEV_I_INLINE const name##_type *				\
	name##_reader_at(struct name##_reader reader, size_t index)	\
	{								\
		return name##_reader_span(reader, index, 1);		\
	}								\
									\
	SHMDEV_I_INLINE void						\
	name##_reader_free(struct name##_reader reader)			\
	{								\
		shmdev_reader_free(reader.base);			\
	}								\
	SHMDEV_I_END							\
	SHMDEV_I_SEMICOLON

#endif /* !__cplusplus */

#endif /* SHMDEV_STRUCTURED_H */
