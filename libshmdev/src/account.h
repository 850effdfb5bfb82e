/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What this process has mapped: one list of all mapping objects, and one sum
 * that the policy bounds. Both change together under one lock, so a mapping is
 * in the list exactly as long as it counts.
 */
#ifndef SHMDEV_INTERNAL_ACCOUNT_H
#define SHMDEV_INTERNAL_ACCOUNT_H

#include "internal.h"

#include <sys/types.h>

/* A member of every mapping object. */
struct account_entry {
	struct account_entry *next;
	/* What points to this entry. */
	struct account_entry **link;
	/* It is in the list of this generation of processes alone. */
	uint32_t generation;
	/* NULL until the memory is there, and while it is being unmapped. */
	const struct shmdev_mapping *mapping;
	uint64_t bytes;
};

/* Counts and enters what is going to be mapped. EDQUOT, ENOMEM. */
int shmdev_account_begin(struct account_entry *entry, uint64_t bytes);
/* The memory of the entry is there, or, with NULL, is not any more. */
void shmdev_account_show(struct account_entry *entry,
			 const struct shmdev_mapping *mapping);
void shmdev_account_end(struct account_entry *entry);

/*
 * Calls the function for each mapping, which stays mapped meanwhile. It must
 * not map or unmap. Stops at the first that returns -1, and returns that.
 */
int shmdev_account_visit(int (*visit)(const struct shmdev_mapping *mapping,
				      void *context), void *context);

/* The user whom mincore(2) tells what is resident; -1 for none. */
uid_t shmdev_mapping_observer(const struct shmdev_mapping *mapping);

#endif /* SHMDEV_INTERNAL_ACCOUNT_H */
