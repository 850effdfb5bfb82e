// SPDX-License-Identifier: GPL-2.0-only
/* Windows: where mappings are. */
#include "window.h"

#include <sys/mman.h>

#include "options.h"

/* Far from where the kernel looks for a place by itself. */
#define WINDOWS_BASE 0x200000000000UL

static struct window windows[NR_SLOTS][MAX_THREADS][NR_WINDOWS];

void windows_init(void)
{
	struct window *window = &windows[0][0][0];
	unsigned long base = WINDOWS_BASE;
	size_t i;

	for (i = 0; i < sizeof(windows) / sizeof(*window); i++) {
		window[i].base = (uint8_t *)base;
		base += WINDOW_SIZE;
	}
}

struct window *window_of(unsigned int slot, unsigned int thread,
			 unsigned int number)
{
	return &windows[slot][thread][number];
}

/* Unmap all, of all threads: none of them uses the slot now. */
void windows_clear(unsigned int slot)
{
	struct window *window = &windows[slot][0][0];
	size_t i;

	/* They follow each other. */
	munmap(window->base, MAX_THREADS * NR_WINDOWS * WINDOW_SIZE);
	for (i = 0; i < MAX_THREADS * NR_WINDOWS; i++)
		window_forget(&window[i]);
}
