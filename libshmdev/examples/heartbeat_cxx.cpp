// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* The heartbeat of heartbeat.c, in C++: what AtomicSharedMemory<TimeTicks> is for. */
#include <cstdint>
#include <cstdio>

#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.hpp>

static const int readers = 3;
static const int beats = 50;

/* Until the last beat: that no beat is older than the one before. */
static int watch(const shmdev::readonly_region &region)
{
	auto reader = shmdev::atomic_reader<std::uint64_t>::open(region);
	std::uint64_t seen = 0;

	while (reader && seen != UINT64_MAX) {
		std::uint64_t now = reader->load(std::memory_order_acquire);

		if (now < seen)
			return 1;
		seen = now;
	}
	return reader ? 0 : 2;
}

int main()
{
	auto writer = shmdev::atomic_writer<std::uint64_t>::create();
	auto region = writer.duplicate_region();
	int status, failed = 0;

	if (!region) {
		std::perror("writer");
		return 1;
	}
	for (int i = 0; i < readers; i++)
		if (fork() == 0)
			return watch(region);
	for (int i = 0; i < beats; i++) {
		writer->store(shmdev::deadline_after(0), std::memory_order_release);
		usleep(1000);
	}
	writer->store(UINT64_MAX);
	while (wait(&status) > 0)
		failed |= status;
	std::printf("%d beats, seen by %d readers\n", beats, readers);
	return failed != 0;
}
