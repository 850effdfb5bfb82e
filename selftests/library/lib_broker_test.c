// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brokers of libshmdev: another process gets its regions from this one, within
 * limits. Clients that break the rules are not served, brokers that do are not
 * believed, and neither leaves anything here.
 */
#include "../../libshmdev/src/broker.h"
#include <shmdev.h>

#include "helpers.h"
#include "wire.h"
#include "harness.h"
#include <poll.h>
#include <limits.h>
#include <pthread.h>

#define WRITABLE SHMREGION_MODE_WRITABLE
#define UNSAFE SHMREGION_MODE_UNSAFE

static struct {
	int sockets[2];
	struct shmdev_broker_client *client;
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
} my;

static bool make_sockets(void)
{
	return !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			   my.sockets);
}

/*
 * Steps of the client.
 */

static long be_client(void *data, long unused)
{
	(void)data;
	(void)unused;
	close(my.sockets[0]);
	my.client = shmdev_broker_client_create(my.sockets[1], 0);
	if (!my.client)
		return -errno;
	return shmdev_broker_client_install(my.client) < 0 ? -errno : 0;
}

static long step_create(void *mode, long size)
{
	shmdev_region_free(my.region);
	my.region = shmdev_region_create(size, (uintptr_t)mode, 0, "client");
	return my.region ? 0 : -errno;
}

static long step_create_controlled(void *mode, long size)
{
	shmdev_region_free(my.region);
	my.region = shmdev_region_create(size, (uintptr_t)mode,
					 SHMREGION_CREATE_CONTROLLED, "client");
	return my.region ? 0 : -errno;
}

static long step_create_populated(void *data, long size)
{
	(void)data;
	return shmdev_region_create(size, UNSAFE, SHMREGION_CREATE_POPULATE,
				    NULL) ? 0 : -errno;
}

static long step_create_badly_named(void *data, long size)
{
	(void)data;
	return shmdev_region_create(size, UNSAFE, 0, "\n") ? 0 : -errno;
}

static long step_write(void *data, long value)
{
	(void)data;
	if (!my.mapping)
		my.mapping = shmdev_region_map(my.region, 0, 1,
					       SHMDEV_MAP_READ |
					       SHMDEV_MAP_WRITE);
	if (!my.mapping)
		return -errno;
	return -touch_write(shmdev_mapping_data_writable(my.mapping), value);
}

static long step_rights(void *data, long unused)
{
	(void)data;
	(void)unused;
	return shmdev_region_rights(my.region);
}

static long step_give(void *data, long pid)
{
	(void)data;
	return shmdev_region_transfer(my.region, shmdev_by_pid(pid)) < 0 ?
		       -errno : 0;
}

static long step_give_member(void *data, long member)
{
	(void)data;
	return shmdev_region_transfer(my.region, shmdev_by_member(member)) < 0 ?
		       -errno : 0;
}

static long step_member(void *data, long unused)
{
	(void)data;
	(void)unused;
	return (long)shmdev_region_member(my.region);
}

