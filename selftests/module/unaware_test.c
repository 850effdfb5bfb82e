// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that has never heard of regions and knows of shared files what such
 * programs know: it checks the size, maps what it was sent, and guards its
 * accesses against SIGBUS, as the peer may truncate the file. A hostile client
 * passes it every kind of handle, in every state, and does to the region all
 * that it can. The program refuses, or reads, and lives (G15).
 */
#include "hostile.h"
#include "harness.h"

#define SIZE (MIB(2) + KIB(12))

/* What it has been sent; and what it answers. */
static struct {
	volatile const uint8_t *memory;
	size_t size;
	sigjmp_buf guard;
} program;

#define ANSWER_REFUSED 0x100
#define ANSWER_TRUNCATED 0x200

static void guard_bus(int signal)
{
	(void)signal;
	siglongjmp(program.guard, 1);
}

/* As such programs do: for writing if possible, else for reading. */
static long program_map(int fd)
{
	struct stat stat = {};
	void *memory;

	if (program.memory)
		munmap((void *)program.memory, program.size);
	program.memory = NULL;
	if (fd < 0 || fstat(fd, &stat) || stat.st_size < (off_t)SIZE) {
		close(fd);
		return ANSWER_REFUSED;
	}
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		return ANSWER_REFUSED;
	program.memory = memory;
	program.size = SIZE;
	return 0;
}

/* A byte of its answer is what it found in the memory. */
static long program_use(void)
{
	uint8_t sum = 0;
	size_t offset;

	if (!program.memory)
		return ANSWER_REFUSED;
	if (sigsetjmp(program.guard, 1))
		return ANSWER_TRUNCATED;
	for (offset = 0; offset < program.size; offset += PAGE)
		sum |= program.memory[offset];
	return sum;
}

/* It serves for ever; no other signal than SIGBUS is handled. */
static int program_main(int socket)
{
	struct sigaction act = { .sa_handler = guard_bus };
	char command;
	long answer;

	signal(SIGSEGV, SIG_DFL);
	sigaction(SIGBUS, &act, NULL);
	while (recv(socket, &command, 1, MSG_PEEK) == 1) {
		int fd = receive_fd(socket);

		/* Without a file: use what was sent before. */
		answer = fd >= 0 ? program_map(fd) : 0;
		if (!answer)
			answer = program_use();
		if (write(socket, &answer, sizeof(answer)) != sizeof(answer))
			return 1;
	}
	return 0;
}

FIXTURE(program)
{
	pid_t pid;
	int socket;
};

FIXTURE_SETUP(program)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets));
	self->pid = fork();
	if (!self->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sockets[0]);
		_exit(program_main(sockets[1]));
	}
	close(sockets[1]);
	self->socket = sockets[0];
}

/* It has lived until now, and ends in good order. */
FIXTURE_TEARDOWN(program)
{
	int status = -1;

	close(self->socket);
	EXPECT_EQ(self->pid, waitpid(self->pid, &status, 0));
	EXPECT_EQ(0, status);
}

static long answer_of(int socket)
{
	long answer;

	return read(socket, &answer, sizeof(answer)) == sizeof(answer) ?
		       answer : -ECHILD;
}

static long offer(const FIXTURE_DATA(program) *self, int fd)
{
	return send_fd(self->socket, fd) ? -errno : answer_of(self->socket);
}

static long use(const FIXTURE_DATA(program) *self)
{
	return send(self->socket, "u", 1, MSG_NOSIGNAL) == 1 ?
		       answer_of(self->socket) : -errno;
}

/* So that the rest means something: this is what it is guarded against. */
TEST_F(program, survives_a_file_that_is_truncated)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	ASSERT_EQ(0, ftruncate(fd, SIZE));
	EXPECT_EQ(0, offer(self, fd));
	ASSERT_EQ(0, ftruncate(fd, 0));
	EXPECT_EQ(ANSWER_TRUNCATED, use(self));
	EXPECT_EQ(ANSWER_REFUSED, offer(self, fd));
}

static long expected(const struct handle_kind *kind)
{
	return kind->maps ? HOSTILE_FILL : ANSWER_REFUSED;
}

TEST_F(program, survives_every_handle_in_every_state_and_every_act)
{
	struct hostile client;
	size_t kind, act;
	bool mapped;
	long answer;
	int fd;

	for (kind = 0; kind < NR_HANDLE_KINDS; kind++) {
		fd = hostile_make(&client, &handle_kinds[kind], SIZE);
		ASSERT_LE(0, fd);
		EXPECT_EQ(expected(&handle_kinds[kind]), offer(self, fd))
			TH_LOG("a region: %s", handle_kinds[kind].name);
		mapped = handle_kinds[kind].maps;
		for (act = 0; act < NR_HOSTILE_ACTS; act++) {
			hostile_acts[act].act(&client, self->pid);
			answer = use(self);
			/* The client may have written. */
			EXPECT_TRUE(mapped ? answer >= 0 && answer <= 0xff :
					     answer == ANSWER_REFUSED)
				TH_LOG("%s: %s: %ld", handle_kinds[kind].name,
				       hostile_acts[act].name, answer);
			/* Sent once more, in the state of now. */
			answer = offer(self, fd);
			EXPECT_TRUE(answer >= 0 && answer <= ANSWER_REFUSED);
			mapped = answer != ANSWER_REFUSED;
		}
		close(fd);
		hostile_end(&client);
		ASSERT_EQ(0, kill(self->pid, 0));
	}
}

/* Whatever it maps, nobody can make it responsible for a region. */
TEST_F(program, never_becomes_an_owner)
{
	struct shmregion_info info;
	struct hostile client;
	size_t kind;
	int fd;

	for (kind = 0; kind < NR_HANDLE_KINDS; kind++) {
		fd = hostile_make(&client, &handle_kinds[kind], SIZE);
		ASSERT_LE(0, fd);
		offer(self, fd);
		act_give_to_victim(&client, self->pid);
		ASSERT_EQ(0, raw_info(fd, &info));
		EXPECT_NE(self->pid, info.out_owner_pid);
		close(fd);
		hostile_end(&client);
	}
}

TEST_HARNESS_MAIN
