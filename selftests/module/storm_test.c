// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a transfer or a freeze returns, no store lands any more (G1), whatever
 * else the process does at that time, on the same CPU or on another: it
 * faults, maps, unmaps, moves and protects.
 *
 * How often the worst moments are met depends on the kernel: most often where
 * threads are preempted inside of it (boot with preempt=full).
 */
#include "operations.h"
#include "storm.h"
#include "harness.h"

/*
 * A region goes to and fro between two processes. Each has a storm: it rages
 * while the process is the owner and when it has just been; it is parked while
 * the other one's is watched.
 */
static struct {
	struct view view;
	struct storm storm;
	bool same_cpu;
	bool readonly;
	int to_other, from_other;
	uint8_t *copy;
	unsigned long wrong;
} side;

/* Let the storm rage for a while that may end at any instruction. */
static void let_it_rage(void)
{
	const struct timespec pause = { .tv_nsec = random_of_any_size(21) };

	if (side.same_cpu)
		nanosleep(&pause, NULL);
	else
		spin(random_of_any_size(18));
}

/* The storm has tried to store since, and could not. */
static void expect_refusal(void)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	const unsigned long landed = side.storm.landed;
	const unsigned long refused = side.storm.refused;

	/* One that was done before may have been counted after. */
	while (side.storm.refused < refused + 2 &&
	       side.storm.landed <= landed + 1) {
		if (side.same_cpu)
			nanosleep(&pause, NULL);
	}
	side.wrong += side.storm.landed > landed + 1;
}

/* At most 16 pages of each place where the mapping can be. */
static void expect_no_access(void)
{
	const size_t step = side.view.size / 16 + PAGE;
	size_t offset;
	int slot;

	for (slot = 0; slot < side.storm.nr_slots; slot++) {
		uint8_t *memory = side.storm.slots[slot];

		/* Where reading is allowed this puts entries back. */
		for (offset = 0; offset < side.view.size; offset += step)
			side.wrong += kernel_reads(memory + offset) &&
				      !side.readonly;
		for (offset = 0; offset < side.view.size; offset += step)
			side.wrong += kernel_stores(memory + offset);
	}
}

static void give(pid_t other, bool last)
{
	storm_resume(&side.storm);
	let_it_rage();
	side.wrong += !!view_transfer(&side.view, other);
	expect_no_access();
	expect_refusal();
	if (write(side.to_other, &last, sizeof(last)) != sizeof(last))
		side.wrong++;
	storm_park(&side.storm);
}

/*
 * From when I am the owner until the other has tried hard nothing changes.
 * Tells whether this was the last time.
 */
static bool take(void)
{
	bool last = true;

	side.wrong += !!view_acquire(&side.view, SHMREGION_NO_DEADLINE);
	memcpy(side.copy, side.view.memory, side.view.size);
	if (read(side.from_other, &last, sizeof(last)) != sizeof(last))
		side.wrong++;
	side.wrong += !!memcmp(side.copy, side.view.memory, side.view.size);
	return last;
}

static bool begin_side(int cpu)
{
	const struct sched_param param = { .sched_priority = 1 };

	side.copy = malloc(side.view.size);
	side.storm.cpu = side.same_cpu ? cpu : 1;
	side.storm.churn_cpu = side.same_cpu ? cpu : 0;
	if (!side.copy || view_map(&side.view, PROT_READ | PROT_WRITE) ||
	    !storm_start(&side.storm))
		return false;
	/* So that I interrupt the storm at once when my pause ends. */
	if (side.same_cpu) {
		run_on(cpu);
		sched_setscheduler(0, SCHED_FIFO, &param);
	}
	return true;
}

static long step_begin_side(void *pipes, long unused)
{
	(void)unused;
	side.from_other = ((int *)pipes)[0];
	side.to_other = ((int *)pipes)[3];
	return begin_side(1) ? 0 : -1;
}

static long step_play(void *data, long unused)
{
	bool last;

	(void)data;
	(void)unused;
	do {
		last = take();
		give(getppid(), last);
	} while (!last);
	storm_stop(&side.storm);
	return side.wrong;
}

FIXTURE(storm)
{
	struct peer peer;
	int pipes[4];
};

FIXTURE_VARIANT(storm)
{
	size_t nr_pages;
	bool same_cpu;
	bool churn;
	bool readonly;
};

