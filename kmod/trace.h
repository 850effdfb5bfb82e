/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. The GUID tells which region it is; nothing prints a pointer.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM shmregion

#if !defined(SHMREGION_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SHMREGION_TRACE_H

#include <linux/tracepoint.h>
#include <linux/uuid.h>

#include "compat.h"
#include "process.h"
#include "region.h"

DECLARE_EVENT_CLASS(shmregion_class,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region),
	TP_STRUCT__entry(
		__array(u8, guid, SHMREGION_GUID_SIZE)
		__field(u64, size)
		__field(u32, mode)
		__string(label, region->label)
	),
	TP_fast_assign(
		export_uuid(__entry->guid, &region->guid);
		__entry->size = region->size;
		__entry->mode = region->mode;
		shmregion_assign_str(label, region->label);
	),
	TP_printk("%pUb %s size=%llu mode=%u", __entry->guid,
		  __get_str(label), __entry->size, __entry->mode)
);

DEFINE_EVENT(shmregion_class, shmregion_create,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region)
);

DEFINE_EVENT(shmregion_class, shmregion_destroy,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region)
);

DEFINE_EVENT(shmregion_class, shmregion_mode,
	TP_PROTO(const struct shmregion *region),
	TP_ARGS(region)
);

DECLARE_EVENT_CLASS(shmregion_process_class,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_process *process),
	TP_ARGS(region, process),
	TP_STRUCT__entry(
		__array(u8, guid, SHMREGION_GUID_SIZE)
		__field(u64, generation)
		__field(pid_t, pid)
	),
	TP_fast_assign(
		export_uuid(__entry->guid, &region->guid);
		__entry->generation = region->generation;
		__entry->pid = process ? pid_nr(process->tgid) : 0;
	),
	TP_printk("%pUb generation=%llu pid=%d", __entry->guid,
		  __entry->generation, __entry->pid)
);

DEFINE_EVENT(shmregion_process_class, shmregion_attach,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_process *process),
	TP_ARGS(region, process)
);

DEFINE_EVENT(shmregion_process_class, shmregion_owner,
	TP_PROTO(const struct shmregion *region,
		 const struct shmregion_process *process),
	TP_ARGS(region, process)
);

TRACE_EVENT(shmregion_denied,
	TP_PROTO(const struct shmregion *region, unsigned long address,
		 bool write),
	TP_ARGS(region, address, write),
	TP_STRUCT__entry(
		__array(u8, guid, SHMREGION_GUID_SIZE)
		__field(unsigned long, address)
		__field(bool, write)
	),
	TP_fast_assign(
		export_uuid(__entry->guid, &region->guid);
		__entry->address = address;
		__entry->write = write;
	),
	TP_printk("%pUb address=%#lx %s", __entry->guid, __entry->address,
		  __entry->write ? "write" : "read")
);

#endif /* SHMREGION_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
