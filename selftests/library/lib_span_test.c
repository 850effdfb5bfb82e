// SPDX-License-Identifier: GPL-2.0-only
/*
 * Typed and checked access to mappings and memory: what is inside and aligned
 * is found, everything else is refused, and no numbers make it wrap. That const
 * is kept is in compile-fail/span.c.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

struct header {
	uint32_t magic;
	uint32_t count;
	uint64_t offset;
};

/* One byte after the elements: it is room for none. */
#define NR_HEADERS 4
#define SIZE (NR_HEADERS * sizeof(struct header) + 1)

FIXTURE(span)
{
	struct shmdev_readonly_region *region;
	struct shmdev_writable_mapping *writer;
	struct shmdev_readonly_mapping *reader;
	uint8_t *memory;
};

FIXTURE_SETUP(span)
{
	ASSERT_EQ(0, shmdev_readonly_region_create(SIZE, 0, "span",
						   &self->region,
						   &self->writer));
	self->reader = shmdev_readonly_region_map(self->region);
	ASSERT_NE(NULL, self->reader);
	self->memory = shmdev_writable_mapping_data(self->writer);
}

FIXTURE_TEARDOWN(span)
{
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(self->reader));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(self->writer));
	shmdev_readonly_region_free(self->region);
}

/* rows: C53 C56 C59 M56 */
TEST_F(span, object_is_where_it_lies)
{
	struct header *written = shmdev_object(self->writer, struct header, 16);
	const struct header *seen = shmdev_object(self->reader, struct header,
						  16);

	ASSERT_EQ(self->memory + 16, (uint8_t *)written);
	ASSERT_EQ((const uint8_t *)shmdev_readonly_mapping_data(self->reader) +
		  16, (const uint8_t *)seen);
	written->count = 7;
	EXPECT_EQ(7, seen->count);
	EXPECT_EQ(7, shmdev_object(self->reader, struct header, 16)->count);
}

/* rows: C54 C55 C59 M18 M56 */
TEST_F(span, elements_up_to_the_last_byte)
{
	struct header *written = shmdev_span(self->writer, struct header, 0,
					     NR_HEADERS);
	const uint8_t *bytes = shmdev_span(self->reader, uint8_t, 0, SIZE);

	ASSERT_NE(NULL, written);
	ASSERT_NE(NULL, bytes);
	written[NR_HEADERS - 1].offset = UINT64_MAX;
	EXPECT_EQ(0xff, bytes[SIZE - 2]);
	EXPECT_NE(NULL, shmdev_object(self->reader, uint8_t, SIZE - 1));
}

/* rows: C54 M14 */
TEST_F(span, count_is_of_whole_elements)
{
	EXPECT_EQ(NR_HEADERS, shmdev_span_count(self->reader, struct header, 0));
	EXPECT_EQ(NR_HEADERS, shmdev_span_count(self->writer, struct header, 1));
	EXPECT_EQ(NR_HEADERS - 1, shmdev_span_count(self->writer,
						    struct header, 2));
	EXPECT_EQ(1, shmdev_span_count(self->reader, uint8_t, SIZE - 1));
	EXPECT_EQ(0, shmdev_span_count(self->reader, uint16_t, SIZE - 1));
	EXPECT_EQ(0, shmdev_span_count(self->reader, uint8_t, SIZE));
	EXPECT_EQ(0, shmdev_span_count(self->reader, uint8_t, SIZE + 1));
	EXPECT_EQ(0, shmdev_span_count(self->reader, uint8_t, SIZE_MAX));
	EXPECT_EQ(0, shmdev_span_count(self->reader, uint8_t[SIZE + 1], 0));
	EXPECT_EQ(0, shmdev_mapping_fit(shmdev_base(self->reader), 0, 0));
}

#define EXPECT_REFUSED(error, call)		\
	do {					\
		errno = 0;			\
		EXPECT_EQ(NULL, call);		\
		EXPECT_EQ(error, errno);	\
	} while (0)

/* rows: C53 C55 */
TEST_F(span, elements_must_be_inside)
{
	EXPECT_REFUSED(ERANGE, shmdev_object(self->reader, struct header,
					     SIZE - 1));
	EXPECT_REFUSED(ERANGE, shmdev_object(self->reader, uint8_t, SIZE));
	EXPECT_REFUSED(ERANGE, shmdev_object(self->writer, uint8_t, SIZE + 1));
	EXPECT_REFUSED(ERANGE, shmdev_object(self->writer, uint8_t, SIZE_MAX));
	EXPECT_REFUSED(ERANGE, shmdev_object(self->reader, uint64_t,
					     SIZE_MAX - 7));
	EXPECT_REFUSED(ERANGE, shmdev_span(self->reader, struct header, 0,
					   NR_HEADERS + 1));
	EXPECT_REFUSED(ERANGE, shmdev_span(self->writer, struct header, 16,
					   NR_HEADERS));
	EXPECT_REFUSED(ERANGE, shmdev_span(self->reader, uint8_t, 1, SIZE));
}