/* 511 pages: as many entries as there can be; 512: one huge entry. */
FIXTURE_VARIANT_ADD(storm, page_1) { 1 };
FIXTURE_VARIANT_ADD(storm, pages_64) { 64 };
FIXTURE_VARIANT_ADD(storm, pages_511) { 511 };
FIXTURE_VARIANT_ADD(storm, pages_512) { 512 };
FIXTURE_VARIANT_ADD(storm, same_cpu_page_1) { 1, true };
FIXTURE_VARIANT_ADD(storm, same_cpu_pages_64) { 64, true };
FIXTURE_VARIANT_ADD(storm, same_cpu_pages_512) { 512, true };
FIXTURE_VARIANT_ADD(storm, churn_page_1) { 1, false, true };
FIXTURE_VARIANT_ADD(storm, churn_pages_64) { 64, false, true };
FIXTURE_VARIANT_ADD(storm, churn_pages_512) { 512, false, true };
FIXTURE_VARIANT_ADD(storm, churn_same_cpu) { 64, true, true };
FIXTURE_VARIANT_ADD(storm, readonly_page_1) { 1, .readonly = true };
FIXTURE_VARIANT_ADD(storm, readonly_pages_512) { 512, .readonly = true };
FIXTURE_VARIANT_ADD(storm, readonly_same_cpu) { 1, true, false, true };
FIXTURE_VARIANT_ADD(storm, readonly_churn) { 64, false, true, true };

FIXTURE_SETUP(storm)
{
	const size_t size = variant->nr_pages * PAGE;
	int fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(self->pipes));
	ASSERT_EQ(0, pipe(self->pipes + 2));
	side.view.fd = fd;
	side.view.size = size;
	side.readonly = variant->readonly;
	side.same_cpu = variant->same_cpu;
	side.storm.fd = fd;
	side.storm.nr_pages = variant->nr_pages;
	side.storm.nr_slots = variant->churn ? 2 : 1;
	side.storm.may_map = !variant->readonly;
	side.from_other = self->pipes[2];
	side.to_other = self->pipes[1];
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, step_begin_side, self->pipes, 0));
	ASSERT_TRUE(begin_side(0));
	memset(side.view.memory, 0, size);
	if (variant->readonly) {
		ASSERT_EQ(0, view_publish(&side.view, 0));
	}
}

FIXTURE_TEARDOWN(storm)
{
	peer_kill(&self->peer);
	close(side.view.fd);
}

/* rows: M8 W1 */
TEST_F_TIMEOUT(storm, never_lands_after_a_transfer, RACE_TIMEOUT)
{
	int rounds = 0;
	bool last;

	peer_begin(&self->peer, step_play, NULL, 0);
	do {
		last = enough(++rounds);
		give(self->peer.pid, last);
		take();
	} while (!last);
	storm_stop(&side.storm);
	EXPECT_EQ(0, side.wrong);
	EXPECT_EQ(0, peer_finish(&self->peer));
	TH_LOG("%d transfers; here %lu stores landed, %lu were refused",
	       2 * rounds, side.storm.landed, side.storm.refused);
}

/* Once for each region, so each round has a new one. */
FIXTURE(freeze)
{
};

FIXTURE_VARIANT(freeze)
{
	size_t nr_pages;
	bool same_cpu;
	bool publish;
};

FIXTURE_VARIANT_ADD(freeze, page_1) { 1 };
FIXTURE_VARIANT_ADD(freeze, pages_512) { 512 };
FIXTURE_VARIANT_ADD(freeze, same_cpu) { 64, true };
FIXTURE_VARIANT_ADD(freeze, same_cpu_readonly) { 64, true, true };

FIXTURE_SETUP(freeze)
{
	side.readonly = true;
	side.same_cpu = variant->same_cpu;
	side.view.size = variant->nr_pages * PAGE;
}

FIXTURE_TEARDOWN(freeze)
{
}

static void freeze_in_a_storm(struct __test_metadata *_metadata, bool publish)
{
	ASSERT_TRUE(begin_side(0));
	if (publish) {
		ASSERT_EQ(0, view_publish(&side.view, 0));
	}
	storm_resume(&side.storm);
	let_it_rage();
	ASSERT_EQ(0, view_freeze(&side.view, 0));
	memcpy(side.copy, side.view.memory, side.view.size);
	expect_no_access();
	expect_refusal();
	side.wrong += !!memcmp(side.copy, side.view.memory, side.view.size);
	storm_park(&side.storm);
	storm_stop(&side.storm);
	free(side.copy);
	munmap(side.view.memory, side.view.size);
	close(side.view.fd);
}

/* rows: C48 W1 */
TEST_F_TIMEOUT(freeze, ends_every_store, RACE_TIMEOUT)
{
	unsigned long landed = 0;
	int rounds = 0;

	while (!enough(rounds++)) {
		side.storm = (struct storm){
			.nr_pages = variant->nr_pages,
			.nr_slots = 1,
		};
		side.view.fd = make_region(side.view.size,
					   SHMREGION_MODE_WRITABLE, 0);
		side.storm.fd = side.view.fd;
		freeze_in_a_storm(_metadata, variant->publish);
		landed += side.storm.landed;
	}
	EXPECT_EQ(0, side.wrong);
	TH_LOG("%d regions; %lu stores landed before", rounds, landed);
}

TEST_HARNESS_MAIN
