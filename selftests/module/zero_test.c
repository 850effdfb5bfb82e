// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fresh memory is zero, whatever was in the pages before; and the pages of a
 * region are zeroed before anybody else gets them (G7). The second can only be
 * seen where the page allocator does not zero pages by itself, and with the
 * kernel's own eyes: in a guest that is booted with init_on_alloc=0.
 */
#include <elf.h>
#include <sys/klog.h>

#include "helpers.h"
#include "operations.h"
#include "harness.h"

#define FILL 0x5a

FIXTURE(fresh)
{
	struct view view;
};

FIXTURE_VARIANT(fresh)
{
	uint32_t mode, flags;
	size_t size;
};

#define FRESH(_name, _mode, _flags, _size)				\
	FIXTURE_VARIANT_ADD(fresh, _name) {				\
		.mode = SHMREGION_MODE_##_mode,				\
		.flags = _flags,					\
		.size = _size,						\
	}

FRESH(byte, WRITABLE, 0, 1);
FRESH(small, WRITABLE, 0, KIB(60));
FRESH(large, WRITABLE, 0, MIB(64) + 1);
FRESH(small_unsafe, UNSAFE, 0, KIB(60));
FRESH(large_unsafe, UNSAFE, 0, MIB(64) + 1);
FRESH(populated, WRITABLE, SHMREGION_CREATE_POPULATE, MIB(64) + 1);
FRESH(populated_unsafe, UNSAFE, SHMREGION_CREATE_POPULATE, MIB(64) + 1);

FIXTURE_SETUP(fresh)
{
}

FIXTURE_TEARDOWN(fresh)
{
}

/* Each round leaves its pages to the next, full of something. */
/* rows: C12 M26 M85 W28 */
TEST_F_TIMEOUT(fresh, memory_is_zero, 600)
{
	struct view *view = &self->view;
	int round;

	view->size = page_up(variant->size);
	for (round = 0; round < 4; round++) {
		view->fd = make_region(variant->size, variant->mode,
				       variant->flags);
		ASSERT_LE(0, view->fd);
		ASSERT_EQ(0, view_map(view, PROT_READ | PROT_WRITE));
		ASSERT_EQ(1, view_holds(view, 0));
		memset(view->memory, FILL, view->size);
		munmap(view->memory, view->size);
		close(view->fd);
	}
}

static bool allocator_zeroes(void)
{
	static char log[MIB(1)];
	int length = klogctl(3, log, sizeof(log) - 1);

	if (length > 0)
		log[length] = '\0';
	/* A line of the early boot: "mem auto-init: ..." */
	return !strstr(log, "heap alloc:off, heap free:off");
}

/* Any page of the machine, by the file that kernel debuggers use. */
static bool read_physical(uint64_t address, void *page)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	bool found = false;
	int i;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		goto out_close;
	for (i = 0; i < header.e_phnum && !found; i++) {
		if (pread(fd, &segment, sizeof(segment), header.e_phoff +
			  i * sizeof(segment)) != sizeof(segment))
			break;
		if (segment.p_type != PT_LOAD || segment.p_paddr > address ||
		    address - segment.p_paddr >= segment.p_filesz)
			continue;
		found = pread(fd, page, PAGE, segment.p_offset +
			      (address - segment.p_paddr)) == (ssize_t)PAGE;
	}
out_close:
	close(fd);
	return found;
}

/* Somebody may have the page by now; but not what it held. */
static bool page_has_marker(uint64_t address)
{
	uint8_t page[PAGE], marker[64];

	memset(marker, FILL, sizeof(marker));
	return read_physical(address, page) &&
	       memmem(page, sizeof(page), marker, sizeof(marker));
}

FIXTURE(old)
{
	struct view view;
};

FIXTURE_VARIANT(old)
{
	uint32_t mode;
	size_t size;
};

FIXTURE_VARIANT_ADD(old, small) { SHMREGION_MODE_UNSAFE, KIB(60) };
FIXTURE_VARIANT_ADD(old, large) { SHMREGION_MODE_UNSAFE, MIB(4) };
FIXTURE_VARIANT_ADD(old, shared) { SHMREGION_MODE_WRITABLE, MIB(4) };

FIXTURE_SETUP(old)
{
	uint8_t *first;

	self->view.size = variant->size;
	self->view.fd = make_region(variant->size, variant->mode, 0);
	ASSERT_LE(0, self->view.fd);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	memset(self->view.memory, FILL, variant->size);
	/* To be told where it is takes a mapping of the ordinary kind. */
	if (variant->mode == SHMREGION_MODE_WRITABLE) {
		ASSERT_EQ(0, view_share(&self->view, 0));
		first = self->view.memory;
		ASSERT_EQ(0, view_map(&self->view, PROT_READ));
		ASSERT_EQ(0, munmap(first, variant->size));
		ASSERT_EQ(1, view_holds(&self->view, FILL));
	}
}

FIXTURE_TEARDOWN(old)
{
}

static const char *cannot_tell(void)
{
	if (allocator_zeroes())
		return "needs a kernel booted with init_on_alloc=0";
	if (access("/proc/kcore", R_OK))
		return "needs a kernel with CONFIG_PROC_KCORE";
	return NULL;
}

/* Where all the pages are, before they are given back. */
static void find_pages(struct __test_metadata *_metadata,
		       const struct view *view, uint64_t *addresses)
{
	size_t i;

	for (i = 0; i < view->size / PAGE; i++) {
		addresses[i] = physical_address(view->memory + i * PAGE);
		ASSERT_NE(0, addresses[i]);
		ASSERT_TRUE(page_has_marker(addresses[i]));
	}
}

/* What the kernel still holds a moment longer is zeroed after that. */
static void wait_until_zeroed(const uint64_t *addresses, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		while (page_has_marker(addresses[i]))
			sched_yield();
}

/* rows: W28 */
TEST_F_TIMEOUT(old, memory_is_zeroed_before_anybody_gets_it, 600)
{
	uint64_t addresses[variant->size / PAGE];
	const char *reason = cannot_tell();

	if (reason)
		SKIP(return, "%s", reason);
	find_pages(_metadata, &self->view, addresses);

	ASSERT_EQ(0, munmap(self->view.memory, variant->size));
	ASSERT_TRUE(page_has_marker(addresses[0]));
	close(self->view.fd);
	wait_until_zeroed(addresses, ARRAY_SIZE(addresses));
}

/* A pipe pins the first pages longer than the region lives. */
TEST_F_TIMEOUT(old, memory_that_is_pinned_is_zeroed_after_the_pin, 600)
{
	uint64_t addresses[variant->size / PAGE];
	const char *reason = cannot_tell();
	const size_t nr_pins = 8;
	struct iovec iov = { self->view.memory, nr_pins * PAGE };
	uint8_t page[PAGE];
	int pipes[2];
	size_t i;

	if (reason)
		SKIP(return, "%s", reason);
	find_pages(_metadata, &self->view, addresses);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ((ssize_t)iov.iov_len, vmsplice(pipes[1], &iov, 1, 0));

	ASSERT_EQ(0, munmap(self->view.memory, variant->size));
	close(self->view.fd);
	for (i = 0; i < nr_pins; i++) {
		ASSERT_TRUE(page_has_marker(addresses[i]));
		ASSERT_EQ((ssize_t)PAGE, read(pipes[0], page, PAGE));
		EXPECT_TRUE(all_bytes(page, PAGE, FILL));
	}
	close(pipes[0]);
	close(pipes[1]);
	wait_until_zeroed(addresses, ARRAY_SIZE(addresses));
}

TEST_HARNESS_MAIN
