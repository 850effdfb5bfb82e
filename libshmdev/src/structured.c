// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Structured memory: elements of one size, a single writer, many readers.
 *
 * Sizes and counts come from the caller and from the kernel, never from the
 * memory, which a peer may write.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Elements in a mapping, as both sides have them. */
struct elements {
	struct shmdev_mapping *mapping;
	const void *data;
	size_t size;
	size_t count;
};

struct shmdev_writer {
	struct shmdev_region *region;
	/* The mapping to write by. */
	struct elements elements;
	/* The one that cannot be taken back. */
	struct shmdev_mapping *reading;
};

struct shmdev_reader {
	struct elements elements;
};

static void unmap_keep_errno(struct shmdev_mapping *mapping)
{
	int saved = errno;

	shmdev_mapping_unmap(mapping);
	errno = saved;
}

/*
 * By a handle that cannot write: in READONLY mode the owner gets a mapping that
 * can be taken back by any other one.
 */
static struct shmdev_mapping *
map_for_reading(const struct shmdev_region *region,
		const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;
	struct shmdev_region *readable;

	readable = shmdev_region_duplicate(region, SHMREGION_RIGHT_READ);
	if (!readable)
		return NULL;

	mapping = shmdev_region_map_with(readable, 0,
					 shmdev_region_size(readable),
					 SHMDEV_MAP_READ, mapper);
	shmdev_region_free(readable);

	return mapping;
}

static int check_elements(const struct shmdev_region *region,
			  size_t element_size)
{
	if (!region || !element_size)
		return shmdev_fail(EINVAL);

	return shmdev_region_size(region) < element_size ? shmdev_fail(ERANGE) :
							   0;
}

static struct elements elements_of(struct shmdev_mapping *mapping,
				   size_t element_size)
{
	struct elements elements = {
		.mapping = mapping,
		.data = shmdev_mapping_data(mapping),
		.size = element_size,
		.count = shmdev_mapping_size(mapping) / element_size,
	};

	return elements;
}

static const void *span(const struct elements *elements, size_t first,
			size_t count)
{
	if (!count) {
		errno = EINVAL;
		return NULL;
	}
	if (first >= elements->count || count > elements->count - first) {
		errno = ERANGE;
		return NULL;
	}

	return (const char *)elements->data + first * elements->size;
}

/* The mode is READONLY after that. */
static int publish_if_writable(const struct shmdev_region *region)
{
	switch (shmdev_region_mode(region)) {
	case -1:
		return -1;
	case SHMREGION_MODE_READONLY:
		return 0;
	case SHMREGION_MODE_WRITABLE:
		return shmdev_region_publish(region);
	default:
		return shmdev_fail(EINVAL);
	}
}

/* Does not take the region on error. */
static struct shmdev_writer *writer_new(struct shmdev_region *region,
					struct shmdev_mapping *mapping,
					size_t element_size,
					const struct shmdev_mapper *mapper)
{
	struct shmdev_writer *writer;

	writer = malloc(sizeof(*writer));
	if (!writer)
		return NULL;

	if (publish_if_writable(region) < 0)
		goto err_free_writer;
	writer->reading = map_for_reading(region, mapper);
	if (!writer->reading)
		goto err_free_writer;

	writer->region = region;
	writer->elements = elements_of(mapping, element_size);
	return writer;

err_free_writer:
	free(writer);

	return NULL;
}

/* All elements get the value. The region is not published. */
static struct shmdev_writer *writer_open(struct shmdev_region *region,
					 size_t element_size,
					 const void *initial,
					 const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;
	struct shmdev_writer *writer;
	size_t i;
	char *to;

	mapping = shmdev_region_map_with(region, 0, shmdev_region_size(region),
					 SHMDEV_MAP_READ | SHMDEV_MAP_WRITE,
					 mapper);
	if (!mapping)
		return NULL;

	to = shmdev_mapping_data_writable(mapping);
	for (i = 0; initial && i < shmdev_mapping_size(mapping) / element_size;
	     i++)
		memcpy(to + i * element_size, initial, element_size);

	writer = writer_new(region, mapping, element_size, mapper);
	if (!writer)
		unmap_keep_errno(mapping);

	return writer;
}

SHMDEV_API struct shmdev_writer *
shmdev_writer_create_with(size_t element_size, size_t count,
			  const void *initial, uint32_t flags,
			  const char *label, const struct shmdev_mapper *mapper)
{
	struct shmdev_region *region;
	struct shmdev_writer *writer;

	if (!element_size || !count) {
		errno = EINVAL;
		return NULL;
	}
	if (count > SIZE_MAX / element_size) {
		errno = EOVERFLOW;
		return NULL;
	}

	region = shmdev_create_wanted(element_size * count,
				      SHMREGION_MODE_WRITABLE,
				      SHMREGION_MODE_READONLY, flags, label);
	if (!region)
		return NULL;

	writer = writer_open(region, element_size, initial, mapper);
	if (!writer)
		shmdev_region_free(region);

	return writer;
}

