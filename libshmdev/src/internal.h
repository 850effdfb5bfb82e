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
