// SPDX-License-Identifier: GPL-2.0-only
/*
 * In UNSAFE regions ordinary Linux use works as on a memfd (G5): the locks of
 * pthreads between processes, futexes, inheritance, debuggers, and all that
 * pins pages. For the readers of READONLY regions: reader_test.c.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>

#include "debug.h"
#include "operations.h"
#include "pins.h"
#include "harness.h"

#define FILL 0x5a
#define FILE_FILL 0x33
#define SIZE MIB(2)
#define LAST (SIZE - PAGE)

/* An UNSAFE region that two processes have mapped, each for itself. */
struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	sem_t semaphore;
	uint32_t word;
	long counter;
};

FIXTURE(unsafe)
{
	struct view mine, others;
	struct peer other;
	struct shared *shared;
};

FIXTURE_VARIANT(unsafe)
{
	bool later;
};

FIXTURE_VARIANT_ADD(unsafe, created) { .later = false };
FIXTURE_VARIANT_ADD(unsafe, shared_later) { .later = true };

FIXTURE_SETUP(unsafe)
{
	self->mine.fd = make_region(SIZE, variant->later ?
				    SHMREGION_MODE_WRITABLE :
				    SHMREGION_MODE_UNSAFE, 0);
	ASSERT_LE(0, self->mine.fd);
	if (variant->later)
		ASSERT_EQ(0, raw_share(self->mine.fd));
	self->mine.size = SIZE;
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	/* At another address there. */
	ASSERT_NE(MAP_FAILED, mmap(NULL, MIB(8), PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	self->shared = (struct shared *)self->mine.memory;
}

FIXTURE_TEARDOWN(unsafe)
{
	peer_kill(&self->other);
}

static struct shared *shared_of(void *data)
{
	struct view *view = data;

	return (struct shared *)view->memory;
}

static void make_mutex(struct shared *shared, int robust)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutex_init(&shared->mutex, &attr);
}

#define ROUNDS 20000

static long step_count(void *data, long rounds)
{
	struct shared *shared = shared_of(data);

	while (rounds--) {
		pthread_mutex_lock(&shared->mutex);
		/* Not atomic: lost updates would show. */
		*(volatile long *)&shared->counter += 1;
		pthread_mutex_unlock(&shared->mutex);
	}
	return 0;
}

TEST_F(unsafe, mutex_excludes_another_process)
{
	make_mutex(self->shared, PTHREAD_MUTEX_STALLED);
	peer_begin(&self->other, step_count, &self->others, ROUNDS);
	step_count(&self->mine, ROUNDS);
	ASSERT_EQ(0, peer_finish(&self->other));
	EXPECT_EQ(2 * ROUNDS, self->shared->counter);
}

static long step_lock(void *data, long unused)
{
	(void)unused;
	return pthread_mutex_lock(&shared_of(data)->mutex);
}

TEST_F(unsafe, mutex_wakes_a_waiter_in_another_process)
{
	make_mutex(self->shared, PTHREAD_MUTEX_STALLED);
	ASSERT_EQ(0, step_lock(&self->mine, 0));
	peer_begin(&self->other, step_lock, &self->others, 0);
	ASSERT_TRUE(wait_until_asleep(self->other.pid));
	ASSERT_EQ(0, pthread_mutex_unlock(&self->shared->mutex));
	EXPECT_EQ(0, peer_finish(&self->other));
	EXPECT_EQ(EBUSY, pthread_mutex_trylock(&self->shared->mutex));
}

TEST_F(unsafe, robust_mutex_tells_that_its_holder_died)
{
	make_mutex(self->shared, PTHREAD_MUTEX_ROBUST);
	ASSERT_EQ(0, peer_do(&self->other, step_lock, &self->others, 0));
	EXPECT_EQ(EBUSY, pthread_mutex_trylock(&self->shared->mutex));
	peer_kill(&self->other);
	EXPECT_EQ(EOWNERDEAD, pthread_mutex_lock(&self->shared->mutex));
	EXPECT_EQ(0, pthread_mutex_consistent(&self->shared->mutex));
	EXPECT_EQ(0, pthread_mutex_unlock(&self->shared->mutex));
	EXPECT_EQ(0, pthread_mutex_lock(&self->shared->mutex));
}

static long step_wait_for_condition(void *data, long unused)
{
	struct shared *shared = shared_of(data);
	long ret = pthread_mutex_lock(&shared->mutex);

	(void)unused;
	while (!ret && !shared->counter)
		ret = pthread_cond_wait(&shared->cond, &shared->mutex);
	pthread_mutex_unlock(&shared->mutex);
	return ret;
}

TEST_F(unsafe, condition_variable_wakes_another_process)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&self->shared->cond, &attr);
	make_mutex(self->shared, PTHREAD_MUTEX_STALLED);

	peer_begin(&self->other, step_wait_for_condition, &self->others, 0);
	ASSERT_TRUE(wait_until_asleep(self->other.pid));
	pthread_mutex_lock(&self->shared->mutex);
	self->shared->counter = 1;
	pthread_mutex_unlock(&self->shared->mutex);
	ASSERT_EQ(0, pthread_cond_signal(&self->shared->cond));
	EXPECT_EQ(0, peer_finish(&self->other));
}

static long step_wait_for_semaphore(void *data, long unused)
{
	(void)unused;
	return sem_wait(&shared_of(data)->semaphore);
}

