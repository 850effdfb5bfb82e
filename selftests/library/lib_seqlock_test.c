// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values that are never seen half written: a writer that never stops, on one
 * CPU, and a reader in another process, on the other. And what a writer that
 * does not keep to the rules can do to a reader: nothing but make it fail.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <shmdev.h>

#include "helpers.h"
#include "harness.h"

#define NR_NUMBERS 512

/* All numbers are the same in a value that is in one piece. */
#define PICTURE_MEMBERS(member, array)		\
	array(uint64_t, numbers, NR_NUMBERS)

SHMDEV_STRUCT(picture, PICTURE_MEMBERS);
SHMDEV_SEQLOCK(screen, struct(picture));
SHMDEV_VIEW(screens, struct(screen));

/* Sizes that are no multiple of a word. */
#define NAME_MEMBERS(member, array)		\
	array(char, text, 13)

SHMDEV_STRUCT(name, NAME_MEMBERS);
SHMDEV_SEQLOCK(name_lock, struct(name));
SHMDEV_SEQLOCK(byte_lock, uint8_t);

/* Inside of another struct. */
#define PAIR_MEMBERS(member, array)		\
	member(struct(name_lock), name)		\
	member(struct(byte_lock), byte)

SHMDEV_STRUCT(pair, PAIR_MEMBERS);

static void fill(struct picture *picture, uint64_t number)
{
	size_t i;

	for (i = 0; i < NR_NUMBERS; i++)
		picture->numbers[i] = number;
}

static bool in_one_piece(const struct picture *picture)
{
	size_t i;

	for (i = 1; i < NR_NUMBERS; i++)
		if (picture->numbers[i] != picture->numbers[0])
			return false;
	return true;
}

TEST(what_is_loaded_is_what_was_stored)
{
	const struct name stored = { "thirteen byte" };
	struct pair pair = { 0 };
	struct name loaded;
	uint8_t byte = 3;

	ASSERT_EQ(0, name_lock_load(&pair.name, &loaded));
	EXPECT_TRUE(all_bytes(&loaded, sizeof(loaded), 0));
	ASSERT_EQ(0, name_lock_store(&pair.name, &stored));
	ASSERT_EQ(0, name_lock_load(&pair.name, &loaded));
	EXPECT_EQ(0, memcmp(&stored, &loaded, sizeof(stored)));

	ASSERT_EQ(0, byte_lock_store(&pair.byte, &byte));
	byte = 0;
	ASSERT_EQ(0, byte_lock_load(&pair.byte, &byte));
	EXPECT_EQ(3, byte);
	/* Nothing of the caller's memory behind the value. */
	EXPECT_EQ(0, pair.name.words[1] >> 40);
	EXPECT_EQ(3, pair.byte.words[0]);
}

TEST(nothing_to_load_or_store_is_an_error)
{
	struct byte_lock lock = { 0 };
	const struct byte_lock before = lock;
	uint8_t byte = 3;

	EXPECT_EQ(EINVAL, errno_of(byte_lock_load(NULL, &byte)));
	EXPECT_EQ(EINVAL, errno_of(byte_lock_load(&lock, NULL)));
	EXPECT_EQ(EINVAL, errno_of(byte_lock_store(NULL, &byte)));
	EXPECT_EQ(EINVAL, errno_of(byte_lock_store(&lock, NULL)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_seqlock_load(&lock.lock, lock.words,
						       &byte, 0)));
	EXPECT_EQ(EINVAL, errno_of(shmdev_seqlock_store(&lock.lock, lock.words,
							&byte, SIZE_MAX)));
	EXPECT_EQ(0, memcmp(&before, &lock, sizeof(lock)));
	EXPECT_EQ(3, byte);
}

TEST(value_of_a_writer_that_died_is_not_loaded)
{
	const struct name stored = { "after" };
	struct name_lock lock = { 0 };
	struct name loaded;

	/* As a writer leaves it that dies in the middle. */
	lock.lock.sequence = 5;
	EXPECT_EQ(EAGAIN, errno_of(name_lock_load(&lock, &loaded)));
	/* The next writer mends it. */
	ASSERT_EQ(0, name_lock_store(&lock, &stored));
	ASSERT_EQ(0, name_lock_load(&lock, &loaded));
	EXPECT_EQ(0, memcmp(&stored, &loaded, sizeof(stored)));
	EXPECT_EQ(6, lock.lock.sequence);
}

struct restless {
	struct screen screen;
	atomic_bool stop;
};

