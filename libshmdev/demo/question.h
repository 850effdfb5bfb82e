/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions that only a region's kernel module can answer. */
#ifndef DEMO_QUESTION_H
#define DEMO_QUESTION_H

#include "scene.h"

/* A step: who can write to the region. Return: of enum shmregion_writers. */
long ask_writers(struct scene *scene, long argument);

/* A step: whether somebody controls it, can take it away at any time. */
long ask_controlled(struct scene *scene, long argument);

/* In words that go on "it can be written by ..." */
const char *writers_name(long writers);

#endif /* DEMO_QUESTION_H */
