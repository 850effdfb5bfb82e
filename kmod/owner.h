/* SPDX-License-Identifier: GPL-2.0-only */
/* Every operation by which an owner comes, goes, or changes the mode. */
#ifndef SHMREGION_OWNER_H
#define SHMREGION_OWNER_H

#include <linux/types.h>

#include "region.h"

struct shmregion_attachment;
struct shmregion_peer;

int shmregion_give(struct shmregion *region, struct shmregion_attachment *next,
		   bool will_wait);
void shmregion_creator(struct shmregion *region);
int shmregion_transfer(struct shmregion *region,
		       const struct shmregion_peer *receiver, u64 *seen);
int shmregion_release(struct shmregion *region);
int shmregion_acquire(struct shmregion *region, u32 *out_flags);
void shmregion_acquire_undo(struct shmregion *region);
int shmregion_publish(struct shmregion *region);
int shmregion_freeze(struct shmregion *region);
int shmregion_share(struct shmregion *region);
bool shmregion_notice_death(struct shmregion *region);
void shmregion_owner_died(struct shmregion_attachment *attachment);

#endif /* SHMREGION_OWNER_H */
