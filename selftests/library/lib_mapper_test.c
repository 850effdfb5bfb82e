// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappers of libshmdev: who maps unmaps, what a mapper is asked for, and what is
 * left when it fails or returns nonsense. And mappings at a given address, which
 * need none.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

/* A mapper that counts, and fails when it is told to. */
struct counting {
	int maps;
	int unmaps;
	/* Fails only from this number of calls on. */
	int good_maps;
	int map_error;
	int unmap_error;
	/* Returned in place of NULL, or in place of what was mapped. */
	void *failure;
	size_t misplaced;
	uint64_t offset;
	size_t length;
	uint32_t flags;
	void *unmapped;
};

static void *counting_map(void *context, int fd, uint64_t offset, size_t length,
			  uint32_t flags)
{
	struct counting *counting = context;
	int prot = PROT_READ;
	void *memory;

	counting->maps++;
	counting->offset = offset;
	counting->length = length;
	counting->flags = flags;
	if (counting->map_error && counting->maps > counting->good_maps) {
		errno = counting->map_error;
		return counting->failure;
	}
	if (flags & SHMDEV_MAP_WRITE)
		prot |= PROT_WRITE;
	memory = mmap(NULL, length, prot, MAP_SHARED, fd, offset);
	return memory == MAP_FAILED ? NULL :
				      (char *)memory + counting->misplaced;
}

static int counting_unmap(void *context, void *address, size_t length)
{
	struct counting *counting = context;

	counting->unmaps++;
	counting->unmapped = address;
	if (counting->unmap_error) {
		errno = counting->unmap_error;
		return -1;
	}
	return munmap((char *)address - counting->misplaced, length);
}

FIXTURE(mapper)
{
	struct counting counting;
	struct shmdev_mapper mapper;
	struct shmdev_region *region;
};

FIXTURE_SETUP(mapper)
{
	memset(&self->counting, 0, sizeof(self->counting));
	self->mapper = (struct shmdev_mapper){
		.map = counting_map,
		.unmap = counting_unmap,
		.context = &self->counting,
	};
	self->region = shmdev_region_create(4 * PAGE, SHMREGION_MODE_UNSAFE, 0,
					    "mapper");
	ASSERT_NE(NULL, self->region);
}

FIXTURE_TEARDOWN(mapper)
{
	shmdev_region_free(self->region);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

static struct shmdev_mapping *map_with(const struct shmdev_region *region,
				       size_t offset, size_t length,
				       const struct shmdev_mapper *mapper)
{
	return shmdev_region_map_with(region, offset, length,
				      SHMDEV_MAP_READ | SHMDEV_MAP_WRITE,
				      mapper);
}

/* rows: C70 */
TEST_F(mapper, who_maps_unmaps)
{
	struct shmdev_mapping *mapping, *other;

	mapping = map_with(self->region, 0, PAGE, &self->mapper);
	ASSERT_NE(NULL, mapping);
	/* The mapping has a copy. */
	memset(&self->mapper, 0, sizeof(self->mapper));

	other = map_with(self->region, 0, PAGE, NULL);
	ASSERT_NE(NULL, other);
	*(char *)shmdev_mapping_data_writable(mapping) = 42;
	EXPECT_EQ(42, *(char *)shmdev_mapping_data(other));
	EXPECT_EQ(1, self->counting.maps);
	EXPECT_EQ(0, shmdev_mapping_unmap(other));
	EXPECT_EQ(0, self->counting.unmaps);

	EXPECT_EQ(PAGE, shmdev_policy_reserved());
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_EQ(1, self->counting.unmaps);
}

/* rows: C43 C70 */
TEST_F(mapper, is_asked_for_whole_pages)
{
	struct shmdev_mapping *mapping;

	mapping = shmdev_region_map_with(self->region, PAGE + 5, PAGE,
					 SHMDEV_MAP_READ, &self->mapper);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(PAGE, self->counting.offset);
	EXPECT_EQ(2 * PAGE, self->counting.length);
	EXPECT_EQ(SHMDEV_MAP_READ, self->counting.flags);
	EXPECT_EQ(PAGE, shmdev_mapping_size(mapping));
	EXPECT_EQ(5, (uintptr_t)shmdev_mapping_data(mapping) % PAGE);
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_EQ(0, (uintptr_t)self->counting.unmapped % PAGE);
}

/* rows: C71 */
TEST_F(mapper, failure_passes_through_and_leaves_nothing)
{
	void * const failures[] = { NULL, MAP_FAILED };
	size_t i;

	self->counting.map_error = EXDEV;
	for (i = 0; i < 2; i++) {
		self->counting.failure = failures[i];
		EXPECT_EQ(NULL, map_with(self->region, 0, PAGE, &self->mapper));
		EXPECT_EQ(EXDEV, errno);
	}
	EXPECT_EQ(2, self->counting.maps);
	EXPECT_EQ(0, self->counting.unmaps);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

TEST_F(mapper, misplaced_memory_is_refused)
{
	self->counting.misplaced = 8;
	EXPECT_EQ(NULL, map_with(self->region, 0, PAGE, &self->mapper));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, self->counting.unmaps);
	EXPECT_EQ(0, shmdev_policy_reserved());
}

TEST_F(mapper, failed_unmap_changes_nothing)
{
	struct shmdev_mapping_list *list;
	struct shmdev_mapping *mapping;

	mapping = map_with(self->region, 0, PAGE, &self->mapper);
	ASSERT_NE(NULL, mapping);
	self->counting.unmap_error = EPERM;
	EXPECT_EQ(EPERM, errno_of(shmdev_mapping_unmap(mapping)));
	EXPECT_EQ(PAGE, shmdev_policy_reserved());
	list = shmdev_mapping_list_take();
	EXPECT_EQ(1, shmdev_mapping_list_count(list));
	shmdev_mapping_list_free(list);
	EXPECT_EQ(0, touch_write(shmdev_mapping_data_writable(mapping), 1));

	self->counting.unmap_error = 0;
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

TEST_F(mapper, both_functions_are_needed)
{
	struct shmdev_mapper mapper = self->mapper;

	mapper.map = NULL;
	EXPECT_EQ(NULL, map_with(self->region, 0, PAGE, &mapper));
	EXPECT_EQ(EINVAL, errno);
	mapper = self->mapper;
	mapper.unmap = NULL;
	EXPECT_EQ(NULL, map_with(self->region, 0, PAGE, &mapper));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, self->counting.maps);
}

TEST_F(mapper, is_not_asked_for_what_is_refused)
{
	EXPECT_EQ(NULL, map_with(NULL, 0, PAGE, &self->mapper));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_with(self->region, 0, 0, &self->mapper));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_with(self->region, PAGE, 4 * PAGE, &self->mapper));
	EXPECT_EQ(EINVAL, errno);
	shmdev_policy_set_limit(PAGE);
	EXPECT_EQ(NULL, map_with(self->region, 0, 2 * PAGE, &self->mapper));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(0, self->counting.maps);
}

