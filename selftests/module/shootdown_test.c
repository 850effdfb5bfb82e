// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hand-over costs other CPUs: interrupts to flush their TLBs. None when no
 * other thread of the sender runs, and at most two for each CPU that runs one: the
 * core flushes what it has removed, and then all, as others may have removed
 * something and not flushed it yet.
 */
#include "helpers.h"
#include "harness.h"
#include "operations.h"
#include <pthread.h>

#define ROUNDS	200

/* So many of what others do meanwhile are no matter. */
#define NOISE	(ROUNDS / 10)

/* Of all CPUs: TLB shootdowns that they were interrupted for, or -1. */
static long tlb_interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[4096], *next;
	long sum = -1, value;

	while (file && sum < 0 && fgets(line, sizeof(line), file)) {
		next = strstr(line, "TLB:");
		if (!next)
			continue;
		for (sum = 0, next += 4;; sum += value) {
			char *end;

			value = strtol(next, &end, 10);
			if (end == next)
				break;
			next = end;
		}
	}
	if (file)
		fclose(file);
	return sum;
}

/* Of the test, which runs on CPU 0, and of its peer, which does so as well. */
static struct view view;

static void *run_for_ever(void *unused)
{
	(void)unused;
	run_on(1);
	for (;;)
		;
	return NULL;
}

static long start_spinning(void *data, long unused)
{
	pthread_t thread;

	(void)data;
	(void)unused;
	return -pthread_create(&thread, NULL, run_for_ever, NULL);
}

FIXTURE(shootdown)
{
	struct peer peer;
};

FIXTURE_VARIANT(shootdown)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(shootdown, of_a_page) { .size = 4096 };
FIXTURE_VARIANT_ADD(shootdown, of_a_page_table) { .size = KIB(1024) };
FIXTURE_VARIANT_ADD(shootdown, of_a_huge_page) { .size = MIB(2) };

FIXTURE_SETUP(shootdown)
{
	if (tlb_interrupts() < 0)
		SKIP(return, "this architecture flushes without interrupts");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "this machine has one CPU");
	run_on(0);
	view.size = variant->size;
	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, view_map, &view,
			     PROT_READ | PROT_WRITE));
}

FIXTURE_TEARDOWN(shootdown)
{
	peer_kill(&self->peer);
}

static long write_and_give(void *data, long receiver)
{
	long ret = view_write(data, 0);

	return ret ? ret : view_transfer(data, receiver);
}

/* Back and forth. Return: how many interrupts that took, or -1. */
static long hand_over_often(struct peer *peer)
{
	long before = tlb_interrupts();
	int i;

	for (i = 0; i < ROUNDS; i++)
		if (write_and_give(&view, peer->pid) ||
		    peer_do(peer, write_and_give, &view, getpid()))
			return -1;
	return tlb_interrupts() - before;
}

TEST_F(shootdown, disturbs_no_cpu_without_another_thread)
{
	long count;

	count = hand_over_often(&self->peer);
	ASSERT_LE(0, count);
	EXPECT_GE(NOISE, count);
}

TEST_F(shootdown, disturbs_the_cpu_of_another_thread_twice_at_most)
{
	long count;

	ASSERT_EQ(0, peer_do(&self->peer, start_spinning, NULL, 0));
	count = hand_over_often(&self->peer);
	ASSERT_LE(0, count);
	/* The peer has such a thread, the test has none. It need not run always. */
	EXPECT_LE(ROUNDS / 4, count);
	EXPECT_GE(2 * ROUNDS + NOISE, count);
}

TEST_HARNESS_MAIN
