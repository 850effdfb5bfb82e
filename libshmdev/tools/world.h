/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which regions there are and who has them: the kernel's list, which root can
 * read, and what /proc shows of processes that one may look into.
 */
#ifndef SHMREGION_WORLD_H
#define SHMREGION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <shmdev.h>

#define NOT_KNOWN UINT64_MAX

/* What one process has of one region. */
struct user {
	const struct region *region;
	pid_t pid;		/* 0 if it is not visible */
	char name[32];
	uid_t uid;
	bool uid_known;
	bool attached;		/* what follows is known of members alone */
	uint64_t member;
	char access[4];
	char limit[8];
	uint32_t handles;
	uint32_t rights;
	uint64_t mapped;
};

struct region {
	char guid[SHMDEV_GUID_TEXT_SIZE];
	char label[SHMREGION_LABEL_SIZE];
	char mode[16];
	char state[96];
	bool listed;		/* by the kernel */
	bool known;		/* its state is known */
	bool controlled;
	bool waited;
	uint64_t id;
	uint64_t size;
	uint64_t capacity;
	uint64_t allocated;
	uint64_t uid;
	uint64_t owner_member;
	int64_t owner_pid;	/* 0: nobody, or not visible; -1: not known */
	uint64_t generation;
	struct user *users;
	size_t user_count;
};

struct world {
	struct region *regions;
	size_t count;
	bool listed;		/* the kernel's list could be read */
	size_t unreadable;	/* processes that could not be looked into */
};

/*
 * Looks around; at one process for a pid that is not 0. Return: NULL with errno
 * on error.
 */
struct world *world_take(pid_t pid);
void world_free(struct world *world);

/* The name of a process, or "". */
void process_name(pid_t pid, char *name, size_t size);

/* "rwm" and so on: what a user can do. */
void user_flags(const struct user *user, char *text, size_t size);
/* "1234(name):rwm" */
void user_text(const struct user *user, char *text, size_t size);

#endif /* SHMREGION_WORLD_H */
