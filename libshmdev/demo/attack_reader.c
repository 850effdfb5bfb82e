// SPDX-License-Identifier: GPL-2.0-only
/* Attacks by a reader of what another one publishes. */
#include "outcome.h"
#include "trick.h"

static struct outcome attack_published(const struct kind *kind, actor_step step)
{
	struct outcome result;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "writer", "reader");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, draw_frame, 1);
	actor_must(&pair.sender, publish, 0);
	actor_must(&pair.sender, send_handle, false);
	actor_must(&pair.receiver, take_handle, 0);
	result = outcome_of_change(&pair.receiver, step, &pair.sender);
	pair_close(&pair);

	return result;
}

struct outcome attack_by_reopening(const struct kind *kind)
{
	return attack_published(kind, reopen_and_store);
}

struct outcome attack_by_protection(const struct kind *kind)
{
	return attack_published(kind, protect_and_store);
}
