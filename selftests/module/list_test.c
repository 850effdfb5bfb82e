// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel shows of all regions: the list in debugfs, totals and limits
 * in sysfs, and fdinfo. Nothing is missing from the list, a handle that is on its
 * way through a socket least of all; it does not hold what it shows; and how many
 * regions and members there are does not matter. Needs root.
 */
#include "helpers.h"
#include "harness.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#define REGIONS "/sys/kernel/debug/shmregion/regions"
#define USERS "/sys/kernel/debug/shmregion/users"
#define DEVICE "/sys/class/misc/shmregion"

#define GUID_TEXT 37

static void guid_of(int fd, char *text)
{
	struct shmregion_info info = { 0 };
	int i;

	raw_info(fd, &info);
	for (i = 0; i < SHMREGION_GUID_SIZE; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 ||
				i == 10 ? "-" : "", info.out_guid[i]);
}

/* All of a file, by reads of at most so much, to be freed; or NULL. */
static char *read_by(int fd, size_t step)
{
	size_t length = 0, size = 1 << 16;
	char *text = malloc(size);
	ssize_t got;

	while (text) {
		if (size - length <= step)
			text = realloc(text, size *= 2);
		got = read(fd, text + length, step);
		if (got <= 0)
			break;
		length += got;
	}
	if (text)
		text[length] = '\0';
	return text;
}

static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = read_by(fd, 4096);
	close(fd);
	return text;
}

/* The line of the list that has a word in it, to be freed; or NULL. */
static char *line_with(const char *path, const char *word)
{
	char *text = read_file(path), *found, *line = NULL;

	found = text ? strstr(text, word) : NULL;
	if (found) {
		while (found > text && found[-1] != '\n')
			found--;
		line = strndup(found, strcspn(found, "\n"));
	}
	free(text);
	return line;
}

static bool is_listed(const char *guid)
{
	char *line = line_with(REGIONS, guid);

	free(line);
	return line;
}

static bool has(const char *line, const char *word)
{
	if (line && strstr(line, word))
		return true;
	printf("# no \"%s\" in: %s\n", word, line ? line : "nothing");
	return false;
}

/* The line of a member: one of those that follow the region's own. */
static char *member_line(const char *guid, const char *member)
{
	char *text = read_file(REGIONS), *at, *end, *line = NULL;

	at = text ? strstr(text, guid) : NULL;
	at = at ? strchr(at, '\n') : NULL;
	while (!line && at && at[1] == '\t') {
		end = strchr(at + 1, '\n');
		if (!end)
			break;
		*end = '\0';
		if (strstr(at + 1, member))
			line = strdup(at + 1);
		*end = '\n';
		at = end;
	}
	free(text);
	return line;
}

static unsigned long long attribute(const char *name)
{
	char path[128];
	unsigned long long value = -1ULL;
	char *text;

	snprintf(path, sizeof(path), DEVICE "/%s", name);
	text = read_file(path);
	if (text)
		value = strtoull(text, NULL, 10);
	free(text);
	return value;
}

TEST(a_region_is_shown_with_all_that_matters)
{
	char guid[GUID_TEXT], word[64];
	struct view view = { .size = 3 * PAGE - 5 };
	char *line;

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE,
			      SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	guid_of(view.fd, guid);
	line = line_with(REGIONS, guid);
	EXPECT_TRUE(has(line, " mode=writable state=owned controlled=yes limit=rw "));
	snprintf(word, sizeof(word), " size=%zu capacity=%zu allocated=0 ",
		 view.size, 3 * PAGE);
	EXPECT_TRUE(has(line, word));
	snprintf(word, sizeof(word), " uid=0 owner=1 owner-pid=%d ", getpid());
	EXPECT_TRUE(has(line, word));
	EXPECT_TRUE(has(line, " waited-for=no label=selftest"));
	free(line);

	line = member_line(guid, "member id=1 ");
	snprintf(word, sizeof(word), " pid=%d state=attached rights=rwc access=rw ",
		 getpid());
	EXPECT_TRUE(has(line, word));
	snprintf(word, sizeof(word), " limit=rw mapped=%zu", 3 * PAGE);
	EXPECT_TRUE(has(line, word));
	free(line);

	ASSERT_EQ(0, view_write(&view, 0));
	ASSERT_EQ(0, raw_freeze(view.fd));
	line = line_with(REGIONS, guid);
	EXPECT_TRUE(has(line, " mode=readonly state=frozen"));
	EXPECT_FALSE(strstr(line, " allocated=0 "));
	free(line);
	ASSERT_EQ(0, raw_destroy(view.fd));
	line = line_with(REGIONS, guid);
	EXPECT_TRUE(has(line, ",destroyed "));
	EXPECT_TRUE(has(line, " allocated=0 "));
	free(line);

	munmap(view.memory, view.size);
	close(view.fd);
	EXPECT_FALSE(is_listed(guid));
}