static void *move_sequence(void *data)
{
	struct restless *restless = data;

	run_on(1);
	while (!restless->stop)
		__atomic_fetch_add(&restless->screen.lock.sequence, 2,
				   __ATOMIC_RELAXED);
	return NULL;
}

#define LOADS 30

/* Each load ends, this way or that. */
TEST(reader_is_not_held_by_a_writer_that_never_stops)
{
	struct restless *restless = calloc(1, sizeof(*restless));
	struct picture *picture = calloc(1, sizeof(*picture));
	pthread_t thread;
	int i, error;

	run_on(0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, move_sequence, restless));
	for (i = 0; i < LOADS; i++) {
		error = errno_of(screen_load(&restless->screen, picture));
		EXPECT_TRUE(!error || error == EAGAIN);
	}
	restless->stop = true;
	pthread_join(thread, NULL);
	free(picture);
	free(restless);
}

/*
 * The writer is the test, which owns the region. The peer reads until it has
 * seen enough, and says by the shared flag when the writer may stop.
 */

/* Of each kind: a value that was loaded, one that is torn without the lock. */
#define VALUES 30
#define TRIES 10000000

struct watch {
	struct shmdev_region *region;
	atomic_bool *done;
};

/* Else the test would prove nothing. */
static bool torn_without_lock(const struct screen *screen)
{
	uint64_t first, last;

	first = __atomic_load_n(&screen->words[0], __ATOMIC_RELAXED);
	last = __atomic_load_n(&screen->words[NR_NUMBERS - 1],
			       __ATOMIC_RELAXED);
	return first != last;
}

static long watch(const struct screen *screen, struct picture *picture)
{
	long values = 0, torn = 0, tries;
	uint64_t last = 0;

	for (tries = 0; tries < TRIES && (values < VALUES || torn < VALUES);
	     tries++) {
		torn += torn_without_lock(screen);
		if (screen_load(screen, picture))
			continue;
		if (!in_one_piece(picture) || picture->numbers[0] < last)
			return -EILSEQ;
		values += picture->numbers[0] != last;
		last = picture->numbers[0];
	}
	return values < VALUES ? -ENODATA : torn < VALUES ? -ENOMSG : 0;
}

static long step_watch(void *data, long unused)
{
	struct picture *picture = malloc(sizeof(*picture));
	struct watch *watching = data;
	struct screens_reader reader = screens_reader_open(watching->region);
	long ret;

	(void)unused;
	run_on(1);
	ret = reader.base ? watch(screens_reader_at(reader, 0), picture) : -errno;
	*watching->done = true;
	screens_reader_free(reader);
	free(picture);
	return ret;
}

/* rows: C98 */
TEST(reader_never_sees_a_torn_value)
{
	struct screens_writer writer = screens_writer_create(1, NULL, 0, "s");
	struct picture *picture = malloc(sizeof(*picture));
	struct watch watching;
	uint64_t number = 0;
	struct peer peer;
	int i;

	ASSERT_NE(NULL, writer.base);
	watching.region =
		shmdev_writer_duplicate_region(writer.base);
	watching.done = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, watching.done);
	peer = peer_start();
	peer_begin(&peer, step_watch, &watching, 0);
	run_on(0);
	while (!*watching.done) {
		number++;
		/* Long enough between two stores for a load. */
		for (i = 0; i < 3; i++) {
			fill(picture, number);
			atomic_signal_fence(memory_order_seq_cst);
		}
		screen_store(screens_writer_at(writer, 0), picture);
	}
	EXPECT_EQ(0, peer_finish(&peer));
	peer_stop(&peer);
	shmdev_region_free(watching.region);
	screens_writer_free(writer);
	free(picture);
}

static long step_store(void *data, long unused)
{
	struct watch *watching = data;
	struct screens_reader reader = screens_reader_open(watching->region);
	const struct screen *screen = screens_reader_at(reader, 0);

	(void)unused;
	return -touch_write((void *)screen, 1);
}

TEST(reader_cannot_store)
{
	struct screens_writer writer = screens_writer_create(1, NULL, 0, "s");
	struct watch watching;
	struct peer peer;

	ASSERT_NE(NULL, writer.base);
	watching.region =
		shmdev_writer_duplicate_region(writer.base);
	peer = peer_start();
	EXPECT_EQ(-SIGSEGV, peer_do(&peer, step_store, &watching, 0));
	EXPECT_EQ(0, screens_writer_at(writer, 0)->lock.sequence);
	peer_stop(&peer);
	shmdev_region_free(watching.region);
	screens_writer_free(writer);
}

TEST_HARNESS_MAIN
