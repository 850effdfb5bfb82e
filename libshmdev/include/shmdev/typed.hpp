/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Typed regions: one class for each mode, so that an operation that a mode does
 * not have does not compile. <shmdev/typed.h> has the table of what each has.
 *
 * A conversion consumes the object if it succeeds. If it fails it gives an empty
 * one, and the object is as it was::
 *
 *	auto readonly = std::move(writable).freeze();
 *	if (!readonly)
 *		; // writable is still there
 */
#ifndef SHMDEV_TYPED_HPP
#define SHMDEV_TYPED_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <shmdev/mapping.hpp>
#include <shmdev/object.hpp>
#include <shmdev/region.hpp>
#include <shmdev/typed.h>
#include <shmdev/unsafe_readonly.h>

namespace shmdev
{

/**
 * struct mapped - a region and a mapping of it
 * @region: the region
 * @mapping: the mapping
 *
 * Either both are there or neither is. They are independent of each other: move
 * one out, or end it.
 *
 * Since: 0.1
 */
template <typename Region, typename Mapping>
struct mapped {
	Region region;
	Mapping mapping;

	explicit operator bool() const noexcept { return region && mapping; }
};

namespace detail
{

/* The object of C, of type @Region, that @adopt makes of the handle. */
template <typename Region, typename Adopt>
Region adopt(Adopt adopt, unique_fd &fd, std::uint64_t min_size,
	     std::uint32_t flags) noexcept
{
	Region region(adopt(fd.get(), min_size, flags));

	if (region)
		(void)std::move(fd).take();

	return region;
}

/* The same of an untyped region, which stays where it is on error. */
template <typename Region, typename FromBase>
Region from_base(FromBase from_base, region &from) noexcept
{
	shmdev_region *pointer = std::move(from).take();
	Region made(from_base(&pointer));

	from = region(pointer);
	return made;
}

/**
 * class typed_region - what the four kinds have in common
 *
 * @Base gives the untyped object of C, and @Steal its handle. @Self has
 * mapping_type and map().
 */
template <typename Self, typename C, auto Free, auto Steal, auto Base>
class typed_region : public owner<C, Free>,
		     public region_questions<Self>,
		     public region_membership<Self> {
public:
	using owner<C, Free>::owner;

	/* The handle, to send it. Does not change the owner. */
	unique_fd take_fd() && noexcept
	{
		return unique_fd(Steal(this->address()));
	}

	/* Map it all, and keep both together. Stays here on error. */
	auto with_mapping() && noexcept
	{
		mapped<Self, typename Self::mapping_type> both;

		both.mapping = static_cast<const Self *>(this)->map();
		if (both.mapping)
			both.region = Self(this->exchange(nullptr));

		return both;
	}

	const shmdev_region *c_region() const noexcept
	{
		return Base(this->get());
	}
};

} /* namespace detail */

/**
 * class readonly_region - a READONLY region
 *
 * Since: 0.1
 */
class readonly_region
	: public detail::typed_region<readonly_region, shmdev_readonly_region,
				      shmdev_readonly_region_free,
				      shmdev_readonly_region_steal_fd,
				      shmdev_readonly_region_base> {
public:
	using mapping_type = readonly_mapping;

	using typed_region::typed_region;

	/* shmdev_readonly_region_create(): for readers, and what to write by */
	static mapped<readonly_region, writable_mapping>
	create(std::uint64_t size, std::uint32_t flags = 0,
	       const char *label = nullptr) noexcept
	{
		shmdev_readonly_region *region;
		shmdev_writable_mapping *mapping;

		shmdev_readonly_region_create(size, flags, label, &region,
					      &mapping);

		return { readonly_region(region), writable_mapping(mapping) };
	}

	/* shmdev_readonly_region_from_base(): @from is empty on success only */
	static readonly_region from_base(region &&from) noexcept
	{
		return detail::from_base<readonly_region>(
			shmdev_readonly_region_from_base, from);
	}

	/* shmdev_readonly_region_adopt(): @fd is empty on success only */
	static readonly_region adopt(unique_fd &&fd, std::uint64_t min_size = 1,
				     std::uint32_t flags = 0) noexcept
	{
		return detail::adopt<readonly_region>(
			shmdev_readonly_region_adopt, fd, min_size, flags);
	}

	/* shmdev_readonly_region_duplicate() */
	readonly_region duplicate() const noexcept
	{
		return readonly_region(shmdev_readonly_region_duplicate(get()));
	}

	/* shmdev_readonly_region_frozen() */
	std::optional<bool> frozen() const noexcept
	{
		int ret = shmdev_readonly_region_frozen(get());

		if (ret < 0)
			return std::nullopt;

		return ret != 0;
	}

	/* shmdev_readonly_region_map() */
	readonly_mapping map() const noexcept
	{
		return readonly_mapping(shmdev_readonly_region_map(get()));
	}

	/* shmdev_readonly_region_map_at() */
	readonly_mapping map_at(std::uint64_t offset,
				std::uint64_t length) const noexcept
	{
		return readonly_mapping(
			shmdev_readonly_region_map_at(get(), offset, length));
	}

	/* shmdev_readonly_region_map_with() */
	readonly_mapping map_with(std::uint64_t offset, std::uint64_t length,
			 const shmdev_mapper &mapper) const noexcept
	{
		return readonly_mapping(shmdev_readonly_region_map_with(
			get(), offset, length, &mapper));
	}
};

/**
 * class unsafe_readonly_region - an UNSAFE region, by a handle to read
 *
 * Since: 0.1
 */
class unsafe_readonly_region
	: public detail::typed_region<unsafe_readonly_region,
				      shmdev_unsafe_readonly_region,
				      shmdev_unsafe_readonly_region_free,
				      shmdev_unsafe_readonly_region_steal_fd,
				      shmdev_unsafe_readonly_region_base> {
public:
	using mapping_type = readonly_mapping;

	using typed_region::typed_region;

	/* shmdev_unsafe_readonly_region_from_base(): @from is empty on success only */
	static unsafe_readonly_region from_base(region &&from) noexcept
	{
		return detail::from_base<unsafe_readonly_region>(
			shmdev_unsafe_readonly_region_from_base, from);
	}

	/* shmdev_unsafe_readonly_region_adopt(): @fd is empty on success only */
	static unsafe_readonly_region adopt(unique_fd &&fd,
					    std::uint64_t min_size = 1,
					    std::uint32_t flags = 0) noexcept
	{
		return detail::adopt<unsafe_readonly_region>(
			shmdev_unsafe_readonly_region_adopt, fd, min_size,
			flags);
	}

	/* shmdev_unsafe_readonly_region_duplicate() */
	unsafe_readonly_region duplicate() const noexcept
	{
		return unsafe_readonly_region(
			shmdev_unsafe_readonly_region_duplicate(get()));
	}

	/* shmdev_unsafe_readonly_region_map() */
	readonly_mapping map() const noexcept
	{
		return readonly_mapping(
			shmdev_unsafe_readonly_region_map(get()));
	}

	/* shmdev_unsafe_readonly_region_map_at() */
	readonly_mapping map_at(std::uint64_t offset,
				std::uint64_t length) const noexcept
	{
		return readonly_mapping(shmdev_unsafe_readonly_region_map_at(
			get(), offset, length));
	}

	/* shmdev_unsafe_readonly_region_map_with() */
	readonly_mapping map_with(std::uint64_t offset, std::uint64_t length,
			 const shmdev_mapper &mapper) const noexcept
	{
		return readonly_mapping(shmdev_unsafe_readonly_region_map_with(
			get(), offset, length, &mapper));
	}
};

/**
 * class unsafe_region - an UNSAFE region
 *
 * Since: 0.1
 */
class unsafe_region
	: public detail::typed_region<unsafe_region, shmdev_unsafe_region,
				      shmdev_unsafe_region_free,
				      shmdev_unsafe_region_steal_fd,
				      shmdev_unsafe_region_base> {
public:
	using mapping_type = writable_mapping;

	using typed_region::typed_region;

	/* shmdev_unsafe_region_create() */
	static unsafe_region create(std::uint64_t size, std::uint32_t flags = 0,
				    const char *label = nullptr) noexcept
	{
		return unsafe_region(
			shmdev_unsafe_region_create(size, flags, label));
	}

	/* shmdev_unsafe_region_from_base(): @from is empty on success only */
	static unsafe_region from_base(region &&from) noexcept
	{
		return detail::from_base<unsafe_region>(
			shmdev_unsafe_region_from_base, from);
	}

	/* shmdev_unsafe_region_adopt(): @fd is empty on success only */
	static unsafe_region adopt(unique_fd &&fd, std::uint64_t min_size = 1,
				   std::uint32_t flags = 0) noexcept
	{
		return detail::adopt<unsafe_region>(shmdev_unsafe_region_adopt,
						    fd, min_size, flags);
	}

	/* shmdev_unsafe_region_duplicate() */
	unsafe_region duplicate() const noexcept
	{
		return unsafe_region(shmdev_unsafe_region_duplicate(get()));
	}

	/* shmdev_unsafe_region_duplicate_readonly() */
	unsafe_readonly_region duplicate_readonly() const noexcept
	{
		return unsafe_readonly_region(
			shmdev_unsafe_region_duplicate_readonly(get()));
	}

	/* shmdev_unsafe_region_map() */
	writable_mapping map() const noexcept
	{
		return writable_mapping(shmdev_unsafe_region_map(get()));
	}

	/* shmdev_unsafe_region_map_at() */
	writable_mapping map_at(std::uint64_t offset,
				std::uint64_t length) const noexcept
	{
		return writable_mapping(
			shmdev_unsafe_region_map_at(get(), offset, length));
	}

	/* shmdev_unsafe_region_map_with() */
	writable_mapping map_with(std::uint64_t offset, std::uint64_t length,
			 const shmdev_mapper &mapper) const noexcept
	{
		return writable_mapping(shmdev_unsafe_region_map_with(
			get(), offset, length, &mapper));
	}

	/* shmdev_unsafe_region_map_readonly() */
	readonly_mapping map_readonly(std::uint64_t offset,
				      std::uint64_t length) const noexcept
	{
		return readonly_mapping(shmdev_unsafe_region_map_readonly(
			get(), offset, length));
	}
};

/**
 * class writable_region - a WRITABLE region, which has one owner at a time
 *
 * Since: 0.1
 */
class writable_region
	: public detail::typed_region<writable_region, shmdev_writable_region,
				      shmdev_writable_region_free,
				      shmdev_writable_region_steal_fd,
				      shmdev_writable_region_base>,
	  public detail::region_ownership<writable_region> {
public:
	using mapping_type = writable_mapping;

	using typed_region::typed_region;

	/* shmdev_writable_region_create() */
	static writable_region create(std::uint64_t size,
				      std::uint32_t flags = 0,
				      const char *label = nullptr) noexcept
	{
		return writable_region(
			shmdev_writable_region_create(size, flags, label));
	}

	/* shmdev_writable_region_from_base(): @from is empty on success only */
	static writable_region from_base(region &&from) noexcept
	{
		return detail::from_base<writable_region>(
			shmdev_writable_region_from_base, from);
	}

	/* shmdev_writable_region_adopt(): @fd is empty on success only */
	static writable_region adopt(unique_fd &&fd, std::uint64_t min_size = 1,
				     std::uint32_t flags = 0) noexcept
	{
		return detail::adopt<writable_region>(
			shmdev_writable_region_adopt, fd, min_size, flags);
	}

	/**
	 * adopt_and_acquire() - adopt a region and become its owner
	 * @fd: empty on success, as it was on error
	 * @min_size: see shmdev_writable_region_adopt_and_acquire()
	 * @flags: see shmdev_writable_region_adopt_and_acquire()
	 * @deadline_ns: see shmdev_writable_region_adopt_and_acquire()
	 * @out_flags: see shmdev_writable_region_adopt_and_acquire()
	 *
	 * Return: a region; an empty one on error, with the errors of
	 * shmdev_writable_region_adopt_and_acquire().
	 *
	 * Since: 0.1
	 */
	static writable_region
	adopt_and_acquire(unique_fd &&fd, std::uint64_t min_size = 1,
			  std::uint32_t flags = 0,
			  std::uint64_t deadline_ns = no_deadline,
			  std::uint32_t *out_flags = nullptr) noexcept
	{
		writable_region adopted(shmdev_writable_region_adopt_and_acquire(
			fd.get(), min_size, flags, deadline_ns, out_flags));

		if (adopted)
			(void)std::move(fd).take();

		return adopted;
	}

	/* shmdev_writable_region_freeze() */
	readonly_region freeze() && noexcept
	{
		return readonly_region(
			shmdev_writable_region_freeze(address()));
	}

	/* shmdev_writable_region_publish() */
	readonly_region publish() && noexcept
	{
		return readonly_region(
			shmdev_writable_region_publish(address()));
	}

	/* shmdev_writable_region_share() */
	unsafe_region share() && noexcept
	{
		return unsafe_region(shmdev_writable_region_share(address()));
	}

	/* shmdev_writable_region_map() */
	writable_mapping map() const noexcept
	{
		return writable_mapping(shmdev_writable_region_map(get()));
	}

	/* shmdev_writable_region_map_at() */
	writable_mapping map_at(std::uint64_t offset,
				std::uint64_t length) const noexcept
	{
		return writable_mapping(
			shmdev_writable_region_map_at(get(), offset, length));
	}

	/* shmdev_writable_region_map_with() */
	writable_mapping map_with(std::uint64_t offset, std::uint64_t length,
			 const shmdev_mapper &mapper) const noexcept
	{
		return writable_mapping(shmdev_writable_region_map_with(
			get(), offset, length, &mapper));
	}

	/* shmdev_writable_region_map_readonly() */
	readonly_mapping map_readonly(std::uint64_t offset,
				      std::uint64_t length) const noexcept
	{
		return readonly_mapping(shmdev_writable_region_map_readonly(
			get(), offset, length));
	}
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_TYPED_HPP */
