/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before a test of the library that runs under a checker of memory
 * (make sanitized memcheck). A test ends with _exit(), which passes over the search for
 * leaks that comes with exit(): so search here.
 *
 * Only the process that the harness starts for the test is searched. What a
 * peer of it has, or a program that it executes, may end with the process; and
 * a peer has copies of objects of the test without a pointer to them.
 */
#ifndef SELFTESTS_CHECKED_H
#define SELFTESTS_CHECKED_H

#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define SEARCH_FOR_LEAKS __lsan_do_leak_check()
#else
#include <valgrind/memcheck.h>
#define SEARCH_FOR_LEAKS VALGRIND_DO_LEAK_CHECK
#endif

static pid_t harness;

static void __attribute__((constructor)) remember_harness(void)
{
	harness = getpid();
}

static inline _Noreturn void search_and_exit(int status)
{
	if (getppid() == harness)
		SEARCH_FOR_LEAKS;
	_exit(status);
}

#define _exit(status) search_and_exit(status)

#endif /* SELFTESTS_CHECKED_H */
