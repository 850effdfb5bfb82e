// SPDX-License-Identifier: GPL-2.0-only
/*
 * What SHMDEV_STRUCT() and SHMDEV_CHECK_TYPE() refuse, each by a message that
 * says why. What they take is compiled here, and used in lib_structured_test.
 */
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include <shmdev.h>

#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)

SHMDEV_STRUCT(point, POINT_MEMBERS);

/* Each type that is allowed, without a hole. */
#define ALL_MEMBERS(member, array)		\
	member(int64_t, s64)			\
	member(uint64_t, u64)			\
	member(double, d)			\
	member(_Atomic(uint64_t), atomic64)	\
	member(int32_t, s32)			\
	member(uint32_t, u32)			\
	member(float, f)			\
	member(_Atomic(int32_t), atomic32)	\
	member(int16_t, s16)			\
	member(uint16_t, u16)			\
	member(int8_t, s8)			\
	member(uint8_t, u8)			\
	member(char, c)				\
	member(_Atomic(uint8_t), atomic8)	\
	member(struct(point), point)		\
	array(struct(point), points, 3)		\
	array(_Atomic(uint32_t), counts, 2)	\
	member(struct(shmdev_version), version)	\
	member(struct(shmdev_seqlock), lock)

SHMDEV_STRUCT(all, ALL_MEMBERS);
SHMDEV_CHECK_TYPE(uint8_t, bytes);
SHMDEV_CHECK_TYPE(struct(all), everything);

struct by_hand {
	int32_t x;
};

enum colour { RED };

/* rows: C57 C101 W8 */
#ifdef CASE_pointer /* error: next: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(struct wrong *, next)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_pointer_to_void /* error: data: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(void *, data)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_pointer_to_char /* error: name: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(char *, name)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_array_of_pointers /* error: names: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) array(char *, names, 4)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_atomic_pointer /* error: next: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(_Atomic(char *), next)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C99 C101 */
#ifdef CASE_hole /* error: b: padding before it */
#define WRONG_MEMBERS(member, array) member(uint32_t, a) member(uint64_t, b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_hole_after_an_array /* error: b: padding before it */
#define WRONG_MEMBERS(member, array) array(char, a, 3) member(uint16_t, b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_hole_before_a_struct /* error: b: padding before it */
#define WRONG_MEMBERS(member, array) \
	member(uint16_t, a) member(struct(point), b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_hole_at_the_end /* error: padding at the end */
#define WRONG_MEMBERS(member, array) member(uint64_t, a) member(uint32_t, b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_long /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(long, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_unsigned_long /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(unsigned long, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_size /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(size_t, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_time /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(time_t, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_off /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(off_t, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_long_double /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(long double, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_enumeration /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(enum colour, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_atomic_long /* error: a: atomic, but not of */
#define WRONG_MEMBERS(member, array) member(_Atomic(long), a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_atomic_struct /* error: a: atomic, but not of */
#define WRONG_MEMBERS(member, array) member(_Atomic(struct(point)), a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_atomic_with_a_lock /* error: a: an atomic that is not lock-free */
#define WRONG_MEMBERS(member, array) member(_Atomic(struct(all)), a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_bool /* error: a: a peer can store a bool that is neither true nor false */
#define WRONG_MEMBERS(member, array) member(bool, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_struct_by_hand /* error: SHMDEV_STRUCT_has_not_declared_by_hand */
#define WRONG_MEMBERS(member, array) member(struct(by_hand), a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_struct_without_parentheses /* error: a: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(struct point, a)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_empty_array /* error: a: an array of no elements */
#define WRONG_MEMBERS(member, array) array(uint32_t, a, 0)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_checked_type /* error: things: a type that may have another size elsewhere */
SHMDEV_CHECK_TYPE(long, things);
#endif

#ifdef CASE_checked_struct /* error: SHMDEV_STRUCT_has_not_declared_by_hand */
SHMDEV_CHECK_TYPE(struct(by_hand), things);
#endif

int use(const struct all *all);

int use(const struct all *all)
{
	return all->point.x == RED;
}
