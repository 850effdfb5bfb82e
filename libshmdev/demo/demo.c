// SPDX-License-Identifier: GPL-2.0-only
/* A demonstration of /dev/shmregion, played by real processes. */
#include <getopt.h>
#include <shmdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "chapter.h"
#include "tell.h"

#define EXIT_USAGE	2

static const char help[] =
	"Usage: shmregion-demo\n"
	"\n"
	"Shows what shared memory of /dev/shmregion is good for: processes hand it over,\n"
	"publish it, freeze it, die with it, try to steal it and trust nobody. What it prints is what\n"
	"it has just seen, also of memfd, with which it compares.\n"
	"\n"
	"  -h, --help  show this text\n"
	"\n"
	"Exit status: 0 if the module kept all its promises, 1 if not or if something\n"
	"else failed, 2 for wrong usage.\n"
	"\n"
	"Environment: NO_COLOR, if set, keeps colours off a terminal.\n";

static const char introduction[] =
	"  Two processes share memory to save a copy. But the sender can go on writing, so a careful\n"
	"  receiver copies first, and nothing is saved. Here the kernel takes the memory away from the\n"
	"  sender before the receiver gets it. Everything below has happened just now; name[pid] is a\n"
	"  process of that id.\n";

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		}
		fputs(help, stderr);
		exit(EXIT_USAGE);
	}
	if (optind < argc) {
		fputs(help, stderr);
		exit(EXIT_USAGE);
	}
}

/* Processes die by SIGSEGV here as a matter of course. */
static void no_core_dumps(void)
{
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		give_up("cannot turn core dumps off");
}

static void introduce(void)
{
	struct utsname system;
	int abi;

	abi = shmdev_abi_version();
	if (abi < 0)
		give_up("cannot use %s (is the module loaded?)",
			SHMDEV_DEVICE_PATH);
	uname(&system);
	tell_title("shmregion: shared memory whose rules the kernel enforces");
	printf("  On Linux %s, with %s of ABI version %d.\n\n",
	       system.release, SHMDEV_DEVICE_PATH, abi);
	fputs(introduction, stdout);
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	no_core_dumps();
	tell_start();

	introduce();
	chapter_handover();
	chapter_publish();
	chapter_freeze();
	chapter_death();
	chapter_thief();
	chapter_distrust();
	chapter_table();

	return promises_kept() ? EXIT_SUCCESS : EXIT_FAILURE;
}
