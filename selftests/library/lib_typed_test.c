// SPDX-License-Identifier: GPL-2.0-only
/*
 * Typed regions and mappings of libshmdev: what each kind can be made of, maps
 * as and becomes, that nothing which a peer says is believed, and that empty
 * objects and failed calls do no harm. What must not compile is in
 * compile-fail/typed.c.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <sys/resource.h>

#define FILL 0x5a
#define SIZE (2 * PAGE + 123)

typedef struct shmdev_readonly_region readonly_region;
typedef struct shmdev_writable_region writable_region;
typedef struct shmdev_unsafe_region unsafe_region;
typedef struct shmdev_readonly_mapping readonly_mapping;
typedef struct shmdev_writable_mapping writable_mapping;

static struct shmregion_info info_of(const struct shmdev_region *region)
{
	struct shmregion_info info = { 0 };

	if (shmdev_region_info(region, &info) < 0)
		info.out_generation = 0;
	return info;
}

static writable_region *create_writable(void)
{
	return shmdev_writable_region_create(SIZE, 0, "typed");
}

static unsafe_region *create_unsafe(void)
{
	return shmdev_unsafe_region_create(SIZE, 0, "typed");
}

/* How many mappings of regions there are. */
static int count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += strstr(line, "shmregion") && !strstr(line, "/bin/");
	fclose(file);
	return count;
}

/* A handle to the region that has @rights, whatever the region's type. */
static int handle_of(const struct shmdev_region *region, uint32_t rights)
{
	return shmdev_raw_dup(shmdev_region_fd(region), rights);
}

/*
 * Creation
 */

/* rows: C1 C6 C10 C12 C62 M41 M85 W28 */
TEST(writable_has_exact_size_and_zeroes_and_an_owner)
{
	const size_t sizes[] = { 1, 2, 3, PAGE - 1, PAGE, PAGE + 1, MIB(4) };
	const struct shmdev_region *base;
	writable_region *region;
	writable_mapping *mapping;
	struct shmregion_info info;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		region = shmdev_writable_region_create(sizes[i], 0, "size");
		ASSERT_NE(NULL, region);
		base = shmdev_base(region);
		info = info_of(base);
		EXPECT_EQ(sizes[i], shmdev_region_size(base));
		EXPECT_EQ(sizes[i], info.out_region_size);
		EXPECT_EQ(SHMREGION_MODE_WRITABLE, info.out_mode);
		EXPECT_EQ(SHMREGION_WRITERS_CALLER, info.out_writers);
		EXPECT_STREQ("size", shmdev_region_label(base));

		mapping = shmdev_writable_region_map(region);
		ASSERT_NE(NULL, mapping);
		EXPECT_EQ(sizes[i], shmdev_mapping_size(shmdev_base(mapping)));
		EXPECT_TRUE(all_bytes(shmdev_writable_mapping_data(mapping),
				      sizes[i], 0));
		EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
		shmdev_writable_region_free(region);
	}
}

/* rows: C1 C6 C64 M72 */
TEST(unsafe_is_for_all)
{
	unsafe_region *region = create_unsafe();
	struct shmregion_info info = info_of(shmdev_base(region));

	ASSERT_NE(NULL, region);
	EXPECT_EQ(SHMREGION_MODE_UNSAFE, info.out_mode);
	EXPECT_EQ(SHMREGION_WRITERS_ALL, info.out_writers);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(region)));
	shmdev_unsafe_region_free(region);
}

/* rows: C8 C9 C29 C110 */
TEST(create_refuses_sizes)
{
	const struct {
		uint64_t size;
		int error;
	} wrong[] = {
		{ 0, EINVAL },
		{ UINT64_MAX, EOVERFLOW },
		{ INT64_MAX & ~(uint64_t)0xffff, ENOSPC },
	};
	readonly_region *region;
	writable_mapping *mapping;
	int nr_fds = count_fds();
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		EXPECT_EQ(NULL, shmdev_writable_region_create(wrong[i].size, 0,
							      NULL));
		EXPECT_EQ(wrong[i].error, errno);
		EXPECT_EQ(NULL, shmdev_unsafe_region_create(wrong[i].size, 0,
							    NULL));
		EXPECT_EQ(wrong[i].error, errno);
		EXPECT_EQ(-1, shmdev_readonly_region_create(wrong[i].size, 0,
							    NULL, &region,
							    &mapping));
		EXPECT_EQ(wrong[i].error, errno);
		EXPECT_EQ(NULL, region);
		EXPECT_EQ(NULL, mapping);
	}
	EXPECT_EQ(nr_fds, count_fds());
}

/* rows: C29 C110 */
TEST(create_refuses_flags_and_labels)
{
	EXPECT_EQ(NULL, shmdev_writable_region_create(1, 1u << 31, NULL));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_region_create(1, 0, "two\nlines"));
	EXPECT_EQ(EINVAL, errno);
}

/* rows: C7 C44 C60 C61 */
TEST(readonly_has_one_mapping_that_writes)
{
	const struct shmdev_region *base;
	readonly_region *region;
	readonly_mapping *reader;
	writable_mapping *writer;
	struct shmregion_info info;
	volatile uint8_t *written;

	ASSERT_EQ(0, shmdev_readonly_region_create(SIZE, 0, "ro", &region,
						   &writer));
	base = shmdev_base(region);
	info = info_of(base);
	EXPECT_EQ(SHMREGION_MODE_READONLY, info.out_mode);
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, info.out_writers);
	EXPECT_EQ(0, shmdev_readonly_region_frozen(region));
	EXPECT_EQ(SIZE, shmdev_mapping_size(shmdev_base(writer)));

	reader = shmdev_readonly_region_map(region);
	ASSERT_NE(NULL, reader);
	written = shmdev_writable_mapping_data(writer);
	EXPECT_EQ(0, touch_write(written + SIZE - 1, FILL));
	EXPECT_EQ(FILL, byte_at((const uint8_t *)
				shmdev_readonly_mapping_data(reader) +
				SIZE - 1));

	/* The handle leads to no other, although the caller is the owner. */
	EXPECT_EQ(SHMREGION_RIGHT_READ, shmdev_region_rights(base));
	EXPECT_EQ(NULL, shmdev_region_map(base, 0, 1, SHMDEV_MAP_READ |
						      SHMDEV_MAP_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, shmdev_region_acquire(base, SHMREGION_NO_DEADLINE, NULL));
	EXPECT_EQ(EACCES, errno);

	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
	shmdev_readonly_region_free(region);
}

