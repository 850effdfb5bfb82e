// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program shmregion: what it prints, and how it refuses. Every option and
 * every column that its help names is used here, and every example of its manual
 * is run. Needs root and a module that nobody else uses, which it leaves loaded
 * with default parameters.
 */
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>

#include <shmdev.h>

#include "helpers.h"
#include "operations.h"
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

static int run_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static int run_format(const char *format, ...)
{
	char command[512];
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	return run(command);
}

static bool prints(const char *text)
{
	if (strstr(output, text))
		return true;
	printf("# no \"%s\" in:\n# %s\n", text, output);
	return false;
}

static int count_lines(void)
{
	const char *at = output;
	int lines = 0;

	while ((at = strchr(at, '\n'))) {
		lines++;
		at++;
	}
	return lines;
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

static bool line_has(const char *line, const char *text)
{
	if (line && strstr(line, text))
		return true;
	printf("# no \"%s\" in: %s\n", text, line ? line : "nothing");
	return false;
}

static int make_labelled(const char *label, uint32_t flags)
{
	int device = shmdev_open();
	int fd = shmdev_raw_create(device, 10000, SHMREGION_MODE_WRITABLE,
				   flags, label, NULL);

	close(device);
	return fd;
}

static void guid_of(int fd, char *text)
{
	struct shmregion_info info = { 0 };

	raw_info(fd, &info);
	shmdev_guid_format(info.out_guid, text);
}

static const char * const commands[] = {
	"list", "info", "watch", "trace", "load", "unload", "doctor",
};

/*
 * Usage
 */

TEST(help_names_every_command)
{
	size_t i;

	EXPECT_EQ(0, run("shmregion --help"));
	EXPECT_TRUE(prints("Usage: shmregion COMMAND"));
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		EXPECT_TRUE(prints(commands[i]));
	EXPECT_TRUE(prints("  bench "));
	EXPECT_TRUE(prints("  demo "));
	EXPECT_EQ(0, run("shmregion -h"));
	EXPECT_TRUE(prints("Usage: shmregion COMMAND"));
	EXPECT_EQ(0, run("shmregion --version"));
	EXPECT_TRUE(prints("shmregion " SHMDEV_VERSION));
	EXPECT_EQ(0, run("shmregion -V"));
	EXPECT_TRUE(prints("shmregion " SHMDEV_VERSION));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(0, run_format("shmregion %s --help", commands[i]));
		EXPECT_TRUE(prints("Usage: shmregion "));
		EXPECT_EQ(0, run_format("shmregion %s -h", commands[i]));
	}
}

/* Wrong usage is told in one line, with the command's name, and is 2. */
TEST(wrong_usage_is_one_line)
{
	static const char * const wrong[] = {
		"", " nonsense", " list more", " list --nonsense", " list -x",
		" list --pid", " list --pid 0", " list --pid 1x",
		" list --pid 99999999999", " list --mode shared",
		" list --per label", " list --columns guid,nonsense",
		" list --columns ''", " list --sort nonsense", " info",
		" info 1 2", " info xyz", " info ''", " info 1 --sort nonsense",
		" watch more", " watch --interval 0", " watch --count x",
		" trace more", " trace --count 0", " trace --all --denied",
		" load nonsense", " load --nonsense", " unload more",
		" doctor more", " doctor --columns nonsense",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(2, run_format("shmregion%s 2>&1", wrong[i])) {
			TH_LOG("%s", wrong[i]);
		}
		EXPECT_EQ(1, count_lines()) {
			TH_LOG("%s: %s", wrong[i], output);
		}
		EXPECT_EQ(0, strncmp(output, "shmregion", 9));
	}
	EXPECT_EQ(1, run("shmregion list --pid 2147483647 2>&1"));
	EXPECT_TRUE(prints("No such process"));
	EXPECT_EQ(1, run("shmregion list --help 2>&1 >/dev/full"));
	EXPECT_EQ(1, run("shmregion doctor 2>&1 >/dev/full"));
}

/* A command that is checked takes long to start: one for all columns, then. */
#ifdef SELFTESTS_CHECKED_H
#define COLUMNS_AT_ONCE	64
#else
#define COLUMNS_AT_ONCE	1
#endif
#define MAX_COLUMNS	64

