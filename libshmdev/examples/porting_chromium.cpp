// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Porting from Chromium's base/memory: the classes, and what takes their place.
 * Documentation/porting/chromium.rst shows the parts.
 */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shmdev.hpp>

namespace
{

constexpr std::size_t size = 4096;
constexpr std::uint64_t patience_ns = 60000000000;

void check(bool good, const char *what)
{
	if (good)
		return;
	std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
	std::exit(1);
}

/* read-only: begin */
/* auto [region, mapping] = base::ReadOnlySharedMemoryRegion::Create(size); */
void read_only()
{
	auto [region, mapping] = shmdev::readonly_region::create(size);
	check(region && mapping, "create");
	*mapping.object<std::uint32_t>() = 42;

	/* region.Duplicate(), and in the receiver region.Map() */
	shmdev::readonly_mapping seen = region.duplicate().map();
	check(*seen.object<std::uint32_t>() == 42, "read");
}
/* read-only: end */

/* convert: begin */
/* base::WritableSharedMemoryRegion::ConvertToReadOnly(std::move(writable)) */
void convert()
{
	auto writable = shmdev::writable_region::create(size);
	shmdev::writable_mapping mapping = writable.map();
	check(static_cast<bool>(mapping), "create");
	*mapping.object<std::uint32_t>() = 42;

	/* Mappings for writing lose their access, in every process. */
	shmdev::readonly_region final = std::move(writable).freeze();
	check(final.frozen() == true, "freeze");
}
/* convert: end */

/* serialize: begin */
/* base::WritableSharedMemoryRegion::TakeHandleForSerialization(std::move(r)) */
void serialize(int socket)
{
	auto region = shmdev::writable_region::create(size);
	shmdev::writable_mapping mapping = region.map();
	check(static_cast<bool>(mapping), "create");
	std::strcpy(static_cast<char *>(mapping.data()), "moved");

	/* Let go of it first: a handle that is passed on gives no access. */
	check(region.release(), "release");
	check(shmdev::handle_send(socket, region,
				  shmdev_deadline_after(patience_ns)), "send");
}

/* base::WritableSharedMemoryRegion::Deserialize(std::move(platform_region)) */
void deserialize(int socket)
{
	std::uint64_t deadline = shmdev_deadline_after(patience_ns);
	shmdev::unique_fd fd = shmdev::handle_receive(socket, deadline);

	/* Size, mode and rights are the kernel's answer, not the peer's claim. */
	auto region = shmdev::writable_region::adopt_and_acquire(
		std::move(fd), size, 0, deadline);
	shmdev::writable_mapping mapping = region.map();
	check(static_cast<bool>(mapping), "adopt");
	std::printf("deserialized: %s\n",
		    static_cast<const char *>(mapping.data()));
}
/* serialize: end */

/* unsafe: begin */
/* base::UnsafeSharedMemoryRegion::Create(size) */
void unsafe()
{
	auto region = shmdev::unsafe_region::create(size);
	shmdev::writable_mapping one = region.map();
	shmdev::writable_mapping other = region.duplicate().map();

	check(one && other, "unsafe");
	*one.object<std::uint32_t>() = 7;
	check(*other.object<std::uint32_t>() == 7, "unsafe");
}
/* unsafe: end */

} /* namespace */

int main()
{
	int sockets[2], status;

	read_only();
	convert();
	unsafe();
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "socketpair");
	pid_t pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		serialize(sockets[1]);
		std::exit(0);
	}
	deserialize(sockets[0]);
	check(waitpid(pid, &status, 0) == pid && status == 0, "child");
	std::printf("read-only, converted, unsafe: as expected\n");

	return 0;
}
