// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"
#include "pages.h"

#define PAGE 4096

void pages_fill(void *memory, size_t size, uint64_t stamp)
{
	size_t at;

#pragma GCC unroll 8
	for (at = 0; at < size; at += PAGE)
		*(volatile uint64_t *)((char *)memory + at) = stamp + at;
}

/* A benchmark that skipped the work is worth nothing. */
void pages_check(const void *memory, size_t size, uint64_t stamp)
{
	size_t at;

#pragma GCC unroll 8
	for (at = 0; at < size; at += PAGE)
		if (*(const volatile uint64_t *)((const char *)memory + at) !=
		    stamp + at)
			dies("check", "a page does not hold what was sent");
}
