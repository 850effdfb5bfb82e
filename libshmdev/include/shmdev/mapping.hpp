/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Mapped memory, with typed access that is checked for size, count and
 * alignment as <shmdev/span.h> does::
 *
 *	const header *head = mapping.object<header>();
 *	const float *values = mapping.elements<float>(sizeof(*head), count);
 *
 * and with C++20 a std::span::
 *
 *	for (float value : mapping.span<float>(sizeof(*head)))
 *
 * Memory that another process can write to may change between two reads.
 */
#ifndef SHMDEV_MAPPING_HPP
#define SHMDEV_MAPPING_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>
#if __cplusplus >= 202002L
#include <span>
#endif

#include <shmdev/mapping.h>
#include <shmdev/object.hpp>
#include <shmdev/span.h>
#include <shmdev/typed.h>
#include <shmdev/types.hpp>

namespace shmdev
{

namespace detail
{

/**
 * class mapping_base - what the three kinds of mappings have in common
 *
 * @Base gives the untyped object of C. Memory is of type @Void, const or not.
 */
template <typename C, auto Unmap, auto Base, typename Void>
class mapping_base : public owner<C, Unmap> {
	template <typename T>
	using element_type =
		std::conditional_t<std::is_const_v<Void>, const T, T>;

public:
	using owner<C, Unmap>::owner;

	/* shmdev_mapping_size() */
	std::size_t size() const noexcept
	{
		return shmdev_mapping_size(c_mapping());
	}

	/* shmdev_mapping_mapped_size() */
	std::size_t mapped_size() const noexcept
	{
		return shmdev_mapping_mapped_size(c_mapping());
	}

	/* shmdev_mapping_guid() */
	shmdev::guid guid() const noexcept
	{
		return guid_of(shmdev_mapping_guid(c_mapping()));
	}

	/**
	 * elements() - elements of a type
	 * @offset: of the first, in bytes
	 * @count: how many, 1 or more
	 *
	 * Return: the first, const if the mapping is for reading, valid until
	 * the mapping ends; nullptr on error, with the errors of
	 * shmdev_memory_check().
	 *
	 * Since: 0.1
	 */
	template <typename T>
	element_type<T> *elements(std::size_t offset,
				  std::size_t count) const noexcept
	{
		static_assert(check_viewable<std::remove_cv_t<T>>());
		void *first = const_cast<void *>(
			shmdev_mapping_check(c_mapping(), offset, count,
					     sizeof(T), alignof(T)));

		return static_cast<element_type<T> *>(first);
	}

	/**
	 * object() - one object of a type
	 * @offset: in bytes
	 *
	 * Return: as elements().
	 *
	 * Since: 0.1
	 */
	template <typename T>
	element_type<T> *object(std::size_t offset = 0) const noexcept
	{
		return elements<T>(offset, 1);
	}

	/* shmdev_mapping_fit() */
	template <typename T>
	std::size_t count(std::size_t offset = 0) const noexcept
	{
		return shmdev_mapping_fit(c_mapping(), offset, sizeof(T));
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
	template <typename T>
	std::span<element_type<T>> span(std::size_t offset,
					std::size_t count) const noexcept
	{
		element_type<T> *first = elements<T>(offset, count);

		return { first, first ? count : 0 };
	}

	template <typename T>
	std::span<element_type<T>> span(std::size_t offset = 0) const noexcept
	{
		return span<T>(offset, count<T>(offset));
	}
#endif

	/**
	 * unmap() - unmap the memory, and say whether that worked
	 *
	 * The destructor does the same but does not report an error. Memory
	 * that could not be unmapped stays, and so does the object.
	 *
	 * Return: true; false on error, with the errors of
	 * shmdev_mapping_unmap().
	 *
	 * Since: 0.1
	 */
	[[nodiscard]] bool unmap() && noexcept
	{
		if (Unmap(this->get()) < 0)
			return false;
		this->exchange(nullptr);

		return true;
	}

protected:
	const shmdev_mapping *c_mapping() const noexcept
	{
		return Base(this->get());
	}
};

inline const shmdev_mapping *
same_mapping(const shmdev_mapping *mapping) noexcept
{
	return mapping;
}

} /* namespace detail */

/**
 * class readonly_mapping - a mapping that gives pointers to const only
 *
 * Since: 0.1
 */
class readonly_mapping
	: public detail::mapping_base<shmdev_readonly_mapping,
				      shmdev_readonly_mapping_unmap,
				      shmdev_readonly_mapping_base,
				      const void> {
public:
	using mapping_base::mapping_base;

	const void *data() const noexcept
	{
		return shmdev_readonly_mapping_data(get());
	}
};

/**
 * class writable_mapping - a mapping made for writing
 *
 * Since: 0.1
 */
class writable_mapping
	: public detail::mapping_base<shmdev_writable_mapping,
				      shmdev_writable_mapping_unmap,
				      shmdev_writable_mapping_base, void> {
public:
	using mapping_base::mapping_base;

	void *data() const noexcept
	{
		return shmdev_writable_mapping_data(get());
	}
};

/**
 * class mapping - a mapping of an untyped region
 *
 * Whether it is for writing is only known at run time. Typed access is for
 * reading.
 *
 * Since: 0.1
 */
class mapping : public detail::mapping_base<shmdev_mapping,
					    shmdev_mapping_unmap,
					    detail::same_mapping, const void> {
public:
	using mapping_base::mapping_base;

	const void *data() const noexcept
	{
		return shmdev_mapping_data(get());
	}

	/* nullptr, EACCES: it is for reading. */
	void *data_writable() const noexcept
	{
		return shmdev_mapping_data_writable(get());
	}
};

} /* namespace shmdev */

#endif /* SHMDEV_MAPPING_HPP */
