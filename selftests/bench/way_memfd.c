// SPDX-License-Identifier: GPL-2.0-only
/*
 * One memfd that both sides have mapped for good. Without protection it is the
 * floor of what any way costs. With it, each side protects the memory from
 * itself while it is the other's, as Mozilla's debug builds do.
 */
#include <sys/mman.h>

#include "bench.h"
#include "way.h"

static void memfd_setup(struct side *side)
{
	side->fd = create_memfd(side->size, 0);
}

static void memfd_join(struct side *side)
{
	side->memory = map_memory(side->fd, side->size, PROT_READ | PROT_WRITE);
}

static const void *unsafe_receive(struct side *side)
{
	message_receive(side);
	return side->memory;
}

static void unsafe_send(struct side *side)
{
	message_send(side);
}

const struct way way_unsafe = {
	.name = "unsafe",
	.title = "memfd, no protection (P2)",
	.setup = memfd_setup,
	.join = memfd_join,
	.receive = unsafe_receive,
	.prepare = same_memory,
	.send = unsafe_send,
};

static void protect(const struct side *side, int prot)
{
	if (mprotect(side->memory, side->size, prot))
		die("mprotect");
}

static const void *mprotect_receive(struct side *side)
{
	message_receive(side);
	protect(side, PROT_READ | PROT_WRITE);
	return side->memory;
}

static void mprotect_send(struct side *side)
{
	protect(side, PROT_NONE);
	message_send(side);
}

const struct way way_mprotect = {
	.name = "mprotect",
	.title = "memfd, mprotect (P1)",
	.setup = memfd_setup,
	.join = memfd_join,
	.receive = mprotect_receive,
	.prepare = same_memory,
	.send = mprotect_send,
};
