// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Versions in shared memory, and waiting for a change.
 *
 * The futex is not the version: that has 64 bits, of which a futex compares 32,
 * and it may grow in any steps. It is a count of the changes, which is
 * increased after the version. A waiter loads the count first. If it then finds
 * the version unchanged and the writer changes it, the count will be another
 * one, and the kernel does not let the waiter sleep.
 */
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	UINT64_C(1000000000)

_Static_assert(sizeof(struct shmdev_version) == 16 &&
	       _Alignof(struct shmdev_version) == 8,
	       "not the same everywhere");

SHMDEV_API uint64_t shmdev_version_load(const struct shmdev_version *version)
{
	if (!version) {
		errno = EINVAL;
		return SHMDEV_VERSION_NONE;
	}

	return __atomic_load_n(&version->value, __ATOMIC_ACQUIRE);
}

static void store(struct shmdev_version *version, uint64_t value)
{
	uint32_t changes;

	changes = __atomic_load_n(&version->changes, __ATOMIC_RELAXED);
	__atomic_store_n(&version->value, value, __ATOMIC_RELEASE);
	__atomic_store_n(&version->changes, changes + 1, __ATOMIC_RELEASE);
}

SHMDEV_API int (shmdev_version_increment)(struct shmdev_version *version)
{
	uint64_t value;

	if (!version)
		return shmdev_fail(EINVAL);

	value = shmdev_version_load(version);
	if (value == UINT64_MAX)
		return shmdev_fail(EOVERFLOW);

	store(version, value + 1);
	return 0;
}

SHMDEV_API int (shmdev_version_set)(struct shmdev_version *version,
				    uint64_t value)
{
	if (!version || value <= shmdev_version_load(version))
		return shmdev_fail(EINVAL);

	store(version, value);
	return 0;
}

SHMDEV_API int shmdev_version_changed(const struct shmdev_version *version,
				      uint64_t seen)
{
	if (!version)
		return shmdev_fail(EINVAL);

	return shmdev_version_load(version) != seen;
}

/*
 * The call whose timespec has the time_t of this program. Where long has 32 bits
 * and time_t has 64, the C library's names do not say so.
 */
#ifdef SYS_futex_time64
#define SYS_FUTEX							\
	(sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex_old)
#ifdef SYS_futex
#define SYS_futex_old	SYS_futex
#else
#define SYS_futex_old	SYS_futex_time64
#endif
#else
#define SYS_FUTEX	SYS_futex
#endif

/* Sleeps if the futex has that value. Success does not say why it ended. */
static int futex_wait(const uint32_t *futex, uint32_t value,
		      uint64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(deadline_ns % NSEC_PER_SEC),
	};
	/* A time_t of 32 bits can be too small for it: never, then. */
	int never = deadline_ns == SHMREGION_NO_DEADLINE ||
		    deadline.tv_sec < 0 ||
		    (uint64_t)deadline.tv_sec != deadline_ns / NSEC_PER_SEC;

	if (syscall(SYS_FUTEX, futex, FUTEX_WAIT_BITSET, value,
		    never ? NULL : &deadline, NULL,
		    FUTEX_BITSET_MATCH_ANY) < 0 &&
	    errno != EAGAIN && errno != ETIMEDOUT)
		return -1;

	return 0;
}

/* The kernel is not enough: a futex that changes all the time never sleeps. */
static int check_deadline(uint64_t deadline_ns)
{
	if (deadline_ns != SHMREGION_NO_DEADLINE &&
	    deadline_ns <= shmdev_deadline_after(0))
		return shmdev_fail(ETIMEDOUT);

	return 0;
}

SHMDEV_API int shmdev_version_wait(const struct shmdev_version *version,
				   uint64_t seen, uint64_t deadline_ns,
				   uint64_t *out_version)
{
	uint32_t changes;
	uint64_t value;

	if (!version)
		return shmdev_fail(EINVAL);

	for (;;) {
		changes = __atomic_load_n(&version->changes, __ATOMIC_ACQUIRE);
		value = shmdev_version_load(version);
		if (value != seen)
			break;
		if (check_deadline(deadline_ns) < 0 ||
		    futex_wait(&version->changes, changes, deadline_ns) < 0)
			return -1;
	}

	if (out_version)
		*out_version = value;
	return 0;
}

SHMDEV_API int shmdev_version_wake(const struct shmdev_version *version)
{
	if (!version)
		return shmdev_fail(EINVAL);

	if (syscall(SYS_FUTEX, &version->changes, FUTEX_WAKE, INT_MAX, NULL,
		    NULL, 0) < 0)
		return -1;

	return 0;
}

SHMDEV_API int shmdev_writer_wake(const struct shmdev_writer *writer,
				  const struct shmdev_version *version)
{
	version = shmdev_writer_reading_address(writer, version,
						sizeof(*version));
	if (!version)
		return -1;

	return shmdev_version_wake(version);
}
