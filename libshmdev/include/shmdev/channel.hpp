/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Channels: messages that carry regions between two processes, as
 * <shmdev/channel.h> says.
 *
 * A shmem belongs to its channel. When the channel ends its shmems become
 * empty. A shmem that ends earlier is deallocated if the socket has room for
 * the message that says so; else it stays in the channel, out of reach.
 * channel::dealloc() tells which.
 *
 * A peer can send one unsafe shmem several times. Each message then has its own
 * object for it, and the shmem is deallocated with the last of them.
 */
#ifndef SHMDEV_CHANNEL_HPP
#define SHMDEV_CHANNEL_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <shmdev/channel.h>
#include <shmdev/memory.hpp>
#include <shmdev/object.hpp>

namespace shmdev
{

class shmem;

namespace detail
{

/* What the objects of one channel share. */
struct channel_state {
	shmdev_channel *channel;
	/* All its shmems that are not empty. */
	shmem *first;
};

} /* namespace detail */

/**
 * class shmem - a region of a channel, mapped for reading and writing
 *
 * Since: 0.1
 */
class shmem : public detail::writable_memory<shmem> {
public:
	shmem() noexcept = default;
	shmem(shmem &&other) noexcept { steal(other); }

	shmem &operator=(shmem &&other) noexcept
	{
		if (this != &other) {
			end();
			steal(other);
		}
		return *this;
	}

	~shmem() { end(); }

	explicit operator bool() const noexcept { return pointer_; }

	/* The object of C, which still belongs to its channel. */
	shmdev_shmem *get() const noexcept { return pointer_; }

	/* shmdev_shmem_data() */
	void *data() noexcept { return shmdev_shmem_data(pointer_); }
	const void *data() const noexcept
	{
		return shmdev_shmem_data(pointer_);
	}

	/* shmdev_shmem_size() */
	std::size_t size() const noexcept
	{
		return shmdev_shmem_size(pointer_);
	}

	/* shmdev_shmem_id() */
	std::uint64_t id() const noexcept { return shmdev_shmem_id(pointer_); }

	/* shmdev_shmem_is_unsafe() */
	bool is_unsafe() const noexcept
	{
		return shmdev_shmem_is_unsafe(pointer_);
	}

	/* shmdev_shmem_owner_died() */
	bool owner_died() const noexcept
	{
		return shmdev_shmem_owner_died(pointer_);
	}

private:
	friend class channel;
	friend class message;

	shmem(detail::channel_state *state, shmdev_shmem *pointer) noexcept
	{
		if (pointer)
			link(state, pointer);
	}

	void link(detail::channel_state *state, shmdev_shmem *pointer) noexcept
	{
		state_ = state;
		pointer_ = pointer;
		next_ = state->first;
		previous_ = nullptr;
		if (next_)
			next_->previous_ = this;
		state->first = this;
	}

	/* Empty from now on; what C has is not touched. */
	void unlink() noexcept
	{
		if (!pointer_)
			return;
		(previous_ ? previous_->next_ : state_->first) = next_;
		if (next_)
			next_->previous_ = previous_;
		pointer_ = nullptr;
		state_ = nullptr;
	}

	void steal(shmem &other) noexcept
	{
		detail::channel_state *state = other.state_;
		shmdev_shmem *pointer = other.pointer_;

		other.unlink();
		if (pointer)
			link(state, pointer);
	}

	bool is_last() const noexcept
	{
		for (shmem *other = state_->first; other; other = other->next_)
			if (other != this && other->pointer_ == pointer_)
				return false;

		return true;
	}

	/* shmdev_channel_dealloc(), if no other object is for the same one. */
	bool dealloc() noexcept
	{
		shmdev_shmem *pointer = pointer_;

		if (is_last() &&
		    shmdev_channel_dealloc(state_->channel, &pointer) < 0)
			return false;
		unlink();

		return true;
	}

	void end() noexcept
	{
		detail::errno_keeper keeper;

		if (pointer_ && !dealloc())
			unlink();
	}

