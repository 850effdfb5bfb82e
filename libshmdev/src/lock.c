// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A lock that knows by whom it is held.
 *
 * One word says both, so there is no moment at which a signal handler finds it
 * held by nobody. A mutex of the C library sets its owner after it is locked.
 */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Without a timeout all are the same. */
#ifdef SYS_futex
#define SYS_FUTEX	SYS_futex
#else
#define SYS_FUTEX	SYS_futex_time64
#endif

#define LOCK_WAITERS	UINT32_C(0x80000000)

/*
 * The number of this thread, which is 0 before its first lock. A fork child goes
 * on with that of the thread that forked, and has no other thread.
 */
static __thread uint32_t this_thread
	__attribute__((tls_model("initial-exec")));
static uint32_t last_thread;

static uint32_t number_of_thread(void)
{
	while (!this_thread)
		this_thread = __atomic_add_fetch(&last_thread, 1,
						 __ATOMIC_RELAXED) &
			      ~LOCK_WAITERS;

	return this_thread;
}

static bool exchange(uint32_t *word, uint32_t old, uint32_t new)
{
	return __atomic_compare_exchange_n(word, &old, new, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* What it returns does not matter: the caller looks at the word again. */
static void sleep_on(uint32_t *word, uint32_t value)
{
	syscall(SYS_FUTEX, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL,
		0);
}

void shmdev_lock(struct shmdev_lock *lock)
{
	uint32_t self = number_of_thread();
	int saved = errno;
	uint32_t value;

	if (exchange(&lock->word, 0, self))
		return;

	/* Others may sleep too, so whoever has waited wakes one later. */
	while (!exchange(&lock->word, 0, self | LOCK_WAITERS)) {
		value = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);
		if (!value)
			continue;
		if (value & LOCK_WAITERS ||
		    exchange(&lock->word, value, value | LOCK_WAITERS))
			sleep_on(&lock->word, value | LOCK_WAITERS);
	}
	errno = saved;
}

void shmdev_unlock(struct shmdev_lock *lock)
{
	int saved = errno;
	uint32_t value;

	value = __atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE);
	if (value & LOCK_WAITERS)
		syscall(SYS_FUTEX, &lock->word, FUTEX_WAKE_PRIVATE, 1,
			NULL, NULL, 0);
	errno = saved;
}

bool shmdev_lock_fork(struct shmdev_lock *lock)
{
	uint32_t value = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);

	if (this_thread && (value & ~LOCK_WAITERS) == this_thread)
		return false;

	/* Who held it, or waited for it, is not in this process. */
	__atomic_store_n(&lock->word, 0, __ATOMIC_RELAXED);
	return true;
}
