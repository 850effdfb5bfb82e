/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Pools: buffers that are used again, so that a region need not be created,
 * passed on and mapped for each use.
 *
 * A buffer that another process has seen may be seen by it later. In mode
 * UNSAFE it has access for ever; in mode WRITABLE it can acquire the region
 * whenever nobody owns it. So every buffer belongs to a *party*: a number by
 * which the program names who gets it besides this process, for example one for
 * each connection. A pool uses a buffer again for the same party only; another
 * party gets another region.
 *
 * A buffer has no controller, so the party need not trust this process with what
 * it writes there. It gives a WRITABLE buffer back by a transfer or a release;
 * what it does not give back the pool cannot use again. When a buffer leaves the
 * pool this process frees its mapping and its handle; the party can go on using
 * an UNSAFE one.
 *
 * Where the parties trust this process, SHMDEV_POOL_CONTROLLED makes it the
 * controller of the buffers: it takes them back whether they are given or not,
 * and destroys them when they leave the pool, which ends the access of everybody
 * who kept a handle or a mapping.
 *
 * Before a buffer is used again it is cleared, unless the pool was made with
 * SHMDEV_POOL_KEEP_CONTENT: then the party finds what it or this process wrote.
 * Clearing touches all of the buffer, so all of it has memory then.
 *
 * THREADS
 *
 * All functions on one pool but shmdev_pool_free() can run in several threads
 * at once. A buffer that was got is for one thread at a time.
 */
#ifndef SHMDEV_POOL_H
#define SHMDEV_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/region.h>
#include <shmdev/typed.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_pool - buffers that wait to be used again
 */
struct shmdev_pool;

/**
 * struct shmdev_buffer - a region that is mapped for reading and writing
 *
 * Belongs to the caller that got it, until it is put back or freed.
 */
struct shmdev_buffer;

/**
 * enum shmdev_pool_flags - flags of shmdev_pool_create()
 * @SHMDEV_POOL_KEEP_CONTENT: do not clear a buffer before it is used again
 * @SHMDEV_POOL_CONTROLLED: create buffers with SHMREGION_CREATE_CONTROLLED
 */
enum shmdev_pool_flags {
	SHMDEV_POOL_KEEP_CONTENT = 1 << 0,
	SHMDEV_POOL_CONTROLLED = 1 << 1
};

/**
 * shmdev_pool_create() - make a pool
 * @mode: of its buffers: SHMREGION_MODE_WRITABLE or SHMREGION_MODE_UNSAFE
 * @max_cached: the most buffers that wait; 0 is a pool that keeps none
 * @flags: of enum shmdev_pool_flags
 *
 * Return: a pool for shmdev_pool_free(); NULL on error:
 *
 *  - EOPNOTSUPP: an unknown bit is set in @flags.
 *  - EINVAL: @mode is another one.
 *
 * Since: 0.1
 */
struct shmdev_pool *shmdev_pool_create(uint32_t mode, size_t max_cached,
				       uint32_t flags);

/**
 * shmdev_pool_get() - get a buffer
 * @pool: the pool
 * @size: in bytes, at least
 * @party: who will get it besides this process
 *
 * The smallest one that waits for this party and is large enough, or else a new
 * one of exactly this size, filled with zeroes. A WRITABLE one is owned by the
 * caller.
 *
 * Return: a buffer for shmdev_pool_put() or shmdev_buffer_free(); NULL on error,
 * with the errors of shmdev_region_create() and shmdev_region_map().
 *
 * Since: 0.1
 */
struct shmdev_buffer *shmdev_pool_get(struct shmdev_pool *pool, uint64_t size,
				      uint64_t party);

