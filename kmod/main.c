// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmregion: shared memory regions whose access rules the kernel enforces.
 *
 * The map of the sources:
 *
 *   device.c      /dev/shmregion
 *   handle.c      open files on a region, with rights
 *   ioctl.c       argument checks
 *   info.c        what a region says about itself
 *   registry.c    which regions there are
 *   debugfs.c       for root
 *   sysfs.c       totals and limits
 *   denied.c      why somebody was refused, for those who trace
 *   region.c      the region object; region.h has the locking rules
 *   limits.c      how much memory regions may take
 *   process.c     which process is which
 *   attachment.c  a process's standing in a region
 *   rule.c        the access rule
 *   owner.c       how owners come and go
 *   revoke.c      how access is taken away
 *   wait.c        how one waits for one's turn
 *   wake.c          and is woken
 *   work.c        what a worker does
 *   death.c       what the death of a process changes
 *   controller.c  limit, reclaim, destroy
 *   pages.c       memory
 *   huge.c          in huge pages or not
 *   scrub.c         that is zeroed when it is given back
 *   mapping.c     mmap() and the two kinds of mapping, which
 *   fault.c         have this in common:
 *   revocable.c     those that can be taken away
 *   insert.c          their page-table entries
 *   ordinary.c      those that never are
 */
#include <linux/module.h>

#include "attachment.h"
#include "death.h"
#include "debugfs.h"
#include "device.h"
#include "huge.h"
#include "limits.h"
#include "process.h"
#include "region.h"
#include "scrub.h"
#include "work.h"

static int __init shmregion_init(void)
{
	int ret;

	shmregion_huge_init();
	shmregion_process_init(shmregion_process_died);
	ret = shmregion_limits_init();
	if (ret)
		return ret;
	ret = shmregion_region_init();
	if (ret)
		return ret;
	ret = shmregion_attachment_init();
	if (ret)
		goto err_region_exit;
	ret = shmregion_work_init();
	if (ret)
		goto err_attachment_exit;
	/* The last step: from here on there are users. */
	ret = shmregion_device_init();
	if (ret)
		goto err_work_exit;
	shmregion_debugfs_init();
	return 0;

err_work_exit:
	shmregion_work_exit();
err_attachment_exit:
	shmregion_attachment_exit();
err_region_exit:
	shmregion_region_exit();
	return ret;
}

/* No handle and no mapping exists any more, so no region and no attachment. */
static void __exit shmregion_exit(void)
{
	shmregion_debugfs_exit();
	shmregion_device_exit();
	shmregion_work_exit();
	shmregion_process_exit();
	shmregion_attachment_exit();
	shmregion_region_exit();
	shmregion_scrub_exit();
}

module_init(shmregion_init);
module_exit(shmregion_exit);

MODULE_DESCRIPTION("Shared memory regions with enforced access rules");
MODULE_AUTHOR("The shmregion authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
