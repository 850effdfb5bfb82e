/* SPDX-License-Identifier: GPL-2.0-only */
/* What the death of a process means for the regions that it took part in. */
#ifndef SHMREGION_DEATH_H
#define SHMREGION_DEATH_H

struct shmregion_process;

void shmregion_process_died(struct shmregion_process *process);

#endif /* SHMREGION_DEATH_H */
