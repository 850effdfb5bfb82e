// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on a rule of sharing, each by the same code on three kinds of memory:
 * a memfd with the seals that help, a memfd among processes that protect their
 * own mappings, and a region. Each must succeed where it is said to, every time,
 * or it would be no attack; and each must fail on a region, every time, but for
 * those that are said to succeed there: these are the price of its rules.
 *
 * The actors, the kinds and most attacks are those of the demo (libshmdev/demo).
 *
 *   sender.c      more that a sender can do
 *   ring.c        the same, by io_uring
 *   userfault.c   the same, by userfaultfd(2)
 *   accomplice.c  what somebody else can do to the sender
 *   claims.c      what a sender says that is not so
 *   cling.c       what a receiver keeps that is destroyed
 *   unaware.c     what a client does to a server that knows of no regions
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "accomplice.h"
#include "attack.h"
#include "kind.h"
#include "outcome.h"
#include "plays.h"
#include "ring.h"
#include "scene.h"
#include "sender.h"
#include "tell.h"
#include "trick.h"

#define ROUNDS	3

enum {
	MEMFD = 1 << 0,
	COOPERATIVE = 1 << 1,
	BOTH = MEMFD | COOPERATIVE,
	REGION = 1 << 2,
	ALL = BOTH | REGION,
};

/**
 * struct row - an attack
 * @text: what is tried
 * @before: what the sender does before it gives the memory away
 * @use: what is tried afterwards, by the sender
 * @accomplice: the same, by an accomplice of the sender
 * @reads: whether that is to read, not to change
 * @play: an attack that is a scene of its own, instead
 * @memfd: the seals to take, if not the best ones
 * @region: the kind of region, if not one without a controller
 * @works: on which kinds it has to succeed
 */
struct row {
	const char *text;
	actor_step before, use, accomplice;
	bool reads;
	attack play;
	const struct kind *memfd;
	const struct kind *region;
	unsigned int works;
};

