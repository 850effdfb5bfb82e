/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Channels: messages that carry regions between two processes.
 *
 * A channel is one end of a Unix socket of type SOCK_SEQPACKET. Either side
 * allocates regions, called shmems here; both sides map each once. A shmem is
 * *here* or *there*. The side that has it reads, writes, sends or deallocates
 * it. The kernel keeps the other side from touching it. Sending moves the
 * shmem: the sender's access is gone before the message is on its way. The
 * object stays in the channel with its mapping and its handle, so that a shmem
 * that comes back costs neither anew, and has the same address.
 *
 * An unsafe shmem has no owner: both sides have access for as long as they have
 * the object. Either side can send it, and keeps it. The side that allocated it
 * frees it for both; until the other side knows, it can be sent back all the same.
 * Then the message has NULL in the place of the shmem.
 *
 * BLOCKING
 *
 * Only functions with a deadline block. Where others would, they fail with
 * EAGAIN. Poll shmdev_channel_fd(). First receive until EAGAIN: a call may have
 * read messages that are not its answer. A thread that has nothing else to do
 * waits in shmdev_channel_receive_wait().
 *
 * HOSTILE PEERS
 *
 * A channel believes nothing that the peer says. A message that breaks a rule
 * fails with EPROTO. It changes nothing here, and no part of it is delivered,
 * but the channel is *broken* then: this side and the peer no longer agree on
 * who has what. Shmems that are here stay usable until the channel is closed;
 * to send or receive fails with EPROTO. What the peer can make this side map
 * and keep is bounded, see &struct shmdev_channel_limits.
 *
 * What the peer allocates must be a region without a controller: then nobody can
 * take it from its owner, not even its creator, whatever handles the peer kept. So
 * the content of a shmem that is here changes by this process's own acts alone,
 * and can be parsed in place.
 *
 * When a shmem is received, the kernel has said that this process is its owner.
 * A process takes part in the region of a shmem by one channel only: a channel
 * refuses a region that the process takes part in already. So two shmems that
 * are here never share memory, whatever channels they came by.
 *
 * Ownership goes by transfer to the member id of the peer, which needs no
 * process id that both sides can see, and leaves no window in which somebody
 * with a handle can step in. That id is in every packet that the peer sends
 * about the region. It is not known yet when a shmem is sent for the first time
 * by the side that allocated it: then the region is released, and the peer
 * acquires it. The handle is sent to the peer alone; anybody who has one can
 * make that message fail, but cannot change what it delivers.
 *
 * This layer cannot prevent one thing: a peer that sends a file descriptor of a
 * file system that it serves itself can delay shmdev_region_adopt().
 *
 * WHEN A SIDE CLOSES
 *
 * Messages that it sent before can be received by the other side, with their
 * shmems, and so can allocations; then come EPIPE and what was there can be
 * recovered (shmdev_channel_recover()). Messages that it has not received are
 * lost, and their shmems go back to nobody: the other side recovers them with
 * their content. What is here on the side that closes ends with the channel, and
 * nobody sees it again. When a process ends, the kernel frees what it owned, with
 * the same result but for shmdev_shmem_owner_died().
 *
 * FILE DESCRIPTORS
 *
 * Each side keeps the handle of each shmem that has one owner at a time: to send
 * it, to receive it and to free it are operations on the handle. An unsafe shmem
 * needs its mapping alone, so its handle is closed as soon as both sides have it.
 * 10,000 shmems take 10,000 file descriptors in each process, and 10,000 mappings;
 * 10,000 unsafe ones take the mappings alone. RLIMIT_NOFILE is often 1,024 until
 * the program raises it to its hard limit (setrlimit(2)); vm.max_map_count is
 * 65,530 by default. A program of many small shmems does better with a few large
 * ones. While an allocation is on its way it also counts for the user who sent it
 * (ETOOMANYREFS).
 *
 * COST
 *
 * To send a message takes one sendmsg(2), and one ioctl(2) for each shmem. To
 * receive it takes one recvmsg(2), and one ioctl(2) for each shmem. A shmem
 * that is sent for the first time costs the receiver one more ioctl(2), and its
 * allocation costs both sides some.
 *
 * THREADS AND PROCESSES
 *
 * A channel and its shmems are for one thread at a time. The memory of shmems
 * that are here is for all.
 *
 * The two sides are two processes: within one, what the peer allocates is owned
 * already, and refused. A fork child must use neither the channel nor a
 * mapping, nor close it.
 */
