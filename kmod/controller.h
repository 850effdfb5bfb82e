/* SPDX-License-Identifier: GPL-2.0-only */
/* What a controller can do: limit, reclaim, destroy. */
#ifndef SHMREGION_CONTROLLER_H
#define SHMREGION_CONTROLLER_H

#include <linux/types.h>

struct shmregion;
struct shmregion_peer;

int shmregion_limit_all(struct shmregion *region, u32 limit);
int shmregion_limit_process(struct shmregion *region,
			    const struct shmregion_peer *peer, u32 limit);
int shmregion_reclaim(struct shmregion *region);
int shmregion_destroy(struct shmregion *region);

#endif /* SHMREGION_CONTROLLER_H */
