/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures, sort of: content that is easy to tell from other content. */
#ifndef DEMO_FRAME_H
#define DEMO_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_PAGE	4096

/* Sizes are multiples of FRAME_PAGE. */
void frame_draw(void *memory, size_t size, unsigned int number);
uint32_t frame_checksum(const void *memory, size_t size);

/* How many pages are those of that frame. */
size_t frame_count_pages(const void *memory, size_t size, unsigned int number);

#endif /* DEMO_FRAME_H */
