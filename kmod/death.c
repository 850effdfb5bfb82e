// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the death of a process means for the regions that it took part in.
 */
#include <linux/fs.h>
#include <linux/mount.h>

#include "attachment.h"
#include "death.h"
#include "owner.h"
#include "process.h"
#include "region.h"

/**
 * shmregion_process_died - end all attachments of a process
 * @process: the process
 *
 * The address space has no user left: no thread can run in it, nor enter it
 * again. Its translations are removed before ownership passes on all the same.
 *
 * An attachment found in the list stays valid while its region is held: only
 * the process itself, which is gone, and the eviction of the region, which
 * igrab() rules out, free it. Where igrab() fails that eviction frees it. As
 * the last handle may go meanwhile, the inode's super block must be held too.
 */
void shmregion_process_died(struct shmregion_process *process)
{
	struct shmregion_attachment *attachment;
	struct vfsmount *mount;
	struct inode *inode;

	spin_lock(&process->lock);
	while (!list_empty(&process->attachments)) {
		attachment = list_first_entry(&process->attachments,
					      struct shmregion_attachment,
					      process_node);
		list_del_init(&attachment->process_node);
		inode = igrab(&attachment->region->inode);
		if (!inode)
			continue;
		mount = mntget(attachment->region->mount);
		spin_unlock(&process->lock);

		shmregion_owner_died(attachment);
		iput(inode);
		mntput(mount);
		spin_lock(&process->lock);
	}
	spin_unlock(&process->lock);
}
