// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracker of libshmdev: the list of what this process has mapped, and the
 * snapshot of who has which regions. One region is one region however often it
 * is held; what tries to hide is found, and what only looks like a region is not.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <pthread.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define WRITABLE SHMREGION_MODE_WRITABLE
#define UNSAFE SHMREGION_MODE_UNSAFE
#define READONLY SHMREGION_MODE_READONLY

/* The longest there is, with what the texts in /proc use. */
#define LABEL "a:b \\ \"c\" (deleted) unsafe long"

#define GUID_SIZE SHMREGION_GUID_SIZE

/*
 * The list of mappings
 */

FIXTURE(list)
{
	struct shmdev_region *region;
	struct shmdev_mapping *whole;
	struct shmdev_mapping *part;
};

FIXTURE_VARIANT(list)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(list, revocable)
{
	.mode = WRITABLE,
};

FIXTURE_VARIANT_ADD(list, ordinary)
{
	.mode = UNSAFE,
};

FIXTURE_SETUP(list)
{
	self->region = shmdev_region_create(4 * PAGE + 1, variant->mode, 0,
					    LABEL);
	self->whole = shmdev_region_map(self->region, 0, 4 * PAGE + 1,
					SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	self->part = shmdev_region_map(self->region, PAGE + 5, 7,
				       SHMDEV_MAP_READ);
	ASSERT_NE(NULL, self->whole);
	ASSERT_NE(NULL, self->part);
}

FIXTURE_TEARDOWN(list)
{
	shmdev_mapping_unmap(self->whole);
	shmdev_mapping_unmap(self->part);
	shmdev_region_free(self->region);
}

/* What the list says about a mapping: false if it is not there. */
static bool find_record(const struct shmdev_mapping *mapping,
			struct shmdev_mapping_record *record)
{
	struct shmdev_mapping_list *list = shmdev_mapping_list_take();
	const void *data = shmdev_mapping_data(mapping);
	bool found = false;
	size_t i;

	for (i = 0; i < shmdev_mapping_list_count(list) && !found; i++) {
		*record = *shmdev_mapping_list_at(list, i);
		found = record->address == data;
	}
	shmdev_mapping_list_free(list);
	return found;
}

/* rows: C76 C77 C78 */
TEST_F(list, says_what_is_mapped)
{
	struct shmdev_mapping_record record;

	ASSERT_TRUE(find_record(self->whole, &record));
	EXPECT_EQ(4 * PAGE + 1, record.size);
	EXPECT_EQ(5 * PAGE, record.mapped_size);
	EXPECT_EQ(0, memcmp(record.guid, shmdev_region_guid(self->region),
			    GUID_SIZE));
	ASSERT_TRUE(find_record(self->part, &record));
	EXPECT_EQ(7, record.size);
	EXPECT_EQ(PAGE, record.mapped_size);
	EXPECT_EQ(0, memcmp(record.guid, shmdev_region_guid(self->region),
			    GUID_SIZE));
}

/* rows: C76 */
TEST_F(list, does_not_have_what_is_unmapped)
{
	struct shmdev_mapping_list *before = shmdev_mapping_list_take();
	struct shmdev_mapping_list *after;

	EXPECT_EQ(2, shmdev_mapping_list_count(before));
	EXPECT_EQ(0, shmdev_mapping_unmap(self->whole));
	self->whole = NULL;
	after = shmdev_mapping_list_take();
	ASSERT_EQ(1, shmdev_mapping_list_count(after));
	EXPECT_EQ(shmdev_mapping_data(self->part),
		  shmdev_mapping_list_at(after, 0)->address);
	/* A list does not change. */
	EXPECT_EQ(2, shmdev_mapping_list_count(before));

	EXPECT_EQ(NULL, shmdev_mapping_list_at(after, 1));
	EXPECT_EQ(ERANGE, errno);
	shmdev_mapping_list_free(before);
	shmdev_mapping_list_free(after);
}

static uint64_t listed_resident(const struct shmdev_mapping *mapping)
{
	struct shmdev_mapping_record record;

	return find_record(mapping, &record) ? record.resident : 0;
}

/* rows: C78 */
TEST_F(list, tells_resident_bytes_where_the_kernel_does)
{
	char *memory = shmdev_mapping_data_writable(self->whole);

	if (variant->mode == WRITABLE) {
		memory[0] = 1;
		EXPECT_EQ(SHMDEV_UNKNOWN, listed_resident(self->whole));
		return;
	}
	EXPECT_EQ(0, listed_resident(self->whole));
	EXPECT_EQ(0, listed_resident(self->part));
	memory[0] = 1;
	EXPECT_EQ(resident_of(shmdev_region_fd(self->region)),
		  listed_resident(self->whole));
	memset(memory, 1, 4 * PAGE + 1);
	EXPECT_EQ(5 * PAGE, listed_resident(self->whole));
	EXPECT_EQ(PAGE, listed_resident(self->part));
}

static long step_be_nobody(void *data, long unused)
{
	(void)data;
	(void)unused;
	/* Its own /proc stays its own. */
	return setgid(65534) || setuid(65534) || prctl(PR_SET_DUMPABLE, 1);
}

/* 1 if it does not know what is resident. */
static long step_map_and_list(void *region, long unused)
{
	struct shmdev_mapping *mapping;

	(void)unused;
	mapping = shmdev_region_map(region, 0, PAGE, SHMDEV_MAP_READ);
	return mapping ? listed_resident(mapping) == SHMDEV_UNKNOWN : -errno;
}

/* To another user mincore(2) says that all is resident, which is not so. */
TEST_F(list, does_not_guess_for_another_user)
{
	struct peer peer = peer_start();

	ASSERT_EQ(0, peer_do(&peer, step_be_nobody, NULL, 0));
	EXPECT_EQ(1, peer_do(&peer, step_map_and_list, self->region, 0));
	peer_stop(&peer);
}

/* rows: C78 */
TEST(list_tells_resident_bytes_to_readers)
{
	struct shmdev_region *writing, *reading;
	struct shmdev_mapping *mapping;

	writing = shmdev_region_create(4 * PAGE, WRITABLE,
				       SHMREGION_CREATE_POPULATE, NULL);
	ASSERT_NE(NULL, writing);
	ASSERT_EQ(0, shmdev_region_freeze(writing));
	reading = shmdev_region_duplicate(writing, RIGHTS_RO);
	mapping = shmdev_region_map(reading, 0, 4 * PAGE, SHMDEV_MAP_READ);
	ASSERT_NE(NULL, mapping);
	EXPECT_EQ(4 * PAGE, listed_resident(mapping));
	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	shmdev_region_free(reading);
	shmdev_region_free(writing);
}

static long step_count(void *data, long unused)
{
	struct shmdev_mapping_list *list = shmdev_mapping_list_take();
	long count = list ? (long)shmdev_mapping_list_count(list) : -errno;

	(void)data;
	(void)unused;
	shmdev_mapping_list_free(list);
	return count;
}

TEST_F(list, of_a_fork_child_is_empty)
{
	struct peer peer = peer_start();

	EXPECT_EQ(0, peer_do(&peer, step_count, NULL, 0));
	EXPECT_EQ(2, step_count(NULL, 0));
	peer_stop(&peer);
}

static bool stop;

static void *map_and_unmap(void *region)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		shmdev_mapping_unmap(shmdev_region_map(region, 0, PAGE,
						       SHMDEV_MAP_READ));
	return NULL;
}

