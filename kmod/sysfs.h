/* SPDX-License-Identifier: GPL-2.0-only */
/* Totals and limits, as attributes of the device. */
#ifndef SHMREGION_SYSFS_H
#define SHMREGION_SYSFS_H

struct attribute_group;

extern const struct attribute_group *shmregion_attribute_groups[];

#endif /* SHMREGION_SYSFS_H */
