/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process, which here is one address space.
 *
 * There is one object for each mm that was ever attached to a region, found by
 * mmu_notifier_get(). It pins the mm_struct, so its address tells processes
 * apart without a doubt, and its release callback is the moment the process
 * dies: exit, kill or exec.
 *
 * The object stays until then, or until the module goes, also when the process
 * has nothing attached any more: to make one takes every lock of the address
 * space (mm_take_all_locks()), too much for a process that uses one region
 * after the other.
 */
#ifndef SHMREGION_PROCESS_H
#define SHMREGION_PROCESS_H

#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/pid.h>
#include <linux/spinlock.h>

/**
 * struct shmregion_process - a process that was attached somewhere
 * @notifier: its subscription; notifier.mm is the address space
 * @tgid: the thread group that attached first, to show to people
 * @kept: whether it ever was in the list of all; under the lock of that
 * @node: in the list of all, which holds a reference
 * @lock: protects @attachments
 * @attachments: its attachments, in all regions
 */
struct shmregion_process {
	struct mmu_notifier notifier;
	struct pid *tgid;
	bool kept;
	struct list_head node;
	spinlock_t lock; /* protects @attachments */
	struct list_head attachments;
};

struct shmregion_process *shmregion_process_get(void);
void shmregion_process_put(struct shmregion_process *process);
pid_t shmregion_process_pid(const struct shmregion_process *process);
bool shmregion_process_alive(const struct shmregion_process *process);
struct mm_struct *shmregion_process_mm(pid_t nr);

void shmregion_process_init(void (*died)(struct shmregion_process *process));
void shmregion_process_exit(void);

#endif /* SHMREGION_PROCESS_H */
