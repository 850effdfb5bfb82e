// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The broker: creates regions for a client that it does not trust. */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
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
	/* One with a controller, that the client has not joined yet. */
	struct shmdev_region *pending;
	uint32_t pending_mode;
	bool broken;
};

/* The longest that a client may say, and what it is. */
union broker_words {
	uint32_t magic;
	struct broker_question question;
	struct broker_joined joined;
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
static ssize_t receive(int fd, union broker_words *words)
{
	struct iovec part = { words, sizeof(*words) };
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

static int check_joined(const struct broker_joined *joined, size_t size)
{
	if (size != sizeof(*joined) || joined->magic != BROKER_JOINED ||
	    joined->reserved)
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

static bool is_controlled(const struct shmdev_broker_request *request)
{
	return request->flags & SHMREGION_CREATE_CONTROLLED;
}

/*
 * What the region is until the client has it. Without a controller: nobody's, so
 * that the client can acquire it, and the client cannot make this process the
 * owner again. With one: nobody but this process has access.
 */
static int prepare(const struct shmdev_region *region,
		   const struct shmdev_broker_request *request)
{
	if (is_controlled(request))
		return shmdev_region_limit_others(region, 0);

	if (request->mode == SHMREGION_MODE_WRITABLE &&
	    shmdev_region_release(region) < 0)
		return -1;

	return shmdev_region_detach(region);
}

/* A region, and the handle for the client. */
static struct shmdev_region *
create(const struct shmdev_broker_request *request, int *handle)
{
	struct shmdev_region *region;

	region = shmdev_region_create(request->size, request->mode,
				      request->flags, request->label);
	if (!region)
		return NULL;

	if (prepare(region, request) < 0)
		goto err_free_region;
	*handle = shmdev_raw_dup(shmdev_region_fd(region), RIGHTS);
	if (*handle < 0)
		goto err_free_region;

	return region;

err_free_region:
	shmdev_region_free(region);

	return NULL;
}

/*
 * A client reads an answer before it says anything more. So it holds one file
 * descriptor at most that is on its way, of those that a user can have.
 */
static int check_all_read(int fd)
{
	int unread;

	if (ioctl(fd, SIOCOUTQ, &unread) < 0)
		return -1;

	return unread ? shmdev_fail(EPROTO) : 0;
}

/*
 * The errno of a failure to send tells whose it is. There is room for one answer,
 * so a socket without room is the client's doing. All else but its end comes from
 * this machine, and says nothing about this client.
 */
static int answer(const struct shmdev_broker *broker, int error, int handle)
{
	struct broker_answer answer = {
		.magic = BROKER_MAGIC,
		.error = error,
	};
	struct iovec part = { &answer, sizeof(answer) };

	if (shmdev_socket_send_parts(broker->fd, &part, 1, handle) == 0)
		return 0;

	return errno == EAGAIN ? shmdev_fail(EPROTO) : -1;
}

static void count(struct shmdev_broker *broker, uint64_t size)
{
	broker->regions++;
	broker->bytes += whole_pages(size);
}

static void uncount(struct shmdev_broker *broker, uint64_t size)
{
	broker->regions--;
	broker->bytes -= whole_pages(size);
}

/* The program's now, if it wants it. */
static void pass_on(const struct shmdev_broker *broker,
		    struct shmdev_region *region, uint64_t member)
{
	const struct shmdev_broker_policy *policy = &broker->policy;

	if (policy->created)
		policy->created(policy->context, region, member);
	else
		shmdev_region_free(region);
}

/*
 * Sends the handle. What cannot be sent, for want of memory say, or because other
 * clients leave too many file descriptors unread (ETOOMANYREFS), is as if it had
 * not been created: the client hears why, and can ask again.
 */
static int deliver(const struct shmdev_broker *broker, int handle)
{
	int ret;

	ret = answer(broker, 0, handle);
	shmdev_close_keep_errno(handle);

	return ret;
}

static int grant(struct shmdev_broker *broker,
		 const struct shmdev_broker_request *request)
{
	struct shmdev_region *region;
	int handle;

	region = create(request, &handle);
	if (!region)
		return answer(broker, errno, -1);

	if (deliver(broker, handle) < 0) {
		shmdev_region_free(region);
		return errno == EPIPE || errno == EPROTO ?
			       -1 : answer(broker, errno, -1);
	}

	count(broker, request->size);
	if (is_controlled(request)) {
		broker->pending = region;
		broker->pending_mode = request->mode;
	} else {
		pass_on(broker, region, 0);
	}

	return 0;
}

/* Gives a member access, and ownership where there is any. */
static int admit(const struct shmdev_region *region, uint32_t mode,
		 uint64_t member)
{
	struct shmdev_process client = shmdev_by_member(member);

	if (shmdev_region_limit(region, client, RIGHTS) < 0)
		return -1;
	if (mode == SHMREGION_MODE_WRITABLE &&
	    shmdev_region_transfer(region, client) < 0)
		return -1;

	/* From now on the client cannot make this process the owner. */
	return shmdev_region_detach(region);
}

static int finish(struct shmdev_broker *broker, uint64_t member)
{
	struct shmdev_region *region = broker->pending;
	int error;

	broker->pending = NULL;
	if (admit(region, broker->pending_mode, member) < 0) {
		error = errno;
		uncount(broker, shmdev_region_size(region));
		shmdev_region_destroy(region);
		shmdev_region_free(region);
		return answer(broker, error, -1);
	}

	pass_on(broker, region, member);
	return answer(broker, 0, -1);
}

static int serve_question(struct shmdev_broker *broker,
			  const struct broker_question *question, size_t size)
{
	if (check_question(question, size) < 0)
		return -1;
	if (judge(broker, &question->request) < 0)
		return answer(broker, errno, -1);

	return grant(broker, &question->request);
}

static int serve(struct shmdev_broker *broker)
{
	union broker_words words;
	ssize_t size;

	size = receive(broker->fd, &words);
	if (size < 0)
		return errno == ECONNRESET ? shmdev_fail(EPIPE) : -1;
	if (!size)
		return shmdev_fail(EPIPE);
	if (check_all_read(broker->fd) < 0)
		return -1;
	if (!broker->pending)
		return serve_question(broker, &words.question, (size_t)size);
	if (check_joined(&words.joined, (size_t)size) < 0)
		return -1;

	return finish(broker, words.joined.member);
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

	uncount(broker, size);
	return 0;
}

SHMDEV_API void shmdev_broker_free(struct shmdev_broker *broker)
{
	if (!broker)
		return;

	shmdev_region_free(broker->pending);
	shmdev_close_keep_errno(broker->fd);
	free(broker);
}