TEST_F(unsafe, semaphore_wakes_another_process)
{
	ASSERT_EQ(0, sem_init(&self->shared->semaphore, 1, 0));
	peer_begin(&self->other, step_wait_for_semaphore, &self->others, 0);
	ASSERT_TRUE(wait_until_asleep(self->other.pid));
	ASSERT_EQ(0, sem_post(&self->shared->semaphore));
	EXPECT_EQ(0, peer_finish(&self->other));
}

static long step_futex_wait(void *data, long unused)
{
	(void)unused;
	return value_or_error(syscall(SYS_futex, &shared_of(data)->word,
				      FUTEX_WAIT, 0, NULL, NULL, 0));
}

/* Also by a third mapping, in the process that has another one. */
TEST_F(unsafe, futex_is_the_same_in_every_mapping)
{
	struct view third = self->mine;
	long woken;

	ASSERT_EQ(0, view_map(&third, PROT_READ | PROT_WRITE));
	peer_begin(&self->other, step_futex_wait, &self->others, 0);
	/* Until it waits: it may sleep for something else on the way. */
	do {
		woken = syscall(SYS_futex, &shared_of(&third)->word, FUTEX_WAKE,
				1, NULL, NULL, 0);
	} while (woken == 0);
	EXPECT_EQ(1, woken);
	EXPECT_EQ(0, peer_finish(&self->other));
	EXPECT_EQ(0, syscall(SYS_futex, &self->shared->word, FUTEX_WAKE, 1,
			     NULL, NULL, 0));
}

TEST_F(unsafe, child_inherits_the_mapping)
{
	struct peer child = peer_start();

	self->mine.memory[LAST] = FILL;
	EXPECT_EQ(FILL, peer_do(&child, view_read, &self->mine, LAST));
	EXPECT_EQ(0, peer_do(&child, view_write, &self->mine, 0));
	EXPECT_EQ(VIEW_WRITES, self->mine.memory[0]);
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->other, view_read, &self->others,
				       0));
	peer_stop(&child);
}

TEST_F(unsafe, mapping_does_not_grow)
{
	EXPECT_EQ(MAP_FAILED, mremap(self->mine.memory, SIZE, SIZE + PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	self->mine.memory[LAST] = FILL;
	EXPECT_EQ(FILL, peer_do(&self->other, view_read, &self->others, LAST));
}

TEST_F(unsafe, mapping_moves)
{
	uint8_t *to = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	ASSERT_NE(MAP_FAILED, to);
	self->mine.memory[LAST] = FILL;
	ASSERT_EQ(to, mremap(self->mine.memory, SIZE, SIZE,
			     MREMAP_MAYMOVE | MREMAP_FIXED, to));
	EXPECT_EQ(FILL, to[LAST]);
	to[LAST] = 1;
	EXPECT_EQ(1, peer_do(&self->other, view_read, &self->others, LAST));
}

TEST_F(unsafe, debugger_reads_and_writes)
{
	const peer_step reads[] = {
		read_by_proc, read_by_ptrace, read_by_process_vm,
	};
	const peer_step writes[] = {
		write_by_proc, write_by_ptrace, write_by_process_vm,
	};
	struct target target = { .pid = self->other.pid };
	int i;

	target.address = (uint8_t *)peer_do(&self->other, view_address,
					    &self->others, 0) + LAST;
	for (i = 0; i < 3; i++) {
		self->mine.memory[LAST] = FILL;
		EXPECT_EQ(FILL, by_child(reads[i], &target));
		target.value = i;
		EXPECT_EQ(0, by_child(writes[i], &target));
		EXPECT_EQ(i, self->mine.memory[LAST]);
	}
}

/* What pins, in both directions. */
FIXTURE(pin)
{
	struct pin_peer pins;
	struct view mine;
};

FIXTURE_VARIANT(pin)
{
	struct pin pin;
};

#define VARIANT_OF(_name, _into)					\
	FIXTURE_VARIANT_ADD(pin, _name) {				\
		.pin = { _into, pin_##_name },				\
	}

PINS(VARIANT_OF);

FIXTURE_SETUP(pin)
{
	ASSERT_TRUE(pin_peer_make(&self->pins));
	self->mine.size = SIZE;
	self->mine.fd = make_region(SIZE, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_LE(0, self->mine.fd);
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	memset(self->mine.memory, FILL, SIZE);
}

FIXTURE_TEARDOWN(pin)
{
}

TEST_F(pin, of_an_unsafe_region_works)
{
	size_t offset;
	uint8_t *page;
	long ret;

	for (offset = 0; offset < SIZE; offset += LAST) {
		page = self->mine.memory + offset;
		ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
		ret = variant->pin.attempt(&self->pins, page);
		if (pin_needs_newer_kernel(ret))
			SKIP(return, "no fixed buffers of files before 6.5");
		EXPECT_EQ(PAGE, ret);
		EXPECT_TRUE(all_bytes(variant->pin.into ? page :
							  self->pins.buffer,
				      PAGE,
				      variant->pin.into ? FILE_FILL : FILL));
	}
	/* Nothing else was written. */
	EXPECT_TRUE(all_bytes(self->mine.memory + PAGE, LAST - PAGE, FILL));
}

TEST_HARNESS_MAIN
