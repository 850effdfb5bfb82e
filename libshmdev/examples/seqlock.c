// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One writer, many readers: the writer has new readings of many sensors again
 * and again, and readers in other processes follow. A seqlock keeps the readings
 * of one time together, and a version tells when there are new ones. Readers
 * cannot write, so one of them can harm neither the writer nor the others.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define NR_READERS	4
#define NR_STEPS	2000
#define NR_SENSORS	500

/* In shared memory a type has no pointers and no padding, or won't compile. */
#define SAMPLE_MEMBERS(member, array)		\
	member(uint64_t, step)			\
	array(double, values, NR_SENSORS)
SHMDEV_STRUCT(sample, SAMPLE_MEMBERS);
SHMDEV_SEQLOCK(latest, struct(sample));

#define BOARD_MEMBERS(member, array)		\
	member(struct(shmdev_version), version)	\
	member(struct(latest), latest)
SHMDEV_STRUCT(board, BOARD_MEMBERS);
SHMDEV_VIEW(board, struct(board));

static void check(const struct sample *sample, uint64_t last)
{
	size_t i;

	for (i = 0; i < NR_SENSORS; i++)
		if (sample->values[i] != (double)(sample->step * (i + 1)))
			errx(1, "reader %d: a torn value", getpid());
	if (sample->step < last)
		errx(1, "reader %d: an old value", getpid());
}

/* The kernel refuses what const promises. */
static void show_that_it_cannot_write(const struct board *board)
{
	const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t page = (uintptr_t)board & ~(size - 1);

	if (!mprotect((void *)page, size, PROT_READ | PROT_WRITE) ||
	    errno != EACCES)
		errx(1, "reader %d: can write", getpid());
}

static int read_board(const struct shmdev_region *region, int ready)
{
	struct board_reader reader = board_reader_open(region);
	struct sample sample = { 0 };
	const struct board *board;
	unsigned int seen = 0;
	uint64_t version = SHMDEV_VERSION_NONE;
	uint64_t last;

	if (!reader.base)
		err(1, "reader: open");
	board = board_reader_at(reader, 0);
	show_that_it_cannot_write(board);
	if (write(ready, "", 1) != 1)
		err(1, "reader: ready");

	while (sample.step < NR_STEPS) {
		last = sample.step;
		/* A deadline, as nothing makes a writer go on. */
		if (shmdev_version_wait(&board->version, version,
					shmdev_deadline_after(60000000000),
					&version) < 0)
			err(1, "reader: wait");
		/* EAGAIN: the writer was interrupted in the middle. */
		while (latest_load(&board->latest, &sample) < 0)
			if (errno != EAGAIN)
				err(1, "reader: load");
		check(&sample, last);
		seen += sample.step > last;
	}
	board_reader_free(reader);
	printf("reader %d: saw %u of %d values, each in one piece; mprotect: EACCES\n",
	       getpid(), seen, NR_STEPS);
	return 0;
}

static void write_board(struct board_writer writer)
{
	struct board *board = board_writer_at(writer, 0);
	struct sample sample;
	size_t i;

	for (sample.step = 1; sample.step <= NR_STEPS; sample.step++) {
		for (i = 0; i < NR_SENSORS; i++)
			sample.values[i] = (double)(sample.step * (i + 1));
		if (latest_store(&board->latest, &sample) < 0 ||
		    shmdev_version_increment(&board->version) < 0 ||
		    shmdev_writer_wake(writer.base, &board->version) < 0)
			err(1, "writer");
	}
	printf("writer %d: wrote %d values\n", getpid(), NR_STEPS);
}

int main(void)
{
	struct board_writer writer;
	struct shmdev_region *region;
	int i, status, ready[2];
	char byte;

	/* The region is READONLY for all but the process that created it. */
	writer = board_writer_create(1, NULL, 0, "board");
	if (!writer.base)
		err(1, "create");
	/*
	 * What readers get: a handle that can only read. No other one is left
	 * that a fork child could inherit.
	 */
	region = shmdev_writer_take_region(writer.base);
	if (!region || pipe(ready) < 0)
		err(1, "prepare");

	for (i = 0; i < NR_READERS; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			return read_board(region, ready[1]);
		}
	}
	/* When this process has no writing end, a reader's death is seen. */
	close(ready[1]);
	shmdev_region_free(region);
	for (i = 0; i < NR_READERS; i++)
		if (read(ready[0], &byte, 1) != 1)
			errx(1, "a reader is not ready");

	write_board(writer);
	for (i = 0; i < NR_READERS; i++)
		if (wait(&status) < 0 || status)
			errx(1, "a reader failed");
	board_writer_free(writer);
	return 0;
}
