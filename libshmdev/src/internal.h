/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What the files of the library share. Include it first. */
#ifndef SHMDEV_INTERNAL_H
#define SHMDEV_INTERNAL_H

/* Offsets and statfs members have 64 bits on every machine. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <shmdev.h>

/* Everything else is hidden. libshmdev.map has the list. */
#define SHMDEV_API	__attribute__((visibility("default")))

/* Sets errno and returns -1. */
int shmdev_fail(int error);

/* Closes on an error path. */
void shmdev_close_keep_errno(int fd);

#endif /* SHMDEV_INTERNAL_H */