/* rows: C60 M60 */
TEST(readonly_creation_gives_both_or_neither)
{
	readonly_region *region = NULL;
	writable_mapping *mapping = NULL;
	int nr_fds = count_fds(), nr_mappings = count_mappings();
	struct rlimit old, limit;
	rlim_t allowed;
	int failures = 0;

	EXPECT_EQ(-1, shmdev_readonly_region_create(1, 0, NULL, &region, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, region);
	EXPECT_EQ(-1, shmdev_readonly_region_create(1, 0, NULL, NULL,
						    &mapping));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, mapping);

	/* Each step that takes a descriptor lacks one, in turn. */
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	limit = old;
	for (allowed = 0; !region && allowed < 256; allowed++) {
		limit.rlim_cur = allowed;
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		if (!shmdev_readonly_region_create(SIZE, 0, NULL, &region,
						   &mapping))
			break;
		EXPECT_EQ(EMFILE, errno);
		EXPECT_EQ(NULL, region);
		EXPECT_EQ(NULL, mapping);
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
		EXPECT_EQ(nr_fds, count_fds());
		EXPECT_EQ(nr_mappings, count_mappings());
		failures++;
	}
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_LT(0, failures);
	ASSERT_NE(NULL, region);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	shmdev_readonly_region_free(region);

	/* The mapping fails. */
	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &old));
	limit = old;
	limit.rlim_cur = MIB(64);
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &limit));
	EXPECT_EQ(-1, shmdev_readonly_region_create(MIB(100), 0, NULL, &region,
						    &mapping));
	EXPECT_EQ(ENOMEM, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &old));
	EXPECT_EQ(NULL, region);
	EXPECT_EQ(NULL, mapping);
	EXPECT_EQ(nr_fds, count_fds());
	EXPECT_EQ(nr_mappings, count_mappings());
}

/* rows: C22 */
TEST(handles_have_the_rights_of_their_kind_and_no_control)
{
	writable_region *writable = create_writable();
	unsafe_region *unsafe = create_unsafe();

	EXPECT_EQ(RIGHTS_RW, info_of(shmdev_base(writable)).out_rights);
	EXPECT_EQ(RIGHTS_RW, info_of(shmdev_base(unsafe)).out_rights);
	EXPECT_EQ(-1, shmdev_region_destroy(shmdev_base(writable)));
	EXPECT_EQ(EPERM, errno);
	shmdev_writable_region_free(writable);
	shmdev_unsafe_region_free(unsafe);
}

/*
 * Conversion
 */

/* rows: C2 C10 C16 C26 C33 C48 C62 M47 M48 W1 W30 */
TEST(freeze_leaves_no_writer)
{
	uint8_t guid[SHMREGION_GUID_SIZE];
	int nr_fds = count_fds();
	writable_region *writable = create_writable();
	writable_mapping *old = shmdev_writable_region_map(writable);
	readonly_region *readonly;
	volatile uint8_t *memory;

	ASSERT_NE(NULL, old);
	memory = shmdev_writable_mapping_data(old);
	ASSERT_EQ(0, touch_write(memory, FILL));
	memcpy(guid, shmdev_region_guid(shmdev_base(writable)), sizeof(guid));

	readonly = shmdev_writable_region_freeze(&writable);
	ASSERT_NE(NULL, readonly);
	EXPECT_EQ(NULL, writable);
	EXPECT_EQ(nr_fds + 1, count_fds());
	EXPECT_EQ(1, shmdev_readonly_region_frozen(readonly));
	EXPECT_EQ(SHMREGION_WRITERS_NONE,
		  info_of(shmdev_base(readonly)).out_writers);
	EXPECT_EQ(RIGHTS_RO, info_of(shmdev_base(readonly)).out_rights);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(readonly)));
	EXPECT_EQ(0, memcmp(guid, shmdev_region_guid(shmdev_base(readonly)),
			    sizeof(guid)));

	/* The mapping that was there before reads, and no longer writes. */
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	EXPECT_EQ(FILL, byte_at(memory));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(old));
	shmdev_readonly_region_free(readonly);
}

/* rows: C2 C10 C16 C26 C62 C63 M49 */
TEST(publish_keeps_the_mappings_of_the_writer_alone)
{
	uint8_t guid[SHMREGION_GUID_SIZE];
	writable_region *writable = create_writable();
	writable_mapping *writer = shmdev_writable_region_map(writable);
	readonly_region *readonly;
	uint8_t *memory;

	ASSERT_NE(NULL, writer);
	memory = shmdev_writable_mapping_data(writer);
	memcpy(guid, shmdev_region_guid(shmdev_base(writable)), sizeof(guid));
	readonly = shmdev_writable_region_publish(&writable);
	ASSERT_NE(NULL, readonly);
	EXPECT_EQ(NULL, writable);
	EXPECT_EQ(0, shmdev_readonly_region_frozen(readonly));
	EXPECT_EQ(0, touch_write(memory, FILL));
	EXPECT_EQ(FILL, byte_at(memory));
	EXPECT_EQ(RIGHTS_RO, info_of(shmdev_base(readonly)).out_rights);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(readonly)));
	EXPECT_EQ(0, memcmp(guid, shmdev_region_guid(shmdev_base(readonly)),
			    sizeof(guid)));
	EXPECT_EQ(NULL, shmdev_region_map(shmdev_base(readonly), 0, 1,
					  SHMDEV_MAP_READ | SHMDEV_MAP_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
	shmdev_readonly_region_free(readonly);
}

/* rows: M48 */
TEST(published_can_be_frozen_by_a_handle_kept_for_that)
{
	writable_region *writable = create_writable();
	struct shmdev_region *kept;
	readonly_region *readonly;

	kept = shmdev_region_duplicate(shmdev_base(writable), RIGHTS_RW);
	readonly = shmdev_writable_region_publish(&writable);
	ASSERT_NE(NULL, readonly);
	EXPECT_EQ(0, shmdev_readonly_region_frozen(readonly));
	EXPECT_EQ(0, shmdev_region_freeze(kept));
	EXPECT_EQ(1, shmdev_readonly_region_frozen(readonly));
	shmdev_region_free(kept);
	shmdev_readonly_region_free(readonly);
}

/* The region of the test, in a peer. */
static struct {
	int sockets[2];
	readonly_region *readonly;
	writable_region *writable;
	unsafe_region *unsafe;
	readonly_mapping *reader;
	writable_mapping *writer;
} mine;

/* rows: C2 C17 C26 C62 M46 */
TEST(share_is_for_all)
{
	writable_region *writable = create_writable();
	writable_mapping *old = shmdev_writable_region_map(writable);
	uint8_t guid[SHMREGION_GUID_SIZE];
	unsafe_region *unsafe;

	ASSERT_NE(NULL, old);
	memcpy(guid, shmdev_region_guid(shmdev_base(writable)), sizeof(guid));
	unsafe = shmdev_writable_region_share(&writable);
	ASSERT_NE(NULL, unsafe);
	EXPECT_EQ(NULL, writable);
	EXPECT_EQ(SHMREGION_MODE_UNSAFE,
		  shmdev_region_mode(shmdev_base(unsafe)));
	EXPECT_EQ(RIGHTS_RW, info_of(shmdev_base(unsafe)).out_rights);
	EXPECT_EQ(0, memcmp(guid, shmdev_region_guid(shmdev_base(unsafe)),
			    sizeof(guid)));
	EXPECT_EQ(0, touch_write(shmdev_writable_mapping_data(old), FILL));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(old));
	shmdev_unsafe_region_free(unsafe);
}

