// SPDX-License-Identifier: GPL-2.0-only
/* An operation of another process: a child that inherits all but ownership. */
#include "child.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "mapping.h"
#include "ownership.h"
#include "rule.h"
#include "stats.h"

/*
 * One who is alone in its process can unmap everything, and so detach: it stays
 * the member that it is, for rule_read() to see.
 */
static void detach_and_attach(struct turn *turn)
{
	struct rule rule;

	windows_clear(turn->slot->number);
	ownership_attach(turn);
	rule_read(turn->slot, &rule);
	ownership_release(turn);
	ownership_detach(turn);
	mapping_map(turn);
	ownership_attach(turn);
	rule_read(turn->slot, &rule);
}

/*
 * Touch what the parent has mapped; then what one has mapped oneself, also as
 * the owner, who dies as such. Other threads of the parent may have held any
 * lock, so none is used here.
 */
static void __attribute__((noreturn)) child(struct turn *turn)
{
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self_init(self.worker, self.id | CHILD_ID);
	slots_new_process();
	/* Nothing is known to be mapped for writing. */
	turn->window->prot = PROT_READ;
	for (i = 0; i < 4; i++)
		access_touch(turn);

	mapping_map(turn);
	if (maybe(turn, 2))
		ownership_acquire(turn);
	if (maybe(turn, 4))
		detach_and_attach(turn);
	if (!turn->window->address)
		mapping_map(turn);
	if (turn->window->address) {
		access_touch(turn);
		access_stamp(turn);
	}
	_exit(0);
}

void child_fork(struct turn *turn)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		child(turn);
	stats_count(OPERATION_FORK, pid > 0);
	if (pid < 0)
		return;

	checked(INVARIANT_END, 1);
	if (waitpid(pid, &status, 0) != pid || status)
		broken(INVARIANT_END, "a child ended with status %#x", status);
}
