// SPDX-License-Identifier: GPL-2.0-only
/* Operations that change who may do what, as far as a worker can. */
#include "ownership.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <shmdev.h>

#include "rule.h"
#include "stats.h"

/* Of all that waits. */
static uint64_t some_deadline(struct turn *turn)
{
	return shmdev_deadline_after(choose(turn, 3000000));
}

static void check_out_flags(int ret, uint32_t flags)
{
	if (!ret && flags & ~(SHMREGION_OUT_OWNER_DIED |
			      SHMREGION_OUT_WAS_OWNER |
			      SHMREGION_OUT_READONLY))
		broken(INVARIANT_INFO, "out_flags %#x", flags);
}

/* What one who is limited to nothing must not get. */
static void check_limit(const struct turn *turn, enum operation operation,
			int ret, const struct rule *before, uint32_t right)
{
	struct rule after;

	if (ret)
		return;
	rule_read(turn->slot, &after);
	checked(INVARIANT_CONTROL, 1);
	if (rule_limited(before, &after, right))
		broken(INVARIANT_CONTROL,
		       "slot %u: operation %u by process %#x, limited to %u",
		       turn->slot->number, operation, self.id, before->limit);
}

/* One who was the owner all the time is told so. */
static void check_was_owner(const struct turn *turn, int ret, uint32_t flags,
			    const struct rule *before)
{
	struct rule after;

	rule_read(turn->slot, &after);
	if (!ret && rule_owned(before, &after) &&
	    !(flags & SHMREGION_OUT_WAS_OWNER))
		broken(INVARIANT_INFO, "slot %u: its owner acquired it anew",
		       turn->slot->number);
}

void ownership_acquire(struct turn *turn)
{
	static const int errnos[] = {
		EAGAIN, ETIMEDOUT, EINVAL, EACCES, ENODEV, ESRCH, 0 };
	uint32_t flags = 0;
	struct rule before;
	int ret;

	rule_read(turn->slot, &before);
	if (maybe(turn, 2))
		ret = shmdev_raw_acquire(turn->slot->fd,
					 SHMREGION_ACQUIRE_NOWAIT, 0, &flags,
					 NULL);
	else
		ret = shmdev_raw_acquire(turn->slot->fd, 0, some_deadline(turn),
					 &flags, NULL);
	expect_errno(OPERATION_ACQUIRE, ret, errnos);
	check_out_flags(ret, flags);
	check_was_owner(turn, ret, flags, &before);
	check_limit(turn, OPERATION_ACQUIRE, ret, &before,
		    SHMREGION_RIGHT_READ);
}

/**
 * struct receiver - who is to be given a region
 * @by: what @id is
 * @id: a process id or a member id; 0 if nobody is known
 * @barred: a controller limited it to nothing
 */
struct receiver {
	uint32_t by;
	uint64_t id;
	bool barred;
};

/* Any worker, alive or not, attached or not; the caller too. */
static struct receiver any_receiver(struct turn *turn)
{
	unsigned int worker = choose(turn, stats->processes);
	struct ledger *ledger = turn->slot->ledger;
	uint64_t known = ledger->workers[worker];

	if (maybe(turn, 2))
		return (struct receiver) {
			.by = SHMREGION_BY_PID,
			.id = stats->pids[worker],
		};
	return (struct receiver) {
		.by = SHMREGION_BY_MEMBER,
		.id = known & LEDGER_MEMBER_MASK,
		.barred = !ledger_limit(ledger, worker,
					known >> LEDGER_ID_SHIFT),
	};
}

/* Nobody is given what a controller keeps from it. */
static void check_receiver(const struct turn *turn, int ret,
			   const struct receiver *to, const struct rule *before)
{
	struct rule after;

	rule_read(turn->slot, &after);
	checked(INVARIANT_CONTROL, 1);
	if (!ret && to->barred && to->id != before->member &&
	    rule_same_limit(before, &after))
		broken(INVARIANT_CONTROL,
		       "slot %u: given to member %lu, limited to nothing",
		       turn->slot->number, (unsigned long)to->id);
}

void ownership_transfer(struct turn *turn)
{
	static const int errnos[] = { EINVAL, EACCES, EPERM, ESRCH, ENODEV, 0 };
	static const int wait_errnos[] = {
		EINVAL, EACCES, EPERM, ESRCH, ENODEV, ETIMEDOUT, ECANCELED, 0 };
	struct receiver to;
	uint32_t flags = 0;
	struct rule before;
	int ret;

	rule_read(turn->slot, &before);
	to = any_receiver(turn);
	if (!to.id)
		return;
	if (maybe(turn, 4)) {
		ret = shmdev_raw_transfer(turn->slot->fd, to.by, to.id,
					  SHMREGION_TRANSFER_WAIT,
					  some_deadline(turn), &flags);
		expect_errno(OPERATION_TRANSFER, ret, wait_errnos);
		check_out_flags(ret, flags);
		return;
	}
	ret = shmdev_raw_transfer(turn->slot->fd, to.by, to.id, 0, 0, NULL);
	expect_errno(OPERATION_TRANSFER, ret, errnos);
	check_receiver(turn, ret, &to, &before);
}

