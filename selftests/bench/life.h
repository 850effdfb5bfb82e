/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory from its creation to its end, and parts of that. */
#ifndef BENCH_LIFE_H
#define BENCH_LIFE_H

#include <stdbool.h>
#include <stddef.h>

#include "sample.h"

struct figure life_create_destroy(bool region, size_t size);
struct figure life_whole(bool region, size_t size);
struct figure life_first_touch(bool region, size_t size);

#endif /* BENCH_LIFE_H */
