// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls on mappings, and all ways to touch memory. There is nothing but regions
 * in the places of the arena, so what no mapping of a region may do must fail.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <linux/shmregion.h>

#include "kinds.h"
#include "slots.h"
#include "touch.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

#define PAGES(n) ((size_t)(n) * PAGE_BYTES)

static size_t page_up(size_t size)
{
	return (size + PAGE_BYTES - 1) & ~((size_t)PAGE_BYTES - 1);
}

/* A part of a place, mostly all that was mapped there. */
static uint8_t *any_range(struct actor *actor, size_t *length)
{
	struct random *random = &actor->random;
	unsigned int place = any_place(actor);
	size_t size = page_up(world.lengths[place]), offset = 0;

	if (size && one_in(random, 2))
		offset = PAGES(random_below(random, size / PAGE_BYTES));
	*length = size - offset;
	if (one_in(random, 3))
		*length = PAGES(random_below(random, 4));
	if (one_in(random, 12))
		*length += 1 + random_below(random, PAGES(2));
	if (*length > PLACE_SIZE - offset)
		*length = PLACE_SIZE - offset;
	return place_address(place) + offset;
}

static int any_protection(struct random *random)
{
	static const int protections[] = {
		PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_NONE, PROT_WRITE,
	};

	if (one_in(random, 12))
		return PROT_EXEC | random_below(random, 4);
	return RANDOM_OF(random, protections);
}

static size_t region_size(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) ? PAGE_BYTES : page_up(stat.st_size);
}

/* Some of these are wrong; returns if none can be right. */
static bool any_map_flags(struct random *random, int *flags)
{
	static const int more[] = {
		MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE,
		MAP_POPULATE | MAP_NONBLOCK,
	};

	*flags = one_in(random, 8) ? MAP_SHARED_VALIDATE : MAP_SHARED;
	if (one_in(random, 5))
		*flags |= RANDOM_OF(random, more);
	if (!one_in(random, 16))
		return false;
	*flags = MAP_PRIVATE;
	return true;
}

static off_t any_offset(struct random *random, size_t size)
{
	const off_t wrong[] = {
		1, 2048, (off_t)1 << 40, INT64_MAX - PAGE_BYTES + 1,
		-(off_t)PAGE_BYTES,
	};

	if (one_in(random, 16))
		return RANDOM_OF(random, wrong);
	return one_in(random, 3) ?
	       PAGES(random_below(random, size / PAGE_BYTES + 1)) : 0;
}

/* What INFO says of a handle, if it is one and its region lives. */
static bool ask(int fd, struct shmregion_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return !ioctl(fd, SHMREGION_IOC_INFO, info);
}

/*
 * What one who is not attached has mapped: nothing of it may ever be taken away.
 * What is asked after mmap() cannot be undone, so it was no less then; but only
 * the peer is alone in its process, where nobody else attaches or detaches.
 */
static void check_consent(const struct actor *actor, int fd, int protection,
			  const struct shmregion_info *before)
{
	struct shmregion_info after;
	bool open_to_all;

	if (actor->index != ACTOR_PEER || !before->out_mode ||
	    before->out_member || !ask(fd, &after))
		return;
	open_to_all = after.out_mode == SHMREGION_MODE_UNSAFE ||
		      (after.out_mode == SHMREGION_MODE_READONLY &&
		       !(protection & PROT_WRITE));
	if (after.out_member)
		violation(actor, "mmap() attached the process");
	if (after.out_state & SHMREGION_STATE_CONTROLLED ||
	    !(after.out_state & SHMREGION_STATE_ALLOCATED) || !open_to_all)
		violation(actor,
			  "mapped without consent: mode %u, state %#x, protection %#x",
			  after.out_mode, after.out_state, protection);
}

void call_mmap(struct actor *actor)
{
	struct random *random = &actor->random;
	int fd = any_slot(actor, SLOT_HANDLE), flags;
	int protection = any_protection(random);
	size_t size = region_size(fd), length;
	off_t offset = any_offset(random, size);
	bool wrong = any_map_flags(random, &flags);
	unsigned int place = any_place(actor);
	uint8_t *wanted = place_address(place), *memory;
	struct shmregion_info info;

	length = offset > 0 && offset < (off_t)size ? size - offset : size;
	if (one_in(random, 4))
		length = random_below(random, size + PAGES(1));
	if (length > PLACE_SIZE)
		length = PLACE_SIZE;

	/* Where it likes, and then to its place. */
	if (one_in(random, 4))
		wanted = NULL;
	else
		flags |= one_in(random, 8) ? MAP_FIXED_NOREPLACE : MAP_FIXED;
	ask(fd, &info);
	memory = mmap(wanted, length, protection, flags, fd, offset);
	wrong |= !length || protection & PROT_EXEC || offset % PAGE_BYTES;
	actor_tell(actor, memory == MAP_FAILED ? -1 : 0,
		   ERRORS(wrong ? MUST_FAIL : EINVAL, EINVAL, EOVERFLOW, EACCES,
			  EPERM, ENODEV, ENOMEM, EBADF, EAGAIN, EEXIST,
			  EOPNOTSUPP),
		   "(%p, %#zx, %#x, %#x, fd %d, %#llx)", wanted, length,
		   protection, flags, fd, (unsigned long long)offset);
	if (memory == MAP_FAILED)
		return;
	check_consent(actor, fd, protection, &info);
	if (!wanted &&
	    mremap(memory, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
		   place_address(place)) == MAP_FAILED) {
		munmap(memory, length);
		return;
	}
	world.lengths[place] = length;
}

