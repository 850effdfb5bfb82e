/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory regions may take: one, those of one user, all together. */
#ifndef SHMREGION_LIMITS_H
#define SHMREGION_LIMITS_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct shmregion;
struct shmregion_user;

/**
 * struct shmregion_limits - the limits in force, in bytes
 * @total: of all regions together
 * @user: of all regions of one user
 * @region: of one region
 */
struct shmregion_limits {
	unsigned long total;
	unsigned long user;
	unsigned long region;
};

/**
 * struct shmregion_usage - what a user has, or all users together
 * @uid: the user
 * @regions: number of regions
 * @reserved: pages that count against the limits
 * @allocated: pages of memory
 */
struct shmregion_usage {
	kuid_t uid;
	unsigned long regions;
	unsigned long reserved;
	unsigned long allocated;
};

struct shmregion_user *shmregion_charge(pgoff_t nr_pages);
void shmregion_uncharge(struct shmregion_user *user, pgoff_t nr_pages);
void shmregion_user_put(struct shmregion_user *user);
void shmregion_user_leave(struct shmregion_user *user);
kuid_t shmregion_user_uid(const struct shmregion_user *user);

struct shmregion_user *shmregion_charge_held(struct shmregion *region,
					     unsigned long nr_pages);
void shmregion_uncharge_region(struct shmregion *region);

void shmregion_count_memory(struct shmregion_user *user, long nr_pages);
bool shmregion_usage_from(u64 uid, struct shmregion_usage *usage);
void shmregion_usage_total(struct shmregion_usage *usage);
void shmregion_limits(struct shmregion_limits *limits);

int shmregion_limits_init(void);

#endif /* SHMREGION_LIMITS_H */
