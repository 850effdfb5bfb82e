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
#include "denied.h"
#include "handle.h"
#include "info.h"
#include "ioctl.h"
#include "owner.h"
#include "pages.h"
#include "region.h"
#include "wait.h"

union ioctl_args {
	struct shmregion_version version;
	struct shmregion_create create;
	struct shmregion_info info;
	struct shmregion_dup dup;
	struct shmregion_attach attach;
	struct shmregion_detach detach;
	struct shmregion_transfer transfer;
	struct shmregion_release release;
	struct shmregion_acquire acquire;
	struct shmregion_convert convert;
	struct shmregion_limit limit;
	struct shmregion_limit_others limit_others;
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
static_assert(sizeof(struct shmregion_create) == 64);
static_assert(sizeof(struct shmregion_info) == 128);
static_assert(sizeof(struct shmregion_dup) == 16);
static_assert(sizeof(struct shmregion_attach) == 16);
static_assert(sizeof(struct shmregion_detach) == 8);
static_assert(sizeof(struct shmregion_transfer) == 32);
static_assert(sizeof(struct shmregion_release) == 8);
static_assert(sizeof(struct shmregion_acquire) == 32);
static_assert(sizeof(struct shmregion_convert) == 8);
static_assert(sizeof(struct shmregion_limit) == 24);
static_assert(sizeof(struct shmregion_limit_others) == 16);
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
	bool controlled = create->flags & SHMREGION_CREATE_CONTROLLED;
	u32 rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE;
	struct shmregion *region;
	struct file *file;
	int ret;

	if (create->mode != SHMREGION_MODE_WRITABLE &&
	    create->mode != SHMREGION_MODE_UNSAFE)
		return -EINVAL;
	if (!create->region_size || !label_valid(create->label))
		return -EINVAL;

	region = shmregion_create(create->region_size, create->mode,
				  create->label, create->flags);
	if (IS_ERR(region))
		return PTR_ERR(region);

	if (create->flags & SHMREGION_CREATE_POPULATE) {
		ret = shmregion_populate(region);
		if (ret)
			goto out_put_region;
	}
	if (controlled)
		rights |= SHMREGION_RIGHT_CONTROL;
	ret = shmregion_attach(region, rights, &create->out_member);
	if (ret)
		goto out_put_region;
	shmregion_creator(region);
	file = shmregion_handle_open(region, rights);
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
	struct shmregion *region = shmregion_from_file(call->file);
	struct shmregion_attach *attach = &call->args.attach;
	u32 before = shmregion_attached_rights(region);
	int ret;

	ret = shmregion_attach(region, shmregion_handle_rights(call->file),
			       &attach->out_member);
	if (ret)
		return ret;
	ret = respond(call);
	if (ret)
		shmregion_attach_undo(region, before);
	return ret;
}

static int ioctl_detach(struct ioctl_call *call)
{
	return shmregion_detach(shmregion_from_file(call->file));
}

/* A deadline that is always over: do not wait. */
#define IN_THE_PAST	1

/*
 * Wait for ownership and tell how it came. If the death of the owner before
 * cannot be told, undo it, so that the next one is told. The caller has cleared
 * *@out_flags in user memory already, so this takes somebody who unmaps the
 * structure during the call.
 */
static int wait_and_tell(struct shmregion *region, u64 seen, u64 deadline_ns,
			 u32 __user *out_flags)
{
	u32 flags;
	int ret;

	ret = shmregion_acquire_wait(region, seen, deadline_ns, &flags);
	if (ret)
		return ret;

	shmregion_map_ahead(region);
	if (!flags)
		return 0;
	ret = put_user(flags, out_flags);
	if (ret && (flags & SHMREGION_OUT_OWNER_DIED))
		shmregion_acquire_undo(region);
	return ret;
}

/* With @seen the caller will wait, and be told how that ended. */
static int transfer(struct ioctl_call *call, u64 *seen)
{
	const struct shmregion_transfer *args = &call->args.transfer;
	struct shmregion_transfer __user *user = call->user;
	struct shmregion_peer receiver;
	int ret;

	ret = shmregion_peer_get(&receiver, args->by, args->id);
	if (ret)
		return ret;
	if (!(call->file->f_mode & FMODE_WRITE))
		ret = -EACCES;
	else if (seen && put_user(0, &user->out_flags))
		ret = -EFAULT;
	else
		ret = shmregion_transfer(shmregion_from_file(call->file),
					 &receiver, seen);
	shmregion_peer_put(&receiver);
	return ret;
}

/*
 * The end of a transfer with a wait: its result is not to be taken for that of
 * the transfer, which is done.
 */
static int wait_result(int ret, bool nonblock)
{
	switch (ret) {
	case -ETIMEDOUT:
		return nonblock ? -EAGAIN : ret;
	case -ENODEV:
	case -EINVAL:
	case -ESRCH:
	case -EACCES:
		return -ECANCELED;
	default:
		return ret;
	}
}

/*
 * A signal interrupted the wait. The call may be restarted, and must not
 * transfer once more then: so note in the structure that this is done.
 */
static int interrupted(u32 __user *out_flags)
{
	return put_user(SHMREGION_OUT_TRANSFERRED, out_flags) ? -EINTR :
								-ERESTARTSYS;
}

/* The transfer is done, and only the wait is left. */
static int go_on(struct ioctl_call *call)
{
	const struct shmregion_transfer *args = &call->args.transfer;
	struct shmregion_transfer __user *user = call->user;
	struct shmregion_peer receiver;
	int ret;

	ret = shmregion_peer_get(&receiver, args->by, args->id);
	if (ret)
		return ret;
	shmregion_peer_put(&receiver);
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	return put_user(0, &user->out_flags);
}

