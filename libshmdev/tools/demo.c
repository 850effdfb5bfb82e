// SPDX-License-Identifier: GPL-2.0-only
/* shmregion demo: shows what regions do, and attacks them. */
#include "program.h"
#include "tool.h"

int command_demo(int argc, char **argv)
{
	return become("shmregion-demo", argc, argv);
}