#ifndef SHMDEV_CHANNEL_H
#define SHMDEV_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most that a message carries: shmems, and bytes. */
#define SHMDEV_CHANNEL_MAX_SHMEMS	16
#define SHMDEV_CHANNEL_MAX_BYTES	65536

/* The most calls without an answer that a side can have. */
#define SHMDEV_CHANNEL_MAX_CALLS	16

/* What struct shmdev_channel_limits has by default. */
#define SHMDEV_CHANNEL_PEER_REGIONS	256
#define SHMDEV_CHANNEL_PEER_BYTES	(UINT64_C(1) << 30)
#define SHMDEV_CHANNEL_QUEUED		64

/**
 * struct shmdev_channel - one side of a connection that carries regions
 */
struct shmdev_channel;

/**
 * struct shmdev_shmem - a region of a channel, mapped for reading and writing
 *
 * Belongs to its channel and ends with it. Do not use a shmem that was sent or
 * deallocated; the functions that do so set the pointer to NULL.
 */
struct shmdev_shmem;

/**
 * enum shmdev_channel_role - which side of the connection this is
 * @SHMDEV_CHANNEL_FIRST: for example the one that accepts connections, or the
 *	parent
 * @SHMDEV_CHANNEL_SECOND: the other one
 *
 * Each side numbers what it allocates from a half of its own, so that the two
 * never use the same id. The peer is refused when it uses this side's half.
 */
enum shmdev_channel_role {
	SHMDEV_CHANNEL_FIRST = 1,
	SHMDEV_CHANNEL_SECOND = 2
};

/**
 * struct shmdev_channel_limits - what the peer may cost this side
 * @peer_bytes: memory of regions that the peer allocated: their capacities
 * @peer_regions: their number; each takes a mapping and a file descriptor. 0:
 *	the peer can't allocate.
 * @queued: messages that are kept while a call waits for its answer, 1 or more
 */
struct shmdev_channel_limits {
	uint64_t peer_bytes;
	uint32_t peer_regions;
	uint32_t queued;
};

/**
 * enum shmdev_channel_kind - what kind of message was received
 * @SHMDEV_CHANNEL_MESSAGE: of shmdev_channel_send()
 * @SHMDEV_CHANNEL_CALL: of shmdev_channel_call(); the peer waits for the
 *	answer, by shmdev_channel_reply()
 * @SHMDEV_CHANNEL_ANSWER: the answer to a call; shmdev_channel_receive() has it
 *	when it came too late or was too long for the call
 */
enum shmdev_channel_kind {
	SHMDEV_CHANNEL_MESSAGE = 1,
	SHMDEV_CHANNEL_CALL = 2,
	SHMDEV_CHANNEL_ANSWER = 3
};

/**
 * struct shmdev_channel_message - what was received, without the bytes
 * @kind: of enum shmdev_channel_kind
 * @count: number of @shmems
 * @serial: number of the call, for shmdev_channel_reply(); 0 for a message
 * @length: number of bytes
 * @shmems: the shmems, which are here now. NULL for an unsafe one that this side
 *	allocated, and deallocated before the message came.
 */
struct shmdev_channel_message {
	uint32_t kind;
	uint32_t count;
	uint64_t serial;
	size_t length;
	struct shmdev_shmem *shmems[SHMDEV_CHANNEL_MAX_SHMEMS];
};

/*
 * Channels
 */

/**
 * shmdev_channel_create() - make a channel from a connected socket
 * @fd: Unix socket of type SOCK_SEQPACKET; belongs to the channel on success,
 *	and is made close-on-exec
 * @role: of enum shmdev_channel_role; the peer has the other one
 * @limits: what the peer may cost; NULL for the defaults
 *
 * Nothing else may read from or write to the socket from now on.
 *
 * Return: a channel for shmdev_channel_close(); NULL on error:
 *
 *  - EINVAL: @role is neither of the two, @limits->queued is 0, or @fd is not
 *    such a socket.
 *  - ENOTSOCK: @fd is not a socket.
 *  - ENOTCONN: it is not connected.
 *
 * Since: 0.1
 */
struct shmdev_channel *
shmdev_channel_create(int fd, uint32_t role,
		      const struct shmdev_channel_limits *limits);