/* What another process can do with the client's handle. */
static long step_let_child_try(void *data, long unused)
{
	int status;
	pid_t pid;

	(void)data;
	(void)unused;
	pid = fork();
	if (pid == 0) {
		my.mapping = shmdev_region_map(my.region, 0, 1,
					       SHMDEV_MAP_READ);
		_exit(my.mapping ?
			      touch_read(shmdev_mapping_data(my.mapping)) :
			      errno);
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

static long step_be_nobody(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (setgid(65534) || setuid(65534))
		return -errno;
	return shmdev_open() < 0 ? -errno : 0;
}

/*
 * Steps with a handle that the process inherited.
 */

static long step_attach(void *data, long unused)
{
	(void)unused;
	return shmdev_raw_attach(*(int *)data, NULL) < 0 ? -errno : 0;
}

static long step_acquire(void *data, long unused)
{
	(void)unused;
	return shmdev_raw_acquire(*(int *)data, SHMREGION_ACQUIRE_NOWAIT, 0,
				  NULL, NULL) < 0 ? -errno : 0;
}

static long step_map_and_touch(void *data, long unused)
{
	void *memory = map_region(*(int *)data, 1, PROT_READ);

	(void)unused;
	return memory == MAP_FAILED ? -errno : -touch_read(memory);
}

/* Create a region in which nobody else has access, and pass it on. */
static long step_create_limited(void *data, long unused)
{
	const int *sockets = data;
	int fd = make_region(PAGE, WRITABLE, SHMREGION_CREATE_CONTROLLED);

	(void)unused;
	if (shmdev_raw_limit_others(fd, 0))
		return -errno;
	return send_fd(sockets[1], fd);
}

/*
 * The broker.
 */

FIXTURE(broker)
{
	struct shmdev_broker_policy policy;
	struct shmdev_broker *broker;
	struct shmdev_region *created;
	uint64_t member;
	int allow_error;
	uint64_t allow_size;
	struct peer peer;
	int fds;
};

static int allow(void *context, const struct shmdev_broker_request *request)
{
	FIXTURE_DATA(broker) * self = context;

	self->allow_size = request->size;
	return self->allow_error;
}

static void created(void *context, struct shmdev_region *region,
		    uint64_t member)
{
	FIXTURE_DATA(broker) * self = context;

	shmdev_region_free(self->created);
	self->created = region;
	self->member = member;
}

FIXTURE_SETUP(broker)
{
	self->created = NULL;
	self->allow_error = 0;
	self->policy = (struct shmdev_broker_policy){
		.max_region_bytes = 8 * PAGE,
		.max_bytes = 12 * PAGE,
		.max_regions = 3,
		.flags = SHMREGION_CREATE_CONTROLLED,
		.allow = allow,
		.created = created,
		.context = self,
	};
	ASSERT_TRUE(make_sockets());
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	ASSERT_EQ(0, peer_do(&self->peer, be_client, NULL, 0));
	close(my.sockets[1]);
	self->broker = shmdev_broker_create(my.sockets[0], &self->policy);
	ASSERT_NE(NULL, self->broker);
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(broker)
{
	peer_stop(&self->peer);
	shmdev_region_free(self->created);
	shmdev_broker_free(self->broker);
}

/* Answer one request, when it comes. */
static int serve(struct shmdev_broker *broker)
{
	struct pollfd poll_fd = {
		.fd = shmdev_broker_fd(broker),
		.events = POLLIN,
	};

	poll(&poll_fd, 1, -1);
	return shmdev_broker_serve(broker);
}

/* What the client comes to when it does that step. */
static long serve_step(struct shmdev_broker *broker, const struct peer *peer,
		       peer_step step, uint32_t mode, long size)
{
	peer_begin(peer, step, (void *)(uintptr_t)mode, size);
	serve(broker);
	return peer_finish(peer);
}

#define do_create(mode, size)						\
	serve_step(self->broker, &self->peer, step_create, mode, size)

/* With a controller: the client joins the region in between. */
static long serve_controlled(struct shmdev_broker *broker,
			     const struct peer *peer, uint32_t mode, long size)
{
	peer_begin(peer, step_create_controlled, (void *)(uintptr_t)mode, size);
	serve(broker);
	serve(broker);
	return peer_finish(peer);
}

#define do_create_controlled(mode, size)				\
	serve_controlled(self->broker, &self->peer, mode, size)

/* rows: C80 C81 */
TEST_F(broker, client_that_cannot_open_the_device_gets_a_region)
{
	struct shmregion_info info;

	EXPECT_EQ(-EACCES, peer_do(&self->peer, step_be_nobody, NULL, 0));
	EXPECT_EQ(0, do_create(WRITABLE, PAGE + 1));
	EXPECT_EQ(PAGE + 1, self->allow_size);
	ASSERT_NE(NULL, self->created);

	ASSERT_EQ(0, shmdev_region_info(self->created, &info));
	EXPECT_EQ(PAGE + 1, info.out_region_size);
	EXPECT_STREQ("client", info.out_label);
	EXPECT_EQ(self->peer.pid, info.out_owner_pid);
	EXPECT_EQ(0, info.out_access);
	EXPECT_EQ(RIGHTS_RW, info.out_rights);
	EXPECT_EQ(SHMREGION_STATE_OWNED, info.out_state &
		  ~SHMREGION_STATE_ALLOCATED);
	EXPECT_EQ(0, info.out_member);
	EXPECT_EQ(0, self->member);

	EXPECT_EQ(RIGHTS_RW, peer_do(&self->peer, step_rights, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
}

/* rows: C80 */
TEST_F(broker, unsafe_region_is_for_all)
{
	EXPECT_EQ(0, do_create(UNSAFE, 1));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
	EXPECT_EQ(UNSAFE, shmdev_region_mode(self->created));
}

TEST_F(broker, client_cannot_make_the_broker_an_owner)
{
	EXPECT_EQ(0, do_create(WRITABLE, PAGE));
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_give, NULL, getpid()));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
}

/* The client need not trust the broker. */
TEST_F(broker, is_no_controller_unless_asked)
{
	const struct shmdev_process client = shmdev_by_pid(self->peer.pid);

	EXPECT_EQ(0, do_create(WRITABLE, PAGE));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
	EXPECT_EQ(EPERM, errno_of(shmdev_region_reclaim(self->created)));
	EXPECT_EQ(EPERM, errno_of(shmdev_region_limit(self->created, client,
						      0)));
	EXPECT_EQ(EPERM, errno_of(shmdev_region_limit_others(self->created,
							     0)));
	EXPECT_EQ(EPERM, errno_of(shmdev_region_destroy(self->created)));
	EXPECT_EQ(EAGAIN, errno_of(shmdev_region_try_acquire(self->created,
							     NULL)));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 2));
}

TEST_F(broker, controller_can_take_back_and_destroy)
{
	EXPECT_EQ(0, do_create_controlled(WRITABLE, PAGE));
	EXPECT_EQ(RIGHTS_ALL, shmdev_region_rights(self->created));
	EXPECT_EQ(RIGHTS_RW, peer_do(&self->peer, step_rights, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));

	EXPECT_EQ(0, shmdev_region_reclaim(self->created));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_write, NULL, 2));
	EXPECT_EQ(0, shmdev_region_destroy(self->created));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_write, NULL, 2));
}

