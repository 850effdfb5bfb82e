/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Touching memory that may be forbidden. SIGSEGV is all that may happen.
 */
#ifndef FUZZ_TOUCH_H
#define FUZZ_TOUCH_H

#include "actor.h"

/* 0, or the signal. */
int try_load(const struct actor *actor, const uint8_t *address);
int try_store(const struct actor *actor, uint8_t *address, uint8_t value);

#endif /* FUZZ_TOUCH_H */