/* The columns that the help in the output names. */
static int read_columns(char (*names)[32])
{
	char help[32], *line;
	int count = 0;

	line = strstr(output, "\nColumns,");
	for (line = strtok(line, "\n"); line && count < MAX_COLUMNS;
	     line = strtok(NULL, "\n"))
		if (sscanf(line, "%*[* ]%31[A-Z-] %*s", help) == 1 &&
		    strlen(help) > 1)
			memcpy(names[count++], help, sizeof(help));
	return count;
}

/* Some names with commas between, and the first of the rest. */
static int join_columns(char *text, size_t size, char (*names)[32], int count)
{
	size_t length = 0;
	int i;

	for (i = 0; i < count && i < COLUMNS_AT_ONCE; i++)
		length += snprintf(text + length, size - length, "%s%.31s",
				   i ? "," : "", names[i]);
	return i;
}

/* Each column that a help names exists, alone and to sort by. */
TEST(every_column_of_the_help)
{
	static const char * const tables[] = {
		"list", "list --per process", "list --per user", "info 1",
		"watch --count 1", "doctor",
	};
	char names[MAX_COLUMNS][32], columns[512];
	int count, j, fd = make_labelled("columns", 0);
	const char *first;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		ASSERT_EQ(0, run_format("shmregion %s --help", tables[i]));
		count = read_columns(names);
		EXPECT_LT(3, count);
		for (j = 0; j < count;) {
			first = names[j];
			j += join_columns(columns, sizeof(columns), names + j,
					  count - j);
			if (!strcmp(tables[i], "info 1"))
				run_format("shmregion info %d --columns %s --sort %s",
					   getpid(), columns, first);
			else
				EXPECT_EQ(0, run_format("shmregion %s --columns %s --sort %s",
							tables[i], columns,
							first));
			/* Numbers are to the right in their column. */
			EXPECT_EQ(0, strncmp(output + strspn(output, " "),
					     first, strlen(first))) {
				TH_LOG("%s %s: %s", tables[i], columns,
				       output);
			}
		}
	}
	close(fd);
}

/*
 * list
 */

/* rows: M64 */
TEST(list_shows_who_has_what)
{
	char guid[SHMDEV_GUID_TEXT_SIZE], expected[128];
	const char *line;
	int fd;

	/* One that the shell below does not inherit. */
	fd = make_labelled("my: label", 0);
	ASSERT_LE(0, fd);
	guid_of(fd, guid);
	ASSERT_NE(MAP_FAILED, map_region(fd, 10000, PROT_READ | PROT_WRITE));

	EXPECT_EQ(0, run("shmregion list"));
	EXPECT_TRUE(prints("GUID"));
	line = line_with("my: label");
	EXPECT_TRUE(line_has(line, guid));
	EXPECT_TRUE(line_has(line, " writable "));
	EXPECT_TRUE(line_has(line, " owned "));
	EXPECT_TRUE(line_has(line, " 9.8K "));
	EXPECT_TRUE(line_has(line, " root "));
	snprintf(expected, sizeof(expected), " %d ", getpid());
	EXPECT_TRUE(line_has(line, expected));
	snprintf(expected, sizeof(expected), " %d(lib_tool_test):rwma ",
		 getpid());
	EXPECT_TRUE(line_has(line, expected));

	EXPECT_EQ(0, run("shmregion list --bytes"));
	EXPECT_TRUE(line_has(line_with("my: label"), " 10000 "));

	ASSERT_EQ(0, shmdev_raw_freeze(fd));
	EXPECT_EQ(0, run("shmregion list -n -c MODE,state,owner,label"));
	EXPECT_FALSE(strstr(output, "GUID"));
	line = line_with("my: label");
	EXPECT_TRUE(line_has(line, "readonly frozen"));
	EXPECT_TRUE(line_has(line, " - "));
	close(fd);
}

TEST(list_prints_json)
{
	char expected[64];
	int fd = make_labelled("a \"label\\", SHMREGION_CREATE_CONTROLLED);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run("shmregion list -j -c label,size,controlled,owner,users,uid,waited"));
	EXPECT_TRUE(prints("\"regions\": ["));
	EXPECT_TRUE(prints("\"label\": \"a \\\"label\\\\\""));
	EXPECT_TRUE(prints("\"size\": 10000"));
	EXPECT_TRUE(prints("\"controlled\": true"));
	EXPECT_TRUE(prints("\"waited\": false"));
	EXPECT_TRUE(prints("\"uid\": 0"));
	snprintf(expected, sizeof(expected), "\"owner\": %d", getpid());
	EXPECT_TRUE(prints(expected));
	snprintf(expected, sizeof(expected), "\"%d(lib_tool_test):rwca\"",
		 getpid());
	EXPECT_TRUE(prints(expected));

	ASSERT_EQ(0, shmdev_raw_release(fd));
	EXPECT_EQ(0, run("shmregion list --json --columns owner"));
	EXPECT_TRUE(prints("\"owner\": null"));
	close(fd);
	EXPECT_EQ(0, run("shmregion list --json"));
	EXPECT_TRUE(prints("\"regions\": ["));
	EXPECT_FALSE(strstr(output, "guid"));
}

