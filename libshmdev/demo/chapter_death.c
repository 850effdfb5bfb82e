// SPDX-License-Identifier: GPL-2.0-only
/* An owner dies while it writes, and somebody waits. */
#include <shmdev.h>
#include <signal.h>

#include "attack.h"
#include "chapter.h"
#include "frame.h"
#include "kind.h"
#include "question.h"
#include "scene.h"
#include "tell.h"

#define FRAME_SIZE	MIB(4)
#define PAGES		(FRAME_SIZE / FRAME_PAGE)

static void draw_half(struct scene *scene, long number)
{
	frame_draw(scene->memory, scene->size / 2, (unsigned int)number);
}

/* Tells when it is half way down the frame, and does not stop then. */
static long draw_for_ever(struct scene *scene, long number)
{
	draw_half(scene, number);
	actor_report(0);
	for (;;)
		draw_half(scene, number);
	return 0;
}

static long count_pages(struct scene *scene, long number)
{
	return (long)frame_count_pages(scene->memory, scene->size,
				       (unsigned int)number);
}

static void kill_half_way(struct pair *pair)
{
	struct actor *owner = &pair->sender;
	struct ending half;
	int signal;

	actor_must(owner, draw_frame, 2);
	actor_begin(&pair->receiver, await, 0);
	tell(&pair->receiver, "asks for the region and waits");
	actor_begin(owner, draw_for_ever, 3);
	half = actor_end(owner);
	promise(ended_well(&half), "the owner can write");
	signal = actor_kill(owner);
	tell(owner, "draws frame 3 over frame 2; half of it is done when kill -9 comes: %s",
	     signal_name(signal));
	promise(signal == SIGKILL, "the owner is killed");
}

static void inherit(const struct actor *heir)
{
	struct ending turn;

	turn = actor_end(heir);
	tell(heir, "wakes up: its acquire %s and says that the owner before it %s",
	     ending_name(&turn), turn.value > 0 ? "died" : "did not die");
	promise(ended_well(&turn), "the heir gets the region");
	promise(turn.value > 0, "the heir is told that the owner died");
}

static void look_and_repair(const struct actor *heir)
{
	long new, old, writers;

	new = actor_must(heir, count_pages, 3);
	old = actor_must(heir, count_pages, 2);
	tell(heir, "so it looks before it trusts: %ld pages of frame 3, %ld of frame 2",
	     new, old);
	promise(new == old, "what the owner wrote is there");

	actor_must(heir, draw_frame, 4);
	new = actor_must(heir, count_pages, 4);
	writers = actor_must(heir, ask_writers, 0);
	tell(heir, "draws frame 4, %ld pages of %zu; who can write? The kernel says: %s",
	     new, PAGES, writers_name(writers));
	promise((size_t)new == PAGES, "the heir can write all of it");
	promise(writers == SHMREGION_WRITERS_CALLER, "the heir is the owner");
}

void chapter_death(void)
{
	struct outcome told, mutex;
	struct pair pair;

	tell_title("4. The owner dies in the middle of it");
	pair_open(&pair, &kind_region, FRAME_SIZE, "owner", "heir");
	pair_meet(&pair);
	kill_half_way(&pair);
	inherit(&pair.receiver);
	look_and_repair(&pair.receiver);
	pair_close(&pair);

	told = attack_by_death(&kind_memfd);
	mutex = attack_by_death_in_mutex(&kind_memfd);
	tell_memfd("the owner is killed: %s", told.text);
	tell_more("with a robust mutex in it, if both sides keep to that: %s",
		  mutex.text);
}
