/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: one for each change, and one for whoever is refused.
 *
 * Every event says which region it is, by its number since the module was
 * loaded, its GUID and its label; and who, by member id and by the process id of
 * the thread group that attached first, as the host sees it. 0 is nobody. None
 * prints a pointer of the kernel. Names and meaning of the fields stay as they
 * are; new ones may be added at the end.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM shmregion

#if !defined(SHMREGION_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SHMREGION_TRACE_H

#include <linux/tracepoint.h>
#include <linux/uuid.h>

#include "attachment.h"
#include "compat.h"
#include "denied.h"
#include "limits.h"
#include "mapping.h"
#include "process.h"
#include "region.h"

#ifndef SHMREGION_TRACE_HELPERS
#define SHMREGION_TRACE_HELPERS

static inline u64
shmregion_trace_member(const struct shmregion_attachment *attachment)
{
	return attachment ? attachment->member : 0;
}

static inline pid_t
shmregion_trace_pid(const struct shmregion_attachment *attachment)
{
	return attachment ? pid_nr(attachment->process->tgid) : 0;
}

#endif /* SHMREGION_TRACE_HELPERS */

TRACE_DEFINE_ENUM(SHMREGION_MODE_WRITABLE);
TRACE_DEFINE_ENUM(SHMREGION_MODE_READONLY);
TRACE_DEFINE_ENUM(SHMREGION_MODE_UNSAFE);
TRACE_DEFINE_ENUM(SHMREGION_RIGHT_READ);
TRACE_DEFINE_ENUM(SHMREGION_RIGHT_WRITE);
TRACE_DEFINE_ENUM(SHMREGION_RIGHT_CONTROL);
TRACE_DEFINE_ENUM(SHMREGION_OUT_OWNER_DIED);
TRACE_DEFINE_ENUM(SHMREGION_OUT_WAS_OWNER);
TRACE_DEFINE_ENUM(SHMREGION_MAPPING_REVOCABLE);
TRACE_DEFINE_ENUM(SHMREGION_MAPPING_ORDINARY);
TRACE_DEFINE_ENUM(SHMREGION_MAPPING_ORDINARY_READONLY);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_READ);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_WRITE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_MAP);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_PROTECT);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_PEEK);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_POKE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_INFO);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_DUP);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_ATTACH);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_DETACH);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_TRANSFER);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_RELEASE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_ACQUIRE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_PUBLISH);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_FREEZE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_SHARE);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_LIMIT);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_LIMIT_OTHERS);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_RECLAIM);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_DESTROY);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_NOT_OWNER);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_BY_LIMIT);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_DESTROYED);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_NO_CONSENT);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_RIGHTS);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_RECEIVER);
TRACE_DEFINE_ENUM(SHMREGION_DENIED_CHANGED);

#define shmregion_show_mode(mode)					\
	__print_symbolic(mode,						\
		{ SHMREGION_MODE_WRITABLE, "writable" },		\
		{ SHMREGION_MODE_READONLY, "readonly" },		\
		{ SHMREGION_MODE_UNSAFE, "unsafe" })

#define shmregion_show_rights(rights)					\
	__print_flags(rights, "|",					\
		{ SHMREGION_RIGHT_READ, "read" },			\
		{ SHMREGION_RIGHT_WRITE, "write" },			\
		{ SHMREGION_RIGHT_CONTROL, "control" })

#define shmregion_show_kind(kind)					\
	__print_symbolic(kind,						\
		{ SHMREGION_MAPPING_REVOCABLE, "revocable" },		\
		{ SHMREGION_MAPPING_ORDINARY, "ordinary" },		\
		{ SHMREGION_MAPPING_ORDINARY_READONLY, "ordinary_readonly" })

#define shmregion_show_op(op)						\
	__print_symbolic(op,						\
		{ SHMREGION_DENIED_READ, "read" },			\
		{ SHMREGION_DENIED_WRITE, "write" },			\
		{ SHMREGION_DENIED_MAP, "mmap" },			\
		{ SHMREGION_DENIED_PROTECT, "mprotect" },		\
		{ SHMREGION_DENIED_PEEK, "peek" },			\
		{ SHMREGION_DENIED_POKE, "poke" },			\
		{ SHMREGION_DENIED_INFO, "info" },			\
		{ SHMREGION_DENIED_DUP, "dup" },			\
		{ SHMREGION_DENIED_ATTACH, "attach" },			\
		{ SHMREGION_DENIED_DETACH, "detach" },			\
		{ SHMREGION_DENIED_TRANSFER, "transfer" },		\
		{ SHMREGION_DENIED_RELEASE, "release" },		\
		{ SHMREGION_DENIED_ACQUIRE, "acquire" },		\
		{ SHMREGION_DENIED_PUBLISH, "publish" },		\
		{ SHMREGION_DENIED_FREEZE, "freeze" },			\
		{ SHMREGION_DENIED_SHARE, "share" },			\
		{ SHMREGION_DENIED_LIMIT, "limit" },			\
		{ SHMREGION_DENIED_LIMIT_OTHERS, "limit_others" },	\
		{ SHMREGION_DENIED_RECLAIM, "reclaim" },		\
		{ SHMREGION_DENIED_DESTROY, "destroy" })

