/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways of debuggers into the memory of a process.
 */
#ifndef SELFTESTS_DEBUG_H
#define SELFTESTS_DEBUG_H

#include <sys/ptrace.h>
#include <sys/uio.h>

#include "helpers.h"

/* What a debugger is to do to another process, or to itself. */
struct target {
	pid_t pid;
	uint8_t *address;
	uint8_t value;
};

/* Each of these returns the byte read, or 0, or minus the error. */

static inline long read_by_proc(void *data, long unused)
{
	const struct target *target = data;
	char path[64];
	uint8_t byte;
	long ret;
	int fd;

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/mem", target->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = pread(fd, &byte, 1, (off_t)target->address) == 1 ? byte : -errno;
	close(fd);
	return ret;
}

static inline long write_by_proc(void *data, long unused)
{
	const struct target *target = data;
	char path[64];
	long ret;
	int fd;

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/mem", target->pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = pwrite(fd, &target->value, 1, (off_t)target->address) == 1 ?
		      0 : -errno;
	close(fd);
	return ret;
}

/* A whole word: the bytes after the first are to stay as they are. */
static inline long by_ptrace(const struct target *target, bool write)
{
	void *address = (void *)((uintptr_t)target->address & ~7UL);
	int shift = ((uintptr_t)target->address & 7) * 8, status;
	unsigned long word;
	long ret;

	if (ptrace(PTRACE_SEIZE, target->pid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, target->pid, NULL, NULL) ||
	    waitpid(target->pid, &status, __WALL) != target->pid)
		return -ECHILD;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, target->pid, address, NULL);
	ret = errno ? -errno : (long)(word >> shift & 0xff);
	if (write) {
		/* Also where it cannot be read. */
		word &= ~(0xffUL << shift);
		word |= (unsigned long)target->value << shift;
		ret = -errno_of(ptrace(PTRACE_POKEDATA, target->pid, address,
				       word));
	}
	ptrace(PTRACE_DETACH, target->pid, NULL, NULL);
	return ret;
}

static inline long read_by_ptrace(void *data, long unused)
{
	(void)unused;
	return by_ptrace(data, false);
}

static inline long write_by_ptrace(void *data, long unused)
{
	(void)unused;
	return by_ptrace(data, true);
}

static inline long read_by_process_vm(void *data, long unused)
{
	const struct target *target = data;
	uint8_t byte;
	struct iovec local = { &byte, 1 };
	struct iovec remote = { target->address, 1 };

	(void)unused;
	return process_vm_readv(target->pid, &local, 1, &remote, 1, 0) == 1 ?
		       byte : -errno;
}

static inline long write_by_process_vm(void *data, long unused)
{
	struct target *target = data;
	struct iovec local = { &target->value, 1 };
	struct iovec remote = { target->address, 1 };

	(void)unused;
	return process_vm_writev(target->pid, &local, 1, &remote, 1, 0) == 1 ?
		       0 : -errno;
}

/* In a child of the test, which has no access itself. */
static inline long by_child(peer_step step, struct target *target)
{
	struct peer child = peer_start();
	long ret = peer_do(&child, step, target, 0);

	peer_stop(&child);
	return ret;
}

#endif /* SELFTESTS_DEBUG_H */
