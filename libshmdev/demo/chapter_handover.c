// SPDX-License-Identifier: GPL-2.0-only
/* A frame goes from a producer to a consumer. */
#include <shmdev.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attack.h"
#include "chapter.h"
#include "frame.h"
#include "kind.h"
#include "question.h"
#include "scene.h"
#include "tell.h"

#define FRAME_SIZE	MIB(16)

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Return: how long it took, in microseconds. */
static long give_timed(struct scene *scene, long pid)
{
	long start = now_us();
	long ret;

	ret = give(scene, pid);
	return ret < 0 ? ret : now_us() - start;
}

/* What the hand-over saves. Return: how long a copy takes. */
static long copy_timed(struct scene *scene, long argument)
{
	long start, us;
	void *copy;

	(void)argument;
	copy = malloc(scene->size);
	if (!copy)
		return -errno;
	/* So that page faults do not count. */
	memset(copy, 1, scene->size);
	start = now_us();
	memcpy(copy, scene->memory, scene->size);
	us = now_us() - start;
	if (frame_checksum(copy, scene->size) != check_frame(scene, 0))
		us = -EIO;
	free(copy);

	return us;
}

static long draw_and_send(const struct pair *pair)
{
	const struct actor *producer = &pair->sender;
	const struct actor *consumer = &pair->receiver;
	struct ending peek;
	long sum;

	actor_must(producer, make_memory, 0);
	sum = actor_must(producer, draw_frame, 1);
	tell(producer,
	     "makes a region of %zu MiB, which it owns, and draws a frame: checksum %08lx",
	     FRAME_SIZE / MIB(1), sum);
	actor_must(producer, send_handle, true);
	actor_must(consumer, take_handle, 0);
	peek = actor_do(consumer, load, 0);
	tell(consumer, "gets a handle and maps it; it peeks before its turn: %s",
	     ending_name(&peek));
	promise(peek.signal == SIGSEGV, "only the owner can read");

	return sum;
}

/* The consumer waits in the kernel, as it would in life. */
static void hand_over(const struct pair *pair)
{
	const struct actor *producer = &pair->sender;
	const struct actor *consumer = &pair->receiver;
	struct ending turn;
	long us, copy_us, writers;

	actor_begin(consumer, await, 0);
	us = actor_must(producer, give_timed, consumer->pid);
	turn = actor_end(consumer);
	promise(ended_well(&turn), "the consumer is the owner");
	copy_us = actor_must(consumer, copy_timed, 0);
	tell(producer,
	     "makes the consumer the owner: %ld.%02ld ms (a copy of it would take %ld.%02ld ms)",
	     us / 1000, us % 1000 / 10, copy_us / 1000, copy_us % 1000 / 10);
	writers = actor_must(consumer, ask_writers, 0);
	tell(consumer, "asks who can write now. The kernel says: %s",
	     writers_name(writers));
	promise(writers == SHMREGION_WRITERS_CALLER,
		"the consumer is the only one who can write");
}

static void check_twice(struct pair *pair, long drawn)
{
	const struct actor *consumer = &pair->receiver;
	long sum;

	sum = actor_must(consumer, check_frame, 0);
	tell(consumer, "checks the frame where it lies: checksum %08lx", sum);
	promise(sum == drawn, "the frame arrives as it was drawn");

	store_and_die(&pair->sender, "stores one more byte");

	sum = actor_must(consumer, check_frame, 0);
	tell(consumer, "checks again: checksum %08lx, %s", sum,
	     sum == drawn ? "unchanged" : "CHANGED");
	promise(sum == drawn, "the frame stays as it was checked");
}

void chapter_handover(void)
{
	struct outcome stored, checked;
	struct pair pair;
	long sum;

	tell_title("1. A frame changes hands");
	pair_open(&pair, &kind_region, FRAME_SIZE, "producer", "consumer");
	sum = draw_and_send(&pair);
	hand_over(&pair);
	check_twice(&pair, sum);
	pair_close(&pair);

	stored = attack_by_store(&kind_memfd);
	checked = attack_check(&kind_memfd);
	tell_memfd("the sender stores after it has sent: %s", stored.text);
	tell_more("it changes a length between the receiver's check and its use: %s",
		  checked.text);
	if (!checked.held)
		tell_more("So a careful receiver copies first: the copy that sharing was to save.");
}
