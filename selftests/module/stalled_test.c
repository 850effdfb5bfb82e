// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that answers when it suits the attacker (FUSE), read into a region:
 * the read is stalled in the kernel while the region is taken away, and gets
 * its data afterwards (G1, G2, G4). blocked_test does it with pipes and
 * sockets.
 */
#include <linux/fuse.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/uio.h>

#include "operations.h"
#include "harness.h"

#define FILL 0x5a
#define SENT 0x11

#define FILE_PATH "/tmp/stalled"
#define REQUEST_MAX KIB(160)

/* The file is the root of a file system of its own. */
static struct {
	int fd;
	uint32_t open_flags;
	union {
		struct fuse_in_header header;
		uint8_t space[REQUEST_MAX];
	} request;
} server;

static void reply(int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + size,
		.error = error,
		.unique = server.request.header.unique,
	};
	struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ (void *)data, size },
	};

	if (writev(server.fd, parts, size ? 2 : 1) < 0)
		perror("stalled_test: cannot answer");
}

static void reply_to_init(void)
{
	const struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = KIB(4),
	};

	reply(0, &out, sizeof(out));
}

static void reply_with_attributes(void)
{
	const struct fuse_attr_out out = {
		.attr = {
			.ino = FUSE_ROOT_ID,
			.size = PAGE,
			.mode = S_IFREG | 0600,
			.nlink = 1,
		},
	};

	reply(0, &out, sizeof(out));
}

static void reply_to_open(void)
{
	const struct fuse_open_out out = { .open_flags = server.open_flags };

	reply(0, &out, sizeof(out));
}

/* Serve all until there is one to read or to close. Returns which. */
static uint32_t serve_until_read(void)
{
	for (;;) {
		if (read(server.fd, &server.request, REQUEST_MAX) < 0)
			return 0;
		switch (server.request.header.opcode) {
		case FUSE_INIT:
			reply_to_init();
			break;
		case FUSE_GETATTR:
			reply_with_attributes();
			break;
		case FUSE_OPEN:
			reply_to_open();
			break;
		case FUSE_READ:
		case FUSE_FLUSH:
			return server.request.header.opcode;
		case FUSE_FORGET:
			break;
		default:
			reply(-ENOSYS, NULL, 0);
		}
	}
}

