/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether memory comes in huge pages, and which. */
#ifndef SHMREGION_HUGE_H
#define SHMREGION_HUGE_H

#include <linux/types.h>

bool shmregion_huge_possible(void);
bool shmregion_huge_at(pgoff_t index);
unsigned int shmregion_folio_order_max(bool up_front);
pgoff_t shmregion_huge_capacity(pgoff_t nr_pages, u32 flags);

void shmregion_huge_init(void);

#endif /* SHMREGION_HUGE_H */
