// SPDX-License-Identifier: GPL-2.0-only
/* Scenes, and the steps of an honest life. */
#include "scene.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "kind.h"
#include "tell.h"
#include "wire.h"

/* Ends of the wire. */
#define SENDERS		0
#define TAKERS		1

void scene_open(struct scene *scene, const struct kind *kind, size_t size)
{
	scene->kind = kind;
	scene->size = size;
	scene->fd = -1;
	scene->memory = NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		       scene->wire) < 0)
		give_up("cannot make a wire");
}

void scene_close(struct scene *scene)
{
	close(scene->wire[SENDERS]);
	close(scene->wire[TAKERS]);
}

void pair_open(struct pair *pair, const struct kind *kind, size_t size,
	       const char *sender, const char *receiver)
{
	scene_open(&pair->scene, kind, size);
	actor_start(&pair->sender, sender, &pair->scene);
	actor_start(&pair->receiver, receiver, &pair->scene);
}

void pair_close(struct pair *pair)
{
	actor_stop(&pair->sender);
	actor_stop(&pair->receiver);
	scene_close(&pair->scene);
}

/* For kinds that leave it to their users. */
static long protect(struct scene *scene, bool accessible)
{
	if (!scene->kind->protect)
		return 0;

	return step_result(scene->kind->protect(scene->memory, scene->size,
						accessible));
}

static long keep_off(struct scene *scene, long argument)
{
	(void)argument;
	return protect(scene, false);
}

void pair_meet(struct pair *pair)
{
	actor_must(&pair->sender, make_memory, 0);
	actor_must(&pair->sender, draw_frame, 1);
	actor_must(&pair->sender, send_handle, true);
	actor_must(&pair->receiver, take_handle, 0);
	actor_must(&pair->receiver, keep_off, 0);
}

void pair_hand_over(struct pair *pair)
{
	actor_must(&pair->sender, give, pair->receiver.pid);
	actor_must(&pair->receiver, await, 0);
}

static long map(struct scene *scene, int prot)
{
	void *memory;

	memory = mmap(NULL, scene->size, prot, MAP_SHARED, scene->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	scene->memory = memory;

	return 0;
}

long map_writable(struct scene *scene, long argument)
{
	(void)argument;
	return map(scene, PROT_READ | PROT_WRITE);
}

long unmap(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(munmap(scene->memory, scene->size));
}

static long use_new(struct scene *scene, int fd)
{
	if (fd < 0)
		return -errno;
	scene->fd = fd;

	return map_writable(scene, 0);
}

long make_memory(struct scene *scene, long argument)
{
	(void)argument;
	return use_new(scene, scene->kind->make(scene->kind, scene->size));
}

long make_shared_memory(struct scene *scene, long argument)
{
	(void)argument;
	return use_new(scene,
		       scene->kind->make_shared(scene->kind, scene->size));
}

long send_handle(struct scene *scene, long writable)
{
	long ret;
	int fd;

	fd = scene->kind->share(scene->fd, writable);
	if (fd < 0)
		return -errno;
	ret = step_result(wire_send(scene->wire[SENDERS], fd));
	close(fd);

	return ret;
}

int receive_handle(const struct scene *scene)
{
	int fd = wire_receive(scene->wire[TAKERS]);

	return fd < 0 ? -errno : fd;
}

static long take(struct scene *scene, bool verify)
{
	int fd, flags;

	fd = receive_handle(scene);
	if (fd < 0)
		return fd;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (verify && scene->kind->verify_peer(fd) < 0) ||
	    scene->kind->take(fd, scene->size) < 0)
		return -errno;
	scene->fd = fd;

	return map(scene, (flags & O_ACCMODE) == O_RDWR ?
			  PROT_READ | PROT_WRITE : PROT_READ);
}

long take_handle(struct scene *scene, long argument)
{
	(void)argument;
	return take(scene, false);
}

long take_verified(struct scene *scene, long argument)
{
	(void)argument;
	return take(scene, true);
}

long give(struct scene *scene, long pid)
{
	long ret;

	ret = protect(scene, false);
	return ret ? ret : step_result(scene->kind->give(scene->fd, (pid_t)pid));
}

long await(struct scene *scene, long ns)
{
	bool died;
	long ret;

	if (scene->kind->await(scene->fd, ns ? (unsigned long)ns : PATIENCE_NS,
			       &died) < 0)
		return -errno;
	ret = protect(scene, true);

	return ret ? ret : died;
}

long publish(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(scene->kind->publish(scene->kind, scene->fd));
}

long freeze(struct scene *scene, long argument)
{
	(void)argument;
	return step_result(scene->kind->freeze(scene->kind, scene->fd));
}

long draw_frame(struct scene *scene, long number)
{
	frame_draw(scene->memory, scene->size, (unsigned int)number);
	return check_frame(scene, 0);
}

long check_frame(struct scene *scene, long argument)
{
	(void)argument;
	return frame_checksum(scene->memory, scene->size);
}

/* Atomic, so that the compiler does what is written here and no less. */
long load(struct scene *scene, long argument)
{
	(void)argument;
	return __atomic_load_n(scene->memory, __ATOMIC_RELAXED);
}

long store(struct scene *scene, long value)
{
	__atomic_store_n(scene->memory, (uint8_t)value, __ATOMIC_RELAXED);
	return 0;
}
