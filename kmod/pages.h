/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of a region: its inode's page cache. */
#ifndef SHMREGION_PAGES_H
#define SHMREGION_PAGES_H

#include <linux/types.h>

struct address_space;
struct folio;
struct shmregion;

void shmregion_pages_init(struct address_space *mapping);
struct folio *shmregion_folio_find(struct shmregion *region, pgoff_t index);
struct folio *shmregion_folio_get(struct shmregion *region, pgoff_t index);
int shmregion_populate(struct shmregion *region);
void shmregion_pages_free(struct shmregion *region);
void shmregion_wait_for_faults(struct shmregion *region);

#endif /* SHMREGION_PAGES_H */
