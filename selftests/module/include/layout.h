/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each member of each uapi structure is: the same for 32 and 64 bit
 * callers, without holes, for ever. A wrong one does not compile.
 */
#ifndef SELFTESTS_LAYOUT_H
#define SELFTESTS_LAYOUT_H

#include <assert.h>
#include <stddef.h>

#include <linux/shmregion.h>

#define MEMBER_AT(offset, type, member)					\
	static_assert(offsetof(struct shmregion_##type, member) ==	\
		      (offset), #type "." #member)
#define SIZE_IS(bytes, type)						\
	static_assert(sizeof(struct shmregion_##type) == (bytes), #type)

SIZE_IS(16, version);
MEMBER_AT(0, version, size);
MEMBER_AT(4, version, flags);
MEMBER_AT(8, version, out_abi);
MEMBER_AT(12, version, __reserved);

SIZE_IS(64, create);
MEMBER_AT(0, create, size);
MEMBER_AT(4, create, flags);
MEMBER_AT(8, create, region_size);
MEMBER_AT(16, create, mode);
MEMBER_AT(20, create, out_fd);
MEMBER_AT(24, create, out_member);
MEMBER_AT(32, create, label);

SIZE_IS(128, info);
MEMBER_AT(0, info, size);
MEMBER_AT(4, info, flags);
MEMBER_AT(8, info, out_region_size);
MEMBER_AT(16, info, out_capacity);
MEMBER_AT(24, info, out_allocated);
MEMBER_AT(32, info, out_generation);
MEMBER_AT(40, info, out_member);
MEMBER_AT(48, info, out_owner_member);
MEMBER_AT(56, info, out_guid);
MEMBER_AT(72, info, out_label);
MEMBER_AT(104, info, out_mode);
MEMBER_AT(108, info, out_state);
MEMBER_AT(112, info, out_rights);
MEMBER_AT(116, info, out_access);
MEMBER_AT(120, info, out_writers);
MEMBER_AT(124, info, out_owner_pid);

SIZE_IS(16, dup);
MEMBER_AT(0, dup, size);
MEMBER_AT(4, dup, flags);
MEMBER_AT(8, dup, rights);
MEMBER_AT(12, dup, out_fd);

SIZE_IS(16, attach);
MEMBER_AT(0, attach, size);
MEMBER_AT(4, attach, flags);
MEMBER_AT(8, attach, out_member);

SIZE_IS(8, detach);
MEMBER_AT(0, detach, size);
MEMBER_AT(4, detach, flags);

SIZE_IS(32, transfer);
MEMBER_AT(0, transfer, size);
MEMBER_AT(4, transfer, flags);
MEMBER_AT(8, transfer, id);
MEMBER_AT(16, transfer, by);
MEMBER_AT(20, transfer, out_flags);
MEMBER_AT(24, transfer, deadline_ns);

SIZE_IS(8, release);
MEMBER_AT(0, release, size);
MEMBER_AT(4, release, flags);

SIZE_IS(32, acquire);
MEMBER_AT(0, acquire, size);
MEMBER_AT(4, acquire, flags);
MEMBER_AT(8, acquire, deadline_ns);
MEMBER_AT(16, acquire, out_member);
MEMBER_AT(24, acquire, out_flags);
MEMBER_AT(28, acquire, __reserved);

SIZE_IS(8, convert);
MEMBER_AT(0, convert, size);
MEMBER_AT(4, convert, flags);

SIZE_IS(24, limit);
MEMBER_AT(0, limit, size);
MEMBER_AT(4, limit, flags);
MEMBER_AT(8, limit, id);
MEMBER_AT(16, limit, by);
MEMBER_AT(20, limit, limit);

SIZE_IS(16, limit_others);
MEMBER_AT(0, limit_others, size);
MEMBER_AT(4, limit_others, flags);
MEMBER_AT(8, limit_others, limit);
MEMBER_AT(12, limit_others, __reserved);

SIZE_IS(8, reclaim);
MEMBER_AT(0, reclaim, size);
MEMBER_AT(4, reclaim, flags);

SIZE_IS(8, destroy);
MEMBER_AT(0, destroy, size);
MEMBER_AT(4, destroy, flags);

/* The ioctl numbers are for ever too. */
static_assert(SHMREGION_IOC_VERSION == 0xbc00, "version");
static_assert(SHMREGION_IOC_CREATE == 0xbc01, "create");
static_assert(SHMREGION_IOC_INFO == 0xbc10, "info");
static_assert(SHMREGION_IOC_DUP == 0xbc11, "dup");
static_assert(SHMREGION_IOC_ATTACH == 0xbc12, "attach");
static_assert(SHMREGION_IOC_DETACH == 0xbc13, "detach");
static_assert(SHMREGION_IOC_TRANSFER == 0xbc14, "transfer");
static_assert(SHMREGION_IOC_ACQUIRE == 0xbc15, "acquire");
static_assert(SHMREGION_IOC_PUBLISH == 0xbc16, "publish");
static_assert(SHMREGION_IOC_FREEZE == 0xbc17, "freeze");
static_assert(SHMREGION_IOC_SHARE == 0xbc18, "share");
static_assert(SHMREGION_IOC_RELEASE == 0xbc19, "release");
static_assert(SHMREGION_IOC_LIMIT == 0xbc20, "limit");
static_assert(SHMREGION_IOC_LIMIT_OTHERS == 0xbc21, "limit_others");
static_assert(SHMREGION_IOC_RECLAIM == 0xbc22, "reclaim");
static_assert(SHMREGION_IOC_DESTROY == 0xbc23, "destroy");

#endif /* SELFTESTS_LAYOUT_H */
