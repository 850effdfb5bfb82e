// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failing allocations and copies (failnth.h) in the calls that change who may
 * do what.
 */
#include "failnth.h"

static bool has_become(uint32_t mode, uint32_t writers)
{
	return info_is(scene->view.fd, mode, writers);
}

static bool unowned(void)
{
	return has_become(WRITABLE, SHMREGION_WRITERS_UNOWNED);
}

static bool owned(void)
{
	return has_become(WRITABLE, SHMREGION_WRITERS_CALLER);
}

static bool owned_by_other(void)
{
	return has_become(WRITABLE, SHMREGION_WRITERS_OTHER);
}

/* One call on the region, and what it leads to. */
#define CHANGES(...) CHANGES_WITH(0, __VA_ARGS__)

#define CHANGES_WITH(_flags, _name, _mode, _prepare, _call, _has_other,	\
		     _worked)						\
	FIXTURE_VARIANT_ADD(failure, _name)				\
	{								\
		.size = HUGE_AND_SMALL,					\
		.mode = _mode,						\
		.flags = _flags,					\
		.has_other = _has_other,				\
		.prepare = _prepare,					\
		.call = _call,						\
		.errors = { EFAULT },					\
		.worked = _worked,					\
	}

/* So that there is something to take away. */
static bool prepare_touched(void)
{
	if (view_map(&scene->view, PROT_READ | PROT_WRITE))
		return false;
	return !touch_write(scene->view.memory, 1) &&
	       !touch_write(scene->view.memory + scene->view.size - 1, 1);
}

static long call_transfer(void)
{
	return view_transfer(&scene->view, scene->other.pid);
}

/* The other process waits for the region and gives it back. */
static long step_hand_back(void *data, long pid)
{
	const long flags = view_acquire(data, SHMREGION_NO_DEADLINE);

	return flags < 0 ? flags : view_transfer(data, pid);
}

static bool prepare_hand_back(void)
{
	if (!prepare_touched())
		return false;
	peer_begin(&scene->other, step_hand_back, &scene->view, getpid());
	return true;
}

static long call_transfer_and_wait(void)
{
	return -errno_of(raw_transfer(scene->view.fd, SHMREGION_BY_PID,
				      scene->other.pid, SHMREGION_TRANSFER_WAIT,
				      0, NULL));
}

static bool handed_back(void)
{
	return generation_of(scene->view.fd) ==
		       scene->before.out_generation + 2 &&
	       owned() && peer_finish(&scene->other) == 0 &&
	       !touch_write(scene->view.memory, 2);
}

static long call_release(void)
{
	return view_release(&scene->view, 0);
}

CHANGES(transfer, WRITABLE, prepare_touched, call_transfer, true,
	owned_by_other);
CHANGES(transfer_and_wait, WRITABLE, prepare_hand_back, call_transfer_and_wait,
	true, handed_back);
CHANGES(release, WRITABLE, prepare_touched, call_release, false, unowned);

static bool prepare_released(void)
{
	return prepare_touched() && call_release() == 0;
}

/* With nothing mapped: the call is another process's. */
static bool prepare_unowned(void)
{
	return call_release() == 0;
}

static long call_acquire(void)
{
	const long ret = view_try_acquire(&scene->view, 0);

	return ret > 0 ? 0 : ret;
}

CHANGES(acquire, WRITABLE, prepare_released, call_acquire, false, owned);

/*
 * In a mapping that took the place of the one that was touched, so what it maps
 * ahead needs page tables. Without them it faults.
 */
static bool prepare_mapped_anew(void)
{
	if (!map_apart())
		return false;
	memset(scene->view.memory, 1, scene->view.size);
	return call_release() == 0 &&
	       munmap(scene->view.memory, scene->view.size) == 0 && map_apart();
}

static bool owned_and_touched(void)
{
	return owned() && !touch_write(scene->view.memory, 2) &&
	       !touch_write(scene->view.memory + scene->view.size - 1, 2);
}

CHANGES(acquire_and_map_ahead, WRITABLE, prepare_mapped_anew, call_acquire,
	false, owned_and_touched);

FIXTURE_VARIANT_ADD(failure, acquire_in_new_process)
{
	.size = 1,
	.mode = WRITABLE,
	.is_fresh = true,
	.prepare = prepare_unowned,
	.call = call_acquire,
	.errors = { ENOMEM, EFAULT },
	.worked = owned,
};

static bool prepare_owner_died(void)
{
	return call_transfer() == 0 && peer_kill(&scene->other) == SIGKILL;
}

