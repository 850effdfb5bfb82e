// SPDX-License-Identifier: GPL-2.0-only
/*
 * C++: objects are not copied, what consumes one says so, and an operation that
 * a kind of region or mapping does not have does not compile.
 */
#include <string_view>
#include <utility>

#include <shmdev.hpp>

using namespace shmdev;

/* What is right, and among it what is wrong. */
int use(writable_region writable, readonly_region readonly,
	unsafe_region unsafe, channel channel);

int use(writable_region writable, readonly_region readonly,
	unsafe_region unsafe, channel channel)
{
	writable_mapping writer = writable.map();
	readonly_mapping reader = readonly.map();
	shmem shmem = channel.alloc(1);
	message message = channel.receive(nullptr, 0);
	bool ok = writable.release() && writable.acquire();

	*writer.object<int>() = *reader.object<int>();
	unsafe = unsafe.duplicate();
	readonly = readonly.duplicate();
	ok = ok && writable.transfer(by_member(1)) &&
	     writable.transfer(by_pid(1)) && handle_send(0, readonly) &&
	     readonly.attach() && unsafe.detach();
	ok = ok && channel.send("", 1, std::move(shmem));
	ok = ok && channel.reply(message, "", 1, std::move(shmem)) &&
	     channel.give_back(std::move(message), "", 1);

/* rows: C31 C58 M40 M45 */
#ifdef CASE_copy_region /* error: use of deleted function */
	writable_region copy = writable;
#endif
/* rows: C18 M45 */
#ifdef CASE_duplicate_writable /* error: has no member named 'duplicate' */
	writable_region copy = writable.duplicate();
#endif
/* rows: C58 M56 */
#ifdef CASE_copy_mapping /* error: use of deleted function */
	readonly_mapping copy = reader;
#endif
#ifdef CASE_assign_mapping /* error: use of deleted function */
	writer = writable.map(), reader = reader;
#endif
#ifdef CASE_copy_shmem /* error: use of deleted function */
	shmdev::shmem copy = shmem;
#endif
#ifdef CASE_copy_channel /* error: use of deleted function */
	shmdev::channel copy = channel;
#endif

/* rows: C62 M47 */
#ifdef CASE_freeze_without_consuming /* error: as 'this' argument discards qualifiers */
	readonly = writable.freeze();
#endif
/* rows: C62 M46 */
#ifdef CASE_share_without_consuming /* error: as 'this' argument discards qualifiers */
	unsafe = writable.share();
#endif
#ifdef CASE_publish_without_consuming /* error: as 'this' argument discards qualifiers */
	readonly = writable.publish();
#endif
/* rows: C65 M62 */
#ifdef CASE_take_fd_without_consuming /* error: as 'this' argument discards qualifiers */
	unique_fd fd = readonly.take_fd();
#endif
#ifdef CASE_take_without_consuming /* error: as 'this' argument discards qualifiers */
	shmdev_readonly_region *c = readonly.take();
#endif
/* rows: M48 */
#ifdef CASE_unmap_without_consuming /* error: as 'this' argument discards qualifiers */
	ok = reader.unmap();
#endif
#ifdef CASE_adopt_without_consuming /* error: cannot bind rvalue reference */
	unique_fd fd;

	readonly = readonly_region::adopt(fd);
#endif
#ifdef CASE_adopt_and_acquire_without_consuming /* error: cannot bind rvalue reference */
	unique_fd fd;

	writable = writable_region::adopt_and_acquire(fd);
#endif
#ifdef CASE_transfer_to_a_number /* error: cannot convert 'int' */
	ok = writable.transfer(1);
#endif
#ifdef CASE_limit_a_number /* error: cannot convert 'int' */
	ok = region().limit(1, 0);
#endif
#ifdef CASE_send_a_handle_by_number /* error: request for member 'c_region' */
	ok = handle_send(0, 1);
#endif
#ifdef CASE_adopt_a_number /* error: cannot convert 'int' */
	readonly = readonly_region::adopt(3);
#endif
#ifdef CASE_send_without_consuming /* error: give shmems away by std::move() */
	ok = channel.send("", 1, shmem);
#endif
#ifdef CASE_send_a_region /* error: give shmems away by std::move() */
	ok = channel.send("", 1, std::move(writable));
#endif
#ifdef CASE_reply_without_consuming /* error: give shmems away by std::move() */
	ok = channel.reply(message, "", 1, shmem);
#endif
#ifdef CASE_give_back_without_consuming /* error: cannot bind rvalue reference */
	ok = channel.give_back(message, "", 1);
#endif

/* rows: C3 M44 */
#ifdef CASE_freeze_readonly /* error: has no member named 'freeze' */
	readonly = std::move(readonly).freeze();
#endif
/* rows: C3 C64 */
#ifdef CASE_freeze_unsafe /* error: has no member named 'freeze' */
	readonly = std::move(unsafe).freeze();
#endif
/* rows: C3 */
#ifdef CASE_share_readonly /* error: has no member named 'share' */
	unsafe = std::move(readonly).share();
#endif
#ifdef CASE_adopt_and_acquire_readonly /* error: 'adopt_and_acquire' is not a member of */
	readonly = readonly_region::adopt_and_acquire(unique_fd());
#endif
#ifdef CASE_acquire_readonly /* error: has no member named 'acquire' */
	ok = readonly.acquire();
#endif
#ifdef CASE_release_unsafe /* error: has no member named 'release' */
	ok = unsafe.release();
#endif
#ifdef CASE_destroy_without_control /* error: has no member named 'destroy' */
	ok = writable.destroy();
#endif
/* rows: C66 M53 */
#ifdef CASE_readonly_as_writable /* error: no match for 'operator=' */
	writable = std::move(readonly);
#endif
#ifdef CASE_writable_as_readonly /* error: no match for 'operator=' */
	readonly = std::move(writable);
#endif
/* rows: C61 C68 M56 */
#ifdef CASE_map_readonly_for_writing /* error: no match for 'operator=' */
	writer = readonly.map();
#endif
/* rows: M43 */
#ifdef CASE_map_readonly_view_for_writing /* error: no match for 'operator=' */
	writer = writable.map_readonly(0, 1);
#endif
/* rows: C7 C60 */
#ifdef CASE_create_readonly_without_writer /* error: conversion from */
	readonly_region created = readonly_region::create(1);
#endif

/* rows: C56 */
#ifdef CASE_write_by_a_reader /* error: assignment of read-only location */
	*reader.object<int>() = 1;
#endif
/* rows: C56 */
#ifdef CASE_data_of_a_reader /* error: invalid conversion from 'const void*' to 'void*' */
	void *memory = reader.data();
#endif
/* rows: C57 */
#ifdef CASE_view_as_a_pointer /* error: no matching function for call */
	return **reader.object<int *>();
#endif
/* rows: C57 */
#ifdef CASE_view_as_pointers_in_an_array /* error: no matching function for call */
	return reader.object<std::array<int *, 2>>() != nullptr;
#endif
#ifdef CASE_view_as_bool /* error: no matching function for call */
	return *reader.object<bool>();
#endif
#ifdef CASE_view_as_an_object /* error: no matching function for call */
	return reader.object<unique_fd>()->get();
#endif
#ifdef CASE_view_as_a_view /* error: no matching function for call */
	return reader.object<std::string_view>() != nullptr;
#endif
#ifdef CASE_write_by_a_const_mapping /* error: assignment of read-only location */
	const auto &constant = writer;

	*constant.object<int>() = 1;
#endif
#ifdef CASE_data_of_a_const_mapping /* error: invalid conversion from 'const void*' to 'void*' */
	const auto &constant = writer;
	void *memory = constant.data();
#endif
#ifdef CASE_bytes_of_a_const_mapping /* error: assignment of read-only location */
	const auto &constant = writer;

	*constant.begin() = std::byte();
#endif
#ifdef CASE_data_of_a_const_shmem /* error: invalid conversion from 'const void*' to 'void*' */
	const auto &constant = shmem;
	void *memory = constant.data();
#endif
#ifdef CASE_write_what_is_read_only_here /* error: no match for 'operator=' */
	writer = unsafe.duplicate_readonly().map();
#endif
#ifdef CASE_test_as_a_number /* error: cannot convert */
	int number = reader;
#endif

	return ok;
}
