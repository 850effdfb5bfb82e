/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Structured memory: one object of a type, or an array, with a single writer
 * and many readers. <shmdev/structured.h> says how that works::
 *
 *	auto writer = shmdev::writer<frame>::create(8);
 *	writer.at(3)->width = 640;
 *
 *	auto reader = shmdev::reader<frame>::open(region);
 *	const frame *seen = reader.at(3);
 *
 * The type must be shareable, see <shmdev/types.hpp>. A reader has only
 * pointers to const. * and -> give the first element, as those of a smart
 * pointer do; every object that is not empty has one.
 */
#ifndef SHMDEV_STRUCTURED_HPP
#define SHMDEV_STRUCTURED_HPP

#include <cstddef>
#include <cstdint>
#include <utility>
#if __cplusplus >= 202002L
#include <span>
#endif

#include <shmdev/object.hpp>
#include <shmdev/region.hpp>
#include <shmdev/structured.h>
#include <shmdev/typed.hpp>
#include <shmdev/types.hpp>
#include <shmdev/version.h>

namespace shmdev
{

namespace detail
{

/**
 * class array - what a writer and a reader have in common
 *
 * @Span and @Count are the functions of C, and @T is const for a reader.
 */
template <typename T, typename C, auto Free, auto Span, auto Count>
class array : public owner<C, Free> {
	static_assert(check_shareable<std::remove_const_t<T>>());
	static_assert(alignof(T) <= 4096, "aligned to more than a page");

public:
	using value_type = std::remove_const_t<T>;

	using owner<C, Free>::owner;

	/* Number of elements: shmdev_writer_count(), shmdev_reader_count() */
	std::size_t count() const noexcept { return Count(this->get()); }

	/**
	 * elements() - some elements
	 * @first: index of the first
	 * @count: how many
	 *
	 * Return: the first; nullptr on error, with the errors of
	 * shmdev_writer_span().
	 *
	 * Since: 0.1
	 */
	T *elements(std::size_t first, std::size_t count) const noexcept
	{
		return static_cast<T *>(Span(this->get(), first, count));
	}

	/**
	 * at() - one element
	 * @index: less than count()
	 *
	 * Return: as elements().
	 *
	 * Since: 0.1
	 */
	T *at(std::size_t index) const noexcept { return elements(index, 1); }

	T &operator*() const noexcept { return *at(0); }
	T *operator->() const noexcept { return at(0); }

#if __cplusplus >= 202002L
	/* All elements; none on error. */
	std::span<T> span() const noexcept { return span(0, count()); }

	/* As elements(); none on error. */
	std::span<T> span(std::size_t first, std::size_t count) const noexcept
	{
		T *found = elements(first, count);

		return { found, found ? count : 0 };
	}
#endif
};

} /* namespace detail */

/**
 * class writer - the writer's side of an array in shared memory
 *
 * Since: 0.1
 */
template <typename T>
class writer : public detail::array<T, shmdev_writer, shmdev_writer_free,
				    shmdev_writer_span, shmdev_writer_count> {
	using base = detail::array<T, shmdev_writer, shmdev_writer_free,
				   shmdev_writer_span, shmdev_writer_count>;

public:
	/* T; for std::atomic<U> it is U. */
	using initial_type = detail::value_t<T>;

	using base::base;

	/**
	 * create() - create a region of elements that are all zero
	 * @count: how many elements
	 * @flags: of enum shmregion_create_flags
	 * @label: as for shmdev_region_create()
	 *
	 * Return: a writer; an empty one on error, with the errors of
	 * shmdev_writer_create().
	 *
	 * Since: 0.1
	 */
	static writer create(std::size_t count = 1, std::uint32_t flags = 0,
			     const char *label = nullptr) noexcept
	{
		return writer(shmdev_writer_create(sizeof(T), count, nullptr,
						   flags, label));
	}

	/**
	 * create_with() - create a region of elements that have a value
	 * @initial: value of each element, copied
	 * @count: see create()
	 * @flags: see create()
	 * @label: see create()
	 *
	 * Return: as create().
	 *
	 * Since: 0.1
	 */
	static writer create_with(const initial_type &initial,
				  std::size_t count = 1,
				  std::uint32_t flags = 0,
				  const char *label = nullptr) noexcept
	{
		return writer(shmdev_writer_create(sizeof(T), count, &initial,
						   flags, label));
	}

	/* shmdev_writer_open(): @region is empty on success only */
	static writer open(region &&from) noexcept
	{
		shmdev_region *pointer = std::move(from).take();
		writer opened(shmdev_writer_open(&pointer, sizeof(T)));

		from = region(pointer);
		return opened;
	}

	/* shmdev_writer_region(); an empty one if it was taken */
	region_ref ref() const noexcept
	{
		return region_ref(shmdev_writer_region(this->get()));
	}

	/**
	 * duplicate_region() - a handle for a reader
	 *
	 * Return: a region; an empty one on error, with the errors of
	 * shmdev_writer_duplicate_region() and shmdev_readonly_region_adopt().
	 *
	 * Since: 0.1
	 */
	readonly_region duplicate_region() const noexcept
	{
		return typed(shmdev_writer_duplicate_region(this->get()));
	}

	/**
	 * take_region() - the last handle for a reader
	 *
	 * The writer stays, with its memory alone: see
	 * shmdev_writer_take_region().
	 *
	 * Return: as duplicate_region().
	 *
	 * Since: 0.1
	 */
	readonly_region take_region() noexcept
	{
		return typed(shmdev_writer_take_region(this->get()));
	}

	/* shmdev_writer_reading_address() */
	template <typename U>
	const U *reading_address(const U *address,
				 std::size_t count = 1) const noexcept
	{
		return static_cast<const U *>(shmdev_writer_reading_address(
			this->get(), address, count * sizeof(U)));
	}

	/* shmdev_writer_wake(): the version is in this memory */
	[[nodiscard]] bool wake(const shmdev_version &version) const noexcept
	{
		return shmdev_writer_wake(this->get(), &version) == 0;
	}

private:
	static readonly_region typed(shmdev_region *pointer) noexcept
	{
		if (!pointer)
			return readonly_region();

		/* The writer's own region: its controller is trusted. */
		return readonly_region::adopt(region(pointer).take_fd(), 1,
					      SHMDEV_ADOPT_TRUST_CONTROLLER);
	}
};

/**
 * class reader - a reader's side of an array in shared memory
 *
 * Since: 0.1
 */
template <typename T>
class reader : public detail::array<const T, shmdev_reader, shmdev_reader_free,
				    shmdev_reader_span, shmdev_reader_count> {
	using base = detail::array<const T, shmdev_reader, shmdev_reader_free,
				   shmdev_reader_span, shmdev_reader_count>;

public:
	using base::base;

	/* shmdev_reader_open(): the region stays the caller's */
	static reader open(const readonly_region &region) noexcept
	{
		return reader(shmdev_reader_open(region.c_region(), sizeof(T)));
	}
};

/* A value that is read and written in one piece. */
template <typename T>
using atomic_writer = writer<std::atomic<T>>;

template <typename T>
using atomic_reader = reader<std::atomic<T>>;

} /* namespace shmdev */

#endif /* SHMDEV_STRUCTURED_HPP */
