/* SPDX-License-Identifier: GPL-2.0-only */
/* Subcommands that are programs of their own. */
#ifndef SHMREGION_PROGRAM_H
#define SHMREGION_PROGRAM_H

/* Becomes the program, with the arguments. Return: only on error. */
int become(const char *program, int argc, char **argv);

#endif /* SHMREGION_PROGRAM_H */
