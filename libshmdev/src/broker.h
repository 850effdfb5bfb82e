/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The wire between broker.c and broker_client.c. Both are on one machine. */
#ifndef SHMDEV_INTERNAL_BROKER_H
#define SHMDEV_INTERNAL_BROKER_H

#include "internal.h"

#define BROKER_MAGIC	0x424d4853

struct broker_question {
	uint32_t magic;
	uint32_t reserved;
	struct shmdev_broker_request request;
};

/* With a handle if the error is 0, without one otherwise. */
struct broker_answer {
	uint32_t magic;
	int32_t error;
};

/* The kernel's errors are no larger. */
#define BROKER_MAX_ERROR	4095

#endif /* SHMDEV_INTERNAL_BROKER_H */
