// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each type has: a type for an untyped region, unsafe regions that are only
 * read, questions, and the typed parts of a buffer of a pool.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define SIZE 5000

static struct shmdev_region *make(uint32_t mode)
{
	struct shmdev_region *region;

	region = shmdev_region_create(SIZE, mode == SHMREGION_MODE_READONLY ?
				      SHMREGION_MODE_WRITABLE : mode, 0, "kind");
	if (mode == SHMREGION_MODE_READONLY)
		shmdev_region_freeze(region);
	return region;
}

/* What it is made from stays, unless it is of that kind. */
TEST(untyped_region_is_given_its_type)
{
	struct shmdev_region *region = make(SHMREGION_MODE_WRITABLE);
	struct shmdev_readonly_region *readonly;
	struct shmdev_writable_region *writable;
	struct shmdev_unsafe_region *unsafe;

	ASSERT_NE(NULL, region);
	EXPECT_EQ(NULL, shmdev_readonly_region_from_base(&region));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_region_from_base(&region));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_readonly_region_from_base(&region));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_NE(NULL, region);
	writable = shmdev_writable_region_from_base(&region);
	ASSERT_NE(NULL, writable);
	EXPECT_EQ(NULL, region);
	EXPECT_EQ(NULL, shmdev_writable_region_from_base(&region));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_writable_region_from_base(NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_writable_region_free(writable);

	region = make(SHMREGION_MODE_READONLY);
	readonly = shmdev_readonly_region_from_base(&region);
	ASSERT_NE(NULL, readonly);
	EXPECT_EQ(NULL, region);
	/* The handle that could write is closed. */
	EXPECT_EQ(SHMREGION_RIGHT_READ,
		  shmdev_region_rights(shmdev_base(readonly)));
	shmdev_readonly_region_free(readonly);

	region = make(SHMREGION_MODE_UNSAFE);
	unsafe = shmdev_unsafe_region_from_base(&region);
	ASSERT_NE(NULL, unsafe);
	shmdev_unsafe_region_free(unsafe);
}

TEST(type_for_writing_needs_the_right_to_write)
{
	struct shmdev_region *region = make(SHMREGION_MODE_UNSAFE), *readable;
	struct shmdev_unsafe_readonly_region *observed;

	readable = shmdev_region_duplicate(region, SHMREGION_RIGHT_READ);
	ASSERT_NE(NULL, readable);
	EXPECT_EQ(NULL, shmdev_unsafe_region_from_base(&readable));
	EXPECT_EQ(EACCES, errno);
	observed = shmdev_unsafe_readonly_region_from_base(&readable);
	ASSERT_NE(NULL, observed);
	EXPECT_EQ(NULL, readable);
	shmdev_unsafe_readonly_region_free(observed);
	shmdev_region_free(region);
}

/* Who reads sees what others write, and cannot write by any means. */
TEST(unsafe_region_that_is_only_read)
{
	struct shmdev_unsafe_readonly_region *observed, *copy;
	struct shmdev_unsafe_region *unsafe;
	struct shmdev_writable_mapping *writer;
	struct shmdev_readonly_mapping *reader;
	const uint8_t *seen;
	int fd;

	unsafe = shmdev_unsafe_region_create(SIZE, 0, NULL);
	observed = shmdev_unsafe_region_duplicate_readonly(unsafe);
	ASSERT_NE(NULL, observed);
	copy = shmdev_unsafe_readonly_region_duplicate(observed);
	ASSERT_NE(NULL, copy);
	EXPECT_EQ(SHMREGION_RIGHT_READ,
		  shmdev_region_rights(shmdev_base(copy)));
	EXPECT_EQ(SIZE, shmdev_unsafe_readonly_region_size(observed));
	EXPECT_EQ(0, memcmp(shmdev_unsafe_readonly_region_guid(observed),
			    shmdev_unsafe_region_guid(unsafe),
			    SHMREGION_GUID_SIZE));

	writer = shmdev_unsafe_region_map(unsafe);
	reader = shmdev_unsafe_readonly_region_map(observed);
	ASSERT_NE(NULL, writer);
	ASSERT_NE(NULL, reader);
	seen = shmdev_readonly_mapping_data(reader);
	*(uint8_t *)shmdev_writable_mapping_data(writer) = 7;
	EXPECT_EQ(7, seen[0]);
	EXPECT_EQ(SIGSEGV, touch_write((void *)seen, 1));
	EXPECT_EQ(-1, mprotect((void *)seen, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	reader = shmdev_unsafe_readonly_region_map_at(observed, 3, 4);
	ASSERT_NE(NULL, reader);
	EXPECT_EQ(4, shmdev_readonly_mapping_size(reader));
	EXPECT_EQ(PAGE, shmdev_readonly_mapping_mapped_size(reader));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));

	/* Whoever gets the handle is in no better place. */
	fd = shmdev_unsafe_readonly_region_steal_fd(&copy);
	EXPECT_EQ(NULL, copy);
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, 1, 0));
	EXPECT_EQ(EACCES, errno);
	copy = shmdev_unsafe_readonly_region_adopt(fd, SIZE, 0);
	ASSERT_NE(NULL, copy);
	EXPECT_EQ(NULL, shmdev_unsafe_readonly_region_adopt(
				shmdev_unsafe_region_fd(unsafe), SIZE + 1, 0));
	EXPECT_EQ(ERANGE, errno);
	shmdev_unsafe_readonly_region_free(
		shmdev_unsafe_readonly_region_move(&copy));
	shmdev_unsafe_readonly_region_free(observed);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
	shmdev_unsafe_region_free(unsafe);
}

