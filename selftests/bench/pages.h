/* SPDX-License-Identifier: GPL-2.0-only */
/* Touching every page, and seeing that what arrives is what was sent. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stddef.h>
#include <stdint.h>

void pages_fill(void *memory, size_t size, uint64_t stamp);
void pages_check(const void *memory, size_t size, uint64_t stamp);

#endif /* BENCH_PAGES_H */
