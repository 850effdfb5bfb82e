/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libshmdev: shared memory regions whose access rules the kernel enforces.
 *
 * A thin layer over /dev/shmregion. <linux/shmregion.h> says what each
 * operation does; the headers here say how to call it. One for each layer, the
 * lower ones usable alone:
 *
 *  - <shmdev/device.h>: open the device, ask for versions
 *  - <shmdev/raw.h>: one function per ioctl, on plain file descriptors
 *  - <shmdev/region.h>: an object around one handle
 *  - <shmdev/handle.h>: a handle to another process, over a socket
 *  - <shmdev/mapping.h>: an object around one piece of mapped memory
 *  - <shmdev/typed.h>: regions whose C type is their mode
 *  - <shmdev/typed_mapping.h>: mappings of them, to read or to write
 *  - <shmdev/unsafe_readonly.h>: unsafe regions that can only be read here
 *  - <shmdev/span.h>: typed and checked access to mapped memory
 *  - <shmdev/layout.h>: types for shared memory, checked by the compiler
 *  - <shmdev/structured.h>: an array of a type, one writer, many readers
 *  - <shmdev/version.h>: a number that tells of changes, and waiting for one
 *  - <shmdev/seqlock.h>: a value that is never seen half written
 *  - <shmdev/channel.h>: messages between two processes that carry regions
 *  - <shmdev/policy.h>: how much this process may have mapped in all
 *  - <shmdev/mapper.h>: mappings made by functions of the program
 *  - <shmdev/tracker.h>: who has which regions, here and in the system
 *  - <shmdev/hooks.h>: creation of regions by somebody else
 *  - <shmdev/broker.h>: a process that creates regions for another one
 *  - <shmdev/pool.h>: buffers that are used again
 *
 * ERRORS
 *
 * On error, functions that return int return -1, functions that return a
 * pointer return NULL, and both set errno. A call that failed has changed
 * nothing, except where its own comment says otherwise. These errors are not
 * repeated there:
 *
 *  - EINVAL: a pointer is NULL where that is not allowed.
 *  - EBADE: the kernel's answer makes no sense.
 *  - EBADF: the file descriptor is not open, or was opened with O_PATH.
 *  - ENOTTY: the file descriptor is of another kind of file.
 *  - ENOMEM: no memory, for functions that return an object.
 *
 * "Errors of SHMREGION_IOC_X" are those of the general contract at the head of
 * <linux/shmregion.h> and those in the comment of that ioctl's structure.
 *
 * The library does not print and does not abort. It has no state outside of
 * objects but one lock (<shmdev/channel.h>), the account of what is mapped
 * (<shmdev/policy.h>, <shmdev/tracker.h>), and the hook that a program sets
 * (<shmdev/hooks.h>). It restarts no system call: EINTR reaches the caller. A
 * deadline is absolute, so the same call can be made again.
 *
 * THREADS
 *
 * An object does not change between its creation and its end. Functions that
 * take a pointer to const can run on one object in several threads at once, for
 * example one that waits for the region and one that asks about it. Functions
 * that take a pointer to non-const end the object: nothing else may use it
 * during the call or afterwards. Only the raw functions are async-signal-safe.
 *
 * TRUST
 *
 * The library believes nothing that a peer says: it adopts what a peer sends,
 * which asks the kernel. In a region without a controller only the owner's own
 * acts change what the owner has and sees, so it need not trust anybody, nor
 * verify anything twice. Functions that adopt refuse a region that has a
 * controller, unless the caller says that it trusts it
 * (SHMDEV_ADOPT_TRUST_CONTROLLER). The only other way to get an object of such
 * a region is to create it, so no function makes a process take part in one
 * without being asked.
 *
 * PROCESSES
 *
 * To the kernel a process is an address space. A fork child inherits handles,
 * but neither ownership nor attachment, nor the memory of mappings whose access
 * can be taken away. A child must not use a mapping object of the parent, nor
 * unmap it: other memory can be at its addresses by now.
 *
 * Memory that the caller may not access at this moment can be mapped. Touching
 * it raises SIGSEGV, and is EFAULT inside a system call.
 */
#ifndef SHMDEV_H
#define SHMDEV_H

#include <shmdev/device.h>
#include <shmdev/raw.h>
#include <shmdev/region.h>
#include <shmdev/handle.h>
#include <shmdev/mapping.h>
#include <shmdev/typed.h>
#include <shmdev/typed_mapping.h>
#include <shmdev/unsafe_readonly.h>
#include <shmdev/span.h>
#include <shmdev/layout.h>
#include <shmdev/structured.h>
#include <shmdev/version.h>
#include <shmdev/seqlock.h>
#include <shmdev/channel.h>
#include <shmdev/policy.h>
#include <shmdev/mapper.h>
#include <shmdev/tracker.h>
#include <shmdev/hooks.h>
#include <shmdev/broker.h>
#include <shmdev/pool.h>

#endif /* SHMDEV_H */
