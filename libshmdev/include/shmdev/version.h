/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A version in shared memory: a number that only grows. A reader asks whether
 * it has changed, and can wait for that. (Not the version of this library:
 * <shmdev/device.h>.)
 *
 * A reader that sees the new version sees everything that was written before
 * the version was increased: a release and an acquire. It may see newer data,
 * as the writer can have gone on: a version tells that something changed,
 * <shmdev/seqlock.h> keeps a value in one piece.
 *
 * Waiting uses a futex, and works by mappings that cannot be taken back: those
 * of readers (struct shmdev_reader, and every mapping that was made by a handle
 * without WRITE when the region was READONLY), and those of UNSAFE regions made
 * when they were UNSAFE. By others, shmdev_version_wait() and
 * shmdev_version_wake() fail with EFAULT. The writer of a READONLY region has
 * such a mapping to write by; it wakes its readers by shmdev_writer_wake().
 *
 * One thread at a time may increase a version. All else can run at the same
 * time. Nothing makes a writer wake its readers: wait with a deadline for a
 * writer that is not trusted. Touching memory that is no longer accessible
 * raises SIGSEGV, here as elsewhere.
 */
#ifndef SHMDEV_VERSION_H
#define SHMDEV_VERSION_H

#include <stdint.h>

#include <shmdev/layout.h>
#include <shmdev/structured.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of fresh memory: nothing was said to be there yet. */
#define SHMDEV_VERSION_NONE	UINT64_C(0)
/* The version after the first increment. */
#define SHMDEV_VERSION_INITIAL	UINT64_C(1)

/**
 * struct shmdev_version - a version in shared memory
 * @value: the version
 * @changes: how often it changed; the futex
 * @reserved: 0
 *
 * For use by the functions below alone. All zero is SHMDEV_VERSION_NONE. In a
 * list of members it is struct(shmdev_version).
 */
struct shmdev_version {
	__attribute__((aligned(8))) uint64_t value;
	uint32_t changes;
	uint32_t reserved;
};

/**
 * shmdev_version_load() - the version as of now
 * @version: the version
 *
 * Return: the version; SHMDEV_VERSION_NONE for NULL.
 *
 * Since: 0.1
 */
uint64_t shmdev_version_load(const struct shmdev_version *version);

/**
 * shmdev_version_increment() - make the version one larger
 * @version: the version
 *
 * Wakes nobody.
 *
 * Return: 0; -1 on error:
 *
 *  - EOVERFLOW: it is UINT64_MAX.
 *
 * Since: 0.1
 */
int shmdev_version_increment(struct shmdev_version *version);

/**
 * shmdev_version_set() - make the version larger
 * @version: the version
 * @value: the new one
 *
 * Wakes nobody.
 *
 * Return: 0; -1 on error:
 *
 *  - EINVAL: @value is not larger than the version.
 *
 * Since: 0.1
 */
int shmdev_version_set(struct shmdev_version *version, uint64_t value);

/**
 * shmdev_version_changed() - has the version changed?
 * @version: the version
 * @seen: the version that the caller knows
 *
 * Return: 1 if it has, 0 if not, -1 on error. A caller that takes an error for
 * true assumes a change, which is safe.
 *
 * Since: 0.1
 */
int shmdev_version_changed(const struct shmdev_version *version,
			   uint64_t seen);

/**
 * shmdev_version_wait() - wait until the version has changed
 * @version: the version
 * @seen: the version that the caller knows
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 * @out_version: the new one, written on success only; may be NULL
 *
 * Return: 0; -1 on error:
 *
 *  - ETIMEDOUT: the deadline has passed and the version has not changed.
 *  - EINTR: a signal came.
 *  - EFAULT: the memory can be taken back, see above.
 *
 * Since: 0.1
 */
int shmdev_version_wait(const struct shmdev_version *version, uint64_t seen,
			uint64_t deadline_ns, uint64_t *out_version);

/**
 * shmdev_version_wake() - wake all waiters
 * @version: the version, which was increased
 *
 * Return: 0; -1 on error:
 *
 *  - EFAULT: the memory can be taken back, see above.
 *
 * Since: 0.1
 */
int shmdev_version_wake(const struct shmdev_version *version);

/**
 * shmdev_writer_wake() - wake all waiting readers
 * @writer: the writer
 * @version: the version, in memory of shmdev_writer_span()
 *
 * Return: 0; -1 on error, with the errors of
 * shmdev_writer_reading_address().
 *
 * Since: 0.1
 */
int shmdev_writer_wake(const struct shmdev_writer *writer,
		       const struct shmdev_version *version);

#ifdef __cplusplus
}
#endif

SHMDEV_I_DECLARED(shmdev_version);

#ifndef __cplusplus

/* A reader's version is const: to change it does not compile. */
#define SHMDEV_I_WRITERS_VERSION(version)				\
	(__extension__ _Generic((version),				\
		 struct shmdev_version *: (version),			\
		 void *: (version)))
#define shmdev_version_increment(version)				\
	(shmdev_version_increment)(SHMDEV_I_WRITERS_VERSION(version))
#define shmdev_version_set(version, value)				\
	(shmdev_version_set)(SHMDEV_I_WRITERS_VERSION(version), value)

#endif

#endif /* SHMDEV_VERSION_H */