TEST(list_shows_what_is_in_flight)
{
	int sockets[2], fd = make_labelled("on its way",
					   SHMREGION_CREATE_POPULATE);

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	close(fd);
	EXPECT_EQ(0, run("shmregion list"));
	/* Its member is this process, which has no handle. */
	EXPECT_TRUE(line_has(line_with("on its way"), ":a "));
	/* What it takes counts, for the user as well. */
	EXPECT_EQ(0, run("shmregion list -b -c allocated,label"));
	EXPECT_TRUE(line_has(line_with("on its way"), "12288 "));
	EXPECT_EQ(0, run("shmregion list -n -b --per user -c user,allocated"));
	EXPECT_TRUE(line_has(line_with("root"), " 12288"));
	close(receive_fd(sockets[1]));
	EXPECT_EQ(0, run("shmregion list"));
	EXPECT_FALSE(strstr(output, "on its way"));
	close(sockets[0]);
	close(sockets[1]);
}

static long make_and_send(void *data, long socket)
{
	int fd = make_labelled("orphan", 0);

	(void)data;
	return send_fd(socket, fd);
}

/* Whoever made it is dead. */
TEST(list_shows_what_nobody_has)
{
	struct peer peer;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	peer = peer_start();
	ASSERT_EQ(0, peer_do(&peer, make_and_send, NULL, sockets[0]));
	peer_kill(&peer);
	EXPECT_EQ(0, run("shmregion list"));
	EXPECT_TRUE(line_has(line_with("orphan"), " in flight "));
	EXPECT_EQ(0, run("shmregion list --columns state,label"));
	EXPECT_TRUE(line_has(line_with("orphan"), "owner-died"));
	close(sockets[0]);
	close(sockets[1]);
}

TEST(list_chooses)
{
	int one = make_labelled("frame one", 0);
	int two = make_labelled("frame two", 0);
	int three = make_labelled("three", 0);

	ASSERT_EQ(0, shmdev_raw_share(two));
	EXPECT_EQ(0, run("shmregion list -n --label 'frame*'"));
	EXPECT_EQ(2, count_lines());
	EXPECT_EQ(0, run("shmregion list -n -l 'frame*' -m unsafe"));
	EXPECT_EQ(1, count_lines());
	EXPECT_TRUE(prints("frame two"));
	EXPECT_EQ(0, run("shmregion list -n --mode writable"));
	EXPECT_EQ(2, count_lines());
	EXPECT_EQ(0, run_format("shmregion list --pid %d", getpid()));
	EXPECT_TRUE(prints("three"));
	EXPECT_EQ(0, run("shmregion list -p 1"));
	EXPECT_FALSE(strstr(output, "three"));
	close(one);
	close(two);
	close(three);
}

static int make_sized(size_t size, const char *label)
{
	int device = shmdev_open();
	int fd = shmdev_raw_create(device, size, SHMREGION_MODE_WRITABLE, 0,
				   label, NULL);

	close(device);
	return fd;
}

TEST(list_sorts_and_sums)
{
	int small = make_sized(4096, "z small");
	int large = make_sized(MIB(3), "a large");

	EXPECT_EQ(0, run("shmregion list -n -c label,size --sort size"));
	EXPECT_EQ(0, strncmp(output, "a large", 7));
	EXPECT_EQ(0, run("shmregion list -n -c label -s label"));
	EXPECT_EQ(0, strncmp(output, "a large", 7));
	EXPECT_EQ(0, run("shmregion list -n -b --per user -c user,regions,size"));
	EXPECT_TRUE(line_has(line_with("root"), " 3149824"));
	EXPECT_EQ(0, run("shmregion list -n --per process -c name,regions,handles"));
	EXPECT_TRUE(line_has(line_with("lib_tool_test"), " 2 "));
	close(small);
	close(large);
}