	detail::channel_state *state_ = nullptr;
	shmdev_shmem *pointer_ = nullptr;
	shmem *next_ = nullptr;
	shmem *previous_ = nullptr;
};

/**
 * class message - what was received, without the bytes
 *
 * Its shmems end with it: move out those that you want to keep.
 *
 * Since: 0.1
 */
class message {
public:
	message() noexcept = default;

	message(message &&other) noexcept { *this = std::move(other); }

	message &operator=(message &&other) noexcept
	{
		for (std::size_t i = 0; i < SHMDEV_CHANNEL_MAX_SHMEMS; i++)
			shmems_[i] = std::move(other.shmems_[i]);
		if (this != &other)
			head_ = std::exchange(other.head_, {});
		return *this;
	}

	explicit operator bool() const noexcept { return head_.kind; }

	/* Of enum shmdev_channel_kind; 0 if empty. */
	std::uint32_t kind() const noexcept { return head_.kind; }

	/* Number of bytes; with EMSGSIZE also of an empty message. */
	std::size_t length() const noexcept { return head_.length; }

	/* Number of shmems that came with it. */
	std::size_t count() const noexcept { return head_.count; }

	/* count() of them. */
	shmem *shmems() noexcept { return shmems_; }

private:
	friend class channel;

	/* What the head has. An unsafe shmem that is gone is an empty one. */
	void take(detail::channel_state *state) noexcept
	{
		for (std::uint32_t i = 0; i < head_.count; i++)
			shmems_[i] = shmem(state, head_.shmems[i]);
	}

	shmdev_channel_message head_ = {};
	shmem shmems_[SHMDEV_CHANNEL_MAX_SHMEMS];
};

/**
 * class channel - one side of a connection that carries regions
 *
 * Since: 0.1
 */
class channel {
public:
	channel() noexcept = default;

	channel(channel &&other) noexcept
		: state_(std::exchange(other.state_, nullptr)) {}

	channel &operator=(channel &&other) noexcept
	{
		close(std::exchange(state_, std::exchange(other.state_,
							  nullptr)));
		return *this;
	}

	~channel() { close(state_); }

	explicit operator bool() const noexcept { return state_; }

	/* The object of C, which still belongs to this one. */
	shmdev_channel *get() const noexcept
	{
		return state_ ? state_->channel : nullptr;
	}

	/**
	 * create() - make a channel from a connected socket
	 * @fd: see shmdev_channel_create(); empty on success, as it was on
	 *	error
	 * @role: of enum shmdev_channel_role
	 * @limits: what the peer may cost; nullptr for the defaults
	 *
	 * Return: a channel; an empty one on error, with the errors of
	 * shmdev_channel_create().
	 *
	 * Since: 0.1
	 */
	static channel create(unique_fd &&fd, std::uint32_t role,
			      const shmdev_channel_limits *limits =
				      nullptr) noexcept
	{
		channel made;

		made.state_ = new (std::nothrow) detail::channel_state();
		if (!made.state_) {
			errno = ENOMEM;
			return made;
		}
		made.state_->channel = shmdev_channel_create(fd.get(), role,
							     limits);
		if (!made.state_->channel)
			return channel();
		(void)std::move(fd).take();

		return made;
	}

	/* shmdev_channel_fd() */
	int fd() const noexcept { return shmdev_channel_fd(get()); }

	/* shmdev_channel_wait_readable() */
	[[nodiscard]] bool
	wait_readable(std::uint64_t deadline_ns = no_deadline) const noexcept
	{
		return shmdev_channel_wait_readable(get(), deadline_ns) == 0;
	}

	/* shmdev_channel_wait_writable() */
	[[nodiscard]] bool
	wait_writable(std::uint64_t deadline_ns = no_deadline) const noexcept
	{
		return shmdev_channel_wait_writable(get(), deadline_ns) == 0;
	}

	/* shmdev_channel_alloc() */
	shmem alloc(std::uint64_t size) noexcept
	{
		return shmem(state_, shmdev_channel_alloc(get(), size));
	}

	/* shmdev_channel_alloc_unsafe() */
	shmem alloc_unsafe(std::uint64_t size) noexcept
	{
		return shmem(state_, shmdev_channel_alloc_unsafe(get(), size));
	}