static void *convert(const char *to, writable_region **region)
{
	if (!strcmp(to, "freeze"))
		return shmdev_writable_region_freeze(region);
	if (!strcmp(to, "publish"))
		return shmdev_writable_region_publish(region);
	return shmdev_writable_region_share(region);
}

static const char *const conversions[] = { "freeze", "publish", "share" };

#define for_each_conversion(i) for ((i) = 0; (i) < 3; (i)++)

/* A second object of one region, as a peer has that received it. */
static writable_region *second_object(const writable_region *region)
{
	return shmdev_writable_region_adopt(handle_of(shmdev_base(region),
						      RIGHTS_RW), SIZE, 0);
}

/* rows: C3 C5 C111 C112 */
TEST(what_was_converted_is_not_converted_again)
{
	int (*const first[])(const struct shmdev_region *) = {
		shmdev_region_freeze, shmdev_region_share,
	};
	struct shmdev_region *kept;
	struct shmregion_info before;
	writable_region *region;
	size_t i, j;

	for (i = 0; i < 2; i++) {
		for_each_conversion(j) {
			int nr_fds = count_fds();

			region = create_writable();
			kept = shmdev_region_duplicate(shmdev_base(region),
						       RIGHTS_RW);
			ASSERT_EQ(0, first[i](kept));
			before = info_of(kept);

			EXPECT_EQ(NULL, convert(conversions[j], &region));
			EXPECT_EQ(EINVAL, errno);
			ASSERT_NE(NULL, region);
			EXPECT_EQ(before.out_generation,
				  info_of(kept).out_generation);
			shmdev_region_free(kept);
			/* What failed is as it was. */
			EXPECT_EQ(RIGHTS_RW,
				  info_of(shmdev_base(region)).out_rights);
			shmdev_writable_region_free(region);
			EXPECT_EQ(nr_fds, count_fds());
		}
	}
}

static long step_receive_writable(void *data, long unused)
{
	int fd = receive_fd(mine.sockets[1]);

	(void)data;
	(void)unused;
	mine.writable = shmdev_writable_region_adopt(fd, SIZE, 0);
	return mine.writable ? 0 : -errno;
}

static long step_map_writable(void *data, long unused)
{
	(void)data;
	(void)unused;
	mine.writer = shmdev_writable_region_map(mine.writable);
	return mine.writer ? 0 : -errno;
}

static long step_convert(void *data, long which)
{
	(void)data;
	if (convert(conversions[which], &mine.writable))
		return 0;
	if (!mine.writable)
		return -ENOENT;
	shmdev_writable_region_free(mine.writable);
	return -errno;
}

/* rows: C5 */
TEST(who_is_not_the_owner_converts_nothing)
{
	writable_region *region = create_writable();
	uint64_t generation;
	struct peer peer;
	size_t i;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, mine.sockets));
	peer = peer_start();
	generation = info_of(shmdev_base(region)).out_generation;
	for_each_conversion(i) {
		ASSERT_EQ(0, send_fd(mine.sockets[0],
				     shmdev_region_fd(shmdev_base(region))));
		ASSERT_EQ(0, peer_do(&peer, step_receive_writable, NULL, 0));
		EXPECT_EQ(-EPERM, peer_do(&peer, step_convert, NULL, (long)i));
	}
	EXPECT_EQ(generation, info_of(shmdev_base(region)).out_generation);
	peer_stop(&peer);
	shmdev_writable_region_free(region);
}

/* rows: C5 */
TEST(conversion_without_a_free_descriptor_changes_nothing)
{
	readonly_region *readonly;
	struct shmdev_region *kept;
	writable_region *region;
	struct rlimit old, none;
	uint64_t generation;
	size_t i;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = 0;
	for (i = 0; i < 2; i++) {
		region = create_writable();
		kept = shmdev_region_duplicate(shmdev_base(region), RIGHTS_RW);
		generation = info_of(kept).out_generation;
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
		EXPECT_EQ(NULL, convert(conversions[i], &region));
		EXPECT_EQ(EMFILE, errno);
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
		ASSERT_NE(NULL, region);
		EXPECT_EQ(generation, info_of(kept).out_generation);
		/* It can be tried again. */
		readonly = convert(conversions[i], &region);
		EXPECT_NE(NULL, readonly);
		EXPECT_EQ(NULL, region);
		shmdev_readonly_region_free(readonly);
		shmdev_region_free(kept);
	}
}

static long step_create_readonly(void *data, long unused)
{
	(void)data;
	(void)unused;
	if (shmdev_readonly_region_create(SIZE, 0, NULL, &mine.readonly,
					  &mine.writer))
		return -errno;
	memset(shmdev_writable_mapping_data(mine.writer), FILL, SIZE);
	return send_fd(mine.sockets[1],
		       shmdev_region_fd(shmdev_base(mine.readonly)));
}

/* rows: C60 M44 */
TEST(readonly_of_another_process_reads_and_never_writes)
{
	readonly_region *region;
	readonly_mapping *reader;
	volatile uint8_t *memory;
	struct peer peer;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, mine.sockets));
	peer = peer_start();
	ASSERT_EQ(0, peer_do(&peer, step_create_readonly, NULL, 0));
	region = shmdev_readonly_region_adopt(receive_fd(mine.sockets[0]), 1, 0);
	ASSERT_NE(NULL, region);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(region)));
	EXPECT_EQ(SHMREGION_WRITERS_OTHER,
		  info_of(shmdev_base(region)).out_writers);
	reader = shmdev_readonly_region_map(region);
	ASSERT_NE(NULL, reader);
	memory = (volatile uint8_t *)shmdev_readonly_mapping_data(reader);
	EXPECT_TRUE(all_bytes((const void *)memory, SIZE, FILL));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));

	/* The writer is gone, and no handle can make another one. */
	peer_kill(&peer);
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED,
		  info_of(shmdev_base(region)).out_writers);
	EXPECT_EQ(-1, shmdev_region_try_acquire(shmdev_base(region), NULL));
	EXPECT_EQ(EACCES, errno);
	EXPECT_TRUE(all_bytes((const void *)memory, SIZE, FILL));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	shmdev_readonly_region_free(region);
}

/*
 * Adoption
 */

