// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that a process drives by VFIO gets no access to memory that can be
 * revoked (G4): to map it for DMA fails, whatever the process may do there itself,
 * and changes nothing. What is never revoked can be mapped. Needs an IOMMU, and
 * the device "edu" of QEMU: scripts/vm --iommu.
 */
#include <dirent.h>
#include <linux/vfio.h>

#include "operations.h"
#include "harness.h"

#define DRIVER "/sys/bus/pci/drivers/vfio-pci"
#define EDU "1234:11e8"

#define SIZE MIB(4)
#define IOVA MIB(64)

/* The group of the device, or -1. */
static int find_group(void)
{
	char path[300], link[200] = "";
	struct dirent *entry;
	int group = -1;
	DIR *dir;

	dir = opendir(DRIVER);
	while (dir && group < 0 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), DRIVER "/%s/iommu_group",
			 entry->d_name);
		if (readlink(path, link, sizeof(link) - 1) > 0)
			group = atoi(strrchr(link, '/') + 1);
	}
	if (dir)
		closedir(dir);
	return group;
}

/* Whether this is a guest that is to have all that it takes. */
static bool is_told_to_run(void)
{
	char text[4096];

	return read_text("/proc/cmdline", text, sizeof(text)) &&
	       strstr(text, "intel_iommu=on");
}

FIXTURE(dma)
{
	int container, group;
	struct view view;
};

/* Without an IOMMU that remaps interrupts, type 1 wants to be told twice. */
FIXTURE_SETUP(dma)
{
	char path[64];
	int group;

	self->view.memory = MAP_FAILED;
	self->view.size = SIZE;
	self->view.fd = -1;
	if (!is_told_to_run())
		SKIP(return, "this machine has no device behind an IOMMU");
	ASSERT_EQ(0, system("modprobe vfio_iommu_type1 allow_unsafe_interrupts=1"));
	ASSERT_EQ(0, system("modprobe vfio-pci ids=" EDU));
	group = find_group();
	ASSERT_LE(0, group);
	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	self->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	self->group = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->container);
	ASSERT_LE(0, self->group);
	ASSERT_EQ(0, ioctl(self->group, VFIO_GROUP_SET_CONTAINER,
			   &self->container));
	ASSERT_EQ(0, ioctl(self->container, VFIO_SET_IOMMU,
			   VFIO_TYPE1v2_IOMMU));
}

FIXTURE_TEARDOWN(dma)
{
	if (self->view.memory != MAP_FAILED)
		munmap(self->view.memory, SIZE);
	close(self->view.fd);
	close(self->group);
	close(self->container);
}

static long map_for_dma(const FIXTURE_DATA(dma) *self, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (uintptr_t)self->view.memory,
		.iova = IOVA,
		.size = SIZE,
	};

	return -errno_of(ioctl(self->container, VFIO_IOMMU_MAP_DMA, &map));
}

/* Return: how many bytes were mapped. */
static long unmap_for_dma(const FIXTURE_DATA(dma) *self)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = SIZE,
	};

	if (ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return unmap.size;
}

#define DMA_READ VFIO_DMA_MAP_FLAG_READ
#define DMA_WRITE VFIO_DMA_MAP_FLAG_WRITE

TEST_F(dma, of_memory_that_is_never_revoked_works)
{
	self->view.fd = make_region(SIZE, SHMREGION_MODE_UNSAFE, 0);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	memset(self->view.memory, 1, SIZE);
	ASSERT_EQ(0, map_for_dma(self, DMA_READ | DMA_WRITE));
	EXPECT_EQ((long)SIZE, unmap_for_dma(self));
}

/* Touched or not, by huge entries or not, for reading or writing. */
static void expect_refused(struct __test_metadata *_metadata,
			   FIXTURE_DATA(dma) *self)
{
	EXPECT_EQ(-EFAULT, map_for_dma(self, DMA_READ));
	EXPECT_EQ(-EFAULT, map_for_dma(self, DMA_WRITE));
	EXPECT_EQ(-EFAULT, map_for_dma(self, DMA_READ | DMA_WRITE));
	EXPECT_EQ(0, unmap_for_dma(self));
}

TEST_F(dma, of_memory_of_the_owner_is_refused)
{
	self->view.fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	expect_refused(_metadata, self);
	memset(self->view.memory, 1, SIZE);
	expect_refused(_metadata, self);
	ASSERT_EQ(0, view_publish(&self->view, 0));
	expect_refused(_metadata, self);
	EXPECT_EQ(0, touch_write(self->view.memory, 2));
}

TEST_F(dma, of_small_entries_of_the_owner_is_refused)
{
	self->view.fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, 0);
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	memset(self->view.memory, 1, SIZE);
	/* Both halves are mappings of their own, with small entries. */
	ASSERT_EQ(0, mprotect(self->view.memory, SIZE / 2 + PAGE, PROT_READ));
	EXPECT_EQ(0, touch_read(self->view.memory + SIZE / 2));
	expect_refused(_metadata, self);
}

/* A device does not keep what a transfer takes. */
TEST_F(dma, of_a_region_that_was_given_away_is_refused)
{
	struct peer other;

	self->view.fd = make_region(SIZE, SHMREGION_MODE_WRITABLE, 0);
	other = peer_start();
	ASSERT_EQ(0, view_map(&self->view, PROT_READ | PROT_WRITE));
	memset(self->view.memory, 1, SIZE);
	ASSERT_EQ(0, peer_do(&other, view_attach, &self->view, 0));
	ASSERT_EQ(0, view_transfer(&self->view, other.pid));
	expect_refused(_metadata, self);
	peer_kill(&other);
}

TEST_HARNESS_MAIN
