// SPDX-License-Identifier: GPL-2.0-only
/* A sender that has io_uring write to memory which was registered before. */
#include "ring.h"

#include <fcntl.h>
#include <unistd.h>

#include "../module/include/uring.h"
#include "trick.h"

static struct {
	struct uring uring;
	long result;
} kept;

long keep_fixed_buffer(struct scene *scene, long argument)
{
	long ret;

	(void)argument;
	ret = uring_open(&kept.uring);
	if (ret)
		return ret;
	kept.result = uring_register(&kept.uring, scene->memory, scene->size);

	return 0;
}

long use_fixed_buffer(struct scene *scene, long argument)
{
	const uint8_t byte = STRAY_BYTE;
	int ends[2];
	long ret;

	(void)argument;
	if (kept.result)
		return kept.result;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ret = step_result(write(ends[1], &byte, sizeof(byte)));
	if (ret > 0)
		ret = uring_run(&kept.uring, IORING_OP_READ_FIXED, ends[0],
				scene->memory, sizeof(byte));
	close(ends[0]);
	close(ends[1]);

	return ret;
}
