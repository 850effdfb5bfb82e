/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows: where mappings are. Each thread has some for each slot, at addresses
 * that nothing else in the process ever uses: what is found in a window is the
 * slot's region or nothing.
 */
#ifndef STRESS_WINDOW_H
#define STRESS_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot.h"

#define NR_WINDOWS 2

/* A window has two places, each aligned so that huge entries fit. */
#define PLACE_SIZE (8UL << 20)
#define WINDOW_SIZE (2 * PLACE_SIZE)

/**
 * struct window - a window, and what its thread knows to be mapped there
 * @base: its first address; constant
 * @address: where the mapping is; NULL if there is none. Other threads may
 *	look at it, too.
 * @first: the page of the region there
 * @nr_pages: how many follow
 * @prot: their protection
 */
struct window {
	uint8_t *base;
	uint8_t *_Atomic address;
	size_t first;
	_Atomic size_t nr_pages;
	int prot;
};

void windows_init(void);
struct window *window_of(unsigned int slot, unsigned int thread,
			 unsigned int number);
void windows_clear(unsigned int slot);

/* Nothing is known to be mapped there. */
static inline void window_forget(struct window *window)
{
	window->address = NULL;
	window->nr_pages = 0;
}

/* The words of a page of the region, which is mapped. */
static inline uint64_t *window_page(const struct window *window, size_t page)
{
	return (uint64_t *)(window->address +
			    (page - window->first) * PAGE_SIZE);
}

#endif /* STRESS_WINDOW_H */
