// SPDX-License-Identifier: GPL-2.0-only
/*
 * libshmdev in a sandbox: two processes that do not see each other's process ids
 * use it in namespaces of their own and under a filter of system calls. The
 * filter is made from the table that libshmdev(7) shows. With any call of the
 * table missing they cannot go on, so the table has no call too many either.
 */
#include <shmdev.h>

#include "../../libshmdev/examples/sandbox.h"
#include "../../libshmdev/src/broker.h"
#include "lib_channel.h"
#include "harness.h"
#include <linux/sockios.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define ROUNDS 1000
#define DEADLINE (UINT64_C(100) * 1000 * 1000 * 1000)

/*
 * The table
 */

enum layer {
	LAYER_REGION = 1 << 0,
	LAYER_MAPPING = 1 << 1,
	LAYER_HANDLE = 1 << 2,
	LAYER_CHANNEL = 1 << 3,
	LAYER_CLIENT = 1 << 4,
	LAYER_DEVICE = 1 << 5,
	LAYER_BROKER = 1 << 6,
	LAYER_C = 1 << 7,
};

static const struct {
	uint32_t layer;
	struct sandbox_rule rule;
} table[] = {
#define SANDBOX(layer, call, command, purpose)				\
	{ LAYER_##layer, { SYS_##call, command } },
#include "../../libshmdev/sandbox.def"
};

static const uint32_t needs[][2] = {
#define SANDBOX(layer, call, command, purpose)
#define SANDBOX_NEEDS(layer, other) { LAYER_##layer, LAYER_##other },
#include "../../libshmdev/sandbox.def"
};

#define ENTRIES ARRAY_SIZE(table)
#define NO_ENTRY ENTRIES

/* With all that these need, and that those need. */
static uint32_t with_needs(uint32_t layers)
{
	uint32_t before;
	size_t i;

	do {
		before = layers;
		for (i = 0; i < ARRAY_SIZE(needs); i++)
			if (layers & needs[i][0])
				layers |= needs[i][1];
	} while (layers != before);
	return layers;
}

static bool is_same_call(size_t one, size_t other)
{
	return one < ENTRIES && other < ENTRIES &&
	       table[one].rule.call == table[other].rule.call &&
	       table[one].rule.command == table[other].rule.command;
}

static bool layers_have(uint32_t layers, size_t entry)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		if (table[i].layer & layers && is_same_call(i, entry))
			return true;
	return false;
}

/* Whoever calls what is not allowed says so and ends. */
static struct report {
	int line;
	int error;
	int call;
} *reports, *report;

static void on_forbidden_call(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	report->call = info->si_syscall;
	_exit(1);
}

/* Allow what these layers need, but for one entry, if there is such. */
static int enter_filter(uint32_t layers, size_t missing)
{
	struct sigaction action = {
		.sa_sigaction = on_forbidden_call,
		.sa_flags = SA_SIGINFO,
	};
	struct sandbox_rule rules[ENTRIES + 1];
	size_t count = 0, i, j;

	layers = with_needs(layers) | LAYER_C;
	for (i = 0; i < ENTRIES; i++) {
		if (!(table[i].layer & layers) || is_same_call(i, missing))
			continue;
		for (j = 0; j < count; j++)
			if (rules[j].call == table[i].rule.call &&
			    rules[j].command == table[i].rule.command)
				break;
		rules[j] = table[i].rule;
		count += j == count;
	}
	rules[count].call = SANDBOX_END;
	return sigaction(SIGSYS, &action, NULL) ||
	       sandbox_enter(rules, SECCOMP_RET_TRAP);
}

/*
 * What connects the two: side 0 is the broker, side 1 its client.
 */

static struct {
	int broker[2];
	int channel[2];
	int handle[2];
} connections;

static bool connect_sides(void)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

	return !socketpair(AF_UNIX, type, 0, connections.broker) &&
	       !socketpair(AF_UNIX, type, 0, connections.channel) &&
	       !socketpair(AF_UNIX, type, 0, connections.handle);
}

static void close_side(int side)
{
	close(connections.broker[side]);
	close(connections.channel[side]);
	close(connections.handle[side]);
}

