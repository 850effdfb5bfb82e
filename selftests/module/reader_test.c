// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the readers of READONLY regions ordinary Linux use works as on a memfd
 * that they have mapped for reading (G5), and none of it makes a mapping
 * writable: mprotect(), mremap(), inheritance, debuggers, pins.
 */
#include <linux/futex.h>

#include "debug.h"
#include "operations.h"
#include "pins.h"
#include "harness.h"

#define FILL 0x5a
#define FILE_FILL 0x33
#define SIZE MIB(2)
#define LAST (SIZE - PAGE)

static void make_filled(struct __test_metadata *_metadata, struct view *view)
{
	view->size = SIZE;
	view->fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view->fd);
	ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
	memset(view->memory, FILL, SIZE);
}

/* The readers of a READONLY region, in each way to become one. */
FIXTURE(reader)
{
	struct view mine;
	struct peer child;
	bool in_child;
};

FIXTURE_VARIANT(reader)
{
	owner_change change;
	bool in_child;
};

FIXTURE_VARIANT_ADD(reader, of_a_frozen_region) { .change = freeze };

FIXTURE_VARIANT_ADD(reader, of_a_region_without_a_writer)
{
	.change = publish_and_release,
};

/* A child of the writer is not the writer. */
FIXTURE_VARIANT_ADD(reader, child_of_the_writer)
{
	.change = publish,
	.in_child = true,
};

FIXTURE_SETUP(reader)
{
	make_filled(_metadata, &self->mine);
	ASSERT_EQ(0, variant->change(self->mine.fd, 0));
	self->in_child = variant->in_child;
	self->child = peer_start();
}

FIXTURE_TEARDOWN(reader)
{
	/* None of this was written. */
	EXPECT_EQ(1, view_holds(&self->mine, FILL));
	peer_stop(&self->child);
}

/* A step of the reader. */
static long reader_do(FIXTURE_DATA(reader) *self, peer_step step, long argument)
{
	return self->in_child ?
		       peer_do(&self->child, step, &self->mine, argument) :
		       step(&self->mine, argument);
}

TEST_F(reader, reads_by_its_mapping)
{
	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	EXPECT_EQ(1, reader_do(self, view_holds, FILL));
	EXPECT_EQ(-SIGSEGV, reader_do(self, view_write, 0));
	EXPECT_EQ(-EFAULT, reader_do(self, view_write_by_call, LAST));
}

static long step_mprotect_dance(void *data, long unused)
{
	struct view *view = data;
	long ret;

	(void)unused;
	ret = view_protect(view, PROT_NONE) ?: view_protect(view, PROT_READ);
	return ret ?: view_protect(view, PROT_READ | PROT_WRITE);
}

TEST_F(reader, mprotect_does_not_make_it_writable)
{
	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	EXPECT_EQ(-EACCES, reader_do(self, step_mprotect_dance, 0));
	EXPECT_EQ(-SIGSEGV, reader_do(self, view_write, 0));
}

/* By a debugger, which is another child of the test. */
static void check_debugger(struct __test_metadata *_metadata,
			   FIXTURE_DATA(reader) *self, peer_step read,
			   peer_step write, long denied)
{
	struct target target = { .value = VIEW_WRITES };

	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	target.pid = self->in_child ? self->child.pid : getpid();
	target.address = (uint8_t *)reader_do(self, view_address, 0) + LAST;
	EXPECT_EQ(FILL, by_child(read, &target));
	EXPECT_EQ(denied, by_child(write, &target));
	EXPECT_EQ(FILL, by_child(read, &target));
}

TEST_F(reader, proc_mem_reads_and_does_not_write)
{
	check_debugger(_metadata, self, read_by_proc, write_by_proc, -EIO);
}

TEST_F(reader, ptrace_reads_and_does_not_write)
{
	check_debugger(_metadata, self, read_by_ptrace, write_by_ptrace, -EIO);
}

TEST_F(reader, process_vm_reads_and_does_not_write)
{
	check_debugger(_metadata, self, read_by_process_vm,
		       write_by_process_vm, -EFAULT);
}

