// SPDX-License-Identifier: GPL-2.0-only
/*
 * No pin outlives a transfer, because revocable mappings cannot be pinned at
 * all (G4): through small and through huge page-table entries, in whatever
 * mode the region is by now, the kernel refuses to use their pages behind the
 * back of the process, with EFAULT. What copies, as every plain system call
 * does, works.
 */
#include <linux/futex.h>
#include <pthread.h>

#include "operations.h"
#include "pins.h"
#include "harness.h"

#define FILL 0x5a
#define FILE_FILL 0x33

FIXTURE(revocable)
{
	struct pin_peer pins;
	struct view mine, others;
	struct peer other;
};

FIXTURE_VARIANT(revocable)
{
	struct pin pin;
	size_t size;
};

#define VARIANT_OF(_name, _into)					\
	FIXTURE_VARIANT_ADD(revocable, _name##_small) {			\
		.pin = { _into, pin_##_name },				\
		.size = KIB(64),					\
	};								\
	FIXTURE_VARIANT_ADD(revocable, _name##_huge) {			\
		.pin = { _into, pin_##_name },				\
		.size = MIB(2),						\
	}

PINS(VARIANT_OF);

/* The creator has written all of it, the other has just mapped it. */
FIXTURE_SETUP(revocable)
{
	ASSERT_TRUE(pin_peer_make(&self->pins));
	self->mine.fd = make_region(variant->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, self->mine.fd);
	self->mine.size = variant->size;
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	memset(self->mine.memory, FILL, variant->size);
}

FIXTURE_TEARDOWN(revocable)
{
	peer_stop(&self->other);
}

/* The first page and the last one, which have page-table entries. */
static void check_refused(struct __test_metadata *_metadata,
			  FIXTURE_DATA(revocable) *self,
			  const struct pin *pin)
{
	size_t offset;

	for (offset = 0; offset < self->mine.size;
	     offset += self->mine.size - PAGE) {
		ASSERT_EQ(FILL, view_read(&self->mine, offset));
		ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
		EXPECT_EQ(-EFAULT, pin->attempt(&self->pins,
						self->mine.memory + offset));
		EXPECT_EQ(PAGE, pread(self->pins.file, self->pins.buffer, PAGE,
				      0));
		EXPECT_TRUE(all_bytes(self->pins.buffer, PAGE, FILE_FILL));
	}
	EXPECT_EQ(1, view_holds(&self->mine, FILL));
}

#define CHECK_REFUSED() check_refused(_metadata, self, &variant->pin)

/* So that a refusal means something. */
TEST_F(revocable, private_memory_is_not_refused)
{
	uint8_t *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, memory);
	memset(memory, FILL, PAGE);
	ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
	EXPECT_EQ(PAGE, variant->pin.attempt(&self->pins, memory));
	EXPECT_TRUE(all_bytes(variant->pin.into ? memory : self->pins.buffer,
			      PAGE, variant->pin.into ? FILE_FILL : FILL));
}

TEST_F(revocable, owners_mapping_is_refused)
{
	CHECK_REFUSED();
}

TEST_F(revocable, second_mapping_that_nobody_touched_is_refused)
{
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
	EXPECT_EQ(-EFAULT, variant->pin.attempt(&self->pins,
						self->mine.memory));
	CHECK_REFUSED();
}

TEST_F(revocable, read_only_mapping_of_the_owner_is_refused)
{
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ));
	CHECK_REFUSED();
}

TEST_F(revocable, writers_mapping_is_refused_in_readonly_mode)
{
	ASSERT_EQ(0, view_publish(&self->mine, 0));
	CHECK_REFUSED();
}

TEST_F(revocable, readers_old_mapping_is_refused_in_readonly_mode)
{
	ASSERT_EQ(0, view_transfer(&self->mine, self->other.pid));
	ASSERT_EQ(0, peer_do(&self->other, view_publish, &self->others, 0));
	CHECK_REFUSED();
}

