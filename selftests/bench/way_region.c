// SPDX-License-Identifier: GPL-2.0-only
/* A region: sending it is what moves it. */
#include <sys/mman.h>

#include <shmdev.h>

#include "bench.h"
#include "way.h"

static void region_setup(struct side *side)
{
	int dev = shmdev_open();

	if (dev < 0)
		die("open /dev/shmregion");
	side->fd = shmdev_raw_create(dev, side->size, SHMREGION_MODE_WRITABLE,
				     side->flags, NULL, NULL);
	if (side->fd < 0)
		die("create");
}

/* The parent is the creator, and the child the next one. */
static uint64_t member_id(bool child)
{
	return child ? 2 : 1;
}

static void region_join(struct side *side)
{
	uint64_t member;

	if (shmdev_raw_attach(side->fd, &member))
		die("attach");
	if (member != member_id(side->child))
		dies("attach", "another member id than expected");
	side->mapped = capacity_of(side->fd);
	side->memory = map_memory(side->fd, side->mapped,
				  PROT_READ | PROT_WRITE);
}

static const void *region_receive(struct side *side)
{
	if (shmdev_raw_acquire(side->fd, 0, SHMREGION_NO_DEADLINE, NULL,
			       NULL))
		die("acquire");
	return side->memory;
}

static void region_send(struct side *side)
{
	if (shmdev_raw_transfer(side->fd, SHMREGION_BY_MEMBER,
				member_id(!side->child), 0, 0, NULL))
		die("transfer");
}

static const void *region_exchange(struct side *side)
{
	if (shmdev_raw_transfer(side->fd, SHMREGION_BY_MEMBER,
				member_id(!side->child),
				SHMREGION_TRANSFER_WAIT,
				SHMREGION_NO_DEADLINE, NULL))
		die("transfer");
	return side->memory;
}

const struct way way_region = {
	.name = "region",
	.title = "region",
	.has_flags = true,
	.setup = region_setup,
	.join = region_join,
	.receive = region_receive,
	.prepare = same_memory,
	.send = region_send,
	.exchange = region_exchange,
};
