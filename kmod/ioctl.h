/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of the device and of handles. */
#ifndef SHMREGION_IOCTL_H
#define SHMREGION_IOCTL_H

struct file;

long shmregion_device_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg);
long shmregion_handle_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg);

#endif /* SHMREGION_IOCTL_H */
