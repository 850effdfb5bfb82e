/* SPDX-License-Identifier: GPL-2.0-only */
/* All regions that there are, whoever has them. */
#ifndef SHMREGION_REGISTRY_H
#define SHMREGION_REGISTRY_H

#include <linux/types.h>

struct shmregion;

void shmregion_registry_add(struct shmregion *region);
void shmregion_registry_remove(struct shmregion *region);
struct shmregion *shmregion_registry_get(u64 id);
void shmregion_registry_put(struct shmregion *region);

#endif /* SHMREGION_REGISTRY_H */
