// SPDX-License-Identifier: GPL-2.0-only
/* The kernel module, by libkmod and by what the kernel shows. */
#include "module.h"

#include <ctype.h>
#include <dirent.h>
#include <glob.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tool.h"
#include "world.h"

bool module_is_loaded(void)
{
	char state[16];

	return read_line("/sys/module/shmregion/initstate", state,
			 sizeof(state)) && !strcmp(state, "live");
}

bool module_is_installed(void)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL;
	bool installed;

	if (!context)
		return false;
	kmod_set_log_priority(context, 0);
	installed = kmod_module_new_from_lookup(context, "shmregion",
						&list) >= 0 && list;
	kmod_module_unref_list(list);
	kmod_unref(context);
	return installed;
}

bool module_signer(char *text, size_t size)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_module *module = NULL;
	struct kmod_list *list = NULL, *entry;
	bool is_signed = false;

	text[0] = '\0';
	if (!context)
		return false;
	kmod_set_log_priority(context, 0);
	if (!kmod_module_new_from_name(context, "shmregion", &module) &&
	    kmod_module_get_info(module, &list) >= 0) {
		kmod_list_foreach(entry, list) {
			if (strcmp(kmod_module_info_get_key(entry), "signer"))
				continue;
			is_signed = true;
			snprintf(text, size, "%s",
				 kmod_module_info_get_value(entry));
		}
		kmod_module_info_free_list(list);
	}
	kmod_module_unref(module);
	kmod_unref(context);
	return is_signed;
}

void module_kernels(char *text, size_t size)
{
	const char *release, *end;
	size_t length = 0, i;
	glob_t found;

	text[0] = '\0';
	if (glob("/lib/modules/*/{updates,updates/dkms,extra}/shmregion.ko*",
		 GLOB_BRACE, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc && length < size; i++) {
		release = found.gl_pathv[i] + strlen("/lib/modules/");
		end = strchr(release, '/');
		length += (size_t)snprintf(text + length, size - length,
					   "%s%.*s", length ? ", " : "",
					   (int)(end - release), release);
	}
	globfree(&found);
}

bool module_must_be_signed(void)
{
	char line[128];

	/* "none [integrity] confidentiality" */
	if (read_line("/sys/kernel/security/lockdown", line, sizeof(line)) &&
	    !strstr(line, "[none]"))
		return true;
	return read_line("/sys/module/module/parameters/sig_enforce", line,
			 sizeof(line)) && line[0] == 'Y';
}

/* Whether a process has the device open. */
static bool has_device_open(const char *pid)
{
	char path[300], target[64];
	struct dirent *entry;
	bool found = false;
	ssize_t length;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		length = readlinkat(dirfd(dir), entry->d_name, target,
				    sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		found = !strcmp(target, DEVICE);
	}
	if (dir)
		closedir(dir);
	return found;
}

void device_openers(char *text, size_t size)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t length = 0;
	char name[32];

	text[0] = '\0';
	while (dir && length < size && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !has_device_open(entry->d_name))
			continue;
		process_name(atoi(entry->d_name), name, sizeof(name));
		length += (size_t)snprintf(text + length, size - length,
					   "%s%s (%s)", length ? ", " : "",
					   entry->d_name, name);
	}
	if (dir)
		closedir(dir);
}
