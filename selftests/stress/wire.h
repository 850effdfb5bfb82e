/* SPDX-License-Identifier: GPL-2.0-only */
/* What controller and workers say to each other, by a socket. */
#ifndef STRESS_WIRE_H
#define STRESS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum wire_kind {
	/* A worker has started, or started anew; has no regions; is @id. */
	WIRE_HELLO,
	/* To it: now come regions; those of before are not for it. */
	WIRE_WELCOME,
	/* To a worker: the region of @slot, as handle and ledger. */
	WIRE_REGION,
	/* The worker has it. */
	WIRE_TAKEN,
};

struct wire_message {
	uint32_t kind;
	uint32_t slot;
	uint32_t id;
};

bool wire_send(int socket, const struct wire_message *message);
bool wire_send_region(int socket, const struct wire_message *message,
		      const int fds[2]);
bool wire_receive(int socket, struct wire_message *message, int fds[2],
		  bool wait);

#endif /* STRESS_WIRE_H */
