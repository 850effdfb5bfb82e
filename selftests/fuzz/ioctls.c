// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: arguments by the grammar, right or wrong, in all sizes and at all
 * places. What is wrong with the arguments alone must give exactly the error
 * that comes first in the order that the uapi header promises.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "grammar.h"
#include "kinds.h"
#include "slots.h"
#include "touch.h"

/* How often a value is one that is never right, of one each. */
#define WRONG 24
/* Of an argument: the largest page. */
#define IMAGE_MAX 16384

#define CANNOT_TELL 1

enum place {
	PLACE_OWN,
	PLACE_MISALIGNED,
	PLACE_END_OF_PAGE,
	/* All after these is not where the fuzzer can judge. */
	PLACE_INTO_HOLE,
	PLACE_READ_ONLY,
	PLACE_IN_REGION,
	PLACE_UNMAPPED,
};

/**
 * struct request - one ioctl
 * @grammar: which one
 * @fd: on what
 * @kind: what that is
 * @rights: if it is a handle, its rights, or 0 if nobody can tell
 * @changes: as they were before anything was asked about the file
 * @place: where the argument is
 * @address: the same
 * @size: of the argument
 * @tail: whether what follows the structure in it is not zero
 * @image: the argument, so much of it as matters
 */
struct request {
	const struct grammar *grammar;
	int fd;
	enum file_kind kind;
	uint32_t rights;
	unsigned long changes;
	enum place place;
	uint8_t *address;
	uint32_t size;
	bool tail;
	uint8_t image[IMAGE_MAX] __attribute__((aligned(8)));
};

static void choose_file(struct request *request, struct actor *actor)
{
	struct shmregion_info info = { .size = sizeof(info) };

	request->changes = slots_changes();
	request->fd = any_slot(actor, request->grammar->on_handle ?
			       SLOT_HANDLE : SLOT_DEVICE);
	request->kind = slot_kind(request->fd);
	if (request->kind == FILE_HANDLE &&
	    !ioctl(request->fd, SHMREGION_IOC_INFO, &info))
		request->rights = info.out_rights;
}

static void choose_size(struct request *request, struct random *random)
{
	const uint32_t size = request->grammar->size;
	const uint32_t sizes[] = {
		0, 4, 7, size - 1, size + 1, size + 8, 2 * size, PAGE_BYTES,
		PAGE_BYTES, PAGE_BYTES + 1, INT32_MAX, UINT32_MAX,
	};

	request->size = one_in(random, 6) ? RANDOM_OF(random, sizes) : size;
	request->tail = one_in(random, 3);
}

static uint64_t wrong_value(struct random *random)
{
	const uint64_t values[] = {
		1, 0x80, INT32_MAX, 1ULL << 31, UINT32_MAX, 1ULL << 32,
		INT64_MAX - PAGE_BYTES, INT64_MAX - PAGE_BYTES + 1, INT64_MAX,
		1ULL << 63, UINT64_MAX,
	};

	return one_in(random, 3) ? random_next(random) :
				   RANDOM_OF(random, values);
}

static uint64_t right_value(enum value value, struct actor *actor)
{
	const uint64_t bytes[] = {
		1, PAGE_BYTES, PAGE_BYTES + 1, 3 * PAGE_BYTES, 64 << 10,
		2 << 20, (2 << 20) + PAGE_BYTES,
		4 << 20, 7 << 20, 16 << 20, 40 << 20, 1ULL << 40,
	};
	static const uint32_t rights[] = {
		RIGHT_R, RIGHT_R | RIGHT_W, RIGHT_R | RIGHT_C,
		RIGHT_R | RIGHT_W | RIGHT_C, RIGHT_W,
	};
	static const uint32_t limits[] = {
		0, RIGHT_R, RIGHT_R | RIGHT_W, RIGHT_R | RIGHT_W,
	};
	struct random *random = &actor->random;

	switch (value) {
	case VALUE_BYTES:
		return RANDOM_OF(random, bytes);
	case VALUE_MODE:
		return 1 + 2 * random_below(random, 2);
	case VALUE_RIGHTS:
		return RANDOM_OF(random, rights);
	case VALUE_ID:
		/* Low numbers are members: what they are is the next value. */
		return one_in(random, 2) ? (uint64_t)any_process(actor) :
					   1 + random_below(random, 6);
	case VALUE_BY:
		return 1 + random_below(random, 2);
	case VALUE_DEADLINE:
		return one_in(random, 8) ? 1 : one_in(random, 2) ?
		       soon_ns(actor) : 0;
	case VALUE_LIMIT:
		return RANDOM_OF(random, limits);
	default:
		return 0;
	}
}

