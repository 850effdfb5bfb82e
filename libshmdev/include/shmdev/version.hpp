/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A version in shared memory: a number that only grows. <shmdev/version.h> says
 * where waiting works.
 */
#ifndef SHMDEV_VERSION_HPP
#define SHMDEV_VERSION_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <optional>
#include <type_traits>

#include <shmdev/types.hpp>
#include <shmdev/version.h>

namespace shmdev
{

/**
 * struct version - struct shmdev_version with functions
 *
 * It lies in shared memory, and can be in an array by itself. In a list of
 * members it is struct(shmdev_version), and used by the functions of C. A
 * reader's is const.
 *
 * Since: 0.1
 */
struct version : shmdev_version {
	/* shmdev_version_load() */
	std::uint64_t load() const noexcept
	{
		return shmdev_version_load(this);
	}

	/* shmdev_version_increment() */
	[[nodiscard]] bool increment() noexcept
	{
		return shmdev_version_increment(this) == 0;
	}

	/* shmdev_version_set() */
	[[nodiscard]] bool set(std::uint64_t number) noexcept
	{
		return shmdev_version_set(this, number) == 0;
	}

	/* shmdev_version_changed() */
	bool changed(std::uint64_t seen) const noexcept
	{
		return shmdev_version_changed(this, seen);
	}

	/* shmdev_version_wait(): the other version; nullopt on error */
	std::optional<std::uint64_t>
	wait(std::uint64_t seen, std::uint64_t deadline_ns) const noexcept
	{
		std::uint64_t number;

		if (shmdev_version_wait(this, seen, deadline_ns, &number) < 0)
			return std::nullopt;

		return number;
	}

	/* shmdev_version_wake(). A writer has writer::wake(). */
	[[nodiscard]] bool wake() const noexcept
	{
		return shmdev_version_wake(this) == 0;
	}
};

static_assert(sizeof(version) == sizeof(shmdev_version),
	      "the same layout as in C");

template <>
struct detail::is_declared<version> : std::true_type {
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_VERSION_HPP */
