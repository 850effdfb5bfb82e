// SPDX-License-Identifier: GPL-2.0-only
/* See fake.h. */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* File descriptors are these and the number of the region. */
#define FIRST_FD	1000
#define NO_HANDLE	(FIRST_FD + FAKE_REGIONS)
#define PAGE		4096

struct shmdev_region {
	struct fake_region *fake;
	uint32_t rights;
};

struct shmdev_mapping {
	struct fake_region *fake;
	uint64_t size;
	uint64_t mapped_size;
};

struct fake_region fake_regions[FAKE_REGIONS];
int fake_objects, fake_mappings, fake_handles;
int fake_create_error, fake_map_error, fake_send_error;
bool fake_full;

static struct {
	const void *bytes;
	size_t size;
	const int *fds;
	uint32_t count;
} next;

void fake_reset(void)
{
	memset(fake_regions, 0, sizeof(fake_regions));
	memset(&next, 0, sizeof(next));
	fake_create_error = 0;
	fake_map_error = 0;
	fake_send_error = 0;
	fake_full = false;
}

int fake_install(int region)
{
	fake_handles++;
	return region < FAKE_REGIONS ? FIRST_FD + region : NO_HANDLE;
}

struct fake_region *fake_region_of(const struct shmdev_shmem *shmem)
{
	return shmem->mapping->fake;
}

void fake_change_owner(struct fake_region *region, enum fake_owner owner)
{
	if (region->owner == owner)
		return;
	region->owner = owner;
	region->generation++;
}

void fake_deliver(const void *bytes, size_t size, const int *fds,
		  uint32_t count)
{
	next.bytes = bytes;
	next.size = size;
	next.fds = fds;
	next.count = count;
}

/*
 * device.c
 */

int shmdev_fail(int error)
{
	errno = error;
	return -1;
}

void shmdev_close_keep_errno(int fd)
{
	if (fd < FIRST_FD || fd > NO_HANDLE)
		abort();
	fake_handles--;
}

uint64_t shmdev_deadline_after(uint64_t ns)
{
	return ns + 1;
}

/*
 * region.c
 */

static struct shmdev_region *new_region(struct fake_region *fake,
					uint32_t rights)
{
	struct shmdev_region *region = malloc(sizeof(*region));

	if (!region)
		abort();
	region->fake = fake;
	region->rights = rights;
	fake_objects++;
	return region;
}

struct shmdev_region *shmdev_region_create(uint64_t size, uint32_t mode,
					   uint32_t flags, const char *label)
{
	size_t i = 0;

	/* Nobody is to be a controller. */
	if (flags)
		abort();
	(void)label;
	while (i < FAKE_REGIONS && fake_regions[i].used)
		i++;
	if (fake_create_error || i == FAKE_REGIONS || !size) {
		errno = size ? ENOMEM : EINVAL;
		return NULL;
	}

	fake_regions[i] = (struct fake_region) {
		.used = true,
		.owner = mode == SHMREGION_MODE_UNSAFE ? NOBODY : US,
		.mode = mode,
		.rights = SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE,
		.size = size,
		.generation = 1,
		.attached = { [US] = true, [PEER] = true, [THIRD] = true },
	};
	return new_region(&fake_regions[i], fake_regions[i].rights);
}

void shmdev_region_free(struct shmdev_region *region)
{
	if (!region)
		return;
	fake_objects--;
	free(region);
}

struct shmdev_region *shmdev_region_adopt(int fd, uint32_t modes,
					  uint32_t rights, uint64_t min_size,
					  uint32_t flags)
{
	struct fake_region *fake;

	if (flags)
		abort();

	if (fd == NO_HANDLE) {
		errno = ENOTTY;
		return NULL;
	}
	fake = &fake_regions[fd - FIRST_FD];
	if (!fake->used || !(modes & UINT32_C(1) << fake->mode) ||
	    fake->size < min_size || rights & ~fake->rights) {
		errno = EINVAL;
		return NULL;
	}
	if (fake->controlled) {
		errno = EPERM;
		return NULL;
	}

	fake_handles--;
	return new_region(fake, fake->rights);
}

