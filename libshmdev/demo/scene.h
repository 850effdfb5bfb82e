/* SPDX-License-Identifier: GPL-2.0-only */
/* What the actors of a scene have at hand, and the steps of an honest life. */
#ifndef DEMO_SCENE_H
#define DEMO_SCENE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "actor.h"

struct kind;

#define MIB(n)	((size_t)(n) << 20)

/* Large enough where the size does not matter. */
#define SMALL	((size_t)64 << 10)

/**
 * struct scene - what an actor has at hand; each has its own
 * @kind: the kind of memory
 * @size: its size in bytes
 * @wire: a socket pair: from those who send handles to those who take them
 * @fd: handle, or file descriptor; -1 for none
 * @memory: where it is mapped
 */
struct scene {
	const struct kind *kind;
	size_t size;
	int wire[2];
	int fd;
	uint8_t *memory;
};

/* Two actors, which is what most scenes have. */
struct pair {
	struct scene scene;
	struct actor sender;
	struct actor receiver;
};

void scene_open(struct scene *scene, const struct kind *kind, size_t size);
void scene_close(struct scene *scene);

void pair_open(struct pair *pair, const struct kind *kind, size_t size,
	       const char *sender, const char *receiver);
void pair_close(struct pair *pair);

/* The sender makes memory and draws frame 1; the receiver gets a handle. */
void pair_meet(struct pair *pair);

/* Then it is the receiver's. */
void pair_hand_over(struct pair *pair);

/* What system calls return, as a step returns it. */
static inline long step_result(long ret)
{
	return ret < 0 ? -errno : ret;
}

/*
 * Steps. Those that say nothing of an argument take 0.
 */

/* Makes memory and maps it writable. */
long make_memory(struct scene *scene, long argument);
long make_shared_memory(struct scene *scene, long argument);

/* Sends a handle to whoever takes it next, one for writing too or not. */
long send_handle(struct scene *scene, long writable);

/* Return: what was sent, or -errno. For steps that take it in their own way. */
int receive_handle(const struct scene *scene);

/* Takes a handle and maps the memory for what it is for. */
long take_handle(struct scene *scene, long argument);

/* The same, if nobody who has it can change or end what is used of it. */
long take_verified(struct scene *scene, long argument);

/* Maps the memory writable, once more. */
long map_writable(struct scene *scene, long argument);

long unmap(struct scene *scene, long argument);

/* Gives the memory to a process, and waits for that. */
long give(struct scene *scene, long pid);
/* 0 ns are as many as anybody has patience for. */
long await(struct scene *scene, long ns);

long publish(struct scene *scene, long argument);
long freeze(struct scene *scene, long argument);

/* Return: the checksum. */
long draw_frame(struct scene *scene, long number);
long check_frame(struct scene *scene, long argument);

/* One byte, the first. Return: its value; 0. */
long load(struct scene *scene, long argument);
long store(struct scene *scene, long value);

#endif /* DEMO_SCENE_H */