void call_munmap(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);

	actor_tell(actor, munmap(memory, length),
		   ERRORS(EINVAL, ENOMEM, EPERM), "(%p, %#zx)", memory, length);
}

void call_mremap(struct actor *actor)
{
	struct random *random = &actor->random;
	size_t old_length, new_length;
	uint8_t *memory = any_range(actor, &old_length);
	unsigned int place = any_place(actor);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	bool wrong;
	void *ret;

	new_length = old_length;
	if (one_in(random, 3))
		new_length = PAGES(random_below(random, 8));
	if (one_in(random, 8))
		old_length = 0;
	if (one_in(random, 8))
		flags |= MREMAP_DONTUNMAP;
	else if (one_in(random, 3))
		flags = 0;
	wrong = flags & MREMAP_DONTUNMAP ||
		page_up(new_length) > page_up(old_length);
	ret = mremap(memory, old_length, new_length, flags,
		     place_address(place));
	actor_tell(actor, ret == MAP_FAILED ? -1 : 0,
		   ERRORS(wrong ? MUST_FAIL : EINVAL, EINVAL, EFAULT, ENOMEM,
			  EAGAIN, EPERM),
		   "(%p, %#zx, %#zx, %#x, %p)", memory, old_length, new_length,
		   flags, place_address(place));
	if (ret != MAP_FAILED && flags & MREMAP_FIXED)
		world.lengths[place] = new_length;
}

void call_mprotect(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);
	int protection = any_protection(&actor->random);
	bool wrong = protection & PROT_EXEC && length;

	actor_tell(actor, mprotect(memory, length, protection),
		   ERRORS(wrong ? MUST_FAIL : EINVAL, EINVAL, EACCES, ENOMEM,
			  EPERM),
		   "(%p, %#zx, %#x)", memory, length, protection);
}

void call_madvise(struct actor *actor)
{
	/* Not those that poison memory. */
	static const int advices[] = {
		MADV_NORMAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
		MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
		MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK,
		MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, 24 /* DONTNEED_LOCKED */,
		25 /* COLLAPSE */, 12345,
	};
	int advice = RANDOM_OF(&actor->random, advices);
	size_t length;
	uint8_t *memory = any_range(actor, &length);

	actor_tell(actor, madvise(memory, length, advice),
		   ERRORS(EINVAL, ENOMEM, EBADF, EACCES, EPERM, EFAULT, EIO,
			  EBUSY, EAGAIN, EOPNOTSUPP, ENODEV, EINTR),
		   "(%p, %#zx, %d)", memory, length, advice);
}

void call_mlock(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);
	unsigned int way = random_below(&actor->random, 3);
	int ret;

	switch (way) {
	case 0:
		ret = mlock(memory, length);
		break;
	case 1:
		ret = mlock2(memory, length, MLOCK_ONFAULT);
		break;
	default:
		ret = munlock(memory, length);
	}
	actor_tell(actor, ret, ERRORS(ENOMEM, EAGAIN, EPERM, EINVAL),
		   "(%p, %#zx), way %u,", memory, length, way);
}

void call_msync(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);
	int flags = random_below(&actor->random, 8);

	actor_tell(actor, msync(memory, length, flags),
		   ERRORS(EINVAL, ENOMEM, EBUSY, EIO), "(%p, %#zx, %#x)",
		   memory, length, flags);
}

void call_mincore(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);

	actor_tell(actor, mincore(memory, length, actor->buffer),
		   ERRORS(ENOMEM, EAGAIN, EINVAL), "(%p, %#zx)", memory, length);
}

void call_remap_file_pages(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);
	size_t page = random_below(&actor->random, 4);

	/* It works as mmap() does. */
	actor_tell(actor, remap_file_pages(memory, length, 0, page, 0),
		   ERRORS(EINVAL, EOVERFLOW, EACCES, EPERM, ENODEV, ENOMEM,
			  EAGAIN),
		   "(%p, %#zx, %zu)", memory, length, page);
}

