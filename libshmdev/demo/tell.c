// SPDX-License-Identifier: GPL-2.0-only
/* Telling the story, and keeping count of what was promised. */
#include "tell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"

/* Width of the column of names. */
#define NAME_WIDTH	16

static struct {
	bool colour;
	unsigned int promises;
	unsigned int broken;
} story;

void tell_start(void)
{
	story.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	/* Nothing may be left in the buffer for a forked child to print. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void tell_coloured(enum tell_colour colour, const char *text)
{
	static const char * const start[] = {
		[TELL_PLAIN] = "",
		[TELL_TITLE] = "\033[1m",
		[TELL_GOOD] = "\033[32m",
		[TELL_BAD] = "\033[1;31m",
	};

	if (story.colour && colour != TELL_PLAIN)
		printf("%s%s\033[0m", start[colour], text);
	else
		fputs(text, stdout);
}

void tell_title(const char *title)
{
	putchar('\n');
	tell_coloured(TELL_TITLE, title);
	fputs("\n\n", stdout);
}

static void tell_line(const char *name, const char *format, va_list args)
{
	printf("  %-*s ", NAME_WIDTH, name);
	vprintf(format, args);
	putchar('\n');
}

void tell(const struct actor *who, const char *format, ...)
{
	char name[TELL_MAX];
	va_list args;

	snprintf(name, sizeof(name), "%s[%d]", who->name, who->pid);
	va_start(args, format);
	tell_line(name, format, args);
	va_end(args);
}

void tell_more(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell_line("", format, args);
	va_end(args);
}

void tell_memfd(const char *format, ...)
{
	va_list args;

	putchar('\n');
	va_start(args, format);
	tell_line("on a memfd", format, args);
	va_end(args);
}

void promise(bool kept, const char *format, ...)
{
	char text[TELL_MAX];
	va_list args;

	story.promises++;
	if (kept)
		return;

	story.broken++;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tell_coloured(TELL_BAD, "  BROKEN PROMISE: ");
	puts(text);
}

bool promises_kept(void)
{
	char text[TELL_MAX];

	putchar('\n');
	if (!story.broken) {
		snprintf(text, sizeof(text),
			 "All %u promises were kept.", story.promises);
		tell_coloured(TELL_GOOD, text);
	} else {
		snprintf(text, sizeof(text),
			 "%u of %u promises were broken.",
			 story.broken, story.promises);
		tell_coloured(TELL_BAD, text);
	}
	putchar('\n');

	return !story.broken;
}

void give_up(const char *format, ...)
{
	int error = errno;
	va_list args;

	fflush(stdout);
	fputs("shmregion-demo: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(error));
	exit(EXIT_FAILURE);
}
