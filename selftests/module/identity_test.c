// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which region a handle or a mapping belongs to, and for how long: GUID, file
 * system type, the names in /proc and fdinfo; handles passed on to other
 * processes, with the same rights and not more (G3); and that a region lives
 * as long as a handle or a mapping.
 */
#include "helpers.h"
#include "harness.h"
#include <sys/statfs.h>
#include <sys/syscall.h>

#define LABEL "a label, 1/2 %s"

/* A region of one page that the test has made, with LABEL. */
static int make_labelled_with(uint32_t flags)
{
	int device = raw_open();
	int fd = raw_create(device, PAGE, SHMREGION_MODE_WRITABLE, flags, LABEL,
			    NULL);

	close(device);
	return fd;
}

static int make_labelled(void)
{
	return make_labelled_with(0);
}

static bool same_guid(int a, int b)
{
	struct shmregion_info info_a, info_b;

	return !raw_info(a, &info_a) && !raw_info(b, &info_b) &&
	       !memcmp(info_a.out_guid, info_b.out_guid, SHMREGION_GUID_SIZE);
}

TEST(fstatfs_tells_a_handle_from_any_other_file)
{
	int fd = make_region(1, SHMREGION_MODE_UNSAFE, 0);
	int device = raw_open();
	int other = memfd_create("other", MFD_CLOEXEC);
	struct statfs statfs;

	ASSERT_EQ(0, fstatfs(fd, &statfs));
	EXPECT_EQ(SHMREGION_SUPER_MAGIC, statfs.f_type);
	ASSERT_EQ(0, fstatfs(device, &statfs));
	EXPECT_NE(SHMREGION_SUPER_MAGIC, statfs.f_type);
	ASSERT_EQ(0, fstatfs(other, &statfs));
	EXPECT_NE(SHMREGION_SUPER_MAGIC, statfs.f_type);
}

/* rows: C26 */
TEST(guid_is_the_same_for_every_handle_of_a_region)
{
	int fd = make_labelled();

	EXPECT_TRUE(same_guid(fd, raw_dup(fd, RIGHTS_RO)));
	EXPECT_TRUE(same_guid(fd, dup(fd)));
}

/* rows: C27 W12 */
TEST(guid_is_another_for_every_region)
{
	static int regions[64];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		regions[i] = make_labelled();
		ASSERT_LE(0, regions[i]);
		for (j = 0; j < i; j++)
			EXPECT_FALSE(same_guid(regions[i], regions[j]));
	}
}

/* A random one, of version 4 in the variant of RFC 9562. */
TEST(guid_is_what_others_take_for_one)
{
	struct shmregion_info info;
	int i, fd;

	for (i = 0; i < 16; i++) {
		fd = make_labelled();
		ASSERT_EQ(0, raw_info(fd, &info));
		EXPECT_EQ(0x40, info.out_guid[6] & 0xf0);
		EXPECT_EQ(0x80, info.out_guid[8] & 0xc0);
		close(fd);
	}
}

/* Every mode, and what fdinfo calls it. */
FIXTURE(named)
{
	int fd;
	void *memory;
	struct shmregion_info info;
	char name[256];
	struct peer peer;
};

FIXTURE_VARIANT(named)
{
	int (*convert)(int fd);
	const char *mode;
	const char *state;
};

FIXTURE_VARIANT_ADD(named, writable) {
	.mode = "writable",
	.state = "",
};

FIXTURE_VARIANT_ADD(named, published) {
	.convert = raw_publish,
	.mode = "readonly",
	.state = "",
};

FIXTURE_VARIANT_ADD(named, frozen) {
	.convert = raw_freeze,
	.mode = "readonly",
	.state = " frozen",
};

FIXTURE_VARIANT_ADD(named, unsafe) {
	.convert = raw_share,
	.mode = "unsafe",
	.state = "",
};

static void format_guid(const __u8 *guid, char *text)
{
	int i;

	for (i = 0; i < SHMREGION_GUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", guid[i]);
	}
}

