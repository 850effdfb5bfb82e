/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The version of C++ that the headers for it need. */
#ifndef SHMDEV_CXX_HPP
#define SHMDEV_CXX_HPP

/* One message: what depends on newer features is left out then. */
#if __cplusplus < 201703L
#error "<shmdev.hpp> needs C++17 or later. <shmdev.h> is for C++11, too."
#define SHMDEV_CXX_IS_TOO_OLD
#endif

#endif /* SHMDEV_CXX_HPP */