static long step_remap(void *data, long unused)
{
	struct view *view = data;
	uint8_t *second;

	(void)unused;
	/* A second mapping by mremap() is refused, as growth is. */
	if (mremap(view->memory, 0, SIZE, MREMAP_MAYMOVE) != MAP_FAILED ||
	    mremap(view->memory, SIZE, SIZE + PAGE, MREMAP_MAYMOVE) !=
		    MAP_FAILED)
		return -EEXIST;
	second = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	view->memory = mremap(view->memory, SIZE, SIZE,
			      MREMAP_MAYMOVE | MREMAP_FIXED, second);
	return view->memory == second ? view_protect(view, PROT_WRITE) : -1;
}

TEST_F(reader, mremap_does_not_make_it_writable)
{
	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	EXPECT_EQ(-EACCES, reader_do(self, step_remap, 0));
	EXPECT_EQ(-SIGSEGV, reader_do(self, view_write, 0));
	EXPECT_EQ(FILL, reader_do(self, view_read, LAST));
}

/* The mapping of a reader is inherited, as a reader's. */
static long step_grandchild(void *data, long unused)
{
	struct peer child = peer_start();
	long ret;

	(void)unused;
	ret = peer_do(&child, view_read, data, LAST) == FILL &&
	      peer_do(&child, view_write, data, LAST) == -SIGSEGV &&
	      peer_do(&child, view_protect, data, PROT_WRITE) == -EACCES;
	peer_stop(&child);
	return ret;
}

TEST_F(reader, child_inherits_it_for_reading)
{
	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	EXPECT_EQ(1, reader_do(self, step_grandchild, 0));
}

static long step_futex_wake(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return value_or_error(syscall(SYS_futex, view->memory, FUTEX_WAKE, 1,
				      NULL, NULL, 0));
}

TEST_F(reader, shared_futex_has_a_key)
{
	ASSERT_EQ(0, reader_do(self, view_map, PROT_READ));
	EXPECT_EQ(0, reader_do(self, step_futex_wake, 0));
}

/* What pins pages: exactly what works with such a mapping of a memfd. */
FIXTURE(pin)
{
	struct pin_peer pins;
	struct view mine;
	uint8_t *memfd;
};

FIXTURE_VARIANT(pin)
{
	struct pin pin;
};

#define VARIANT_OF(_name, _into)					\
	FIXTURE_VARIANT_ADD(pin, _name) {				\
		.pin = { _into, pin_##_name },				\
	}

PINS(VARIANT_OF);

FIXTURE_SETUP(pin)
{
	int fd = memfd_create("reader_test", MFD_CLOEXEC);

	ASSERT_TRUE(pin_peer_make(&self->pins));
	make_filled(_metadata, &self->mine);
	ASSERT_EQ(0, view_freeze(&self->mine, 0));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ));

	ASSERT_EQ(0, ftruncate(fd, PAGE));
	self->memfd = map_region(fd, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, self->memfd);
	close(fd);
}

FIXTURE_TEARDOWN(pin)
{
}

TEST_F(pin, works_only_for_reading)
{
	long expected, ret;
	size_t offset;

	for (offset = 0; offset < SIZE; offset += LAST) {
		ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
		expected = variant->pin.attempt(&self->pins, self->memfd);
		EXPECT_TRUE(expected == (variant->pin.into ? -EFAULT :
							     (long)PAGE) ||
			    variant->pin.attempt == pin_uring_write_fixed);

		ASSERT_TRUE(pin_peer_fill(&self->pins, FILE_FILL));
		ret = variant->pin.attempt(&self->pins,
					   self->mine.memory + offset);
		if (pin_needs_newer_kernel(ret))
			SKIP(return, "no fixed buffers of files before 6.5");
		EXPECT_EQ(expected, ret);
		EXPECT_TRUE(all_bytes(self->pins.buffer, PAGE,
				      ret == (long)PAGE ? FILL : FILE_FILL));
	}
	EXPECT_EQ(1, view_holds(&self->mine, FILL));
}

TEST_HARNESS_MAIN
