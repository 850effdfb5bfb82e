// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Values that are never seen half written.
 *
 * Why the order is right, in terms of C11. All accesses to the words are
 * atomic, so there is no data race. Say a reader gets a word of store N.
 *
 *  - Nothing older with it: the reader found the sequence number even, say 2M,
 *    with acquire, and the release that ended store M makes all of that one,
 *    and of older ones, visible. So words are of store M or later.
 *  - Nothing newer: if a word is of store N > M, its writer had a release fence
 *    between the odd number 2N-1 and the word, and the reader has an acquire
 *    fence between the word and the second look at the number. The fences
 *    synchronise, so that look finds 2N-1 or later, and the copy is not used.
 *
 * So all words are of store M. With 64 bits the number does not come again.
 */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(sizeof(struct shmdev_seqlock) == 8 &&
	       _Alignof(struct shmdev_seqlock) == 8,
	       "not the same everywhere");

#define WORD	sizeof(uint64_t)

static size_t part(size_t offset, size_t size)
{
	return size - offset < WORD ? size - offset : WORD;
}

static void store_words(uint64_t *words, const char *value, size_t size)
{
	size_t offset;
	uint64_t word;

	for (offset = 0; offset < size; offset += WORD) {
		word = 0;
		memcpy(&word, value + offset, part(offset, size));
		__atomic_store_n(words++, word, __ATOMIC_RELAXED);
	}
}

static void load_words(const uint64_t *words, char *value, size_t size)
{
	size_t offset;
	uint64_t word;

	for (offset = 0; offset < size; offset += WORD) {
		word = __atomic_load_n(words++, __ATOMIC_RELAXED);
		memcpy(value + offset, &word, part(offset, size));
	}
}

static bool valid(const struct shmdev_seqlock *lock, const uint64_t *words,
		  const void *value, size_t size)
{
	/* The last: so that an offset does not wrap. */
	return lock && words && value && size && size <= SIZE_MAX - WORD;
}

SHMDEV_API int shmdev_seqlock_store(struct shmdev_seqlock *lock,
				    uint64_t *words, const void *value,
				    size_t size)
{
	uint64_t odd;

	if (!valid(lock, words, value, size))
		return shmdev_fail(EINVAL);

	/* It is odd now if a writer died. Nobody takes what that one left. */
	odd = __atomic_load_n(&lock->sequence, __ATOMIC_RELAXED) | 1;
	__atomic_store_n(&lock->sequence, odd, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	store_words(words, value, size);
	__atomic_store_n(&lock->sequence, odd + 1, __ATOMIC_RELEASE);

	return 0;
}

static bool try_load(const struct shmdev_seqlock *lock, const uint64_t *words,
		     void *value, size_t size)
{
	uint64_t sequence;

	sequence = __atomic_load_n(&lock->sequence, __ATOMIC_ACQUIRE);
	if (sequence & 1)
		return false;

	load_words(words, value, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);

	return __atomic_load_n(&lock->sequence, __ATOMIC_RELAXED) == sequence;
}

SHMDEV_API int shmdev_seqlock_load(const struct shmdev_seqlock *lock,
				   const uint64_t *words, void *value,
				   size_t size)
{
	int tries;

	if (!valid(lock, words, value, size))
		return shmdev_fail(EINVAL);

	for (tries = 0; tries < SHMDEV_SEQLOCK_TRIES; tries++) {
		if (try_load(lock, words, value, size))
			return 0;
		/* The writer may wait for this CPU. */
		sched_yield();
	}

	return shmdev_fail(EAGAIN);
}
