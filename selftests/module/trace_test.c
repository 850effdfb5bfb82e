// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: every change has one, with both sides; whoever is refused has one,
 * with the reason; and nothing tells a pointer. Needs root and tracefs.
 */
#include "debug.h"
#include "harness.h"

#define TRACING "/sys/kernel/tracing"
#define INSTANCE TRACING "/instances/trace_test"
#define EVENTS TRACING "/events/shmregion"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

FIXTURE(trace)
{
	struct view view;
	struct peer peer;
	char guid[64];
};

static long attach_step(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return raw_attach(view->fd, NULL) ? -errno : 0;
}

FIXTURE_SETUP(trace)
{
	struct shmregion_info info;
	int i, length;

	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, write_file(INSTANCE "/events/shmregion/enable", "1"));
	self->view.size = PAGE;
	self->view.fd = make_region(PAGE, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, self->view.fd);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, raw_info(self->view.fd, &info));
	length = sprintf(self->guid, "guid=");
	for (i = 0; i < SHMREGION_GUID_SIZE; i++)
		length += sprintf(self->guid + length, "%s%02x",
				  i == 4 || i == 6 || i == 8 || i == 10 ? "-" :
									  "",
				  info.out_guid[i]);
	self->peer = peer_start();
}

FIXTURE_TEARDOWN(trace)
{
	peer_stop(&self->peer);
	munmap(self->view.memory, self->view.size);
	close(self->view.fd);
	write_file(INSTANCE "/events/shmregion/enable", "0");
	rmdir(INSTANCE);
}

/* Whether there is an event of this region that says so; shows all if not. */
static bool traced(const FIXTURE_DATA(trace) *self, const char *event,
		   const char *text)
{
	char line[1024], name[64];
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), " shmregion_%s: ", event);
	file = fopen(INSTANCE "/trace", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, name) && strstr(line, self->guid) &&
			strstr(line, text);
	if (file && !found) {
		printf("# no %s with \"%s\"\n", event, text);
		rewind(file);
		while (fgets(line, sizeof(line), file))
			if (strstr(line, self->guid))
				printf("# %s", line);
	}
	if (file)
		fclose(file);
	return found;
}