/* rows: C76 */
TEST_F(list, is_of_one_moment)
{
	struct shmdev_mapping_list *list;
	pthread_t threads[2];
	size_t count, i;
	int round;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, map_and_unmap,
					    self->region));
	for (round = 0; round < 200; round++) {
		list = shmdev_mapping_list_take();
		count = shmdev_mapping_list_count(list);
		EXPECT_LE(2, count);
		EXPECT_GE(4, count);
		for (i = 0; i < count; i++)
			EXPECT_EQ(0, memcmp(shmdev_mapping_list_at(list, i)->guid,
					    shmdev_region_guid(self->region),
					    GUID_SIZE));
		shmdev_mapping_list_free(list);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

/*
 * Snapshots
 */

/* What is known of one region and of one process that has it. */
struct seen {
	struct shmdev_region_record region;
	struct shmdev_user_record user;
};

/* False if the region is not there; user.pid is 0 if the process has none. */
static bool look(pid_t of, const uint8_t *guid, pid_t pid, struct seen *seen)
{
	struct shmdev_snapshot *snapshot = shmdev_snapshot_take(of);
	const struct shmdev_region_record *region;
	const struct shmdev_user_record *user;
	size_t index, i;

	memset(seen, 0, sizeof(*seen));
	region = shmdev_snapshot_find(snapshot, guid, &index);
	for (i = 0; region && i < region->users; i++) {
		user = shmdev_snapshot_user(snapshot, index, i);
		if (user->pid == pid)
			seen->user = *user;
	}
	if (region)
		seen->region = *region;
	shmdev_snapshot_free(snapshot);
	return region;
}

FIXTURE(snapshot)
{
	struct shmdev_region *region;
	struct peer peer;
	uint8_t guid[GUID_SIZE];
	int fd;
};

FIXTURE_SETUP(snapshot)
{
	self->region = shmdev_region_create(4 * PAGE + 1, WRITABLE, 0, LABEL);
	ASSERT_NE(NULL, self->region);
	memcpy(self->guid, shmdev_region_guid(self->region), GUID_SIZE);
	self->fd = shmdev_region_fd(self->region);
	self->peer = peer_start();
	ASSERT_LT(0, self->peer.pid);
}

FIXTURE_TEARDOWN(snapshot)
{
	peer_stop(&self->peer);
	shmdev_region_free(self->region);
}

/* rows: C77 C79 M64 W11 W34 */
TEST_F(snapshot, one_region_however_many_handles)
{
	struct shmdev_region *writing, *reading;
	struct shmdev_mapping *mapping;
	struct seen seen;

	reading = shmdev_region_duplicate(self->region, RIGHTS_RO);
	writing = shmdev_region_duplicate(self->region, RIGHTS_RW);
	mapping = shmdev_region_map(self->region, PAGE, PAGE,
				    SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	ASSERT_NE(NULL, mapping);
	*(char *)shmdev_mapping_data_writable(mapping) = 1;

	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_STREQ(LABEL, seen.region.label);
	EXPECT_EQ(WRITABLE, seen.region.mode);
	EXPECT_EQ(4 * PAGE + 1, seen.region.size);
	EXPECT_EQ(resident_of(self->fd), seen.region.resident);
	EXPECT_LE(PAGE, seen.region.resident);
	EXPECT_EQ(5 * PAGE, seen.region.capacity);
	EXPECT_EQ(getpid(), seen.region.owner_pid);
	EXPECT_EQ(shmdev_region_member(self->region), seen.region.member);
	EXPECT_EQ(seen.region.member, seen.region.owner_member);
	EXPECT_EQ(SHMREGION_STATE_OWNED, seen.region.state);
	EXPECT_EQ(0, seen.region.destroyed);
	EXPECT_EQ(2, seen.region.users);
	EXPECT_EQ(3, seen.user.handles);
	EXPECT_EQ(RIGHTS_RW, seen.user.rights);
	EXPECT_EQ(PAGE, seen.user.mapped);

	/* It was forked before there were duplicates. */
	ASSERT_TRUE(look(0, self->guid, self->peer.pid, &seen));
	EXPECT_EQ(1, seen.user.handles);
	EXPECT_EQ(RIGHTS_RW, seen.user.rights);
	EXPECT_EQ(0, seen.user.mapped);

	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	shmdev_region_free(writing);
	shmdev_region_free(reading);
}

static long step_close(void *data, long fd)
{
	(void)data;
	return close(fd);
}

/* rows: C79 */
TEST_F(snapshot, rights_are_those_of_the_handles)
{
	struct shmdev_region *reading;
	struct seen seen;

	reading = shmdev_region_duplicate(self->region, RIGHTS_RO);
	shmdev_region_free(self->region);
	self->region = reading;
	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(RIGHTS_RO, seen.user.rights);

	/* The last handle of the other process. */
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, self->fd));
	ASSERT_TRUE(look(0, self->guid, self->peer.pid, &seen));
	EXPECT_EQ(0, seen.user.pid);
	EXPECT_EQ(1, seen.region.users);
}

