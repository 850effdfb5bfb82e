// SPDX-License-Identifier: GPL-2.0-only
/* shmregion unload: unloads the module, or says who uses it. */
#include <errno.h>
#include <getopt.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "tool.h"
#include "world.h"

static const char help[] =
"Usage: shmregion unload [OPTION]...\n"
"\n"
"Unloads the kernel module. If it is in use, names those who use it: who has\n"
"handles or mappings of regions, or has the device open. A module that is not\n"
"loaded is no error.\n"
"\n"
"  -h, --help     show this text\n";

static void name_users(const struct region *region, const char *command)
{
	char text[64];
	size_t i;

	fprintf(stderr, "%s: region %s \"%s\":", command, region->guid,
		region->label);
	for (i = 0; i < region->user_count; i++) {
		user_text(&region->users[i], text, sizeof(text));
		fprintf(stderr, " %s", text);
	}
	fputs(region->user_count ? "\n" : " in flight through a socket\n",
	      stderr);
}

static int name_holders(const char *command)
{
	struct world *world = world_take(0);
	char openers[512];
	size_t i;

	complain(command, "the module is in use:");
	device_openers(openers, sizeof(openers));
	if (openers[0])
		complain(command, "%s is open: %s", DEVICE, openers);
	for (i = 0; world && i < world->count; i++)
		name_users(&world->regions[i], command);
	if (world && !world->count && !openers[0])
		complain(command,
			"no process shows it; it may be another kernel module, or a file of /sys/kernel/debug/shmregion that is open");
	if (world)
		world_free(world);
	return STATUS_FAILED;
}

static int remove_module(const char *command)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_module *module = NULL;
	int ret;

	if (!context || kmod_module_new_from_name(context, "shmregion",
						  &module)) {
		kmod_unref(context);
		return complain(command, "cannot look for the module: %s",
				strerror(errno));
	}
	kmod_set_log_priority(context, 0);
	ret = kmod_module_remove_module(module, KMOD_REMOVE_NOWAIT);
	kmod_module_unref(module);
	kmod_unref(context);

	switch (-ret) {
	case 0:
		return STATUS_OK;
	case EBUSY:
	case EAGAIN:
		return name_holders(command);
	case EPERM:
		return complain(command,
			"not permitted: run it as root; in a container, on the host");
	}
	return complain(command, "cannot unload the module: %s",
			strerror(-ret));
}

int command_unload(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options,
				     NULL)) != -1) {
		if (option != 'h')
			return STATUS_USAGE;
		fputs(help, stdout);
		return finish_output(argv[0]);
	}
	if (optind < argc)
		return misused(argv[0], "unexpected argument \"%s\"",
			       argv[optind]);
	if (!module_is_loaded()) {
		fprintf(stderr, "%s: the module is not loaded\n", argv[0]);
		return STATUS_OK;
	}
	return remove_module(argv[0]);
}
