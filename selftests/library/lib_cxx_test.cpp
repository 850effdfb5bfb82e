// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C++ header of libshmdev: that its objects own what they should and leave
 * empty ones behind, and that each layer is reached. What the layers do is
 * tested in C; what must not compile is in compile-fail/cxx.cpp.
 */
#include <cstring>
#include <utility>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <shmdev.hpp>

#include "harness.hpp"
#include "helpers.hpp"

using namespace shmdev;

static const std::size_t page = 4096;
static const std::size_t size = 2 * page + 123;

static int count_fds()
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);

	return count;
}

static bool is_handle(int fd)
{
	return shmdev_raw_version(fd) > 0;
}

static std::uint32_t mode_of(const shmdev_region *region)
{
	return region_ref(region).mode();
}

/*
 * Objects
 */

template <typename T>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<T> &&
			    std::is_nothrow_move_assignable_v<T> &&
			    std::is_nothrow_default_constructible_v<T> &&
			    !std::is_copy_constructible_v<T> &&
			    !std::is_copy_assignable_v<T>;

static_assert(moves_only<unique_fd> && moves_only<region>);
static_assert(moves_only<readonly_region> && moves_only<writable_region> &&
	      moves_only<unsafe_region>);
static_assert(moves_only<readonly_mapping> && moves_only<writable_mapping> &&
	      moves_only<mapping>);
static_assert(moves_only<writer<float>> && moves_only<reader<float>>);
static_assert(moves_only<channel> && moves_only<shmem> && moves_only<message>);
static_assert(moves_only<pool> && moves_only<buffer>);
static_assert(moves_only<reservation>);
static_assert(moves_only<mapping_list> && moves_only<snapshot>);

static_assert(sizeof(writable_region) == sizeof(void *));

/* rows: C32 M40 */
TEST(empty_objects_fail_and_do_no_harm)
{
	writable_region writable;
	readonly_region readonly;
	unsafe_region unsafe;

	EXPECT_FALSE(writable);
	EXPECT_EQ(0u, writable.size());
	EXPECT_EQ(-1, writable.fd());
	EXPECT_TRUE(writable.guid() == guid());
	EXPECT_EQ(nullptr, writable.label());
	EXPECT_FALSE(writable.info());
	EXPECT_FALSE(writable.map());
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(writable.acquire());
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(std::move(writable).freeze());
	EXPECT_FALSE(std::move(writable).share());
	EXPECT_FALSE(std::move(writable).take_fd());
	EXPECT_FALSE(std::move(writable).with_mapping());
	EXPECT_FALSE(readonly.duplicate());
	EXPECT_FALSE(readonly.map_at(0, 1));
	EXPECT_FALSE(readonly.frozen());
	EXPECT_FALSE(unsafe.duplicate());
	EXPECT_FALSE(unsafe.map());
	EXPECT_FALSE(region().destroy());
	EXPECT_FALSE(region().map(0, 1, SHMDEV_MAP_READ));
	EXPECT_FALSE(region_ref().reclaim());
}

/* rows: C32 M40 */
TEST(empty_mappings_and_arrays_have_no_memory)
{
	readonly_mapping readonly;
	writable_mapping writable;
	writer<float> floats;

	EXPECT_EQ(nullptr, readonly.data());
	EXPECT_EQ(nullptr, writable.data());
	EXPECT_EQ(0u, readonly.size());
	EXPECT_EQ(0u, readonly.mapped_size());
	EXPECT_EQ(0u, readonly.count<char>());
	EXPECT_EQ(nullptr, writable.object<int>());
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(std::move(readonly).unmap());
	EXPECT_EQ(0u, floats.count());
	EXPECT_EQ(nullptr, floats.at(0));
	EXPECT_FALSE(floats.duplicate_region());
	EXPECT_FALSE(floats.take_region());
	EXPECT_FALSE(floats.ref());
	EXPECT_FALSE(reader<float>::open(readonly_region()));
	EXPECT_FALSE(writer<float>::open(region()));
}

