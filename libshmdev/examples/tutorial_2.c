// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Tutorial, step 2: get a region back, whatever becomes of the other process.
 * A worker counts to ten in shared memory. The first one is killed half-way; the
 * kernel says so, and a second one finishes its work.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define SIZE		4096
#define GOAL		10
#define RIGHTS		(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
#define MAP_FLAGS	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)
#define PATIENCE_NS	UINT64_C(60000000000)

/* Adopts the region, tells its member id, waits for its turn, and counts. */
static int be_worker(int socket, uint32_t die_at)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS);
	struct shmdev_mapping *mapping;
	struct shmdev_region *region;
	volatile uint32_t *done;
	uint64_t member;

	region = shmdev_region_adopt(shmdev_handle_receive(socket, deadline),
				     SHMDEV_ADOPT_WRITABLE, RIGHTS, SIZE, 0);
	mapping = region ? shmdev_region_map(region, 0, SIZE, MAP_FLAGS) : NULL;
	if (!mapping || shmdev_region_attach(region, &member) < 0 ||
	    write(socket, &member, sizeof(member)) != sizeof(member) ||
	    shmdev_region_acquire(region, deadline, NULL) < 0)
		err(1, "worker");

	done = shmdev_mapping_data_writable(mapping);
	while (*done < GOAL) {
		if (*done == die_at)
			raise(SIGKILL);
		++*done;
	}
	return shmdev_region_release(region) < 0;
}

/* Lends the region to a new worker. Returns when the region is back. */
static void employ(const struct shmdev_region *region, const uint32_t *done,
		   uint32_t die_at)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS), member;
	uint32_t flags;
	int sockets[2];
	pid_t worker;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
		err(1, "socketpair");
	worker = fork();
	if (worker < 0)
		err(1, "fork");
	if (worker == 0)
		_exit(be_worker(sockets[1], die_at));
	close(sockets[1]);

	if (shmdev_handle_send(sockets[0], region, deadline) < 0 ||
	    read(sockets[0], &member, sizeof(member)) != sizeof(member))
		err(1, "owner: no worker");
	if (shmdev_region_transfer_and_wait(region, shmdev_by_member(member),
					    deadline, &flags) < 0)
		err(1, "owner: lend");
	printf("owner: the worker %s at %u of %u\n",
	       flags & SHMREGION_OUT_OWNER_DIED ? "died" : "finished", *done,
	       GOAL);
	waitpid(worker, NULL, 0);
	close(sockets[0]);
}

int main(void)
{
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
	const uint32_t *done;

	region = shmdev_region_create(SIZE, SHMREGION_MODE_WRITABLE, 0, "work");
	mapping = region ? shmdev_region_map(region, 0, SIZE, MAP_FLAGS) : NULL;
	if (!mapping)
		err(1, "owner: create");
	done = shmdev_mapping_data(mapping);

	employ(region, done, 5);
	employ(region, done, GOAL);
	return *done != GOAL;
}
