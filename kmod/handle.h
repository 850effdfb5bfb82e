/* SPDX-License-Identifier: GPL-2.0-only */
/* A handle: an open file on a region's inode, with rights. */
#ifndef SHMREGION_HANDLE_H
#define SHMREGION_HANDLE_H

#include <linux/types.h>

struct file;
struct shmregion;

#define SHMREGION_RIGHTS_ALL						\
	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE |			\
	 SHMREGION_RIGHT_CONTROL)

struct file *shmregion_handle_open(struct shmregion *region, u32 rights);
u32 shmregion_handle_rights(const struct file *file);

#endif /* SHMREGION_HANDLE_H */