static const char *text_of(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static const char *text_of(const char *format, ...)
{
	static char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return text;
}

static long peer_attaches(const FIXTURE_DATA(trace) *self)
{
	return peer_do(&self->peer, attach_step, (void *)&self->view, 0);
}

TEST_F(trace, creation_and_taking_part)
{
	pid_t me = getpid();

	EXPECT_TRUE(traced(self, "create",
			   text_of(" mode=writable size=%zu capacity=%zu controlled=1 uid=0",
				   PAGE, PAGE)));
	EXPECT_TRUE(traced(self, "attach",
			   text_of(" member=1 pid=%d rights=read|write|control",
				   me)));
	EXPECT_TRUE(traced(self, "owner",
			   text_of(" member=1 pid=%d died=0 ", me)));
	EXPECT_TRUE(traced(self, "map",
			   text_of(" member=1 pid=%d offset=0 length=%zu kind=revocable write=1",
				   me, PAGE)));
	munmap(self->view.memory, self->view.size);
	ASSERT_EQ(0, raw_release(self->view.fd));
	ASSERT_EQ(0, raw_detach(self->view.fd));
	EXPECT_TRUE(traced(self, "detach",
			   text_of(" member=1 pid=%d rights=", me)));
}

TEST_F(trace, a_hand_over_has_both_sides)
{
	pid_t me = getpid(), peer = self->peer.pid;

	ASSERT_EQ(0, peer_attaches(self));
	ASSERT_EQ(0, raw_transfer(self->view.fd, SHMREGION_BY_MEMBER, 2, 0, 0,
				  NULL));
	EXPECT_TRUE(traced(self, "transfer",
			   text_of(" from_member=1 from_pid=%d to_member=2 to_pid=%d ",
				   me, peer)));
	EXPECT_TRUE(traced(self, "owner",
			   text_of(" member=2 pid=%d died=0 ", peer)));
}

static long acquire_step(void *data, long unused)
{
	const struct view *view = data;
	uint32_t flags = 0;

	(void)unused;
	return raw_acquire(view->fd, SHMREGION_ACQUIRE_NOWAIT,
			   SHMREGION_NO_DEADLINE, &flags, NULL) ?
		       -errno : (long)flags;
}

TEST_F(trace, a_release_and_what_is_acquired)
{
	ASSERT_EQ(0, raw_release(self->view.fd));
	EXPECT_TRUE(traced(self, "transfer", " to_member=0 to_pid=0 "));
	ASSERT_EQ(0, peer_do(&self->peer, acquire_step, &self->view, 0));
	EXPECT_TRUE(traced(self, "acquire",
			   text_of(" member=2 pid=%d flags= ",
				   self->peer.pid)));
}

TEST_F(trace, a_death_and_who_is_told)
{
	pid_t peer = self->peer.pid;

	ASSERT_EQ(0, raw_release(self->view.fd));
	ASSERT_EQ(0, peer_do(&self->peer, acquire_step, &self->view, 0));
	peer_kill(&self->peer);
	EXPECT_TRUE(traced(self, "death",
			   text_of(" member=2 pid=%d owner=1", peer)));
	EXPECT_TRUE(traced(self, "owner", " member=0 pid=0 died=1 "));
	ASSERT_EQ(SHMREGION_OUT_OWNER_DIED, acquire_step(&self->view, 0));
	EXPECT_TRUE(traced(self, "acquire", " flags=owner_died "));
}

TEST_F(trace, conversions)
{
	ASSERT_EQ(0, raw_publish(self->view.fd));
	EXPECT_TRUE(traced(self, "convert",
			   " from=writable to=readonly frozen=0 "));
	ASSERT_EQ(0, raw_freeze(self->view.fd));
	EXPECT_TRUE(traced(self, "convert",
			   " from=readonly to=readonly frozen=1 "));
}

TEST_F(trace, sharing)
{
	ASSERT_EQ(0, raw_share(self->view.fd));
	EXPECT_TRUE(traced(self, "convert", " from=writable to=unsafe "));
	EXPECT_TRUE(traced(self, "owner", " member=0 pid=0 died=0 "));
}

TEST_F(trace, what_a_controller_does)
{
	pid_t peer = self->peer.pid;

	ASSERT_EQ(0, peer_attaches(self));
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER, 2,
			       RIGHTS_RO));
	EXPECT_TRUE(traced(self, "limit",
			   text_of(" member=2 pid=%d limit=read", peer)));
	ASSERT_EQ(0, raw_limit_others(self->view.fd, 0));
	EXPECT_TRUE(traced(self, "limit", " member=0 pid=0 limit="));
	ASSERT_EQ(0, raw_transfer(self->view.fd, SHMREGION_BY_MEMBER, 2, 0, 0,
				  NULL));
	ASSERT_EQ(0, raw_reclaim(self->view.fd));
	EXPECT_TRUE(traced(self, "reclaim",
			   text_of(" from_member=2 from_pid=%d to_member=1 to_pid=%d ",
				   peer, getpid())));
	ASSERT_EQ(0, raw_destroy(self->view.fd));
	EXPECT_TRUE(traced(self, "destroy", ""));
}

TEST_F(trace, the_end)
{
	peer_stop(&self->peer);
	munmap(self->view.memory, self->view.size);
	close(self->view.fd);
	EXPECT_TRUE(traced(self, "free", ""));
}

/*
 * Denials
 */

static const char *denial(const char *op, const char *reason)
{
	return text_of(" op=%s reason=%s ", op, reason);
}

TEST_F(trace, denied_as_another_is_the_owner)
{
	uint8_t *memory = self->view.memory;

	ASSERT_EQ(0, peer_attaches(self));
	ASSERT_EQ(0, raw_transfer(self->view.fd, SHMREGION_BY_MEMBER, 2, 0, 0,
				  NULL));
	ASSERT_EQ(-SIGSEGV, view_read(&self->view, 5));
	EXPECT_TRUE(traced(self, "denied",
			   text_of(" member=1 pid=%d op=read reason=not_owner ",
				   getpid())));
	EXPECT_TRUE(traced(self, "denied",
			   text_of(" mode=writable address=%#lx owner_member=2 owner_pid=%d",
				   (unsigned long)memory + 5, self->peer.pid)));
	ASSERT_EQ(-SIGSEGV, view_write(&self->view, 0));
	EXPECT_TRUE(traced(self, "denied", denial("write", "not_owner")));
	/* The same inside of a system call. */
	ASSERT_EQ(-EFAULT, view_read_by_call(&self->view, 0));
	ASSERT_EQ(EPERM, errno_of(raw_release(self->view.fd)));
	EXPECT_TRUE(traced(self, "denied", denial("release", "not_owner")));
}

TEST_F(trace, denied_to_a_debugger)
{
	struct target target = {
		.pid = getpid(),
		.address = self->view.memory,
	};

	ASSERT_EQ(0, raw_release(self->view.fd));
	ASSERT_GT(0, by_child(read_by_proc, &target));
	EXPECT_TRUE(traced(self, "denied", denial("peek", "not_owner")));
	ASSERT_GT(0, by_child(write_by_proc, &target));
	EXPECT_TRUE(traced(self, "denied", denial("poke", "not_owner")));
}