static long list_as_nobody(void *data, long unused)
{
	(void)unused;
	if (setgid(65534) || setuid(65534))
		return -1;
	return run(data);
}

static long wait_for_it(void *data, long unused)
{
	const struct view *view = data;

	(void)unused;
	if (raw_attach(view->fd, NULL))
		return -errno;
	return raw_acquire(view->fd, 0, SHMREGION_NO_DEADLINE, NULL, NULL);
}

TEST(list_and_watch_show_who_is_waited_for)
{
	struct view view = { .fd = make_labelled("waited for", 0) };
	struct peer peer = peer_start();

	EXPECT_EQ(0, run("shmregion list -c waited,label"));
	EXPECT_TRUE(line_has(line_with("waited for"), "no "));
	peer_begin(&peer, wait_for_it, &view, 0);
	EXPECT_EQ(0, run("until shmregion list -c waited,label | "
			 "grep 'yes.*waited for'; do :; done"));
	EXPECT_EQ(0, run("shmregion watch --count 1 -c waited,owner,label"));
	EXPECT_TRUE(line_has(line_with("waited for"), "yes "));
	peer_kill(&peer);
	close(view.fd);
}

TEST(list_tells_others_what_they_miss)
{
	struct peer peer = peer_start();
	int fd = make_labelled("of root", 0);

	EXPECT_EQ(0, peer_do(&peer, list_as_nobody,
			     "shmregion list 2>&1 | grep -c 'could not be looked into: [0-9]'",
			     0));
	EXPECT_EQ(1, peer_do(&peer, list_as_nobody,
			     "shmregion list 2>&1 | grep 'of root'", 0));
	peer_stop(&peer);
	close(fd);
}

/*
 * info
 */

TEST(info_of_a_region_and_of_a_process)
{
	char guid[SHMDEV_GUID_TEXT_SIZE];
	int fd = make_labelled("info", SHMREGION_CREATE_CONTROLLED);
	const char *line;

	guid_of(fd, guid);
	EXPECT_EQ(0, run_format("shmregion info %s", guid));
	EXPECT_EQ(2, count_lines());
	line = line_with("lib_tool_test");
	EXPECT_TRUE(line_has(line, " rwc "));
	EXPECT_TRUE(line_has(line, " rw "));
	EXPECT_TRUE(line_has(line, " yes"));
	EXPECT_EQ(0, run_format("shmregion info %.13s", guid));
	EXPECT_EQ(0, run_format("shmregion info --json %d", getpid()));
	EXPECT_TRUE(prints("\"owner\": true"));
	EXPECT_TRUE(prints("\"member\": 1"));
	EXPECT_EQ(0, run_format("shmregion info -c limit,handles,uid,state %s",
				guid));
	EXPECT_TRUE(prints("rw"));
	close(fd);
	EXPECT_EQ(1, run_format("shmregion info %s 2>&1", guid));
	EXPECT_TRUE(prints("no region"));
	EXPECT_EQ(1, count_lines());
	EXPECT_EQ(1, run("shmregion info 1 2>&1"));
	EXPECT_TRUE(prints("process 1 has no region"));
	EXPECT_EQ(1, run("shmregion info 2147483647 2>&1"));
	EXPECT_TRUE(prints("there is no process"));
}

TEST(info_counts_mappings)
{
	int fd = make_labelled("mapped twice", 0);

	ASSERT_NE(MAP_FAILED, map_region(fd, PAGE, PROT_READ));
	ASSERT_NE(MAP_FAILED, map_region(fd, PAGE, PROT_READ));
	close(fd);
	EXPECT_EQ(0, run_format("shmregion info -n -b -c mapped,label %d",
				getpid()));
	EXPECT_TRUE(line_has(line_with("mapped twice"), "8192 "));
	/* A mapping is enough to keep the module, and to be named for it. */
	EXPECT_EQ(1, run("shmregion unload 2>&1"));
	EXPECT_TRUE(prints("(lib_tool_test):ma"));
}

