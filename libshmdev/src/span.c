// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Spans: where elements lie in memory, and whether they do. */
#include "internal.h"

#include <errno.h>

static size_t fit(size_t size, size_t offset, size_t element_size)
{
	if (!element_size || offset > size)
		return 0;

	return (size - offset) / element_size;
}

SHMDEV_API const void *
shmdev_memory_check(const void *memory, size_t size, size_t offset,
		    size_t count, size_t element_size, size_t alignment)
{
	const char *first;
	int error = 0;

	if (!memory || !count || !element_size || !alignment)
		error = EINVAL;
	else if (count > SIZE_MAX / element_size)
		error = EOVERFLOW;
	else if (count > fit(size, offset, element_size))
		error = ERANGE;
	if (error) {
		errno = error;
		return NULL;
	}

	first = (const char *)memory + offset;
	if ((uintptr_t)first % alignment) {
		errno = EFAULT;
		return NULL;
	}

	return first;
}

SHMDEV_API const void *
shmdev_mapping_check(const struct shmdev_mapping *mapping, size_t offset,
		     size_t count, size_t element_size, size_t alignment)
{
	return shmdev_memory_check(shmdev_mapping_data(mapping),
				   shmdev_mapping_size(mapping), offset, count,
				   element_size, alignment);
}

SHMDEV_API size_t shmdev_mapping_fit(const struct shmdev_mapping *mapping,
				     size_t offset, size_t element_size)
{
	return fit(shmdev_mapping_size(mapping), offset, element_size);
}