TEST_F(broker, controller_limits_its_client_by_member_id)
{
	struct shmdev_process client;

	EXPECT_EQ(0, do_create_controlled(UNSAFE, PAGE));
	EXPECT_EQ((long)self->member, peer_do(&self->peer, step_member, NULL,
					      0));
	client = shmdev_by_member(self->member);
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
	EXPECT_EQ(0, shmdev_region_limit(self->created, client, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->peer, step_write, NULL, 2));
	EXPECT_EQ(0, shmdev_region_limit(self->created, client, RIGHTS_RW));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 3));
}

/* Nobody has access but the client. */
TEST_F(broker, controlled_region_is_for_the_client_alone)
{
	EXPECT_EQ(0, do_create_controlled(UNSAFE, PAGE));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
	EXPECT_EQ(SIGSEGV, peer_do(&self->peer, step_let_child_try, NULL,
				   0));
	/* The program that runs the broker can admit others. */
	EXPECT_EQ(0, shmdev_region_limit_others(self->created, RIGHTS_RO));
	EXPECT_EQ(0, peer_do(&self->peer, step_let_child_try, NULL, 0));
}

TEST_F(broker, client_cannot_make_a_controller_an_owner)
{
	EXPECT_EQ(0, do_create_controlled(WRITABLE, PAGE));
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_give, NULL, getpid()));
	/* The creator of a region is the first of its members. */
	EXPECT_EQ(-ESRCH, peer_do(&self->peer, step_give_member, NULL, 1));
	EXPECT_EQ(0, peer_do(&self->peer, step_write, NULL, 1));
}

TEST_F(broker, one_region_is_limited)
{
	EXPECT_EQ(-ENOSPC, do_create(WRITABLE, 8 * PAGE + 1));
	EXPECT_EQ(-ENOSPC, do_create(WRITABLE, LONG_MAX));
	EXPECT_EQ(NULL, self->created);
	EXPECT_EQ(0, do_create(WRITABLE, 8 * PAGE));
}

TEST_F(broker, number_is_limited)
{
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, do_create(WRITABLE, 1));
	EXPECT_EQ(-EDQUOT, do_create(WRITABLE, 1));
	EXPECT_EQ(-EDQUOT, serve_step(self->broker, &self->peer,
				      step_create_controlled, WRITABLE, 1));
	EXPECT_EQ(0, shmdev_broker_refund(self->broker, 1));
	EXPECT_EQ(0, do_create(WRITABLE, 1));
	EXPECT_EQ(-EDQUOT, do_create(WRITABLE, 1));
}

TEST_F(broker, whole_pages_are_limited)
{
	EXPECT_EQ(0, do_create(UNSAFE, 4 * PAGE));
	EXPECT_EQ(0, do_create(UNSAFE, 7 * PAGE - 1));
	/* 11 of 12 are used. */
	EXPECT_EQ(-EDQUOT, do_create(UNSAFE, PAGE + 1));
	EXPECT_EQ(0, do_create(UNSAFE, 1));
	EXPECT_EQ(0, shmdev_broker_refund(self->broker, 7 * PAGE - 1));
	EXPECT_EQ(-EDQUOT, do_create(UNSAFE, 7 * PAGE + 1));
	EXPECT_EQ(0, do_create(UNSAFE, 7 * PAGE));
}

TEST_F(broker, refund_is_not_for_more_than_counts)
{
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(self->broker, 1)));
	EXPECT_EQ(0, do_create(UNSAFE, PAGE));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(self->broker, 0)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(self->broker,
							PAGE + 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(self->broker,
							UINT64_MAX)));
	EXPECT_EQ(0, shmdev_broker_refund(self->broker, PAGE));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(self->broker, 1)));
}

/* rows: C80 */
TEST_F(broker, errors_pass_through)
{
	self->allow_error = EXDEV;
	EXPECT_EQ(-EXDEV, do_create(WRITABLE, 1));
	/* A callback that returns no error number refuses. */
	self->allow_error = -1;
	EXPECT_EQ(-EPERM, do_create(WRITABLE, 1));
	self->allow_error = 0;
	EXPECT_EQ(-EPERM, serve_step(self->broker, &self->peer,
				     step_create_populated, 0, PAGE));
	/* Of the kernel. */
	EXPECT_EQ(-EINVAL, do_create(WRITABLE, 0));
	EXPECT_EQ(-EINVAL, serve_step(self->broker, &self->peer,
				      step_create_badly_named, 0, PAGE));
	EXPECT_EQ(NULL, self->created);
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(0, do_create(WRITABLE, 1));
}

