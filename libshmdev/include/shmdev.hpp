/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libshmdev for C++17 and later: objects that end by themselves.
 *
 * A thin layer over <shmdev.h>, in headers alone. The C function of the same
 * name documents there what a function does and with which errors it fails; the
 * headers here say what differs. There is one for each layer:
 *
 *  - <shmdev/object.hpp>: what all objects have in common; file descriptors
 *  - <shmdev/types.hpp>: which types may be in shared memory
 *  - <shmdev/memory.hpp>: typed and checked access to memory
 *  - <shmdev/device.hpp>: the device, versions, deadlines
 *  - <shmdev/region.hpp>: regions of any mode, with CONTROL or without
 *  - <shmdev/handle.hpp>: a handle to another process, over a socket
 *  - <shmdev/mapping.hpp>: mapped memory
 *  - <shmdev/typed.hpp>: regions whose C++ type is their mode
 *  - <shmdev/structured.hpp>: an array of a type, one writer, many readers
 *  - <shmdev/version.hpp>: a number that tells of changes
 *  - <shmdev/seqlock.hpp>: a value that is never seen half written
 *  - <shmdev/channel.hpp>: messages between two processes that carry regions
 *  - <shmdev/policy.hpp>: how much this process may have mapped in all
 *  - <shmdev/hooks.hpp>: creation of regions by somebody else
 *  - <shmdev/broker.hpp>: a process that creates regions for another one
 *  - <shmdev/pool.hpp>: buffers that are used again
 *  - <shmdev/tracker.hpp>: who has which regions
 *
 * OBJECTS
 *
 * Objects can be moved, not copied. One that was moved from, or was made
 * without arguments, is *empty*: it is false, its size is 0, and its functions
 * fail with EINVAL. A function that ends an object, or turns it into another
 * one, can only be called on an rvalue. It leaves the object empty if it succeeds;
 * if it fails, the object is as it was::
 *
 *	shmdev::readonly_region readonly = std::move(region).freeze();
 *
 * get() gives the object of C, for functions that have no counterpart here;
 * take() gives it away. Every class can be made from an object of C, which
 * belongs to it then. An object that is const gives const memory.
 *
 * ERRORS
 *
 * Nothing throws, so that programs without exceptions and type information can
 * use it. A function that fails returns an empty object, nullptr or false, and
 * sets errno. Destructors preserve errno.
 */
#ifndef SHMDEV_HPP
#define SHMDEV_HPP

#include <shmdev.h>

#include <shmdev/cxx.hpp>
#include <shmdev/object.hpp>
#include <shmdev/types.hpp>
#include <shmdev/memory.hpp>
#include <shmdev/device.hpp>
#include <shmdev/mapping.hpp>
#include <shmdev/region.hpp>
#include <shmdev/handle.hpp>
#include <shmdev/typed.hpp>
#include <shmdev/structured.hpp>
#include <shmdev/version.hpp>
#include <shmdev/seqlock.hpp>
#include <shmdev/channel.hpp>
#include <shmdev/policy.hpp>
#include <shmdev/hooks.hpp>
#include <shmdev/broker.hpp>
#include <shmdev/pool.hpp>
#include <shmdev/tracker.hpp>

#endif /* SHMDEV_HPP */