/**
 * shmdev_channel_close() - close the socket and free all shmems
 * @channel: the channel, or NULL
 *
 * Also frees those that are here, and messages that were not received.
 * Preserves errno.
 *
 * Since: 0.1
 */
void shmdev_channel_close(struct shmdev_channel *channel);

/**
 * shmdev_channel_fd() - the socket, to poll
 * @channel: the channel
 *
 * Readable: shmdev_channel_receive() has something to do. Writable: sending
 * does not fail with EAGAIN.
 *
 * Return: the socket, which still belongs to the channel; -1 for NULL.
 *
 * Since: 0.1
 */
int shmdev_channel_fd(const struct shmdev_channel *channel);

/**
 * shmdev_channel_wait_readable() - wait until there is something to receive
 * @channel: the channel
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE
 *
 * Return: 0, even if the peer is gone; -1 on error:
 *
 *  - ETIMEDOUT: nothing until the deadline.
 *  - EINTR: a signal came.
 *
 * Since: 0.1
 */
int shmdev_channel_wait_readable(struct shmdev_channel *channel,
				 uint64_t deadline_ns);

/**
 * shmdev_channel_wait_writable() - wait until the socket takes a message
 * @channel: the channel
 * @deadline_ns: as for shmdev_channel_wait_readable()
 *
 * Return: as shmdev_channel_wait_readable().
 *
 * Since: 0.1
 */
int shmdev_channel_wait_writable(const struct shmdev_channel *channel,
				 uint64_t deadline_ns);

/**
 * shmdev_channel_alloc() - allocate a shmem that has one owner at a time
 * @channel: the channel
 * @size: in bytes
 *
 * Tells the peer, which maps it but has no access before it is sent there. The
 * region has no controller: not even this process can take back what it has
 * sent.
 *
 * Return: a shmem, all zero, here; NULL on error:
 *
 *  - EAGAIN: the socket is full.
 *  - EPIPE: the peer is gone.
 *  - EPROTO: the channel is broken.
 *  - ENOSPC: no ids are left.
 *  - errors of shmdev_region_create(), shmdev_region_map() and sendmsg(2)
 *
 * Since: 0.1
 */
struct shmdev_shmem *shmdev_channel_alloc(struct shmdev_channel *channel,
					  uint64_t size);

/**
 * shmdev_channel_alloc_unsafe() - allocate a shmem that both sides can touch
 * @channel: the channel
 * @size: in bytes
 *
 * Return: as shmdev_channel_alloc().
 *
 * Since: 0.1
 */
struct shmdev_shmem *shmdev_channel_alloc_unsafe(struct shmdev_channel *channel,
						 uint64_t size);

/**
 * shmdev_channel_alloc_with() - allocate a shmem as one likes it
 * @channel: the channel
 * @size: in bytes
 * @mode: SHMREGION_MODE_WRITABLE, as shmdev_channel_alloc() does, or
 *	SHMREGION_MODE_UNSAFE, as shmdev_channel_alloc_unsafe() does
 * @flags: SHMREGION_CREATE_POPULATE, SHMREGION_CREATE_HUGE, both or 0
 *
 * What is sent often is handed over in the least time when it is made of whole
 * huge pages. SHMREGION_CREATE_HUGE asks for that at any size.
 *
 * Return: as shmdev_channel_alloc(). EINVAL also: @flags has
 * SHMREGION_CREATE_CONTROLLED.
 *
 * Since: 0.1
 */
struct shmdev_shmem *shmdev_channel_alloc_with(struct shmdev_channel *channel,
					       uint64_t size, uint32_t mode,
					       uint32_t flags);

/**
 * shmdev_channel_dealloc() - free a shmem that is here, on both sides
 * @channel: the channel
 * @shmem: the shmem; set to NULL on success, unchanged on error
 *
 * An unsafe shmem that the peer allocated is only given up here, and its memory
 * stays mapped until the peer frees it. When the peer frees one that is here,
 * the memory stays until this function is called.
 *
 * Return: 0, even if the channel is broken or the peer is gone; -1 on error:
 *
 *  - EINVAL: *@shmem is NULL or of another channel.
 *  - EPERM: it is not here.
 *  - EAGAIN: the socket is full.
 *  - errors of sendmsg(2)
 *
 * Since: 0.1
 */
