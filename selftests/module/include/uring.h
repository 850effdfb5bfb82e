/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring with one request at a time. All return minus the error. */
#ifndef SELFTESTS_URING_H
#define SELFTESTS_URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of each of the mappings: there is one entry. */
#define URING_MAP_SIZE	((size_t)sysconf(_SC_PAGESIZE))

struct uring {
	int fd;
	struct io_uring_params params;
	uint8_t *rings;
	struct io_uring_sqe *sqe;
};

static inline void uring_close(struct uring *uring)
{
	if (uring->rings != MAP_FAILED)
		munmap(uring->rings, URING_MAP_SIZE);
	if (uring->sqe != MAP_FAILED)
		munmap(uring->sqe, URING_MAP_SIZE);
	close(uring->fd);
}

static inline long uring_open(struct uring *uring)
{
	const int prot = PROT_READ | PROT_WRITE;
	long ret;

	uring->params = (struct io_uring_params){};
	uring->fd = syscall(SYS_io_uring_setup, 1, &uring->params);
	if (uring->fd < 0)
		return -errno;
	/* Both rings are in one mapping since 5.4. */
	uring->rings = mmap(NULL, URING_MAP_SIZE, prot, MAP_SHARED, uring->fd,
			    IORING_OFF_SQ_RING);
	uring->sqe = mmap(NULL, URING_MAP_SIZE, prot, MAP_SHARED, uring->fd,
			  IORING_OFF_SQES);
	if (uring->rings != MAP_FAILED && uring->sqe != MAP_FAILED)
		return 0;
	ret = -errno;
	uring_close(uring);
	return ret;
}

/* For the requests with FIXED in their names. Pins the memory. */
static inline long uring_register(const struct uring *uring, void *memory,
				  size_t size)
{
	struct iovec iov = { memory, size };

	return syscall(SYS_io_uring_register, uring->fd,
		       IORING_REGISTER_BUFFERS, &iov, 1) ? -errno : 0;
}

/* Waits for the result. Once only for each struct uring. */
static inline long uring_run(const struct uring *uring, int opcode, int file,
			     void *memory, size_t size)
{
	const struct io_uring_params *params = &uring->params;
	const struct io_uring_cqe *cqe;

	*uring->sqe = (struct io_uring_sqe){
		.opcode = opcode,
		.fd = file,
		.addr = (uintptr_t)memory,
		.len = size,
	};
	*(uint32_t *)(uring->rings + params->sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(uring->rings + params->sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, uring->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -errno;
	cqe = (const struct io_uring_cqe *)(uring->rings + params->cq_off.cqes);
	return cqe->res;
}

#endif /* SELFTESTS_URING_H */
