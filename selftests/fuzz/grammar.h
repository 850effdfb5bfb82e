/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar of the ioctls.
 */
#ifndef FUZZ_GRAMMAR_H
#define FUZZ_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/shmregion.h>

#define RIGHT_R SHMREGION_RIGHT_READ
#define RIGHT_W SHMREGION_RIGHT_WRITE
#define RIGHT_C SHMREGION_RIGHT_CONTROL

/* What a member takes. */
enum value {
	VALUE_OUT,
	VALUE_RESERVED,
	VALUE_BYTES,
	VALUE_MODE,
	VALUE_LABEL,
	VALUE_RIGHTS,
	VALUE_ID,
	VALUE_BY,
	VALUE_DEADLINE,
	VALUE_LIMIT,
};

struct field {
	const char *name;
	enum value value;
	unsigned int offset, size;
};

#define FIELDS_MAX 14

/**
 * struct grammar - an ioctl
 * @command: its number
 * @size: of its structure
 * @flags: those that are known
 * @wait_flags: it waits if flags, masked by these, are @waits
 * @waits: see above
 * @on_device: works there
 * @on_handle: works there
 * @rights: what the handle must have
 * @check: minus the error that values, alone or together, have, or 0
 * @errors: those that depend on more than the arguments; a list that 0 ends
 * @fields: all after size and flags
 */
struct grammar {
	unsigned int command;
	uint32_t size;
	uint32_t flags;
	uint32_t wait_flags, waits;
	bool on_device, on_handle;
	uint32_t rights;
	int (*check)(const void *argument);
	const int *errors;
	struct field fields[FIELDS_MAX];
};

extern const struct grammar grammar_version, grammar_create, grammar_info,
	grammar_dup, grammar_attach, grammar_detach,
	grammar_transfer, grammar_acquire, grammar_publish,
	grammar_freeze, grammar_share, grammar_release, grammar_limit,
	grammar_limit_others, grammar_reclaim, grammar_destroy;

#endif /* FUZZ_GRAMMAR_H */
