/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory from its creation to its end, and parts of that. */
#ifndef BENCH_LIFE_H
#define BENCH_LIFE_H

#include <stdbool.h>

#include "sample.h"

struct bench_size;

typedef struct figure (*life_fn)(bool region, const struct bench_size *size);

struct figure life_create_destroy(bool region, const struct bench_size *size);
struct figure life_whole(bool region, const struct bench_size *size);
struct figure life_first_touch(bool region, const struct bench_size *size);

#endif /* BENCH_LIFE_H */
