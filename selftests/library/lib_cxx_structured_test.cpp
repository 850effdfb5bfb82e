// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types for shared memory in the C++ header of libshmdev, and what is made of
 * them: structured memory, versions, seqlocks. What must not compile is in
 * compile-fail/cxx_types.cpp.
 */
#include <cstddef>
#include <cstring>
#include <utility>

#include <shmdev.hpp>

#include "harness.hpp"
#include "helpers.hpp"

using namespace shmdev;

#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)

#define FRAME_MEMBERS(member, array)		\
	member(uint32_t, width)			\
	member(uint32_t, height)		\
	member(_Atomic(uint64_t), shown)	\
	member(struct(point), origin)		\
	member(double, scale)			\
	array(char, name, 16)

/* In a namespace as in none. */
namespace app
{
SHMDEV_STRUCT(point, POINT_MEMBERS);
SHMDEV_STRUCT(frame, FRAME_MEMBERS);
} /* namespace app */

using app::frame;
using app::point;

/*
 * Types
 */

struct by_hand {
	std::uint32_t number;
	char *pointer;
};

struct derived : point {
};

enum class colour { red };

static_assert(is_shareable_v<std::int8_t> && is_shareable_v<std::uint64_t>);
static_assert(is_shareable_v<char> && is_shareable_v<float> &&
	      is_shareable_v<double>);
static_assert(is_shareable_v<point> && is_shareable_v<frame>);
static_assert(is_shareable_v<frame[3]> &&
	      is_shareable_v<std::array<std::array<frame, 2>, 3>>);
static_assert(is_shareable_v<std::atomic<std::uint64_t>>);
static_assert(is_shareable_v<std::array<std::atomic<float>, 2>>);
static_assert(is_shareable_v<shmdev_version> && is_shareable_v<version>);
static_assert(is_shareable_v<seqlock<point>> && is_shareable_v<shmdev_seqlock>);

static_assert(!is_shareable_v<bool> && !is_shareable_v<wchar_t>);
static_assert(!is_shareable_v<long double> && !is_shareable_v<colour>);
static_assert(!is_shareable_v<void *> && !is_shareable_v<int (*)()>);
static_assert(!is_shareable_v<int point::*> && !is_shareable_v<int &>);
static_assert(!is_shareable_v<std::nullptr_t>);
static_assert(!is_shareable_v<std::atomic<char *>>);
static_assert(!is_shareable_v<std::atomic<bool>>);
static_assert(!is_shareable_v<std::atomic<point>>);
static_assert(!is_shareable_v<std::array<std::int32_t, 0>>);
static_assert(!is_shareable_v<by_hand> && !is_shareable_v<derived>);
static_assert(!is_shareable_v<char *[2]> &&
	      !is_shareable_v<std::array<by_hand, 2>>);

static_assert(is_viewable_v<by_hand> && is_viewable_v<const by_hand>);
static_assert(is_viewable_v<frame> && is_viewable_v<std::atomic<int>>);
static_assert(!is_viewable_v<char *> && !is_viewable_v<bool>);
static_assert(!is_viewable_v<unique_fd> && !is_viewable_v<void>);
static_assert(!is_viewable_v<std::array<char *, 2>>);

#ifdef SHMDEV_HAS_CONCEPTS
static_assert(shareable<frame> && !shareable<by_hand>);
static_assert(viewable<by_hand> && !viewable<by_hand *>);
#endif

/* rows: C57 C99 C101 */
TEST(struct_has_the_layout_of_c)
{
	EXPECT_EQ(8u, offsetof(frame, shown));
	EXPECT_EQ(16u, offsetof(frame, origin));
	EXPECT_EQ(24u, offsetof(frame, scale));
	EXPECT_EQ(32u, offsetof(frame, name));
	EXPECT_EQ(48u, sizeof(frame));
	EXPECT_EQ(sizeof(shmdev_version), sizeof(version));
	EXPECT_EQ(8 + 8u, sizeof(seqlock<point>));
}

/*
 * Structured memory
 */

/* rows: C90 C94 */
TEST(writer_creates_zeroes_and_writes)
{
	auto writer = shmdev::writer<frame>::create(300, nullptr, 0, "w");

	ASSERT_TRUE(writer);
	EXPECT_EQ(300u, writer.count());
	EXPECT_EQ(300 * sizeof(frame), writer.ref().size());
	EXPECT_EQ(0u, writer.at(299)->width);
	EXPECT_EQ(nullptr, writer.at(300));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(nullptr, writer.elements(299, 2));
	writer->width = 3;
	(*writer).height = 4;

	auto reader = shmdev::reader<frame>::open(writer.duplicate_region());

	ASSERT_TRUE(reader);
	EXPECT_EQ(300u, reader.count());
	EXPECT_EQ(3u, reader->width);
	EXPECT_EQ(4u, (*reader).height);
	EXPECT_EQ(nullptr, reader.at(300));
	EXPECT_FALSE(can_write(reader.at(0)));
}

/* rows: C91 */
TEST(writer_creates_from_a_value)
{
	const frame initial = { 640, 480, { 7 }, { -1, -2 }, 0.5, "initial" };
	auto frames = writer<frame>::create_from(initial, 2);
	auto number = writer<double>::create_from(3);

	ASSERT_TRUE(frames);
	EXPECT_EQ(480u, frames.at(1)->height);
	EXPECT_EQ(7u, frames.at(1)->shown.load());
	EXPECT_EQ(0, std::strcmp("initial", frames.at(1)->name));
	EXPECT_TRUE(*number == 3.0);
	const double value = 4;

	EXPECT_TRUE(*writer<double>::create(1, &value) == value);
	EXPECT_FALSE(writer<double>::create_from(3, SIZE_MAX));
	EXPECT_EQ(EOVERFLOW, errno);
}

