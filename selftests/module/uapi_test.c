// SPDX-License-Identifier: GPL-2.0-only
/*
 * The general ioctl format (G7, G9): what the head of <linux/shmregion.h>
 * promises for every call about sizes, flags and bad addresses; that nothing
 * but the out members is written, and that a call that fails has changed
 * nothing. errno_test.c has the numbers and the order of the other errors,
 * create_test.c the values of CREATE and DUP.
 */
#include "helpers.h"
#include "layout.h"
#include "harness.h"

/* No byte of a good argument or of an answer. */
#define CANARY 0xa5

union argument {
	struct {
		__u32 size;
		__u32 flags;
	} head;
	struct shmregion_version version;
	struct shmregion_create create;
	struct shmregion_info info;
	struct shmregion_dup dup;
	struct shmregion_attach attach;
	struct shmregion_transfer transfer;
	struct shmregion_acquire acquire;
	struct shmregion_limit limit;
	struct shmregion_limit_others limit_others;
};

/* Everything that a call could have changed. */
struct state {
	struct shmregion_info info;
	bool attached;
	int nr_fds;
};

/*
 * The caller, member 1, made the region with control, and owns it unless
 * @unowned. The structure is put so that the page behind its end cannot be
 * accessed. What the kernel writes is one piece of it, @out_size bytes at @out.
 */
FIXTURE(call)
{
	int device;
	int region;
	int fd;
	uint8_t *guard;
	struct peer other;
	struct state before;
};

FIXTURE_VARIANT(call)
{
	unsigned int command;
	size_t size;
	__u32 known_flags;
	size_t out;
	size_t out_size;
	bool on_device;
	bool unowned;
	bool detached;
	/* Nothing of what it does shows in struct state. */
	bool hidden;
	union argument good;
};

FIXTURE_VARIANT_ADD(call, version_of_device) {
	.command = SHMREGION_IOC_VERSION,
	.size = sizeof(struct shmregion_version),
	.out = offsetof(struct shmregion_version, out_abi),
	.out_size = sizeof(__u32),
	.on_device = true,
};

FIXTURE_VARIANT_ADD(call, version_of_handle) {
	.command = SHMREGION_IOC_VERSION,
	.size = sizeof(struct shmregion_version),
	.out = offsetof(struct shmregion_version, out_abi),
	.out_size = sizeof(__u32),
};

FIXTURE_VARIANT_ADD(call, create) {
	.command = SHMREGION_IOC_CREATE,
	.size = sizeof(struct shmregion_create),
	.known_flags = SHMREGION_CREATE_POPULATE |
		       SHMREGION_CREATE_CONTROLLED |
		       SHMREGION_CREATE_HUGE,
	.out = offsetof(struct shmregion_create, out_fd),
	.out_size = sizeof(__u32) + sizeof(__u64),
	.on_device = true,
	.good.create.region_size = 1,
	.good.create.mode = SHMREGION_MODE_WRITABLE,
};

FIXTURE_VARIANT_ADD(call, info) {
	.command = SHMREGION_IOC_INFO,
	.size = sizeof(struct shmregion_info),
	.out = offsetof(struct shmregion_info, out_region_size),
	.out_size = sizeof(struct shmregion_info) -
		    offsetof(struct shmregion_info, out_region_size),
};

FIXTURE_VARIANT_ADD(call, dup) {
	.command = SHMREGION_IOC_DUP,
	.size = sizeof(struct shmregion_dup),
	.out = offsetof(struct shmregion_dup, out_fd),
	.out_size = sizeof(__u32),
	.good.dup.rights = RIGHTS_RW,
};

FIXTURE_VARIANT_ADD(call, attach) {
	.command = SHMREGION_IOC_ATTACH,
	.size = sizeof(struct shmregion_attach),
	.out = offsetof(struct shmregion_attach, out_member),
	.out_size = sizeof(__u64),
	.unowned = true,
	.detached = true,
};

FIXTURE_VARIANT_ADD(call, detach) {
	.command = SHMREGION_IOC_DETACH,
	.size = sizeof(struct shmregion_detach),
	.unowned = true,
};

