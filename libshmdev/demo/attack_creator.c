// SPDX-License-Identifier: GPL-2.0-only
/* Attacks by one who has made the memory, and by one who does not give it back. */
#include "kind.h"
#include "outcome.h"
#include "trick.h"

/* A length that the receiver accepts; it does not accept STRAY_BYTE. */
#define LENGTH_GOOD	16

/* For what will not come. */
#define SHORT_NS	20000000

static void make_and_give(struct pair *pair, const struct kind *kind)
{
	pair_open(pair, kind, attack_size, "creator", "receiver");
	pair_meet(pair);
	actor_must(&pair->sender, store, LENGTH_GOOD);
	pair_hand_over(pair);
}

static struct outcome change_in_use(struct pair *pair)
{
	struct ending ending, given;
	long checked, used;

	checked = actor_must(&pair->receiver, load, 0);
	ending = actor_do(&pair->sender, take_back_and_store, 0);
	/* So that the receiver notices nothing. */
	given = actor_do(&pair->sender, give, pair->receiver.pid);
	used = actor_must(&pair->receiver, load, 0);

	if (used != checked)
		return outcome(false, "checked %ld, used %ld", checked, used);
	return outcome(!ended_well(&ending) && !ended_well(&given), "%s",
		       ending_name(&ending));
}

/* The memory comes back before the receiver looks again. */
struct outcome attack_by_creator(const struct kind *kind)
{
	struct outcome result;
	struct pair pair;

	make_and_give(&pair, kind);
	result = change_in_use(&pair);
	pair_close(&pair);

	return result;
}

struct outcome attack_on_verifier(const struct kind *kind)
{
	struct outcome result;
	struct ending taken;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "creator", "receiver");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, store, LENGTH_GOOD);
	actor_must(&pair.sender, send_handle, true);
	taken = actor_do(&pair.receiver, take_verified, 0);
	if (ended_well(&taken)) {
		pair_hand_over(&pair);
		result = change_in_use(&pair);
	} else {
		result = outcome(true, "the receiver does not take it");
	}
	pair_close(&pair);

	return result;
}

/* The receiver goes on, and finds what it put there, or does not. */
static struct outcome end_in_use(struct pair *pair, actor_step step)
{
	struct ending ended, used;

	actor_must(&pair->receiver, store, LENGTH_GOOD);
	ended = actor_do(&pair->sender, step, pair->receiver.pid);
	used = actor_do(&pair->receiver, load, 0);

	if (!ended_well(&used))
		return outcome(false, "the receiver: %s", ending_name(&used));
	if (used.value != LENGTH_GOOD)
		return outcome(false, "the content is gone");
	return outcome(!ended_well(&ended), "%s", ending_name(&ended));
}

struct outcome attack_by_barring(const struct kind *kind)
{
	struct outcome result;
	struct pair pair;

	make_and_give(&pair, kind);
	result = end_in_use(&pair, bar);
	pair_close(&pair);

	return result;
}

struct outcome attack_by_destruction(const struct kind *kind)
{
	struct outcome result;
	struct pair pair;

	make_and_give(&pair, kind);
	result = end_in_use(&pair, destroy);
	pair_close(&pair);

	return result;
}

/* Written once, unmapped, made final, and then sent. */
struct outcome attack_on_final(const struct kind *kind)
{
	struct outcome changed, ended;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "creator", "reader");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, draw_frame, 1);
	actor_must(&pair.sender, unmap, 0);
	actor_must(&pair.sender, freeze, 0);
	actor_must(&pair.sender, send_handle, false);
	actor_must(&pair.receiver, take_handle, 0);
	changed = outcome_of_change(&pair.sender, map_and_store,
				    &pair.receiver);
	ended = outcome_of_change(&pair.sender, destroy, &pair.receiver);
	pair_close(&pair);

	if (!changed.held)
		return changed;
	return ended.held ? changed : ended;
}

/*
 * Whoever needs it back waits in vain; and then has it none the less, or takes
 * it, or does without.
 */
struct outcome attack_by_withholding(const struct kind *kind)
{
	struct ending waited, taken = { .value = 0 }, used;
	struct pair pair;

	make_and_give(&pair, kind);
	waited = actor_do(&pair.sender, await, SHORT_NS);
	if (!ended_well(&waited))
		taken = actor_do(&pair.sender, take_back_and_store, 0);
	used = actor_do(&pair.sender, load, 0);
	pair_close(&pair);

	if (ended_well(&waited))
		return outcome(ended_well(&used), "both have it");
	if (ended_well(&taken) && ended_well(&used))
		return outcome(true, "it is taken back");
	return outcome(false, "%s, and it is gone", ending_name(&waited));
}
