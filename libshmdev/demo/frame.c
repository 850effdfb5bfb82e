// SPDX-License-Identifier: GPL-2.0-only
/* Pictures, sort of: content that is easy to tell from other content. */
#include "frame.h"

#include <stdbool.h>

#define FNV_OFFSET	UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME	UINT64_C(0x100000001b3)

/* No two words of one frame are the same, as the factor is odd. */
static uint64_t frame_word(unsigned int number, size_t index)
{
	return ((uint64_t)number << 32 | index) *
	       UINT64_C(0x9e3779b97f4a7c15);
}

void frame_draw(void *memory, size_t size, unsigned int number)
{
	uint64_t *words = memory;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = frame_word(number, i);
}

/* FNV-1a by words instead of bytes, which is quicker, folded. */
uint32_t frame_checksum(const void *memory, size_t size)
{
	const uint64_t *words = memory;
	uint64_t sum = FNV_OFFSET;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		sum = (sum ^ words[i]) * FNV_PRIME;

	return (uint32_t)(sum >> 32 ^ sum);
}

static bool is_page_of(const uint64_t *words, size_t first, unsigned int number)
{
	size_t i;

	for (i = 0; i < FRAME_PAGE / sizeof(*words); i++)
		if (words[first + i] != frame_word(number, first + i))
			return false;

	return true;
}

size_t frame_count_pages(const void *memory, size_t size, unsigned int number)
{
	size_t page, count = 0;

	for (page = 0; page < size / FRAME_PAGE; page++)
		count += is_page_of(memory,
				    page * FRAME_PAGE / sizeof(uint64_t),
				    number);

	return count;
}
