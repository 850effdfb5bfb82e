// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on a server that has never heard of regions: it takes a file
 * descriptor from a client and maps it, as compositors do, with nothing but an
 * errno to tell it that something is wrong.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kind.h"
#include "outcome.h"
#include "plays.h"
#include "trick.h"

#define CONTENT	16

static long take(struct scene *scene, int wanted_seals)
{
	int seals;

	scene->fd = receive_handle(scene);
	if (scene->fd < 0)
		return scene->fd;
	if (wanted_seals) {
		seals = fcntl(scene->fd, F_GET_SEALS);
		if (seals < 0 || wanted_seals & ~seals)
			return -EPERM;
	}

	return map_writable(scene, 0);
}

static long take_unaware(struct scene *scene, long argument)
{
	(void)argument;
	return take(scene, 0);
}

static long take_sealed(struct scene *scene, long argument)
{
	(void)argument;
	return take(scene, F_SEAL_SHRINK);
}

static long make_sparse_memory(struct scene *scene, long argument)
{
	(void)argument;
	scene->fd = scene->kind->make_sparse(scene->kind, scene->size);
	return scene->fd < 0 ? -errno : 0;
}

/* Return: how many bytes of it are allocated. */
static long count_allocated(struct scene *scene, long argument)
{
	struct stat status;

	(void)argument;
	if (fstat(scene->fd, &status) < 0)
		return -errno;

	return status.st_blocks * 512;
}

/* The client makes it, and the server maps it or does not. */
static struct ending send_it(struct pair *pair, const struct kind *kind,
			     actor_step make, actor_step take_step)
{
	pair_open(pair, kind, attack_size, "client", "server");
	actor_must(&pair->sender, make, 0);
	actor_must(&pair->sender, send_handle, true);
	return actor_do(&pair->receiver, take_step, 0);
}

/* It is mapped. The client does something, and the server goes on. */
static struct outcome use(struct pair *pair, actor_step step)
{
	struct ending ended, used;

	actor_must(&pair->receiver, store, CONTENT);
	ended = actor_do(&pair->sender, step, pair->receiver.pid);
	used = actor_do(&pair->receiver, load, 0);

	if (!ended_well(&used))
		return outcome(false, "the server: %s", ending_name(&used));
	if (used.value != CONTENT)
		return outcome(false, "the content is gone");
	return outcome(!ended_well(&ended), "%s", ending_name(&ended));
}

static struct outcome end_shared(const struct kind *kind, actor_step take_step,
				 actor_step step)
{
	struct outcome result;
	struct ending taken;
	struct pair pair;

	taken = send_it(&pair, kind, make_shared_memory, take_step);
	if (ended_well(&taken))
		result = use(&pair, step);
	else if (taken.value == -EPERM)
		result = outcome(true, "the server does not take it");
	else
		result = outcome(true, "mmap(): %s", ending_name(&taken));
	pair_close(&pair);

	return result;
}

struct outcome attack_unaware_by_barring(const struct kind *kind)
{
	return end_shared(kind, take_unaware, bar);
}

struct outcome attack_sealing_by_barring(const struct kind *kind)
{
	return end_shared(kind, take_sealed, bar);
}

struct outcome attack_unaware_by_destruction(const struct kind *kind)
{
	return end_shared(kind, take_unaware, destroy);
}

/* The client has it, and gives nothing. */
struct outcome attack_unaware_by_owner(const struct kind *kind)
{
	struct ending taken, used;
	struct pair pair;

	taken = send_it(&pair, kind, make_memory, take_unaware);
	used = ended_well(&taken) ? actor_do(&pair.receiver, load, 0) : taken;
	pair_close(&pair);

	if (used.signal)
		return outcome(false, "the server: %s", ending_name(&used));
	return ended_well(&used) ? outcome(true, "the server reads it") :
				   outcome(true, "mmap(): %s",
					   ending_name(&used));
}

/* Nothing is allocated: whoever touches it is charged for that. */
struct outcome attack_unaware_by_memory(const struct kind *kind)
{
	struct ending taken;
	long before, after;
	struct pair pair;

	taken = send_it(&pair, kind, make_sparse_memory, take_unaware);
	before = actor_must(&pair.sender, count_allocated, 0);
	if (ended_well(&taken))
		actor_must(&pair.receiver, load, 0);
	after = actor_must(&pair.sender, count_allocated, 0);
	pair_close(&pair);

	if (!ended_well(&taken))
		return outcome(true, "mmap(): %s", ending_name(&taken));
	return outcome(after == before, "its touch allocates %s",
		       after == before ? "nothing" : "memory");
}
