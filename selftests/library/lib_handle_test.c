// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles over sockets: what is sent arrives, whatever a hostile peer sends is
 * refused, and no file descriptor stays behind.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <netinet/in.h>
#include <sys/resource.h>

#define SIZE (2 * PAGE + 123)
#define NOW shmdev_deadline_after(0)
#define LONG shmdev_deadline_after(UINT64_C(60000000000))

/* As many as the kernel takes in one message. */
#define MOST_FDS 253

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

#define EXPECT_FAILS(error, failed, call)				\
	do {								\
		errno = 0;						\
		EXPECT_EQ(failed, call);				\
		EXPECT_EQ(error, errno);				\
	} while (0)

/* In one value: what a call returned, or minus its error. */
static int result_of(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* Ends of a connection: ours and that of a peer, who can do what it likes. */
FIXTURE(handle)
{
	int mine;
	int other;
	struct shmdev_region *region;
	int nr_fds;
};

FIXTURE_VARIANT(handle)
{
	int type;
};

FIXTURE_VARIANT_ADD(handle, stream)
{
	.type = SOCK_STREAM,
};

FIXTURE_VARIANT_ADD(handle, packets)
{
	.type = SOCK_SEQPACKET,
};

FIXTURE_VARIANT_ADD(handle, stream_that_never_blocks)
{
	.type = SOCK_STREAM | SOCK_NONBLOCK,
};

FIXTURE_VARIANT_ADD(handle, packets_that_never_block)
{
	.type = SOCK_SEQPACKET | SOCK_NONBLOCK,
};

FIXTURE_SETUP(handle)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, variant->type | SOCK_CLOEXEC, 0,
				sockets));
	self->mine = sockets[0];
	self->other = sockets[1];
	self->region = shmdev_region_create(SIZE, SHMREGION_MODE_WRITABLE, 0,
					    "handle");
	ASSERT_NE(NULL, self->region);
	self->nr_fds = count_fds();
}

FIXTURE_TEARDOWN(handle)
{
	shmdev_region_free(self->region);
	close(self->mine);
	close(self->other);
}

/* Send bytes with copies of a file descriptor, as a hostile peer may. */
static int send_raw(int socket, const void *bytes, size_t size, int fd,
		    size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control;
	struct iovec part = { (void *)bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	size_t i;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	for (i = 0; i < count; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(fd), &fd,
		       sizeof(fd));
	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}

	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
		       (ssize_t)size ? 0 : -1;
}

/* The byte that shmdev_handle_send() sends. */
static char byte_of_message(int mine, int other,
			    const struct shmdev_region *region)
{
	char byte = 0;

	if (shmdev_handle_send(mine, region, NOW) ||
	    recv(other, &byte, 1, 0) != 1)
		return 0;
	return byte;
}

TEST_F(handle, arrives_close_on_exec_with_its_rights)
{
	const uint32_t rights[] = { RIGHTS_RO, RIGHTS_RW };
	struct shmdev_region *given, *got;
	size_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		given = shmdev_region_duplicate(self->region, rights[i]);
		ASSERT_NE(NULL, given);
		ASSERT_EQ(0, shmdev_handle_send(self->mine, given, LONG));
		shmdev_region_free(given);
		fd = shmdev_handle_receive(self->other, LONG);
		ASSERT_LE(0, fd);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		got = shmdev_region_adopt(fd, SHMDEV_ADOPT_WRITABLE, rights[i],
					  SIZE, 0);
		ASSERT_NE(NULL, got);
		EXPECT_EQ(rights[i], shmdev_region_rights(got));
		EXPECT_EQ(1, shmdev_region_same(got, self->region));
		shmdev_region_free(got);
	}
	EXPECT_EQ(self->nr_fds, count_fds());
}