FIXTURE_VARIANT_ADD(call, transfer) {
	.command = SHMREGION_IOC_TRANSFER,
	.size = sizeof(struct shmregion_transfer),
	.known_flags = SHMREGION_TRANSFER_WAIT,
	.good.transfer.by = SHMREGION_BY_MEMBER,
	.good.transfer.id = 2,
};

/* To the caller itself, which ends the wait at once. */
FIXTURE_VARIANT_ADD(call, transfer_and_wait) {
	.command = SHMREGION_IOC_TRANSFER,
	.size = sizeof(struct shmregion_transfer),
	.known_flags = SHMREGION_TRANSFER_WAIT,
	.out = offsetof(struct shmregion_transfer, out_flags),
	.out_size = sizeof(__u32),
	.good.transfer.flags = SHMREGION_TRANSFER_WAIT,
	.good.transfer.by = SHMREGION_BY_MEMBER,
	.good.transfer.id = 1,
};

FIXTURE_VARIANT_ADD(call, release) {
	.command = SHMREGION_IOC_RELEASE,
	.size = sizeof(struct shmregion_release),
};

FIXTURE_VARIANT_ADD(call, acquire) {
	.command = SHMREGION_IOC_ACQUIRE,
	.size = sizeof(struct shmregion_acquire),
	.known_flags = SHMREGION_ACQUIRE_NOWAIT,
	.out = offsetof(struct shmregion_acquire, out_member),
	.out_size = sizeof(__u64) + sizeof(__u32),
	.unowned = true,
	.detached = true,
};

FIXTURE_VARIANT_ADD(call, publish) {
	.command = SHMREGION_IOC_PUBLISH,
	.size = sizeof(struct shmregion_convert),
};

FIXTURE_VARIANT_ADD(call, freeze) {
	.command = SHMREGION_IOC_FREEZE,
	.size = sizeof(struct shmregion_convert),
};

FIXTURE_VARIANT_ADD(call, share) {
	.command = SHMREGION_IOC_SHARE,
	.size = sizeof(struct shmregion_convert),
};

FIXTURE_VARIANT_ADD(call, limit) {
	.command = SHMREGION_IOC_LIMIT,
	.size = sizeof(struct shmregion_limit),
	.good.limit.by = SHMREGION_BY_MEMBER,
	.good.limit.id = 1,
	.good.limit.limit = RIGHTS_RO,
};

FIXTURE_VARIANT_ADD(call, limit_others) {
	.command = SHMREGION_IOC_LIMIT_OTHERS,
	.size = sizeof(struct shmregion_limit_others),
	.good.limit_others.limit = RIGHTS_RO,
	.hidden = true,
};

FIXTURE_VARIANT_ADD(call, reclaim) {
	.command = SHMREGION_IOC_RECLAIM,
	.size = sizeof(struct shmregion_reclaim),
	.unowned = true,
};

FIXTURE_VARIANT_ADD(call, destroy) {
	.command = SHMREGION_IOC_DESTROY,
	.size = sizeof(struct shmregion_destroy),
};

static struct state look(int region)
{
	struct state state;

	memset(&state, 0, sizeof(state));
	raw_info(region, &state.info);
	state.nr_fds = count_fds();
	/* Asked by a call that fails, or else is undone. */
	if (!raw_detach(region))
		state.attached = !raw_attach(region, NULL);
	else
		state.attached = errno == EBUSY;
	return state;
}

static bool unchanged(const FIXTURE_DATA(call) *self)
{
	struct state now = look(self->region);

	return !memcmp(&now, &self->before, sizeof(now));
}

static long step_attach(void *data, long fd)
{
	(void)data;
	return raw_attach(fd, NULL);
}

/* Another process is member 2. */
FIXTURE_SETUP(call)
{
	size_t room = 2 * PAGE;

	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->region = make_region(1, SHMREGION_MODE_WRITABLE,
				   SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->region);
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, step_attach, NULL, self->region));
	if (variant->unowned)
		ASSERT_EQ(0, raw_release(self->region));
	if (variant->detached)
		ASSERT_EQ(0, raw_detach(self->region));
	self->fd = variant->on_device ? self->device : self->region;

	self->guard = mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->guard);
	self->guard += room;
	ASSERT_EQ(0, munmap(self->guard, PAGE));
	self->before = look(self->region);
}

