// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: argument checks, in the order that the uapi header promises, and
 * nothing else. Each argument structure is copied in once, in one place, and
 * copied out, for calls that have something to tell, at one place as well.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ahead.h"
#include "attachment.h"
#include "controller.h"
#include "handle.h"
#include "info.h"
#include "ioctl.h"
#include "owner.h"
#include "pages.h"
#include "region.h"

union ioctl_args {
	struct shmregion_version version;
	struct shmregion_create create;
	struct shmregion_info info;
	struct shmregion_dup dup;
	struct shmregion_attach attach;
	struct shmregion_detach detach;
	struct shmregion_transfer transfer;
	struct shmregion_acquire acquire;
	struct shmregion_convert convert;
	struct shmregion_limit limit;
	struct shmregion_reclaim reclaim;
	struct shmregion_destroy destroy;
};

/**
 * struct ioctl_call - one call
 * @file: the device or a handle
 * @user: where the caller's structure is
 * @user_size: the size it has there
 * @size: the size that this kernel knows
 * @args: the copy
 */
struct ioctl_call {
	struct file *file;
	void __user *user;
	u32 user_size;
	u32 size;
	union ioctl_args args;
};

struct ioctl_op {
	unsigned int cmd;
	u32 size;
	u32 min_size;
	u32 flags;
	int (*execute)(struct ioctl_call *call);
};

#define IOCTL_OP(_cmd, _type, _last, _flags, _execute) {		\
	.cmd = _cmd,							\
	.size = sizeof(struct _type) +					\
		BUILD_BUG_ON_ZERO(offsetof(struct _type, size)) +	\
		BUILD_BUG_ON_ZERO(offsetof(struct _type, flags) != 4),	\
	.min_size = offsetofend(struct _type, _last),			\
	.flags = _flags,						\
	.execute = _execute,						\
}

/* The layout is the same for all callers, without holes, for ever. */
static_assert(sizeof(struct shmregion_version) == 16);
static_assert(sizeof(struct shmregion_create) == 56);
static_assert(sizeof(struct shmregion_info) == 96);
static_assert(sizeof(struct shmregion_dup) == 16);
static_assert(sizeof(struct shmregion_attach) == 8);
static_assert(sizeof(struct shmregion_detach) == 8);
static_assert(sizeof(struct shmregion_transfer) == 24);
static_assert(sizeof(struct shmregion_acquire) == 24);
static_assert(sizeof(struct shmregion_convert) == 8);
static_assert(sizeof(struct shmregion_limit) == 16);
static_assert(sizeof(struct shmregion_reclaim) == 8);
static_assert(sizeof(struct shmregion_destroy) == 8);

static int respond(const struct ioctl_call *call)
{
	u32 size = min(call->user_size, call->size);

	return copy_to_user(call->user, &call->args, size) ? -EFAULT : 0;
}

static int ioctl_version(struct ioctl_call *call)
{
	struct shmregion_version *version = &call->args.version;

	if (version->__reserved)
		return -EOPNOTSUPP;

	version->out_abi = SHMREGION_ABI_VERSION;
	return respond(call);
}

/*
 * Make a handle and tell its number, stored where @out_fd points. The file
 * becomes reachable only when nothing can fail any more. Consumes @file.
 */
static int publish_handle(struct ioctl_call *call, struct file *file,
			  s32 *out_fd)
{
	int fd, ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_put_file;
	}

	*out_fd = fd;
	ret = respond(call);
	if (ret)
		goto err_put_fd;
	fd_install(fd, file);
	return 0;

err_put_fd:
	put_unused_fd(fd);
err_put_file:
	fput(file);
	return ret;
}

/* Printable ASCII with an end: it appears in /proc. */
static bool label_valid(const char *label)
{
	size_t len = strnlen(label, SHMREGION_LABEL_SIZE);
	size_t i;

	if (len == SHMREGION_LABEL_SIZE)
		return false;
	for (i = 0; i < len; i++)
		if (label[i] < 0x20 || label[i] > 0x7e)
			return false;
	return true;
}

static int ioctl_create(struct ioctl_call *call)
{
	struct shmregion_create *create = &call->args.create;
	struct shmregion *region;
	struct file *file;
	int ret;

	if (create->mode != SHMREGION_MODE_WRITABLE &&
	    create->mode != SHMREGION_MODE_UNSAFE)
		return -EINVAL;
	if (!create->region_size || !label_valid(create->label))
		return -EINVAL;

	region = shmregion_create(create->region_size, create->mode,
				  create->label);
	if (IS_ERR(region))
		return PTR_ERR(region);

	if (create->flags & SHMREGION_CREATE_POPULATE) {
		ret = shmregion_populate(region);
		if (ret)
			goto out_put_region;
	}
	if (create->mode == SHMREGION_MODE_WRITABLE) {
		ret = shmregion_attach(region, SHMREGION_RIGHTS_ALL);
		if (ret)
			goto out_put_region;
		shmregion_owner_first(region);
	}
	file = shmregion_handle_open(region, SHMREGION_RIGHTS_ALL);
	ret = publish_handle(call, file, &create->out_fd);
out_put_region:
	iput(&region->inode);
	return ret;
}

