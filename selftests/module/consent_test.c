// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consent (G15): a mapping from which access may ever be taken away needs an
 * attachment, and what a process can map without one behaves as a sealed memfd
 * does: no touch of it ever raises a signal, nothing is ever taken from it, and
 * whoever only maps never comes to own anything. unaware_test.c and
 * wayland_test.c have whole programs that have never heard of regions.
 */
#include "hostile.h"
#include "harness.h"

#define PROT_RW (PROT_READ | PROT_WRITE)

/* One huge page and some small ones; the last byte that there is of it. */
#define SIZE (MIB(2) + KIB(12) + 1)

/* A process that makes no call of its own, and a hostile client. */
FIXTURE(consent)
{
	struct hostile client;
	struct view handle;
	struct peer victim;
	int sockets[2];
};

/* Which of the handle_kinds. */
FIXTURE_VARIANT(consent)
{
	int kind;
};

#define KIND(_name, _kind)						\
	FIXTURE_VARIANT_ADD(consent, _name) { _kind }

KIND(owned, 0);
KIND(owned_to_read, 1);
KIND(released, 2);
KIND(published, 3);
KIND(published_to_read, 4);
KIND(published_released, 5);
KIND(published_sparse, 6);
KIND(frozen, 7);
KIND(frozen_to_read, 8);
KIND(frozen_sparse, 9);
KIND(shared, 10);
KIND(shared_sparse, 11);
KIND(unsafe, 12);
KIND(unsafe_to_read, 13);
KIND(unsafe_sparse, 14);
KIND(controlled_owned, 15);
KIND(controlled_published, 16);
KIND(controlled_frozen, 17);
KIND(controlled_shared, 18);
KIND(controlled_unsafe, 19);

static long step_receive(void *data, long socket)
{
	struct view *view = data;

	view->size = SIZE;
	view->fd = receive_fd(socket);
	return view->fd < 0 ? -errno : 0;
}

FIXTURE_SETUP(consent)
{
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets));
	self->victim = peer_start();
	self->handle.fd = hostile_make(&self->client,
				       &handle_kinds[variant->kind], SIZE);
	ASSERT_LE(0, self->handle.fd);
	ASSERT_EQ(0, send_fd(self->sockets[0], self->handle.fd));
	ASSERT_EQ(0, peer_do(&self->victim, step_receive, &self->handle,
			     self->sockets[1]));
}

/* Whatever happened, it ends in good order. */
FIXTURE_TEARDOWN(consent)
{
	/* The accomplice has the victim's socket, which was there before. */
	hostile_end(&self->client);
	EXPECT_EQ(0, peer_stop(&self->victim));
	close(self->handle.fd);
}

#define VICTIM_DO(step, argument)					\
	peer_do(&self->victim, step, &self->handle, argument)

static const struct handle_kind *
kind_of(const FIXTURE_VARIANT(consent) *variant)
{
	return &handle_kinds[variant->kind];
}

/* 0 or EACCES, as the kind has it. */
static long mapped_as(const struct handle_kind *kind, uint32_t rights)
{
	return rights & ~kind->maps ? -EACCES : 0;
}

TEST_F(consent, is_needed_where_access_may_be_taken_away)
{
	const struct handle_kind *kind = kind_of(variant);

	EXPECT_EQ(mapped_as(kind, RIGHTS_RO), VICTIM_DO(view_map_unattached,
							PROT_READ));
	EXPECT_EQ(mapped_as(kind, RIGHTS_RW), VICTIM_DO(view_map_unattached,
							PROT_RW));
	EXPECT_EQ(mapped_as(kind, RIGHTS_RW), VICTIM_DO(view_map_unattached,
							PROT_WRITE));
	/* It could be made readable later. */
	EXPECT_EQ(mapped_as(kind, RIGHTS_RO), VICTIM_DO(view_map_unattached,
							PROT_NONE));
}