/* rows: C31 C58 M84 */
TEST(moved_from_objects_are_empty)
{
	auto made = writable_region::create(size);
	writable_region moved = std::move(made);
	auto mapping = moved.map();
	writable_mapping kept;

	EXPECT_FALSE(made);
	EXPECT_EQ(0u, made.size());
	ASSERT_TRUE(moved);
	EXPECT_EQ(size, moved.size());

	kept = std::move(mapping);
	EXPECT_FALSE(mapping);
	EXPECT_EQ(0u, mapping.size());
	EXPECT_EQ(nullptr, mapping.data());
	EXPECT_EQ(size, kept.size());
	EXPECT_TRUE(can_write(kept.data()));

	writable_mapping &self = kept;

	kept = std::move(self);
	EXPECT_TRUE(can_write(kept.data()));
}

/* rows: C58 */
TEST(objects_end_by_themselves)
{
	int fds = count_fds();
	const void *memory;

	{
		auto region = writable_region::create(size);
		auto mapping = region.map();

		memory = mapping.data();
		EXPECT_TRUE(can_write(memory));
		EXPECT_EQ(fds + 1, count_fds());

		/* What is assigned to ends first. */
		mapping = region.map();
		EXPECT_FALSE(can_write(memory));
		memory = mapping.data();
		errno = EXFULL;
	}
	EXPECT_EQ(EXFULL, errno);
	EXPECT_FALSE(can_read(memory));
	EXPECT_EQ(fds, count_fds());
}

TEST(objects_of_c_can_be_taken_and_given)
{
	auto made = unsafe_region::create(size);
	shmdev_unsafe_region *pointer = made.get();
	shmdev_unsafe_region *taken = std::move(made).take();

	EXPECT_EQ(pointer, taken);
	EXPECT_FALSE(made);

	unsafe_region again(taken);

	EXPECT_TRUE(again.map());
}