/* A program's own place for shared memory. */
static void *place_map(void *context, int fd, uint64_t offset, size_t length,
		       uint32_t flags)
{
	(void)flags;
	return mmap(context, length, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
		    offset);
}

static int place_unmap(void *context, void *address, size_t length)
{
	void *memory = mmap(context, length, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return memory == address ? 0 : -1;
}

/* rows: C70 */
TEST_F(mapper, maps_at_a_place_of_the_program)
{
	void *place = mmap(NULL, 4 * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct shmdev_mapper mapper = {
		.map = place_map,
		.unmap = place_unmap,
		.context = place,
	};
	struct shmdev_mapping *mapping;

	ASSERT_NE(MAP_FAILED, place);
	mapping = shmdev_region_map_with(self->region, 0, 4 * PAGE,
					 SHMDEV_MAP_READ, &mapper);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(place, shmdev_mapping_data(mapping));
	EXPECT_EQ(0, touch_read(place));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_EQ(SIGSEGV, touch_read(place));
	munmap(place, 4 * PAGE);
}

/* rows: C60 C70 */
TEST_F(mapper, serves_typed_regions)
{
	struct shmdev_readonly_mapping *reading;
	struct shmdev_writable_mapping *writing;
	struct shmdev_writable_region *writable;
	struct shmdev_readonly_region *readonly;
	struct shmdev_unsafe_region *unsafe;

	writable = shmdev_writable_region_create(PAGE, 0, NULL);
	writing = shmdev_writable_region_map_with(writable, 0, PAGE,
						  &self->mapper);
	ASSERT_NE(NULL, writing);
	EXPECT_EQ(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE, self->counting.flags);
	*(char *)shmdev_writable_mapping_data(writing) = 42;

	readonly = shmdev_writable_region_publish(&writable);
	reading = shmdev_readonly_region_map_with(readonly, 0, PAGE,
						  &self->mapper);
	ASSERT_NE(NULL, reading);
	EXPECT_EQ(SHMDEV_MAP_READ, self->counting.flags);
	EXPECT_EQ(42, *(char *)shmdev_readonly_mapping_data(reading));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reading));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writing));
	shmdev_readonly_region_free(readonly);

	unsafe = shmdev_unsafe_region_create(2 * PAGE, 0, NULL);
	writing = shmdev_unsafe_region_map_with(unsafe, PAGE, PAGE,
						&self->mapper);
	ASSERT_NE(NULL, writing);
	EXPECT_EQ(PAGE, self->counting.offset);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writing));
	shmdev_unsafe_region_free(unsafe);
	EXPECT_EQ(3, self->counting.maps);
	EXPECT_EQ(3, self->counting.unmaps);
}