TEST_F(broker, flags_that_are_allowed_work)
{
	shmdev_broker_free(self->broker);
	peer_stop(&self->peer);
	self->policy.flags = SHMREGION_CREATE_POPULATE;
	ASSERT_TRUE(make_sockets());
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, be_client, NULL, 0));
	close(my.sockets[1]);
	self->broker = shmdev_broker_create(my.sockets[0], &self->policy);
	ASSERT_NE(NULL, self->broker);

	EXPECT_EQ(0, serve_step(self->broker, &self->peer,
				step_create_populated, 0, 2 * PAGE));
	EXPECT_EQ(2 * PAGE, resident_of(shmdev_region_fd(self->created)));
}

TEST_F(broker, keeps_nothing_if_nobody_wants_it)
{
	struct shmdev_broker_policy policy = self->policy;

	shmdev_broker_free(self->broker);
	peer_stop(&self->peer);
	policy.created = NULL;
	policy.allow = NULL;
	policy.flags = 0;
	ASSERT_TRUE(make_sockets());
	self->peer = peer_start();
	ASSERT_EQ(0, peer_do(&self->peer, be_client, NULL, 0));
	close(my.sockets[1]);
	self->broker = shmdev_broker_create(my.sockets[0], &policy);
	ASSERT_NE(NULL, self->broker);

	EXPECT_EQ(0, do_create(WRITABLE, PAGE));
	EXPECT_EQ(RIGHTS_RW, peer_do(&self->peer, step_rights, NULL, 0));
	/* The broker keeps nothing. */
	EXPECT_EQ(self->fds, count_fds());
	/* And is a controller for nobody if that is its policy. */
	EXPECT_EQ(-EPERM, serve_step(self->broker, &self->peer,
				     step_create_controlled, WRITABLE, PAGE));
	EXPECT_EQ(self->fds, count_fds());
}

TEST_F(broker, ends_with_its_client)
{
	EXPECT_EQ(EAGAIN, errno_of(shmdev_broker_serve(self->broker)));
	peer_kill(&self->peer);
	EXPECT_EQ(EPIPE, errno_of(serve(self->broker)));
	EXPECT_EQ(0, shmdev_broker_run(self->broker));
}

TEST_F(broker, client_learns_that_the_broker_is_gone)
{
	shmdev_broker_free(self->broker);
	self->broker = NULL;
	EXPECT_EQ(-EPIPE, peer_do(&self->peer, step_create,
				  (void *)WRITABLE, 1));
}

/*
 * Clients that break a rule: the same fixture, without a client object.
 */

static const struct broker_question good = {
	.magic = BROKER_MAGIC,
	.request = { .size = 1, .mode = SHMREGION_MODE_UNSAFE },
};

/* The kernel drops the handle. */
static bool read_answer(void)
{
	struct broker_answer answer;

	return recv(my.sockets[1], &answer, sizeof(answer), 0) ==
	       sizeof(answer);
}

FIXTURE(hostile_client)
{
	struct shmdev_broker *broker;
	int fds;
};

FIXTURE_SETUP(hostile_client)
{
	const struct shmdev_broker_policy policy = {
		.max_region_bytes = PAGE,
		.max_bytes = MIB(1),
		.max_regions = 100000,
	};

	ASSERT_TRUE(make_sockets());
	self->broker = shmdev_broker_create(my.sockets[0], &policy);
	ASSERT_NE(NULL, self->broker);
	/* What is wrong below is wrong, not the rest. */
	ASSERT_EQ(sizeof(good), send(my.sockets[1], &good, sizeof(good), 0));
	ASSERT_EQ(0, shmdev_broker_serve(self->broker));
	ASSERT_TRUE(read_answer());
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(hostile_client)
{
	/* No question is answered any more, and nothing was kept. */
	EXPECT_EQ(self->fds, count_fds());
	send(my.sockets[1], &good, sizeof(good), MSG_NOSIGNAL | MSG_DONTWAIT);
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_run(self->broker)));
	shmdev_broker_free(self->broker);
	close(my.sockets[1]);
}

#define expect_not_served(question, size)				\
do {									\
	ASSERT_EQ((ssize_t)(size), send(my.sockets[1], question, size, 0)); \
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));	\
} while (0)

TEST_F(hostile_client, short_question)
{
	expect_not_served(&good, sizeof(good) - 1);
}

TEST_F(hostile_client, one_byte)
{
	expect_not_served(&good, 1);
}

TEST_F(hostile_client, long_question)
{
	struct broker_question questions[2] = { good, good };

	expect_not_served(questions, sizeof(good) + 1);
}

TEST_F(hostile_client, wrong_magic)
{
	struct broker_question question = good;

	question.magic++;
	expect_not_served(&question, sizeof(question));
}

