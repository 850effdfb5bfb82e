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
		members(SHMDEV_I_MEMBER, SHMDEV_I_ARRAY)			\
	};								\
	SHMDEV_I_BEGIN							\
	SHMDEV_I_INLINE void shmdev_i_check_##tag(void)			\
	{								\
		typedef struct tag shmdev_i_this;			\
		enum {							\
			members(SHMDEV_I_PLACE, SHMDEV_I_PLACE_ARRAY)	\
			shmdev_i_end					\
		};							\
		members(SHMDEV_I_CHECK_MEMBER, SHMDEV_I_CHECK_ARRAY)	\
		SHMDEV_I_ASSERT(sizeof(shmdev_i_this) == shmdev_i_end,	\
			       "padding at the end: add a member there"); \
	}								\
	SHMDEV_I_END							\
	SHMDEV_I_DECLARED(tag)

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
	SHMDEV_I_CALL(SHMDEV_I_CHECK, name, SHMDEV_I_KNOWN##type,		\
		     SHMDEV_I_UNKNOWN, , type, )

/**
 * SHMDEV_TYPE() - a type of a list of members as C has it
 * @type: uint32_t, _Atomic(uint32_t), struct(frame)
 *
 * Since: 0.1
 */
#define SHMDEV_TYPE(type)						\
	SHMDEV_I_CALL(SHMDEV_I_PICK_TYPE, SHMDEV_I_KNOWN##type,		\
		     SHMDEV_I_UNKNOWN, , type, )

/*
 * What follows is not for use by programs.
 *
 * SHMDEV_I_KNOWNx is defined for each type x that can be named, as three
 * arguments after an empty one: its kind, the kind of what is inside of it, and
 * the type. For another word the macro is not defined, stays one argument, and
 * is skipped: the arguments that stand behind it count. The type is last, so
 * that the * of "char *" is added to it.
 */
#define SHMDEV_I_UNKNOWN	0
#define SHMDEV_I_SCALAR	1
#define SHMDEV_I_STRUCT	2
#define SHMDEV_I_ATOMIC	3
#define SHMDEV_I_BOOL	4

#define SHMDEV_I_KNOWNint8_t	, SHMDEV_I_SCALAR, , int8_t
#define SHMDEV_I_KNOWNint16_t	, SHMDEV_I_SCALAR, , int16_t
#define SHMDEV_I_KNOWNint32_t	, SHMDEV_I_SCALAR, , int32_t
#define SHMDEV_I_KNOWNint64_t	, SHMDEV_I_SCALAR, , int64_t
#define SHMDEV_I_KNOWNuint8_t	, SHMDEV_I_SCALAR, , uint8_t
#define SHMDEV_I_KNOWNuint16_t	, SHMDEV_I_SCALAR, , uint16_t
#define SHMDEV_I_KNOWNuint32_t	, SHMDEV_I_SCALAR, , uint32_t
#define SHMDEV_I_KNOWNuint64_t	, SHMDEV_I_SCALAR, , uint64_t
#define SHMDEV_I_KNOWNchar	, SHMDEV_I_SCALAR, , char
#define SHMDEV_I_KNOWNfloat	, SHMDEV_I_SCALAR, , float
#define SHMDEV_I_KNOWNdouble	, SHMDEV_I_SCALAR, , double
#define SHMDEV_I_KNOWNbool	, SHMDEV_I_BOOL, , SHMDEV_I_BOOL_TYPE
#define SHMDEV_I_KNOWN_Bool	, SHMDEV_I_BOOL, , SHMDEV_I_BOOL_TYPE
#define SHMDEV_I_KNOWNstruct(tag)					\
	, SHMDEV_I_STRUCT + SHMDEV_STRUCT_has_not_declared_##tag, , struct tag
#define SHMDEV_I_KNOWN_Atomic(type)					\
	, SHMDEV_I_ATOMIC, SHMDEV_I_KIND(type),			\
	SHMDEV_I_ATOMIC_OF(SHMDEV_I_INNER(type))

/*
 * Where the languages differ. In SHMDEV_I_DECLARED() the name is read in the
 * message of the compiler, when it is missing; <shmdev.hpp> looks for the
 * function, which is not defined.
 */
#ifdef __cplusplus
#define SHMDEV_I_ASSERT		static_assert
#define SHMDEV_I_ALIGNAS		alignas
#define SHMDEV_I_NULL		nullptr
#define SHMDEV_I_NATURAL(type)	alignof(type)
#define SHMDEV_I_SIZE_OF(type, member)	sizeof(type::member)
#define SHMDEV_I_ATOMIC_OF(type)	std::atomic<type>
#define SHMDEV_I_BOOL_TYPE	bool
#define SHMDEV_I_IS_POINTER(type)					\
	(shmdev_i_is_pointer<type>::value)