static void fill_field(struct request *request, const struct field *field,
		       struct actor *actor)
{
	struct random *random = &actor->random;
	bool wrong = field->value == VALUE_OUT || one_in(random, WRONG);
	uint64_t value = wrong ? wrong_value(random) :
				 right_value(field->value, actor);
	uint8_t *member = request->image + field->offset;
	unsigned int i;

	for (i = 0; i < field->size; i += sizeof(value)) {
		size_t rest = field->size - i;

		memcpy(member + i, &value,
		       rest < sizeof(value) ? rest : sizeof(value));
		if (wrong)
			value = wrong_value(random);
	}
	/* Any printable text. */
	if (field->value == VALUE_LABEL && !wrong)
		memset(member, 0x20 + random_below(random, 0x5f),
		       random_below(random, field->size));
}

static bool waits(const struct request *request)
{
	const struct grammar *grammar = request->grammar;
	uint32_t flags;

	memcpy(&flags, request->image + sizeof(uint32_t), sizeof(flags));
	return grammar->wait_flags &&
	       (flags & grammar->wait_flags) == grammar->waits;
}

/* Nobody but who may be killed waits for ever, and that not often. */
static void bound_wait(struct request *request, struct actor *actor)
{
	const struct field *field = request->grammar->fields;
	uint64_t soon = soon_ns(actor), deadline;

	if (!waits(request) ||
	    (may_wait_for_ever(actor) && one_in(&actor->random, 4)))
		return;
	while (field->value != VALUE_DEADLINE)
		field++;
	memcpy(&deadline, request->image + field->offset, sizeof(deadline));
	if (!deadline || deadline > soon)
		memcpy(request->image + field->offset, &soon, sizeof(soon));
}

static void fill(struct request *request, struct actor *actor)
{
	const struct grammar *grammar = request->grammar;
	struct random *random = &actor->random;
	const struct field *field = grammar->fields;
	uint32_t flags;

	if (request->tail)
		memset(request->image, 0x5a, PAGE_BYTES);
	flags = random_next(random) & grammar->flags;
	if (one_in(random, WRONG))
		flags |= 1U << random_below(random, 32);
	memcpy(request->image, &request->size, sizeof(request->size));
	memcpy(request->image + sizeof(uint32_t), &flags, sizeof(flags));
	while (field < grammar->fields + FIELDS_MAX && field->name)
		fill_field(request, field++, actor);
	bound_wait(request, actor);
}

/* So much of it as there is where a call could look. */
static size_t image_size(const struct request *request)
{
	return request->size < PAGE_BYTES ? request->size : PAGE_BYTES;
}

/* Some of which is there in any case. */
static size_t stored_size(const struct request *request)
{
	size_t size = image_size(request);

	return size < sizeof(uint32_t) ? sizeof(uint32_t) : size;
}

static void choose_place(struct request *request, struct actor *actor)
{
	uint8_t *const unmapped[] = {
		NULL, (uint8_t *)1, actor->buffer + BUFFER_HOLE,
		(uint8_t *)(UINTPTR_MAX - 3), (uint8_t *)(1ULL << 47),
		(uint8_t *)0xffff888000000000,
	};
	struct random *random = &actor->random;

	if (one_in(random, 4))
		request->place = random_below(random, PLACE_UNMAPPED + 1);
	/* Others could change the deadline there. */
	if (request->place == PLACE_IN_REGION && !may_wait_for_ever(actor))
		request->place = PLACE_OWN;

	switch (request->place) {
	case PLACE_OWN:
		request->address = actor->buffer;
		break;
	case PLACE_MISALIGNED:
		request->address = actor->buffer + 1 + random_below(random, 7);
		break;
	case PLACE_END_OF_PAGE:
		request->address = actor->buffer + BUFFER_SIZE -
				   stored_size(request);
		break;
	case PLACE_INTO_HOLE:
		request->address = actor->buffer + BUFFER_SIZE - 1 -
				   random_below(random, request->grammar->size);
		break;
	case PLACE_READ_ONLY:
		request->address = actor->buffer + BUFFER_READ_ONLY;
		break;
	case PLACE_IN_REGION:
		request->address = any_address(actor);
		break;
	case PLACE_UNMAPPED:
		request->address = RANDOM_OF(random, unmapped);
		break;
	}
}

