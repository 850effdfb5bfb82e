// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Two parties of whom neither trusts the other: clients make regions with
 * records in them and hand them to a service, which parses them in place. Each
 * client is known to the service by a socket alone, and keeps what it can: its
 * handle, its mapping, and that it made the region.
 *
 * From adopt_and_acquire on the memory is the service's: it checks a record and
 * uses it later, with no copy between, whatever the client does meanwhile. What
 * could be taken away, or needs memory that may be missing, it does not take.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#include "records.h"

#define RIGHTS		(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
#define MAP_FLAGS	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)
#define PATIENCE_NS	UINT64_C(60000000000)

/* What the service insists on, besides that nobody controls the region. */
#define LEAST		sizeof(struct document)
#define FLAGS		SHMDEV_ADOPT_ALLOCATED

/* What a client does, and the error of the service with it, or 0. */
struct client {
	const char *name;
	uint64_t size;
	uint32_t flags;
	bool withholds;
	int error;
};

static const struct client clients[] = {
	{ "a creator that wants to change it later",
	  sizeof(struct document), SHMREGION_CREATE_POPULATE, false, 0 },
	{ "a creator that can take it back",
	  sizeof(struct document), SHMREGION_CREATE_POPULATE |
	  SHMREGION_CREATE_CONTROLLED, false, EPERM },
	{ "a creator that does not let go of it",
	  sizeof(struct document), SHMREGION_CREATE_POPULATE, true, ETIMEDOUT },
	{ "a creator that left memory out",
	  sizeof(struct document), 0, false, ENOSPC },
	{ "a creator that made it too small",
	  1, SHMREGION_CREATE_POPULATE, false, ERANGE },
};

/* A byte each way: the other side goes on when it has come. */
static void tell(int socket)
{
	if (send(socket, "", 1, MSG_NOSIGNAL) != 1)
		err(1, "tell");
}

static void await(int socket)
{
	char byte;

	if (recv(socket, &byte, 1, 0) != 1)
		errx(1, "the other side is gone");
}

/*
 * The client
 */

static void refused(const char *what, int result, int expected)
{
	if (result != -1 || errno != expected)
		errx(1, "client: could %s", what);
	printf("client:  to %s: %s\n", what, strerror(errno));
}

/* What it had, it has no longer. What it kept is of no use. */
static void try_to_change(const struct shmdev_region *region, void *memory)
{
	struct shmdev_process self;
	int pipes[2];

	if (pipe(pipes) < 0 || write(pipes[1], "X", 1) != 1)
		err(1, "pipe");
	/* By a system call, as a store would be SIGSEGV. */
	refused("write to it", (int)read(pipes[0], memory, 1), EFAULT);
	self = shmdev_by_member(shmdev_region_member(region));
	refused("hand it to itself", shmdev_region_transfer(region, self),
		EPERM);
	refused("acquire it", shmdev_region_try_acquire(region, NULL), EAGAIN);
	refused("reclaim it", shmdev_region_reclaim(region), EPERM);
	refused("lock others out", shmdev_region_limit_others(region, 0),
		EPERM);
	refused("destroy it", shmdev_region_destroy(region), EPERM);
}

/* Records, where there is room and memory for them. */
static void fill(const struct client *client, struct document *document)
{
	static const char records[] = "RECS\5apple\4pear\6cherry";

	if (client->size < sizeof(*document) ||
	    !(client->flags & SHMREGION_CREATE_POPULATE))
		return;
	document->length = sizeof(records) - 1;
	memcpy(document->bytes, records, document->length);
}

/* Does not return. */
static void be_client(const struct client *client, int socket)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS);
	struct shmdev_region *region, *sent;
	struct shmdev_mapping *mapping;
	struct document *document;

	region = shmdev_region_create(client->size, SHMREGION_MODE_WRITABLE,
				      client->flags, "records");
	mapping = region ? shmdev_region_map(region, 0, client->size, MAP_FLAGS) :
			   NULL;
	if (!mapping)
		err(1, "client");
	document = shmdev_mapping_data_writable(mapping);
	fill(client, document);

	if (!client->withholds && shmdev_region_release(region) < 0)
		err(1, "client: release");
	sent = shmdev_region_duplicate(region, RIGHTS);
	if (!sent || shmdev_handle_send(socket, sent, deadline) < 0)
		err(1, "client: send");
	await(socket);
	if (client->error)
		_exit(0);

	try_to_change(region, document);
	fflush(stdout);
	tell(socket);
	/* Back it comes by the will of the service alone. */
	if (shmdev_region_acquire(region, deadline, NULL) < 0)
		err(1, "client: acquire");
	printf("client:  has it back, with %u records found\n",
	       document->count);
	fflush(stdout);
	_exit(0);
}

/*
 * The service
 */

/* The client tries to change what was checked, and what is used then. */
static void use(int socket, struct document *document)
{
	const struct record *record;
	uint32_t i;

	parse(document);
	tell(socket);
	await(socket);
	for (i = 0; i < document->count; i++) {
		record = &document->records[i];
		printf("service: record: %.*s\n", (int)record->length,
		       document->bytes + record->offset);
	}
	printf("service: %u records, checked and used in place\n",
	       document->count);
}

static void use_and_return(int socket, struct shmdev_writable_region *region)
{
	const struct shmdev_region *base = shmdev_base(region);
	struct shmdev_writable_mapping *mapping;

	mapping = shmdev_writable_region_map(region);
	if (!mapping)
		err(1, "service: map");
	use(socket, shmdev_object(mapping, struct document, 0));
	if (shmdev_region_release(base) < 0 ||
	    shmdev_writable_mapping_unmap(mapping) < 0 ||
	    shmdev_region_detach(base) < 0)
		err(1, "service: give back");
	shmdev_writable_region_free(region);
}

/* 0, or why it did not take what it was sent. */
static int serve(int socket)
{
	uint64_t now = shmdev_deadline_after(0);
	struct shmdev_writable_region *region;
	int fd, error;

	fd = shmdev_handle_receive(socket, shmdev_deadline_after(PATIENCE_NS));
	if (fd < 0)
		err(1, "service: receive");
	/* Who releases first and sends then is not waited for. */
	region = shmdev_writable_region_adopt_and_acquire(fd, LEAST, FLAGS, now,
							  NULL);
	if (region) {
		use_and_return(socket, region);
		return 0;
	}

	error = errno;
	close(fd);
	printf("service: refuses it: %s\n", strerror(error));
	tell(socket);
	return error;
}

int main(void)
{
	int sockets[2], status;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		printf("         %s\n", clients[i].name);
		fflush(stdout);
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
			err(1, "socketpair");
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			close(sockets[0]);
			be_client(&clients[i], sockets[1]);
		}
		close(sockets[1]);
		if (serve(sockets[0]) != clients[i].error)
			errx(1, "service: that should have been %s",
			     strerror(clients[i].error));
		fflush(stdout);
		if (waitpid(pid, &status, 0) != pid || status)
			errx(1, "the client failed");
		close(sockets[0]);
	}
	return 0;
}