static int ioctl_info(struct ioctl_call *call)
{
	int ret;

	ret = shmregion_get_info(call->file, &call->args.info);
	return ret ? ret : respond(call);
}

static int ioctl_dup(struct ioctl_call *call)
{
	struct shmregion *region = shmregion_from_file(call->file);
	struct shmregion_dup *dup = &call->args.dup;
	struct file *file;

	if ((dup->rights & ~SHMREGION_RIGHTS_ALL) ||
	    !(dup->rights & SHMREGION_RIGHT_READ))
		return -EINVAL;
	if (dup->rights & ~shmregion_handle_rights(call->file))
		return -EACCES;

	if (READ_ONCE(region->destroyed))
		return -ENODEV;

	file = shmregion_handle_open(region, dup->rights);
	return publish_handle(call, file, &dup->out_fd);
}

static int ioctl_attach(struct ioctl_call *call)
{
	return shmregion_attach(shmregion_from_file(call->file),
				shmregion_handle_rights(call->file));
}

static int ioctl_detach(struct ioctl_call *call)
{
	return shmregion_detach(shmregion_from_file(call->file));
}

/*
 * Wait for ownership and tell whether the owner before died. If that cannot be
 * told, undo it. The caller has cleared *@out_flags in user memory already, so
 * this takes somebody who unmaps the structure during the call.
 */
static int wait_and_tell(struct shmregion *region, u64 seen, u64 deadline_ns,
			 u32 __user *out_flags)
{
	bool died = false;
	int ret;

	ret = shmregion_acquire_wait(region, seen, deadline_ns, &died);
	if (ret)
		return ret;

	shmregion_map_ahead(region);
	if (!died)
		return 0;
	ret = put_user(SHMREGION_OUT_OWNER_DIED, out_flags);
	if (ret)
		shmregion_acquire_undo(region);
	return ret;
}

static int transfer(struct shmregion *region, pid_t pid, u64 *seen)
{
	if (pid == SHMREGION_PID_NOBODY)
		return shmregion_release(region);
	return shmregion_transfer(region, pid, seen);
}

static int ioctl_transfer(struct ioctl_call *call)
{
	struct shmregion_transfer __user *user = call->user;
	struct shmregion *region = shmregion_from_file(call->file);
	struct shmregion_transfer *args = &call->args.transfer;
	bool wait = args->flags & SHMREGION_TRANSFER_WAIT;
	u64 seen = 0;
	int ret;

	if (args->pid < 0)
		return -EINVAL;
	if (!wait && args->deadline_ns != SHMREGION_NO_DEADLINE)
		return -EINVAL;
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;

	if (wait && put_user(0, &user->out_flags))
		return -EFAULT;
	ret = transfer(region, args->pid, wait ? &seen : NULL);
	if (ret || !wait)
		return ret;

	ret = wait_and_tell(region, seen, args->deadline_ns, &user->out_flags);
	switch (ret) {
	case -ERESTARTSYS:
		/* A restart would transfer once more. */
		return -EINTR;
	case -ENODEV:
	case -EINVAL:
	case -ESRCH:
		/* Not to be taken for a transfer that was refused. */
		return -ECANCELED;
	default:
		return ret;
	}
}

static int ioctl_acquire(struct ioctl_call *call)
{
	struct shmregion_acquire __user *user = call->user;
	struct shmregion_acquire *args = &call->args.acquire;
	struct shmregion *region = shmregion_from_file(call->file);
	u64 deadline_ns = args->deadline_ns;
	int ret;

	if (args->__reserved)
		return -EOPNOTSUPP;
	if (args->flags & SHMREGION_ACQUIRE_NOWAIT) {
		if (deadline_ns != SHMREGION_NO_DEADLINE)
			return -EINVAL;
		/* In the past, always. */
		deadline_ns = 1;
	}
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;

	if (put_user(0, &user->out_flags))
		return -EFAULT;
	ret = shmregion_attach(region, shmregion_handle_rights(call->file));
	if (ret)
		return ret;

	ret = wait_and_tell(region, 0, deadline_ns, &user->out_flags);
	if (ret == -ETIMEDOUT && (args->flags & SHMREGION_ACQUIRE_NOWAIT))
		return -EAGAIN;
	return ret;
}

static int convert(struct ioctl_call *call,
		   int (*operation)(struct shmregion *region))
{
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	return operation(shmregion_from_file(call->file));
}

static int ioctl_publish(struct ioctl_call *call)
{
	return convert(call, shmregion_publish);
}

static int ioctl_freeze(struct ioctl_call *call)
{
	return convert(call, shmregion_freeze);
}

