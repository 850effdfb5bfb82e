/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Mapping policy: how much this process may have mapped in all, as
 * <shmdev/policy.h> says.
 */
#ifndef SHMDEV_POLICY_HPP
#define SHMDEV_POLICY_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <utility>

#include <shmdev/object.hpp>
#include <shmdev/policy.h>

namespace shmdev
{

/* shmdev_policy_set_limit() */
inline void policy_set_limit(std::uint64_t bytes) noexcept
{
	shmdev_policy_set_limit(bytes);
}

/* shmdev_policy_limit() */
inline std::uint64_t policy_limit() noexcept
{
	return shmdev_policy_limit();
}

/* shmdev_policy_reserved() */
inline std::uint64_t policy_reserved() noexcept
{
	return shmdev_policy_reserved();
}

/**
 * class reservation - memory that counts, though it has no mapping object
 *
 * It counts until the reservation ends.
 *
 * Since: 0.1
 */
class reservation {
public:
	reservation() noexcept = default;

	reservation(reservation &&other) noexcept
		: bytes_(std::exchange(other.bytes_, 0)) {}

	reservation &operator=(reservation &&other) noexcept
	{
		release(std::exchange(bytes_, std::exchange(other.bytes_, 0)));
		return *this;
	}

	~reservation() { release(bytes_); }

	explicit operator bool() const noexcept { return bytes_; }

	/* What counts; 0 if empty. */
	std::uint64_t size() const noexcept { return bytes_; }

	/**
	 * create() - count memory
	 * @bytes: how much, 1 or more
	 *
	 * Return: a reservation; an empty one on error, with the errors of
	 * shmdev_policy_reserve().
	 *
	 * Since: 0.1
	 */
	static reservation create(std::uint64_t bytes) noexcept
	{
		reservation made;

		if (shmdev_policy_reserve(bytes) == 0)
			made.bytes_ = bytes;

		return made;
	}

private:
	static void release(std::uint64_t bytes) noexcept
	{
		detail::errno_keeper keeper;

		if (bytes)
			shmdev_policy_release(bytes);
	}

	std::uint64_t bytes_ = 0;
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_POLICY_HPP */
