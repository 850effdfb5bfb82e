// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What this process has mapped, and how much it may. */
#include "account.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "lock.h"

static struct shmdev_lock lock;

/*
 * All under the lock. A fork child of another thread finds them as they were in the
 * middle of a change: it uses none but the limit and reserved_by_user, which change
 * in one piece.
 */
static struct account_entry *entries;
static uint64_t limit = SHMDEV_POLICY_DEFAULT;
static uint64_t reserved;
/* The part of it that is in no entry. */
static uint64_t reserved_by_user;

/*
 * How many forks there were between the first process and this one. An entry of
 * another generation is of a mapping of a parent, and in no list here.
 */
static uint32_t generation;
/* The fork came while this thread was at the above: see end_change(). */
static bool forked_meanwhile;

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static bool fork_is_handled;

/* Its parent's mapping objects are not to be used by the child. */
static void begin_anew(void)
{
	generation++;
	entries = NULL;
	reserved = reserved_by_user;
}

static void after_fork_in_child(void)
{
	if (shmdev_lock_fork(&lock))
		begin_anew();
	else
		forked_meanwhile = true;
}

/* The parent takes no lock: a handler that forks may have interrupted a holder. */
static void register_fork_handler(void)
{
	fork_is_handled = !pthread_atfork(NULL, NULL, after_fork_in_child);
}

/*
 * Before there are threads, as one may fork while another one registers; or at
 * the first use, in a constructor that runs before this one.
 */
static void __attribute__((constructor)) handle_fork(void)
{
	pthread_once(&fork_once, register_fork_handler);
}

static void begin_change(void)
{
	shmdev_lock(&lock);
}

static void end_change(void)
{
	if (forked_meanwhile) {
		forked_meanwhile = false;
		begin_anew();
	}
	shmdev_unlock(&lock);
}

static void set(uint64_t *value, uint64_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

static int reserve(uint64_t bytes)
{
	if (reserved > limit || bytes > limit - reserved)
		return shmdev_fail(EDQUOT);

	reserved += bytes;
	return 0;
}

int shmdev_account_begin(struct account_entry *entry, uint64_t bytes)
{
	int ret;

	handle_fork();
	if (!fork_is_handled)
		return shmdev_fail(ENOMEM);

	begin_change();
	ret = reserve(bytes);
	if (ret == 0) {
		entry->generation = generation;
		entry->bytes = bytes;
		entry->mapping = NULL;
		entry->next = entries;
		entry->link = &entries;
		if (entries)
			entries->link = &entry->next;
		entries = entry;
	}
	end_change();

	return ret;
}

void shmdev_account_show(struct account_entry *entry,
			 const struct shmdev_mapping *mapping)
{
	begin_change();
	entry->mapping = mapping;
	end_change();
}

void shmdev_account_end(struct account_entry *entry)
{
	begin_change();
	/* A parent's is not in the list, and what it points to may be gone. */
	if (entry->generation == generation) {
		reserved -= entry->bytes;
		*entry->link = entry->next;
		if (entry->next)
			entry->next->link = entry->link;
	}
	end_change();
}

int shmdev_account_visit(int (*visit)(const struct shmdev_mapping *mapping,
				      void *context), void *context)
{
	struct account_entry *entry;
	int ret = 0;

	begin_change();
	for (entry = entries; entry && ret == 0; entry = entry->next)
		if (entry->mapping)
			ret = visit(entry->mapping, context);
	end_change();

	return ret;
}

SHMDEV_API void shmdev_policy_set_limit(uint64_t bytes)
{
	begin_change();
	set(&limit, bytes);
	end_change();
}

static uint64_t load(const uint64_t *value)
{
	uint64_t loaded;

	begin_change();
	loaded = *value;
	end_change();

	return loaded;
}

SHMDEV_API uint64_t shmdev_policy_limit(void)
{
	return load(&limit);
}

SHMDEV_API uint64_t shmdev_policy_reserved(void)
{
	return load(&reserved);
}

SHMDEV_API int shmdev_policy_reserve(uint64_t bytes)
{
	int ret;

	begin_change();
	ret = reserve(bytes);
	if (ret == 0)
		set(&reserved_by_user, reserved_by_user + bytes);
	end_change();

	return ret;
}

SHMDEV_API int shmdev_policy_release(uint64_t bytes)
{
	int ret = 0;

	begin_change();
	if (bytes > reserved_by_user) {
		ret = shmdev_fail(EINVAL);
	} else {
		set(&reserved_by_user, reserved_by_user - bytes);
		reserved -= bytes;
	}
	end_change();

	return ret;
}
