// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of the ioctls, from the uapi header: the members of their
 * structures, and which errors they may have. An error that the values alone
 * have comes before all that depends on the state of the region.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "actor.h"
#include "grammar.h"

#define FIELD(type, member, _value) {					\
	.name = #member,						\
	.value = _value,						\
	.offset = offsetof(struct type, member),			\
	.size = sizeof(((struct type *)NULL)->member),			\
}

static bool is_label(const char *label)
{
	size_t length = strnlen(label, SHMREGION_LABEL_SIZE), i;

	for (i = 0; i < length; i++)
		if (label[i] < 0x20 || label[i] > 0x7e)
			return false;
	return length < SHMREGION_LABEL_SIZE;
}

static int check_create(const void *argument)
{
	const struct shmregion_create *create = argument;

	if ((create->mode != SHMREGION_MODE_WRITABLE &&
	     create->mode != SHMREGION_MODE_UNSAFE) ||
	    !create->region_size || !is_label(create->label))
		return -EINVAL;
	return create->region_size > INT64_MAX - PAGE_BYTES ? -EOVERFLOW : 0;
}

static int check_dup(const void *argument)
{
	const struct shmregion_dup *dup = argument;

	return !(dup->rights & RIGHT_R) ||
	       dup->rights & ~(RIGHT_R | RIGHT_W | RIGHT_C) ? -EINVAL : 0;
}

/* 0 is nobody by either name. */
static bool is_id(uint32_t by, uint64_t id)
{
	return id && (by == SHMREGION_BY_MEMBER ||
		      (by == SHMREGION_BY_PID && id <= INT32_MAX));
}

static bool is_limit(uint32_t limit)
{
	return !limit || limit == RIGHT_R || limit == (RIGHT_R | RIGHT_W);
}

static int check_transfer(const void *argument)
{
	const struct shmregion_transfer *transfer = argument;

	return !is_id(transfer->by, transfer->id) ||
	       (!(transfer->flags & SHMREGION_TRANSFER_WAIT) &&
		transfer->deadline_ns) ? -EINVAL : 0;
}

static int check_acquire(const void *argument)
{
	const struct shmregion_acquire *acquire = argument;

	return acquire->flags & SHMREGION_ACQUIRE_NOWAIT &&
	       acquire->deadline_ns ? -EINVAL : 0;
}

static int check_limit(const void *argument)
{
	const struct shmregion_limit *limit = argument;

	return is_id(limit->by, limit->id) && is_limit(limit->limit) ?
	       0 : -EINVAL;
}

static int check_limit_others(const void *argument)
{
	const struct shmregion_limit_others *others = argument;

	return is_limit(others->limit) ? 0 : -EINVAL;
}

const struct grammar grammar_version = {
	.command = SHMREGION_IOC_VERSION,
	.size = sizeof(struct shmregion_version),
	.on_device = true,
	.on_handle = true,
	.errors = ERRORS(0),
	.fields = {
		FIELD(shmregion_version, out_abi, VALUE_OUT),
		FIELD(shmregion_version, __reserved, VALUE_RESERVED),
	},
};

const struct grammar grammar_create = {
	.command = SHMREGION_IOC_CREATE,
	.size = sizeof(struct shmregion_create),
	.flags = SHMREGION_CREATE_POPULATE | SHMREGION_CREATE_CONTROLLED |
		 SHMREGION_CREATE_HUGE,
	.on_device = true,
	.check = check_create,
	.errors = ERRORS(ENOSPC, EDQUOT, ENOMEM, ENFILE, EMFILE),
	.fields = {
		FIELD(shmregion_create, region_size, VALUE_BYTES),
		FIELD(shmregion_create, mode, VALUE_MODE),
		FIELD(shmregion_create, out_fd, VALUE_OUT),
		FIELD(shmregion_create, out_member, VALUE_OUT),
		FIELD(shmregion_create, label, VALUE_LABEL),
	},
};

const struct grammar grammar_info = {
	.command = SHMREGION_IOC_INFO,
	.size = sizeof(struct shmregion_info),
	.on_handle = true,
	.errors = ERRORS(ENODEV),
	.fields = {
		FIELD(shmregion_info, out_region_size, VALUE_OUT),
		FIELD(shmregion_info, out_capacity, VALUE_OUT),
		FIELD(shmregion_info, out_allocated, VALUE_OUT),
		FIELD(shmregion_info, out_generation, VALUE_OUT),
		FIELD(shmregion_info, out_member, VALUE_OUT),
		FIELD(shmregion_info, out_owner_member, VALUE_OUT),
		FIELD(shmregion_info, out_guid, VALUE_OUT),
		FIELD(shmregion_info, out_label, VALUE_OUT),
		FIELD(shmregion_info, out_mode, VALUE_OUT),
		FIELD(shmregion_info, out_state, VALUE_OUT),
		FIELD(shmregion_info, out_rights, VALUE_OUT),
		FIELD(shmregion_info, out_access, VALUE_OUT),
		FIELD(shmregion_info, out_writers, VALUE_OUT),
		FIELD(shmregion_info, out_owner_pid, VALUE_OUT),
	},
};