TEST_F(revocable, old_mapping_is_refused_when_frozen)
{
	ASSERT_EQ(0, view_freeze(&self->mine, 0));
	CHECK_REFUSED();
}

TEST_F(revocable, old_mapping_is_refused_when_shared)
{
	ASSERT_EQ(0, view_share(&self->mine, 0));
	CHECK_REFUSED();
}

TEST_F(revocable, memory_that_was_taken_is_refused)
{
	ASSERT_EQ(0, view_transfer(&self->mine, self->other.pid));
	ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
	EXPECT_EQ(-EFAULT, variant->pin.attempt(&self->pins,
						self->mine.memory));
	EXPECT_EQ(1, peer_do(&self->other, view_holds, &self->others, FILL));
}

/* What works all the same. */
FIXTURE(plain)
{
	uint8_t *memory;
	uint32_t *word;
	pthread_t thread;
};

FIXTURE_SETUP(plain)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);

	self->memory = map_region(fd, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
	self->word = (uint32_t *)self->memory;
	close(fd);
}

FIXTURE_TEARDOWN(plain)
{
}

TEST_F(plain, files_are_read_and_written)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/buffered", scratch);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	memset(self->memory, FILL, PAGE);
	EXPECT_EQ(PAGE, write(fd, self->memory, PAGE));
	memset(self->memory, 0, PAGE);
	EXPECT_EQ(PAGE, pread(fd, self->memory, PAGE, 0));
	EXPECT_TRUE(all_bytes(self->memory, PAGE, FILL));
	close(fd);
}

TEST_F(plain, sockets_are_read_and_written)
{
	uint8_t buffer[64];
	int fds[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
	memset(self->memory, FILL, PAGE);
	EXPECT_EQ(64, send(fds[0], self->memory, 64, 0));
	EXPECT_EQ(64, recv(fds[1], buffer, 64, 0));
	EXPECT_TRUE(all_bytes(buffer, 64, FILL));
	memset(buffer, 1, 64);
	EXPECT_EQ(64, send(fds[1], buffer, 64, 0));
	EXPECT_EQ(64, recv(fds[0], self->memory, 64, 0));
	EXPECT_TRUE(all_bytes(self->memory, 64, 1));
}

static void *wait_for_word(void *data)
{
	const FIXTURE_DATA(plain) *self = data;

	return (void *)syscall(SYS_futex, self->word, FUTEX_WAIT_PRIVATE, 0,
			       NULL, NULL, 0);
}

TEST_F(plain, threads_wait_by_a_private_futex)
{
	void *result;
	long woken;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, wait_for_word, self));
	/* Until it waits. */
	do {
		woken = syscall(SYS_futex, self->word, FUTEX_WAKE_PRIVATE, 1,
				NULL, NULL, 0);
	} while (woken == 0);
	EXPECT_EQ(1, woken);
	ASSERT_EQ(0, pthread_join(self->thread, &result));
	EXPECT_EQ(NULL, result);
}

/* The price: the key of a shared futex is a page, which it would pin. */
TEST_F(plain, shared_futex_is_refused)
{
	EXPECT_EQ(EFAULT, errno_of(syscall(SYS_futex, self->word, FUTEX_WAKE,
					   1, NULL, NULL, 0)));
	EXPECT_EQ(EFAULT, errno_of(syscall(SYS_futex, self->word, FUTEX_WAIT,
					   0, NULL, NULL, 0)));
	EXPECT_TRUE(all_bytes(self->memory, PAGE, 0));
}

TEST_F(plain, msync_and_mincore_change_nothing)
{
	unsigned char resident = 0xff;

	memset(self->memory, FILL, PAGE);
	msync(self->memory, PAGE, MS_SYNC);
	msync(self->memory, PAGE, MS_ASYNC);
	msync(self->memory, PAGE, MS_INVALIDATE);
	EXPECT_EQ(0, mincore(self->memory, PAGE, &resident));
	EXPECT_TRUE(all_bytes(self->memory, PAGE, FILL));
}

TEST_HARNESS_MAIN
