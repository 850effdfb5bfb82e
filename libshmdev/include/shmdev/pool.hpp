/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Pools: buffers that are used again, as <shmdev/pool.h> says. */
#ifndef SHMDEV_POOL_HPP
#define SHMDEV_POOL_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstddef>
#include <cstdint>
#include <utility>

#include <shmdev/memory.hpp>
#include <shmdev/object.hpp>
#include <shmdev/pool.h>
#include <shmdev/region.hpp>

namespace shmdev
{

/**
 * class buffer - a region that is mapped for reading and writing
 *
 * The region is destroyed at the end. pool::put() keeps it for later instead.
 *
 * Since: 0.1
 */
class buffer : public detail::owner<shmdev_buffer, shmdev_buffer_free>,
	       public detail::writable_memory<buffer> {
public:
	using owner::owner;

	/* shmdev_buffer_data() */
	void *data() noexcept { return shmdev_buffer_data(get()); }
	const void *data() const noexcept { return shmdev_buffer_data(get()); }

	/* shmdev_buffer_size(): it is mapped, so it is no more than this type */
	std::size_t size() const noexcept
	{
		return static_cast<std::size_t>(shmdev_buffer_size(get()));
	}

	/* shmdev_buffer_region() */
	region_ref ref() const noexcept
	{
		return region_ref(shmdev_buffer_region(get()));
	}

	/* shmdev_buffer_mapping(): for functions of C */
	const shmdev_writable_mapping *mapping() const noexcept
	{
		return shmdev_buffer_mapping(get());
	}

	/* shmdev_buffer_writable_region(): for functions of C */
	const shmdev_writable_region *writable_region() const noexcept
	{
		return shmdev_buffer_writable_region(get());
	}

	/* shmdev_buffer_unsafe_region(): for functions of C */
	const shmdev_unsafe_region *unsafe_region() const noexcept
	{
		return shmdev_buffer_unsafe_region(get());
	}

	/* shmdev_buffer_send() */
	[[nodiscard]] bool
	send(int socket, std::uint64_t deadline_ns = no_deadline) const noexcept
	{
		return shmdev_buffer_send(get(), socket, deadline_ns) == 0;
	}
};

/**
 * class pool - buffers that wait to be used again
 *
 * A buffer needs its pool only to be put back.
 *
 * Since: 0.1
 */
class pool : public detail::owner<shmdev_pool, shmdev_pool_free> {
public:
	using owner::owner;

	/* shmdev_pool_create() */
	static pool create(std::uint32_t mode, std::size_t max_cached,
			   std::uint32_t flags = 0) noexcept
	{
		return pool(shmdev_pool_create(mode, max_cached, flags));
	}

	/* shmdev_pool_get() */
	buffer get_buffer(std::uint64_t size, std::uint64_t party) noexcept
	{
		return buffer(shmdev_pool_get(get(), size, party));
	}

	/* shmdev_pool_put(): @given is empty on success only */
	[[nodiscard]] bool put(buffer &&given) noexcept
	{
		shmdev_buffer *pointer = std::move(given).take();
		int ret = shmdev_pool_put(get(), &pointer);

		given = buffer(pointer);
		return ret == 0;
	}

	/* shmdev_pool_forget() */
	[[nodiscard]] bool forget(std::uint64_t party) noexcept
	{
		return shmdev_pool_forget(get(), party) == 0;
	}

	/* shmdev_pool_shutdown() */
	[[nodiscard]] bool shutdown() noexcept
	{
		return shmdev_pool_shutdown(get()) == 0;
	}

	/* shmdev_pool_cached() */
	std::size_t cached() const noexcept
	{
		return shmdev_pool_cached(get());
	}
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_POOL_HPP */