	/* shmdev_channel_alloc_with() */
	shmem alloc_with(std::uint64_t size, std::uint32_t mode,
			 std::uint32_t flags) noexcept
	{
		return shmem(state_, shmdev_channel_alloc_with(get(), size,
							       mode, flags));
	}

	/* shmdev_channel_dealloc(): @given is empty on success only */
	[[nodiscard]] bool dealloc(shmem &&given) noexcept
	{
		if (!given || given.state_ != state_)
			return detail::fail(EINVAL);

		return given.dealloc();
	}

	/**
	 * send() - send bytes, and shmems with their ownership
	 * @bytes: see shmdev_channel_send()
	 * @length: see shmdev_channel_send()
	 * @given: shmems, each by std::move()
	 *
	 * On success they are empty, except unsafe ones. On error they are as
	 * before, except those that are no longer here: see
	 * shmdev_channel_send().
	 *
	 * Return: true; false on error, with the errors of
	 * shmdev_channel_send().
	 *
	 * Since: 0.1
	 */
	template <typename... Shmems>
	[[nodiscard]] bool send(const void *bytes, std::size_t length,
				Shmems &&...given) noexcept
	{
		static_assert((std::is_same_v<Shmems, shmem> && ...),
			      "give shmems away by std::move()");
		batch all;

		return (all.add(given) && ...) &&
		       send_batch(bytes, length, all);
	}

	/**
	 * send_array() - the same for shmems in an array
	 * @bytes: see shmdev_channel_send()
	 * @length: see shmdev_channel_send()
	 * @given: the shmems; as for send() afterwards
	 * @count: their number
	 *
	 * Return: as send().
	 *
	 * Since: 0.1
	 */
	[[nodiscard]] bool send_array(const void *bytes, std::size_t length,
				      shmem *given, std::size_t count) noexcept
	{
		batch all;

		return all.add(given, count) && send_batch(bytes, length, all);
	}

	/**
	 * receive() - receive a message if there is one
	 * @buffer: see shmdev_channel_receive()
	 * @size: see shmdev_channel_receive()
	 *
	 * Return: the message; an empty one on error, with the errors of
	 * shmdev_channel_receive().
	 *
	 * Since: 0.1
	 */
	message receive(void *buffer, std::size_t size) noexcept
	{
		message received;

		if (shmdev_channel_receive(get(), buffer, size,
					   &received.head_) == 0)
			received.take(state_);
		return received;
	}

	/**
	 * receive_wait() - receive a message, waiting for it
	 * @buffer: see shmdev_channel_receive()
	 * @size: see shmdev_channel_receive()
	 * @deadline_ns: see shmdev_channel_receive_wait()
	 *
	 * Return: the message; an empty one on error, with the errors of
	 * shmdev_channel_receive_wait().
	 *
	 * Since: 0.1
	 */
	message receive_wait(void *buffer, std::size_t size,
			     std::uint64_t deadline_ns = no_deadline) noexcept
	{
		message received;

		if (shmdev_channel_receive_wait(get(), buffer, size,
						&received.head_,
						deadline_ns) == 0)
			received.take(state_);
		return received;
	}

	/**
	 * call() - send a message, and wait for the answer to it
	 * @bytes: see shmdev_channel_call()
	 * @length: see shmdev_channel_call()
	 * @given: the shmems; as for send() when the call was sent, whether it
	 *	was answered or not
	 * @count: their number
	 * @buffer: see shmdev_channel_call()
	 * @size: see shmdev_channel_call()
	 * @deadline_ns: see shmdev_channel_call()
	 *
	 * Return: the answer, with what the peer gave with it; an empty message
	 * on error, with the errors of shmdev_channel_call().
	 *
	 * Since: 0.1
	 */
	message call(const void *bytes, std::size_t length, shmem *given,
		     std::size_t count, void *buffer, std::size_t size,
		     std::uint64_t deadline_ns = no_deadline) noexcept
	{
		message answer;
		batch all;

		if (!all.add(given, count))
			return answer;
		int ret = shmdev_channel_call(get(), bytes, length, all.c,
					      count, buffer, size,
					      &answer.head_, deadline_ns);

		all.settle();
		if (ret == 0)
			answer.take(state_);

		return answer;
	}