TEST_F(hostile_client, reserved_member)
{
	struct broker_question question = good;

	question.reserved = 1;
	expect_not_served(&question, sizeof(question));
}

TEST_F(hostile_client, label_without_an_end)
{
	struct broker_question question = good;

	memset(question.request.label, 'x', sizeof(question.request.label));
	expect_not_served(&question, sizeof(question));
}

TEST_F(hostile_client, file_descriptors)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = {
		.header.cmsg_len = CMSG_LEN(2 * sizeof(int)),
		.header.cmsg_level = SOL_SOCKET,
		.header.cmsg_type = SCM_RIGHTS,
	};
	struct iovec iov = { (void *)&good, sizeof(good) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const int sent[2] = { 0, 1 };

	memcpy(CMSG_DATA(&control.header), sent, sizeof(sent));
	ASSERT_EQ(sizeof(good), sendmsg(my.sockets[1], &message, 0));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
}

/* A client that never reads an answer must not make the broker wait. */
TEST_F(hostile_client, asks_without_reading)
{
	ASSERT_EQ(sizeof(good), send(my.sockets[1], &good, sizeof(good), 0));
	ASSERT_EQ(0, shmdev_broker_serve(self->broker));
	/* One answer is the most that is left unread. */
	expect_not_served(&good, sizeof(good));
}

/*
 * Clients that ask for a controller, and do not join the region as they should.
 */

FIXTURE(bad_joiner)
{
	struct shmdev_broker *broker;
	int fds;
	int handle;
};

static const struct broker_question controlled_question = {
	.magic = BROKER_MAGIC,
	.request = {
		.size = 1,
		.mode = SHMREGION_MODE_WRITABLE,
		.flags = SHMREGION_CREATE_CONTROLLED,
	},
};

/* The file descriptor of an answer, or -1. */
static int receive_handle(int socket, struct broker_answer *answer)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { answer, sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(*answer) ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

FIXTURE_SETUP(bad_joiner)
{
	const struct shmdev_broker_policy policy = {
		.max_region_bytes = PAGE,
		.max_bytes = PAGE,
		.max_regions = 1,
		.flags = SHMREGION_CREATE_CONTROLLED,
	};
	struct broker_answer answer;

	ASSERT_TRUE(make_sockets());
	self->broker = shmdev_broker_create(my.sockets[0], &policy);
	ASSERT_NE(NULL, self->broker);
	self->fds = count_fds();
	ASSERT_EQ(0, send_bytes(my.sockets[1], &controlled_question,
				sizeof(controlled_question), NULL, 0));
	ASSERT_EQ(0, shmdev_broker_serve(self->broker));
	self->handle = receive_handle(my.sockets[1], &answer);
	ASSERT_LE(0, self->handle);
	ASSERT_EQ(0, answer.error);
}

FIXTURE_TEARDOWN(bad_joiner)
{
	close(self->handle);
	shmdev_broker_free(self->broker);
	close(my.sockets[1]);
}

/* The region is gone, and the broker is ready for the next question. */
#define expect_not_joined(wrong_error, id)				\
do {									\
	const struct broker_joined joined = {				\
		.magic = BROKER_JOINED,					\
		.member = id,						\
	};								\
	struct shmregion_info info;					\
	struct broker_answer answer;					\
									\
	ASSERT_EQ(0, send_bytes(my.sockets[1], &joined, sizeof(joined),	\
				NULL, 0));				\
	EXPECT_EQ(0, shmdev_broker_serve(self->broker));		\
	EXPECT_EQ(sizeof(answer), recv(my.sockets[1], &answer,		\
				       sizeof(answer), 0));		\
	EXPECT_EQ(wrong_error, answer.error);				\
	EXPECT_EQ(ENODEV, errno_of(shmdev_raw_info(self->handle, &info))); \
	close(self->handle);						\
	EXPECT_EQ(self->fds, count_fds());				\
	/* It does not count any more. */				\
	ASSERT_EQ(0, send_bytes(my.sockets[1], &controlled_question,	\
				sizeof(controlled_question), NULL, 0));	\
	EXPECT_EQ(0, shmdev_broker_serve(self->broker));		\
	self->handle = receive_handle(my.sockets[1], &answer);		\
	EXPECT_EQ(0, answer.error);					\
} while (0)

TEST_F(bad_joiner, is_nobody)
{
	expect_not_joined(EINVAL, 0);
}

TEST_F(bad_joiner, is_no_member)
{
	expect_not_joined(ESRCH, 12345);
}

/* The creator, who would stay the owner. */
TEST_F(bad_joiner, is_the_broker)
{
	expect_not_joined(EBUSY, 1);
}

TEST_F(bad_joiner, has_no_access_before_it_has_joined)
{
	struct peer peer = peer_start();

	ASSERT_LT(0, peer.pid);
	EXPECT_EQ(-EACCES, peer_do(&peer, step_acquire, &self->handle, 0));
	EXPECT_EQ(0, peer_do(&peer, step_attach, &self->handle, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&peer, step_map_and_touch, &self->handle,
				    0));
	peer_stop(&peer);
}

TEST_F(bad_joiner, asks_again)
{
	ASSERT_EQ(0, send_bytes(my.sockets[1], &controlled_question,
				sizeof(controlled_question), NULL, 0));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
}

TEST_F(bad_joiner, says_too_much)
{
	const struct broker_joined joined[2] = { { .magic = BROKER_JOINED } };

	ASSERT_EQ(0, send_bytes(my.sockets[1], joined, sizeof(joined[0]) + 1,
				NULL, 0));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
}

TEST_F(bad_joiner, says_it_in_another_way)
{
	const struct broker_joined joined = { BROKER_JOINED, 1, 2 };

	ASSERT_EQ(0, send_bytes(my.sockets[1], &joined, sizeof(joined), NULL,
				0));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(self->broker)));
}

