/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that can be had again: all that the fuzzer decides comes from
 * one of these, and so from its seed.
 */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct random {
	uint64_t state;
};

static inline struct random random_from(uint64_t seed)
{
	return (struct random){ .state = seed };
}

/* An equidistributed sequence, with its bits mixed. */
static inline uint64_t random_next(struct random *random)
{
	uint64_t value = random->state += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
	value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
	return value ^ value >> 32;
}

static inline unsigned int random_below(struct random *random,
					unsigned int limit)
{
	return random_next(random) % limit;
}

static inline bool one_in(struct random *random, unsigned int n)
{
	return !random_below(random, n);
}

#define RANDOM_OF(random, array) \
	((array)[random_below(random, ARRAY_SIZE(array))])

#endif /* FUZZ_RANDOM_H */
