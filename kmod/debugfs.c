// SPDX-License-Identifier: GPL-2.0-only
/*
 * What root can see of all regions, in debugfs: Documentation/ABI/testing.
 *
 * A region may have many members, and there may be many regions. So each member
 * is a record of its own, and between two records nothing is held: where to go
 * on is remembered as two numbers. A region is held while one of its records is
 * made, and locked for one step at a time.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uidgid.h>

#include "attachment.h"
#include "debugfs.h"
#include "info.h"
#include "limits.h"
#include "process.h"
#include "region.h"
#include "registry.h"
#include "rule.h"
#include "wait.h"

static struct dentry *shmregion_debugfs;

/*
 * Regions and their members
 */

/**
 * struct regions_cursor - a reader's place in the list of regions
 * @id: the number of the region
 * @member: the member id; 0 for the region itself
 * @region: the region while the reader is in a record, with a reference
 */
struct regions_cursor {
	u64 id;
	u64 member;
	struct shmregion *region;
};

/* Where it stands, or at what comes next if that is gone. */
static void *cursor_get(struct regions_cursor *cursor)
{
	cursor->region = shmregion_registry_get(cursor->id);
	if (!cursor->region)
		return NULL;
	if (cursor->region->id != cursor->id)
		cursor->member = 0;
	cursor->id = cursor->region->id;
	return cursor;
}

static void cursor_put(struct regions_cursor *cursor)
{
	if (cursor->region)
		shmregion_registry_put(cursor->region);
	cursor->region = NULL;
}

static void *regions_start(struct seq_file *seq, loff_t *pos)
{
	struct regions_cursor *cursor = seq->private;

	/* seq_file starts where it stopped, or from the beginning. */
	if (!*pos) {
		cursor->id = 0;
		cursor->member = 0;
	}
	return cursor_get(cursor);
}

static void *regions_next(struct seq_file *seq, void *record, loff_t *pos)
{
	const struct shmregion_attachment *attachment;
	struct regions_cursor *cursor = seq->private;

	++*pos;
	shmregion_lock(cursor->region);
	attachment = shmregion_attachment_next(cursor->region, cursor->member);
	if (attachment)
		cursor->member = attachment->member;
	shmregion_unlock(cursor->region);
	if (attachment)
		return cursor;

	cursor_put(cursor);
	cursor->id++;
	cursor->member = 0;
	return cursor_get(cursor);
}

static void regions_stop(struct seq_file *seq, void *record)
{
	cursor_put(seq->private);
}

static const char *rights_name(u32 rights)
{
	static const char * const names[] = {
		"-", "r", "w", "rw", "c", "rc", "wc", "rwc",
	};

	return names[rights % ARRAY_SIZE(names)];
}

static void show_state(struct seq_file *seq, u32 state, bool destroyed)
{
	static const struct {
		u32 bit;
		const char *name;
	} bits[] = {
		{ SHMREGION_STATE_OWNED, "owned" },
		{ SHMREGION_STATE_REVOKING, "revoking" },
		{ SHMREGION_STATE_FROZEN, "frozen" },
		{ SHMREGION_STATE_OWNER_DIED, "owner-died" },
		{ SHMREGION_STATE_ALLOCATED, "allocated" },
	};
	const char *comma = "";
	size_t i;

	seq_puts(seq, " state=");
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		if (!(state & bits[i].bit))
			continue;
		seq_printf(seq, "%s%s", comma, bits[i].name);
		comma = ",";
	}
	if (destroyed)
		seq_printf(seq, "%sdestroyed", comma);
	else if (!*comma)
		seq_puts(seq, "-");
}

static void show_region(struct seq_file *seq, struct shmregion *region)
{
	struct user_namespace *user_ns = seq_user_ns(seq);
	kuid_t uid = shmregion_user_uid(region->user);
	enum shmregion_mode mode;
	u64 generation, owner;
	pid_t owner_pid;
	u32 state, limit;
	bool destroyed;

	shmregion_lock(region);
	mode = region->mode;
	state = shmregion_state(region);
	destroyed = region->destroyed;
	generation = region->generation;
	limit = region->default_limit;
	owner = region->owner ? region->owner->member : 0;
	owner_pid = region->owner ?
		shmregion_process_pid(region->owner->process) : 0;
	shmregion_unlock(region);

	seq_printf(seq, "region id=%llu guid=%pUb mode=%s", region->id,
		   &region->guid, shmregion_mode_name(mode));
	show_state(seq, state, destroyed);
	seq_printf(seq, " controlled=%s limit=%s",
		   region->controlled ? "yes" : "no", rights_name(limit));
	seq_printf(seq, " size=%llu capacity=%llu allocated=%llu",
		   region->size, (u64)region->nr_pages << PAGE_SHIFT,
		   (u64)shmregion_nr_allocated(region) << PAGE_SHIFT);
	seq_printf(seq, " uid=%u owner=%llu owner-pid=%d generation=%llu",
		   from_kuid_munged(user_ns, uid), owner, owner_pid,
		   generation);
	seq_printf(seq, " waited-for=%s label=%s\n",
		   shmregion_has_waiters(region) ? "yes" : "no", region->label);
}

