// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmregion-fuzz: makes programs of system calls at random, runs them, and
 * judges how every call ends. Prints TAP.
 *
 * The map:
 *   main.c       options, the loop over programs, what came of it
 *   program.c    programs from seeds
 *   kinds.c      the table of all calls
 *   grammar.c    the ioctls: structures and errors, from the uapi header
 *   ioctls.c     arguments from the grammar, and the error they must have
 *   mappings.c   calls on mappings, and touching memory (touch.c)
 *   files.c      calls on files
 *   processes.c  calls on processes
 *   slots.c      the files that a program works on
 *   actor.c      who does a call, and how its end is judged
 *   run.c        the processes and threads that a program consists of
 *   coverage.c   what a program has reached, where the kernel has kcov
 *   leftovers.c  what programs must not leave behind
 *
 * A program is known by its name, the seeds it was made of. So that a complaint
 * of the kernel says whose it is, its processes have a name in the kernel as
 * well: that of the program if it is one seed; else the number of the program
 * that it was made of, as it was printed, a dot, and the last seed.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coverage.h"
#include "kinds.h"
#include "leftovers.h"
#include "run.h"

#define CORPUS_MAX 4096
/* How often to look for what is left. */
#define BATCH 32
#define FAILURES_MAX 5
/* So many calls of a kind and one of them has succeeded. */
#define MANY_CALLS 500

static struct {
	unsigned long long seconds, calls;
	uint32_t seed;
	bool has_seed;
	struct program_name replay;
} options = { .seconds = 30, .calls = -1ULL };

static struct program_name corpus[CORPUS_MAX];
static unsigned int corpus_size;
static unsigned long programs, died, violations, left;

static unsigned long long total_calls(void)
{
	unsigned long long total = 0;
	unsigned int i;

	for (i = 0; i < nr_kinds; i++)
		total += report->calls[i];
	return total;
}

static bool failed(void)
{
	return died + violations + left >= FAILURES_MAX;
}

static bool enough(void)
{
	static struct timespec begin;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!begin.tv_sec)
		begin = now;
	return now.tv_sec - begin.tv_sec >= (long)options.seconds ||
	       total_calls() >= options.calls || failed();
}

/*
 * Half of them are new; the others change one that has reached something. Tells
 * what its processes are called in the kernel.
 */
static void choose(struct random *random, struct program_name *name,
		   char *comm, size_t size)
{
	unsigned int parent;

	if (options.replay.nr_seeds) {
		*name = options.replay;
		snprintf(comm, size, "replay");
		return;
	}
	if (corpus_size && one_in(random, 2)) {
		parent = random_below(random, corpus_size);
		*name = corpus[parent];
		if (name->nr_seeds < PROGRAM_SEEDS_MAX) {
			name->seeds[name->nr_seeds] = random_next(random);
			snprintf(comm, size, "%u.%x", parent,
				 name->seeds[name->nr_seeds++]);
			return;
		}
	}
	name->nr_seeds = 1;
	name->seeds[0] = random_next(random);
	snprintf(comm, size, "%x", name->seeds[0]);
}

static void complain(const struct program_name *name, const char *what)
{
	char text[PROGRAM_NAME_SIZE];

	program_name_print(name, text);
	printf("# program %s: %s\n", text, what);
}

/* Its status, when none of its processes is left. */
static int run(const struct program_name *name, const char *comm)
{
	struct program program;
	int status = 0, other;
	pid_t pid;

	program_make(&program, name);
	coverage_reset();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, comm);
		run_program(&program);
	}
	if (pid < 0)
		return -1;
	waitpid(pid, &status, 0);
	/* What it has left is ours, as we are the subreaper. */
	while (wait(&other) > 0)
		;
	return status;
}

static void judge(const struct program_name *name, int status)
{
	char text[64];

	programs++;
	if (status) {
		snprintf(text, sizeof(text), "died with status %#x%s", status,
			 WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ?
			 ": it hung" : "");
		complain(name, text);
		died++;
	}
	if (report->violated) {
		complain(name, report->violation);
		report->violated = false;
		violations++;
	}
	if (kernel_complaint()) {
		complain(name, kernel_complaint());
		died = FAILURES_MAX;
	}
}

