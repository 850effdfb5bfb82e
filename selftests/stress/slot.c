// SPDX-License-Identifier: GPL-2.0-only
/* Slots: the regions that there are at a time. */
#include "slot.h"

#include <time.h>
#include <unistd.h>

#include <shmdev.h>

#include "random.h"

uint64_t slot_sizes[NR_SLOTS];

struct slot slots[NR_SLOTS];

void slots_init(void)
{
	/*
	 * Small ones have no huge page-table entry; the last have two and a
	 * bit, where it is one of 2 MiB.
	 */
	const uint64_t sizes[NR_SLOTS] = {
		PAGE_SIZE, PAGE_SIZE - 96, 16 * PAGE_SIZE, 16 * PAGE_SIZE - 96,
		2 << 20, 2 << 20, (4 << 20) + PAGE_SIZE, (4 << 20) + PAGE_SIZE,
	};
	pthread_rwlockattr_t attr;
	unsigned int i;

	/* There are always readers: a writer would wait for ever. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	for (i = 0; i < NR_SLOTS; i++) {
		slot_sizes[i] = sizes[i];
		pthread_rwlock_init(&slots[i].lock, &attr);
		slots[i].number = i;
		slots[i].fd = -1;
	}
}

/* A fork child inherits handles and mappings, but is no member of anything. */
void slots_new_process(void)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		slots[i].member = 0;
}

/*
 * Put a region into a slot; the lock is held for writing. Consumes both file
 * descriptors.
 */
bool slot_set(struct slot *slot, int fd, int ledger_fd)
{
	size_t nr_pages = slot_pages(slot->number);
	struct shmregion_info info;

	if (slot->fd >= 0)
		close(slot->fd);
	if (slot->ledger)
		ledger_unmap(slot->ledger, nr_pages);
	slot->fd = fd;
	slot->ledger = ledger_map(ledger_fd, nr_pages);
	slot->generation = 0;
	slot->member = 0;
	slot->allocated = false;
	close(ledger_fd);
	if (!slot->ledger)
		return false;

	/* It can be destroyed already. */
	slot->writable = shmdev_raw_info(fd, &info) ||
			 info.out_rights & SHMREGION_RIGHT_WRITE;
	return true;
}

/* One slot at a time is where they all meet. */
struct slot *slot_hot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return &slots[mix(now.tv_sec * 4 + now.tv_nsec / 250000000) % NR_SLOTS];
}
