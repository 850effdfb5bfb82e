/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* A sandbox of seccomp: a process that can do little more than compute. */
#ifndef EXAMPLES_SANDBOX_H
#define EXAMPLES_SANDBOX_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

/* A system call that is allowed; an ioctl, with one command alone. */
struct sandbox_rule {
	uint32_t call;
	uint32_t command;
};

/* The call of what ends a list of rules. */
#define SANDBOX_END	UINT32_MAX

#define SANDBOX_MAX_RULES	48
#define SANDBOX_BEGIN_SIZE	3
#define SANDBOX_RULE_SIZE	5

/* The system calls of another architecture have other numbers. */
#ifdef __x86_64__
#define SANDBOX_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH	AUDIT_ARCH_AARCH64
#else
#error "say here which AUDIT_ARCH this is"
#endif

#define SANDBOX_LOAD(member)						\
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,				\
		 offsetof(struct seccomp_data, member))
/* How many instructions to skip when the value is this one, and when not. */
#define SANDBOX_COMPARE(value, skip_if, skip_else)			\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skip_if, skip_else)
#define SANDBOX_RETURN(action)	BPF_STMT(BPF_RET | BPF_K, action)

/*
 * Allow these system calls and no others for the rest of this process; @action
 * is what comes of others, SECCOMP_RET_KILL_PROCESS or one of SECCOMP_RET_ERRNO.
 * Return 0, or -1 with errno.
 */
static inline int sandbox_enter(const struct sandbox_rule *rules,
				uint32_t action)
{
	const struct sock_filter begin[SANDBOX_BEGIN_SIZE] = {
		SANDBOX_LOAD(arch),
		SANDBOX_COMPARE(SANDBOX_ARCH, 1, 0),
		SANDBOX_RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_filter end = SANDBOX_RETURN(action);
	struct sock_filter filter[SANDBOX_BEGIN_SIZE + 1 +
				  SANDBOX_MAX_RULES * SANDBOX_RULE_SIZE];
	struct sock_fprog program = { .filter = filter };
	size_t length = SANDBOX_BEGIN_SIZE;
	size_t i;

	memcpy(filter, begin, sizeof(begin));
	for (i = 0; rules[i].call != SANDBOX_END; i++) {
		const struct sock_filter rule[SANDBOX_RULE_SIZE] = {
			SANDBOX_LOAD(nr),
			SANDBOX_COMPARE(rules[i].call, 0, 3),
			SANDBOX_LOAD(args[1]),
			/* No command: any value will do. */
			SANDBOX_COMPARE(rules[i].command, 0,
					rules[i].command ? 1 : 0),
			SANDBOX_RETURN(SECCOMP_RET_ALLOW),
		};

		if (i == SANDBOX_MAX_RULES) {
			errno = E2BIG;
			return -1;
		}
		memcpy(filter + length, rule, sizeof(rule));
		length += SANDBOX_RULE_SIZE;
	}
	filter[length++] = end;
	program.len = length;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#endif /* EXAMPLES_SANDBOX_H */