/* The beginning of a GUID has to be of one region only. */
TEST(info_of_two_regions)
{
	int seen[16] = { 0 }, first = 0, fds[64], count, digit;
	char guid[SHMDEV_GUID_TEXT_SIZE];

	for (count = 0; count < (int)ARRAY_SIZE(fds) && !first; count++) {
		fds[count] = make_labelled("one of many", 0);
		ASSERT_LE(0, fds[count]);
		guid_of(fds[count], guid);
		digit = (int)strtol((char[]){ guid[0], '\0' }, NULL, 16);
		/* A letter, as digits alone are a process. */
		if (digit >= 10 && seen[digit]++)
			first = guid[0];
	}
	ASSERT_NE(0, first);
	EXPECT_EQ(1, run_format("shmregion info %c 2>&1", first));
	EXPECT_EQ(1, count_lines());
	EXPECT_TRUE(prints("may be one of 2 regions"));
	while (count--)
		close(fds[count]);
}

/*
 * watch and trace
 */

#define INSTANCE "/sys/kernel/tracing/instances/shmregion-"

/* More than any command here counts. */
#define ROUNDS 40

static atomic_bool busy_ends;

/* Whether shmregion trace is this process, has begun and gets all events. */
static bool is_tracing(pid_t pid)
{
	static const char * const files[] = {
		"events/shmregion/shmregion_denied/enable", "tracing_on",
	};
	char path[128], text[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), INSTANCE "%d/%s", (int)pid,
			 files[i]);
		if (!read_text(path, text, sizeof(text)) || text[0] != '1')
			return false;
	}
	return true;
}

/* The process of a shmregion trace, or 0. */
static pid_t find_tracer(void)
{
	glob_t found;
	pid_t pid = 0;

	if (!glob(INSTANCE "*", 0, NULL, &found))
		pid = atoi(found.gl_pathv[0] + strlen(INSTANCE));
	globfree(&found);
	return pid;
}

static bool is_stopped(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return !read_text(path, text, sizeof(text)) || strstr(text, ") T ");
}

/*
 * Do what is to be traced while a shmregion trace is stopped, once for each. The
 * kernel patches the code of a tracepoint as tracing begins and ends. On several
 * processors QEMU before 8.1 can go on with the code of before if it translates
 * it just then, and the kernel dies of a breakpoint that it does not know any more.
 */
static void act_while_traced(void (*act)(void *data), void *data)
{
	pid_t pid, served = 0;
	int i;

	for (; !busy_ends; usleep(1000)) {
		pid = find_tracer();
		if (!pid || pid == served || !is_tracing(pid))
			continue;
		kill(pid, SIGSTOP);
		while (!is_stopped(pid))
			sched_yield();
		for (i = 0; i < ROUNDS; i++)
			act(data);
		kill(pid, SIGCONT);
		served = pid;
	}
}

struct busy {
	int fd;
	bool always; /* not only for a shmregion trace */
	uint8_t *memory;
};

/* Changes the owner, and is refused. */
static void change_owner(void *data)
{
	const struct busy *busy = data;

	raw_release(busy->fd);
	touch_read(busy->memory);
	raw_release(busy->fd);
	raw_acquire(busy->fd, SHMREGION_ACQUIRE_NOWAIT, SHMREGION_NO_DEADLINE,
		    NULL, NULL);
}

static void *keep_busy(void *data)
{
	struct busy *busy = data;

	busy->memory = map_region(busy->fd, PAGE, PROT_READ | PROT_WRITE);
	if (busy->always)
		for (; !busy_ends; sched_yield())
			change_owner(busy);
	else
		act_while_traced(change_owner, busy);
	munmap(busy->memory, PAGE);
	return NULL;
}

TEST(watch_counts_changes)
{
	char label[64] = "";
	unsigned long changes = 0;
	struct busy busy = { .fd = make_labelled("busy one", 0), .always = true };
	pthread_t thread;
	int fields;

	busy_ends = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_busy, &busy));
	EXPECT_EQ(0, run("shmregion watch -n -i 1 --count 2 -c changes,rate,label"));
	EXPECT_EQ(2, count_lines());
	EXPECT_EQ('-', output[strspn(output, " ")]);
	fields = sscanf(strchr(output, '\n'), "%lu %*u %63[a-z ]", &changes, label);
	EXPECT_EQ(2, fields);
	EXPECT_LT(0, changes);
	EXPECT_STREQ("busy one", label);
	busy_ends = true;
	pthread_join(thread, NULL);
	close(busy.fd);
}

FIXTURE(busy)
{
	pthread_t thread;
	struct busy busy;
};

FIXTURE_SETUP(busy)
{
	self->busy.fd = make_labelled("busy one", 0);
	ASSERT_LE(0, self->busy.fd);
	busy_ends = false;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, keep_busy,
				    &self->busy));
}

