/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that access the memory of a region. */
#ifndef STRESS_ACCESS_H
#define STRESS_ACCESS_H

#include "turn.h"

void access_touch(struct turn *turn);
void access_hammer(struct turn *turn);
void access_stamp(struct turn *turn);
void access_watch(struct turn *turn);
void access_pin(struct turn *turn);

#endif /* STRESS_ACCESS_H */
