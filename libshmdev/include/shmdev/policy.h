/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Mapping policy: how much this process may have mapped in all.
 *
 * A peer that can make this process map what it sends can fill the address
 * space, and then knows where things are. So there is a bound on all mapping
 * objects of the process together. It counts whole pages, from before the
 * memory is mapped until it is unmapped.
 *
 * This is state of the process, for all its threads, and not of an object. A
 * fork child starts with the limit of its parent, and with what was reserved by
 * shmdev_policy_reserve(); the mapping objects of the parent do not count
 * there.
 */
#ifndef SHMDEV_POLICY_H
#define SHMDEV_POLICY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The limit before any is set. A total of 32 GiB is refused, as Chromium's policy
 * refuses it: a limit is the most that may be mapped, so this is a byte less. More
 * than a 32 bit process can map.
 */
#define SHMDEV_POLICY_DEFAULT	((UINT64_C(32) << 30) - 1)

/* A limit that is never reached. */
#define SHMDEV_POLICY_NO_LIMIT	UINT64_MAX

/**
 * shmdev_policy_set_limit() - bound what is mapped from now on
 * @bytes: the most that may be mapped, or SHMDEV_POLICY_NO_LIMIT; 0 lets
 *	nothing be mapped
 *
 * What is mapped stays mapped, even if it is more. Does not fail.
 *
 * Since: 0.1
 */
void shmdev_policy_set_limit(uint64_t bytes);

/**
 * shmdev_policy_limit() - the limit
 *
 * Return: bytes.
 *
 * Since: 0.1
 */
uint64_t shmdev_policy_limit(void);

/**
 * shmdev_policy_reserved() - what counts against the limit now
 *
 * Return: bytes of all mapping objects, and of what was reserved besides.
 *
 * Since: 0.1
 */
uint64_t shmdev_policy_reserved(void);

/**
 * shmdev_policy_reserve() - count memory that is mapped without a mapping object
 * @bytes: how much
 *
 * For programs that map handles by mmap(2): call it before that.
 *
 * Return: 0; -1 on error:
 *
 *  - EDQUOT: the total would be more than the limit.
 *
 * Since: 0.1
 */
int shmdev_policy_reserve(uint64_t bytes);

/**
 * shmdev_policy_release() - undo shmdev_policy_reserve(), in whole or in part
 * @bytes: how much
 *
 * Return: 0; -1 on error:
 *
 *  - EINVAL: more than was reserved in this way and not released.
 *
 * Since: 0.1
 */
int shmdev_policy_release(uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_POLICY_H */
