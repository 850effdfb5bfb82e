// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a program.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/shmregion.h>

#include "slots.h"

#define CHANGING 0

static unsigned long begun, ended;

/* In a new process nobody else changes anything. */
void slots_init(void)
{
	begun = 0;
	ended = 0;
}

void slots_begin_change(void)
{
	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
}

void slots_end_change(void)
{
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
}

/* A number for slots_unchanged(); CHANGING while somebody changes something. */
unsigned long slots_changes(void)
{
	unsigned long seen = __atomic_load_n(&begun, __ATOMIC_SEQ_CST);

	return __atomic_load_n(&ended, __ATOMIC_SEQ_CST) == seen ?
		       seen + 1 : CHANGING;
}

bool slots_unchanged(unsigned long changes)
{
	return changes != CHANGING &&
	       __atomic_load_n(&begun, __ATOMIC_SEQ_CST) + 1 == changes;
}

static unsigned int slots_end(enum slot sort)
{
	switch (sort) {
	case SLOT_DEVICE:
		return SLOT_HANDLE;
	case SLOT_HANDLE:
		return SLOT_OTHER;
	default:
		return NR_SLOTS;
	}
}

static volatile int *slot_of(struct actor *actor, enum slot sort)
{
	return &world.slots[sort + random_below(&actor->random,
						slots_end(sort) - sort)];
}

/* Mostly of that sort. */
int any_slot(struct actor *actor, enum slot sort)
{
	if (one_in(&actor->random, 10))
		return world.slots[random_below(&actor->random, NR_SLOTS)];
	return *slot_of(actor, sort);
}

/* Remember a new file in place of another one, which is closed mostly. */
void slot_keep(struct actor *actor, enum slot sort, int fd)
{
	volatile int *slot = slot_of(actor, sort);

	slots_begin_change();
	if (!one_in(&actor->random, 4))
		close(*slot);
	*slot = fd;
	slots_end_change();
}

enum file_kind slot_kind(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct statfs fs;
	struct stat stat;

	if (flags < 0 || flags & O_PATH)
		return FILE_NONE;
	if (!fstatfs(fd, &fs) && fs.f_type == SHMREGION_SUPER_MAGIC)
		return FILE_HANDLE;
	/* No program opens another character device. */
	if (!fstat(fd, &stat) && S_ISCHR(stat.st_mode))
		return FILE_DEVICE;
	return FILE_UNKNOWN;
}
