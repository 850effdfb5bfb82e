/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling the story, and keeping count of what was promised. */
#ifndef DEMO_TELL_H
#define DEMO_TELL_H

#include <stdbool.h>
#include <stdio.h>

struct actor;

/* Bytes of a title, a line or a cell of the table, more than enough. */
#define TELL_MAX	256

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#define __noreturn	__attribute__((__noreturn__))

enum tell_colour {
	TELL_PLAIN,
	TELL_TITLE,
	TELL_GOOD,
	TELL_BAD,
};

/* Before everything else. */
void tell_start(void);

void tell_title(const char *title);

/* A line about what a process did, or, without a name, more about it. */
__printf(2, 3) void tell(const struct actor *who, const char *format, ...);
__printf(1, 2) void tell_more(const char *format, ...);

/* How the same step ends with a memfd. */
__printf(1, 2) void tell_memfd(const char *format, ...);

/* Text in colour, where the terminal and its user want it. */
void tell_coloured(enum tell_colour colour, const char *text);

/*
 * Something that the module promises. Says so where it was not kept. Every
 * promise of the story goes through here.
 */
__printf(2, 3) void promise(bool kept, const char *format, ...);

/* Tells how the promises went. Return: whether all were kept. */
bool promises_kept(void);

/* Ends the demo, with errno, as something failed that is not its subject. */
__printf(1, 2) __noreturn void give_up(const char *format, ...);

#endif /* DEMO_TELL_H */
