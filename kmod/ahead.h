/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping ahead: what a new owner will touch. */
#ifndef SHMREGION_AHEAD_H
#define SHMREGION_AHEAD_H

struct shmregion;
struct shmregion_attachment;
struct vm_area_struct;
struct vm_fault;

void shmregion_ahead_note(const struct vm_fault *vmf);
struct vm_area_struct *
shmregion_ahead_lock(const struct shmregion_attachment *attachment,
		     unsigned long *start, unsigned long *end);
void shmregion_map_ahead(struct shmregion *region);

#endif /* SHMREGION_AHEAD_H */
