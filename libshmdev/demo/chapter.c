// SPDX-License-Identifier: GPL-2.0-only
/* What happens in several chapters. */
#include "chapter.h"

#include <signal.h>

#include "tell.h"
#include "trick.h"

void store_and_die(struct actor *actor, const char *what)
{
	struct ending ending;

	ending = actor_last_step(actor, store_stray, 0);
	if (ending.killed_by)
		tell(actor, "%s, at %p: killed by %s", what, ending.address,
		     signal_name(ending.killed_by));
	else
		tell(actor, "%s, and LIVES", what);
	promise(ending.killed_by == SIGSEGV, "the store kills the %s",
		actor->name);
}
