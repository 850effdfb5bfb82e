// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failing allocations and copies (failnth.h) in what is done with the device
 * and with handles. failnth_owner_test.c has what changes who may do what.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "failnth.h"

/* The first open mounts the module's file system. */
static bool prepare_nobody(void)
{
	drop(&scene->view.fd);
	drop(&scene->device);
	return module_is_unused();
}

static long call_open(void)
{
	scene->fd = open(RAW_DEVICE, O_RDWR | O_CLOEXEC);
	return scene->fd < 0 ? -errno : 0;
}

static bool opened(void)
{
	return raw_version(scene->fd) == SHMREGION_ABI_VERSION;
}

static bool not_opened(void)
{
	return same_fds() && module_is_unused() && charged_is(0);
}

FIXTURE_VARIANT_ADD(failure, first_open)
{
	.size = 1,
	.mode = UNSAFE,
	.prepare = prepare_nobody,
	.call = call_open,
	.errors = { ENOMEM, EFAULT },
	.worked = opened,
	.unchanged = not_opened,
};

FIXTURE_VARIANT_ADD(failure, open)
{
	.size = 1,
	.mode = UNSAFE,
	.call = call_open,
	.errors = { ENOMEM, EFAULT },
	.worked = opened,
};

/*
 * The last user of the module goes. A close cannot fail.
 */

static bool prepare_handle_alone(void)
{
	drop(&scene->device);
	return true;
}

static bool prepare_device_alone(void)
{
	drop(&scene->view.fd);
	return true;
}

static long call_close_handle(void)
{
	return close(scene->view.fd) ? -errno : 0;
}

static long call_close_device(void)
{
	return close(scene->device) ? -errno : 0;
}

static bool closed(void)
{
	return count_fds() == scene->fds - 1 && module_is_unused() &&
	       charged_is(0);
}

