/* SPDX-License-Identifier: GPL-2.0-only */
/* What a worker does for a region. */
#ifndef SHMREGION_WORK_H
#define SHMREGION_WORK_H

struct shmregion;
struct work_struct;

void shmregion_queue_work(struct shmregion *region, struct work_struct *work);
void shmregion_put_work(struct shmregion *region);
void shmregion_queue_watch(struct shmregion *region, unsigned long delay);

int shmregion_work_init(void);
void shmregion_work_exit(void);

#endif /* SHMREGION_WORK_H */
