// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of a user: every header, and templates of each, under all warnings that
 * the compiler has.
 */
#include <shmdev.hpp>

#include <utility>

#define POINT_MEMBERS(member, array)		\
	member(int32_t, x)			\
	member(int32_t, y)			\
	member(_Atomic(uint64_t), shown)
SHMDEV_STRUCT(point, POINT_MEMBERS);

static int use_memory(shmdev::writable_mapping &writer,
		      const shmdev::readonly_mapping &reader)
{
	std::byte sum{};

	for (std::byte byte : reader)
		sum ^= byte;
	for (std::byte &byte : writer)
		byte = sum;
#if __cplusplus >= 202002L
	if (std::span(writer).size() != writer.span<int>().size())
		return 1;
#endif
	return writer.object<int>() && reader.elements<float>(0, 2);
}

static int use_channel(shmdev::channel &channel)
{
	auto shmem = channel.alloc(100);
	auto answer = channel.call(nullptr, 0, &shmem, 1, nullptr, 0);

	return channel.send("", 1, std::move(shmem)) &&
	       channel.reply(answer, nullptr, 0, std::move(answer.shmems()[0]));
}

int main()
{
	auto writer = shmdev::writer<point>::create(2);
	auto reader = shmdev::reader<point>::open(writer.duplicate_region());
	auto number = shmdev::atomic_writer<int32_t>::create_from(4);
	auto made = shmdev::readonly_region::create(1);
	auto mapping = made.region.map();
	auto create = [](const shmdev::wanted_region &wanted) noexcept {
		return shmdev::region::create_at(-1, wanted.size, wanted.mode);
	};
	shmdev::scoped_hooks hooks(create);
	shmdev::channel channel;
	shmdev::seqlock<int32_t> lock;
	shmdev::version version = {};

	writer->x = reader->y;
	for (auto &point : writer)
		point.x++;
	number->store(1);
	return use_memory(made.mapping, mapping) + use_channel(channel) +
	       lock.store(3) + version.increment();
}
