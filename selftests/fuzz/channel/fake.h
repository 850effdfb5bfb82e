/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands for the kernel when the channel is fuzzed: regions with the rule
 * of who owns them, handles, mappings, and a socket whose other end is the
 * fuzzer. Its functions take the place of those of the library's lower layers
 * and of channel_socket.c.
 */
#ifndef SELFTESTS_FUZZ_CHANNEL_FAKE_H
#define SELFTESTS_FUZZ_CHANNEL_FAKE_H

#include "../../../libshmdev/src/channel.h"

#define FAKE_REGIONS	32

enum fake_owner {
	NOBODY,
	US,
	PEER,
	THIRD,
};

/* Member ids are these and the number of the owner. */
#define FAKE_MEMBERS	10

struct fake_region {
	bool used;
	bool controlled;
	bool died;
	/* Who is a member, by owner. */
	bool attached[THIRD + 1];
	enum fake_owner owner;
	uint32_t mode;
	uint32_t rights;
	uint64_t size;
	uint64_t generation;
};

extern struct fake_region fake_regions[FAKE_REGIONS];

/* What the library has open. */
extern int fake_objects, fake_mappings, fake_handles;

/* The next of these calls fail so: 0 is success. */
extern int fake_create_error, fake_map_error, fake_send_error;
extern bool fake_full;

void fake_reset(void);
/* A file descriptor on its way to us: a handle, or something else. */
int fake_install(int region);
struct fake_region *fake_region_of(const struct shmdev_shmem *shmem);
void fake_change_owner(struct fake_region *region, enum fake_owner owner);
/* The next packet. */
void fake_deliver(const void *bytes, size_t size, const int *fds,
		  uint32_t count);

#endif /* SELFTESTS_FUZZ_CHANNEL_FAKE_H */
