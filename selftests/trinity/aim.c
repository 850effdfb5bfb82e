// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aims trinity(1) at regions, as a library to preload. By itself trinity has no
 * handle, only the device, and it does not know the ioctls: of random numbers
 * none is ever right. So here regions are made before it begins, calls on files
 * get mostly handles to them, and what becomes an ioctl is one of the module's.
 * Nothing waits for ever. All else is as trinity makes it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/shmregion.h>

#define DEVICE "/dev/shmregion"
#define REGION_SIZE (3 << 20)

#define IOCTL(name, type, flags) \
	{ SHMREGION_IOC_##name, sizeof(struct type), flags }

static const struct known_ioctl {
	unsigned int command;
	uint32_t size;
	uint32_t flags;
} ioctls[] = {
	IOCTL(VERSION, shmregion_version, 0),
	IOCTL(CREATE, shmregion_create, 0),
	IOCTL(INFO, shmregion_info, 0),
	IOCTL(DUP, shmregion_dup, 0),
	IOCTL(ATTACH, shmregion_attach, 0),
	IOCTL(DETACH, shmregion_detach, 0),
	IOCTL(TRANSFER, shmregion_transfer, 0),
	IOCTL(ACQUIRE, shmregion_acquire, SHMREGION_ACQUIRE_NOWAIT),
	IOCTL(PUBLISH, shmregion_convert, 0),
	IOCTL(FREEZE, shmregion_convert, 0),
	IOCTL(SHARE, shmregion_convert, 0),
	IOCTL(RELEASE, shmregion_release, 0),
	IOCTL(LIMIT, shmregion_limit, 0),
	IOCTL(LIMIT_OTHERS, shmregion_limit_others, 0),
	IOCTL(RECLAIM, shmregion_reclaim, 0),
	IOCTL(DESTROY, shmregion_destroy, 0),
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The device first. */
static int files[16];

static long (*real_syscall(void))(long number, ...)
{
	return (long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
}

/* To a region of each mode in turn, with all rights or some, controlled or not. */
static int make_handle(int device)
{
	static const uint32_t rights[] = {
		SHMREGION_RIGHT_READ,
		SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE,
		SHMREGION_RIGHT_READ | SHMREGION_RIGHT_WRITE |
		SHMREGION_RIGHT_CONTROL,
	};
	static unsigned int made;
	/* Handles with CONTROL are not the only ones to such a region. */
	bool controlled = made >= 4;
	struct shmregion_create create = {
		.size = sizeof(create),
		.flags = controlled ? SHMREGION_CREATE_CONTROLLED : 0,
		.region_size = REGION_SIZE,
		.mode = made % 2 ? SHMREGION_MODE_WRITABLE :
				   SHMREGION_MODE_UNSAFE,
		.label = "trinity",
	};
	struct shmregion_dup dup = {
		.size = sizeof(dup),
		.rights = rights[made / 2 % 3],
	};

	made++;
	if (ioctl(device, SHMREGION_IOC_CREATE, &create) ||
	    ioctl(create.out_fd, SHMREGION_IOC_DUP, &dup))
		return -1;
	close(create.out_fd);
	return dup.out_fd;
}

/* Before trinity begins; its children inherit them. */
__attribute__((constructor))
static void open_files(void)
{
	int device = open(DEVICE, O_RDWR);
	unsigned int i;

	files[0] = device;
	for (i = 1; i < ARRAY_SIZE(files); i++)
		files[i] = make_handle(device);
}

_Static_assert(sizeof(struct shmregion_info) == 128, "the largest one");

/* A plausible structure. Without effect where nothing can be written. */
static void fill(unsigned long address, const struct known_ioctl *known)
{
	uint32_t words[32] = { known->size, known->flags };
	struct iovec local = { words, known->size };
	struct iovec remote = { (void *)address, known->size };
	unsigned int i;

	for (i = 2; i < ARRAY_SIZE(words); i++)
		if (rand() % 2)
			words[i] = rand() % 4 ? rand() % 8 : getppid();
	process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
}

/* Nothing makes a new region in place of one that was destroyed. */
static const struct known_ioctl *any_ioctl(void)
{
	const struct known_ioctl *known;

	do
		known = &ioctls[rand() % ARRAY_SIZE(ioctls)];
	while (known->command == SHMREGION_IOC_DESTROY && rand() % 32);
	return known;
}

/* Which argument is a file. */
static int file_argument(long number)
{
	switch (number) {
	case SYS_ioctl:
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_lseek:
	case SYS_ftruncate:
	case SYS_fallocate:
	case SYS_fstatfs:
		return 0;
	case SYS_mmap:
		return 4;
	default:
		return -1;
	}
}

/*
 * How trinity does its calls of 64 bits. It hardly ever chooses ioctl, so half
 * of the reads and writes become one: they have a file and an address as well,
 * and without content to read or write no region has any other use for them.
 */
long syscall(long number, ...)
{
	const struct known_ioctl *known = any_ioctl();
	unsigned long arguments[6];
	unsigned int i;
	va_list args;
	int file;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		arguments[i] = va_arg(args, unsigned long);
	va_end(args);
	if ((number == SYS_read || number == SYS_write) && rand() % 2) {
		number = SYS_ioctl;
		arguments[2] = arguments[1];
	}
	file = file_argument(number);
	if (file >= 0 && rand() % 8)
		arguments[file] = files[rand() % ARRAY_SIZE(files)];
	if (number == SYS_ioctl) {
		arguments[1] = known->command;
		fill(arguments[2], known);
	}
	return real_syscall()(number, arguments[0], arguments[1], arguments[2],
			      arguments[3], arguments[4], arguments[5]);
}
