// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation that a kind of region does not have does not compile, nor does
 * the use of one kind of region or mapping as another.
 */
#include <shmdev.h>

/*
 * What is assigned is checked by this, which newer compilers have by default. What
 * is passed is checked without.
 */
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#pragma GCC diagnostic error "-Wdiscarded-qualifiers"

int main(void)
{
	struct shmdev_readonly_region *readonly = NULL;
	struct shmdev_writable_region *writable = NULL;
	struct shmdev_unsafe_region *unsafe = NULL;
	struct shmdev_readonly_mapping *reader = NULL;
	struct shmdev_writable_mapping *writer = NULL;
	const char *read = shmdev_readonly_mapping_data(reader);
	char *written = shmdev_writable_mapping_data(writer);

	written[0] = read[0];
	reader = shmdev_readonly_region_map(readonly);
	reader = shmdev_unsafe_region_map_readonly(unsafe, 0, 1);
	writer = shmdev_writable_region_map(writable);
	writer = shmdev_unsafe_region_map(unsafe);
	readonly = shmdev_readonly_region_duplicate(readonly);
	unsafe = shmdev_unsafe_region_duplicate(unsafe);
	readonly = shmdev_writable_region_freeze(&writable);
	readonly = shmdev_writable_region_publish(&writable);
	unsafe = shmdev_writable_region_share(&writable);
	readonly = shmdev_readonly_region_adopt(0, 1, 0);
	writable = shmdev_writable_region_adopt_and_acquire(0, 1, 0, 1, NULL);
	if (shmdev_region_transfer(shmdev_base(writable), shmdev_by_member(1)) ||
	    shmdev_region_transfer(shmdev_base(writable), shmdev_by_pid(1)))
		return 1;

/* rows: C3 */
#ifdef CASE_freeze_readonly /* error: not compatible with any association */
	readonly = shmdev_writable_region_freeze(&readonly);
#endif
/* rows: C3 */
#ifdef CASE_freeze_unsafe /* error: not compatible with any association */
	readonly = shmdev_writable_region_freeze(&unsafe);
#endif
#ifdef CASE_publish_readonly /* error: not compatible with any association */
	readonly = shmdev_writable_region_publish(&readonly);
#endif
#ifdef CASE_publish_unsafe /* error: not compatible with any association */
	readonly = shmdev_writable_region_publish(&unsafe);
#endif
/* rows: C3 */
#ifdef CASE_share_readonly /* error: not compatible with any association */
	unsafe = shmdev_writable_region_share(&readonly);
#endif
#ifdef CASE_share_unsafe /* error: not compatible with any association */
	unsafe = shmdev_writable_region_share(&unsafe);
#endif
/* rows: M47 */
#ifdef CASE_freeze_without_consuming /* error: not compatible with any association */
	readonly = shmdev_writable_region_freeze(writable);
#endif
#ifdef CASE_freeze_to_writable /* error: incompatible pointer type */
	writable = shmdev_writable_region_freeze(&writable);
#endif
#ifdef CASE_freeze_to_unsafe /* error: incompatible pointer type */
	unsafe = shmdev_writable_region_freeze(&writable);
#endif
#ifdef CASE_share_to_readonly /* error: incompatible pointer type */
	readonly = shmdev_writable_region_share(&writable);
#endif
/* rows: C18 M45 */
#ifdef CASE_duplicate_writable /* error: not compatible with any association */
	unsafe = shmdev_unsafe_region_duplicate(writable);
#endif
#ifdef CASE_duplicate_writable_as_readonly /* error: not compatible with any association */
	readonly = shmdev_readonly_region_duplicate(writable);
#endif
#ifdef CASE_duplicate_unsafe_as_readonly /* error: not compatible with any association */
	readonly = shmdev_readonly_region_duplicate(unsafe);
#endif
/* rows: C61 C68 M44 M56 */
#ifdef CASE_map_readonly_for_writing /* error: incompatible pointer type */
	writer = shmdev_readonly_region_map(readonly);
#endif
#ifdef CASE_map_readonly_part_for_writing /* error: incompatible pointer type */
	writer = shmdev_readonly_region_map_at(readonly, 0, 1);
#endif
/* rows: C68 */
#ifdef CASE_map_readonly_as_writable /* error: not compatible with any association */
	writer = shmdev_writable_region_map(readonly);
#endif
#ifdef CASE_map_readonly_as_unsafe /* error: not compatible with any association */
	writer = shmdev_unsafe_region_map(readonly);
#endif
/* rows: C68 */
#ifdef CASE_map_writable_as_unsafe /* error: not compatible with any association */
	writer = shmdev_unsafe_region_map(writable);
#endif
#ifdef CASE_frozen_writable /* error: not compatible with any association */
	return shmdev_readonly_region_frozen(writable);
#endif
#ifdef CASE_create_readonly_with_readonly_mapping /* error: not compatible with any association */
	return shmdev_readonly_region_create(1, 0, NULL, &readonly, &reader);
#endif
/* rows: C7 */
#ifdef CASE_create_readonly_without_writer /* error: requires 5 arguments */
	return shmdev_readonly_region_create(1, 0, NULL, &readonly);
#endif
#ifdef CASE_size_of_another_kind /* error: not compatible with any association */
	return (int)shmdev_unsafe_region_size(readonly);
#endif
#ifdef CASE_size_of_another_mapping /* error: not compatible with any association */
	return (int)shmdev_readonly_mapping_size(writer);
#endif
#ifdef CASE_type_of_a_typed_region /* error: not compatible with any association */
	readonly = shmdev_readonly_region_from_base(&unsafe);
#endif
#ifdef CASE_map_what_is_read_for_writing /* error: not compatible with any association */
	writer = shmdev_unsafe_region_map(shmdev_unsafe_region_duplicate_readonly(unsafe));
#endif
/* rows: C66 */
#ifdef CASE_adopt_readonly_to_writable /* error: incompatible pointer type */
	writable = shmdev_readonly_region_adopt(0, 1, 0);
#endif
#ifdef CASE_adopt_and_acquire_to_readonly /* error: incompatible pointer type */
	readonly = shmdev_writable_region_adopt_and_acquire(0, 1, 0, 1, NULL);
#endif
/* A number alone does not say whether it is a pid or a member id. */
#ifdef CASE_transfer_to_a_number /* error: incompatible type for argument 2 */
	return shmdev_region_transfer(shmdev_base(writable), 1);
#endif
#ifdef CASE_transfer_and_wait_for_a_number /* error: incompatible type for argument 2 */
	return shmdev_region_transfer_and_wait(shmdev_base(writable), 1, 1, NULL);
#endif
#ifdef CASE_limit_a_number /* error: incompatible type for argument 2 */
	return shmdev_region_limit(shmdev_base(writable), 1, 0);
#endif
/* rows: C56 */
#ifdef CASE_store_to_reader /* error: assignment of read-only location */
	((const char *)shmdev_readonly_mapping_data(reader))[0] = 1;
#endif
#ifdef CASE_reader_to_writable_pointer /* error: discards 'const' qualifier */
	written = shmdev_readonly_mapping_data(reader);
#endif
#ifdef CASE_writable_data_of_reader /* error: not compatible with any association */
	written = shmdev_writable_mapping_data(reader);
#endif
#ifdef CASE_unmap_reader_as_writer /* error: not compatible with any association */
	return shmdev_writable_mapping_unmap(reader);
#endif
#ifdef CASE_free_wrong_kind /* error: not compatible with any association */
	shmdev_readonly_region_free(writable);
#endif
#ifdef CASE_move_wrong_kind /* error: not compatible with any association */
	unsafe = shmdev_unsafe_region_move(&writable);
#endif
#ifdef CASE_object_is_opaque /* error: invalid use of undefined type */
	struct shmdev_writable_region copy = *writable;
#endif
#ifdef CASE_base_of_untyped /* error: not compatible with any association */
	return !shmdev_base((struct shmdev_region *)NULL);
#endif
#ifdef CASE_base_cannot_be_freed /* error: discards 'const' qualifier */
	shmdev_region_free(shmdev_base(writable));
#endif
	return readonly && writable && unsafe && reader && writer && written;
}