void ownership_release(struct turn *turn)
{
	static const int errnos[] = { EINVAL, EACCES, EPERM, ENODEV, 0 };

	expect_errno(OPERATION_RELEASE, shmdev_raw_release(turn->slot->fd),
		     errnos);
}

static void convert(struct turn *turn, enum operation operation,
		    int (*raw)(int fd), uint32_t right)
{
	static const int errnos[] = { EINVAL, EACCES, EPERM, ENODEV, 0 };
	struct rule before;
	int ret;

	rule_read(turn->slot, &before);
	ret = raw(turn->slot->fd);
	expect_errno(operation, ret, errnos);
	check_limit(turn, operation, ret, &before, right);
}

void ownership_publish(struct turn *turn)
{
	convert(turn, OPERATION_PUBLISH, shmdev_raw_publish,
		SHMREGION_RIGHT_WRITE);
}

void ownership_freeze(struct turn *turn)
{
	convert(turn, OPERATION_FREEZE, shmdev_raw_freeze,
		SHMREGION_RIGHT_READ);
}

void ownership_share(struct turn *turn)
{
	convert(turn, OPERATION_SHARE, shmdev_raw_share,
		SHMREGION_RIGHT_WRITE);
}

void ownership_attach(struct turn *turn)
{
	static const int errnos[] = { ENODEV, 0 };

	expect_errno(OPERATION_ATTACH,
		     shmdev_raw_attach(turn->slot->fd, NULL), errnos);
}

void ownership_detach(struct turn *turn)
{
	static const int errnos[] = { ESRCH, EBUSY, ENODEV, 0 };

	expect_errno(OPERATION_DETACH, shmdev_raw_detach(turn->slot->fd), errnos);
}

void ownership_poll(struct turn *turn)
{
	struct pollfd poll_fd = { .fd = turn->slot->fd, .events = POLLIN };
	int ret;

	ret = poll(&poll_fd, 1, choose(turn, 3));
	if (ret < 0 || poll_fd.revents & ~(POLLIN | POLLHUP | POLLERR))
		broken(INVARIANT_INFO, "poll: %d, events %#x", ret,
		       (unsigned int)poll_fd.revents);
	stats_count(OPERATION_POLL, ret > 0);
}

/*
 * What only a controller may do, by a handle without CONTROL: by that of any
 * worker, and by that of the creator of a region that has no controller.
 */
void ownership_usurp(struct turn *turn)
{
	int fd = turn->slot->fd, ret, wanted = EPERM;

	errno = 0;
	switch (choose(turn, 5)) {
	case 0:
		ret = shmdev_raw_reclaim(fd);
		break;
	case 1:
		ret = shmdev_raw_limit(fd, SHMREGION_BY_MEMBER,
				       1 + choose(turn, 8), 0);
		break;
	case 2:
		ret = shmdev_raw_limit_others(fd, 0);
		break;
	case 3:
		ret = shmdev_raw_destroy(fd);
		break;
	default:
		wanted = EACCES;
		ret = shmdev_raw_dup(fd, SHMREGION_RIGHT_READ |
					 SHMREGION_RIGHT_CONTROL);
	}
	checked(INVARIANT_CONTROL, 1);
	if (ret != -1 || errno != wanted)
		broken(INVARIANT_CONTROL, "slot %u: %d, %s without CONTROL",
		       turn->slot->number, ret, strerror(errno));
	stats_count(OPERATION_USURP, ret != -1);
}

/* 0 is nobody's id, and means neither nobody nor everybody. */
void ownership_nobody(struct turn *turn)
{
	uint32_t by = maybe(turn, 2) ? SHMREGION_BY_MEMBER : SHMREGION_BY_PID;
	int ret;

	errno = 0;
	ret = shmdev_raw_transfer(turn->slot->fd, by, 0, 0, 0, NULL);
	checked(INVARIANT_MEMBER, 1);
	if (ret != -1 || errno != EINVAL)
		broken(INVARIANT_MEMBER, "slot %u: given to nobody: %d, %s",
		       turn->slot->number, ret, strerror(errno));
	stats_count(OPERATION_NOBODY, !ret);
}
