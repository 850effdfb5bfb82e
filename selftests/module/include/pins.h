/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way for a process to have the kernel use pages of its memory behind
 * its back: all of them pin the pages. Each is a function that does it with
 * one page and returns what the call returned, or minus the error.
 */
#ifndef SELFTESTS_PINS_H
#define SELFTESTS_PINS_H

#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "helpers.h"
#include "uring.h"

/* What the kernel reads from memory comes here, and the other way round. */
struct pin_peer {
	int file;
	int pipe[2];
	int socket[2];
	uint8_t *buffer;
};

struct pin {
	/* The kernel writes to the memory. */
	bool into;
	long (*attempt)(struct pin_peer *peer, void *memory);
};

/*
 * A directory on a file system with O_DIRECT, for as long as the program runs:
 * an ext2 in a loop device, in a mount namespace of our own.
 */
static char scratch[64] = "/tmp/shmregion-XXXXXX";

static void scratch_remove(void)
{
	umount2(scratch, MNT_DETACH);
	rmdir(scratch);
}

static void __attribute__((constructor(101))) scratch_make(void)
{
	char command[512];

	if (!mkdtemp(scratch) || unshare(CLONE_NEWNS))
		return;
	atexit(scratch_remove);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	snprintf(command, sizeof(command),
		 "modprobe -a loop ext4 && truncate -s 4M %s.img && "
		 "mke2fs -F %s.img >/dev/null && "
		 "mount -t ext4 -o loop %s.img %s; rm -f %s.img",
		 scratch, scratch, scratch, scratch, scratch);
	if (system(command))
		perror("no scratch file system");
}

static inline bool pin_peer_make(struct pin_peer *peer)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	socklen_t length = sizeof(address);
	int listener, one = 1;
	char path[80];

	peer->buffer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(path, sizeof(path), "%s/file", scratch);
	peer->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT |
			  O_CLOEXEC, 0600);
	if (peer->file < 0 || pipe2(peer->pipe, O_CLOEXEC))
		return false;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	peer->socket[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, length) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(peer->socket[0], (struct sockaddr *)&address, length) ||
	    setsockopt(peer->socket[0], SOL_SOCKET, SO_ZEROCOPY, &one,
		       sizeof(one)))
		return false;
	peer->socket[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return peer->socket[1] >= 0;
}

/* What all pins that write to memory are to write. */
static inline bool pin_peer_fill(struct pin_peer *peer, uint8_t value)
{
	memset(peer->buffer, value, PAGE);
	return pwrite(peer->file, peer->buffer, PAGE, 0) == (ssize_t)PAGE;
}

static inline long value_or_error(long ret)
{
	return ret < 0 ? -errno : ret;
}

static inline long splice_memory(struct pin_peer *peer, void *memory, int flags)
{
	struct iovec iov = { memory, PAGE };
	long ret = value_or_error(vmsplice(peer->pipe[1], &iov, 1, flags));

	return ret < 0 ? ret :
		       value_or_error(read(peer->pipe[0], peer->buffer, PAGE));
}

static inline long pin_vmsplice(struct pin_peer *peer, void *memory)
{
	return splice_memory(peer, memory, 0);
}

static inline long pin_vmsplice_gift(struct pin_peer *peer, void *memory)
{
	return splice_memory(peer, memory, SPLICE_F_GIFT);
}

/* A page-aligned read of what a pin has written to the file. */
static inline long read_back(struct pin_peer *peer, long ret)
{
	if (ret < 0)
		return ret;
	return value_or_error(pread(peer->file, peer->buffer, PAGE, 0));
}

static inline long pin_direct_write(struct pin_peer *peer, void *memory)
{
	return read_back(peer, value_or_error(pwrite(peer->file, memory, PAGE,
						     0)));
}

static inline long pin_direct_read(struct pin_peer *peer, void *memory)
{
	return value_or_error(pread(peer->file, memory, PAGE, 0));
}

