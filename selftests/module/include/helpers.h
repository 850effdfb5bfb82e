/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the selftests share: touching memory that may be forbidden, and other
 * processes that do things one step at a time.
 *
 * The kernel is tested through raw.h, one function for each ioctl, on plain
 * file descriptors; what that would not let through is tested by ioctl().
 */
#ifndef SELFTESTS_HELPERS_H
#define SELFTESTS_HELPERS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

#define RIGHTS_RO SHMREGION_RIGHT_READ
#define RIGHTS_RW (SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
#define RIGHTS_ALL (RIGHTS_RW | SHMREGION_RIGHT_CONTROL)

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

static inline size_t page_up(size_t size)
{
	return (size + PAGE - 1) & ~(PAGE - 1);
}

/*
 * Touching memory. touch_*() returns 0, or the number of the signal that the
 * access raised; touch_fault then says where and why.
 */

static __thread struct {
	sigjmp_buf env;
	volatile bool armed;
	volatile int signal;
	volatile int code;
	void *volatile address;
} touch_fault;

static inline void touch_handler(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (!touch_fault.armed) {
		struct sigaction act = { .sa_handler = SIG_DFL };

		sigaction(signal, &act, NULL);
		return;
	}
	touch_fault.armed = false;
	touch_fault.signal = signal;
	touch_fault.code = info->si_code;
	touch_fault.address = info->si_addr;
	siglongjmp(touch_fault.env, 1);
}

static inline void touch_init(void)
{
	struct sigaction act = {
		.sa_sigaction = touch_handler,
		.sa_flags = SA_SIGINFO,
	};

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
}

/* The access is one only: another may be denied. */
static inline int touch_load(const volatile void *address, uint8_t *value)
{
	touch_init();
	if (sigsetjmp(touch_fault.env, 1))
		return touch_fault.signal;
	touch_fault.armed = true;
	*value = *(const volatile uint8_t *)address;
	touch_fault.armed = false;
	return 0;
}

static inline int touch_read(const volatile void *address)
{
	uint8_t value;

	return touch_load(address, &value);
}

static inline int touch_write(volatile void *address, uint8_t value)
{
	touch_init();
	if (sigsetjmp(touch_fault.env, 1))
		return touch_fault.signal;
	touch_fault.armed = true;
	*(volatile uint8_t *)address = value;
	touch_fault.armed = false;
	return 0;
}

static inline uint8_t byte_at(const volatile void *address)
{
	return *(const volatile uint8_t *)address;
}

/* Whether @size bytes all have one value. */
static inline bool all_bytes(const void *memory, size_t size, uint8_t value)
{
	const uint8_t *bytes = memory;

	return !size || (bytes[0] == value &&
			 !memcmp(bytes, bytes + 1, size - 1));
}

/*
 * Making regions. All return -1 with errno, as the calls do.
 */

static inline int make_region(size_t size, uint32_t mode, uint32_t flags)
{
	int device = raw_open();
	int fd, err;

	if (device < 0)
		return -1;
	fd = raw_create(device, size, mode, flags, "selftest", NULL);
	err = errno;
	close(device);
	errno = err;
	return fd;
}

static inline void *map_region(int fd, size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED, fd, 0);
}

static inline uint64_t generation_of(int fd)
{
	struct shmregion_info info;

	return raw_info(fd, &info) ? 0 : info.out_generation;
}

/*
 * Another process that does as it is told, one step at a time. It is a fork of
 * the test, so it has the test's handles and data; but it stands on its own
 * address space, so to the module it is another process. Each step runs a
 * function of the test there and returns its result; no step needs a sleep.
 */

struct peer {
	pid_t pid;
	int socket;
};

typedef long (*peer_step)(void *data, long argument);

struct peer_message {
	peer_step step;
	void *data;
	long argument;
};

static inline void peer_serve(int socket)
{
	struct peer_message message;
	long result;

	while (recv(socket, &message, sizeof(message), 0) == sizeof(message)) {
		result = message.step(message.data, message.argument);
		if (send(socket, &result, sizeof(result), MSG_NOSIGNAL) < 0)
			break;
	}
}

static inline struct peer peer_start(void)
{
	struct peer peer = { .pid = -1, .socket = -1 };
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return peer;
	peer.pid = fork();
	if (peer.pid) {
		close(sockets[1]);
		peer.socket = sockets[0];
		return peer;
	}

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(sockets[0]);
	peer_serve(sockets[1]);
	_exit(0);
}

