// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A heartbeat: one process writes the time to shared memory, others read it without
 * a system call, and none of them can write. One atomic, one writer.
 */
#include <err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.h>

#define READERS	3
#define BEATS	50

SHMDEV_VIEW(heartbeat, _Atomic(uint64_t));

/* Until the last beat: that no beat is older than the one before. */
static int watch(const struct shmdev_region *region)
{
	struct heartbeat_reader reader = heartbeat_reader_open(region);
	const _Atomic(uint64_t) *beat = heartbeat_reader_at(reader, 0);
	uint64_t seen = 0, now;

	if (!beat)
		err(1, "reader");
	do {
		now = atomic_load_explicit(beat, memory_order_acquire);
		if (now < seen)
			errx(1, "the time went back");
		seen = now;
	} while (seen != UINT64_MAX);
	heartbeat_reader_free(reader);
	return 0;
}

int main(void)
{
	struct heartbeat_writer writer = heartbeat_writer_create(1, NULL, 0, "beat");
	struct shmdev_region *region = shmdev_writer_duplicate_region(writer.base);
	_Atomic(uint64_t) *beat = heartbeat_writer_at(writer, 0);
	int i, status, failed = 0;

	if (!region)
		err(1, "writer");
	for (i = 0; i < READERS; i++)
		if (fork() == 0)
			return watch(region);
	for (i = 0; i < BEATS; i++) {
		atomic_store_explicit(beat, shmdev_deadline_after(0), memory_order_release);
		usleep(1000);
	}
	atomic_store(beat, UINT64_MAX);
	while (wait(&status) > 0)
		failed |= status;
	printf("%d beats, seen by %d readers\n", BEATS, READERS);
	return failed != 0;
}