FIXTURE_TEARDOWN(busy)
{
	busy_ends = true;
	pthread_join(self->thread, NULL);
	close(self->busy.fd);
}

TEST_F(busy, trace_says_why)
{
	char guid[SHMDEV_GUID_TEXT_SIZE], expected[128];

	guid_of(self->busy.fd, guid);
	EXPECT_EQ(0, run("shmregion trace --denied --count 20 2>&1"));
	EXPECT_EQ(21, count_lines());
	snprintf(expected, sizeof(expected),
		 " lib_tool_test[%d] \"busy one\" %.8s: was denied read at 0x",
		 (int)getpid() + 1, guid);
	/* The thread's own id is not known, but that it is another. */
	*strstr(expected, "[") = '\0';
	EXPECT_TRUE(prints(expected));
	snprintf(expected, sizeof(expected), "\"busy one\" %.8s: was denied ",
		 guid);
	EXPECT_TRUE(prints(expected));
	EXPECT_TRUE(prints("denied read at 0x"));
	EXPECT_TRUE(prints("denied release: the owner is "));

	EXPECT_EQ(0, run("shmregion trace --count 20"));
	EXPECT_TRUE(prints("releases to nobody"));
	EXPECT_EQ(0, run("shmregion trace -a --count 30"));
	EXPECT_TRUE(prints("learns that it is the owner"));
	EXPECT_TRUE(prints("the owner is now member 1 (pid "));
	/* Nothing is left behind. */
	EXPECT_EQ(1, run("ls /sys/kernel/tracing/instances | grep shmregion"));
}

/* What the thread below asks for, and is denied, each for another reason. */
struct denied {
	int rights, destroyed, limit, receiver, no_consent;
};

static void be_denied(void *data)
{
	const struct denied *fds = data;

	raw_release(fds->rights);
	raw_release(fds->destroyed);
	raw_publish(fds->limit);
	raw_transfer(fds->receiver, SHMREGION_BY_MEMBER, 2, 0, 0, NULL);
	map_region(fds->no_consent, PAGE, PROT_READ);
}

static void *keep_being_denied(void *data)
{
	act_while_traced(be_denied, data);
	return NULL;
}

/* But for that of a rule that has changed meanwhile, which is a race. */
TEST(trace_says_each_reason)
{
	struct denied fds = {
		.rights = raw_dup(make_labelled("rights", 0), RIGHTS_RO),
		.destroyed = make_labelled("destroyed",
					   SHMREGION_CREATE_CONTROLLED),
		.limit = make_labelled("limit", SHMREGION_CREATE_CONTROLLED),
		.receiver = make_labelled("receiver",
					  SHMREGION_CREATE_CONTROLLED),
		.no_consent = make_labelled("consent", 0),
	};
	struct view view = { .fd = fds.receiver };
	struct peer peer = peer_start();
	pthread_t thread;

	ASSERT_EQ(0, raw_destroy(fds.destroyed));
	ASSERT_EQ(0, raw_limit(fds.limit, SHMREGION_BY_MEMBER, 1, RIGHTS_RO));
	ASSERT_LE(0, peer_do(&peer, view_attach, &view, 0));
	ASSERT_EQ(0, raw_limit(fds.receiver, SHMREGION_BY_MEMBER, 2, 0));
	/* The owner cannot detach. */
	ASSERT_EQ(0, raw_release(fds.no_consent));
	ASSERT_EQ(0, raw_detach(fds.no_consent));
	busy_ends = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_being_denied, &fds));

	EXPECT_EQ(0, run("shmregion trace -d --count 20 2>&1"));
	EXPECT_TRUE(prints("denied release: its handle lacks the right\n"));
	EXPECT_TRUE(prints("denied release: the region was destroyed\n"));
	EXPECT_TRUE(prints("denied publish: a controller limits it\n"));
	EXPECT_TRUE(prints("denied transfer: the receiver may not own it\n"));
	EXPECT_TRUE(prints("denied mmap at 0x"));
	EXPECT_TRUE(prints(": it has not attached\n"));

	busy_ends = true;
	pthread_join(thread, NULL);
	peer_stop(&peer);
}

