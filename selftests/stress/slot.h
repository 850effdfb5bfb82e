/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots: the regions that there are at a time. The controller replaces the
 * region of a slot now and then; its size stays.
 */
#ifndef STRESS_SLOT_H
#define STRESS_SLOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "ledger.h"

#define PAGE_SIZE ((size_t)sysconf(_SC_PAGESIZE))
#define NR_SLOTS 8

extern uint64_t slot_sizes[NR_SLOTS];

static inline size_t slot_pages(unsigned int slot)
{
	return (slot_sizes[slot] + PAGE_SIZE - 1) / PAGE_SIZE;
}

/**
 * struct slot - what a process has of a slot
 * @lock: held for reading by who uses the region, for writing to replace it
 * @number: of the slot
 * @fd: the handle, or -1
 * @writable: whether the handle has WRITE
 * @member: the member id of this address space, once it had one
 * @allocated: whether all pages were allocated once
 * @ledger: what is known about the region
 * @generation: the newest that the process has seen
 */
struct slot {
	pthread_rwlock_t lock;
	unsigned int number;
	int fd;
	bool writable;
	_Atomic uint64_t member;
	_Atomic bool allocated;
	struct ledger *ledger;
	_Atomic uint64_t generation;
};

extern struct slot slots[NR_SLOTS];

void slots_init(void);
void slots_new_process(void);
bool slot_set(struct slot *slot, int fd, int ledger_fd);
struct slot *slot_hot(void);

#endif /* STRESS_SLOT_H */
