// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subcommands that are programs of their own. They are beside this one in the
 * built tree, and where LIBEXECDIR says when they are installed.
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

int become(const char *program, int argc, char **argv)
{
	char own[PATH_MAX], path[PATH_MAX + 64];
	const char *command = argv[0];

	(void)argc;
	own_directory(own, sizeof(own));
	snprintf(path, sizeof(path), "%s/%s", own, program);
	argv[0] = path;
	execv(path, argv);
	snprintf(path, sizeof(path), "%s/%s", LIBEXECDIR, program);
	execv(path, argv);
	return complain(command, "cannot run %s: %s", path, strerror(errno));
}