/* rows: C55 */
TEST_F(span, no_count_wraps)
{
	EXPECT_REFUSED(ERANGE, shmdev_span(self->reader, uint8_t, 0, SIZE_MAX));
	EXPECT_REFUSED(EOVERFLOW, shmdev_span(self->reader, struct header, 0,
					      SIZE_MAX));
	EXPECT_REFUSED(EOVERFLOW, shmdev_span(self->writer, uint64_t, 0,
					      SIZE_MAX / 8 + 1));
	EXPECT_REFUSED(ERANGE, shmdev_span(self->writer, uint64_t, 0,
					   SIZE_MAX / 8));
	EXPECT_REFUSED(ERANGE, shmdev_span(self->writer, uint8_t, SIZE_MAX,
					   SIZE_MAX));
	EXPECT_REFUSED(EINVAL, shmdev_span(self->reader, uint8_t, 0, 0));
	EXPECT_REFUSED(EINVAL, shmdev_mapping_check(shmdev_base(self->reader),
						    0, 1, 0, 1));
	EXPECT_REFUSED(EINVAL, shmdev_mapping_check(shmdev_base(self->reader),
						    0, 1, 1, 0));
}

/* rows: M14 M57 W27 */
TEST_F(span, elements_must_be_aligned)
{
	struct shmdev_readonly_mapping *odd;

	EXPECT_REFUSED(EFAULT, shmdev_object(self->reader, uint16_t, 1));
	EXPECT_REFUSED(EFAULT, shmdev_object(self->writer, struct header, 4));
	EXPECT_NE(NULL, shmdev_object(self->writer, uint32_t, 4));

	/* It is the address that counts. */
	odd = shmdev_readonly_region_map_at(self->region, 1, 16);
	ASSERT_NE(NULL, odd);
	EXPECT_REFUSED(EFAULT, shmdev_object(odd, uint64_t, 0));
	EXPECT_NE(NULL, shmdev_object(odd, uint64_t, 7));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(odd));
}

/* rows: C32 C53 C54 C55 M17 */
TEST(empty_mappings_have_nothing)
{
	struct shmdev_readonly_mapping *reader = NULL;
	struct shmdev_writable_mapping *writer = NULL;

	EXPECT_REFUSED(EINVAL, shmdev_object(reader, uint8_t, 0));
	EXPECT_REFUSED(EINVAL, shmdev_object(writer, uint8_t, 0));
	EXPECT_REFUSED(EINVAL, shmdev_span(writer, uint8_t, 0, 1));
	EXPECT_EQ(0, shmdev_span_count(reader, uint8_t, 0));
	EXPECT_EQ(0, shmdev_span_count(writer, uint8_t, 0));
}

TEST(memory_of_any_kind_has_spans)
{
	uint64_t words[4] = { 1, 2, 3, 4 };
	const char *constant = (const char *)words;
	struct header *headers;

	headers = shmdev_memory_span(words, sizeof(words), struct header, 0, 2);
	ASSERT_EQ((void *)words, headers);
	EXPECT_EQ(4, headers[1].offset);
	EXPECT_EQ(4, *shmdev_memory_span(constant, sizeof(words), uint64_t, 24,
					 1));
	EXPECT_REFUSED(ERANGE, shmdev_memory_span(words, sizeof(words),
						  struct header, 0, 3));
	EXPECT_REFUSED(EFAULT, shmdev_memory_span(constant + 1, 16, uint64_t, 0,
						  1));
	EXPECT_REFUSED(EOVERFLOW, shmdev_memory_span(words, SIZE_MAX, uint64_t,
						     0, SIZE_MAX));
	constant = NULL;
	EXPECT_REFUSED(EINVAL, shmdev_memory_span(constant, 8, uint8_t, 0, 1));
}

static int calls;

static struct shmdev_readonly_mapping *
counted(struct shmdev_readonly_mapping *mapping)
{
	calls++;
	return mapping;
}

TEST_F(span, arguments_are_evaluated_once)
{
	size_t offset = 0;
	const uint8_t *bytes;

	calls = 0;
	bytes = shmdev_span(counted(self->reader), uint8_t, offset++, 1);
	EXPECT_NE(NULL, bytes);
	EXPECT_EQ(1, calls);
	EXPECT_EQ(1, offset);
	EXPECT_EQ(SIZE, shmdev_span_count(counted(self->reader), uint8_t, 0));
	EXPECT_EQ(2, calls);
	EXPECT_NE(NULL, shmdev_memory_span(bytes++, 1, uint8_t, 0, 1));
	EXPECT_EQ((const uint8_t *)shmdev_readonly_mapping_data(self->reader) +
		  1, bytes);
}

TEST_HARNESS_MAIN
