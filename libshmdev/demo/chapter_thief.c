// SPDX-License-Identifier: GPL-2.0-only
/* A thief makes a region, gives it away and wants it back. */
#include <shmdev.h>

#include "chapter.h"
#include "kind.h"
#include "question.h"
#include "tell.h"
#include "trick.h"

enum person {
	THIEF,
	ACCOMPLICE,
	KEEPER,
};

/**
 * struct trick - what is tried
 * @text: it, in words
 * @step: it
 * @who: who does it
 * @whom: to whom, for a step that takes a process
 * @regions_only: whether there is nothing like it against a memfd
 */
struct trick {
	const char *text;
	actor_step step;
	enum person who, whom;
	bool regions_only;
};

static long try_acquire(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(shmdev_raw_acquire(scene->fd,
					      SHMREGION_ACQUIRE_NOWAIT,
					      SHMREGION_NO_DEADLINE, NULL,
					      NULL));
}

static long bar_all(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(shmdev_raw_limit_others(scene->fd, 0));
}

static long get_control(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(shmdev_raw_dup(scene->fd,
					  SHMREGION_RIGHT_READ |
					  SHMREGION_RIGHT_CONTROL));
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
	{ .step = truncate_it,
	  .text = "truncates it, so that a touch is SIGBUS" },
	{ .step = destroy,
	  .text = "destroys it (a memfd: punches a hole of its size)" },
	{ .step = try_acquire, .who = ACCOMPLICE, .regions_only = true,
	  .text = "has the accomplice ask the kernel to be the owner" },
	{ .step = give, .whom = ACCOMPLICE, .regions_only = true,
	  .text = "makes the accomplice the owner" },
	{ .step = take_back_and_store, .regions_only = true,
	  .text = "takes the region back, as the one who created it" },
	{ .step = bar, .whom = KEEPER, .regions_only = true,
	  .text = "limits what the keeper may do to nothing" },
	{ .step = bar_all, .regions_only = true,
	  .text = "limits what everybody may do to nothing" },
	{ .step = get_control, .regions_only = true,
	  .text = "asks for a handle with the right to control" },
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

static const struct actor *find(const struct theft *theft, enum person person)
{
	switch (person) {
	case ACCOMPLICE:
		return &theft->accomplice;
	case KEEPER:
		return &theft->pair.receiver;
	default:
		return &theft->pair.sender;
	}
}

static struct ending play(const struct theft *theft, const struct trick *trick)
{
	return actor_do(find(theft, trick->who), trick->step,
			find(theft, trick->whom)->pid);
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
	tell(keeper, "is given a region by the thief, who created it, and puts a secret there:");
	tell_more("checksum %08lx", theft->sum_before);
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

	tell_title("5. A thief who made what it steals");
	steal_region(&theft);
	steal_memfd(&theft);
}