#define AS_READONLY 1
#define AS_WRITABLE 2
#define AS_UNSAFE 4

/*
 * The kinds of regions that a handle is adopted as, or -1 if it is not what it
 * was afterwards; and the error of one that it is not adopted as.
 */
static int kinds_that_adopt(int fd, int *error)
{
	readonly_region *readonly;
	writable_region *writable;
	unsafe_region *unsafe;
	int kinds = 0;

	readonly = shmdev_readonly_region_adopt(fd, 1, 0);
	*error = readonly ? *error : errno;
	if (readonly) {
		fd = shmdev_readonly_region_steal_fd(&readonly);
		kinds |= AS_READONLY;
	}
	writable = shmdev_writable_region_adopt(fd, 1, 0);
	*error = writable ? *error : errno;
	if (writable) {
		fd = shmdev_writable_region_steal_fd(&writable);
		kinds |= AS_WRITABLE;
	}
	unsafe = shmdev_unsafe_region_adopt(fd, 1, 0);
	*error = unsafe ? *error : errno;
	if (unsafe) {
		fd = shmdev_unsafe_region_steal_fd(&unsafe);
		kinds |= AS_UNSAFE;
	}
	if (fcntl(fd, F_GETFD) != FD_CLOEXEC)
		kinds = -1;
	close(fd);
	return kinds;
}

/* rows: C21 C24 C66 C118 C122 M53 W9 */
TEST(only_the_type_of_the_mode_adopts)
{
	const struct {
		int (*convert)(const struct shmdev_region *region);
		int kinds;
	} modes[] = {
		{ NULL, AS_WRITABLE },
		{ shmdev_region_publish, AS_READONLY },
		{ shmdev_region_freeze, AS_READONLY },
		{ shmdev_region_share, AS_UNSAFE },
	};
	writable_region *region;
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		region = create_writable();
		if (modes[i].convert)
			ASSERT_EQ(0, modes[i].convert(shmdev_base(region)));
		EXPECT_EQ(modes[i].kinds,
			  kinds_that_adopt(handle_of(shmdev_base(region),
						     RIGHTS_RW), &error));
		EXPECT_EQ(EINVAL, error);
		shmdev_writable_region_free(region);
	}
}

/* rows: C22 M55 W6 */
TEST(writable_kinds_need_a_handle_for_writing)
{
	writable_region *writable = create_writable();
	unsafe_region *unsafe = create_unsafe();
	int fd;

	fd = handle_of(shmdev_base(unsafe), RIGHTS_RO);
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, 1, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, close(fd));
	fd = handle_of(shmdev_base(writable), RIGHTS_RO);
	EXPECT_EQ(NULL, shmdev_writable_region_adopt(fd, 1, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, close(fd));
	shmdev_unsafe_region_free(unsafe);
	shmdev_writable_region_free(writable);
}

/* rows: C15 C22 M55 */
TEST(readonly_drops_the_rights_it_does_not_need)
{
	int fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, 0);
	int nr_fds = count_fds();
	readonly_region *region;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, shmdev_raw_publish(fd));
	region = shmdev_readonly_region_adopt(fd, SIZE, 0);
	ASSERT_NE(NULL, region);
	EXPECT_EQ(nr_fds, count_fds());
	EXPECT_EQ(RIGHTS_RO, info_of(shmdev_base(region)).out_rights);
	EXPECT_EQ(RIGHTS_RO, shmdev_region_rights(shmdev_base(region)));
	fd = shmdev_readonly_region_steal_fd(&region);
	EXPECT_EQ(MAP_FAILED, map_region(fd, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	close(fd);
}

/* The right that is too many is CONTROL; dropping it needs a descriptor. */
TEST(adopt_without_a_free_descriptor_leaves_the_handle)
{
	const uint32_t trust = SHMDEV_ADOPT_TRUST_CONTROLLER;
	int fd = make_region(SIZE, SHMREGION_MODE_UNSAFE,
			     SHMREGION_CREATE_CONTROLLED);
	int released = make_region(SIZE, SHMREGION_MODE_WRITABLE,
				   SHMREGION_CREATE_CONTROLLED);
	uint64_t now = shmdev_deadline_after(0);
	struct shmregion_info info;
	writable_region *writable;
	unsafe_region *region;
	struct rlimit old, none;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = old;
	none.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, 1, trust));
	EXPECT_EQ(EMFILE, errno);

	/* What it would have owned it does not own then. */
	ASSERT_EQ(0, shmdev_raw_release(released));
	writable = shmdev_writable_region_adopt_and_acquire(released, 1, trust,
							    now, NULL);
	EXPECT_EQ(NULL, writable);
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, shmdev_raw_info(released, &info));
	EXPECT_EQ(SHMREGION_WRITERS_UNOWNED, info.out_writers);

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	region = shmdev_unsafe_region_adopt(fd, 1, trust);
	EXPECT_NE(NULL, region);
	close(released);
	shmdev_unsafe_region_free(region);
}

/* rows: C21 C25 M30 M54 M81 W4 W31 */
TEST(the_size_is_that_of_the_kernel)
{
	unsafe_region *region = create_unsafe();
	int fd = handle_of(shmdev_base(region), RIGHTS_RW);
	unsafe_region *adopted;

	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, SIZE + 1, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(fd, UINT64_MAX, 0));
	EXPECT_EQ(ERANGE, errno);
	adopted = shmdev_unsafe_region_adopt(fd, 1, 0);
	ASSERT_NE(NULL, adopted);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(adopted)));
	shmdev_unsafe_region_free(adopted);
	shmdev_unsafe_region_free(region);
}

