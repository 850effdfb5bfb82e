// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Tutorial, step 1: hand a buffer over. The sender fills it and sends it. The
 * receiver uses it in place. A store of the sender after that raises SIGSEGV.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define SIZE		4096
#define PATIENCE_NS	UINT64_C(60000000000)

/* Creates a region, fills it, lets go of it and sends its handle. */
static int be_sender(int socket)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS);
	struct shmdev_writable_region *region;
	struct shmdev_writable_mapping *mapping;
	char *text, byte;

	region = shmdev_writable_region_create(SIZE, 0, "tutorial");
	mapping = region ? shmdev_writable_region_map(region) : NULL;
	if (!mapping)
		err(1, "sender: create");
	text = shmdev_writable_mapping_data(mapping);
	snprintf(text, SIZE, "a message");
	printf("sender:   wrote \"%s\"\n", text);
	fflush(stdout);

	if (shmdev_region_release(shmdev_base(region)) < 0 ||
	    shmdev_handle_send(socket, shmdev_base(region), deadline) < 0)
		err(1, "sender: send");

	/* Wait until the receiver has checked the text. Then try to change it. */
	if (read(socket, &byte, 1) != 1)
		errx(1, "sender: no receiver");
	text[0] = 'X';
	return 0;
}

int main(void)
{
	uint64_t deadline = shmdev_deadline_after(PATIENCE_NS);
	struct shmdev_writable_region *region;
	struct shmdev_writable_mapping *mapping;
	int sockets[2], fd, status;
	const char *text;
	pid_t sender;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
		err(1, "socketpair");
	sender = fork();
	if (sender < 0)
		err(1, "fork");
	if (sender == 0)
		return be_sender(sockets[1]);

	/* Believe the kernel, not the sender: size, mode, owner. */
	fd = shmdev_handle_receive(sockets[0], deadline);
	if (fd < 0)
		err(1, "receiver: receive");
	region = shmdev_writable_region_adopt_and_acquire(fd, SIZE, 0, deadline,
							  NULL);
	mapping = region ? shmdev_writable_region_map(region) : NULL;
	if (!mapping)
		err(1, "receiver: take over");

	/* Nobody else can write: what is checked now stays true. */
	text = shmdev_writable_mapping_data(mapping);
	if (!memchr(text, '\0', SIZE))
		errx(1, "receiver: no end of the text");
	printf("receiver: checked \"%s\"\n", text);

	if (write(sockets[0], "", 1) != 1 || waitpid(sender, &status, 0) != sender)
		err(1, "receiver: wait");
	if (WIFSIGNALED(status))
		printf("receiver: the sender ended: %s\n",
		       strsignal(WTERMSIG(status)));
	printf("receiver: uses \"%s\"\n", text);

	shmdev_writable_mapping_unmap(mapping);
	shmdev_writable_region_free(region);
	return 0;
}