TEST_F(trace, denied_by_a_limit)
{
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER, 1,
			       RIGHTS_RO));
	ASSERT_EQ(-SIGSEGV, view_write(&self->view, 0));
	EXPECT_TRUE(traced(self, "denied", denial("write", "limit")));
	ASSERT_EQ(EACCES, errno_of(raw_publish(self->view.fd)));
	EXPECT_TRUE(traced(self, "denied", denial("publish", "limit")));
}

TEST_F(trace, denied_as_the_region_is_destroyed)
{
	ASSERT_EQ(0, raw_destroy(self->view.fd));
	ASSERT_EQ(-SIGSEGV, view_read(&self->view, 0));
	EXPECT_TRUE(traced(self, "denied", denial("read", "destroyed")));
	ASSERT_EQ(ENODEV, errno_of(raw_attach(self->view.fd, NULL)));
	EXPECT_TRUE(traced(self, "denied", denial("attach", "destroyed")));
	ASSERT_EQ(MAP_FAILED, map_region(self->view.fd, PAGE, PROT_READ));
	EXPECT_TRUE(traced(self, "denied", denial("mmap", "destroyed")));
}

static int call_info(int fd)
{
	struct shmregion_info info;

	return raw_info(fd, &info);
}

static int call_dup(int fd)
{
	return raw_dup(fd, RIGHTS_RO);
}

static int call_attach(int fd)
{
	return raw_attach(fd, NULL);
}

static int call_transfer(int fd)
{
	return raw_transfer(fd, SHMREGION_BY_MEMBER, 1, 0,
			    SHMREGION_NO_DEADLINE, NULL);
}

static int call_acquire(int fd)
{
	return raw_acquire(fd, SHMREGION_ACQUIRE_NOWAIT, SHMREGION_NO_DEADLINE,
			   NULL, NULL);
}

static int call_limit(int fd)
{
	return raw_limit(fd, SHMREGION_BY_MEMBER, 1, RIGHTS_RW);
}

static int call_limit_others(int fd)
{
	return raw_limit_others(fd, RIGHTS_RW);
}

static const struct {
	const char *op;
	int (*call)(int fd);
} calls[] = {
	{ "info", call_info },
	{ "dup", call_dup },
	{ "attach", call_attach },
	{ "detach", raw_detach },
	{ "transfer", call_transfer },
	{ "release", raw_release },
	{ "acquire", call_acquire },
	{ "publish", raw_publish },
	{ "freeze", raw_freeze },
	{ "share", raw_share },
	{ "limit", call_limit },
	{ "limit_others", call_limit_others },
	{ "reclaim", raw_reclaim },
	{ "destroy", raw_destroy },
};

TEST_F(trace, denied_every_call_of_a_destroyed_region)
{
	size_t i;

	ASSERT_EQ(0, raw_destroy(self->view.fd));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		EXPECT_EQ(ENODEV, errno_of(calls[i].call(self->view.fd)));
		EXPECT_TRUE(traced(self, "denied",
				   denial(calls[i].op, "destroyed")));
	}
}

static long map_without_consent(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	return map_region(view->fd, view->size, PROT_READ) == MAP_FAILED ?
		       -errno : 0;
}

TEST_F(trace, denied_without_consent)
{
	ASSERT_EQ(-EACCES, peer_do(&self->peer, map_without_consent,
				   &self->view, 0));
	EXPECT_TRUE(traced(self, "denied",
			   " member=0 pid=0 op=mmap reason=no_consent mode=writable "));
	/* Nor of a region that all may use but that is not all there. */
	ASSERT_EQ(0, raw_share(self->view.fd));
	ASSERT_EQ(-EACCES, peer_do(&self->peer, map_without_consent,
				   &self->view, 0));
	EXPECT_TRUE(traced(self, "denied",
			   " op=mmap reason=no_consent mode=unsafe "));
}

TEST_F(trace, denied_by_the_rights_of_a_handle)
{
	int fd = raw_dup(self->view.fd, RIGHTS_RO);

	ASSERT_LE(0, fd);
	ASSERT_EQ(EACCES, errno_of(raw_release(fd)));
	EXPECT_TRUE(traced(self, "denied", denial("release", "rights")));
	ASSERT_EQ(EACCES, errno_of(raw_dup(fd, RIGHTS_RW)));
	EXPECT_TRUE(traced(self, "denied", denial("dup", "rights")));
	ASSERT_EQ(EPERM, errno_of(raw_destroy(fd)));
	EXPECT_TRUE(traced(self, "denied", denial("destroy", "rights")));
	close(fd);
}