TEST_F(bad_joiner, dies)
{
	close(my.sockets[1]);
	my.sockets[1] = -1;
	EXPECT_EQ(EPIPE, errno_of(shmdev_broker_serve(self->broker)));
}

TEST_F(hostile_client, joins_what_it_did_not_ask_for)
{
	const struct broker_joined joined = {
		.magic = BROKER_JOINED,
		.member = 1,
	};

	expect_not_served(&joined, sizeof(joined));
}

/*
 * Questions that are well formed, but that no honest client asks.
 */

FIXTURE(odd_client)
{
	struct shmdev_broker *broker;
};

FIXTURE_SETUP(odd_client)
{
	const struct shmdev_broker_policy policy = {
		.max_region_bytes = UINT64_MAX,
		.max_bytes = UINT64_MAX,
		.max_regions = UINT32_MAX,
		.flags = UINT32_MAX,
	};

	ASSERT_TRUE(make_sockets());
	self->broker = shmdev_broker_create(my.sockets[0], &policy);
	ASSERT_NE(NULL, self->broker);
}

FIXTURE_TEARDOWN(odd_client)
{
	shmdev_broker_free(self->broker);
	close(my.sockets[1]);
}

#define expect_refused(wrong_error, member, value)			\
do {									\
	struct broker_question question = good;				\
	struct broker_answer answer;					\
	int fds = count_fds();						\
									\
	question.request.member = value;				\
	ASSERT_EQ(sizeof(question), send(my.sockets[1], &question,	\
					 sizeof(question), 0));		\
	EXPECT_EQ(0, shmdev_broker_serve(self->broker));		\
	ASSERT_EQ(sizeof(answer), recv(my.sockets[1], &answer,		\
				       sizeof(answer), 0));		\
	EXPECT_EQ(wrong_error, answer.error);				\
	EXPECT_EQ(fds, count_fds());					\
} while (0)

TEST_F(odd_client, is_told_what_the_kernel_says)
{
	expect_refused(EINVAL, mode, 0);
	expect_refused(EINVAL, mode, SHMREGION_MODE_READONLY);
	expect_refused(EINVAL, mode, UINT32_MAX);
	expect_refused(EINVAL, size, 0);
	expect_refused(EOVERFLOW, size, UINT64_MAX);
	expect_refused(EOVERFLOW, size, UINT64_MAX - PAGE);
	expect_refused(EOPNOTSUPP, flags, 1U << 31);
}

/*
 * Brokers that break a rule. Their answer waits before the question is asked.
 */

FIXTURE(hostile_broker)
{
	int fds;
};

