// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pools of buffers.
 *
 * The lock protects the list and is not held while a buffer is made, cleared or
 * freed: a buffer in the list is the pool's, any other is one thread's.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
#define KNOWN_FLAGS							\
	((uint32_t)(SHMDEV_POOL_KEEP_CONTENT | SHMDEV_POOL_CONTROLLED))

struct shmdev_buffer {
	struct shmdev_buffer *next;
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
	uint32_t mode;
	uint64_t party;
};

struct shmdev_pool {
	uint32_t mode;
	uint32_t flags;
	pthread_mutex_t lock;
	/* The last one put comes first. */
	struct shmdev_buffer *cached;
	size_t count;
	size_t max_cached;
};

SHMDEV_API struct shmdev_pool *
shmdev_pool_create(uint32_t mode, size_t max_cached, uint32_t flags)
{
	struct shmdev_pool *pool;

	if (flags & ~KNOWN_FLAGS) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (mode != SHMREGION_MODE_WRITABLE && mode != SHMREGION_MODE_UNSAFE) {
		errno = EINVAL;
		return NULL;
	}

	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;

	pool->mode = mode;
	pool->flags = flags;
	pool->max_cached = max_cached;
	/* Does not fail for a mutex with default attributes. */
	pthread_mutex_init(&pool->lock, NULL);

	return pool;
}

/* Where the smallest buffer is that will do. */
static struct shmdev_buffer **find(struct shmdev_pool *pool, uint64_t size,
				   uint64_t party)
{
	struct shmdev_buffer **link, **best = NULL;

	for (link = &pool->cached; *link; link = &(*link)->next) {
		if ((*link)->party != party ||
		    shmdev_buffer_size(*link) < size)
			continue;
		if (!best ||
		    shmdev_buffer_size(*link) < shmdev_buffer_size(*best))
			best = link;
	}

	return best;
}

static struct shmdev_buffer *unlink_buffer(struct shmdev_pool *pool,
					   struct shmdev_buffer **link)
{
	struct shmdev_buffer *buffer = *link;

	*link = buffer->next;
	buffer->next = NULL;
	pool->count--;

	return buffer;
}

static struct shmdev_buffer *take_cached(struct shmdev_pool *pool,
					 uint64_t size, uint64_t party)
{
	struct shmdev_buffer **link, *buffer = NULL;

	pthread_mutex_lock(&pool->lock);
	link = find(pool, size, party);
	if (link)
		buffer = unlink_buffer(pool, link);
	pthread_mutex_unlock(&pool->lock);

	return buffer;
}

static struct shmdev_buffer *buffer_new(const struct shmdev_pool *pool,
					uint64_t size, uint64_t party)
{
	uint32_t flags = pool->flags & SHMDEV_POOL_CONTROLLED ?
				 SHMREGION_CREATE_CONTROLLED : 0;
	struct shmdev_buffer *buffer;

	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return NULL;

	buffer->mode = pool->mode;
	buffer->party = party;
	buffer->region = shmdev_region_create(size, pool->mode, flags, "pool");
	if (buffer->region)
		buffer->mapping = shmdev_region_map(buffer->region, 0, size,
						    SHMDEV_MAP_READ |
						    SHMDEV_MAP_WRITE);
	if (!buffer->mapping) {
		shmdev_buffer_free(buffer);
		return NULL;
	}

	return buffer;
}

/* Whether this process has access now, and so nobody else in mode WRITABLE. */
static bool is_usable(const struct shmdev_buffer *buffer)
{
	struct shmregion_info info;

	return shmdev_region_info(buffer->region, &info) == 0 &&
	       info.out_mode == buffer->mode && info.out_access == RIGHTS;
}

static void clear(const struct shmdev_buffer *buffer)
{
	memset(shmdev_buffer_data(buffer), 0,
	       shmdev_mapping_mapped_size(buffer->mapping));
}

SHMDEV_API struct shmdev_buffer *
shmdev_pool_get(struct shmdev_pool *pool, uint64_t size, uint64_t party)
{
	struct shmdev_buffer *buffer;

	if (!pool) {
		errno = EINVAL;
		return NULL;
	}

	while (size && (buffer = take_cached(pool, size, party))) {
		if (is_usable(buffer)) {
			if (!(pool->flags & SHMDEV_POOL_KEEP_CONTENT))
				clear(buffer);
			return buffer;
		}
		shmdev_buffer_free(buffer);
	}

	return buffer_new(pool, size, party);
}

static void take_back(const struct shmdev_buffer *buffer)
{
	/* What fails here is found by is_usable(). */
	if (shmdev_region_rights(buffer->region) & SHMREGION_RIGHT_CONTROL)
		shmdev_region_reclaim(buffer->region);
	else
		shmdev_region_try_acquire(buffer->region, NULL);
}

/* The one that has waited longest, if there are too many. */
static struct shmdev_buffer *unlink_surplus(struct shmdev_pool *pool)
{
	struct shmdev_buffer **link = &pool->cached;

	if (pool->count <= pool->max_cached)
		return NULL;

	while ((*link)->next)
		link = &(*link)->next;

	return unlink_buffer(pool, link);
}

SHMDEV_API int shmdev_pool_put(struct shmdev_pool *pool,
			       struct shmdev_buffer **from)
{
	struct shmdev_buffer *buffer, *surplus;

	if (!pool || !from || !*from || (*from)->mode != pool->mode)
		return shmdev_fail(EINVAL);