#define CLOSES(_name, _prepare, _call)					\
	FIXTURE_VARIANT_ADD(failure, last_close_##_name)		\
	{								\
		.size = HUGE_AND_SMALL,					\
		.mode = UNSAFE,						\
		.prepare = _prepare,					\
		.call = _call,						\
		.worked = closed,					\
	}

CLOSES(handle, prepare_handle_alone, call_close_handle);
CLOSES(device, prepare_device_alone, call_close_device);

static long call_version(void)
{
	return raw_version(scene->device) < 0 ? -errno : 0;
}

FIXTURE_VARIANT_ADD(failure, version)
{
	.size = 1,
	.mode = UNSAFE,
	.call = call_version,
	.errors = { EFAULT },
};

static long create(uint32_t mode, uint32_t flags)
{
	scene->fd = raw_create(scene->device, scene->view.size, mode, flags,
			       "made", NULL);
	return scene->fd < 0 ? -errno : 0;
}

static long call_create(void)
{
	return create(WRITABLE, 0);
}

static long call_create_unsafe(void)
{
	return create(UNSAFE, 0);
}

static long call_create_populated(void)
{
	return create(WRITABLE, SHMREGION_CREATE_POPULATE);
}

static bool created(void)
{
	return info_is(scene->fd, WRITABLE, SHMREGION_WRITERS_CALLER) &&
	       resident_of(scene->fd) == 0;
}

static bool created_unsafe(void)
{
	return info_is(scene->fd, UNSAFE, SHMREGION_WRITERS_ALL);
}

static bool created_populated(void)
{
	return info_is(scene->fd, WRITABLE, SHMREGION_WRITERS_CALLER) &&
	       resident_of(scene->fd) == (long long)scene->view.size;
}

#define CREATES(_name, _call, _created, _size, _fresh)			\
	FIXTURE_VARIANT_ADD(failure, create_##_name)			\
	{								\
		.size = _size,						\
		.mode = UNSAFE,						\
		.is_fresh = _fresh,					\
		.call = _call,						\
		.errors = { ENOMEM, EFAULT },				\
		.worked = _created,					\
	}

CREATES(small, call_create, created, 1, false);
CREATES(small_in_new_process, call_create, created, 1, true);
CREATES(huge, call_create, created, MIB(4), false);
CREATES(unsafe, call_create_unsafe, created_unsafe, 1, false);
CREATES(populated_small, call_create_populated, created_populated, SMALL,
	false);
CREATES(populated_huge, call_create_populated, created_populated,
	HUGE_AND_SMALL, false);

static long call_info(void)
{
	struct shmregion_info info;

	return -errno_of(raw_info(scene->view.fd, &info));
}

FIXTURE_VARIANT_ADD(failure, info)
{
	.size = 1,
	.mode = WRITABLE,
	.call = call_info,
	.errors = { EFAULT },
};

static long call_dup(void)
{
	scene->fd = raw_dup(scene->view.fd, RIGHTS_RO);
	return scene->fd < 0 ? -errno : 0;
}

static bool duplicated(void)
{
	struct shmregion_info info;

	return !raw_info(scene->fd, &info) &&
	       info.out_rights == RIGHTS_RO &&
	       !memcmp(info.out_guid, scene->before.out_guid,
		       sizeof(info.out_guid));
}

FIXTURE_VARIANT_ADD(failure, dup)
{
	.size = 1,
	.mode = WRITABLE,
	.call = call_dup,
	.errors = { ENOMEM, EFAULT },
	.worked = duplicated,
};

/* One more does not fit into the table that a process begins with. */
#define FIRST_TABLE 64

static long call_dup_with_full_table(void)
{
	int fds[FIRST_TABLE], count = 0, i;
	long ret;

	do
		fds[count++] = dup(scene->view.fd);
	while (fds[count - 1] < FIRST_TABLE - 1);
	ret = call_dup();
	for (i = 0; i < count; i++)
		close(fds[i]);
	return ret;
}

FIXTURE_VARIANT_ADD(failure, dup_with_full_table)
{
	.size = 1,
	.mode = WRITABLE,
	.is_fresh = true,
	.call = call_dup_with_full_table,
	.errors = { ENOMEM, EFAULT },
	.worked = duplicated,
};

static long call_attach(void)
{
	return view_attach(&scene->view, 0);
}

static bool prepare_detached(void)
{
	return view_detach(&scene->view, 0) == 0;
}

static long call_detach(void)
{
	return view_detach(&scene->view, 0);
}

/* That a process is attached, or not, is all that INFO may tell anew. */
static bool is_member(bool member)
{
	const long id = view_member(&scene->view, 0);

	scene->before.out_member = id;
	scene->before.out_access = view_info(&scene->view, INFO(access));
	return member ? id > 0 : id == 0;
}

static bool attached(void)
{
	return is_member(true) && same();
}

static bool detached(void)
{
	return is_member(false) && same() && call_detach() == -ESRCH;
}

static bool not_attached(void)
{
	return detached() && same_memory();
}

static bool not_detached(void)
{
	return attached() && same_memory();
}

FIXTURE_VARIANT_ADD(failure, attach)
{
	.size = 1,
	.mode = WRITABLE,
	.is_fresh = true,
	.call = call_attach,
	.errors = { ENOMEM, EFAULT },
	.worked = attached,
	.unchanged = not_attached,
};

/* It has its old member id and limit again. */
FIXTURE_VARIANT_ADD(failure, attach_again)
{
	.size = 1,
	.mode = UNSAFE,
	.prepare = prepare_detached,
	.call = call_attach,
	.errors = { ENOMEM, EFAULT },
	.worked = attached,
	.unchanged = not_attached,
};

FIXTURE_VARIANT_ADD(failure, detach)
{
	.size = 1,
	.mode = UNSAFE,
	.call = call_detach,
	.errors = { EFAULT },
	.worked = detached,
	.unchanged = not_detached,
};

/* Events: of an owned region. */
static long call_poll(void)
{
	struct pollfd poll_fd = { .fd = scene->view.fd, .events = POLLIN };
	const int ready = poll(&poll_fd, 1, 0);

	return ready < 0 ? -errno : poll_fd.revents == POLLIN ? 0 : -EIO;
}

static bool prepare_epoll(void)
{
	scene->fd = epoll_create1(EPOLL_CLOEXEC);
	return scene->fd >= 0;
}

static long call_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return -errno_of(epoll_ctl(scene->fd, EPOLL_CTL_ADD, scene->view.fd,
				   &event));
}

static bool epoll_tells(void)
{
	struct epoll_event event;

	return same() && epoll_wait(scene->fd, &event, 1, 0) == 1 &&
	       event.events == EPOLLIN;
}

static bool epoll_is_empty(void)
{
	struct epoll_event event;

	return same_memory() && epoll_wait(scene->fd, &event, 1, 0) == 0;
}

FIXTURE_VARIANT_ADD(failure, poll)
{
	.size = 1,
	.mode = WRITABLE,
	.call = call_poll,
	.errors = { ENOMEM, EFAULT },
};

FIXTURE_VARIANT_ADD(failure, epoll_ctl)
{
	.size = 1,
	.mode = WRITABLE,
	.prepare = prepare_epoll,
	.call = call_epoll,
	.errors = { ENOMEM, EFAULT },
	.worked = epoll_tells,
	.unchanged = epoll_is_empty,
};

static long call_fdinfo(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", scene->view.fd);
	return read_whole(path, scene->text, sizeof(scene->text));
}

static bool fdinfo_is_complete(void)
{
	return same() && strstr(scene->text, "shmregion-guid:") &&
	       strstr(scene->text, "shmregion-generation:");
}

FIXTURE_VARIANT_ADD(failure, fdinfo)
{
	.size = 1,
	.mode = WRITABLE,
	.call = call_fdinfo,
	.errors = { ENOMEM, EFAULT },
	.worked = fdinfo_is_complete,
};

TEST_FAILURES_MAIN