#define shmregion_show_reason(reason)					\
	__print_symbolic(reason,					\
		{ SHMREGION_DENIED_NOT_OWNER, "not_owner" },		\
		{ SHMREGION_DENIED_BY_LIMIT, "limit" },			\
		{ SHMREGION_DENIED_DESTROYED, "destroyed" },		\
		{ SHMREGION_DENIED_NO_CONSENT, "no_consent" },		\
		{ SHMREGION_DENIED_RIGHTS, "rights" },			\
		{ SHMREGION_DENIED_RECEIVER, "receiver" },		\
		{ SHMREGION_DENIED_CHANGED, "changed" })

/* What all events begin with. */
#define SHMREGION_REGION_FIELDS						\
	__field(u64, region)						\
	__array(u8, guid, SHMREGION_GUID_SIZE)				\
	__array(char, label, SHMREGION_LABEL_SIZE)

#define SHMREGION_REGION_ASSIGN						\
	__entry->region = region->id;					\
	export_uuid(__entry->guid, &region->guid);			\
	memcpy(__entry->label, region->label, SHMREGION_LABEL_SIZE)

#define SHMREGION_REGION_FORMAT	"region=%llu guid=%pUb label=\"%s\""
#define SHMREGION_REGION_PRINT						\
	__entry->region, __entry->guid, __entry->label

TRACE_EVENT(shmregion_create,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, size)
		__field(u64, capacity)
		__field(u32, mode)
		__field(u32, uid)
		__field(bool, controlled)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->size = region->size;
		__entry->capacity = (u64)region->nr_pages << PAGE_SHIFT;
		__entry->mode = region->mode;
		__entry->uid = __kuid_val(shmregion_user_uid(region->user));
		__entry->controlled = region->controlled;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " mode=%s size=%llu capacity=%llu controlled=%d uid=%u",
		  SHMREGION_REGION_PRINT, shmregion_show_mode(__entry->mode),
		  __entry->size, __entry->capacity, __entry->controlled,
		  __entry->uid)
);

DECLARE_EVENT_CLASS(shmregion_region_class,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, generation)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->generation = region->generation;
	),
	TP_printk(SHMREGION_REGION_FORMAT " generation=%llu",
		  SHMREGION_REGION_PRINT, __entry->generation)
);

/* A controller has destroyed it. */
DEFINE_EVENT(shmregion_region_class, shmregion_destroy,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region)
);

/* Its last handle and mapping are gone, and so is the region. */
DEFINE_EVENT(shmregion_region_class, shmregion_free,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region)
);

DECLARE_EVENT_CLASS(shmregion_member_class,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment),
	TP_ARGS(region, attachment),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(u32, rights)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->rights = attachment->rights;
	),
	TP_printk(SHMREGION_REGION_FORMAT " member=%llu pid=%d rights=%s",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  shmregion_show_rights(__entry->rights))
);

/* With the rights of all handles that it attached by. */
DEFINE_EVENT(shmregion_member_class, shmregion_attach,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment),
	TP_ARGS(region, attachment)
);

DEFINE_EVENT(shmregion_member_class, shmregion_detach,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment),
	TP_ARGS(region, attachment)
);

/* The address space of a member has gone. */
TRACE_EVENT(shmregion_death,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment, bool owner),
	TP_ARGS(region, attachment, owner),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(bool, owner)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->owner = owner;
	),
	TP_printk(SHMREGION_REGION_FORMAT " member=%llu pid=%d owner=%d",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  __entry->owner)
);

/* Of a process that has not attached, member and pid are 0. */
TRACE_EVENT(shmregion_map,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment,
		 const struct vm_area_struct *vma, u32 kind),
	TP_ARGS(region, attachment, vma, kind),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(u64, offset)
		__field(u64, length)
		__field(u32, kind)
		__field(bool, write)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
		__entry->length = vma->vm_end - vma->vm_start;
		__entry->kind = kind;
		__entry->write = vma->vm_flags & VM_WRITE;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " member=%llu pid=%d offset=%llu length=%llu kind=%s write=%d",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  __entry->offset, __entry->length,
		  shmregion_show_kind(__entry->kind), __entry->write)
);

