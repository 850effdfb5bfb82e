// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmregion trace: what the tracepoints tell, in words. It uses an instance of
 * its own, so it disturbs nobody else who traces.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"
#include "world.h"

#define INSTANCES "/sys/kernel/tracing/instances"

static const char help[] =
"Usage: shmregion trace [OPTION]...\n"
"\n"
"Prints who is denied what and why, and who hands what to whom, as it happens.\n"
"Needs root. Ends with Ctrl-C.\n"
"\n"
"  -d, --denied         only denials\n"
"  -a, --all            all changes of regions, not those two alone\n"
"      --count NUMBER   end after so many lines\n"
"  -h, --help           show this text\n"
"\n"
"A line is the time since the machine started, the process (its name and the id\n"
"of its thread), what it did, and the label of the region with the beginning of\n"
"its GUID. A read or write that is denied raises SIGSEGV, or fails with EFAULT\n"
"in a system call.\n";

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static int write_file(const char *directory, const char *file,
		      const char *text)
{
	char path[PATH_MAX];
	ssize_t written;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* The value of " key=" in a line, up to the next space, or "?". */
static const char *field(const char *line, const char *key)
{
	static char values[8][64];
	static unsigned int next;
	char *value = values[next++ % 8];
	char name[32];
	const char *at;
	int length;

	length = snprintf(name, sizeof(name), " %s=", key);
	at = strstr(line, name);
	if (!at)
		return "?";
	at += length;
	/* A label has spaces, and may have quotes. */
	if (*at == '"')
		return "?";
	snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(at, "\n "), at);
	return value;
}

static bool is(const char *line, const char *key, const char *value)
{
	return !strcmp(field(line, key), value);
}

/* "member 2, pid 123", or "nobody". */
static const char *party(const char *line, const char *member,
			 const char *pid)
{
	static char texts[2][64];
	static unsigned int next;
	char *text = texts[next++ % 2];

	if (is(line, member, "0"))
		return "nobody";
	snprintf(text, sizeof(texts[0]), "member %s (pid %s)",
		 field(line, member), field(line, pid));
	return text;
}

static void tell_denied(const char *line)
{
	static const struct {
		const char *reason;
		const char *text;
	} reasons[] = {
		{ "limit", "a controller limits it" },
		{ "destroyed", "the region was destroyed" },
		{ "no_consent", "it has not attached" },
		{ "rights", "its handle lacks the right" },
		{ "receiver", "the receiver may not own it" },
		{ "changed", "the rule has changed meanwhile" },
	};
	size_t i;

	printf("was denied %s", field(line, "op"));
	if (!is(line, "address", "0") && !is(line, "address", "0x0"))
		printf(" at %s", field(line, "address"));
	fputs(": ", stdout);
	if (is(line, "reason", "not_owner"))
		printf("the owner is %s",
		       party(line, "owner_member", "owner_pid"));
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (is(line, "reason", reasons[i].reason))
			fputs(reasons[i].text, stdout);
}

/* What an event says, after the label. Return: whether it is known. */
static bool tell(const char *event, const char *line)
{
	if (!strcmp(event, "denied"))
		tell_denied(line);
	else if (!strcmp(event, "transfer"))
		printf("%s to %s", is(line, "to_member", "0") ? "releases" :
								"transfers",
		       party(line, "to_member", "to_pid"));
	else if (!strcmp(event, "reclaim"))
		printf("reclaims from %s",
		       party(line, "from_member", "from_pid"));
	else if (!strcmp(event, "owner"))
		printf("the owner is now %s%s", party(line, "member", "pid"),
		       is(line, "died", "1") ? ", as the one before died" : "");
	else if (!strcmp(event, "acquire"))
		printf("learns that it is the owner%s",
		       strstr(field(line, "flags"), "owner_died") ?
			       ", after a death" : "");
	else if (!strcmp(event, "convert"))
		printf("changes %s to %s%s", field(line, "from"),
		       field(line, "to"),
		       is(line, "frozen", "1") ? ", frozen" : "");
	else if (!strcmp(event, "limit"))
		printf("limits %s to \"%s\"", is(line, "member", "0") ?
		       "all others" : party(line, "member", "pid"),
		       field(line, "limit"));
	else if (!strcmp(event, "create"))
		printf("creates it, %s, of %s bytes", field(line, "mode"),
		       field(line, "size"));
	else if (!strcmp(event, "attach"))
		printf("attaches as %s", party(line, "member", "pid"));
	else if (!strcmp(event, "detach"))
		printf("detaches, %s", party(line, "member", "pid"));
	else if (!strcmp(event, "map"))
		printf("maps %s bytes, %s", field(line, "length"),
		       field(line, "kind"));
	else if (!strcmp(event, "death"))
		printf("dies, %s%s", party(line, "member", "pid"),
		       is(line, "owner", "1") ? ", the owner" : "");
	else if (!strcmp(event, "destroy"))
		fputs("destroys it", stdout);
	else if (!strcmp(event, "free"))
		fputs("lets go of it last; it is gone", stdout);
	else
		return false;
	return true;
}