static long attach_step(void *data, long fd)
{
	(void)data;
	return raw_attach(fd, NULL) ? -errno : 0;
}

TEST(members_are_shown_with_what_they_may_do)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_CONTROLLED);
	struct peer peer = peer_start();
	char guid[GUID_TEXT], word[64];
	char *line;

	ASSERT_LE(0, fd);
	guid_of(fd, guid);
	ASSERT_EQ(0, peer_do(&peer, attach_step, NULL, fd));
	ASSERT_EQ(0, raw_limit(fd, SHMREGION_BY_MEMBER, 2, RIGHTS_RO));
	ASSERT_EQ(0, raw_publish(fd));
	line = member_line(guid, "member id=2 ");
	snprintf(word, sizeof(word), " pid=%d ", peer.pid);
	EXPECT_TRUE(has(line, word));
	EXPECT_TRUE(has(line, " access=r limit=r mapped=0"));
	free(line);

	peer_kill(&peer);
	EXPECT_EQ(NULL, member_line(guid, "member id=2 "));
	close(fd);
}

TEST(a_region_whose_handle_is_on_its_way_is_listed)
{
	char guid[GUID_TEXT];
	int sockets[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	fd = make_region(MIB(2), SHMREGION_MODE_WRITABLE,
			 SHMREGION_CREATE_POPULATE);
	ASSERT_LE(0, fd);
	guid_of(fd, guid);
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	close(fd);
	EXPECT_TRUE(is_listed(guid));

	close(receive_fd(sockets[1]));
	EXPECT_FALSE(is_listed(guid));
	close(sockets[0]);
	close(sockets[1]);
}

TEST(a_mapping_alone_is_listed)
{
	struct view view = { .size = PAGE };
	char guid[GUID_TEXT];

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_READ));
	guid_of(view.fd, guid);
	close(view.fd);
	EXPECT_TRUE(is_listed(guid));
	munmap(view.memory, view.size);
	EXPECT_FALSE(is_listed(guid));
}

/* A reader who has begun and does not go on. */
TEST(a_reader_holds_nothing)
{
	unsigned long long before = attribute("allocated_bytes");
	int fd = make_region(MIB(2), SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_POPULATE);
	char guid[GUID_TEXT], bytes[8];
	int list = open(REGIONS, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, list);
	guid_of(fd, guid);
	EXPECT_EQ(before + MIB(2), attribute("allocated_bytes"));
	ASSERT_EQ(sizeof(bytes), read(list, bytes, sizeof(bytes)));
	close(fd);
	EXPECT_FALSE(is_listed(guid));
	EXPECT_EQ(before, attribute("allocated_bytes"));
	close(list);
}

static long open_as_nobody(void *data, long unused)
{
	(void)unused;
	if (setgid(65534) || setuid(65534))
		return -ENOTRECOVERABLE;
	return open(data, O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

TEST(only_root_sees_the_lists)
{
	struct peer peer = peer_start();

	EXPECT_EQ(-EACCES, peer_do(&peer, open_as_nobody, REGIONS, 0));
	peer_stop(&peer);
	peer = peer_start();
	EXPECT_EQ(-EACCES, peer_do(&peer, open_as_nobody, USERS, 0));
	peer_stop(&peer);
	/* But anybody the totals. */
	peer = peer_start();
	EXPECT_EQ(0, peer_do(&peer, open_as_nobody, DEVICE "/regions", 0));
	peer_stop(&peer);
}

/*
 * Many
 */

#define MANY 1000

FIXTURE(many)
{
	int fds[MANY];
};

FIXTURE_SETUP(many)
{
	struct rlimit limit = { MANY + 100, MANY + 100 };
	int device = raw_open(), i;

	ASSERT_LE(0, device);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 0; i < MANY; i++) {
		self->fds[i] = raw_create(device, PAGE, SHMREGION_MODE_WRITABLE,
					  0, "many", NULL);
		ASSERT_LE(0, self->fds[i]);
	}
	close(device);
}

FIXTURE_TEARDOWN(many)
{
	int i;

	for (i = 0; i < MANY; i++)
		close(self->fds[i]);
}

/* How often a word is in a text. */
static int count(const char *text, const char *word)
{
	int found = 0;

	for (; text && (text = strstr(text, word)); text += strlen(word))
		found++;
	return found;
}

TEST_F(many, are_each_listed_once_however_one_reads)
{
	static const size_t steps[] = { 1 << 20, 4096, 333 };
	char guid[GUID_TEXT];
	char *text, *first = NULL;
	unsigned int i;
	int list;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		list = open(REGIONS, O_RDONLY | O_CLOEXEC);
		text = read_by(list, steps[i]);
		ASSERT_NE(NULL, text);
		EXPECT_EQ(MANY, count(text, "region id="));
		EXPECT_EQ(MANY, count(text, "\tmember id=1 "));
		if (!first)
			first = strdup(text);
		EXPECT_STREQ(first, text);
		free(text);

		/* And once more from the beginning. */
		ASSERT_EQ(0, lseek(list, 0, SEEK_SET));
		text = read_by(list, steps[i]);
		EXPECT_STREQ(first, text);
		free(text);
		close(list);
	}
	for (i = 0; i < MANY; i += 100) {
		guid_of(self->fds[i], guid);
		EXPECT_EQ(1, count(first, guid));
	}
	free(first);
}

