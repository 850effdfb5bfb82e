// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A parser in a sandbox: a program hands the bytes of a file that it does not
 * trust to a process that can do nothing but parse, in place, and hand back what
 * it found. While one has the region the other one cannot touch it, so neither
 * has to copy.
 *
 * usage: example-parser [FILE]
 *        example-parser --touch   store while the parser has it: SIGSEGV
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#include "records.h"
#include "sandbox.h"

#define MAP_FLAGS	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)
#define PATIENCE_NS	UINT64_C(60000000000)

/* Does not return. @parent is the member id to hand the region back to. */
static void be_parser(const struct shmdev_region *region, uint64_t parent,
		      int ready)
{
	static const struct sandbox_rule rules[] = {
		{ SYS_ioctl, SHMREGION_IOC_ACQUIRE },
		{ SYS_ioctl, SHMREGION_IOC_TRANSFER },
		{ SYS_exit_group, 0 },
		{ SANDBOX_END, 0 },
	};
	struct shmdev_mapping *mapping;
	uint64_t member;

	mapping = shmdev_region_map(region, 0, sizeof(struct document),
				    MAP_FLAGS);
	/* To be given the region it takes part, and says under which number. */
	if (!mapping || shmdev_region_attach(region, &member) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    write(ready, &member, sizeof(member)) != sizeof(member) ||
	    sandbox_enter(rules, SECCOMP_RET_KILL_PROCESS) < 0)
		err(1, "parser");

	/* From here on it cannot even say what went wrong. */
	if (shmdev_region_acquire(region, SHMREGION_NO_DEADLINE, NULL) < 0)
		_exit(1);
	parse(shmdev_mapping_data_writable(mapping));
	_exit(shmdev_region_transfer(region, shmdev_by_member(parent)) < 0);
}

/* One read will do: the parser must live with any bytes. */
static uint32_t load(struct document *document, const char *path)
{
	static const char sample[] = "RECS\5apple\4pear\6cherry";
	ssize_t length = sizeof(sample) - 1;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (path)
		length = fd < 0 ? -1 : read(fd, document->bytes, MAX_FILE);
	else
		memcpy(document->bytes, sample, length);
	if (length < 0)
		err(1, "%s", path);
	document->length = length;
	return length;
}

/* The parser may have been taken over by the bytes: check what it says. */
static int show(const struct document *document, uint32_t length, pid_t parser)
{
	const struct record *record;
	const char *text;
	uint32_t i;

	if (document->count > MAX_RECORDS)
		errx(1, "the parser lies");
	for (i = 0; i < document->count; i++) {
		record = &document->records[i];
		text = shmdev_memory_span(document->bytes, length, char,
					  record->offset, record->length);
		if (!text)
			errx(1, "the parser lies");
		printf("record: %.*s\n", (int)record->length, text);
	}
	printf("parser %d: %u records, in place\n", parser, document->count);
	if (document->good)
		return 0;
	printf("parser %d: malformed at byte %u\n", parser, document->parsed);
	return 1;
}

int main(int argc, char **argv)
{
	const bool touch = argc > 1 && !strcmp(argv[1], "--touch");
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
	struct document *document;
	uint32_t length, flags;
	uint64_t member, parser;
	int ready[2];
	pid_t pid;

	region = shmdev_region_create(sizeof(struct document),
				      SHMREGION_MODE_WRITABLE, 0, "parser");
	if (!region)
		err(1, "create");
	mapping = shmdev_region_map(region, 0, sizeof(*document), MAP_FLAGS);
	member = shmdev_region_member(region);
	if (!mapping || !member || pipe(ready) < 0)
		err(1, "prepare");
	document = shmdev_mapping_data_writable(mapping);
	length = load(document, touch ? NULL : argv[1]);

	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		be_parser(region, member, ready[1]);
	close(ready[1]);
	if (read(ready[0], &parser, sizeof(parser)) != sizeof(parser))
		errx(1, "no parser");

	if (touch) {
		/* Stopped, so that it can't hand the region back. */
		if (kill(pid, SIGSTOP) < 0 ||
		    shmdev_region_transfer(region, shmdev_by_member(parser)) < 0)
			err(1, "hand over");
		document->bytes[0] = 'X';
		errx(1, "that should have been SIGSEGV");
	}
	if (shmdev_region_transfer_and_wait(region, shmdev_by_member(parser),
					    shmdev_deadline_after(PATIENCE_NS),
					    &flags) < 0)
		err(1, "the parser does not answer");
	if (flags & SHMREGION_OUT_OWNER_DIED)
		errx(1, "the parser died");
	waitpid(pid, NULL, 0);
	return show(document, length, pid);
}