FIXTURE_SETUP(named)
{
	char guid[40];

	self->fd = make_labelled();
	ASSERT_LE(0, self->fd);
	self->memory = map_region(self->fd, PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->memory);
	if (variant->convert)
		ASSERT_EQ(0, variant->convert(self->fd));
	ASSERT_EQ(0, raw_info(self->fd, &self->info));
	format_guid(self->info.out_guid, guid);
	snprintf(self->name, sizeof(self->name), "/shmregion:%s:%s:%s", guid,
		 variant->mode, LABEL);
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(named)
{
	peer_stop(&self->peer);
	munmap(self->memory, PAGE);
	close(self->fd);
}

static bool name_in_maps_is(pid_t pid, const void *memory, const char *name)
{
	char line[512], *found;

	if (!maps_line(pid, memory, line, sizeof(line)))
		return false;
	found = strstr(line, "/shmregion");
	return found && !strcmp(found, name);
}

/* rows: C77 */
TEST_F(named, maps_tells_guid_mode_and_label)
{
	EXPECT_TRUE(name_in_maps_is(getpid(), self->memory, self->name));
}

static long step_map(void *data, long fd)
{
	(void)data;
	if (raw_attach(fd, NULL))
		return (long)MAP_FAILED;
	return (long)map_region(fd, PAGE, PROT_READ);
}

/* Also of a process without any access. */
/* rows: C77 */
TEST_F(named, maps_of_another_process_tells_the_same)
{
	long memory = peer_do(&self->peer, step_map, NULL, self->fd);

	ASSERT_NE((long)MAP_FAILED, memory);
	EXPECT_TRUE(name_in_maps_is(self->peer.pid, (void *)memory,
				    self->name));
}

TEST_F(named, the_link_in_proc_fd_tells_the_same)
{
	char path[64], name[256] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	ASSERT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ(self->name, name);
}

/* rows: C79 W11 */
TEST_F(named, fdinfo_says_what_info_says)
{
	const struct shmregion_info *info = &self->info;
	char value[128], expected[128];

	ASSERT_TRUE(fdinfo_value(self->fd, "guid", value, sizeof(value)));
	format_guid(info->out_guid, expected);
	EXPECT_STREQ(expected, value);
	ASSERT_TRUE(fdinfo_value(self->fd, "label", value, sizeof(value)));
	EXPECT_STREQ(info->out_label, value);
	ASSERT_TRUE(fdinfo_value(self->fd, "size", value, sizeof(value)));
	EXPECT_EQ(info->out_region_size, strtoull(value, NULL, 10));
	ASSERT_TRUE(fdinfo_value(self->fd, "mode", value, sizeof(value)));
	snprintf(expected, sizeof(expected), "%s%s", variant->mode,
		 variant->state);
	EXPECT_STREQ(expected, value);
	ASSERT_TRUE(fdinfo_value(self->fd, "owner", value, sizeof(value)));
	snprintf(expected, sizeof(expected), "%d", info->out_owner_pid);
	EXPECT_STREQ(expected, value);
	ASSERT_TRUE(fdinfo_value(self->fd, "generation", value, sizeof(value)));
	EXPECT_EQ(info->out_generation, strtoull(value, NULL, 10));
}

static long step_own(void *data, long fd)
{
	(void)data;
	return raw_acquire(fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL, NULL);
}

TEST(fdinfo_tells_another_owner_and_that_it_died)
{
	int fd = make_labelled();
	struct peer peer = peer_start();
	char value[64], expected[64];

	ASSERT_EQ(0, raw_release(fd));
	ASSERT_EQ(0, peer_do(&peer, step_own, NULL, fd));
	ASSERT_TRUE(fdinfo_value(fd, "owner", value, sizeof(value)));
	snprintf(expected, sizeof(expected), "%d", peer.pid);
	EXPECT_STREQ(expected, value);

	peer_kill(&peer);
	ASSERT_TRUE(fdinfo_value(fd, "owner", value, sizeof(value)));
	EXPECT_STREQ("0 died", value);
}

TEST(fdinfo_tells_that_a_region_was_destroyed)
{
	int fd = make_labelled_with(SHMREGION_CREATE_CONTROLLED);
	char value[64];

	ASSERT_EQ(0, raw_destroy(fd));
	ASSERT_TRUE(fdinfo_value(fd, "mode", value, sizeof(value)));
	EXPECT_STREQ("writable destroyed", value);
	ASSERT_TRUE(fdinfo_value(fd, "owner", value, sizeof(value)));
	EXPECT_STREQ("0", value);
	EXPECT_EQ(0, resident_of(fd));
}

/* Handles of all rights that there are, passed on in every way. */
FIXTURE(passed)
{
	int fd;
	int sockets[2];
	struct peer peer;
};

FIXTURE_VARIANT(passed)
{
	uint32_t rights;
	const char *words;
};

FIXTURE_VARIANT_ADD(passed, read) {
	.rights = SHMREGION_RIGHT_READ,
	.words = "read",
};

FIXTURE_VARIANT_ADD(passed, read_write) {
	.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE,
	.words = "read write",
};

FIXTURE_VARIANT_ADD(passed, read_control) {
	.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_CONTROL,
	.words = "read control",
};

FIXTURE_VARIANT_ADD(passed, read_write_control) {
	.rights = RIGHTS_ALL,
	.words = "read write control",
};

/* The peer starts before there is a handle to inherit. */
FIXTURE_SETUP(passed)
{
	int first;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets));
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
	first = make_labelled_with(SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, first);
	self->fd = raw_dup(first, variant->rights);
	ASSERT_LE(0, self->fd);
	close(first);
}

