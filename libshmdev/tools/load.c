// SPDX-License-Identifier: GPL-2.0-only
/* shmregion load: loads the module, or says why it cannot be. */
#include <errno.h>
#include <getopt.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "module.h"
#include "tool.h"

static const char help[] =
"Usage: shmregion load [PARAMETER=VALUE]...\n"
"\n"
"Loads the kernel module, with what modprobe.d(5) says about it. If that fails,\n"
"says why and what to do. A module that is loaded already stays as it is.\n"
"\n"
"  -h, --help     show this text\n"
"\n"
"Parameters are those of shmregion(4): mode, huge, max_total_bytes,\n"
"max_user_bytes, max_region_bytes.\n";

static int explain_missing(const char *command)
{
	char kernels[512];
	struct utsname name;

	uname(&name);
	module_kernels(kernels, sizeof(kernels));
	if (kernels[0])
		return complain(command,
			"there is no module for this kernel, %s, only for %s: build it for this one (\"make modules_install\", or \"dkms autoinstall\"), or boot one of those",
				name.release, kernels);
	return complain(command,
		"there is no module: build and install it (\"make modules_install\"), and run depmod");
}

/* Of one that the kernel does not take for its signature. */
static int explain_signature(const char *command)
{
	char signer[128];

	if (!module_signer(signer, sizeof(signer)))
		return complain(command,
			"the kernel takes signed modules only (Secure Boot), and this one is not signed: "
			ADVICE_SIGN);
	return complain(command,
		"the kernel takes only modules that are signed by a key it knows (Secure Boot), and this one is signed by \"%s\": "
		ADVICE_ENROL, signer);
}

static int explain(int error, const char *command)
{
	/* A kernel that is locked down says EPERM to root as well. */
	if (error == EPERM && !geteuid() && module_must_be_signed())
		error = EKEYREJECTED;

	switch (error) {
	case ENOENT:
		return complain(command,
			"the module has an unknown symbol or parameter: see dmesg");
	case EPERM:
		return complain(command,
			"not permitted: run it as root; in a container, on the host");
	case EKEYREJECTED:
	case ENOKEY:
		return explain_signature(command);
	case ENOEXEC:
		return complain(command,
			"the module was built for another kernel: build it anew (\"dkms autoinstall\"); see dmesg");
	case EINVAL:
		return complain(command,
			"the module does not take a parameter, or was built for another kernel: dmesg says which");
	case ENOMEM:
		return complain(command, "there is not enough memory");
	}
	return complain(command, "cannot load the module: %s; see dmesg",
			strerror(error));
}

static int insert_module(const char *parameters, const char *command)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL, *entry;
	struct kmod_module *module;
	int ret = 0;

	if (!context)
		return complain(command, "cannot look for the module: %s",
				strerror(errno));
	/* What it would say is what is explained here. */
	kmod_set_log_priority(context, 0);
	if (kmod_module_new_from_lookup(context, "shmregion", &list) < 0 ||
	    !list) {
		kmod_unref(context);
		return explain_missing(command);
	}
	kmod_list_foreach(entry, list) {
		module = kmod_module_get_module(entry);
		ret = kmod_module_probe_insert_module(module, 0, parameters,
						      NULL, NULL, NULL);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	kmod_unref(context);
	return ret ? explain(abs(ret), command) : STATUS_OK;
}

int command_load(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	char parameters[1024] = "";
	size_t length = 0;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options,
				     NULL)) != -1) {
		if (option != 'h')
			return STATUS_USAGE;
		fputs(help, stdout);
		return finish_output(argv[0]);
	}
	for (; optind < argc; optind++) {
		if (!strchr(argv[optind], '='))
			return misused(argv[0], "no PARAMETER=VALUE: \"%s\"",
				       argv[optind]);
		length += (size_t)snprintf(parameters + length,
					   sizeof(parameters) - length, "%s%s",
					   length ? " " : "", argv[optind]);
		if (length >= sizeof(parameters))
			return misused(argv[0], "too many parameters");
	}
	if (module_is_loaded()) {
		fprintf(stderr, "%s: the module is loaded already\n", argv[0]);
		return STATUS_OK;
	}
	return insert_module(parameters, argv[0]);
}