#define SHMDEV_I_DECLARED(tag)						\
	enum { SHMDEV_STRUCT_has_not_declared_##tag };			\
	struct tag *shmdev_i_declared(struct tag *)

template <typename type>
struct shmdev_i_is_pointer : std::is_pointer<type> {
};

template <typename type>
struct shmdev_i_is_pointer<std::atomic<type>> : std::is_pointer<type> {
};
#else
#define SHMDEV_I_ASSERT		_Static_assert
#define SHMDEV_I_ALIGNAS		_Alignas
#define SHMDEV_I_NULL		NULL
/* 0 is no alignment, and has no effect. */
#define SHMDEV_I_NATURAL(type)	0
#define SHMDEV_I_SIZE_OF(type, member)	sizeof(((type *)0)->member)
#define SHMDEV_I_ATOMIC_OF(type)	_Atomic(type)
#define SHMDEV_I_BOOL_TYPE	_Bool
/* 5 is the compilers' pointer_type_class. */
#define SHMDEV_I_IS_POINTER(type)					\
	(__builtin_classify_type(*(type *)0) == 5)
#define SHMDEV_I_DECLARED(tag)						\
	enum { SHMDEV_STRUCT_has_not_declared_##tag }
#endif

/*
 * The functions of a macro are between these. Not every program calls each, which
 * one compiler would warn of; to mark them would be to be warned of their use.
 */
#ifdef __clang__
#define SHMDEV_I_BEGIN							\
	_Pragma("clang diagnostic push")				\
	_Pragma("clang diagnostic ignored \"-Wunused-function\"")
#define SHMDEV_I_END	_Pragma("clang diagnostic pop")
#else
#define SHMDEV_I_BEGIN
#define SHMDEV_I_END
#endif
#define SHMDEV_I_INLINE	static inline

/* The end of a macro that ends with a function: makes a semicolon needed. */
#define SHMDEV_I_SEMICOLON	SHMDEV_I_ASSERT(1, "")

#define SHMDEV_I_CALL(macro, ...)	macro(__VA_ARGS__)
#define SHMDEV_I_PICK_KIND(skipped, kind, ...)		kind
#define SHMDEV_I_PICK_TYPE(skipped, kind, inner, type, ...)	type
#define SHMDEV_I_KIND(type)						\
	SHMDEV_I_CALL(SHMDEV_I_PICK_KIND, SHMDEV_I_KNOWN##type,		\
		     SHMDEV_I_UNKNOWN, , type, )

/* SHMDEV_TYPE() for use inside of it. */
#define SHMDEV_I_INNER(type)						\
	SHMDEV_I_CALL(SHMDEV_I_PICK_TYPE, SHMDEV_I_KNOWN##type,		\
		     SHMDEV_I_UNKNOWN, , type, )

/*
 * Aligned to their size: where 32 bit would align to less, it does as 64 bit
 * does.
 */
#define SHMDEV_I_ALIGN(skipped, kind, inner, type, ...)			\
	SHMDEV_I_ALIGNAS((kind) == SHMDEV_I_SCALAR ? sizeof(type) :	\
						    SHMDEV_I_NATURAL(type))
#define SHMDEV_I_ALIGNED(type)						\
	SHMDEV_I_CALL(SHMDEV_I_ALIGN, SHMDEV_I_KNOWN##type,		\
		     SHMDEV_I_UNKNOWN, , type, )

#define SHMDEV_I_MEMBER(type, name)					\
	SHMDEV_I_ALIGNED(type) SHMDEV_TYPE(type) name;
#define SHMDEV_I_ARRAY(type, name, length)				\
	SHMDEV_I_ALIGNED(type) SHMDEV_TYPE(type) name[length];

/* Where a member begins if nothing is between it and the one before. */
#define SHMDEV_I_PLACE(type, name)					\
	shmdev_i_begin_##name,						\
	shmdev_i_last_##name = shmdev_i_begin_##name +			\
			      SHMDEV_I_SIZE_OF(shmdev_i_this, name) - 1,
#define SHMDEV_I_PLACE_ARRAY(type, name, length)				\
	SHMDEV_I_PLACE(type, name)

#define SHMDEV_I_CHECK_MEMBER(type, name)				\
	SHMDEV_CHECK_TYPE(type, name);					\
	SHMDEV_I_ASSERT(offsetof(shmdev_i_this, name) ==			\
			       shmdev_i_begin_##name,			\
		       #name ": padding before it: add a member there");
#define SHMDEV_I_CHECK_ARRAY(type, name, length)				\
	SHMDEV_I_CHECK_MEMBER(type, name)				\
	SHMDEV_I_ASSERT((length) > 0, #name ": an array of no elements");

/* Not ATOMIC_LLONG_LOCK_FREE, which minds values that are not aligned. */
#define SHMDEV_I_IS_LOCK_FREE(type)					\
	__atomic_always_lock_free(sizeof(type), SHMDEV_I_NULL)

#define SHMDEV_I_CHECK(name, skipped, kind, inner, type, ...)		\
	SHMDEV_I_ASSERT(!SHMDEV_I_IS_POINTER(type),			\
		       #name ": a pointer means nothing in another process"); \
	SHMDEV_I_ASSERT((kind) != SHMDEV_I_BOOL,				\
		       #name ": a peer can store a bool that is neither true " \
			     "nor false: use uint8_t");			\
	SHMDEV_I_ASSERT((kind) != SHMDEV_I_UNKNOWN ||			\
			       SHMDEV_I_IS_POINTER(type),		\
		       #name ": a type that may have another size elsewhere: " \
			     "use intN_t or uintN_t, float, double, char, " \
			     "_Atomic(...) or struct(...)");		\
	SHMDEV_I_ASSERT((kind) != SHMDEV_I_ATOMIC ||			\
			       (inner + 0) == SHMDEV_I_SCALAR,		\
		       #name ": atomic, but not of intN_t, uintN_t, char, " \
			     "float or double");			\
	__extension__ SHMDEV_I_ASSERT((kind) != SHMDEV_I_ATOMIC ||	\
					     SHMDEV_I_IS_LOCK_FREE(type), \
		       #name ": an atomic that is not lock-free has its lock " \
			     "in one process")

#endif /* SHMDEV_LAYOUT_H */
