// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failing allocations and copies (failnth.h) in mappings: making, touching and
 * changing them. A touch that finds no memory is tried again by the kernel, so
 * it works; a system call that touches may say EFAULT. None is SIGBUS.
 */
#include "failnth.h"

#define FILL 0x5a
#define SAMPLE KIB(60)

static bool reads(size_t offset, uint8_t value)
{
	return !touch_read(scene->view.memory + offset) &&
	       scene->view.memory[offset] == value;
}

static bool writes(size_t offset)
{
	return !touch_write(scene->view.memory + offset, FILL) &&
	       reads(offset, FILL);
}

static size_t last(void)
{
	return scene->view.size - 1;
}

/* From an offset to the end, in some of the pages: each may be a fault. */
static bool has(size_t offset, uint8_t value)
{
	for (; offset < scene->view.size; offset += SAMPLE)
		if (!reads(offset, value))
			return false;
	return reads(last(), value);
}

/* How many mappings of regions there are. */
static int count_mappings(void)
{
	const char *found = scene->text;
	int count = 0;

	if (read_whole("/proc/self/maps", scene->text, sizeof(scene->text)))
		return -1;
	while ((found = strstr(found + 1, "/shmregion:")))
		count++;
	return count;
}

/*
 * Making mappings.
 */

static long call_map(void)
{
	return view_map_unattached(&scene->view, PROT_READ | PROT_WRITE);
}

static long call_map_for_reading(void)
{
	return view_map_unattached(&scene->view, PROT_READ);
}

