// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/shmregion: where regions are created. It holds no state; an open file
 * of it is worth no more than the right to open it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "device.h"
#include "ioctl.h"
#include "region.h"
#include "sysfs.h"

#define MODE_BITS 0666

static unsigned int mode = 0600;

/* In octal, with the 0 in front that says so: 660 would be another number. */
static int set_mode(const char *value, const struct kernel_param *param)
{
	const char *why = NULL;
	unsigned int bits;

	if (value[0] != '0' || kstrtouint(value, 8, &bits))
		why = "is not an octal number with a leading 0";
	else if (bits & ~MODE_BITS)
		why = "has other bits than those that are allowed";
	else if (!bits)
		/* devtmpfs takes it for no mode at all, and makes it 0600. */
		why = "has no bits";
	if (why) {
		pr_err("%s=%s %s; allowed are bits of %#o, as in mode=0660\n",
		       param->name, value, why, MODE_BITS);
		return -EINVAL;
	}

	mode = bits;
	return 0;
}

static int get_mode(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%#o\n", mode);
}

static const struct kernel_param_ops mode_ops = {
	.set = set_mode,
	.get = get_mode,
};

module_param_cb(mode, &mode_ops, NULL, 0444);
__MODULE_PARM_TYPE(mode, "octal");
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
	.groups	= shmregion_attribute_groups,
};

int __init shmregion_device_init(void)
{
	shmregion_device.mode = mode;
	return misc_register(&shmregion_device);
}

void shmregion_device_exit(void)
{
	misc_deregister(&shmregion_device);
}