static atomic_bool churn_ends;

static void *churn(void *unused)
{
	(void)unused;
	while (!churn_ends)
		close(make_region(PAGE, SHMREGION_MODE_WRITABLE, 0));
	return NULL;
}

TEST_F(many, are_each_listed_once_while_others_come_and_go)
{
	char guid[GUID_TEXT];
	pthread_t thread;
	char *text;
	int round, i;

	churn_ends = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, churn, NULL));
	for (round = 0; round < 5; round++) {
		text = read_file(REGIONS);
		for (i = round; i < MANY; i += 100) {
			guid_of(self->fds[i], guid);
			EXPECT_EQ(1, count(text, guid));
		}
		free(text);
	}
	churn_ends = true;
	pthread_join(thread, NULL);
}

#define PEERS 100

TEST(a_region_of_many_members_is_listed_with_all)
{
	int fd = make_region(PAGE, SHMREGION_MODE_WRITABLE, 0);
	struct peer peers[PEERS];
	char guid[GUID_TEXT];
	char value[32];
	char *text, *at;
	int i;

	guid_of(fd, guid);
	for (i = 0; i < PEERS; i++) {
		peers[i] = peer_start();
		ASSERT_EQ(0, peer_do(&peers[i], attach_step, NULL, fd));
	}
	text = read_file(REGIONS);
	at = text ? strstr(text, guid) : NULL;
	EXPECT_NE(NULL, at);
	EXPECT_EQ(PEERS + 1, count(at, "\tmember id="));
	free(text);

	/* fdinfo has the first ones, and says that there are more. */
	EXPECT_TRUE(fdinfo_value(fd, "members", value, sizeof(value)));
	EXPECT_EQ(0, strncmp(value, "1 2 3 ", 6));
	for (i = 0; i < PEERS; i++)
		peer_kill(&peers[i]);
	close(fd);
}

/*
 * Totals, limits, fdinfo
 */

