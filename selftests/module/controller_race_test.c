// SPDX-License-Identifier: GPL-2.0-only
/*
 * A controller against processes that do not stand still (G1, G8): when LIMIT,
 * RECLAIM or DESTROY returns no store lands that it forbids, and DESTROY leaves
 * no memory behind, whatever others do to the region at that moment.
 */
#include <sys/uio.h>

#include "operations.h"
#include "storer.h"
#include "harness.h"

/* One huge page and some small ones. */
#define SIZE (MIB(2) + KIB(64))

#define PROT_RW (PROT_READ | PROT_WRITE)

/* A thread of a peer never stops storing, on another CPU than the test. */
FIXTURE(storing)
{
	struct view view, own;
	struct peer peer;
};

FIXTURE_VARIANT(storing)
{
	uint32_t mode;
	bool publish;
	bool faults;
};

FIXTURE_VARIANT_ADD(storing, as_owner) {
	.mode = SHMREGION_MODE_WRITABLE,
};

FIXTURE_VARIANT_ADD(storing, as_writer) {
	.mode = SHMREGION_MODE_WRITABLE,
	.publish = true,
};

FIXTURE_VARIANT_ADD(storing, unsafe) {
	.mode = SHMREGION_MODE_UNSAFE,
};

/* It gives up its translations all the time. */
FIXTURE_VARIANT_ADD(storing, unsafe_with_faults) {
	.mode = SHMREGION_MODE_UNSAFE,
	.faults = true,
};

FIXTURE_SETUP(storing)
{
	const struct peer *peer = &self->peer;
	struct view *view = &self->view;

	run_on(0);
	ASSERT_TRUE(storer_init());
	view->size = SIZE;
	view->fd = make_region(SIZE, variant->mode,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view->fd);
	self->own = *view;
	ASSERT_EQ(0, view_map(&self->own, PROT_RW));
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(peer, view_map, view, PROT_RW));
	if (variant->publish)
		ASSERT_EQ(0, view_publish(view, 0));
	if (variant->mode == SHMREGION_MODE_WRITABLE)
		ASSERT_EQ(0, view_transfer(view, peer->pid));
	ASSERT_EQ(0, peer_do(peer, start_storing, view, variant->faults));
}

FIXTURE_TEARDOWN(storing)
{
	peer_kill(&self->peer);
	close(self->view.fd);
}

static bool only_the_owner_reads(const FIXTURE_VARIANT(storing) *variant)
{
	return variant->mode == SHMREGION_MODE_WRITABLE && !variant->publish;
}

/* What nobody else may read the test reads as the owner, until give_back(). */
static void expect_no_store(struct __test_metadata *_metadata,
			    const FIXTURE_DATA(storing) *self,
			    const FIXTURE_VARIANT(storing) *variant)
{
	uint64_t begun[NR_STORED];

	note_begun(begun);
	wait_until_denied();
	if (only_the_owner_reads(variant))
		ASSERT_EQ(0, raw_reclaim(self->view.fd));
	ASSERT_TRUE(none_landed_since(&self->own, begun));
}

static void give_back(struct __test_metadata *_metadata,
		      const FIXTURE_DATA(storing) *self,
		      const FIXTURE_VARIANT(storing) *variant)
{
	if (only_the_owner_reads(variant))
		ASSERT_EQ(0, hand_over(self->view.fd, self->peer.pid));
}

#define LIMIT_ROUNDS 50

/* A limit of the process alone, or of all that have none of their own. */
static int limit_storer(const FIXTURE_DATA(storing) *self, bool by_default,
			uint32_t limit)
{
	return by_default ?
		       raw_limit_others(self->view.fd, limit) :
		       limit_process(self->view.fd, self->peer.pid, limit);
}

/*
 * A process limited to nothing cannot be given the region back, so what nobody
 * else may read is looked at last.
 */
