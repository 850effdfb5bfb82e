/* SPDX-License-Identifier: GPL-2.0-only */
/* Removing what the caller has mapped, before the core looks for it. */
#ifndef SHMREGION_CLEAR_H
#define SHMREGION_CLEAR_H

#include <linux/types.h>

struct shmregion_zap;

bool shmregion_clear_begin(const struct shmregion_zap *zap);
void shmregion_clear_end(void);

#endif /* SHMREGION_CLEAR_H */
