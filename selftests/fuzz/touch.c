// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touching memory that may be forbidden.
 */
#include "../module/include/helpers.h"
#include "touch.h"

static int judge(const struct actor *actor, int signal, const uint8_t *address,
		 const char *access)
{
	if (signal && signal != SIGSEGV)
		violation(actor, "a %s at %p raised signal %d", access,
			  address, signal);
	return signal;
}

int try_load(const struct actor *actor, const uint8_t *address)
{
	return judge(actor, touch_read(address), address, "load");
}

int try_store(const struct actor *actor, uint8_t *address, uint8_t value)
{
	return judge(actor, touch_write(address, value), address, "store");
}
