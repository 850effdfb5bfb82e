/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the supported kernels, 6.1 and 6.12. No other file of
 * the module looks at the kernel's version.
 */
#ifndef SHMREGION_COMPAT_H
#define SHMREGION_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/version.h>

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

/* 6.10: the second argument of __assign_str() went away. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define shmregion_assign_str(dst, src)	__assign_str(dst, src)
#else
#define shmregion_assign_str(dst, src)	__assign_str(dst)
#endif

/* 6.10: from an entry to that of a later page. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
static inline pte_t pte_advance_pfn(pte_t pte, unsigned long nr)
{
	return pfn_pte(pte_pfn(pte) + nr, pte_pgprot(pte));
}
#endif

/*
 * 6.12: a huge entry for a raw page frame is marked special, which keeps the
 * lockless get_user_pages_fast() off. Before, the mark of device memory does:
 * that walk then looks for the device, finds none and gives up.
 */
static inline pmd_t shmregion_pmd_mkraw(pmd_t pmd)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	return pmd_mkspecial(pmd);
#else
	return pmd_mkdevmap(pmd);
#endif
}

#endif /* SHMREGION_COMPAT_H */