/* rows: C79 W11 */
TEST_F(snapshot, region_that_is_only_mapped_is_found)
{
	struct shmdev_mapping *mapping;
	struct seen seen;

	mapping = shmdev_region_map(self->region, 0, 4 * PAGE + 1,
				    SHMDEV_MAP_READ);
	ASSERT_NE(NULL, mapping);
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, self->fd));
	shmdev_region_free(self->region);
	self->region = NULL;

	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(1, seen.region.users);
	EXPECT_EQ(5 * PAGE, seen.user.mapped);
	EXPECT_EQ(0, seen.user.handles);
	EXPECT_STREQ(LABEL, seen.region.label);
	EXPECT_EQ(WRITABLE, seen.region.mode);
	EXPECT_EQ(4 * PAGE + 1, seen.region.size);
	EXPECT_EQ(-1, seen.region.owner_pid);
	EXPECT_EQ(SHMDEV_UNKNOWN, seen.region.capacity);
	EXPECT_EQ(SHMDEV_UNKNOWN, seen.region.resident);
	EXPECT_EQ(0, seen.region.owner_member);

	EXPECT_EQ(0, shmdev_mapping_unmap(mapping));
	EXPECT_FALSE(look(0, self->guid, getpid(), &seen));
}

static long step_own(void *data, long fd)
{
	(void)data;
	return shmdev_raw_acquire(fd, SHMREGION_ACQUIRE_NOWAIT, 0, NULL, NULL);
}