/* rows: C21 C24 C25 C67 C122 */
TEST(what_is_no_handle_is_not_adopted)
{
	int wrong[] = {
		shmdev_open(),
		memfd_create("no region", MFD_CLOEXEC),
		open("/dev/null", O_RDWR | O_CLOEXEC),
	};
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ASSERT_LE(0, wrong[i]);
		EXPECT_EQ(0, kinds_that_adopt(wrong[i], &error));
		EXPECT_EQ(ENOTTY, error);
	}
	EXPECT_EQ(NULL, shmdev_readonly_region_adopt(-1, 1, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, shmdev_writable_region_adopt(-1, 1, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_region_adopt(-1, 1, 0));
	EXPECT_EQ(EBADF, errno);
}

static long step_send_back(void *data, long to)
{
	(void)data;
	memset(shmdev_writable_mapping_data(mine.writer), FILL, SIZE);
	return shmdev_region_transfer(shmdev_base(mine.writable),
				      shmdev_by_member((uint64_t)to)) ?
		       -errno : 0;
}

static long step_write(void *data, long unused)
{
	(void)data;
	(void)unused;
	return touch_write(shmdev_writable_mapping_data(mine.writer), 1);
}

/* rows: C23 C62 C65 C120 M53 */
TEST(writable_moves_to_another_process_and_back)
{
	writable_region *region = create_writable();
	writable_mapping *mapping = shmdev_writable_region_map(region);
	const uint8_t *memory;
	struct peer peer;

	ASSERT_NE(NULL, mapping);
	memory = shmdev_writable_mapping_data(mapping);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, mine.sockets));
	peer = peer_start();
	ASSERT_EQ(0, send_fd(mine.sockets[0],
			     shmdev_region_fd(shmdev_base(region))));
	ASSERT_EQ(0, peer_do(&peer, step_receive_writable, NULL, 0));

	/* It has the handle and may map, but is not the owner. */
	ASSERT_EQ(0, peer_do(&peer, step_map_writable, NULL, 0));
	EXPECT_EQ(SIGSEGV, peer_do(&peer, step_write, NULL, 0));
	ASSERT_EQ(0, shmdev_region_transfer(shmdev_base(region),
					    shmdev_by_pid(peer.pid)));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(0, peer_do(&peer, step_write, NULL, 0));

	EXPECT_EQ(0, peer_do(&peer, step_send_back, NULL,
			     (long)shmdev_region_member(shmdev_base(region))));
	EXPECT_EQ(SIGSEGV, peer_do(&peer, step_write, NULL, 0));
	EXPECT_TRUE(all_bytes(memory, SIZE, FILL));
	peer_stop(&peer);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	shmdev_writable_region_free(region);
}

/* The owner may convert what another process holds as writable. */
TEST(a_writable_type_can_be_out_of_date)
{
	writable_region *region = create_writable();
	writable_region *other = second_object(region);
	readonly_region *frozen = shmdev_writable_region_freeze(&region);
	readonly_region *right;
	int fd;

	ASSERT_NE(NULL, frozen);
	EXPECT_EQ(SHMREGION_MODE_READONLY,
		  shmdev_region_mode(shmdev_base(other)));
	EXPECT_EQ(NULL, shmdev_writable_region_map(other));
	EXPECT_EQ(EACCES, errno);
	fd = shmdev_writable_region_steal_fd(&other);
	right = shmdev_readonly_region_adopt(fd, SIZE, 0);
	ASSERT_NE(NULL, right);
	EXPECT_EQ(1, shmdev_readonly_region_frozen(right));
	EXPECT_EQ(1, shmdev_region_same(shmdev_base(right),
					shmdev_base(frozen)));
	shmdev_readonly_region_free(right);
	shmdev_readonly_region_free(frozen);
}

/*
 * Duplicates, identity, the handle
 */

/*
 * This program is the one that is started, with the number of a handle as its
 * argument: it adopts that as read-only memory, and says how that went.
 */
static void __attribute__((constructor(101))) started(int argc, char **argv)
{
	readonly_region *region;
	readonly_mapping *mapping;

	if (argc != 3 || strcmp(argv[1], "--adopt"))
		return;
	region = shmdev_readonly_region_adopt(atoi(argv[2]), SIZE, 0);
	if (!region)
		_exit(errno);
	mapping = shmdev_readonly_region_map(region);
	_exit(mapping && all_bytes(shmdev_readonly_mapping_data(mapping), SIZE,
				   FILL) ? 0 : 255);
}

/* Start this program with that argument: 0, or its error. */
static int start_with(const char *argument, int inherited)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		fcntl(inherited, F_SETFD, 0);
		execl("/proc/self/exe", "lib_typed_test", "--adopt", argument,
		      NULL);
		_exit(254);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* rows: C82 */
TEST(handle_is_named_on_a_command_line)
{
	writable_region *writable = create_writable();
	writable_mapping *mapping = shmdev_writable_region_map(writable);
	readonly_region *frozen;
	char argument[16];
	int fd;

	ASSERT_NE(NULL, mapping);
	memset(shmdev_writable_mapping_data(mapping), FILL, SIZE);
	fd = shmdev_region_fd(shmdev_base(writable));
	snprintf(argument, sizeof(argument), "%d", fd);
	EXPECT_EQ(EINVAL, start_with(argument, fd));

	frozen = shmdev_writable_region_freeze(&writable);
	ASSERT_NE(NULL, frozen);
	fd = shmdev_region_fd(shmdev_base(frozen));
	snprintf(argument, sizeof(argument), "%d", fd);
	EXPECT_EQ(0, start_with(argument, fd));
	EXPECT_EQ(ENOTTY, start_with("1", fd));
	EXPECT_EQ(EBADF, start_with("1000", fd));
	EXPECT_EQ(EBADF, start_with("-1", fd));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	shmdev_readonly_region_free(frozen);
}

/* rows: C18 C26 C61 C64 M42 */
TEST(duplicates_are_of_the_same_region_and_kind)
{
	unsafe_region *unsafe = create_unsafe(), *unsafe_copy;
	writable_region *writable = create_writable();
	readonly_region *readonly = shmdev_writable_region_freeze(&writable);
	readonly_region *readonly_copy;

	unsafe_copy = shmdev_unsafe_region_duplicate(unsafe);
	readonly_copy = shmdev_readonly_region_duplicate(readonly);
	ASSERT_NE(NULL, unsafe_copy);
	ASSERT_NE(NULL, readonly_copy);
	EXPECT_EQ(1, shmdev_region_same(shmdev_base(unsafe),
					shmdev_base(unsafe_copy)));
	EXPECT_EQ(1, shmdev_region_same(shmdev_base(readonly),
					shmdev_base(readonly_copy)));
	EXPECT_EQ(RIGHTS_RW, info_of(shmdev_base(unsafe_copy)).out_rights);
	EXPECT_EQ(RIGHTS_RO, info_of(shmdev_base(readonly_copy)).out_rights);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(readonly_copy)));

	/* Each goes on without the other. */
	shmdev_unsafe_region_free(unsafe);
	shmdev_readonly_region_free(readonly);
	EXPECT_EQ(SHMREGION_MODE_UNSAFE,
		  shmdev_region_mode(shmdev_base(unsafe_copy)));
	EXPECT_EQ(1, shmdev_readonly_region_frozen(readonly_copy));
	shmdev_unsafe_region_free(unsafe_copy);
	shmdev_readonly_region_free(readonly_copy);
}

