/* SPDX-License-Identifier: GPL-2.0-only */
/* Why somebody was refused, for those who trace. */
#ifndef SHMREGION_DENIED_H
#define SHMREGION_DENIED_H

#include <linux/types.h>

struct file;
struct shmregion;
struct shmregion_attachment;
struct vm_area_struct;

/* What was refused: a touch, something about a mapping, or a call. */
enum shmregion_denied_op {
	SHMREGION_DENIED_READ = 1,
	SHMREGION_DENIED_WRITE,
	SHMREGION_DENIED_MAP,
	SHMREGION_DENIED_PROTECT,
	SHMREGION_DENIED_PEEK,
	SHMREGION_DENIED_POKE,
	SHMREGION_DENIED_INFO,
	SHMREGION_DENIED_DUP,
	SHMREGION_DENIED_ATTACH,
	SHMREGION_DENIED_DETACH,
	SHMREGION_DENIED_TRANSFER,
	SHMREGION_DENIED_RELEASE,
	SHMREGION_DENIED_ACQUIRE,
	SHMREGION_DENIED_PUBLISH,
	SHMREGION_DENIED_FREEZE,
	SHMREGION_DENIED_SHARE,
	SHMREGION_DENIED_LIMIT,
	SHMREGION_DENIED_LIMIT_OTHERS,
	SHMREGION_DENIED_RECLAIM,
	SHMREGION_DENIED_DESTROY,
};

/**
 * enum shmregion_denied_reason - why
 * @SHMREGION_DENIED_NOT_OWNER: another process is the owner, or nobody
 * @SHMREGION_DENIED_BY_LIMIT: a controller limits the process
 * @SHMREGION_DENIED_DESTROYED: the region was destroyed
 * @SHMREGION_DENIED_NO_CONSENT: the process has not attached
 * @SHMREGION_DENIED_RIGHTS: the handle lacks the right
 * @SHMREGION_DENIED_RECEIVER: who is to be given the region may not own it, by
 *	the rights it attached with or by a limit
 * @SHMREGION_DENIED_CHANGED: none any more, as the rule has changed since
 */
enum shmregion_denied_reason {
	SHMREGION_DENIED_NOT_OWNER = 1,
	SHMREGION_DENIED_BY_LIMIT,
	SHMREGION_DENIED_DESTROYED,
	SHMREGION_DENIED_NO_CONSENT,
	SHMREGION_DENIED_RIGHTS,
	SHMREGION_DENIED_RECEIVER,
	SHMREGION_DENIED_CHANGED,
};

void shmregion_denied_mapping(struct shmregion *region,
			      const struct vm_area_struct *vma,
			      enum shmregion_denied_op op,
			      unsigned long address);
void shmregion_denied_call(struct file *file, unsigned int cmd, int error);

#endif /* SHMREGION_DENIED_H */
