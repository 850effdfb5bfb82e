/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Regions of any mode: the questions that all regions answer, ownership, and
 * what a controller can do. <shmdev/typed.hpp> has a class for each mode, on
 * which an operation that it does not have does not compile.
 */
#ifndef SHMDEV_REGION_HPP
#define SHMDEV_REGION_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <optional>
#include <utility>

#include <sys/types.h>

#include <shmdev/mapper.h>
#include <shmdev/mapping.hpp>
#include <shmdev/object.hpp>
#include <shmdev/region.h>

namespace shmdev
{

class region;

/* What names a process to a region. */
using process = shmdev_process;

/* shmdev_by_member() */
inline process by_member(std::uint64_t member) noexcept
{
	return shmdev_by_member(member);
}

/* shmdev_by_pid() */
inline process by_pid(pid_t pid) noexcept
{
	return shmdev_by_pid(pid);
}

namespace detail
{

/* What can be asked of a region. @Self has c_region(). */
template <typename Self>
class region_questions {
public:
	/* shmdev_region_fd(): the handle, still the object's; -1 if empty */
	int fd() const noexcept { return shmdev_region_fd(c()); }

	/* shmdev_region_size() */
	std::uint64_t size() const noexcept { return shmdev_region_size(c()); }

	/* shmdev_region_rights() */
	std::uint32_t rights() const noexcept
	{
		return shmdev_region_rights(c());
	}

	/* shmdev_region_guid() */
	shmdev::guid guid() const noexcept
	{
		return guid_of(shmdev_region_guid(c()));
	}

	/* shmdev_region_label(); nullptr if empty */
	const char *label() const noexcept { return shmdev_region_label(c()); }

	/* shmdev_region_info() */
	std::optional<shmregion_info> info() const noexcept
	{
		shmregion_info answer;

		if (shmdev_region_info(c(), &answer) < 0)
			return std::nullopt;

		return answer;
	}

	/* shmdev_region_same() */
	template <typename Other>
	std::optional<bool> same(const Other &other) const noexcept
	{
		int ret = shmdev_region_same(c(), other.c_region());

		if (ret < 0)
			return std::nullopt;

		return ret != 0;
	}

private:
	const shmdev_region *c() const noexcept
	{
		return static_cast<const Self *>(this)->c_region();
	}
};

/* Taking part in a region. */
template <typename Self>
class region_membership {
public:
	/* shmdev_region_attach() */
	[[nodiscard]] bool
	attach(std::uint64_t *out_member = nullptr) const noexcept
	{
		return shmdev_region_attach(c(), out_member) == 0;
	}

	/* shmdev_region_detach() */
	[[nodiscard]] bool detach() const noexcept
	{
		return shmdev_region_detach(c()) == 0;
	}

	/* shmdev_region_member(): 0 on error */
	std::uint64_t member() const noexcept
	{
		return shmdev_region_member(c());
	}

private:
	const shmdev_region *c() const noexcept
	{
		return static_cast<const Self *>(this)->c_region();
	}
};

/* Ownership, for handles that can write. */
template <typename Self>
class region_ownership {
public:
	/* shmdev_region_transfer() */
	[[nodiscard]] bool transfer(process to) const noexcept
	{
		return shmdev_region_transfer(c(), to) == 0;
	}

	/* shmdev_region_transfer_and_wait() */
	[[nodiscard]] bool
	transfer_and_wait(process to,
			  std::uint64_t deadline_ns = no_deadline,
			  std::uint32_t *out_flags = nullptr) const noexcept
	{
		return shmdev_region_transfer_and_wait(c(), to, deadline_ns,
						       out_flags) == 0;
	}

	/* shmdev_region_release(): nobody is the owner. The object stays. */
	[[nodiscard]] bool release() const noexcept
	{
		return shmdev_region_release(c()) == 0;
	}

	/* shmdev_region_acquire() */
	[[nodiscard]] bool
	acquire(std::uint64_t deadline_ns = no_deadline,
		std::uint32_t *out_flags = nullptr) const noexcept
	{
		return shmdev_region_acquire(c(), deadline_ns, out_flags) == 0;
	}