SHMDEV_API struct shmdev_writer *
shmdev_writer_create(size_t element_size, size_t count, const void *initial,
		     uint32_t flags, const char *label)
{
	return shmdev_writer_create_with(element_size, count, initial, flags,
					 label, NULL);
}

SHMDEV_API struct shmdev_writer *
shmdev_writer_open_with(struct shmdev_region **region, size_t element_size,
			const struct shmdev_mapper *mapper)
{
	struct shmdev_writer *writer;

	if (!region) {
		errno = EINVAL;
		return NULL;
	}
	if (check_elements(*region, element_size) < 0)
		return NULL;

	writer = writer_open(*region, element_size, NULL, mapper);
	if (writer)
		*region = NULL;

	return writer;
}

SHMDEV_API struct shmdev_writer *
shmdev_writer_open(struct shmdev_region **region, size_t element_size)
{
	return shmdev_writer_open_with(region, element_size, NULL);
}

SHMDEV_API void shmdev_writer_free(struct shmdev_writer *writer)
{
	if (!writer)
		return;

	unmap_keep_errno(writer->reading);
	unmap_keep_errno(writer->elements.mapping);
	shmdev_region_free(writer->region);
	free(writer);
}

SHMDEV_API size_t shmdev_writer_count(const struct shmdev_writer *writer)
{
	if (!writer) {
		errno = EINVAL;
		return 0;
	}

	return writer->elements.count;
}

SHMDEV_API void *shmdev_writer_span(const struct shmdev_writer *writer,
				    size_t first, size_t count)
{
	if (!writer) {
		errno = EINVAL;
		return NULL;
	}

	return (void *)span(&writer->elements, first, count);
}

SHMDEV_API const void *
shmdev_writer_reading_address(const struct shmdev_writer *writer,
			      const void *address, size_t size)
{
	uintptr_t offset, end;

	if (!writer || !size) {
		errno = EINVAL;
		return NULL;
	}

	/* Wraps for an address below, and is too large then. */
	offset = (uintptr_t)address - (uintptr_t)writer->elements.data;
	end = writer->elements.count * writer->elements.size;
	if (offset >= end || size > end - offset) {
		errno = ERANGE;
		return NULL;
	}

	return (const char *)shmdev_mapping_data(writer->reading) + offset;
}

SHMDEV_API const struct shmdev_region *
shmdev_writer_region(const struct shmdev_writer *writer)
{
	if (!writer || !writer->region) {
		errno = writer ? EBADF : EINVAL;
		return NULL;
	}

	return writer->region;
}

SHMDEV_API struct shmdev_region *
shmdev_writer_duplicate_region(const struct shmdev_writer *writer)
{
	const struct shmdev_region *region;

	region = shmdev_writer_region(writer);
	if (!region)
		return NULL;

	return shmdev_region_duplicate(region, SHMREGION_RIGHT_READ);
}

SHMDEV_API struct shmdev_region *
shmdev_writer_take_region(struct shmdev_writer *writer)
{
	struct shmdev_region *region;

	region = shmdev_writer_duplicate_region(writer);
	if (!region)
		return NULL;

	shmdev_region_free(writer->region);
	writer->region = NULL;
	return region;
}

SHMDEV_API struct shmdev_reader *
shmdev_reader_open_with(const struct shmdev_region *region, size_t element_size,
			const struct shmdev_mapper *mapper)
{
	struct shmdev_mapping *mapping;
	struct shmdev_reader *reader;
	int mode;

	if (check_elements(region, element_size) < 0)
		return NULL;

	/* A region that is READONLY stays so. */
	mode = shmdev_region_mode(region);
	if (mode != SHMREGION_MODE_READONLY) {
		if (mode >= 0)
			errno = EINVAL;
		return NULL;
	}

	reader = malloc(sizeof(*reader));
	if (!reader)
		return NULL;

	mapping = map_for_reading(region, mapper);
	if (!mapping)
		goto err_free_reader;

	reader->elements = elements_of(mapping, element_size);
	return reader;

err_free_reader:
	free(reader);

	return NULL;
}

SHMDEV_API struct shmdev_reader *
shmdev_reader_open(const struct shmdev_region *region, size_t element_size)
{
	return shmdev_reader_open_with(region, element_size, NULL);
}

SHMDEV_API void shmdev_reader_free(struct shmdev_reader *reader)
{
	if (!reader)
		return;

	unmap_keep_errno(reader->elements.mapping);
	free(reader);
}

SHMDEV_API size_t shmdev_reader_count(const struct shmdev_reader *reader)
{
	if (!reader) {
		errno = EINVAL;
		return 0;
	}

	return reader->elements.count;
}

SHMDEV_API const void *shmdev_reader_span(const struct shmdev_reader *reader,
					  size_t first, size_t count)
{
	if (!reader) {
		errno = EINVAL;
		return NULL;
	}

	return span(&reader->elements, first, count);
}
