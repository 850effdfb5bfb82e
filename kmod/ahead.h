/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping ahead: what a new owner will touch. */
#ifndef SHMREGION_AHEAD_H
#define SHMREGION_AHEAD_H

struct shmregion;
struct vm_fault;

void shmregion_ahead_note(const struct vm_fault *vmf);
void shmregion_map_ahead(struct shmregion *region);

#endif /* SHMREGION_AHEAD_H */
