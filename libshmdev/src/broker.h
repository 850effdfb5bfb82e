/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The wire between broker.c and broker_client.c. Both are on one machine.
 *
 * A question has one answer. For a region with a controller there is a second
 * exchange: the client has attached and tells its member id, and the broker
 * answers when that member has access.
 */
#ifndef SHMDEV_INTERNAL_BROKER_H
#define SHMDEV_INTERNAL_BROKER_H

#include "internal.h"

#define BROKER_MAGIC	0x424d4853
#define BROKER_JOINED	0x4a4d4853

struct broker_question {
	uint32_t magic;
	uint32_t reserved;
	struct shmdev_broker_request request;
};

/* Of the region that the last answer brought. */
struct broker_joined {
	uint32_t magic;
	uint32_t reserved;
	uint64_t member;
};

/*
 * If the error is 0 a question is answered with a handle; all other answers come
 * without one.
 */
struct broker_answer {
	uint32_t magic;
	int32_t error;
};

/* The kernel's errors are no larger. */
#define BROKER_MAX_ERROR	4095

#endif /* SHMDEV_INTERNAL_BROKER_H */
