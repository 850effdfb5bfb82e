// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/shmregion: where regions are created. It holds no state; an open file
 * of it is worth no more than the right to open it.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "device.h"
#include "ioctl.h"
#include "region.h"

static uint mode = 0600;
module_param(mode, uint, 0444);
MODULE_PARM_DESC(mode,
		 "Permissions of /dev/shmregion, as 0660 (default: 0600)");

static int device_open(struct inode *inode, struct file *file)
{
	return shmregion_fs_pin();
}

static int device_release(struct inode *inode, struct file *file)
{
	shmregion_fs_unpin();
	return 0;
}

static const struct file_operations shmregion_device_fops = {
	.owner		= THIS_MODULE,
	.open		= device_open,
	.release	= device_release,
	.unlocked_ioctl	= shmregion_device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice shmregion_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "shmregion",
	.fops	= &shmregion_device_fops,
};

int __init shmregion_device_init(void)
{
	if (mode & ~0666)
		return -EINVAL;
	shmregion_device.mode = mode;
	return misc_register(&shmregion_device);
}

void shmregion_device_exit(void)
{
	misc_deregister(&shmregion_device);
}