/* rows: C93 */
TEST(reader_needs_a_region_that_is_large_enough)
{
	auto small = readonly_region::create(sizeof(frame) - 1);

	EXPECT_FALSE(reader<frame>::open(small.region));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(sizeof(frame) - 1, reader<char>::open(small.region).count());
}

/* rows: C95 C96 */
TEST(region_of_a_writer_is_duplicated_and_taken_once)
{
	auto writer = shmdev::writer<point>::create();
	auto one = writer.duplicate_region();
	auto two = writer.duplicate_region();
	auto last = writer.take_region();

	ASSERT_TRUE(last);
	EXPECT_TRUE(one.guid() == two.guid());
	EXPECT_TRUE(*one.same(last));
	EXPECT_EQ(unsigned(SHMREGION_RIGHT_READ), last.rights());
	EXPECT_FALSE(writer.take_region());
	EXPECT_EQ(EBADF, errno);
	EXPECT_FALSE(writer.duplicate_region());
	EXPECT_EQ(EBADF, errno);
	writer->x = 1;
	EXPECT_EQ(1, reader<point>::open(last)->x);
}

/* rows: C97 */
TEST(readers_outlive_the_writer)
{
	reader<point> reader;

	{
		auto writer = shmdev::writer<point>::create_from({ 1, 2 });

		reader = shmdev::reader<point>::open(writer.take_region());
	}
	ASSERT_TRUE(reader);
	EXPECT_EQ(2, reader->y);
}

/* rows: C93 C94 */
TEST(writer_opens_what_it_owns)
{
	auto given = region::create(2 * sizeof(point), SHMREGION_MODE_WRITABLE);
	auto foreign = region::create(sizeof(point), SHMREGION_MODE_UNSAFE);

	EXPECT_FALSE(writer<point>::open(std::move(foreign)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(foreign);

	auto writer = shmdev::writer<point>::open(std::move(given));

	ASSERT_TRUE(writer);
	EXPECT_FALSE(given);
	EXPECT_EQ(2u, writer.count());
	EXPECT_EQ(SHMREGION_MODE_READONLY, writer.ref().mode());
}

/* rows: C98 C100 */
TEST(atomics_are_seen_by_another_process)
{
	auto writer = atomic_writer<std::uint32_t>::create_from(5);
	auto region = writer.duplicate_region();

	ASSERT_TRUE(region);
	EXPECT_EQ(5u, writer->load());
	writer->store(6);
	child other([&] {
		auto reader = atomic_reader<std::uint32_t>::open(region);

		return reader ? int(reader->load()) : 255;
	});
	EXPECT_EQ(6, other.result());
}

#if __cplusplus >= 202002L
TEST(arrays_have_spans)
{
	auto writer = shmdev::writer<std::uint32_t>::create(10);
	auto reader = shmdev::reader<std::uint32_t>::open(writer.take_region());
	std::uint32_t number = 0, sum = 0;

	for (std::uint32_t &element : writer.span())
		element = number++;
	for (const std::uint32_t &element : reader.span(8, 2))
		sum += element;
	EXPECT_EQ(8u + 9u, sum);
	EXPECT_TRUE(reader.span(8, 3).empty());
	EXPECT_EQ(ERANGE, errno);
}
#endif

TEST(seqlock_keeps_a_value_whole)
{
	auto writer = shmdev::writer<seqlock<point>>::create();
	auto reader =
		shmdev::reader<seqlock<point>>::open(writer.take_region());

	ASSERT_TRUE(reader);
	EXPECT_EQ(0, reader->load()->x);
	EXPECT_TRUE(writer->store({ 3, 4 }));
	EXPECT_EQ(4, reader->load()->y);
}

TEST(version_grows_and_wakes)
{
	auto writer = shmdev::writer<version>::create();
	auto region = writer.duplicate_region();
	auto reader = shmdev::reader<version>::open(region);

	ASSERT_TRUE(reader);
	EXPECT_EQ(SHMDEV_VERSION_NONE, reader->load());
	EXPECT_FALSE(reader->changed(0));
	EXPECT_FALSE(reader->wait(0, 1));
	EXPECT_EQ(ETIMEDOUT, errno);
	child other([&] {
		auto mine = shmdev::reader<version>::open(region);
		auto seen = mine->wait(0, no_deadline);

		return seen ? int(*seen) : 255;
	});
	EXPECT_TRUE(writer->increment());
	EXPECT_TRUE(writer.wake(*writer));
	EXPECT_EQ(1, other.result());
	EXPECT_TRUE(reader->changed(0));
	EXPECT_TRUE(writer->set(9));
	EXPECT_FALSE(writer->set(9));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(9u, reader->load());
	EXPECT_FALSE(writer->wake());
	EXPECT_EQ(EFAULT, errno);
	EXPECT_NE(nullptr, writer.reading_address(writer.at(0)));
	EXPECT_EQ(nullptr, writer.reading_address(writer.at(0), 2));
}

TEST_HARNESS_MAIN
