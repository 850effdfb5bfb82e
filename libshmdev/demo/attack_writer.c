// SPDX-License-Identifier: GPL-2.0-only
/* Attacks by the writer of what is to be final. */
#include "outcome.h"
#include "trick.h"

static void write_something(struct pair *pair, const struct kind *kind)
{
	pair_open(pair, kind, attack_size, "writer", "reader");
	actor_must(&pair->sender, make_memory, 0);
	actor_must(&pair->sender, draw_frame, 1);
	actor_must(&pair->sender, send_handle, false);
	actor_must(&pair->receiver, take_handle, 0);
}

struct outcome attack_frozen_mapped(const struct kind *kind)
{
	struct outcome stored;
	struct ending frozen;
	struct pair pair;

	write_something(&pair, kind);
	frozen = actor_do(&pair.sender, freeze, 0);
	stored = outcome_of_change(&pair.sender, store_stray,
				   &pair.receiver);
	pair_close(&pair);

	if (!ended_well(&frozen))
		return outcome(false, "%s", ending_name(&frozen));
	return outcome(stored.held, "done; %s%s",
		       stored.held ? "its store: " : "", stored.text);
}

struct outcome attack_frozen_unmapped(const struct kind *kind)
{
	struct ending frozen, mapped;
	struct pair pair;

	write_something(&pair, kind);
	actor_must(&pair.sender, unmap, 0);
	frozen = actor_do(&pair.sender, freeze, 0);
	mapped = actor_do(&pair.sender, map_writable, 0);
	pair_close(&pair);

	if (!ended_well(&frozen))
		return outcome(false, "%s", ending_name(&frozen));
	return outcome(!ended_well(&mapped), "done; mmap(): %s",
		       ending_name(&mapped));
}
