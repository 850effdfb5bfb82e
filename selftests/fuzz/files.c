// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on files. A handle has no content that a file descriptor could reach,
 * and no attribute that could be changed.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../module/include/helpers.h"
#include "kinds.h"
#include "slots.h"

static long operate(struct actor *actor, int fd, unsigned int operation)
{
	uint8_t *buffer = actor->buffer;
	int other = world.slots[SLOT_OTHER + operation % 2];

	switch (operation) {
	case 0:
		return read(fd, buffer, 8);
	case 1:
		return write(fd, buffer, 8);
	case 2:
		return pread(fd, buffer, 8, 0);
	case 3:
		return pwrite(fd, buffer, 8, 0);
	case 4:
		return lseek(fd, 0, SEEK_END);
	case 5:
		return ftruncate(fd, 1);
	case 6:
		return fallocate(fd, 0, 0, PAGE_BYTES);
	case 7:
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				 0, PAGE_BYTES);
	case 8:
		return fchmod(fd, 0777);
	case 9:
		return fchown(fd, 1, 1);
	case 10:
		return futimens(fd, NULL);
	case 11:
		return fsetxattr(fd, "user.fuzz", "", 0, 0);
	case 12:
		return sendfile(other, fd, NULL, 8);
	case 13:
		return splice(fd, NULL, other, NULL, 8, SPLICE_F_NONBLOCK);
	case 14:
		return copy_file_range(fd, NULL, fd, NULL, 8, 0);
	case 15:
		return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	default:
		return fcntl(fd, F_SETFL, O_NONBLOCK | O_DIRECT);
	}
}

#define NR_OPERATIONS 17

void call_file_operation(struct actor *actor)
{
	unsigned int operation = random_below(&actor->random, NR_OPERATIONS);
	unsigned long changes = slots_changes();
	int fd = any_slot(actor, SLOT_HANDLE);
	enum file_kind kind = slot_kind(fd);
	long ret = operate(actor, fd, operation);
	bool judged = kind == FILE_HANDLE && slots_unchanged(changes);

	actor_tell(actor, ret, judged ?
		   ERRORS(MUST_FAIL, EINVAL, EBADF, ESPIPE, ENODEV, EPERM,
			  EOPNOTSUPP, EACCES, EXDEV) : NULL,
		   "(fd %d), operation %u,", fd, operation);
}

void call_reopen(struct actor *actor)
{
	static const int ways[] = { O_RDONLY, O_RDWR, O_WRONLY | O_TRUNC };
	int way = RANDOM_OF(&actor->random, ways), fd, ret;
	unsigned long changes = slots_changes();
	enum file_kind kind;
	bool judged;
	char path[32];

	fd = any_slot(actor, SLOT_HANDLE);
	kind = slot_kind(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	judged = kind == FILE_HANDLE && slots_unchanged(changes);
	slots_begin_change();
	ret = open(path, way | O_CLOEXEC | O_NONBLOCK);
	/* None but the device matters. */
	if (ret >= 0 && kind != FILE_DEVICE)
		close(ret);
	slots_end_change();
	actor_tell(actor, ret, judged ?
		   ERRORS(MUST_FAIL, ENXIO, ENOENT, EMFILE, ENFILE) : NULL,
		   "(%s, %#x)", path, way);
	if (ret >= 0 && kind == FILE_DEVICE)
		slot_keep(actor, SLOT_DEVICE, ret);
}

/* All that others print of regions and mappings, and of their page tables. */
void call_read_proc(struct actor *actor)
{
	static const char *const names[] = {
		"maps", "smaps", "numa_maps", "pagemap", "fdinfo",
	};
	unsigned int way = random_below(&actor->random, ARRAY_SIZE(names));
	pid_t pid = report->tids[random_below(&actor->random, NR_ACTORS)];
	off_t at = (uintptr_t)any_address(actor) / PAGE_BYTES * 8;
	char path[64];
	long ret = -1;
	int fd, length;

	length = snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[way]);
	if (way == 4)
		snprintf(path + length, sizeof(path) - length, "/%d",
			 any_slot(actor, SLOT_HANDLE));
	slots_begin_change();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (way == 3)
			ret = pread(fd, actor->buffer, BUFFER_SIZE, at);
		else
			while ((ret = read(fd, actor->buffer, BUFFER_SIZE)) > 0)
				;
		close(fd);
	}
	slots_end_change();
	actor_tell(actor, ret,
		   ERRORS(ENOENT, ESRCH, EACCES, EPERM, EMFILE, ENFILE, ENOMEM,
			  EINTR, EIO, FILE_WAS_REPLACED),
		   "(%s)", path);
}

void call_poll(struct actor *actor)
{
	struct pollfd fds[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i].fd = any_slot(actor, SLOT_HANDLE);
		fds[i].events = random_below(&actor->random, 0x10000);
	}
	actor_tell(actor, poll(fds, ARRAY_SIZE(fds),
			       random_below(&actor->random, 2)),
		   ERRORS(EINTR, ENOMEM), "(fd %d, ...)", fds[0].fd);
}

void call_dup2(struct actor *actor)
{
	int fd = any_slot(actor, SLOT_HANDLE), to = -1, ret;

	if (one_in(&actor->random, 2))
		to = any_slot(actor, SLOT_HANDLE);
	slots_begin_change();
	/* Not where nothing is kept. */
	ret = to < 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : dup2(fd, to);
	slots_end_change();
	actor_tell(actor, ret, ERRORS(EBADF, EMFILE, EBUSY), "(fd %d, %d)", fd,
		   to);
	if (ret >= 0 && to < 0)
		slot_keep(actor, SLOT_HANDLE, ret);
}

void call_close(struct actor *actor)
{
	int fd = any_slot(actor, SLOT_HANDLE), ret;

	slots_begin_change();
	ret = close(fd);
	slots_end_change();
	actor_tell(actor, ret, ERRORS(EBADF), "(fd %d)", fd);
}

/* The sockets do not block. */
void call_send(struct actor *actor)
{
	int socket = world.sockets[random_below(&actor->random, 2)];
	int fd = any_slot(actor, SLOT_HANDLE);

	actor_tell(actor, send_fd(socket, fd),
		   ERRORS(EBADF, EAGAIN, ENOBUFS, ENOMEM, ETOOMANYREFS, EPIPE,
			  ECONNRESET, EINTR, EINVAL),
		   "(fd %d)", fd);
}

void call_receive(struct actor *actor)
{
	int socket = world.sockets[random_below(&actor->random, 2)], fd;

	slots_begin_change();
	errno = EMFILE;
	fd = receive_fd(socket);
	slots_end_change();
	actor_tell(actor, fd, ERRORS(EAGAIN, EMFILE, EINTR, ECONNRESET),
		   "(socket %d)", socket);
	if (fd >= 0)
		slot_keep(actor, SLOT_HANDLE, fd);
}
