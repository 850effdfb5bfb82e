// SPDX-License-Identifier: GPL-2.0-only
/*
 * An owner that hardly runs, or hardly has memory, keeps nobody waiting (G16): its
 * cgroup lets it run for a thousandth of the time, or reclaims each page that it
 * touches. Needs the cpu and memory controllers of cgroups.
 */
#include "interference.h"
#include "operations.h"
#include "harness.h"

#define NR_MAPPINGS 256

/*
 * An owner that has the region mapped as often as it can and touched, and which
 * hardly runs from then on.
 */
FIXTURE(throttled)
{
	struct view view;
	struct peer owner, other;
};

static long step_map_often(void *data, long unused)
{
	struct view *view = data;
	size_t i, offset;

	(void)unused;
	for (i = 0; i < NR_MAPPINGS; i++) {
		if (view_map(view, PROT_READ | PROT_WRITE))
			return -errno;
		for (offset = 0; offset < view->size; offset += MIB(2))
			if (view_write(view, offset))
				return -EFAULT;
	}
	return 0;
}

FIXTURE_SETUP(throttled)
{
	if (!cgroup_has(CGROUP "/cpu.max"))
		SKIP(return, "there is no cpu controller");
	ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
	self->view.size = MIB(8);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED |
				    SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_attach, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, step_map_often, &self->view, 0));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(throttled)
{
	write_text(CGROUP "/cpu.max", "max");
	peer_kill(&self->owner);
	peer_kill(&self->other);
	close(self->view.fd);
	rmdir(CGROUP);
}
/*
 * Until the owner has come so far, which may take it some periods, nobody waits
 * for anything but the owner. From then on it is the module that one waits for.
 */
static void wait_until_decided(const struct view *view)
{
	while (!(view_info((void *)view, INFO(state)) &
		 SHMREGION_STATE_REVOKING) &&
	       view_info((void *)view, INFO(writers)) !=
		       SHMREGION_WRITERS_UNOWNED)
		sched_yield();
}

static long reclaim(const struct view *view)
{
	return -errno_of(raw_reclaim(view->fd));
}

static long map_and_unmap(const struct view *view)
{
	struct view mine = *view;

	return view_map(&mine, PROT_READ) ?: view_unmap(&mine, 0);
}

TEST_F(throttled, by_release_delays_nobody)
{
	peer_begin(&self->owner, view_release, &self->view, 0);
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(0, view_owner_state(&self->view, 0) < 0);
	wait_until_decided(&self->view);
	EXPECT_SOON(0, peer_do(&self->other, view_acquire, &self->view, 0));
	EXPECT_SOON(0, reclaim(&self->view));
	EXPECT_EQ(getpid(), view_info(&self->view, INFO(owner_pid)));
}

TEST_F(throttled, by_transfer_delays_nobody)
{
	peer_begin(&self->owner, view_transfer, &self->view, self->other.pid);
	EXPECT_SOON(0, reclaim(&self->view));
	EXPECT_SOON(0, map_and_unmap(&self->view));
}

TEST_F(throttled, by_freeze_delays_nobody)
{
	peer_begin(&self->owner, view_freeze, &self->view, 0);
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(-EINVAL, peer_do(&self->other, view_acquire, &self->view,
				     0));
}

/* A process that has never heard of regions reads this one and goes. */
static long map_unaware(const struct view *view)
{
	pid_t reader;
	int status;

	reader = fork();
	if (!reader) {
		uint8_t *memory = map_region(view->fd, view->size, PROT_READ);

		if (memory == MAP_FAILED)
			_exit(1);
		_exit(byte_at(memory) != VIEW_WRITES ||
		      munmap(memory, view->size) ||
		      map_region(view->fd, view->size, PROT_READ) ==
			      MAP_FAILED);
	}
	if (waitpid(reader, &status, 0) != reader)
		return -errno;
	return status;
}

FIXTURE(published)
{
	struct view view;
	struct peer owner;
};

