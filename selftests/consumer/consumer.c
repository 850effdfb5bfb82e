// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of a user: every header, and every macro of them, under all warnings
 * that the compiler has. What is not for C99 is left out there.
 */
#include <shmdev.h>

/* Of a header before that: it is no business of <shmdev.h> what it warns of. */
static void legacy(char *text)
{
	(void)text;
}

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)			\
	array(char, name, 8)
SHMDEV_STRUCT(point, POINT_MEMBERS);
SHMDEV_SEQLOCK(place, struct(point));
SHMDEV_VIEW(points, struct(point));
SHMDEV_VIEW(numbers, _Atomic(uint32_t));

static int use_views(struct shmdev_region *region)
{
	struct points_writer writer = points_writer_create(1, NULL, 0, "");
	struct points_reader reader = points_reader_open(region);
	struct numbers_reader numbers = numbers_reader_open(region);
	struct point point = { 1, 2, "" };
	struct place place;
	int ret;

	points_writer_at(writer, 0)->x = points_reader_at(reader, 0)->y;
	ret = place_store(&place, &point) + place_load(&place, &point);
	ret += !!numbers_reader_at(numbers, 0);
	numbers_reader_free(numbers);
	points_reader_free(reader);
	points_writer_free(writer);
	return ret;
}
#else
static int use_views(struct shmdev_region *region)
{
	return !region;
}
#endif

static int use_typed(int fd)
{
	struct shmdev_writable_region *writable;
	struct shmdev_readonly_region *readonly;
	struct shmdev_unsafe_region *unsafe;
	struct shmdev_unsafe_readonly_region *observed;
	struct shmdev_writable_mapping *writer;
	struct shmdev_readonly_mapping *reader;
	struct shmdev_version version = { 0, 0, 0 };
	char memory[16] = "";
	int *number;

	if (shmdev_readonly_region_create(1, 0, NULL, &readonly, &writer))
		return 1;
	writable = shmdev_writable_region_adopt(fd, 1, 0);
	unsafe = shmdev_writable_region_share(&writable);
	observed = shmdev_unsafe_region_duplicate_readonly(unsafe);
	reader = shmdev_readonly_region_map(readonly);
	number = shmdev_object(writer, int, 0);
	if (number && shmdev_span(reader, int, 0, shmdev_span_count(reader, int, 0)))
		*number = (int)shmdev_readonly_mapping_size(reader);
	if (!shmdev_memory_span(memory, sizeof(memory), char, 0, 1) ||
	    shmdev_region_member(shmdev_base(observed)))
		return 1;
	shmdev_version_increment(&version);
	shmdev_version_set(&version, 7);
	shmdev_readonly_mapping_unmap(reader);
	shmdev_writable_mapping_unmap(shmdev_writable_mapping_move(&writer));
	shmdev_unsafe_readonly_region_free(observed);
	shmdev_unsafe_region_free(unsafe);
	shmdev_readonly_region_free(readonly);
	/* Of no type, and so of each. */
	shmdev_writable_region_free(NULL);
	return shmdev_readonly_region_frozen(NULL);
}

int main(void)
{
	const char *unrelated = "what is const";

#ifdef CONSUMER_IS_CARELESS
	legacy(unrelated);
#else
	legacy((char *)(uintptr_t)unrelated);
#endif
	return use_views(NULL) + use_typed(-1);
}
