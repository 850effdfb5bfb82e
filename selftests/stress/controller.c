// SPDX-License-Identifier: GPL-2.0-only
/* The controller: makes the regions, and does what needs CONTROL. */
#include "controller.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <shmdev.h>

#include "access.h"
#include "crew.h"
#include "mapping.h"
#include "ownership.h"
#include "rule.h"
#include "stats.h"
#include "touch.h"

#define RIGHTS_RW (SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)

static int device;
static int ledger_fds[NR_SLOTS];
static uint64_t nonce;
static struct dice dice;

static struct turn turn_on(struct slot *slot)
{
	return (struct turn) {
		.slot = slot,
		.window = window_of(slot->number, 0, 0),
		.dice = { .state = mix(roll(&dice, UINT64_MAX)) },
	};
}

/* For the first owner of a new region. */
static void check_zero(struct turn *turn)
{
	size_t nr_pages = slot_pages(turn->slot->number), page;
	uint64_t value = 0;
	unsigned int i;
	void *memory;

	memory = mmap(turn->window->base, nr_pages * PAGE_SIZE, PROT_READ,
		      MAP_SHARED | MAP_FIXED, turn->slot->fd, 0);
	for (i = 0; memory != MAP_FAILED && i < 32; i++) {
		page = choose(turn, nr_pages);
		checked(INVARIANT_ZERO, 1);
		if (!touch_load((uint64_t *)memory + page * 512 +
				choose(turn, 512), &value) || value)
			broken(INVARIANT_ZERO, "slot %u, page %zu: %#lx",
			       turn->slot->number, page, (unsigned long)value);
	}
	munmap(turn->window->base, nr_pages * PAGE_SIZE);
}

/* Put a new region into a slot, for the workers to fight for. */
static bool create(struct slot *slot)
{
	struct turn turn = turn_on(slot);
	uint32_t mode = maybe(&turn, 32) ? SHMREGION_MODE_UNSAFE :
					   SHMREGION_MODE_WRITABLE;
	uint32_t flags = maybe(&turn, 4) ? SHMREGION_CREATE_POPULATE : 0;
	bool controlled = maybe(&turn, 2);
	int fd, ledger_fd;

	if (controlled)
		flags |= SHMREGION_CREATE_CONTROLLED;
	if (maybe(&turn, 4))
		flags |= SHMREGION_CREATE_HUGE;

	fd = shmdev_raw_create(device, slot_sizes[slot->number], mode, flags,
			       "stress", NULL);
	stats_count(OPERATION_CREATE, fd >= 0);
	ledger_fd = ledger_create(slot_pages(slot->number), nonce++ << 32,
				  controlled);
	if (fd < 0 || ledger_fd < 0) {
		broken(INVARIANT_ERRNO, "no region: %s", strerror(errno));
		return false;
	}

	if (ledger_fds[slot->number] >= 0)
		close(ledger_fds[slot->number]);
	ledger_fds[slot->number] = ledger_fd;
	windows_clear(slot->number);
	if (!slot_set(slot, fd, dup(ledger_fd)))
		return false;
	check_zero(&turn);
	if (mode == SHMREGION_MODE_WRITABLE)
		ownership_release(&turn);
	crew_offer(slot->number);
	return true;
}

/* One worker, by one name or the other. */
static int limit_worker(struct slot *slot, struct turn *turn,
			unsigned int number, uint32_t value)
{
	struct member *member = crew_member(number);
	uint64_t known = slot->ledger->workers[number];

	/* Not who the worker was before it was started anew, nor nobody yet. */
	if (maybe(turn, 2) && known && known >> LEDGER_ID_SHIFT == member->id)
		return shmdev_raw_limit(slot->fd, SHMREGION_BY_MEMBER,
					known & LEDGER_MEMBER_MASK, value);
	return shmdev_raw_limit(slot->fd, SHMREGION_BY_PID, member->pid, value);
}

/* Bound all, or one; mostly up to everything again. */
static void limit(struct slot *slot)
{
	static const uint32_t limits[] = {
		0, SHMREGION_RIGHT_READ, RIGHTS_RW, RIGHTS_RW, RIGHTS_RW };
	static const int errnos[] = { ESRCH, ENODEV, 0 };
	struct turn turn = turn_on(slot);
	uint32_t value = limits[choose(&turn, sizeof(limits) / sizeof(*limits))];
	unsigned int number = choose(&turn, stats->processes);
	struct member *member = crew_member(number);
	bool all = maybe(&turn, 3);
	int ret;

	ledger_limit_begin(slot->ledger);
	ret = all ? shmdev_raw_limit_others(slot->fd, value) :
		    limit_worker(slot, &turn, number, value);
	expect_errno(OPERATION_LIMIT, ret, errnos);
	if (!ret && all) {
		slot->ledger->limit_all = value;
	} else if (!ret) {
		slot->ledger->limits[number].limit = value;
		slot->ledger->limits[number].id = member->id;
	}
	ledger_limit_end(slot->ledger);
}

