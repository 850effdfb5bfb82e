// SPDX-License-Identifier: GPL-2.0-only
/* The table: each attack on a memfd and on a region, here and now. */
#include <stdio.h>

#include "attack.h"
#include "chapter.h"
#include "kind.h"
#include "tell.h"

/* Widths of the columns. */
#define ATTEMPT_WIDTH	40
#define CELL_WIDTH	25

static const char explanation[] =
	"  The same code plays each line twice. Indented lines take the seal that helps, or the next\n"
	"  best one. To make a memfd final is to seal it, to make a region final is to freeze it.\n"
	"\n";

static const char conclusion[] =
	"\n"
	"  Where both columns have a +, a memfd will do: for memory that is written once, unmapped,\n"
	"  sealed and only then sent, and among processes that trust each other. For memory that goes\n"
	"  back and forth, keeps its writer or loses its owner, there is shmregion.\n"
	"  The one - of a region is its price: what is yours alone nobody can take from you, so nobody\n"
	"  can take it from a peer either. Whoever needs that creates a region with a controller, and\n"
	"  all who use it trust that one.\n";

/**
 * struct row - a line of the table
 * @attempt: what is tried
 * @play: it
 * @memfd: the seals that help against it
 * @price: whether a region does not hold, as it is said below
 */
struct row {
	const char *attempt;
	attack play;
	const struct kind *memfd;
	bool price;
};

static const struct row rows[] = {
	{ .attempt = "store after giving the memory away",
	  .play = attack_by_store, .memfd = &kind_memfd_sealed },
	{ .attempt = "change it between check and use",
	  .play = attack_check, .memfd = &kind_memfd_sealed },
	{ .attempt = "take it back, change it, return it",
	  .play = attack_by_creator, .memfd = &kind_memfd_sealed },
	{ .attempt = "destroy it under the receiver",
	  .play = attack_by_destruction, .memfd = &kind_memfd_sealed },
	{ .attempt = "  written once and sealed before sending",
	  .play = attack_on_final, .memfd = &kind_memfd_final },
	{ .attempt = "store by a child forked beforehand",
	  .play = attack_by_child, .memfd = &kind_memfd_sealed },
	{ .attempt = "vmsplice() a page, give, read the pipe",
	  .play = attack_by_pin, .memfd = &kind_memfd_sealed },
	{ .attempt = "truncate under the receiver",
	  .play = attack_by_truncation, .memfd = &kind_memfd },
	{ .attempt = "  with F_SEAL_SHRINK",
	  .play = attack_by_truncation, .memfd = &kind_memfd_sealed },
	{ .attempt = "make final while mapped: F_SEAL_WRITE",
	  .play = attack_frozen_mapped, .memfd = &kind_memfd },
	{ .attempt = "  F_SEAL_FUTURE_WRITE",
	  .play = attack_frozen_mapped, .memfd = &kind_memfd_sealed },
	{ .attempt = "make final when unmapped: F_SEAL_WRITE",
	  .play = attack_frozen_unmapped, .memfd = &kind_memfd },
	{ .attempt = "reopen a read-only fd through /proc",
	  .play = attack_by_reopening, .memfd = &kind_memfd },
	{ .attempt = "  with F_SEAL_FUTURE_WRITE",
	  .play = attack_by_reopening, .memfd = &kind_memfd_sealed },
	{ .attempt = "mprotect() a read-only mapping",
	  .play = attack_by_protection, .memfd = &kind_memfd },
	{ .attempt = "never give it back",
	  .play = attack_by_withholding, .memfd = &kind_memfd_sealed, .price = true },
	{ .attempt = "the owner is killed by kill -9",
	  .play = attack_by_death, .memfd = &kind_memfd },
	{ .attempt = "  while it holds a robust mutex there",
	  .play = attack_by_death_in_mutex, .memfd = &kind_memfd },
};

static void tell_cell(const struct outcome *outcome, int width)
{
	char text[TELL_MAX];

	snprintf(text, sizeof(text), "  %s %-*s", outcome->held ? "+" : "-",
		 width, outcome->text);
	tell_coloured(outcome->held ? TELL_GOOD : TELL_BAD, text);
}

/* Two texts where the cells have theirs. */
static void tell_plain_row(const char *attempt, const char *memfd,
			   const char *region)
{
	printf("  %-*s    %-*s    %s\n", ATTEMPT_WIDTH, attempt,
	       CELL_WIDTH, memfd, region);
}

static void tell_sums(unsigned int memfd_held, unsigned int region_held)
{
	char memfd[TELL_MAX], region[TELL_MAX];

	snprintf(memfd, sizeof(memfd), "%u of %zu", memfd_held, ARRAY_SIZE(rows));
	snprintf(region, sizeof(region), "%u of %zu", region_held, ARRAY_SIZE(rows));
	putchar('\n');
	tell_plain_row("the rule holds", memfd, region);
	fputs(conclusion, stdout);
}

void chapter_table(void)
{
	unsigned int memfd_held = 0, region_held = 0;
	struct outcome memfd, region;
	size_t i;

	tell_title("7. Side by side: what each attempt comes to (+ the rule holds, - it does not)");
	fputs(explanation, stdout);
	tell_plain_row("attempt", "memfd + seals", "shmregion");
	putchar('\n');
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memfd = rows[i].play(rows[i].memfd);
		region = rows[i].play(&kind_region);
		memfd_held += memfd.held;
		region_held += region.held;

		printf("  %-*s", ATTEMPT_WIDTH, rows[i].attempt);
		tell_cell(&memfd, CELL_WIDTH);
		tell_cell(&region, 0);
		putchar('\n');
		promise(region.held != rows[i].price, "%s", rows[i].attempt);
	}
	tell_sums(memfd_held, region_held);
}
