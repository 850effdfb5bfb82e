// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a handle can be used for, and what not (G3, G6): a handle without WRITE
 * never leads to a writable mapping, no handle can be opened again with more,
 * and no system call on it reads, writes, resizes or otherwise changes the
 * region. A mapping is never executable, never private, never beyond the end.
 */
#include "helpers.h"
#include "harness.h"
#include <linux/fs.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define FILL 0x5a

/* Every mode; the test is the owner as far as the mode has one. */
FIXTURE(handle)
{
	size_t size;
	size_t nr_pages;
	int fd;
	int read_only;
	uint8_t *memory;
};

FIXTURE_VARIANT(handle)
{
	int (*convert)(int fd);
};

FIXTURE_VARIANT_ADD(handle, mode_writable) { .convert = NULL };
FIXTURE_VARIANT_ADD(handle, mode_readonly) { .convert = raw_publish };
FIXTURE_VARIANT_ADD(handle, mode_unsafe) { .convert = raw_share };

FIXTURE_SETUP(handle)
{
	self->nr_pages = 3;
	self->size = self->nr_pages * PAGE - 100;
	self->fd = make_region(self->size, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->fd);
	self->memory = map_region(self->fd, self->size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
	memset(self->memory, FILL, self->size);
	if (variant->convert)
		ASSERT_EQ(0, variant->convert(self->fd));
	self->read_only = raw_dup(self->fd, RIGHTS_RO);
	ASSERT_LE(0, self->read_only);
}

FIXTURE_TEARDOWN(handle)
{
	munmap(self->memory, self->size);
	close(self->read_only);
	close(self->fd);
}

static int error_of_map(int fd, size_t length, int prot, int flags,
			uint64_t offset)
{
	return errno_of((long)mmap(NULL, length, prot, flags, fd, offset));
}

TEST_F(handle, with_write_maps_for_writing)
{
	uint8_t *memory = map_region(self->fd, self->size,
				     PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(0, touch_write(memory, 1));
	EXPECT_EQ(1, self->memory[0]);
}

TEST_F(handle, without_write_maps_for_reading)
{
	uint8_t *memory = map_region(self->read_only, self->size, PROT_READ);

	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(0, touch_read(memory));
	EXPECT_TRUE(all_bytes(memory, self->size, FILL));
}

/* rows: C44 */
TEST_F(handle, without_write_a_writable_mapping_is_eacces)
{
	EXPECT_EQ(EACCES, error_of_map(self->read_only, self->size, PROT_WRITE,
				       MAP_SHARED, 0));
	EXPECT_EQ(EACCES, error_of_map(self->read_only, self->size,
				       PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	EXPECT_EQ(EACCES, error_of_map(self->read_only, self->size,
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED_VALIDATE, 0));
}

/* rows: C45 M67 */
TEST_F(handle, without_write_a_mapping_never_becomes_writable)
{
	uint8_t *memory = map_region(self->read_only, self->size, PROT_READ);

	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(EACCES, errno_of(mprotect(memory, self->size,
					    PROT_READ | PROT_WRITE)));
	EXPECT_EQ(EACCES, errno_of(mprotect(memory, PAGE, PROT_WRITE)));
	EXPECT_EQ(SIGSEGV, touch_write(memory, 1));
	EXPECT_TRUE(all_bytes(memory, self->size, FILL));
}

TEST_F(handle, control_does_not_let_one_write)
{
	int fd = raw_dup(self->fd,
			 SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL);
	uint8_t *memory;

	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, error_of_map(fd, self->size, PROT_READ | PROT_WRITE,
				       MAP_SHARED, 0));
	memory = map_region(fd, self->size, PROT_READ);
	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(EACCES, errno_of(mprotect(memory, self->size, PROT_WRITE)));
}

/* rows: C30 */
TEST_F(handle, mapping_for_execution_is_eperm)
{
	EXPECT_EQ(EPERM, error_of_map(self->fd, self->size,
				      PROT_READ | PROT_EXEC, MAP_SHARED, 0));
	EXPECT_EQ(EPERM, error_of_map(self->read_only, self->size, PROT_EXEC,
				      MAP_SHARED, 0));
}

/* rows: C30 */
TEST_F(handle, no_mapping_becomes_executable)
{
	uint8_t *memory = map_region(self->read_only, self->size, PROT_READ);

	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(EACCES, errno_of(mprotect(memory, self->size,
					    PROT_READ | PROT_EXEC)));
	EXPECT_EQ(EACCES, errno_of(mprotect(self->memory, self->size,
					    PROT_READ | PROT_EXEC)));
	EXPECT_EQ(0, touch_read(memory));
	EXPECT_EQ(0, touch_write(self->memory, FILL));
}

/* Old programs have a personality in which what is readable is executable. */
TEST_F(handle, read_implies_exec_does_not_make_a_mapping_executable)
{
	char line[256];
	uint8_t *memory;

	ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	memory = map_region(self->read_only, self->size, PROT_READ);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_TRUE(maps_line(getpid(), memory, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, " r--s "));
}

TEST_F(handle, private_mapping_is_einval)
{
	EXPECT_EQ(EINVAL, error_of_map(self->fd, self->size, PROT_READ,
				       MAP_PRIVATE, 0));
	EXPECT_EQ(EINVAL, error_of_map(self->fd, self->size,
				       PROT_READ | PROT_WRITE, MAP_PRIVATE, 0));
	EXPECT_EQ(EINVAL, error_of_map(self->read_only, self->size, PROT_READ,
				       MAP_PRIVATE, 0));
	/* Private, so the handle needs no right to write. */
	EXPECT_EQ(EINVAL, error_of_map(self->read_only, self->size,
				       PROT_READ | PROT_WRITE, MAP_PRIVATE, 0));
}

TEST_F(handle, flags_of_other_files_are_eopnotsupp)
{
	ASSERT_EQ(0, error_of_map(self->fd, self->size, PROT_READ,
				  MAP_SHARED_VALIDATE, 0));
	EXPECT_EQ(EOPNOTSUPP, error_of_map(self->fd, self->size, PROT_READ,
					   MAP_SHARED_VALIDATE | MAP_SYNC, 0));
}

TEST_F(handle, each_part_inside_the_region_can_be_mapped)
{
	size_t first, pages, page;
	uint8_t *memory;

	for (first = 0; first < self->nr_pages; first++)
		for (pages = 1; pages <= self->nr_pages - first; pages++) {
			memory = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED,
				      self->fd, first * PAGE);
			ASSERT_NE(MAP_FAILED, memory);
			for (page = 0; page < pages; page++)
				EXPECT_EQ(0, touch_read(memory + page * PAGE));
		}
}

TEST_F(handle, no_part_beyond_the_end_can_be_mapped)
{
	const struct {
		uint64_t offset;
		size_t pages;
	} parts[] = {
		{ 0, self->nr_pages + 1 },
		{ PAGE, self->nr_pages },
		{ self->nr_pages * PAGE, 1 },
		{ (self->nr_pages - 1) * PAGE, 2 },
		/* Where the module may have its own use for offsets. */
		{ MIB(2), 1 },
		{ MIB(4), 1 },
		{ 1ULL << 32, 1 },
		{ 1ULL << 44, 1 },
		{ (1ULL << 63) - PAGE, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		EXPECT_EQ(EINVAL, error_of_map(self->fd, parts[i].pages * PAGE,
					       PROT_READ, MAP_SHARED,
					       parts[i].offset));
}

TEST_F(handle, offsets_that_wrap_cannot_be_mapped)
{
	EXPECT_NE(0, error_of_map(self->fd, PAGE, PROT_READ, MAP_SHARED,
				  -PAGE));
	EXPECT_EQ(EOVERFLOW, error_of_map(self->fd, 2 * PAGE, PROT_READ,
					  MAP_SHARED, -PAGE));
	EXPECT_NE(0, error_of_map(self->fd, PAGE, PROT_READ, MAP_SHARED, 1));
	EXPECT_NE(0, error_of_map(self->fd, 0, PROT_READ, MAP_SHARED, 0));
	EXPECT_NE(0, error_of_map(self->fd, SIZE_MAX, PROT_READ, MAP_SHARED,
				  PAGE));
}

TEST_F(handle, no_byte_of_a_mapping_raises_a_signal)
{
	size_t page;

	for (page = 0; page < self->nr_pages; page++) {
		uint8_t *first = self->memory + page * PAGE;

		EXPECT_EQ(0, touch_read(first));
		EXPECT_EQ(0, touch_write(first, FILL));
		EXPECT_EQ(0, touch_read(first + PAGE - 1));
		EXPECT_EQ(0, touch_write(first + PAGE - 1, FILL));
	}
}

/* What O_PATH opens is the name, not the region. */
TEST_F(handle, a_descriptor_opened_with_o_path_can_do_nothing)
{
	struct shmregion_info info;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	fd = open(path, O_PATH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EBADF, errno_of(raw_info(fd, &info)));
	EXPECT_EQ(EBADF, error_of_map(fd, self->size, PROT_READ, MAP_SHARED,
				      0));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(-1, open(path, O_RDWR));
}

/* rows: C13 */
TEST_F(handle, there_is_no_file_handle_to_open_it_by)
{
	struct {
		struct file_handle header;
		uint32_t inode[2];
	} file_handle = {
		.header.handle_bytes = sizeof(file_handle.inode),
		.header.handle_type = 1,
	};
	struct stat stat;
	int mount;

	EXPECT_EQ(-1, name_to_handle_at(self->fd, "", &file_handle.header,
					&mount, AT_EMPTY_PATH));
	ASSERT_EQ(0, fstat(self->fd, &stat));
	file_handle.inode[0] = stat.st_ino;
	EXPECT_EQ(-1, open_by_handle_at(self->fd, &file_handle.header,
					O_RDWR));
}

/*
 * Attempts by the owner, with all rights, each of which must fail and change
 * nothing: whatever mode fd has, there is no file behind it to work on.
 */
struct target {
	int fd;
	int file;
	int pipe[2];
	char path[32];
	char map_file[64];
	uint8_t *buffer;
};

FIXTURE(refused)
{
	size_t size;
	uint8_t *memory;
	uint8_t *page;
	struct target target;
};

FIXTURE_VARIANT(refused)
{
	long (*attempt)(const struct target *target);
};

static bool maps_path(const void *address, char *path, size_t size)
{
	char line[256];

	if (!maps_line(getpid(), address, line, sizeof(line)))
		return false;
	snprintf(path, size, "/proc/self/map_files/%.*s",
		 (int)strcspn(line, " "), line);
	return true;
}

FIXTURE_SETUP(refused)
{
	struct target *target = &self->target;

	self->size = 2 * PAGE;
	target->fd = make_region(self->size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, target->fd);
	self->memory = map_region(target->fd, self->size,
				  PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
	memset(self->memory, FILL, self->size);

	target->file = memfd_create("file", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(target->file, self->size));
	ASSERT_EQ(0, pipe(target->pipe));
	ASSERT_EQ(8, write(target->pipe[1], "contents", 8));
	snprintf(target->path, sizeof(target->path), "/proc/self/fd/%d",
		 target->fd);
	ASSERT_TRUE(maps_path(self->memory, target->map_file,
			      sizeof(target->map_file)));
	self->page = calloc(1, PAGE);
	target->buffer = self->page;
}

FIXTURE_TEARDOWN(refused)
{
	free(self->page);
	close(self->target.pipe[0]);
	close(self->target.pipe[1]);
	close(self->target.file);
	munmap(self->memory, self->size);
	close(self->target.fd);
}

/* The call, which may use all of struct target *t. */
#define REFUSED(name, call)						\
	static long try_##name(const struct target *t)			\
	{								\
		return call;						\
	}								\
	FIXTURE_VARIANT_ADD(refused, name) { .attempt = try_##name }

REFUSED(open_read, open(t->path, O_RDONLY));
REFUSED(open_write, open(t->path, O_WRONLY));
REFUSED(open_read_write, open(t->path, O_RDWR));
REFUSED(open_truncate, open(t->path, O_RDWR | O_TRUNC));
REFUSED(open_direct, open(t->path, O_RDWR | O_DIRECT));
REFUSED(open_map_file_read, open(t->map_file, O_RDONLY));
REFUSED(open_map_file_write, open(t->map_file, O_RDWR));
REFUSED(link_by_fd, linkat(t->fd, "", AT_FDCWD, "/tmp/l", AT_EMPTY_PATH));
REFUSED(link_by_path, linkat(AT_FDCWD, t->path, AT_FDCWD, "/tmp/l",
			     AT_SYMLINK_FOLLOW));
REFUSED(bind_mount, mount(t->path, "/tmp", NULL, MS_BIND, NULL));
REFUSED(open_tree, syscall(SYS_open_tree, t->fd, "", AT_EMPTY_PATH | 1));
REFUSED(fspick, syscall(SYS_fspick, t->fd, "", 8));
REFUSED(swapon, swapon(t->path, 0));
REFUSED(execute, syscall(SYS_execveat, t->fd, "", NULL, NULL,
			 AT_EMPTY_PATH));
REFUSED(chdir, fchdir(t->fd));
REFUSED(truncate_to_0, ftruncate(t->fd, 0));
REFUSED(truncate_to_more, ftruncate(t->fd, MIB(1)));
REFUSED(truncate_by_path, truncate(t->path, 0));
REFUSED(fallocate, fallocate(t->fd, 0, 0, MIB(1)));
REFUSED(keep_size, fallocate(t->fd, FALLOC_FL_KEEP_SIZE, 0, 1));
REFUSED(punch_hole, fallocate(t->fd, FALLOC_FL_PUNCH_HOLE |
			      FALLOC_FL_KEEP_SIZE, 0, 4096));
REFUSED(collapse_range, fallocate(t->fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
REFUSED(zero_range, fallocate(t->fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
REFUSED(insert_range, fallocate(t->fd, FALLOC_FL_INSERT_RANGE, 0, 4096));
REFUSED(unshare_range, fallocate(t->fd, FALLOC_FL_UNSHARE_RANGE, 0, 4096));
REFUSED(read, read(t->fd, t->buffer, 8));
REFUSED(write, write(t->fd, t->buffer, 8));
REFUSED(pread, pread(t->fd, t->buffer, 8, 0));
REFUSED(pwrite, pwrite(t->fd, t->buffer, 8, 0));
REFUSED(splice_from, splice(t->fd, NULL, t->pipe[1], NULL, 8, 0));
REFUSED(splice_to, splice(t->pipe[0], NULL, t->fd, NULL, 8, 0));
REFUSED(sendfile_from, sendfile(t->pipe[1], t->fd, NULL, 8));
REFUSED(sendfile_to, sendfile(t->fd, t->file, NULL, 8));
REFUSED(copy_from, copy_file_range(t->fd, NULL, t->file, NULL, 8, 0));
REFUSED(copy_to, copy_file_range(t->file, NULL, t->fd, NULL, 8, 0));
REFUSED(clone_from, ioctl(t->file, FICLONE, t->fd));
REFUSED(clone_to, ioctl(t->fd, FICLONE, t->file));
REFUSED(lseek, lseek(t->fd, 0, SEEK_END));
REFUSED(lseek_data, lseek(t->fd, 0, SEEK_DATA));
REFUSED(readahead, readahead(t->fd, 0, 4096));
REFUSED(sync_file_range, sync_file_range(t->fd, 0, 4096,
					 SYNC_FILE_RANGE_WRITE));
REFUSED(fchmod, fchmod(t->fd, 0777));
REFUSED(chmod_by_path, chmod(t->path, 0777));
REFUSED(fchown, fchown(t->fd, 1, 1));
REFUSED(futimens, futimens(t->fd, NULL));
REFUSED(set_user_xattr, fsetxattr(t->fd, "user.x", "x", 1, 0));
REFUSED(set_trusted_xattr, fsetxattr(t->fd, "trusted.x", "x", 1, 0));
REFUSED(remove_xattr, fremovexattr(t->fd, "trusted.x"));
REFUSED(set_inode_flags, ioctl(t->fd, FS_IOC_SETFLAGS, t->buffer));
REFUSED(freeze_file_system, ioctl(t->fd, FIFREEZE, 0));
REFUSED(add_seals, fcntl(t->fd, F_ADD_SEALS, F_SEAL_WRITE));
REFUSED(set_o_direct, fcntl(t->fd, F_SETFL, O_DIRECT));
REFUSED(set_lease, fcntl(t->fd, F_SETLEASE, F_WRLCK));
REFUSED(set_pipe_size, fcntl(t->fd, F_SETPIPE_SZ, 4096));

/*
 * Watches hold the inode. If there is one after all it ends here: with a watch
 * left the last close of a handle might never return.
 */
static long try_inotify(const struct target *target)
{
	int inotify = inotify_init1(IN_CLOEXEC);
	int watch = inotify_add_watch(inotify, target->path, IN_ALL_EVENTS);

	close(inotify);
	return watch;
}

static long try_fanotify(const struct target *target)
{
	int group = fanotify_init(FAN_CLOEXEC, O_RDWR);
	int mark = fanotify_mark(group, FAN_MARK_ADD, FAN_ACCESS | FAN_MODIFY,
				 target->fd, NULL);

	close(group);
	return mark;
}

FIXTURE_VARIANT_ADD(refused, inotify) { .attempt = try_inotify };
FIXTURE_VARIANT_ADD(refused, fanotify) { .attempt = try_fanotify };

/* rows: M66 M70 W3 W4 */
TEST_F(refused, fails_and_changes_nothing)
{
	const struct target *target = &self->target;
	struct shmregion_info info, info_after;
	struct stat stat = {}, stat_after = {};
	int flags;

	ASSERT_EQ(0, raw_info(target->fd, &info));
	ASSERT_EQ(0, fstat(target->fd, &stat));
	flags = fcntl(target->fd, F_GETFL);

	EXPECT_EQ(-1, variant->attempt(target));

	ASSERT_EQ(0, fstat(target->fd, &stat_after));
	EXPECT_EQ(0, memcmp(&stat, &stat_after, sizeof(stat)));
	ASSERT_EQ(0, raw_info(target->fd, &info_after));
	EXPECT_EQ(0, memcmp(&info, &info_after, sizeof(info)));
	EXPECT_EQ(flags, fcntl(target->fd, F_GETFL));
	EXPECT_TRUE(all_bytes(self->memory, self->size, FILL));
}

TEST_HARNESS_MAIN
