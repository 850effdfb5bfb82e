/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Brokers: a process that creates regions for another, as <shmdev/broker.h> says. */
#ifndef SHMDEV_BROKER_HPP
#define SHMDEV_BROKER_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <utility>

#include <shmdev/broker.h>
#include <shmdev/object.hpp>
#include <shmdev/region.hpp>

namespace shmdev
{

/**
 * class broker - creates regions for one client
 *
 * Since: 0.1
 */
class broker : public detail::owner<shmdev_broker, shmdev_broker_free> {
public:
	using owner::owner;

	/**
	 * create() - begin to serve a client
	 * @fd: see shmdev_broker_create(); empty on success, as it was on error
	 * @policy: see shmdev_broker_create(). A region that its created()
	 *	function is given is an object of C: region(pointer) owns it.
	 *
	 * Return: a broker; an empty one on error, with the errors of
	 * shmdev_broker_create().
	 *
	 * Since: 0.1
	 */
	static broker create(unique_fd &&fd,
			     const shmdev_broker_policy &policy) noexcept
	{
		broker made(shmdev_broker_create(fd.get(), &policy));

		if (made)
			(void)std::move(fd).take();

		return made;
	}

	/* shmdev_broker_fd() */
	int fd() const noexcept { return shmdev_broker_fd(get()); }

	/* shmdev_broker_serve() */
	[[nodiscard]] bool serve() noexcept
	{
		return shmdev_broker_serve(get()) == 0;
	}

	/* shmdev_broker_run() */
	[[nodiscard]] bool run() noexcept
	{
		return shmdev_broker_run(get()) == 0;
	}

	/* shmdev_broker_refund() */
	[[nodiscard]] bool refund(std::uint64_t size) noexcept
	{
		return shmdev_broker_refund(get(), size) == 0;
	}
};

/**
 * class broker_client - a connection to a broker
 *
 * Since: 0.1
 */
class broker_client : public detail::owner<shmdev_broker_client,
					   shmdev_broker_client_free> {
public:
	using owner::owner;

	/**
	 * create() - begin to ask a broker
	 * @fd: as for broker::create()
	 * @timeout_ns: see shmdev_broker_client_create()
	 *
	 * Return: a client; an empty one on error, with the errors of
	 * shmdev_broker_client_create().
	 *
	 * Since: 0.1
	 */
	static broker_client create(unique_fd &&fd,
				    std::uint64_t timeout_ns = 0) noexcept
	{
		broker_client made(shmdev_broker_client_create(fd.get(),
							       timeout_ns));

		if (made)
			(void)std::move(fd).take();

		return made;
	}

	/* shmdev_broker_client_request() */
	region request(std::uint64_t size, std::uint32_t mode,
		       std::uint32_t flags = 0,
		       const char *label = nullptr) noexcept
	{
		return region(shmdev_broker_client_request(get(), size, mode,
							   flags, label));
	}

	/* shmdev_broker_client_install(): the object stays until then */
	[[nodiscard]] bool install() noexcept
	{
		return shmdev_broker_client_install(get()) == 0;
	}
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_BROKER_HPP */
