// SPDX-License-Identifier: GPL-2.0-only
/* Typed access keeps const, and takes mappings of the two types only. */
#include <shmdev.h>

/* What is assigned is checked by this, which newer compilers have by default. */
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#pragma GCC diagnostic error "-Wdiscarded-qualifiers"

struct point {
	int x;
	int y;
};

int main(void)
{
	const struct shmdev_readonly_mapping *reader = NULL;
	const struct shmdev_writable_mapping *writer = NULL;
	const struct shmdev_mapping *untyped = NULL;
	char *memory = NULL;
	const char *constant = memory;
	volatile char *shared = memory;
	const struct point *seen = shmdev_object(reader, struct point, 0);
	struct point *point = shmdev_object(writer, struct point, 0);

	*point = *seen;
	point = shmdev_span(writer, struct point, 0, 2);
	seen = shmdev_span(reader, struct point, 0, 2);
	point = shmdev_memory_span(memory, 16, struct point, 0, 2);
	seen = shmdev_memory_span(constant, 16, struct point, 0, 2);

/* rows: C56 */
#ifdef CASE_store_to_object /* error: assignment of member 'x' in read-only object */
	shmdev_object(reader, struct point, 0)->x = 1;
#endif
/* rows: C56 */
#ifdef CASE_store_to_span /* error: assignment of read-only location */
	shmdev_span(reader, int, 0, 2)[1] = 1;
#endif
#ifdef CASE_store_to_constant_memory /* error: assignment of read-only location */
	shmdev_memory_span(constant, 16, int, 0, 2)[1] = 1;
#endif
#ifdef CASE_drop_const /* error: discards 'const' qualifier */
	point = shmdev_object(reader, struct point, 0);
#endif
#ifdef CASE_other_type /* error: incompatible pointer type */
	point = shmdev_object(writer, int, 0);
#endif
#ifdef CASE_untyped_mapping /* error: not compatible with any association */
	seen = shmdev_object(untyped, struct point, 0);
#endif
#ifdef CASE_count_of_untyped_mapping /* error: not compatible with any association */
	return shmdev_span_count(untyped, struct point, 0);
#endif
#ifdef CASE_volatile_memory /* error: not compatible with any association */
	seen = shmdev_memory_span(shared, 16, struct point, 0, 2);
#endif
#ifdef CASE_incomplete_type /* error: invalid application of 'sizeof' to incomplete type */
	struct unknown *unknown = shmdev_span(writer, struct unknown, 0, 1);
#endif
	return point && seen && untyped && shared;
}