/* rows: C92 C93 */
TEST_F(mapper, serves_structured_memory)
{
	struct shmdev_region *region, *handle;
	struct shmdev_writer *writer;
	struct shmdev_reader *reader;
	const int initial = 42;

	/* To write, and to read as its readers do. */
	writer = shmdev_writer_create_with(sizeof(int), 8, &initial, 0, NULL,
					   &self->mapper);
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(2, self->counting.maps);
	handle = shmdev_writer_duplicate_region(writer);
	reader = shmdev_reader_open_with(handle, sizeof(int), &self->mapper);
	ASSERT_NE(NULL, reader);
	EXPECT_EQ(3, self->counting.maps);
	EXPECT_EQ(42, *(int *)shmdev_reader_span(reader, 7, 1));
	shmdev_reader_free(reader);
	shmdev_region_free(handle);
	shmdev_writer_free(writer);
	EXPECT_EQ(3, self->counting.unmaps);

	region = shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, 0, NULL);
	writer = shmdev_writer_open_with(&region, sizeof(int), &self->mapper);
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(NULL, region);
	EXPECT_EQ(5, self->counting.maps);
	shmdev_writer_free(writer);
	EXPECT_EQ(5, self->counting.unmaps);
}

/* rows: C71 C92 C93 */
TEST_F(mapper, failure_in_structured_memory_leaves_nothing)
{
	struct shmdev_region *region;
	int fds = count_fds();

	self->counting.map_error = EXDEV;
	for (; self->counting.good_maps < 2; self->counting.good_maps++) {
		self->counting.maps = 0;
		EXPECT_EQ(NULL, shmdev_writer_create_with(1, 1, NULL, 0, NULL,
							  &self->mapper));
		EXPECT_EQ(EXDEV, errno);
		EXPECT_EQ(self->counting.good_maps, self->counting.unmaps);
	}
	EXPECT_EQ(0, shmdev_policy_reserved());
	EXPECT_EQ(fds, count_fds());

	region = shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, 0, NULL);
	EXPECT_EQ(NULL, shmdev_writer_open_with(&region, 1, &self->mapper));
	ASSERT_NE(NULL, region);
	ASSERT_EQ(0, shmdev_region_freeze(region));
	self->counting.good_maps = 0;
	EXPECT_EQ(NULL, shmdev_reader_open_with(region, 1, &self->mapper));
	EXPECT_EQ(EXDEV, errno);
	shmdev_region_free(region);
	EXPECT_EQ(fds, count_fds());
}

/*
 * Without a mapper, at a given address.
 */

static struct shmdev_mapping *map_fixed(const struct shmdev_region *region,
					size_t offset, size_t length,
					void *address)
{
	return shmdev_region_map_fixed(region, offset, length, SHMDEV_MAP_READ,
				       address);
}

/* Where nothing is mapped: @size bytes, and pages around them. */
static char *free_place(size_t size)
{
	char *place = mmap(NULL, size + 2 * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(place, size + 2 * PAGE);
	return place + PAGE;
}

/* rows: M59 */
TEST_F(mapper, fixed_address_is_where_it_is_mapped)
{
	char *place = free_place(4 * PAGE);
	struct shmdev_mapping *mapping;

	mapping = map_fixed(self->region, 0, 4 * PAGE, place);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(place, shmdev_mapping_data(mapping));
	EXPECT_EQ(0, touch_read(place + 4 * PAGE - 1));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_EQ(SIGSEGV, touch_read(place));

	/* Inside of a page. */
	mapping = map_fixed(self->region, PAGE + 5, PAGE, place + 5);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(place + 5, shmdev_mapping_data(mapping));
	EXPECT_EQ(2 * PAGE, shmdev_policy_reserved());
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
}

/* rows: M59 */
TEST_F(mapper, fixed_address_replaces_nothing)
{
	char *place = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, place);
	*place = 42;
	EXPECT_EQ(NULL, map_fixed(self->region, 0, PAGE, place));
	EXPECT_EQ(EEXIST, errno);
	/* Not in part either. */
	ASSERT_EQ(0, munmap(place + PAGE, PAGE));
	EXPECT_EQ(NULL, map_fixed(self->region, 0, 2 * PAGE, place + PAGE));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(42, *place);
	EXPECT_EQ(SIGSEGV, touch_read(place + PAGE));
}

/* rows: M59 */
TEST_F(mapper, fixed_address_is_in_step_with_the_offset)
{
	char *place = free_place(2 * PAGE);

	EXPECT_EQ(NULL, map_fixed(self->region, 1, 1, place));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_fixed(self->region, 0, 1, place + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_fixed(self->region, 0, 1, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_fixed(self->region, 8, 1, (void *)8));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_fixed(NULL, 0, 1, place));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, map_fixed(self->region, 0, 4 * PAGE + 1, place));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
