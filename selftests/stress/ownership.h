/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that change who may do what, as far as a worker can. */
#ifndef STRESS_OWNERSHIP_H
#define STRESS_OWNERSHIP_H

#include "turn.h"

void ownership_acquire(struct turn *turn);
void ownership_transfer(struct turn *turn);
void ownership_release(struct turn *turn);
void ownership_publish(struct turn *turn);
void ownership_freeze(struct turn *turn);
void ownership_share(struct turn *turn);
void ownership_attach(struct turn *turn);
void ownership_detach(struct turn *turn);
void ownership_poll(struct turn *turn);
void ownership_usurp(struct turn *turn);
void ownership_nobody(struct turn *turn);

#endif /* STRESS_OWNERSHIP_H */