int shmdev_region_info(const struct shmdev_region *region,
		       struct shmregion_info *info)
{
	static const uint32_t writers[] = {
		[NOBODY] = SHMREGION_WRITERS_UNOWNED,
		[US] = SHMREGION_WRITERS_CALLER,
		[PEER] = SHMREGION_WRITERS_OTHER,
		[THIRD] = SHMREGION_WRITERS_OTHER,
	};
	const struct fake_region *fake = region->fake;

	memset(info, 0, sizeof(*info));
	if (!fake->used)
		return shmdev_fail(ENODEV);
	info->out_region_size = fake->size;
	info->out_generation = fake->generation;
	info->out_mode = fake->mode;
	info->out_rights = region->rights;
	info->out_access = fake->owner == US ? SHMREGION_RIGHT_READ |
					       SHMREGION_RIGHT_WRITE : 0;
	info->out_member = fake->attached[US] ? FAKE_MEMBERS + US : 0;
	info->out_writers = fake->mode == SHMREGION_MODE_UNSAFE ?
				    SHMREGION_WRITERS_ALL : writers[fake->owner];
	return 0;
}

struct shmdev_process shmdev_by_member(uint64_t member)
{
	return (struct shmdev_process){ SHMREGION_BY_MEMBER, member };
}

int shmdev_region_attach(const struct shmdev_region *region,
			 uint64_t *out_member)
{
	region->fake->attached[US] = true;
	*out_member = FAKE_MEMBERS + US;
	return 0;
}

/* What is mapped cannot be left. */
int shmdev_region_detach(const struct shmdev_region *region)
{
	struct fake_region *fake = region->fake;

	if (fake->owner == US)
		return shmdev_fail(EBUSY);
	fake->attached[US] = false;
	return 0;
}

int shmdev_region_transfer(const struct shmdev_region *region,
			   struct shmdev_process to)
{
	struct fake_region *fake = region->fake;
	uint64_t owner = to.id - FAKE_MEMBERS;

	/* This process cannot see the peer's process id. */
	if (to.by != SHMREGION_BY_MEMBER || !to.id)
		abort();
	if (fake->mode == SHMREGION_MODE_UNSAFE)
		return shmdev_fail(EINVAL);
	if (fake->owner != US)
		return shmdev_fail(EPERM);
	if (owner < US || owner > THIRD || !fake->attached[owner])
		return shmdev_fail(ESRCH);
	fake_change_owner(fake, (enum fake_owner)owner);
	return 0;
}

int shmdev_region_release(const struct shmdev_region *region)
{
	struct fake_region *fake = region->fake;

	if (!fake->used)
		return shmdev_fail(ENODEV);
	if (fake->mode == SHMREGION_MODE_UNSAFE)
		return shmdev_fail(EINVAL);
	if (fake->owner != US)
		return shmdev_fail(EPERM);
	fake_change_owner(fake, NOBODY);
	return 0;
}

int shmdev_region_try_acquire(const struct shmdev_region *region,
			      uint32_t *out_flags)
{
	struct fake_region *fake = region->fake;

	if (!fake->used)
		return shmdev_fail(ENODEV);
	if (fake->mode == SHMREGION_MODE_UNSAFE)
		return shmdev_fail(EINVAL);
	if (fake->owner != US && fake->owner != NOBODY)
		return shmdev_fail(EAGAIN);
	*out_flags = fake->owner == US ? SHMREGION_OUT_WAS_OWNER :
		     fake->died ? SHMREGION_OUT_OWNER_DIED : 0;
	if (fake->mode == SHMREGION_MODE_READONLY)
		*out_flags |= SHMREGION_OUT_READONLY;
	fake->attached[US] = true;
	fake_change_owner(fake, US);
	fake->died = false;
	return 0;
}

/* Release what was not the caller's before. */
void shmdev_region_undo_acquire(int fd, uint32_t acquired)
{
	struct fake_region *fake = &fake_regions[fd - FIRST_FD];

	if (acquired & SHMREGION_OUT_WAS_OWNER)
		return;
	fake_change_owner(fake, NOBODY);
}

