/* SPDX-License-Identifier: GPL-2.0-only */
/* What root can see of all regions, in debugfs. */
#ifndef SHMREGION_DEBUGFS_H
#define SHMREGION_DEBUGFS_H

void shmregion_debugfs_init(void);
void shmregion_debugfs_exit(void);

#endif /* SHMREGION_DEBUGFS_H */
