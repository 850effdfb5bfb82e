/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What all objects of <shmdev.hpp> have in common, and file descriptors. */
#ifndef SHMDEV_OBJECT_HPP
#define SHMDEV_OBJECT_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <array>
#include <cerrno>
#include <cstdint>

#include <unistd.h>

#include <linux/shmregion.h>

namespace shmdev
{

/* Identity of a region; all zero for an empty object. */
using guid = std::array<std::uint8_t, SHMREGION_GUID_SIZE>;

/* For calls that wait: as long as it takes. */
inline constexpr std::uint64_t no_deadline = SHMREGION_NO_DEADLINE;

namespace detail
{

/* errno as it was, at the end of a block. */
class errno_keeper {
public:
	errno_keeper() = default;
	errno_keeper(const errno_keeper &) = delete;
	errno_keeper &operator=(const errno_keeper &) = delete;
	~errno_keeper() { errno = error_; }

private:
	int error_ = errno;
};

inline bool fail(int error) noexcept
{
	errno = error;
	return false;
}

inline guid guid_of(const std::uint8_t *bytes) noexcept
{
	guid id = {};

	for (std::size_t i = 0; bytes && i < id.size(); i++)
		id[i] = bytes[i];

	return id;
}

/**
 * class owner - owns an object of C, or nothing
 *
 * @Free ends an object of C; what it returns, if anything, is ignored.
 */
template <typename C, auto Free>
class owner {
public:
	owner() noexcept = default;
	explicit owner(C *pointer) noexcept : pointer_(pointer) {}
	owner(owner &&other) noexcept : pointer_(other.exchange(nullptr)) {}

	owner &operator=(owner &&other) noexcept
	{
		reset(other.exchange(nullptr));
		return *this;
	}

	~owner() { reset(nullptr); }

	explicit operator bool() const noexcept { return pointer_; }

	/* The object of C, which still belongs to this one. */
	C *get() const noexcept { return pointer_; }

	/* The object of C, which is the caller's now. */
	[[nodiscard]] C *take() && noexcept { return exchange(nullptr); }

protected:
	C *exchange(C *pointer) noexcept
	{
		C *old = pointer_;

		pointer_ = pointer;
		return old;
	}

	/* For functions of C that set a pointer to NULL. */
	C **address() noexcept { return &pointer_; }

private:
	void reset(C *pointer) noexcept
	{
		C *old = exchange(pointer);
		errno_keeper keeper;

		if (old)
			Free(old);
	}

	C *pointer_ = nullptr;
};

} /* namespace detail */

/**
 * class unique_fd - a file descriptor that closes itself
 *
 * The empty one is -1.
 *
 * Since: 0.1
 */
class unique_fd {
public:
	unique_fd() noexcept = default;
	explicit unique_fd(int fd) noexcept : fd_(fd) {}
	unique_fd(unique_fd &&other) noexcept : fd_(other.exchange(-1)) {}

	unique_fd &operator=(unique_fd &&other) noexcept
	{
		reset(other.exchange(-1));
		return *this;
	}

	~unique_fd() { reset(-1); }

	explicit operator bool() const noexcept { return fd_ >= 0; }

	/* The file descriptor, which still belongs to this one. */
	int get() const noexcept { return fd_; }

	/* The file descriptor, which the caller must close now. */
	[[nodiscard]] int take() && noexcept { return exchange(-1); }

private:
	int exchange(int fd) noexcept
	{
		int old = fd_;

		fd_ = fd;
		return old;
	}

	void reset(int fd) noexcept
	{
		int old = exchange(fd);
		detail::errno_keeper keeper;

		if (old >= 0)
			::close(old);
	}

	int fd_ = -1;
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_OBJECT_HPP */