static const struct row rows[] = {
	{ .text = "store by the mapping that was kept",
	  .use = store_stray, .works = MEMFD },
	{ .text = "load by the mapping that was kept",
	  .use = load, .reads = true, .works = MEMFD },
	{ .text = "change it between check and use",
	  .play = attack_check, .works = MEMFD },
	{ .text = "allow it by mprotect()",
	  .use = protect_and_store, .works = BOTH },
	{ .text = "map the file descriptor again",
	  .use = map_and_store, .works = BOTH },
	{ .text = "map a duplicate that was kept",
	  .before = keep_duplicate, .use = use_duplicate, .works = BOTH },
	{ .text = "open it again by /proc/self/fd",
	  .use = reopen_and_store, .works = BOTH },
	{ .text = "open it again by /proc/self/map_files",
	  .use = reopen_mapping_and_store, .works = BOTH },
	{ .text = "map it privately, and load",
	  .use = load_privately, .reads = true, .works = BOTH },
	{ .text = "move the mapping by mremap()",
	  .use = move_and_store, .works = MEMFD },
	{ .text = "have it twice by mremap()",
	  .use = remap_twice_and_store, .works = MEMFD },
	{ .text = "remap_file_pages()",
	  .use = remap_pages_and_store, .works = MEMFD },
	{ .text = "a child that was forked before",
	  .before = keep_child, .use = use_child, .works = BOTH },
	{ .text = "the same, after MADV_DOFORK",
	  .before = keep_forced_child, .use = use_child, .works = BOTH },
	{ .text = "write(2) to the file descriptor",
	  .use = write_file, .works = BOTH },
	{ .text = "punch a hole by fallocate()",
	  .use = punch_hole, .works = BOTH },
	{ .text = "truncate it under the receiver",
	  .play = attack_by_truncation, .memfd = &kind_memfd, .works = BOTH },
	{ .text = "the same, with F_SEAL_SHRINK",
	  .play = attack_by_truncation, .works = COOPERATIVE },
	{ .text = "read(2) into it",
	  .use = read_into, .works = MEMFD },
	{ .text = "a read(2) that was begun before",
	  .before = keep_blocked_read, .use = use_blocked_read,
	  .works = MEMFD },
	{ .text = "pin a page by vmsplice() before",
	  .play = attack_by_pin, .works = BOTH },
	{ .text = "pin it for io_uring before, read into it",
	  .before = keep_fixed_buffer, .use = use_fixed_buffer,
	  .works = BOTH },
	{ .text = "fill an untouched page by userfaultfd",
	  .play = attack_by_userfaultfd, .works = BOTH },
	{ .text = "write to /proc/self/mem",
	  .use = write_proc_mem, .works = MEMFD },
	{ .text = "an accomplice maps a handle",
	  .accomplice = take_and_store, .works = BOTH },
	{ .text = "an accomplice: process_vm_writev()",
	  .before = tell_address, .accomplice = write_by_process_vm,
	  .works = MEMFD },
	{ .text = "an accomplice: process_vm_readv()",
	  .before = tell_address, .accomplice = read_by_process_vm,
	  .reads = true, .works = MEMFD },
	{ .text = "an accomplice: ptrace(2)",
	  .before = tell_address, .accomplice = write_by_ptrace,
	  .works = MEMFD },
	{ .text = "an accomplice: /proc/PID/mem",
	  .before = tell_address, .accomplice = write_by_proc_pid_mem,
	  .works = MEMFD },
	{ .text = "a reader: open it again by /proc/self/fd",
	  .play = attack_by_reopening, .memfd = &kind_memfd, .works = BOTH },
	{ .text = "the same, with F_SEAL_FUTURE_WRITE",
	  .play = attack_by_reopening, .works = COOPERATIVE },
	{ .text = "a reader: mprotect()",
	  .play = attack_by_protection },
	{ .text = "final while mapped: F_SEAL_WRITE",
	  .play = attack_frozen_mapped, .memfd = &kind_memfd, .works = BOTH },
	{ .text = "the same: F_SEAL_FUTURE_WRITE",
	  .play = attack_frozen_mapped, .works = BOTH },
	{ .text = "claim a larger size to a trusting peer",
	  .play = attack_by_size, .works = BOTH },
	{ .text = "claim that it is final: F_SEAL_WRITE",
	  .play = attack_by_finality, .memfd = &kind_memfd,
	  .works = COOPERATIVE },
	{ .text = "the same: F_SEAL_FUTURE_WRITE",
	  .play = attack_by_finality, .works = BOTH },
	{ .text = "keep what is destroyed, by mseal()",
	  .play = attack_destroyed, .region = &kind_controlled,
	  .works = BOTH },
	{ .text = "the creator: take it, change it, return it",
	  .play = attack_by_creator, .works = BOTH },
	{ .text = "the creator: end the receiver's access",
	  .play = attack_by_barring, .memfd = &kind_memfd, .works = BOTH },
	{ .text = "the same, with F_SEAL_SHRINK",
	  .play = attack_by_barring, .works = COOPERATIVE },
	{ .text = "the creator: destroy it",
	  .play = attack_by_destruction, .works = BOTH },
	{ .text = "the creator: what was final when sent",
	  .play = attack_on_final, .memfd = &kind_memfd_final,
	  .works = COOPERATIVE },
	{ .text = "a receiver: never give it back",
	  .play = attack_by_withholding, .works = REGION },
	{ .text = "the same, from a controller",
	  .play = attack_by_withholding, .region = &kind_controlled },
	{ .text = "a controller: take, change, return it",
	  .play = attack_by_creator, .region = &kind_controlled,
	  .works = ALL },
	{ .text = "the same, if the receiver asks first",
	  .play = attack_on_verifier, .region = &kind_controlled,
	  .works = COOPERATIVE },
	{ .text = "a controller: end the receiver's access",
	  .play = attack_by_barring, .memfd = &kind_memfd,
	  .region = &kind_controlled, .works = ALL },
	{ .text = "an unaware server: end its access",
	  .play = attack_unaware_by_barring, .memfd = &kind_memfd,
	  .works = BOTH },
	{ .text = "the same, if it wants F_SEAL_SHRINK",
	  .play = attack_sealing_by_barring },
	{ .text = "an unaware server: destroy it",
	  .play = attack_unaware_by_destruction, .works = BOTH },
	{ .text = "the same, by a controller",
	  .play = attack_unaware_by_destruction,
	  .region = &kind_controlled, .works = BOTH },
	{ .text = "an unaware server: send what is not its",
	  .play = attack_unaware_by_owner },
	{ .text = "an unaware server: send unallocated memory",
	  .play = attack_unaware_by_memory, .works = BOTH },
	{ .text = "die as the owner, unnoticed",
	  .play = attack_by_death, .works = BOTH },
};

