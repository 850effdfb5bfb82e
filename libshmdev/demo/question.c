// SPDX-License-Identifier: GPL-2.0-only
/* Questions that only a region's kernel module can answer. */
#include "question.h"

#include <shmdev.h>

long ask_writers(struct scene *scene, long argument)
{
	struct shmregion_info info;

	(void)argument;
	if (shmdev_raw_info(scene->fd, &info) < 0)
		return -errno;

	return info.out_writers;
}

long ask_controlled(struct scene *scene, long argument)
{
	struct shmregion_info info;

	(void)argument;
	if (shmdev_raw_info(scene->fd, &info) < 0)
		return -errno;

	return !!(info.out_state & SHMREGION_STATE_CONTROLLED);
}

const char *writers_name(long writers)
{
	switch (writers) {
	case SHMREGION_WRITERS_NONE:
		return "nobody, ever again";
	case SHMREGION_WRITERS_UNOWNED:
		return "nobody, until somebody acquires it";
	case SHMREGION_WRITERS_CALLER:
		return "only you";
	case SHMREGION_WRITERS_OTHER:
		return "one process, and that is not you";
	case SHMREGION_WRITERS_ALL:
		return "everybody";
	default:
		return "(an answer that this program does not know)";
	}
}
