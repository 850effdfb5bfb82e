/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process may do, as the kernel says and the ledger knows, before and
 * after accesses: where both agree, and nothing changed in between, there is
 * no doubt about what was allowed.
 */
#ifndef STRESS_RULE_H
#define STRESS_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "slot.h"

/**
 * struct self - the calling process
 * @worker: which worker it is or descends from
 * @id: who it is, as far as 16 bits can tell
 * @address_space: a number that no other address space has
 */
struct self {
	unsigned int worker;
	uint32_t id;
	uint32_t address_space;
};

extern struct self self;

/* Of a worker and its children; no worker has it. */
#define CHILD_ID 0x8000

/**
 * struct rule - the rule at one moment
 * @error: of INFO: 0 or ENODEV
 * @destroyed: whether that is over: before it was, INFO says ENODEV already
 * @generation: see struct shmregion_info
 * @mode: the same
 * @frozen: whether it is READONLY for ever
 * @owner: whether the calling process owns the region
 * @revoking: whether its owner is losing it, and has no access any more
 * @controlled: whether it has a controller
 * @allocated: whether all pages are allocated
 * @member: member id of the calling process, or 0
 * @limit_seq: of the ledger; odd is unknown
 * @limit: of the calling process
 */
struct rule {
	int error;
	bool destroyed;
	uint64_t generation;
	uint32_t mode;
	bool frozen;
	bool owner;
	bool revoking;
	bool controlled;
	bool allocated;
	uint64_t member;
	uint64_t limit_seq;
	uint32_t limit;
};

/**
 * struct tally - accesses in between
 * @loads: how many failed, how many succeeded
 * @stores: the same
 * @mapped: whether there is a mapping that would let them succeed
 */
struct tally {
	unsigned long loads[2];
	unsigned long stores[2];
	bool mapped;
};

void self_init(unsigned int worker, uint32_t id);
void rule_read(struct slot *slot, struct rule *rule);
bool rule_same(const struct rule *before, const struct rule *after);
bool rule_owned(const struct rule *before, const struct rule *after);
bool rule_same_limit(const struct rule *before, const struct rule *after);
bool rule_limited(const struct rule *before, const struct rule *after,
		  uint32_t right);
bool rule_revocable(const struct rule *before, const struct rule *after);
void rule_judge(const struct slot *slot, const struct rule *before,
		const struct rule *after, const struct tally *tally);

#endif /* STRESS_RULE_H */