/* Several messages at once are not joined, nor their handles mixed up. */
TEST_F(handle, arrive_one_after_the_other)
{
	struct shmdev_region *other;
	int first, second;

	other = shmdev_region_create(1, SHMREGION_MODE_UNSAFE, 0, "second");
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	ASSERT_EQ(0, shmdev_handle_send(self->mine, other, LONG));
	shmdev_region_free(other);
	first = shmdev_handle_receive(self->other, LONG);
	second = shmdev_handle_receive(self->other, LONG);
	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	other = shmdev_region_adopt(second, SHMDEV_ADOPT_UNSAFE, 0, 1, 0);
	EXPECT_NE(NULL, other);
	EXPECT_EQ(1, shmdev_region_size(other));
	shmdev_region_free(other);
	close(first);
	EXPECT_EQ(self->nr_fds, count_fds());
}

TEST_F(handle, has_no_owner_for_being_sent)
{
	struct shmregion_info before, after;
	int fd;

	ASSERT_EQ(0, shmdev_region_info(self->region, &before));
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	fd = shmdev_handle_receive(self->other, LONG);
	ASSERT_EQ(0, shmdev_region_info(self->region, &after));
	EXPECT_EQ(before.out_generation, after.out_generation);
	close(fd);
}

/* Whatever is sent, by way of a claim, is for adopt to judge. */
TEST_F(handle, is_only_claimed_to_be_one)
{
	char byte = byte_of_message(self->mine, self->other, self->region);
	int memfd = memfd_create("no region", MFD_CLOEXEC);
	int fd;

	ASSERT_EQ(0, send_raw(self->mine, &byte, 1, memfd, 1));
	close(memfd);
	fd = shmdev_handle_receive(self->other, LONG);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_FAILS(ENOTTY, NULL, shmdev_unsafe_region_adopt(fd, 1, 0));
	close(fd);
}

/* Number of file descriptors and of bytes, and whether the first one is right. */
static const struct {
	size_t fds;
	size_t bytes;
	bool right;
} wrong_messages[] = {
	{ 0, 1, true },
	{ 0, 1, false },
	{ 1, 1, false },
	{ 2, 1, true },
	{ 3, 1, true },
	{ 8, 1, true },
	{ 9, 1, true },
	{ 60, 1, true },
	{ 61, 1, true },
	{ MOST_FDS, 1, true },
	{ 2, 1, false },
	{ 0, 100, false },
	{ 1, 100, false },
};

