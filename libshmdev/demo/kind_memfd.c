// SPDX-License-Identifier: GPL-2.0-only
/* memfd and its seals, used as well as they can be. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kind.h"

static int memfd_seal(int fd, int seals)
{
	return seals ? fcntl(fd, F_ADD_SEALS, seals) : 0;
}

static int memfd_make(const struct kind *kind, size_t size)
{
	int fd;

	fd = memfd_create("demo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) < 0 ||
	    memfd_seal(fd, kind->make_seals) < 0) {
		close(fd);
		return -1;
	}

	return fd;
}

/* The way of Chromium and Mozilla to get a read-only file descriptor. */
static int memfd_share(int fd, bool writable)
{
	char path[64];

	if (writable)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int memfd_take(int fd, size_t size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	if (status.st_size < (off_t)size) {
		errno = EINVAL;
		return -1;
	}

	return 0;
}

/*
 * What a careful receiver asks for before it uses anything in place. A sender
 * can have that if it has written, and unmapped, before.
 */
static int memfd_verify_peer(int fd)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_WRITE;
	int seals;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return -1;
	if (wanted & ~seals) {
		errno = EPERM;
		return -1;
	}

	return 0;
}

/* There is no such operation: to send the file descriptor has to do. */
static int memfd_give(int fd, pid_t pid)
{
	(void)fd;
	(void)pid;
	return 0;
}

static int memfd_await(int fd, unsigned long ns, bool *died)
{
	(void)fd;
	(void)ns;
	*died = false;
	return 0;
}

/* It never went away. */
static int memfd_take_back(int fd)
{
	(void)fd;
	return 0;
}

/* From all at once, as there is nothing that takes it from one. */
static int memfd_bar(int fd, pid_t pid)
{
	(void)pid;
	return ftruncate(fd, 0);
}

static int memfd_publish(const struct kind *kind, int fd)
{
	return memfd_seal(fd, kind->publish_seals);
}

static int memfd_freeze(const struct kind *kind, int fd)
{
	return memfd_seal(fd, kind->freeze_seals);
}

/* All there is to look at are the seals, where the kind uses any. */
static int memfd_verify_final(const struct kind *kind, int fd)
{
	int seals;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return -1;
	if (kind->freeze_seals & ~seals) {
		errno = EINVAL;
		return -1;
	}

	return 0;
}

/* Whoever has it mapped can fill the hole again. */
static int memfd_destroy(int fd, size_t size)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 (off_t)size);
}

/* A file is always readable and writable; anything else would be news. */
static bool memfd_told_of_death(int fd)
{
	struct pollfd pollfd = {
		.fd = fd,
		.events = POLLIN | POLLPRI | POLLRDHUP,
	};

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & ~POLLIN);
}

static int protect_own(void *memory, size_t size, bool accessible)
{
	return mprotect(memory, size,
			accessible ? PROT_READ | PROT_WRITE : PROT_NONE);
}

#define MEMFD_OPERATIONS			\
	.make = memfd_make,			\
	.make_shared = memfd_make,		\
	.make_sparse = memfd_make,		\
	.share = memfd_share,			\
	.take = memfd_take,			\
	.give = memfd_give,			\
	.await = memfd_await,			\
	.take_back = memfd_take_back,		\
	.bar = memfd_bar,			\
	.publish = memfd_publish,		\
	.freeze = memfd_freeze,			\
	.verify_final = memfd_verify_final,	\
	.destroy = memfd_destroy,		\
	.told_of_death = memfd_told_of_death

const struct kind kind_memfd = {
	MEMFD_OPERATIONS,
	.verify_peer = memfd_verify_peer,
	.freeze_seals = F_SEAL_WRITE,
};

const struct kind kind_memfd_sealed = {
	MEMFD_OPERATIONS,
	.verify_peer = memfd_verify_peer,
	.make_seals = F_SEAL_SHRINK | F_SEAL_GROW,
	.publish_seals = F_SEAL_FUTURE_WRITE,
	.freeze_seals = F_SEAL_FUTURE_WRITE,
};

const struct kind kind_memfd_final = {
	MEMFD_OPERATIONS,
	.verify_peer = memfd_verify_peer,
	.freeze_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
			F_SEAL_SEAL,
};

/* Trust is what these have instead of questions. */
static int trust_peer(int fd)
{
	(void)fd;
	return 0;
}

const struct kind kind_cooperative = {
	MEMFD_OPERATIONS,
	.verify_peer = trust_peer,
	.protect = protect_own,
};
