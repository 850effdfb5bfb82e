/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks that are scenes of their own, beyond those of the demo. */
#ifndef ATTACKS_PLAYS_H
#define ATTACKS_PLAYS_H

#include "attack.h"

/* By what the sender claims, to a receiver that believes or verifies it. */
struct outcome attack_by_size(const struct kind *kind);
struct outcome attack_by_finality(const struct kind *kind);

/* By a receiver that does not let go of what is destroyed. */
struct outcome attack_destroyed(const struct kind *kind);

/* By content for pages that nobody has touched yet. */
struct outcome attack_by_userfaultfd(const struct kind *kind);

/*
 * By a client, on a server that maps what it is sent as it maps any file: one
 * that asks nothing, and one that insists on F_SEAL_SHRINK.
 */
struct outcome attack_unaware_by_barring(const struct kind *kind);
struct outcome attack_sealing_by_barring(const struct kind *kind);
struct outcome attack_unaware_by_destruction(const struct kind *kind);
struct outcome attack_unaware_by_owner(const struct kind *kind);
struct outcome attack_unaware_by_memory(const struct kind *kind);

#endif /* ATTACKS_PLAYS_H */
