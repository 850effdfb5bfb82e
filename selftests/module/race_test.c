// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of those who race for a region exactly one wins (G8): processes and threads
 * that acquire it, threads that transfer it, a transfer and the death of the
 * receiver.
 */
#include <pthread.h>

#include "operations.h"
#include "harness.h"

/*
 * Processes that race for a region, some with several threads: in odd rounds
 * each tries to acquire it, in even ones the winner gives it back.
 */
#define RACERS_MAX 16

static struct {
	_Atomic int round, done, wrong;
	_Atomic int won[RACERS_MAX];
} *shared;

static bool begin(struct view *view, struct peer *peers, int nr_peers)
{
	bool good;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	view->size = PAGE;
	view->fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	good = shared != MAP_FAILED && view->fd >= 0;
	for (; nr_peers--; peers++) {
		*peers = peer_start();
		good = good && !peer_do(peers, view_map, view,
					PROT_READ | PROT_WRITE);
	}
	return good;
}

static void end(struct view *view, struct peer *peers, int nr_peers)
{
	while (nr_peers--)
		peer_kill(&peers[nr_peers]);
	close(view->fd);
}

FIXTURE(racers)
{
	struct view view;
	struct peer peers[RACERS_MAX];
};

FIXTURE_VARIANT(racers)
{
	int nr_peers;
	int nr_threads;
};

FIXTURE_VARIANT_ADD(racers, processes_2) { 2, 1 };
FIXTURE_VARIANT_ADD(racers, processes_4) { 4, 1 };
FIXTURE_VARIANT_ADD(racers, processes_16) { 16, 1 };
FIXTURE_VARIANT_ADD(racers, processes_2_with_4_threads) { 2, 4 };

FIXTURE_SETUP(racers)
{
	ASSERT_TRUE(begin(&self->view, self->peers, variant->nr_peers));
}

FIXTURE_TEARDOWN(racers)
{
	end(&self->view, self->peers, variant->nr_peers);
}

struct racer {
	struct view *view;
	int number;
	bool first;
};

static void *race(void *data)
{
	const struct racer *racer = data;
	int round = 0;
	long ret;

	for (;;) {
		while (shared->round == round)
			sched_yield();
		round = shared->round;
		if (round % 2) {
			ret = view_try_acquire(racer->view, 0);
			shared->won[racer->number] += !ret;
			shared->wrong += ret && ret != -EAGAIN;
		} else if (racer->first && shared->won[racer->number]) {
			ret = view_transfer(racer->view, getppid());
			shared->wrong += !!ret;
		}
		shared->done++;
	}
	return NULL;
}

static long step_race(void *data, long number_and_threads)
{
	const int number = number_and_threads % RACERS_MAX;
	struct racer first = { data, number, true };
	struct racer others = { data, number, false };
	long n = number_and_threads / RACERS_MAX;
	pthread_t thread;

	while (--n > 0)
		pthread_create(&thread, NULL, race, &others);
	race(&first);
	return 0;
}

static void next_round(int nr_racers)
{
	shared->done = 0;
	shared->round++;
	while (shared->done < nr_racers)
		sched_yield();
}

TEST_F_TIMEOUT(racers, for_a_free_region_have_one_winner, RACE_TIMEOUT)
{
	const int nr_racers = variant->nr_peers * variant->nr_threads;
	int i, winners, rounds = 0;

	for (i = 0; i < variant->nr_peers; i++)
		peer_begin(&self->peers[i], step_race, &self->view,
			   variant->nr_threads * RACERS_MAX + i);
	while (!enough(rounds++)) {
		ASSERT_EQ(0, view_release(&self->view, 0));
		for (i = 0; i < variant->nr_peers; i++)
			shared->won[i] = 0;
		next_round(nr_racers);
		for (i = 0, winners = 0; i < variant->nr_peers; i++) {
			if (!shared->won[i])
				continue;
			winners++;
			/* A process wins with all its threads. */
			EXPECT_EQ(variant->nr_threads, shared->won[i]);
			EXPECT_EQ(self->peers[i].pid,
				  view_info(&self->view, INFO(owner_pid)));
		}
		ASSERT_EQ(1, winners);
		next_round(nr_racers);
		ASSERT_EQ(0, view_acquire(&self->view, 0));
	}
	EXPECT_EQ(0, shared->wrong);
	TH_LOG("%d rounds of %d racers", rounds, nr_racers);
}

