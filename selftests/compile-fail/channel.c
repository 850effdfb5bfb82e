// SPDX-License-Identifier: GPL-2.0-only
/* Channels and shmems are opaque. */
#include <shmdev.h>

uint64_t use_shmem(struct shmdev_channel *channel, struct shmdev_shmem *shmem)
{
	uint64_t id = shmdev_shmem_id(shmem);

/* rows: M10 W22 */
#ifdef CASE_copy_a_shmem /* error: storage size of */
	struct shmdev_shmem copy;
#endif
#ifdef CASE_set_the_id /* error: invalid use of undefined type */
	shmem->id = id;
#endif
#ifdef CASE_mend_a_channel /* error: invalid use of undefined type */
	channel->broken = 0;
#endif

	return id + !channel;
}
