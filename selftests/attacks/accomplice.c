// SPDX-License-Identifier: GPL-2.0-only
/* Steps of an accomplice, who works on the sender from outside. */
#include "accomplice.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tell.h"
#include "trick.h"

/* Shared by all actors. */
static struct {
	pid_t pid;
	void *address;
} *target;

void accomplice_prepare(void)
{
	target = mmap(NULL, sizeof(*target), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (target == MAP_FAILED)
		give_up("cannot share an address");
}

long tell_address(struct scene *scene, long argument)
{
	(void)argument;
	target->pid = getpid();
	target->address = scene->memory;
	return 0;
}

long write_by_process_vm(struct scene *scene, long argument)
{
	uint8_t byte = STRAY_BYTE;
	const struct iovec local = { &byte, sizeof(byte) };
	const struct iovec remote = { target->address, sizeof(byte) };

	(void)scene;
	(void)argument;
	return step_result(process_vm_writev(target->pid, &local, 1, &remote, 1,
					     0));
}

long read_by_process_vm(struct scene *scene, long argument)
{
	uint8_t byte;
	const struct iovec local = { &byte, sizeof(byte) };
	const struct iovec remote = { target->address, sizeof(byte) };

	(void)scene;
	(void)argument;
	return step_result(process_vm_readv(target->pid, &local, 1, &remote, 1,
					    0));
}

long write_by_ptrace(struct scene *scene, long argument)
{
	long word, ret;

	(void)scene;
	(void)argument;
	memset(&word, STRAY_BYTE, sizeof(word));
	if (ptrace(PTRACE_ATTACH, target->pid, NULL, NULL) < 0)
		return -errno;
	if (waitpid(target->pid, NULL, __WALL) < 0)
		return -errno;
	ret = step_result(ptrace(PTRACE_POKEDATA, target->pid, target->address,
				 word));
	ptrace(PTRACE_DETACH, target->pid, NULL, NULL);

	return ret;
}

long write_by_proc_pid_mem(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;
	char path[64];
	long ret;
	int fd;

	(void)scene;
	(void)argument;
	snprintf(path, sizeof(path), "/proc/%d/mem", target->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = step_result(pwrite(fd, &byte, sizeof(byte),
				 (off_t)(uintptr_t)target->address));
	close(fd);

	return ret;
}
