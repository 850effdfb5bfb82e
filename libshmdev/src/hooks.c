// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Creating regions: by the hook of this process, or by the device. */
#include "internal.h"

#include <errno.h>

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

static struct shmdev_hooks current;

SHMDEV_API void shmdev_hooks_set(const struct shmdev_hooks *hooks)
{
	static const struct shmdev_hooks none;

	current = hooks ? *hooks : none;
}

SHMDEV_API int shmdev_hooks_get(struct shmdev_hooks *hooks)
{
	if (!hooks)
		return shmdev_fail(EINVAL);

	*hooks = current;
	return 0;
}

/* Who has this access to a WRITABLE region owns it. */
bool shmdev_check_created(const struct shmdev_region *region, uint64_t size,
			  uint32_t mode, uint32_t flags)
{
	struct shmregion_info info;
	bool controlled, allocated;

	if (shmdev_region_info(region, &info) < 0)
		return false;

	controlled = info.out_state & SHMREGION_STATE_CONTROLLED;
	allocated = info.out_state & SHMREGION_STATE_ALLOCATED;

	return info.out_region_size == size && info.out_mode == mode &&
	       info.out_access == RIGHTS && info.out_member &&
	       controlled == !!(flags & SHMREGION_CREATE_CONTROLLED) &&
	       (allocated || !(flags & SHMREGION_CREATE_POPULATE));
}

static struct shmdev_region *create_by_hook(uint64_t size, uint32_t mode,
					    uint32_t wanted, uint32_t flags,
					    const char *label)
{
	struct shmdev_region *region;

	region = current.create(current.context, size, mode, wanted, flags,
				label);
	if (!region)
		return NULL;

	if (!shmdev_check_created(region, size, mode, flags)) {
		shmdev_region_free(region);
		errno = EBADE;
		return NULL;
	}

	return region;
}

static struct shmdev_region *create_by_device(uint64_t size, uint32_t mode,
					      uint32_t flags, const char *label)
{
	struct shmdev_region *region;
	int dev_fd;

	dev_fd = shmdev_open();
	if (dev_fd < 0)
		return NULL;

	region = shmdev_region_create_at(dev_fd, size, mode, flags, label);
	shmdev_close_keep_errno(dev_fd);

	return region;
}

struct shmdev_region *shmdev_create_wanted(uint64_t size, uint32_t mode,
					   uint32_t wanted, uint32_t flags,
					   const char *label)
{
	return current.create ? create_by_hook(size, mode, wanted, flags, label) :
				create_by_device(size, mode, flags, label);
}

SHMDEV_API struct shmdev_region *
shmdev_region_create(uint64_t size, uint32_t mode, uint32_t flags,
		     const char *label)
{
	return shmdev_create_wanted(size, mode, mode, flags, label);
}