/* rows: W11 */
TEST_F(snapshot, tells_the_owner_and_the_state)
{
	struct seen seen;

	ASSERT_EQ(0, shmdev_region_release(self->region));
	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(0, seen.region.owner_pid);
	EXPECT_EQ(0, seen.region.owner_member);
	EXPECT_EQ(0, seen.region.state);

	ASSERT_EQ(0, peer_do(&self->peer, step_own, NULL, self->fd));
	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(self->peer.pid, seen.region.owner_pid);
	EXPECT_NE(0, seen.region.owner_member);
	EXPECT_NE(seen.region.member, seen.region.owner_member);
	EXPECT_EQ(SHMREGION_STATE_OWNED, seen.region.state);

	peer_kill(&self->peer);
	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(0, seen.region.owner_pid);
	EXPECT_EQ(SHMREGION_STATE_OWNER_DIED, seen.region.state);
	EXPECT_EQ(1, seen.region.users);

	ASSERT_EQ(0, shmdev_region_acquire(self->region, 0, NULL));
	ASSERT_EQ(0, shmdev_region_freeze(self->region));
	ASSERT_TRUE(look(0, self->guid, getpid(), &seen));
	EXPECT_EQ(READONLY, seen.region.mode);
	EXPECT_EQ(SHMREGION_STATE_FROZEN, seen.region.state);
	EXPECT_EQ(0, seen.region.destroyed);
}