static void store(const struct request *request, const struct actor *actor)
{
	size_t size = image_size(request), i;

	switch (request->place) {
	case PLACE_OWN:
	case PLACE_MISALIGNED:
	case PLACE_END_OF_PAGE:
		memcpy(request->address, request->image, stored_size(request));
		break;
	case PLACE_INTO_HOLE:
		i = actor->buffer + BUFFER_SIZE - request->address;
		memcpy(request->address, request->image, size < i ? size : i);
		break;
	case PLACE_READ_ONLY:
		mprotect(request->address, PAGE_BYTES, PROT_READ | PROT_WRITE);
		memcpy(request->address, request->image, size);
		mprotect(request->address, PAGE_BYTES, PROT_READ);
		break;
	case PLACE_IN_REGION:
		if (size > request->grammar->size)
			size = request->grammar->size;
		for (i = 0; i < size; i++)
			if (try_store(actor, request->address + i,
				      request->image[i]))
				break;
		break;
	case PLACE_UNMAPPED:
		break;
	}
}

static int wrong_argument(const struct request *request)
{
	const struct grammar *grammar = request->grammar;
	const struct field *field = grammar->fields;
	static const uint8_t zero[IMAGE_MAX];
	uint32_t flags;

	memcpy(&flags, request->image + sizeof(uint32_t), sizeof(flags));
	if (request->size < grammar->size)
		return -EINVAL;
	if (request->size > PAGE_BYTES ||
	    (request->tail && request->size > grammar->size))
		return -E2BIG;
	if (flags & ~grammar->flags)
		return -EOPNOTSUPP;
	for (; field < grammar->fields + FIELDS_MAX && field->name; field++)
		if (field->value == VALUE_RESERVED &&
		    memcmp(request->image + field->offset, zero, field->size))
			return -EOPNOTSUPP;
	return grammar->check ? grammar->check(request->image) : 0;
}

/* Minus the error that the rights have, 0, or CANNOT_TELL. */
static int lacking_right(const struct request *request)
{
	const struct shmregion_dup *dup = (const void *)request->image;
	uint32_t lacking = request->grammar->rights & ~request->rights;

	if (!request->rights)
		return CANNOT_TELL;
	if (lacking & RIGHT_C)
		return -EPERM;
	if (lacking & RIGHT_W)
		return -EACCES;
	return request->grammar == &grammar_dup &&
	       dup->rights & ~request->rights ? -EACCES : 0;
}

/* Minus the error that the call must have, 0 if there is none, or CANNOT_TELL. */
static int predict(const struct request *request)
{
	const struct grammar *grammar = request->grammar;
	int error;

	if (request->kind == FILE_UNKNOWN ||
	    !slots_unchanged(request->changes))
		return CANNOT_TELL;
	if (request->kind == FILE_NONE)
		return -EBADF;
	if (request->kind == FILE_HANDLE ? !grammar->on_handle :
					   !grammar->on_device)
		return -ENOTTY;
	if (request->place == PLACE_UNMAPPED)
		return -EFAULT;
	if (request->place >= PLACE_INTO_HOLE)
		return CANNOT_TELL;
	error = wrong_argument(request);
	if (error || request->kind == FILE_DEVICE)
		return error;
	return lacking_right(request);
}

/* With nothing wrong with the arguments, what may still be. */
static bool is_state_error(const struct request *request, int error)
{
	const int *allowed;

	switch (error) {
	case EAGAIN:
		if (waits(request))
			return false;
		break;
	case ETIMEDOUT:
	case EINTR:
	case ECANCELED:
		if (!waits(request))
			return false;
	}
	for (allowed = request->grammar->errors; *allowed; allowed++)
		if (*allowed == error)
			return true;
	return false;
}

static bool is_argument_error(int error)
{
	static const int errors[] = {
		EBADF, ENOTTY, EFAULT, EINVAL, E2BIG, EOPNOTSUPP, EOVERFLOW,
		EPERM, EACCES,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i] == error)
			return true;
	return false;
}

static void describe(const struct request *request, char *text, size_t size)
{
	const struct field *field = request->grammar->fields;
	size_t at;

	at = snprintf(text, size, "fd %d, %p: size %#x%s, flags %#x",
		      request->fd, request->address, request->size,
		      request->tail ? " and more" : "",
		      ((const uint32_t *)request->image)[1]);
	for (; field < request->grammar->fields + FIELDS_MAX && field->name;
	     field++) {
		uint64_t value = 0;

		if (field->value == VALUE_OUT)
			continue;
		memcpy(&value, request->image + field->offset,
		       field->size < 8 ? field->size : 8);
		at += snprintf(text + at, size - at, ", %s %#llx", field->name,
			       (unsigned long long)value);
	}
}