/* rows: C26 C27 M16 */
TEST(identity_is_of_the_region)
{
	const uint8_t none[SHMREGION_GUID_SIZE] = { 0 };
	unsafe_region *one = create_unsafe(), *other = create_unsafe();
	const struct shmdev_region *base = shmdev_base(one);

	EXPECT_EQ(1, shmdev_region_same(base, base));
	EXPECT_EQ(0, shmdev_region_same(base, shmdev_base(other)));
	EXPECT_NE(0, memcmp(shmdev_region_guid(base), none, sizeof(none)));
	EXPECT_NE(0, memcmp(shmdev_region_guid(base),
			    shmdev_region_guid(shmdev_base(other)),
			    sizeof(none)));
	EXPECT_EQ(-1, shmdev_region_same(base, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shmdev_region_same(NULL, base));
	EXPECT_EQ(EINVAL, errno);
	shmdev_unsafe_region_free(one);
	shmdev_unsafe_region_free(other);
}

/* rows: C19 C20 C65 M62 */
TEST(steal_fd_leaves_an_empty_object)
{
	writable_region *writable = create_writable();
	unsafe_region *unsafe = create_unsafe();
	readonly_region *readonly;
	int fd = shmdev_region_fd(shmdev_base(unsafe));

	EXPECT_EQ(fd, shmdev_unsafe_region_steal_fd(&unsafe));
	EXPECT_EQ(NULL, unsafe);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(-1, shmdev_unsafe_region_steal_fd(&unsafe));
	EXPECT_EQ(EINVAL, errno);
	close(fd);

	/* The process owns it still. */
	fd = shmdev_writable_region_steal_fd(&writable);
	EXPECT_EQ(NULL, writable);
	writable = shmdev_writable_region_adopt(fd, SIZE, 0);
	ASSERT_NE(NULL, writable);
	readonly = shmdev_writable_region_freeze(&writable);
	ASSERT_NE(NULL, readonly);
	fd = shmdev_readonly_region_steal_fd(&readonly);
	EXPECT_LE(0, fd);
	EXPECT_EQ(NULL, readonly);
	close(fd);
}

/* rows: C31 C58 M40 M56 M84 */
TEST(what_was_moved_from_is_empty)
{
	writable_region *writable = create_writable(), *to;
	writable_mapping *writer = shmdev_writable_region_map(writable);
	writable_mapping *writer_to;
	unsafe_region *unsafe = create_unsafe(), *unsafe_to;
	readonly_mapping *reader, *reader_to;
	readonly_region *readonly, *readonly_to;

	to = shmdev_writable_region_move(&writable);
	EXPECT_EQ(NULL, writable);
	EXPECT_EQ(0, shmdev_region_size(shmdev_base(writable)));
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(to)));
	EXPECT_EQ(NULL, shmdev_writable_region_move(&writable));

	readonly = shmdev_writable_region_freeze(&to);
	readonly_to = shmdev_readonly_region_move(&readonly);
	EXPECT_EQ(NULL, readonly);
	EXPECT_EQ(1, shmdev_readonly_region_frozen(readonly_to));

	unsafe_to = shmdev_unsafe_region_move(&unsafe);
	EXPECT_EQ(NULL, unsafe);
	EXPECT_EQ(SIZE, shmdev_region_size(shmdev_base(unsafe_to)));

	writer_to = shmdev_writable_mapping_move(&writer);
	EXPECT_EQ(NULL, writer);
	EXPECT_EQ(SIZE, shmdev_mapping_size(shmdev_base(writer_to)));
	EXPECT_EQ(0, shmdev_mapping_size(shmdev_base(writer)));

	reader = shmdev_readonly_region_map(readonly_to);
	reader_to = shmdev_readonly_mapping_move(&reader);
	EXPECT_EQ(NULL, reader);
	EXPECT_EQ(NULL, shmdev_readonly_mapping_data(reader));
	EXPECT_NE(NULL, shmdev_readonly_mapping_data(reader_to));

	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader_to));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer_to));
	shmdev_readonly_region_free(readonly_to);
	shmdev_unsafe_region_free(unsafe_to);
}

#define EXPECT_REFUSED(error, call)					\
	do {								\
		errno = 0;						\
		EXPECT_EQ(NULL, call);					\
		EXPECT_EQ(error, errno);				\
	} while (0)

#define EXPECT_EINVAL(failed, call)					\
	do {								\
		errno = 0;						\
		EXPECT_EQ(failed, call);				\
		EXPECT_EQ(EINVAL, errno);				\
	} while (0)

/* rows: C4 C18 C32 C40 M17 */
TEST(empty_regions_fail_and_do_not_crash)
{
	readonly_region *readonly = NULL;
	writable_region *writable = NULL;
	unsafe_region *unsafe = NULL;

	EXPECT_EINVAL(NULL, shmdev_writable_region_freeze(&writable));
	EXPECT_EINVAL(NULL, shmdev_writable_region_freeze(NULL));
	EXPECT_EINVAL(NULL, shmdev_writable_region_publish(&writable));
	EXPECT_EINVAL(NULL, shmdev_writable_region_publish(NULL));
	EXPECT_EINVAL(NULL, shmdev_writable_region_share(&writable));
	EXPECT_EINVAL(NULL, shmdev_writable_region_share(NULL));
	EXPECT_EINVAL(NULL, shmdev_readonly_region_duplicate(readonly));
	EXPECT_EINVAL(NULL, shmdev_unsafe_region_duplicate(unsafe));
	EXPECT_EINVAL(NULL, shmdev_readonly_region_map(readonly));
	EXPECT_EINVAL(NULL, shmdev_readonly_region_map_at(readonly, 0, 1));
	EXPECT_EINVAL(NULL, shmdev_writable_region_map(writable));
	EXPECT_EINVAL(NULL, shmdev_writable_region_map_at(writable, 0, 1));
	EXPECT_EINVAL(NULL,
		      shmdev_writable_region_map_readonly(writable, 0, 1));
	EXPECT_EINVAL(NULL, shmdev_unsafe_region_map(unsafe));
	EXPECT_EINVAL(NULL, shmdev_unsafe_region_map_at(unsafe, 0, 1));
	EXPECT_EINVAL(NULL, shmdev_unsafe_region_map_readonly(unsafe, 0, 1));
	EXPECT_EINVAL(-1, shmdev_readonly_region_frozen(readonly));
	EXPECT_EINVAL(-1, shmdev_readonly_region_steal_fd(&readonly));
	EXPECT_EINVAL(-1, shmdev_readonly_region_steal_fd(NULL));
	EXPECT_EINVAL(-1, shmdev_writable_region_steal_fd(NULL));
	EXPECT_EINVAL(-1, shmdev_unsafe_region_steal_fd(NULL));
	EXPECT_EINVAL(0, shmdev_region_size(shmdev_base(writable)));
	EXPECT_EINVAL(NULL, shmdev_region_guid(shmdev_base(readonly)));
	EXPECT_EINVAL(-1, shmdev_region_fd(shmdev_base(unsafe)));
	EXPECT_EQ(NULL, shmdev_readonly_region_move(NULL));
	EXPECT_EQ(NULL, shmdev_writable_region_move(NULL));
	EXPECT_EQ(NULL, shmdev_unsafe_region_move(NULL));
	shmdev_readonly_region_free(readonly);
	shmdev_writable_region_free(writable);
	shmdev_unsafe_region_free(unsafe);
}

