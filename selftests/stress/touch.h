/* SPDX-License-Identifier: GPL-2.0-only */
/* Touching memory that may be forbidden. */
#ifndef STRESS_TOUCH_H
#define STRESS_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

bool touch_init(void);

/* Each returns whether the access was done. */
bool touch_load(const uint64_t *address, uint64_t *value);
bool touch_store(uint64_t *address, uint64_t value);
bool touch_exchange(uint64_t *address, uint64_t *expected, uint64_t value);
bool touch_load_by_call(const uint64_t *address, uint64_t *value);
bool touch_store_by_call(uint64_t *address, uint64_t value);

#endif /* STRESS_TOUCH_H */
