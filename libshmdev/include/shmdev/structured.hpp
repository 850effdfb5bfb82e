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
 * pointers to const, and so has a writer that is const. * and -> give the first
 * element, as those of a smart pointer do; every object that is not empty has one.
 */
#ifndef SHMDEV_STRUCTURED_HPP
#define SHMDEV_STRUCTURED_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

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
	T *elements(std::size_t first, std::size_t count) noexcept
	{
		return static_cast<T *>(Span(this->get(), first, count));
	}

	const T *elements(std::size_t first, std::size_t count) const noexcept
	{
		return static_cast<const T *>(Span(this->get(), first, count));
	}

	/**
	 * at() - one element
	 * @index: less than count()
	 *
	 * Return: as elements().
	 *
	 * Since: 0.1
	 */
	T *at(std::size_t index) noexcept { return elements(index, 1); }

	const T *at(std::size_t index) const noexcept
	{
		return elements(index, 1);
	}

	T &operator*() noexcept { return *at(0); }
	const T &operator*() const noexcept { return *at(0); }
	T *operator->() noexcept { return at(0); }
	const T *operator->() const noexcept { return at(0); }

	/* All elements, as a range. */
	T *data() noexcept { return elements(0, count()); }
	const T *data() const noexcept { return elements(0, count()); }
	std::size_t size() const noexcept { return count(); }
	T *begin() noexcept { return data(); }
	const T *begin() const noexcept { return data(); }
	T *end() noexcept { return behind(data()); }
	const T *end() const noexcept { return behind(data()); }

#if __cplusplus >= 202002L
	/* All elements; none on error. */
	std::span<T> span() noexcept { return span(0, count()); }
	std::span<const T> span() const noexcept { return span(0, count()); }

	/* As elements(); none on error. */
	std::span<T> span(std::size_t first, std::size_t count) noexcept
	{
		T *found = elements(first, count);

		return { found, found ? count : 0 };
	}

	std::span<const T> span(std::size_t first,
				std::size_t count) const noexcept
	{
		const T *found = elements(first, count);

		return { found, found ? count : 0 };
	}
#endif

private:
	template <typename U>
	U *behind(U *first) const noexcept
	{
		return first ? first + count() : first;
	}
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
	 * create() - create a region of elements
	 * @count: how many elements
	 * @initial: value of each element, copied; nullptr is all zero
	 * @flags: of enum shmregion_create_flags
	 * @label: as for shmdev_region_create()
	 *
	 * Return: a writer; an empty one on error, with the errors of
	 * shmdev_writer_create().
	 *
	 * Since: 0.1
	 */
	static writer create(std::size_t count = 1,
			     const initial_type *initial = nullptr,
			     std::uint32_t flags = 0,
			     const char *label = nullptr) noexcept
	{
		return writer(shmdev_writer_create(sizeof(T), count, initial,
						   flags, label));
	}

	/* The same with a value that is there, and may be a temporary. */
	static writer create_from(const initial_type &initial,
				  std::size_t count = 1,
				  std::uint32_t flags = 0,
				  const char *label = nullptr) noexcept
	{
		return create(count, &initial, flags, label);
	}

	/* shmdev_writer_create_with() */
	static writer create_with(std::size_t count,
				  const initial_type *initial,
				  std::uint32_t flags, const char *label,
				  const shmdev_mapper &mapper) noexcept
	{
		return writer(shmdev_writer_create_with(sizeof(T), count,
							initial, flags, label,
							&mapper));
	}

	/* shmdev_writer_open(): @from is empty on success only */
	static writer open(region &&from) noexcept
	{
		return open_by(std::move(from), nullptr);
	}

	/* shmdev_writer_open_with(): @from is empty on success only */
	static writer open_with(region &&from, const shmdev_mapper &mapper) noexcept
	{
		return open_by(std::move(from), &mapper);
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
	 * shmdev_writer_duplicate_region() and
	 * shmdev_readonly_region_from_base().
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
	static writer open_by(region &&from, const shmdev_mapper *mapper) noexcept
	{
		shmdev_region *pointer = std::move(from).take();
		writer opened(shmdev_writer_open_with(&pointer, sizeof(T),
						      mapper));

		from = region(pointer);
		return opened;
	}

	static readonly_region typed(shmdev_region *pointer) noexcept
	{
		if (!pointer)
			return readonly_region();

		return readonly_region::from_base(region(pointer));
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

	/* shmdev_reader_open_with(): the region stays the caller's */
	static reader open_with(const readonly_region &region,
				const shmdev_mapper &mapper) noexcept
	{
		return reader(shmdev_reader_open_with(region.c_region(),
						      sizeof(T), &mapper));
	}
};

/* A value that is read and written in one piece. */
template <typename T>
using atomic_writer = writer<std::atomic<T>>;

template <typename T>
using atomic_reader = reader<std::atomic<T>>;

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_STRUCTURED_HPP */
