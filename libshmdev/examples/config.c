// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A controller gives one configuration to five workers to read, and takes it
 * away from one of them. Whoever it has not named has no access.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shmdev.h>

#define WORKERS	5
#define REVOKED	2
#define SIZE	4096
#define FOREVER	SHMREGION_NO_DEADLINE

/* Take part, tell the member id, and print the text whenever asked to. */
static int work(int socket, int number)
{
	struct shmdev_region *region;
	uint64_t member;
	const char *text;
	char byte;

	region = shmdev_region_adopt(shmdev_handle_receive(socket, FOREVER),
				     SHMDEV_ADOPT_READONLY, SHMREGION_RIGHT_READ,
				     SIZE, SHMDEV_ADOPT_TRUST_CONTROLLER);
	text = shmdev_mapping_data(shmdev_region_map(region, 0, SIZE, SHMDEV_MAP_READ));
	if (!text || shmdev_region_attach(region, &member) < 0 || send(socket, &member, 8, 0) < 0)
		err(1, "worker %d", number);
	while (recv(socket, &byte, 1, 0) == 1) {
		dprintf(STDOUT_FILENO, "worker %d: %s\n", number, text);
		send(socket, &byte, 1, 0);
	}
	return 0;
}

int main(void)
{
	struct shmdev_process workers[WORKERS];
	int sockets[WORKERS], pair[2], i, round;
	struct shmdev_region *config, *handle;
	char *text, byte = 0;

	/* Before there is a handle that they would inherit. */
	for (i = 0; i < WORKERS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
			err(1, "socketpair");
		sockets[i] = pair[0];
		if (fork() == 0)
			return close(pair[0]) ?: work(pair[1], i);
		close(pair[1]);
	}
	config = shmdev_region_create(SIZE, SHMREGION_MODE_WRITABLE,
				      SHMREGION_CREATE_CONTROLLED, "config");
	text = shmdev_mapping_data_writable(shmdev_region_map(config, 0, SIZE,
			SHMDEV_MAP_READ | SHMDEV_MAP_WRITE));
	handle = shmdev_region_duplicate(config, SHMREGION_RIGHT_READ);
	if (!text || !handle || shmdev_region_limit_others(config, 0) < 0 ||
	    !strcpy(text, "threads=4 cache=64M") || shmdev_region_freeze(config) < 0)
		err(1, "config");
	for (i = 0; i < WORKERS; i++) {
		workers[i].by = SHMREGION_BY_MEMBER;
		if (shmdev_handle_send(sockets[i], handle, FOREVER) < 0 ||
		    recv(sockets[i], &workers[i].id, 8, 0) != 8 ||
		    shmdev_region_limit(config, workers[i], SHMREGION_RIGHT_READ) < 0)
			err(1, "worker %d", i);
	}
	for (round = 0; round < 2; round++) {
		if (round && shmdev_region_limit(config, workers[REVOKED], 0))
			err(1, "revoke");
		for (i = 0; i < WORKERS; i++)
			if (send(sockets[i], &byte, 1, MSG_NOSIGNAL) != 1 ||
			    recv(sockets[i], &byte, 1, 0) != 1)
				printf("worker %d ended\n", i);
	}
	return 0;
}
