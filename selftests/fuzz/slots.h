/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a program. A slot is for one sort of file, but a program may
 * close and replace each.
 */
#ifndef FUZZ_SLOTS_H
#define FUZZ_SLOTS_H

#include "actor.h"

/* The first slot of each sort. */
enum slot {
	SLOT_DEVICE = 0,
	SLOT_HANDLE = 2,
	SLOT_OTHER = 12,
};

enum file_kind {
	FILE_UNKNOWN,
	FILE_NONE,
	FILE_DEVICE,
	FILE_HANDLE,
};

int any_slot(struct actor *actor, enum slot sort);
void slot_keep(struct actor *actor, enum slot sort, int fd);
enum file_kind slot_kind(int fd);

/*
 * What a number stands for can be told only if no other thread opened or closed
 * anything meanwhile: who does so says it.
 */
void slots_begin_change(void);
void slots_end_change(void);
unsigned long slots_changes(void);
bool slots_unchanged(unsigned long changes);
void slots_init(void);

/* How a call on a file of one's own may fail when another thread hits it. */
#define FILE_WAS_REPLACED EBADF, EINVAL, ESPIPE, EAGAIN

#endif /* FUZZ_SLOTS_H */
