/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of a sender that does not let go, beyond those of the demo. */
#ifndef ATTACKS_SENDER_H
#define ATTACKS_SENDER_H

#include "scene.h"

/* Beforehand: a child that is to inherit the mapping by MADV_DOFORK. */
long keep_forced_child(struct scene *scene, long argument);

/*
 * Beforehand: a thread that sleeps in read(2), into the memory. Afterwards:
 * send it something.
 */
long keep_blocked_read(struct scene *scene, long argument);
long use_blocked_read(struct scene *scene, long argument);

/* Move the mapping, or have it twice, and store. */
long move_and_store(struct scene *scene, long argument);
long remap_twice_and_store(struct scene *scene, long argument);
long remap_pages_and_store(struct scene *scene, long argument);

/* Open what is mapped again through /proc, and store. */
long reopen_mapping_and_store(struct scene *scene, long argument);

/* Load by a mapping that is private. */
long load_privately(struct scene *scene, long argument);

/* Change the file without any mapping. */
long write_file(struct scene *scene, long argument);
long punch_hole(struct scene *scene, long argument);

#endif /* ATTACKS_SENDER_H */
