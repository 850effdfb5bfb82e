/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests in C++ share: other processes, and whether memory can be
 * touched. (Those in C have helpers.h.)
 */
#ifndef SELFTESTS_HELPERS_HPP
#define SELFTESTS_HELPERS_HPP

#include <climits>
#include <csignal>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Another process, a fork of the test, that runs a function. */
class child {
public:
	template <typename F>
	explicit child(F run) : pid_(fork())
	{
		if (pid_ == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(run());
		}
	}

	child(const child &) = delete;
	child &operator=(const child &) = delete;
	~child() { result(); }

	pid_t pid() const { return pid_; }

	/* What the function returned, 0 to 255; minus the signal. */
	int result()
	{
		int status = 0;

		if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_)
			return INT_MIN;
		pid_ = -1;

		return WIFSIGNALED(status) ? -WTERMSIG(status) :
					     WEXITSTATUS(status);
	}

private:
	pid_t pid_;
};

/* Whether the kernel finds one byte accessible. */
class pipe_probe {
public:
	pipe_probe() { ready_ = pipe(fds_) == 0; }

	~pipe_probe()
	{
		close(fds_[0]);
		close(fds_[1]);
	}

	bool reads(const void *memory)
	{
		return ready_ && write(fds_[1], memory, 1) == 1;
	}

	bool writes(const void *memory)
	{
		return ready_ && write(fds_[1], "w", 1) == 1 &&
		       read(fds_[0], const_cast<void *>(memory), 1) == 1;
	}

private:
	bool ready_;
	int fds_[2];
};

inline bool can_read(const void *memory)
{
	return memory && pipe_probe().reads(memory);
}

inline bool can_write(const void *memory)
{
	return memory && pipe_probe().writes(memory);
}

#endif /* SELFTESTS_HELPERS_HPP */