FIXTURE_SETUP(hostile_broker)
{
	ASSERT_TRUE(make_sockets());
	my.client = shmdev_broker_client_create(my.sockets[1], 0);
	ASSERT_NE(NULL, my.client);
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(hostile_broker)
{
	EXPECT_EQ(self->fds, count_fds());
	shmdev_broker_client_free(my.client);
	close(my.sockets[0]);
}

static bool send_answer(const struct broker_answer *answer, size_t size,
			const int *fds, size_t count)
{
	return !send_bytes(my.sockets[0], answer, size, fds, count);
}

static struct shmdev_region *request(uint32_t mode, size_t size)
{
	return shmdev_broker_client_request(my.client, size, mode, 0, NULL);
}

#define expect_answer_refused(magic, error, size, fds, count)		\
do {									\
	const struct broker_answer answer = { magic, error };		\
									\
	ASSERT_TRUE(send_answer(&answer, size, fds, count));		\
	EXPECT_EQ(NULL, request(UNSAFE, PAGE));				\
	EXPECT_EQ(EPROTO, errno);					\
	/* For good: who knows what comes next. */			\
	EXPECT_EQ(NULL, request(UNSAFE, PAGE));				\
	EXPECT_EQ(EPROTO, errno);					\
} while (0)

#define ANSWER_SIZE sizeof(struct broker_answer)

TEST_F(hostile_broker, answers_without_a_handle)
{
	expect_answer_refused(BROKER_MAGIC, 0, ANSWER_SIZE, NULL, 0);
}

TEST_F(hostile_broker, answers_with_two_handles)
{
	const int fds[] = { 0, 1 };

	expect_answer_refused(BROKER_MAGIC, 0, ANSWER_SIZE, fds, 2);
}

TEST_F(hostile_broker, answers_with_many_handles)
{
	const int fds[16] = { 0 };

	expect_answer_refused(BROKER_MAGIC, 0, ANSWER_SIZE, fds, 16);
}

TEST_F(hostile_broker, refuses_with_a_handle)
{
	const int fds[] = { 0 };

	expect_answer_refused(BROKER_MAGIC, EPERM, ANSWER_SIZE, fds, 1);
}

TEST_F(hostile_broker, refuses_with_no_error_number)
{
	expect_answer_refused(BROKER_MAGIC, -1, ANSWER_SIZE, NULL, 0);
}

TEST_F(hostile_broker, refuses_with_a_large_number)
{
	expect_answer_refused(BROKER_MAGIC, 4096, ANSWER_SIZE, NULL, 0);
}

TEST_F(hostile_broker, answers_something_else)
{
	expect_answer_refused(1, EPERM, ANSWER_SIZE, NULL, 0);
}

TEST_F(hostile_broker, answers_too_little)
{
	expect_answer_refused(BROKER_MAGIC, EPERM, ANSWER_SIZE - 1, NULL, 0);
}

/* Well-formed answers whose file descriptor is not what was asked for. */
#define expect_handle_refused(wrong_error, handle, mode, size)		\
do {									\
	const struct broker_answer answer = { BROKER_MAGIC, 0 };	\
	int sent = handle;						\
									\
	ASSERT_TRUE(send_answer(&answer, sizeof(answer), &sent, 1));	\
	EXPECT_EQ(NULL, request(mode, size));				\
	EXPECT_EQ(wrong_error, errno);					\
} while (0)

TEST_F(hostile_broker, file_that_is_no_handle)
{
	expect_handle_refused(ENOTTY, my.sockets[0], UNSAFE, PAGE);
}

TEST_F(hostile_broker, region_of_another_size)
{
	int fd = make_region(PAGE, UNSAFE, 0);

	expect_handle_refused(ERANGE, fd, UNSAFE, PAGE + 1);
	expect_handle_refused(EPROTO, fd, UNSAFE, PAGE - 1);
	close(fd);
}

TEST_F(hostile_broker, region_of_another_mode)
{
	int fd = make_region(PAGE, UNSAFE, 0);

	expect_handle_refused(EINVAL, fd, WRITABLE, PAGE);
	close(fd);
}

TEST_F(hostile_broker, handle_without_the_right_to_write)
{
	int fd = make_region(PAGE, UNSAFE, 0);
	int readable = shmdev_raw_dup(fd, RIGHTS_RO);

	expect_handle_refused(EACCES, readable, UNSAFE, PAGE);
	close(readable);
	close(fd);
}

TEST_F(hostile_broker, region_with_a_controller_that_was_not_asked_for)
{
	int fd = make_region(PAGE, WRITABLE, SHMREGION_CREATE_CONTROLLED);
	int without_control = shmdev_raw_dup(fd, RIGHTS_RW);

	expect_handle_refused(EPERM, fd, WRITABLE, PAGE);
	expect_handle_refused(EPERM, without_control, WRITABLE, PAGE);
	close(without_control);
	close(fd);
}

/* Asked for a region with a controller, it answers both exchanges. */
static int request_controlled(int handle, int32_t second_error)
{
	const struct broker_answer answers[2] = {
		{ BROKER_MAGIC, 0 }, { BROKER_MAGIC, second_error },
	};
	struct shmdev_region *region;

	if (!send_answer(&answers[0], ANSWER_SIZE, &handle, 1) ||
	    !send_answer(&answers[1], ANSWER_SIZE, NULL, 0))
		return -1;
	region = shmdev_broker_client_request(my.client, PAGE, WRITABLE,
					      SHMREGION_CREATE_CONTROLLED,
					      NULL);
	shmdev_region_free(region);
	return region ? 0 : errno;
}

TEST_F(hostile_broker, region_without_the_controller_that_was_asked_for)
{
	int fd = make_region(PAGE, WRITABLE, 0);

	EXPECT_EQ(EPROTO, request_controlled(fd, 0));
	/* It can be asked again. */
	expect_handle_refused(ENOTTY, my.sockets[0], UNSAFE, PAGE);
	close(fd);
}

/* The process that created it would be admitted. */
TEST_F(hostile_broker, does_not_admit_its_client)
{
	struct peer peer;
	static int sockets[2];
	int fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	peer = peer_start();
	ASSERT_LT(0, peer.pid);
	ASSERT_EQ(0, peer_do(&peer, step_create_limited, sockets, 0));
	fd = receive_fd(sockets[0]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, request_controlled(fd, 0));
	EXPECT_EQ(EXDEV, request_controlled(fd, EXDEV));
	close(fd);
	close(sockets[0]);
	close(sockets[1]);
	peer_stop(&peer);
}

TEST_F(hostile_broker, region_that_another_process_owns)
{
	int fd = make_region(PAGE, WRITABLE, 0);
	struct peer peer = peer_start();

	ASSERT_LT(0, peer.pid);
	ASSERT_EQ(0, peer_do(&peer, step_attach, &fd, 0));
	ASSERT_EQ(0, hand_over(fd, peer.pid));
	expect_handle_refused(EAGAIN, fd, WRITABLE, PAGE);
	peer_stop(&peer);
	close(fd);
}

TEST_F(hostile_broker, never_answers)
{
	struct shmdev_broker_client *client;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets));
	client = shmdev_broker_client_create(sockets[0], 1000000);
	ASSERT_NE(NULL, client);
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1, UNSAFE, 0,
						     NULL));
	EXPECT_EQ(ETIMEDOUT, errno);
	/* Its answer would be taken for that to the next question. */
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1, UNSAFE, 0,
						     NULL));
	EXPECT_EQ(EPROTO, errno);
	shmdev_broker_client_free(client);
	close(sockets[1]);
}