static void race_limit(struct __test_metadata *_metadata,
		       const FIXTURE_DATA(storing) *self,
		       const FIXTURE_VARIANT(storing) *variant, bool by_default,
		       uint32_t limit)
{
	int round;

	for (round = 0; round < LIMIT_ROUNDS; round++) {
		wait_until_stored();
		ASSERT_EQ(0, limit_storer(self, by_default, limit));
		expect_no_store(_metadata, self, variant);
		ASSERT_EQ(0, limit_storer(self, by_default, RIGHTS_RW));
		give_back(_metadata, self, variant);
	}
}

TEST_F_TIMEOUT(storing, ends_with_a_limit_of_none, 600)
{
	race_limit(_metadata, self, variant, false, 0);
}

TEST_F_TIMEOUT(storing, ends_with_a_limit_of_reading, 600)
{
	race_limit(_metadata, self, variant, false, RIGHTS_RO);
}

TEST_F_TIMEOUT(storing, ends_with_a_limit_of_all_others, 600)
{
	race_limit(_metadata, self, variant, true, 0);
}

TEST_F_TIMEOUT(storing, ends_with_reclaim_from_an_owner, 600)
{
	uint64_t begun[NR_STORED];
	int round;

	/* It has no owner to take it from: the stores go on. */
	if (variant->mode == SHMREGION_MODE_UNSAFE) {
		EXPECT_EQ(EINVAL, errno_of(raw_reclaim(self->view.fd)));
		wait_until_stored();
		return;
	}
	for (round = 0; round < LIMIT_ROUNDS; round++) {
		wait_until_stored();
		ASSERT_EQ(0, raw_reclaim(self->view.fd));
		note_begun(begun);
		wait_until_denied();
		ASSERT_TRUE(none_landed_since(&self->own, begun));
		ASSERT_EQ(0, view_transfer(&self->view, self->peer.pid));
	}
}

/* A pin shows the memory longer than any mapping. */
TEST_F(storing, ends_with_destroy)
{
	uint64_t begun[NR_STORED], number;
	uint8_t page[KIB(4)];
	struct iovec iov;
	int pipes[2], i;

	ASSERT_EQ(0, pipe(pipes));
	for (i = 0; variant->mode == SHMREGION_MODE_UNSAFE && i < NR_STORED;
	     i++) {
		iov.iov_base = self->own.memory + i * (SIZE - PAGE);
		iov.iov_len = PAGE;
		ASSERT_EQ((ssize_t)PAGE, vmsplice(pipes[1], &iov, 1, 0));
	}
	wait_until_stored();
	ASSERT_EQ(0, raw_destroy(self->view.fd));
	note_begun(begun);
	wait_until_denied();
	for (i = 0; variant->mode == SHMREGION_MODE_UNSAFE && i < NR_STORED;
	     i++) {
		EXPECT_EQ(0, storer->pages[i].wrong);
		ASSERT_EQ((ssize_t)PAGE, read(pipes[0], page, PAGE));
		memcpy(&number, page, sizeof(number));
		EXPECT_GE(begun[i], number);
		EXPECT_LT(0, number);
	}
	EXPECT_EQ(0, resident_of(self->view.fd));
}

/*
 * DESTROY while two actors do one thing over and over. Each tells 0 when it
 * ends as it should, once the region is destroyed.
 */
#define NR_ACTORS 2

struct actors {
	pid_t pids[NR_ACTORS];
	int steps;
};

/* Shared by all processes of the test. */
static struct actors *actors;

