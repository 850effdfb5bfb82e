/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile client, for tests of programs that have never heard of regions:
 * every kind of handle that it can pass on, and all that it can do to the
 * region afterwards. The client made the region and keeps every right to it.
 */
#ifndef SELFTESTS_HOSTILE_H
#define SELFTESTS_HOSTILE_H

#include "operations.h"

/* What the client has: its own handle with all rights and its mapping. */
struct hostile {
	struct view view;
	struct peer accomplice;
};

/**
 * struct handle_kind - a region in some state, and a handle to it
 * @mode: as it was made
 * @flags: as it was made
 * @rights: of the handle that is passed on
 * @reach: what the client did before
 * @maps: what of READ and WRITE whoever did not consent can map
 */
struct handle_kind {
	const char *name;
	uint32_t mode;
	uint32_t flags;
	uint32_t rights;
	owner_change reach;
	uint32_t maps;
};

#define HOSTILE_WRITABLE SHMREGION_MODE_WRITABLE
#define HOSTILE_UNSAFE SHMREGION_MODE_UNSAFE
#define HOSTILE_FULL SHMREGION_CREATE_POPULATE
#define HOSTILE_CONTROLLED						\
	(SHMREGION_CREATE_POPULATE | SHMREGION_CREATE_CONTROLLED)

static const struct handle_kind handle_kinds[] = {
	{ "owned", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW, keep, 0 },
	{ "owned, to read", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RO, keep,
	  0 },
	{ "released", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW, release, 0 },
	{ "published", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW, publish,
	  RIGHTS_RO },
	{ "published, to read", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RO,
	  publish, RIGHTS_RO },
	{ "published, released", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW,
	  publish_and_release, RIGHTS_RO },
	{ "published, sparse", HOSTILE_WRITABLE, 0, RIGHTS_RW, publish, 0 },
	{ "frozen", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW, freeze,
	  RIGHTS_RO },
	{ "frozen, to read", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RO, freeze,
	  RIGHTS_RO },
	{ "frozen, sparse", HOSTILE_WRITABLE, 0, RIGHTS_RW, freeze, 0 },
	{ "shared", HOSTILE_WRITABLE, HOSTILE_FULL, RIGHTS_RW, share,
	  RIGHTS_RW },
	{ "shared, sparse", HOSTILE_WRITABLE, 0, RIGHTS_RW, share, 0 },
	{ "unsafe", HOSTILE_UNSAFE, HOSTILE_FULL, RIGHTS_RW, keep, RIGHTS_RW },
	{ "unsafe, to read", HOSTILE_UNSAFE, HOSTILE_FULL, RIGHTS_RO, keep,
	  RIGHTS_RO },
	{ "unsafe, sparse", HOSTILE_UNSAFE, 0, RIGHTS_RW, keep, 0 },
	{ "controlled, owned", HOSTILE_WRITABLE, HOSTILE_CONTROLLED, RIGHTS_RW,
	  keep, 0 },
	{ "controlled, published", HOSTILE_WRITABLE, HOSTILE_CONTROLLED,
	  RIGHTS_RW, publish, 0 },
	{ "controlled, frozen", HOSTILE_WRITABLE, HOSTILE_CONTROLLED,
	  RIGHTS_RW, freeze, 0 },
	{ "controlled, shared", HOSTILE_WRITABLE, HOSTILE_CONTROLLED,
	  RIGHTS_RW, share, 0 },
	{ "controlled, unsafe", HOSTILE_UNSAFE, HOSTILE_CONTROLLED, RIGHTS_ALL,
	  keep, 0 },
};

#define NR_HANDLE_KINDS ARRAY_SIZE(handle_kinds)

#define HOSTILE_FILL 0x5a

/* The handle to pass on, or minus the error. */
static inline int hostile_make(struct hostile *client,
			       const struct handle_kind *kind, size_t size)
{
	struct view *view = &client->view;

	view->size = size;
	view->fd = make_region(size, kind->mode, kind->flags);
	if (view->fd < 0 || view_map(view, PROT_READ | PROT_WRITE))
		return -errno;
	if (kind->flags & SHMREGION_CREATE_POPULATE)
		memset(view->memory, HOSTILE_FILL, size);
	client->accomplice = peer_start();
	if (peer_do(&client->accomplice, view_map, view,
		    PROT_READ | PROT_WRITE) || kind->reach(view->fd, 0))
		return -errno;
	return raw_dup(view->fd, kind->rights) ?: -EBADF;
}

