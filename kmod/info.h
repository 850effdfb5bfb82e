/* SPDX-License-Identifier: GPL-2.0-only */
/* What a region says about itself. */
#ifndef SHMREGION_INFO_H
#define SHMREGION_INFO_H

struct file;
struct seq_file;
struct shmregion_info;

int shmregion_get_info(struct file *file, struct shmregion_info *info);
void shmregion_show_fdinfo(struct seq_file *seq, struct file *file);

#endif /* SHMREGION_INFO_H */
