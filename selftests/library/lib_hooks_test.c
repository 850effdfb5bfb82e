// SPDX-License-Identifier: GPL-2.0-only
/*
 * The creation hook of libshmdev: it is asked by every layer, its failures pass
 * through, and what it returns is verified.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

struct counting {
	int calls;
	int error;
	/* What it makes in place of what it is asked for; 0: that. */
	uint64_t size;
	uint32_t mode;
	uint32_t rights;
	/* Of struct shmregion_create: what it adds, and what it forgets. */
	uint32_t more_flags;
	uint32_t fewer_flags;
	/* What the last call was for. */
	uint32_t wanted;
	bool release;
	bool detach;
};

static struct shmdev_region *counting_create(void *context, uint64_t size,
					     uint32_t mode, uint32_t wanted,
					     uint32_t flags, const char *label)
{
	struct counting *counting = context;
	struct shmdev_region *region, *exact;
	int device;

	counting->calls++;
	counting->wanted = wanted;
	if (counting->error) {
		errno = counting->error;
		return NULL;
	}
	device = shmdev_open();
	region = shmdev_region_create_at(device,
					 counting->size ? counting->size : size,
					 counting->mode ? counting->mode : mode,
					 (flags | counting->more_flags) &
						 ~counting->fewer_flags, label);
	close(device);
	if (region && counting->release)
		shmdev_region_release(region);
	if (region && counting->detach)
		shmdev_region_detach(region);
	if (!region || !counting->rights)
		return region;
	exact = shmdev_region_duplicate(region, counting->rights);
	shmdev_region_free(region);
	return exact;
}

FIXTURE(hooks)
{
	struct counting counting;
	int fds;
};

FIXTURE_SETUP(hooks)
{
	const struct shmdev_hooks hooks = {
		.create = counting_create,
		.context = &self->counting,
	};

	memset(&self->counting, 0, sizeof(self->counting));
	self->fds = count_fds();
	shmdev_hooks_set(&hooks);
}

FIXTURE_TEARDOWN(hooks)
{
	shmdev_hooks_set(NULL);
	EXPECT_EQ(self->fds, count_fds());
}

static struct shmdev_region *create(void)
{
	return shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, 0, "hooks");
}

/* rows: C80 */
TEST_F(hooks, every_layer_asks)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_writable_region *writable;
	struct shmdev_readonly_region *readonly;
	struct shmdev_unsafe_region *unsafe;
	struct shmdev_channel *channel;
	struct shmdev_region *region;
	struct shmdev_writer *writer;
	struct shmdev_buffer *buffer;
	struct shmdev_pool *pool;
	int sockets[2];

	/* As little as a hook has to give. */
	self->counting.rights = RIGHTS_RW;
	region = create();
	ASSERT_NE(NULL, region);
	EXPECT_STREQ("hooks", shmdev_region_label(region));
	shmdev_region_free(region);
	EXPECT_EQ(1, self->counting.calls);

	writable = shmdev_writable_region_create(1, 0, NULL);
	EXPECT_NE(NULL, writable);
	shmdev_writable_region_free(writable);
	unsafe = shmdev_unsafe_region_create(1, 0, NULL);
	EXPECT_NE(NULL, unsafe);
	shmdev_unsafe_region_free(unsafe);
	EXPECT_EQ(0, shmdev_readonly_region_create(1, 0, NULL, &readonly,
						   &mapping));
	EXPECT_EQ(0, touch_write(shmdev_writable_mapping_data(mapping), 1));
	shmdev_writable_mapping_unmap(mapping);
	shmdev_readonly_region_free(readonly);
	EXPECT_EQ(4, self->counting.calls);

	writer = shmdev_writer_create(8, 1, NULL, 0, NULL);
	EXPECT_NE(NULL, writer);
	shmdev_writer_free(writer);
	EXPECT_EQ(5, self->counting.calls);

	pool = shmdev_pool_create(SHMREGION_MODE_WRITABLE, 1, 0);
	buffer = shmdev_pool_get(pool, 1, 1);
	EXPECT_NE(NULL, buffer);
	EXPECT_EQ(0, shmdev_pool_put(pool, &buffer));
	EXPECT_EQ(1, shmdev_pool_cached(pool));
	shmdev_pool_free(pool);
	EXPECT_EQ(6, self->counting.calls);

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets));
	channel = shmdev_channel_create(sockets[0], SHMDEV_CHANNEL_FIRST, NULL);
	ASSERT_NE(NULL, channel);
	EXPECT_NE(NULL, shmdev_channel_alloc(channel, 1));
	EXPECT_NE(NULL, shmdev_channel_alloc_unsafe(channel, 1));
	shmdev_channel_close(channel);
	close(sockets[1]);
	EXPECT_EQ(8, self->counting.calls);
}

/* rows: C80 */
TEST_F(hooks, failure_passes_through)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_readonly_region *readonly;

	self->counting.error = EXDEV;
	EXPECT_EQ(NULL, create());
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(NULL, shmdev_writable_region_create(1, 0, NULL));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(NULL, shmdev_unsafe_region_create(1, 0, NULL));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(-1, shmdev_readonly_region_create(1, 0, NULL, &readonly,
						    &mapping));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(NULL, readonly);
	EXPECT_EQ(NULL, mapping);
	EXPECT_EQ(4, self->counting.calls);
}

