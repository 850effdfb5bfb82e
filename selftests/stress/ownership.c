// SPDX-License-Identifier: GPL-2.0-only
/* Operations that change who may do what, as far as a worker can. */
#include "ownership.h"

#include <errno.h>
#include <poll.h>

#include <shmdev.h>

#include "stats.h"

/* Of all that waits. */
static uint64_t some_deadline(struct turn *turn)
{
	return shmdev_deadline_after(choose(turn, 3000000));
}

static void check_out_flags(int ret, uint32_t flags)
{
	if (!ret && flags & ~SHMREGION_OUT_OWNER_DIED)
		broken(INVARIANT_INFO, "out_flags %#x", flags);
}

void ownership_acquire(struct turn *turn)
{
	static const int errnos[] = {
		EAGAIN, ETIMEDOUT, EINVAL, EACCES, ENODEV, ESRCH, 0 };
	uint32_t flags = 0;
	int ret;

	if (maybe(turn, 2))
		ret = shmdev_raw_acquire(turn->slot->fd,
					 SHMREGION_ACQUIRE_NOWAIT, 0, &flags);
	else
		ret = shmdev_raw_acquire(turn->slot->fd, 0, some_deadline(turn),
					 &flags);
	expect_errno(OPERATION_ACQUIRE, ret, errnos);
	check_out_flags(ret, flags);
}

/* To any worker, alive or not, attached or not; the caller too. */
void ownership_transfer(struct turn *turn)
{
	static const int errnos[] = { EINVAL, EACCES, EPERM, ESRCH, ENODEV, 0 };
	static const int wait_errnos[] = {
		EINVAL, EACCES, EPERM, ESRCH, ENODEV, ETIMEDOUT, ECANCELED, 0 };
	pid_t pid = stats->pids[choose(turn, stats->processes)];
	uint32_t flags = 0;
	int ret;

	/* That would be to release it. */
	if (!pid)
		return;
	if (maybe(turn, 4)) {
		ret = shmdev_raw_transfer(turn->slot->fd, pid,
					  SHMREGION_TRANSFER_WAIT,
					  some_deadline(turn), &flags);
		expect_errno(OPERATION_TRANSFER, ret, wait_errnos);
		check_out_flags(ret, flags);
		return;
	}
	ret = shmdev_raw_transfer(turn->slot->fd, pid, 0, 0, NULL);
	expect_errno(OPERATION_TRANSFER, ret, errnos);
}

void ownership_release(struct turn *turn)
{
	static const int errnos[] = { EINVAL, EACCES, EPERM, ENODEV, 0 };

	expect_errno(OPERATION_RELEASE,
		     shmdev_raw_transfer(turn->slot->fd, SHMREGION_PID_NOBODY,
					 0, 0, NULL), errnos);
}

static const int convert_errnos[] = { EINVAL, EACCES, EPERM, ENODEV, 0 };

void ownership_publish(struct turn *turn)
{
	expect_errno(OPERATION_PUBLISH, shmdev_raw_publish(turn->slot->fd),
		     convert_errnos);
}

void ownership_freeze(struct turn *turn)
{
	expect_errno(OPERATION_FREEZE, shmdev_raw_freeze(turn->slot->fd),
		     convert_errnos);
}

void ownership_share(struct turn *turn)
{
	expect_errno(OPERATION_SHARE, shmdev_raw_share(turn->slot->fd),
		     convert_errnos);
}

void ownership_attach(struct turn *turn)
{
	static const int errnos[] = { ENODEV, 0 };

	expect_errno(OPERATION_ATTACH, shmdev_raw_attach(turn->slot->fd), errnos);
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