TEST(snapshot_tells_of_control_and_of_memory)
{
	struct shmdev_region *region;
	uint8_t guid[GUID_SIZE];
	struct seen seen;

	region = shmdev_region_create(PAGE, UNSAFE,
				      SHMREGION_CREATE_CONTROLLED |
					      SHMREGION_CREATE_POPULATE, NULL);
	ASSERT_NE(NULL, region);
	memcpy(guid, shmdev_region_guid(region), GUID_SIZE);
	ASSERT_TRUE(look(0, guid, getpid(), &seen));
	EXPECT_EQ(RIGHTS_ALL, seen.user.rights);
	EXPECT_EQ(SHMREGION_STATE_CONTROLLED | SHMREGION_STATE_ALLOCATED,
		  seen.region.state);
	EXPECT_EQ(PAGE, seen.region.capacity);
	EXPECT_EQ(PAGE, seen.region.resident);

	ASSERT_EQ(0, shmdev_region_destroy(region));
	ASSERT_TRUE(look(0, guid, getpid(), &seen));
	EXPECT_EQ(1, seen.region.destroyed);
	shmdev_region_free(region);
}

static long step_see_owner(void *guid, long unused)
{
	struct seen seen;

	(void)unused;
	if (!look(getpid(), guid, getpid(), &seen) || seen.region.owner_pid ||
	    seen.region.member)
		return -1;
	return seen.region.state & SHMREGION_STATE_OWNED ?
		       (long)seen.region.owner_member : 0;
}

/* Looks from a pid namespace where the owner is not visible. */
static long step_see_owner_inside(void *guid, long unused)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", "/proc", "proc", 0, NULL))
			_exit(99);
		_exit(step_see_owner(guid, unused));
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

TEST_F(snapshot, owner_in_another_pid_namespace_is_known_by_its_member_id)
{
	EXPECT_EQ((long)shmdev_region_member(self->region),
		  peer_do(&self->peer, step_see_owner_inside, self->guid, 0));
}

TEST_F(snapshot, of_one_process)
{
	struct seen seen;

	ASSERT_TRUE(look(self->peer.pid, self->guid, self->peer.pid, &seen));
	EXPECT_EQ(1, seen.region.users);
	EXPECT_EQ(self->peer.pid, seen.user.pid);
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, self->fd));
	EXPECT_FALSE(look(self->peer.pid, self->guid, 0, &seen));

	EXPECT_EQ(NULL, shmdev_snapshot_take(-1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_take(INT32_MAX));
	EXPECT_EQ(ESRCH, errno);
}

/* How many processes are missing, or -1 if the region is seen. */
static long step_look_at_parent(void *guid, long unused)
{
	struct shmdev_snapshot *snapshot = shmdev_snapshot_take(getppid());
	long unreadable;

	(void)unused;
	unreadable = (long)shmdev_snapshot_unreadable(snapshot);
	if (shmdev_snapshot_find(snapshot, guid, NULL))
		unreadable = -1;
	shmdev_snapshot_free(snapshot);
	return unreadable;
}

static long step_map_page(void *data, long fd)
{
	(void)data;
	if (shmdev_raw_attach(fd, NULL))
		return -errno;
	return map_region(fd, PAGE, PROT_READ) == MAP_FAILED;
}

/* How much it sees mapped by itself, or -1 if it does not see the region. */
static long step_look_at_itself(void *guid, long unused)
{
	struct seen seen;

	(void)unused;
	return look(getpid(), guid, getpid(), &seen) ? (long)seen.user.mapped :
						       -1;
}

/* rows: C79 */
TEST_F(snapshot, what_the_caller_may_not_see_is_counted)
{
	struct shmdev_snapshot *snapshot;

	ASSERT_EQ(0, peer_do(&self->peer, step_be_nobody, NULL, 0));
	EXPECT_EQ(1, peer_do(&self->peer, step_look_at_parent, self->guid, 0));
	snapshot = shmdev_snapshot_take(getpid());
	ASSERT_NE(NULL, snapshot);
	EXPECT_EQ(0, shmdev_snapshot_unreadable(snapshot));
	shmdev_snapshot_free(snapshot);
}

