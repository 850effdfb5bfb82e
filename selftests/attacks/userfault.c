// SPDX-License-Identifier: GPL-2.0-only
/* A sender that has userfaultfd(2) put content where nobody has been yet. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frame.h"
#include "outcome.h"
#include "plays.h"
#include "trick.h"

static struct {
	int fd;
	long result;
} kept;

/* That it cannot be registered is told by the next step. */
static long keep_userfaultfd(struct scene *scene, long argument)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)scene->memory, scene->size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	(void)argument;
	kept.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (kept.fd < 0 || ioctl(kept.fd, UFFDIO_API, &api) < 0)
		return -errno;
	kept.result = step_result(ioctl(kept.fd, UFFDIO_REGISTER, &range));

	return 0;
}

static long use_userfaultfd(struct scene *scene, long argument)
{
	static uint8_t page[FRAME_PAGE] __attribute__((aligned(FRAME_PAGE)));
	struct uffdio_copy copy = {
		.dst = (uintptr_t)scene->memory,
		.src = (uintptr_t)page,
		.len = sizeof(page),
	};

	(void)argument;
	if (kept.result)
		return kept.result;
	memset(page, STRAY_BYTE, sizeof(page));

	return step_result(ioctl(kept.fd, UFFDIO_COPY, &copy));
}

struct outcome attack_by_userfaultfd(const struct kind *kind)
{
	struct ending ending;
	struct pair pair;
	long seen;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, keep_userfaultfd, 0);
	actor_must(&pair.sender, send_handle, true);
	actor_must(&pair.receiver, take_handle, 0);
	pair_hand_over(&pair);
	ending = actor_do(&pair.sender, use_userfaultfd, 0);
	seen = actor_must(&pair.receiver, load, 0);
	pair_close(&pair);

	if (seen == STRAY_BYTE)
		return outcome(false, "the store lands");
	return outcome(!ended_well(&ending), "%s", ending_name(&ending));
}