/* rows: C117 C122 */
TEST_F(handle, wrong_message_is_refused_and_leaves_nothing)
{
	char byte = byte_of_message(self->mine, self->other, self->region);
	char bytes[100], left[100];
	size_t i;
	int fd;

	for (i = 0; i < sizeof(wrong_messages) / sizeof(*wrong_messages); i++) {
		memset(bytes, byte + 1, sizeof(bytes));
		if (wrong_messages[i].right)
			bytes[0] = byte;
		ASSERT_EQ(0, send_raw(self->mine, bytes,
				      wrong_messages[i].bytes,
				      shmdev_region_fd(self->region),
				      wrong_messages[i].fds));
		fd = result_of(shmdev_handle_receive(self->other, LONG));
		EXPECT_EQ(-EPROTO, fd) TH_LOG("message %zu", i);
		EXPECT_EQ(self->nr_fds, count_fds()) TH_LOG("message %zu", i);
		/* Of a stream the rest is left. */
		while (recv(self->other, left, sizeof(left), MSG_DONTWAIT) > 0)
			;
	}

	/* What comes behind is not mixed up with it. */
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	fd = shmdev_handle_receive(self->other, LONG);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(handle, peer_that_is_gone_is_told)
{
	int fd;

	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	close(self->mine);
	/* What it sent before is there. */
	fd = shmdev_handle_receive(self->other, LONG);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_FAILS(EPIPE, -1, shmdev_handle_receive(self->other, LONG));
	/* And no SIGPIPE. */
	EXPECT_FAILS(EPIPE, -1,
		     shmdev_handle_send(self->other, self->region, LONG));
	self->mine = -1;
}

TEST_F(handle, peer_that_left_without_reading_is_told)
{
	ASSERT_EQ(0, shmdev_handle_send(self->other, self->region, LONG));
	close(self->mine);
	self->mine = -1;
	EXPECT_FAILS(EPIPE, -1, shmdev_handle_receive(self->other, LONG));
}

TEST_F(handle, nothing_comes_before_the_deadline)
{
	EXPECT_FAILS(ETIMEDOUT, -1, shmdev_handle_receive(self->mine, NOW));
	EXPECT_FAILS(ETIMEDOUT, -1,
		     shmdev_handle_receive(self->mine,
					   shmdev_deadline_after(1000000)));
	EXPECT_EQ(self->nr_fds, count_fds());
}

/* A peer that does not read. Each message that was sent can be received. */
TEST_F(handle, full_socket_is_not_waited_for_after_the_deadline)
{
	int sent = 0, received = 0;
	int fd;

	while (sent < 100000 &&
	       !shmdev_handle_send(self->mine, self->region, NOW))
		sent++;
	/* So many handles on their way, or so many bytes: one is too many. */
	EXPECT_TRUE(errno == ETIMEDOUT || errno == ETOOMANYREFS);
	EXPECT_LT(0, sent);
	for (; (fd = shmdev_handle_receive(self->other, NOW)) >= 0; received++)
		close(fd);
	EXPECT_EQ(ETIMEDOUT, errno);
	EXPECT_EQ(sent, received);
	EXPECT_EQ(0, shmdev_handle_send(self->mine, self->region, NOW));
}

static void catch_signal(int signal)
{
	(void)signal;
}

static long step_receive(void *socket, long unused)
{
	struct sigaction act = { .sa_handler = catch_signal };
	int fd;

	(void)unused;
	/* For all that waits, also where it is restarted elsewhere. */
	act.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &act, NULL);
	fd = shmdev_handle_receive(*(int *)socket, SHMREGION_NO_DEADLINE);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

TEST_F(handle, signal_ends_the_wait_and_takes_nothing)
{
	struct peer peer = peer_start();

	peer_begin(&peer, step_receive, &self->other, 0);
	ASSERT_TRUE(wait_until_asleep(peer.pid));
	ASSERT_EQ(0, kill(peer.pid, SIGUSR1));
	EXPECT_EQ(-EINTR, peer_finish(&peer));
	peer_begin(&peer, step_receive, &self->other, 0);
	ASSERT_TRUE(wait_until_asleep(peer.pid));
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
}

TEST_F(handle, lost_for_want_of_a_descriptor_leaves_nothing)
{
	struct rlimit old, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = 0;
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_FAILS(EMFILE, -1, shmdev_handle_receive(self->other, LONG));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(self->nr_fds, count_fds());
}

/* What the kernel adds, where the receiver has asked for it, is no descriptor. */
TEST_F(handle, credentials_do_not_disturb)
{
	const int on = 1;
	int fd;

	ASSERT_EQ(0, setsockopt(self->other, SOL_SOCKET, SO_PASSCRED, &on,
				sizeof(on)));
	if (setsockopt(self->other, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)))
		TH_LOG("this kernel sends no pidfd along");
	ASSERT_EQ(0, shmdev_handle_send(self->mine, self->region, LONG));
	fd = shmdev_handle_receive(self->other, LONG);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(self->nr_fds, count_fds());
}

