// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker that time and again is stopped, or is left a hundredth of the time by
 * its cgroup, or dies so. Nobody else may wait for it longer than for anything
 * (INVARIANT_BOUND), though it owns regions, and may be in the middle of a call.
 */
#include "slow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller.h"
#include "crew.h"
#include "pulse.h"
#include "random.h"
#include "stats.h"

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP CGROUPS "/shmregion-stress"
#define QUOTA "2000 200000"

/* It is slow for longer than anybody may wait, then runs for a while. */
#define SLOW_BEATS (PULSE_BOUND + 50)
#define FAST_BEATS 20

static struct {
	unsigned int number;
	enum { FAST, STOPPED, THROTTLED, DYING, NR_STATES } state;
	unsigned long until;
	unsigned int times[NR_STATES];
	bool cgroup;
	struct dice dice;
} slow;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return done;
}

static bool join(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", crew_member(slow.number)->pid);
	return !slow.cgroup || write_text(CGROUP "/cgroup.procs", text);
}

static void throttle(bool on)
{
	if (!write_text(CGROUP "/cpu.max", on ? QUOTA : "max"))
		broken(INVARIANT_END, "cpu.max: %s", strerror(errno));
}

static void slow_down(void)
{
	struct member *member = crew_member(slow.number);

	slow.state = slow.cgroup ? STOPPED + roll(&slow.dice, 3) : STOPPED;
	slow.times[slow.state]++;
	pulse_slow(slow.number, true);
	switch (slow.state) {
	case STOPPED:
		kill(member->pid, SIGSTOP);
		break;
	case DYING:
		throttle(true);
		crew_abandon(slow.number);
		break;
	default:
		throttle(true);
	}
	slow.until = pulse_now() + SLOW_BEATS;
}

static void speed_up(void)
{
	struct member *member = crew_member(slow.number);

	switch (slow.state) {
	case STOPPED:
		kill(member->pid, SIGCONT);
		break;
	case DYING:
		throttle(false);
		controller_kill(slow.number);
		if (!join())
			broken(INVARIANT_END, "no cgroup: %s", strerror(errno));
		break;
	default:
		throttle(false);
	}
	pulse_slow(slow.number, false);
	slow.state = FAST;
	slow.until = pulse_now() + FAST_BEATS;
}

void slow_act(void)
{
	if (pulse_now() < slow.until)
		return;
	if (slow.state != FAST)
		speed_up();
	else if (crew_member(slow.number)->id)
		slow_down();
}

/* The worker has been started. */
bool slow_start(unsigned int number, uint64_t seed)
{
	slow.number = number;
	slow.dice.state = mix(~seed);
	slow.until = FAST_BEATS;
	write_text(CGROUPS "/cgroup.subtree_control", "+cpu");
	mkdir(CGROUP, 0755);
	slow.cgroup = !access(CGROUP "/cpu.max", W_OK);
	if (!slow.cgroup)
		printf("# nobody is throttled: there is no cpu controller\n");
	return join();
}

/* Before the crew ends. */
void slow_end(void)
{
	if (slow.state != FAST)
		speed_up();
	printf("# a worker was stopped %u times, throttled %u times, died so %u times\n",
	       slow.times[STOPPED], slow.times[THROTTLED], slow.times[DYING]);
}
