/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What all objects have in common that stand for memory: mappings, buffers of
 * pools and shmems of channels. Typed access is checked for size, count and
 * alignment as <shmdev/span.h> does::
 *
 *	const header *head = mapping.object<header>();
 *	float *values = mapping.elements<float>(sizeof(*head), count);
 *
 * and with C++20 there is a std::span::
 *
 *	for (float value : mapping.span<float>(sizeof(*head)))
 *
 * An object is also a range of its bytes, so that std::span(mapping) is all of
 * them. A const object gives const memory, as an object for reading always does.
 *
 * What another process can write to may change between two reads.
 */
#ifndef SHMDEV_MEMORY_HPP
#define SHMDEV_MEMORY_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstddef>
#include <type_traits>
#if __cplusplus >= 202002L
#include <span>
#endif

#include <shmdev/span.h>
#include <shmdev/types.hpp>

/*
 * What a template takes for an object in memory. For another type the function
 * does not exist, so generic code can ask.
 */
#ifdef SHMDEV_HAS_CONCEPTS
#define SHMDEV_VIEWABLE(T)	viewable T
#else
#define SHMDEV_VIEWABLE(T)						\
	typename T, std::enable_if_t<is_viewable_v<T>, int> = 0
#endif

namespace shmdev
{

namespace detail
{

/* The elements, or nullptr, with the errors of shmdev_memory_check(). */
template <typename T>
T *elements_of(const void *memory, std::size_t size, std::size_t offset,
	       std::size_t count) noexcept
{
	const void *first = shmdev_memory_check(memory, size, offset, count,
						sizeof(T), alignof(T));

	return static_cast<T *>(const_cast<void *>(first));
}

/**
 * class readable_memory - memory to read
 *
 * @Self has data() and size().
 */
template <typename Self>
class readable_memory {
public:
	/**
	 * elements() - elements of a type
	 * @offset: of the first, in bytes
	 * @count: how many, 1 or more
	 *
	 * Return: the first, valid as long as the memory; nullptr on error, with
	 * the errors of shmdev_memory_check().
	 *
	 * Since: 0.1
	 */
	template <SHMDEV_VIEWABLE(T)>
	const T *elements(std::size_t offset, std::size_t count) const noexcept
	{
		return elements_of<const T>(self().data(), self().size(),
					    offset, count);
	}

	/**
	 * object() - one object of a type
	 * @offset: in bytes
	 *
	 * Return: as elements().
	 *
	 * Since: 0.1
	 */
	template <SHMDEV_VIEWABLE(T)>
	const T *object(std::size_t offset = 0) const noexcept
	{
		return this->template elements<T>(offset, 1);
	}

	/**
	 * count() - how many elements of a type there are room for
	 * @offset: of the first one, in bytes
	 *
	 * Return: their number; 0 when there is no room.
	 *
	 * Since: 0.1
	 */
	template <SHMDEV_VIEWABLE(T)>
	std::size_t count(std::size_t offset = 0) const noexcept
	{
		std::size_t size = self().size();

		return offset > size ? 0 : (size - offset) / sizeof(T);
	}

	/* All bytes. */
	const std::byte *begin() const noexcept
	{
		return static_cast<const std::byte *>(self().data());
	}

	const std::byte *end() const noexcept
	{
		const std::byte *first = begin();

		return first ? first + self().size() : first;
	}

#if __cplusplus >= 202002L
	/**
	 * span() - elements of a type
	 * @offset: of the first, in bytes
	 * @count: how many, 1 or more; as many as fit without it
	 *
	 * Return: them; an empty span on error, with the errors of
	 * shmdev_memory_check().
	 *
	 * Since: 0.1
	 */
	template <SHMDEV_VIEWABLE(T)>
	std::span<const T> span(std::size_t offset,
				std::size_t count) const noexcept
	{
		const T *first = this->template elements<T>(offset, count);

		return { first, first ? count : 0 };
	}

	template <SHMDEV_VIEWABLE(T)>
	std::span<const T> span(std::size_t offset = 0) const noexcept
	{
		return this->template span<T>(offset,
					      this->template count<T>(offset));
	}
#endif

private:
	const Self &self() const noexcept
	{
		return static_cast<const Self &>(*this);
	}
};

/**
 * class writable_memory - memory to read and write
 *
 * The same, and without const for an object that is not const.
 */
template <typename Self>
class writable_memory : public readable_memory<Self> {
	using base = readable_memory<Self>;

public:
	using base::begin;
	using base::elements;
	using base::end;
	using base::object;

	template <SHMDEV_VIEWABLE(T)>
	T *elements(std::size_t offset, std::size_t count) noexcept
	{
		return elements_of<T>(self().data(), self().size(), offset,
				      count);
	}

	template <SHMDEV_VIEWABLE(T)>
	T *object(std::size_t offset = 0) noexcept
	{
		return this->template elements<T>(offset, 1);
	}

	std::byte *begin() noexcept
	{
		return static_cast<std::byte *>(self().data());
	}

	std::byte *end() noexcept
	{
		std::byte *first = begin();

		return first ? first + self().size() : first;
	}

#if __cplusplus >= 202002L
	using base::span;

	template <SHMDEV_VIEWABLE(T)>
	std::span<T> span(std::size_t offset, std::size_t count) noexcept
	{
		T *first = this->template elements<T>(offset, count);

		return { first, first ? count : 0 };
	}

	template <SHMDEV_VIEWABLE(T)>
	std::span<T> span(std::size_t offset = 0) noexcept
	{
		return this->template span<T>(offset,
					      this->template count<T>(offset));
	}
#endif

private:
	Self &self() noexcept { return static_cast<Self &>(*this); }
};

} /* namespace detail */

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_MEMORY_HPP */
