/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of those who do not want to let go. A step that gets its way
 * returns 0 or more.
 */
#ifndef DEMO_TRICK_H
#define DEMO_TRICK_H

#include "scene.h"

/* What tricks store, and no frame of the demo begins with. */
#define STRAY_BYTE	0xee

long store_stray(struct scene *scene, long argument);

/* Beforehand: a duplicate handle. Afterwards: store through it. */
long keep_duplicate(struct scene *scene, long argument);
long use_duplicate(struct scene *scene, long argument);

/* Beforehand: a child. Afterwards: have it store. */
long keep_child(struct scene *scene, long argument);
long use_child(struct scene *scene, long argument);

/*
 * Beforehand: a page in a pipe, by vmsplice(). That this fails is told by the
 * second step, which reads the pipe. Return: the first byte of the memory.
 */
long keep_page(struct scene *scene, long argument);
long use_page(struct scene *scene, long argument);

/* Map once more, and store. */
long map_and_store(struct scene *scene, long argument);

/* Have mprotect() allow everything, and store. */
long protect_and_store(struct scene *scene, long argument);

/* Open the handle again through /proc, for writing, and store. */
long reopen_and_store(struct scene *scene, long argument);

/* Be handed a handle, and store. */
long take_and_store(struct scene *scene, long argument);

/* Store by pwrite() to /proc/self/mem. */
long write_proc_mem(struct scene *scene, long argument);

/* Store by read() from a pipe: the kernel does it. */
long read_into(struct scene *scene, long argument);

/* Take the memory back from whoever has it now, and store. */
long take_back_and_store(struct scene *scene, long argument);

/* End the access of a process, or the memory. */
long bar(struct scene *scene, long pid);
long destroy(struct scene *scene, long argument);

/* Make the memory smaller, to nothing. */
long truncate_it(struct scene *scene, long argument);

#endif /* DEMO_TRICK_H */
