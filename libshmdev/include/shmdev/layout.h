/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Types for shared memory, checked when they are compiled.
 *
 * Other programs read what lies in shared memory. They may be 32-bit programs,
 * and they may not be trusted. So a type may have
 *
 *  - no pointers: an address means nothing in another process;
 *  - no padding: it differs between machines, and tells what was there before;
 *  - only types that have the same size everywhere: intN_t, uintN_t, char,
 *    float and double. Not long, size_t or time_t, and not int: one rule is
 *    easier than a list of exceptions. Not enumerations, whose size is up to
 *    the compiler;
 *  - no bool: a peer can store a byte that is neither true nor false, and to
 *    read that is undefined. All bits of the other types are valid;
 *  - only atomics that are lock-free: the lock of others is in one process.
 *
 * The members are listed once. A list is a macro that takes two other macros.
 * One names a member, the other an array::
 *
 *	#define FRAME_MEMBERS(member, array)		\
 *		member(uint32_t, width)			\
 *		member(uint32_t, height)		\
 *		member(_Atomic(uint64_t), shown)	\
 *		member(struct(position), origin)	\
 *		array(char, name, 16)
 *
 *	SHMDEV_STRUCT(frame, FRAME_MEMBERS);
 *
 * This declares struct frame. Atomics are written with parentheses, as here,
 * and struct(position) is a struct that another SHMDEV_STRUCT() declared. A
 * type that is not allowed does not compile, and the message says why.
 *
 * C++ takes the same lists and gives the same layout. There an atomic is a
 * std::atomic.
 */
#ifndef SHMDEV_LAYOUT_H
#define SHMDEV_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <atomic>
#include <type_traits>
#endif

/**
 * SHMDEV_STRUCT() - declare a struct for shared memory, and check it
 * @tag: struct tag is declared
 * @members: the list of its members, as above; a macro
 *
 * At file scope, with a semicolon. What is refused does not compile.
 *
 * Since: 0.1
 */
#define SHMDEV_STRUCT(tag, members)					\
	struct tag {							\
		members(SHMDEV__MEMBER, SHMDEV__ARRAY)			\
	};								\
	SHMDEV__INLINE void shmdev__check_##tag(void)			\
	{								\
		typedef struct tag shmdev__this;			\
		enum {							\
			members(SHMDEV__PLACE, SHMDEV__PLACE_ARRAY)	\
			shmdev__end					\
		};							\
		members(SHMDEV__CHECK_MEMBER, SHMDEV__CHECK_ARRAY)	\
		SHMDEV__ASSERT(sizeof(shmdev__this) == shmdev__end,	\
			       "padding at the end: add a member there"); \
	}								\
	SHMDEV__DECLARED(tag)

/**
 * SHMDEV_CHECK_TYPE() - check that a type may be in shared memory
 * @type: as in a list of members: uint32_t, _Atomic(uint32_t), struct(frame)
 * @name: a word for the message
 *
 * At file scope or in a function, with a semicolon.
 *
 * Since: 0.1
 */
#define SHMDEV_CHECK_TYPE(type, name)					\
	SHMDEV__CALL(SHMDEV__CHECK, name, SHMDEV__KNOWN_##type,		\
		     SHMDEV__UNKNOWN, , type, )

/**
 * SHMDEV_TYPE() - a type of a list of members as C has it
 * @type: uint32_t, _Atomic(uint32_t), struct(frame)
 *
 * Since: 0.1
 */
#define SHMDEV_TYPE(type)						\
	SHMDEV__CALL(SHMDEV__PICK_TYPE, SHMDEV__KNOWN_##type,		\
		     SHMDEV__UNKNOWN, , type, )

/*
 * What follows is not for use by programs.
 *
 * SHMDEV__KNOWN_x is defined for each type x that can be named, as three
 * arguments after an empty one: its kind, the kind of what is inside of it, and
 * the type. For another word the macro is not defined, stays one argument, and
 * is skipped: the arguments that stand behind it count. The type is last, so
 * that the * of "char *" is added to it.
 */