static bool actors_init(void)
{
	actors = mmap(NULL, PAGE, PROT_RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return actors != MAP_FAILED;
}

static void count_step(void)
{
	__atomic_add_fetch(&actors->steps, 1, __ATOMIC_SEQ_CST);
}

/* The two begin at different places. */
static size_t start_of(const struct view *view)
{
	return getpid() == actors->pids[0] ? 0 : view->size / 2 & ~(PAGE - 1);
}

/* Some touches of pages, each the first one at the beginning. */
static long act_touch(void *data, long step)
{
	struct view *view = data;
	size_t offset;
	long ret;

	for (offset = start_of(view);; offset = (offset + step) % view->size) {
		ret = view_write(view, offset);
		if (ret)
			return ret == -SIGSEGV ? 0 : ret;
		count_step();
	}
}

static long act_touch_and_exit(void *data, long step)
{
	struct view *view = data;
	size_t offset;
	long ret = 0;

	for (offset = 0; !ret && offset < view->size; offset += step)
		ret = view_write(view, offset);
	count_step();
	_exit(ret && ret != -SIGSEGV);
}

static long act_map(void *data, long step)
{
	struct view view = *(struct view *)data;
	size_t offset = start_of(&view);
	long ret;

	while (!(ret = view_map(&view, PROT_RW))) {
		ret = view_write(&view, offset);
		if (ret && ret != -SIGSEGV)
			return ret;
		if (view_unmap(&view, 0))
			return -errno;
		offset = (offset + step) % view.size;
		count_step();
	}
	return ret == -ENODEV ? 0 : ret;
}

static long act_fork(void *data, long step)
{
	struct view *view = data;
	int status;
	pid_t pid;

	while (view_info(view, INFO(mode)) > 0) {
		pid = fork();
		if (!pid)
			act_touch_and_exit(view, step);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return -EPROTO;
		view_write(view, start_of(view));
	}
	return view_info(view, INFO(mode)) == -ENODEV ? 0 : -EPROTO;
}

static long act_transfer(void *data, long unused)
{
	struct view *view = data;
	long ret;

	(void)unused;
	do {
		view_write(view, 0);
		ret = view_transfer(view, actors->pids[getpid() ==
						       actors->pids[0]]);
		count_step();
	} while (!ret || ret == -EPERM);
	return ret == -ENODEV ? 0 : ret;
}

/* Waits, gets it, and releases it. */
static long act_acquire(void *data, long unused)
{
	struct view *view = data;
	long ret;

	do {
		ret = view_acquire(view, SHMREGION_NO_DEADLINE);
		if (!ret)
			ret = view_release(view, unused);
		count_step();
	} while (!ret || ret == -EPERM);
	return ret == -ENODEV ? 0 : ret;
}

/* As two controllers. */
static long act_control(void *data, long unused)
{
	const struct view *view = data;
	uint32_t limit = 0;

	(void)unused;
	do {
		limit = RIGHTS_RW - limit;
		raw_limit_others(view->fd, limit);
		limit_process(view->fd, actors->pids[0], limit);
		view_write(data, 0);
		count_step();
	} while (!raw_reclaim(view->fd) || errno == EINVAL ||
		 errno == EACCES);
	return errno == ENODEV ? 0 : -errno;
}

static long act_pin(void *data, long step)
{
	const struct view *view = data;
	size_t offset = start_of(view);
	uint8_t page[KIB(4)];
	struct iovec iov;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	do {
		iov.iov_base = view->memory + offset;
		iov.iov_len = PAGE;
		if (vmsplice(pipes[1], &iov, 1, 0) != (ssize_t)PAGE)
			return errno == EFAULT ? 0 : -errno;
		offset = (offset + step) % view->size;
		count_step();
	} while (read(pipes[0], page, PAGE) == (ssize_t)PAGE);
	return -errno;
}

FIXTURE(destroying)
{
	struct view view;
};

FIXTURE_VARIANT(destroying)
{
	uint32_t mode;
	size_t size;
	long step;
};

/* Huge pages all, or small ones. */
FIXTURE_VARIANT_ADD(destroying, writable_huge) {
	SHMREGION_MODE_WRITABLE, MIB(16), MIB(2)
};

FIXTURE_VARIANT_ADD(destroying, writable_small) {
	SHMREGION_MODE_WRITABLE, KIB(28), KIB(4)
};

FIXTURE_VARIANT_ADD(destroying, unsafe_huge) {
	SHMREGION_MODE_UNSAFE, MIB(16), MIB(2)
};

FIXTURE_VARIANT_ADD(destroying, unsafe_small) {
	SHMREGION_MODE_UNSAFE, KIB(28), KIB(4)
};

FIXTURE_SETUP(destroying)
{
	ASSERT_TRUE(actors_init());
	self->view.size = variant->size;
}

FIXTURE_TEARDOWN(destroying)
{
}

#define DESTROY_ROUNDS 20

/* In each round it happens some steps later. */
static void race_destroy(struct __test_metadata *_metadata, struct view *view,
			 const FIXTURE_VARIANT(destroying) *variant,
			 peer_step act)
{
	const bool exits = act == act_touch_and_exit;
	struct peer peers[NR_ACTORS];
	int round, i;

	for (round = 0; round < DESTROY_ROUNDS; round++) {
		actors->steps = 0;
		view->fd = make_region(view->size, variant->mode,
				       SHMREGION_CREATE_CONTROLLED);
		ASSERT_LE(0, view->fd);
		for (i = 0; i < NR_ACTORS; i++) {
			peers[i] = peer_start();
			actors->pids[i] = peers[i].pid;
			ASSERT_EQ(0, peer_do(&peers[i], view_map, view,
					     PROT_RW));
		}
		if (variant->mode == SHMREGION_MODE_WRITABLE)
			ASSERT_EQ(0, view_transfer(view, peers[0].pid));
		for (i = 0; i < NR_ACTORS; i++)
			peer_begin(&peers[i], act, view, variant->step);
		while (__atomic_load_n(&actors->steps, __ATOMIC_SEQ_CST) <
		       round % (exits ? 2 : 12))
			sched_yield();

		ASSERT_EQ(0, raw_destroy(view->fd));
		for (i = 0; i < NR_ACTORS; i++)
			EXPECT_EQ(exits ? -ECHILD : 0, peer_finish(&peers[i]));
		/* The later ones have sockets of those before. */
		while (i--)
			EXPECT_EQ(0, peer_stop(&peers[i]));
		ASSERT_EQ(0, resident_of(view->fd));
		close(view->fd);
	}
}

#define TEST_DESTROY(name, act)						\
	TEST_F_TIMEOUT(destroying, name, 600)				\
	{								\
		race_destroy(_metadata, &self->view, variant, act);	\
	}

TEST_DESTROY(while_others_touch_it_first, act_touch)
TEST_DESTROY(while_others_touch_it_and_exit, act_touch_and_exit)
TEST_DESTROY(while_others_map_it, act_map)
TEST_DESTROY(while_others_fork, act_fork)
TEST_DESTROY(while_others_control_it, act_control)

static const FIXTURE_VARIANT(destroying) owned = {
	SHMREGION_MODE_WRITABLE, SIZE, KIB(4)
};

static const FIXTURE_VARIANT(destroying) unsafe = {
	SHMREGION_MODE_UNSAFE, SIZE, KIB(4)
};

#define TEST_DESTROY_OF(name, variant, act)				\
	TEST(name)							\
	{								\
		struct view view = { .size = variant.size };		\
									\
		ASSERT_TRUE(actors_init());				\
		race_destroy(_metadata, &view, &variant, act);		\
	}

TEST_DESTROY_OF(destroy_while_others_hand_it_over, owned, act_transfer)
TEST_DESTROY_OF(destroy_while_others_acquire_it, owned, act_acquire)
TEST_DESTROY_OF(destroy_while_others_pin_it, unsafe, act_pin)

/*
 * Memory is free only when nobody has it. DESTROY takes the translations of one
 * process after the other: of the test, of one with so many mappings that it
 * lasts, of one that adds pages until it is denied and then takes memory of its
 * own, and last of one that reads and must see what is the region's, or nothing.
 */
#define NR_MAPPINGS 100
#define FREE_ROUNDS 5
#define FILL 0x5a

static uint8_t *mappings[NR_MAPPINGS];

static long step_map_often(void *data, long unused)
{
	struct view *view = data;
	size_t i;
	long ret;

	for (i = 0; i < NR_MAPPINGS; i++) {
		ret = view_map(view, PROT_RW);
		if (ret)
			return ret;
		mappings[i] = view->memory;
	}
	return unused;
}

static long step_read_often(void *data, long last)
{
	size_t i;

	(void)data;
	for (i = 0; i < NR_MAPPINGS; i++)
		if (touch_read(mappings[i]) || touch_read(mappings[i] + last))
			return -EFAULT;
	return 0;
}

/* In the end it holds as much memory as the region had, and has written it. */
static long act_add(void *data, long step)
{
	const struct view *view = data;
	uint8_t *own;
	size_t offset;

	for (offset = step; !touch_read(view->memory + offset);
	     offset = (offset + step) % view->size)
		count_step();
	own = mmap(NULL, view->size, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (own == MAP_FAILED)
		return -errno;
	memset(own, ~FILL, view->size);
	munmap(own, view->size);
	return 0;
}

static long act_expect_fill(void *data, long offset)
{
	long ret;

	do
		ret = view_read(data, offset);
	while (ret == FILL);
	return ret == -SIGSEGV ? 0 : -EBADMSG;
}

TEST(memory_is_free_only_when_nobody_has_it)
{
	enum { MANY, ADDER, READER, NR };
	const long last = MIB(64) - PAGE;
	struct view view = { .size = MIB(64) };
	struct peer peers[NR];
	int round, i;

	ASSERT_TRUE(actors_init());
	for (round = 0; round < FREE_ROUNDS; round++) {
		actors->steps = 0;
		view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE,
				      SHMREGION_CREATE_CONTROLLED);
		ASSERT_EQ(0, view_map(&view, PROT_RW));
		memset(view.memory, FILL, PAGE);
		memset(view.memory + last, FILL, PAGE);
		for (i = 0; i < NR; i++) {
			peers[i] = peer_start();
			ASSERT_EQ(0, peer_do(&peers[i],
					     i == MANY ? step_map_often :
							 view_map,
					     &view, i == MANY ? 0 : PROT_RW));
		}
		ASSERT_EQ(0, view_publish(&view, 0));
		ASSERT_EQ(0, peer_do(&peers[MANY], step_read_often, &view,
				     last));
		ASSERT_EQ(FILL, peer_do(&peers[READER], view_read, &view,
					last));

		peer_begin(&peers[READER], act_expect_fill, &view, last);
		peer_begin(&peers[ADDER], act_add, &view, MIB(2));
		while (__atomic_load_n(&actors->steps, __ATOMIC_SEQ_CST) <
		       2 * round)
			sched_yield();
		ASSERT_EQ(0, raw_destroy(view.fd));
		EXPECT_EQ(0, peer_finish(&peers[ADDER]));
		EXPECT_EQ(0, peer_finish(&peers[READER]));
		ASSERT_EQ(0, resident_of(view.fd));
		while (i--)
			EXPECT_EQ(0, peer_stop(&peers[i]));
		munmap(view.memory, view.size);
		close(view.fd);
	}
}

static long step_destroy(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return errno_of(raw_destroy(view->fd));
}

/* The size is given back once: then there is room for so much, not for more. */
TEST(destroy_by_several_happens_once)
{
	struct view view = { .size = PAGE };
	struct peer peers[NR_ACTORS];
	long long total;
	char text[32];
	int round, winners, i;

	ASSERT_TRUE(read_text("/sys/module/shmregion/parameters/max_user_bytes",
			      text, sizeof(text)));
	total = atoll(text);
	for (round = 0; round < DESTROY_ROUNDS; round++) {
		view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
				      SHMREGION_CREATE_CONTROLLED);
		for (i = 0; i < NR_ACTORS; i++)
			peers[i] = peer_start();
		for (i = 0; i < NR_ACTORS; i++)
			peer_begin(&peers[i], step_destroy, &view, 0);
		winners = !step_destroy(&view, 0);
		for (i = 0; i < NR_ACTORS; i++)
			winners += !peer_finish(&peers[i]);
		EXPECT_EQ(1, winners);
		EXPECT_EQ(ENODEV, step_destroy(&view, 0));
		while (i--)
			peer_kill(&peers[i]);
		close(view.fd);
	}
	/* Processes of the test before may still be on their way out. */
	while (make_region(total, SHMREGION_MODE_WRITABLE, 0) < 0) {
		ASSERT_EQ(EDQUOT, errno);
		sched_yield();
	}
	EXPECT_EQ(-1, make_region(1, SHMREGION_MODE_WRITABLE, 0));
	EXPECT_EQ(EDQUOT, errno);
}

TEST_HARNESS_MAIN
