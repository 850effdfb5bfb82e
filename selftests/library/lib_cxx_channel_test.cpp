// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels in the C++ header of libshmdev: who owns a shmem, and what becomes of
 * it when an object ends. The peer is a child that has the other side.
 */
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <sys/socket.h>

#include <shmdev.hpp>

#include "harness.hpp"
#include "helpers.hpp"

using namespace shmdev;

template <typename F>
static int with_channel(std::uint32_t role, int *sockets, F run)
{
	bool first = role == SHMDEV_CHANNEL_FIRST;

	close(sockets[first]);
	auto mine = channel::create(unique_fd(sockets[!first]), role);

	return mine ? run(mine) : 255;
}

/* Wait for a message. */
static message receive(channel &channel)
{
	return channel.receive_wait(nullptr, 0);
}

/* Run both sides; each returns 0, or has said what failed. */
template <typename First, typename Second>
static std::pair<int, int> both_sides(First first, Second second)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return { 255, 255 };
	child other([&] {
		return with_channel(SHMDEV_CHANNEL_SECOND, sockets, second);
	});
	int mine = with_channel(SHMDEV_CHANNEL_FIRST, sockets, first);

	return { mine, other.result() };
}

#define EXPECT_BOTH(first, second)					\
	do {								\
		auto both = both_sides(first, second);			\
		EXPECT_EQ(0, both.first);				\
		EXPECT_EQ(0, both.second);				\
	} while (0)