/* As from Ctrl-C. The first line says that the command has begun. */
static int end_by_signal(char *command, char *option)
{
	int pipes[2], status = -1;
	char line[256];
	pid_t pid;

	if (pipe(pipes))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		dup2(pipes[1], STDERR_FILENO);
		execlp("shmregion", "shmregion", command, option, NULL);
		_exit(127);
	}
	close(pipes[1]);
	if (read(pipes[0], line, sizeof(line)) > 0 && !kill(pid, SIGINT))
		waitpid(pid, &status, 0);
	close(pipes[0]);
	return status;
}

TEST(watch_and_trace_end_with_ctrl_c)
{
	int fd = make_labelled("watched", 0);
	int status = end_by_signal("watch", "--interval=3600");

	close(fd);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	EXPECT_EQ(0, end_by_signal("trace", "--all"));
	EXPECT_EQ(1, run("ls /sys/kernel/tracing/instances | grep shmregion"));
}

/* Every command of the manual's examples, as it stands there. */
TEST_F(busy, examples_of_the_manual)
{
	EXPECT_EQ(0, run("tool-examples 2>&1")) {
		TH_LOG("%s", output);
	}
	EXPECT_TRUE(prints("# examples: 8\n"));
}

/*
 * load, unload, doctor
 */

TEST(unload_says_who_uses_it)
{
	char expected[128];
	int fd, device;

	fd = make_labelled("in use", 0);
	EXPECT_EQ(1, run("shmregion unload 2>&1"));
	EXPECT_TRUE(prints("the module is in use"));
	snprintf(expected, sizeof(expected), "\"in use\": %d(lib_tool_test):rwa",
		 getpid());
	EXPECT_TRUE(prints(expected));
	close(fd);

	device = shmdev_open();
	EXPECT_EQ(1, run("shmregion unload 2>&1"));
	snprintf(expected, sizeof(expected),
		 "/dev/shmregion is open: %d (lib_tool_test)", getpid());
	EXPECT_TRUE(prints(expected));
	close(device);
}

TEST(load_and_unload)
{
	EXPECT_EQ(0, run("shmregion load 2>&1"));
	EXPECT_TRUE(prints("loaded already"));
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	EXPECT_EQ(0, run("shmregion unload 2>&1"));
	EXPECT_TRUE(prints("not loaded"));

	EXPECT_EQ(1, run("shmregion doctor"));
	EXPECT_TRUE(prints("run \"shmregion load\""));
	EXPECT_EQ(1, run("shmregion trace 2>&1"));
	EXPECT_TRUE(prints("not loaded"));
	EXPECT_EQ(1, run("shmregion load mode=777 2>&1"));
	EXPECT_TRUE(prints("dmesg"));
	EXPECT_EQ(1, count_lines());

	EXPECT_EQ(0, run("shmregion load mode=0660 2>&1"));
	EXPECT_EQ(0, run("cat /sys/module/shmregion/parameters/mode"));
	EXPECT_TRUE(prints("0660"));
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	ASSERT_EQ(0, run("shmregion load 2>&1"));
}

/* What the help of load says: modprobe.d, and the parameters that there are. */
TEST(load_takes_parameters)
{
	EXPECT_EQ(0, run("shmregion load --help | sed -n '/^Parameters/,$p' | "
			 "tr -c 'a-z_' '\\n' | grep -xE 'mode|huge|max_.*' | "
			 "sort >/tmp/named; ls /sys/module/shmregion/parameters | "
			 "sort | diff - /tmp/named")) {
		TH_LOG("%s", output);
	}
	unlink("/tmp/named");

	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	ASSERT_EQ(0, run("mkdir -p /etc/modprobe.d && "
			 "echo 'options shmregion max_region_bytes=8192 mode=0640' "
			 ">/etc/modprobe.d/tool.conf"));
	EXPECT_EQ(0, run("shmregion load max_user_bytes=16384 2>&1"));
	EXPECT_EQ(0, run("cd /sys/module/shmregion/parameters && "
			 "cat max_region_bytes max_user_bytes mode"));
	EXPECT_STREQ("8192\n16384\n0640\n", output);
	unlink("/etc/modprobe.d/tool.conf");
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	ASSERT_EQ(0, run("shmregion load 2>&1"));
}

TEST(load_and_unload_by_others)
{
	struct peer peer = peer_start();

	EXPECT_EQ(1, peer_do(&peer, list_as_nobody,
			     "shmregion unload 2>/tmp/unload", 0));
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	EXPECT_EQ(1, peer_do(&peer, list_as_nobody,
			     "shmregion load 2>/tmp/load", 0));
	peer_stop(&peer);
	ASSERT_EQ(0, run("shmregion load 2>&1"));
	EXPECT_EQ(0, run("cat /tmp/unload"));
	EXPECT_TRUE(prints("not permitted: run it as root"));
	EXPECT_EQ(0, run("cat /tmp/load"));
	EXPECT_TRUE(prints("not permitted: run it as root"));
	unlink("/tmp/unload");
	unlink("/tmp/load");
}

