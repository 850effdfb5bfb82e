// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client leaves unread: file descriptors on their way count for the broker's
 * user, so no client may hold many, and nobody else is cut off when there are none
 * left.
 */
#include "../../libshmdev/src/broker.h"

#include "helpers.h"
#include "harness.h"
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* So many can be on their way. */
#define MAX_FDS 40

static const struct broker_question question = {
	.magic = BROKER_MAGIC,
	.request = { .size = 1, .mode = SHMREGION_MODE_WRITABLE },
};

static int device = -1;

static struct shmdev_region *create(void *context, uint64_t size, uint32_t mode,
				    uint32_t wanted, uint32_t flags,
				    const char *label)
{
	(void)context;
	(void)wanted;
	return shmdev_region_create_at(device, size, mode, flags, label);
}

/* The limit does not hold for root. */
static bool be_an_ordinary_user(void)
{
	static const struct shmdev_hooks hooks = { .create = create };
	struct rlimit limit = { MAX_FDS, MAX_FDS };

	device = shmdev_open();
	shmdev_hooks_set(&hooks);
	return device >= 0 && !setrlimit(RLIMIT_NOFILE, &limit) &&
	       !setgroups(0, NULL) && !setgid(65534) && !setuid(65534) &&
	       /* A checker of leaks traces the process. */
	       !prctl(PR_SET_DUMPABLE, 1);
}

struct connection {
	struct shmdev_broker *broker;
	int client;
};

static bool connect_client(struct connection *connection)
{
	static const struct shmdev_broker_policy policy = {
		.max_region_bytes = 1 << 20,
		.max_bytes = 1 << 30,
		.max_regions = 300,
	};
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		return false;
	connection->broker = shmdev_broker_create(sockets[0], &policy);
	connection->client = sockets[1];
	return connection->broker;
}

static void disconnect_client(const struct connection *connection)
{
	close(connection->client);
	shmdev_broker_free(connection->broker);
}

static bool ask(const struct connection *connection)
{
	return send(connection->client, &question, sizeof(question), 0) ==
	       sizeof(question);
}

/* The error of the answer, and whether a handle came with it. */
static int read_answer(const struct connection *connection, bool *handle)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct broker_answer answer;
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(connection->client, &message, MSG_DONTWAIT) !=
	    sizeof(answer))
		return -1;
	*handle = CMSG_FIRSTHDR(&message);
	if (*handle) {
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		close(fd);
	}
	return answer.error;
}

/* One that does not read is cut off at its second question, and only that one. */
TEST(client_holds_one_answer)
{
	struct connection hostile, honest;
	bool handle;
	int i;

	ASSERT_TRUE(be_an_ordinary_user());
	ASSERT_TRUE(connect_client(&hostile) && connect_client(&honest));
	ASSERT_TRUE(ask(&hostile));
	EXPECT_EQ(0, shmdev_broker_serve(hostile.broker));
	ASSERT_TRUE(ask(&hostile));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(hostile.broker)));
	EXPECT_EQ(EPROTO, errno_of(shmdev_broker_serve(hostile.broker)));

	for (i = 0; i < 2 * MAX_FDS; i++) {
		ASSERT_TRUE(ask(&honest));
		ASSERT_EQ(0, shmdev_broker_serve(honest.broker));
		ASSERT_EQ(0, read_answer(&honest, &handle));
		ASSERT_TRUE(handle);
	}
	disconnect_client(&hostile);
	disconnect_client(&honest);
}

/* Others of the same user can use them up all the same. */
TEST(client_is_told_that_too_many_are_on_their_way)
{
	struct connection honest;
	int sockets[2], sent = 0, fds = 0;
	bool handle = true;

	ASSERT_TRUE(be_an_ordinary_user());
	ASSERT_TRUE(connect_client(&honest));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	while (sent < 2 * MAX_FDS && !send_fd(sockets[0], device))
		sent++;
	ASSERT_GT(2 * MAX_FDS, sent);

	fds = count_fds();
	ASSERT_TRUE(ask(&honest));
	EXPECT_EQ(0, shmdev_broker_serve(honest.broker));
	EXPECT_EQ(ETOOMANYREFS, read_answer(&honest, &handle));
	EXPECT_FALSE(handle);
	/* The region that could not be sent is gone, and does not count. */
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(EINVAL, errno_of(shmdev_broker_refund(honest.broker, 1)));

	/* It is served when there is room again. */
	while (sent--)
		close(receive_fd(sockets[1]));
	ASSERT_TRUE(ask(&honest));
	EXPECT_EQ(0, shmdev_broker_serve(honest.broker));
	EXPECT_EQ(0, read_answer(&honest, &handle));
	EXPECT_TRUE(handle);
	disconnect_client(&honest);
}

TEST_HARNESS_MAIN
