/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel module: what keeps it from being loaded or unloaded. */
#ifndef SHMREGION_MODULE_H
#define SHMREGION_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#define DEVICE "/dev/shmregion"

/* What to do if the kernel does not take the module for its signature. */
#define ADVICE_ENROL \
	"enrol the key that DKMS signs with, \"mokutil --import /var/lib/dkms/mok.pub\", and reboot"
#define ADVICE_SIGN \
	"have DKMS build it anew, which signs it if it finds openssl: \"apt install openssl\", and \"dpkg-reconfigure shmregion-dkms\""

bool module_is_loaded(void);

/* Whether a module is there for this kernel, by modprobe's index. */
bool module_is_installed(void);

/* Kernels that a module is installed for, or "" */
void module_kernels(char *text, size_t size);

/* Whether that module has a signature, and whose: a name, which may be "". */
bool module_signer(char *text, size_t size);

/* Whether the kernel takes signed modules only: Secure Boot, or as configured. */
bool module_must_be_signed(void);

/* Who has the device open, "1234 (name), 1235 (other)"; or "". */
void device_openers(char *text, size_t size);

#endif /* SHMREGION_MODULE_H */
