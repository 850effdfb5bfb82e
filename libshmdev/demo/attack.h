/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks on a rule of sharing, each a small scene of its own that can be
 * played with any kind of memory.
 */
#ifndef DEMO_ATTACK_H
#define DEMO_ATTACK_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the text of an outcome. */
#define OUTCOME_MAX	48

struct kind;

/**
 * struct outcome - how an attack ended
 * @held: whether the rule held
 * @text: what happened, in a few words
 */
struct outcome {
	bool held;
	char text[OUTCOME_MAX];
};

typedef struct outcome (*attack)(const struct kind *kind);

/* Bytes of the memory in all attacks. */
extern size_t attack_size;

/* By one who has given the memory away. */
struct outcome attack_by_store(const struct kind *kind);
struct outcome attack_check(const struct kind *kind);
struct outcome attack_by_child(const struct kind *kind);
struct outcome attack_by_pin(const struct kind *kind);
struct outcome attack_by_truncation(const struct kind *kind);

/*
 * By one who has made the memory and given it away: that changes it between check
 * and use, ends the receiver's access, or the memory; or that made it final
 * before.
 */
struct outcome attack_by_creator(const struct kind *kind);
struct outcome attack_by_barring(const struct kind *kind);
struct outcome attack_by_destruction(const struct kind *kind);
struct outcome attack_on_final(const struct kind *kind);

/* The first of these, on a receiver who asks before it takes anything. */
struct outcome attack_on_verifier(const struct kind *kind);

/* By a receiver that does not give the memory back. */
struct outcome attack_by_withholding(const struct kind *kind);

/* By a reader of what is published. */
struct outcome attack_by_reopening(const struct kind *kind);
struct outcome attack_by_protection(const struct kind *kind);

/* By the writer of what is to be final, mapped by it or not. */
struct outcome attack_frozen_mapped(const struct kind *kind);
struct outcome attack_frozen_unmapped(const struct kind *kind);

/* By death. */
struct outcome attack_by_death(const struct kind *kind);
struct outcome attack_by_death_in_mutex(const struct kind *kind);

#endif /* DEMO_ATTACK_H */