#define NEED(condition)							\
	do {								\
		if (!(condition)) {					\
			std::printf("# line %d: %s, errno %d\n",	\
				    __LINE__, #condition, errno);	\
			std::fflush(stdout);				\
			return 1;					\
		}							\
	} while (0)

TEST(shmem_moves_there_and_back)
{
	auto first = [](channel &channel) {
		shmem given = channel.alloc(100);
		void *memory = given.data();

		NEED(given.size() == 100 && can_write(memory));
		NEED(!given.is_unsafe() && given.id());
		NEED(channel.send("x", 1, std::move(given)));
		NEED(!given);
		NEED(!can_read(memory));
		/* Only now may it come back. */
		NEED(channel.send(nullptr, 0));

		message back = receive(channel);

		NEED(back.kind() == SHMDEV_CHANNEL_MESSAGE);
		NEED(back.count() == 1 && back.shmems()[0].data() == memory);

		shmem kept = std::move(back.shmems()[0]);

		back = message();
		NEED(can_write(memory) && *static_cast<char *>(memory) == 'w');
		NEED(channel.dealloc(std::move(kept)));
		NEED(!kept && !can_read(memory));
		return 0;
	};
	auto second = [](channel &channel) {
		message received = receive(channel);
		char byte;

		NEED(!received && errno == EMSGSIZE);
		NEED(received.length() == 1);
		received = channel.receive(&byte, 1);
		NEED(received && byte == 'x');
		NEED(can_write(received.shmems()[0].data()));

		shmem kept = std::move(received.shmems()[0]);

		NEED(receive(channel));
		NEED(channel.send(nullptr, 0, std::move(kept)));
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(call_gives_shmems_back)
{
	auto first = [](channel &channel) {
		shmem lent[2] = { channel.alloc(1), channel.alloc_unsafe(2) };
		void *memory = lent[0].data();
		char bytes[8];
		message answer = channel.call(nullptr, 0, lent, 2, bytes,
					      sizeof(bytes));

		NEED(answer.kind() == SHMDEV_CHANNEL_ANSWER);
		NEED(answer.length() == 2 && !std::memcmp(bytes, "ok", 2));
		NEED(answer.count() == 1 && !lent[0] && lent[1].data());
		NEED(answer.shmems()[0].data() == memory);
		NEED(*answer.shmems()[0].object<char>() == 'w');
		return 0;
	};
	auto second = [](channel &channel) {
		message asked = receive(channel);
		message other;

		NEED(asked.kind() == SHMDEV_CHANNEL_CALL);
		NEED(asked.count() == 2);
		NEED(can_write(asked.shmems()[0].data()));
		NEED(!channel.give_back(std::move(other), nullptr, 0));
		NEED(errno == ENOENT);
		NEED(channel.give_back(std::move(asked), "ok", 2));
		NEED(!asked && !asked.shmems()[0]);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(answer_brings_another_shmem)
{
	auto first = [](channel &channel) {
		message answer = channel.call(nullptr, 0, nullptr, 0,
					      nullptr, 0);

		NEED(answer.count() == 1);
		NEED(*answer.shmems()[0].object<int>() == 7);
		return 0;
	};
	auto second = [](channel &channel) {
		message asked = receive(channel);
		shmem made = channel.alloc(sizeof(int));

		NEED(asked.kind() == SHMDEV_CHANNEL_CALL && !asked.count());
		*made.object<int>() = 7;
		NEED(channel.reply(asked, nullptr, 0, std::move(made)));
		NEED(!made);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(unsafe_shmem_is_sent_back)
{
	auto first = [](channel &channel) {
		shmem both = channel.alloc_unsafe(sizeof(int));

		NEED(channel.send(nullptr, 0, std::move(both)) && both);
		message back = receive(channel);

		NEED(back.count() == 1 && back.shmems()[0].get() == both.get());
		NEED(*both.object<int>() == 5);
		NEED(std::as_const(both).object<int>() == both.object<int>());
		return 0;
	};
	auto second = [](channel &channel) {
		message received = receive(channel);
		shmem &both = received.shmems()[0];

		*both.object<int>() = 5;
		NEED(channel.send(nullptr, 0, std::move(both)) && both);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(call_without_answer_leaves_no_shmem)
{
	auto first = [](channel &channel) {
		shmem lent = channel.alloc(1);

		NEED(!channel.call(nullptr, 0, &lent, 1, nullptr, 0, 1));
		NEED(errno == ETIMEDOUT && !lent);
		return 0;
	};
	auto second = [](channel &channel) {
		NEED(receive(channel).count() == 1);
		/* To end before the deadline is looked at would be EPIPE. */
		NEED(!receive(channel) && errno == EPIPE);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(failed_send_keeps_shmems)
{
	auto first = [](channel &channel) {
		shmem many[SHMDEV_CHANNEL_MAX_SHMEMS + 1];
		shmem one = channel.alloc(1), none;

		NEED(!channel.send(nullptr, 0, std::move(one),
				   std::move(none)));
		NEED(errno == EINVAL && one && can_write(one.data()));
		NEED(!channel.send_array(nullptr, 0, many,
					 SHMDEV_CHANNEL_MAX_SHMEMS + 1));
		NEED(errno == EMSGSIZE);
		NEED(!channel.send_array(nullptr, 0, nullptr, 1));
		NEED(errno == EINVAL);
		NEED(channel.send_array(nullptr, 0, &one, 1) && !one);
		return 0;
	};
	auto second = [](channel &channel) {
		NEED(receive(channel).count() == 1);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

/* The channel moves, and then ends before its shmems. */
TEST(shmems_are_empty_when_the_channel_has_ended)
{
	auto first = [](channel &from) {
		shmem one = from.alloc(1), two = from.alloc(1);
		channel to = std::move(from);
		channel other;
		void *memory = one.data();

		NEED(!from && from.fd() == -1 && to.fd() >= 0);
		NEED(!from.alloc(1) && errno == EINVAL);
		NEED(!other.dealloc(std::move(one)) && errno == EINVAL);
		NEED(!from.send(nullptr, 0, std::move(one)));
		two = std::move(one);
		NEED(!one && two.data() == memory);
		to = channel();
		NEED(!two && !two.data() && !can_read(memory));
		return 0;
	};
	auto second = [](channel &channel) {
		NEED(!receive(channel));
		NEED(errno == EPIPE);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

/* A shmem that ends is deallocated, on both sides. */
TEST(shmem_that_ends_is_deallocated)
{
	auto first = [](channel &channel) {
		void *memory = channel.alloc(1).data();

		NEED(!can_read(memory));
		NEED(channel.send(nullptr, 0));
		NEED(!receive(channel) && errno == EPIPE);
		return 0;
	};
	auto second = [](channel &channel) {
		NEED(receive(channel));
		NEED(mapping_list::take_now().count() == 0);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

/* Each message has an object for it; the last one deallocates. */
TEST(unsafe_shmem_can_come_twice)
{
	auto first = [](channel &channel) {
		shmem given = channel.alloc_unsafe(1);

		NEED(channel.send(nullptr, 0, std::move(given)) && given);
		NEED(channel.send(nullptr, 0, std::move(given)) && given);
		NEED(!receive(channel) && errno == EPIPE);
		return 0;
	};
	auto second = [](channel &channel) {
		message one = receive(channel);
		message two = receive(channel);

		NEED(one.shmems()[0].get() == two.shmems()[0].get());
		NEED(one.shmems()[0].is_unsafe());
		one = message();
		NEED(can_write(two.shmems()[0].data()));

		shmdev_shmem *c = two.shmems()[0].get();

		two = message();
		NEED(!shmdev_shmem_data(c) && errno == EPERM);
		return 0;
	};

	EXPECT_BOTH(first, second);
}

TEST(shmem_of_a_dead_peer_is_recovered)
{
	auto first = [](channel &channel) {
		shmem given = channel.alloc(1);

		NEED(channel.send(nullptr, 0, std::move(given)));
		NEED(!channel.recover() && errno == EBUSY);
		/* Only now may it die. */
		NEED(channel.send(nullptr, 0));
		NEED(!receive(channel) && errno == EPIPE);
		shmem back = channel.recover();

		NEED(back && back.owner_died() && can_write(back.data()));
		NEED(!channel.recover() && errno == ENOENT);
		return 0;
	};
	auto second = [](channel &channel) {
		message received = receive(channel);

		NEED(received.count() == 1 && receive(channel));
		kill(getpid(), SIGKILL);
		return 1;
	};
	auto both = both_sides(first, second);

	EXPECT_EQ(0, both.first);
	EXPECT_EQ(-SIGKILL, both.second);
}

TEST(channel_needs_a_socket)
{
	unique_fd wrong(memfd_create("wrong", 0));

	EXPECT_FALSE(channel::create(std::move(wrong), SHMDEV_CHANNEL_FIRST));
	EXPECT_EQ(ENOTSOCK, errno);
	EXPECT_TRUE(wrong);
}

TEST_HARNESS_MAIN
