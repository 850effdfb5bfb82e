/* SPDX-License-Identifier: GPL-2.0-only */
/* An operation of another process: a child that inherits all but ownership. */
#ifndef STRESS_CHILD_H
#define STRESS_CHILD_H

#include "turn.h"

void child_fork(struct turn *turn);

#endif /* STRESS_CHILD_H */
