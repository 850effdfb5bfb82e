// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's own life (G11, G13): it cannot be unloaded while a handle or a
 * mapping exists, wherever it is; after the last one it can, and leaves
 * nothing; which parameters it takes, and what they do. Needs root and a
 * module that nobody else uses, and leaves it loaded with default parameters.
 */
#include "loading.h"
#include "harness.h"
#include <sys/uio.h>

#define NOBODY 65534

/* Whether a line of a file has a word in it. */
static bool file_has(const char *path, const char *word)
{
	bool found = false;
	char line[512];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	fclose(file);
	return found;
}

static int error_of_create(size_t size)
{
	int fd = make_region(size, SHMREGION_MODE_UNSAFE, 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

TEST(is_loaded_at_the_start)
{
	EXPECT_TRUE(loaded());
}

TEST(works_again_after_an_unload_and_a_load)
{
	ASSERT_EQ(0, error_of_create(1));
	ASSERT_EQ(0, unload());
	EXPECT_FALSE(loaded());
	EXPECT_EQ(ENOENT, error_of_create(1));
	ASSERT_EQ(0, load(NULL));
	EXPECT_EQ(0, error_of_create(1));
}

/* What keeps the module, and so what must have gone before it can go. */
FIXTURE(holder)
{
	int fd;
	void *memory;
	int sockets[2];
	struct peer peer;
};

FIXTURE_VARIANT(holder)
{
	bool (*hold)(FIXTURE_DATA(holder) *self);
};

static bool hold_device(FIXTURE_DATA(holder) *self)
{
	self->fd = raw_open();
	return self->fd >= 0;
}

static bool hold_handle(FIXTURE_DATA(holder) *self)
{
	self->fd = make_region(1, SHMREGION_MODE_WRITABLE, 0);
	return self->fd >= 0;
}

static bool hold_o_path(FIXTURE_DATA(holder) *self)
{
	int fd = make_region(1, SHMREGION_MODE_WRITABLE, 0);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	self->fd = open(path, O_PATH | O_CLOEXEC);
	close(fd);
	return self->fd >= 0;
}

static bool hold_mapping(FIXTURE_DATA(holder) *self, uint32_t mode)
{
	int fd = make_region(1, mode, 0);

	self->memory = map_region(fd, 1, PROT_READ | PROT_WRITE);
	close(fd);
	return self->memory != MAP_FAILED && !touch_write(self->memory, 1);
}

static bool hold_revocable_mapping(FIXTURE_DATA(holder) *self)
{
	return hold_mapping(self, SHMREGION_MODE_WRITABLE);
}

static bool hold_ordinary_mapping(FIXTURE_DATA(holder) *self)
{
	return hold_mapping(self, SHMREGION_MODE_UNSAFE);
}

static bool hold_handle_in_flight(FIXTURE_DATA(holder) *self)
{
	int fd = make_region(1, SHMREGION_MODE_WRITABLE, 0);
	bool sent = !socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets) &&
		    !send_fd(self->sockets[0], fd);

	close(fd);
	return sent;
}

static bool hold_destroyed(FIXTURE_DATA(holder) *self)
{
	self->fd = make_region(1, SHMREGION_MODE_WRITABLE,
			       SHMREGION_CREATE_CONTROLLED);
	return self->fd >= 0 && !raw_destroy(self->fd);
}

static long step_hold(void *data, long argument)
{
	(void)data;
	(void)argument;
	return make_region(1, SHMREGION_MODE_WRITABLE, 0);
}

static bool hold_owner(FIXTURE_DATA(holder) *self)
{
	self->peer = peer_start();
	return peer_do(&self->peer, step_hold, NULL, 0) >= 0;
}

static long step_hold_mapping(void *data, long argument)
{
	(void)argument;
	return hold_revocable_mapping(data) ? 0 : -1;
}

static bool hold_mapping_of_another(FIXTURE_DATA(holder) *self)
{
	self->peer = peer_start();
	return !peer_do(&self->peer, step_hold_mapping, self, 0);
}

FIXTURE_VARIANT_ADD(holder, device) { hold_device };
FIXTURE_VARIANT_ADD(holder, handle) { hold_handle };
FIXTURE_VARIANT_ADD(holder, destroyed) { hold_destroyed };
FIXTURE_VARIANT_ADD(holder, o_path) { hold_o_path };
FIXTURE_VARIANT_ADD(holder, revocable_mapping) { hold_revocable_mapping };
FIXTURE_VARIANT_ADD(holder, ordinary_mapping) { hold_ordinary_mapping };
FIXTURE_VARIANT_ADD(holder, handle_in_flight) { hold_handle_in_flight };
FIXTURE_VARIANT_ADD(holder, owner) { hold_owner };
FIXTURE_VARIANT_ADD(holder, mapping_of_another) { hold_mapping_of_another };

FIXTURE_SETUP(holder)
{
	ASSERT_TRUE(loaded());
	self->fd = -1;
	self->memory = MAP_FAILED;
	self->sockets[0] = -1;
	self->sockets[1] = -1;
	self->peer.pid = -1;
	ASSERT_TRUE(variant->hold(self));
}

static void let_go(FIXTURE_DATA(holder) *self)
{
	peer_kill(&self->peer);
	close(self->sockets[0]);
	close(self->sockets[1]);
	close(self->fd);
	if (self->memory != MAP_FAILED)
		munmap(self->memory, 1);
	self->memory = MAP_FAILED;
}

FIXTURE_TEARDOWN(holder)
{
	let_go(self);
	restore();
}

TEST_F(holder, keeps_the_module)
{
	EXPECT_EQ(-EWOULDBLOCK, unload());
	EXPECT_TRUE(loaded());
}

TEST_F(holder, a_refused_unload_breaks_nothing)
{
	ASSERT_EQ(-EWOULDBLOCK, unload());
	EXPECT_EQ(0, error_of_create(1));
	if (self->memory != MAP_FAILED)
		EXPECT_EQ(0, touch_write(self->memory, 2));
}

TEST_F(holder, lets_the_module_go_when_it_is_gone)
{
	let_go(self);
	EXPECT_EQ(0, unload());
	EXPECT_FALSE(loaded());
}

/* Where a loaded module can be seen. */
FIXTURE(trace)
{
};

FIXTURE_VARIANT(trace)
{
	const char *file;
	const char *word;
};

/* A file that exists, or one with a line that has a word in it. */
FIXTURE_VARIANT_ADD(trace, device_node) { RAW_DEVICE, NULL };
FIXTURE_VARIANT_ADD(trace, sysfs) { "/sys/module/shmregion", NULL };
FIXTURE_VARIANT_ADD(trace, tracepoints) {
	"/sys/kernel/tracing/events/shmregion", NULL,
};

FIXTURE_VARIANT_ADD(trace, modules) { "/proc/modules", "shmregion " };
FIXTURE_VARIANT_ADD(trace, misc_devices) { "/proc/misc", "shmregion" };
FIXTURE_VARIANT_ADD(trace, symbols) { "/proc/kallsyms", "[shmregion]" };
FIXTURE_VARIANT_ADD(trace, slab_caches) { "/proc/slabinfo", "shmregion" };

FIXTURE_SETUP(trace)
{
	ASSERT_TRUE(loaded());
	ASSERT_EQ(0, error_of_create(1));
}

FIXTURE_TEARDOWN(trace)
{
	restore();
}

static bool visible(const FIXTURE_VARIANT(trace) *variant)
{
	return variant->word ? file_has(variant->file, variant->word) :
			       !access(variant->file, F_OK);
}

TEST_F(trace, is_there_while_loaded_and_gone_afterwards)
{
	ASSERT_TRUE(visible(variant));
	ASSERT_EQ(0, unload());
	EXPECT_FALSE(visible(variant));
	ASSERT_EQ(0, load(NULL));
	EXPECT_TRUE(visible(variant));
}

/* What is pinned for I/O is nobody's region any more, and stays as it is. */
TEST(a_pin_does_not_keep_the_module)
{
	const size_t nr_pages = 4;
	uint8_t bytes[nr_pages * PAGE];
	struct iovec iov = { .iov_len = sizeof(bytes) };
	int fd, pipes[2];

	fd = make_region(iov.iov_len, SHMREGION_MODE_UNSAFE, 0);
	iov.iov_base = map_region(fd, iov.iov_len, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, iov.iov_base);
	memset(iov.iov_base, 0x5a, iov.iov_len);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ((ssize_t)iov.iov_len, vmsplice(pipes[1], &iov, 1, 0));
	munmap(iov.iov_base, iov.iov_len);
	close(fd);

	EXPECT_EQ(0, unload());
	ASSERT_EQ((ssize_t)sizeof(bytes), read(pipes[0], bytes, sizeof(bytes)));
	EXPECT_TRUE(all_bytes(bytes, sizeof(bytes), 0x5a));
	close(pipes[0]);
	close(pipes[1]);
	EXPECT_EQ(0, load(NULL));
}

/* A leak of a few pages is for kmemleak to find, in the debug kernel. */
TEST(memory_of_regions_comes_back)
{
	long before = memory_available_kib();
	int round, fd;

	for (round = 0; round < 5; round++) {
		fd = make_region(MIB(64), SHMREGION_MODE_WRITABLE,
				 SHMREGION_CREATE_POPULATE);
		ASSERT_LE(0, fd);
		close(fd);
		ASSERT_EQ(0, reload(NULL));
	}
	EXPECT_LT(before - (32 << 10), memory_available_kib());
}

/* Parameters that make no sense. */
FIXTURE(refused)
{
	char parameters[128], line[256];
};

/* And what the kernel log says of them, where PAGE is the size of a page. */
FIXTURE_VARIANT(refused)
{
	const char *parameters;
	const char *line;
};

#define REFUSED(_name, _parameters, _line)				\
	FIXTURE_VARIANT_ADD(refused, _name) { _parameters, _line }

#define MODE_BITS "; allowed are bits of 0666, as in mode=0660"
#define MODE_OTHER " has other bits than those that are allowed" MODE_BITS
#define MODE_OCTAL " is not an octal number with a leading 0" MODE_BITS
#define BYTES " is not a number of bytes; allowed are PAGE to " \
	"9223372036854775807, and 0 for the default"
#define HUGE " is unknown; allowed are auto, on, off and mixed"

REFUSED(mode_with_sticky, "mode=01777", "mode=01777" MODE_OTHER);
REFUSED(mode_with_execute, "mode=0711", "mode=0711" MODE_OTHER);
REFUSED(mode_no_number, "mode=rw", "mode=rw" MODE_OCTAL);
REFUSED(mode_empty, "mode=", "mode=" MODE_OCTAL);
REFUSED(mode_660_without_0, "mode=660", "mode=660" MODE_OCTAL);
REFUSED(mode_400_without_0, "mode=400", "mode=400" MODE_OCTAL);
REFUSED(mode_not_octal, "mode=0680", "mode=0680" MODE_OCTAL);
REFUSED(mode_0, "mode=0", "mode=0 has no bits" MODE_BITS);
REFUSED(mode_hexadecimal, "mode=0x1b0", "mode=0x1b0" MODE_OCTAL);

REFUSED(total_1, "max_total_bytes=1",
	"max_total_bytes=1 is too small; allowed are PAGE (a page) to "
	"9223372036854775807 (the maximum)");
REFUSED(total_too_large, "max_total_bytes=0x8000000000000000",
	"max_total_bytes=9223372036854775808 is too large; allowed are PAGE "
	"(a page) to 9223372036854775807 (the maximum)");
REFUSED(total_no_number, "max_total_bytes=1G", "max_total_bytes=1G" BYTES);
REFUSED(total_negative, "max_total_bytes=-1", "max_total_bytes=-1" BYTES);
REFUSED(user_no_number, "max_user_bytes=", "max_user_bytes=" BYTES);

REFUSED(user_more_than_total, "max_total_bytes=PAGE max_user_bytes=1048576",
	"max_user_bytes=1048576 is too large; allowed are PAGE (a page) to PAGE "
	"(max_total_bytes)");

REFUSED(huge_some, "huge=some", "huge=some" HUGE);
REFUSED(huge_mixed_up, "huge=mixedup", "huge=mixedup" HUGE);
REFUSED(huge_empty, "huge=", "huge=" HUGE);
REFUSED(region_1, "max_region_bytes=1",
	"max_region_bytes=1 is too small; allowed are PAGE (a page) to ");
REFUSED(region_4095, "max_region_bytes=4095",
	"max_region_bytes=4095 is too small; allowed are PAGE (a page) to ");
REFUSED(region_4t, "max_region_bytes=4398046511104",
	"max_region_bytes=4398046511104 is too large; allowed are PAGE ");
REFUSED(region_more_than_user, "max_user_bytes=PAGE max_region_bytes=1048576",
	"max_region_bytes=1048576 is too large; allowed are PAGE (a page) to "
	"PAGE (max_user_bytes)");
REFUSED(region_more_than_total, "max_total_bytes=PAGE max_region_bytes=1048576",
	"max_region_bytes=1048576 is too large; allowed are PAGE (a page) to "
	"PAGE (max_user_bytes)");

static void put_page_size(char *to, size_t size, const char *text)
{
	const char *word;
	size_t length = 0;

	while ((word = strstr(text, "PAGE"))) {
		length += snprintf(to + length, size - length, "%.*s%zu",
				   (int)(word - text), text, PAGE);
		text = word + strlen("PAGE");
	}
	snprintf(to + length, size - length, "%s", text);
}

FIXTURE_SETUP(refused)
{
	put_page_size(self->parameters, sizeof(self->parameters),
		      variant->parameters);
	put_page_size(self->line, sizeof(self->line), variant->line);
	ASSERT_EQ(0, unload());
}

FIXTURE_TEARDOWN(refused)
{
	restore();
}

TEST_F(refused, parameters_are_einval)
{
	EXPECT_EQ(-EINVAL, load(self->parameters));
}

/* Reads what the kernel log has had since it was opened. */
static bool log_has(int log, const char *text)
{
	char record[1024];
	bool found = false;
	ssize_t length;

	do {
		length = read(log, record, sizeof(record) - 1);
		record[length > 0 ? length : 0] = '\0';
		found = found || strstr(record, text);
	} while (length > 0 || (length < 0 && errno == EPIPE));
	return found;
}

TEST_F(refused, parameters_are_named_in_the_kernel_log)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(self->line) + 16];

	ASSERT_LE(0, log);
	ASSERT_LE(0, lseek(log, 0, SEEK_END));
	load(self->parameters);
	snprintf(text, sizeof(text), "shmregion: %s", self->line);
	EXPECT_TRUE(log_has(log, text)) TH_LOG("missing: %s", text);
	close(log);
}