/* Take it, have a look at it, and let others have it. */
static void reclaim(struct slot *slot)
{
	static const int errnos[] = { EINVAL, ENODEV, 0 };
	struct turn turn = turn_on(slot);
	int ret;

	ret = shmdev_raw_reclaim(slot->fd);
	expect_errno(OPERATION_RECLAIM, ret, errnos);
	if (ret)
		return;
	mapping_map(&turn);
	if (turn.window->address) {
		access_touch(&turn);
		access_stamp(&turn);
		access_watch(&turn);
	}
	ownership_transfer(&turn);
	ownership_release(&turn);
	mapping_unmap(&turn);
}

static void destroy(struct slot *slot)
{
	static const int errnos[] = { ENODEV, 0 };

	int ret = shmdev_raw_destroy(slot->fd);

	expect_errno(OPERATION_DESTROY, ret, errnos);
	if (!ret)
		slot->ledger->destroyed = true;
}

/*
 * A dead process owns nothing, by any name. Until a pending revocation is
 * complete INFO names it as the owner still, and says that one is pending.
 */
static void check_death(pid_t pid)
{
	struct shmregion_info info;
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		checked(INVARIANT_DEATH, 1);
		if (shmdev_raw_info(slots[i].fd, &info) ||
		    !(info.out_state & SHMREGION_STATE_OWNED) ||
		    info.out_state & SHMREGION_STATE_REVOKING)
			continue;
		if (info.out_owner_pid == pid || !info.out_owner_pid)
			broken(INVARIANT_DEATH, "slot %u: owner %d, died %d", i,
			       info.out_owner_pid, pid);
	}
}

/* Another one takes its place. */
void controller_kill(unsigned int number)
{
	stats_count(OPERATION_KILL, true);
	check_death(crew_kill(number));
	if (!crew_spawn(number))
		broken(INVARIANT_END, "fork: %s", strerror(errno));
}

/* Not the last one, which is slow.c's. */
static void kill_one(void)
{
	controller_kill(roll(&dice, stats->processes - 1));
}

/* Regions of which nothing new is to be expected go sooner. */
static bool boring(const struct slot *slot)
{
	struct shmregion_info info;

	return shmdev_raw_info(slot->fd, &info) ||
	       info.out_mode == SHMREGION_MODE_UNSAFE ||
	       info.out_state & SHMREGION_STATE_FROZEN;
}

/* What the creator of a region without a controller must not get. */
static void usurp(struct slot *slot)
{
	struct turn turn = turn_on(slot);

	ownership_usurp(&turn);
	ownership_nobody(&turn);
}

/* What a controller does, where there is one. */
static void control(struct slot *slot, void (*operation)(struct slot *slot))
{
	if (slot->ledger->controlled)
		operation(slot);
	else
		usurp(slot);
}

/* One thing at random. */
void controller_act(void)
{
	struct slot *slot = &slots[roll(&dice, NR_SLOTS)];
	unsigned int choice = roll(&dice, 1000);

	if (choice < 300)
		control(slot, limit);
	else if (choice < 450)
		control(slot, reclaim);
	else if (choice < 460)
		kill_one();
	else if (choice < 490)
		control(slot, destroy);
	else if (choice < 500 || (choice < 650 && boring(slot)))
		create(slot);
}

/* A handle for a worker, often with WRITE. */
static int make_handle(unsigned int slot)
{
	uint32_t rights = roll(&dice, 8) ? RIGHTS_RW : SHMREGION_RIGHT_READ;

	return shmdev_raw_dup(slots[slot].fd, rights);
}

bool controller_serve(int timeout_ms)
{
	return crew_serve(timeout_ms, make_handle, ledger_fds);
}

bool controller_start(uint64_t seed)
{
	unsigned int i;

	self_init(0, CONTROLLER_ID);
	dice.state = mix(seed);
	nonce = roll(&dice, UINT32_MAX);
	windows_init();
	slots_init();
	device = shmdev_open();
	if (device < 0 || !touch_init())
		return false;
	for (i = 0; i < NR_SLOTS; i++) {
		ledger_fds[i] = -1;
		if (!create(&slots[i]))
			return false;
	}
	return true;
}

void controller_end(void)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		close(slots[i].fd);
		close(ledger_fds[i]);
	}
	close(device);
}
