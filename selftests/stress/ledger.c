// SPDX-License-Identifier: GPL-2.0-only
/* What is known about one region from elsewhere. */
#include "ledger.h"

#include <sys/mman.h>
#include <unistd.h>

#include <linux/shmregion.h>

#include "stats.h"

static size_t ledger_size(size_t nr_pages)
{
	return sizeof(struct ledger) + nr_pages * sizeof(struct ledger_page);
}

/* Return: its file descriptor, or -1. */
int ledger_create(size_t nr_pages, uint64_t nonce, bool controlled)
{
	int fd = memfd_create("shmregion-stress-ledger", MFD_CLOEXEC);
	struct ledger *ledger;

	if (fd < 0 || ftruncate(fd, ledger_size(nr_pages)))
		return -1;
	ledger = ledger_map(fd, nr_pages);
	if (!ledger)
		return -1;
	ledger->nonce = nonce;
	ledger->controlled = controlled;
	ledger->limit_all = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE;
	ledger_unmap(ledger, nr_pages);
	return fd;
}

struct ledger *ledger_map(int fd, size_t nr_pages)
{
	void *memory = mmap(NULL, ledger_size(nr_pages),
			    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void ledger_unmap(struct ledger *ledger, size_t nr_pages)
{
	munmap(ledger, ledger_size(nr_pages));
}

void ledger_limit_begin(struct ledger *ledger)
{
	ledger->limit_seq++;
}

void ledger_limit_end(struct ledger *ledger)
{
	ledger->limit_seq++;
}

/* Of a worker, or of @id 0, which nobody has: then the limit of all others. */
uint32_t ledger_limit(const struct ledger *ledger, unsigned int worker,
		      uint32_t id)
{
	if (id == CONTROLLER_ID)
		return SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE;
	if (id && ledger->limits[worker].id == id)
		return ledger->limits[worker].limit;
	return ledger->limit_all;
}

/* An address space was told its member id: no other may ever have the same. */
void ledger_member(struct ledger *ledger, uint64_t member,
		   uint32_t address_space)
{
	uint32_t before = 0;

	if (member >= LEDGER_MEMBERS)
		return;
	checked(INVARIANT_MEMBER, 1);
	if (!atomic_compare_exchange_strong(&ledger->members[member], &before,
					    address_space) &&
	    before != address_space)
		broken(INVARIANT_MEMBER,
		       "address spaces %u and %u both have member id %lu",
		       before, address_space, (unsigned long)member);
}

/* Somebody was told to be the owner in a generation: nobody else may be. */
void ledger_claim(struct ledger *ledger, uint64_t generation, uint32_t id)
{
	_Atomic uint64_t *winner = &ledger->winners[generation % LEDGER_WINNERS];
	uint64_t mine = generation << 16 | id, other = *winner;

	checked(INVARIANT_WINNER, 1);
	while (other >> 16 < generation)
		if (atomic_compare_exchange_weak(winner, &other, mine))
			return;
	if (other >> 16 == generation && other != mine)
		broken(INVARIANT_WINNER,
		       "process %#x and process %#x own generation %lu", id,
		       (unsigned int)(other & 0xffff),
		       (unsigned long)generation);
}

void ledger_stamped(struct ledger *ledger, size_t page, uint64_t stamp)
{
	_Atomic uint64_t *entry = &ledger->pages[page].stamp;
	uint64_t old = *entry;

	while (old < stamp)
		if (atomic_compare_exchange_weak(entry, &old, stamp))
			return;
}
