// SPDX-License-Identifier: GPL-2.0-only
/* The steps of those who do not want to let go. */
#include "trick.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kind.h"

/* What the process kept. */
static struct {
	int duplicate;
	pid_t child;
	int child_starter;
	int page_pipe;
	long page_result;
} kept;

long store_stray(struct scene *scene, long argument)
{
	(void)argument;
	return store(scene, STRAY_BYTE);
}

long keep_duplicate(struct scene *scene, long argument)
{
	(void)argument;
	kept.duplicate = scene->kind->share(scene->fd, true);
	return step_result(kept.duplicate);
}

/* The scene of one who uses another file descriptor, at another address. */
static long store_by_fd(const struct scene *scene, int fd)
{
	struct scene other = *scene;
	long ret;

	other.fd = fd;
	ret = map_writable(&other, 0);
	if (!ret)
		ret = store_stray(&other, 0);

	return ret;
}

long use_duplicate(struct scene *scene, long argument)
{
	(void)argument;
	return store_by_fd(scene, kept.duplicate);
}

long map_and_store(struct scene *scene, long argument)
{
	(void)argument;
	return store_by_fd(scene, scene->fd);
}

static void child_life(struct scene *scene, int starter)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGSEGV, SIG_DFL);
	if (read(starter, &byte, sizeof(byte)) != sizeof(byte))
		_exit(1);
	store_stray(scene, 0);
	_exit(0);
}

long keep_child(struct scene *scene, long argument)
{
	int starter[2];

	(void)argument;
	if (pipe2(starter, O_CLOEXEC) < 0)
		return -errno;
	kept.child = fork();
	if (kept.child < 0)
		return -errno;
	if (!kept.child) {
		close(starter[1]);
		child_life(scene, starter[0]);
	}
	close(starter[0]);
	kept.child_starter = starter[1];

	return 0;
}

long use_child(struct scene *scene, long argument)
{
	int status;

	(void)scene;
	(void)argument;
	if (write(kept.child_starter, "", 1) < 0 ||
	    waitpid(kept.child, &status, 0) < 0)
		return -errno;
	if (WIFSIGNALED(status))
		return actor_child_signal(WTERMSIG(status));

	return WEXITSTATUS(status) ? -ECHILD : 0;
}

long keep_page(struct scene *scene, long argument)
{
	struct iovec page = {
		.iov_base = scene->memory,
		.iov_len = 1,
	};
	int ends[2];

	(void)argument;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	kept.page_result = step_result(vmsplice(ends[1], &page, 1, 0));
	kept.page_pipe = ends[0];
	close(ends[1]);

	return 0;
}

long use_page(struct scene *scene, long argument)
{
	uint8_t byte;

	(void)scene;
	(void)argument;
	if (kept.page_result < 0)
		return kept.page_result;
	if (read(kept.page_pipe, &byte, sizeof(byte)) < 0)
		return -errno;

	return byte;
}

long protect_and_store(struct scene *scene, long argument)
{
	(void)argument;
	if (mprotect(scene->memory, scene->size, PROT_READ | PROT_WRITE) < 0)
		return -errno;

	return store_stray(scene, 0);
}

long reopen_and_store(struct scene *scene, long argument)
{
	char path[64];
	long ret;
	int fd;

	(void)argument;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", scene->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = store_by_fd(scene, fd);
	close(fd);

	return ret;
}

long take_and_store(struct scene *scene, long argument)
{
	long ret;

	ret = take_handle(scene, argument);
	return ret < 0 ? ret : store_stray(scene, 0);
}

long write_proc_mem(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;
	long ret;
	int fd;

	(void)argument;
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = step_result(pwrite(fd, &byte, sizeof(byte),
				 (off_t)(uintptr_t)scene->memory));
	close(fd);

	return ret;
}

long read_into(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;
	int ends[2];
	long ret;

	(void)argument;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ret = step_result(write(ends[1], &byte, sizeof(byte)));
	if (ret > 0)
		ret = step_result(read(ends[0], scene->memory, sizeof(byte)));
	close(ends[0]);
	close(ends[1]);

	return ret;
}

long take_back_and_store(struct scene *scene, long argument)
{
	(void)argument;
	if (scene->kind->take_back(scene->fd) < 0)
		return -errno;
	/* What it protects by itself it can allow itself. */
	if (scene->kind->protect &&
	    scene->kind->protect(scene->memory, scene->size, true) < 0)
		return -errno;

	return store_stray(scene, 0);
}

long bar(struct scene *scene, long pid)
{
	return step_result(scene->kind->bar(scene->fd, (pid_t)pid));
}

long destroy(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(scene->kind->destroy(scene->fd, scene->size));
}

long truncate_it(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(ftruncate(scene->fd, 0));
}
