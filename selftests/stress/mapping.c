// SPDX-License-Identifier: GPL-2.0-only
/* Operations on mappings. */
#include "mapping.h"

#include <errno.h>
#include <sys/mman.h>

#include <linux/shmregion.h>

#include "ownership.h"
#include "rule.h"
#include "stats.h"

/*
 * What is mapped without consent must be what nobody can take away. That is
 * asked while it is mapped, so no other thread can have detached since; and what
 * a region is then it can only have become, and never ceases to be.
 */
static void check_consent(struct turn *turn, int prot, const struct rule *before)
{
	struct rule now;

	rule_read(turn->slot, &now);
	checked(INVARIANT_CONSENT, 1);
	if (now.error || before->error)
		return;
	if (self.id & CHILD_ID && !before->member && now.member)
		broken(INVARIANT_CONSENT, "slot %u: mmap() made a member",
		       turn->slot->number);
	if (now.member)
		return;
	if (now.controlled || !now.allocated ||
	    now.mode == SHMREGION_MODE_WRITABLE ||
	    (now.mode == SHMREGION_MODE_READONLY && prot & PROT_WRITE))
		broken(INVARIANT_CONSENT,
		       "slot %u: mapped by no member, mode %u, controlled %d, allocated %d, protection %#x",
		       turn->slot->number, now.mode, now.controlled,
		       now.allocated, (unsigned int)prot);
}

/* What was there before can be gone, even if this fails. */
static bool map_at(struct turn *turn, uint8_t *address, size_t first,
		   size_t nr_pages, int prot)
{
	static const int errnos[] = { EACCES, ENODEV, 0 };
	struct window *window = turn->window;
	struct rule before;
	void *memory;

	window_forget(window);
	rule_read(turn->slot, &before);
	memory = mmap(address, nr_pages * PAGE_SIZE, prot,
		      MAP_SHARED | MAP_FIXED, turn->slot->fd,
		      first * PAGE_SIZE);
	expect_errno(OPERATION_MAP, memory == MAP_FAILED ? -1 : 0, errnos);
	if (memory == MAP_FAILED)
		return false;

	window->first = first;
	window->prot = prot;
	window->nr_pages = nr_pages;
	window->address = memory;
	check_consent(turn, prot, &before);
	return true;
}

/*
 * All of the region or some of it, huge entries possible or not, over what is
 * there or not; for reading only where it may not be for writing.
 */
void mapping_map(struct turn *turn)
{
	size_t nr_pages = slot_pages(turn->slot->number), first = 0;
	bool write = turn->slot->writable && !maybe(turn, 8);
	uint8_t *address;

	/* Most of those who map agree to take part, not all. */
	if (!turn->slot->member && !maybe(turn, 4))
		ownership_attach(turn);
	address = turn->window->base + choose(turn, 2) * PLACE_SIZE;
	if (maybe(turn, 4))
		address += PAGE_SIZE;
	if (maybe(turn, 4)) {
		first = choose(turn, nr_pages);
		nr_pages = 1 + choose(turn, nr_pages - first);
	}

	if (!write || !map_at(turn, address, first, nr_pages,
			      PROT_READ | PROT_WRITE))
		map_at(turn, address, first, nr_pages, PROT_READ);
}

/* Also what was forgotten. */
void mapping_unmap(struct turn *turn)
{
	static const int errnos[] = { 0 };

	window_forget(turn->window);
	expect_errno(OPERATION_UNMAP, munmap(turn->window->base, WINDOW_SIZE),
		     errnos);
}

/* The tail, or a hole: what is beyond it is forgotten. */
void mapping_unmap_part(struct turn *turn)
{
	static const int errnos[] = { 0 };
	struct window *window = turn->window;
	size_t keep, gone;

	if (window->nr_pages < 2)
		return;
	keep = 1 + choose(turn, window->nr_pages - 1);
	gone = window->nr_pages - keep;
	if (maybe(turn, 2))
		gone = 1 + choose(turn, gone);
	window->nr_pages = keep;
	expect_errno(OPERATION_UNMAP_PART,
		     munmap(window->address + keep * PAGE_SIZE,
			    gone * PAGE_SIZE), errnos);
}

/* To have it twice, or larger: refused or not, it stays in the window. */
static void remap_oddly(struct turn *turn, void *place)
{
	static const int errnos[] = { EFAULT, EINVAL, ENOMEM, 0 };
	size_t size = turn->window->nr_pages * PAGE_SIZE;
	void *memory;

	if (maybe(turn, 2))
		memory = mremap(turn->window->address, 0, size,
				MREMAP_MAYMOVE | MREMAP_FIXED, place);
	else
		memory = mremap(turn->window->address, size, size + PAGE_SIZE,
				0);
	expect_errno(OPERATION_REMAP, memory == MAP_FAILED ? -1 : 0, errnos);
}

/* To the other place. */
void mapping_remap(struct turn *turn)
{
	static const int errnos[] = { 0 };
	struct window *window = turn->window;
	size_t size = window->nr_pages * PAGE_SIZE;
	uint8_t *address = window->address;
	void *memory, *place;

	place = address < window->base + PLACE_SIZE ? address + PLACE_SIZE :
						      address - PLACE_SIZE;
	if (maybe(turn, 4)) {
		remap_oddly(turn, place);
		return;
	}

	memory = mremap(address, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			place);
	expect_errno(OPERATION_REMAP, memory == MAP_FAILED ? -1 : 0, errnos);
	if (memory == MAP_FAILED)
		window_forget(window);
	else
		window->address = memory;
}

/* All of it; or the tail, which is forgotten. */
void mapping_protect(struct turn *turn)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
	};
	static const int errnos[] = { EACCES, 0 };
	int prot = prots[choose(turn, sizeof(prots) / sizeof(*prots))], ret;
	struct window *window = turn->window;
	size_t pages = window->nr_pages, keep = 0;

	if (pages > 1 && maybe(turn, 4)) {
		keep = 1 + choose(turn, pages - 1);
		window->nr_pages = keep;
	}
	ret = mprotect(window->address + keep * PAGE_SIZE,
		       (pages - keep) * PAGE_SIZE, prot);
	expect_errno(OPERATION_PROTECT, ret, errnos);
	if (!keep)
		window->prot = ret ? window->prot & prot : prot;
}

/* Whatever the answer is, it must make no difference. */
void mapping_advise(struct turn *turn)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
		MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DODUMP, MADV_COLD,
		MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	int advice = advices[choose(turn, sizeof(advices) / sizeof(*advices))];
	struct window *window = turn->window;

	stats_count(OPERATION_ADVISE,
		    !madvise(window->address, window->nr_pages * PAGE_SIZE,
			     advice));
}
