// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of all calls.
 */
#include "kinds.h"

const struct kind kinds[] = {
	{ "VERSION", 1, call_version },
	{ "CREATE", 4, call_create },
	{ "INFO", 3, call_info },
	{ "DUP", 4, call_dup },
	{ "ATTACH", 4, call_attach },
	{ "DETACH", 4, call_detach },
	{ "TRANSFER", 8, call_transfer },
	{ "ACQUIRE", 8, call_acquire },
	{ "PUBLISH", 3, call_publish },
	{ "FREEZE", 2, call_freeze },
	{ "SHARE", 2, call_share },
	{ "RELEASE", 4, call_release },
	{ "LIMIT", 5, call_limit },
	{ "LIMIT_OTHERS", 2, call_limit_others },
	{ "RECLAIM", 3, call_reclaim },
	{ "DESTROY", 1, call_destroy },
	{ "unknown ioctl", 1, call_unknown },
	{ "mmap", 10, call_mmap },
	{ "munmap", 3, call_munmap },
	{ "mremap", 3, call_mremap },
	{ "mprotect", 4, call_mprotect },
	{ "madvise", 3, call_madvise },
	{ "mlock", 2, call_mlock },
	{ "msync", 1, call_msync },
	{ "mincore", 1, call_mincore },
	{ "remap_file_pages", 1, call_remap_file_pages },
	{ "mseal", 1, call_mseal },
	{ "touch", 16, call_touch },
	{ "copy by the kernel", 4, call_copy_by_kernel },
	{ "vmsplice", 2, call_vmsplice },
	{ "process_vm", 3, call_process_vm },
	{ "/proc/PID/mem", 2, call_proc_mem },
	{ "futex", 2, call_futex },
	{ "file operation", 3, call_file_operation },
	{ "reopen", 1, call_reopen },
	{ "read /proc", 2, call_read_proc },
	{ "poll", 3, call_poll },
	{ "dup2", 2, call_dup2 },
	{ "close", 3, call_close },
	{ "send", 2, call_send },
	{ "receive", 2, call_receive },
	{ "fork", 2, call_fork },
	{ "signal", 2, call_signal },
	{ "replace peer", 1, call_replace_peer },
};

const unsigned int nr_kinds = ARRAY_SIZE(kinds);

_Static_assert(ARRAY_SIZE(kinds) <= NR_KINDS_MAX, "a counter for each");

unsigned int random_kind(struct random *random)
{
	unsigned int total = 0, kind = 0, i, at;

	for (i = 0; i < nr_kinds; i++)
		total += kinds[i].weight;
	at = random_below(random, total);
	while (at >= kinds[kind].weight)
		at -= kinds[kind++].weight;
	return kind;
}
