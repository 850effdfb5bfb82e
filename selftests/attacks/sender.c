// SPDX-License-Identifier: GPL-2.0-only
/* Steps of a sender that does not let go, beyond those of the demo. */
#include "sender.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trick.h"

long keep_forced_child(struct scene *scene, long argument)
{
	/* That it is refused is seen when the child stores. */
	madvise(scene->memory, scene->size, MADV_DOFORK);
	return keep_child(scene, argument);
}

/* The read that was begun. */
static struct {
	pthread_t thread;
	volatile pid_t tid;
	void *memory;
	int ends[2];
	long result;
} blocked;

static void *read_into_memory(void *data)
{
	(void)data;
	blocked.tid = (pid_t)syscall(SYS_gettid);
	blocked.result = step_result(read(blocked.ends[0], blocked.memory, 1));
	return NULL;
}

static bool is_asleep(pid_t tid)
{
	char path[64], line[256] = "";
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);

	return state && state[2] == 'S';
}

long keep_blocked_read(struct scene *scene, long argument)
{
	(void)argument;
	blocked.memory = scene->memory;
	if (pipe2(blocked.ends, O_CLOEXEC) < 0)
		return -errno;
	if (pthread_create(&blocked.thread, NULL, read_into_memory, NULL))
		return -EAGAIN;
	while (!blocked.tid || !is_asleep(blocked.tid))
		sched_yield();

	return 0;
}

long use_blocked_read(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;

	(void)scene;
	(void)argument;
	if (write(blocked.ends[1], &byte, sizeof(byte)) < 0)
		return -errno;
	pthread_join(blocked.thread, NULL);

	return blocked.result;
}

static long store_at(const struct scene *scene, void *memory)
{
	struct scene other = *scene;

	other.memory = memory;
	return memory == MAP_FAILED ? -errno : store_stray(&other, 0);
}

long move_and_store(struct scene *scene, long argument)
{
	void *place;

	(void)argument;
	place = mmap(NULL, scene->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	return store_at(scene, mremap(scene->memory, scene->size, scene->size,
				      MREMAP_MAYMOVE | MREMAP_FIXED, place));
}

long remap_twice_and_store(struct scene *scene, long argument)
{
	(void)argument;
	return store_at(scene, mremap(scene->memory, 0, scene->size,
				      MREMAP_MAYMOVE));
}

long remap_pages_and_store(struct scene *scene, long argument)
{
	(void)argument;
	if (syscall(SYS_remap_file_pages, scene->memory, scene->size, 0, 0, 0))
		return -errno;

	return store_stray(scene, 0);
}

long write_file(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;

	(void)argument;
	return step_result(pwrite(scene->fd, &byte, sizeof(byte), 0));
}

long punch_hole(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(fallocate(scene->fd,
				     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				     0, (off_t)scene->size));
}

/* Root may open what a process has mapped, even without a file descriptor. */
long reopen_mapping_and_store(struct scene *scene, long argument)
{
	const uintptr_t start = (uintptr_t)scene->memory;
	struct scene other = *scene;
	char path[80];
	long ret;

	(void)argument;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", start,
		 start + scene->size);
	other.fd = open(path, O_RDWR | O_CLOEXEC);
	if (other.fd < 0)
		return -errno;
	ret = map_writable(&other, 0);
	if (!ret)
		ret = store_stray(&other, 0);
	close(other.fd);

	return ret;
}

long load_privately(struct scene *scene, long argument)
{
	struct scene other = *scene;

	other.memory = mmap(NULL, scene->size, PROT_READ, MAP_PRIVATE,
			    scene->fd, 0);
	return (void *)other.memory == MAP_FAILED ? -errno :
						     load(&other, argument);
}
