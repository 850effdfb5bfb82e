/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels. No other file of the module looks at their
 * version. What can be asked for by its header or its configuration is.
 */
#ifndef SHMREGION_COMPAT_H
#define SHMREGION_COMPAT_H

#include <linux/version.h>

/* Where a guarantee can't be kept, the module does not build. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "shmregion needs Linux 6.1 or newer"
#elif !defined(CONFIG_64BIT)
#error "shmregion needs a 64 bit kernel: each process has file offsets of its own"
#elif !defined(CONFIG_MMU_NOTIFIER)
#error "shmregion needs CONFIG_MMU_NOTIFIER, which tells that an owner has died"
#endif

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/userfaultfd_k.h>

/* 7.1: linux/pagevec.h was renamed. */
#ifdef SHMREGION_HAVE_FOLIO_BATCH_H
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/* 6.19: markers moved to linux/leafops.h, under new names. */
#ifdef SHMREGION_HAVE_LEAFOPS_H
#include <linux/leafops.h>
#endif

/*
 * Later 6.1, and 6.8: the largest folio of a page cache has a name. It follows from
 * what the XArray can split.
 */
#ifndef MAX_PAGECACHE_ORDER
#define MAX_PAGECACHE_ORDER	(XA_CHUNK_SHIFT * 2 - 1)
#endif

/* 6.3: vm_flags became const, to be changed by helpers only. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma,
				unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/* 6.3: inode operations take the mount's id map instead of a user namespace. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define shmregion_idmap	user_namespace
#else
#define shmregion_idmap	mnt_idmap
#endif

/* 6.10: from an entry to that of a later page. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
static inline pte_t pte_advance_pfn(pte_t pte, unsigned long nr)
{
	return pfn_pte(pte_pfn(pte) + nr, pte_pgprot(pte));
}
#endif

/* 6.19: a folio of a page cache can have a NUMA policy of its own. */
static inline struct folio *shmregion_alloc_folio(gfp_t gfp, unsigned int order)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
	return filemap_alloc_folio(gfp, order);
#else
	return filemap_alloc_folio(gfp, order, NULL);
#endif
}

/* 7.1: zap_vma_ptes() was renamed. */
static inline void shmregion_zap_range(struct vm_area_struct *vma,
				       unsigned long address,
				       unsigned long size)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
	zap_vma_ptes(vma, address, size);
#else
	zap_special_vma_range(vma, address, size);
#endif
}

/* 6.2: the counters of a process are per CPU. add_mm_counter() is not for us. */
static inline void shmregion_count_shmem(struct mm_struct *mm, long nr_pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	atomic_long_add(nr_pages, &mm->rss_stat.count[MM_SHMEMPAGES]);
#else
	percpu_counter_add(&mm->rss_stat[MM_SHMEMPAGES], nr_pages);
#endif
}

/* 6.19: see linux/leafops.h above. */
static inline bool shmregion_pte_is_uffd_marker(pte_t pte)
{
#ifdef SHMREGION_HAVE_LEAFOPS_H
	return pte_is_uffd_wp_marker(pte);
#else
	return pte_marker_uffd_wp(pte);
#endif
}

/*
 * arm64 keeps the tags of memory (MTE) in step whenever an entry is set, by a
 * function that modules can't call. It does nothing for entries like ours,
 * which are special or huge, and never tagged: so leave it out. The checker of
 * page tables counts what is set in the usual way.
 */
#if defined(CONFIG_ARM64) && !defined(CONFIG_PAGE_TABLE_CHECK)
static inline void shmregion_set_pte(struct mm_struct *mm, unsigned long address,
				     pte_t *ptep, pte_t pte)
{
	set_pte(ptep, pte);
}

static inline void shmregion_set_pmd(struct mm_struct *mm, unsigned long address,
				     pmd_t *pmdp, pmd_t pmd)
{
	set_pmd(pmdp, pmd);
}
#else
static inline void shmregion_set_pte(struct mm_struct *mm, unsigned long address,
				     pte_t *ptep, pte_t pte)
{
	set_pte_at(mm, address, ptep, pte);
}

static inline void shmregion_set_pmd(struct mm_struct *mm, unsigned long address,
				     pmd_t *pmdp, pmd_t pmd)
{
	set_pmd_at(mm, address, pmdp, pmd);
}
#endif

/*
 * 6.12: a huge entry for a raw page frame is marked special, which keeps the
 * lockless get_user_pages_fast() off. Before, the mark of device memory does:
 * that walk then looks for the device, finds none and gives up. Without either
 * there must be no huge entries.
 */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)
#define SHMREGION_HAS_HUGE	1
#define shmregion_pmd_mkraw(pmd) pmd_mkspecial(pmd)
#elif defined(CONFIG_TRANSPARENT_HUGEPAGE) && defined(CONFIG_ARCH_HAS_PTE_DEVMAP)
#define SHMREGION_HAS_HUGE	1
#define shmregion_pmd_mkraw(pmd) pmd_mkdevmap(pmd)
#else
#define SHMREGION_HAS_HUGE	0
#define shmregion_pmd_mkraw(pmd) (pmd)
#endif

static inline void shmregion_clear_pmd(struct mm_struct *mm,
				       unsigned long address, pmd_t *pmdp)
{
#if SHMREGION_HAS_HUGE
	pmdp_huge_get_and_clear(mm, address, pmdp);
#endif
}

#endif /* SHMREGION_COMPAT_H */