static void learn(const struct program_name *name)
{
	char text[PROGRAM_NAME_SIZE];

	if (!coverage_collect() || corpus_size == CORPUS_MAX)
		return;
	program_name_print(name, text);
	printf("# corpus %u: %s\n", corpus_size, text);
	corpus[corpus_size++] = *name;
}

/* One of the last programs has left something. */
static void check_leftovers(const struct program_name *batch, unsigned int nr)
{
	const char *what = leftovers();
	unsigned int i;

	if (!what)
		return;
	left++;
	for (i = 0; i < nr; i++)
		complain(&batch[i], what);
}

static void fuzz(uint32_t seed)
{
	struct random random = random_from(seed);
	struct program_name batch[BATCH];
	unsigned int nr = 0;
	char comm[16];

	while (!enough()) {
		choose(&random, &batch[nr], comm, sizeof(comm));
		judge(&batch[nr], run(&batch[nr], comm));
		learn(&batch[nr]);
		if (++nr == BATCH) {
			check_leftovers(batch, nr);
			nr = 0;
		}
	}
	check_leftovers(batch, nr);
}

static void result(unsigned int number, bool ok, const char *what)
{
	printf("%sok %u %s\n", ok ? "" : "not ", number, what);
}

/* The fuzzer is of use only if not all is refused. */
static bool result_of_reach(unsigned int number)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < nr_kinds; i++) {
		if (report->successes[i] || report->calls[i] < MANY_CALLS ||
		    kinds[i].run == call_unknown || kinds[i].run == call_mseal)
			continue;
		printf("# none of %lu succeeded: %s\n", report->calls[i],
		       kinds[i].name);
		all = false;
	}
	result(number, all, "every kind of call can succeed");
	return all;
}

static int results(void)
{
	unsigned int i;
	bool reach;

	printf("# %lu programs, %llu calls", programs, total_calls());
	if (coverage_total())
		printf(", %u places of the module reached, corpus of %u",
		       coverage_total(), corpus_size);
	printf("\n");
	for (i = 0; verbose && i < nr_kinds; i++)
		printf("# %s: %lu, %lu succeeded\n", kinds[i].name,
		       report->calls[i], report->successes[i]);

	result(1, !violations, "every call ends as it is documented");
	result(2, !died, "no program dies or hangs, no kernel complains");
	result(3, !left, "nothing is left of any program");
	reach = result_of_reach(4);
	printf("1..4\n");
	return violations || died || left || !reach;
}

static void init(void)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED || !run_init()) {
		printf("Bail out! no memory\n");
		exit(EXIT_FAILURE);
	}
	report->fuzzer_pid = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	report->dead_pid = fork();
	if (!report->dead_pid)
		_exit(0);
	waitpid(report->dead_pid, NULL, 0);
	kernel_complaint();
	coverage_init();
	if (!options.has_seed)
		getrandom(&options.seed, sizeof(options.seed), 0);
}

static void usage(void)
{
	puts("Usage: shmregion-fuzz [OPTION]...\n\n"
	     "Makes programs of system calls on /dev/shmregion at random, runs them,\n"
	     "and judges how every call ends.\n\n"
	     "  --seconds N   how long, default 30\n"
	     "  --calls N     stop after so many calls\n"
	     "  --seed N      make the same programs again; without coverage\n"
	     "                only, as what is reached differs\n"
	     "  --replay NAME run one program again and again\n"
	     "  --verbose     print each call\n"
	     "  --help        show this text");
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "calls", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 'S' },
		{ "replay", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool right = true;
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options.seconds = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			options.calls = strtoull(optarg, NULL, 0);
			break;
		case 'S':
			options.seed = strtoul(optarg, NULL, 0);
			options.has_seed = true;
			break;
		case 'r':
			right = program_name_parse(&options.replay, optarg);
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			usage();
			exit(EXIT_SUCCESS);
		default:
			right = false;
		}
		if (!right)
			exit(2);
	}
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	init();
	printf("TAP version 13\n# seed %#x\n", options.seed);
	fuzz(options.seed);
	return results();
}