#define SHMDEV__UNKNOWN	0
#define SHMDEV__SCALAR	1
#define SHMDEV__STRUCT	2
#define SHMDEV__ATOMIC	3
#define SHMDEV__BOOL	4

#define SHMDEV__KNOWN_int8_t	, SHMDEV__SCALAR, , int8_t
#define SHMDEV__KNOWN_int16_t	, SHMDEV__SCALAR, , int16_t
#define SHMDEV__KNOWN_int32_t	, SHMDEV__SCALAR, , int32_t
#define SHMDEV__KNOWN_int64_t	, SHMDEV__SCALAR, , int64_t
#define SHMDEV__KNOWN_uint8_t	, SHMDEV__SCALAR, , uint8_t
#define SHMDEV__KNOWN_uint16_t	, SHMDEV__SCALAR, , uint16_t
#define SHMDEV__KNOWN_uint32_t	, SHMDEV__SCALAR, , uint32_t
#define SHMDEV__KNOWN_uint64_t	, SHMDEV__SCALAR, , uint64_t
#define SHMDEV__KNOWN_char	, SHMDEV__SCALAR, , char
#define SHMDEV__KNOWN_float	, SHMDEV__SCALAR, , float
#define SHMDEV__KNOWN_double	, SHMDEV__SCALAR, , double
#define SHMDEV__KNOWN_bool	, SHMDEV__BOOL, , SHMDEV__BOOL_TYPE
#define SHMDEV__KNOWN__Bool	, SHMDEV__BOOL, , SHMDEV__BOOL_TYPE
#define SHMDEV__KNOWN_struct(tag)					\
	, SHMDEV__STRUCT + SHMDEV_STRUCT_has_not_declared_##tag, , struct tag
#define SHMDEV__KNOWN__Atomic(type)					\
	, SHMDEV__ATOMIC, SHMDEV__KIND(type),			\
	SHMDEV__ATOMIC_OF(SHMDEV__INNER(type))

/*
 * Where the languages differ. In SHMDEV__DECLARED() the name is read in the
 * message of the compiler, when it is missing; <shmdev.hpp> looks for the
 * function, which is not defined.
 */
#ifdef __cplusplus
#define SHMDEV__ASSERT		static_assert
#define SHMDEV__ALIGNAS		alignas
#define SHMDEV__NATURAL(type)	alignof(type)
#define SHMDEV__SIZE_OF(type, member)	sizeof(type::member)
#define SHMDEV__ATOMIC_OF(type)	std::atomic<type>
#define SHMDEV__BOOL_TYPE	bool
#define SHMDEV__IS_POINTER(type)					\
	(shmdev__is_pointer<type>::value)
