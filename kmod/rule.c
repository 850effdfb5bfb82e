// SPDX-License-Identifier: GPL-2.0-only
/*
 * The access rule: who may do what with a region, as it stands now. Nothing
 * here changes it; owner.c and controller.c do.
 */
#include <linux/mm.h>

#include "attachment.h"
#include "process.h"
#include "region.h"
#include "rule.h"

/*
 * What a controller lets a process have at most; without a standing, what it
 * would have if it attached.
 */
u32 shmregion_limit(const struct shmregion *region,
		    const struct shmregion_attachment *attachment)
{
	lockdep_assert_held(&region->lock);
	return attachment && attachment->limited ? attachment->limit :
						   region->default_limit;
}

/**
 * shmregion_access - the access rule
 * @region: the region, locked
 * @attachment: the process's standing, NULL when it has none
 *
 * Return: READ and WRITE of enum shmregion_right, as far as the process may
 * have them by the mode and its limit. The rights of a handle cut them down
 * further.
 */
u32 shmregion_access(const struct shmregion *region,
		     const struct shmregion_attachment *attachment)
{
	bool attached = attachment && attachment->rights;
	bool owner = attached && attachment == region->owner && !region->loser;
	u32 limit = shmregion_limit(region, attachment);

	lockdep_assert_held(&region->lock);
	if (region->destroyed || (region->controlled && !attached))
		return 0;

	switch (region->mode) {
	case SHMREGION_MODE_UNSAFE:
		return limit;
	case SHMREGION_MODE_READONLY:
		return owner ? limit : limit & SHMREGION_RIGHT_READ;
	case SHMREGION_MODE_WRITABLE:
		return owner ? limit : 0;
	}
	return 0;
}

/*
 * One that is about to lose the region is not the owner any more. Only an
 * address is compared, so @mm may be NULL.
 */
bool shmregion_is_owner(const struct shmregion *region,
			const struct mm_struct *mm)
{
	lockdep_assert_held(&region->lock);
	return region->owner && !region->loser &&
	       region->owner->process->notifier.mm == mm;
}

/* Whether this region can have an owner, now or later. */
bool shmregion_ownable(const struct shmregion *region)
{
	lockdep_assert_held(&region->lock);
	return region->mode != SHMREGION_MODE_UNSAFE && !region->frozen;
}
