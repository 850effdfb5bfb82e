/* SPDX-License-Identifier: GPL-2.0-only */
/* The chapters of the story, and what happens in several of them. */
#ifndef DEMO_CHAPTER_H
#define DEMO_CHAPTER_H

struct actor;

/* A forbidden store and its end; that of the actor too. Takes a verb. */
void store_and_die(struct actor *actor, const char *what);

void chapter_handover(void);
void chapter_publish(void);
void chapter_freeze(void);
void chapter_death(void);
void chapter_thief(void);
void chapter_distrust(void);
void chapter_table(void);

#endif /* DEMO_CHAPTER_H */