int shmdev_channel_dealloc(struct shmdev_channel *channel,
			   struct shmdev_shmem **shmem);

/**
 * shmdev_channel_send() - send bytes, and shmems with their ownership
 * @channel: the channel
 * @bytes: the bytes; may be NULL when @length is 0
 * @length: their number, at most SHMDEV_CHANNEL_MAX_BYTES
 * @shmems: the shmems; set to NULL on success, but for unsafe ones. May be NULL
 *	when @count is 0.
 * @count: their number, at most SHMDEV_CHANNEL_MAX_SHMEMS
 *
 * On success this process has no access to the shmems any more: it has lost it
 * before the message was on its way. If there was no memory for the message then,
 * it is kept, and sent by the next call on the channel; shmdev_channel_fd() is to
 * be polled for writing too meanwhile, or a function called that waits.
 *
 * On error all shmems are here as before, and their pointers too. There is one
 * exception: a peer that leaves the region of one shmem while the message is made,
 * as it does when it closes the channel, may keep those before it. Their pointers
 * are NULL, and shmdev_channel_recover() has them when the peer is gone.
 *
 * Return: 0; -1 on error:
 *
 *  - EINVAL: a shmem is NULL, of another channel, or given twice.
 *  - EPERM: a shmem is not here.
 *  - ESTALE: a shmem is unsafe, and the peer, who allocated it, has freed it.
 *  - EMSGSIZE: @length or @count is too large, also for the socket's buffer.
 *  - EAGAIN: the socket is full.
 *  - EPIPE: the peer is gone, or has left the region of a shmem.
 *  - EPROTO: the channel is broken.
 *  - errors of SHMREGION_IOC_TRANSFER, SHMREGION_IOC_RELEASE and sendmsg(2)
 *
 * Since: 0.1
 */
int shmdev_channel_send(struct shmdev_channel *channel, const void *bytes,
			size_t length, struct shmdev_shmem **shmems,
			size_t count);

/**
 * shmdev_channel_receive() - receive a message if there is one
 * @channel: the channel
 * @buffer: where its bytes go; may be NULL when @size is 0
 * @size: space there
 * @message: the rest of it; written on success, and @length with EMSGSIZE
 *
 * Also does what the peer's allocations and deallocations ask for.
 *
 * Return: 0; -1 on error:
 *
 *  - EAGAIN: there is none.
 *  - EMSGSIZE: it has more than @size bytes, @message->length. It stays.
 *  - EPIPE: there is none, and the peer is gone. shmdev_channel_recover() gets
 *    back what it had.
 *  - EPROTO: the message breaks a rule. The channel is broken now, or was.
 *  - EDQUOT: the peer allocates more than it may, or than this process may
 *    have mapped (<shmdev/policy.h>). The channel is broken.
 *  - ENOBUFS: too many messages are queued. The channel is broken.
 *  - ENOMEM, EMFILE: there is no memory, or no file descriptor, for what the
 *    peer allocated. The channel is broken.
 *  - errors of recvmsg(2)
 *
 * Since: 0.1
 */
int shmdev_channel_receive(struct shmdev_channel *channel, void *buffer,
			   size_t size, struct shmdev_channel_message *message);

/**
 * shmdev_channel_receive_wait() - receive a message, waiting for it
 * @channel: the channel
 * @buffer: as for shmdev_channel_receive()
 * @size: as for shmdev_channel_receive()
 * @message: as for shmdev_channel_receive()
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE, which
 *	costs one system call less than to wait first
 *
 * Return: as shmdev_channel_receive(), but for EAGAIN:
 *
 *  - ETIMEDOUT: nothing until the deadline.
 *  - EINTR: a signal came.
 *
 * Since: 0.1
 */
int shmdev_channel_receive_wait(struct shmdev_channel *channel, void *buffer,
				size_t size,
				struct shmdev_channel_message *message,
				uint64_t deadline_ns);

