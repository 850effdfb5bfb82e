// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module goes when its last user has gone, and not before whatever else runs
 * in its code (G11): processes that are dying, and workers. Needs root and a
 * module that nobody else uses, and leaves it loaded with default parameters.
 */
#include <sys/uio.h>

#include "loading.h"
#include "operations.h"
#include "harness.h"

/*
 * The moment at which the last user is gone, and much still has to be done: by
 * processes that are dying, of which some wait for a worker or own what others wait
 * for; and by workers, of which one zeroes what nobody holds any more.
 */
#define NR_DYING 4
#define UNLOADS 25

static long step_own(void *data, long other)
{
	int fd = make_region(MIB(4), SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_POPULATE);
	uint8_t *memory = map_region(fd, MIB(4), PROT_READ | PROT_WRITE);

	(void)data;
	(void)other;
	if (memory == MAP_FAILED)
		return -errno;
	memset(memory, 1, MIB(4));
	return 0;
}

/* So many that a worker makes it known. */
static long step_map_many(void *data, long nr)
{
	(void)data;
	while (nr--)
		if (mmap(NULL, PAGE, nr & 1 ? PROT_READ : PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return -errno;
	return 0;
}

/* One page of each 2 MiB, which is all that is left of the region. */
static bool pin_some(int pipe, size_t size)
{
	int fd = make_region(size, SHMREGION_MODE_UNSAFE, 0);
	uint8_t *memory = map_region(fd, size, PROT_READ | PROT_WRITE);
	struct iovec iov = { .iov_len = PAGE };
	size_t offset;
	bool pinned = memory != MAP_FAILED;

	for (offset = 0; pinned && offset < size; offset += MIB(2)) {
		iov.iov_base = memory + offset;
		memory[offset] = 1;
		pinned = vmsplice(pipe, &iov, 1, SPLICE_F_NONBLOCK) ==
			 (ssize_t)PAGE;
	}
	munmap(memory, size);
	close(fd);
	return pinned;
}

/* Ask for it again and again, as there is no way to wait. */
static int unload_when_possible(void)
{
	int ret;

	do {
		ret = unload();
	} while (ret == -EWOULDBLOCK);
	return ret;
}

TEST(unloads_while_processes_die)
{
	struct peer peers[NR_DYING];
	int round, i, pipes[2];

	for (round = 0; round < UNLOADS; round++) {
		for (i = 0; i < NR_DYING; i++) {
			peers[i] = peer_start();
			ASSERT_EQ(0, peer_do(&peers[i],
					     i & 1 ? step_own : step_map_many,
					     NULL, 1500));
		}
		ASSERT_EQ(0, pipe(pipes));
		ASSERT_TRUE(pin_some(pipes[1], MIB(8)));
		/* Those with many mappings become known. */
		for (i = 0; i < NR_DYING; i += 2)
			peer_begin(&peers[i], step_own, NULL, 0);
		spin(random_of_any_size(20));
		for (i = 0; i < NR_DYING; i++)
			kill(peers[i].pid, SIGKILL);
		close(pipes[0]);
		close(pipes[1]);
		EXPECT_EQ(0, unload_when_possible());
		for (i = 0; i < NR_DYING; i++)
			peer_kill(&peers[i]);
		ASSERT_EQ(0, load(NULL));
	}
}

/* It is given back by a worker, or by the unload. */
TEST(unloads_while_much_memory_is_zeroed)
{
	const size_t size = MIB(128);
	long before = memory_available_kib();
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_LE((long)(size / MIB(2) * PAGE),
		  fcntl(pipes[1], F_SETPIPE_SZ, MIB(1)));
	ASSERT_TRUE(pin_some(pipes[1], size));
	close(pipes[0]);
	close(pipes[1]);
	EXPECT_EQ(0, unload_when_possible());
	EXPECT_LT(before - (32 << 10), memory_available_kib());
	ASSERT_EQ(0, load(NULL));
}

TEST_HARNESS_MAIN
