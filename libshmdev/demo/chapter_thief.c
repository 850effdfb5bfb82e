// SPDX-License-Identifier: GPL-2.0-only
/* A thief gives a region away and wants it back. */
#include <shmdev.h>

#include "chapter.h"
#include "kind.h"
#include "question.h"
#include "tell.h"
#include "trick.h"

enum trickster {
	THIEF,
	ACCOMPLICE,
};

struct trick {
	const char *text;
	actor_step step;
	enum trickster who;
	/* Not against a memfd, which has nothing like it. */
	bool regions_only;
};

static long try_acquire(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(shmdev_raw_acquire(scene->fd,
					      SHMREGION_ACQUIRE_NOWAIT,
					      SHMREGION_NO_DEADLINE, NULL));
}

static const struct trick tricks[] = {
	{ .step = store_stray,
	  .text = "stores through the mapping that it kept" },
	{ .step = load,
	  .text = "loads through that mapping" },
	{ .step = protect_and_store,
	  .text = "calls mprotect(PROT_READ | PROT_WRITE), then stores" },
	{ .step = map_and_store,
	  .text = "maps its handle once more, then stores" },
	{ .step = use_duplicate,
	  .text = "maps a handle that it duplicated beforehand, then stores" },
	{ .step = use_child,
	  .text = "has a child store that it forked beforehand" },
	{ .step = reopen_and_store,
	  .text = "reopens its handle by /proc/self/fd, then stores" },
	{ .step = write_proc_mem,
	  .text = "writes to /proc/self/mem" },
	{ .step = read_into,
	  .text = "has the kernel store, by read(2) from a pipe" },
	{ .step = use_page,
	  .text = "reads a page from a pipe, put there beforehand by vmsplice(2)" },
	{ .step = take_and_store, .who = ACCOMPLICE,
	  .text = "sends a handle to the accomplice, who maps it, then stores" },
	{ .step = try_acquire, .who = ACCOMPLICE, .regions_only = true,
	  .text = "has the accomplice ask the kernel to be the owner" },
	{ .step = give, .regions_only = true,
	  .text = "makes the accomplice the owner" },
};

struct theft {
	struct pair pair;
	struct actor accomplice;
	long sum_before;
	long sum_after;
};

/* The thief keeps all that it can and gives the memory away. */
static void prepare(struct theft *theft, const struct kind *kind)
{
	struct pair *pair = &theft->pair;

	pair_open(pair, kind, SMALL, "thief", "keeper");
	actor_start(&theft->accomplice, "accomplice", &pair->scene);
	pair_meet(pair);
	actor_must(&pair->sender, keep_duplicate, 0);
	actor_must(&pair->sender, keep_child, 0);
	actor_must(&pair->sender, keep_page, 0);
	pair_hand_over(pair);
	actor_must(&pair->sender, send_handle, true);
	theft->sum_before = actor_must(&pair->receiver, draw_frame, 5);
}

static struct ending play(const struct theft *theft, const struct trick *trick)
{
	const struct actor *who = &theft->pair.sender;

	if (trick->who == ACCOMPLICE)
		who = &theft->accomplice;

	/* Only the step give() looks at the argument. */
	return actor_do(who, trick->step, theft->accomplice.pid);
}

static void finish(struct theft *theft)
{
	theft->sum_after = actor_must(&theft->pair.receiver, check_frame, 0);
	actor_stop(&theft->accomplice);
	pair_close(&theft->pair);
}

static void steal_region(struct theft *theft)
{
	const struct actor *keeper = &theft->pair.receiver;
	const struct actor *thief = &theft->pair.sender;
	struct ending ending;
	long writers;
	size_t i;

	prepare(theft, &kind_region);
	tell(keeper, "is given a region by the thief and puts a secret there: checksum %08lx",
	     theft->sum_before);
	tell(thief, "kept all that it could, and has an accomplice[%d]. It now",
	     theft->accomplice.pid);
	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		ending = play(theft, &tricks[i]);
		tell_more("%-68s %s", tricks[i].text, ending_name(&ending));
		promise(!ended_well(&ending), "the thief does not get its way");
	}
	writers = actor_must(keeper, ask_writers, 0);
	finish(theft);
	tell(keeper, "finds its secret %s: checksum %08lx. Who can write: %s",
	     theft->sum_after == theft->sum_before ? "unchanged" : "CHANGED",
	     theft->sum_after, writers_name(writers));
	promise(theft->sum_after == theft->sum_before, "the secret is safe");
	promise(writers == SHMREGION_WRITERS_CALLER, "the keeper is the owner");
}

static void steal_memfd(struct theft *theft)
{
	unsigned int tried = 0, successes = 0;
	struct ending ending;
	size_t i;

	prepare(theft, &kind_memfd_sealed);
	for (i = 0; i < ARRAY_SIZE(tricks); i++) {
		if (tricks[i].regions_only)
			continue;
		ending = play(theft, &tricks[i]);
		successes += ended_well(&ending);
		tried++;
	}
	finish(theft);
	tell_memfd("the same thief succeeds with %u of the first %u; the secret is %s",
		   successes, tried,
		   theft->sum_after == theft->sum_before ? "unchanged" :
							   "changed");
}

void chapter_thief(void)
{
	struct theft theft;

	tell_title("5. A thief");
	steal_region(&theft);
	steal_memfd(&theft);
}