TEST(totals_follow_what_there_is)
{
	unsigned long long regions = attribute("regions");
	unsigned long long reserved = attribute("reserved_bytes");
	unsigned long long allocated = attribute("allocated_bytes");
	struct view view = { .size = MIB(4) };
	char word[96];
	char *line;

	view.fd = make_region(view.size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(regions + 1, attribute("regions"));
	EXPECT_EQ(reserved + MIB(4), attribute("reserved_bytes"));
	EXPECT_EQ(allocated, attribute("allocated_bytes"));

	ASSERT_EQ(0, view_write(&view, 0));
	EXPECT_EQ(allocated + resident_of(view.fd),
		  attribute("allocated_bytes"));
	line = line_with(USERS, "user uid=0 ");
	snprintf(word, sizeof(word), "regions=%llu reserved=%llu allocated=%llu",
		 attribute("regions"), attribute("reserved_bytes"),
		 attribute("allocated_bytes"));
	EXPECT_TRUE(has(line, word));
	free(line);

	munmap(view.memory, view.size);
	close(view.fd);
	EXPECT_EQ(regions, attribute("regions"));
	EXPECT_EQ(reserved, attribute("reserved_bytes"));
	EXPECT_EQ(allocated, attribute("allocated_bytes"));
}

/* Nothing counts that a failure left, nor what only seems to be one. */
TEST(totals_forget_what_failed)
{
	unsigned long long regions = attribute("regions");
	unsigned long long reserved = attribute("reserved_bytes");

	EXPECT_EQ(-1, make_region(attribute("max_region_bytes") + 1,
				  SHMREGION_MODE_WRITABLE, 0));
	EXPECT_EQ(regions, attribute("regions"));
	EXPECT_EQ(reserved, attribute("reserved_bytes"));
}

/* In KiB. */
static unsigned long kib_of(const char *name)
{
	char *line = line_with("/proc/meminfo", name);
	unsigned long value = line ? strtoul(line + strlen(name), NULL, 10) : 0;

	free(line);
	return value;
}

TEST(the_memory_is_page_cache_that_cannot_be_evicted)
{
	unsigned long cached = kib_of("Cached:"), shmem = kib_of("Shmem:");
	unsigned long unevictable = kib_of("Unevictable:");
	const unsigned long size = 64 << 10, slack = 8 << 10;
	int fd = make_region((size_t)size << 10, SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_POPULATE);

	ASSERT_LE(0, fd);
	EXPECT_LT(cached + size - slack, kib_of("Cached:"));
	EXPECT_LT(unevictable + size - slack, kib_of("Unevictable:"));
	EXPECT_GT(shmem + slack, kib_of("Shmem:"));
	close(fd);
}

static long make_as_user(void *data, long uid)
{
	int *fd = data;

	*fd = raw_open();
	if (*fd < 0 || setuid(uid))
		return -ENOTRECOVERABLE;
	return raw_create(*fd, PAGE, SHMREGION_MODE_WRITABLE, 0, "user", NULL);
}

TEST(each_user_is_listed_in_order)
{
	static const char * const words[] = {
		"user uid=1003 regions=1 ", "user uid=1001 regions=1 ",
		"user uid=1002 regions=1 ",
	};
	const long uids[] = { 1003, 1001, 1002 };
	struct peer peers[3];
	char *text;
	int i, fd;

	for (i = 0; i < 3; i++) {
		peers[i] = peer_start();
		ASSERT_LE(0, peer_do(&peers[i], make_as_user, &fd, uids[i]));
	}
	text = read_file(USERS);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(1, count(text, words[i]));
	EXPECT_LT(strstr(text, words[1]), strstr(text, words[2]));
	EXPECT_LT(strstr(text, words[2]), strstr(text, words[0]));
	free(text);

	for (i = 0; i < 3; i++)
		peer_kill(&peers[i]);
	text = read_file(USERS);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, count(text, words[i]));
	free(text);
}

TEST(limits_are_those_of_the_module)
{
	static const char * const names[] = {
		"max_total_bytes", "max_user_bytes", "max_region_bytes",
	};
	char path[128];
	char *text;
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path),
			 "/sys/module/shmregion/parameters/%s", names[i]);
		text = read_file(path);
		ASSERT_NE(NULL, text);
		EXPECT_EQ(strtoull(text, NULL, 10), attribute(names[i]));
		free(text);
	}
}

TEST(fdinfo_says_who_made_it_and_who_takes_part)
{
	int fd = make_region(PAGE - 1, SHMREGION_MODE_WRITABLE,
			     SHMREGION_CREATE_CONTROLLED);
	struct peer peer = peer_start();
	char value[64], capacity[32];

	ASSERT_LE(0, fd);
	EXPECT_TRUE(fdinfo_value(fd, "creator-uid", value, sizeof(value)));
	EXPECT_STREQ("0", value);
	EXPECT_TRUE(fdinfo_value(fd, "members", value, sizeof(value)));
	EXPECT_STREQ("1 ", value);
	ASSERT_EQ(0, peer_do(&peer, attach_step, NULL, fd));
	EXPECT_TRUE(fdinfo_value(fd, "members", value, sizeof(value)));
	EXPECT_STREQ("1 2 ", value);
	EXPECT_TRUE(fdinfo_value(fd, "controlled", value, sizeof(value)));
	EXPECT_STREQ("yes", value);
	EXPECT_TRUE(fdinfo_value(fd, "capacity", value, sizeof(value)));
	snprintf(capacity, sizeof(capacity), "%zu", PAGE);
	EXPECT_STREQ(capacity, value);
	peer_stop(&peer);
	close(fd);
}

TEST_HARNESS_MAIN
