// SPDX-License-Identifier: GPL-2.0-only
/* Compiled as C++ older than C++17, which is one error and no more. */
#include <shmdev.hpp>

int main()
{
	return 0;
}