static inline long run_aio(int file, int opcode, void *memory)
{
	struct iocb iocb = {
		.aio_fildes = file,
		.aio_lio_opcode = opcode,
		.aio_buf = (uintptr_t)memory,
		.aio_nbytes = PAGE,
	}, *iocbs = &iocb;
	struct io_event event;
	aio_context_t context = 0;
	long ret;

	if (syscall(SYS_io_setup, 1, &context))
		return -errno;
	ret = value_or_error(syscall(SYS_io_submit, context, 1, &iocbs));
	if (ret == 1) {
		ret = value_or_error(syscall(SYS_io_getevents, context, 1, 1,
					     &event, NULL));
		ret = ret == 1 ? (long)event.res : -EIO;
	}
	syscall(SYS_io_destroy, context);
	return ret;
}

static inline long pin_aio_write(struct pin_peer *peer, void *memory)
{
	return read_back(peer, run_aio(peer->file, IOCB_CMD_PWRITE, memory));
}

static inline long pin_aio_read(struct pin_peer *peer, void *memory)
{
	return run_aio(peer->file, IOCB_CMD_PREAD, memory);
}

/* One request through a ring of its own. Fixed: with a registered buffer. */
static inline long run_uring(int file, int opcode, bool fixed, void *memory)
{
	struct uring uring;
	long ret;

	ret = uring_open(&uring);
	if (ret)
		return ret;
	if (fixed)
		ret = uring_register(&uring, memory, PAGE);
	if (!ret)
		ret = uring_run(&uring, opcode, file, memory, PAGE);
	uring_close(&uring);
	return ret;
}

static inline long pin_uring_write_fixed(struct pin_peer *peer, void *memory)
{
	return read_back(peer, run_uring(peer->file, IORING_OP_WRITE_FIXED,
					 true, memory));
}

static inline long pin_uring_read_fixed(struct pin_peer *peer, void *memory)
{
	return run_uring(peer->file, IORING_OP_READ_FIXED, true, memory);
}

static inline long pin_uring_read(struct pin_peer *peer, void *memory)
{
	return run_uring(peer->file, IORING_OP_READ, false, memory);
}

static inline long pin_zerocopy(struct pin_peer *peer, void *memory)
{
	long ret = value_or_error(send(peer->socket[0], memory, PAGE,
				       MSG_ZEROCOPY));

	return ret < 0 ? ret :
		       value_or_error(recv(peer->socket[1], peer->buffer, PAGE,
					   MSG_WAITALL));
}

static inline long pin_process_vm_read(struct pin_peer *peer, void *memory)
{
	struct iovec local = { peer->buffer, PAGE }, remote = { memory, PAGE };

	return value_or_error(process_vm_readv(getpid(), &local, 1, &remote, 1,
					       0));
}

static inline long pin_process_vm_write(struct pin_peer *peer, void *memory)
{
	struct iovec local = { peer->buffer, PAGE }, remote = { memory, PAGE };

	return value_or_error(process_vm_writev(getpid(), &local, 1, &remote,
						1, 0));
}

/*
 * Before 6.5 fixed buffers could only be of memory without a file, or of
 * shmem.
 */
static inline bool pin_needs_newer_kernel(long ret)
{
	return ret == -EOPNOTSUPP;
}

/* All of them: PIN(name, writes to the memory). */
#define PINS(PIN)			\
	PIN(vmsplice, false);		\
	PIN(vmsplice_gift, false);	\
	PIN(direct_write, false);	\
	PIN(direct_read, true);		\
	PIN(aio_write, false);		\
	PIN(aio_read, true);		\
	PIN(uring_write_fixed, false);	\
	PIN(uring_read_fixed, true);	\
	PIN(uring_read, true);		\
	PIN(zerocopy, false);		\
	PIN(process_vm_read, false);	\
	PIN(process_vm_write, true)

#endif /* SELFTESTS_PINS_H */
