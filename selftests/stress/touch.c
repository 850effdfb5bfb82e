// SPDX-License-Identifier: GPL-2.0-only
/* Touching memory that may be forbidden. */
#include "touch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stats.h"

static __thread struct {
	sigjmp_buf env;
	const void *volatile address;
} touched;

/* A file, for system calls that access the memory. */
static int helper_fd;

static void handler(int signal, siginfo_t *info, void *context)
{
	const void *address = touched.address;

	(void)context;
	if (!address) {
		struct sigaction act = { .sa_handler = SIG_DFL };

		sigaction(signal, &act, NULL);
		return;
	}
	touched.address = NULL;
	checked(INVARIANT_SIGNAL, 1);
	if (signal != SIGSEGV || info->si_addr != address)
		broken(INVARIANT_SIGNAL, "%s at %p, touching %p",
		       strsignal(signal), info->si_addr, address);
	siglongjmp(touched.env, 1);
}

bool touch_init(void)
{
	struct sigaction act = {
		.sa_sigaction = handler,
		/* Nothing is blocked in it, so nothing must be restored. */
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	if (sigaction(SIGSEGV, &act, NULL) || sigaction(SIGBUS, &act, NULL))
		return false;
	helper_fd = memfd_create("shmregion-stress-helper", MFD_CLOEXEC);
	return helper_fd >= 0;
}

bool touch_load(const uint64_t *address, uint64_t *value)
{
	if (sigsetjmp(touched.env, 0))
		return false;
	touched.address = address;
	*value = *(const volatile uint64_t *)address;
	touched.address = NULL;
	return true;
}

bool touch_store(uint64_t *address, uint64_t value)
{
	if (sigsetjmp(touched.env, 0))
		return false;
	touched.address = address;
	*(volatile uint64_t *)address = value;
	touched.address = NULL;
	return true;
}

/*
 * A store if the memory is as expected. If not, *expected tells what it is; a
 * compare and exchange that fails faults as a store does.
 */
bool touch_exchange(uint64_t *address, uint64_t *expected, uint64_t value)
{
	if (sigsetjmp(touched.env, 0))
		return false;
	touched.address = address;
	__atomic_compare_exchange_n(address, expected, value, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	touched.address = NULL;
	return true;
}

/* Threads share the file; each has its own place in it. */
static off_t helper_offset(void)
{
	return (syscall(SYS_gettid) % 4096) * sizeof(uint64_t);
}

static bool by_call(ssize_t result)
{
	if (result == sizeof(uint64_t))
		return true;
	checked(INVARIANT_ERRNO, 1);
	if (result != -1 || errno != EFAULT)
		broken(INVARIANT_ERRNO, "access by a system call: %zd, %s",
		       result, strerror(errno));
	return false;
}

bool touch_load_by_call(const uint64_t *address, uint64_t *value)
{
	off_t offset = helper_offset();

	return by_call(pwrite(helper_fd, address, sizeof(*address), offset)) &&
	       pread(helper_fd, value, sizeof(*value), offset) ==
		       sizeof(*value);
}

bool touch_store_by_call(uint64_t *address, uint64_t value)
{
	off_t offset = helper_offset();

	return pwrite(helper_fd, &value, sizeof(value), offset) ==
		       sizeof(value) &&
	       by_call(pread(helper_fd, address, sizeof(*address), offset));
}
