/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process ids that are used again, made so that it is certain: with set_tid of
 * clone3(2), for root.
 */
#ifndef SELFTESTS_PIDS_H
#define SELFTESTS_PIDS_H

#include <linux/sched.h>

#include "operations.h"

/* A new process with that very number, which does not end by itself. */
static inline pid_t start_with_pid(pid_t pid, struct view *attach)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};
	char byte = 0;
	int pipes[2];
	pid_t child;

	if (pipe(pipes))
		return -errno;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child) {
		close(pipes[1]);
		/* Nothing comes when the process has died. */
		if (read(pipes[0], &byte, 1) != 1)
			return -ECHILD;
		return child;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (attach && view_attach(attach, 0))
		_exit(1);
	if (write(pipes[1], &byte, 1) != 1)
		_exit(1);
	_exit(pause());
}

#endif /* SELFTESTS_PIDS_H */
