// SPDX-License-Identifier: GPL-2.0-only
/*
 * The examples of libshmdev, which are installed beside this program. Each
 * checks itself and says what it shows; here they are run, also on input that
 * is not as it should be.
 */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"
#include <libgen.h>
#include <linux/limits.h>

#define EXITED(status) ((status) << 8)

/* What the last one printed, on both of its outputs. */
static char printed[8192];

static void collect_output(int fd)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = read(fd, printed + length, sizeof(printed) - 1 - length);
		length += got > 0 ? got : 0;
	} while (got > 0);
	printed[length] = '\0';
}

static void exec_example(const char *name, const char *argument, int output)
{
	char self[PATH_MAX] = "", path[PATH_MAX + 32];

	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		snprintf(path, sizeof(path), "%s/example-%s", dirname(self),
			 name);
		execl(path, path, argument, NULL);
	}
	_exit(127);
}

/* Run one until all of its processes are gone. Its wait status, or -1. */
static int run(const char *name, const char *argument)
{
	int pipes[2], status;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0)
		exec_example(name, argument, pipes[1]);
	close(pipes[1]);
	collect_output(pipes[0]);
	close(pipes[0]);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static bool says(const char *text)
{
	return strstr(printed, text);
}

static int parse_bytes(const void *bytes, size_t size)
{
	char path[] = "/tmp/example.XXXXXX";
	int fd = mkstemp(path);
	int status = -1;

	if (fd < 0)
		return -1;
	if (write(fd, bytes, size) == (ssize_t)size)
		status = run("parser", path);
	close(fd);
	unlink(path);
	return status;
}

#define parse(literal) parse_bytes(literal, sizeof(literal) - 1)

