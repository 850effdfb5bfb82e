/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHMREGION_SCRUB_H
#define SHMREGION_SCRUB_H

#include <linux/types.h>

struct folio;

void shmregion_scrub(struct folio *folio);
bool shmregion_scrub_now(void);
void shmregion_scrub_exit(void);

#endif /* SHMREGION_SCRUB_H */