static const char *member_state(const struct shmregion_attachment *attachment)
{
	if (attachment->dead)
		return "dead";
	return attachment->rights ? "attached" : "detached";
}

/* Return: SEQ_SKIP when it has gone meanwhile. */
static int show_member(struct seq_file *seq, struct shmregion *region,
		       u64 member)
{
	const struct shmregion_attachment *attachment;
	u32 rights, access, limit;
	unsigned long mapped;
	const char *state;
	bool limited;
	pid_t pid;

	shmregion_lock(region);
	attachment = shmregion_attachment_next(region, member - 1);
	if (!attachment || attachment->member != member) {
		shmregion_unlock(region);
		return SEQ_SKIP;
	}
	pid = shmregion_process_pid(attachment->process);
	state = member_state(attachment);
	rights = attachment->rights;
	access = attachment->dead ? 0 : shmregion_access(region, attachment);
	limit = attachment->limit;
	limited = attachment->limited;
	mapped = attachment->mapped;
	shmregion_unlock(region);

	seq_printf(seq, "\tmember id=%llu pid=%d state=%s rights=%s access=%s",
		   member, pid, state, rights_name(rights),
		   rights_name(access & rights));
	seq_printf(seq, " limit=%s mapped=%llu\n",
		   limited ? rights_name(limit) : "default",
		   (u64)mapped << PAGE_SHIFT);
	return 0;
}

static int regions_show(struct seq_file *seq, void *record)
{
	const struct regions_cursor *cursor = record;

	if (cursor->member)
		return show_member(seq, cursor->region, cursor->member);
	show_region(seq, cursor->region);
	return 0;
}

static const struct seq_operations regions_seq_ops = {
	.start	= regions_start,
	.next	= regions_next,
	.stop	= regions_stop,
	.show	= regions_show,
};

static int regions_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &regions_seq_ops,
				sizeof(struct regions_cursor));
}

static const struct file_operations regions_fops = {
	.owner		= THIS_MODULE,
	.open		= regions_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

/*
 * Users
 */

/**
 * struct users_cursor - a reader's place in the list of users
 * @from: the lowest user id that it may be at
 * @usage: of the user with that id, or of the next one
 */
struct users_cursor {
	u64 from;
	struct shmregion_usage usage;
};

static void *user_get(struct users_cursor *cursor)
{
	return shmregion_usage_from(cursor->from, &cursor->usage) ? cursor :
								    NULL;
}

static void *users_start(struct seq_file *seq, loff_t *pos)
{
	struct users_cursor *cursor = seq->private;

	/* As above. */
	if (!*pos)
		cursor->from = 0;
	return user_get(cursor);
}

static void *users_next(struct seq_file *seq, void *record, loff_t *pos)
{
	struct users_cursor *cursor = record;

	++*pos;
	cursor->from = (u64)__kuid_val(cursor->usage.uid) + 1;
	return user_get(cursor);
}

static void users_stop(struct seq_file *seq, void *record)
{
}

static int users_show(struct seq_file *seq, void *record)
{
	const struct users_cursor *cursor = record;
	const struct shmregion_usage *usage = &cursor->usage;

	seq_printf(seq, "user uid=%u regions=%lu reserved=%llu allocated=%llu\n",
		   from_kuid_munged(seq_user_ns(seq), usage->uid),
		   usage->regions, (u64)usage->reserved << PAGE_SHIFT,
		   (u64)usage->allocated << PAGE_SHIFT);
	return 0;
}

static const struct seq_operations users_seq_ops = {
	.start	= users_start,
	.next	= users_next,
	.stop	= users_stop,
	.show	= users_show,
};

static int users_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &users_seq_ops,
				sizeof(struct users_cursor));
}

static const struct file_operations users_fops = {
	.owner		= THIS_MODULE,
	.open		= users_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

/* Without debugfs there is nothing to see, which is no error. */
void shmregion_debugfs_init(void)
{
	shmregion_debugfs = debugfs_create_dir("shmregion", NULL);
	debugfs_create_file("regions", 0400, shmregion_debugfs, NULL,
			    &regions_fops);
	debugfs_create_file("users", 0400, shmregion_debugfs, NULL,
			    &users_fops);
}

void shmregion_debugfs_exit(void)
{
	debugfs_remove_recursive(shmregion_debugfs);
}
