// SPDX-License-Identifier: GPL-2.0-only
/* A reader does not write, and views of different types are not mixed up. */
#include <shmdev.h>

/* For C these are warnings; for a program that takes care, errors. */
#pragma GCC diagnostic error "-Wdiscarded-qualifiers"
#pragma GCC diagnostic error "-Wincompatible-pointer-types"

#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)

SHMDEV_STRUCT(point, POINT_MEMBERS);
SHMDEV_VIEW(points, struct(point));
SHMDEV_VIEW(counts, _Atomic(uint32_t));
SHMDEV_SEQLOCK(place, struct(point));
SHMDEV_VIEW(places, struct(place));

struct by_hand {
	int32_t x;
};

/* rows: C57 */
#ifdef CASE_view_of_pointers /* error: things: a pointer means nothing in another process */
SHMDEV_VIEW(things, void *);
#endif

#ifdef CASE_view_of_long /* error: things: a type that may have another size elsewhere */
SHMDEV_VIEW(things, long);
#endif

#ifdef CASE_view_of_a_struct_by_hand /* error: SHMDEV_STRUCT_has_not_declared_by_hand */
SHMDEV_VIEW(things, struct(by_hand));
#endif

#ifdef CASE_seqlock_of_pointers /* error: things: a pointer means nothing in another process */
SHMDEV_SEQLOCK(things, char *);
#endif

/* What is right, and among it what is wrong. */
int use(struct points_writer writer, struct points_reader reader,
	struct places_writer places, struct places_reader seen,
	struct shmdev_version *version,
	const struct shmdev_version *const_version);

int use(struct points_writer writer, struct points_reader reader,
	struct places_writer places, struct places_reader seen,
	struct shmdev_version *version,
	const struct shmdev_version *const_version)
{
	struct point point = { 1, 2 };

	points_writer_at(writer, 1)->x = 1;
	*points_writer_at(writer, 0) = point;
	point = *points_reader_at(reader, 0);
	place_store(places_writer_at(places, 0), &point);
	place_load(places_reader_at(seen, 0), &point);
	shmdev_version_increment(version);
	shmdev_version_set(version, shmdev_version_load(const_version) + 1);
	shmdev_version_increment(NULL);

/* rows: C94 */
#ifdef CASE_write_by_a_reader /* error: in read-only object */
	points_reader_at(reader, 0)->x = 1;
#endif

#ifdef CASE_write_a_span_of_a_reader /* error: assignment of read-only location */
	points_reader_span(reader, 0, 2)[1] = point;
#endif

#ifdef CASE_drop_const /* error: discards 'const' qualifier */
	struct point *mine = points_reader_at(reader, 0);

	mine->x = 1;
#endif

#ifdef CASE_reader_as_a_writer /* error: incompatible type for argument 1 */
	points_writer_at(reader, 0)->x = 1;
#endif

#ifdef CASE_reader_of_another_type /* error: incompatible type for argument 1 */
	counts_reader_at(reader, 0);
#endif

#ifdef CASE_writer_of_another_type /* error: incompatible type for argument 1 */
	counts_writer_free(writer);
#endif

#ifdef CASE_writer_from_another_type /* error: incompatible types when assigning */
	writer = places_writer_create(1, NULL, 0, NULL);
#endif

#ifdef CASE_element_of_another_type /* error: incompatible pointer type */
	uint32_t *number = points_writer_at(writer, 0);

	*number = 1;
#endif

#ifdef CASE_initial_value_of_another_type /* error: incompatible pointer type */
	counts_writer_free(counts_writer_create(1, &point, 0, NULL));
#endif

#ifdef CASE_store_by_a_reader /* error: discards 'const' qualifier */
	place_store(places_reader_at(seen, 0), &point);
#endif

#ifdef CASE_store_another_type /* error: incompatible pointer type */
	place_store(places_writer_at(places, 0), version);
#endif

#ifdef CASE_increment_by_a_reader /* error: is not compatible with any association */
	shmdev_version_increment(const_version);
#endif

#ifdef CASE_set_by_a_reader /* error: is not compatible with any association */
	shmdev_version_set(const_version, 2);
#endif

	return point.x;
}
