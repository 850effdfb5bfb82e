// SPDX-License-Identifier: GPL-2.0-only
/* A receiver that does not let go when the memory is destroyed. */
#include <sys/syscall.h>
#include <unistd.h>

#include "kind.h"
#include "outcome.h"
#include "plays.h"
#include "trick.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* Nobody can unmap it then. Kernels before 6.10 cannot do it. */
static long seal_mapping(struct scene *scene, long argument)
{
	(void)argument;
	if (syscall(SYS_mseal, scene->memory, scene->size, 0) < 0 &&
	    errno != ENOSYS)
		return -errno;

	return 0;
}

static long store_and_load(struct scene *scene, long argument)
{
	(void)argument;
	store_stray(scene, 0);
	return load(scene, 0);
}

struct outcome attack_destroyed(const struct kind *kind)
{
	struct ending ending;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "broker", "receiver");
	pair_meet(&pair);
	pair_hand_over(&pair);
	/* So that there are entries to take away. */
	actor_must(&pair.receiver, draw_frame, 5);
	actor_must(&pair.receiver, seal_mapping, 0);
	actor_must(&pair.sender, destroy, 0);
	ending = actor_do(&pair.receiver, store_and_load, 0);
	pair_close(&pair);

	if (ended_well(&ending) && ending.value == STRAY_BYTE)
		return outcome(false, "it still has memory");
	return outcome(!ended_well(&ending), "%s", ending_name(&ending));
}
