/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The access rule, and every operation that changes who may do what.
 */
#ifndef SHMREGION_OWNER_H
#define SHMREGION_OWNER_H

#include <linux/types.h>

#include "region.h"

u32 shmregion_access(const struct shmregion *region,
		     const struct shmregion_attachment *attachment);
bool shmregion_ownable(const struct shmregion *region);
bool shmregion_is_owner(const struct shmregion *region,
			const struct mm_struct *mm);

void shmregion_set_owner(struct shmregion *region,
			 struct shmregion_attachment *owner);
void shmregion_drop_owner(struct shmregion *region);
void shmregion_unlock_and_wake(struct shmregion *region);
struct shmregion_attachment *
shmregion_find_by_pid(const struct shmregion *region, pid_t nr);

void shmregion_owner_first(struct shmregion *region);
int shmregion_transfer(struct shmregion *region, pid_t receiver, u64 *seen);
int shmregion_release(struct shmregion *region);
int shmregion_acquire(struct shmregion *region, bool *died);
int shmregion_acquire_wait(struct shmregion *region, u64 seen, u64 deadline_ns,
			   bool *died);
void shmregion_acquire_undo(struct shmregion *region);
int shmregion_publish(struct shmregion *region);
int shmregion_freeze(struct shmregion *region);
int shmregion_share(struct shmregion *region);
void shmregion_owner_died(struct shmregion_attachment *attachment);

#endif /* SHMREGION_OWNER_H */