/* As the last copy fails the region is given back: it had an owner. */
static bool still_died(void)
{
	struct shmregion_info now;

	return !raw_info(scene->view.fd, &now) &&
	       now.out_state == SHMREGION_STATE_OWNER_DIED &&
	       now.out_mode == scene->before.out_mode &&
	       now.out_access == scene->before.out_access;
}

static bool owned_and_told(void)
{
	struct shmregion_info now;

	return owned() && !raw_info(scene->view.fd, &now) &&
	       now.out_state == SHMREGION_STATE_OWNED;
}

FIXTURE_VARIANT_ADD(failure, acquire_after_death)
{
	.size = 1,
	.mode = WRITABLE,
	.has_other = true,
	.prepare = prepare_owner_died,
	.call = call_acquire,
	.errors = { ENOMEM, EFAULT },
	.worked = owned_and_told,
	.unchanged = still_died,
};

static long call_publish(void)
{
	return view_publish(&scene->view, 0);
}

static long call_freeze(void)
{
	return view_freeze(&scene->view, 0);
}

static long call_share(void)
{
	return view_share(&scene->view, 0);
}

static bool published(void)
{
	return has_become(READONLY, SHMREGION_WRITERS_CALLER);
}

static bool frozen(void)
{
	return has_become(READONLY, SHMREGION_WRITERS_NONE);
}

static bool shared(void)
{
	return has_become(UNSAFE, SHMREGION_WRITERS_ALL);
}

CHANGES(publish, WRITABLE, prepare_touched, call_publish, false, published);
CHANGES(freeze, WRITABLE, prepare_touched, call_freeze, false, frozen);
CHANGES(share, WRITABLE, prepare_touched, call_share, false, shared);

static long call_limit(void)
{
	return -errno_of(limit_process(scene->view.fd, scene->other.pid,
				       RIGHTS_RO));
}

/* What it may do: of its own handle, that has all rights. */
static bool other_may(uint32_t access)
{
	return peer_do(&scene->other, view_info, &scene->view,
		       INFO(access)) == access;
}

static bool limited_other(void)
{
	return same() && other_may(RIGHTS_RO);
}

static bool not_limited_other(void)
{
	return same_memory() && other_may(RIGHTS_RW);
}

static long call_limit_others(void)
{
	return -errno_of(raw_limit_others(scene->view.fd, RIGHTS_RO));
}

static long call_limit_self(void)
{
	return -errno_of(limit_process(scene->view.fd, getpid(), 0));
}

static bool limited(void)
{
	struct shmregion_info info;

	return !raw_info(scene->view.fd, &info) && !info.out_access &&
	       touch_read(scene->view.memory) == SIGSEGV;
}

static bool prepare_given_away(void)
{
	return prepare_touched() && call_transfer() == 0;
}

static long call_reclaim(void)
{
	return -errno_of(raw_reclaim(scene->view.fd));
}

static long call_destroy(void)
{
	return -errno_of(raw_destroy(scene->view.fd));
}

static bool destroyed(void)
{
	return generation_of(scene->view.fd) == 0 && errno == ENODEV &&
	       charged_is(0);
}

FIXTURE_VARIANT_ADD(failure, limit)
{
	.size = HUGE_AND_SMALL,
	.mode = UNSAFE,
	.flags = SHMREGION_CREATE_CONTROLLED,
	.has_other = true,
	.prepare = prepare_touched,
	.call = call_limit,
	.errors = { EFAULT },
	.worked = limited_other,
	.unchanged = not_limited_other,
};

FIXTURE_VARIANT_ADD(failure, limit_others)
{
	.size = HUGE_AND_SMALL,
	.mode = UNSAFE,
	.flags = SHMREGION_CREATE_CONTROLLED,
	.has_other = true,
	.prepare = prepare_touched,
	.call = call_limit_others,
	.errors = { EFAULT },
	.worked = limited_other,
	.unchanged = not_limited_other,
};

#define CONTROLS(...)							\
	CHANGES_WITH(SHMREGION_CREATE_CONTROLLED, __VA_ARGS__)

CONTROLS(limit_self, WRITABLE, prepare_touched, call_limit_self, false,
	limited);
CONTROLS(limit_self_ordinary, UNSAFE, prepare_touched, call_limit_self, false,
	limited);
CONTROLS(reclaim, WRITABLE, prepare_given_away, call_reclaim, true, owned);
CONTROLS(destroy, WRITABLE, prepare_touched, call_destroy, true, destroyed);

FIXTURE_VARIANT_ADD(failure, reclaim_in_new_process)
{
	.size = 1,
	.mode = WRITABLE,
	.flags = SHMREGION_CREATE_CONTROLLED,
	.is_fresh = true,
	.call = call_reclaim,
	.errors = { ENOMEM, EFAULT },
	.worked = owned,
};

TEST_FAILURES_MAIN
