/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory all regions together may take. */
#ifndef SHMREGION_LIMITS_H
#define SHMREGION_LIMITS_H

#include <linux/types.h>

int shmregion_charge(pgoff_t nr_pages);
void shmregion_uncharge(pgoff_t nr_pages);

int shmregion_limits_init(void);

#endif /* SHMREGION_LIMITS_H */
