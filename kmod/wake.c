// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waking those who wait for their turn to own a region.
 *
 * Threads that wait in a call are in region->owner_wait. Those that poll are in
 * one of two other queues: only a handle with WRITE can be told that the region
 * can be had, so those without it, which anybody may be given, are woken only
 * when the region ends or becomes what it then stays. However many there are,
 * they cost the owner nothing.
 */
#include <linux/mm.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "attachment.h"
#include "process.h"
#include "region.h"
#include "rule.h"
#include "wake.h"
#include "work.h"

/* A queue that is longer is woken by a worker, so many at a time. */
#define WAKE_MAX	64

/*
 * Whether the worker is to wake a queue, as it is long. Anybody who may wait can
 * make it so, by threads or by epoll.
 */
static bool is_long(struct wait_queue_head *queue)
{
	struct list_head *entry;
	unsigned int length = 0;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	list_for_each(entry, &queue->head)
		if (++length > WAKE_MAX)
			break;
	spin_unlock_irqrestore(&queue->lock, flags);
	return length > WAKE_MAX;
}

/* Whether there is anything left to wake here. */
static bool to_wake(struct shmregion *region, struct wait_queue_head *queue)
{
	if (!wq_has_sleeper(queue))
		return false;
	if (!is_long(queue))
		return true;
	shmregion_queue_work(region, &region->wake_work);
	return false;
}

static int wake_mark(struct wait_queue_entry *entry, unsigned int mode,
		     int flags, void *key)
{
	return 0;
}

/* Wake the next few, from @cursor towards @end. Return: whether @end is reached. */
static bool wake_slice(struct wait_queue_head *queue,
		       struct wait_queue_entry *cursor,
		       const struct wait_queue_entry *end)
{
	struct wait_queue_entry *entry = NULL;
	unsigned int i;

	spin_lock_irq(&queue->lock);
	for (i = 0; i < WAKE_MAX; i++) {
		entry = list_prev_entry(cursor, entry);
		if (entry == end)
			break;
		/* Before it may remove itself. */
		list_move_tail(&cursor->entry, &entry->entry);
		entry->func(entry, TASK_NORMAL, 0, NULL);
	}
	spin_unlock_irq(&queue->lock);
	return entry == end;
}

/*
 * What wake_up_all() does, but with the lock of the queue released in between:
 * the owner takes it as well, and interrupts are off under it. Who comes
 * meanwhile looks by itself: new entries are in front of the head mark or behind
 * the cursor.
 */
static void wake_long(struct wait_queue_head *queue)
{
	struct wait_queue_entry cursor = { .func = wake_mark };
	struct wait_queue_entry end = { .func = wake_mark };

	spin_lock_irq(&queue->lock);
	list_add(&end.entry, &queue->head);
	list_add_tail(&cursor.entry, &queue->head);
	spin_unlock_irq(&queue->lock);

	while (!wake_slice(queue, &cursor, &end))
		cond_resched();

	spin_lock_irq(&queue->lock);
	list_del(&cursor.entry);
	list_del(&end.entry);
	spin_unlock_irq(&queue->lock);
}

static bool is_final(struct shmregion *region)
{
	bool final;

	shmregion_lock(region);
	final = region->destroyed || !shmregion_ownable(region);
	shmregion_unlock(region);
	return final;
}

static void wake_work_fn(struct work_struct *work)
{
	struct shmregion *region = container_of(work, struct shmregion,
						wake_work);

	wake_long(&region->owner_wait);
	wake_long(&region->poll_wait);
	if (is_final(region))
		wake_long(&region->final_wait);
	shmregion_put_work(region);
}

/**
 * shmregion_wake - wake those who can go on after a change
 * @region: the region, not locked
 * @will_wait: whether the caller is about to wait
 */
void shmregion_wake(struct shmregion *region, bool will_wait)
{
	struct mm_struct *mm = NULL;
	bool final;

	shmregion_lock(region);
	final = region->destroyed || !shmregion_ownable(region);
	if (region->owner && !final)
		mm = region->owner->process->notifier.mm;
	shmregion_unlock(region);

	/*
	 * Its address alone is used, as a key, and NULL means everybody. One
	 * that is to go on where the caller will wait need not be waited for.
	 */
	if (to_wake(region, &region->owner_wait)) {
		if (will_wait)
			__wake_up_sync_key(&region->owner_wait, TASK_NORMAL, mm);
		else
			__wake_up(&region->owner_wait, TASK_NORMAL, 0, mm);
	}
	if (to_wake(region, &region->poll_wait))
		wake_up_all(&region->poll_wait);
	if (final && to_wake(region, &region->final_wait))
		wake_up_all(&region->final_wait);
}

/* The same after a change of a limit, which may concern everybody. */
void shmregion_wake_everybody(struct shmregion *region)
{
	if (to_wake(region, &region->owner_wait))
		wake_up_all(&region->owner_wait);
	if (to_wake(region, &region->poll_wait))
		wake_up_all(&region->poll_wait);
}

void shmregion_wake_region_init(struct shmregion *region)
{
	init_waitqueue_head(&region->owner_wait);
	init_waitqueue_head(&region->poll_wait);
	init_waitqueue_head(&region->final_wait);
	INIT_WORK(&region->wake_work, wake_work_fn);
}