void call_mseal(struct actor *actor)
{
	size_t length;
	uint8_t *memory = any_range(actor, &length);

	actor_tell(actor, syscall(SYS_mseal, memory, length, 0),
		   ERRORS(ENOSYS, EINVAL, ENOMEM, EPERM), "(%p, %#zx)", memory,
		   length);
}

void call_touch(struct actor *actor)
{
	unsigned int times = 1 + random_below(&actor->random, 8);

	while (times--) {
		uint8_t *address = any_address(actor);
		bool store = one_in(&actor->random, 2);
		int signal = store ? try_store(actor, address, times) :
				     try_load(actor, address);

		actor_tell(actor, signal ? -1 : 0, NULL, "(%s at %p)",
			   store ? "store" : "load", address);
	}
}

/* System calls that copy. */
void call_copy_by_kernel(struct actor *actor)
{
	uint8_t *address = any_address(actor);
	size_t length = random_below(&actor->random, PAGES(4));
	unsigned int way = random_below(&actor->random, 5);
	int fd = world.slots[SLOT_OTHER + way % 2];
	long ret;

	switch (way) {
	case 0:
		ret = read(fd, address, length);
		break;
	case 1:
		ret = write(fd, address, length);
		break;
	case 2:
		ret = getrandom(address, length, GRND_NONBLOCK);
		break;
	case 3:
		ret = access((char *)address, F_OK);
		break;
	default:
		ret = syscall(SYS_getcpu, address, NULL, NULL);
	}
	actor_tell(actor, ret,
		   ERRORS(EFAULT, EAGAIN, EBADF, EINVAL, EPIPE, ENOENT,
			  ENAMETOOLONG, ENOTDIR, EACCES, EINTR),
		   "(%p, %#zx), way %u,", address, length, way);
}

void call_vmsplice(struct actor *actor)
{
	uint8_t *address = any_address(actor);
	int fd = any_slot(actor, SLOT_OTHER);
	struct iovec iov = {
		.iov_base = address,
		.iov_len = random_below(&actor->random, PAGES(4)),
	};

	actor_tell(actor, vmsplice(fd, &iov, 1, SPLICE_F_NONBLOCK |
				   (one_in(&actor->random, 2) ? SPLICE_F_GIFT :
				    0)),
		   ERRORS(EFAULT, EAGAIN, EBADF, EINVAL, EPIPE, ENOMEM, EINTR),
		   "(fd %d, %p, %#zx)", fd, address, iov.iov_len);
}

void call_process_vm(struct actor *actor)
{
	struct random *random = &actor->random;
	pid_t pid = any_process(actor);
	struct iovec remote = {
		.iov_base = any_address(actor),
		.iov_len = random_below(random, PAGES(2)),
	};
	struct iovec local = {
		.iov_base = one_in(random, 2) ? actor->buffer :
						any_address(actor),
		.iov_len = remote.iov_len,
	};
	bool store = one_in(random, 2);

	actor_tell(actor,
		   store ? process_vm_writev(pid, &local, 1, &remote, 1, 0) :
			   process_vm_readv(pid, &local, 1, &remote, 1, 0),
		   ERRORS(EFAULT, EPERM, ESRCH, EINVAL, ENOMEM, EINTR),
		   "(%s, pid %d, %p, %#zx)", store ? "store" : "load", pid,
		   remote.iov_base, remote.iov_len);
}

void call_proc_mem(struct actor *actor)
{
	pid_t pid = report->tids[random_below(&actor->random, NR_ACTORS)];
	off_t at = (off_t)(uintptr_t)any_address(actor);
	size_t length = random_below(&actor->random, PAGES(2));
	bool store = one_in(&actor->random, 2);
	char path[32];
	long ret = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	slots_begin_change();
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		ret = store ? pwrite(fd, actor->buffer, length, at) :
			      pread(fd, actor->buffer, length, at);
		close(fd);
	}
	slots_end_change();
	actor_tell(actor, ret,
		   ERRORS(EIO, EFAULT, ENOENT, ESRCH, EACCES, EPERM, EMFILE,
			  ENFILE, EINTR, ENOMEM, FILE_WAS_REPLACED),
		   "(%s, %s, %#llx, %#zx)", path, store ? "store" : "load",
		   (unsigned long long)at, length);
}

void call_futex(struct actor *actor)
{
	static const int operations[] = {
		FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE,
	};
	const struct timespec moment = { .tv_nsec = 500000 };
	uintptr_t address = (uintptr_t)any_address(actor) & ~3UL;
	int operation = RANDOM_OF(&actor->random, operations);

	actor_tell(actor, syscall(SYS_futex, address, operation, 0, &moment),
		   ERRORS(EFAULT, EAGAIN, ETIMEDOUT, EINTR, ENOMEM),
		   "(%#lx, %d)", address, operation);
}
