/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading the module. */
#ifndef SELFTESTS_LOADING_H
#define SELFTESTS_LOADING_H

#include <libkmod.h>

#include "helpers.h"

static inline struct kmod_module *module(void)
{
	static struct kmod_module *module;
	struct kmod_ctx *context;

	if (!module) {
		context = kmod_new(NULL, NULL);
		/* What it would say to stderr is what the tests expect. */
		kmod_set_log_priority(context, 0);
		kmod_module_new_from_name(context, "shmregion", &module);
	}
	return module;
}

static inline bool loaded(void)
{
	return kmod_module_get_initstate(module()) == KMOD_MODULE_LIVE;
}

static inline int load(const char *parameters)
{
	return kmod_module_insert_module(module(), 0, parameters);
}

static inline int unload(void)
{
	return kmod_module_remove_module(module(), KMOD_REMOVE_NOWAIT);
}

static inline int reload(const char *parameters)
{
	int ret = unload();

	return ret ? ret : load(parameters);
}

static inline void restore(void)
{
	if (loaded())
		unload();
	load(NULL);
}

static inline long memory_available_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *file;

	file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

#endif /* SELFTESTS_LOADING_H */
