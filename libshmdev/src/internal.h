/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What the files of the library share. Include it first. */
#ifndef SHMDEV_INTERNAL_H
#define SHMDEV_INTERNAL_H

/* Offsets and statfs members have 64 bits on every machine. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <stdbool.h>

#include <shmdev.h>

/* Everything else is hidden. libshmdev.map has the list. */
#define SHMDEV_API	__attribute__((visibility("default")))

/* Sets errno and returns -1. */
int shmdev_fail(int error);

/*
 * shmdev_region_create() of a region that is going to be of mode @wanted, which a
 * hook is told.
 */
struct shmdev_region *shmdev_create_wanted(uint64_t size, uint32_t mode,
					   uint32_t wanted, uint32_t flags,
					   const char *label);

/*
 * A type for an object that is known to be of it, in typed.c. It stays the
 * caller's in its own type.
 */
const struct shmdev_writable_region *
shmdev_writable_region_of_base(const struct shmdev_region *region);
const struct shmdev_unsafe_region *
shmdev_unsafe_region_of_base(const struct shmdev_region *region);
const struct shmdev_writable_mapping *
shmdev_writable_mapping_of_base(const struct shmdev_mapping *mapping);

/* On an error path: releases what an acquire that told @acquired brought. */
void shmdev_region_undo_acquire(int fd, uint32_t acquired);

/*
 * Whether a region that somebody else created is as it was asked for, and this
 * process has the access of its creator.
 */
bool shmdev_check_created(const struct shmdev_region *region, uint64_t size,
			  uint32_t mode, uint32_t flags);

/* Closes on an error path. */
void shmdev_close_keep_errno(int fd);

#endif /* SHMDEV_INTERNAL_H */
