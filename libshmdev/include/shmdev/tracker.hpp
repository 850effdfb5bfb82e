/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Who has which regions, as <shmdev/tracker.h> says. */
#ifndef SHMDEV_TRACKER_HPP
#define SHMDEV_TRACKER_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <array>
#include <cstddef>

#include <sys/types.h>

#include <shmdev/object.hpp>
#include <shmdev/tracker.h>

namespace shmdev
{

/* shmdev_guid_format(): with a NUL at the end */
inline std::array<char, SHMDEV_GUID_TEXT_SIZE>
guid_format(const guid &id) noexcept
{
	std::array<char, SHMDEV_GUID_TEXT_SIZE> text = {};

	shmdev_guid_format(id.data(), text.data());
	return text;
}

/**
 * class mapping_list - the mappings of this process, at one time
 *
 * Since: 0.1
 */
class mapping_list : public detail::owner<shmdev_mapping_list,
					  shmdev_mapping_list_free> {
public:
	using owner::owner;

	/* shmdev_mapping_list_take() */
	static mapping_list take_now() noexcept
	{
		return mapping_list(shmdev_mapping_list_take());
	}

	/* shmdev_mapping_list_count() */
	std::size_t count() const noexcept
	{
		return shmdev_mapping_list_count(get());
	}

	/* shmdev_mapping_list_at() */
	const shmdev_mapping_record *at(std::size_t index) const noexcept
	{
		return shmdev_mapping_list_at(get(), index);
	}
};

/**
 * class snapshot - the regions of the system, and who has them
 *
 * Since: 0.1
 */
class snapshot : public detail::owner<shmdev_snapshot, shmdev_snapshot_free> {
public:
	using owner::owner;

	/* shmdev_snapshot_take() */
	static snapshot take_now(pid_t pid = 0) noexcept
	{
		return snapshot(shmdev_snapshot_take(pid));
	}

	/* shmdev_snapshot_unreadable() */
	std::size_t unreadable() const noexcept
	{
		return shmdev_snapshot_unreadable(get());
	}

	/* shmdev_snapshot_count() */
	std::size_t count() const noexcept
	{
		return shmdev_snapshot_count(get());
	}

	/* shmdev_snapshot_region() */
	const shmdev_region_record *at(std::size_t index) const noexcept
	{
		return shmdev_snapshot_region(get(), index);
	}

	/* shmdev_snapshot_find() */
	const shmdev_region_record *
	find(const guid &id, std::size_t *index = nullptr) const noexcept
	{
		return shmdev_snapshot_find(get(), id.data(), index);
	}

	/* shmdev_snapshot_user() */
	const shmdev_user_record *user(std::size_t region,
				       std::size_t index) const noexcept
	{
		return shmdev_snapshot_user(get(), region, index);
	}
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_TRACKER_HPP */