	/* shmdev_region_try_acquire() */
	[[nodiscard]] bool
	try_acquire(std::uint32_t *out_flags = nullptr) const noexcept
	{
		return shmdev_region_try_acquire(c(), out_flags) == 0;
	}

private:
	const shmdev_region *c() const noexcept
	{
		return static_cast<const Self *>(this)->c_region();
	}
};

/* What is known only at run time: the mode, and whether there is CONTROL. */
template <typename Self>
class region_operations : public region_questions<Self>,
			  public region_membership<Self>,
			  public region_ownership<Self> {
public:
	/* shmdev_region_mode(): -1 on error */
	int mode() const noexcept { return shmdev_region_mode(c()); }

	/* shmdev_region_publish() */
	[[nodiscard]] bool publish() const noexcept
	{
		return shmdev_region_publish(c()) == 0;
	}

	/* shmdev_region_freeze() */
	[[nodiscard]] bool freeze() const noexcept
	{
		return shmdev_region_freeze(c()) == 0;
	}

	/* shmdev_region_share() */
	[[nodiscard]] bool share() const noexcept
	{
		return shmdev_region_share(c()) == 0;
	}

	/* shmdev_region_limit() */
	[[nodiscard]] bool limit(process process,
				 std::uint32_t rights) const noexcept
	{
		return shmdev_region_limit(c(), process, rights) == 0;
	}

	/* shmdev_region_limit_others() */
	[[nodiscard]] bool limit_others(std::uint32_t rights) const noexcept
	{
		return shmdev_region_limit_others(c(), rights) == 0;
	}

	/* shmdev_region_reclaim() */
	[[nodiscard]] bool reclaim() const noexcept
	{
		return shmdev_region_reclaim(c()) == 0;
	}

	/* shmdev_region_destroy(): the region ends. The object stays. */
	[[nodiscard]] bool destroy() const noexcept
	{
		return shmdev_region_destroy(c()) == 0;
	}

	/* shmdev_region_duplicate() */
	region duplicate(std::uint32_t rights) const noexcept;

	/* shmdev_region_map() */
	mapping map(std::uint64_t offset, std::uint64_t length,
		    std::uint32_t flags) const noexcept
	{
		return mapping(shmdev_region_map(c(), offset, length, flags));
	}

	/* shmdev_region_map_with() */
	mapping map_with(std::uint64_t offset, std::uint64_t length,
			 std::uint32_t flags,
			 const shmdev_mapper &mapper) const noexcept
	{
		return mapping(shmdev_region_map_with(c(), offset, length,
						      flags, &mapper));
	}

	/* shmdev_region_map_fixed() */
	mapping map_fixed(std::uint64_t offset, std::uint64_t length,
			  std::uint32_t flags, void *address) const noexcept
	{
		return mapping(shmdev_region_map_fixed(c(), offset, length,
						       flags, address));
	}

private:
	const shmdev_region *c() const noexcept
	{
		return static_cast<const Self *>(this)->c_region();
	}
};

} /* namespace detail */

/**
 * class region_ref - a region that belongs to another object
 *
 * Valid as long as that object lives.
 *
 * Since: 0.1
 */
class region_ref : public detail::region_operations<region_ref> {
public:
	region_ref() noexcept = default;
	explicit region_ref(const shmdev_region *pointer) noexcept
		: pointer_(pointer) {}

	explicit operator bool() const noexcept { return pointer_; }
	const shmdev_region *c_region() const noexcept { return pointer_; }

private:
	const shmdev_region *pointer_ = nullptr;
};

/**
 * class region - a handle of any mode, with any rights
 *
 * Since: 0.1
 */
class region : public detail::owner<shmdev_region, shmdev_region_free>,
	       public detail::region_operations<region> {
public:
	using owner::owner;

	/* shmdev_region_create(): with all rights that the region has */
	static region create(std::uint64_t size, std::uint32_t mode,
			     std::uint32_t flags = 0,
			     const char *label = nullptr) noexcept
	{
		return region(shmdev_region_create(size, mode, flags, label));
	}

	/* shmdev_region_create_at() */
	static region create_at(int device, std::uint64_t size,
				std::uint32_t mode, std::uint32_t flags = 0,
				const char *label = nullptr) noexcept
	{
		return region(shmdev_region_create_at(device, size, mode, flags,
						      label));
	}

	/**
	 * adopt() - verify a file descriptor and turn it into a region
	 * @fd: empty on success, as it was on error
	 * @modes: see shmdev_region_adopt()
	 * @rights: see shmdev_region_adopt()
	 * @min_size: see shmdev_region_adopt()
	 * @flags: see shmdev_region_adopt()
	 *
	 * Return: a region; an empty one on error, with the errors of
	 * shmdev_region_adopt().
	 *
	 * Since: 0.1
	 */
	static region adopt(unique_fd &&fd, std::uint32_t modes,
			    std::uint32_t rights, std::uint64_t min_size = 1,
			    std::uint32_t flags = 0) noexcept
	{
		region adopted(shmdev_region_adopt(fd.get(), modes, rights,
						   min_size, flags));

		if (adopted)
			(void)std::move(fd).take();

		return adopted;
	}

	/**
	 * adopt_and_acquire() - adopt a region and become its owner
	 * @fd: empty on success, as it was on error
	 * @modes: see shmdev_region_adopt_and_acquire()
	 * @min_size: see shmdev_region_adopt_and_acquire()
	 * @flags: see shmdev_region_adopt_and_acquire()
	 * @deadline_ns: see shmdev_region_adopt_and_acquire()
	 * @out_flags: see shmdev_region_adopt_and_acquire()
	 *
	 * Return: a region; an empty one on error, with the errors of
	 * shmdev_region_adopt_and_acquire().
	 *
	 * Since: 0.1
	 */
	static region
	adopt_and_acquire(unique_fd &&fd, std::uint32_t modes,
			  std::uint64_t min_size = 1, std::uint32_t flags = 0,
			  std::uint64_t deadline_ns = no_deadline,
			  std::uint32_t *out_flags = nullptr) noexcept
	{
		region adopted(shmdev_region_adopt_and_acquire(
			fd.get(), modes, min_size, flags, deadline_ns,
			out_flags));

		if (adopted)
			(void)std::move(fd).take();

		return adopted;
	}

	/* shmdev_region_steal_fd() */
	unique_fd take_fd() && noexcept
	{
		return unique_fd(shmdev_region_steal_fd(exchange(nullptr)));
	}

	region_ref ref() const noexcept { return region_ref(get()); }
	const shmdev_region *c_region() const noexcept { return get(); }
};

template <typename Self>
region
detail::region_operations<Self>::duplicate(std::uint32_t rights) const noexcept
{
	return region(shmdev_region_duplicate(c(), rights));
}

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_REGION_HPP */
