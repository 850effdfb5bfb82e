/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which types may be in shared memory. The compiler checks it.
 *
 * There are two rules. Memory may be *viewed* as any trivially copyable type
 * that is not a pointer, not bool, and not a class that only refers to something,
 * such as std::span and std::string_view; its members are not checked. A *shareable*
 * type has the same meaning in every process, with all its members, as
 * <shmdev/layout.h> says, and is one of
 *
 *  - int8_t to int64_t, uint8_t to uint64_t, char, float, double;
 *  - std::atomic of one of these, if it is always lock-free;
 *  - an array or a std::array of what is shareable;
 *  - a struct that SHMDEV_STRUCT() or SHMDEV_SEQLOCK() declared;
 *  - shmdev::version and shmdev::seqlock.
 *
 * The compiler knows a type, but not the name that the program used: int is
 * int32_t here. SHMDEV_STRUCT() goes by the names and refuses int.
 */
#ifndef SHMDEV_TYPES_HPP
#define SHMDEV_TYPES_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#if __cplusplus >= 202002L
#include <ranges>
#endif

#include <shmdev/layout.h>
#if defined(__cpp_concepts) && __cpp_concepts >= 201907L
#define SHMDEV_HAS_CONCEPTS	1
#endif

namespace shmdev
{

namespace detail
{

template <typename T, typename... Of>
inline constexpr bool is_one_of = (std::is_same_v<T, Of> || ...);

template <typename T>
inline constexpr bool is_scalar =
	is_one_of<T, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
		  std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t,
		  char, float, double>;

/*
 * The type of the elements of arrays of any depth; else the type itself. void
 * for those of no elements.
 */
template <typename T>
struct element {
	using type = T;
};

template <typename T, std::size_t N>
struct element<T[N]> : element<T> {
};

template <typename T, std::size_t N>
struct element<std::array<T, N>>
	: element<std::conditional_t<N == 0, void, T>> {
};

template <typename T>
using element_t = typename element<T>::type;

/* The type inside of an atomic; else the type itself. */
template <typename T>
struct atomic {
	using type = T;
	static constexpr bool is = false;
	static constexpr bool is_lock_free = true;
};

template <typename T>
struct atomic<std::atomic<T>> {
	using type = T;
	static constexpr bool is = true;
	static constexpr bool is_lock_free =
		std::atomic<T>::is_always_lock_free &&
		sizeof(std::atomic<T>) == sizeof(T);
};

template <typename T>
using value_t = typename atomic<T>::type;

/* Whether SHMDEV_STRUCT() declared just this type, not a base of it. */
template <typename T, typename = void>
struct is_declared : std::false_type {
};

template <typename T>
struct is_declared<T, std::void_t<decltype(shmdev_i_declared(
			      static_cast<T *>(nullptr)))>>
	: std::is_same<T *, decltype(shmdev_i_declared(
				    static_cast<T *>(nullptr)))> {
};

template <typename T>
inline constexpr bool is_pointer =
	std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
	std::is_null_pointer_v<T> || std::is_reference_v<T>;

/*
 * Whether it is a class that only points to what it is about. C++20 knows all that
 * say so, as std::span does; before that it is the list of the standard library.
 */
template <typename T>
struct is_reference : std::false_type {
};

template <typename Char, typename Traits>
struct is_reference<std::basic_string_view<Char, Traits>> : std::true_type {
};

template <typename T>
struct is_reference<std::reference_wrapper<T>> : std::true_type {
};

template <typename T>
struct is_reference<std::initializer_list<T>> : std::true_type {
};

template <typename T>
constexpr bool refers() noexcept
{
#if defined(__cpp_lib_ranges)
	if constexpr (std::is_class_v<T>)
		if (std::ranges::enable_borrowed_range<T> ||
		    std::ranges::enable_view<T>)
			return true;
#endif
	return is_pointer<T> || is_reference<T>::value;
}

template <typename T>
constexpr bool is_viewable() noexcept
{
	using inner = value_t<element_t<T>>;

	return atomic<element_t<T>>::is_lock_free && !refers<inner>() &&
	       !std::is_same_v<inner, bool> && std::is_object_v<inner> &&
	       (std::is_trivially_copyable_v<inner> ||
		is_declared<inner>::value);
}

template <typename T>
constexpr bool is_shareable() noexcept
{
	using type = element_t<T>;

	return is_declared<type>::value ||
	       (atomic<type>::is_lock_free && is_scalar<value_t<type>>);
}

/* Says why a type is refused. For a function that needs a complete type. */
template <typename T>
constexpr bool check_viewable() noexcept
{
	using inner = value_t<element_t<T>>;

	static_assert(!refers<inner>(),
		      "a pointer means nothing in another process");
	static_assert(!std::is_same_v<inner, bool>,
		      "a peer can store a bool that is neither true nor false: "
		      "use uint8_t");
	static_assert(atomic<element_t<T>>::is_lock_free,
		      "an atomic that is not lock-free has its lock in one "
		      "process");
	static_assert(refers<inner>() || std::is_same_v<inner, bool> ||
			      !atomic<element_t<T>>::is_lock_free ||
			      is_viewable<T>(),
		      "a type that cannot be copied as bytes");
	return true;
}

template <typename T>
constexpr bool check_shareable() noexcept
{
	static_assert(!is_viewable<T>() || is_shareable<T>(),
		      "a type that may have another meaning elsewhere: use "
		      "intN_t or uintN_t, float, double, char, std::atomic of "
		      "one, or a struct that SHMDEV_STRUCT() declares");
	return check_viewable<T>();
}

} /* namespace detail */

/**
 * is_viewable_v - whether memory may be viewed as this type
 *
 * Since: 0.1
 */
template <typename T>
inline constexpr bool is_viewable_v =
	detail::is_viewable<std::remove_cv_t<T>>();

/**
 * is_shareable_v - whether the type means the same in every process
 *
 * Since: 0.1
 */
template <typename T>
inline constexpr bool is_shareable_v =
	detail::is_shareable<std::remove_cv_t<T>>();

#ifdef SHMDEV_HAS_CONCEPTS
/* The same as concepts, for the templates of programs. */
template <typename T>
concept viewable = is_viewable_v<T>;

template <typename T>
concept shareable = is_shareable_v<T>;
#endif

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_TYPES_HPP */