/**
 * shmdev_channel_call() - send a message, and wait for the answer to it
 * @channel: the channel
 * @bytes: as for shmdev_channel_send()
 * @length: as for shmdev_channel_send()
 * @shmems: as for shmdev_channel_send(), also when there is no answer
 * @count: as for shmdev_channel_send()
 * @buffer: where the bytes of the answer go; may be NULL when @size is 0
 * @size: space there
 * @answer: the rest of it; written on success, and @length with EMSGSIZE. Its
 *	shmems are what the peer gives with the answer: those that it was sent,
 *	other ones, or none.
 * @deadline_ns: from shmdev_deadline_after(), or SHMREGION_NO_DEADLINE. It is
 *	for the answer: a full socket gives EAGAIN at once.
 *
 * Other messages that arrive meanwhile wait for shmdev_channel_receive(). So if
 * both sides call at the same time, both wait.
 *
 * Return: 0; -1 on error. With the errors of shmdev_channel_send() nothing was
 * sent. Others are:
 *
 *  - EBUSY: SHMDEV_CHANNEL_MAX_CALLS calls have no answer. Nothing was sent.
 *  - ETIMEDOUT, EINTR: no answer until the deadline, or until a signal.
 *  - EMSGSIZE, when it is the answer that is too large: it has more than @size
 *    bytes. To tell, set @answer->length to 0 before.
 *  - errors of shmdev_channel_receive() other than EAGAIN: the call was sent.
 *
 * After ETIMEDOUT, EINTR and EMSGSIZE shmdev_channel_receive() gives the answer,
 * with the shmems, as SHMDEV_CHANNEL_ANSWER.
 *
 * Since: 0.1
 */
int shmdev_channel_call(struct shmdev_channel *channel, const void *bytes,
			size_t length, struct shmdev_shmem **shmems,
			size_t count, void *buffer, size_t size,
			struct shmdev_channel_message *answer,
			uint64_t deadline_ns);

/**
 * shmdev_channel_reply() - answer a call
 * @channel: the channel
 * @serial: of the message that is the call
 * @bytes: as for shmdev_channel_send()
 * @length: as for shmdev_channel_send()
 * @shmems: as for shmdev_channel_send(): those of the call, other ones, or none
 * @count: as for shmdev_channel_send()
 *
 * Return: 0; -1 on error, with the errors of shmdev_channel_send(). ENOENT: no
 * call with that number waits for an answer.
 *
 * Since: 0.1
 */
int shmdev_channel_reply(struct shmdev_channel *channel, uint64_t serial,
			 const void *bytes, size_t length,
			 struct shmdev_shmem **shmems, size_t count);

/**
 * shmdev_channel_recover() - get back a shmem that the peer had
 * @channel: the channel; broken, or the peer is gone
 *
 * Gets one shmem per call. What some process still owns cannot be recovered,
 * and is freed here. shmdev_shmem_owner_died() tells whether the content may be
 * half written; it is true even if the peer ended before it received the
 * shmem.
 *
 * Return: a shmem, here; NULL on error:
 *
 *  - ENOENT: there are no more.
 *  - EBUSY: the channel works.
 *
 * Since: 0.1
 */
struct shmdev_shmem *shmdev_channel_recover(struct shmdev_channel *channel);

/*
 * Shmems
 */

/**
 * shmdev_shmem_data() - the memory, for reading and writing
 * @shmem: the shmem
 *
 * Return: its address, the same each time that it is here; NULL on error:
 *
 *  - EPERM: it is not here.
 *
 * Since: 0.1
 */
void *shmdev_shmem_data(const struct shmdev_shmem *shmem);

/**
 * shmdev_shmem_size() - size in bytes, exactly as allocated
 * @shmem: the shmem
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
size_t shmdev_shmem_size(const struct shmdev_shmem *shmem);

/**
 * shmdev_shmem_id() - number of the shmem, the same on both sides
 * @shmem: the shmem
 *
 * Never used again in the same channel.
 *
 * Return: 1 or more; 0 for NULL.
 *
 * Since: 0.1
 */
uint64_t shmdev_shmem_id(const struct shmdev_shmem *shmem);

/**
 * shmdev_shmem_is_unsafe() - whether both sides have access
 * @shmem: the shmem
 *
 * As the kernel said, not the peer.
 *
 * Return: true or false; false for NULL.
 *
 * Since: 0.1
 */
bool shmdev_shmem_is_unsafe(const struct shmdev_shmem *shmem);

/**
 * shmdev_shmem_owner_died() - whether the content may be half written
 * @shmem: the shmem
 *
 * Return: true when the owner before died while it owned the region; false
 * otherwise and for NULL. Until the shmem is sent.
 *
 * Since: 0.1
 */
bool shmdev_shmem_owner_died(const struct shmdev_shmem *shmem);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_CHANNEL_H */
