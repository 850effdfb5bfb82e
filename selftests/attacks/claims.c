// SPDX-License-Identifier: GPL-2.0-only
/* Attacks by claims: what a sender says of the memory is not so. */
#include <sys/mman.h>

#include "kind.h"
#include "outcome.h"
#include "plays.h"
#include "trick.h"

/* Believes that it is twice as large. */
static long map_more_and_load(struct scene *scene, long argument)
{
	const size_t claimed = 2 * scene->size;
	struct scene other = *scene;
	uint8_t *memory;

	memory = mmap(NULL, claimed, PROT_READ, MAP_SHARED, scene->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	other.memory = memory + claimed - 1;

	return load(&other, argument);
}

struct outcome attack_by_size(const struct kind *kind)
{
	struct ending ending;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	pair_hand_over(&pair);
	ending = actor_do(&pair.receiver, map_more_and_load, 0);
	pair_close(&pair);

	if (ending.signal)
		return outcome(false, "the receiver: %s", ending_name(&ending));
	return outcome(!ended_well(&ending), "mmap(): %s",
		       ending_name(&ending));
}

static long verify_final(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(scene->kind->verify_final(scene->kind, scene->fd));
}

/* It is only published. */
struct outcome attack_by_finality(const struct kind *kind)
{
	struct outcome result;
	struct ending verified;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "writer", "reader");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, draw_frame, 1);
	actor_must(&pair.sender, publish, 0);
	actor_must(&pair.sender, send_handle, false);
	actor_must(&pair.receiver, take_handle, 0);
	verified = actor_do(&pair.receiver, verify_final, 0);
	if (ended_well(&verified))
		result = outcome_of_change(&pair.sender, store_stray,
					   &pair.receiver);
	else
		result = outcome(true, "the reader does not take it");
	pair_close(&pair);

	return result;
}
