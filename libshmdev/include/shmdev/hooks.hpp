/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Hooks: creation of regions by somebody else, as <shmdev/hooks.h> says. An object
 * is what creates them::
 *
 *	auto create = [&](const shmdev::wanted_region &wanted) noexcept {
 *		return client.request(wanted.size, wanted.mode, wanted.flags,
 *				      wanted.label);
 *	};
 *	shmdev::scoped_hooks hooks(create);
 */
#ifndef SHMDEV_HOOKS_HPP
#define SHMDEV_HOOKS_HPP

#include <shmdev/cxx.hpp>
#ifndef SHMDEV_CXX_IS_TOO_OLD

#include <cstdint>
#include <type_traits>
#include <utility>

#include <shmdev/hooks.h>
#include <shmdev/region.hpp>

namespace shmdev
{

/**
 * struct wanted_region - what the create function of struct shmdev_hooks is given
 * @size: its argument of this name
 * @mode: its argument of this name
 * @wanted: its argument of this name
 * @flags: its argument of this name
 * @label: its argument of this name; may be nullptr
 *
 * Since: 0.1
 */
struct wanted_region {
	std::uint64_t size;
	std::uint32_t mode;
	std::uint32_t wanted;
	std::uint32_t flags;
	const char *label;
};

/* shmdev_hooks_set() */
inline void hooks_set(const shmdev_hooks *hooks) noexcept
{
	shmdev_hooks_set(hooks);
}

/* shmdev_hooks_get() */
inline shmdev_hooks hooks_get() noexcept
{
	shmdev_hooks hooks = {};

	shmdev_hooks_get(&hooks);
	return hooks;
}

/**
 * class scoped_hooks - hooks of this process as long as the object lives
 *
 * Then those that were set before are set again.
 *
 * Since: 0.1
 */
class scoped_hooks {
public:
	/* The hooks of C; their context must live as long as this object. */
	explicit scoped_hooks(const shmdev_hooks &hooks) noexcept
	{
		shmdev_hooks_set(&hooks);
	}

	/*
	 * Called with a wanted_region it returns a region, or an empty one and
	 * sets errno. It must live as long as this object.
	 */
	template <typename Create,
		  std::enable_if_t<std::is_nothrow_invocable_r_v<
			  region, Create &, const wanted_region &>, int> = 0>
	explicit scoped_hooks(Create &create) noexcept
	{
		shmdev_hooks hooks = {};

		hooks.create = call<Create>;
		hooks.context = &create;
		shmdev_hooks_set(&hooks);
	}

	scoped_hooks(const scoped_hooks &) = delete;
	scoped_hooks &operator=(const scoped_hooks &) = delete;

	~scoped_hooks() { shmdev_hooks_set(&before_); }

private:
	template <typename Create>
	static shmdev_region *call(void *context, std::uint64_t size,
				   std::uint32_t mode, std::uint32_t wanted,
				   std::uint32_t flags,
				   const char *label) noexcept
	{
		Create &create = *static_cast<Create *>(context);
		region made = create(wanted_region{ size, mode, wanted, flags,
						    label });

		return std::move(made).take();
	}

	shmdev_hooks before_ = hooks_get();
};

} /* namespace shmdev */

#endif /* !SHMDEV_CXX_IS_TOO_OLD */

#endif /* SHMDEV_HOOKS_HPP */
