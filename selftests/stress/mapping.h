/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on mappings. */
#ifndef STRESS_MAPPING_H
#define STRESS_MAPPING_H

#include "turn.h"

void mapping_map(struct turn *turn);
void mapping_unmap(struct turn *turn);
void mapping_unmap_part(struct turn *turn);
void mapping_remap(struct turn *turn);
void mapping_protect(struct turn *turn);
void mapping_advise(struct turn *turn);

#endif /* STRESS_MAPPING_H */