static inline void hostile_end(struct hostile *client)
{
	peer_kill(&client->accomplice);
	munmap(client->view.memory, client->view.size);
	close(client->view.fd);
}

/*
 * What it does then, to a victim with this process id. Whatever may fail may;
 * it is tried in any state.
 */
typedef void (*hostile_act)(struct hostile *client, pid_t victim);

static inline void act_give_to_victim(struct hostile *client, pid_t victim)
{
	uint64_t id;

	hand_over(client->view.fd, victim);
	for (id = 0; id < 8; id++)
		if (id != 1 && id != 2)
			raw_transfer(client->view.fd, SHMREGION_BY_MEMBER, id,
				     0, 0, NULL);
}

static inline void act_hand_about(struct hostile *client, pid_t victim)
{
	int round;

	(void)victim;
	for (round = 0; round < 3; round++) {
		view_transfer(&client->view, client->accomplice.pid);
		peer_do(&client->accomplice, view_write, &client->view, 0);
		peer_do(&client->accomplice, view_transfer, &client->view,
			getpid());
	}
}

static inline void act_release(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_release(&client->view, 0);
	peer_do(&client->accomplice, view_try_acquire, &client->view, 0);
	peer_do(&client->accomplice, view_release, &client->view, 0);
	view_try_acquire(&client->view, 0);
}

static inline void act_publish(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_publish(&client->view, 0);
}

static inline void act_freeze(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_freeze(&client->view, 0);
}

static inline void act_share(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_share(&client->view, 0);
}

static inline void act_limit(struct hostile *client, pid_t victim)
{
	const int fd = client->view.fd;
	uint64_t id;

	raw_limit_others(fd, RIGHTS_RO);
	raw_limit_others(fd, 0);
	limit_process(fd, victim, 0);
	for (id = 0; id < 8; id++)
		raw_limit(fd, SHMREGION_BY_MEMBER, id, 0);
}

static inline void act_reclaim(struct hostile *client, pid_t victim)
{
	(void)victim;
	raw_reclaim(client->view.fd);
}

/* All that shrinks or empties other files. */
static inline void act_truncate(struct hostile *client, pid_t victim)
{
	const struct view *view = &client->view;

	(void)victim;
	if (!ftruncate(view->fd, 0))
		perror("a region was truncated");
	fallocate(view->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		  page_up(view->size));
	madvise(view->memory, view->size, MADV_REMOVE);
	madvise(view->memory, view->size, MADV_DONTNEED);
}

static inline void act_unmap_and_detach(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_release(&client->view, 0);
	view_unmap(&client->view, 0);
	view_detach(&client->view, 0);
}

/* The accomplice, who may own it, is killed. */
static inline void act_kill_the_owner(struct hostile *client, pid_t victim)
{
	(void)victim;
	view_transfer(&client->view, client->accomplice.pid);
	peer_kill(&client->accomplice);
}

static inline void act_destroy(struct hostile *client, pid_t victim)
{
	(void)victim;
	raw_destroy(client->view.fd);
}

static const struct {
	const char *name;
	hostile_act act;
} hostile_acts[] = {
	{ "give it to the victim", act_give_to_victim },
	{ "hand it about", act_hand_about },
	{ "release it", act_release },
	{ "publish it", act_publish },
	{ "reclaim it", act_reclaim },
	{ "limit all", act_limit },
	{ "truncate it", act_truncate },
	{ "freeze it", act_freeze },
	{ "share it", act_share },
	{ "kill the owner", act_kill_the_owner },
	{ "unmap it and leave", act_unmap_and_detach },
	{ "destroy it", act_destroy },
};

#define NR_HOSTILE_ACTS ARRAY_SIZE(hostile_acts)

#endif /* SELFTESTS_HOSTILE_H */
