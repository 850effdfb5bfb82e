/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storm: a thread that never stops to store into a region, whether it may or
 * not, and goes on after each SIGSEGV. Another thread may at the same time
 * move, unmap and protect the very mappings that it stores by.
 */
#ifndef SELFTESTS_STORM_H
#define SELFTESTS_STORM_H

#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>

#include "operations.h"

/* As large as a huge page-table entry, so that those take part. */
#define STORM_ALIGN MIB(2)

/**
 * struct storm - a storm of this process
 * @fd: the region
 * @nr_pages: its size
 * @cpu: where it runs
 * @churn_cpu: where the churn runs
 * @may_map: whether the churn may map anew: only in WRITABLE mode
 * @slots: two places for the mapping
 * @nr_slots: how many are used: the second only by the churn
 * @slot: the one where the mapping is, or was a moment ago
 * @landed: stores that were done
 * @refused: stores that raised a signal
 */
struct storm {
	int fd;
	size_t nr_pages;
	int cpu, churn_cpu;
	bool may_map;
	uint8_t *slots[2];
	int nr_slots;
	volatile int slot;
	volatile unsigned long landed;
	volatile unsigned long refused;
	/* private */
	volatile bool park, ready, go, stop;
	sem_t parked, resume;
	pthread_t thread, churn;
};

static inline void *storm_thread(void *data)
{
	const struct sched_param ordinary = { .sched_priority = 0 };
	struct storm *storm = data;
	const size_t size = storm->nr_pages * PAGE, page = PAGE;
	volatile size_t offset = 0;
	volatile uint32_t n = 0;

	run_on(storm->cpu);
	/* Whatever the thread has that started it. */
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	touch_init();
	if (sigsetjmp(touch_fault.env, 1))
		storm->refused++;
	while (!storm->stop) {
		if (storm->park) {
			sem_post(&storm->parked);
			sem_wait(&storm->resume);
			storm->ready = true;
			while (!storm->go)
				;
			continue;
		}
		n = n + 1;
		offset = (offset + page) % size;
		touch_fault.armed = true;
		*(volatile uint32_t *)(storm->slots[storm->slot] + offset) = n;
		touch_fault.armed = false;
		storm->landed++;
	}
	return NULL;
}

/* While it is parked it stores nothing. */
static inline void storm_park(struct storm *storm)
{
	storm->park = true;
	sem_wait(&storm->parked);
}

/* On return it is about to store for the first time. */
static inline void storm_resume(struct storm *storm)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	storm->ready = false;
	storm->go = false;
	storm->park = false;
	sem_post(&storm->resume);
	while (!storm->ready)
		nanosleep(&pause, NULL);
	storm->go = true;
}

static inline void map_anew(const struct storm *storm, uint8_t *memory)
{
	const size_t size = storm->nr_pages * PAGE;

	munmap(memory, size);
	mmap(memory, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
	     storm->fd, 0);
}

/*
 * Whatever is done here, the mapping is of the same region, or there is none.
 * Nothing else in the process maps anything meanwhile.
 */
static inline void *churn_thread(void *data)
{
	struct storm *storm = data;
	const size_t size = storm->nr_pages * PAGE;
	const size_t half = storm->nr_pages / 2 * PAGE;
	unsigned int seed = 1;

	run_on(storm->churn_cpu);
	while (!storm->stop) {
		uint8_t *memory = storm->slots[storm->slot];

		switch (rand_r(&seed) % 5) {
		case 4:
			/* This splits a huge entry. The parts stay parts. */
			if (!storm->may_map || !half)
				break;
			mremap(memory, half, half, MREMAP_MAYMOVE | MREMAP_FIXED,
			       storm->slots[!storm->slot]);
			munmap(storm->slots[!storm->slot], half);
			map_anew(storm, memory);
			break;
		case 0:
			if (storm->may_map)
				map_anew(storm, memory);
			break;
		case 1:
			if (mremap(memory, size, size,
				   MREMAP_MAYMOVE | MREMAP_FIXED,
				   storm->slots[!storm->slot]) != MAP_FAILED)
				storm->slot = !storm->slot;
			break;
		case 2:
			mprotect(memory, size, PROT_READ);
			mprotect(memory, size, PROT_READ | PROT_WRITE);
			break;
		case 3:
			touch_read(memory + rand_r(&seed) % size);
			break;
		}
		spin(rand_r(&seed) % 16384);
	}
	return NULL;
}

/* Map the region, and start the threads; the storm is parked. */
static inline bool storm_start(struct storm *storm)
{
	const size_t size = storm->nr_pages * PAGE;
	const size_t room = (size + STORM_ALIGN - 1) & ~(STORM_ALIGN - 1);
	uintptr_t address;

	/* Each slot is aligned, and a hole where it is not mapped. */
	address = (uintptr_t)mmap(NULL, 2 * room + STORM_ALIGN, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				  -1, 0);
	address = (address + STORM_ALIGN - 1) & ~(STORM_ALIGN - 1);
	storm->slots[0] = (uint8_t *)address;
	storm->slots[1] = storm->slots[0] + room;
	if (mmap(storm->slots[0], size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, storm->fd, 0) == MAP_FAILED)
		return false;

	storm->park = true;
	sem_init(&storm->parked, 0, 0);
	sem_init(&storm->resume, 0, 0);
	if (pthread_create(&storm->thread, NULL, storm_thread, storm))
		return false;
	sem_wait(&storm->parked);
	return storm->nr_slots == 1 ||
	       !pthread_create(&storm->churn, NULL, churn_thread, storm);
}

/* It is parked. */
static inline void storm_stop(struct storm *storm)
{
	storm->stop = true;
	storm_resume(storm);
	pthread_join(storm->thread, NULL);
	if (storm->nr_slots > 1)
		pthread_join(storm->churn, NULL);
	munmap(storm->slots[0], storm->nr_pages * PAGE);
	munmap(storm->slots[1], storm->nr_pages * PAGE);
}

/*
 * Calls of which the kernel itself stores to, or reads from, an address: true
 * when it could. Cheaper than a signal.
 */
static inline bool kernel_stores(uint8_t *address)
{
	return !syscall(SYS_getcpu, address, NULL, NULL);
}

static inline bool kernel_reads(const uint8_t *address)
{
	return !access((const char *)address, F_OK) || errno != EFAULT;
}

#endif /* SELFTESTS_STORM_H */