const struct grammar grammar_dup = {
	.command = SHMREGION_IOC_DUP,
	.size = sizeof(struct shmregion_dup),
	.on_handle = true,
	.check = check_dup,
	.errors = ERRORS(ENODEV, ENOMEM, ENFILE, EMFILE),
	.fields = {
		FIELD(shmregion_dup, rights, VALUE_RIGHTS),
		FIELD(shmregion_dup, out_fd, VALUE_OUT),
	},
};

const struct grammar grammar_attach = {
	.command = SHMREGION_IOC_ATTACH,
	.size = sizeof(struct shmregion_attach),
	.on_handle = true,
	.errors = ERRORS(ENOMEM, ENODEV),
	.fields = {
		FIELD(shmregion_attach, out_member, VALUE_OUT),
	},
};

const struct grammar grammar_detach = {
	.command = SHMREGION_IOC_DETACH,
	.size = sizeof(struct shmregion_detach),
	.on_handle = true,
	.errors = ERRORS(ENODEV, ESRCH, EBUSY),
};

const struct grammar grammar_transfer = {
	.command = SHMREGION_IOC_TRANSFER,
	.size = sizeof(struct shmregion_transfer),
	.flags = SHMREGION_TRANSFER_WAIT,
	.wait_flags = SHMREGION_TRANSFER_WAIT,
	.waits = SHMREGION_TRANSFER_WAIT,
	.on_handle = true,
	.rights = RIGHT_W,
	.check = check_transfer,
	.errors = ERRORS(ENODEV, EINVAL, EPERM, ESRCH, EACCES, ETIMEDOUT,
			 EINTR, ECANCELED),
	.fields = {
		FIELD(shmregion_transfer, id, VALUE_ID),
		FIELD(shmregion_transfer, by, VALUE_BY),
		FIELD(shmregion_transfer, out_flags, VALUE_OUT),
		FIELD(shmregion_transfer, deadline_ns, VALUE_DEADLINE),
	},
};

const struct grammar grammar_acquire = {
	.command = SHMREGION_IOC_ACQUIRE,
	.size = sizeof(struct shmregion_acquire),
	.flags = SHMREGION_ACQUIRE_NOWAIT,
	.wait_flags = SHMREGION_ACQUIRE_NOWAIT,
	.waits = 0,
	.on_handle = true,
	.rights = RIGHT_W,
	.check = check_acquire,
	.errors = ERRORS(ENOMEM, ENODEV, EINVAL, EACCES, ESRCH, EAGAIN,
			 ETIMEDOUT, EINTR),
	.fields = {
		FIELD(shmregion_acquire, deadline_ns, VALUE_DEADLINE),
		FIELD(shmregion_acquire, out_member, VALUE_OUT),
		FIELD(shmregion_acquire, out_flags, VALUE_OUT),
		FIELD(shmregion_acquire, __reserved, VALUE_RESERVED),
	},
};

#define GRAMMAR_CONVERT(_command) {					\
	.command = _command,						\
	.size = sizeof(struct shmregion_convert),			\
	.on_handle = true,						\
	.rights = RIGHT_W,						\
	.errors = ERRORS(ENODEV, EINVAL, EPERM, EACCES),		\
}

const struct grammar grammar_publish =
	GRAMMAR_CONVERT(SHMREGION_IOC_PUBLISH);
const struct grammar grammar_freeze =
	GRAMMAR_CONVERT(SHMREGION_IOC_FREEZE);
const struct grammar grammar_share =
	GRAMMAR_CONVERT(SHMREGION_IOC_SHARE);

const struct grammar grammar_release = {
	.command = SHMREGION_IOC_RELEASE,
	.size = sizeof(struct shmregion_release),
	.on_handle = true,
	.rights = RIGHT_W,
	.errors = ERRORS(ENODEV, EINVAL, EPERM),
};

const struct grammar grammar_limit = {
	.command = SHMREGION_IOC_LIMIT,
	.size = sizeof(struct shmregion_limit),
	.on_handle = true,
	.rights = RIGHT_C,
	.check = check_limit,
	.errors = ERRORS(ENODEV, ESRCH),
	.fields = {
		FIELD(shmregion_limit, id, VALUE_ID),
		FIELD(shmregion_limit, by, VALUE_BY),
		FIELD(shmregion_limit, limit, VALUE_LIMIT),
	},
};

const struct grammar grammar_limit_others = {
	.command = SHMREGION_IOC_LIMIT_OTHERS,
	.size = sizeof(struct shmregion_limit_others),
	.on_handle = true,
	.rights = RIGHT_C,
	.check = check_limit_others,
	.errors = ERRORS(ENODEV),
	.fields = {
		FIELD(shmregion_limit_others, limit, VALUE_LIMIT),
		FIELD(shmregion_limit_others, __reserved, VALUE_RESERVED),
	},
};

const struct grammar grammar_reclaim = {
	.command = SHMREGION_IOC_RECLAIM,
	.size = sizeof(struct shmregion_reclaim),
	.on_handle = true,
	.rights = RIGHT_C | RIGHT_W,
	.errors = ERRORS(ENOMEM, ENODEV, EINVAL, EACCES, ESRCH),
};

const struct grammar grammar_destroy = {
	.command = SHMREGION_IOC_DESTROY,
	.size = sizeof(struct shmregion_destroy),
	.on_handle = true,
	.rights = RIGHT_C,
	.errors = ERRORS(ENODEV),
};
