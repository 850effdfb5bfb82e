/* SPDX-License-Identifier: GPL-2.0-only */
/* What the faults of both kinds of mapping have in common. */
#ifndef SHMREGION_FAULT_H
#define SHMREGION_FAULT_H

#include <linux/mm.h>

struct shmregion;

u32 shmregion_vma_access(const struct shmregion *region,
			 const struct vm_area_struct *vma);
vm_fault_t shmregion_denied(const struct vm_fault *vmf,
			    struct shmregion *region);
vm_fault_t shmregion_fault_error(const struct vm_fault *vmf,
				 struct shmregion *region, int error);

#endif /* SHMREGION_FAULT_H */
