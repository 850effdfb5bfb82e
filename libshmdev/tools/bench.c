// SPDX-License-Identifier: GPL-2.0-only
/* shmregion bench: measures regions and what they replace. */
#include "program.h"
#include "tool.h"

int command_bench(int argc, char **argv)
{
	return become("shmregion-bench", argc, argv);
}
