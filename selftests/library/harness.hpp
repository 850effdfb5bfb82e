/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test harness for C++, with the part of kselftest_harness.h that is needed:
 * that one is C alone. Each test runs in a process of its own and has 300
 * seconds. The names mean the same, and so does the output.
 */
#ifndef SELFTESTS_HARNESS_HPP
#define SELFTESTS_HARNESS_HPP

#include <cstddef>
#include <cstdio>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

namespace harness
{

constexpr unsigned int timeout = 300;

struct test {
	const char *name;
	void (*run)();
	test *next;
	bool failed;
};

inline test *first;
inline test **last = &first;
inline test *running;

struct registration {
	explicit registration(test *added)
	{
		*last = added;
		last = &added->next;
	}
};

template <typename T>
void print(const T &value)
{
	if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
		std::printf("%lld", static_cast<long long>(value));
	else if constexpr (std::is_pointer_v<T>)
		std::printf("%p", static_cast<const volatile void *>(value));
	else
		std::printf("...");
}

/* What was compared and came out wrong. Returns false. */
template <typename Expected, typename Seen>
bool say(const char *file, int line, const char *what,
	 const Expected &expected, const Seen &seen)
{
	std::printf("# %s:%d:%s:Expected %s: ", file, line, running->name,
		    what);
	print(expected);
	std::printf(", ");
	print(seen);
	std::printf("\n");
	running->failed = true;

	return false;
}

/* Its wait status. */
inline int run_in_child(test *test)
{
	int status = -1;
	pid_t pid;

	std::fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(timeout);
		running = test;
		test->run();
		std::fflush(stdout);
		_exit(test->failed);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);

	return status;
}

inline int run_all()
{
	int number = 0, failures = 0;

	std::printf("TAP version 13\n");
	for (test *test = first; test; test = test->next) {
		std::printf("#  RUN           %s ...\n", test->name);
		int status = run_in_child(test);

		if (status && WIFSIGNALED(status))
			std::printf("# %s: signal %d\n", test->name,
				    WTERMSIG(status));
		failures += status != 0;
		std::printf("%s %d %s\n", status ? "not ok" : "ok", ++number,
			    test->name);
	}
	std::printf("1..%d\n", number);

	return failures != 0;
}

} /* namespace harness */

#define TEST(name)							\
	static void name();						\
	static harness::test test_##name = { #name, name, nullptr, false }; \
	static harness::registration registration_##name(&test_##name);	\
	static void name()

#define HARNESS_CHECK(expected, seen, op)				\
	([&](const auto &e, const auto &s) {				\
		return e op s || harness::say(__FILE__, __LINE__,	\
					      #expected " " #op " " #seen, \
					      e, s);			\
	}(expected, seen))

#define EXPECT_EQ(expected, seen)					\
	((void)HARNESS_CHECK(expected, seen, ==))
#define EXPECT_NE(expected, seen)					\
	((void)HARNESS_CHECK(expected, seen, !=))
#define EXPECT_TRUE(seen)		EXPECT_EQ(true, bool(seen))
#define EXPECT_FALSE(seen)		EXPECT_EQ(false, bool(seen))

#define HARNESS_ASSERT(expected, seen, op)				\
	do {								\
		if (!HARNESS_CHECK(expected, seen, op))			\
			return;						\
	} while (0)
#define ASSERT_EQ(expected, seen)	HARNESS_ASSERT(expected, seen, ==)
#define ASSERT_NE(expected, seen)	HARNESS_ASSERT(expected, seen, !=)
#define ASSERT_TRUE(seen)		ASSERT_EQ(true, bool(seen))

#define TEST_HARNESS_MAIN						\
	int main()							\
	{								\
		return harness::run_all();				\
	}

#endif /* SELFTESTS_HARNESS_HPP */