/* Start a step that may block; peer_finish() gets its result. */
static inline void peer_begin(const struct peer *peer, peer_step step,
			      void *data, long argument)
{
	struct peer_message message = { step, data, argument };

	if (send(peer->socket, &message, sizeof(message), MSG_NOSIGNAL) < 0)
		perror("peer_begin");
}

/* The result, or -ECHILD when the peer died in the step. */
static inline long peer_finish(const struct peer *peer)
{
	long result;

	if (recv(peer->socket, &result, sizeof(result), 0) != sizeof(result))
		return -ECHILD;
	return result;
}

static inline long peer_do(const struct peer *peer, peer_step step, void *data,
			   long argument)
{
	peer_begin(peer, step, data, argument);
	return peer_finish(peer);
}

/* The wait status, of an orderly end or of a kill. */
static inline int peer_stop(struct peer *peer)
{
	int status = -1;

	if (peer->pid <= 0)
		return -1;
	close(peer->socket);
	waitpid(peer->pid, &status, 0);
	peer->pid = -1;
	return status;
}

static inline int peer_kill(struct peer *peer)
{
	if (peer->pid > 0)
		kill(peer->pid, SIGKILL);
	return peer_stop(peer);
}

/*
 * Wait until a thread sleeps in the kernel (state S or D), so that what comes
 * next finds it waiting. False when that does not happen.
 */
static inline bool wait_until_asleep(pid_t tid)
{
	char path[64], line[512];
	const char *state;
	FILE *file;
	int round;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	for (round = 0; round < 10000000; round++) {
		file = fopen(path, "re");
		if (!file)
			return false;
		state = fgets(line, sizeof(line), file);
		fclose(file);
		state = state ? strrchr(line, ')') : NULL;
		if (!state)
			return false;
		if (state[2] == 'S' || state[2] == 'D')
			return true;
		sched_yield();
	}
	return false;
}

/* Without effect where there is no such CPU. */
static inline void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The error that a call failed with, 0 when it succeeded. */
static inline int errno_of(long result)
{
	return result == -1 ? errno : 0;
}

/* How many file descriptors the process has open. */
static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* The value of the line "shmregion-<key>" of a handle's fdinfo. */
static inline bool fdinfo_value(int fd, const char *key, char *value,
				size_t size)
{
	char path[64], line[256], name[64];
	bool found = false;
	FILE *file;
	int length;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	length = snprintf(name, sizeof(name), "shmregion-%s:\t", key);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, name, length);
		if (!found)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + length);
	}
	fclose(file);
	return found;
}

/* How many bytes of a region have memory. */
static inline long long resident_of(int fd)
{
	char value[32];

	return fdinfo_value(fd, "resident", value, sizeof(value)) ?
		       atoll(value) : -1;
}

/*
 * What a process has of a region: a handle and a mapping. Each step works on
 * it in the test, when called, or in a peer.
 */

struct view {
	int fd;
	size_t size;
	uint8_t *memory;
};

/* A new mapping of it all, without consent. An old one stays as it is. */
static inline long view_map_unattached(void *data, long prot)
{
	struct view *view = data;
	void *memory = map_region(view->fd, view->size, prot);

	if (memory == MAP_FAILED)
		return -errno;
	view->memory = memory;
	return 0;
}

/* The same by a process that consents first, as most do. */
static inline long view_map(void *data, long prot)
{
	const struct view *view = data;

	if (raw_attach(view->fd, NULL))
		return -errno;
	return view_map_unattached(data, prot);
}

static inline long view_protect(void *data, long prot)
{
	struct view *view = data;

	return mprotect(view->memory, view->size, prot) ? -errno : 0;
}

/* -ENXIO stands for a fault at another address than the one touched. */
static inline long touch_result(int signal, const void *address)
{
	return signal && touch_fault.address != address ? -ENXIO : -signal;
}

/* The byte, or minus the signal. */
static inline long view_read(void *data, long offset)
{
	struct view *view = data;
	uint8_t *address = view->memory + offset;
	uint8_t value;
	long ret = touch_result(touch_load(address, &value), address);

	return ret ? ret : value;
}

/* Where it is, in the process that does the step. */
static inline long view_address(void *data, long unused)
{
	struct view *view = data;

	(void)unused;
	return (long)view->memory;
}

