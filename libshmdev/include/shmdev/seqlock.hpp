/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A value in shared memory that is never seen half written. */
#ifndef SHMDEV_SEQLOCK_HPP
#define SHMDEV_SEQLOCK_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <optional>
#include <type_traits>

#include <shmdev/seqlock.h>
#include <shmdev/types.hpp>

namespace shmdev
{

/**
 * class seqlock - a value with its sequence number
 *
 * It lies in shared memory, of which all zero is a value of all zero. Has the
 * layout of what SHMDEV_SEQLOCK() declares; that one can be in a list of
 * members. A reader's is const.
 *
 * Since: 0.1
 */
template <typename T>
class seqlock {
	static_assert(detail::check_shareable<T>());
	static_assert(!detail::atomic<detail::element_t<T>>::is,
		      "a copy is made: it need not be atomic");
	static_assert(std::is_trivially_copyable_v<T> && !std::is_array_v<T>,
		      "a type that cannot be copied as a value");

public:
	/* shmdev_seqlock_store() */
	[[nodiscard]] bool store(const T &value) noexcept
	{
		return shmdev_seqlock_store(&lock_, words_, &value,
					    sizeof(T)) == 0;
	}

	/* shmdev_seqlock_load(): a copy; nullopt on error */
	std::optional<T> load() const noexcept
	{
		T value;

		if (shmdev_seqlock_load(&lock_, words_, &value, sizeof(T)) < 0)
			return std::nullopt;

		return value;
	}

private:
	shmdev_seqlock lock_ = {};
	std::uint64_t words_[SHMDEV_SEQLOCK_WORDS(sizeof(T))] = {};
};

template <typename T>
struct detail::is_declared<seqlock<T>> : std::true_type {
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_SEQLOCK_HPP */
