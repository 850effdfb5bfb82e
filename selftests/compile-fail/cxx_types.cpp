// SPDX-License-Identifier: GPL-2.0-only
/*
 * C++: a type that means something else in another process does not compile,
 * and a reader does not write.
 */
#include <array>
#include <atomic>
#include <string_view>

#include <shmdev.hpp>

#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)

namespace app
{
SHMDEV_STRUCT(point, POINT_MEMBERS);
SHMDEV_SEQLOCK(place, struct(point));

#define ALL_MEMBERS(member, array)		\
	member(_Atomic(uint64_t), shown)	\
	member(struct(point), point)		\
	array(struct(place), places, 3)		\
	member(struct(shmdev_version), version)

SHMDEV_STRUCT(all, ALL_MEMBERS);

/* rows: C57 C101 */
#ifdef CASE_pointer /* error: next: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(struct wrong *, next)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_atomic_pointer /* error: next: a pointer means nothing in another process */
#define WRONG_MEMBERS(member, array) member(_Atomic(char *), next)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C101 */
#ifdef CASE_bool /* error: ready: a peer can store a bool that is neither true nor false */
#define WRONG_MEMBERS(member, array) member(bool, ready)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_long /* error: size: a type that may have another size elsewhere */
#define WRONG_MEMBERS(member, array) member(long, size)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C99 */
#ifdef CASE_hole /* error: b: padding before it */
#define WRONG_MEMBERS(member, array) member(uint32_t, a) member(uint64_t, b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

/* rows: C99 */
#ifdef CASE_hole_at_the_end /* error: padding at the end */
#define WRONG_MEMBERS(member, array) member(uint64_t, a) member(uint32_t, b)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif

#ifdef CASE_struct_by_hand_inside /* error: SHMDEV_STRUCT_has_not_declared_by_hand */
struct by_hand;
#define WRONG_MEMBERS(member, array) member(struct(by_hand), inside)
SHMDEV_STRUCT(wrong, WRONG_MEMBERS);
#endif
} /* namespace app */

using app::point;

struct by_hand {
	int32_t x;
};

struct derived : point {
};

template <typename T>
static bool created()
{
	return static_cast<bool>(shmdev::writer<T>::create());
}

/* What is right, and among it what is wrong. */
int use(shmdev::writer<point> writer, shmdev::reader<point> reader,
	shmdev::reader<shmdev::version> version,
	shmdev::reader<shmdev::seqlock<point>> place);

int use(shmdev::writer<point> writer, shmdev::reader<point> reader,
	shmdev::reader<shmdev::version> version,
	shmdev::reader<shmdev::seqlock<point>> place)
{
	bool ok = created<app::all>() && created<std::atomic<int32_t>>();

	writer->x = reader->x;
	*writer = *reader;
	ok = ok && place->load() && version->load();

/* rows: C57 C101 */
#ifdef CASE_array_of_pointers /* error: a pointer means nothing in another process */
	ok = created<char *>();
#endif
/* rows: C57 C101 */
#ifdef CASE_atomic_of_a_pointer /* error: a pointer means nothing in another process */
	ok = created<std::atomic<char *>>();
#endif
/* rows: C101 */
#ifdef CASE_pointer_to_a_member /* error: a pointer means nothing in another process */
	ok = created<int32_t point::*>();
#endif
/* rows: C101 */
#ifdef CASE_std_array_of_pointers /* error: a pointer means nothing in another process */
	ok = created<std::array<char *, 2>>();
#endif
#ifdef CASE_array_of_bool /* error: a peer can store a bool that is neither true nor false */
	ok = created<bool>();
#endif
/* rows: C100 C101 */
#ifdef CASE_atomic_that_is_not_lock_free /* error: an atomic that is not lock-free */
	ok = created<std::atomic<app::all>>();
#endif
/* rows: C101 */
#ifdef CASE_struct_by_hand /* error: a type that may have another meaning elsewhere */
	ok = created<by_hand>();
#endif
#ifdef CASE_struct_derived_by_hand /* error: a type that may have another meaning elsewhere */
	ok = created<derived>();
#endif
#ifdef CASE_long_double /* error: a type that may have another meaning elsewhere */
	ok = created<long double>();
#endif
#ifdef CASE_seqlock_of_a_pointer /* error: a pointer means nothing in another process */
	ok = created<shmdev::seqlock<char *>>();
#endif
#ifdef CASE_seqlock_of_an_atomic /* error: it need not be atomic */
	ok = created<shmdev::seqlock<std::atomic<int32_t>>>();
#endif

/* rows: C94 */
#ifdef CASE_write_by_a_reader /* error: in read-only object */
	reader->x = 1;
#endif
/* rows: C94 */
#ifdef CASE_assign_by_a_reader /* error: passing 'const app::point' as 'this' argument discards qualifiers */
	*reader = point();
#endif
#ifdef CASE_drop_const /* error: invalid conversion from 'const app::point*' */
	point *mine = reader.at(0);
#endif
#ifdef CASE_reader_as_a_writer /* error: no match for 'operator=' */
	writer = std::move(reader);
#endif
#ifdef CASE_writer_of_another_type /* error: conversion from */
	shmdev::writer<float> numbers = std::move(writer);
#endif
#ifdef CASE_initial_value_of_another_type /* error: cannot convert */
	ok = ok && shmdev::writer<float>::create_from(point());
#endif
#ifdef CASE_increment_by_a_reader /* error: as 'this' argument discards qualifiers */
	ok = version->increment();
#endif
#ifdef CASE_store_by_a_reader /* error: as 'this' argument discards qualifiers */
	ok = place->store(point());
#endif
#ifdef CASE_place_store_by_a_reader /* error: invalid conversion from 'const app::place*' */
	shmdev::reader<app::place> places;

	return app::place_store(places.at(0), reader.at(0));
#endif
#ifdef CASE_write_by_a_const_writer /* error: in read-only object */
	const auto &constant = writer;

	constant->x = 1;
#endif
#ifdef CASE_mapper_is_no_value /* error: no matching function for call */
	ok = ok && shmdev::writer<float>::create_with(1.0f);
#endif
#ifdef CASE_array_of_views /* error: a pointer means nothing in another process */
	ok = created<std::string_view>();
#endif
#ifdef CASE_take_of_a_const_writer /* error: as 'this' argument discards qualifiers */
	const auto &constant = writer;

	ok = static_cast<bool>(constant.take_region());
#endif

	return ok;
}
