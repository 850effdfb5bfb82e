/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Brokers: a process that creates regions for another one.
 *
 * Broker and client are the two ends of a connected Unix socket of type
 * SOCK_SEQPACKET, such as socketpair(2) makes before a fork. The client asks,
 * the broker creates and passes the handle. The client needs neither a file
 * system nor the right to open anything.
 *
 * What the client gets is a region without an owner, with the rights READ and
 * WRITE. It verifies with the kernel what it got, and acquires it. The region
 * counts against the limits of the broker's user. Its memory is charged to
 * whoever touches it first.
 *
 * CONTROL
 *
 * The region has no controller: the broker cannot take it back, change what is in
 * it or destroy it, so the client need not trust the broker with its content.
 *
 * A client can ask for a region that has one, by SHMREGION_CREATE_CONTROLLED,
 * where the policy allows that. Then the broker is the controller, and the
 * client trusts it. No process but the client has access at first: the limit
 * for all others is none, and the client's own limit, READ and WRITE, goes by
 * its member id. So neither side has to see the other's process id. The client
 * alone does not get CONTROL. If the client sends the region to anybody else,
 * the program that runs the broker must admit that process by
 * shmdev_region_limit().
 *
 * HOSTILE CLIENTS
 *
 * A broker never waits for its client, keeps no file descriptor that the client
 * sends, and stops serving at the first packet that breaks a rule. How much the
 * client can have is decided by &struct shmdev_broker_policy.
 *
 * A client reads an answer before it asks again: to leave one unread and to ask is
 * to break a rule. File descriptors that are on their way count for the broker's
 * user, who can have as many of them as open files (RLIMIT_NOFILE), so each client
 * can take one of these. If they are used up all the same, by other programs of the
 * user say, a client is told ETOOMANYREFS and is served on. What fails for want of
 * memory or file descriptors in the broker ends no client either.
 *
 * THREADS
 *
 * A broker is for one thread at a time. A client is for all threads: requests
 * wait for each other. Functions that free are, as always, for the last user.
 */
#ifndef SHMDEV_BROKER_H
#define SHMDEV_BROKER_H

#include <stdint.h>

#include <linux/shmregion.h>
#include <shmdev/region.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct shmdev_broker - creates regions for one client
 */
struct shmdev_broker;

/**
 * struct shmdev_broker_client - a connection to a broker
 */
struct shmdev_broker_client;

/**
 * struct shmdev_broker_request - what a client asks for
 * @size: size of the region in bytes, 1 or more
 * @mode: SHMREGION_MODE_WRITABLE or SHMREGION_MODE_UNSAFE
 * @flags: of enum shmregion_create_flags
 * @label: with a terminating NUL. Not yet checked for what it contains.
 */
struct shmdev_broker_request {
	uint64_t size;
	uint32_t mode;
	uint32_t flags;
	char label[SHMREGION_LABEL_SIZE];
};

/**
 * struct shmdev_broker_policy - what a client may have
 * @max_region_bytes: size of one region; more is refused with ENOSPC
 * @max_bytes: all regions, in whole pages; more is refused with EDQUOT
 * @max_regions: number of regions; more is refused with EDQUOT
 * @flags: bits of enum shmregion_create_flags that it may use; others are
 *	refused with EPERM. SHMREGION_CREATE_POPULATE takes the broker's time,
 *	and memory that is charged to the broker.
 *	SHMREGION_CREATE_CONTROLLED makes the broker a controller, see above.
 *	SHMREGION_CREATE_HUGE lets each region take up to a huge page more
 *	than @max_bytes counts.
 * @allow: decides about a request that passed all of the above: 0, or the errno
 *	that the client gets. NULL allows.
 * @created: is given each region that the client got, in the call that made it,
 *	and must free it in the end; the memory lives at least as long. With a
 *	controller this is before the client can use it. The handle has CONTROL if
 *	the client asked for a controller, and @member is the client's member
 *	id then; 0 otherwise. NULL: the broker keeps no handle, so nobody has
 *	CONTROL, and the memory lives as long as the client, or anybody to whom
 *	it passes the handle on, uses it.
 * @context: passed to both
 *
 * A broker cannot see when its client is done with a region, so it counts every
 * region for ever. A program that has destroyed one, which only a controller
 * can, calls shmdev_broker_refund().
 */
struct shmdev_broker_policy {
	uint64_t max_region_bytes;
	uint64_t max_bytes;
	uint32_t max_regions;
	uint32_t flags;
	int (*allow)(void *context, const struct shmdev_broker_request *request);
	void (*created)(void *context, struct shmdev_region *region,
			uint64_t member);
	void *context;
};

/*
 * The broker
 */

/**
 * shmdev_broker_create() - start to serve a client
 * @fd: a connected Unix socket of type SOCK_SEQPACKET. Belongs to the broker on
 *	success, and stays the caller's on error.
 * @policy: what the client may have; copied
 *
 * Return: a broker for shmdev_broker_free(); NULL on error:
 *
 *  - EINVAL: @fd is a socket of another kind.
 *  - ENOTCONN: it is not connected.
 *  - ENOTSOCK: it is not a socket.
 *
 * Since: 0.1
 */
