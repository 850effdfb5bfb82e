/* SPDX-License-Identifier: GPL-2.0-only */
/* What a region says about itself. */
#ifndef SHMREGION_INFO_H
#define SHMREGION_INFO_H

#include <linux/types.h>

struct file;
struct seq_file;
struct shmregion;
struct shmregion_info;

unsigned long shmregion_nr_allocated(const struct shmregion *region);
u32 shmregion_state(const struct shmregion *region);
int shmregion_get_info(struct file *file, struct shmregion_info *info);
void shmregion_show_fdinfo(struct seq_file *seq, struct file *file);

#endif /* SHMREGION_INFO_H */
