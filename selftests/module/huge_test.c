// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages only where there are any and where the administrator wants them
 * (G10, G16). scripts/check runs this with kernels that have none: without the
 * processor's flag for them, as under Xen's paravirtualisation, and with
 * transparent_hugepage=never.
 */
#include "helpers.h"
#include "operations.h"
#include <kselftest_harness.h>

static bool file_says(const char *path, const char *word)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	if (file)
		fclose(file);
	return found;
}

static bool machine_has_none(void)
{
#ifdef __x86_64__
	return !file_says("/proc/cpuinfo", " pse ");
#else
	return false;
#endif
}

static bool setting_is(const char *value)
{
	return file_says("/sys/module/shmregion/parameters/huge", value);
}

TEST(huge_is_off_where_the_machine_has_none)
{
	if (!machine_has_none())
		SKIP(return, "this machine has huge pages");
	EXPECT_TRUE(setting_is("off"));
}

TEST(huge_is_off_where_the_system_wants_none)
{
	if (!file_says("/proc/cmdline", "transparent_hugepage=never"))
		SKIP(return, "this system wants huge pages");
	EXPECT_TRUE(setting_is("off"));
}

TEST(one_touch_takes_one_page_at_most)
{
	const size_t size = MIB(8);
	int fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	uint8_t *memory;

	ASSERT_LE(0, fd);
	memory = map_region(fd, size, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, touch_write(memory + MIB(3), 1));
	EXPECT_LE(PAGE, resident_of(fd));
	EXPECT_GE(setting_is("off") ? PAGE : MIB(2), resident_of(fd));
}

/* Every page, handed over and back: no fault is repeated for ever. */
TEST(whole_region_is_handed_over_and_back)
{
	const size_t size = MIB(8);
	struct view view = { .size = size };
	struct peer peer;
	size_t offset;

	view.fd = make_region(size, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_map(&view, PROT_READ | PROT_WRITE));
	for (offset = 0; offset < size; offset += PAGE)
		ASSERT_EQ(0, touch_write(view.memory + offset, 1));
	memset(view.memory, VIEW_WRITES, size);
	ASSERT_EQ(0, view_release(&view, 0));
	EXPECT_EQ(SIGSEGV, touch_read(view.memory));

	peer = peer_start();
	ASSERT_LE(0, peer_do(&peer, view_try_acquire, &view, 0));
	ASSERT_EQ(0, peer_do(&peer, view_map, &view, PROT_READ | PROT_WRITE));
	EXPECT_EQ(1, peer_do(&peer, view_holds, &view, VIEW_WRITES));
	EXPECT_EQ(0, peer_do(&peer, view_release, &view, 0));
	peer_stop(&peer);

	ASSERT_LE(0, view_try_acquire(&view, 0));
	for (offset = 0; offset < size; offset += PAGE)
		ASSERT_EQ(VIEW_WRITES, byte_at(view.memory + offset));
}

TEST_HARNESS_MAIN