TEST(load_says_that_there_is_no_module)
{
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	/* As if for another kernel. */
	ASSERT_EQ(0, run("mv /lib/modules/$(uname -r) /lib/modules/9.9.9"));
	EXPECT_EQ(1, run("shmregion load 2>&1"));
	EXPECT_TRUE(prints("only for 9.9.9"));
	ASSERT_EQ(0, run("mv /lib/modules/9.9.9 /lib/modules/$(uname -r)"));
	ASSERT_EQ(0, run("shmregion load 2>&1"));
}

TEST(doctor_finds_nothing)
{
	EXPECT_EQ(0, run("shmregion doctor"));
	EXPECT_FALSE(strstr(output, "problem"));
	EXPECT_TRUE(prints("all regions can be listed"));
	EXPECT_EQ(0, run("shmregion doctor --json"));
	EXPECT_TRUE(prints("\"check\": \"kernel\""));
}

/* A warning is no problem. */
TEST(doctor_warns)
{
	int fd;

	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	ASSERT_EQ(0, run("shmregion load mode=0666 huge=N max_total_bytes=12288 "
			 "max_user_bytes=12288 2>&1"));
	fd = make_labelled("nearly all", 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run("shmregion doctor"));
	EXPECT_TRUE(prints("anyone can open the device: mode 0666"));
	EXPECT_TRUE(prints("12K of 12K reserved"));
	EXPECT_TRUE(prints("shmregion list --per user"));
	EXPECT_TRUE(prints("not used: huge=off"));
	close(fd);
	ASSERT_EQ(0, run("shmregion unload 2>&1"));
	ASSERT_EQ(0, run("shmregion load 2>&1"));
}

/* Without debugfs, root sees what the others see. */
TEST(doctor_misses_debugfs)
{
	ASSERT_EQ(0, run("umount -l /sys/kernel/debug"));
	EXPECT_EQ(0, run("shmregion doctor"));
	EXPECT_TRUE(prints("mount debugfs at /sys/kernel/debug"));
	ASSERT_EQ(0, run("mount -t debugfs none /sys/kernel/debug"));
}

/* The files that the manual names. */
TEST(files_of_the_manual)
{
	static const char *const paths[] = {
		"/sys/kernel/debug/shmregion/regions",
		"/sys/kernel/debug/shmregion/users",
		"/sys/class/misc/shmregion/",
		"/sys/kernel/tracing/events/shmregion/",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		EXPECT_EQ(0, access(paths[i], R_OK));
}

TEST(doctor_says_who_may_not_open_the_device)
{
	struct peer peer = peer_start();

	EXPECT_EQ(1, peer_do(&peer, list_as_nobody,
			     "shmregion doctor >/tmp/doctor", 0));
	peer_stop(&peer);
	EXPECT_EQ(0, run("cat /tmp/doctor"));
	EXPECT_TRUE(prints("you cannot open the device: mode 0600, group root"));
	EXPECT_TRUE(prints("run it as root to see all regions"));
	unlink("/tmp/doctor");
}

TEST(doctor_knows_the_device_from_another_file)
{
	ASSERT_EQ(0, run("mv /dev/shmregion /dev/away && touch /dev/shmregion"));
	EXPECT_EQ(1, run("shmregion doctor"));
	EXPECT_TRUE(prints("is something else"));
	ASSERT_EQ(0, run("mv /dev/away /dev/shmregion"));
}

/* They are programs of their own: that they are found is what counts here. */
TEST(bench_and_demo)
{
#ifdef SELFTESTS_CHECKED_H
	SKIP(return, "they are static, so not beside a tool with a checker");
#endif
	if (run("type shmregion-bench && type shmregion-demo"))
		SKIP(return, "shmregion-bench and shmregion-demo are not here");
	EXPECT_EQ(0, run("shmregion bench --help"));
	EXPECT_TRUE(prints("sage: "));
	EXPECT_EQ(0, run("shmregion demo --help"));
	EXPECT_TRUE(prints("sage: "));
}

TEST_HARNESS_MAIN