/*
 * Threads, and wrong arguments.
 */

#define THREADS 4
#define ROUNDS 50

static void *ask_often(void *client)
{
	struct shmdev_region *region;
	long round, wrong = 0;

	for (round = 1; round <= ROUNDS; round++) {
		region = shmdev_broker_client_request(client, round, WRITABLE,
						      0, NULL);
		wrong += shmdev_region_size(region) != (uint64_t)round;
		shmdev_region_free(region);
	}
	return (void *)wrong;
}

static long step_run(void *policy, long unused)
{
	struct shmdev_broker *broker;

	(void)unused;
	close(my.sockets[1]);
	broker = shmdev_broker_create(my.sockets[0], policy);
	return shmdev_broker_run(broker) < 0 ? -errno : 0;
}

TEST(threads_share_a_client)
{
	struct shmdev_broker_policy policy = {
		.max_region_bytes = PAGE,
		.max_bytes = THREADS * ROUNDS * PAGE,
		.max_regions = THREADS * ROUNDS,
	};
	struct shmdev_broker_client *client;
	pthread_t threads[THREADS];
	struct peer peer;
	void *wrong;
	int i;

	ASSERT_TRUE(make_sockets());
	peer = peer_start();
	ASSERT_LT(0, peer.pid);
	peer_begin(&peer, step_run, &policy, 0);
	close(my.sockets[0]);
	client = shmdev_broker_client_create(my.sockets[1], 0);
	ASSERT_NE(NULL, client);

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, ask_often,
					    client));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		EXPECT_EQ(NULL, wrong);
	}
	/* All of them counted. */
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1, WRITABLE, 0,
						     NULL));
	EXPECT_EQ(EDQUOT, errno);
	shmdev_broker_client_free(client);
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
}

TEST(sockets_of_another_kind_are_refused)
{
	const struct shmdev_broker_policy policy = { 0 };
	int stream[2], unconnected, device;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	unconnected = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	device = shmdev_open();

	EXPECT_EQ(NULL, shmdev_broker_create(stream[0], &policy));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_broker_client_create(stream[0], 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_broker_create(unconnected, &policy));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(NULL, shmdev_broker_client_create(device, 0));
	EXPECT_EQ(ENOTSOCK, errno);
	EXPECT_EQ(NULL, shmdev_broker_client_create(-1, 0));
	EXPECT_EQ(EBADF, errno);
	/* They are still the caller's. */
	EXPECT_EQ(0, close(stream[0]));
	EXPECT_EQ(0, close(stream[1]));
	EXPECT_EQ(0, close(unconnected));
	EXPECT_EQ(0, close(device));
}

TEST(empty_objects_and_wrong_arguments)
{
	char long_label[SHMREGION_LABEL_SIZE + 1] = "";
	struct shmdev_broker_client *client;

	EXPECT_EQ(NULL, shmdev_broker_create(0, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_fd(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_serve(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_run(NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(NULL, 1)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_client_install(NULL)));
	EXPECT_EQ(NULL, shmdev_broker_client_request(NULL, 1, UNSAFE, 0, NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_broker_free(NULL);
	shmdev_broker_client_free(NULL);

	/* Nothing is sent: the call would wait for an answer. */
	ASSERT_TRUE(make_sockets());
	client = shmdev_broker_client_create(my.sockets[1], 0);
	ASSERT_NE(NULL, client);
	memset(long_label, 'x', sizeof(long_label) - 1);
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1, UNSAFE, 0,
						     long_label));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1,
						     SHMREGION_MODE_READONLY,
						     0, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_broker_client_request(client, 1, UINT32_MAX, 0,
						     NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_broker_client_free(client);
	close(my.sockets[0]);
}

TEST_HARNESS_MAIN
