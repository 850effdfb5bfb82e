/* SPDX-License-Identifier: GPL-2.0-only */
/* A sender that has io_uring write to memory which was registered before. */
#ifndef ATTACKS_RING_H
#define ATTACKS_RING_H

#include "scene.h"

/*
 * Beforehand: a fixed buffer. That this fails is told by the second step.
 * Afterwards: read into it.
 */
long keep_fixed_buffer(struct scene *scene, long argument);
long use_fixed_buffer(struct scene *scene, long argument);

#endif /* ATTACKS_RING_H */
