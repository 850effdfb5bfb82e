// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a region says about itself: to programs by ioctl, to people by fdinfo.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "attachment.h"
#include "handle.h"
#include "info.h"
#include "limits.h"
#include "process.h"
#include "region.h"
#include "rule.h"

/* So many members fdinfo looks at; debugfs.c lists all. */
#define MEMBERS_SHOWN	64

unsigned long shmregion_nr_allocated(const struct shmregion *region)
{
	return READ_ONCE(region->inode.i_mapping->nrpages);
}

/* Bits of enum shmregion_state. The region is locked. */
u32 shmregion_state(const struct shmregion *region)
{
	u32 state = 0;

	lockdep_assert_held(&region->lock);
	if (region->owner)
		state |= SHMREGION_STATE_OWNED;
	if (region->loser)
		state |= SHMREGION_STATE_REVOKING;
	if (region->frozen)
		state |= SHMREGION_STATE_FROZEN;
	if (region->owner_died)
		state |= SHMREGION_STATE_OWNER_DIED;
	if (region->controlled)
		state |= SHMREGION_STATE_CONTROLLED;
	/* Memory comes only, until the region is destroyed. */
	if (shmregion_nr_allocated(region) == region->nr_pages)
		state |= SHMREGION_STATE_ALLOCATED;
	return state;
}

/*
 * Every mode lets its owner write; without one only UNSAFE lets anybody. While a
 * revocation is pending what the owner began to write may still arrive.
 */
static u32 region_writers(const struct shmregion *region)
{
	if (region->mode == SHMREGION_MODE_UNSAFE)
		return SHMREGION_WRITERS_ALL;
	if (region->frozen)
		return SHMREGION_WRITERS_NONE;
	if (!region->owner)
		return SHMREGION_WRITERS_UNOWNED;
	return region->owner->process->notifier.mm == current->mm ?
		       SHMREGION_WRITERS_CALLER : SHMREGION_WRITERS_OTHER;
}

/* Fills the out members, all of one moment. Return: 0 or -ENODEV. */
int shmregion_get_info(struct file *file, struct shmregion_info *info)
{
	struct shmregion *region = shmregion_from_file(file);
	const struct shmregion_attachment *attachment;
	u32 rights = shmregion_handle_rights(file);
	bool attached;
	int ret;

	info->out_region_size = region->size;
	info->out_capacity = (u64)region->nr_pages << PAGE_SHIFT;
	export_uuid(info->out_guid, &region->guid);
	memcpy(info->out_label, region->label, sizeof(info->out_label));
	info->out_rights = rights;

	shmregion_lock(region);
	ret = region->destroyed ? -ENODEV : 0;
	info->out_generation = region->generation;
	info->out_mode = region->mode;
	info->out_state = shmregion_state(region);
	attachment = shmregion_attachment_find(region, current->mm);
	attached = attachment && attachment->rights;
	info->out_allocated = attached ? (u64)shmregion_nr_allocated(region) << PAGE_SHIFT :
					 0;
	info->out_member = attached ? attachment->member : 0;
	info->out_owner_member = region->owner ? region->owner->member : 0;
	info->out_access = rights & shmregion_access(region, attachment);
	info->out_writers = region_writers(region);
	info->out_owner_pid = region->owner ?
		shmregion_process_pid(region->owner->process) : 0;
	shmregion_unlock(region);
	return ret;
}

/* The ids of those who are attached; the first ones, if there are many. */
static void show_members(struct seq_file *seq, struct shmregion *region)
{
	const struct shmregion_attachment *attachment;
	unsigned int steps;
	bool attached;
	u64 member = 0;

	seq_puts(seq, "shmregion-members:\t");
	for (steps = 0;; steps++) {
		shmregion_lock(region);
		attachment = shmregion_attachment_next(region, member);
		if (attachment) {
			member = attachment->member;
			attached = attachment->rights;
		}
		shmregion_unlock(region);
		if (!attachment || steps == MEMBERS_SHOWN)
			break;
		if (attached)
			seq_printf(seq, "%llu ", member);
	}
	seq_puts(seq, attachment ? "...\n" : "\n");
}

void shmregion_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct shmregion *region = shmregion_from_file(file);
	struct shmregion_info info = {};
	bool destroyed = shmregion_get_info(file, &info);

	seq_printf(seq, "shmregion-guid:\t%pUb\n", &region->guid);
	seq_printf(seq, "shmregion-label:\t%s\n", region->label);
	seq_printf(seq, "shmregion-size:\t%llu\n", info.out_region_size);
	seq_printf(seq, "shmregion-capacity:\t%llu\n", info.out_capacity);
	seq_printf(seq, "shmregion-resident:\t%lu\n",
		   READ_ONCE(region->inode.i_mapping->nrpages) << PAGE_SHIFT);
	seq_printf(seq, "shmregion-mode:\t%s%s\n",
		   shmregion_mode_name(info.out_mode),
		   destroyed ? " destroyed" :
		   info.out_state & SHMREGION_STATE_FROZEN ? " frozen" : "");
	seq_printf(seq, "shmregion-owner:\t%d%s\n", info.out_owner_pid,
		   info.out_state & SHMREGION_STATE_OWNER_DIED ? " died" : "");
	seq_printf(seq, "shmregion-owner-member:\t%llu\n",
		   info.out_owner_member);
	seq_printf(seq, "shmregion-member:\t%llu\n", info.out_member);
	show_members(seq, region);
	seq_printf(seq, "shmregion-creator-uid:\t%u\n",
		   from_kuid_munged(seq_user_ns(seq),
				    shmregion_user_uid(region->user)));
	seq_printf(seq, "shmregion-controlled:\t%s\n",
		   region->controlled ? "yes" : "no");
	seq_printf(seq, "shmregion-rights:\tread%s%s\n",
		   info.out_rights & SHMREGION_RIGHT_WRITE ? " write" : "",
		   info.out_rights & SHMREGION_RIGHT_CONTROL ? " control" : "");
	seq_printf(seq, "shmregion-generation:\t%llu\n", info.out_generation);
}
