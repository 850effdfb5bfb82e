/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The device, the versions and deadlines, as <shmdev/device.h> has them. */
#ifndef SHMDEV_DEVICE_HPP
#define SHMDEV_DEVICE_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>

#include <shmdev/device.h>
#include <shmdev/object.hpp>

namespace shmdev
{

/* shmdev_open(): for region::create_at() */
inline unique_fd open() noexcept
{
	return unique_fd(shmdev_open());
}

/* shmdev_version_string() */
inline const char *version_string() noexcept
{
	return shmdev_version_string();
}

/* shmdev_abi_version(): -1 on error */
inline int abi_version() noexcept
{
	return shmdev_abi_version();
}

/* shmdev_deadline_after() */
inline std::uint64_t deadline_after(std::uint64_t ns) noexcept
{
	return shmdev_deadline_after(ns);
}

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_DEVICE_HPP */
