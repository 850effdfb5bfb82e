/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/shmregion */
#ifndef SHMREGION_DEVICE_H
#define SHMREGION_DEVICE_H

int shmregion_device_init(void);
void shmregion_device_exit(void);

#endif /* SHMREGION_DEVICE_H */