static bool server_start(uint32_t open_flags)
{
	char options[128];

	close(open(FILE_PATH, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	server.open_flags = open_flags;
	if (access("/dev/fuse", F_OK) && system("modprobe fuse"))
		return false;
	server.fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=%o,user_id=0,group_id=0", server.fd, S_IFREG);
	return server.fd >= 0 &&
	       !mount("stalled", FILE_PATH, "fuse", 0, options);
}

/* What waits for it gets ENOTCONN. */
static void server_stop(void)
{
	umount2(FILE_PATH, MNT_DETACH);
	close(server.fd);
}

/* A reader of the file, whose buffer is the region. */
struct reader {
	pthread_t thread;
	void *memory;
	long result;
};

static void *read_file(void *data)
{
	struct reader *reader = data;
	int file = open(FILE_PATH, O_RDONLY | O_CLOEXEC);

	reader->result = read(file, reader->memory, PAGE);
	if (reader->result < 0)
		reader->result = -errno;
	close(file);
	return NULL;
}

static long finish(struct reader *reader)
{
	static uint8_t data[KIB(4)];

	if (server.request.header.opcode == FUSE_READ) {
		memset(data, SENT, sizeof(data));
		reply(0, data, sizeof(data));
		serve_until_read();
	}
	/* The close of the file. */
	reply(0, NULL, 0);
	pthread_join(reader->thread, NULL);
	return reader->result;
}

FIXTURE(stalled)
{
	struct view mine, others;
	struct peer other;
	struct reader reader;
};

FIXTURE_VARIANT(stalled)
{
	size_t size;
	uint32_t flags;
	owner_change take;
	/* What is left to the reader, and to the other. */
	uint32_t access, others;
};

static int limit_to_reading(int fd, pid_t other)
{
	(void)other;
	return limit_process(fd, getpid(), RIGHTS_RO);
}

static int destroy(int fd, pid_t other)
{
	(void)other;
	return raw_destroy(fd);
}

#define STALLED(_name, _flags, _take, _access, _others)			\
	FIXTURE_VARIANT_ADD(stalled, small_##_name) {			\
		.size = KIB(4),						\
		.flags = _flags,					\
		.take = _take,						\
		.access = _access,					\
		.others = _others,					\
	};								\
	FIXTURE_VARIANT_ADD(stalled, huge_##_name) {			\
		.size = MIB(2),						\
		.flags = _flags,					\
		.take = _take,						\
		.access = _access,					\
		.others = _others,					\
	}

#define CONTROLLED SHMREGION_CREATE_CONTROLLED

STALLED(kept, 0, keep, RIGHTS_RW, 0);
STALLED(transferred, 0, hand_over, 0, RIGHTS_RW);
STALLED(frozen, 0, freeze, RIGHTS_RO, RIGHTS_RO);
STALLED(limited, CONTROLLED, limit_to_reading, RIGHTS_RO, 0);
STALLED(destroyed, CONTROLLED, destroy, 0, 0);

static void set_up(struct __test_metadata *_metadata,
		   FIXTURE_DATA(stalled) *self, size_t size, uint32_t mode,
		   uint32_t flags)
{
	int fd = make_region(size, mode, flags);

	ASSERT_LE(0, fd);
	self->mine = (struct view){ fd, size, NULL };
	self->others = self->mine;
	self->other = peer_start();
	ASSERT_EQ(0, peer_do(&self->other, view_map, &self->others,
			     PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, view_map(&self->mine, PROT_READ | PROT_WRITE));
	memset(self->mine.memory, FILL, size);
	self->reader.memory = self->mine.memory;
}

FIXTURE_SETUP(stalled)
{
	set_up(_metadata, self, variant->size, SHMREGION_MODE_WRITABLE,
	       variant->flags);
}

FIXTURE_TEARDOWN(stalled)
{
	server_stop();
	peer_stop(&self->other);
}

static void start_reader(struct __test_metadata *_metadata,
			 struct reader *reader, uint32_t open_flags)
{
	ASSERT_TRUE(server_start(open_flags));
	ASSERT_EQ(0, pthread_create(&reader->thread, NULL, read_file, reader));
}

TEST_F(stalled, read_stores_nothing_that_is_forbidden_by_then)
{
	bool may = variant->access & SHMREGION_RIGHT_WRITE;

	start_reader(_metadata, &self->reader, 0);
	ASSERT_EQ(FUSE_READ, serve_until_read());
	ASSERT_EQ(0, variant->take(self->mine.fd, self->other.pid));
	EXPECT_EQ(may ? (long)PAGE : -EFAULT, finish(&self->reader));

	EXPECT_EQ(variant->access & SHMREGION_RIGHT_READ ?
			  (may ? SENT : FILL) : -SIGSEGV,
		  view_read(&self->mine, PAGE - 1));
	EXPECT_EQ(variant->others & SHMREGION_RIGHT_READ ? FILL : -SIGSEGV,
		  peer_do(&self->other, view_read, &self->others, PAGE - 1));
}

/* It would pin the memory for as long as the file likes. */
TEST_F(stalled, direct_read_is_refused_before_the_file_is_asked)
{
	start_reader(_metadata, &self->reader, FOPEN_DIRECT_IO);
	EXPECT_EQ(FUSE_FLUSH, serve_until_read());
	EXPECT_EQ(-EFAULT, finish(&self->reader));
	ASSERT_EQ(0, variant->take(self->mine.fd, self->other.pid));
}

/* Where memory can be pinned, nobody waits for the pin. */
FIXTURE(pinned)
{
	FIXTURE_DATA(stalled) base;
};

FIXTURE_VARIANT(pinned)
{
	size_t size;
};

FIXTURE_VARIANT_ADD(pinned, small) { KIB(4) };
FIXTURE_VARIANT_ADD(pinned, huge) { MIB(2) };

FIXTURE_SETUP(pinned)
{
	set_up(_metadata, &self->base, variant->size, SHMREGION_MODE_UNSAFE,
	       SHMREGION_CREATE_CONTROLLED);
	start_reader(_metadata, &self->base.reader, FOPEN_DIRECT_IO);
	ASSERT_EQ(FUSE_READ, serve_until_read());
}

FIXTURE_TEARDOWN(pinned)
{
	server_stop();
	peer_stop(&self->base.other);
}

TEST_F(pinned, memory_does_not_hold_up_a_limit)
{
	struct view *mine = &self->base.mine;

	ASSERT_EQ(0, limit_process(mine->fd, getpid(), 0));
	EXPECT_EQ(-SIGSEGV, view_read(mine, 0));
	/* A pin is not undone, as documented. */
	EXPECT_EQ((long)PAGE, finish(&self->base.reader));
	EXPECT_EQ(-SIGSEGV, view_read(mine, 0));
}

TEST_F(pinned, memory_does_not_hold_up_a_destruction)
{
	struct view *mine = &self->base.mine;

	ASSERT_EQ(0, raw_destroy(mine->fd));
	EXPECT_EQ(0, resident_of(mine->fd));
	EXPECT_EQ((long)PAGE, finish(&self->base.reader));
	EXPECT_EQ(-SIGSEGV, view_read(mine, 0));
	EXPECT_EQ(-SIGSEGV, peer_do(&self->base.other, view_read,
				    &self->base.others, 0));
}

TEST_HARNESS_MAIN