/* rows: C79 */
TEST_F(snapshot, unprivileged_caller_sees_mappings_by_handles)
{
	ASSERT_EQ(0, peer_do(&self->peer, step_be_nobody, NULL, 0));
	EXPECT_EQ(0, peer_do(&self->peer, step_look_at_itself, self->guid, 0));
	ASSERT_EQ(0, peer_do(&self->peer, step_map_page, NULL, self->fd));
	EXPECT_EQ(PAGE, peer_do(&self->peer, step_look_at_itself, self->guid,
				0));
	/* Now it could be any file with such a name. */
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, self->fd));
	EXPECT_EQ(-1, peer_do(&self->peer, step_look_at_itself, self->guid, 0));
}

/* rows: C79 W12 */
TEST_F(snapshot, file_with_such_a_name_is_no_region)
{
	static const char name[] =
		"/shmregion:00112233-4455-6677-8899-aabbccddeeff:unsafe:x";
	static const uint8_t guid[GUID_SIZE] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
	};
	char line[256];
	struct seen seen;
	void *memory;
	int fd;

	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	memory = map_region(fd, PAGE, PROT_READ);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_TRUE(maps_line(getpid(), memory, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, name));
	EXPECT_FALSE(look(0, guid, getpid(), &seen));
	/* Also if no handle tells what the others are. */
	ASSERT_EQ(0, peer_do(&self->peer, step_close, NULL, self->fd));
	shmdev_region_free(self->region);
	self->region = NULL;
	EXPECT_FALSE(look(0, guid, getpid(), &seen));
	unlink(name);
	close(fd);
}

/* What the thread below does, and what is done with it. */
static struct {
	uint8_t guid[GUID_SIZE];
	int ready[2];
	int done[2];
} hider;

/* Makes a region that only the file table of this thread has. */
static void *hide_region(void *unused)
{
	struct shmdev_region *region;
	char byte = 0;

	(void)unused;
	if (unshare(CLONE_FILES))
		return NULL;
	region = shmdev_region_create(PAGE, UNSAFE, 0, "hidden");
	if (region)
		memcpy(hider.guid, shmdev_region_guid(region), GUID_SIZE);
	if (write(hider.ready[1], &byte, 1) == 1 &&
	    read(hider.done[0], &byte, 1) == 1)
		shmdev_region_free(region);
	return NULL;
}

static bool hider_start(pthread_t *thread)
{
	char byte;

	return !pipe2(hider.ready, O_CLOEXEC) && !pipe2(hider.done, O_CLOEXEC) &&
	       !pthread_create(thread, NULL, hide_region, NULL) &&
	       read(hider.ready[0], &byte, 1) == 1;
}

/* rows: C79 */
TEST(thread_with_file_descriptors_of_its_own_is_asked)
{
	pthread_t thread;
	struct seen seen;

	ASSERT_TRUE(hider_start(&thread));
	ASSERT_TRUE(look(0, hider.guid, getpid(), &seen));
	EXPECT_EQ(1, seen.region.users);
	EXPECT_EQ(1, seen.user.handles);
	ASSERT_EQ(1, write(hider.done[1], "", 1));
	pthread_join(thread, NULL);
	EXPECT_FALSE(look(0, hider.guid, getpid(), &seen));
}