/* A wrong mode and a region that is too small have errors of their own. */
TEST(adopt_tells_a_wrong_mode_from_a_wrong_size)
{
	struct shmdev_unsafe_region *unsafe;
	int fd;

	unsafe = shmdev_unsafe_region_create(SIZE, 0, NULL);
	fd = shmdev_unsafe_region_fd(unsafe);
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, SIZE + 1, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_writable_region_adopt(fd, SIZE, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_readonly_region_adopt(fd, SIZE, 0));
	EXPECT_EQ(EINVAL, errno);
	shmdev_unsafe_region_free(unsafe);
}

TEST(questions_by_type)
{
	struct shmdev_readonly_region *readonly;
	struct shmdev_writable_mapping *mapping;

	ASSERT_EQ(0, shmdev_readonly_region_create(SIZE, 0, NULL, &readonly,
						   &mapping));
	EXPECT_EQ(SIZE, shmdev_readonly_region_size(readonly));
	EXPECT_EQ(shmdev_region_fd(shmdev_base(readonly)),
		  shmdev_readonly_region_fd(readonly));
	EXPECT_EQ(SIZE, shmdev_writable_mapping_size(mapping));
	EXPECT_EQ(2 * PAGE, shmdev_writable_mapping_mapped_size(mapping));
	EXPECT_EQ(0, memcmp(shmdev_writable_mapping_guid(mapping),
			    shmdev_readonly_region_guid(readonly),
			    SHMREGION_GUID_SIZE));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	shmdev_readonly_region_free(readonly);

	EXPECT_EQ(0, shmdev_writable_region_size(NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shmdev_unsafe_region_fd(NULL));
	EXPECT_EQ(0, shmdev_readonly_mapping_size(NULL));
	EXPECT_EQ(NULL, shmdev_readonly_mapping_guid(NULL));
}

/* rows: C103 */
TEST(buffer_is_mapped_and_sent_by_its_one_handle)
{
	struct shmdev_pool *pool = shmdev_pool_create(SHMREGION_MODE_UNSAFE, 1,
						      0);
	struct shmdev_buffer *buffer = shmdev_pool_get(pool, SIZE, 1);
	struct shmdev_readonly_mapping *reader;
	struct shmdev_unsafe_region *received;
	int sockets[2], fds = count_fds();

	ASSERT_NE(NULL, buffer);
	EXPECT_EQ(SIZE, shmdev_writable_mapping_size(
				shmdev_buffer_mapping(buffer)));
	EXPECT_EQ(shmdev_buffer_data(buffer),
		  shmdev_object(shmdev_buffer_mapping(buffer), uint8_t, 0));
	EXPECT_EQ(NULL, shmdev_buffer_writable_region(buffer));
	EXPECT_EQ(EINVAL, errno);
	reader = shmdev_unsafe_region_map_readonly(
		shmdev_buffer_unsafe_region(buffer), 0, 1);
	EXPECT_NE(NULL, reader);
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	EXPECT_EQ(fds, count_fds());

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	ASSERT_EQ(0, shmdev_buffer_send(buffer, sockets[0], 0));
	received = shmdev_unsafe_region_adopt(
		shmdev_handle_receive(sockets[1], 0), SIZE, 0);
	EXPECT_EQ(1, shmdev_region_same(shmdev_base(received),
					shmdev_buffer_region(buffer)));
	shmdev_unsafe_region_free(received);
	close(sockets[0]);
	close(sockets[1]);
	shmdev_buffer_free(buffer);
	shmdev_pool_free(pool);
}

/* rows: C103 */
TEST(controlled_buffer_is_sent_without_control)
{
	struct shmdev_pool *pool;
	struct shmdev_buffer *buffer;
	struct shmdev_region *received;
	int sockets[2], fds;

	pool = shmdev_pool_create(SHMREGION_MODE_WRITABLE, 1,
				  SHMDEV_POOL_CONTROLLED);
	buffer = shmdev_pool_get(pool, SIZE, 1);
	ASSERT_NE(NULL, buffer);
	EXPECT_EQ(NULL, shmdev_buffer_writable_region(buffer));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	fds = count_fds();
	ASSERT_EQ(0, shmdev_buffer_send(buffer, sockets[0], 0));
	EXPECT_EQ(fds, count_fds());
	received = shmdev_region_adopt(shmdev_handle_receive(sockets[1], 0),
				       SHMDEV_ADOPT_WRITABLE, RIGHTS_RW, SIZE,
				       SHMDEV_ADOPT_TRUST_CONTROLLER);
	ASSERT_NE(NULL, received);
	EXPECT_EQ(RIGHTS_RW, shmdev_region_rights(received));
	shmdev_region_free(received);
	close(sockets[0]);
	close(sockets[1]);
	shmdev_buffer_free(buffer);
	shmdev_pool_free(pool);
	EXPECT_EQ(-1, shmdev_buffer_send(NULL, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_buffer_mapping(NULL));
}

TEST_HARNESS_MAIN