#define VIEW_WRITES 0x77

/* 0, or minus the signal. */
static inline long view_write(void *data, long offset)
{
	struct view *view = data;
	uint8_t *address = view->memory + offset;

	return touch_result(touch_write(address, VIEW_WRITES), address);
}

/* The same two inside of system calls: the byte or 0, or minus the error. */
static inline long view_read_by_call(void *data, long offset)
{
	struct view *view = data;
	uint8_t byte;
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	ret = write(pipes[1], view->memory + offset, 1) == 1 &&
	      read(pipes[0], &byte, 1) == 1 ? byte : -errno;
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static inline long view_write_by_call(void *data, long offset)
{
	const uint8_t byte = VIEW_WRITES;
	struct view *view = data;
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	ret = write(pipes[1], &byte, 1) == 1 &&
	      read(pipes[0], view->memory + offset, 1) == 1 ? 0 : -errno;
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

/* 1 if all bytes have that value, 0 if not, minus the signal. */
static inline long view_holds(void *data, long value)
{
	struct view *view = data;
	int signal = touch_read(view->memory);

	return signal ? -signal :
			all_bytes(view->memory, view->size, value);
}

/*
 * What the owner may do, in one form, for tables.
 */

typedef int (*owner_change)(int fd, pid_t other);

static inline int keep(int fd, pid_t other)
{
	(void)fd;
	(void)other;
	return 0;
}

static inline int hand_over(int fd, pid_t other)
{
	return raw_transfer(fd, SHMREGION_BY_PID, other, 0, 0, NULL);
}

static inline int release(int fd, pid_t other)
{
	(void)other;
	return raw_release(fd);
}

static inline int publish(int fd, pid_t other)
{
	(void)other;
	return raw_publish(fd);
}

static inline int freeze(int fd, pid_t other)
{
	(void)other;
	return raw_freeze(fd);
}

static inline int share(int fd, pid_t other)
{
	(void)other;
	return raw_share(fd);
}

static inline int publish_and_hand_over(int fd, pid_t other)
{
	return raw_publish(fd) ? -1 : hand_over(fd, other);
}

static inline int publish_and_release(int fd, pid_t other)
{
	return raw_publish(fd) ? -1 : release(fd, other);
}

static inline int publish_and_freeze(int fd, pid_t other)
{
	return raw_publish(fd) ? -1 : freeze(fd, other);
}

/* Of a controller: bound what a process may do. */
static inline int limit_process(int fd, pid_t pid, uint32_t limit)
{
	return raw_limit(fd, SHMREGION_BY_PID, pid, limit);
}

/* The line of /proc/PID/maps for the mapping at an address. */
static inline bool maps_line(pid_t pid, const void *address, char *line,
			     size_t size)
{
	unsigned long start, stop;
	bool found = false;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fgets(line, size, file))
		found = sscanf(line, "%lx-%lx", &start, &stop) == 2 &&
			start <= (unsigned long)address &&
			stop > (unsigned long)address;
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return found;
}

/* Send a file descriptor through a socket, as SCM_RIGHTS. */
static inline int send_fd(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {
		.header.cmsg_len = CMSG_LEN(sizeof(int)),
		.header.cmsg_level = SOL_SOCKET,
		.header.cmsg_type = SCM_RIGHTS,
	};
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* The file descriptor that send_fd() sent, or -1. */
static inline int receive_fd(int socket)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* All that one read gives, as a string: for the files in /proc and /sys. */
static inline bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, size - 1);

	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

static inline bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

/* Of a page in an ordinary mapping; 0 for any other. For root only. */
static inline uint64_t physical_address(const void *address)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)address / PAGE * 8) < 0)
		entry = 0;
	close(fd);
	/* The highest bit: present. The lower 55: where. */
	return entry >> 63 ? (entry & ((1ULL << 55) - 1)) * PAGE : 0;
}

/* PREEMPT_RT kernels have none. */
static inline bool kernel_has_huge_pages(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

/* A word for each place, so that pages that changed places would show. */
static inline void fill_words(void *memory, size_t size)
{
	uint32_t *words = memory;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = (i + 1) * 2654435761u;
}

static inline bool has_words(const void *memory, size_t size)
{
	const uint32_t *words = memory;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		if (words[i] != (uint32_t)((i + 1) * 2654435761u))
			return false;
	return true;
}

#endif /* SELFTESTS_HELPERS_H */