FIXTURE_SETUP(published)
{
	if (!cgroup_has(CGROUP "/cpu.max"))
		SKIP(return, "there is no cpu controller");
	ASSERT_TRUE(write_text(CGROUP "/cpu.max", QUOTA));
	self->view.size = MIB(8);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_EQ(0, peer_do(&self->owner, step_map_often, &self->view, 0));
	ASSERT_EQ(0, peer_do(&self->owner, view_publish, &self->view, 0));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(published)
{
	write_text(CGROUP "/cpu.max", "max");
	peer_kill(&self->owner);
	close(self->view.fd);
	rmdir(CGROUP);
}

TEST_F_TIMEOUT(published, an_unaware_reader_waits_for_no_throttled_freeze,
	       TIMEOUT)
{
	int round;

	EXPECT_SOON(0, map_unaware(&self->view));
	peer_begin(&self->owner, view_freeze, &self->view, 0);
	for (round = 0; round < 5; round++)
		EXPECT_SOON(0, map_unaware(&self->view));
	write_text(CGROUP "/cpu.max", "max");
	EXPECT_EQ(0, peer_finish(&self->owner));
	EXPECT_SOON(0, map_unaware(&self->view));
}

/* A process that is over what its cgroup may have, and sleeps for it. */
FIXTURE(starved)
{
	struct view view;
	struct peer owner;
};

FIXTURE_SETUP(starved)
{
	if (!cgroup_has(CGROUP "/memory.high"))
		SKIP(return, "there is no memory controller");
	ASSERT_TRUE(write_text(CGROUP "/memory.high", "1M"));
	self->view.size = MIB(64);
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	self->owner = peer_start();
	ASSERT_EQ(0, peer_do(&self->owner, view_map, &self->view,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_transfer(&self->view, self->owner.pid));
	ASSERT_TRUE(cgroup_add(self->owner.pid));
}

FIXTURE_TEARDOWN(starved)
{
	write_text(CGROUP "/memory.high", "max");
	peer_kill(&self->owner);
	close(self->view.fd);
	rmdir(CGROUP);
}

static long step_touch_all(void *data, long unused)
{
	struct view *view = data;
	size_t offset;
	long ret;

	(void)unused;
	for (offset = 0; offset < view->size; offset += PAGE) {
		ret = view_write(view, offset);
		if (ret)
			return ret;
	}
	return 0;
}

static unsigned long times_over_high(void)
{
	char text[512], *high;

	if (!read_text(CGROUP "/memory.events", text, sizeof(text)))
		return 0;
	high = strstr(text, "high ");
	return high ? strtoul(high + 5, NULL, 10) : 0;
}

static long destroy(const struct view *view)
{
	return -errno_of(raw_destroy(view->fd));
}

TEST_F_TIMEOUT(starved, for_memory_is_no_obstacle_to_a_destruction, TIMEOUT)
{
	peer_begin(&self->owner, step_touch_all, &self->view, 0);
	while (times_over_high() < 5)
		sched_yield();
	EXPECT_SOON(0, destroy(&self->view));
	EXPECT_EQ(0, resident_of(self->view.fd));
	write_text(CGROUP "/memory.high", "max");
	EXPECT_EQ(-SIGSEGV, peer_finish(&self->owner));
}

/* Its own end takes long, but nobody waits for that. */
TEST_F(throttled, dies_without_delaying_anybody)
{
	ASSERT_EQ(0, kill(self->owner.pid, SIGKILL));
	EXPECT_SOON(0, map_and_unmap(&self->view));
	EXPECT_SOON(SHMREGION_OUT_OWNER_DIED,
		    peer_do(&self->other, view_acquire, &self->view, 0));
}

/* The owner gives it away to a process that is killed while it waits. */
TEST_F(throttled, cannot_keep_a_waiter_from_being_killed)
{
	peer_begin(&self->owner, view_release, &self->view, 0);
	peer_begin(&self->other, view_acquire, &self->view, 0);
	EXPECT_SOON(SIGKILL, WTERMSIG(peer_kill(&self->other)));
}

TEST_F(throttled, is_no_obstacle_to_a_destruction)
{
	peer_begin(&self->owner, view_transfer, &self->view, self->other.pid);
	EXPECT_SOON(0, destroy(&self->view));
	EXPECT_SOON(-ENODEV, peer_do(&self->other, view_try_acquire,
				     &self->view, 0));
}

/* The limit of mappings, which bounds what a revocation does in one step. */
FIXTURE(mappings)
{
	struct view view;
	uint8_t *all[NR_MAPPINGS];
};

FIXTURE_SETUP(mappings)
{
	size_t i;

	self->view.size = 4 * PAGE;
	self->view.fd = make_region(self->view.size, SHMREGION_MODE_WRITABLE,
				    0);
	ASSERT_LE(0, self->view.fd);
	for (i = 0; i < NR_MAPPINGS; i++) {
		ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
		self->all[i] = self->view.memory;
	}
}

FIXTURE_TEARDOWN(mappings)
{
	size_t i;

	for (i = 0; i < NR_MAPPINGS; i++)
		munmap(self->all[i], self->view.size);
	close(self->view.fd);
}

TEST_F(mappings, are_no_more)
{
	EXPECT_EQ(-ENOMEM, view_map(&self->view, PROT_READ));
	ASSERT_EQ(0, munmap(self->all[0], self->view.size));
	EXPECT_EQ(0, view_map(&self->view, PROT_READ));
	self->all[0] = self->view.memory;
}

TEST_F(mappings, are_no_more_by_a_split)
{
	uint8_t *middle = self->all[1] + PAGE;

	EXPECT_EQ(ENOMEM, errno_of(munmap(middle, PAGE)));
	EXPECT_EQ(ENOMEM, errno_of(mprotect(middle, PAGE, PROT_READ)));
	EXPECT_EQ(0, touch_write(middle, 1));
}

TEST_F(mappings, are_no_more_by_a_move_of_a_part)
{
	void *moved = mremap(self->all[1] + PAGE, PAGE, PAGE,
			     MREMAP_MAYMOVE | MREMAP_FIXED,
			     self->all[2]);

	EXPECT_EQ(MAP_FAILED, moved);
	EXPECT_EQ(0, touch_write(self->all[1] + PAGE, 1));
}

/* Where they map much, fewer of them are as much work as these. */
TEST(mappings_of_much_are_fewer)
{
	struct view view = { .size = MIB(200) };
	uint8_t *all[NR_MAPPINGS];
	size_t i, nr = 0;

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	for (; nr < NR_MAPPINGS && !view_map(&view, PROT_READ); nr++)
		all[nr] = view.memory;
	printf("# %zu mappings of %zu MiB\n", nr, view.size >> 20);
	EXPECT_EQ(-ENOMEM, view_map(&view, PROT_READ));
	EXPECT_LT(NR_MAPPINGS / 4, nr);
	EXPECT_GT(NR_MAPPINGS * 3 / 4, nr);
	/* All of them together do not count, but what they map does. */
	for (i = 1; i < nr; i++)
		munmap(all[i], view.size);
	for (i = 1; i < NR_MAPPINGS; i++)
		ASSERT_NE(MAP_FAILED, map_region(view.fd, PAGE, PROT_READ));
	EXPECT_EQ(MAP_FAILED, map_region(view.fd, PAGE, PROT_READ));
	close(view.fd);
}

TEST_HARNESS_MAIN
