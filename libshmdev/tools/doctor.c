// SPDX-License-Identifier: GPL-2.0-only
/* shmregion doctor: checks the installation and says what to do. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <shmdev.h>

#include "module.h"
#include "table.h"
#include "tool.h"

#define ATTRIBUTES "/sys/class/misc/shmregion/"

static const char help[] =
"Usage: shmregion doctor [OPTION]...\n"
"\n"
"Checks the kernel, the module, the device, who may open it, limits, huge pages\n"
"and what root can see, and says what to do. The exit status is 1 if there is a\n"
"problem. A warning is none.\n"
"\n"
TABLE_HELP
"  -h, --help           show this text\n";

enum { CHECK, RESULT, FOUND, ADVICE };

static const struct column columns[] = {
	[CHECK] = { "CHECK", COLUMN_TEXT, true, "what was checked" },
	[RESULT] = { "RESULT", COLUMN_TEXT, true, "ok, warning or problem" },
	[FOUND] = { "FOUND", COLUMN_TEXT, true, "what was found" },
	[ADVICE] = { "ADVICE", COLUMN_TEXT, true, "what to do" },
};

enum result { OK, WARNING, PROBLEM };

struct finding {
	const char *check;
	enum result result;
	char found[256];
	const char *advice;
};

/* As many as there are checks, and one more. */
#define FINDINGS_MAX 16

struct findings {
	struct finding list[FINDINGS_MAX];
	size_t count;
};

static void write_cell(const void *row, unsigned int column, char *text,
		       size_t size)
{
	static const char *const results[] = { "ok", "warning", "problem" };
	const struct finding *finding = row;

	switch (column) {
	case CHECK:
		snprintf(text, size, "%s", finding->check);
		break;
	case RESULT:
		snprintf(text, size, "%s", results[finding->result]);
		break;
	case FOUND:
		snprintf(text, size, "%s", finding->found);
		break;
	case ADVICE:
		snprintf(text, size, "%s", finding->advice);
		break;
	}
}

__attribute__((format(printf, 5, 6)))
static void note(struct findings *findings, const char *check,
		 enum result result, const char *advice, const char *format,
		 ...)
{
	struct finding *finding = &findings->list[findings->count++];
	va_list list;

	finding->check = check;
	finding->result = result;
	finding->advice = advice;
	va_start(list, format);
	vsnprintf(finding->found, sizeof(finding->found), format, list);
	va_end(list);
}

static void check_kernel(struct findings *findings)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 ||
	    (major == 6 && minor < 1))
		note(findings, "kernel", PROBLEM, "boot Linux 6.1 or newer",
		     "Linux %s", name.release);
	else
		note(findings, "kernel", OK, "", "Linux %s", name.release);
}

static void check_module(struct findings *findings)
{
	char version[32] = "";

	if (module_is_loaded()) {
		read_line("/sys/module/shmregion/version", version,
			  sizeof(version));
		note(findings, "module", OK, "", "loaded, version %s", version);
	} else if (module_is_installed()) {
		note(findings, "module", PROBLEM,
		     "run \"shmregion load\"; name it in modules-load.d(5) to have it at each boot",
		     "installed, but not loaded");
	} else {
		note(findings, "module", PROBLEM,
		     "build and install it for this kernel; \"shmregion load\" says more",
		     "none for this kernel");
	}
}

static void check_signature(struct findings *findings)
{
	char signer[128];

	if (!module_must_be_signed())
		note(findings, "signature", OK, "", "none is asked for");
	else if (module_is_loaded())
		note(findings, "signature", OK, "",
		     "asked for, and that of the module is good");
	else if (module_signer(signer, sizeof(signer)))
		note(findings, "signature", WARNING, ADVICE_ENROL,
		     "the kernel asks for it (Secure Boot), by a key that it knows; the module has one by \"%s\"",
		     signer);
	else if (module_is_installed())
		note(findings, "signature", PROBLEM, ADVICE_SIGN,
		     "the kernel asks for it (Secure Boot), and the module has none");
	else
		note(findings, "signature", OK, "",
		     "the kernel asks for it (Secure Boot)");
}

/* Whether the node is the device. */
static bool is_device(const struct stat *node)
{
	unsigned int major, minor;
	char line[32];

	return S_ISCHR(node->st_mode) &&
	       read_line(ATTRIBUTES "dev", line, sizeof(line)) &&
	       sscanf(line, "%u:%u", &major, &minor) == 2 &&
	       node->st_rdev == makedev(major, minor);
}

static void check_node(struct findings *findings)
{
	struct stat node;

	if (stat(DEVICE, &node))
		note(findings, "device", PROBLEM,
		     module_is_loaded() ?
			     "let udev make it; in a container, pass it in" :
			     "load the module",
		     "no %s", DEVICE);
	else if (!is_device(&node))
		note(findings, "device", PROBLEM,
		     "remove the file and load the module anew",
		     "%s is something else", DEVICE);
	else
		note(findings, "device", OK, "", "%s", DEVICE);
}