/* Nobody hands over control by accident. */
TEST_F(handle, with_control_is_not_sent)
{
	struct shmdev_region *control, *plain;
	int fd;

	control = shmdev_region_create(1, SHMREGION_MODE_UNSAFE,
				       SHMREGION_CREATE_CONTROLLED, "control");
	ASSERT_NE(NULL, control);
	EXPECT_FAILS(EINVAL, -1, shmdev_handle_send(self->mine, control, LONG));
	EXPECT_FAILS(ETIMEDOUT, -1, shmdev_handle_receive(self->other, NOW));
	plain = shmdev_region_duplicate(control, RIGHTS_RW);
	ASSERT_NE(NULL, plain);
	EXPECT_EQ(0, shmdev_handle_send(self->mine, plain, LONG));
	fd = shmdev_handle_receive(self->other, LONG);
	EXPECT_LE(0, fd);
	close(fd);
	shmdev_region_free(plain);
	shmdev_region_free(control);
}

TEST(stands_between_other_messages_of_a_stream)
{
	struct shmdev_region *region;
	char bytes[8] = "";
	int sockets[2];
	int fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	region = shmdev_region_create(1, SHMREGION_MODE_UNSAFE, 0, NULL);
	ASSERT_NE(NULL, region);
	ASSERT_EQ(2, send(sockets[0], "ab", 2, 0));
	ASSERT_EQ(0, shmdev_handle_send(sockets[0], region, LONG));
	ASSERT_EQ(2, send(sockets[0], "cd", 2, 0));

	ASSERT_EQ(2, recv(sockets[1], bytes, 2, 0));
	EXPECT_STREQ("ab", bytes);
	fd = shmdev_handle_receive(sockets[1], LONG);
	EXPECT_LE(0, fd);
	EXPECT_EQ(2, recv(sockets[1], bytes, sizeof(bytes), 0));
	EXPECT_STREQ("cd", bytes);
	close(fd);
	shmdev_region_free(region);
	close(sockets[0]);
	close(sockets[1]);
}

/* A packet without a byte, with or without a handle. */
TEST(empty_packet_is_refused)
{
	struct shmdev_region *region;
	int sockets[2], nr_fds;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	region = shmdev_region_create(1, SHMREGION_MODE_UNSAFE, 0, NULL);
	ASSERT_NE(NULL, region);
	nr_fds = count_fds();
	ASSERT_EQ(0, send_raw(sockets[0], "", 0, shmdev_region_fd(region), 1));
	EXPECT_FAILS(EPROTO, -1, shmdev_handle_receive(sockets[1], LONG));
	/* Nobody can tell it from the end. */
	ASSERT_EQ(0, send_raw(sockets[0], "", 0, -1, 0));
	EXPECT_FAILS(EPIPE, -1, shmdev_handle_receive(sockets[1], LONG));
	EXPECT_EQ(nr_fds, count_fds());
	shmdev_region_free(region);
}

TEST(only_connected_unix_sockets_will_do)
{
	struct shmdev_region *region;
	int pair[2];
	const struct {
		int fd;
		int error;
	} wrong[] = {
		{ -1, EBADF },
		{ open("/dev/null", O_RDWR | O_CLOEXEC), ENOTSOCK },
		{ socket(AF_INET, SOCK_STREAM, 0), EINVAL },
		{ socket(AF_UNIX, SOCK_STREAM, 0), ENOTCONN },
		{ socket(AF_UNIX, SOCK_SEQPACKET, 0), ENOTCONN },
		{ socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ? -1 : pair[0],
		  EINVAL },
	};
	size_t i;
	int ret;

	region = shmdev_region_create(1, SHMREGION_MODE_UNSAFE, 0, NULL);
	ASSERT_NE(NULL, region);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ret = result_of(shmdev_handle_send(wrong[i].fd, region, NOW));
		EXPECT_EQ(-wrong[i].error, ret) TH_LOG("socket %zu", i);
		ret = result_of(shmdev_handle_receive(wrong[i].fd, NOW));
		EXPECT_EQ(-wrong[i].error, ret) TH_LOG("socket %zu", i);
	}
	EXPECT_FAILS(EINVAL, -1, shmdev_handle_send(wrong[4].fd, NULL, NOW));
	shmdev_region_free(region);
}

TEST_HARNESS_MAIN
