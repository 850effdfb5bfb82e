/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A benchmark that compares regions with the other ways to hand memory from
 * one process to another, and with memfd, in one run.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#define KIB 1024UL
#define MIB (1024 * KIB)

/* What is measured, and how exactly. */
struct options {
	/* The clock counts instructions, see scripts/vm --icount. */
	bool instructions;
	/* Few rounds, and only what the recorded ratios are about. */
	bool quick;
	/* Only this way, size and flags, if a size is given. */
	char way[16];
	size_t size;
	uint32_t flags;
	/* The CPUs of the two sides, -1: as it comes. */
	int cpu[2];
	/* How much to spend on one figure, in nanoseconds of the clock. */
	uint64_t budget;
	/* How many regions to create and destroy. */
	unsigned long churn;
};

extern struct options options;

/* A size that is measured, as its column or row is called. */
struct bench_size {
	const char *name;
	size_t size;
	/* Also in a quick run. */
	bool quick;
	/* Flags that a region is created with. Other ways have none. */
	uint32_t flags;
};

extern const struct bench_size bench_sizes[];
extern const unsigned int bench_nr_sizes;

noreturn void die(const char *what);
noreturn void dies(const char *what, const char *why);

#endif /* BENCH_H */
