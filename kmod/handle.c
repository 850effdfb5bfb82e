// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: open files on a region's inode.
 *
 * WRITE is the file's FMODE_WRITE, so the core itself refuses a writable
 * mapping of a handle without it. The file has no read, write, splice or
 * allocate operation, and its inode cannot be opened again through /proc: an
 * inode of a pseudo file system has no ->open.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "handle.h"
#include "info.h"
#include "ioctl.h"
#include "mapping.h"
#include "region.h"
#include "wait.h"

/* A file's private data is its CONTROL right and nothing else. */
static void *control_data(u32 rights)
{
	return (void *)(unsigned long)(rights & SHMREGION_RIGHT_CONTROL);
}

u32 shmregion_handle_rights(const struct file *file)
{
	u32 rights = (unsigned long)file->private_data;

	rights |= SHMREGION_RIGHT_READ;
	if (file->f_mode & FMODE_WRITE)
		rights |= SHMREGION_RIGHT_WRITE;
	return rights;
}

static const struct file_operations shmregion_handle_fops = {
	/* No .owner: region.c says what keeps the module. */
	.mmap		= shmregion_mmap,
	/* Where a huge entry fits. */
	.get_unmapped_area = thp_get_unmapped_area,
	/* For msync(): memory is all that there is. */
	.fsync		= noop_fsync,
	.poll		= shmregion_poll,
	.unlocked_ioctl	= shmregion_handle_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= shmregion_show_fdinfo,
};

/**
 * shmregion_handle_open - make a handle
 * @region: the region
 * @rights: READ among them
 *
 * Return: the file, not yet installed in any table, or -ENOMEM or -ENFILE.
 */
struct file *shmregion_handle_open(struct shmregion *region, u32 rights)
{
	int flags = rights & SHMREGION_RIGHT_WRITE ? O_RDWR : O_RDONLY;
	struct file *file;

	ihold(&region->inode);
	file = alloc_file_pseudo(&region->inode, region->mount, "shmregion",
				 flags, &shmregion_handle_fops);
	if (IS_ERR(file)) {
		iput(&region->inode);
		return file;
	}
	file->private_data = control_data(rights);
	return file;
}