/* A process whose first thread has exited, and shows neither. */
static pid_t start_headless(uint8_t *guid)
{
	char path[64], line[2];
	pthread_t thread;
	int guids[2];
	pid_t pid;

	if (pipe2(guids, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (hider_start(&thread) &&
		    write(guids[1], hider.guid, GUID_SIZE) == GUID_SIZE)
			syscall(SYS_exit, 0);
		_exit(1);
	}
	close(guids[1]);
	if (read(guids[0], guid, GUID_SIZE) != GUID_SIZE)
		return -1;
	close(guids[0]);

	/* A zombie has no memory. */
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	do {
		if (!read_text(path, line, sizeof(line)))
			return -1;
		sched_yield();
	} while (line[0]);
	return pid;
}

/* rows: C79 */
TEST(process_whose_first_thread_has_exited_is_asked)
{
	uint8_t guid[GUID_SIZE];
	struct seen seen;
	pid_t pid;

	pid = start_headless(guid);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(look(0, guid, pid, &seen));
	EXPECT_EQ(1, seen.user.handles);
	EXPECT_EQ(pid, seen.user.pid);
	ASSERT_TRUE(look(pid, guid, pid, &seen));

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_FALSE(look(0, guid, pid, &seen));
}

#define REGIONS 40

/* rows: C77 W12 */
TEST(regions_are_ordered_by_their_identity)
{
	const struct shmdev_region_record *region, *last = NULL;
	struct shmdev_snapshot *snapshot;
	int fds[REGIONS];
	size_t i;

	for (i = 0; i < REGIONS; i++)
		fds[i] = make_region(1, UNSAFE, 0);
	snapshot = shmdev_snapshot_take(0);
	ASSERT_EQ(REGIONS, shmdev_snapshot_count(snapshot));
	for (i = 0; i < REGIONS; i++) {
		region = shmdev_snapshot_region(snapshot, i);
		ASSERT_NE(NULL, region);
		if (last)
			EXPECT_GT(0, memcmp(last->guid, region->guid,
					    GUID_SIZE));
		EXPECT_EQ(1, region->users);
		last = region;
		close(fds[i]);
	}
	shmdev_snapshot_free(snapshot);
}

TEST(guid_is_written_as_in_proc)
{
	char expected[SHMDEV_GUID_TEXT_SIZE], text[SHMDEV_GUID_TEXT_SIZE];
	struct shmdev_region *region;

	region = shmdev_region_create(1, UNSAFE, 0, NULL);
	ASSERT_TRUE(fdinfo_value(shmdev_region_fd(region), "guid", expected,
				 sizeof(expected)));
	EXPECT_EQ(0, shmdev_guid_format(shmdev_region_guid(region), text));
	EXPECT_STREQ(expected, text);
	shmdev_region_free(region);
}

TEST(empty_objects_and_wrong_arguments)
{
	struct shmdev_snapshot *snapshot = shmdev_snapshot_take(0);
	char text[SHMDEV_GUID_TEXT_SIZE];
	uint8_t guid[GUID_SIZE] = { 0 };

	ASSERT_NE(NULL, snapshot);
	EXPECT_EQ(0, shmdev_snapshot_count(snapshot));
	EXPECT_EQ(NULL, shmdev_snapshot_region(snapshot, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_user(snapshot, 0, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_find(snapshot, guid, NULL));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_find(snapshot, NULL, NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_snapshot_free(snapshot);

	EXPECT_EQ(0, shmdev_snapshot_count(NULL));
	EXPECT_EQ(0, shmdev_snapshot_unreadable(NULL));
	EXPECT_EQ(NULL, shmdev_snapshot_region(NULL, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_user(NULL, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, shmdev_snapshot_find(NULL, guid, NULL));
	EXPECT_EQ(EINVAL, errno);
	shmdev_snapshot_free(NULL);

	EXPECT_EQ(0, shmdev_mapping_list_count(NULL));
	EXPECT_EQ(NULL, shmdev_mapping_list_at(NULL, 0));
	EXPECT_EQ(EINVAL, errno);
	shmdev_mapping_list_free(NULL);
	EXPECT_EQ(EINVAL, errno_of(shmdev_guid_format(NULL, text)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_guid_format(guid, NULL)));
}

TEST_HARNESS_MAIN
