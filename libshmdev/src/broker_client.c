// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The client of a broker. Also of one that answers nonsense. */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "socket.h"

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

struct shmdev_broker_client {
	int fd;
	uint64_t timeout_ns;
	/* One question at a time. */
	pthread_mutex_t lock;
	/* An answer may be that to an earlier question. */
	bool broken;
};

SHMDEV_API struct shmdev_broker_client *
shmdev_broker_client_create(int fd, uint64_t timeout_ns)
{
	struct shmdev_broker_client *client;

	if (shmdev_socket_check(fd) < 0)
		return NULL;

	client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;

	/* Does not fail: FD_CLOEXEC is the only flag, and fd is open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	client->fd = fd;
	client->timeout_ns = timeout_ns;
	/* Does not fail for a mutex with default attributes. */
	pthread_mutex_init(&client->lock, NULL);

	return client;
}

/* A signal does not end it, or the next answer would be to this question. */
static int wait_for_answer(const struct shmdev_broker_client *client,
			   uint64_t deadline_ns)
{
	int ret;

	do {
		ret = shmdev_socket_wait(client->fd, POLLIN, deadline_ns);
	} while (ret < 0 && errno == EINTR);

	return ret;
}

static int receive_answer(const struct shmdev_broker_client *client,
			  struct received_fds *fds)
{
	struct broker_answer answer;
	ssize_t size;

	size = shmdev_socket_receive(client->fd, &answer, sizeof(answer), fds);
	if (size < 0)
		return errno == ECONNRESET ? shmdev_fail(EPIPE) : -1;
	if (!size)
		return shmdev_fail(EPIPE);
	if (size != sizeof(answer) || answer.magic != BROKER_MAGIC ||
	    answer.error < 0 || answer.error > BROKER_MAX_ERROR ||
	    fds->count != !answer.error)
		return shmdev_fail(EPROTO);

	return answer.error;
}

/* 0 and a handle, the broker's error, or -1. */
static int ask(const struct shmdev_broker_client *client,
	       const struct broker_question *question, int *handle)
{
	struct iovec part = { (void *)question, sizeof(*question) };
	uint64_t deadline_ns = SHMREGION_NO_DEADLINE;
	struct received_fds fds = { .count = 0 };
	int ret;

	if (client->timeout_ns)
		deadline_ns = shmdev_deadline_after(client->timeout_ns);
	if (shmdev_socket_send_parts(client->fd, &part, 1, -1) < 0 ||
	    wait_for_answer(client, deadline_ns) < 0)
		return -1;

	ret = receive_answer(client, &fds);
	if (ret == 0) {
		*handle = fds.fds[0];
		fds.count = 0;
	}
	shmdev_socket_close_fds(&fds);

	return ret;
}

static int ask_alone(struct shmdev_broker_client *client,
		     const struct broker_question *question, int *handle)
{
	int error, ret = -1;

	pthread_mutex_lock(&client->lock);
	if (client->broken) {
		error = EPROTO;
	} else {
		ret = ask(client, question, handle);
		error = ret < 0 ? errno : ret;
		/* With no file descriptor left the answer was read, too. */
		client->broken = ret < 0 && error != EPIPE && error != EMFILE;
	}
	pthread_mutex_unlock(&client->lock);

	return error ? shmdev_fail(error) : 0;
}

static struct shmdev_region *adopt(int handle, uint64_t size, uint32_t mode)
{
	struct shmdev_region *region;

	region = shmdev_region_adopt(handle, UINT32_C(1) << mode, RIGHTS, size);
	if (!region) {
		shmdev_close_keep_errno(handle);
		return NULL;
	}

	if (shmdev_region_size(region) != size) {
		errno = EPROTO;
		goto err_free_region;
	}
	if (mode == SHMREGION_MODE_WRITABLE &&
	    shmdev_region_try_acquire(region, NULL) < 0)
		goto err_free_region;

	return region;

err_free_region:
	shmdev_region_free(region);

	return NULL;
}

SHMDEV_API struct shmdev_region *
shmdev_broker_client_request(struct shmdev_broker_client *client,
			     uint64_t size, uint32_t mode, uint32_t flags,
			     const char *label)
{
	struct broker_question question = {
		.magic = BROKER_MAGIC,
		.request = {
			.size = size,
			.mode = mode,
			.flags = flags,
		},
	};
	size_t length = label ? strnlen(label, SHMREGION_LABEL_SIZE) : 0;
	int handle = -1;

	if (!client || length == SHMREGION_LABEL_SIZE ||
	    (mode != SHMREGION_MODE_WRITABLE && mode != SHMREGION_MODE_UNSAFE)) {
		errno = EINVAL;
		return NULL;
	}
	if (length)
		memcpy(question.request.label, label, length);

	if (ask_alone(client, &question, &handle) < 0)
		return NULL;

	return adopt(handle, size, mode);
}

static struct shmdev_region *create_hook(void *context, uint64_t size,
					 uint32_t mode, uint32_t flags,
					 const char *label)
{
	return shmdev_broker_client_request(context, size, mode, flags, label);
}

SHMDEV_API int shmdev_broker_client_install(struct shmdev_broker_client *client)
{
	const struct shmdev_hooks hooks = {
		.create = create_hook,
		.context = client,
	};

	if (!client)
		return shmdev_fail(EINVAL);

	shmdev_hooks_set(&hooks);
	return 0;
}

SHMDEV_API void shmdev_broker_client_free(struct shmdev_broker_client *client)
{
	if (!client)
		return;

	shmdev_close_keep_errno(client->fd);
	pthread_mutex_destroy(&client->lock);
	free(client);
}
