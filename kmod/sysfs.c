// SPDX-License-Identifier: GPL-2.0-only
/*
 * Totals and limits, as attributes of the device: Documentation/ABI/testing.
 */
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/sysfs.h>

#include "limits.h"
#include "sysfs.h"

static ssize_t regions_show(struct device *device,
			    struct device_attribute *attribute, char *buffer)
{
	struct shmregion_usage usage;

	shmregion_usage_total(&usage);
	return sysfs_emit(buffer, "%lu\n", usage.regions);
}
static DEVICE_ATTR_RO(regions);

static ssize_t reserved_bytes_show(struct device *device,
				   struct device_attribute *attribute,
				   char *buffer)
{
	struct shmregion_usage usage;

	shmregion_usage_total(&usage);
	return sysfs_emit(buffer, "%lu\n", usage.reserved << PAGE_SHIFT);
}
static DEVICE_ATTR_RO(reserved_bytes);

static ssize_t allocated_bytes_show(struct device *device,
				    struct device_attribute *attribute,
				    char *buffer)
{
	struct shmregion_usage usage;

	shmregion_usage_total(&usage);
	return sysfs_emit(buffer, "%lu\n", usage.allocated << PAGE_SHIFT);
}
static DEVICE_ATTR_RO(allocated_bytes);

static ssize_t max_total_bytes_show(struct device *device,
				    struct device_attribute *attribute,
				    char *buffer)
{
	struct shmregion_limits limits;

	shmregion_limits(&limits);
	return sysfs_emit(buffer, "%lu\n", limits.total);
}
static DEVICE_ATTR_RO(max_total_bytes);

static ssize_t max_user_bytes_show(struct device *device,
				   struct device_attribute *attribute,
				   char *buffer)
{
	struct shmregion_limits limits;

	shmregion_limits(&limits);
	return sysfs_emit(buffer, "%lu\n", limits.user);
}
static DEVICE_ATTR_RO(max_user_bytes);

static ssize_t max_region_bytes_show(struct device *device,
				     struct device_attribute *attribute,
				     char *buffer)
{
	struct shmregion_limits limits;

	shmregion_limits(&limits);
	return sysfs_emit(buffer, "%lu\n", limits.region);
}
static DEVICE_ATTR_RO(max_region_bytes);

static struct attribute *shmregion_attrs[] = {
	&dev_attr_regions.attr,
	&dev_attr_reserved_bytes.attr,
	&dev_attr_allocated_bytes.attr,
	&dev_attr_max_total_bytes.attr,
	&dev_attr_max_user_bytes.attr,
	&dev_attr_max_region_bytes.attr,
	NULL
};

static const struct attribute_group shmregion_group = {
	.attrs = shmregion_attrs,
};

const struct attribute_group *shmregion_attribute_groups[] = {
	&shmregion_group,
	NULL
};
