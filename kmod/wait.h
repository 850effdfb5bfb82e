/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for one's turn to own a region. */
#ifndef SHMREGION_WAIT_H
#define SHMREGION_WAIT_H

#include <linux/poll.h>
#include <linux/types.h>

#include "region.h"

u64 shmregion_host_deadline(u64 deadline_ns);
int shmregion_acquire_wait(struct shmregion *region, u64 seen, u64 deadline_ns,
			   u32 *out_flags);
__poll_t shmregion_poll(struct file *file, struct poll_table_struct *wait);

bool shmregion_has_waiters(struct shmregion *region);
void shmregion_wait_region_init(struct shmregion *region);
void shmregion_wait_region_exit(struct shmregion *region);

#endif /* SHMREGION_WAIT_H */
