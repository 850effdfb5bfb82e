/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A value of any size in shared memory that is never seen half written. One
 * writer stores it; readers need no write access, and get a copy.
 *
 * The writer makes a sequence number odd, stores, and makes it even again. A
 * reader copies, and does so again if the number was odd or has changed. The
 * value is stored as words, and each is an atomic, so no access is a data race
 * in the sense of C11: seqlock.c says why the order is right.
 *
 * A reader never waits for the writer: it gives up after a bounded number of
 * tries, whatever the writer does. A reader gets what a writer that breaks
 * these rules stores. Its copy is private, so check the copy.
 *
 * One thread at a time may write. If a writer died while it wrote, readers fail
 * with EAGAIN until the next one has written.
 */
#ifndef SHMDEV_SEQLOCK_H
#define SHMDEV_SEQLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <shmdev/layout.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Words that hold a value of that many bytes. */
#define SHMDEV_SEQLOCK_WORDS(size)	(((size) + 7) / 8)

/* How often a reader tries. */
#define SHMDEV_SEQLOCK_TRIES	1000

/**
 * struct shmdev_seqlock - the sequence number of a value
 * @sequence: odd while the value is being stored
 *
 * For use by the functions below alone. All zero is a value of all zero, never
 * stored.
 */
struct shmdev_seqlock {
	__attribute__((aligned(8))) uint64_t sequence;
};

/**
 * shmdev_seqlock_store() - store a value
 * @lock: its sequence number
 * @words: where it is stored, SHMDEV_SEQLOCK_WORDS(@size) of them
 * @value: the value
 * @size: in bytes
 *
 * Return: 0; -1 on error, which is EINVAL for NULL or a @size of 0.
 *
 * Since: 0.1
 */
int shmdev_seqlock_store(struct shmdev_seqlock *lock, uint64_t *words,
			 const void *value, size_t size);

/**
 * shmdev_seqlock_load() - get a copy of a value
 * @lock: its sequence number
 * @words: where it is stored, SHMDEV_SEQLOCK_WORDS(@size) of them
 * @value: the copy. Undefined on error.
 * @size: in bytes
 *
 * Return: 0; -1 on error:
 *
 *  - EINVAL: NULL, or a @size of 0.
 *  - EAGAIN: the value was being stored at each of SHMDEV_SEQLOCK_TRIES tries.
 *
 * Since: 0.1
 */
int shmdev_seqlock_load(const struct shmdev_seqlock *lock,
			const uint64_t *words, void *value, size_t size);

#ifdef __cplusplus
}
#endif

SHMDEV_I_DECLARED(shmdev_seqlock);

/**
 * SHMDEV_SEQLOCK() - declare a value that is never seen half written
 * @name: struct name is declared, for use in shared memory
 * @type: of the value, as in a list of members in <shmdev/layout.h>
 *
 * At file scope, with a semicolon. For name "place" and a type T it also
 * declares::
 *
 *	int place_store(struct place *place, const T *value);
 *	int place_load(const struct place *place, T *value);
 *
 * which return what shmdev_seqlock_store() and shmdev_seqlock_load() do.
 * struct(place) is a type for lists of members and for SHMDEV_VIEW().
 *
 * Since: 0.1
 */
#define SHMDEV_SEQLOCK(name, type)					\
	SHMDEV_CHECK_TYPE(type, name);					\
	typedef SHMDEV_TYPE(type) name##_value;				\
	struct name {							\
		struct shmdev_seqlock lock;				\
		uint64_t words[SHMDEV_SEQLOCK_WORDS(sizeof(name##_value))]; \
	};								\
									\
	SHMDEV_I_BEGIN							\
	SHMDEV_I_INLINE int						\
	name##_store(struct name *to, const name##_value *value)	\
	{								\
		return shmdev_seqlock_store(to ? &to->lock : NULL,	\
					    to ? to->words : NULL,	\
					    (const void *)value,	\
					    sizeof(*value));		\
	}								\
									\
	SHMDEV_I_INLINE int						\
	name##_load(const struct name *from, name##_value *value)	\
	{								\
		return shmdev_seqlock_load(from ? &from->lock : NULL,	\
					   from ? from->words : NULL,	\
					   (void *)value, sizeof(*value)); \
	}								\
	SHMDEV_I_END							\
	SHMDEV_I_DECLARED(name)

#endif /* SHMDEV_SEQLOCK_H */