TEST(frames)
{
	EXPECT_EQ(0, run("frames", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("60 frames, read in place, in 3 regions"));
	EXPECT_TRUE(says("to read what I sent: Bad address"));
}

TEST(seqlock)
{
	EXPECT_EQ(0, run("seqlock", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("wrote 2000 values"));
	EXPECT_TRUE(says("each in one piece; mprotect: EACCES"));
}

TEST(parser)
{
	EXPECT_EQ(0, run("parser", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("record: cherry"));
	EXPECT_TRUE(says("3 records, in place"));

	EXPECT_EQ(0, parse("RECS\1x"));
	EXPECT_TRUE(says("1 records"));
	EXPECT_EQ(0, parse("RECS"));
	EXPECT_TRUE(says("0 records"));
}

TEST(parser_reports_a_malformed_file)
{
	char large[70000] = "RECS";

	/* The last record is longer than the file. */
	EXPECT_EQ(EXITED(1), parse("RECS\5apple\7pear"));
	EXPECT_TRUE(says("record: apple"));
	EXPECT_TRUE(says("malformed at byte 10"));
	EXPECT_EQ(EXITED(1), parse("RECS\377"));
	EXPECT_TRUE(says("malformed at byte 4"));
	EXPECT_EQ(EXITED(1), parse("RECS\0"));
	EXPECT_TRUE(says("malformed at byte 4"));
	EXPECT_EQ(EXITED(1), parse("REC"));
	EXPECT_TRUE(says("malformed at byte 0"));
	EXPECT_EQ(EXITED(1), parse_bytes("", 0));
	EXPECT_TRUE(says("malformed at byte 0"));
	/* More records than there is room for, in more bytes. */
	memset(large + 4, 1, sizeof(large) - 4);
	EXPECT_EQ(EXITED(1), parse_bytes(large, sizeof(large)));
	EXPECT_TRUE(says("64 records"));
	EXPECT_TRUE(says("malformed at byte 132"));
}

TEST(parser_without_a_file_fails)
{
	EXPECT_EQ(EXITED(1), run("parser", "/nowhere"));
	EXPECT_TRUE(says("No such file or directory"));
}

/* The parent that goes on writing after the hand-over. */
TEST(parser_s_parent_cannot_touch_what_is_being_parsed)
{
	int status = run("parser", "--touch");

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status)) TH_LOG("%s", printed);
}

/* rows: C80 C81 */
TEST(broker)
{
	EXPECT_EQ(0, run("broker", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("the client wrote: made in a sandbox"));
	EXPECT_TRUE(says("by itself: Permission denied"));
	EXPECT_TRUE(says("too large: No space left on device"));
	EXPECT_TRUE(says("more than it may have: Disk quota exceeded"));
}

/* rows: C121 M53 */
TEST(strangers)
{
	EXPECT_EQ(0, run("strangers", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("3 records, checked and used in place"));
	EXPECT_TRUE(says("to write to it: Bad address"));
	EXPECT_TRUE(says("to acquire it: Resource temporarily unavailable"));
	EXPECT_TRUE(says("to reclaim it: Operation not permitted"));
	EXPECT_TRUE(says("to destroy it: Operation not permitted"));
	EXPECT_TRUE(says("client:  has it back, with 3 records found"));
	EXPECT_TRUE(says("refuses it: Operation not permitted"));
	EXPECT_TRUE(says("refuses it: Connection timed out"));
	EXPECT_TRUE(says("refuses it: No space left on device"));
	EXPECT_TRUE(says("refuses it: Numerical result out of range"));
}

/* How often the last one printed that. */
static int times(const char *text)
{
	const char *at = printed;
	int count = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		count++;
	}
	return count;
}

/* All read it, then all but one, which dies of SIGSEGV. */
TEST(config)
{
	EXPECT_EQ(0, run("config", NULL)) TH_LOG("%s", printed);
	EXPECT_EQ(9, times(": threads=4 cache=64M"));
	EXPECT_EQ(1, times("worker 2: threads=4 cache=64M"));
	EXPECT_EQ(1, times("ended"));
	EXPECT_TRUE(says("worker 2 ended"));
}

TEST(frames64)
{
	EXPECT_EQ(0, run("frames64", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("64 frames"));
}

TEST(counter)
{
	EXPECT_EQ(0, run("counter", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("no change lost in half"));
}

/* rows: C100 */
TEST(heartbeat)
{
	EXPECT_EQ(0, run("heartbeat", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("50 beats, seen by 3 readers"));
	EXPECT_EQ(0, run("heartbeat_cxx", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("50 beats, seen by 3 readers"));
}

/* rows: M7 M9 */
TEST(uses_shmem)
{
	EXPECT_EQ(0, run("uses_shmem", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("parent: there, and back"));
	EXPECT_TRUE(says("child: there, and back"));
	EXPECT_TRUE(says("parent: done"));
}

TEST(zygote)
{
	EXPECT_EQ(0, run("zygote", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("3 children read what the zygote prepared"));
}

TEST(recovery)
{
	EXPECT_EQ(0, run("recovery", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("died; busy: 1"));
	EXPECT_TRUE(says("hung; busy: 1"));
	EXPECT_TRUE(says("the one that hung went on, and died of SIGSEGV"));
}

/* The steps of Documentation/tutorial.rst, with what it says they print. */
TEST(tutorial_1)
{
	EXPECT_EQ(0, run("tutorial_1", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("receiver: checked \"a message\""));
	EXPECT_TRUE(says("receiver: the sender ended: Segmentation fault"));
	EXPECT_TRUE(says("receiver: uses \"a message\""));
}

TEST(tutorial_2)
{
	EXPECT_EQ(0, run("tutorial_2", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("owner: the worker died at 5 of 10"));
	EXPECT_TRUE(says("owner: the worker finished at 10 of 10"));
}

TEST(tutorial_3)
{
	EXPECT_EQ(0, run("tutorial_3", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("consumer: frame 1 has the sum 65536"));
	EXPECT_TRUE(says("producer: frame 3 is back"));
}

/* What Documentation/porting shows. */
TEST(porting_memfd)
{
	EXPECT_EQ(0, run("porting_memfd", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("F_SEAL_WRITE with a writer: Device or resource busy"));
	EXPECT_TRUE(says("memfd:  received: final"));
	EXPECT_TRUE(says("region: received: final"));
}

TEST(porting_shm_open)
{
	EXPECT_EQ(0, run("porting_shm_open", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("shm_open: 2, region: 2"));
}

TEST(porting_wl_shm)
{
	EXPECT_EQ(0, run("porting_wl_shm", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("compositor: unaware, reads 7f7f7f7f"));
	EXPECT_TRUE(says("compositor: aware, reads 7f7f7f7f"));
	EXPECT_TRUE(says("a lie: Numerical result out of range"));
}

TEST(porting_chromium)
{
	EXPECT_EQ(0, run("porting_chromium", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("deserialized: moved"));
	EXPECT_TRUE(says("as expected"));
}

TEST(porting_mozilla)
{
	EXPECT_EQ(0, run("porting_mozilla", NULL)) TH_LOG("%s", printed);
	EXPECT_TRUE(says("child:  after the send: Bad address"));
	EXPECT_TRUE(says("parent: a picture"));
}

TEST_HARNESS_MAIN
