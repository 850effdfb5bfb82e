/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings. There are two kinds, chosen at mmap() for the mapping's whole life:
 *
 * revocable (revocable.c)
 *   Whatever the rule may take away later: mappings of WRITABLE regions, and
 *   of the writer of a READONLY one. Raw page frames: no pins, no inheritance
 *   by fork, gone in one zap.
 * ordinary (ordinary.c)
 *   What is never taken away: mappings of UNSAFE regions, and of the readers
 *   of READONLY ones. Page-cache pages as those of any file: futexes, direct
 *   I/O, fork and everything else work.
 *
 * Without the consent of the process, which is its attachment, there are only
 * ordinary mappings of regions without control whose memory is all there: no
 * touch of such a mapping can raise a signal, whatever others do.
 *
 * Modes change only in the direction that gives access to more processes, so
 * an ordinary mapping never becomes one that should have been revocable. A
 * revocable one of a region that was shared or published since goes on as it
 * is, with the access of the new mode.
 */
#ifndef SHMREGION_MAPPING_H
#define SHMREGION_MAPPING_H

#include <linux/types.h>

struct file;
struct shmregion_attachment;
struct vm_area_struct;

enum shmregion_mapping_kind {
	SHMREGION_MAPPING_REVOCABLE,
	SHMREGION_MAPPING_ORDINARY,
	SHMREGION_MAPPING_ORDINARY_READONLY,
};

int shmregion_mmap(struct file *file, struct vm_area_struct *vma);

void shmregion_revocable_mmap(struct shmregion_attachment *attachment,
			      struct vm_area_struct *vma);
void shmregion_ordinary_mmap(struct vm_area_struct *vma, bool writable,
			     bool inherited);

#endif /* SHMREGION_MAPPING_H */
