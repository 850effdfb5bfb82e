/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of shared memory. The story is about regions; each comparison plays
 * the same steps with a memfd. What a kind has no operation for is done as
 * well as it can be.
 */
#ifndef DEMO_KIND_H
#define DEMO_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct kind - a kind of shared memory
 * @make: make zeroed memory that the caller owns
 * @make_shared: make zeroed memory that everybody may write at any time, all of
 *	it allocated where the kind can say so
 * @make_sparse: the same, with nothing allocated yet
 * @share: make a file descriptor for others, for reading or for writing too
 * @take: check a file descriptor that was received, and agree to take part
 * @verify_peer: check that nobody who has it can change or end what the caller
 *	uses, as far as the kind lets a receiver ask
 * @give: make another process the only one that may use the memory
 * @await: wait for that, so many ns; tells whether the owner before died
 * @take_back: take the memory from whoever has it
 * @bar: end a process's access to it
 * @publish: let others read what the caller goes on writing
 * @freeze: make the content final
 * @verify_final: check that the content of what was received is final
 * @destroy: free the memory, whoever has it
 * @protect: of those who keep to the rule by themselves: let the caller's own
 *	mapping be accessed, or not. NULL where that is not left to them.
 * @told_of_death: whether one who was not the owner is told that the owner,
 *	who is dead, has died
 * @controlled: of a region: whether who makes it controls it
 * @make_seals: of a memfd, from its beginning
 * @publish_seals: of a memfd, to publish it
 * @freeze_seals: of a memfd, to freeze it
 *
 * All but @told_of_death return -1 with errno when they fail. Those that make,
 * and @share, return a file descriptor.
 */
struct kind {
	int (*make)(const struct kind *kind, size_t size);
	int (*make_shared)(const struct kind *kind, size_t size);
	int (*make_sparse)(const struct kind *kind, size_t size);
	int (*share)(int fd, bool writable);
	int (*take)(int fd, size_t size);
	int (*verify_peer)(int fd);
	int (*give)(int fd, pid_t pid);
	int (*await)(int fd, unsigned long ns, bool *died);
	int (*take_back)(int fd);
	int (*bar)(int fd, pid_t pid);
	int (*publish)(const struct kind *kind, int fd);
	int (*freeze)(const struct kind *kind, int fd);
	int (*verify_final)(const struct kind *kind, int fd);
	int (*destroy)(int fd, size_t size);
	int (*protect)(void *memory, size_t size, bool accessible);
	bool (*told_of_death)(int fd);
	bool controlled;
	int make_seals;
	int publish_seals;
	int freeze_seals;
};

/* Nobody in the demo waits this long, unless something is broken. */
#define PATIENCE_NS	10000000000UL

/* A region without a controller, as two parties without trust use it. */
extern const struct kind kind_region;

/* One with a controller: who makes it keeps the right CONTROL. */
extern const struct kind kind_controlled;

/* A memfd whose only seal is F_SEAL_WRITE, to make it final. */
extern const struct kind kind_memfd;

/* With F_SEAL_SHRINK and _GROW, and F_SEAL_FUTURE_WRITE against new writers. */
extern const struct kind kind_memfd_sealed;

/*
 * With all seals, which it can only have while nobody has it mapped writable: for
 * what is written once, unmapped, made final and only then sent.
 */
extern const struct kind kind_memfd_final;

/*
 * A memfd among processes that protect their own mappings when it is not
 * theirs, as debug builds of Mozilla's do.
 */
extern const struct kind kind_cooperative;

#endif /* DEMO_KIND_H */