	/**
	 * reply() - answer a call
	 * @asked: the call
	 * @bytes: see shmdev_channel_send()
	 * @length: see shmdev_channel_send()
	 * @given: shmems, each by std::move(): those of the call, other ones,
	 *	or none
	 *
	 * Return: true; false on error, with the errors of
	 * shmdev_channel_reply().
	 *
	 * Since: 0.1
	 */
	template <typename... Shmems>
	[[nodiscard]] bool reply(const message &asked, const void *bytes,
				 std::size_t length, Shmems &&...given) noexcept
	{
		static_assert((std::is_same_v<Shmems, shmem> && ...),
			      "give shmems away by std::move()");
		batch all;

		return (all.add(given) && ...) &&
		       reply_batch(asked, bytes, length, all);
	}

	/**
	 * reply_array() - the same for shmems in an array
	 * @asked: see reply()
	 * @bytes: see reply()
	 * @length: see reply()
	 * @given: the shmems; as for send() afterwards
	 * @count: their number
	 *
	 * Return: as reply().
	 *
	 * Since: 0.1
	 */
	[[nodiscard]] bool reply_array(const message &asked, const void *bytes,
				       std::size_t length, shmem *given,
				       std::size_t count) noexcept
	{
		batch all;

		return all.add(given, count) &&
		       reply_batch(asked, bytes, length, all);
	}

	/**
	 * give_back() - answer a call, and give its shmems back
	 * @asked: the call, with all its shmems; empty on success, as it was
	 *	on error
	 * @bytes: see reply()
	 * @length: see reply()
	 *
	 * Unsafe shmems stay with both sides, so they are not given back.
	 *
	 * Return: as reply().
	 *
	 * Since: 0.1
	 */
	[[nodiscard]] bool give_back(message &&asked, const void *bytes,
				     std::size_t length) noexcept
	{
		batch all;

		for (std::size_t i = 0; i < asked.count(); i++)
			if (asked.shmems_[i] && !asked.shmems_[i].is_unsafe() &&
			    !all.add(asked.shmems_[i]))
				return false;
		if (!reply_batch(asked, bytes, length, all))
			return false;
		asked = message();

		return true;
	}

	/* shmdev_channel_recover() */
	shmem recover() noexcept
	{
		return shmem(state_, shmdev_channel_recover(get()));
	}

private:
	/* Some shmems, and their pointers as C takes them. */
	struct batch {
		shmem *objects[SHMDEV_CHANNEL_MAX_SHMEMS];
		shmdev_shmem *c[SHMDEV_CHANNEL_MAX_SHMEMS];
		std::size_t count = 0;

		bool add(shmem &object) noexcept
		{
			if (count == SHMDEV_CHANNEL_MAX_SHMEMS)
				return detail::fail(EMSGSIZE);
			objects[count] = &object;
			c[count++] = object.pointer_;

			return true;
		}

		bool add(shmem *array, std::size_t length) noexcept
		{
			if (!array && length)
				return detail::fail(EINVAL);
			for (std::size_t i = 0; i < length; i++)
				if (!add(array[i]))
					return false;

			return true;
		}

		/* What is no longer here becomes empty. */
		void settle() noexcept
		{
			detail::errno_keeper keeper;

			for (std::size_t i = 0; i < count; i++)
				if (!shmdev_shmem_data(c[i]))
					objects[i]->unlink();
		}
	};

	bool send_batch(const void *bytes, std::size_t length,
			batch &all) noexcept
	{
		int ret = shmdev_channel_send(get(), bytes, length, all.c,
					      all.count);

		all.settle();
		return ret == 0;
	}

	bool reply_batch(const message &asked, const void *bytes,
			 std::size_t length, batch &all) noexcept
	{
		int ret = shmdev_channel_reply(get(), asked.head_.serial, bytes,
					       length, all.c, all.count);

		all.settle();
		return ret == 0;
	}

	static void close(detail::channel_state *state) noexcept
	{
		detail::errno_keeper keeper;

		if (!state)
			return;
		while (state->first)
			state->first->unlink();
		shmdev_channel_close(state->channel);
		delete state;
	}

	detail::channel_state *state_ = nullptr;
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_CHANNEL_HPP */