TEST_F(consent, is_not_given_by_a_mapping)
{
	VICTIM_DO(view_map_unattached, PROT_READ);
	EXPECT_EQ(0, VICTIM_DO(view_member, 0));
	EXPECT_EQ(-ESRCH, VICTIM_DO(view_detach, 0));
	/* Nor by asking, nor by an epoll or a failed call. */
	EXPECT_LE(0, VICTIM_DO(view_info, INFO(mode)));
	EXPECT_EQ(0, VICTIM_DO(view_member, 0));
}

/* With it everything can be mapped that a handle and its mode allow. */
TEST_F(consent, is_all_that_a_mapping_needs)
{
	const struct handle_kind *kind = kind_of(variant);
	const bool limited = kind->flags & SHMREGION_CREATE_CONTROLLED;

	ASSERT_EQ(0, VICTIM_DO(view_attach, 0));
	EXPECT_EQ(0, VICTIM_DO(view_map_unattached, PROT_READ));
	if (limited)
		ASSERT_EQ(0, raw_limit_others(self->client.view.fd, 0));
	EXPECT_EQ(0, VICTIM_DO(view_map_unattached, PROT_READ));
}

/* Every page, by loads and, where it has mapped for that, by stores. */
static long step_touch_all(void *data, long write)
{
	struct view *view = data;
	const size_t size = page_up(view->size);
	size_t offset;
	int signal;

	for (offset = 0; offset < size; offset += PAGE) {
		signal = touch_read(view->memory + offset);
		if (!signal && write)
			signal = touch_write(view->memory + offset + 1, 1);
		if (signal)
			return -signal;
	}
	return -touch_read(view->memory + size - 1);
}

static int prot_of(const struct handle_kind *kind)
{
	return kind->maps & SHMREGION_RIGHT_WRITE ? PROT_RW : PROT_READ;
}

/* After each act all that the victim could do it still can. */
TEST_F(consent, what_was_mapped_without_it_stays)
{
	const struct handle_kind *kind = kind_of(variant);
	const bool write = kind->maps & SHMREGION_RIGHT_WRITE;
	struct shmregion_info info;
	size_t i;

	if (VICTIM_DO(view_map_unattached, prot_of(kind)))
		SKIP(return, "this kind cannot be mapped without consent");
	EXPECT_EQ(0, VICTIM_DO(step_touch_all, write));
	for (i = 0; i < NR_HOSTILE_ACTS; i++) {
		hostile_acts[i].act(&self->client, self->victim.pid);
		EXPECT_EQ(0, VICTIM_DO(step_touch_all, write))
			TH_LOG("after: %s", hostile_acts[i].name);
		EXPECT_EQ(0, VICTIM_DO(view_member, 0));
		ASSERT_EQ(0, raw_info(self->handle.fd, &info));
		EXPECT_NE(self->victim.pid, info.out_owner_pid);
	}
}

/* The same while all of it happens. */
static volatile bool *stop;

static long step_touch_until_stopped(void *data, long write)
{
	long ret;

	do {
		ret = step_touch_all(data, write);
	} while (!ret && !*stop);
	return ret;
}

