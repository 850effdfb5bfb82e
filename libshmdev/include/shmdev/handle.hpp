/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Sending handles over a Unix socket, as <shmdev/handle.h> does. */
#ifndef SHMDEV_HANDLE_HPP
#define SHMDEV_HANDLE_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>

#include <shmdev/handle.h>
#include <shmdev/object.hpp>
#include <shmdev/region.hpp>

namespace shmdev
{

/**
 * handle_send() - send the handle of a region of any kind
 * @socket: see shmdev_handle_send()
 * @region: a region, a typed one, or a region_ref
 * @deadline_ns: see shmdev_handle_send()
 *
 * Return: true; false on error, with the errors of shmdev_handle_send().
 *
 * Since: 0.1
 */
template <typename Region>
[[nodiscard]] bool handle_send(int socket, const Region &region,
			       std::uint64_t deadline_ns = no_deadline) noexcept
{
	return shmdev_handle_send(socket, region.c_region(), deadline_ns) == 0;
}

/**
 * handle_receive() - receive what claims to be a handle
 * @socket: see shmdev_handle_send()
 * @deadline_ns: see shmdev_handle_send()
 *
 * Return: what to adopt; an empty one on error, with the errors of
 * shmdev_handle_receive().
 *
 * Since: 0.1
 */
inline unique_fd
handle_receive(int socket, std::uint64_t deadline_ns = no_deadline) noexcept
{
	return unique_fd(shmdev_handle_receive(socket, deadline_ns));
}

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_HANDLE_HPP */
