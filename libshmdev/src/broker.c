// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The broker: creates regions for a client that it does not trust. */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

#define RIGHTS	(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

struct shmdev_broker {
	int fd;
	struct shmdev_broker_policy policy;
	/* What counts. */
	uint64_t bytes;
	uint32_t regions;
	bool broken;
};

SHMDEV_API struct shmdev_broker *
shmdev_broker_create(int fd, const struct shmdev_broker_policy *policy)
{
	struct shmdev_broker *broker;

	if (!policy) {
		errno = EINVAL;
		return NULL;
	}
	if (shmdev_socket_check(fd) < 0)
		return NULL;

	broker = calloc(1, sizeof(*broker));
	if (!broker)
		return NULL;

	/* Does not fail: FD_CLOEXEC is the only flag, and fd is open. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	broker->fd = fd;
	broker->policy = *policy;

	return broker;
}

SHMDEV_API int shmdev_broker_fd(const struct shmdev_broker *broker)
{
	return broker ? broker->fd : shmdev_fail(EINVAL);
}

/*
 * Without room for file descriptors: the kernel drops those that the client
 * sends, so that none, of a file system that it serves say, has to be closed.
 */
static ssize_t receive(int fd, struct broker_question *question)
{
	struct iovec part = { question, sizeof(*question) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t size;

	size = recvmsg(fd, &message, MSG_DONTWAIT);
	if (size > 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return shmdev_fail(EPROTO);

	return size;
}

static int check_question(const struct broker_question *question, size_t size)
{
	const char *label = question->request.label;

	if (size != sizeof(*question) || question->magic != BROKER_MAGIC ||
	    question->reserved || !memchr(label, '\0', SHMREGION_LABEL_SIZE))
		return shmdev_fail(EPROTO);

	return 0;
}

static uint64_t whole_pages(uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return size > UINT64_MAX - (page - 1) ? UINT64_MAX :
						(size + page - 1) / page * page;
}

/* Sets the error to refuse with. */
static int judge(const struct shmdev_broker *broker,
		 const struct shmdev_broker_request *request)
{
	const struct shmdev_broker_policy *policy = &broker->policy;
	int error = 0;

	if (request->flags & ~policy->flags)
		return shmdev_fail(EPERM);
	if (request->size > policy->max_region_bytes)
		return shmdev_fail(ENOSPC);
	if (broker->regions >= policy->max_regions ||
	    whole_pages(request->size) > policy->max_bytes - broker->bytes)
		return shmdev_fail(EDQUOT);

	if (policy->allow)
		error = policy->allow(policy->context, request);
	if (error < 0 || error > BROKER_MAX_ERROR)
		error = EPERM;

	return error ? shmdev_fail(error) : 0;
}

/* Nobody can make this process the owner again. */
static int give_up(const struct shmdev_region *region)
{
	if (shmdev_region_release(region) < 0)
		return -1;

	return shmdev_region_detach(region);
}

/* A region without an owner, and the handle for the client. */
static struct shmdev_region *
create(const struct shmdev_broker_request *request, int *handle)
{
	struct shmdev_region *region;

	region = shmdev_region_create(request->size, request->mode,
				      request->flags, request->label);
	if (!region)
		return NULL;

	if (request->mode == SHMREGION_MODE_WRITABLE && give_up(region) < 0)
		goto err_free_region;
	*handle = shmdev_raw_dup(shmdev_region_fd(region), RIGHTS);
	if (*handle < 0)
		goto err_free_region;

	return region;

err_free_region:
	shmdev_region_free(region);

	return NULL;
}

/* A client that has no room for the answer has asked without reading. */
static int answer(const struct shmdev_broker *broker, int error, int handle)
{
	struct broker_answer answer = {
		.magic = BROKER_MAGIC,
		.error = error,
	};
	struct iovec part = { &answer, sizeof(answer) };

	if (shmdev_socket_send_parts(broker->fd, &part, 1, handle) < 0)
		return shmdev_fail(errno == EPIPE ? EPIPE : EPROTO);

	return 0;
}

static int grant(struct shmdev_broker *broker,
		 const struct shmdev_broker_request *request)
{
	const struct shmdev_broker_policy *policy = &broker->policy;
	struct shmdev_region *region;
	int handle, ret;

	region = create(request, &handle);
	if (!region)
		return answer(broker, errno, -1);

	broker->regions++;
	broker->bytes += whole_pages(request->size);
	if (policy->created)
		policy->created(policy->context, region);
	else
		shmdev_region_free(region);

	ret = answer(broker, 0, handle);
	shmdev_close_keep_errno(handle);

	return ret;
}

static int serve(struct shmdev_broker *broker)
{
	struct broker_question question;
	ssize_t size;

	size = receive(broker->fd, &question);
	if (size < 0)
		return errno == ECONNRESET ? shmdev_fail(EPIPE) : -1;
	if (!size)
		return shmdev_fail(EPIPE);
	if (check_question(&question, (size_t)size) < 0)
		return -1;

	if (judge(broker, &question.request) < 0)
		return answer(broker, errno, -1);

	return grant(broker, &question.request);
}

SHMDEV_API int shmdev_broker_serve(struct shmdev_broker *broker)
{
	if (!broker)
		return shmdev_fail(EINVAL);
	if (broker->broken)
		return shmdev_fail(EPROTO);
	if (serve(broker) == 0)
		return 0;

	broker->broken = errno == EPROTO;
	return -1;
}

SHMDEV_API int shmdev_broker_run(struct shmdev_broker *broker)
{
	int ret;

	do {
		ret = shmdev_broker_serve(broker);
		if (ret < 0 && errno == EAGAIN)
			ret = shmdev_socket_wait(broker->fd, POLLIN,
						 SHMREGION_NO_DEADLINE);
	} while (ret == 0);

	return errno == EPIPE ? 0 : -1;
}

SHMDEV_API int shmdev_broker_refund(struct shmdev_broker *broker, uint64_t size)
{
	if (!broker || !size || !broker->regions ||
	    whole_pages(size) > broker->bytes)
		return shmdev_fail(EINVAL);

	broker->regions--;
	broker->bytes -= whole_pages(size);

	return 0;
}

SHMDEV_API void shmdev_broker_free(struct shmdev_broker *broker)
{
	if (!broker)
		return;

	shmdev_close_keep_errno(broker->fd);
	free(broker);
}
