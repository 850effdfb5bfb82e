/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A lock of the process that knows by whom it is held, for state that fork(2)
 * copies.
 *
 * No lock of the library is taken around a fork. A child asks shmdev_lock_fork():
 * it either has the lock to itself then, or was forked by a signal handler that
 * interrupted the holder. In the second case the child goes on as that holder when
 * the handler returns, so the state is repaired when it unlocks.
 */
#ifndef SHMDEV_INTERNAL_LOCK_H
#define SHMDEV_INTERNAL_LOCK_H

#include "internal.h"

/* 0, or the number of the thread that holds it, and LOCK_WAITERS. */
struct shmdev_lock {
	uint32_t word;
};

void shmdev_lock(struct shmdev_lock *lock);
void shmdev_unlock(struct shmdev_lock *lock);

/*
 * In a fork child. True: nobody holds the lock now. False: the calling thread does,
 * and is going to unlock it.
 */
bool shmdev_lock_fork(struct shmdev_lock *lock);

#endif /* SHMDEV_INTERNAL_LOCK_H */
