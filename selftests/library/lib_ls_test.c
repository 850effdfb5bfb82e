// SPDX-License-Identifier: GPL-2.0-only
/* The program shmregion-ls: what it prints, and how it refuses. */
#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define MAX_OUTPUT KIB(256)

/* What a command printed on either output, and its exit status. */
static char output[MAX_OUTPUT];

static int run(const char *command)
{
	FILE *pipe = popen(command, "re");
	int status;

	if (!pipe)
		return -1;
	output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool prints(const char *text)
{
	return strstr(output, text);
}

/* The line of the output that has this in it, alone. */
static const char *line_with(const char *text)
{
	char *start = strstr(output, text);
	char *end;

	if (!start)
		return NULL;
	end = strchr(start, '\n');
	if (end)
		*end = '\0';
	while (start > output && start[-1] != '\n')
		start--;
	return start;
}

static int make_labelled(const char *label, uint32_t flags)
{
	int device = shmdev_open();
	int fd = shmdev_raw_create(device, 10000, SHMREGION_MODE_WRITABLE,
				   flags, label, NULL);

	close(device);
	return fd;
}

TEST(help_and_wrong_usage)
{
	EXPECT_EQ(0, run("shmregion-ls --help"));
	EXPECT_TRUE(prints("Usage: shmregion-ls"));
	EXPECT_EQ(0, run("shmregion-ls --version"));
	EXPECT_TRUE(prints("shmregion-ls " SHMDEV_VERSION));
	EXPECT_EQ(2, run("shmregion-ls --nonsense 2>&1"));
	EXPECT_TRUE(prints("Usage:"));
	EXPECT_EQ(2, run("shmregion-ls more 2>&1"));
	EXPECT_EQ(2, run("shmregion-ls --pid 0 2>&1"));
	EXPECT_EQ(2, run("shmregion-ls --pid 1x 2>&1"));
	EXPECT_EQ(2, run("shmregion-ls --pid 99999999999 2>&1"));
	EXPECT_EQ(1, run("shmregion-ls --pid 2147483647 2>&1"));
	EXPECT_TRUE(prints("No such process"));
	EXPECT_EQ(1, run("shmregion-ls 2>&1 >/dev/full"));
}

/* rows: M64 */
TEST(columns)
{
	char expected[128];
	const char *line;
	int fd;

	/* One that the shell below does not inherit. */
	fd = make_labelled("my: label", 0);
	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, map_region(fd, 10000, PROT_READ | PROT_WRITE));

	EXPECT_EQ(0, run("shmregion-ls"));
	EXPECT_TRUE(prints("GUID"));
	line = line_with("my: label");
	ASSERT_NE(NULL, line);
	snprintf(expected, sizeof(expected), " %d %d:rwm my: label", getpid(),
		 getpid());
	EXPECT_NE(NULL, strstr(line, expected))
		TH_LOG("%s", line);
	EXPECT_NE(NULL, strstr(line, " writable "));
	EXPECT_NE(NULL, strstr(line, " 10000 "));

	ASSERT_EQ(0, shmdev_raw_freeze(fd));
	EXPECT_EQ(0, run("shmregion-ls"));
	line = line_with("my: label");
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, " readonly,frozen "));
	snprintf(expected, sizeof(expected), " - %d:rwm ", getpid());
	EXPECT_NE(NULL, strstr(line, expected));
	close(fd);
}

TEST(json)
{
	char expected[512];
	const char *line;
	int fd;

	fd = make_labelled("a \"label\\", 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run("shmregion-ls --json"));
	EXPECT_EQ(0, strncmp(output, "{\"regions\": [\n", 14));
	EXPECT_TRUE(prints("\n], \"unreadable\": 0}\n"));
	line = line_with("a \\\"label\\\\");
	ASSERT_NE(NULL, line);
	snprintf(expected, sizeof(expected),
		 "\"mode\": \"writable\", \"size\": 10000, "
		 "\"capacity\": %zu, \"resident\": 0, "
		 "\"controlled\": false, \"frozen\": false, "
		 "\"destroyed\": false, \"owner\": %d, "
		 "\"owner_member\": 1, "
		 "\"owner_died\": false, \"users\": [{\"pid\": %d, "
		 "\"handles\": 1, \"read\": true, \"write\": true, "
		 "\"control\": false, \"mapped\": 0}]}", page_up(10000),
		 getpid(), getpid());
	EXPECT_NE(NULL, strstr(line, expected))
		TH_LOG("%s", line);
	close(fd);
}

TEST(controlled_region)
{
	const char *line;
	int fd;

	fd = make_labelled("ruled", SHMREGION_CREATE_CONTROLLED);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run("shmregion-ls"));
	line = line_with("ruled");
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, " writable,controlled "));
	EXPECT_NE(NULL, strstr(line, ":rwc "));
	EXPECT_EQ(0, run("shmregion-ls --json"));
	line = line_with("ruled");
	ASSERT_NE(NULL, line);
	EXPECT_NE(NULL, strstr(line, "\"controlled\": true"));
	EXPECT_NE(NULL, strstr(line, "\"control\": true"));
	close(fd);
}

TEST(one_process)
{
	char command[64];
	int fd = make_labelled("chosen", 0);

	ASSERT_LE(0, fd);
	snprintf(command, sizeof(command), "shmregion-ls --pid %d", getpid());
	EXPECT_EQ(0, run(command));
	EXPECT_TRUE(prints("chosen"));
	EXPECT_EQ(0, run("shmregion-ls --pid 1"));
	EXPECT_TRUE(prints("GUID"));
	EXPECT_FALSE(prints("chosen"));
	close(fd);
}

TEST_HARNESS_MAIN
