// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a program: three actors, of which two are threads of one process and
 * the third is a process of its own. The main one goes through the calls and
 * hands those of the others over to them. It does not wait long for anybody, and
 * in the end kills the others wherever they are.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/shmregion.h>
#include <shmdev.h>

#include "actor.h"
#include "coverage.h"
#include "run.h"
#include "slots.h"

/* So that a program meets the end of its table of files. */
#define FILES_MAX 64
/* A program that takes so long hangs, even on a busy host. */
#define PROGRAM_SECONDS 300
#define PATIENCE_NS 10000000

/**
 * struct baton - how the main actor hands a call over
 * @go: there is one
 * @done: it has ended
 * @call: it
 * @busy: it has not ended; for the main actor alone
 * @late: it did not end in time, and may never do so
 */
struct baton {
	sem_t go, done;
	struct call call;
	bool busy, late;
};

static struct baton *batons;
static struct actor main_actor;
static pid_t peer;

bool run_init(void)
{
	batons = mmap(NULL, NR_ACTORS * sizeof(*batons),
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return batons != MAP_FAILED;
}

static void baton_init(struct baton *baton)
{
	sem_init(&baton->go, 1, 0);
	sem_init(&baton->done, 1, 0);
	baton->busy = false;
	baton->late = false;
}

static void begin_acting(enum actor_index index)
{
	report->tids[index] = gettid();
	coverage_begin(index);
}

__attribute__((noreturn))
static void act(enum actor_index index)
{
	struct baton *baton = &batons[index];
	struct actor actor;

	begin_acting(index);
	if (!actor_init(&actor, index))
		_exit(EXIT_FAILURE);
	for (;;) {
		while (sem_wait(&baton->go))
			;
		actor_do(&actor, &baton->call);
		sem_post(&baton->done);
	}
}

static void *thread_main(void *unused)
{
	(void)unused;
	act(ACTOR_THREAD);
}

static bool ended_in_time(struct baton *baton)
{
	struct timespec end;

	if (!baton->busy)
		return true;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += baton->late ? 0 : PATIENCE_NS;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	while (sem_timedwait(&baton->done, &end))
		if (errno != EINTR) {
			baton->late = true;
			return false;
		}
	baton->busy = false;
	baton->late = false;
	return true;
}

static void hand_over(const struct call *call)
{
	struct baton *baton = &batons[call->actor];

	/* It may wait for ever: then go on without it. */
	if (!ended_in_time(baton))
		return;
	baton->call = *call;
	baton->busy = true;
	sem_post(&baton->go);
	if (!call->together)
		ended_in_time(baton);
}

static void map_first(unsigned int place, int fd, size_t size)
{
	if (mmap(place_address(place), size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED)
		world.lengths[place] = size;
}

static void peer_start(void)
{
	baton_init(&batons[ACTOR_PEER]);
	peer = fork();
	if (peer)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	slots_init();
	/* It can be given the region, and has another one in common. */
	shmdev_raw_attach(world.slots[SLOT_HANDLE], NULL);
	map_first(0, world.slots[SLOT_HANDLE], world.lengths[0]);
	act(ACTOR_PEER);
}

static void peer_end(void)
{
	int status;

	if (peer <= 0)
		return;
	kill(peer, SIGKILL);
	waitpid(peer, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		violation(&main_actor, "the peer was killed by signal %d",
			  WTERMSIG(status));
}

/* The new one inherits all that is there now. */
void peer_restart(void)
{
	peer_end();
	peer_start();
}

/* Two regions, handles of all rights, and files that are none. */
static void world_init(struct random *random)
{
	const size_t sizes[] = {
		1, PAGE_BYTES, 3 * PAGE_BYTES, 20 * PAGE_BYTES, 2 << 20,
		(2 << 20) + PAGE_BYTES, 4 << 20,
	};
	/*
	 * Of one region, and then of the other: see below. CONTROL only where
	 * there is such a right.
	 */
	static const uint32_t rights[] = { 7, 3, 3, 1, 5, 7, 1 };
	volatile int *slots = world.slots, *handles = slots + SLOT_HANDLE;
	bool controlled[2];
	size_t size[2];
	unsigned int i;
	int pipes[2];

	for (i = 0; i < NR_SLOTS; i++)
		slots[i] = -1;
	slots[SLOT_DEVICE] = open(SHMDEV_DEVICE_PATH, O_RDWR | O_CLOEXEC);
	slots[SLOT_DEVICE + 1] = open(SHMDEV_DEVICE_PATH, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < 2; i++) {
		size[i] = RANDOM_OF(random, sizes);
		controlled[i] = one_in(random, 2);
		handles[i] = shmdev_raw_create(slots[SLOT_DEVICE], size[i],
					       i ? SHMREGION_MODE_UNSAFE :
						   SHMREGION_MODE_WRITABLE,
					       controlled[i] ?
					       SHMREGION_CREATE_CONTROLLED : 0,
					       "fuzz", NULL);
		map_first(i, handles[i], size[i]);
	}
	for (i = 0; i < ARRAY_SIZE(rights); i++)
		handles[2 + i] =
			shmdev_raw_dup(handles[i > 4], controlled[i > 4] ?
				       rights[i] :
				       rights[i] & ~SHMREGION_RIGHT_CONTROL);

	if (!pipe2(pipes, O_NONBLOCK | O_CLOEXEC)) {
		slots[SLOT_OTHER] = pipes[0];
		slots[SLOT_OTHER + 1] = pipes[1];
	}
	slots[SLOT_OTHER + 2] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	slots[SLOT_OTHER + 3] = open(SHMDEV_DEVICE_PATH, O_PATH | O_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, world.sockets))
		_exit(EXIT_FAILURE);
}

static void start_actors(void)
{
	pthread_t thread;

	begin_acting(ACTOR_MAIN);
	baton_init(&batons[ACTOR_THREAD]);
	if (!actor_init(&main_actor, ACTOR_MAIN) ||
	    pthread_create(&thread, NULL, thread_main, NULL))
		_exit(EXIT_FAILURE);
	peer_start();
}

void run_program(const struct program *program)
{
	const struct rlimit files = { FILES_MAX, FILES_MAX };
	struct random random = random_from(program->seed);
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	take_signals(true);
	alarm(PROGRAM_SECONDS);
	setrlimit(RLIMIT_NOFILE, &files);
	world_init(&random);
	start_actors();
	for (i = 0; i < program->nr_calls; i++) {
		const struct call *call = &program->calls[i];

		if (call->actor == ACTOR_MAIN)
			actor_do(&main_actor, call);
		else
			hand_over(call);
	}
	peer_end();
	_exit(EXIT_SUCCESS);
}
