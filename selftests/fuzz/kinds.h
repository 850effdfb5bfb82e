/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of calls: what a program can do.
 */
#ifndef FUZZ_KINDS_H
#define FUZZ_KINDS_H

#include "actor.h"
#include "random.h"

/**
 * struct kind - a kind of call
 * @name: for people
 * @weight: how often it is chosen, next to the others
 * @run: do it, with arguments from @actor->random
 */
struct kind {
	const char *name;
	unsigned int weight;
	void (*run)(struct actor *actor);
};

extern const struct kind kinds[];
extern const unsigned int nr_kinds;

unsigned int random_kind(struct random *random);

/* ioctls.c */
void call_version(struct actor *actor);
void call_create(struct actor *actor);
void call_info(struct actor *actor);
void call_dup(struct actor *actor);
void call_attach(struct actor *actor);
void call_detach(struct actor *actor);
void call_transfer(struct actor *actor);
void call_acquire(struct actor *actor);
void call_publish(struct actor *actor);
void call_freeze(struct actor *actor);
void call_share(struct actor *actor);
void call_release(struct actor *actor);
void call_limit(struct actor *actor);
void call_limit_others(struct actor *actor);
void call_reclaim(struct actor *actor);
void call_destroy(struct actor *actor);
void call_unknown(struct actor *actor);

/* mappings.c */
void call_mmap(struct actor *actor);
void call_munmap(struct actor *actor);
void call_mremap(struct actor *actor);
void call_mprotect(struct actor *actor);
void call_madvise(struct actor *actor);
void call_mlock(struct actor *actor);
void call_msync(struct actor *actor);
void call_mincore(struct actor *actor);
void call_remap_file_pages(struct actor *actor);
void call_mseal(struct actor *actor);
void call_touch(struct actor *actor);
void call_copy_by_kernel(struct actor *actor);
void call_vmsplice(struct actor *actor);
void call_process_vm(struct actor *actor);
void call_proc_mem(struct actor *actor);
void call_futex(struct actor *actor);

/* files.c */
void call_file_operation(struct actor *actor);
void call_reopen(struct actor *actor);
void call_read_proc(struct actor *actor);
void call_poll(struct actor *actor);
void call_dup2(struct actor *actor);
void call_close(struct actor *actor);
void call_send(struct actor *actor);
void call_receive(struct actor *actor);

/* processes.c */
void call_fork(struct actor *actor);
void call_signal(struct actor *actor);
void call_replace_peer(struct actor *actor);

#endif /* FUZZ_KINDS_H */
