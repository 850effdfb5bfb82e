/* SPDX-License-Identifier: GPL-2.0-only */
/* Revocation: taking access away from an owner, and changing the rule then. */
#ifndef SHMREGION_REVOKE_H
#define SHMREGION_REVOKE_H

#include <linux/types.h>

#include "region.h"

/**
 * struct shmregion_zap - translations to remove
 * @mm: whose they are, with a reference; or NULL
 * @ticket: of the revocation that it belongs to; 0 when there is none
 * @start: first page offset, in the window of an attachment
 * @nr: number of page offsets
 * @slice: how many of them to remove at a time, a power of two
 * @few: whether it is so little that whoever decides it removes it at once
 * @own: the attachment with a reference, if it is the calling process's and this
 *	@few; or NULL
 */
struct shmregion_zap {
	struct mm_struct *mm;
	u64 ticket;
	pgoff_t start;
	pgoff_t nr;
	pgoff_t slice;
	bool few;
	struct shmregion_attachment *own;
};

void shmregion_revoke(struct shmregion *region,
		      const struct shmregion_change *change,
		      struct shmregion_zap *zap);
void shmregion_revoke_redirect(struct shmregion *region,
			       struct shmregion_attachment *next,
			       struct shmregion_zap *zap);
int shmregion_revoke_finish(struct shmregion *region,
			    const struct shmregion_zap *zap, bool will_wait);
void shmregion_revoke_leave(struct shmregion *region,
			    const struct shmregion_zap *zap);
void shmregion_revoke_kick(struct shmregion *region);

void shmregion_zap_of(struct shmregion_attachment *attachment,
		      struct shmregion_zap *zap);
void shmregion_zap_slices(struct shmregion *region,
			  const struct shmregion_zap *zap);

void shmregion_revoke_region_init(struct shmregion *region);

#endif /* SHMREGION_REVOKE_H */
