/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_ROUNDTRIP_H
#define BENCH_ROUNDTRIP_H

#include <stddef.h>

#include "sample.h"
#include "way.h"

struct bench_size;

struct figure roundtrip(const struct way *way, const struct bench_size *size);

/* With @idle more processes that are attached and have mapped the region. */
struct figure roundtrip_crowded(size_t size, unsigned int idle);

#endif /* BENCH_ROUNDTRIP_H */
