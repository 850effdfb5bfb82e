// SPDX-License-Identifier: GPL-2.0-only
/* A text becomes final. */
#include <shmdev.h>

#include "attack.h"
#include "chapter.h"
#include "kind.h"
#include "question.h"
#include "scene.h"
#include "tell.h"

static long write_and_freeze(const struct actor *author)
{
	struct ending frozen;
	long sum;

	sum = actor_must(author, check_frame, 0);
	tell(author, "writes a text, and sends a handle for reading and writing: checksum %08lx",
	     sum);
	frozen = actor_do(author, freeze, 0);
	tell(author, "freezes the text while it has it mapped writable itself: %s",
	     ending_name(&frozen));
	promise(ended_well(&frozen), "a mapped region can be frozen");

	return sum;
}

static void try_reader(const struct actor *reader, long written)
{
	struct ending mapped, owned;
	long writers, sum;

	writers = actor_must(reader, ask_writers, 0);
	tell(reader, "asks who can write now. The kernel says: %s",
	     writers_name(writers));
	promise(writers == SHMREGION_WRITERS_NONE, "nobody can write any more");

	mapped = actor_do(reader, map_writable, 0);
	owned = actor_do(reader, await, 0);
	tell(reader, "tries to get it by its handle: mmap(PROT_WRITE): %s, acquire: %s",
	     ending_name(&mapped), ending_name(&owned));
	promise(mapped.value == -EACCES && owned.value == -EINVAL,
		"nobody gets a frozen region back");

	sum = actor_must(reader, check_frame, 0);
	tell(reader, "reads the text: checksum %08lx, %s", sum,
	     sum == written ? "final" : "CHANGED");
	promise(sum == written, "the text is as it was frozen");
}

void chapter_freeze(void)
{
	struct outcome sealed, future;
	struct pair pair;
	long sum;

	tell_title("3. Nobody writes any more");
	pair_open(&pair, &kind_region, SMALL, "author", "reader");
	pair_meet(&pair);
	sum = write_and_freeze(&pair.sender);
	store_and_die(&pair.sender, "corrects one letter");
	try_reader(&pair.receiver, sum);
	pair_close(&pair);

	sealed = attack_frozen_mapped(&kind_memfd);
	future = attack_frozen_mapped(&kind_memfd_sealed);
	tell_memfd("F_SEAL_WRITE while the author has it mapped writable: %s",
		   sealed.text);
	tell_more("F_SEAL_FUTURE_WRITE instead: %s", future.text);
}