/* rows: C32 M17 */
TEST(empty_mappings_fail_and_do_not_crash)
{
	readonly_mapping *reader = NULL;
	writable_mapping *writer = NULL;

	EXPECT_EINVAL(NULL, shmdev_readonly_mapping_data(reader));
	EXPECT_EINVAL(NULL, shmdev_writable_mapping_data(writer));
	EXPECT_EINVAL(0, shmdev_mapping_size(shmdev_base(reader)));
	EXPECT_EINVAL(0, shmdev_mapping_mapped_size(shmdev_base(writer)));
	EXPECT_EINVAL(NULL, shmdev_mapping_guid(shmdev_base(reader)));
	EXPECT_EQ(NULL, shmdev_readonly_mapping_move(NULL));
	EXPECT_EQ(NULL, shmdev_writable_mapping_move(NULL));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
}

/*
 * Mappings
 */

FIXTURE(mapping)
{
	unsafe_region *unsafe;
	writable_mapping *whole;
	uint8_t *memory;
};

FIXTURE_SETUP(mapping)
{
	self->unsafe = create_unsafe();
	self->whole = shmdev_unsafe_region_map(self->unsafe);
	ASSERT_NE(NULL, self->whole);
	self->memory = shmdev_writable_mapping_data(self->whole);
	fill_words(self->memory, SIZE);
}

FIXTURE_TEARDOWN(mapping)
{
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(self->whole));
	shmdev_unsafe_region_free(self->unsafe);
}

/* rows: C11 C28 C51 M73 */
TEST_F(mapping, whole_begins_with_a_page)
{
	const struct shmdev_mapping *base = shmdev_base(self->whole);

	EXPECT_EQ(0, (uintptr_t)self->memory % PAGE);
	EXPECT_EQ(SIZE, shmdev_mapping_size(base));
	EXPECT_EQ(page_up(SIZE), shmdev_mapping_mapped_size(base));
}

static void expect_part(struct __test_metadata *_metadata,
			const FIXTURE_DATA(mapping) *self, size_t offset,
			size_t length)
{
	const uint8_t *expected = self->memory + offset;
	readonly_mapping *reader;
	writable_mapping *writer;

	reader = shmdev_unsafe_region_map_readonly(self->unsafe, offset,
						   length);
	writer = shmdev_unsafe_region_map_at(self->unsafe, offset, length);
	ASSERT_NE(NULL, reader);
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(0, memcmp(expected, shmdev_readonly_mapping_data(reader),
			    length));
	EXPECT_EQ(0, memcmp(expected, shmdev_writable_mapping_data(writer),
			    length));
	EXPECT_EQ(length, shmdev_mapping_size(shmdev_base(reader)));
	EXPECT_EQ(page_up(offset % PAGE + length),
		  shmdev_mapping_mapped_size(shmdev_base(reader)));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
}

/* rows: C43 C51 M42 M58 */
TEST_F(mapping, part_begins_at_any_byte)
{
	const size_t offsets[] = { 0, 1, 4, 13, PAGE - 1, PAGE, PAGE + 4 };
	const size_t lengths[] = { 1, 3, 64, PAGE, PAGE + 100 };
	size_t i, j;

	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++)
		for (j = 0; j < sizeof(lengths) / sizeof(*lengths); j++)
			expect_part(_metadata, self, offsets[i], lengths[j]);
}

/* rows: C41 C42 C113 M58 W15 */
TEST_F(mapping, part_must_be_inside)
{
	const struct {
		uint64_t offset, length;
		int error;
	} wrong[] = {
		{ 0, 0, EINVAL },
		{ SIZE, 0, EINVAL },
		{ SIZE, 1, EINVAL },
		{ 0, SIZE + 1, EINVAL },
		{ SIZE - 1, 2, EINVAL },
		{ 1, SIZE, EINVAL },
		{ UINT64_MAX, 1, EOVERFLOW },
		{ 1, UINT64_MAX, EOVERFLOW },
		{ UINT64_MAX - 1, 1, EINVAL },
		{ 0, UINT64_MAX, EINVAL },
	};
	writable_region *writable = create_writable();
	writable_region *other = create_writable();
	readonly_region *readonly = shmdev_writable_region_freeze(&other);
	int nr_mappings = count_mappings();
	size_t i;

	ASSERT_NE(NULL, readonly);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint64_t offset = wrong[i].offset, length = wrong[i].length;
		int error = wrong[i].error;

		EXPECT_REFUSED(error, shmdev_unsafe_region_map_at(self->unsafe,
								  offset,
								  length));
		EXPECT_REFUSED(error, shmdev_writable_region_map_at(writable,
								    offset,
								    length));
		EXPECT_REFUSED(error, shmdev_readonly_region_map_at(readonly,
								    offset,
								    length));
	}
	EXPECT_EQ(nr_mappings, count_mappings());
	shmdev_readonly_region_free(readonly);
	shmdev_writable_region_free(writable);
}

/* rows: C47 C50 C113 */
TEST_F(mapping, outlives_region_and_handle)
{
	unsafe_region *region = create_unsafe();
	writable_mapping *mapping = shmdev_unsafe_region_map(region);
	writable_region *writable = create_writable();
	writable_mapping *writer = shmdev_writable_region_map(writable);
	int nr_mappings = count_mappings();

	ASSERT_NE(NULL, mapping);
	ASSERT_NE(NULL, writer);
	shmdev_unsafe_region_free(region);
	EXPECT_EQ(0, touch_write(shmdev_writable_mapping_data(mapping), 1));

	/* Closing the handle does not change the owner either. */
	shmdev_writable_region_free(writable);
	EXPECT_EQ(0, touch_write(shmdev_writable_mapping_data(writer), 1));

	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
	EXPECT_EQ(nr_mappings - 2, count_mappings());
}

/* rows: C47 */
TEST_F(mapping, outlives_every_change_of_the_object)
{
	writable_region *region = create_writable(), *moved;
	writable_mapping *mapping = shmdev_writable_region_map(region);
	unsafe_region *unsafe, *copy;
	uint8_t *memory;

	ASSERT_NE(NULL, mapping);
	memory = shmdev_writable_mapping_data(mapping);
	moved = shmdev_writable_region_move(&region);
	EXPECT_EQ(0, touch_write(memory, 1));
	unsafe = shmdev_writable_region_share(&moved);
	EXPECT_EQ(0, touch_write(memory, 2));
	copy = shmdev_unsafe_region_duplicate(unsafe);
	shmdev_unsafe_region_free(unsafe);
	EXPECT_EQ(0, touch_write(memory, 3));
	shmdev_unsafe_region_free(copy);
	EXPECT_EQ(3, byte_at(memory));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
}