static void judge(const struct request *request, struct actor *actor, int ret)
{
	int error = ret ? errno : 0, wanted = predict(request);
	char text[256];

	describe(request, text, sizeof(text));
	errno = error;
	if (wanted < 0)
		actor_tell(actor, ret, ERRORS(MUST_FAIL, -wanted),
			   "(%s), which must be %s,", text,
			   strerrorname_np(-wanted));
	else if (error && (is_state_error(request, error) ||
			   (wanted == CANNOT_TELL && is_argument_error(error))))
		actor_tell(actor, ret, ERRORS(error), "(%s)", text);
	else
		actor_tell(actor, ret, ERRORS(0), "(%s)", text);
}

static bool is_answer(const struct grammar *grammar, size_t offset)
{
	const struct field *field = grammar->fields;

	for (; field < grammar->fields + FIELDS_MAX && field->name; field++)
		if (field->value == VALUE_OUT && offset >= field->offset &&
		    offset < field->offset + field->size)
			return true;
	return false;
}

/* What is no answer is as it was. */
static void check_unchanged(const struct request *request,
			    const struct actor *actor)
{
	size_t size = image_size(request), i;

	if (request->place > PLACE_END_OF_PAGE)
		return;
	for (i = 0; i < size; i++)
		if (request->address[i] != request->image[i] &&
		    !is_answer(request->grammar, i))
			violation(actor, "byte %zu of the argument changed", i);
}

static void keep_answer(const struct request *request, struct actor *actor)
{
	const struct field *field = request->grammar->fields;
	int fd;

	if (request->place > PLACE_END_OF_PAGE)
		return;
	for (; field < request->grammar->fields + FIELDS_MAX && field->name;
	     field++)
		if (!strcmp(field->name, "out_fd")) {
			memcpy(&fd, request->address + field->offset,
			       sizeof(fd));
			slot_keep(actor, SLOT_HANDLE, fd);
		}
}

static void call_ioctl(struct actor *actor, const struct grammar *grammar)
{
	struct request request = { .grammar = grammar };
	bool makes_file = grammar == &grammar_create ||
			  grammar == &grammar_dup;
	int ret;

	choose_size(&request, &actor->random);
	fill(&request, actor);
	choose_place(&request, actor);
	store(&request, actor);
	choose_file(&request, actor);
	if (makes_file) {
		slots_begin_change();
		ret = ioctl(request.fd, grammar->command, request.address);
		slots_end_change();
	} else {
		ret = ioctl(request.fd, grammar->command, request.address);
	}
	judge(&request, actor, ret);
	check_unchanged(&request, actor);
	if (!ret)
		keep_answer(&request, actor);
}

#define CALL_IOCTL(name)						\
	void call_##name(struct actor *actor)				\
	{								\
		call_ioctl(actor, &grammar_##name);			\
	}

CALL_IOCTL(version)
CALL_IOCTL(create)
CALL_IOCTL(info)
CALL_IOCTL(dup)
CALL_IOCTL(attach)
CALL_IOCTL(detach)
CALL_IOCTL(transfer)
CALL_IOCTL(acquire)
CALL_IOCTL(publish)
CALL_IOCTL(freeze)
CALL_IOCTL(share)
CALL_IOCTL(release)
CALL_IOCTL(limit)
CALL_IOCTL(limit_others)
CALL_IOCTL(reclaim)
CALL_IOCTL(destroy)

/* A number that no file here knows: it is not looked further. */
void call_unknown(struct actor *actor)
{
	static const unsigned int commands[] = {
		_IO(SHMREGION_IOC_TYPE, 0x02), _IO(SHMREGION_IOC_TYPE, 0x0f),
		_IO(SHMREGION_IOC_TYPE, 0x1a), _IO(SHMREGION_IOC_TYPE, 0x24),
		_IO(SHMREGION_IOC_TYPE, 0xff),
		_IOW(SHMREGION_IOC_TYPE, 0x01, struct shmregion_create),
		_IOWR(SHMREGION_IOC_TYPE, 0x10, struct shmregion_info),
	};
	unsigned int command = RANDOM_OF(&actor->random, commands);
	int fd = any_slot(actor, SLOT_HANDLE);

	actor_tell(actor, ioctl(fd, command, actor->buffer),
		   ERRORS(MUST_FAIL, ENOTTY, EBADF), "(fd %d, %#x)", fd,
		   command);
}
