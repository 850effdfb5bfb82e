// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Recovery: a worker owns shared memory and dies in the middle of a change: the
 * kernel says so, and the next owner repairs the content. Or it hangs: then the
 * memory is taken back, and it can do no more harm. For that the region has a
 * controller, whom the workers trust: it could do the same at any other time.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define RIGHTS		(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
#define MAP_FLAGS	(SHMDEV_MAP_READ | SHMDEV_MAP_WRITE)
#define TOTAL		100

/* Two accounts. While busy is not 0, a change from old to new is under way. */
#define LEDGER_MEMBERS(member, array)		\
	member(uint32_t, busy)			\
	array(uint32_t, old_balance, 2)		\
	array(uint32_t, balance, 2)
SHMDEV_STRUCT(ledger, LEDGER_MEMBERS);

/* Volatile: who dies leaves what it wrote so far, in this order. */
static void move(volatile struct ledger *ledger, int fate)
{
	ledger->old_balance[0] = ledger->balance[0];
	ledger->old_balance[1] = ledger->balance[1];
	ledger->busy = 1;
	ledger->balance[0] -= 30;
	if (fate)
		raise(fate);
	ledger->balance[1] += 30;
	ledger->busy = 0;
}

static void repair(struct ledger *ledger)
{
	if (ledger->busy)
		memcpy(ledger->balance, ledger->old_balance,
		       sizeof(ledger->balance));
	ledger->busy = 0;
}

/* Does not return. @owner is the member id to give the region back to. */
static void be_worker(const struct shmdev_region *region, uint64_t owner,
		      int fate, int ready)
{
	struct shmdev_mapping *mapping;
	uint64_t member;

	mapping = shmdev_region_map(region, 0, sizeof(struct ledger), MAP_FLAGS);
	/* To be given the region it takes part, and says under which number. */
	if (!mapping || shmdev_region_attach(region, &member) < 0 ||
	    write(ready, &member, sizeof(member)) != sizeof(member) ||
	    shmdev_region_acquire(region, SHMREGION_NO_DEADLINE, NULL) < 0)
		err(1, "worker");
	move(shmdev_mapping_data_writable(mapping), fate);
	_exit(shmdev_region_transfer(region, shmdev_by_member(owner)) < 0);
}

/* A worker that is ready to be given the region: its member id. */
static uint64_t start(struct shmdev_region *control, int fate, pid_t *pid)
{
	uint64_t owner = shmdev_region_member(control);
	struct shmdev_region *region;
	uint64_t member;
	int ready[2];

	/* What the worker gets has no right to take the region back. */
	region = shmdev_region_duplicate(control, RIGHTS);
	if (!region || pipe(ready) < 0)
		err(1, "prepare");
	*pid = fork();
	if (*pid < 0)
		err(1, "fork");
	if (*pid == 0) {
		shmdev_region_free(control);
		be_worker(region, owner, fate, ready[1]);
	}
	shmdev_region_free(region);
	close(ready[1]);
	if (read(ready[0], &member, sizeof(member)) != sizeof(member) ||
	    close(ready[0]) < 0)
		errx(1, "no worker");
	return member;
}

/* It has stopped in the middle. Take the region back, and let it go on. */
static void give_up(const struct shmdev_region *control, pid_t pid)
{
	int status;

	if (errno != ETIMEDOUT ||
	    waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) ||
	    shmdev_region_reclaim(control) < 0 || kill(pid, SIGCONT) < 0)
		err(1, "give up");
}

/* Let a worker do a change. The signal that it died of, or 0. */
static int employ(struct shmdev_region *control, struct ledger *ledger, int fate)
{
	uint64_t patience_ns = fate == SIGSTOP ? 100000000 : 60000000000;
	const char *end = "gave it back";
	struct shmdev_process worker;
	uint32_t flags;
	int status;
	pid_t pid;

	worker = shmdev_by_member(start(control, fate, &pid));


	/* One call: give the region away and get it back. */
	if (shmdev_region_transfer_and_wait(control, worker,
					    shmdev_deadline_after(patience_ns),
					    &flags) < 0) {
		give_up(control, pid);
		end = "hung";
	} else if (flags & SHMREGION_OUT_OWNER_DIED) {
		end = "died";
	}
	printf("owner: worker %d %s; busy: %u\n", pid, end, ledger->busy);
	repair(ledger);
	if (ledger->balance[0] + ledger->balance[1] != TOTAL)
		errx(1, "the ledger is wrong");
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFSIGNALED(status) ? WTERMSIG(status) : status;
}

int main(void)
{
	struct shmdev_mapping *mapping;
	struct shmdev_region *control;
	struct ledger *ledger;

	control = shmdev_region_create(sizeof(*ledger), SHMREGION_MODE_WRITABLE,
				       SHMREGION_CREATE_CONTROLLED, "ledger");
	mapping = control ? shmdev_region_map(control, 0, sizeof(*ledger),
					      MAP_FLAGS) : NULL;
	if (!mapping)
		err(1, "prepare");
	ledger = shmdev_mapping_data_writable(mapping);
	ledger->balance[0] = TOTAL;

	if (employ(control, ledger, 0) != 0 ||
	    employ(control, ledger, SIGKILL) != SIGKILL ||
	    employ(control, ledger, SIGSTOP) != SIGSEGV ||
	    employ(control, ledger, 0) != 0)
		errx(1, "a worker ended in another way than it should");
	printf("owner: the one that hung went on, and died of SIGSEGV\n");
	return ledger->balance[0] != TOTAL - 60;
}