struct column {
	const char *name;
	const struct kind *kind;
	unsigned int works;
};

static const struct column columns[] = {
	{ "memfd + seals", &kind_memfd_sealed, MEMFD },
	{ "cooperative", &kind_cooperative, COOPERATIVE },
	{ "shmregion", &kind_region, REGION },
};

#define NR_COLUMNS	ARRAY_SIZE(columns)

/* One with small page-table entries, one with a huge one. */
static const size_t sizes[] = { SMALL, MIB(2) };

/**
 * struct cell - all attempts at one attack on one kind
 * @attempts: how many there were
 * @successes: how many broke in
 * @outcome: of the last attempt
 */
struct cell {
	unsigned int attempts;
	unsigned int successes;
	struct outcome outcome;
};

static struct outcome outcome_of_load(const struct actor *attacker,
				      actor_step step)
{
	struct ending ending = actor_do(attacker, step, 0);

	return outcome(!ended_well(&ending), "%s",
		       ended_well(&ending) ? "it is read" :
					     ending_name(&ending));
}

static struct outcome play_steps(const struct row *row, const struct kind *kind)
{
	actor_step step = row->accomplice ? row->accomplice : row->use;
	const struct actor *attacker;
	struct actor accomplice;
	struct outcome outcome;
	struct pair pair;

	pair_open(&pair, kind, attack_size, "sender", "receiver");
	actor_start(&accomplice, "accomplice", &pair.scene);
	attacker = row->accomplice ? &accomplice : &pair.sender;

	pair_meet(&pair);
	if (row->before)
		actor_must(&pair.sender, row->before, 0);
	pair_hand_over(&pair);
	/* In case that it takes it. */
	actor_must(&pair.sender, send_handle, true);
	actor_must(&pair.receiver, draw_frame, 5);

	outcome = row->reads ? outcome_of_load(attacker, step) :
			       outcome_of_change(attacker, step,
						 &pair.receiver);
	actor_stop(&accomplice);
	pair_close(&pair);

	return outcome;
}

static void attempt(const struct row *row, const struct column *column,
		    struct cell *cell)
{
	const struct kind *kind = column->kind;

	if (kind == &kind_memfd_sealed && row->memfd)
		kind = row->memfd;
	if (kind == &kind_region && row->region)
		kind = row->region;
	cell->outcome = row->play ? row->play(kind) : play_steps(row, kind);
	cell->attempts++;
	cell->successes += !cell->outcome.held;
}

static void attack_all(const struct row *row, unsigned int rounds,
		       struct cell cells[NR_COLUMNS])
{
	unsigned int round;
	size_t i, size;

	for (i = 0; i < NR_COLUMNS; i++)
		for (size = 0; size < ARRAY_SIZE(sizes); size++)
			for (round = 0; round < rounds; round++) {
				attack_size = sizes[size];
				attempt(row, &columns[i], &cells[i]);
			}
}

/* Succeeds where it has to, and else fails on the region always. */
static bool as_expected(const struct row *row, const struct cell *cells)
{
	bool expected = true;
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++)
		if (columns[i].works & row->works)
			expected &= cells[i].successes == cells[i].attempts;
		else if (columns[i].kind == &kind_region)
			expected &= !cells[i].successes;

	return expected;
}

static bool print_tap(unsigned int number, const struct row *row,
		      const struct cell *cells)
{
	bool ok = as_expected(row, cells);
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++)
		printf("# %s: %u of %u attempts break in; %s\n",
		       columns[i].name, cells[i].successes, cells[i].attempts,
		       cells[i].outcome.text);
	printf("%sok %u - %s\n", ok ? "" : "not ", number, row->text);

	return ok;
}

#define TEXT_WIDTH	42
#define CELL_WIDTH	34

