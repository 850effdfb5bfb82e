// SPDX-License-Identifier: GPL-2.0-only
/* How attacks come to their outcomes. */
#include "outcome.h"

#include <stdarg.h>
#include <stdio.h>

size_t attack_size = SMALL;

struct outcome outcome(bool held, const char *format, ...)
{
	struct outcome outcome = { .held = held };
	va_list args;

	va_start(args, format);
	vsnprintf(outcome.text, sizeof(outcome.text), format, args);
	va_end(args);

	return outcome;
}

struct outcome outcome_of_change(const struct actor *attacker, actor_step step,
				 const struct actor *victim)
{
	struct ending ending;
	long before, after;

	before = actor_must(victim, check_frame, 0);
	ending = actor_do(attacker, step, 0);
	after = actor_must(victim, check_frame, 0);

	if (after != before)
		return outcome(false, "the store lands");
	return outcome(!ended_well(&ending), "%s", ending_name(&ending));
}
