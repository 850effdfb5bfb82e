// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Porting from Mozilla's IPDL Shmem: an actor's calls, and what takes their place.
 * Documentation/porting/mozilla.rst shows the parts.
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

constexpr std::size_t size = 65536;

void check(bool good, const char *what)
{
	if (good)
		return;
	std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
	std::exit(1);
}

/* child: begin */
void child_actor(int socket)
{
	auto channel = shmdev::channel::create(shmdev::unique_fd(socket),
					       SHMDEV_CHANNEL_SECOND);
	check(static_cast<bool>(channel), "child: channel");

	/* Shmem shmem; AllocShmem(size, &shmem) */
	shmdev::shmem shmem = channel.alloc(size);
	check(static_cast<bool>(shmem), "child: alloc");

	/* memcpy(shmem.get<char>(), ...) */
	char *memory = static_cast<char *>(shmem.data());
	std::strcpy(memory, "a picture");

	/* SendPicture(std::move(shmem)) */
	check(channel.send("picture", 7, std::move(shmem)), "child: send");

	/* Here Mozilla's release builds go on. The kernel does not. */
	check(write(STDOUT_FILENO, memory, 1) < 0 && errno == EFAULT,
	      "child: it still has access");
	std::printf("child:  after the send: %s\n", std::strerror(errno));
	std::fflush(stdout);
}
/* child: end */

/* parent: begin */
void parent_actor(int socket)
{
	auto channel = shmdev::channel::create(shmdev::unique_fd(socket),
					       SHMDEV_CHANNEL_FIRST);
	shmdev::message message;
	char name[16];

	/* IPCResult RecvPicture(Shmem&& shmem) */
	do {
		check(channel.wait_readable(), "parent: wait");
		message = channel.receive(name, sizeof(name));
	} while (!message && errno == EAGAIN);
	check(message && message.count() == 1, "parent: receive");

	/* It is this process's now: check and use it in place. */
	shmdev::shmem shmem = std::move(message.shmems()[0]);
	const char *picture = static_cast<const char *>(shmem.data());
	check(std::memchr(picture, '\0', shmem.size()), "parent: no end");
	std::printf("parent: %s\n", picture);

	/* DeallocShmem(shmem) */
	(void)channel.dealloc(std::move(shmem));
}
/* parent: end */

} /* namespace */

int main()
{
	int sockets[2], status;

	check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) == 0, "socketpair");
	pid_t pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		close(sockets[0]);
		child_actor(sockets[1]);
		return 0;
	}
	close(sockets[1]);
	parent_actor(sockets[0]);
	check(waitpid(pid, &status, 0) == pid && status == 0, "child");

	return 0;
}