TEST_F(consent, what_was_mapped_without_it_stays_all_the_time)
{
	const struct handle_kind *kind = kind_of(variant);
	int round;
	size_t i;

	if (VICTIM_DO(view_map_unattached, prot_of(kind)))
		SKIP(return, "this kind cannot be mapped without consent");
	stop = mmap(NULL, PAGE, PROT_RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Another one, which has the flag to stop by. */
	peer_kill(&self->victim);
	self->handle.size = SIZE;
	self->victim = peer_start();
	ASSERT_EQ(0, VICTIM_DO(view_map_unattached, prot_of(kind)));
	peer_begin(&self->victim, step_touch_until_stopped, &self->handle,
		   kind->maps & SHMREGION_RIGHT_WRITE);
	/* The modes change once only; the rest can be had again. */
	for (round = 0; round < 10; round++)
		for (i = 0; i < NR_HOSTILE_ACTS - 3; i++)
			if (round || hostile_acts[i].act != act_freeze)
				hostile_acts[i].act(&self->client,
						    self->victim.pid);
	for (i = 0; i < NR_HOSTILE_ACTS; i++)
		hostile_acts[i].act(&self->client, self->victim.pid);
	*stop = true;
	EXPECT_EQ(0, peer_finish(&self->victim));
}

/* What is frozen is what it was, up to the last byte that can be mapped. */
TEST_F(consent, what_is_frozen_never_changes)
{
	const struct handle_kind *kind = kind_of(variant);
	size_t i;

	if (kind->reach != freeze ||
	    VICTIM_DO(view_map_unattached, PROT_READ))
		SKIP(return, "not frozen, or cannot be mapped without consent");
	for (i = 0; i < NR_HOSTILE_ACTS; i++) {
		hostile_acts[i].act(&self->client, self->victim.pid);
		EXPECT_EQ(1, VICTIM_DO(view_holds, HOSTILE_FILL));
		EXPECT_EQ(0, VICTIM_DO(view_read, page_up(SIZE) - 1));
	}
}

/* A region that was sparse, and is so no more. */
TEST(a_region_can_be_mapped_without_consent_from_the_last_page_on)
{
	struct view view = { .size = MIB(2) + PAGE };
	struct peer victim;
	size_t offset;

	view.fd = make_region(view.size, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_RW));
	victim = peer_start();
	EXPECT_EQ(-EACCES, peer_do(&victim, view_map_unattached, &view,
				   PROT_READ));
	for (offset = 0; offset < MIB(2); offset += PAGE)
		ASSERT_EQ(0, view_write(&view, offset));
	EXPECT_EQ(-EACCES, peer_do(&victim, view_map_unattached, &view,
				   PROT_READ));
	ASSERT_EQ(0, view_write(&view, MIB(2)));
	EXPECT_EQ(0, peer_do(&victim, view_map_unattached, &view, PROT_RW));
	EXPECT_EQ(VIEW_WRITES, peer_do(&victim, view_read, &view, MIB(2)));
	peer_kill(&victim);
}

