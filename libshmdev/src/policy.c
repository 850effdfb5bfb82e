// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* What this process has mapped, and how much it may. */
#include "account.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All under the lock. */
static struct account_entry *entries;
static uint64_t limit = SHMDEV_POLICY_DEFAULT;
static uint64_t reserved;
/* The part of it that is in no entry. */
static uint64_t reserved_by_user;

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static bool fork_is_handled;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* Its parent's mapping objects are not to be used by the child. */
static void after_fork_in_child(void)
{
	while (entries) {
		struct account_entry *entry = entries;

		entries = entry->next;
		entry->link = NULL;
	}
	reserved = reserved_by_user;
	pthread_mutex_unlock(&lock);
}

static void register_fork_handlers(void)
{
	fork_is_handled = !pthread_atfork(before_fork, after_fork_in_parent,
					  after_fork_in_child);
}

/*
 * Before there are threads, as one may fork while another one registers; or at
 * the first use, in a constructor that runs before this one.
 */
static void __attribute__((constructor)) handle_fork(void)
{
	pthread_once(&fork_once, register_fork_handlers);
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

	entry->link = NULL;
	handle_fork();
	if (!fork_is_handled)
		return shmdev_fail(ENOMEM);

	pthread_mutex_lock(&lock);
	ret = reserve(bytes);
	if (ret == 0) {
		entry->bytes = bytes;
		entry->mapping = NULL;
		entry->next = entries;
		entry->link = &entries;
		if (entries)
			entries->link = &entry->next;
		entries = entry;
	}
	pthread_mutex_unlock(&lock);

	return ret;
}

void shmdev_account_show(struct account_entry *entry,
			 const struct shmdev_mapping *mapping)
{
	pthread_mutex_lock(&lock);
	entry->mapping = mapping;
	pthread_mutex_unlock(&lock);
}

void shmdev_account_end(struct account_entry *entry)
{
	pthread_mutex_lock(&lock);
	if (entry->link) {
		reserved -= entry->bytes;
		*entry->link = entry->next;
		if (entry->next)
			entry->next->link = entry->link;
		entry->link = NULL;
	}
	pthread_mutex_unlock(&lock);
}

int shmdev_account_visit(int (*visit)(const struct shmdev_mapping *mapping,
				      void *context), void *context)
{
	struct account_entry *entry;
	int ret = 0;

	pthread_mutex_lock(&lock);
	for (entry = entries; entry && ret == 0; entry = entry->next)
		if (entry->mapping)
			ret = visit(entry->mapping, context);
	pthread_mutex_unlock(&lock);

	return ret;
}

SHMDEV_API void shmdev_policy_set_limit(uint64_t bytes)
{
	pthread_mutex_lock(&lock);
	limit = bytes;
	pthread_mutex_unlock(&lock);
}

static uint64_t load(const uint64_t *value)
{
	uint64_t loaded;

	pthread_mutex_lock(&lock);
	loaded = *value;
	pthread_mutex_unlock(&lock);

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

	pthread_mutex_lock(&lock);
	ret = reserve(bytes);
	if (ret == 0)
		reserved_by_user += bytes;
	pthread_mutex_unlock(&lock);

	return ret;
}

SHMDEV_API int shmdev_policy_release(uint64_t bytes)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (bytes > reserved_by_user) {
		ret = shmdev_fail(EINVAL);
	} else {
		reserved_by_user -= bytes;
		reserved -= bytes;
	}
	pthread_mutex_unlock(&lock);

	return ret;
}
