/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory regions may take: one, those of one user, all together. */
#ifndef SHMREGION_LIMITS_H
#define SHMREGION_LIMITS_H

#include <linux/types.h>

struct shmregion_user;

struct shmregion_user *shmregion_charge(pgoff_t nr_pages);
void shmregion_uncharge(struct shmregion_user *user, pgoff_t nr_pages);

int shmregion_limits_init(void);

#endif /* SHMREGION_LIMITS_H */
