// SPDX-License-Identifier: GPL-2.0-only
/* What several ways do alike. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shmdev.h>

#include "bench.h"
#include "way.h"

void message_send(const struct side *side)
{
	struct message message = { .id = 1, .size = side->size };

	if (send(side->socket, &message, sizeof(message), MSG_NOSIGNAL) !=
	    sizeof(message))
		die("send");
}

void message_receive(const struct side *side)
{
	struct message message;

	if (recv(side->socket, &message, sizeof(message), 0) !=
	    sizeof(message))
		die("recv");
	if (message.size != side->size)
		dies("recv", "not the message that was sent");
}

void *same_memory(struct side *side)
{
	return side->memory;
}

void *map_memory(int fd, size_t size, int prot)
{
	void *memory = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

/* Memory of one's own. */
void *map_buffer(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

/* What can be mapped of a region. */
size_t capacity_of(int region_fd)
{
	struct shmregion_info info;

	if (shmdev_raw_info(region_fd, &info))
		die("info");
	return info.out_capacity;
}

int create_memfd(size_t size, unsigned int flags)
{
	int fd = memfd_create("bench", MFD_CLOEXEC | flags);

	if (fd < 0 || ftruncate(fd, size))
		die("memfd");
	return fd;
}
