// SPDX-License-Identifier: GPL-2.0-only
/* Attacks by one who has given the memory away, but keeps something. */
#include "outcome.h"
#include "trick.h"

/* A length that the receiver accepts, and one that it does not. */
#define LENGTH_GOOD	16
#define LENGTH_BAD	64

struct outcome attack_by_store(const struct kind *kind)
{
	struct outcome result;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	pair_hand_over(&pair);
	result = outcome_of_change(&pair.sender, store_stray,
				   &pair.receiver);
	pair_close(&pair);

	return result;
}

/* Time of check, time of use: a validator that reads a length twice. */
struct outcome attack_check(const struct kind *kind)
{
	struct ending ending;
	long checked, used;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	actor_must(&pair.sender, store, LENGTH_GOOD);
	pair_hand_over(&pair);
	checked = actor_must(&pair.receiver, load, 0);
	ending = actor_do(&pair.sender, store, LENGTH_BAD);
	used = actor_must(&pair.receiver, load, 0);
	pair_close(&pair);

	return outcome(used == checked && !ended_well(&ending),
		       "checked %ld, used %ld", checked, used);
}

struct outcome attack_by_child(const struct kind *kind)
{
	struct outcome result;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	actor_must(&pair.sender, keep_child, 0);
	pair_hand_over(&pair);
	result = outcome_of_change(&pair.sender, use_child, &pair.receiver);
	pair_close(&pair);

	return result;
}

struct outcome attack_by_pin(const struct kind *kind)
{
	struct ending ending;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	actor_must(&pair.sender, keep_page, 0);
	pair_hand_over(&pair);
	actor_must(&pair.receiver, store, STRAY_BYTE);
	ending = actor_do(&pair.sender, use_page, 0);
	pair_close(&pair);

	if (!ended_well(&ending))
		return outcome(true, "vmsplice(): %s", ending_name(&ending));
	return outcome(ending.value != STRAY_BYTE, "the pipe shows %s bytes",
		       ending.value == STRAY_BYTE ? "new" : "old");
}

struct outcome attack_by_truncation(const struct kind *kind)
{
	struct ending cut, read;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	pair_meet(&pair);
	pair_hand_over(&pair);
	cut = actor_do(&pair.sender, truncate_it, 0);
	read = actor_do(&pair.receiver, load, 0);
	pair_close(&pair);

	if (!ended_well(&read))
		return outcome(false, "the receiver: %s",
			       ending_name(&read));
	return outcome(!ended_well(&cut), "%s", ending_name(&cut));
}