/* Whoever has the region counts in it, without atomic operations. */
static long step_count(void *data, long times)
{
	struct view *view = data;
	volatile pid_t *inside = (void *)view->memory;
	volatile long *count = (void *)(view->memory + 64);
	long n, wrong = 0;

	for (n = 0; n < times; n++) {
		wrong += !!view_acquire(view, SHMREGION_NO_DEADLINE);
		wrong += !!*inside;
		*inside = getpid();
		*count = *count + 1;
		wrong += *inside != getpid();
		*inside = 0;
		wrong += !!view_release(view, 0);
	}
	return wrong;
}

TEST_F_TIMEOUT(racers, that_wait_own_it_one_at_a_time, RACE_TIMEOUT)
{
	const int times = 400 / variant->nr_peers;
	struct view *view = &self->view;
	int i;

	for (i = 0; i < variant->nr_peers; i++)
		peer_begin(&self->peers[i], step_count, view, times);
	ASSERT_EQ(0, view_release(view, 0));
	for (i = 0; i < variant->nr_peers; i++)
		EXPECT_EQ(0, peer_finish(&self->peers[i]));
	ASSERT_EQ(0, view_acquire(view, 0));
	ASSERT_EQ(0, view_map(view, PROT_READ));
	EXPECT_EQ(times * variant->nr_peers, *(long *)(view->memory + 64));
}

/* One transfer against another, or against a death. */
FIXTURE(transfer)
{
	struct view view;
	struct peer peers[2];
};

FIXTURE_SETUP(transfer)
{
	ASSERT_TRUE(begin(&self->view, self->peers, 2));
}

FIXTURE_TEARDOWN(transfer)
{
	end(&self->view, self->peers, 2);
}

/* Two threads of the owner, each to a receiver of its own. */
static pthread_barrier_t barrier;

struct sender {
	struct view *view;
	pid_t receiver;
	long ret;
};

static void *send_at_once(void *data)
{
	struct sender *sender = data;

	pthread_barrier_wait(&barrier);
	sender->ret = view_transfer(sender->view, sender->receiver);
	return NULL;
}

TEST_F_TIMEOUT(transfer, by_two_threads_succeeds_once, RACE_TIMEOUT)
{
	struct peer *peers = self->peers;
	struct sender senders[2] = {
		{ &self->view, peers[0].pid, 0 },
		{ &self->view, peers[1].pid, 0 },
	};
	int won, rounds = 0;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	while (!enough(rounds++)) {
		pthread_create(&thread, NULL, send_at_once, &senders[0]);
		send_at_once(&senders[1]);
		pthread_join(thread, NULL);
		won = !senders[1].ret;
		ASSERT_EQ(0, senders[won].ret);
		ASSERT_EQ(-EPERM, senders[!won].ret);
		ASSERT_EQ(peers[won].pid,
			  view_info(&self->view, INFO(owner_pid)));
		ASSERT_EQ(0, peer_do(&peers[won], view_transfer, &self->view,
				     getpid()));
	}
	TH_LOG("%d rounds", rounds);
}

/* A receiver that dies, or becomes another process, in that very moment. */
static long step_exit_soon(void *data, long unused)
{
	(void)data;
	(void)unused;
	shared->done = 1;
	_exit(0);
}

static long step_exec_soon(void *data, long unused)
{
	(void)unused;
	shared->done = 1;
	/* The program ends at once, as it has no socket to serve. */
	return view_exec(data, -1);
}

static void transfer_to_the_dying(struct __test_metadata *_metadata,
				  struct view *view, peer_step step)
{
	struct shmregion_info info;
	int got = 0, missed = 0;
	struct peer peer;
	long ret;

	while (!enough(got + missed)) {
		peer = peer_start();
		ASSERT_EQ(0, peer_do(&peer, view_attach, view, 0));
		ASSERT_EQ(0, raw_info(view->fd, &info));
		shared->done = 0;
		peer_begin(&peer, step, view, 0);
		while (!shared->done)
			;
		spin(random_of_any_size(15));
		ret = view_transfer(view, peer.pid);
		if (ret == -ESRCH) {
			missed++;
			ASSERT_TRUE(info_is_still(view->fd, &info));
		} else {
			got++;
			ASSERT_EQ(0, ret);
			ASSERT_EQ(SHMREGION_OUT_OWNER_DIED,
				  view_acquire(view, 0));
		}
		peer_stop(&peer);
	}
	TH_LOG("%d got the region and died, %d had died before", got, missed);
}

TEST_F_TIMEOUT(transfer, to_a_process_that_exits, RACE_TIMEOUT)
{
	transfer_to_the_dying(_metadata, &self->view, step_exit_soon);
}

TEST_F_TIMEOUT(transfer, to_a_process_that_execs, RACE_TIMEOUT)
{
	transfer_to_the_dying(_metadata, &self->view, step_exec_soon);
}

TEST_SERVER_MAIN