/* rows: C80 */
TEST_F(hooks, learn_which_kind_is_wanted)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_writable_region *writable;
	struct shmdev_readonly_region *readonly;
	struct shmdev_unsafe_region *unsafe;
	struct shmdev_region *region;
	struct shmdev_writer *writer;

	region = create();
	EXPECT_EQ(SHMREGION_MODE_WRITABLE, self->counting.wanted);
	shmdev_region_free(region);
	unsafe = shmdev_unsafe_region_create(1, 0, NULL);
	EXPECT_EQ(SHMREGION_MODE_UNSAFE, self->counting.wanted);
	shmdev_unsafe_region_free(unsafe);

	ASSERT_EQ(0, shmdev_readonly_region_create(1, 0, NULL, &readonly,
						   &mapping));
	EXPECT_EQ(SHMREGION_MODE_READONLY, self->counting.wanted);
	shmdev_writable_mapping_unmap(mapping);
	shmdev_readonly_region_free(readonly);
	writable = shmdev_writable_region_create(1, 0, NULL);
	EXPECT_EQ(SHMREGION_MODE_WRITABLE, self->counting.wanted);
	shmdev_writable_region_free(writable);
	writer = shmdev_writer_create(1, 1, NULL, 0, NULL);
	EXPECT_NE(NULL, writer);
	EXPECT_EQ(SHMREGION_MODE_READONLY, self->counting.wanted);
	shmdev_writer_free(writer);
}

/* rows: C80 */
TEST_F(hooks, null_is_the_default)
{
	struct shmdev_region *region;
	struct shmdev_hooks hooks;

	EXPECT_EQ(0, shmdev_hooks_get(&hooks));
	EXPECT_TRUE(hooks.create == counting_create);
	EXPECT_EQ(&self->counting, hooks.context);
	EXPECT_EQ(EINVAL, errno_of(shmdev_hooks_get(NULL)));

	shmdev_hooks_set(NULL);
	region = create();
	EXPECT_NE(NULL, region);
	EXPECT_EQ(RIGHTS_RW, shmdev_region_rights(region));
	EXPECT_EQ(0, self->counting.calls);
	shmdev_region_free(region);

	shmdev_hooks_set(&hooks);
	hooks.create = NULL;
	region = create();
	EXPECT_NE(NULL, region);
	EXPECT_EQ(1, self->counting.calls);
	shmdev_region_free(region);
}

TEST_F(hooks, open_device_is_not_hooked)
{
	int device = shmdev_open();
	struct shmdev_region *region;

	self->counting.error = EXDEV;
	region = shmdev_region_create_at(device, 1, SHMREGION_MODE_UNSAFE, 0,
					 NULL);
	EXPECT_NE(NULL, region);
	EXPECT_EQ(0, self->counting.calls);
	shmdev_region_free(region);
	close(device);
}

#define expect_lie_found()						\
do {									\
	EXPECT_EQ(NULL, create());					\
	EXPECT_EQ(EBADE, errno);					\
	EXPECT_EQ(1, self->counting.calls);				\
} while (0)

TEST_F(hooks, smaller_region_is_refused)
{
	self->counting.size = PAGE - 1;
	expect_lie_found();
}

TEST_F(hooks, larger_region_is_refused)
{
	self->counting.size = PAGE + 1;
	expect_lie_found();
}

TEST_F(hooks, region_of_another_mode_is_refused)
{
	self->counting.mode = SHMREGION_MODE_UNSAFE;
	expect_lie_found();
}

TEST_F(hooks, region_that_is_not_ours_is_refused)
{
	self->counting.release = true;
	expect_lie_found();
}

static void expect_flags_lie(struct __test_metadata *_metadata,
			     uint32_t mode, uint32_t flags)
{
	EXPECT_EQ(NULL, shmdev_region_create(PAGE, mode, flags, "hooks"));
	EXPECT_EQ(EBADE, errno);
}

TEST_F(hooks, controller_that_was_not_asked_for_is_refused)
{
	self->counting.more_flags = SHMREGION_CREATE_CONTROLLED;
	expect_lie_found();
	self->counting.rights = RIGHTS_RW;
	expect_flags_lie(_metadata, SHMREGION_MODE_WRITABLE, 0);
	expect_flags_lie(_metadata, SHMREGION_MODE_UNSAFE, 0);
}

TEST_F(hooks, controller_that_was_asked_for_is_needed)
{
	const uint32_t flags = SHMREGION_CREATE_CONTROLLED;
	struct shmdev_region *region;

	self->counting.fewer_flags = flags;
	expect_flags_lie(_metadata, SHMREGION_MODE_WRITABLE, flags);
	/* It can be somebody else. */
	self->counting.fewer_flags = 0;
	self->counting.rights = RIGHTS_RW;
	region = shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, flags,
				      "hooks");
	EXPECT_NE(NULL, region);
	shmdev_region_free(region);
}

TEST_F(hooks, memory_that_was_asked_for_is_needed)
{
	const uint32_t flags = SHMREGION_CREATE_POPULATE;
	struct shmdev_region *region;

	self->counting.fewer_flags = flags;
	expect_flags_lie(_metadata, SHMREGION_MODE_UNSAFE, flags);
	self->counting.fewer_flags = 0;
	region = shmdev_region_create(PAGE, SHMREGION_MODE_UNSAFE, flags,
				      "hooks");
	EXPECT_NE(NULL, region);
	shmdev_region_free(region);
}

/* As the creator is, so that it can map. */
TEST_F(hooks, region_that_the_process_is_not_attached_to_is_refused)
{
	self->counting.detach = true;
	expect_flags_lie(_metadata, SHMREGION_MODE_UNSAFE, 0);
}

TEST_F(hooks, region_without_the_right_to_write_is_refused)
{
	self->counting.rights = RIGHTS_RO;
	expect_lie_found();
}

TEST_HARNESS_MAIN