FIXTURE_TEARDOWN(call)
{
	peer_kill(&self->other);
	munmap(self->guard - 2 * PAGE, 2 * PAGE);
	close(self->region);
	close(self->device);
}

/*
 * Put the good argument into the last @room bytes before the guard page, with
 * zeros behind it, or less than all of it when there is less room.
 */
static union argument *put(const FIXTURE_DATA(call) *self,
			   const FIXTURE_VARIANT(call) *variant, size_t room)
{
	uint8_t *place = self->guard - room;
	union argument good = variant->good;

	good.head.size = variant->size;
	memset(place, 0, room);
	memcpy(place, &good, room < variant->size ? room : variant->size);
	return (union argument *)place;
}

static int error_of_call(const FIXTURE_DATA(call) *self,
			 const FIXTURE_VARIANT(call) *variant,
			 const void *argument)
{
	return errno_of(ioctl(self->fd, variant->command, argument));
}

TEST_F(call, exact_size_succeeds)
{
	EXPECT_EQ(0, error_of_call(self, variant,
				   put(self, variant, variant->size)));
}

/* rows: C110 */
TEST_F(call, every_smaller_size_is_einval)
{
	union argument *argument = put(self, variant, variant->size);
	size_t size;

	for (size = 0; size < variant->size; size++) {
		argument->head.size = size;
		EXPECT_EQ(EINVAL, error_of_call(self, variant, argument));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, larger_with_a_zero_tail_succeeds)
{
	union argument *argument = put(self, variant, variant->size + 8);

	argument->head.size = variant->size + 8;
	EXPECT_EQ(0, error_of_call(self, variant, argument));
	EXPECT_TRUE(all_bytes(self->guard - 8, 8, 0));
}

/* So the kernel does not write what it does not know. */
TEST_F(call, larger_with_a_zero_tail_in_read_only_memory_succeeds)
{
	union argument *argument = put(self, variant, variant->size + PAGE);

	argument->head.size = variant->size + 8;
	ASSERT_EQ(0, mprotect(self->guard - PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0, error_of_call(self, variant, argument));
}

TEST_F(call, a_page_with_a_zero_tail_succeeds)
{
	union argument *argument = put(self, variant, PAGE);

	argument->head.size = PAGE;
	EXPECT_EQ(0, error_of_call(self, variant, argument));
	EXPECT_TRUE(all_bytes(self->guard - PAGE + variant->size,
			      PAGE - variant->size, 0));
}

TEST_F(call, more_than_a_page_is_e2big)
{
	union argument *argument = put(self, variant, PAGE + 1);

	argument->head.size = PAGE + 1;
	EXPECT_EQ(E2BIG, error_of_call(self, variant, argument));
	argument->head.size = UINT32_MAX;
	EXPECT_EQ(E2BIG, error_of_call(self, variant, argument));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, any_byte_set_in_the_tail_is_e2big)
{
	const size_t tail = 9;
	union argument *argument;
	size_t i;

	for (i = 1; i <= tail; i++) {
		argument = put(self, variant, variant->size + tail);
		argument->head.size = variant->size + tail;
		self->guard[-i] = 1;
		EXPECT_EQ(E2BIG, error_of_call(self, variant, argument));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, no_structure_at_the_address_is_efault)
{
	EXPECT_EQ(EFAULT, error_of_call(self, variant, NULL));
	EXPECT_EQ(EFAULT, error_of_call(self, variant, self->guard));
	/* The other half of the address space. */
	EXPECT_EQ(EFAULT, error_of_call(self, variant,
					(void *)~(uintptr_t)4095));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, structure_cut_off_by_an_unmapped_page_is_efault)
{
	size_t room;

	for (room = 1; room < variant->size; room++)
		EXPECT_EQ(EFAULT, error_of_call(self, variant,
						put(self, variant, room)));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, tail_cut_off_by_an_unmapped_page_is_efault)
{
	union argument *argument = put(self, variant, variant->size + 8);

	argument->head.size = variant->size + 9;
	EXPECT_EQ(EFAULT, error_of_call(self, variant, argument));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, read_only_memory_is_efault_where_there_is_an_answer)
{
	union argument *argument = put(self, variant, variant->size);

	ASSERT_EQ(0, mprotect(self->guard - PAGE, PAGE, PROT_READ));
	EXPECT_EQ(variant->out_size ? EFAULT : 0,
		  error_of_call(self, variant, argument));
	EXPECT_EQ(variant->out_size || variant->hidden, unchanged(self));
}

/* rows: C110 */
TEST_F(call, each_unknown_flag_is_eopnotsupp)
{
	union argument *argument = put(self, variant, variant->size);
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (variant->known_flags & (1U << bit))
			continue;
		argument->head.flags = variant->good.head.flags | (1U << bit);
		EXPECT_EQ(EOPNOTSUPP, error_of_call(self, variant, argument));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, only_out_members_are_written)
{
	uint8_t *bytes = self->guard - PAGE, expected[sizeof(union argument)];
	union argument *argument = (union argument *)bytes;

	put(self, variant, PAGE);
	memcpy(expected, bytes, variant->size);
	memset(bytes + variant->size, CANARY, PAGE - variant->size);
	ASSERT_EQ(0, error_of_call(self, variant, argument));

	EXPECT_TRUE(all_bytes(bytes + variant->size, PAGE - variant->size,
			      CANARY));
	memcpy(expected + variant->out, bytes + variant->out,
	       variant->out_size);
	EXPECT_EQ(0, memcmp(expected, bytes, variant->size));
}

TEST_F(call, out_members_are_ignored_on_entry)
{
	union argument *argument = put(self, variant, variant->size);
	uint8_t *bytes = (uint8_t *)argument;

	memset(bytes + variant->out, CANARY, variant->out_size);
	EXPECT_EQ(0, error_of_call(self, variant, argument));
}

TEST_F(call, a_failed_call_writes_nothing)
{
	union argument *argument = put(self, variant, variant->size);
	uint8_t expected[sizeof(union argument)];

	argument->head.flags = ~variant->known_flags;
	memset((uint8_t *)argument + variant->out, CANARY, variant->out_size);
	memcpy(expected, argument, variant->size);
	ASSERT_EQ(EOPNOTSUPP, error_of_call(self, variant, argument));
	EXPECT_EQ(0, memcmp(expected, argument, variant->size));
}

/* What comes after flags is of the single calls: errno_test.c. */
TEST_F(call, size_and_tail_are_checked_before_flags_and_those_before_values)
{
	union argument *argument = put(self, variant, variant->size + 1);

	memset(&argument->head.flags, 0xff, variant->size + 1 -
	       sizeof(argument->head.size));
	argument->head.size = variant->size - 1;
	EXPECT_EQ(EINVAL, error_of_call(self, variant, argument));
	argument->head.size = variant->size + 1;
	EXPECT_EQ(E2BIG, error_of_call(self, variant, argument));
	argument->head.size = variant->size;
	EXPECT_EQ(EOPNOTSUPP, error_of_call(self, variant, argument));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, size_is_checked_before_the_rest_is_read)
{
	__u32 *size = (__u32 *)(self->guard - sizeof(*size));

	*size = sizeof(*size);
	EXPECT_EQ(EINVAL, error_of_call(self, variant, size));
	*size = PAGE + 1;
	EXPECT_EQ(E2BIG, error_of_call(self, variant, size));
	*size = variant->size;
	EXPECT_EQ(EFAULT, error_of_call(self, variant, size));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(call, flags_are_checked_before_an_answer_is_written)
{
	union argument *argument = put(self, variant, variant->size);

	argument->head.flags = ~variant->known_flags;
	ASSERT_EQ(0, mprotect(self->guard - PAGE, PAGE, PROT_READ));
	EXPECT_EQ(EOPNOTSUPP, error_of_call(self, variant, argument));
	EXPECT_TRUE(unchanged(self));
}

TEST_HARNESS_MAIN