/* rows: C49 C50 C113 */
TEST_F(mapping, second_one_is_elsewhere_with_the_same_content)
{
	writable_mapping *second = shmdev_unsafe_region_map(self->unsafe);
	uint8_t *memory;

	ASSERT_NE(NULL, second);
	memory = shmdev_writable_mapping_data(second);
	EXPECT_NE(self->memory, memory);
	memory[SIZE - 1] = 0x11;
	EXPECT_EQ(0x11, self->memory[SIZE - 1]);
	self->memory[0] = 0x22;
	EXPECT_EQ(0x22, memory[0]);
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(second));
	EXPECT_EQ(SIGSEGV, touch_read(memory));
	EXPECT_EQ(0, touch_read(self->memory));
}

/* rows: C26 C52 */
TEST_F(mapping, knows_the_region_it_is_of)
{
	readonly_mapping *part;

	part = shmdev_unsafe_region_map_readonly(self->unsafe, PAGE, 1);
	ASSERT_NE(NULL, part);
	EXPECT_EQ(0, memcmp(shmdev_region_guid(shmdev_base(self->unsafe)),
			    shmdev_mapping_guid(shmdev_base(part)),
			    SHMREGION_GUID_SIZE));
	EXPECT_EQ(0, memcmp(shmdev_region_guid(shmdev_base(self->unsafe)),
			    shmdev_mapping_guid(shmdev_base(self->whole)),
			    SHMREGION_GUID_SIZE));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(part));
}

static void expect_never_writable(struct __test_metadata *_metadata,
				  const readonly_mapping *mapping)
{
	void *memory = (void *)shmdev_readonly_mapping_data(mapping);

	ASSERT_NE(NULL, memory);
	EXPECT_EQ(0, touch_read(memory));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	EXPECT_EQ(-1, mprotect(memory, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
}

/* rows: C44 C45 C46 M42 M43 M44 W29 W35 */
TEST_F(mapping, readonly_one_never_becomes_writable)
{
	writable_region *writable = create_writable();
	readonly_mapping *of_unsafe, *of_writable, *of_readonly;
	readonly_region *readonly;

	of_unsafe = shmdev_unsafe_region_map_readonly(self->unsafe, 0, SIZE);
	expect_never_writable(_metadata, of_unsafe);
	of_writable = shmdev_writable_region_map_readonly(writable, 0, SIZE);
	expect_never_writable(_metadata, of_writable);
	readonly = shmdev_writable_region_publish(&writable);
	of_readonly = shmdev_readonly_region_map(readonly);
	expect_never_writable(_metadata, of_readonly);
	expect_never_writable(_metadata, of_writable);

	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(of_unsafe));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(of_writable));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(of_readonly));
	shmdev_readonly_region_free(readonly);
}

/* A read-only mapping of the owner does not keep it from being the owner. */
TEST_F(mapping, readonly_one_does_not_hinder_the_owner)
{
	writable_region *writable = create_writable();
	readonly_mapping *reader;
	writable_mapping *writer;

	reader = shmdev_writable_region_map_readonly(writable, 0, SIZE);
	writer = shmdev_writable_region_map_at(writable, 0, SIZE);
	ASSERT_NE(NULL, reader);
	ASSERT_NE(NULL, writer);
	EXPECT_EQ(0, touch_write(shmdev_writable_mapping_data(writer), FILL));
	EXPECT_EQ(FILL, byte_at(shmdev_readonly_mapping_data(reader)));
	EXPECT_EQ(0, shmdev_region_release(shmdev_base(writable)));
	EXPECT_EQ(SIGSEGV, touch_read(shmdev_readonly_mapping_data(reader)));
	EXPECT_EQ(0, shmdev_region_try_acquire(shmdev_base(writable), NULL));
	EXPECT_EQ(FILL, byte_at(shmdev_readonly_mapping_data(reader)));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	EXPECT_EQ(0, shmdev_writable_mapping_unmap(writer));
	shmdev_writable_region_free(writable);
}

/* rows: M71 */
TEST_F(mapping, windows_one_after_the_other_show_it_all)
{
	const uint64_t window = PAGE + 7;
	int nr_mappings = count_mappings();
	writable_mapping *mapping;
	uint64_t at, length;

	for (at = 0; at < SIZE; at += length) {
		length = SIZE - at < window ? SIZE - at : window;
		mapping = shmdev_unsafe_region_map_at(self->unsafe, at, length);
		ASSERT_NE(NULL, mapping);
		EXPECT_EQ(0, memcmp(shmdev_writable_mapping_data(mapping),
				    self->memory + at, length));
		EXPECT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	}
	EXPECT_EQ(NULL, shmdev_unsafe_region_map_at(self->unsafe, at, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(nr_mappings, count_mappings());
}

/* rows: M50 */
TEST(unmapped_region_is_mapped_again_and_frozen)
{
	writable_region *region = create_writable();
	writable_mapping *mapping = shmdev_writable_region_map(region);
	readonly_mapping *reader;
	readonly_region *frozen;

	ASSERT_NE(NULL, mapping);
	memset(shmdev_writable_mapping_data(mapping), FILL, SIZE);
	ASSERT_EQ(0, shmdev_writable_mapping_unmap(mapping));
	mapping = shmdev_writable_region_map(region);
	ASSERT_NE(NULL, mapping);
	EXPECT_TRUE(all_bytes(shmdev_writable_mapping_data(mapping), SIZE,
			      FILL));
	ASSERT_EQ(0, shmdev_writable_mapping_unmap(mapping));

	frozen = shmdev_writable_region_freeze(&region);
	ASSERT_NE(NULL, frozen);
	reader = shmdev_readonly_region_map(frozen);
	ASSERT_NE(NULL, reader);
	EXPECT_TRUE(all_bytes(shmdev_readonly_mapping_data(reader), SIZE,
			      FILL));
	EXPECT_EQ(0, shmdev_readonly_mapping_unmap(reader));
	shmdev_readonly_region_free(frozen);
}

static long step_write_unsafe(void *data, long unused)
{
	(void)data;
	(void)unused;
	return touch_write(shmdev_writable_mapping_data(mine.writer), FILL);
}

/* rows: C64 M63 */
TEST_F(mapping, protection_here_says_nothing_about_others)
{
	struct peer peer;

	mine.writer = self->whole;
	peer = peer_start();
	ASSERT_EQ(0, mprotect(self->memory, SIZE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, touch_read(self->memory));
	EXPECT_EQ(0, peer_do(&peer, step_write_unsafe, NULL, 0));
	ASSERT_EQ(0, mprotect(self->memory, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(FILL, byte_at(self->memory));
	peer_stop(&peer);
}

TEST_HARNESS_MAIN
