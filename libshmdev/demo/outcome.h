/* SPDX-License-Identifier: GPL-2.0-only */
/* How attacks come to their outcomes. */
#ifndef DEMO_OUTCOME_H
#define DEMO_OUTCOME_H

#include "attack.h"
#include "scene.h"
#include "tell.h"

__printf(2, 3) struct outcome outcome(bool held, const char *format, ...);

/*
 * Has the attacker do a step that is to change nothing of what the victim
 * sees, and to fail.
 */
struct outcome outcome_of_change(const struct actor *attacker, actor_step step,
				 const struct actor *victim);

#endif /* DEMO_OUTCOME_H */
