/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether programs have left anything behind.
 */
#ifndef FUZZ_LEFTOVERS_H
#define FUZZ_LEFTOVERS_H

#include <stdbool.h>

/* NULL, or what is wrong. No program runs. */
const char *leftovers(void);

/* NULL, or what the kernel says of itself since the first call. */
const char *kernel_complaint(void);

#endif /* FUZZ_LEFTOVERS_H */
