/* SPDX-License-Identifier: GPL-2.0-only */
/* Choices that a seed reproduces. */
#ifndef STRESS_RANDOM_H
#define STRESS_RANDOM_H

#include <stdint.h>

/* Well mixed: every bit of the result depends on every bit of the value. */
static inline uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
	value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
	return value ^ (value >> 31);
}

struct dice {
	uint64_t state;
};

/* 0 up to, not including, @sides. */
static inline uint64_t roll(struct dice *dice, uint64_t sides)
{
	dice->state = mix(dice->state);
	return dice->state % sides;
}

#endif /* STRESS_RANDOM_H */