DECLARE_EVENT_CLASS(shmregion_handover_class,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *from,
		 const struct shmregion_attachment *to),
	TP_ARGS(region, from, to),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, from_member)
		__field(u64, to_member)
		__field(pid_t, from_pid)
		__field(pid_t, to_pid)
		__field(u64, generation)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->from_member = shmregion_trace_member(from);
		__entry->to_member = shmregion_trace_member(to);
		__entry->from_pid = shmregion_trace_pid(from);
		__entry->to_pid = shmregion_trace_pid(to);
		__entry->generation = region->generation;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " from_member=%llu from_pid=%d to_member=%llu to_pid=%d"
		  " generation=%llu",
		  SHMREGION_REGION_PRINT, __entry->from_member,
		  __entry->from_pid, __entry->to_member, __entry->to_pid,
		  __entry->generation)
);

/* Decided: the sender has lost its access. A release is to nobody. */
DEFINE_EVENT(shmregion_handover_class, shmregion_transfer,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *from,
		 const struct shmregion_attachment *to),
	TP_ARGS(region, from, to)
);

/* Decided: a controller takes the region. */
DEFINE_EVENT(shmregion_handover_class, shmregion_reclaim,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *from,
		 const struct shmregion_attachment *to),
	TP_ARGS(region, from, to)
);

/* It has come true, by whatever: from here on the new owner has access. */
TRACE_EVENT(shmregion_owner,
	TP_PROTO(const struct shmregion *region, bool died),
	TP_ARGS(region, died),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(bool, died)
		__field(u64, generation)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(region->owner);
		__entry->pid = shmregion_trace_pid(region->owner);
		__entry->died = died;
		__entry->generation = region->generation;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " member=%llu pid=%d died=%d generation=%llu",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  __entry->died, __entry->generation)
);

/* A process has learnt that it is the owner. */
TRACE_EVENT(shmregion_acquire,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment, u32 flags),
	TP_ARGS(region, attachment, flags),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(u32, flags)
		__field(u64, generation)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->flags = flags;
		__entry->generation = region->generation;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " member=%llu pid=%d flags=%s generation=%llu",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  __print_flags(__entry->flags, "|",
				{ SHMREGION_OUT_OWNER_DIED, "owner_died" },
				{ SHMREGION_OUT_WAS_OWNER, "was_owner" }),
		  __entry->generation)
);

/* The mode has changed from what is given to what the region has. */
TRACE_EVENT(shmregion_convert,
	TP_PROTO(const struct shmregion *region, u32 from),
	TP_ARGS(region, from),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u32, from)
		__field(u32, to)
		__field(bool, frozen)
		__field(u64, generation)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->from = from;
		__entry->to = region->mode;
		__entry->frozen = region->frozen;
		__entry->generation = region->generation;
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " from=%s to=%s frozen=%d generation=%llu",
		  SHMREGION_REGION_PRINT, shmregion_show_mode(__entry->from),
		  shmregion_show_mode(__entry->to), __entry->frozen,
		  __entry->generation)
);

/* Without an attachment it is for all who have no limit of their own. */
TRACE_EVENT(shmregion_limit,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment, u32 limit),
	TP_ARGS(region, attachment, limit),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(u32, limit)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->limit = limit;
	),
	TP_printk(SHMREGION_REGION_FORMAT " member=%llu pid=%d limit=%s",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  shmregion_show_rights(__entry->limit))
);

/*
 * Who was refused what, and why. A read or write that is refused raises SIGSEGV,
 * or is EFAULT in a system call. The address is one of the process, 0 for a call.
 */
TRACE_EVENT(shmregion_denied,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_attachment *attachment, u32 op,
		 u32 reason, unsigned long address),
	TP_ARGS(region, attachment, op, reason, address),
	TP_STRUCT__entry(
		SHMREGION_REGION_FIELDS
		__field(u64, member)
		__field(pid_t, pid)
		__field(u32, op)
		__field(u32, reason)
		__field(u32, mode)
		__field(u64, address)
		__field(u64, owner_member)
		__field(pid_t, owner_pid)
	),
	TP_fast_assign(
		SHMREGION_REGION_ASSIGN;
		__entry->member = shmregion_trace_member(attachment);
		__entry->pid = shmregion_trace_pid(attachment);
		__entry->op = op;
		__entry->reason = reason;
		__entry->mode = region->mode;
		__entry->address = address;
		__entry->owner_member = shmregion_trace_member(region->owner);
		__entry->owner_pid = shmregion_trace_pid(region->owner);
	),
	TP_printk(SHMREGION_REGION_FORMAT
		  " member=%llu pid=%d op=%s reason=%s mode=%s address=%#llx"
		  " owner_member=%llu owner_pid=%d",
		  SHMREGION_REGION_PRINT, __entry->member, __entry->pid,
		  shmregion_show_op(__entry->op),
		  shmregion_show_reason(__entry->reason),
		  shmregion_show_mode(__entry->mode), __entry->address,
		  __entry->owner_member, __entry->owner_pid)
);

#endif /* SHMREGION_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
