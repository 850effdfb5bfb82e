// SPDX-License-Identifier: GPL-2.0-only
/* The table: each attack on a memfd and on a region, here and now. */
#include <stdio.h>

#include "attack.h"
#include "chapter.h"
#include "kind.h"
#include "tell.h"

/* Widths of the columns. */
#define ATTEMPT_WIDTH	38
#define CELL_WIDTH	25

static const char explanation[] =
	"  The same code plays each line twice. Indented lines take the seal that helps, or the next\n"
	"  best one. To make a memfd final is to seal it, to make a region final is to freeze it.\n"
	"\n";

static const char conclusion[] =
	"\n"
	"  Where both columns have a +, a memfd will do: for memory that is written once, unmapped,\n"
	"  sealed and only then sent, and among processes that trust each other. For memory that goes\n"
	"  back and forth, keeps its writer or loses its owner, there is shmregion.\n";

struct row {
	const char *attempt;
	attack play;
	const struct kind *memfd;
};

static const struct row rows[] = {
	{ "store after giving the memory away",
	  attack_by_store, &kind_memfd_sealed },
	{ "change it between check and use",
	  attack_check, &kind_memfd_sealed },
	{ "store by a child forked beforehand",
	  attack_by_child, &kind_memfd_sealed },
	{ "vmsplice() a page, give, read the pipe",
	  attack_by_pin, &kind_memfd_sealed },
	{ "truncate under the receiver",
	  attack_by_truncation, &kind_memfd },
	{ "  with F_SEAL_SHRINK",
	  attack_by_truncation, &kind_memfd_sealed },
	{ "make final while mapped: F_SEAL_WRITE",
	  attack_frozen_mapped, &kind_memfd },
	{ "  F_SEAL_FUTURE_WRITE",
	  attack_frozen_mapped, &kind_memfd_sealed },
	{ "make final when unmapped: F_SEAL_WRITE",
	  attack_frozen_unmapped, &kind_memfd },
	{ "reopen a read-only fd through /proc",
	  attack_by_reopening, &kind_memfd },
	{ "  with F_SEAL_FUTURE_WRITE",
	  attack_by_reopening, &kind_memfd_sealed },
	{ "mprotect() a read-only mapping",
	  attack_by_protection, &kind_memfd },
	{ "the owner is killed by kill -9",
	  attack_by_death, &kind_memfd },
	{ "  while it holds a robust mutex there",
	  attack_by_death_in_mutex, &kind_memfd },
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

	tell_title("6. Side by side: what each attempt comes to (+ the rule holds, - it does not)");
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
		promise(region.held, "%s", rows[i].attempt);
	}
	tell_sums(memfd_held, region_held);
}
