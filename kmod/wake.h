/* SPDX-License-Identifier: GPL-2.0-only */
/* Waking those who wait for a region. */
#ifndef SHMREGION_WAKE_H
#define SHMREGION_WAKE_H

#include <linux/types.h>

struct shmregion;

void shmregion_wake(struct shmregion *region, bool will_wait);
void shmregion_wake_everybody(struct shmregion *region);

void shmregion_wake_region_init(struct shmregion *region);

#endif /* SHMREGION_WAKE_H */
