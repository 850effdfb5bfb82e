// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subcommands that are programs of their own. They are beside this one in the
 * built tree. When they are installed, they are in libexec below the same prefix,
 * or where LIBEXECDIR said.
 */
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* The directory that this program is in, or "". */
static void own_directory(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	path[length > 0 ? length : 0] = '\0';
	if (strrchr(path, '/'))
		*strrchr(path, '/') = '\0';
}

/* Returns only if the program cannot be run from there. */
static void run_from(const char *directory, const char *program, char **argv)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", directory, program);
	argv[0] = path;
	execv(path, argv);
}

int become(const char *program, int argc, char **argv)
{
	char own[PATH_MAX], beside[PATH_MAX + 32];
	const char *command = argv[0];

	(void)argc;
	own_directory(own, sizeof(own));
	snprintf(beside, sizeof(beside), "%s/../libexec/shmregion", own);
	run_from(own, program, argv);
	run_from(beside, program, argv);
	run_from(LIBEXECDIR, program, argv);
	return complain(command, "cannot run %s: %s", program, strerror(errno));
}
