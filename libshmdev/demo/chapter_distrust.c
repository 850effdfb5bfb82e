// SPDX-License-Identifier: GPL-2.0-only
/* Two who do not trust each other: each is hostile when it can be. */
#include <shmdev.h>
#include <signal.h>

#include "attack.h"
#include "chapter.h"
#include "kind.h"
#include "question.h"
#include "scene.h"
#include "tell.h"
#include "trick.h"

/* The content: a length, first of a request and then of a reply. */
#define REQUEST		16
#define REPLY		32

/* For what will not come. */
#define SHORT_NS	100000000

/* Return: the member id. */
static long join(struct scene *scene, long argument)
{
	uint64_t member;

	(void)argument;
	if (shmdev_raw_attach(scene->fd, &member) < 0)
		return -errno;

	return (long)member;
}

static long give_member(struct scene *scene, long member)
{
	return step_result(shmdev_raw_transfer(scene->fd, SHMREGION_BY_MEMBER,
					       (uint64_t)member, 0,
					       SHMREGION_NO_DEADLINE, NULL));
}

/* Without a question, as a program that has never heard of regions. */
static long take_unaware(struct scene *scene, long argument)
{
	(void)argument;
	scene->fd = receive_handle(scene);
	if (scene->fd < 0)
		return scene->fd;

	return map_writable(scene, 0);
}

struct talk {
	struct pair pair;
	long client_member;
	long server_member;
};

static void meet(struct talk *talk)
{
	const struct actor *client = &talk->pair.sender;
	const struct actor *server = &talk->pair.receiver;
	long controlled;

	actor_must(client, make_memory, 0);
	actor_must(client, send_handle, true);
	actor_must(server, take_verified, 0);
	talk->client_member = actor_must(client, join, 0);
	talk->server_member = actor_must(server, join, 0);
	controlled = actor_must(server, ask_controlled, 0);
	tell(client, "creates a region and sends a handle");
	tell(server, "asks whether anybody controls it. The kernel says: %s",
	     controlled ? "YES" : "nobody, ever");
	tell_more("So it takes part, as member %ld; the client is member %ld",
		  talk->server_member, talk->client_member);
	promise(!controlled, "a region has no controller by itself");
}

/* What the one does while the other one owns the region and uses it. */
static void attack_in_use(const struct actor *attacker,
			  const struct actor *owner, const char *role)
{
	struct ending stored, taken, barred, destroyed;

	stored = actor_do(attacker, store_stray, 0);
	taken = actor_do(attacker, take_back_and_store, 0);
	barred = actor_do(attacker, bar, owner->pid);
	destroyed = actor_do(attacker, destroy, 0);
	tell(attacker, "%s store: %s, reclaim: %s, limit: %s, destroy: %s",
	     role, ending_name(&stored), ending_name(&taken),
	     ending_name(&barred), ending_name(&destroyed));
	promise(stored.signal == SIGSEGV && taken.value == -EPERM &&
		barred.value == -EPERM && destroyed.value == -EPERM,
		"neither side can disturb the owner");
}

static void pass(const struct actor *from, const struct actor *to, long member,
		 long value, const char *what)
{
	long checked, used;

	actor_must(from, store, value);
	actor_must(from, give_member, member);
	actor_must(to, await, 0);
	checked = actor_must(to, load, 0);
	tell(to, "owns the region, finds a %s of length %ld and checks it",
	     what, checked);
	attack_in_use(from, to, "attacks in between.");
	used = actor_must(to, load, 0);
	tell(to, "uses it in place: length %ld", used);
	promise(checked == value && used == value,
		"what was checked is what is used");
}

static void withhold(struct talk *talk)
{
	const struct actor *client = &talk->pair.sender;
	struct ending waited;
	long again;

	actor_must(client, give_member, talk->server_member);
	waited = actor_do(client, await, SHORT_NS);
	again = actor_do(client, make_memory, 0).value;
	tell(client, "sends another request; the server keeps it for itself. After 0.1 s: %s",
	     ending_name(&waited));
	tell_more("So it makes a new region%s. What it lost is memory: nobody can take a",
		  again < 0 ? ", and CANNOT" : "");
	tell_more("region from its owner, so not from this one either");
	promise(waited.value == -ETIMEDOUT, "a wait ends at its deadline");
	promise(again >= 0, "the client goes on without the server");
}

static void offer_controlled(void)
{
	struct ending taken;
	struct pair pair;

	pair_open(&pair, &kind_controlled, SMALL, "client", "server");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, send_handle, true);
	taken = actor_do(&pair.receiver, take_verified, 0);
	tell(&pair.sender, "sends a handle to a region that it controls");
	tell(&pair.receiver, "does not trust the controller, and the library refuses it: %s",
	     ending_name(&taken));
	promise(taken.value == -EPERM, "a controlled region is refused");
	pair_close(&pair);
}

static void surprise(void)
{
	struct ending mapped, destroyed, used;
	struct pair pair;

	pair_open(&pair, &kind_region, SMALL, "client", "unaware");
	actor_must(&pair.sender, make_memory, 0);
	actor_must(&pair.sender, send_handle, true);
	mapped = actor_do(&pair.receiver, take_unaware, 0);
	tell(&pair.receiver, "has never heard of regions. It maps the handle it was sent: %s",
	     ending_name(&mapped));
	promise(mapped.value == -EACCES, "nobody maps without consent");

	actor_must(&pair.sender, make_shared_memory, 0);
	actor_must(&pair.sender, send_handle, true);
	mapped = actor_do(&pair.receiver, take_unaware, 0);
	destroyed = actor_do(&pair.sender, destroy, 0);
	used = actor_do(&pair.receiver, load, 0);
	tell_more("It maps shared memory of the client's: %s. The client destroys that: %s.",
		  ending_name(&mapped), ending_name(&destroyed));
	tell_more("It reads on: %s", ending_name(&used));
	promise(ended_well(&mapped) && destroyed.value == -EPERM &&
		ended_well(&used), "what needs no consent stays");
	pair_close(&pair);
}

void chapter_distrust(void)
{
	struct outcome both_ways, once;
	struct talk talk;

	tell_title("6. Two who do not trust each other");
	pair_open(&talk.pair, &kind_region, SMALL, "client", "server");
	meet(&talk);
	pass(&talk.pair.sender, &talk.pair.receiver, talk.server_member,
	     REQUEST, "request");
	pass(&talk.pair.receiver, &talk.pair.sender, talk.client_member, REPLY,
	     "reply");
	withhold(&talk);
	pair_close(&talk.pair);
	offer_controlled();
	surprise();

	both_ways = attack_by_creator(&kind_memfd_sealed);
	once = attack_on_final(&kind_memfd_final);
	tell_memfd("one memfd for request and reply, changed in between: %s",
		   both_ways.text);
	tell_more("a memfd for each message, written once and sealed before it is sent: %s.",
		  once.text);
	if (once.held)
		tell_more("So that holds as well, for the price of new memory for each message.");
}
