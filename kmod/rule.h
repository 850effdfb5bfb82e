/* SPDX-License-Identifier: GPL-2.0-only */
/* The access rule. */
#ifndef SHMREGION_RULE_H
#define SHMREGION_RULE_H

#include <linux/types.h>

struct mm_struct;
struct shmregion;
struct shmregion_attachment;

u32 shmregion_limit(const struct shmregion *region,
		    const struct shmregion_attachment *attachment);
u32 shmregion_access(const struct shmregion *region,
		     const struct shmregion_attachment *attachment);
bool shmregion_is_owner(const struct shmregion *region,
			const struct mm_struct *mm);
bool shmregion_ownable(const struct shmregion *region);

#endif /* SHMREGION_RULE_H */
