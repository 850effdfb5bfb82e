/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kselftest harness, with a time limit that fits emulation: half a minute
 * for a test is little with KASAN on a busy host. Its macros expand the limit
 * where a test is defined, so that a test can still have one of its own by
 * TEST_F_TIMEOUT(). The file settings has the limit of a whole program.
 */
#ifndef SELFTESTS_HARNESS_H
#define SELFTESTS_HARNESS_H

#include <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

#endif /* SELFTESTS_HARNESS_H */
