// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A broker: a process in a sandbox, which can open nothing, gets its regions
 * from its parent. It calls shmdev_region_create() as any program does; a hook
 * asks the parent, which decides how much it may have.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#include "sandbox.h"

#define MAX_BYTES	UINT64_C(65536)
#define MAP_FLAGS	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)
#define TEXT		"made in a sandbox"

/* What the client may call: no open, no socket, no clone, no exec. */
static const struct sandbox_rule rules[] = {
	/* to ask its parent */
	{ SYS_sendmsg, 0 }, { SYS_recvmsg, 0 }, { SYS_ppoll, 0 },
	/* to verify what it got */
	{ SYS_fstatfs, 0 }, { SYS_fcntl, 0 },
	{ SYS_ioctl, SHMREGION_IOC_INFO },
	/* to use it */
	{ SYS_ioctl, SHMREGION_IOC_ATTACH },
	{ SYS_ioctl, SHMREGION_IOC_ACQUIRE },
	{ SYS_ioctl, SHMREGION_IOC_FREEZE },
	{ SYS_mmap, 0 }, { SYS_munmap, 0 }, { SYS_close, 0 },
	{ SYS_brk, 0 },
	/* to print, and to end */
	{ SYS_newfstatat, 0 }, { SYS_fstat, 0 }, { SYS_getpid, 0 },
	{ SYS_write, 0 },
	{ SYS_exit_group, 0 }, { SANDBOX_END, 0 },
};

static void try_to_create(uint64_t size, int error, const char *how)
{
	if (shmdev_region_create(size, SHMREGION_MODE_WRITABLE, 0, "client") ||
	    errno != error)
		errx(1, "client: a region %s is not refused", how);
	printf("client %d: a region %s: %m\n", getpid(), how);
}

static int be_client(int socket)
{
	struct shmdev_broker_client *client;
	struct shmdev_mapping *mapping;
	struct shmdev_region *region;

	client = shmdev_broker_client_create(socket, 0);
	if (!client || sandbox_enter(rules, SECCOMP_RET_ERRNO | EACCES) < 0)
		err(1, "client");

	try_to_create(4096, EACCES, "by itself");
	if (shmdev_broker_client_install(client) < 0)
		err(1, "client: hook");
	try_to_create(MAX_BYTES + 1, ENOSPC, "that is too large");
	region = shmdev_region_create(4096, SHMREGION_MODE_WRITABLE, 0, "client");
	if (!region)
		err(1, "client: create");
	printf("client %d: a region by the broker\n", getpid());
	try_to_create(4096, EDQUOT, "more than it may have");

	mapping = shmdev_region_map(region, 0, 4096, MAP_FLAGS);
	if (!mapping)
		err(1, "client: map");
	memcpy(shmdev_mapping_data_writable(mapping), TEXT, sizeof(TEXT));
	/* From now on everybody can read it and nobody can write. */
	if (shmdev_region_freeze(region) < 0)
		err(1, "client: freeze");
	shmdev_mapping_unmap(mapping);
	shmdev_region_free(region);
	shmdev_hooks_set(NULL);
	shmdev_broker_client_free(client);
	return 0;
}

/* The broker's handle to what was created. No more than one is allowed. */
static void keep(void *context, struct shmdev_region *region, uint64_t member)
{
	(void)member;
	*(struct shmdev_region **)context = region;
}

static void use(struct shmdev_region *region)
{
	struct shmdev_mapping *mapping;

	/* A client need not keep to anything, and to touch would be SIGSEGV. */
	if (!region || shmdev_region_mode(region) != SHMREGION_MODE_READONLY)
		errx(1, "broker: no region that can be read");
	mapping = shmdev_region_map(region, 0, 4096, SHMDEV_MAP_READ);
	if (!mapping)
		err(1, "broker: map");
	if (strcmp(shmdev_mapping_data(mapping), TEXT))
		errx(1, "broker: another text");
	printf("broker %d: the client wrote: %s\n", getpid(),
	       (const char *)shmdev_mapping_data(mapping));
	/* The client trusts it with nothing: it asked for no controller. */
	if (shmdev_region_destroy(region) == 0 || errno != EPERM)
		errx(1, "broker: the client's region can be destroyed");
	shmdev_mapping_unmap(mapping);
	shmdev_region_free(region);
}

int main(void)
{
	struct shmdev_region *region = NULL;
	const struct shmdev_broker_policy policy = {
		.max_region_bytes = MAX_BYTES,
		.max_bytes = MAX_BYTES,
		.max_regions = 1,
		.created = keep,
		.context = &region,
	};
	struct shmdev_broker *broker;
	int sockets[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	close(sockets[pid ? 1 : 0]);
	if (!pid)
		return be_client(sockets[1]);

	broker = shmdev_broker_create(sockets[0], &policy);
	if (!broker || shmdev_broker_run(broker) < 0)
		err(1, "broker");
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the client failed");
	use(region);
	shmdev_broker_free(broker);
	return 0;
}