TEST_F(refused, parameters_leave_nothing_behind)
{
	ASSERT_NE(0, load(self->parameters));
	EXPECT_FALSE(loaded());
	EXPECT_FALSE(file_has("/proc/misc", "shmregion"));
	EXPECT_FALSE(file_has("/proc/slabinfo", "shmregion"));
	EXPECT_NE(0, access(RAW_DEVICE, F_OK));
	EXPECT_EQ(0, load(NULL));
}

/* Parameters that do. */
FIXTURE(parameters)
{
};

FIXTURE_SETUP(parameters)
{
	ASSERT_TRUE(loaded());
}

FIXTURE_TEARDOWN(parameters)
{
	restore();
}

/* As somebody who has no capability; the process stays so. */
static long step_unprivileged(void *data, long argument)
{
	uint8_t *memory;
	int fd;

	(void)data;
	(void)argument;
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	fd = make_region(1, SHMREGION_MODE_WRITABLE, 0);
	if (fd < 0)
		return errno;
	memory = map_region(fd, 1, PROT_READ | PROT_WRITE);
	if (memory == MAP_FAILED || touch_write(memory, 1) ||
	    raw_release(fd) ||
	    raw_acquire(fd, 0, 0, NULL, NULL) || raw_publish(fd))
		return -1;
	return 0;
}

