// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage by kcov. Nothing in the debug kernel is built for it but the module,
 * so all that it tells is the module's.
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "coverage.h"

#define KCOV "/sys/kernel/debug/kcov"
#define AREA_WORDS (64 << 10)
/* Much more than the module has, a power of two. */
#define TABLE_SIZE (1 << 16)

static int files[NR_ACTORS];
static unsigned long *areas[NR_ACTORS];
static bool available;

static unsigned long table[TABLE_SIZE];
static unsigned int total;

static bool area_init(enum actor_index index)
{
	files[index] = open(KCOV, O_RDWR | O_CLOEXEC);
	if (files[index] < 0 ||
	    ioctl(files[index], KCOV_INIT_TRACE, AREA_WORDS))
		return false;
	areas[index] = mmap(NULL, AREA_WORDS * sizeof(unsigned long),
			    PROT_READ | PROT_WRITE, MAP_SHARED, files[index],
			    0);
	return areas[index] != MAP_FAILED;
}

bool coverage_init(void)
{
	enum actor_index index;

	for (index = 0; index < NR_ACTORS; index++)
		if (!area_init(index))
			return false;
	available = true;
	return true;
}

void coverage_begin(enum actor_index index)
{
	if (available)
		ioctl(files[index], KCOV_ENABLE, KCOV_TRACE_PC);
}

void coverage_reset(void)
{
	enum actor_index index;

	for (index = 0; available && index < NR_ACTORS; index++)
		areas[index][0] = 0;
}

static bool is_new(unsigned long pc)
{
	unsigned int at = (pc * 0x9e3779b97f4a7c15 >> 32) % TABLE_SIZE;

	while (table[at] && table[at] != pc)
		at = (at + 1) % TABLE_SIZE;
	if (table[at] || total == TABLE_SIZE - 1)
		return false;
	table[at] = pc;
	total++;
	return true;
}

unsigned int coverage_collect(void)
{
	enum actor_index index;
	unsigned int new = 0;
	unsigned long i;

	for (index = 0; available && index < NR_ACTORS; index++)
		for (i = 1; i <= areas[index][0] && i < AREA_WORDS; i++)
			new += is_new(areas[index][i]);
	return new;
}

unsigned int coverage_total(void)
{
	return total;
}
