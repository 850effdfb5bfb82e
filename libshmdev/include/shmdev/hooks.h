/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Hooks: creation of regions by somebody else.
 *
 * A process in a sandbox may be unable to open the device. A hook then has the
 * regions made elsewhere, for all code of the process that calls
 * shmdev_region_create(), the other layers of this library included.
 * <shmdev/broker.h> is such a hook.
 *
 * There is one hook for the process. Set it before there are threads: the
 * library reads it without a lock. A fork child inherits it, with all that its
 * context stands for; if that is a connection, the child must set its own.
 */
#ifndef SHMDEV_HOOKS_H
#define SHMDEV_HOOKS_H

#include <stdint.h>

#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_hooks - what takes the place of functions of the library
 * @create: as shmdev_region_create(): the caller is attached, and owns what is
 *	WRITABLE. @mode is what the region must be when the function returns.
 *	@wanted, of enum shmregion_mode too, is what it is for: READONLY when
 *	the caller is going to publish it, as shmdev_readonly_region_create()
 *	and shmdev_writer_create() do; else the same as @mode. A sandbox can
 *	allow one kind and refuse another by it. Need not give
 *	SHMREGION_RIGHT_CONTROL when it is asked for a region with a
 *	controller: that can be somebody else. Must not call
 *	shmdev_region_create() itself; shmdev_region_create_at() is never
 *	hooked. Can be called in several threads at once. NULL: the library's
 *	own.
 * @context: passed to it
 */
struct shmdev_hooks {
	struct shmdev_region *(*create)(void *context, uint64_t size,
					uint32_t mode, uint32_t wanted,
					uint32_t flags, const char *label);
	void *context;
};

/**
 * shmdev_hooks_set() - set the hooks of this process
 * @hooks: copied; NULL for the library's own functions
 *
 * From now on shmdev_region_create() returns what the hook returns, and fails
 * with its errno. It trusts the hook no more than it has to: it frees the
 * region, and the call fails with EBADE, if the region has another size or
 * mode, has a controller that nobody asked for or lacks one, is not fully
 * allocated though it should be, or if the caller is not attached, cannot write
 * to it, or does not own it though it is WRITABLE.
 *
 * Since: 0.1
 */
void shmdev_hooks_set(const struct shmdev_hooks *hooks);

/**
 * shmdev_hooks_get() - the hooks of this process
 * @hooks: what was set last; all members are NULL if nothing was
 *
 * To restore them later.
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_hooks_get(struct shmdev_hooks *hooks);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_HOOKS_H */
