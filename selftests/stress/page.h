/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a page, and how to know that it is right.
 *
 * The owner of a region puts stamps into its pages: in which generation, the
 * how manieth there, by whom; and the same once more, as a complement that
 * tells pages and regions apart. Stamps only ever grow. The words next to them
 * are stored to by everybody who likes to try: one by the process itself, one
 * by the kernel, byte by byte perhaps.
 */
#ifndef STRESS_PAGE_H
#define STRESS_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "rule.h"
#include "slot.h"

#define STAMP_GENERATION_SHIFT 32
#define STAMP_COUNT_SHIFT 16
#define STAMP_ID_MASK 0xffff

/* The words of a page. */
enum page_word {
	WORD_STAMP = 0,
	WORD_COMPLEMENT = 1,
	/* In another cache line. */
	WORD_SCRATCH = 8,
	WORD_CALLED = 9,
};

/* What the words of a page were. */
struct look {
	uint64_t stamp;
	uint64_t complement;
	uint64_t scratch;
	uint64_t called;
};

/* What a process stores into the scratch word: never twice the same. */
static inline uint64_t scratch_value(uint64_t count)
{
	return count << 16 | self.id;
}

/* What it has the kernel store: each byte tells who it was. */
static inline uint64_t called_value(void)
{
	return (self.id & 0xff) * 0x0101010101010101;
}

bool page_look(struct slot *slot, const uint64_t *words, size_t page,
	       struct look *look, struct tally *tally);
void page_stamp(struct slot *slot, uint64_t *words, size_t page,
		const struct rule *rule, struct tally *tally);
void page_compare(const struct slot *slot, size_t page,
		  const struct look *before, const struct look *after);
void page_frozen(struct slot *slot, size_t page, const struct look *look);

#endif /* STRESS_PAGE_H */