static void check_access(struct findings *findings)
{
	const struct group *group;
	struct stat node;
	char name[64];

	if (stat(DEVICE, &node))
		return;
	group = getgrgid(node.st_gid);
	snprintf(name, sizeof(name), "mode %04o, group %s",
		 node.st_mode & 07777, group ? group->gr_name : "unknown");
	if (access(DEVICE, R_OK | W_OK))
		note(findings, "access", PROBLEM,
		     "join the group of the device (\"adduser USER GROUP\") and log in again; if it is root's, give it another by udev",
		     "you cannot open the device: %s", name);
	else if (node.st_mode & 06)
		note(findings, "access", WARNING,
		     "give it a group of its own and mode 0660",
		     "anyone can open the device: %s", name);
	else
		note(findings, "access", OK, "", "%s", name);
}

static void check_interface(struct findings *findings)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int version;

	if (fd < 0)
		return;
	version = shmdev_raw_version(fd);
	close(fd);
	if (version == SHMREGION_ABI_VERSION)
		note(findings, "interface", OK, "", "version %d", version);
	else
		note(findings, "interface", PROBLEM,
		     "install module and tools of one version",
		     "the module has version %d, this program knows %d",
		     version, SHMREGION_ABI_VERSION);
}

static unsigned long long attribute(const char *name)
{
	char path[128], line[32];

	snprintf(path, sizeof(path), ATTRIBUTES "%s", name);
	return read_line(path, line, sizeof(line)) ? strtoull(line, NULL, 10) :
						     0;
}

static void check_limits(struct findings *findings)
{
	unsigned long long reserved = attribute("reserved_bytes");
	unsigned long long max = attribute("max_total_bytes");
	char used[16], all[16], user[16];

	if (!max)
		return;
	format_size(reserved, used, sizeof(used));
	format_size(max, all, sizeof(all));
	format_size(attribute("max_user_bytes"), user, sizeof(user));
	if (reserved > max / 10 * 9)
		note(findings, "limits", WARNING,
		     "see who has it, \"shmregion list --per user\"; or raise max_total_bytes",
		     "%s of %s reserved", used, all);
	else
		note(findings, "limits", OK, "",
		     "%s of %s reserved, %s for one user", used, all, user);
}

static void check_huge(struct findings *findings)
{
	char huge[32], kernel[64];

	if (!read_line("/sys/module/shmregion/parameters/huge", huge,
		       sizeof(huge)))
		return;
	if (!read_line("/sys/kernel/mm/transparent_hugepage/enabled", kernel,
		       sizeof(kernel)))
		snprintf(kernel, sizeof(kernel), "none");
	if (!strcmp(huge, "off") || strstr(kernel, "[never]"))
		note(findings, "huge pages", WARNING,
		     "large regions are faster with them: see huge in shmregion(4)",
		     "not used: huge=%s, kernel: %s", huge, kernel);
	else
		note(findings, "huge pages", OK, "", "huge=%s, kernel: %s", huge,
		     kernel);
}

static void check_sight(struct findings *findings)
{
	if (!module_is_loaded())
		return;
	if (!access("/sys/kernel/debug/shmregion/regions", R_OK))
		note(findings, "list", OK, "", "all regions can be listed");
	else if (geteuid())
		note(findings, "list", WARNING, "run it as root to see all regions",
		     "only what /proc shows you");
	else
		note(findings, "list", WARNING,
		     "mount debugfs at /sys/kernel/debug to see regions in flight",
		     "only what /proc shows");
}

static int examine(const struct table *table, const char *command)
{
	const void *rows[FINDINGS_MAX];
	struct findings findings = { 0 };
	bool problem = false;
	size_t i;
	int ret;

	check_kernel(&findings);
	check_module(&findings);
	check_signature(&findings);
	check_node(&findings);
	check_access(&findings);
	check_interface(&findings);
	check_limits(&findings);
	check_huge(&findings);
	check_sight(&findings);

	for (i = 0; i < findings.count; i++) {
		rows[i] = &findings.list[i];
		problem |= findings.list[i].result == PROBLEM;
	}
	ret = table_print(table, command, rows, findings.count);
	return ret ? ret : problem ? STATUS_FAILED : STATUS_OK;
}

int command_doctor(int argc, char **argv)
{
	static const struct option long_options[] = {
		TABLE_LONG,
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct table table = {
		.name = "checks",
		.columns = columns,
		.count = ARRAY_SIZE(columns),
		.write = write_cell,
	};
	int option;

	while ((option = getopt_long(argc, argv, TABLE_SHORT "h", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			table_print_columns(&table);
			return finish_output(argv[0]);
		}
		if (!table_option(&table, option, optarg))
			return STATUS_USAGE;
	}
	if (optind < argc)
		return misused(argv[0], "unexpected argument \"%s\"",
			       argv[optind]);
	if (!table_check(&table, argv[0]))
		return STATUS_USAGE;
	return examine(&table, argv[0]);
}