uint64_t shmdev_region_size(const struct shmdev_region *region)
{
	return region->fake->size;
}

int shmdev_region_fd(const struct shmdev_region *region)
{
	return FIRST_FD + (int)(region->fake - fake_regions);
}

/*
 * mapping.c
 */

struct shmdev_mapping *shmdev_region_map(const struct shmdev_region *region,
					 uint64_t offset, uint64_t length,
					 uint32_t flags)
{
	struct shmdev_mapping *mapping;

	(void)flags;
	/* As a mapping would. */
	region->fake->attached[US] = true;
	if (offset || length != region->fake->size)
		abort();
	mapping = fake_map_error ? NULL : malloc(sizeof(*mapping));
	if (!mapping) {
		errno = ENOMEM;
		return NULL;
	}
	mapping->fake = region->fake;
	mapping->size = length;
	mapping->mapped_size = (length + PAGE - 1) / PAGE * PAGE;
	fake_mappings++;
	return mapping;
}

size_t shmdev_mapping_size(const struct shmdev_mapping *mapping)
{
	return mapping->size;
}

size_t shmdev_mapping_mapped_size(const struct shmdev_mapping *mapping)
{
	return mapping->mapped_size;
}

void *shmdev_mapping_data_writable(const struct shmdev_mapping *mapping)
{
	return (void *)mapping;
}

int shmdev_mapping_unmap(struct shmdev_mapping *mapping)
{
	fake_mappings--;
	free(mapping);
	return 0;
}

/*
 * channel_socket.c and socket.c
 */

int shmdev_socket_check(int fd)
{
	(void)fd;
	return 0;
}

void shmdev_socket_close_fds(struct received_fds *fds)
{
	while (fds->count)
		shmdev_close_keep_errno(fds->fds[--fds->count]);
}

int shmdev_socket_check_space(int fd)
{
	(void)fd;
	return fake_full ? shmdev_fail(EAGAIN) : 0;
}

int shmdev_socket_send(int fd, const struct wire_packet *packet, int handle)
{
	struct wire_packet decoded;
	uint8_t *bytes;
	size_t prefix = shmdev_wire_prefix(packet);
	bool has_handle = handle >= 0;
	bool created = packet->head.type == WIRE_CREATED ||
		       packet->head.type == WIRE_CREATED_UNSAFE;

	(void)fd;
	if (fake_send_error)
		return shmdev_fail(fake_send_error);

	/* What this side sends, the other side can read. */
	bytes = malloc(prefix + packet->head.length);
	if (!bytes)
		abort();
	memcpy(bytes, packet, prefix);
	if (packet->head.length)
		memcpy(bytes + prefix, packet->bytes, packet->head.length);
	if (shmdev_wire_decode(&decoded, bytes, prefix + packet->head.length) ||
	    memcmp(&decoded, packet, prefix) || created != has_handle)
		abort();
	free(bytes);
	return 0;
}

/* What is kept is as right as what is sent. */
int shmdev_socket_send_bytes(int fd, const void *bytes, size_t size)
{
	struct wire_packet decoded;

	(void)fd;
	if (fake_send_error)
		return shmdev_fail(fake_send_error);
	if (shmdev_wire_decode(&decoded, bytes, size))
		abort();
	return 0;
}

ssize_t shmdev_socket_receive(int fd, void *buffer, size_t size, bool wait,
			      struct received_fds *fds)
{
	size_t length = next.size;

	(void)fd;
	(void)wait;
	fds->count = 0;
	if (!next.bytes || length > size)
		return shmdev_fail(EAGAIN);
	memcpy(buffer, next.bytes, length);
	memcpy(fds->fds, next.fds, next.count * sizeof(*next.fds));
	fds->count = next.count;
	next.bytes = NULL;
	return (ssize_t)length;
}

int shmdev_socket_wait(int fd, short events, uint64_t deadline_ns)
{
	(void)fd;
	(void)events;
	(void)deadline_ns;
	return shmdev_fail(ETIMEDOUT);
}