	buffer = *from;
	*from = NULL;
	if (buffer->mode == SHMREGION_MODE_WRITABLE)
		take_back(buffer);
	if (!is_usable(buffer)) {
		shmdev_buffer_free(buffer);
		return 0;
	}

	pthread_mutex_lock(&pool->lock);
	buffer->next = pool->cached;
	pool->cached = buffer;
	pool->count++;
	surplus = unlink_surplus(pool);
	pthread_mutex_unlock(&pool->lock);
	shmdev_buffer_free(surplus);

	return 0;
}

static void free_all(struct shmdev_buffer *buffer)
{
	while (buffer) {
		struct shmdev_buffer *next = buffer->next;

		shmdev_buffer_free(buffer);
		buffer = next;
	}
}

SHMDEV_API int shmdev_pool_forget(struct shmdev_pool *pool, uint64_t party)
{
	struct shmdev_buffer **link, *buffer, *forgotten = NULL;

	if (!pool)
		return shmdev_fail(EINVAL);

	pthread_mutex_lock(&pool->lock);
	link = &pool->cached;
	while (*link) {
		if ((*link)->party != party) {
			link = &(*link)->next;
			continue;
		}
		buffer = unlink_buffer(pool, link);
		buffer->next = forgotten;
		forgotten = buffer;
	}
	pthread_mutex_unlock(&pool->lock);
	free_all(forgotten);

	return 0;
}

SHMDEV_API int shmdev_pool_shutdown(struct shmdev_pool *pool)
{
	struct shmdev_buffer *cached;

	if (!pool)
		return shmdev_fail(EINVAL);

	pthread_mutex_lock(&pool->lock);
	cached = pool->cached;
	pool->cached = NULL;
	pool->count = 0;
	pool->max_cached = 0;
	pthread_mutex_unlock(&pool->lock);
	free_all(cached);

	return 0;
}

SHMDEV_API size_t shmdev_pool_cached(struct shmdev_pool *pool)
{
	size_t count;

	if (!pool) {
		errno = EINVAL;
		return 0;
	}

	pthread_mutex_lock(&pool->lock);
	count = pool->count;
	pthread_mutex_unlock(&pool->lock);

	return count;
}

SHMDEV_API void shmdev_pool_free(struct shmdev_pool *pool)
{
	if (!pool)
		return;

	free_all(pool->cached);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

SHMDEV_API void *shmdev_buffer_data(const struct shmdev_buffer *buffer)
{
	if (!buffer) {
		errno = EINVAL;
		return NULL;
	}

	return shmdev_mapping_data_writable(buffer->mapping);
}

SHMDEV_API uint64_t shmdev_buffer_size(const struct shmdev_buffer *buffer)
{
	if (!buffer) {
		errno = EINVAL;
		return 0;
	}

	return shmdev_region_size(buffer->region);
}

SHMDEV_API const struct shmdev_region *
shmdev_buffer_region(const struct shmdev_buffer *buffer)
{
	if (!buffer) {
		errno = EINVAL;
		return NULL;
	}

	return buffer->region;
}

/* Who has the type of a region has a handle with just the rights of the type. */
static const struct shmdev_region *typed(const struct shmdev_buffer *buffer,
					 uint32_t mode)
{
	if (!buffer || buffer->mode != mode) {
		errno = EINVAL;
		return NULL;
	}
	if (shmdev_region_rights(buffer->region) & SHMREGION_RIGHT_CONTROL) {
		errno = EPERM;
		return NULL;
	}

	return buffer->region;
}

SHMDEV_API const struct shmdev_writable_region *
shmdev_buffer_writable_region(const struct shmdev_buffer *buffer)
{
	return shmdev_writable_region_of_base(typed(buffer,
						    SHMREGION_MODE_WRITABLE));
}

SHMDEV_API const struct shmdev_unsafe_region *
shmdev_buffer_unsafe_region(const struct shmdev_buffer *buffer)
{
	return shmdev_unsafe_region_of_base(typed(buffer,
						  SHMREGION_MODE_UNSAFE));
}

SHMDEV_API const struct shmdev_writable_mapping *
shmdev_buffer_mapping(const struct shmdev_buffer *buffer)
{
	if (!buffer) {
		errno = EINVAL;
		return NULL;
	}

	return shmdev_writable_mapping_of_base(buffer->mapping);
}

SHMDEV_API int shmdev_buffer_send(const struct shmdev_buffer *buffer, int socket,
				  uint64_t deadline_ns)
{
	struct shmdev_region *plain;
	int ret;

	if (!buffer)
		return shmdev_fail(EINVAL);
	if (!(shmdev_region_rights(buffer->region) & SHMREGION_RIGHT_CONTROL))
		return shmdev_handle_send(socket, buffer->region, deadline_ns);

	/* For as long as it is on its way. */
	plain = shmdev_region_duplicate(buffer->region, RIGHTS);
	if (!plain)
		return -1;
	ret = shmdev_handle_send(socket, plain, deadline_ns);
	shmdev_region_free(plain);

	return ret;
}

SHMDEV_API void shmdev_buffer_free(struct shmdev_buffer *buffer)
{
	int saved = errno;

	if (!buffer)
		return;

	if (shmdev_region_rights(buffer->region) & SHMREGION_RIGHT_CONTROL)
		shmdev_region_destroy(buffer->region);
	/* Fails for memory that the user sealed; nothing is lost but memory. */
	shmdev_mapping_unmap(buffer->mapping);
	shmdev_region_free(buffer->region);
	free(buffer);
	errno = saved;
}
