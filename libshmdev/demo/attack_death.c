// SPDX-License-Identifier: GPL-2.0-only
/* What the death of one side does to the other. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "kind.h"
#include "outcome.h"

static long ask_of_death(struct scene *scene, long argument)
{
	(void)argument;
	return scene->kind->told_of_death(scene->fd);
}

struct outcome attack_by_death(const struct kind *kind)
{
	struct pair pair;
	bool told;

	pair_open(&pair, kind, attack_size, "owner", "heir");
	pair_meet(&pair);
	actor_kill(&pair.sender);
	told = actor_must(&pair.receiver, ask_of_death, 0);
	pair_close(&pair);

	return outcome(told, told ? "the next owner is told" :
				    "nobody is told");
}

/* The memory begins with a mutex. */
static pthread_mutex_t *mutex_of(const struct scene *scene)
{
	return (pthread_mutex_t *)scene->memory;
}

static long make_mutex_and_lock(struct scene *scene, long argument)
{
	pthread_mutexattr_t attr;
	int ret;

	(void)argument;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	ret = pthread_mutex_init(mutex_of(scene), &attr);
	pthread_mutexattr_destroy(&attr);

	return ret ? -ret : -pthread_mutex_lock(mutex_of(scene));
}

/* Return: as pthread_mutex_trylock() does. */
static long try_lock(struct scene *scene, long argument)
{
	(void)argument;
	return pthread_mutex_trylock(mutex_of(scene));
}

struct outcome attack_by_death_in_mutex(const struct kind *kind)
{
	struct pair pair;
	long ret;

	pair_open(&pair, kind, attack_size, "owner", "heir");
	actor_must(&pair.sender, make_shared_memory, 0);
	actor_must(&pair.sender, make_mutex_and_lock, 0);
	actor_must(&pair.sender, send_handle, true);
	actor_must(&pair.receiver, take_handle, 0);
	actor_kill(&pair.sender);
	ret = actor_must(&pair.receiver, try_lock, 0);
	pair_close(&pair);

	return outcome(ret == EOWNERDEAD, "lock: %s",
		       ret ? strerrorname_np((int)ret) : "as if nothing was");
}