static mode_t node_mode(void)
{
	struct stat stat;

	return lstat(RAW_DEVICE, &stat) ? 0 : stat.st_mode;
}

/* rows: C14 M52 */
TEST_F(parameters, the_device_is_for_root_alone_by_default)
{
	struct peer peer = peer_start();

	EXPECT_EQ(S_IFCHR | 0600, node_mode());
	EXPECT_EQ(EACCES, peer_do(&peer, step_unprivileged, NULL, 0));
	peer_stop(&peer);
}

/* As in ls -l, and as it is given. */
TEST_F(parameters, mode_is_shown_in_octal)
{
	ASSERT_EQ(0, reload("mode=0640"));
	EXPECT_EQ(S_IFCHR | 0640, node_mode());
	EXPECT_TRUE(file_has("/sys/module/shmregion/parameters/mode", "0640"));
}

/* rows: M52 */
TEST_F(parameters, mode_0666_is_all_that_anybody_needs)
{
	struct peer peer;

	ASSERT_EQ(0, reload("mode=0666"));
	EXPECT_EQ(S_IFCHR | 0666, node_mode());
	peer = peer_start();
	EXPECT_EQ(0, peer_do(&peer, step_unprivileged, NULL, 0));
	peer_stop(&peer);
}

TEST_F(parameters, max_total_bytes_limits_all_regions)
{
	int fd;

	ASSERT_EQ(0, reload("max_total_bytes=0x100000 max_user_bytes=0x100000"));
	EXPECT_EQ(ENOSPC, error_of_create(MIB(1) + 1));
	fd = make_region(MIB(1), SHMREGION_MODE_UNSAFE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ENOSPC, error_of_create(1));
	close(fd);
	EXPECT_EQ(0, error_of_create(1));
}

