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

/* @handles: how many come with success. */
static int receive_answer(const struct shmdev_broker_client *client,
			  uint32_t handles, struct received_fds *fds)
{
	struct broker_answer answer;
	ssize_t size;

	size = shmdev_socket_receive(client->fd, &answer, sizeof(answer),
				     false, fds);
	if (size < 0)
		return errno == ECONNRESET ? shmdev_fail(EPIPE) : -1;
	if (!size)
		return shmdev_fail(EPIPE);
	if (size != sizeof(answer) || answer.magic != BROKER_MAGIC ||
	    answer.error < 0 || answer.error > BROKER_MAX_ERROR ||
	    fds->count != (answer.error ? 0 : handles))
		return shmdev_fail(EPROTO);

	return answer.error;
}

/* 0, and a handle where one is wanted; the broker's error, or -1. */
static int exchange(const struct shmdev_broker_client *client,
		    const void *words, size_t size, int *handle)
{
	struct iovec part = { (void *)words, size };
	uint64_t deadline_ns = SHMREGION_NO_DEADLINE;
	struct received_fds fds = { .count = 0 };
	int ret;

	if (client->timeout_ns)
		deadline_ns = shmdev_deadline_after(client->timeout_ns);
	if (shmdev_socket_send_parts(client->fd, &part, 1, -1) < 0 ||
	    wait_for_answer(client, deadline_ns) < 0)
		return -1;

	ret = receive_answer(client, handle ? 1 : 0, &fds);
	if (ret == 0 && handle) {
		*handle = fds.fds[0];
		fds.count = 0;
	}
	shmdev_socket_close_fds(&fds);

	return ret;
}

/* The same, unless an answer is missing or made no sense. */
static int ask(struct shmdev_broker_client *client, const void *words,
	       size_t size, int *handle)
{
	int error, ret;

	if (client->broken)
		return shmdev_fail(EPROTO);

	ret = exchange(client, words, size, handle);
	error = ret < 0 ? errno : ret;
	/* With no file descriptor left the answer was read, too. */
	client->broken = ret < 0 && error != EPIPE && error != EMFILE;

	return error ? shmdev_fail(error) : 0;
}

static bool is_controlled(const struct shmdev_broker_request *request)
{
	return request->flags & SHMREGION_CREATE_CONTROLLED;
}

/*
 * Adopts the region and agrees to be given it. The controller of one that was
 * asked for with a controller is the broker.
 */
static struct shmdev_region *adopt(int handle,
				   const struct shmdev_broker_request *request,
				   uint64_t *member)
{
	uint32_t flags = is_controlled(request) ? SHMDEV_ADOPT_TRUST_CONTROLLER :
						  0;
	struct shmdev_region *region;

	region = shmdev_region_adopt(handle, UINT32_C(1) << request->mode,
				     RIGHTS, request->size, flags);
	if (!region) {
		shmdev_close_keep_errno(handle);
		return NULL;
	}
	if (shmdev_region_attach(region, member) < 0) {
		shmdev_region_free(region);
		return NULL;
	}

	return region;
}

/*
 * Tells the broker who is to have the region. 0 if nobody is: the broker then
 * destroys it, and both are ready for the next question.
 */
static int join(struct shmdev_broker_client *client, uint64_t member)
{
	const struct broker_joined joined = {
		.magic = BROKER_JOINED,
		.member = member,
	};
	int saved = errno;

	if (ask(client, &joined, sizeof(joined), NULL) < 0 && member)
		return -1;

	errno = saved;
	return 0;
}

/* Nobody owned it, or the broker has transferred it. */
static int own(const struct shmdev_region *region,
	       const struct shmdev_broker_request *request)
{
	if (request->mode == SHMREGION_MODE_WRITABLE &&
	    shmdev_region_try_acquire(region, NULL) < 0)
		return -1;

	return shmdev_check_created(region, request->size, request->mode,
				    request->flags) ? 0 : shmdev_fail(EPROTO);
}

static struct shmdev_region *receive(struct shmdev_broker_client *client,
				     int handle,
				     const struct shmdev_broker_request *request)
{
	struct shmdev_region *region;
	uint64_t member = 0;

	region = adopt(handle, request, &member);
	if ((is_controlled(request) && join(client, member) < 0) ||
	    (region && own(region, request) < 0)) {
		shmdev_region_free(region);
		return NULL;
	}

	return region;
}

/* One thread at a time: what follows belongs to the question. */
static struct shmdev_region *
ask_alone(struct shmdev_broker_client *client,
	  const struct broker_question *question)
{
	struct shmdev_region *region = NULL;
	int handle;

	pthread_mutex_lock(&client->lock);
	if (ask(client, question, sizeof(*question), &handle) == 0)
		region = receive(client, handle, &question->request);
	pthread_mutex_unlock(&client->lock);

	return region;
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

	if (!client || length == SHMREGION_LABEL_SIZE ||
	    (mode != SHMREGION_MODE_WRITABLE && mode != SHMREGION_MODE_UNSAFE)) {
		errno = EINVAL;
		return NULL;
	}
	if (length)
		memcpy(question.request.label, label, length);

	return ask_alone(client, &question);
}

static struct shmdev_region *create_hook(void *context, uint64_t size,
					 uint32_t mode, uint32_t wanted,
					 uint32_t flags, const char *label)
{
	/* What becomes of a region is no matter to a broker without CONTROL. */
	(void)wanted;
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