#define SHMDEV__DECLARED(tag)						\
	enum { SHMDEV_STRUCT_has_not_declared_##tag };			\
	struct tag *shmdev__declared(struct tag *)

template <typename type>
struct shmdev__is_pointer : std::is_pointer<type> {
};

template <typename type>
struct shmdev__is_pointer<std::atomic<type>> : std::is_pointer<type> {
};
#else
#define SHMDEV__ASSERT		_Static_assert
#define SHMDEV__ALIGNAS		_Alignas
/* 0 is no alignment, and has no effect. */
#define SHMDEV__NATURAL(type)	0
#define SHMDEV__SIZE_OF(type, member)	sizeof(((type *)0)->member)
#define SHMDEV__ATOMIC_OF(type)	_Atomic(type)
#define SHMDEV__BOOL_TYPE	_Bool
/* 5 is the compilers' pointer_type_class. */
#define SHMDEV__IS_POINTER(type)					\
	(__builtin_classify_type(*(type *)0) == 5)
#define SHMDEV__DECLARED(tag)						\
	enum { SHMDEV_STRUCT_has_not_declared_##tag }
#endif

/* A function of a macro. Not every program calls each. */
#define SHMDEV__INLINE	__attribute__((unused)) static inline

/* The end of a macro that ends with a function: makes a semicolon needed. */
#define SHMDEV__SEMICOLON	SHMDEV__ASSERT(1, "")

#define SHMDEV__CALL(macro, ...)	macro(__VA_ARGS__)
#define SHMDEV__PICK_KIND(skipped, kind, ...)		kind
#define SHMDEV__PICK_TYPE(skipped, kind, inner, type, ...)	type
#define SHMDEV__KIND(type)						\
	SHMDEV__CALL(SHMDEV__PICK_KIND, SHMDEV__KNOWN_##type,		\
		     SHMDEV__UNKNOWN, , type, )

/* SHMDEV_TYPE() for use inside of it. */
#define SHMDEV__INNER(type)						\
	SHMDEV__CALL(SHMDEV__PICK_TYPE, SHMDEV__KNOWN_##type,		\
		     SHMDEV__UNKNOWN, , type, )

/*
 * Aligned to their size: where 32 bit would align to less, it does as 64 bit
 * does.
 */
#define SHMDEV__ALIGN(skipped, kind, inner, type, ...)			\
	SHMDEV__ALIGNAS((kind) == SHMDEV__SCALAR ? sizeof(type) :	\
						    SHMDEV__NATURAL(type))
#define SHMDEV__ALIGNED(type)						\
	SHMDEV__CALL(SHMDEV__ALIGN, SHMDEV__KNOWN_##type,		\
		     SHMDEV__UNKNOWN, , type, )

#define SHMDEV__MEMBER(type, name)					\
	SHMDEV__ALIGNED(type) SHMDEV_TYPE(type) name;
#define SHMDEV__ARRAY(type, name, length)				\
	SHMDEV__ALIGNED(type) SHMDEV_TYPE(type) name[length];

/* Where a member begins if nothing is between it and the one before. */
#define SHMDEV__PLACE(type, name)					\
	shmdev__begin_##name,						\
	shmdev__last_##name = shmdev__begin_##name +			\
			      SHMDEV__SIZE_OF(shmdev__this, name) - 1,
#define SHMDEV__PLACE_ARRAY(type, name, length)				\
	SHMDEV__PLACE(type, name)

#define SHMDEV__CHECK_MEMBER(type, name)				\
	SHMDEV_CHECK_TYPE(type, name);					\
	SHMDEV__ASSERT(offsetof(shmdev__this, name) ==			\
			       shmdev__begin_##name,			\
		       #name ": padding before it: add a member there");
#define SHMDEV__CHECK_ARRAY(type, name, length)				\
	SHMDEV__CHECK_MEMBER(type, name)				\
	SHMDEV__ASSERT((length) > 0, #name ": an array of no elements");

/* Not ATOMIC_LLONG_LOCK_FREE, which minds values that are not aligned. */
#define SHMDEV__IS_LOCK_FREE(type)					\
	__atomic_always_lock_free(sizeof(type), 0)

#define SHMDEV__CHECK(name, skipped, kind, inner, type, ...)		\
	SHMDEV__ASSERT(!SHMDEV__IS_POINTER(type),			\
		       #name ": a pointer means nothing in another process"); \
	SHMDEV__ASSERT((kind) != SHMDEV__BOOL,				\
		       #name ": a peer can store a bool that is neither true " \
			     "nor false: use uint8_t");			\
	SHMDEV__ASSERT((kind) != SHMDEV__UNKNOWN ||			\
			       SHMDEV__IS_POINTER(type),		\
		       #name ": a type that may have another size elsewhere: " \
			     "use intN_t or uintN_t, float, double, char, " \
			     "_Atomic(...) or struct(...)");		\
	SHMDEV__ASSERT((kind) != SHMDEV__ATOMIC ||			\
			       (inner + 0) == SHMDEV__SCALAR,		\
		       #name ": atomic, but not of intN_t, uintN_t, char, " \
			     "float or double");			\
	__extension__ SHMDEV__ASSERT((kind) != SHMDEV__ATOMIC ||	\
					     SHMDEV__IS_LOCK_FREE(type), \
		       #name ": an atomic that is not lock-free has its lock " \
			     "in one process")

#endif /* SHMDEV_LAYOUT_H */
