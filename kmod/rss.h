/* SPDX-License-Identifier: GPL-2.0-only */
/* What revocable mappings count for in the RSS of a process. */
#ifndef SHMREGION_RSS_H
#define SHMREGION_RSS_H

struct shmregion_attachment;

void shmregion_rss_map(struct shmregion_attachment *attachment,
		       unsigned long nr_pages);
void shmregion_rss_unmap(struct shmregion_attachment *attachment,
			 unsigned long nr_pages);
void shmregion_rss_add(struct shmregion_attachment *attachment,
		       unsigned long nr_pages);
void shmregion_rss_clear(struct shmregion_attachment *attachment);

#endif /* SHMREGION_RSS_H */