static void print_rst_line(const char *text, const char *const cells[NR_COLUMNS])
{
	printf("%-*s  %-*s  %-*s  %s\n", TEXT_WIDTH, text, CELL_WIDTH,
	       cells[0], CELL_WIDTH, cells[1], cells[2]);
}

static void print_rst_rule(void)
{
	char line[TEXT_WIDTH + 1] = "";
	const char *const cells[NR_COLUMNS] = { line, line, line };

	memset(line, '=', CELL_WIDTH);
	print_rst_line("==========================================", cells);
}

static void print_rst_head(void)
{
	const char *const names[NR_COLUMNS] = {
		columns[0].name, columns[1].name, columns[2].name,
	};

	print_rst_rule();
	print_rst_line("attack", names);
	print_rst_rule();
}

/* Where the attacker gets its way the text is bold. */
static void print_rst(const struct row *row, const struct cell *cells)
{
	char texts[NR_COLUMNS][OUTCOME_MAX + 4];
	const char *const pointers[NR_COLUMNS] = {
		texts[0], texts[1], texts[2],
	};
	const char *mark;
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++) {
		mark = cells[i].successes ? "**" : "";
		snprintf(texts[i], sizeof(texts[i]), "%s%s%s", mark,
			 cells[i].outcome.text, mark);
	}
	print_rst_line(row->text, pointers);
}

static const char help[] =
	"Usage: shmregion-attacks [OPTION]...\n"
	"\n"
	"Plays attacks on memfds and on regions, and prints TAP: whether each succeeds\n"
	"where it is known to, and fails on a region everywhere else.\n"
	"\n"
	"  --rounds N  attempts for each attack, kind and size, default 3\n"
	"  --rst       print the table of Documentation/attacks.rst instead,\n"
	"              and how many attempts broke in\n"
	"  --help      show this text\n"
	"\n"
	"Exit status: 0 if all was as expected, 1 if not, 2 for wrong usage.\n";

struct options {
	unsigned int rounds;
	bool rst;
};

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "rounds", required_argument, NULL, 'n' },
		{ "rst", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .rounds = ROUNDS };
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'n' && atoi(optarg) > 0) {
			options.rounds = (unsigned int)atoi(optarg);
		} else if (option == 'r') {
			options.rst = true;
		} else if (option == 'h') {
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		} else {
			fputs(help, stderr);
			exit(2);
		}
	}

	return options;
}

/* What all attempts on a kind of memory came to, by column. */
struct totals {
	unsigned int attempts[NR_COLUMNS];
	unsigned int successes[NR_COLUMNS];
};

static void add_cells(struct totals *totals, const struct cell *cells)
{
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++) {
		totals->attempts[i] += cells[i].attempts;
		totals->successes[i] += cells[i].successes;
	}
}

static void print_tap_totals(const struct totals *totals)
{
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++)
		printf("# total: %s: %u of %u attempts break in\n",
		       columns[i].name, totals->successes[i],
		       totals->attempts[i]);
}

static void print_rst_totals(const struct totals *totals)
{
	struct utsname kernel;
	size_t i;

	uname(&kernel);
	printf("\n- Linux %s:\n", kernel.release);
	for (i = 0; i < NR_COLUMNS; i++)
		printf("  %s %u of %u%s\n", columns[i].name,
		       totals->successes[i], totals->attempts[i],
		       i + 1 < NR_COLUMNS ? "," : "");
}

int main(int argc, char **argv)
{
	const struct rlimit no_core_dumps = { 0, 0 };
	struct options options = parse_options(argc, argv);
	struct totals totals = { 0 };
	bool all_well = true;
	size_t i;

	setrlimit(RLIMIT_CORE, &no_core_dumps);
	setlinebuf(stdout);
	accomplice_prepare();
	if (options.rst)
		print_rst_head();
	else
		printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(rows));

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cells[NR_COLUMNS] = { 0 };

		attack_all(&rows[i], options.rounds, cells);
		if (options.rst)
			print_rst(&rows[i], cells);
		else
			all_well &= print_tap(i + 1, &rows[i], cells);
		add_cells(&totals, cells);
	}

	if (options.rst) {
		print_rst_rule();
		print_rst_totals(&totals);
	} else {
		print_tap_totals(&totals);
	}

	return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
