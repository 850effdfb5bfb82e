/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known about one region from elsewhere: memory that all processes
 * share, and that comes with the handle, as a file of its own.
 */
#ifndef STRESS_LEDGER_H
#define STRESS_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#define LEDGER_WINNERS 64
/* Of member ids, from 1: as many as a region ever has, or nearly. */
#define LEDGER_MEMBERS 4096

/**
 * struct ledger_page - what is known about a page
 * @stamp: the last stamp that was completely written; the page has it, or one
 *	from later
 * @frozen: what the frozen page looked like; 0 if nobody has looked yet
 */
struct ledger_page {
	_Atomic uint64_t stamp;
	_Atomic uint64_t frozen;
};

/**
 * struct ledger - what is known about a region
 * @nonce: tells it from all others
 * @limit_seq: odd while the controller changes a limit
 * @controlled: whether it has a controller
 * @limit_all: the limit of whoever has none of its own
 * @limits: those of workers: who it was, and what it may
 * @workers: the member ids of workers, with who it was in the upper 16 bits
 * @members: which address space each member id belongs to
 * @destroyed: whether the controller has destroyed it, and the call returned
 * @winners: who the owners of the last generations are
 * @pages: its pages
 */
struct ledger {
	uint64_t nonce;
	bool controlled;
	_Atomic uint64_t limit_seq;
	_Atomic uint32_t limit_all;
	struct {
		_Atomic uint32_t id;
		_Atomic uint32_t limit;
	} limits[MAX_PROCESSES];
	_Atomic uint64_t workers[MAX_PROCESSES];
	_Atomic uint32_t members[LEDGER_MEMBERS];
	_Atomic bool destroyed;
	_Atomic uint64_t winners[LEDGER_WINNERS];
	struct ledger_page pages[];
};

#define LEDGER_ID_SHIFT 48
#define LEDGER_MEMBER_MASK ((1ULL << LEDGER_ID_SHIFT) - 1)

/* The controller, who has a limit of its own from the beginning. */
#define CONTROLLER_ID 1

int ledger_create(size_t nr_pages, uint64_t nonce, bool controlled);
struct ledger *ledger_map(int fd, size_t nr_pages);
void ledger_unmap(struct ledger *ledger, size_t nr_pages);

void ledger_limit_begin(struct ledger *ledger);
void ledger_limit_end(struct ledger *ledger);
uint32_t ledger_limit(const struct ledger *ledger, unsigned int worker,
		      uint32_t id);

void ledger_member(struct ledger *ledger, uint64_t member,
		   uint32_t address_space);
void ledger_claim(struct ledger *ledger, uint64_t generation, uint32_t id);
void ledger_stamped(struct ledger *ledger, size_t page, uint64_t stamp);

#endif /* STRESS_LEDGER_H */