/* What the others default to. */
TEST_F(parameters, one_that_is_set_bounds_those_that_are_not)
{
	const char *user = "/sys/module/shmregion/parameters/max_user_bytes";
	const char *region = "/sys/module/shmregion/parameters/max_region_bytes";
	char page[32], parameters[64];

	ASSERT_EQ(0, reload("max_total_bytes=0x100000"));
	EXPECT_TRUE(file_has(user, "262144"));
	EXPECT_TRUE(file_has(region, "262144"));
	ASSERT_EQ(0, reload("max_total_bytes=0x100000 max_region_bytes=0x80000"));
	EXPECT_TRUE(file_has(user, "524288"));
	snprintf(page, sizeof(page), "%zu", PAGE);
	snprintf(parameters, sizeof(parameters), "max_total_bytes=%s", page);
	ASSERT_EQ(0, reload(parameters));
	EXPECT_TRUE(file_has(user, page));
}

TEST_F(parameters, max_region_bytes_limits_each_region)
{
	ASSERT_EQ(0, reload("max_region_bytes=0x100000"));
	EXPECT_EQ(ENOSPC, error_of_create(MIB(1) + 1));
	EXPECT_EQ(0, error_of_create(MIB(1)));
}

static long step_create(void *data, long size)
{
	(void)data;
	if (setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	return error_of_create(size);
}

/* rows: W13 */
TEST_F(parameters, max_user_bytes_limits_the_regions_of_each_user)
{
	struct peer peer;
	int fd;

	ASSERT_EQ(0, reload("mode=0666 max_user_bytes=0x100000"));
	peer = peer_start();
	fd = make_region(MIB(1), SHMREGION_MODE_UNSAFE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EDQUOT, error_of_create(1));
	EXPECT_EQ(0, peer_do(&peer, step_create, NULL, MIB(1)));
	close(fd);
	EXPECT_EQ(0, error_of_create(MIB(1)));
	peer_stop(&peer);
}

#define ANOTHER_USER 1000

/* All that it can get, as a user; the process stays so. How much that is. */
static long step_take_all(void *data, long user)
{
	long size = 0;

	(void)data;
	if (setresuid(user, user, user))
		return -errno;
	while (make_region(MIB(16), SHMREGION_MODE_UNSAFE, 0) >= 0)
		size += MIB(16);
	return errno == EDQUOT ? size : -errno;
}

/* Takes no memory: regions count with their size. */
static long step_create_as(void *data, long user)
{
	(void)data;
	if (setresuid(user, user, user))
		return -errno;
	return error_of_create(MIB(64));
}

/* rows: W13 */
TEST_F(parameters, one_user_leaves_room_for_others_by_default)
{
	struct peer hog, other;

	ASSERT_EQ(0, reload("mode=0666"));
	hog = peer_start();
	other = peer_start();
	EXPECT_LT(0, peer_do(&hog, step_take_all, NULL, NOBODY));
	EXPECT_EQ(0, peer_do(&other, step_create_as, NULL, ANOTHER_USER));
	EXPECT_EQ(0, error_of_create(MIB(64)));
	peer_kill(&other);
	peer_kill(&hog);
}

/* Which mappings have huge entries shows in the page tables they need. */
#define NR_HUGE 16
/* Tables above those, at most. */
#define NR_ABOVE 3

FIXTURE(huge)
{
};

FIXTURE_VARIANT(huge)
{
	const char *parameters;
	const char *shown;
	unsigned int nr_tables;
};

FIXTURE_VARIANT_ADD(huge, default) { NULL, "on", 0 };
FIXTURE_VARIANT_ADD(huge, no_value) { "huge", "on", 0 };
FIXTURE_VARIANT_ADD(huge, y) { "huge=Y", "on", 0 };
FIXTURE_VARIANT_ADD(huge, on) { "huge=on", "on", 0 };
FIXTURE_VARIANT_ADD(huge, 0) { "huge=0", "off", NR_HUGE };
FIXTURE_VARIANT_ADD(huge, n) { "huge=N", "off", NR_HUGE };
FIXTURE_VARIANT_ADD(huge, off) { "huge=off", "off", NR_HUGE };
FIXTURE_VARIANT_ADD(huge, mixed) { "huge=mixed", "mixed", NR_HUGE / 2 };

FIXTURE_SETUP(huge)
{
	ASSERT_EQ(0, reload(variant->parameters));
}

FIXTURE_TEARDOWN(huge)
{
	restore();
}

TEST_F(huge, can_be_read)
{
	EXPECT_TRUE(file_has("/sys/module/shmregion/parameters/huge",
			     variant->shown));
}

static long page_tables_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *file;

	file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPTE: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

TEST_F(huge, decides_which_entries_are_huge)
{
	const size_t size = NR_HUGE * MIB(2);
	int fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	uint8_t *memory = map_region(fd, size, PROT_READ | PROT_WRITE);
	long before, tables;

	if (!kernel_has_huge_pages())
		SKIP(goto out, "this kernel has no huge pages");
	ASSERT_NE(MAP_FAILED, memory);
	before = page_tables_kib();
	memset(memory, 1, size);
	tables = (page_tables_kib() - before) * 1024 / PAGE;
	EXPECT_LE(variant->nr_tables, tables);
	EXPECT_GE(variant->nr_tables + NR_ABOVE, tables);
out:
	munmap(memory, size);
	close(fd);
}

TEST_HARNESS_MAIN