/* rows: C29 M41 */
TEST(creation_that_fails_gives_empty_objects)
{
	int fds = count_fds();

	EXPECT_FALSE(writable_region::create(0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(unsafe_region::create(UINT64_MAX));
	EXPECT_EQ(EOVERFLOW, errno);
	auto both = readonly_region::create(0);
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(both.region);
	EXPECT_FALSE(both.mapping);
	EXPECT_FALSE(region::create(1, SHMREGION_MODE_READONLY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(fds, count_fds());
}

/*
 * Typed regions
 */

TEST(capacity_is_asked_for_and_mapped)
{
	auto region = writable_region::create(size, SHMREGION_CREATE_HUGE,
					      "cxx");
	auto mapping = region.map();

	ASSERT_TRUE(mapping);
	EXPECT_EQ(size, region.size());
	EXPECT_EQ(size, mapping.size());
	EXPECT_EQ(region.info()->out_capacity, mapping.mapped_size());
}

/* rows: C62 M40 M41 M42 */
TEST(writable_is_created_mapped_and_handed_over)
{
	auto region = writable_region::create(size, 0, "cxx");
	auto mapping = region.map();

	ASSERT_TRUE(mapping);
	EXPECT_EQ(size, region.size());
	EXPECT_EQ(0, std::strcmp("cxx", region.label()));
	EXPECT_TRUE(region.guid() == mapping.guid());
	EXPECT_EQ(SHMREGION_WRITERS_CALLER, region.info()->out_writers);
	EXPECT_EQ(3 * page, mapping.mapped_size());

	ASSERT_TRUE(region.release());
	EXPECT_FALSE(can_read(mapping.data()));
	child other([&] { return region.acquire() ? 0 : errno; });

	ASSERT_EQ(0, other.result());
	std::uint32_t flags = 0;

	EXPECT_TRUE(region.acquire(no_deadline, &flags));
	EXPECT_EQ(unsigned(SHMREGION_OUT_OWNER_DIED), flags);
	EXPECT_TRUE(can_write(mapping.data()));
}

TEST(only_who_is_attached_can_be_given_a_region)
{
	auto region = writable_region::create(size);
	int ready[2];

	ASSERT_EQ(0, pipe(ready));
	child other([&] {
		std::uint64_t member = 0;
		std::uint32_t flags = 0;

		if (!region.attach(&member) || member != region.member() ||
		    write(ready[1], &member, sizeof(member)) !=
			    sizeof(member) ||
		    !region.acquire(no_deadline, &flags))
			return errno;
		return flags == SHMREGION_OUT_WAS_OWNER ? 0 : 255;
	});
	child stranger([] { return pause(); });
	std::uint64_t member;

	ASSERT_EQ(ssize_t(sizeof(member)),
		  read(ready[0], &member, sizeof(member)));
	EXPECT_NE(member, region.member());
	EXPECT_FALSE(region.transfer(by_pid(stranger.pid())));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_FALSE(region.transfer(by_member(member + 1000)));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_FALSE(region.transfer(by_pid(0)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(region.transfer(by_member(0)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(region.transfer(by_member(member)));
	EXPECT_FALSE(region.transfer(by_pid(other.pid())));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(0, other.result());
	EXPECT_TRUE(region.try_acquire());
	kill(stranger.pid(), SIGKILL);
}

/* rows: C62 M42 M47 M48 M84 */
TEST(freeze_consumes_and_ends_writing)
{
	auto both = writable_region::create(size).with_mapping();

	ASSERT_TRUE(both);
	*both.mapping.object<char>() = 'x';
	readonly_region frozen = std::move(both.region).freeze();

	ASSERT_TRUE(frozen);
	EXPECT_FALSE(both.region);
	EXPECT_FALSE(both);
	EXPECT_TRUE(*frozen.frozen());
	EXPECT_FALSE(can_write(both.mapping.data()));
	EXPECT_TRUE(can_read(both.mapping.data()));
	EXPECT_EQ('x', *frozen.map().object<char>());
	EXPECT_EQ(unsigned(SHMREGION_RIGHT_READ), frozen.rights());
}

/* rows: C2 M47 */
TEST(failed_conversion_gives_the_handle_back)
{
	auto region = writable_region::create(size);
	int fds = count_fds();

	ASSERT_TRUE(region.release());
	EXPECT_FALSE(std::move(region).freeze());
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(std::move(region).publish());
	EXPECT_FALSE(std::move(region).share());
	ASSERT_TRUE(region);
	EXPECT_EQ(fds, count_fds());
	/* So it can be tried again. */
	ASSERT_TRUE(region.acquire());
	EXPECT_TRUE(std::move(region).freeze());
	EXPECT_FALSE(region);
}

TEST(untyped_region_is_given_its_type)
{
	auto untyped = region::create(size, SHMREGION_MODE_UNSAFE);

	EXPECT_FALSE(writable_region::from_base(std::move(untyped)));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_TRUE(untyped);
	auto again = untyped.ref().duplicate(SHMREGION_RIGHT_READ);
	auto unsafe = unsafe_region::from_base(std::move(untyped));

	ASSERT_TRUE(unsafe);
	EXPECT_FALSE(untyped);
	EXPECT_FALSE(unsafe_region::from_base(std::move(again)));
	EXPECT_EQ(EACCES, errno);
	auto observed = unsafe_readonly_region::from_base(std::move(again));

	ASSERT_TRUE(observed);
	EXPECT_TRUE(*observed.same(unsafe));
}

TEST(unsafe_region_that_is_only_read)
{
	auto unsafe = unsafe_region::create(size);
	auto observed = unsafe.duplicate_readonly();
	auto writer = unsafe.map();
	auto reader = observed.map();

	ASSERT_TRUE(writer && reader);
	*writer.object<int>(8) = 9;
	EXPECT_EQ(9, *reader.object<int>(8));
	EXPECT_FALSE(can_write(reader.data()));
	EXPECT_EQ(4u, observed.duplicate().map_at(3, 4).size());
}

template <typename Mapping, typename T, typename = void>
struct has_object : std::false_type {
};

template <typename Mapping, typename T>
struct has_object<Mapping, T,
		  std::void_t<decltype(std::declval<Mapping &>()
					       .template object<T>())>>
	: std::true_type {
};

/* rows: C57 */
TEST(generic_code_can_ask)
{
	EXPECT_TRUE((has_object<writable_mapping, int>::value));
	EXPECT_TRUE((has_object<shmem, double>::value));
	EXPECT_FALSE((has_object<writable_mapping, int *>::value));
	EXPECT_FALSE((has_object<readonly_mapping, std::string_view>::value));
	EXPECT_FALSE((has_object<buffer, bool>::value));
#if __cplusplus >= 202002L
	EXPECT_FALSE((has_object<mapping, std::span<int>>::value));
#endif
}

TEST(mapping_is_a_range_of_its_bytes)
{
	auto mapping = unsafe_region::create(5).map();
	const auto &constant = mapping;
	int sum = 0;

	ASSERT_TRUE(mapping);
	for (std::byte &byte : mapping)
		byte = std::byte{ 2 };
	for (std::byte byte : constant)
		sum += std::to_integer<int>(byte);
	EXPECT_EQ(10, sum);
	EXPECT_TRUE((std::is_same_v<decltype(constant.data()), const void *>));
	EXPECT_TRUE((std::is_same_v<decltype(constant.object<int>()),
				    const int *>));
	EXPECT_TRUE(writable_mapping().begin() == writable_mapping().end());
#if __cplusplus >= 202002L
	auto bytes = std::span(mapping);
	auto constants = std::span(constant);

	EXPECT_EQ(5u, bytes.size());
	EXPECT_TRUE(bytes.data() == mapping.data());
	EXPECT_TRUE((std::is_same_v<decltype(constants),
				    std::span<const std::byte>>));
#endif
}

TEST(untyped_mapping_is_written_by_type)
{
	auto region = region::create(size, SHMREGION_MODE_UNSAFE);
	auto writer = region.map(0, size, SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	auto reader = region.map(0, size, SHMDEV_MAP_READ);

	ASSERT_TRUE(writer && reader);
	*writer.object_writable<int>(4) = 3;
	EXPECT_EQ(3, *reader.object<int>(4));
	EXPECT_EQ(nullptr, reader.object_writable<int>());
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(nullptr, writer.elements_writable<int>(0, size));
	EXPECT_EQ(ERANGE, errno);
}

/* rows: C80 */
TEST(hooks_are_an_object_and_end_with_it)
{
	auto before = hooks_get();
	std::uint32_t kind = 0;
	auto refuse = [&](const wanted_region &wanted) noexcept {
		kind = wanted.wanted;
		errno = ENOSPC;
		return region();
	};

	{
		scoped_hooks hooks(refuse);

		EXPECT_FALSE(readonly_region::create(1).region);
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(unsigned(SHMREGION_MODE_READONLY), kind);
	}
	EXPECT_TRUE(hooks_get().create == before.create);
	EXPECT_TRUE(readonly_region::create(1).region);
}

/* rows: C81 */
TEST(broker_creates_for_a_client)
{
	shmdev_broker_policy policy = {};
	int sockets[2], status;

	policy.max_region_bytes = size;
	policy.max_bytes = 3 * page;
	policy.max_regions = 1;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	pid_t pid = fork();

	if (pid == 0) {
		close(sockets[1]);
		auto broker = broker::create(unique_fd(sockets[0]), policy);

		_exit(broker.fd() == sockets[0] && broker.run() ? 0 : 1);
	}
	close(sockets[0]);
	{
		auto client = broker_client::create(unique_fd(sockets[1]));
		auto made = client.request(size, SHMREGION_MODE_WRITABLE);

		EXPECT_TRUE(made);
		EXPECT_TRUE(writable_region::from_base(std::move(made)));
		EXPECT_FALSE(client.request(1, SHMREGION_MODE_WRITABLE));
		EXPECT_EQ(EDQUOT, errno);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* rows: M49 */
TEST(publish_keeps_the_writers_mapping)
{
	auto both = writable_region::create(size).with_mapping();
	readonly_region published = std::move(both.region).publish();

	ASSERT_TRUE(published);
	EXPECT_FALSE(*published.frozen());
	EXPECT_TRUE(can_write(both.mapping.data()));
	EXPECT_FALSE(can_write(published.map().data()));
}

/* rows: M46 */
TEST(share_makes_one_for_all)
{
	unsafe_region shared = writable_region::create(size).share();
	auto mapping = shared.map();

	ASSERT_TRUE(mapping);
	EXPECT_EQ(unsigned(SHMREGION_MODE_UNSAFE), mode_of(shared.c_region()));
	child other([&] { return can_write(shared.map().data()) ? 0 : 1; });

	EXPECT_EQ(0, other.result());
	EXPECT_EQ('w', *mapping.object<char>());
}

/* rows: C60 C61 C68 M44 */
TEST(readonly_has_one_writer_and_readers)
{
	auto both = readonly_region::create(size, 0, "ro");

	ASSERT_TRUE(both);
	readonly_region copy = both.region.duplicate();
	readonly_mapping mapping = copy.map();
	readonly_mapping part = copy.map_at(page + 1, 7);

	EXPECT_EQ(size, copy.size());
	EXPECT_TRUE(*copy.same(both.region));
	EXPECT_TRUE(copy.guid() == both.region.guid());
	both.mapping.elements<char>(page + 1, 7)[6] = 'z';
	EXPECT_EQ('z', part.elements<char>(0, 7)[6]);
	EXPECT_FALSE(can_write(mapping.data()));
	EXPECT_TRUE(can_write(both.mapping.data()));
	child other([&] { return can_write(copy.map().data()) ? 1 : 0; });

	EXPECT_EQ(0, other.result());
}

/* rows: C64 */
TEST(unsafe_maps_and_duplicates)
{
	auto region = unsafe_region::create(size);
	auto copy = region.duplicate();
	auto whole = region.map();
	auto part = copy.map_at(5, 6);

	ASSERT_TRUE(part);
	*part.object<char>() = 'u';
	EXPECT_EQ('u', whole.elements<char>(0, 6)[5]);
	EXPECT_FALSE(can_write(copy.map_readonly(0, 1).data()));
	EXPECT_FALSE(*region.same(unsafe_region::create(size)));
}

/* rows: M43 M63 */
TEST(readonly_view_cannot_be_reprotected)
{
	auto region = writable_region::create(size);
	auto mapping = region.map_readonly(0, size);
	void *memory = const_cast<void *>(mapping.data());

	ASSERT_TRUE(can_read(memory));
	EXPECT_FALSE(can_write(memory));
	EXPECT_EQ(-1, mprotect(memory, page, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

/* rows: M60 M50 */
TEST(region_and_mapping_in_one_step_are_independent)
{
	auto both = unsafe_region::create(size).with_mapping();

	ASSERT_TRUE(both);
	EXPECT_TRUE(std::move(both.mapping).unmap());
	EXPECT_FALSE(both.mapping);
	EXPECT_FALSE(both);
	EXPECT_TRUE(both.region.map());

	auto frozen = writable_region::create(1).freeze().with_mapping();

	ASSERT_TRUE(frozen);
	frozen.region = readonly_region();
	EXPECT_TRUE(can_read(frozen.mapping.data()));
}

/* rows: M61 */
TEST(mapping_that_is_taken_stays)
{
	const void *memory;

	{
		auto mapping = unsafe_region::create(size).map();

		memory = mapping.data();
		(void)std::move(mapping).take();
	}
	EXPECT_TRUE(can_read(memory));
}

/* rows: M51 */
TEST(region_that_was_never_frozen_ends_quietly)
{
	int fds = count_fds();

	writable_region::create(size).with_mapping();
	EXPECT_EQ(fds, count_fds());
}

/*
 * Handles from elsewhere
 */

/* rows: C65 M62 */
TEST(handle_is_taken_out_once)
{
	auto region = unsafe_region::create(size);
	int fd = region.fd();
	unique_fd taken = std::move(region).take_fd();

	EXPECT_EQ(fd, taken.get());
	EXPECT_FALSE(region);
	EXPECT_TRUE(is_handle(fd));
	taken = unique_fd();
	EXPECT_FALSE(is_handle(fd));
}

/* rows: C66 C67 M53 M54 M55 */
TEST(adopt_believes_the_kernel_alone)
{
	auto both = readonly_region::create(size);
	unique_fd fd = std::move(both.region).take_fd();
	int number = fd.get();

	EXPECT_FALSE(writable_region::adopt(std::move(fd), size));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(unsafe_region::adopt(std::move(fd), size));
	EXPECT_FALSE(readonly_region::adopt(std::move(fd), size + 1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_FALSE(region::adopt(std::move(fd), SHMDEV_ADOPT_UNSAFE, 0));
	EXPECT_EQ(number, fd.get());

	auto adopted = readonly_region::adopt(std::move(fd), size);

	ASSERT_TRUE(adopted);
	EXPECT_FALSE(fd);
	EXPECT_TRUE(is_handle(adopted.fd()));

	int other = memfd_create("other", 0);
	unique_fd wrong(other);

	EXPECT_FALSE(readonly_region::adopt(std::move(wrong)));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(other, wrong.get());
}

/* rows: C66 M55 */
TEST(adopted_handle_has_the_rights_of_its_type)
{
	auto all = region::create(size, SHMREGION_MODE_WRITABLE);
	auto plain = all.duplicate(SHMREGION_RIGHT_READ);

	ASSERT_TRUE(plain);
	EXPECT_FALSE(writable_region::adopt(std::move(plain).take_fd()));
	EXPECT_EQ(EACCES, errno);

	auto region = writable_region::adopt(std::move(all).take_fd(), size);

	ASSERT_TRUE(region);
	EXPECT_EQ(unsigned(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE),
		  region.rights());
}

/* A region that has a controller, and what a receiver gets of it. */
static shmdev::region make_controlled()
{
	return region::create(size, SHMREGION_MODE_WRITABLE,
			      SHMREGION_CREATE_CONTROLLED, "c");
}

static unique_fd handle_to(const shmdev::region &region)
{
	return region
		.duplicate(SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE)
		.take_fd();
}

TEST(adopt_refuses_a_controller_and_missing_memory)
{
	auto control = make_controlled();
	unique_fd fd = handle_to(control);

	EXPECT_FALSE(writable_region::adopt(std::move(fd), size));
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(writable_region::adopt_and_acquire(std::move(fd), size));
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(writable_region::adopt(std::move(fd), size,
					    SHMDEV_ADOPT_TRUST_CONTROLLER |
						    SHMDEV_ADOPT_ALLOCATED));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_TRUE(bool(fd));
	EXPECT_TRUE(writable_region::adopt(std::move(fd), size,
					   SHMDEV_ADOPT_TRUST_CONTROLLER));
	EXPECT_FALSE(fd);
}

TEST(adopts_and_owns_in_one_call)
{
	auto made = region::create(size, SHMREGION_MODE_WRITABLE);
	std::uint32_t flags = ~0u;

	ASSERT_TRUE(made.release());

	unique_fd fd = handle_to(made);
	auto mine = writable_region::adopt_and_acquire(
		std::move(fd), size, 0, shmdev_deadline_after(0), &flags);

	ASSERT_TRUE(mine);
	EXPECT_FALSE(fd);
	EXPECT_EQ(0u, flags);
	EXPECT_EQ(unsigned(SHMREGION_WRITERS_CALLER),
		  mine.info()->out_writers);

	/* The untyped one takes the writer's role of a published region too. */
	fd = handle_to(made);
	EXPECT_TRUE(made.publish());
	EXPECT_FALSE(region::adopt_and_acquire(std::move(fd),
					       SHMDEV_ADOPT_WRITABLE));
	EXPECT_EQ(EINVAL, errno);

	auto writer = region::adopt_and_acquire(
		std::move(fd), SHMDEV_ADOPT_READONLY, size, 0,
		shmdev_deadline_after(0), &flags);

	ASSERT_TRUE(writer);
	EXPECT_EQ(unsigned(SHMREGION_OUT_WAS_OWNER | SHMREGION_OUT_READONLY),
		  flags);
}

TEST(handle_goes_through_a_socket)
{
	auto made = unsafe_region::create(size);
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));

	unique_fd from(sockets[0]), to(sockets[1]);

	EXPECT_FALSE(handle_receive(to.get(), shmdev_deadline_after(0)));
	EXPECT_EQ(ETIMEDOUT, errno);
	ASSERT_TRUE(handle_send(from.get(), made));

	auto other = unsafe_region::adopt(handle_receive(to.get()), size);

	ASSERT_TRUE(other);
	EXPECT_TRUE(*made.same(other));
	EXPECT_FALSE(handle_send(from.get(), unsafe_region()));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(handle_send(from.get(), make_controlled().ref()));
	EXPECT_EQ(EINVAL, errno);
}

TEST(controller_takes_back_and_destroys)
{
	auto control = make_controlled();
	auto region = writable_region::adopt(handle_to(control), size,
					     SHMDEV_ADOPT_TRUST_CONTROLLER);
	auto mapping = region.map();

	ASSERT_TRUE(mapping);
	/* The one who made it has a limit of its own. */
	EXPECT_TRUE(control.limit_others(0));
	EXPECT_TRUE(can_write(mapping.data()));
	EXPECT_TRUE(control.limit(by_member(control.member()), 0));
	EXPECT_FALSE(can_read(mapping.data()));
	EXPECT_TRUE(control.limit(by_pid(getpid()), SHMREGION_RIGHT_READ));
	EXPECT_TRUE(can_read(mapping.data()));
	EXPECT_FALSE(can_write(mapping.data()));
	EXPECT_TRUE(region.release());
	EXPECT_TRUE(control.ref().reclaim());
	EXPECT_TRUE(control.destroy());
	EXPECT_FALSE(can_read(mapping.data()));
	EXPECT_FALSE(region.acquire());
	EXPECT_EQ(ENODEV, errno);
}

TEST(without_a_controller_nobody_takes_back_or_destroys)
{
	auto made = region::create(size, SHMREGION_MODE_WRITABLE);

	EXPECT_FALSE(made.limit(by_member(made.member()), 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(made.limit_others(0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(made.reclaim());
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(made.destroy());
	EXPECT_EQ(EPERM, errno);
	EXPECT_FALSE(made.duplicate(SHMREGION_RIGHT_READ |
				    SHMREGION_RIGHT_CONTROL));
	EXPECT_EQ(EACCES, errno);
}

/*
 * Mappings
 */

/* rows: C59 M56 M57 M58 */
TEST(typed_access_is_checked)
{
	auto region = unsafe_region::create(page);
	auto mapping = region.map();
	auto odd = region.map_at(1, page - 1);

	EXPECT_EQ(page / 4, mapping.count<std::uint32_t>());
	EXPECT_NE(nullptr, mapping.elements<std::uint32_t>(0, page / 4));
	EXPECT_EQ(nullptr, mapping.elements<std::uint32_t>(0, page / 4 + 1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(nullptr, mapping.object<std::uint32_t>(page - 3));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(nullptr, mapping.object<std::uint32_t>(2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(nullptr, odd.object<std::uint32_t>());
	EXPECT_EQ(EFAULT, errno);
	EXPECT_NE(nullptr, odd.object<std::uint32_t>(3));
	EXPECT_EQ(nullptr, mapping.elements<std::uint64_t>(8, SIZE_MAX / 8));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(nullptr, mapping.elements<std::uint64_t>(8, SIZE_MAX));
	EXPECT_EQ(EOVERFLOW, errno);
	EXPECT_EQ(nullptr, mapping.elements<char>(0, 0));
	EXPECT_EQ(EINVAL, errno);

	EXPECT_FALSE(region.map_at(1, page));
	EXPECT_FALSE(region.map_at(UINT64_MAX, 2));
	EXPECT_EQ(EOVERFLOW, errno);
}

#if __cplusplus >= 202002L
/* rows: C59 M56 */
TEST(spans_cover_what_fits)
{
	auto both = readonly_region::create(page + 3);
	std::span<std::uint16_t> all = both.mapping.span<std::uint16_t>();
	auto readers = both.region.map();
	std::span<const std::uint16_t> some =
		readers.span<std::uint16_t>(2, 3);

	EXPECT_EQ((page + 3) / 2, all.size());
	all[1] = 7;
	EXPECT_EQ(3u, some.size());
	EXPECT_EQ(7, some[0]);
	EXPECT_TRUE(readers.span<std::uint16_t>(page, 2).empty());
	EXPECT_EQ(ERANGE, errno);
	EXPECT_TRUE(readers.span<std::uint16_t>(page + 2).empty());
	EXPECT_TRUE(readers.span<std::uint16_t>(1).empty());
	EXPECT_EQ(EFAULT, errno);
}
#endif

struct counting {
	int maps;
	int unmaps;
	int unmap_error;
};

static void *counting_map(void *context, int fd, std::uint64_t offset,
			  std::size_t length, std::uint32_t)
{
	static_cast<counting *>(context)->maps++;
	return mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, offset);
}

static int counting_unmap(void *context, void *address, std::size_t length)
{
	counting *counting = static_cast<struct counting *>(context);

	counting->unmaps++;
	if (counting->unmap_error) {
		errno = counting->unmap_error;
		return -1;
	}
	return munmap(address, length);
}

TEST(custom_mapper_maps_and_unmaps)
{
	auto region = region::create(size, SHMREGION_MODE_UNSAFE);
	counting count = {};
	shmdev_mapper mapper = { counting_map, counting_unmap, &count };

	{
		auto mapping = region.map_with(7, 9, SHMDEV_MAP_READ, mapper);

		ASSERT_TRUE(mapping);
		EXPECT_EQ(9u, mapping.size());
		EXPECT_TRUE(can_read(mapping.data()));
		EXPECT_EQ(nullptr, mapping.data_writable());
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(1, count.maps);
		EXPECT_EQ(0, count.unmaps);
	}
	EXPECT_EQ(1, count.unmaps);
	EXPECT_TRUE(can_write(region.map(0, 1, SHMDEV_MAP_READ |
					       SHMDEV_MAP_WRITE)
				      .data_writable()));
}

/* rows: M50 */
TEST(mapping_that_cannot_be_unmapped_stays)
{
	auto region = region::create(size, SHMREGION_MODE_UNSAFE);
	counting count = {};
	shmdev_mapper mapper = { counting_map, counting_unmap, &count };
	auto mapping = region.map_with(0, 1, SHMDEV_MAP_READ, mapper);
	const void *memory = mapping.data();

	count.unmap_error = EPERM;
	EXPECT_FALSE(std::move(mapping).unmap());
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(memory, mapping.data());
	EXPECT_TRUE(can_read(memory));

	count.unmap_error = 0;
	EXPECT_TRUE(std::move(mapping).unmap());
	EXPECT_FALSE(mapping);
	EXPECT_FALSE(can_read(memory));
}

/*
 * Pools, the policy and the tracker
 */

TEST(pool_keeps_what_is_put)
{
	auto pool = pool::create(SHMREGION_MODE_WRITABLE, 2);
	auto got = pool.get_buffer(10, 1);
	guid first = got.ref().guid();

	ASSERT_TRUE(got);
	EXPECT_EQ(10u, got.size());
	EXPECT_TRUE(can_write(got.data()));
	EXPECT_TRUE(pool.put(std::move(got)));
	EXPECT_FALSE(got);
	EXPECT_EQ(1u, pool.cached());
	EXPECT_FALSE(pool.put(std::move(got)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(pool.get_buffer(10, 2).ref().guid() == first);
	got = pool.get_buffer(10, 1);
	EXPECT_TRUE(got.ref().guid() == first);
	EXPECT_TRUE(pool.put(std::move(got)));
	EXPECT_TRUE(pool.forget(1));
	EXPECT_EQ(0u, pool.cached());
	EXPECT_TRUE(pool.shutdown());
	EXPECT_FALSE(pool::create(SHMREGION_MODE_READONLY, 1));
	EXPECT_FALSE(shmdev::pool().get_buffer(1, 1));
}

TEST(reservation_counts_until_it_ends)
{
	shmdev_policy_set_limit(2 * page);
	{
		auto reserved = reservation::create(page + 1);
		reservation moved = std::move(reserved);

		EXPECT_FALSE(reserved);
		EXPECT_EQ(page + 1, moved.size());
		EXPECT_EQ(page + 1, shmdev_policy_reserved());
		EXPECT_FALSE(reservation::create(page));
		EXPECT_EQ(EDQUOT, errno);
		EXPECT_FALSE(unsafe_region::create(1).map());
		EXPECT_EQ(EDQUOT, errno);
		moved = reservation::create(1);
		EXPECT_EQ(1u, shmdev_policy_reserved());
	}
	EXPECT_EQ(0u, shmdev_policy_reserved());
	EXPECT_TRUE(unsafe_region::create(1).map());
}

TEST(tracker_lists_mappings_and_regions)
{
	auto both = unsafe_region::create(size).with_mapping();
	auto list = mapping_list::take_now();

	ASSERT_TRUE(both);
	ASSERT_EQ(1u, list.count());
	EXPECT_EQ(both.mapping.data(), list.at(0)->address);
	EXPECT_EQ(nullptr, list.at(1));
	EXPECT_EQ(ERANGE, errno);

	auto snapshot = snapshot::take_now(getpid());
	std::size_t index;
	const shmdev_region_record *record =
		snapshot.find(both.region.guid(), &index);

	ASSERT_NE(nullptr, record);
	EXPECT_EQ(record, snapshot.at(index));
	EXPECT_EQ(getpid(), snapshot.user(index, 0)->pid);
	EXPECT_EQ(nullptr, snapshot.find(guid()));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(nullptr, snapshot.at(snapshot.count()));
	EXPECT_EQ(0u, snapshot.unreadable());
	EXPECT_FALSE(snapshot::take_now(-1));
}

TEST_HARNESS_MAIN
