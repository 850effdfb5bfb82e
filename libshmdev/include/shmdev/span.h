/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Spans: typed pointers into memory, checked for size, count and alignment.
 *
 * The macros take a type and give a pointer to it, to const if the mapping, or
 * the pointer, is read-only::
 *
 *	const struct header *header = shmdev_object(mapping, struct header, 0);
 *	const float *v = shmdev_span(mapping, float, sizeof(*header), count);
 *
 * They check the place, not the content. Memory that another process can write
 * to may change between two reads: copy it before you check it, or own the
 * region, or have it frozen.
 */
#ifndef SHMDEV_SPAN_H
#define SHMDEV_SPAN_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/mapping.h>
#include <shmdev/typed_mapping.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * shmdev_memory_check() - find elements in memory
 * @memory: start of the memory
 * @size: of the memory, in bytes
 * @offset: of the first element, in bytes
 * @count: number of elements
 * @element_size: in bytes
 * @alignment: in bytes, that the elements need
 *
 * What the macros below call. No sum wraps, whatever the numbers are.
 *
 * Return: address of the first element; NULL on error:
 *
 *  - EINVAL: @count, @element_size or @alignment is 0.
 *  - EOVERFLOW: @count elements have a size that cannot be represented.
 *  - ERANGE: some of them are outside of the memory.
 *  - EFAULT: they are not aligned.
 *
 * Since: 0.1
 */
const void *shmdev_memory_check(const void *memory, size_t size, size_t offset,
				size_t count, size_t element_size,
				size_t alignment);

/**
 * shmdev_mapping_check() - find elements in a mapping
 * @mapping: the mapping
 * @offset: see shmdev_memory_check()
 * @count: see shmdev_memory_check()
 * @element_size: see shmdev_memory_check()
 * @alignment: see shmdev_memory_check()
 *
 * Return: see shmdev_memory_check().
 *
 * Since: 0.1
 */
const void *shmdev_mapping_check(const struct shmdev_mapping *mapping,
				 size_t offset, size_t count,
				 size_t element_size, size_t alignment);

/**
 * shmdev_mapping_fit() - how many elements there are room for
 * @mapping: the mapping
 * @offset: of the first one, in bytes
 * @element_size: in bytes
 *
 * Return: number of whole elements up to the end; 0 for NULL, or when there is
 * no room or @element_size is 0.
 *
 * Since: 0.1
 */
size_t shmdev_mapping_fit(const struct shmdev_mapping *mapping, size_t offset,
			  size_t element_size);

#ifndef __cplusplus

/* C99 has it as an extension. */
#define SHMDEV_I_ALIGN_OF(type)	(__extension__ _Alignof(type))

/* @pointer as pointer to @type, or to const @type if the mapping says so. */
#define SHMDEV_SPAN_CAST(mapping, type, pointer)			\
	__extension__ _Generic((mapping),				\
		 struct shmdev_writable_mapping *: (type *)(uintptr_t)(pointer),	\
		 const struct shmdev_writable_mapping *: (type *)(uintptr_t)(pointer), \
		 struct shmdev_readonly_mapping *: (const type *)(pointer), \
		 const struct shmdev_readonly_mapping *:		\
			(const type *)(pointer))

/**
 * shmdev_span() - elements of a type in a mapping
 * @mapping: a shmdev_readonly_mapping or shmdev_writable_mapping
 * @type: of an element, as a name that can be followed by an asterisk
 * @offset: of the first element, in bytes
 * @count: number of elements, 1 or more
 *
 * Return: type * or const type *, valid until the mapping ends; NULL on error,
 * with the errors of shmdev_memory_check().
 *
 * Since: 0.1
 */
#define shmdev_span(mapping, type, offset, count)			\
	SHMDEV_SPAN_CAST(mapping, type,					\
			 shmdev_mapping_check(shmdev_base(mapping), offset, \
					      count, sizeof(type),	\
					      SHMDEV_I_ALIGN_OF(type)))

/**
 * shmdev_object() - one object of a type in a mapping
 * @mapping: see shmdev_span()
 * @type: see shmdev_span()
 * @offset: in bytes
 *
 * Return: see shmdev_span().
 *
 * Since: 0.1
 */
#define shmdev_object(mapping, type, offset)				\
	shmdev_span(mapping, type, offset, 1)

/**
 * shmdev_span_count() - how many elements of a type there are room for
 * @mapping: see shmdev_span()
 * @type: see shmdev_span()
 * @offset: of the first one, in bytes
 *
 * Return: see shmdev_mapping_fit().
 *
 * Since: 0.1
 */
#define shmdev_span_count(mapping, type, offset)			\
	shmdev_mapping_fit(shmdev_base(mapping), offset, sizeof(type))

/**
 * shmdev_memory_span() - elements of a type in any memory
 * @memory: pointer to any object type, const or not
 * @size: of the memory, in bytes
 * @type: see shmdev_span()
 * @offset: of the first element, in bytes
 * @count: number of elements, 1 or more
 *
 * Return: see shmdev_span(). It is const if that to which @memory points is.
 *
 * Since: 0.1
 */
#define shmdev_memory_span(memory, size, type, offset, count)		\
	__extension__ _Generic(1 ? (memory) : (void *)(memory),		\
		 void *: (type *)(uintptr_t)(const void *)	\
			shmdev_memory_check(memory, size, offset, count, \
					    sizeof(type),		\
					    SHMDEV_I_ALIGN_OF(type)),	\
		 const void *: (const type *)				\
			shmdev_memory_check(memory, size, offset, count, \
					    sizeof(type), SHMDEV_I_ALIGN_OF(type)))

#endif /* __cplusplus */

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_SPAN_H */