/*
 * The sandbox
 */

static int be_root_inside(void)
{
	return !write_text("/proc/self/setgroups", "deny") ||
	       !write_text("/proc/self/uid_map", "0 0 1") ||
	       !write_text("/proc/self/gid_map", "0 0 1");
}

/* No file to open, none at all. */
static int hide_files(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL) || chroot("/tmp") ||
	       chdir("/");
}

struct side {
	int number;
	void (*play)(int rounds);
	uint32_t layers;
	bool has_files;
};

/* Run one side as the first process of its namespaces. Its wait status. */
static int run_inside(const struct side *side, size_t missing, int rounds)
{
	int status = -1;
	pid_t pid;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET |
		    CLONE_NEWIPC) || be_root_inside())
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getpid() != 1 || (!side->has_files && hide_files()) ||
		    enter_filter(side->layers, missing))
			_exit(2);
		side->play(rounds);
		_exit(0);
	}
	close_side(side->number);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static pid_t start_side(const struct side *side, size_t missing, int rounds)
{
	pid_t pid = fork();
	int status;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	report = &reports[side->number];
	close_side(!side->number);
	status = run_inside(side, missing, rounds);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

/*
 * What the two do
 */

#define require(condition)						\
do {									\
	if (!(condition)) {						\
		report->line = __LINE__;				\
		report->error = errno;					\
		_exit(1);						\
	}								\
} while (0)

/* Send and get back, so many times. */
static void send_often(struct shmdev_shmem *shmem, int rounds)
{
	struct shmregion_info info;
	uint8_t round;

	for (round = 0; rounds--; round++) {
		*(uint8_t *)shmdev_shmem_data(shmem) = round;
		my.shmem = shmem;
		require(send_one(my.channel, &my.shmem) == 0);
		/* It may be back already; then the owner is this process. */
		require(shmdev_region_info(shmem->region, &info) == 0);
		require(info.out_owner_pid == 0 || info.out_owner_pid == 1);
		require(info.out_owner_pid == 0 ||
			info.out_owner_member == info.out_member);
		require(receive(my.channel) == 0 && my.shmem == shmem);
		require(*(uint8_t *)shmdev_shmem_data(shmem) ==
			(uint8_t)(round + 1));
	}
}

/* The other end of that. */
static void return_often(int rounds)
{
	struct shmregion_info info;

	while (rounds--) {
		require(receive(my.channel) == 0 && my.message.count == 1);
		require(shmdev_region_info(my.shmem->region, &info) == 0);
		/* Both are the first process of their pid namespace. */
		require(info.out_owner_pid == 1);
		++*(uint8_t *)shmdev_shmem_data(my.shmem);
		require(send_one(my.channel, &my.shmem) == 0);
	}
}

static void use_unsafe(void)
{
	struct shmdev_shmem *shmem;

	shmem = shmdev_channel_alloc_unsafe(my.channel, PAGE);
	require(shmem && send_one(my.channel, &shmem) == 0);
	require(receive(my.channel) == 0 && !my.message.count);
	require(*(uint8_t *)shmdev_shmem_data(shmem) == 77);
	require(shmdev_channel_dealloc(my.channel, &shmem) == 0);
}

static void answer_unsafe(void)
{
	require(receive(my.channel) == 0 && shmdev_shmem_is_unsafe(my.shmem));
	*(uint8_t *)shmdev_shmem_data(my.shmem) = 77;
	require(shmdev_channel_send(my.channel, NULL, 0, NULL, 0) == 0);
}

/* Who can open the device, and is the broker of the other one. */
static void play_broker(int rounds)
{
	const struct shmdev_broker_policy policy = {
		.max_region_bytes = MIB(1),
		.max_bytes = MIB(1),
		.max_regions = 100,
		.flags = SHMREGION_CREATE_POPULATE | SHMREGION_CREATE_CONTROLLED,
	};
	struct shmdev_region *region;
	struct shmdev_mapping *mapping;
	struct shmdev_broker *broker;
	struct shmdev_shmem *shmem;
	int handle;

	broker = shmdev_broker_create(connections.broker[0], &policy);
	require(broker && shmdev_broker_run(broker) == 0);
	shmdev_broker_free(broker);

	handle = shmdev_handle_receive(connections.handle[0],
				       shmdev_deadline_after(DEADLINE));
	region = shmdev_region_adopt(handle, SHMDEV_ADOPT_READONLY, RIGHTS_RO,
				     PAGE, 0);
	require(region);
	mapping = shmdev_region_map(region, 0, PAGE, SHMDEV_MAP_READ);
	require(mapping && *(uint8_t *)shmdev_mapping_data(mapping) == 55);
	require(shmdev_mapping_unmap(mapping) == 0);
	shmdev_region_free(region);

	my.channel = shmdev_channel_create(connections.channel[0],
					   SHMDEV_CHANNEL_FIRST, NULL);
	require(my.channel);
	return_often(rounds);
	answer_unsafe();
	shmem = shmdev_channel_alloc(my.channel, PAGE);
	require(shmem);
	send_often(shmem, rounds);
	use_unsafe();
	shmdev_channel_close(my.channel);
}

/* Ask for a region with a controller, and do not join it. */
static void decline(void)
{
	const struct broker_question question = {
		.magic = BROKER_MAGIC,
		.request = {
			.size = PAGE,
			.mode = SHMREGION_MODE_WRITABLE,
			.flags = SHMREGION_CREATE_CONTROLLED,
		},
	};
	const struct broker_joined joined = { .magic = BROKER_JOINED };
	struct broker_answer answer;
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int fd = connections.broker[1];

	require(send_bytes(fd, &question, sizeof(question), NULL, 0) == 0);
	require(recvmsg(fd, &message, 0) == sizeof(answer) && !answer.error);
	require(send_bytes(fd, &joined, sizeof(joined), NULL, 0) == 0);
	require(recvmsg(fd, &message, 0) == sizeof(answer));
	require(answer.error == EINVAL);
}

/* What the layer of regions can do with one that the broker created. */
static void use_regions(void)
{
	struct shmdev_region *region, *reading;
	struct shmdev_mapping *mapping;

	region = shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE,
				      SHMREGION_CREATE_CONTROLLED, NULL);
	require(region);
	mapping = shmdev_region_map(region, 0, PAGE,
				    SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	require(mapping);
	*(uint8_t *)shmdev_mapping_data_writable(mapping) = 1;
	require(shmdev_region_release(region) == 0);
	require(shmdev_region_acquire(region, 0, NULL) == 0);
	require(shmdev_region_share(region) == 0);
	require(shmdev_mapping_unmap(mapping) == 0);
	require(shmdev_region_detach(region) == 0);
	shmdev_region_free(region);

	region = shmdev_region_create(PAGE, SHMREGION_MODE_WRITABLE, 0, NULL);
	require(region);
	mapping = shmdev_region_map(region, 0, PAGE,
				    SHMDEV_MAP_READ | SHMDEV_MAP_WRITE);
	require(mapping);
	*(uint8_t *)shmdev_mapping_data_writable(mapping) = 55;
	require(shmdev_region_publish(region) == 0);
	require(shmdev_region_freeze(region) == 0);
	reading = shmdev_region_duplicate(region, RIGHTS_RO);
	require(reading);
	require(shmdev_handle_send(connections.handle[1], reading,
				   shmdev_deadline_after(DEADLINE)) == 0);
	require(shmdev_mapping_unmap(mapping) == 0);
	shmdev_region_free(reading);
	shmdev_region_free(region);
}

/* Who can open nothing. */
static void play_client(int rounds)
{
	struct shmdev_broker_client *client;
	struct shmdev_shmem *shmem, *unsafe;

	decline();
	client = shmdev_broker_client_create(connections.broker[1], DEADLINE);
	require(client && shmdev_broker_client_install(client) == 0);
	use_regions();
	my.channel = shmdev_channel_create(connections.channel[1],
					   SHMDEV_CHANNEL_SECOND, NULL);
	require(my.channel);
	shmem = shmdev_channel_alloc(my.channel, PAGE);
	require(shmem);

	/* use_unsafe() needs one more. */
	unsafe = shmdev_channel_alloc_unsafe(my.channel, PAGE);
	require(unsafe);
	shmdev_hooks_set(NULL);
	shmdev_broker_client_free(client);

	send_often(shmem, rounds);
	require(send_one(my.channel, &unsafe) == 0);
	require(receive(my.channel) == 0 && !my.message.count);
	require(*(uint8_t *)shmdev_shmem_data(unsafe) == 77);
	return_often(rounds);
	answer_unsafe();
	require(receive(my.channel) < 0 && errno == EPIPE);
	shmdev_channel_close(my.channel);
}

static const struct side broker_side = {
	.number = 0,
	.play = play_broker,
	.layers = LAYER_BROKER | LAYER_CHANNEL | LAYER_HANDLE,
	.has_files = true,
};

static const struct side client_side = {
	.number = 1,
	.play = play_client,
	.layers = LAYER_CLIENT | LAYER_CHANNEL | LAYER_HANDLE,
	.has_files = false,
};

struct outcome {
	int broker;
	int client;
};

/* Both sides, of which one lacks an entry of the table. Their exit statuses. */
static struct outcome play(size_t missing, bool client_lacks, int rounds)
{
	struct outcome outcome = { -1, -1 };
	pid_t broker, client;
	int status;

	memset(reports, 0, 2 * sizeof(*reports));
	if (!connect_sides())
		return outcome;
	broker = start_side(&broker_side, client_lacks ? NO_ENTRY : missing,
			    rounds);
	client = start_side(&client_side, client_lacks ? missing : NO_ENTRY,
			    rounds);
	close_side(0);
	close_side(1);
	if (waitpid(broker, &status, 0) == broker && WIFEXITED(status))
		outcome.broker = WEXITSTATUS(status);
	if (waitpid(client, &status, 0) == client && WIFEXITED(status))
		outcome.client = WEXITSTATUS(status);
	return outcome;
}

FIXTURE(sandbox)
{
	struct outcome outcome;
};

FIXTURE_SETUP(sandbox)
{
	reports = mmap(NULL, 2 * sizeof(*reports), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, reports);
}

FIXTURE_TEARDOWN(sandbox)
{
	munmap(reports, 2 * sizeof(*reports));
}

/* rows: C80 C81 */
TEST_F(sandbox, channel_and_broker_work_with_the_documented_calls)
{
	self->outcome = play(NO_ENTRY, false, ROUNDS);
	EXPECT_EQ(0, self->outcome.broker)
		TH_LOG("broker: line %d, errno %d, call %d", reports[0].line,
		       reports[0].error, reports[0].call);
	EXPECT_EQ(0, self->outcome.client)
		TH_LOG("client: line %d, errno %d, call %d", reports[1].line,
		       reports[1].error, reports[1].call);
}

/* Which of two calls the C library takes depends on its version. */
static bool is_alternative(size_t entry)
{
	return table[entry].rule.call == SYS_newfstatat ||
	       table[entry].rule.call == SYS_fstat;
}

/* What the C library may or may not call shows nothing. */
static bool is_to_be_shown(size_t entry)
{
	return !(table[entry].layer & LAYER_C) &&
	       !layers_have(LAYER_C, entry) && !is_alternative(entry);
}

TEST_F(sandbox, no_call_of_the_table_is_superfluous)
{
	const struct side *side;
	bool client_lacks;
	size_t entry;

	for (entry = 0; entry < ENTRIES; entry++) {
		if (!is_to_be_shown(entry))
			continue;
		client_lacks = layers_have(with_needs(client_side.layers),
					   entry);
		side = client_lacks ? &client_side : &broker_side;
		ASSERT_TRUE(layers_have(with_needs(side->layers), entry));
		play(entry, client_lacks, 1);
		EXPECT_EQ((int)table[entry].rule.call,
			  reports[client_lacks].call)
			TH_LOG("entry %zu, line %d, errno %d", entry,
			       reports[client_lacks].line,
			       reports[client_lacks].error);
	}
}

TEST_HARNESS_MAIN