/* Part of a region that is not there in full does not do either. */
TEST(no_part_of_a_sparse_region_can_be_mapped_without_consent)
{
	struct view view = { .size = 2 * PAGE };
	struct peer victim;

	view.fd = make_region(view.size, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_EQ(0, view_map(&view, PROT_RW));
	ASSERT_EQ(0, view_write(&view, 0));
	view.size = PAGE;
	victim = peer_start();
	if (resident_of(view.fd) == (long long)(2 * PAGE))
		SKIP(return, "a page of this kernel's choice is larger");
	EXPECT_EQ(-EACCES, peer_do(&victim, view_map_unattached, &view,
				   PROT_READ));
	peer_kill(&victim);
}

/* Between the size that was asked for and what can be mapped. */
FIXTURE(tail)
{
	struct view view;
	struct peer victim;
};

FIXTURE_SETUP(tail)
{
	self->view.size = 1;
	self->view.fd = make_region(1, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_POPULATE);
	ASSERT_EQ(0, view_map(&self->view, PROT_RW));
	self->victim = peer_start();
}

#define VICTIM_MAPS(prot)						\
	peer_do(&self->victim, view_map_unattached, &self->view, prot)

FIXTURE_TEARDOWN(tail)
{
	peer_kill(&self->victim);
	close(self->view.fd);
}

TEST_F(tail, is_zero_and_told)
{
	struct shmregion_info info;
	struct stat stat;

	ASSERT_EQ(0, raw_info(self->view.fd, &info));
	ASSERT_EQ(0, fstat(self->view.fd, &stat));
	EXPECT_EQ(1, info.out_region_size);
	EXPECT_EQ(1, stat.st_size);
	EXPECT_LE(PAGE, info.out_capacity);
	EXPECT_TRUE(all_bytes(self->view.memory, PAGE, 0));
	EXPECT_EQ(MAP_FAILED, map_region(self->view.fd, info.out_capacity + 1,
					 PROT_READ));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(tail, is_frozen_with_the_rest)
{
	const long last = PAGE - 1;

	ASSERT_EQ(0, view_write(&self->view, last));
	ASSERT_EQ(0, view_freeze(&self->view, 0));
	ASSERT_EQ(0, VICTIM_MAPS(PROT_READ));
	EXPECT_EQ(-SIGSEGV, view_write(&self->view, last));
	EXPECT_EQ(VIEW_WRITES, peer_do(&self->victim, view_read, &self->view,
				       last));
}

TEST_F(tail, is_shared_with_the_rest)
{
	const long last = PAGE - 1;

	ASSERT_EQ(0, view_share(&self->view, 0));
	ASSERT_EQ(0, VICTIM_MAPS(PROT_RW));
	EXPECT_EQ(0, peer_do(&self->victim, view_write, &self->view, last));
	EXPECT_EQ(VIEW_WRITES, view_read(&self->view, last));
}

/* A process that may have no more memory is given what is there already. */
#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-consent-test"
#define REGION MIB(32)

static long step_enter_cgroup(void *data, long unused)
{
	(void)data;
	(void)unused;
	return write_text(CGROUP "/cgroup.procs", "0") ? 0 : -errno;
}

FIXTURE(full)
{
	struct view view;
	struct peer poor;
};

FIXTURE_VARIANT(full)
{
	owner_change reach;
	bool attaches;
};

FIXTURE_VARIANT_ADD(full, transferred) { hand_over, true };
FIXTURE_VARIANT_ADD(full, frozen) { freeze, true };
FIXTURE_VARIANT_ADD(full, frozen_unaware) { freeze, false };
FIXTURE_VARIANT_ADD(full, shared) { share, true };
FIXTURE_VARIANT_ADD(full, shared_unaware) { share, false };

/* What it has, and as much as page tables and the like may take. */
static bool set_limit(void)
{
	char text[32];
	long current;

	if (!read_text(CGROUP "/memory.current", text, sizeof(text)))
		return false;
	current = atol(text);
	snprintf(text, sizeof(text), "%ld", current + (long)MIB(2));
	return write_text(CGROUP "/memory.max", text);
}

FIXTURE_SETUP(full)
{
	ASSERT_TRUE(write_text(CGROUPS "/cgroup.subtree_control", "+memory"));
	rmdir(CGROUP);
	ASSERT_EQ(0, mkdir(CGROUP, 0700));
	self->view.size = REGION;
	self->view.fd = make_region(REGION, SHMREGION_MODE_WRITABLE,
				    SHMREGION_CREATE_POPULATE);
	ASSERT_EQ(0, view_map(&self->view, PROT_RW));
	self->poor = peer_start();
	ASSERT_EQ(0, peer_do(&self->poor, step_enter_cgroup, NULL, 0));
	if (variant->attaches)
		ASSERT_EQ(0, peer_do(&self->poor, view_attach, &self->view, 0));
	ASSERT_EQ(0, variant->reach(self->view.fd, self->poor.pid));
	ASSERT_TRUE(set_limit());
}

FIXTURE_TEARDOWN(full)
{
	EXPECT_EQ(0, peer_stop(&self->poor));
	rmdir(CGROUP);
	close(self->view.fd);
}

TEST_F(full, region_needs_no_memory_of_who_takes_it)
{
	const bool write = variant->reach != freeze;

	ASSERT_EQ(0, peer_do(&self->poor, view_map_unattached, &self->view,
			     write ? PROT_RW : PROT_READ));
	EXPECT_EQ(0, peer_do(&self->poor, step_touch_all, &self->view, write));
}

TEST_HARNESS_MAIN
