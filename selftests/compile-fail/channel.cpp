// SPDX-License-Identifier: GPL-2.0-only
/* What moves a shmem takes the address of the pointer, to set it to NULL. */
#include <shmdev.h>

int use_channel(struct shmdev_channel *channel, struct shmdev_shmem *shmem,
		struct shmdev_region *region)
{
	int ret = shmdev_channel_send(channel, "", 1, &shmem, 1);

	ret += shmdev_channel_dealloc(channel, &shmem);
	ret += shmdev_region_release(region);

#ifdef CASE_send_keeps_the_pointer /* error: cannot convert */
	ret += shmdev_channel_send(channel, "", 1, shmem, 1);
#endif
#ifdef CASE_dealloc_keeps_the_pointer /* error: cannot convert */
	ret += shmdev_channel_dealloc(channel, shmem);
#endif
#ifdef CASE_send_a_region /* error: cannot convert */
	ret += shmdev_channel_send(channel, "", 1, &region, 1);
#endif
#ifdef CASE_release_a_shmem /* error: cannot convert */
	ret += shmdev_region_release(shmem);
#endif

	return ret;
}