FIXTURE_TEARDOWN(passed)
{
	close(self->fd);
	peer_stop(&self->peer);
	close(self->sockets[0]);
	close(self->sockets[1]);
}

TEST_F(passed, fdinfo_tells_the_rights)
{
	char value[64];

	ASSERT_TRUE(fdinfo_value(self->fd, "rights", value, sizeof(value)));
	EXPECT_STREQ(variant->words, value);
}

static long step_receive(void *data, long socket)
{
	(void)data;
	return receive_fd(socket);
}

/* The rights, if the handle does no more than they allow; else -1. */
static long step_probe(void *data, long fd)
{
	struct shmregion_info info;
	bool maps, dups, write;

	(void)data;
	if (raw_info(fd, &info) || raw_attach(fd, NULL))
		return -1;
	write = info.out_rights & SHMREGION_RIGHT_WRITE;
	maps = map_region(fd, PAGE, PROT_READ | PROT_WRITE) != MAP_FAILED;
	dups = raw_dup(fd, info.out_rights) >= 0;
	if (raw_dup(fd, RIGHTS_ALL) >= 0 &&
	    info.out_rights != RIGHTS_ALL)
		return -1;
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != (write ? O_RDWR : O_RDONLY))
		return -1;
	return maps == write && dups ? (long)info.out_rights : -1;
}

/* rows: C120 */
TEST_F(passed, by_scm_rights_has_the_same_rights_and_not_more)
{
	long fd;

	ASSERT_EQ(0, send_fd(self->sockets[0], self->fd));
	fd = peer_do(&self->peer, step_receive, NULL, self->sockets[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(variant->rights, peer_do(&self->peer, step_probe, NULL, fd));
}

TEST_F(passed, by_fork_has_the_same_rights_and_not_more)
{
	struct peer child = peer_start();

	EXPECT_EQ(variant->rights,
		  peer_do(&child, step_probe, NULL, self->fd));
	peer_stop(&child);
}

TEST_F(passed, by_pidfd_getfd_has_the_same_rights_and_not_more)
{
	int pidfd = syscall(SYS_pidfd_open, self->peer.pid, 0);
	long theirs;
	int mine;

	ASSERT_LE(0, pidfd);
	ASSERT_EQ(0, send_fd(self->sockets[0], self->fd));
	theirs = peer_do(&self->peer, step_receive, NULL, self->sockets[1]);
	ASSERT_LE(0, theirs);
	mine = syscall(SYS_pidfd_getfd, pidfd, theirs, 0);
	ASSERT_LE(0, mine);
	EXPECT_EQ(variant->rights, step_probe(NULL, mine));
}

/* rows: W2 */
TEST_F(passed, access_does_not_come_with_the_handle)
{
	struct shmregion_info info;
	long fd;

	ASSERT_EQ(0, send_fd(self->sockets[0], self->fd));
	fd = peer_do(&self->peer, step_receive, NULL, self->sockets[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(variant->rights, peer_do(&self->peer, step_probe, NULL, fd));
	ASSERT_EQ(0, raw_info(self->fd, &info));
	EXPECT_EQ(getpid(), info.out_owner_pid);
	EXPECT_EQ(1, info.out_generation);
}

/* rows: C116 */
TEST(a_region_lives_on_by_a_mapping_alone)
{
	int fd = make_labelled();
	uint8_t *memory = map_region(fd, PAGE, PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, memory);
	memset(memory, 0x5a, PAGE);
	close(fd);
	EXPECT_EQ(0, touch_write(memory, 0x77));
	EXPECT_EQ(0x77, memory[0]);
	EXPECT_TRUE(all_bytes(memory + 1, PAGE - 1, 0x5a));
}

/* rows: C116 */
TEST(a_region_lives_on_by_a_handle_alone)
{
	int fd = make_labelled();
	uint8_t *memory = map_region(fd, PAGE, PROT_READ | PROT_WRITE);
	int other = raw_dup(fd, RIGHTS_RO);

	ASSERT_NE(MAP_FAILED, memory);
	memset(memory, 0x5a, PAGE);
	munmap(memory, PAGE);
	close(fd);
	memory = map_region(other, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(0, touch_read(memory));
	EXPECT_TRUE(all_bytes(memory, PAGE, 0x5a));
}

/* rows: C116 */
TEST(a_region_lives_on_by_a_handle_in_a_socket_alone)
{
	int fd = make_labelled(), sockets[2];
	struct shmregion_info before, after;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ASSERT_EQ(0, raw_info(fd, &before));
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	close(fd);
	ASSERT_EQ(0, raw_info(receive_fd(sockets[1]), &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

TEST_HARNESS_MAIN
