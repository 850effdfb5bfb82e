// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether memory comes in huge pages, and which.
 *
 * It is settled when the module is loaded: the processor may have no huge
 * entries, as under Xen's paravirtualisation, and the administrator may want no
 * huge pages. Where there are no huge entries there are no large folios either.
 */
#include <linux/file.h>
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <linux/shmregion.h>

#include "compat.h"
#include "huge.h"

/*
 * What one touch allocates at most, where a huge page is larger (32 MiB with
 * pages of 16 KiB).
 */
#define TOUCH_ORDER_MAX	(ilog2(SZ_2M) - PAGE_SHIFT)

#define THP_ENABLED	"/sys/kernel/mm/transparent_hugepage/enabled"

enum huge {
	/* Until the module is loaded: as the rest of the system does. */
	HUGE_AUTO,
	HUGE_OFF,
	HUGE_ON,
	/* For tests: every second place, so that mappings have both kinds. */
	HUGE_MIXED,
};

static const char * const huge_names[] = {
	[HUGE_AUTO] = "auto",
	[HUGE_OFF] = "off",
	[HUGE_ON] = "on",
	[HUGE_MIXED] = "mixed",
};

static enum huge huge;

/* Without a value it is as for a bool, which it also accepts. */
static int set_huge(const char *value, const struct kernel_param *param)
{
	bool on = true;
	int ret;

	if (value && sysfs_streq(value, huge_names[HUGE_MIXED])) {
		huge = HUGE_MIXED;
		return 0;
	}
	if (value && sysfs_streq(value, huge_names[HUGE_AUTO])) {
		huge = HUGE_AUTO;
		return 0;
	}

	ret = value ? kstrtobool(value, &on) : 0;
	if (!ret)
		huge = on ? HUGE_ON : HUGE_OFF;
	else
		pr_err("%s=%s is unknown; allowed are auto, on, off and mixed\n",
		       param->name, value);
	return ret;
}

static int get_huge(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", huge_names[huge]);
}

static const struct kernel_param_ops huge_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_huge,
	.get = get_huge,
};

module_param_cb(huge, &huge_ops, NULL, 0444);
__MODULE_PARM_TYPE(huge, "string");
MODULE_PARM_DESC(huge,
		 "Use huge pages: auto (unless transparent_hugepage=never), on, off, or mixed, for tests (default: auto)");

/* Whether there is any huge page. */
bool shmregion_huge_possible(void)
{
	return SHMREGION_HAS_HUGE && huge != HUGE_OFF;
}

/*
 * Whether a huge folio that begins at a page is mapped by a huge entry. It
 * depends on the place alone, as huge and small entries must not compete.
 */
bool shmregion_huge_at(pgoff_t index)
{
	if (!shmregion_huge_possible())
		return false;
	return huge != HUGE_MIXED || !(index >> (PMD_SHIFT - PAGE_SHIFT) & 1);
}

/**
 * shmregion_folio_order_max - how large a folio may be
 * @up_front: whether the creator asked for all of the memory, so that it is
 *	allocated whether or not it is touched
 *
 * Return: the order.
 */
unsigned int shmregion_folio_order_max(bool up_front)
{
	unsigned int order = min_t(unsigned int, PMD_SHIFT - PAGE_SHIFT,
				   MAX_PAGECACHE_ORDER);

	if (!shmregion_huge_possible())
		return 0;
	return up_front ? order : min_t(unsigned int, order, TOUCH_ORDER_MAX);
}

/**
 * shmregion_huge_capacity - how many pages to give a region
 * @nr_pages: its size, not 0 and no more than a file can have
 * @flags: of enum shmregion_create_flags
 *
 * Small entries for the last part of a huge page cost more than huge ones for
 * much memory. But where a touch does not allocate a whole huge page, memory that
 * is not all allocated up front never has a huge entry, and needs no more room.
 *
 * Return: @nr_pages, or that rounded up to whole huge pages.
 */
pgoff_t shmregion_huge_capacity(pgoff_t nr_pages, u32 flags)
{
	bool up_front = flags & SHMREGION_CREATE_POPULATE;
	pgoff_t whole = round_up(nr_pages, PTRS_PER_PTE);

	if (shmregion_folio_order_max(up_front) < PMD_SHIFT - PAGE_SHIFT)
		return nr_pages;
	if (!(flags & SHMREGION_CREATE_HUGE) && whole - nr_pages > whole / 8)
		return nr_pages;
	return whole;
}

/* The core tells a module in no other way. */
static bool system_wants_none(void)
{
	struct file *file = filp_open(THP_ENABLED, O_RDONLY, 0);
	char text[64] = "";
	loff_t pos = 0;
	bool never;

	if (IS_ERR(file))
		return false;
	never = kernel_read(file, text, sizeof(text) - 1, &pos) > 0 &&
		strstr(text, "[never]");
	fput(file);
	return never;
}

/* Settles it, when the parameter is known. */
void __init shmregion_huge_init(void)
{
	if (!SHMREGION_HAS_HUGE || !has_transparent_hugepage()) {
		if (huge == HUGE_ON || huge == HUGE_MIXED)
			pr_notice("huge=%s: this machine has no huge pages\n",
				  huge_names[huge]);
		huge = HUGE_OFF;
	}
	if (huge == HUGE_AUTO)
		huge = system_wants_none() ? HUGE_OFF : HUGE_ON;
}