static long call_map_and_populate(void)
{
	void *memory = mmap(NULL, scene->view.size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, scene->view.fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	scene->view.memory = memory;
	return 0;
}

static bool mapped(void)
{
	return same() && writes(0) && writes(last()) && count_mappings() == 1;
}

static bool mapped_for_reading(void)
{
	return same() && reads(0, 0) && reads(last(), 0) &&
	       touch_write(scene->view.memory, 1) == SIGSEGV;
}

static bool not_mapped(void)
{
	return same_memory() && count_mappings() == 0;
}

static bool attach(void)
{
	return !view_attach(&scene->view, 0);
}

static bool prepare_released(void)
{
	return view_release(&scene->view, 0) == 0;
}

static bool prepare_frozen(void)
{
	return view_freeze(&scene->view, 0) == 0;
}

/* In the process that owns the region, so that it may touch it afterwards. */
static bool mapped_unowned(void)
{
	return same() && count_mappings() == 1 &&
	       view_try_acquire(&scene->view, 0) == 0 && writes(0);
}

#define MAPS(_name, _mode, _flags, _prepare, _call, _worked, ...)	\
	FIXTURE_VARIANT_ADD(failure, mmap_##_name)			\
	{								\
		.size = HUGE_AND_SMALL,					\
		.mode = _mode,						\
		.flags = _flags,					\
		.prepare = _prepare,					\
		.call = _call,						\
		.errors = { ENOMEM },					\
		.worked = _worked,					\
		.unchanged = not_mapped,				\
		__VA_ARGS__						\
	}

#define ALLOCATED SHMREGION_CREATE_POPULATE

MAPS(revocable, WRITABLE, 0, prepare_released, call_map, mapped_unowned);
MAPS(revocable_in_new_process, WRITABLE, 0, prepare_released, call_map,
	mapped_unowned, .is_fresh = true, .join = attach);
MAPS(ordinary, UNSAFE, 0, NULL, call_map, mapped);
MAPS(ordinary_populated, UNSAFE, 0, NULL, call_map_and_populate, mapped);
/* These without consent. */
MAPS(readonly, WRITABLE, ALLOCATED, prepare_frozen, call_map_for_reading,
	mapped_for_reading, .is_fresh = true);
MAPS(unsafe_of_another, UNSAFE, ALLOCATED, NULL, call_map, mapped,
	.is_fresh = true);

/*
 * Touching mappings.
 */

/* Not by touch_*(), which makes system calls. A signal ends the test. */

static long call_read(void)
{
	(void)byte_at(scene->view.memory);
	return 0;
}

static long call_write(void)
{
	*(volatile uint8_t *)scene->view.memory = FILL;
	return 0;
}

static bool is_zero(void)
{
	return same() && has(0, 0);
}

static bool is_written(void)
{
	return same() && reads(0, FILL) && has(1, 0);
}

#define TOUCHES(_name, _size, _mode, _prepare, _call, _worked)		\
	FIXTURE_VARIANT_ADD(failure, touch_##_name)			\
	{								\
		.size = _size,						\
		.mode = _mode,						\
		.prepare = _prepare,					\
		.call = _call,						\
		.worked = _worked,					\
	}

#define ALL_TOUCHES(_name, _size, _mode)				\
	TOUCHES(_name##_read, _size, _mode, map_apart, call_read,	\
		is_zero);						\
	TOUCHES(_name##_write, _size, _mode, map_apart,		\
		call_write, is_written)

ALL_TOUCHES(revocable_small, SMALL, WRITABLE);
ALL_TOUCHES(revocable_huge, HUGE_AND_SMALL, WRITABLE);
ALL_TOUCHES(ordinary_small, SMALL, UNSAFE);
ALL_TOUCHES(ordinary_huge, HUGE_AND_SMALL, UNSAFE);

/*
 * System calls that touch. They read from one pipe and write to another.
 */

static int pipe_with_byte[2], empty_pipe[2];

static bool prepare_pipes(void)
{
	const uint8_t byte = FILL;

	return map_apart() && !pipe2(pipe_with_byte, O_CLOEXEC) &&
	       !pipe2(empty_pipe, O_CLOEXEC) &&
	       write(pipe_with_byte[1], &byte, 1) == 1;
}

static void close_pipes(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		close(pipe_with_byte[i]);
		close(empty_pipe[i]);
	}
}

static long call_write_from_memory(void)
{
	return write(empty_pipe[1], scene->view.memory, 1) == 1 ? 0 : -errno;
}

static long call_read_to_memory(void)
{
	return read(pipe_with_byte[0], scene->view.memory, 1) == 1 ? 0 : -errno;
}

static bool was_zero(void)
{
	uint8_t byte = FILL;
	const bool worked = same() && is_zero() &&
			    read(empty_pipe[0], &byte, 1) == 1 && !byte;

	close_pipes();
	return worked;
}

static bool was_written(void)
{
	const bool worked = is_written();

	close_pipes();
	return worked;
}

static bool prepare_mem(void)
{
	scene->fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	return map_apart() && scene->fd >= 0;
}

static long call_pread_mem(void)
{
	uint8_t byte = FILL;

	if (pread(scene->fd, &byte, 1, (off_t)scene->view.memory) != 1)
		return -errno;
	return byte ? -EBADE : 0;
}

static long call_pwrite_mem(void)
{
	const uint8_t byte = FILL;

	return pwrite(scene->fd, &byte, 1, (off_t)scene->view.memory) == 1 ?
		       0 : -errno;
}

static long call_populate(void)
{
	return -errno_of(madvise(scene->view.memory, scene->view.size,
				 MADV_POPULATE_WRITE));
}

static long call_mlock(void)
{
	return -errno_of(mlock(scene->view.memory, scene->view.size));
}

#define CALLS(_name, _size, _mode, _prepare, _call, _worked, ...)	\
	FIXTURE_VARIANT_ADD(failure, _name)				\
	{								\
		.size = _size,						\
		.mode = _mode,						\
		.prepare = _prepare,					\
		.call = _call,						\
		.errors = { __VA_ARGS__ },				\
		.worked = _worked,					\
		.unchanged = same,					\
	}

CALLS(write_from_revocable, SMALL, WRITABLE, prepare_pipes,
	call_write_from_memory, was_zero, ENOMEM, EFAULT);
CALLS(write_from_ordinary, SMALL, UNSAFE, prepare_pipes,
	call_write_from_memory, was_zero, ENOMEM, EFAULT);
CALLS(read_to_revocable, SMALL, WRITABLE, prepare_pipes, call_read_to_memory,
	was_written, ENOMEM, EFAULT);
CALLS(read_to_ordinary, SMALL, UNSAFE, prepare_pipes, call_read_to_memory,
	was_written, ENOMEM, EFAULT);
CALLS(pread_mem, SMALL, WRITABLE, prepare_mem, call_pread_mem, is_zero, ENOMEM,
	EIO, EFAULT);
CALLS(pwrite_mem, SMALL, WRITABLE, prepare_mem, call_pwrite_mem, is_written,
	ENOMEM, EIO, EFAULT);
CALLS(populate_ordinary, HUGE_AND_SMALL, UNSAFE, map_apart, call_populate,
	is_zero, ENOMEM, EFAULT);
CALLS(mlock_ordinary, HUGE_AND_SMALL, UNSAFE, map_apart, call_mlock,
	is_zero, ENOMEM, EAGAIN);

/*
 * Changing mappings, all of which were touched.
 */

static bool prepare_filled(void)
{
	if (!map_apart())
		return false;
	memset(scene->view.memory, FILL, scene->view.size);
	return true;
}

static bool is_filled(void)
{
	return same_memory() && writes(0) && writes(last()) && has(0, FILL);
}

static long call_protect_part(void)
{
	return -errno_of(mprotect(scene->view.memory + PAGE, PAGE, PROT_READ));
}

static bool protected_part(void)
{
	return is_filled() && writes(2 * PAGE) &&
	       touch_write(scene->view.memory + PAGE, 1) == SIGSEGV;
}

static long call_unmap_part(void)
{
	return -errno_of(munmap(scene->view.memory + PAGE, PAGE));
}

static bool unmapped_part(void)
{
	return same() && writes(0) && writes(2 * PAGE) && writes(last()) &&
	       touch_read(scene->view.memory + PAGE) == SIGSEGV;
}

/* To a place that fits no huge page. */
static uint8_t *place;

static bool prepare_move(void)
{
	place = mmap(NULL, scene->view.size + PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return place != MAP_FAILED && prepare_filled();
}

static long call_move(void)
{
	void *memory = mremap(scene->view.memory, scene->view.size,
			      scene->view.size, MREMAP_MAYMOVE | MREMAP_FIXED,
			      place + PAGE);

	if (memory == MAP_FAILED)
		return -errno;
	scene->view.memory = memory;
	return 0;
}

static bool moved(void)
{
	return is_filled() && scene->view.memory == place + PAGE &&
	       !munmap(place, PAGE);
}

static long call_maps(void)
{
	return read_whole("/proc/self/maps", scene->text, sizeof(scene->text));
}

static bool maps_has_name(void)
{
	return is_filled() && strstr(scene->text, ":failnth");
}

#define CHANGES(_name, _prepare, _call, _worked, ...)			\
	CHANGES_KIND(revocable_##_name, WRITABLE, _prepare, _call,	\
		     _worked, ##__VA_ARGS__);				\
	CHANGES_KIND(ordinary_##_name, UNSAFE, _prepare, _call,		\
		     _worked, ##__VA_ARGS__)

#define CHANGES_KIND(_name, _mode, _prepare, _call, _worked, ...)	\
	FIXTURE_VARIANT_ADD(failure, _name)				\
	{								\
		.size = HUGE_AND_SMALL,					\
		.mode = _mode,						\
		.prepare = _prepare,					\
		.call = _call,						\
		.errors = { ENOMEM, ##__VA_ARGS__ },			\
		.worked = _worked,					\
		.unchanged = is_filled,					\
	}

CHANGES(mprotect, prepare_filled, call_protect_part, protected_part);
CHANGES(munmap, prepare_filled, call_unmap_part, unmapped_part);
CHANGES(mremap, prepare_move, call_move, moved);
CHANGES(maps, prepare_filled, call_maps, maps_has_name, EFAULT);

/*
 * A fork, with both kinds of mapping.
 */

static uint8_t *revocable;
static pid_t child;

static bool prepare_both_kinds(void)
{
	if (call_map() || view_share(&scene->view, 0))
		return false;
	revocable = scene->view.memory;
	return prepare_filled();
}

static bool child_inherits_ordinary_alone(void)
{
	return has(0, FILL) && touch_read(revocable) == SIGSEGV;
}

static long call_fork(void)
{
	child = fork();
	if (child == 0)
		_exit(!child_inherits_ordinary_alone());
	return child < 0 ? -errno : 0;
}

static bool not_forked(void)
{
	return is_filled() && !touch_read(revocable) && *revocable == FILL;
}

static bool forked(void)
{
	int status;

	return waitpid(child, &status, 0) == child && status == 0 &&
	       not_forked() && !munmap(revocable, scene->view.size);
}

FIXTURE_VARIANT_ADD(failure, fork)
{
	.size = SMALL,
	.mode = WRITABLE,
	.prepare = prepare_both_kinds,
	.call = call_fork,
	.errors = { ENOMEM },
	.worked = forked,
	.unchanged = not_forked,
};

/*
 * The last user of the region, and of the module, goes.
 */

static bool prepare_mapping_alone(void)
{
	if (!prepare_filled())
		return false;
	drop(&scene->view.fd);
	drop(&scene->device);
	return true;
}

static long call_unmap(void)
{
	return -errno_of(munmap(scene->view.memory, scene->view.size));
}

static bool unmapped(void)
{
	scene->view.memory = NULL;
	return module_is_unused() && charged_is(0);
}

static bool not_unmapped(void)
{
	return has(0, FILL) && charged_is(scene->view.size);
}

#define LAST_UNMAP(_name, _mode)					\
	FIXTURE_VARIANT_ADD(failure, _name##_last_munmap)		\
	{								\
		.size = HUGE_AND_SMALL,					\
		.mode = _mode,						\
		.prepare = prepare_mapping_alone,			\
		.call = call_unmap,					\
		.errors = { ENOMEM },					\
		.worked = unmapped,					\
		.unchanged = not_unmapped,				\
	}

LAST_UNMAP(revocable, WRITABLE);
LAST_UNMAP(ordinary, UNSAFE);

TEST_FAILURES_MAIN