struct shmdev_broker *
shmdev_broker_create(int fd, const struct shmdev_broker_policy *policy);

/**
 * shmdev_broker_fd() - the socket, to poll
 * @broker: the broker
 *
 * Return: the socket, which still belongs to the broker; -1 for NULL.
 *
 * Since: 0.1
 */
int shmdev_broker_fd(const struct shmdev_broker *broker);

/**
 * shmdev_broker_serve() - answer one request
 * @broker: the broker
 *
 * Does not wait. A request that is refused is answered, too. To create a region
 * with a controller takes two calls: the client joins it in between.
 *
 * Return: 0; -1 on error:
 *
 *  - EAGAIN: there is none.
 *  - EPIPE: there is none, and the client is gone.
 *  - EPROTO: the client broke a rule, now or before. It is not served any more.
 *  - errors of recvmsg(2), and those of sendmsg(2) that are not the client's. If
 *    the client has no answer by that, it can ask again.
 *
 * Since: 0.1
 */
int shmdev_broker_serve(struct shmdev_broker *broker);

/**
 * shmdev_broker_run() - answer all requests until the client is gone
 * @broker: the broker
 *
 * Return: 0 when the client is gone; -1 on error, with the errors of
 * shmdev_broker_serve() and ppoll(2).
 *
 * Since: 0.1
 */
int shmdev_broker_run(struct shmdev_broker *broker);

/**
 * shmdev_broker_refund() - one region no longer counts
 * @broker: the broker
 * @size: its size in bytes
 *
 * For a program that has destroyed it, see &struct shmdev_broker_policy.
 *
 * Return: 0; -1 on error:
 *
 *  - EINVAL: no region counts, or they count less than @size together.
 *
 * Since: 0.1
 */
int shmdev_broker_refund(struct shmdev_broker *broker, uint64_t size);

/**
 * shmdev_broker_free() - close the socket and free the object
 * @broker: the broker, or NULL
 *
 * The regions stay.
 *
 * Since: 0.1
 */
void shmdev_broker_free(struct shmdev_broker *broker);

/*
 * The client
 */

/**
 * shmdev_broker_client_create() - connect to a broker
 * @fd: as for shmdev_broker_create(): the other end
 * @timeout_ns: how long to wait for one answer, in nanoseconds; 0 is as long as
 *	it takes
 *
 * Return: a client for shmdev_broker_client_free(); NULL on error, with the
 * errors of shmdev_broker_create().
 *
 * Since: 0.1
 */
struct shmdev_broker_client *shmdev_broker_client_create(int fd,
							 uint64_t timeout_ns);

/**
 * shmdev_broker_client_request() - have a region created
 * @client: the client
 * @size: see shmdev_region_create()
 * @mode: see shmdev_region_create()
 * @flags: see shmdev_region_create()
 * @label: see shmdev_region_create()
 *
 * A signal does not end the wait for the answer. With SHMREGION_CREATE_CONTROLLED
 * the caller trusts the broker, which is the controller; without it a region that
 * has a controller is refused.
 *
 * Return: a region for shmdev_region_free(), with READ and WRITE, to which the
 * caller is attached, and which it owns if it is WRITABLE; NULL on error:
 *
 *  - EINVAL: also, @label is too long.
 *  - EPIPE: the broker is gone.
 *  - ETIMEDOUT: it has not answered in time.
 *  - EPROTO: its answer breaks a rule, or the region is not as it was asked for,
 *    or the answer to an earlier call broke a rule or did not come in time.
 *  - EMFILE: there is no file descriptor for the region, which is lost.
 *  - ETOOMANYREFS: too many file descriptors of the broker's user are on their way.
 *  - what the broker answers: errors of shmdev_region_create(), and ENOSPC,
 *    EDQUOT, EPERM, or what its program decides
 *  - errors of shmdev_region_adopt() and SHMREGION_IOC_ACQUIRE
 *
 * Since: 0.1
 */
struct shmdev_region *
shmdev_broker_client_request(struct shmdev_broker_client *client,
			     uint64_t size, uint32_t mode, uint32_t flags,
			     const char *label);

/**
 * shmdev_broker_client_install() - have the broker create all regions
 * @client: the client, which must stay until other hooks are set
 *
 * Sets the hooks, see <shmdev/hooks.h>.
 *
 * Return: 0; -1 on error.
 *
 * Since: 0.1
 */
int shmdev_broker_client_install(struct shmdev_broker_client *client);

/**
 * shmdev_broker_client_free() - close the socket and free the object
 * @client: the client, or NULL
 *
 * Since: 0.1
 */
void shmdev_broker_client_free(struct shmdev_broker_client *client);

#ifdef __cplusplus
}
#endif

#endif /* SHMDEV_BROKER_H */
