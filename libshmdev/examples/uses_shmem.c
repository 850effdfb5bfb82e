// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The protocol UsesShmem that Mozilla explains IPDL's shared memory with:
 *
 *	parent: GiveAndGetBack(Shmem) returns (Shmem); HereYouGo(Shmem)
 *	child: ThanksDone()
 *
 * There the sender of a Shmem must not touch it. Here it cannot.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

enum message { HERE_YOU_GO, GIVE_AND_GET_BACK, THANKS_DONE };

static enum message receive(struct shmdev_channel *channel,
			    struct shmdev_channel_message *message)
{
	uint8_t name;

	while (shmdev_channel_receive(channel, &name, sizeof(name), message))
		if (errno != EAGAIN || shmdev_channel_wait_readable(
				channel, SHMREGION_NO_DEADLINE) < 0)
			err(1, "receive");
	if (message->length != sizeof(name) ||
	    message->count != (name == THANKS_DONE ? 0 : 1))
		errx(1, "not of this protocol");
	return name;
}

static int be_child(struct shmdev_channel *channel)
{
	const uint8_t done = THANKS_DONE;
	struct shmdev_channel_message message;
	char *text;

	while (receive(channel, &message) == GIVE_AND_GET_BACK) {
		text = shmdev_shmem_data(message.shmems[0]);
		strcat(text, ", and back");
		if (shmdev_channel_reply(channel, message.serial, NULL, 0,
					 message.shmems, 1) < 0)
			err(1, "reply");
	}
	printf("child: %s\n", (char *)shmdev_shmem_data(message.shmems[0]));
	fflush(stdout);
	return shmdev_channel_dealloc(channel, &message.shmems[0]) ||
	       shmdev_channel_send(channel, &done, 1, NULL, 0);
}

int main(void)
{
	const uint8_t give = GIVE_AND_GET_BACK, here = HERE_YOU_GO;
	struct shmdev_channel_message message;
	struct shmdev_channel *channel;
	struct shmdev_shmem *shmem;
	int pair[2], status;
	char *text;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		err(1, "socketpair");
	if (fork() == 0)
		return be_child(shmdev_channel_create(pair[0], SHMDEV_CHANNEL_SECOND, NULL));
	close(pair[0]);
	channel = shmdev_channel_create(pair[1], SHMDEV_CHANNEL_FIRST, NULL);
	shmem = shmdev_channel_alloc(channel, 4096);
	if (!shmem)
		err(1, "alloc");
	text = strcpy(shmdev_shmem_data(shmem), "there");
	if (shmdev_channel_call(channel, &give, 1, &shmem, 1, NULL, 0, &message,
				SHMREGION_NO_DEADLINE) < 0 || message.count != 1)
		err(1, "GiveAndGetBack");
	printf("parent: %s\n", text);
	if (shmdev_channel_send(channel, &here, 1, message.shmems, 1) < 0)
		err(1, "HereYouGo");
	if (access(text, F_OK) == 0 || errno != EFAULT)
		errx(1, "what was given away can be read");
	if (receive(channel, &message) != THANKS_DONE)
		errx(1, "no ThanksDone");
	puts("parent: done");
	shmdev_channel_close(channel);
	return wait(&status) < 0 || status;
}