/*
 * "name-123 [001] ..... 12.345678: shmregion_free: region=1 guid=... label=..."
 * The name may have anything in it, so look from the end of it.
 */
static bool print_line(char *line)
{
	char name[32], event[32], *at, *fields, *label, *label_end;
	double time;
	int tid;

	at = strstr(line, ": shmregion_");
	if (!at || sscanf(at, ": shmregion_%31[a-z_]:", event) != 1)
		return false;
	fields = strchr(at + 2, ' ');
	*at = '\0';
	at = strrchr(line, ' ');
	if (!fields || !at || sscanf(at, "%lf", &time) != 1)
		return false;
	at = strstr(line, " [");
	if (!at)
		return false;
	*at = '\0';
	at = strrchr(line, '-');
	if (!at || sscanf(at, "-%d", &tid) != 1)
		return false;
	*at = '\0';
	line += strspn(line, " ");
	/* The kernel notes a name only when the thread is switched to or from. */
	if (!strcmp(line, "<...>"))
		process_name(tid, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s", line);

	label = strstr(fields, " label=\"");
	/* The label ends with the last quote, as no other field has one. */
	label_end = strrchr(fields, '"');
	if (!label || label_end < label + 8)
		return false;
	*label_end = '\0';

	printf("%.6f %s[%d] \"%s\" %.8s: ", time, name, tid, label + 8,
	       field(fields, "guid"));
	if (!tell(event, label_end + 1))
		fputs(event, stdout);
	putchar('\n');
	return true;
}

/* Until there is something to read, or one of the signals has come. */
static void wait_for_event(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	sigset_t ends, before;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	/* So that none comes between the look at ended and the wait. */
	sigprocmask(SIG_BLOCK, &ends, &before);
	if (!ended)
		ppoll(&poll_fd, 1, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static int print_events(const char *instance, unsigned long count,
			const char *command)
{
	char path[PATH_MAX], *line = NULL;
	unsigned long printed = 0;
	size_t size = 0;
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe", instance);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return complain(command, "cannot open %s: %s", path,
				strerror(errno));
	/* Who starts this can wait for the line until it does. */
	fprintf(stderr, "%s: tracing\n", command);
	while (!ended && (!count || printed < count)) {
		errno = 0;
		if (getline(&line, &size, file) > 0) {
			printed += print_line(line);
			if (fflush(stdout))
				break;
		} else if (errno == EAGAIN || errno == EINTR) {
			clearerr(file);
			wait_for_event(fd);
		} else {
			break;
		}
	}
	free(line);
	fclose(file);
	return finish_output(command);
}

static int enable_events(const char *instance, bool all, bool denied)
{
	if (all)
		return write_file(instance, "events/shmregion/enable", "1");
	if (!denied &&
	    (write_file(instance,
			"events/shmregion/shmregion_transfer/enable", "1") ||
	     write_file(instance,
			"events/shmregion/shmregion_reclaim/enable", "1")))
		return -1;
	return write_file(instance, "events/shmregion/shmregion_denied/enable",
			  "1");
}

static int run(bool all, bool denied, unsigned long count,
		 const char *command)
{
	const struct sigaction act = { .sa_handler = end };
	char instance[64];
	int ret;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	snprintf(instance, sizeof(instance), INSTANCES "/shmregion-%d",
		 getpid());
	if (mkdir(instance, 0700))
		return complain(command, "cannot trace: %s: %s", instance,
				strerror(errno));
	/*
	 * All begin at once, though they are enabled one after the other. Each is
	 * there to be read at once, not when a part of the buffer is full.
	 */
	if (write_file(instance, "tracing_on", "0") ||
	    write_file(instance, "buffer_percent", "0") ||
	    enable_events(instance, all, denied) ||
	    write_file(instance, "tracing_on", "1"))
		ret = complain(command, errno == ENOENT ?
			       "the module is not loaded" :
			       "cannot enable events: %s", strerror(errno));
	else
		ret = print_events(instance, count, command);
	rmdir(instance);
	return ret;
}

int command_trace(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "denied", no_argument, NULL, 'd' },
		{ "all", no_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	bool all = false, denied = false;
	unsigned long count = 0;
	int option;

	while ((option = getopt_long(argc, argv, "dah", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			denied = true;
			break;
		case 'a':
			all = true;
			break;
		case 'C':
			if (!parse_number(optarg, LONG_MAX, &count))
				return misused(argv[0], "no number: \"%s\"",
					       optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return finish_output(argv[0]);
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return misused(argv[0], "unexpected argument \"%s\"",
			       argv[optind]);
	if (all && denied)
		return misused(argv[0], "--all and --denied exclude one another");
	return run(all, denied, count, argv[0]);
}