TEST_F(trace, denied_for_the_receivers_sake)
{
	ASSERT_EQ(0, peer_attaches(self));
	ASSERT_EQ(0, raw_limit(self->view.fd, SHMREGION_BY_MEMBER, 2, 0));
	ASSERT_EQ(EACCES, errno_of(raw_transfer(self->view.fd,
						SHMREGION_BY_MEMBER, 2, 0, 0,
						NULL)));
	EXPECT_TRUE(traced(self, "denied", denial("transfer", "receiver")));
}

TEST_F(trace, denied_to_make_a_mapping_writable)
{
	ASSERT_EQ(0, view_protect(&self->view, PROT_READ));
	ASSERT_EQ(0, raw_publish(self->view.fd));
	ASSERT_EQ(0, raw_release(self->view.fd));
	ASSERT_EQ(-EACCES, view_protect(&self->view, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(traced(self, "denied", denial("mprotect", "not_owner")));
}

/* What fails for other reasons is nobody's denial. */
TEST_F(trace, not_denied)
{
	char line[1024];
	FILE *file;

	ASSERT_EQ(ESRCH, errno_of(raw_transfer(self->view.fd,
					       SHMREGION_BY_MEMBER, 99, 0, 0,
					       NULL)));
	ASSERT_EQ(EINVAL, errno_of(raw_limit(self->view.fd,
					     SHMREGION_BY_MEMBER, 1, 77)));
	ASSERT_EQ(ENOTTY, errno_of(ioctl(self->view.fd, _IO(0, 0))));
	file = fopen(INSTANCE "/trace", "re");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		EXPECT_FALSE(strstr(line, " shmregion_denied: ") &&
			     strstr(line, self->guid));
	fclose(file);
}

/*
 * Names of fields, which scripts rely on, after those that all events have
 */

static const struct {
	const char *event;
	const char *fields;
} events[] = {
	{ "create", "size capacity mode uid controlled" },
	{ "attach", "member pid rights" },
	{ "detach", "member pid rights" },
	{ "death", "member pid owner" },
	{ "map", "member pid offset length kind write" },
	{ "transfer", "from_member to_member from_pid to_pid generation" },
	{ "reclaim", "from_member to_member from_pid to_pid generation" },
	{ "owner", "member pid died generation" },
	{ "acquire", "member pid flags generation" },
	{ "convert", "from to frozen generation" },
	{ "limit", "member pid limit" },
	{ "destroy", "generation" },
	{ "free", "generation" },
	{ "denied",
	  "member pid op reason mode address owner_member owner_pid" },
};

/* The names of the fields but those of all events of the kernel. */
static bool format_of(const char *event, char *fields, size_t size,
		      bool *pointers)
{
	char path[128], line[4096];
	const char *name;
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), EVENTS "/shmregion_%s/format", event);
	file = fopen(path, "re");
	if (!file)
		return false;
	*pointers = false;
	fields[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "print fmt: ", 11))
			for (name = line; (name = strstr(name, "%p")); name++)
				*pointers |= name[2] != 'U';
		name = strstr(line, "field:");
		if (!name || strstr(line, " common_"))
			continue;
		*strchr(name, ';') = '\0';
		*pointers |= !!strchr(name, '*');
		name = strrchr(name, ' ') + 1;
		length += snprintf(fields + length, size - length, "%s%.*s",
				   length ? " " : "", (int)strcspn(name, "["),
				   name);
	}
	fclose(file);
	return true;
}

TEST(fields_are_those_that_scripts_know)
{
	char fields[512], expected[512];
	bool pointers;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(expected, sizeof(expected), "region guid label %s",
			 events[i].fields);
		ASSERT_TRUE(format_of(events[i].event, fields, sizeof(fields),
				      &pointers));
		EXPECT_STREQ(expected, fields);
		EXPECT_FALSE(pointers);
	}
}

TEST(every_event_is_known_here)
{
	size_t known = 0, i;
	struct dirent *entry;
	DIR *dir = opendir(EVENTS);

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "shmregion_", 10))
			continue;
		for (i = 0; i < ARRAY_SIZE(events); i++)
			if (!strcmp(events[i].event, entry->d_name + 10))
				break;
		EXPECT_GT(ARRAY_SIZE(events), i) {
			TH_LOG("%s", entry->d_name);
		}
		known++;
	}
	closedir(dir);
	EXPECT_EQ(ARRAY_SIZE(events), known);
}

TEST_HARNESS_MAIN
