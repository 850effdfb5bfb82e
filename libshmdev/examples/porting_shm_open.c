// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Porting from shm_open(3): two processes that share memory under a name, and
 * two that share a region. Documentation/porting/shm_open.rst shows the parts.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define NAME		"/shmregion-porting"
#define PATIENCE_NS	UINT64_C(60000000000)

struct shared {
	pthread_mutex_t lock;
	int count;
};

static void init(struct shared *shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->lock, &attributes);
}

static void count(struct shared *shared)
{
	pthread_mutex_lock(&shared->lock);
	shared->count++;
	pthread_mutex_unlock(&shared->lock);
}

/* shm_open: open */
static struct shared *posix_open(int flags)
{
	int fd = shm_open(NAME, O_RDWR | O_CLOEXEC | flags, 0600);
	void *memory;

	/* Anyone who knows the name can open, truncate and unlink it. */
	if (fd < 0 || (flags & O_CREAT &&
		       ftruncate(fd, sizeof(struct shared)) < 0))
		err(1, "shm_open");
	memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	close(fd);
	return memory == MAP_FAILED ? NULL : memory;
}
/* shm_open: end */

/* region: create */
static struct shared *region_create(int socket)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_unsafe_region *region;

	/* It has no name: whoever gets the handle can use it, nobody else. */
	region = shmdev_unsafe_region_create(sizeof(struct shared), 0, "count");
	mapping = region ? shmdev_unsafe_region_map(region) : NULL;
	if (!mapping ||
	    shmdev_handle_send(socket, shmdev_base(region),
			       shmdev_deadline_after(PATIENCE_NS)) < 0)
		err(1, "create");
	shmdev_unsafe_region_free(region);
	return shmdev_writable_mapping_data(mapping);
}
/* region: end */

/* region: open */
static struct shared *region_open(int socket)
{
	struct shmdev_writable_mapping *mapping;
	struct shmdev_unsafe_region *region;
	int fd;

	fd = shmdev_handle_receive(socket, shmdev_deadline_after(PATIENCE_NS));
	region = shmdev_unsafe_region_adopt(fd, sizeof(struct shared),
					    SHMDEV_ADOPT_ALLOCATED);
	mapping = region ? shmdev_unsafe_region_map(region) : NULL;
	if (!mapping)
		err(1, "open");
	shmdev_unsafe_region_free(region);
	return shmdev_writable_mapping_data(mapping);
}
/* region: open end */

static void wait_for_child(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "the child failed");
}

int main(void)
{
	struct shared *posix, *region;
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0)
		err(1, "socketpair");
	posix = posix_open(O_CREAT | O_EXCL);
	region = region_create(sockets[0]);
	init(posix);
	init(region);

	pid = fork();
	if (pid == 0) {
		count(posix_open(0));
		count(region_open(sockets[1]));
		_exit(0);
	}
	wait_for_child(pid);
	count(posix);
	count(region);
	shm_unlink(NAME);
	printf("shm_open: %d, region: %d\n", posix->count, region->count);
	return posix->count != 2 || region->count != 2;
}