/**
 * shmdev_pool_put() - give a buffer back
 * @pool: the pool that it is from
 * @buffer: the buffer; *@buffer is NULL afterwards
 *
 * A WRITABLE buffer must be the caller's or nobody's; a controlled one is taken
 * from its owner. The pool does not keep one that another process owns, or that
 * was frozen, shared or published. If there are too many, it drops the one that
 * has waited longest.
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_pool_put(struct shmdev_pool *pool, struct shmdev_buffer **buffer);

/**
 * shmdev_pool_forget() - keep no buffers of a party
 * @pool: the pool
 * @party: the party, for example one whose connection has ended
 *
 * Frees those that wait. One that is put later is kept.
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_pool_forget(struct shmdev_pool *pool, uint64_t party);

/**
 * shmdev_pool_shutdown() - keep no buffers any more
 * @pool: the pool
 *
 * Frees those that wait, and those that are put from now on.
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_pool_shutdown(struct shmdev_pool *pool);

/**
 * shmdev_pool_cached() - number of buffers that wait
 * @pool: the pool
 *
 * Return: number of buffers; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_pool_cached(struct shmdev_pool *pool);

/**
 * shmdev_pool_free() - free a pool and all buffers that wait
 * @pool: the pool, or NULL
 *
 * Buffers that were got and not put back stay, for shmdev_buffer_free().
 *
 * Since: 0.1
 */
void shmdev_pool_free(struct shmdev_pool *pool);

/**
 * shmdev_buffer_data() - the memory
 * @buffer: the buffer
 *
 * Return: address of the first byte, valid until the buffer is put back or
 * freed; NULL for NULL.
 *
 * Since: 0.1
 */
void *shmdev_buffer_data(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_size() - size in bytes, maybe more than was asked for
 * @buffer: the buffer
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
uint64_t shmdev_buffer_size(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_region() - the region, to pass on or to transfer
 * @buffer: the buffer
 *
 * With SHMDEV_POOL_CONTROLLED it has CONTROL: shmdev_buffer_send() passes on a
 * handle without.
 *
 * Return: a region that lives as long as the buffer; NULL for NULL.
 *
 * Since: 0.1
 */
const struct shmdev_region *
shmdev_buffer_region(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_mapping() - the mapping of the whole buffer
 * @buffer: the buffer
 *
 * For typed and checked access (<shmdev/span.h>).
 *
 * Return: a mapping that lives as long as the buffer; NULL for NULL.
 *
 * Since: 0.1
 */
const struct shmdev_writable_mapping *
shmdev_buffer_mapping(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_writable_region() - the region, by its type
 * @buffer: the buffer
 *
 * Return: a region that lives as long as the buffer; NULL on error:
 *
 *  - EINVAL: the pool is not of mode WRITABLE.
 *  - EPERM: it has SHMDEV_POOL_CONTROLLED. A typed handle has no CONTROL.
 *
 * Since: 0.1
 */
const struct shmdev_writable_region *
shmdev_buffer_writable_region(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_unsafe_region() - the region, by its type
 * @buffer: the buffer
 *
 * Return: as shmdev_buffer_writable_region(), for mode UNSAFE.
 *
 * Since: 0.1
 */
const struct shmdev_unsafe_region *
shmdev_buffer_unsafe_region(const struct shmdev_buffer *buffer);

/**
 * shmdev_buffer_send() - send the handle of a buffer
 * @buffer: the buffer
 * @socket: see shmdev_handle_send()
 * @deadline_ns: see shmdev_handle_send()
 *
 * The receiver gets READ and WRITE, and never CONTROL. Does not change the owner.
 *
 * Return: 0; -1 on error, with the errors of shmdev_handle_send() and
 * SHMREGION_IOC_DUP.
 *
 * Since: 0.1
 */
int shmdev_buffer_send(const struct shmdev_buffer *buffer, int socket,
		       uint64_t deadline_ns);

/**
 * shmdev_buffer_free() - free the buffer
 * @buffer: the buffer, or NULL
 *
 * Destroys the region if this process is its controller. A WRITABLE buffer that
 * the caller owns stays owned, so that nobody else can see what is in it.
 * Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_buffer_free(struct shmdev_buffer *buffer);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_POOL_H */