static int ioctl_share(struct ioctl_call *call)
{
	return convert(call, shmregion_share);
}

static bool is_controller(const struct ioctl_call *call)
{
	return shmregion_handle_rights(call->file) & SHMREGION_RIGHT_CONTROL;
}

static int ioctl_limit(struct ioctl_call *call)
{
	struct shmregion *region = shmregion_from_file(call->file);
	struct shmregion_limit *args = &call->args.limit;

	if (args->pid < 0)
		return -EINVAL;
	switch (args->limit) {
	case 0:
	case SHMREGION_RIGHT_READ:
	case SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE:
		break;
	default:
		return -EINVAL;
	}
	if (!is_controller(call))
		return -EPERM;
	if (args->pid == SHMREGION_PID_NOBODY)
		return shmregion_limit_all(region, args->limit);

	return shmregion_limit_process(region, args->pid, args->limit);
}

static int ioctl_reclaim(struct ioctl_call *call)
{
	struct shmregion *region = shmregion_from_file(call->file);
	int ret;

	if (!is_controller(call))
		return -EPERM;
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	ret = shmregion_attach(region, shmregion_handle_rights(call->file));
	return ret ? ret : shmregion_reclaim(region);
}

static int ioctl_destroy(struct ioctl_call *call)
{
	if (!is_controller(call))
		return -EPERM;
	return shmregion_destroy(shmregion_from_file(call->file));
}

static const struct ioctl_op device_ops[] = {
	IOCTL_OP(SHMREGION_IOC_VERSION, shmregion_version, __reserved,
		 0, ioctl_version),
	IOCTL_OP(SHMREGION_IOC_CREATE, shmregion_create, label,
		 SHMREGION_CREATE_POPULATE, ioctl_create),
};

static const struct ioctl_op handle_ops[] = {
	IOCTL_OP(SHMREGION_IOC_VERSION, shmregion_version, __reserved,
		 0, ioctl_version),
	IOCTL_OP(SHMREGION_IOC_INFO, shmregion_info, out_owner_pid,
		 0, ioctl_info),
	IOCTL_OP(SHMREGION_IOC_DUP, shmregion_dup, out_fd,
		 0, ioctl_dup),
	IOCTL_OP(SHMREGION_IOC_ATTACH, shmregion_attach, flags,
		 0, ioctl_attach),
	IOCTL_OP(SHMREGION_IOC_DETACH, shmregion_detach, flags,
		 0, ioctl_detach),
	IOCTL_OP(SHMREGION_IOC_TRANSFER, shmregion_transfer, deadline_ns,
		 SHMREGION_TRANSFER_WAIT, ioctl_transfer),
	IOCTL_OP(SHMREGION_IOC_ACQUIRE, shmregion_acquire, __reserved,
		 SHMREGION_ACQUIRE_NOWAIT, ioctl_acquire),
	IOCTL_OP(SHMREGION_IOC_PUBLISH, shmregion_convert, flags,
		 0, ioctl_publish),
	IOCTL_OP(SHMREGION_IOC_FREEZE, shmregion_convert, flags,
		 0, ioctl_freeze),
	IOCTL_OP(SHMREGION_IOC_SHARE, shmregion_convert, flags,
		 0, ioctl_share),
	IOCTL_OP(SHMREGION_IOC_LIMIT, shmregion_limit, limit,
		 0, ioctl_limit),
	IOCTL_OP(SHMREGION_IOC_RECLAIM, shmregion_reclaim, flags,
		 0, ioctl_reclaim),
	IOCTL_OP(SHMREGION_IOC_DESTROY, shmregion_destroy, flags,
		 0, ioctl_destroy),
};

static long dispatch(const struct ioctl_op *ops, size_t nr_ops,
		     struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ioctl_call call = {
		.file = file,
		.user = (void __user *)arg,
	};
	const struct ioctl_op *op = ops;
	int ret;

	while (op->cmd != cmd)
		if (++op == ops + nr_ops)
			return -ENOTTY;

	if (get_user(call.user_size, (u32 __user *)call.user))
		return -EFAULT;
	if (call.user_size < op->min_size)
		return -EINVAL;
	if (call.user_size > PAGE_SIZE)
		return -E2BIG;
	call.size = op->size;
	ret = copy_struct_from_user(&call.args, op->size, call.user,
				    call.user_size);
	if (ret)
		return ret;

	/* It was copied again, and may have changed in between. */
	call.args.version.size = call.user_size;
	/* The second member of every structure, as IOCTL_OP() has checked. */
	if (call.args.version.flags & ~op->flags)
		return -EOPNOTSUPP;
	return op->execute(&call);
}

long shmregion_device_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	return dispatch(device_ops, ARRAY_SIZE(device_ops), file, cmd, arg);
}

long shmregion_handle_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	return dispatch(handle_ops, ARRAY_SIZE(handle_ops), file, cmd, arg);
}
