/* SPDX-License-Identifier: GPL-2.0-only */
/* File descriptors from one process to another. */
#ifndef DEMO_WIRE_H
#define DEMO_WIRE_H

/* Both return -1 with errno when they fail. */
int wire_send(int socket, int fd);
int wire_receive(int socket);

#endif /* DEMO_WIRE_H */
