/* SPDX-License-Identifier: GPL-2.0-only */
/* Making the object of the calling process. */
#ifndef SHMREGION_ENROLL_H
#define SHMREGION_ENROLL_H

struct shmregion_process;

struct shmregion_process *shmregion_enroll(void);

int shmregion_enroll_init(void);
void shmregion_enroll_exit(void);

#endif /* SHMREGION_ENROLL_H */
