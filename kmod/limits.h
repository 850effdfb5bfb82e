/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory regions may take: one, those of one user, all together. */
#ifndef SHMREGION_LIMITS_H
#define SHMREGION_LIMITS_H

#include <linux/types.h>

struct shmregion;
struct shmregion_user;

struct shmregion_user *shmregion_charge(pgoff_t nr_pages);
void shmregion_uncharge(struct shmregion_user *user, pgoff_t nr_pages);
void shmregion_user_put(struct shmregion_user *user);

struct shmregion_user *shmregion_charge_held(struct shmregion *region,
					     unsigned long nr_pages);
void shmregion_uncharge_region(struct shmregion *region);

int shmregion_limits_init(void);

#endif /* SHMREGION_LIMITS_H */