static int ioctl_transfer(struct ioctl_call *call)
{
	struct shmregion_transfer __user *user = call->user;
	struct shmregion_transfer *args = &call->args.transfer;
	bool wait = args->flags & SHMREGION_TRANSFER_WAIT;
	bool done = wait && (args->out_flags & SHMREGION_OUT_TRANSFERRED);
	bool nonblock = call->file->f_flags & O_NONBLOCK;
	u64 deadline_ns = nonblock ? IN_THE_PAST :
				     shmregion_host_deadline(args->deadline_ns);
	u64 seen = 0;
	int ret;

	if (!wait && args->deadline_ns != SHMREGION_NO_DEADLINE)
		return -EINVAL;

	ret = done ? go_on(call) : transfer(call, wait ? &seen : NULL);
	if (ret || !wait)
		return ret;

	ret = wait_and_tell(shmregion_from_file(call->file), seen,
			    deadline_ns, &user->out_flags);
	if (ret == -ERESTARTSYS)
		return interrupted(&user->out_flags);
	return wait_result(ret, nonblock);
}

static int ioctl_release(struct ioctl_call *call)
{
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	return shmregion_release(shmregion_from_file(call->file));
}

static int ioctl_acquire(struct ioctl_call *call)
{
	struct shmregion_acquire __user *user = call->user;
	struct shmregion_acquire *args = &call->args.acquire;
	struct shmregion *region = shmregion_from_file(call->file);
	bool nowait = args->flags & SHMREGION_ACQUIRE_NOWAIT;
	u64 deadline_ns, member;
	int ret;

	if (args->__reserved)
		return -EOPNOTSUPP;
	if (nowait && args->deadline_ns != SHMREGION_NO_DEADLINE)
		return -EINVAL;
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;

	/* What cannot be told later is found before anything changes. */
	if (put_user(0, &user->out_flags) || put_user(0, &user->out_member))
		return -EFAULT;
	ret = shmregion_attach(region, shmregion_handle_rights(call->file),
			       &member);
	if (ret)
		return ret;
	if (put_user(member, &user->out_member))
		return -EFAULT;

	nowait |= call->file->f_flags & O_NONBLOCK;
	deadline_ns = nowait ? IN_THE_PAST :
			       shmregion_host_deadline(args->deadline_ns);
	ret = wait_and_tell(region, 0, deadline_ns, &user->out_flags);
	return ret == -ETIMEDOUT && nowait ? -EAGAIN : ret;
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

static bool limit_valid(u32 limit)
{
	switch (limit) {
	case 0:
	case SHMREGION_RIGHT_READ:
	case SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE:
		return true;
	default:
		return false;
	}
}

static int ioctl_limit(struct ioctl_call *call)
{
	struct shmregion_limit *args = &call->args.limit;
	struct shmregion_peer peer;
	int ret;

	if (!limit_valid(args->limit))
		return -EINVAL;
	ret = shmregion_peer_get(&peer, args->by, args->id);
	if (ret)
		return ret;

	if (is_controller(call))
		ret = shmregion_limit_process(shmregion_from_file(call->file),
					      &peer, args->limit);
	else
		ret = -EPERM;
	shmregion_peer_put(&peer);
	return ret;
}

static int ioctl_limit_others(struct ioctl_call *call)
{
	struct shmregion_limit_others *args = &call->args.limit_others;

	if (args->__reserved)
		return -EOPNOTSUPP;
	if (!limit_valid(args->limit))
		return -EINVAL;
	if (!is_controller(call))
		return -EPERM;
	return shmregion_limit_all(shmregion_from_file(call->file),
				   args->limit);
}

static int ioctl_reclaim(struct ioctl_call *call)
{
	struct shmregion *region = shmregion_from_file(call->file);
	u64 member;
	int ret;

	if (!is_controller(call))
		return -EPERM;
	if (!(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	ret = shmregion_attach(region, shmregion_handle_rights(call->file),
			       &member);
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
		 SHMREGION_CREATE_POPULATE | SHMREGION_CREATE_CONTROLLED |
		 SHMREGION_CREATE_HUGE, ioctl_create),
};

static const struct ioctl_op handle_ops[] = {
	IOCTL_OP(SHMREGION_IOC_VERSION, shmregion_version, __reserved,
		 0, ioctl_version),
	IOCTL_OP(SHMREGION_IOC_INFO, shmregion_info, out_owner_pid,
		 0, ioctl_info),
	IOCTL_OP(SHMREGION_IOC_DUP, shmregion_dup, out_fd,
		 0, ioctl_dup),
	IOCTL_OP(SHMREGION_IOC_ATTACH, shmregion_attach, out_member,
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
	IOCTL_OP(SHMREGION_IOC_RELEASE, shmregion_release, flags,
		 0, ioctl_release),
	IOCTL_OP(SHMREGION_IOC_LIMIT, shmregion_limit, limit,
		 0, ioctl_limit),
	IOCTL_OP(SHMREGION_IOC_LIMIT_OTHERS, shmregion_limit_others, __reserved,
		 0, ioctl_limit_others),
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
	long ret = dispatch(handle_ops, ARRAY_SIZE(handle_ops), file, cmd, arg);

	if (ret < 0)
		shmregion_denied_call(file, cmd, ret);
	return ret;
}
