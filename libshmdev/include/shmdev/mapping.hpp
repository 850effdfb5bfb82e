/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Mapped memory. <shmdev/memory.hpp> has the typed access to it. */
#ifndef SHMDEV_MAPPING_HPP
#define SHMDEV_MAPPING_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstddef>
#include <cstdint>
#if __cplusplus >= 202002L
#include <span>
#endif

#include <shmdev/mapping.h>
#include <shmdev/memory.hpp>
#include <shmdev/object.hpp>
#include <shmdev/typed_mapping.h>

namespace shmdev
{

namespace detail
{

/**
 * class mapping_base - what the three kinds of mappings have in common
 *
 * @Base gives the untyped object of C.
 */
template <typename C, auto Unmap, auto Base>
class mapping_base : public owner<C, Unmap> {
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

	/* shmdev_mapping_data() */
	const void *data() const noexcept
	{
		return shmdev_mapping_data(c_mapping());
	}

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
				      shmdev_readonly_mapping_base>,
	  public detail::readable_memory<readonly_mapping> {
public:
	using mapping_base::mapping_base;
};

/**
 * class writable_mapping - a mapping made for writing
 *
 * Since: 0.1
 */
class writable_mapping
	: public detail::mapping_base<shmdev_writable_mapping,
				      shmdev_writable_mapping_unmap,
				      shmdev_writable_mapping_base>,
	  public detail::writable_memory<writable_mapping> {
public:
	using mapping_base::mapping_base;

	using mapping_base::data;

	/* shmdev_writable_mapping_data() */
	void *data() noexcept { return shmdev_writable_mapping_data(get()); }
};

/**
 * class mapping - a mapping of an untyped region
 *
 * It is known at run time alone whether it is for writing. So there is access to
 * read, and another one to write, which fails with EACCES if it is for reading.
 *
 * Since: 0.1
 */
class mapping : public detail::mapping_base<shmdev_mapping,
					    shmdev_mapping_unmap,
					    detail::same_mapping>,
		public detail::readable_memory<mapping> {
public:
	using mapping_base::mapping_base;

	/* shmdev_mapping_data_writable() */
	void *data_writable() noexcept
	{
		return shmdev_mapping_data_writable(get());
	}

	/* As elements(), to write; nullptr, EACCES: it is for reading. */
	template <SHMDEV_VIEWABLE(T)>
	T *elements_writable(std::size_t offset, std::size_t count) noexcept
	{
		void *memory = data_writable();

		return memory ? detail::elements_of<T>(memory, size(), offset,
						       count) : nullptr;
	}

	/* As object(), to write. */
	template <SHMDEV_VIEWABLE(T)>
	T *object_writable(std::size_t offset = 0) noexcept
	{
		return elements_writable<T>(offset, 1);
	}

#if __cplusplus >= 202002L
	/* As span(), to write. */
	template <SHMDEV_VIEWABLE(T)>
	std::span<T> span_writable(std::size_t offset,
				   std::size_t count) noexcept
	{
		T *first = elements_writable<T>(offset, count);

		return { first, first ? count : 0 };
	}

	template <SHMDEV_VIEWABLE(T)>
	std::span<T> span_writable(std::size_t offset = 0) noexcept
	{
		return span_writable<T>(offset, count<T>(offset));
	}
#endif
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_MAPPING_HPP */
